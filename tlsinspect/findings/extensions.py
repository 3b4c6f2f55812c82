"""Rules about extensions and what else a hello carries."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..statistics.rows import Mask
from ..wire.codes import EXTENDED_MASTER_SECRET, HEARTBEAT, NEXT_PROTOCOL, RENEGOTIATION_INFO
from .facts import LEGACY_VERSIONS, MISSING, Facts, Numbers
from .rule import Rule

TRUNCATED_HMAC, COOKIE = 4, 44
BROKEN = ("bad_length", "bad_value", "trailing_data")
NAMELESS = ("eap", "openvpn")  # protocols whose clients know the server otherwise than by a name
WEEK = 7 * 24 * 3600
NO_HOST_NAME = r"[^A-Za-z0-9._-]|\.\.|^[.-]|-\.|\.-|-$"  # underscores are in use (RFC 2181 section 11)
ADDRESS = r"^(\d{1,3}(\.\d{1,3}){3}|\[?[0-9a-fA-F]*:[0-9a-fA-F:.]*\]?)$"


def answers_without(facts: Facts, extension: int) -> Mask:
    """ServerHellos of TLS 1.2 and before that lack an extension."""
    seen = facts.whole_answer() & facts.among("version", *LEGACY_VERSIONS)
    return seen & ~facts.has("server_extensions", [extension])


def find_unasked(facts: Facts) -> Mask:
    """ServerHellos with an extension that the client did not send; an encrypted ClientHello may hold what is not seen.

    renegotiation_info answers the cipher suite TLS_EMPTY_RENEGOTIATION_INFO_SCSV too, and cookie comes unasked.
    """
    sent, _ = facts.lists("server_extensions")
    found = np.zeros(len(facts.connections), np.bool_)
    for code in pc.unique(sent).to_pylist():
        if code == COOKIE:
            continue
        unasked = facts.has("server_extensions", [code]) & ~facts.has("client_extensions", [code])
        found |= unasked & ~facts.says("renegotiation_info") if code == RENEGOTIATION_INFO else unasked
    seen = facts.whole_hello() & facts.known("client_extensions") & ~facts.among("ech_type", "outer")
    return np.asarray(found & seen, np.bool_)


def find_malformed(facts: Facts) -> Mask:
    """Connections with a hello or certificate message that breaks its format."""
    return np.asarray(malformed_packets(facts) != MISSING, np.bool_)


def malformed_packets(facts: Facts) -> Numbers:
    """The packet of the first such message of each connection; MISSING without any."""
    table = facts.other("problems")
    if table is None:
        return np.full(len(facts.connections), MISSING, np.int64)
    wrong = pc.and_(
        pc.equal(table["layer"], "handshake"), pc.is_in(table["kind"], value_set=pa.array(BROKEN, pa.string()))
    )
    rows = table.filter(pc.and_(wrong, pc.is_valid(table["connection_id"])))
    found = pc.index_in(facts.column("connection_id"), value_set=rows["connection_id"].combine_chunks())
    packets = pc.fill_null(rows["packet"].combine_chunks(), 0).take(found)
    return np.asarray(pc.fill_null(packets, MISSING).to_numpy(zero_copy_only=False), np.int64)


RULES = (
    Rule(
        "EXT-01", "Compression negotiated", "high", lambda facts: facts.number("compression_method") > 0,
        ("version_name", "compression_method"), "Switch TLS compression off.",
        ("CVE-2012-4929", "RFC 9325 section 3.3"),
    ),
    Rule(
        "EXT-01-OFFER", "Compression offered", "medium",
        lambda facts: facts.has("compression_methods", range(1, 256)) & ~(facts.number("compression_method") > 0),
        ("ja4",), "Switch TLS compression off in the client.", ("CVE-2012-4929", "RFC 9325 section 3.3"),
        "client", "client_hello_packet",
    ),
    Rule(
        "EXT-02", "No extended_master_secret", "low",
        lambda facts: answers_without(facts, EXTENDED_MASTER_SECRET),
        ("version_name", "cipher_suite_name"), "Update the side that does not know it.", ("RFC 7627",),
    ),
    Rule(
        "EXT-03", "No secure renegotiation", "medium", lambda facts: answers_without(facts, RENEGOTIATION_INFO)
        & facts.says("renegotiation_info"),
        ("version_name", "cipher_suite_name"), "Update the server: it ignored the client's renegotiation_info.",
        ("RFC 5746", "CVE-2009-3555"),
    ),
    Rule(
        "EXT-03-OFFER", "Client does not know secure renegotiation", "low",
        lambda facts: facts.among("version", *LEGACY_VERSIONS) & facts.says("renegotiation_info", False)
        & facts.whole_hello(),
        ("version_name", "ja4"), "Update the client.", ("RFC 5746",), "client", "client_hello_packet",
    ),
    Rule(
        "EXT-05", "Heartbeat negotiated", "low", lambda facts: facts.has("server_extensions", [HEARTBEAT]),
        ("version_name", "heartbeat_mode"), "Switch heartbeat off where nothing needs it.",
        ("RFC 6520", "CVE-2014-0160"),
    ),
    Rule(
        "EXT-09", "Truncated HMAC negotiated", "medium", lambda facts: facts.has("server_extensions", [TRUNCATED_HMAC]),
        ("version_name",), "Switch truncated_hmac off.", ("RFC 9325 section 4.6",),
    ),
    Rule(
        "EXT-10", "0-RTT data announced", "info", lambda facts: facts.says("early_data_offered"),
        ("server_name",), "Send early only what may be repeated: an attacker can replay it.",
        ("RFC 8446 section 8",), "client", "client_hello_packet",
    ),
    Rule(
        "EXT-11", "Session ticket that lives longer than seven days", "low",
        lambda facts: facts.number("ticket_lifetime_hint") > WEEK,
        ("ticket_lifetime_hint",), "Shorten the ticket's lifetime.",
        ("RFC 9325 section 3.4",), packet="ticket_packet",
    ),
    Rule(
        "EXT-13", "ClientHello without server_name", "low",
        lambda facts: facts.whole_hello() & facts.among("protocol", "tls", "quic")
        & ~facts.known("server_name") & ~facts.among("ech_type", "esni")
        & ~facts.among("starttls_protocol", *NAMELESS),
        ("ja4",), "Let the client send the name it wants to reach.", ("RFC 6066 section 3",),
        "client", "client_hello_packet",
    ),
    Rule(
        "EXT-13-ADDRESS", "IP address as server_name", "low", lambda facts: facts.text_matches("server_name", ADDRESS),
        ("server_name",), "Let the client send host names only.", ("RFC 6066 section 3",),
        "client", "client_hello_packet",
    ),
    Rule(
        "EXT-13-NAME", "server_name that is no host name", "low",
        lambda facts: facts.text_matches("server_name", NO_HOST_NAME) & ~facts.text_matches("server_name", ADDRESS),
        ("server_name", "ja4"),
        "Let the client send host names of letters, digits and hyphens, in A-labels.", ("RFC 6066 section 3",),
        "client", "client_hello_packet",
    ),
    Rule(
        "EXT-15", "NPN, which ALPN has replaced, offered", "info",
        lambda facts: facts.has("client_extensions", [NEXT_PROTOCOL]),
        ("ja4",), "Update the client.", ("RFC 7301",), "client", "client_hello_packet",
    ),
    Rule(
        "EXT-15-ESNI", "Encrypted server name of a draft, which Encrypted ClientHello has replaced", "info",
        lambda facts: facts.among("ech_type", "esni"), ("ja4",), "Update the client.", ("RFC 9849",),
        "client", "client_hello_packet",
    ),
    Rule(
        "EXT-16", "Encrypted ClientHello, real or GREASE", "info", lambda facts: facts.among("ech_type", "outer"),
        ("server_name", "ech_config_id"), "Nothing is wrong; the name shown may be that of the provider.",
        ("RFC 9849",), "client", "client_hello_packet",
    ),
    Rule(
        "EXT-19", "Server sent an extension that was not asked for", "medium", find_unasked,
        ("version_name", "server_name"), "Correct or update the server: clients have to abort such a handshake.",
        ("RFC 8446 section 4.2", "RFC 5246 section 7.4.1.4"),
    ),
    Rule(
        "EXT-19-BROKEN", "Handshake message that breaks its format", "medium", find_malformed,
        ("version_name", "failure_cause"), "Look at the problems table of this connection, and find out who made it.",
        ("RFC 8446 section 6.2",), packet=malformed_packets, confidence="likely",
    ),
    Rule(
        "EXT-20", "Delegated credentials accepted", "info", lambda facts: facts.says("delegated_credential"),
        ("ja4",), "Nothing is wrong.", ("RFC 9345",), "client", "client_hello_packet",
    ),
)  # fmt: skip
