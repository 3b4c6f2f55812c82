"""The interval of a share."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsinspect.statistics import wilson_interval
from tlsinspect.statistics.interval import share_columns


@pytest.mark.parametrize(
    ("count", "denominator", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_agrees_with_published_values(count: int, denominator: int, low: float, high: float) -> None:
    # R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3
    assert wilson_interval(count, denominator) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(1, 10**9), st.data())
def test_wilson_interval_lies_around_the_share_and_within_bounds(denominator: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, denominator))
    low, high = wilson_interval(count, denominator)
    assert 0 <= low <= count / denominator <= high <= 1
    assert low < high


@given(st.integers(1, 1000), st.data())
def test_wilson_interval_of_the_others_is_its_mirror_image(denominator: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, denominator))
    low, high = wilson_interval(count, denominator)
    assert wilson_interval(denominator - count, denominator) == (pytest.approx(1 - high), pytest.approx(1 - low))


def test_wilson_interval_of_nothing_is_not_a_number() -> None:
    assert all(math.isnan(bound) for bound in wilson_interval(0, 0))


@pytest.mark.parametrize("count", [-1, 6])
def test_wilson_interval_refuses_a_count_outside_its_denominator(count: int) -> None:
    with pytest.raises(ValueError, match="in 5"):
        wilson_interval(count, 5)


def test_share_columns_leave_a_share_of_nothing_unknown() -> None:
    assert share_columns([0], [0]) == {"share": [None], "low": [None], "high": [None]}


def test_share_columns_without_interval_still_have_shares() -> None:
    assert share_columns([1], [4], interval=False) == {"share": [0.25], "low": [None], "high": [None]}
