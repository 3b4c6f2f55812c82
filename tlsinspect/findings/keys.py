"""Rules about keys that are weak by how they were made, or used where they should not be used again.

The arithmetic asks each distinct number once, and no more than the limits say: what they leave out is a finding.
"""

from __future__ import annotations

import math
from binascii import a2b_base64
from collections.abc import Callable
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..certificates.der import (
    INTEGER,
    SEQUENCE,
    Element,
    parse_bit_string,
    parse_element,
    parse_elements,
    parse_integer,
)
from ..certificates.object_identifiers import RSA_KEYS
from ..errors import DecodeError
from ..statistics.rows import Mask, mask_of
from .common_primes import shared_factors
from .facts import Facts, several, whole
from .known_primes import is_known
from .rule import Rule

LARGE_MODULUS_BITS = 8192
LARGE_EXPONENT = str(2**256)  # beyond what FIPS 186-5 allows
WITNESSES = (2, 3, 5, 7)
SMALL_PRIMES = tuple(
    number for number in range(3, 168) if all(number % divisor for divisor in range(2, math.isqrt(number) + 1))
)
ROCA_GENERATOR = 65537
ROCA_PRODUCT = math.prod(SMALL_PRIMES)
PEM_START, PEM_END = "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n"
NAMES = ("subject", "issuer")


def modulus_of(pem: str, most_bits: int) -> int | None:
    """The RSA modulus of a certificate; None where it has none that can be read, or a longer one.

    Spec: RFC 8017 A.1.1.
    """
    try:
        info = key_info(pem)
        bits, _ = parse_bit_string(parse_elements(info.expect(SEQUENCE), 2, 2)[1])
        modulus = parse_integer(parse_elements(parse_element(bits, 0, len(bits)).expect(SEQUENCE), 2, 2)[0])
    except (DecodeError, IndexError):
        return None
    return modulus if modulus > 1 and modulus.bit_length() <= most_bits else None


def is_rsa(certificates: pa.Table) -> pa.Array:
    """Certificates with an RSA key, whatever it may be used for."""
    return pc.is_in(certificates["key_type"].combine_chunks(), value_set=pa.array(RSA_KEYS, pa.string()))


def is_large_exponent(certificates: pa.Table) -> pa.Array:
    """RSA exponents beyond 2^256; numbers of as many digits are in the order of their texts."""
    text = certificates["exponent"].combine_chunks()
    digits, most = pc.utf8_length(text), len(LARGE_EXPONENT)
    return pc.or_(pc.greater(digits, most), pc.and_(pc.equal(digits, most), pc.greater(text, LARGE_EXPONENT)))


def moduli_of(facts: Facts) -> list[int | None]:
    """The modulus of each row of the certificates table that has an RSA key."""

    def make() -> list[int | None]:
        kinds = facts.certificates["key_type"].to_pylist()
        return [
            modulus_of(pem, facts.limits.key_bits) if kind in RSA_KEYS and pem else None
            for kind, pem in zip(kinds, facts.certificates["pem"].to_pylist(), strict=True)
        ]

    made: list[int | None] = facts.once("moduli", make)
    return made


def key_info(pem: str) -> Element:
    """The SubjectPublicKeyInfo of a certificate; raises DecodeError, or IndexError. Spec: RFC 5280 section 4.1."""
    der = a2b_base64(pem[len(PEM_START) : -len(PEM_END)])
    signed = parse_elements(parse_element(der, 0, len(der)).expect(SEQUENCE), 3, 3)[0]
    parts = parse_elements(signed.expect(SEQUENCE), 6, 10)
    return parts[5 if parts[0].tag == INTEGER else 6]


def leaves_among(facts: Facts, bad: frozenset[int]) -> Mask:
    """Rows whose server's own certificate has one of the moduli."""
    return facts.certificate(lambda _: pa.array([modulus in bad for modulus in moduli_of(facts)], pa.bool_()))


def compared_moduli(facts: Facts) -> list[int]:
    """The distinct RSA moduli, in order of appearance, as far as the limit goes."""

    def make() -> list[int]:
        moduli = list(dict.fromkeys(number for number in moduli_of(facts) if number is not None))
        octets = np.cumsum([(number.bit_length() + 7) // 8 for number in moduli])
        return moduli[: int(np.searchsorted(octets, facts.limits.moduli_octets, side="right"))]

    made: list[int] = facts.once("compared moduli", make)
    return made


def find_shared_factors(facts: Facts) -> Mask:
    """Certificates whose RSA moduli have a factor in common."""
    return leaves_among(facts, shared_factors(compared_moduli(facts)))


def find_not_compared(facts: Facts) -> Mask:
    """Connections in which a server's certificate has an RSA modulus that can be read, and was not compared."""
    compared = set(compared_moduli(facts))
    kinds = facts.certificates["key_type"].to_pylist()
    left = [kind in RSA_KEYS and number not in compared for kind, number in zip(kinds, moduli_of(facts), strict=True)]
    known = pc.and_(facts.certificates["pem"].is_valid(), facts.certificates["key_bits"].is_valid()).to_pylist()
    return facts.chain(lambda _: pa.array([a and b for a, b in zip(left, known, strict=True)], pa.bool_()))


@cache
def roca_residues() -> tuple[tuple[int, frozenset[int]], ...]:
    """For each small prime, the powers of 65537: the only residues of moduli that the faulty library made."""
    return tuple((prime, frozenset(powers_of(ROCA_GENERATOR, prime))) for prime in SMALL_PRIMES)


def powers_of(generator: int, prime: int) -> list[int]:
    """All powers of a number modulo a prime."""
    powers, power = [1], generator % prime
    while power != 1:
        powers.append(power)
        power = power * generator % prime
    return powers


def is_roca(modulus: int) -> bool:
    """Whether a modulus has the fingerprint of CVE-2017-15361; about one of 2^27 others has it too."""
    rest = modulus % ROCA_PRODUCT
    return all(rest % prime in residues for prime, residues in roca_residues())


def find_roca(facts: Facts) -> Mask:
    """Certificates whose modulus has the fingerprint of ROCA."""
    return leaves_among(facts, frozenset(modulus for modulus in moduli_of(facts) if modulus and is_roca(modulus)))


def is_prime(number: int) -> bool:
    """Miller and Rabin's test; a number made to pass these bases is not what is looked for."""
    if number < 2 or number % 2 == 0:
        return number == 2
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(passes(number, base, odd, twos) for base in WITNESSES if base < number)


def passes(number: int, base: int, odd: int, twos: int) -> bool:
    """One round of the test."""
    power = pow(base, odd, number)
    if power in (1, number - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False


def find_primes(test: Callable[[int], bool]) -> Callable[[Facts], Mask]:
    """Rows whose Diffie-Hellman prime passes a test."""

    def find(facts: Facts) -> Mask:
        return facts.among("dh_prime", *(text for text in primes_of(facts)[0] if test(int(text, 16))))

    return find


def primes_of(facts: Facts) -> tuple[list[str], list[str]]:
    """The distinct Diffie-Hellman primes, in order of appearance: those that are tested, and those that are not."""

    def make() -> tuple[list[str], list[str]]:
        texts = [text for text in pc.unique(facts.column("dh_prime")).drop_null().to_pylist() if text]
        tested = [text for text in texts if len(text) * 4 <= facts.limits.prime_bits][: facts.limits.tested_primes]
        return tested, [text for text in texts if text not in set(tested)]

    made: tuple[list[str], list[str]] = facts.once("primes", make)
    return made


@cache
def is_safe(number: int) -> bool:
    """Whether a number is a prime that is twice another prime and one; primes of standards are not tested.

    If half of it is prime, one power says whether it is (Pocklington's criterion, with 2, of which the square less one
    is 3).
    """
    if is_known(number):
        return True
    return number % 4 == 3 and number % 3 != 0 and is_prime(number // 2) and pow(2, number - 1, number) == 1


@cache
def is_checked_prime(number: int) -> bool:
    """Whether a number is prime; safe ones, as most are, are tested as those, which takes less."""
    return is_safe(number) or is_prime(number)


def find_shared_key(facts: Facts) -> Mask:
    """Certificates whose key stands in another one with another subject."""
    often = several(whole(facts.certificates, "spki_sha256"), whole(facts.certificates, "subject"))
    return facts.certificate(lambda rows: pc.is_in(rows["spki_sha256"], value_set=often).combine_chunks())


def find_weaker_exchange(facts: Facts) -> Mask:
    """Finite-field exchanges that are weaker than the certificate's RSA key; NIST SP 800-57 rates both alike."""
    bits = facts.number("dh_prime_bits")
    places = facts.once(
        "leaf places",
        lambda: pc.fill_null(
            pc.index_in(facts.leaf("certificate_sha256s"), value_set=facts.certificates["sha256"].combine_chunks()), -1
        ).to_numpy(),
    )
    rsa = mask_of(is_rsa(facts.certificates))
    sizes = pc.fill_null(facts.certificates["key_bits"].combine_chunks(), 0).to_numpy()
    keys = np.append(np.where(rsa, sizes, 0), 0)[places]
    return np.asarray((bits > 0) & (bits < keys), np.bool_)


RULES = (
    Rule(
        "KEX-02", "Diffie-Hellman number that is no prime", "critical", find_primes(lambda p: not is_checked_prime(p)),
        ("cipher_suite_name", "dh_prime_bits"), "Replace the parameters: the exchange can be broken.",
        ("RFC 7919 section 1",), packet="server_key_exchange_packet",
    ),
    Rule(
        "KEX-02-UNSAFE", "Diffie-Hellman prime that is not a safe prime", "low",
        find_primes(lambda p: is_checked_prime(p) and not is_safe(p)),
        ("cipher_suite_name", "dh_prime_bits"),
        "Use ECDHE, or a group of RFC 7919.", ("RFC 7919 section 1",), packet="server_key_exchange_packet",
    ),
    Rule(
        "KEX-03", "Diffie-Hellman prime smaller than the certificate's RSA key", "low", find_weaker_exchange,
        ("cipher_suite_name", "dh_prime_bits"), "Use ECDHE, or a prime as large as the key.",
        ("NIST SP 800-57 part 1",), packet="server_key_exchange_packet",
    ),
    Rule(
        "KEX-05", "The server's public value in several key exchanges", "medium",
        lambda facts: facts.shared("server_key_share_id", "server_random"),
        ("group_name", "server_key_share_id"), "Let the server make a new key for each connection.",
        ("RFC 9325 section 7.4", "CVE-2020-1968"), packet="server_key_exchange_packet",
    ),
    Rule(
        "KEX-05-CLIENT", "The client's public value in several key exchanges", "low",
        lambda facts: facts.shared("client_key_share_id", "client_random"),
        ("client_key_share_id", "ja4"), "Let the client make a new key share for each connection.",
        ("RFC 9325 section 7.4",), "client", "client_hello_packet",
    ),
    Rule(
        "SIG-03", "The same secret number in several signatures", "critical",
        lambda facts: facts.shared("server_nonce_id", "server_random"),
        ("server_nonce_id", "server_signature_algorithm_name"),
        "Replace the key, which can be computed from two such signatures, and the random number generator.",
        ("RFC 6979 section 1",), packet="server_key_exchange_packet",
    ),
    Rule(
        "CRT-12", "RSA key with the fingerprint of ROCA", "high", find_roca, NAMES,
        "Replace the key: it was made by a faulty library and can be factored.", ("CVE-2017-15361",),
        "certificate", "certificate_packet",
    ),
    Rule(
        "CRT-14", "RSA keys with a prime in common", "critical", find_shared_factors, NAMES,
        "Replace the keys: whoever has two of them has both private keys.", ("NIST FIPS 186-5",),
        "certificate", "certificate_packet",
    ),
    Rule(
        "CAP-07", "RSA keys that were not compared with all others", "info", find_not_compared, ("subject", "issuer"),
        "Raise `--limit moduli_octets`, or `key_bits` for huge ones: a prime in common with these would go unseen.",
        ("docs/limits.md",), "capture", "certificate_packet",
    ),
    Rule(
        "CAP-08", "Diffie-Hellman primes that were not tested", "info",
        lambda facts: facts.among("dh_prime", *primes_of(facts)[1]), ("dh_prime_bits",),
        "Raise `--limit tested_primes`, or `prime_bits` for huge ones: whether these are primes is not known.",
        ("docs/limits.md",), "capture", packet="server_key_exchange_packet",
    ),
    Rule(
        "CRT-15", "One key in certificates of several subjects", "low", find_shared_key, NAMES,
        "Give each of them a key of its own, unless they are one and the same.", ("RFC 9325 section 3.9",),
        "certificate", "certificate_packet",
    ),
    Rule(
        "CRT-09-HUGE", "RSA key of more than 8,192 bits", "low",
        lambda facts: facts.certificate(
            lambda table: pc.and_kleene(
                is_rsa(table), pc.greater(table["key_bits"], LARGE_MODULUS_BITS).combine_chunks()
            )
        ),
        NAMES, "Use 2048 to 4096 bits: every client pays for the rest.", ("NIST SP 800-57 part 1",),
        "certificate", "certificate_packet",
    ),
    Rule(
        "CRT-11-HUGE", "RSA exponent beyond 2^256", "low",
        lambda facts: facts.certificate(is_large_exponent),
        NAMES, "Use 65537: programs that check exponents refuse such a key.", ("NIST FIPS 186-5",),
        "certificate", "certificate_packet",
    ),
)  # fmt: skip
