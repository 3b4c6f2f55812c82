"""Rows in groups, against the same in plain Python."""

from collections import Counter
from itertools import chain

import numpy as np
import pytest

from tlsinspect.findings.groups import SPARSE, Groups, Lists

GROUPS = 5
ROWS = 400


@pytest.fixture
def places() -> np.ndarray:
    return np.flatnonzero(np.random.default_rng(1).random(3 * ROWS) < 0.4)[:ROWS]


@pytest.fixture
def owners(places: np.ndarray) -> np.ndarray:
    return np.concatenate([np.arange(GROUPS), np.random.default_rng(2).integers(GROUPS, size=len(places) - GROUPS)])


@pytest.fixture
def groups(places: np.ndarray, owners: np.ndarray) -> Groups:
    return Groups(places, owners.astype(np.int16), GROUPS)


def test_the_first_rows_of_each_group_come_in_their_order(
    groups: Groups, places: np.ndarray, owners: np.ndarray
) -> None:
    rows, ends = groups.firsts(7)
    expected = [places[owners == owner][:7].tolist() for owner in range(GROUPS)]
    assert rows.tolist() == list(chain.from_iterable(expected))
    assert ends == np.cumsum([len(each) for each in expected]).tolist()


def test_a_span_leaves_out_what_is_missing(groups: Groups, places: np.ndarray, owners: np.ndarray) -> None:
    times = np.random.default_rng(3).integers(-1, 1000, size=3 * ROWS)
    times[places[owners == 2]] = -1
    times[places[owners == 3][5]] = 0
    lowest, highest = groups.span(times)
    known = [[time for time in times[places[owners == owner]].tolist() if time >= 0] for owner in range(GROUPS)]
    assert lowest == [min(each, default=None) for each in known]
    assert highest == [max(each, default=None) for each in known]
    assert lowest[2] is None


@pytest.mark.parametrize("kinds", [3, 40, SPARSE * ROWS + 1])  # of many, rows are sorted rather than counted
@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_codes_are_ranked_by_how_often_they_are_there(
    groups: Groups, places: np.ndarray, owners: np.ndarray, kinds: int, limit: int
) -> None:
    codes = np.random.default_rng(4).integers(kinds, size=3 * ROWS).astype(np.int32)
    codes[::3] = kinds - 1
    counts = [Counter(codes[places[owners == owner]].tolist()) for owner in range(GROUPS)]
    ranked = groups.ranked(codes, kinds, limit)
    assert [each.kinds for each in ranked] == [len(each) for each in counts]
    assert [each.leading for each in ranked] == [
        sorted(each.items(), key=lambda pair: (-pair[1], pair[0]))[:limit] for each in counts
    ]
    lowest = groups.ranked(codes, kinds, limit, frequent_first=False)
    assert [each.leading for each in lowest] == [sorted(each.items())[:limit] for each in counts]


def test_codes_in_lists_are_counted_in_each_row_that_has_the_list(
    groups: Groups, places: np.ndarray, owners: np.ndarray
) -> None:
    kinds = [[0, 2], [], [1, 2, 4], [3]]
    starts = np.cumsum([0, *(len(each) for each in kinds)])
    rows = np.random.default_rng(5).integers(len(kinds), size=3 * ROWS).astype(np.int32)
    rows[places[owners == 1]] = 1
    lists = Lists(rows, starts, np.array(list(chain.from_iterable(kinds))), 5)
    counts = [
        Counter(code for kind in rows[places[owners == owner]].tolist() for code in kinds[kind])
        for owner in range(GROUPS)
    ]
    ranked = groups.ranked_lists(lists, 3)
    assert [each.leading for each in ranked] == [
        sorted(each.items(), key=lambda pair: (-pair[1], pair[0]))[:3] for each in counts
    ]
    assert [each.kinds for each in ranked] == [len(each) for each in counts]
    assert ranked[1] == ([], 0)


def test_lists_of_which_no_number_passes_are_empty(groups: Groups) -> None:
    empty = Lists(np.zeros(3 * ROWS, np.int32), np.array([0, 0]), np.array([], np.int64), 0)
    assert groups.ranked_lists(empty, 3) == [([], 0)] * GROUPS
