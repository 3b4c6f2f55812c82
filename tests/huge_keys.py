"""Authorities' certificates with RSA keys that would cost dear: numbers of the right size, signatures of none."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from made_chains import issue, key_of, named


def sequence(contents: bytes) -> bytes:
    """A DER SEQUENCE."""
    return b"\x30" + length(contents) + contents


def length(contents: bytes) -> bytes:
    """The length octets in DER."""
    size = len(contents)
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def integer(number: int) -> bytes:
    """A DER INTEGER."""
    contents = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return b"\x02" + length(contents) + contents


def with_key(modulus: int, exponent: int) -> bytes:
    """A certificate of an authority "Huge" with an RSA key of these numbers; its own signature means nothing."""
    key = sequence(integer(modulus) + integer(exponent))
    info = sequence(bytes.fromhex("300d06092a864886f70d0101010500") + b"\x03" + length(b"\0" + key) + b"\0" + key)
    small = issue("Huge", "Huge", authority=True)
    old = key_of("Huge").public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    certificate = x509.load_der_x509_certificate(small)
    assert certificate.subject == named("Huge")
    signed = certificate.tbs_certificate_bytes.replace(old, info)
    outer = signed[2:] if signed[1] < 0x80 else signed[2 + (signed[1] & 0x7F) :]
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    signature = certificate.signature
    return sequence(sequence(outer) + algorithm + b"\x03" + length(b"\0" + signature) + b"\0" + signature)


MODULUS = with_key((1 << 65_535) + 1, 65_537)
EXPONENT = with_key((1 << 2047) + 1, (1 << 2000) + 1)
