"""Rows in groups, and what the columns hold in each, most frequent first: all groups at once, in numpy.

Goes in: places of rows, to which group each belongs, columns as codes. Comes out: a list with an entry per group.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
SPARSE = 8  # possible pairs of a group and a code, per row: with more of them, rows are sorted rather than counted


class Ranked(NamedTuple):
    """The leading codes of a group, each with how often it is there, and how many different ones there are."""

    leading: list[tuple[int, int]]
    kinds: int


class Lists(NamedTuple):
    """Lists of codes by row: the distinct list that each row has, and all codes of list n as
    `codes[starts[n] : starts[n + 1]]`, each once; there are no codes from `kinds` on."""

    places: Numbers
    starts: Numbers
    codes: Numbers
    kinds: int


class Groups:
    """Places of rows in `count` groups, none of them empty; within a group they ascend, as `places` do."""

    def __init__(self, places: NDArray[np.intp], groups: NDArray[np.int16], count: int) -> None:
        order = np.argsort(groups, kind="stable")
        self.rows = places[order]
        self.owners = groups[order].astype(np.int64)
        self.count = count
        self.sizes = np.bincount(groups, minlength=count)
        self.ends = np.cumsum(self.sizes)
        self.begins = self.ends - self.sizes

    def firsts(self, limit: int) -> tuple[NDArray[np.intp], list[int]]:
        """The first rows of each group, so many at most, one group after the other, and where each group's end."""
        within = np.arange(len(self.rows)) - self.begins[self.owners] < limit
        return self.rows[within], np.cumsum(np.minimum(self.sizes, limit)).tolist()

    def span(self, times: Numbers) -> tuple[list[int | None], list[int | None]]:
        """The lowest and the highest of each group's numbers, those below zero left out, which are missing."""
        own = times[self.rows]
        highest = np.maximum.reduceat(own, self.begins)
        lowest = np.minimum.reduceat(np.where(own < 0, np.iinfo(np.int64).max, own), self.begins)
        known = (highest >= 0).tolist()
        return only(known, lowest), only(known, highest)

    def ranked(self, codes: NDArray[Any], kinds: int, limit: int, frequent_first: bool = True) -> list[Ranked]:
        """The codes, of `kinds`, that the rows have in each group, the most frequent or the lowest first."""
        owners, found, counts = pairs_of(self.owners, codes[self.rows].astype(np.int64), self.count, kinds)
        return self.cut(owners, found, counts, by_count(owners, counts) if frequent_first else slice(None), limit)

    def ranked_lists(self, lists: Lists, limit: int) -> list[Ranked]:
        """The codes in the lists that the rows have, and in how many rows of each group they stand, the most frequent
        first."""
        own = lists.places[self.rows].astype(np.int64)
        owners, kinds, times = pairs_of(self.owners, own, self.count, len(lists.starts) - 1)
        lengths = np.diff(lists.starts)[kinds]
        ends = np.cumsum(lengths)
        places = np.arange(ends[-1]) + np.repeat(lists.starts[kinds] - (ends - lengths), lengths)
        keys = np.repeat(owners, lengths) * lists.kinds + lists.codes[places]
        counts = np.bincount(keys, np.repeat(times, lengths), self.count * lists.kinds).astype(np.int64)
        found = np.flatnonzero(counts)
        owners, counts = found // lists.kinds, counts[found]
        return self.cut(owners, found % lists.kinds, counts, by_count(owners, counts), limit)

    def cut(
        self, owners: Numbers, codes: Numbers, counts: Numbers, order: NDArray[np.intp] | slice, limit: int
    ) -> list[Ranked]:
        """The first so many of each group, from pairs of a group and a code that ascend by group, in an order too."""
        kinds = np.bincount(owners, minlength=self.count)
        within = np.arange(len(owners)) - (np.cumsum(kinds) - kinds)[owners] < limit
        leading = iter(zip(codes[order][within].tolist(), counts[order][within].tolist(), strict=True))
        return [
            Ranked([next(leading) for _ in range(number)], many)
            for number, many in zip(np.minimum(kinds, limit).tolist(), kinds.tolist(), strict=True)
        ]


def by_count(owners: Numbers, counts: Numbers) -> NDArray[np.intp]:
    """The order by group in which the most frequent come first; what is as frequent stays in its order."""
    return np.lexsort((-counts, owners))


def pairs_of(owners: Numbers, codes: Numbers, count: int, kinds: int) -> tuple[Numbers, Numbers, Numbers]:
    """The distinct pairs of a group and a code, in ascending order, and how often each is there."""
    keys = owners * kinds + codes
    if count * kinds <= SPARSE * len(keys):
        counts = np.bincount(keys)
        found = np.flatnonzero(counts)
        counts = counts[found]
    else:
        found, counts = np.unique(keys, return_counts=True)
    return found // kinds, found % kinds, counts


def only(known: list[bool], numbers: Numbers) -> list[int | None]:
    """Numbers that are known, and None for the others."""
    return [number if there else None for there, number in zip(known, numbers.tolist(), strict=True)]
