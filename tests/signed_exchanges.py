"""ServerKeyExchange messages that are signed: as it should be, by something else, and with a fault in the signer.

The signer with RSA computes by the Chinese remainder theorem; its fault is one wrong bit modulo one of the primes.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from made_chains import named
from tls_vectors import u16, vector8, vector16
from traffic import NOON_NS

PARAMETERS = b"\x03" + u16(29) + vector8(b"\x09" * 32)
FINITE_FIELD = vector16(b"\xff" * 128) + vector16(b"\x02") + vector16(b"\x07" * 128)
RSA_PSS_SHA256, RSA_SHA256 = 0x0804, 0x0401
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    """The server's key, another one in each run."""
    return rsa.generate_private_key(65537, 1024)


def modulus() -> int:
    """Its modulus."""
    return rsa_key().public_key().public_numbers().n


@cache
def rsa_certificate() -> bytes:
    """A certificate with that key, as DER."""
    return certificate_of(rsa_key())


def certificate_of(key: Any) -> bytes:
    """A certificate that a key signed for itself, as DER."""
    now = datetime.fromtimestamp(NOON_NS / 1e9, UTC)
    builder = x509.CertificateBuilder().subject_name(named("www.example")).issuer_name(named("www.example"))
    builder = builder.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(90))
    builder = builder.serial_number(2**70 + 1).public_key(key.public_key())
    edwards = isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    return builder.sign(key, None if edwards else hashes.SHA256()).public_bytes(Encoding.DER)


class Signer(NamedTuple):
    """A key of another type than RSA, the suite that it is used with, and how it signs."""

    suite: int
    scheme: int | None
    key: Any
    digest: hashes.HashAlgorithm | None
    parameters: bytes = PARAMETERS

    def exchange(self, randoms: bytes) -> bytes:
        """A ServerKeyExchange for these randoms."""
        digest = [ec.ECDSA(self.digest) if isinstance(self.key, ec.EllipticCurvePrivateKey) else self.digest]
        signature = self.key.sign(randoms + self.parameters, *(digest if self.digest else ()))
        return self.parameters + (b"" if self.scheme is None else u16(self.scheme)) + vector16(signature)


def signers() -> list[Signer]:
    """Signers of every kind; those without a scheme as before TLS 1.2."""
    curve = ec.generate_private_key(ec.SECP256R1())
    return [
        Signer(0xC02B, 0x0403, curve, hashes.SHA256()),
        Signer(0xC02C, 0x0503, ec.generate_private_key(ec.SECP384R1()), hashes.SHA384()),
        Signer(0xC009, None, curve, hashes.SHA1()),
        Signer(0xC02B, 0x0807, ed25519.Ed25519PrivateKey.generate(), None),
        Signer(0xC02B, 0x0808, ed448.Ed448PrivateKey.generate(), None),
        Signer(0x00A2, 0x0402, old := dsa.generate_private_key(1024), hashes.SHA256(), FINITE_FIELD),
        Signer(0x0032, None, old, hashes.SHA1(), FINITE_FIELD),
    ]


def raw_signature(signed: bytes, fault: int = 0) -> bytes:
    """PKCS #1 v1.5 by the Chinese remainder theorem; `fault` changes the result modulo one of the primes."""
    numbers = rsa_key().private_numbers()
    size = rsa_key().key_size // 8
    padded = int.from_bytes(b"\0\1" + b"\xff" * (size - len(signed) - 3) + b"\0" + signed, "big")
    one, other = (pow(padded, part, prime) for part, prime in ((numbers.dmp1, numbers.p), (numbers.dmq1, numbers.q)))
    one ^= fault
    return (other + numbers.q * ((one - other) * numbers.iqmp % numbers.p)).to_bytes(size, "big")


def exchange(randoms: bytes, scheme: int | None = RSA_SHA256, fault: int = 0) -> bytes:
    """A ServerKeyExchange for these randoms; `scheme` None is TLS 1.1 and before."""
    message = randoms + PARAMETERS
    if scheme is None:
        return PARAMETERS + vector16(
            raw_signature(hashlib.md5(message).digest() + hashlib.sha1(message).digest(), fault)
        )
    if scheme == RSA_PSS_SHA256:
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        signature = bytearray(rsa_key().sign(message, pss, hashes.SHA256()))
        signature[-1] ^= fault
        return PARAMETERS + u16(scheme) + vector16(bytes(signature))
    return PARAMETERS + u16(scheme) + vector16(raw_signature(SHA256_INFO + hashlib.sha256(message).digest(), fault))
