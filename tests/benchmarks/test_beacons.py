"""The simulation behind docs/pivots.md tells timers from chance."""

from __future__ import annotations

from pathlib import Path

from beacons import KINDS, share_regular
from numpy.random import default_rng


def test_timers_are_called_regular_and_chance_is_not() -> None:
    chance = default_rng(7)
    shares = {name: share_regular(draw, 15, 100, chance) for name, draw in KINDS.items()}
    assert shares["a timer with 20 % jitter"] == 1
    assert shares["at random (exponential)"] < 0.1
    assert shares["a timer with 40 % jitter"] > 0.4


def test_the_documentation_has_a_row_for_each_kind() -> None:
    text = (Path(__file__).parents[2] / "docs" / "pivots.md").read_text(encoding="utf-8")
    assert all(f"| {name} |" in text for name in KINDS)
