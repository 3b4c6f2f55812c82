"""Diffie-Hellman primes that standards name: they are made of digits of pi or e, and need no test.

Spec: RFC 2409 section 6.2 and RFC 3526 (pi), RFC 7919 appendix A (e). All are safe primes.
"""

from __future__ import annotations

from functools import cache

GUARD_BITS = 64
OFFSETS_PI = {1024: 129093, 1536: 741804, 2048: 124476, 3072: 1690314, 4096: 240904, 6144: 929484, 8192: 4743158}
OFFSETS_E = {2048: 560316, 3072: 2625351, 4096: 5736041, 6144: 15705020, 8192: 10965728}


def is_known(number: int) -> bool:
    """Whether a number is one of these primes."""
    return number in known_primes(number.bit_length())


@cache
def known_primes(bits: int) -> frozenset[int]:
    """Those of a size."""
    pairs = ((OFFSETS_PI, pi_bits), (OFFSETS_E, e_bits))
    return frozenset(
        (1 << bits) - (1 << (bits - 64)) - 1 + ((digits(bits - 130) + offsets[bits]) << 64)
        for offsets, digits in pairs
        if bits in offsets
    )


def pi_bits(bits: int) -> int:
    """The whole part of pi times 2^bits, by Machin's formula."""
    unit = 1 << (bits + GUARD_BITS)
    return (4 * (4 * arctangent(5, unit) - arctangent(239, unit))) >> GUARD_BITS


def arctangent(inverse: int, unit: int) -> int:
    """The arc tangent of 1/inverse, times unit."""
    power, total, divisor, sign = unit // inverse, 0, 1, 1
    while power:
        total += sign * (power // divisor)
        power //= inverse * inverse
        divisor, sign = divisor + 2, -sign
    return total


def e_bits(bits: int) -> int:
    """The whole part of e times 2^bits, by its series."""
    term = total = 1 << (bits + GUARD_BITS)
    place = 0
    while term:
        place += 1
        term //= place
        total += term
    return total >> GUARD_BITS
