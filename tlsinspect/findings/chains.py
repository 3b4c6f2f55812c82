"""Rules about chains, from the validation frame: the roots that are trusted, at the moment that is judged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..certificates.object_identifiers import OLD_SIGNATURE, SHA1_SIGNATURE
from ..statistics.rows import Mask, mask_of
from ..wire.codes import SIGNED_CERTIFICATE_TIMESTAMP
from .certificates import has_expired, is_early, is_signed_with, is_weak_key
from .facts import LEGACY_VERSIONS, Facts, whole
from .rule import Rule

PACKET = "certificate_packet"
SERVER, CLIENT = "certificate_sha256s", "client_certificate_sha256s"
NAMES = ("subject", "issuer")
TIMESTAMPS_SINCE = int(datetime(2018, 5, 1, tzinfo=UTC).timestamp()) * 10**9  # browsers ask for them from then on


def has_fault(*faults: str) -> Callable[[Facts], Mask]:
    """Connections whose chain has one of these faults."""
    return lambda facts: facts.validation_has("faults", *faults)


def above(fault: str, own: Callable[[Facts], Mask]) -> Callable[[Facts], Mask]:
    """Connections whose chain has a fault of dates, and whose server's own certificate has not: an authority's has."""
    return lambda facts: np.asarray(facts.validation_has("faults", fault) & ~own(facts) & facts.timed(), np.bool_)


def authority(test: Callable[[pa.Table], pa.Array]) -> Callable[[Facts], Mask]:
    """Connections whose server sent an authority's certificate that passes a test which its own does not."""

    def find(facts: Facts) -> Mask:
        found = facts.chain(lambda table: pc.and_kleene(whole(table, "is_ca"), test(table)))
        return np.asarray(found & ~facts.certificate(test), np.bool_)

    return find


def client_has_fault(*faults: str) -> Callable[[Facts], Mask]:
    """Connections whose client sent a chain with one of these faults."""

    def find(facts: Facts) -> Mask:
        if not facts.known(CLIENT).any():
            return np.zeros(len(facts.connections), np.bool_)
        return facts.validation_has("faults", *faults, side="client_validation")

    return find


def shows_the_servers(facts: Facts) -> Mask:
    """Connections whose client sent the certificate that the server sent."""
    return mask_of(pc.equal(facts.leaf(CLIENT), facts.leaf(SERVER)))


def is_readable(facts: Facts) -> Mask:
    """Connections whose client sent its certificate in the clear; one that it made for WebRTC names nobody."""
    sent = facts.known(CLIENT) & (facts.length(CLIENT) > 0) & facts.among("version", *LEGACY_VERSIONS)
    own = facts.among("protocol", "dtls") & facts.certificate(lambda table: whole(table, "self_signed"), CLIENT)
    return np.asarray(sent & ~own, np.bool_)


def lacks_timestamps(table: pa.Table) -> pa.Array:
    """Certificates without an embedded timestamp, of the time since browsers ask for one."""
    late = pc.greater_equal(table["not_before"].cast(pa.int64()), TIMESTAMPS_SINCE)
    return pc.and_(pc.equal(table["sct_count"], 0), late).combine_chunks()


def rule(
    identifier: str,
    title: str,
    severity: str,
    find: Callable[[Facts], Mask],
    advice: str,
    *references: str,
    confidence: str = "certain",
) -> Rule:
    """A rule about the chain that came with a server's own certificate."""
    return Rule(identifier, title, severity, find, NAMES, advice, references, "certificate", PACKET, confidence)


def client_rule(
    identifier: str, title: str, find: Callable[[Facts], Mask], advice: str, reference: str, severity: str = "medium"
) -> Rule:
    """A rule about the chain that a client sent (mutual TLS)."""
    return Rule(identifier, title, severity, find, ("client_certificate_requested", "established"), advice,
                (reference,), "client_certificate", "client_certificate_packet")  # fmt: skip


RENEW_ABOVE = (
    "'tlsinspect validate' names the certificate. Send a newer one of that authority, or have the server's issued by "
    "one that is in date: clients that know no other path refuse this one."
)
RULES = (
    Rule("CRT-01-CHAIN", "Chain with an authority's certificate that had expired", "high",
         above("expired", has_expired), (*NAMES, "detail"), RENEW_ABOVE, ("RFC 5280 section 6.1.3",), "certificate",
         PACKET),
    Rule("CRT-02-CHAIN", "Chain with an authority's certificate that was not valid yet", "medium",
         above("not_yet_valid", is_early), (*NAMES, "detail"), RENEW_ABOVE, ("RFC 5280 section 6.1.3",),
         "certificate", PACKET),
    rule("CRT-07", "Chain ends at an authority that is not trusted", "medium", has_fault("untrusted_root"),
         "If the authority is your own, see to it that the clients trust it and judge by it (--trust); otherwise use a "
         "public one. Trusted is by default what Mozilla trusted at the time of the connection.",
         "RFC 5280 section 6.1", confidence="likely"),
    rule("CRT-07-SIGNATURE", "Certificate whose signature is wrong", "high", has_fault("bad_signature"),
         "Find out who made it: it is forged, damaged, or of another authority of the same name.",
         "RFC 5280 section 6.1.3"),
    rule("CRT-08", "Chain without an issuer that it needs", "medium", has_fault("incomplete_chain"),
         "Send the intermediates along with the server's certificate. If your own root issued it and none is missing, "
         "judge by that root (--trust).", "RFC 5246 section 7.4.2", "RFC 8446 section 4.4.2", confidence="likely"),
    rule("CRT-08-ORDER", "Chain in the wrong order", "low", has_fault("wrong_order"),
         "Send the server's certificate first, then each issuer after what it issued.", "RFC 5246 section 7.4.2"),
    rule("CRT-08-ROOT", "Root certificate sent along", "info",
         lambda facts: facts.validation_has("remarks", "root_sent"),
         "Leave the root out: clients have it or do not trust it.", "RFC 8446 section 4.4.2"),
    rule("CRT-09-CHAIN", "Weak key of an authority in the chain", "high", authority(is_weak_key),
         "Have the certificate issued below keys of 2048 bits (RSA) or P-256 and more: who breaks one issues anything.",
         "RFC 9325 section 4.5"),
    rule("CRT-10-CHAIN", "Authority's certificate in the chain signed with SHA-1, MD5 or older", "medium",
         authority(is_signed_with(f"{OLD_SIGNATURE}|{SHA1_SIGNATURE}")),
         "Send the authority's newer certificate. Where it is not needed, as one that an older root signed for a root "
         "that clients have, leave it out.", "RFC 9325 section 4.5"),
    rule("CRT-19-PATH", "Chain that breaks what an authority or the certificate itself allows", "high",
         has_fault("constraint_violated"), "Issue a certificate that keeps to the constraints of the authorities "
         "above it, and to its own usages.", "RFC 5280 section 6.1.4"),
    rule("CRT-23", "Publicly trusted certificate without a certificate timestamp", "info",
         lambda facts: facts.certificate(lacks_timestamps) & facts.public()
         & facts.among("ocsp_status", "absent") & facts.whole_answer() & facts.nothing_lost()
         & ~facts.has("server_extensions", [SIGNED_CERTIFICATE_TIMESTAMP]),
         "Browsers refuse it: have it issued anew with timestamps (SCTs) of Certificate Transparency in it.",
         "RFC 6962 section 3.3"),
    client_rule("CRT-31-DATES", "Client's chain has a certificate out of its dates",
                lambda facts: client_has_fault("expired", "not_yet_valid")(facts) & facts.timed(),
                "Renew it; where the handshake completed, see to it that the server checks dates.",
                "RFC 5280 section 6.1.3"),
    client_rule("CRT-31-SAME", "Client shows the certificate that the server shows", shows_the_servers,
                "Give each side a key and certificate of its own: who has the one key is both.",
                "RFC 8446 section 4.4.2"),
    client_rule("CRT-31-PATH", "Client's chain that is wrongly signed or breaks what its certificates allow",
                client_has_fault("bad_signature", "constraint_violated"),
                "'tlsinspect validate' says which certificate; where the handshake completed, the server does not "
                "check what clients send.", "RFC 5280 section 6.1", "high"),
    Rule("CRT-31-CLEAR", "Client's certificate sent in the clear", "low", is_readable,
         ("client_subject", "version_name"),
         "Use TLS 1.3, which encrypts it: whoever is on the way reads the names in it, and knows the client again.",
         ("RFC 8446 section 4.4.2",), "client_certificate", "client_certificate_packet"),
    rule("CRT-33-LIMIT", "Chain too costly or too odd to validate", "low", has_fault("limit", "unsupported"),
         "Look at it with tlsinspect validate: honest authorities have neither such keys nor so many certificates.",
         "RFC 5280 section 6"),
)  # fmt: skip
