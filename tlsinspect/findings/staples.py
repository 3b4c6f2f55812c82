"""Rules about stapled OCSP responses and certificate timestamps, from the ocsp and scts frames: Mozilla's roots."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..statistics.rows import Mask, mask_of
from .facts import Facts
from .rule import Rule

PACKET = "certificate_packet"
NAMES = ("subject", "issuer")


def says(*verdicts: str) -> Callable[[Facts], Mask]:
    """Connections with a stapled response of one of these verdicts."""

    def find(facts: Facts) -> Mask:
        table = facts.other("ocsp") if facts.among("ocsp_status", "present").any() else None
        if table is None:
            return np.zeros(len(facts.connections), np.bool_)
        chosen = table.filter(pc.is_in(table["verdict"], value_set=pa.array(verdicts, pa.string())))
        ids = chosen["connection_id"].combine_chunks()
        return mask_of(pc.is_in(facts.column("connection_id"), value_set=ids))

    return find


def has_false_timestamp(facts: Facts) -> Mask:
    """Connections whose server's certificate has a timestamp that its log did not sign, or that cannot be read."""
    table = facts.other("scts")
    if table is None or not len(table):
        return np.zeros(len(facts.connections), np.bool_)
    names = table.filter(pc.equal(table["valid"], False))["certificate_sha256"].combine_chunks()
    return facts.certificate(lambda rows: pc.is_in(rows["sha256"], value_set=names).combine_chunks())


def stamps_have(*faults: str) -> Callable[[Facts], Mask]:
    """Connections whose server's certificate has timestamps with one of these faults."""
    return lambda facts: facts.validation_has("sct_faults", *faults)


def rule(identifier: str, title: str, severity: str, *verdicts: str, advice: str, reference: str) -> Rule:
    """A rule about what the server stapled to its certificate."""
    return Rule(
        identifier, title, severity, says(*verdicts), NAMES, advice, (reference,), "certificate",
        "certificate_status_packet",
    )  # fmt: skip


RULES = (
    Rule("CRT-23-SIGNATURE", "Certificate timestamp (SCT) that its log did not sign", "medium", has_false_timestamp,
         NAMES, "Find out who made the certificate: an authority that logs what it issues has right timestamps. "
         "'tlsinspect validate' names the log.", ("RFC 6962 section 3.2",), "certificate", PACKET),
    Rule("CRT-23-FEW", "Publicly trusted certificate with timestamps (SCTs) of too few logs", "info",
         stamps_have("few_logs"), (*NAMES, "sct_operators"), "Have it issued anew: browsers ask for two logs, and for "
         "three where the timestamps are inside a certificate that is valid for more than 180 days.",
         ("Chrome Certificate Transparency policy", "Apple Certificate Transparency policy", "RFC 6962 section 3.3"),
         "certificate", PACKET, "likely"),
    Rule("CRT-23-OPERATORS", "Publicly trusted certificate with timestamps (SCTs) not of the operators that browsers "
         "ask for", "info", stamps_have("few_operators", "operator_missing"), (*NAMES, "sct_operators"),
         "Have it issued anew: browsers ask for logs of two operators, so that no one of them can hide a certificate; "
         "of what was issued before 2022-04-15, Chrome asked for one log of Google's and one of another operator.",
         ("Chrome Certificate Transparency policy", "Apple Certificate Transparency policy"),
         "certificate", PACKET, "likely"),
    rule("CRT-24", "Revoked certificate still in use, as its own stapled OCSP response says", "critical", "revoked",
         advice="Replace the certificate, and its key where the reason is keyCompromise; 'tlsinspect export --table "
         "ocsp' has time and reason.", reference="RFC 6960 section 2.2"),
    rule("CRT-24-EXPIRED", "Stapled OCSP response out of its time", "medium", "expired", "not_yet_valid",
         advice="Let the server fetch a new response before nextUpdate, and set its clock right: some clients end the "
         "handshake.", reference="RFC 6960 section 3.2"),
    rule("CRT-24-SIGNATURE", "Stapled OCSP response whose signature is wrong or of somebody without authority",
         "medium", "bad_signature", "unauthorized_responder",
         advice="Find out where the server has it from: neither the authority nor a responder of its own signed it, or "
         "it is damaged.", reference="RFC 6960 section 4.2.2.2"),
    rule("CRT-24-UNKNOWN", "Stapled OCSP response: the authority does not know the certificate", "medium", "unknown",
         advice="Ask the authority: it did not issue the certificate, or its responder is not up to date.",
         reference="RFC 6960 section 2.2"),
    rule("CRT-24-USELESS", "Stapled OCSP response that says nothing about the certificate", "medium", "malformed",
         "unsuccessful", "wrong_certificate",
         advice="Look at the server's stapling: it sends an error, a response for another certificate, or what is no "
         "OCSP response.", reference="RFC 6066 section 8"),
    rule("CRT-24-LIMIT", "Stapled OCSP response too large or too odd to read", "low", "limit",
         advice="Look at it with tlsinspect export --table ocsp: honest responders state little about few "
         "certificates.", reference="RFC 6960"),
)  # fmt: skip
