"""One certificate in, its facts out."""

from __future__ import annotations

import re
from binascii import b2a_base64
from hashlib import sha1, sha256

from .facts import CertificateFacts, LeafFacts
from .lenient import parse_leniently, parse_parts

LEAF_PARTS = frozenset({"issuer", "validity", "subject", "subjectAltName", "SCT list"})
PEM_LINE = re.compile(".{1,64}")


def parse_certificate(der: bytes) -> CertificateFacts:
    """Read one certificate; any bytes will do, nothing is raised.

    Costs tens of microseconds, so callers keep the result by `der`. Spec: RFC 5280 section 4.1.
    """
    return CertificateFacts(sha256=sha256(der).hexdigest(), sha1=sha1(der).hexdigest(), **parse_leniently(der))


def parse_leaf(der: bytes) -> LeafFacts:
    """Read what a connection shows of its server's certificate, at a small part of parse_certificate's cost."""
    facts = parse_parts(der, LEAF_PARTS)
    return LeafFacts(*map(facts.get, LeafFacts._fields))


def pem_of(der: bytes) -> str:
    """Write a certificate as text. Spec: RFC 7468 section 5."""
    lines = PEM_LINE.findall(b2a_base64(der, newline=False).decode("ascii"))
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))
