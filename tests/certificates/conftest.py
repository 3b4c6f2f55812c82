"""Two makers of certificates: sound ones by the cryptography package, broken ones octet by octet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes, CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

Encode = Callable[..., bytes]
Assemble = Callable[..., bytes]
Issue = Callable[..., bytes]

SEQUENCE = 0x30
NINETY_DAYS = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC))
ISSUER = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Trust, Inc."),
        x509.NameAttribute(NameOID.COMMON_NAME, "Test CA 1"),
    ]
)


def encode_element(tag: int, *parts: bytes) -> bytes:
    """Return the DER of one element with the joined `parts` as contents."""
    contents = b"".join(parts)
    size = len(contents)
    if size < 0x80:
        return bytes((tag, size)) + contents
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + contents


def assemble_certificate(
    version: bytes = bytes.fromhex("a003020102"),
    serial: bytes = bytes.fromhex("020102"),
    algorithm: bytes = bytes.fromhex("300a06082a8648ce3d040302"),
    issuer: bytes = bytes.fromhex("300d310b300906035504030c024341"),
    validity: bytes = encode_element(SEQUENCE, b"\x17\x0d260101000000Z", b"\x17\x0d260331235959Z"),
    subject: bytes = bytes.fromhex("300c310a300806035504030c0161"),
    key: bytes = bytes.fromhex("302a300506032b6570032100") + bytes(32),
    optional: bytes = b"",
    outer_algorithm: bytes | None = None,
    signature: bytes = bytes.fromhex("03020000"),
) -> bytes:
    """Return a certificate of the given encodings; without arguments a sound one without extensions."""
    signed = encode_element(SEQUENCE, version, serial, algorithm, issuer, validity, subject, key, optional)
    return encode_element(SEQUENCE, signed, algorithm if outer_algorithm is None else outer_algorithm, signature)


@pytest.fixture(scope="session")
def encode() -> Encode:
    """`encode(tag, *parts)`: the DER of one element."""
    return encode_element


@pytest.fixture(scope="session")
def assemble() -> Assemble:
    """`assemble(serial=..., ...)`: a certificate with those encodings in place of sound ones."""
    return assemble_certificate


@pytest.fixture(scope="session")
def with_extension() -> Assemble:
    """`with_extension(oid_contents, value)`, any number of pairs: a certificate with these extensions."""

    def build(*pairs: tuple[str, bytes]) -> bytes:
        extensions = [
            encode_element(SEQUENCE, encode_element(6, bytes.fromhex(identifier)), encode_element(4, value))
            for identifier, value in pairs
        ]
        return assemble_certificate(optional=encode_element(0xA3, encode_element(SEQUENCE, *extensions)))

    return build


@pytest.fixture(scope="session")
def private_keys() -> dict[str, CertificateIssuerPrivateKeyTypes]:
    """One private key of each kind, made once."""
    return {
        "RSA": rsa.generate_private_key(65537, 2048),
        "RSA exponent 3": rsa.generate_private_key(3, 1024),
        "DSA": dsa.generate_private_key(1024),
        "secp256r1": ec.generate_private_key(ec.SECP256R1()),
        "secp384r1": ec.generate_private_key(ec.SECP384R1()),
        "secp521r1": ec.generate_private_key(ec.SECP521R1()),
        "brainpoolP256r1": ec.generate_private_key(ec.BrainpoolP256R1()),
        "Ed25519": ed25519.Ed25519PrivateKey.generate(),
        "Ed448": ed448.Ed448PrivateKey.generate(),
    }


@pytest.fixture(scope="session")
def issue(private_keys: dict[str, CertificateIssuerPrivateKeyTypes]) -> Issue:
    """`issue(...)`: the DER of a sound certificate."""

    def build(
        *extensions: tuple[x509.ExtensionType, bool],
        subject: x509.Name | None = None,
        public_key: CertificatePublicKeyTypes | None = None,
        signer: CertificateIssuerPrivateKeyTypes | None = None,
        serial: int = 0x7F_01,
        validity: Sequence[datetime] = NINETY_DAYS,
    ) -> bytes:
        key = signer or private_keys["secp256r1"]
        builder = x509.CertificateBuilder(
            issuer_name=ISSUER,
            subject_name=subject or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "www.example.org")]),
            public_key=public_key or key.public_key(),
            serial_number=serial,
            not_valid_before=validity[0],
            not_valid_after=validity[1],
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        own_hash = isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
        return builder.sign(key, None if own_hash else hashes.SHA256()).public_bytes(Encoding.DER)

    return build
