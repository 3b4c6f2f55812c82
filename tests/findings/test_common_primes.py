"""Numbers with a prime in common are found among many, exactly as comparing each with each finds them."""

from __future__ import annotations

import math
from collections import Counter
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tlsinspect.findings.common_primes as arithmetic
from tlsinspect.findings import RULES, Facts, build_findings
from tlsinspect.findings.common_primes import (
    CHECK,
    FEW,
    LANE,
    divide,
    lanes_of,
    length_of,
    multiply,
    nearest,
    number_of,
    rows_of,
    shared_factors,
    spectra,
)  # fmt: skip
from tlsinspect.tables import arrow_schema
from tlsinspect.wire.limits import Limits

from .test_rules import CERTIFICATE, CLEAN, pem_with

PRIME = 2**521 - 1
KEY_RULES = [rule for rule in RULES if rule.id in ("CRT-14", "KEX-02", "CAP-07", "CAP-08")]


def each_with_each(numbers: list[int]) -> set[int]:
    """What is looked for, as its definition says."""
    return {one for one in numbers if any(one != other and math.gcd(one, other) > 1 for other in numbers)}


def coprime(count: int, bits: int, random: Random) -> list[int]:
    """Numbers of a size of which no two have a prime in common."""
    made: list[int] = []
    product = PRIME
    while len(made) < count:
        number = random.getrandbits(bits) | 1 << bits - 1
        while math.gcd(number, product) > 1:
            number += 1
        made.append(number)
        product *= number
    return made


@settings(max_examples=20)
@given(st.lists(st.integers(2, 1 << 90), max_size=2 * FEW), st.lists(st.integers(1 << 4000, 1 << 9000), max_size=9))
def test_numbers_of_any_size_are_compared_as_pairs_are(short: list[int], long: list[int]) -> None:
    assert shared_factors([*short, *long]) == each_with_each([*short, *long])


@pytest.mark.parametrize("count", [2, FEW, FEW + 1, 70])
def test_one_prime_in_common_is_found_wherever_the_two_numbers_are(count: int) -> None:
    random = Random(count)
    numbers = coprime(count, 1024, random)
    assert shared_factors(numbers) == set()
    for one, other in ((0, count - 1), (0, 1), tuple(random.sample(range(count), 2))):
        shared = list(numbers)
        shared[one] *= PRIME
        shared[other] *= PRIME
        assert shared_factors([*shared, shared[0]]) == {shared[one], shared[other]}


def test_what_there_is_no_room_for_at_once_is_compared_by_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arithmetic, "ROOM_BITS", 8192)
    numbers = coprime(40, 500, Random(1))
    numbers[0] *= PRIME
    numbers[39] *= PRIME
    assert shared_factors(numbers) == {numbers[0], numbers[39]}


@pytest.mark.parametrize("digits", ["f" * 15_000, "1" + "0" * 15_000, "800" * 5000, "7ff800" * 3000])
def test_products_are_exact_for_the_digits_that_carry_and_err_most(digits: str) -> None:
    value = int(digits, 16)
    assert multiply(value, value) == value * value
    assert multiply(value, value - 1) == value * (value - 1)
    quotient = divide(value // 3, value, 70_000)
    assert abs(quotient - (value // 3 << 70_000) // value) < 1 << 16


def test_rows_keep_their_numbers_apart() -> None:
    numbers = [0, 1, LANE, (1 << 240) - 1]
    size = length_of(20)
    made = lanes_of(spectra(rows_of(numbers, 10), size) * spectra(rows_of([(1 << 240) - 1], 10), size), size)
    assert [number_of(row) for row in made] == [number * ((1 << 240) - 1) for number in numbers]


def test_a_mistake_of_the_arithmetic_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = coprime(FEW + 8, 512, Random(2))
    with pytest.raises(ArithmeticError, match="no remainder"):
        nearest(3 << 198, 200)
    exact = arithmetic.lanes_of

    def wrong(transformed: np.ndarray, size: int) -> np.ndarray:  # type: ignore[type-arg]
        rows = exact(transformed, size)
        rows[0, 200] ^= 1
        return rows

    monkeypatch.setattr(arithmetic, "lanes_of", wrong)
    with pytest.raises(ArithmeticError):
        shared_factors(numbers)


def facts_of(moduli: list[int], primes: list[str], limits: Limits) -> Facts:
    """A connection for each modulus and prime."""
    rows = [CLEAN | {"certificate_sha256s": [f"{place}"]} for place in range(len(moduli))]
    rows += [CLEAN | {"certificate_sha256s": None, "dh_prime": prime} for prime in primes]
    certificates = [
        CERTIFICATE | {"sha256": f"{place}", "pem": pem_with(modulus)} for place, modulus in enumerate(moduli)
    ]
    return Facts(
        pa.Table.from_pylist(rows, arrow_schema("connections")),
        pa.Table.from_pylist(certificates, arrow_schema("certificates")),
        limits=limits,
    )


def counts_of(facts: Facts) -> Counter[str]:
    """How many connections each of the rules is about."""
    found: Counter[str] = Counter()
    for row in build_findings(facts, KEY_RULES).to_pylist():
        found[row["id"]] += row["connections"]
    return found


@pytest.mark.parametrize(
    ("octets", "found"), [(386, {"CRT-14": 2}), (385, {"CAP-07": 1}), (128, {"CAP-07": 2}), (1, {"CAP-07": 3})]
)
def test_moduli_beyond_the_limit_are_not_compared_and_counted(octets: int, found: dict[str, int]) -> None:
    one, other = coprime(2, 503, Random(3))
    facts = facts_of([one * PRIME, CHECK**17, other * PRIME], [], Limits(moduli_octets=octets))
    assert counts_of(facts) == found


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        (Limits(), {"KEX-02": 1}),
        (Limits(tested_primes=1), {"CAP-08": 1}),
        (Limits(prime_bits=64), {"KEX-02": 1, "CAP-08": 1}),
    ],
)
def test_primes_beyond_the_limits_are_not_tested_and_counted(limits: Limits, found: dict[str, int]) -> None:
    facts = facts_of([], [f"{2**127 - 1:x}", "ffffffff"], limits)
    assert counts_of(facts) == found


def test_a_modulus_beyond_the_bits_that_are_computed_with_is_said_not_to_be_compared() -> None:
    facts = facts_of([PRIME, 3 * PRIME], [], Limits(key_bits=521))
    assert [row["id"] for row in build_findings(facts, KEY_RULES).to_pylist()] == ["CAP-07"]


def test_no_limit_is_said_to_keep_a_key_from_being_compared_that_cannot_be_read() -> None:
    facts = facts_of([1, 3 * PRIME], [], Limits())
    unread = facts.certificates.set_column(
        facts.certificates.column_names.index("key_bits"), "key_bits", pa.array([None, 523], pa.int64())
    )
    facts = Facts(facts.connections, unread, limits=Limits())
    assert not counts_of(facts)


def test_a_product_or_a_sum_that_is_off_is_an_error() -> None:
    arithmetic.check(15, 8, [3, 5])
    for product, total in ((16, 8), (15, 9)):
        with pytest.raises(ArithmeticError, match="product"):
            arithmetic.check(product, total, [3, 5])
