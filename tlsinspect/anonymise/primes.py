"""Diffie-Hellman primes: those that standards name stay, one of somebody's own becomes a number of its size."""

from __future__ import annotations

from ..findings.known_primes import is_known
from .pseudonyms import Pseudonyms
from .public_keys import scrub_modulus


def other_prime(prime: bytes, own: Pseudonyms) -> bytes:
    """The prime that is shown for one that was seen; no prime any more, unless a standard names it."""
    return prime if is_known(int.from_bytes(prime, "big")) else scrub_modulus(prime, own)
