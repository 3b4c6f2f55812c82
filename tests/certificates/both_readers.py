"""Certificates read by both readers at once, so that each literal expectation holds for either."""

from __future__ import annotations

from tlsinspect.certificates import CertificateFacts, LeafFacts, parse_certificate, parse_leaf
from tlsinspect.certificates.lenient import parse_leniently
from tlsinspect.certificates.strict import REFUSALS, parse_strictly


def parse_by_both(der: bytes) -> CertificateFacts:
    """Return the facts of a certificate; fails where it matters which reader they come from."""
    facts = parse_certificate(der)
    assert facts == CertificateFacts(facts.sha256, facts.sha1, **parse_leniently(der))
    leaf = parse_leaf(der)
    assert leaf == LeafFacts(*[getattr(facts, name) for name in LeafFacts._fields])
    return facts


def is_refused(der: bytes) -> bool:
    """Say whether the strict reader leaves this certificate to the lenient one."""
    try:
        parse_strictly(der)
    except REFUSALS:
        return True
    return False
