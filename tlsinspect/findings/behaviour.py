"""Rules about what several connections show together, and about messages out of their order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..registry import ALPN_PROTOCOLS, alpn_text
from ..registry.versions import DTLS
from ..statistics.rows import Mask, mask_of
from ..tables import distinct
from ..wire.codes import HEARTBEAT, TLCP_VERSION
from .extensions import WEEK
from .facts import LEGACY_VERSIONS, STREAM_VERSIONS, Facts, Numbers, ranks_of
from .rule import Rule

TLS13 = 0x0304
RETRY_NS = 60 * 10**9
SECOND_NS = 10**9
REFUSALS = (42, 46, 48)  # bad_certificate, certificate_unknown, unknown_ca
LEAST_REFUSING_SERVERS = 3
LEAST_OFFERS = 10  # different ClientHellos of one client to one server
# Of datagrams, which overtake each other, the order says nothing.
EARLY_CHANGE = r"^[^GI]*[xkn][^GI]*I"  # the client's ChangeCipherSpec after the server's flight and before its own keys
UNANSWERED = ("ended_after_hello", "large_hello_unanswered", "no_answer")
KNOWN = frozenset(map(alpn_text, ALPN_PROTOCOLS))
GREASE = "GREASE "  # how alpn_text labels it
LEAST_SHARE_OF_ID = 32  # octets that a session id has at most


def newest_offered(facts: Facts) -> Numbers:
    """The rank of the newest version that each ClientHello offers, GREASE and TLCP left out; -1 where none is known."""
    values, starts = facts.lists("supported_versions")
    newest = ranks_of(facts.legacy_version())
    newest[newest == TLCP_VERSION] = -1  # no older TLS: it is offered before TLS, or after it
    codes = ranks_of(values.to_numpy(zero_copy_only=False).astype(np.int64))
    codes = np.where((codes <= TLS13) | (codes >> 8 == DTLS), codes, -1)
    rows = np.flatnonzero(np.diff(starts) > 0)
    if len(rows):
        newest[rows] = np.maximum.reduceat(codes, starts[:-1][rows])
    return newest


def find_lower_retry(facts: Facts) -> Mask:
    """A client that comes back within a minute after a failure with an older version as its newest.

    TLS where DTLS or QUIC failed is no older version: programs try the other transport where packets are dropped.
    A handshake whose packets end first is no failure: how it went on is unknown.
    """
    columns = [facts.column(name).dictionary_encode().indices for name in ("client_ip", "server_ip", "transport")]
    keys = [pc.fill_null(codes, -1).to_numpy(zero_copy_only=False) for codes in columns]
    times = facts.number("time_start")
    port, newest = facts.number("server_port"), newest_offered(facts)
    failed = facts.says("established", False) & ~facts.among("failure", "capture_end")
    failed &= facts.known("client_hello_packet")
    rows = np.flatnonzero(np.isin(keys[0], distinct(keys[0][failed])))  # of clients that failed at all
    order = rows[np.lexsort([each[rows] for each in (times, port, *keys)])]
    same = np.ones(max(0, len(order) - 1), np.bool_)
    for key in (*keys, port):
        same &= key[order][1:] == key[order][:-1]
    before, after = order[:-1], order[1:]
    lower = same & failed[before] & (times[before] >= 0) & (times[after] - times[before] <= RETRY_NS)
    lower &= (newest[after] < newest[before]) & (newest[after] > 0)
    lower &= (newest[after] >> 8 == DTLS) == (newest[before] >> 8 == DTLS)
    found = np.zeros(len(failed), np.bool_)
    found[after[lower]] = True
    return found


def find_old_ticket_key(facts: Facts) -> Mask:
    """Ticket keys of a server that were in use for more than a week."""
    names = facts.column("ticket_key_name")
    codes = pc.fill_null(names.dictionary_encode().indices, -1).to_numpy(zero_copy_only=False)
    found = np.zeros(len(codes), np.bool_)
    used = np.flatnonzero(codes >= 0)
    if not len(used):
        return found
    times = facts.number("time_start")[used]
    first = np.full(codes.max() + 1, np.iinfo(np.int64).max)
    last = np.full(codes.max() + 1, np.iinfo(np.int64).min)
    np.minimum.at(first, codes[used], times)
    np.maximum.at(last, codes[used], times)
    found[used] = (last[codes[used]] - first[codes[used]]) > WEEK * SECOND_NS
    return found


def find_long_echo(facts: Facts) -> Mask:
    """A session id in the ServerHello that is longer than the client's, and begins with it (Ticketbleed)."""
    offered, echoed = facts.column("session_id"), facts.column("server_session_id")
    sizes = pc.fill_null(pc.binary_length(offered), 0).to_numpy(zero_copy_only=False)
    longer = pc.fill_null(pc.binary_length(echoed), 0).to_numpy(zero_copy_only=False) > sizes
    found = facts.says("session_ticket_offered") & (sizes > 0) & (sizes < 2 * LEAST_SHARE_OF_ID) & longer
    for row in np.flatnonzero(found):
        found[row] = echoed[row].as_py().startswith(offered[row].as_py())
    return np.asarray(found, np.bool_)


def find_renamed_session(facts: Facts) -> Mask:
    """Sessions of TLS 1.2 and before that the server resumed by their id for another name than they were made for.

    Where their first handshake is not there: those that it resumed for several names. In TLS 1.3 a server need not
    hold a session to the name (RFC 8446 section 4.6.1). Tickets do not show which session they are of.
    """
    before = facts.among("version", *LEGACY_VERSIONS)
    resumed = before & facts.says("resumed") & facts.among("resumption", "session_id")
    full = before & facts.says("resumed", False)
    found = facts.shared("server_session_id", "name", 2, resumed | full) & resumed
    if not found.any():
        return found
    sessions = pc.binary_join_element_wise(facts.column("server_session_id"), facts.named("name"), " ")
    return np.asarray(found & ~mask_of(pc.is_in(sessions, value_set=sessions.filter(pa.array(full)))), np.bool_)


def find_unoffered_protocol(facts: Facts) -> Mask:
    """An application protocol that the server chose although it was not offered."""
    values, starts = facts.lists("alpn_offered")
    chosen = facts.column("alpn")
    parents = np.repeat(np.arange(len(chosen)), np.diff(starts))
    fits = mask_of(pc.equal(values, chosen.take(pa.array(parents))))
    offered = np.zeros(len(chosen), np.bool_)
    offered[parents[fits]] = True
    return facts.known("alpn") & facts.whole_hello() & ~offered


def find_uncommon_protocol(facts: Facts) -> Mask:
    """An offer with an application protocol of which the registry here knows nothing, GREASE left out."""
    values, starts = facts.lists("alpn_offered")
    names = [name for name in pc.unique(values).to_pylist() if name not in KNOWN and not name.startswith(GREASE)]
    parents = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    found = np.zeros(len(starts) - 1, np.bool_)
    found[parents[mask_of(pc.is_in(values, value_set=pa.array(names, pa.string())))]] = True
    return found


def find_unasked_heartbeat(facts: Facts) -> Mask:
    """Heartbeat records of the client in TLS 1.2 and before though the ServerHello has no heartbeat extension.

    A resumed session or a renegotiation may have agreed on it where it is not seen.
    """
    sent = facts.text_matches("handshake_history", "B") & facts.among("version", *LEGACY_VERSIONS)
    unasked = facts.whole_answer() & ~facts.has("server_extensions", [HEARTBEAT])
    return np.asarray(sent & unasked & facts.says("resumed", False) & ~facts.known("renegotiation_packet"), np.bool_)


RULES = (
    Rule(
        "VER-12", "Client came back with an older version after a failure", "medium", find_lower_retry,
        ("client_legacy_version", "version_name"),
        "Find out what stopped the first attempt; a client must not fall back without TLS_FALLBACK_SCSV.",
        ("RFC 9325 section 3.1.3", "RFC 7507"), "client", "client_hello_packet", "likely",
    ),
    Rule(
        "EXT-04", "Client began a renegotiation", "low",
        lambda facts: facts.among("renegotiation", "client") & facts.nothing_lost(),
        ("version_name", "renegotiation"), "Switch renegotiation by clients off, unless something needs it.",
        ("RFC 5746 section 5", "RFC 9325 section 3.5"), packet="renegotiation_packet",
    ),
    Rule(
        "EXT-06", "Heartbleed answered: memory of the peer was sent", "critical",
        lambda facts: facts.among("heartbleed", "success"), ("heartbleed", "version_name"),
        "Update the side that answered, then replace its keys, certificates and passwords: they may be known.",
        ("CVE-2014-0160", "RFC 6520 section 4"), packet="heartbleed_packet",
    ),
    Rule(
        "EXT-06-LONGER", "Encrypted heartbeat answered by a much longer one", "high",
        lambda facts: facts.among("heartbleed", "longer_answer"), ("heartbleed", "version_name"),
        "Check whether the side that answered is vulnerable to Heartbleed.",
        ("CVE-2014-0160", "RFC 6520 section 4"), packet="heartbleed_packet", confidence="likely",
    ),
    Rule(
        "EXT-06-ATTEMPT", "Heartbleed attempted", "high", lambda facts: facts.among("heartbleed", "attempt", "success"),
        ("heartbleed", "version_name"), "Find out who tries this; a scanner of your own does it too.",
        ("CVE-2014-0160", "RFC 6520 section 4"), "client", "heartbleed_packet",
    ),
    Rule(
        "EXT-05-UNASKED", "Heartbeat sent although none was agreed on", "medium", find_unasked_heartbeat,
        ("version_name", "handshake_history"),
        "Find out who sends it: the protocol forbids it, and tests for Heartbleed do it.",
        ("RFC 6520 section 2", "CVE-2014-0160"), "client", "heartbeat_packet",
    ),
    Rule(
        "EXT-07", "ChangeCipherSpec before the client's keys", "medium",
        lambda facts: facts.text_matches("handshake_history", EARLY_CHANGE)
        & facts.among("version", *STREAM_VERSIONS) & facts.says("resumed", False) & facts.nothing_lost(),
        ("handshake_history", "version_name"), "Find out who tries this, and update the server's OpenSSL.",
        ("CVE-2014-0224", "RFC 5246 section 7.1"), "client", "change_cipher_spec_packet",
    ),
    Rule(
        "EXT-08", "Session id longer than the client's (Ticketbleed)", "high", find_long_echo,
        ("session_id", "server_session_id"), "Update the server, or switch its session tickets off: it leaks memory.",
        ("CVE-2016-9244",),
    ),
    Rule(
        "EXT-12", "Session ticket key in use for more than a week", "low", find_old_ticket_key,
        ("ticket_key_name",), "Change the key of session tickets at least weekly: it opens all sessions of its time.",
        ("RFC 9325 section 3.4", "RFC 5077 section 5.5"), packet="ticket_packet", confidence="likely",
    ),
    Rule(
        "EXT-12-ZERO", "Session ticket whose key has a name of zeros", "high",
        lambda facts: facts.among("ticket_key_name", "00" * 16), ("ticket_key_name", "version_name"),
        "Update the server: GnuTLS 3.6.4 to 3.6.13 sealed tickets with a key of zeros, which everybody knows.",
        ("CVE-2020-13777",), packet="ticket_packet", confidence="likely",
    ),
    Rule(
        "EXT-14", "Application protocol chosen that was not offered", "medium", find_unoffered_protocol,
        ("alpn", "server_name"), "Correct the server: it may choose only among what the client offers.",
        ("RFC 7301 section 3.2",),
    ),
    Rule(
        "EXT-14-UNCOMMON", "Application protocol offered that is not registered, nor widely known", "info",
        find_uncommon_protocol, ("alpn_offered", "ja4"),
        "Find out what speaks it: software of one vendor, a draft, or something that hides.",
        ("RFC 7301",), "client", "client_hello_packet",
    ),
    Rule(
        "EXT-21", "Session resumed for another server name", "medium", find_renamed_session,
        ("server_name", "server_session_id", "version_name"),
        "Give each name a session cache and ticket keys of its own, or let the server hold sessions to their names: "
        "what one name was trusted for, another one answers.",
        ("RFC 6066 section 3",),
    ),
    Rule(
        "IR-03", "Several certificates for one server name", "info",
        lambda facts: facts.shared("name", "leaf certificate_sha256s"), ("server_name", "issuer"),
        "Nothing is wrong where servers have several keys or a renewal was due; else look who issued them.",
        ("RFC 9525",), packet="certificate_packet", confidence="likely",
    ),
    Rule(
        "IR-07", "Client refuses the certificates of several servers", "medium",
        lambda facts: facts.shared(
            "client_ip", "server", LEAST_REFUSING_SERVERS,
            facts.among("last_alert", *REFUSALS) & facts.among("last_alert_sender", "client"),
        ),
        ("last_alert_name", "issuer"),
        "Look for a device that inspects its traffic, or for an authority that this client lacks.",
        ("RFC 8446 section 6.2",), "client", "last_alert_packet", "likely",
    ),
    Rule(
        "IR-08", "ClientHello without an answer", "low", lambda facts: facts.among("failure_cause", *UNANSWERED),
        ("failure_cause", "client_hello_length"), "See failure_reason, and show of the connection.",
        ("RFC 8446 section 4.1.2",), packet="failure_packet",
    ),
    Rule(
        "IR-09", "One client tries many different ClientHellos on one server", "medium",
        lambda facts: facts.shared("client and service", "ja4", LEAST_OFFERS),
        ("ja4", "failure_cause"), "Find out who scans this server; a scanner of your own does it too.",
        ("RFC 8446 section 4.1.2",), "client", "client_hello_packet", "likely",
    ),
    Rule(
        "CAP-06", "Packet times go backwards", "info",
        lambda facts: mask_of(pc.less(facts.column("time_end"), facts.column("time_start"))), ("capture",),
        "Set the recorder's clock once, before it records; sort the packets (reordercap).", ("docs/capturing.md",),
        "capture", "first_packet",
    ),
)  # fmt: skip
