"""A share before and after, tested by clients: connections of one client are not independent of each other.

The test is a permutation test of clients. If nothing happened but chance, what a client did before and after could as
well be the other way round; so each client's two sides are swapped or not, at random, SHUFFLES times, and the
difference of the two shares is computed anew. The p-value is how often it comes out as large as it was. Of clients that
are seen only once as many are before and after as there were, only others: between captures that swapping had made
alike in size a difference is smaller than between those of unlike size. A client with a thousand connections is one
client. With k clients that are seen twice no p-value is below 1 in 2^(k-1), so that few clients prove nothing.
Spec: Edgington and Onghena, Randomization Tests, 2007.

The interval is of the variance of the clients' influence on the difference (linearised ratio estimator: Cochran,
Sampling Techniques, 1977, section 11.8), times 1.96; not given for fewer than LEAST_CLIENTS.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SHUFFLES = 4999
SEED = 20260301  # of the shuffles, so that the same captures give the same p-values
SHUFFLES_AT_ONCE = 200
SWAPS_AT_ONCE = 4_000_000  # of clients in all shuffles that are held at once: many clients take fewer shuffles
SWAPS_KEPT = 1_000_000_000  # of clients in all shuffles, a bit each, that are kept for the next question
LEAST_CLIENTS = 8
"""Clients below which a difference has neither a p-value nor an interval."""

Numbers = NDArray[np.float64]


class Difference(NamedTuple):
    """Shares after less before, of each category: with p-values and 95 % intervals, nan where there are none."""

    difference: Numbers
    low: Numbers
    high: Numbers
    p: Numbers


def measure_difference(before: Numbers, after: Numbers, drawn: Drawn | None = None) -> Difference:
    """Test all categories of one question; `before` and `after` count by client (rows) and category (columns).

    `drawn` has what was drawn for the question before it.
    """
    difference = shares(after.sum(axis=0)) - shares(before.sum(axis=0))
    clients, categories = before.shape
    if clients < LEAST_CLIENTS:
        nothing = np.full(categories, np.nan)
        return Difference(difference, nothing, nothing, nothing)
    margin = 1.96 * standard_error(before, after)
    low, high = (np.clip(difference + sign * margin, -1, 1) for sign in (-1, 1))  # no share moves by more than a whole
    return Difference(difference, low, high, permute(before, after, difference, drawn or Drawn()))


def shares(counts: Numbers) -> Numbers:
    """Counts by category, in the last axis, as shares; nan of nothing."""
    total = counts.sum(axis=-1, keepdims=True)
    parts: Numbers = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
    return parts


def standard_error(before: Numbers, after: Numbers) -> Numbers:
    """The standard error of each difference, from how much each client adds to it."""
    influence = sum(
        sign * (counts - counts.sum(axis=1, keepdims=True) * shares(counts.sum(axis=0))) / counts.sum()
        for sign, counts in ((1, after), (-1, before))
    )
    clients = len(before)
    error: Numbers = np.sqrt(clients / (clients - 1) * np.square(influence).sum(axis=0))
    return error


class Arrangements:
    """Who is swapped, at random: any of the clients of both sides, and of the others as many from each side."""

    def __init__(self, before: Numbers, after: Numbers) -> None:
        self.clients = len(before)
        self.once = np.flatnonzero((before.sum(axis=1) == 0) | (after.sum(axis=1) == 0))
        self.home = after[self.once].sum(axis=1) > 0
        self.coins, self.places = (np.random.default_rng((SEED, number)) for number in range(2))

    def swaps(self, count: int) -> Numbers:
        """The next arrangements (rows): 1 for each client (columns) that is swapped, 0 for the others."""
        swaps = self.coins.integers(0, 2, (count, self.clients)).astype(np.float64)
        drawn = self.places.permuted(np.tile(self.home, (count, 1)), axis=1)
        swaps[:, self.once] = drawn != self.home
        return swaps

    def all_swaps(self) -> Iterator[Numbers]:
        """Those of all shuffles, some at a time."""
        at_once = min(SHUFFLES_AT_ONCE, max(SWAPS_AT_ONCE // self.clients, 1))
        for done in range(0, SHUFFLES, at_once):
            yield self.swaps(min(at_once, SHUFFLES - done))


class Drawn:
    """What was drawn for one question, a bit for each client: it is the same for all about the same clients.

    Most questions are, and drawing takes longer than all else; of too many clients nothing is kept.
    """

    def __init__(self) -> None:
        self.of: tuple[int, bytes, bytes] | None = None
        self.packed: list[NDArray[np.uint8]] = []

    def all_swaps(self, before: Numbers, after: Numbers) -> Iterator[Numbers]:
        """The arrangements of all shuffles, some at a time."""
        fresh = Arrangements(before, after)
        asked = fresh.clients, fresh.once.tobytes(), fresh.home.tobytes()
        if asked == self.of:
            for packed in self.packed:
                yield np.unpackbits(packed, axis=1, count=fresh.clients).astype(np.float64)
            return
        self.of, self.packed = None, []
        is_kept = SHUFFLES * fresh.clients <= SWAPS_KEPT
        for swaps in fresh.all_swaps():
            if is_kept:
                self.packed.append(np.packbits(swaps.astype(np.bool_), axis=1))
            yield swaps
        self.of = asked if is_kept else None


def permute(before: Numbers, after: Numbers, difference: Numbers, drawn: Drawn) -> Numbers:
    """How often swapping clients gives a difference as large; the observed arrangement counts as one of them."""
    moved, total = after - before, before.sum(axis=0) + after.sum(axis=0)
    as_large = np.ones(len(difference))
    for swaps in drawn.all_swaps(before, after):
        first = before.sum(axis=0) + swaps @ moved
        changed = shares(total - first) - shares(first)
        as_large += (np.nan_to_num(np.abs(changed), nan=np.inf) >= np.abs(difference) - 1e-12).sum(axis=0)
    return as_large / (SHUFFLES + 1)


def holm(p: Numbers) -> Numbers:
    """p-values adjusted for their number (Holm, Scandinavian Journal of Statistics 6, 1979); nan stays nan."""
    adjusted = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    highest = 0.0
    for rank, place in enumerate(known[np.argsort(p[known], kind="stable")]):
        highest = max(highest, min(1.0, float(p[place]) * (len(known) - rank)))
        adjusted[place] = highest
    return adjusted
