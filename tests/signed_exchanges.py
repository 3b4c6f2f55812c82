"""ServerKeyExchange messages signed with RSA: as it should be, by something else, and with a fault in the signer.

The signer computes by the Chinese remainder theorem; its fault is one wrong bit modulo one of the primes.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from made_chains import named
from tls_vectors import u16, vector8, vector16
from traffic import NOON_NS

PARAMETERS = b"\x03" + u16(29) + vector8(b"\x09" * 32)
RSA_PSS_SHA256, RSA_SHA256, RSA_SHA1 = 0x0804, 0x0401, 0x0201
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
    now = datetime.fromtimestamp(NOON_NS / 1e9, UTC)
    builder = x509.CertificateBuilder().subject_name(named("www.example")).issuer_name(named("www.example"))
    builder = builder.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(90))
    builder = builder.serial_number(2**70 + 1).public_key(rsa_key().public_key())
    return builder.sign(rsa_key(), hashes.SHA256()).public_bytes(Encoding.DER)


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
