"""A SubjectPublicKeyInfo -> one of the same kind, size and length whose key nobody has.

Spec: RFC 5280 section 4.1.2.7; RFC 8017 appendix A.1.1 for RSA, RFC 5480 for points of curves.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd, isqrt, prod

from ..certificates.der import BIT_STRING, INTEGER, SEQUENCE, Element, parse_elements
from ..errors import DecodeError
from .der import header_of, read_all, scrub
from .pseudonyms import Pseudonyms

RSA = bytes.fromhex("2a864886f70d010101")
CURVES = {
    bytes.fromhex("2a8648ce3d030107"): "SECP256R1",
    bytes.fromhex("2b81040022"): "SECP384R1",
    bytes.fromhex("2b81040023"): "SECP521R1",
}
UNCOMPRESSED = 4
LEAST_BITS = 256  # of a modulus that is nobody's by its size alone
FACTOR_LIMIT = 1 << 16
SMALL_PARAMETER = 64  # octets: names of curves and the like; whole groups are larger and may be somebody's own


def scrub_public_key(info: Element, own: Pseudonyms) -> bytes:
    """The key as a pseudonym; algorithm and named curve stay."""
    algorithm, key = parse_elements(info.expect(SEQUENCE), 2, 2)
    parts = parse_elements(algorithm.expect(SEQUENCE), 1, 2)
    plain = algorithm.encoding if len(algorithm.contents) <= SMALL_PARAMETER else scrub(algorithm, own)
    bits = key.expect(BIT_STRING).contents
    made = b""
    if parts[0].contents == RSA:
        made = scrub_rsa(bits[1:], own)
    elif len(parts) == 2 and parts[1].contents in CURVES:
        made = other_point(CURVES[parts[1].contents], bits[1:], own.octets(bits[1:]))
    if len(made) != len(bits) - 1:
        made = own.octets(bits[1:])
    return header_of(info) + plain + header_of(key) + bits[:1] + made


def scrub_rsa(key: bytes, own: Pseudonyms) -> bytes:
    """A modulus of as many bits, odd as all are, and the same exponent; empty where it is no RSA key."""
    try:
        outer = read_all(key)
        modulus, exponent = parse_elements(outer.expect(SEQUENCE), 2, 2)
    except DecodeError:
        return b""
    return (
        header_of(outer) + header_of(modulus.expect(INTEGER)) + scrub_modulus(modulus.contents, own) + exponent.encoding
    )


def scrub_modulus(contents: bytes, own: Pseudonyms) -> bytes:
    """A number of as many bits whose lowest bit is the same; of an odd one no small prime is a factor."""
    number = int.from_bytes(contents, "big")
    bits = number.bit_length()
    if bits < 2:
        return contents
    mask = (1 << (bits - 1)) - 1
    made = int.from_bytes(own.octets(contents), "big") & mask | 1 << (bits - 1)
    made = made & ~1 | number & 1
    if number & 1 and bits >= LEAST_BITS:
        made = without_small_factors(made)
    return made.to_bytes(len(contents), "big")


@lru_cache(4096)
def without_small_factors(number: int) -> int:
    """The next odd number that no small prime divides: any two keys would seem to have a prime in common else."""
    while gcd(number, small_primes()) != 1:
        number += 2
    return number


@lru_cache(1)
def small_primes() -> int:
    """The product of all odd primes below FACTOR_LIMIT."""
    sieve = bytearray([1]) * FACTOR_LIMIT
    for step in range(3, isqrt(FACTOR_LIMIT) + 1, 2):
        if sieve[step]:
            sieve[step * step :: step] = bytes(len(range(step * step, FACTOR_LIMIT, step)))
    return prod(number for number in range(3, FACTOR_LIMIT, 2) if sieve[number])


@lru_cache(4096)
def other_point(curve: str, point: bytes, seed: bytes) -> bytes:
    """A point of the curve that follows from a seed, written as the old one is; empty where that was no point."""
    from cryptography.hazmat.primitives.asymmetric import ec  # dear to import
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if not point or len(seed) < 24:
        return b""
    secret = int.from_bytes(seed[:24], "big") | 1
    key = ec.derive_private_key(secret, getattr(ec, curve)()).public_key()
    style = PublicFormat.UncompressedPoint if point[0] == UNCOMPRESSED else PublicFormat.CompressedPoint
    return key.public_bytes(Encoding.X962, style)
