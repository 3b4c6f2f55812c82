"""How seldom randomness has what the rules call a pattern."""

from __future__ import annotations

from functools import cache
from math import perm

import pyarrow as pa
import pytest

from tlsinspect.findings.facts import Facts
from tlsinspect.findings.randoms import FEW, OCTETS, SAME_SESSION_NS, find_repeated
from tlsinspect.tables import arrow_schema

SESSION = {"server_random": "aa" * 32, "client_random": "bb" * 32, "time_start": 10**18, "time_end": 10**18 + 5}
LATER = SESSION["time_end"] + SAME_SESSION_NS  # type: ignore[operator]


@cache
def partitions(things: int, groups: int) -> int:
    """In how many ways things fall into so many groups: Stirling numbers of the second kind."""
    if groups in (0, things):
        return int(groups == things)
    return groups * partitions(things - 1, groups) + partitions(things - 1, groups - 1)


def test_few_different_octets_come_by_chance_less_than_once_in_10_to_the_15() -> None:
    ways = sum(partitions(OCTETS, kinds) * perm(256, kinds) for kinds in range(1, FEW + 1))
    assert ways * 10**15 < 256**OCTETS


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({}, False),
        ({"time_start": LATER, "time_end": LATER}, False),
        ({"time_start": LATER + 1, "time_end": LATER + 2}, True),
        ({"client_random": "cc" * 32}, True),
        ({"client_random": None}, True),
        ({"server_random": "cc" * 32}, False),
    ],
)
def test_a_session_recorded_on_both_sides_of_a_nat_does_not_repeat_its_randoms(
    other: dict[str, object], found: bool
) -> None:
    rows = [SESSION | {"connection_id": "inside"}, SESSION | {"connection_id": "outside"} | other]
    facts = Facts(pa.Table.from_pylist(rows, arrow_schema("connections")), arrow_schema("certificates").empty_table())
    assert find_repeated("server_random", "client_random", facts).tolist() == [found, found]
