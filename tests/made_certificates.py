"""Certificates made for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

YEAR = (datetime(2025, 6, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))


@cache
def private_key() -> Ed25519PrivateKey:
    """The one key of all of them."""
    return Ed25519PrivateKey.generate()


def make_certificate(
    common_name: str,
    *dns_names: str,
    issuer: str = "Test Authority",
    validity: tuple[datetime, datetime] = YEAR,
    units: Sequence[str] = (),
) -> bytes:
    """The DER of a certificate with this subject, and units in it, valid around the time of the made traffic."""
    named = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, name) for name in units]
    subject = x509.Name([*named, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)])
    builder = x509.CertificateBuilder(
        authority, subject, private_key().public_key(), x509.random_serial_number(), validity[0], validity[1]
    )
    if dns_names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in dns_names]), False)
    return builder.sign(private_key(), None).public_bytes(Encoding.DER)
