"""Rules about stapled OCSP responses, from the ocsp frame: Mozilla's roots, at the time of each connection."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .facts import Facts, Mask, mask_of
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


def rule(identifier: str, title: str, severity: str, *verdicts: str, advice: str, reference: str) -> Rule:
    """A rule about what the server stapled to its certificate."""
    return Rule(
        identifier, title, severity, says(*verdicts), NAMES, advice, (reference,), "certificate", PACKET
    )  # fmt: skip


RULES = (
    rule("CRT-24", "Revoked certificate still in use, as its own stapled OCSP response says", "high", "revoked",
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
