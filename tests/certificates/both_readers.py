"""Certificates read by both readers at once, so that each literal expectation holds for either."""

from __future__ import annotations

from certificates.second_reader import REFUSALS, parse_strictly

from tlsinspect.certificates import CertificateFacts, LeafFacts, parse_certificate, parse_leaf


def parse_by_both(der: bytes) -> CertificateFacts:
    """Return the facts of a certificate; fails where the second reader, if it takes it, reads others."""
    facts = parse_certificate(der)
    if not is_refused(der):
        assert facts == CertificateFacts(facts.sha256, facts.sha1, **parse_strictly(der))
    leaf = parse_leaf(der)
    assert leaf == LeafFacts(*[getattr(facts, name) for name in LeafFacts._fields])
    return facts


def is_refused(der: bytes) -> bool:
    """Say whether the second reader does not take this certificate."""
    try:
        parse_strictly(der)
    except REFUSALS:
        return True
    return False
