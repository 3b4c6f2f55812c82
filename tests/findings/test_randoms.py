"""How seldom randomness has what the rules call a pattern."""

from __future__ import annotations

from functools import cache
from math import perm

from tlsinspect.findings.randoms import FEW, OCTETS


@cache
def partitions(things: int, groups: int) -> int:
    """In how many ways things fall into so many groups: Stirling numbers of the second kind."""
    if groups in (0, things):
        return int(groups == things)
    return groups * partitions(things - 1, groups) + partitions(things - 1, groups - 1)


def test_few_different_octets_come_by_chance_less_than_once_in_10_to_the_15() -> None:
    ways = sum(partitions(OCTETS, kinds) * perm(256, kinds) for kinds in range(1, FEW + 1))
    assert ways * 10**15 < 256**OCTETS
