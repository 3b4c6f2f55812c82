"""Counts: one series in one period, from the pairs of each kind of key.

In: Pairs of one period, and the categories of their patterns. Out: by category the connections, the octets
and the distinct keys, and what the interval of a share needs to know of how unlike the hosts are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..looks.encode import NO_KEY
from ..statistics.interval import clustered_size
from .pairs import Pairs
from .patterns import EXCLUDED, KNOWN, UNKNOWN, Categories

Counts = NDArray[np.int64]
MOST_CELLS = 4_000_000  # of a table of keys and categories that is held whole
LEAST_HOSTS = 8
"""Hosts below which a share has no interval: so few say nothing of others."""


@dataclass(frozen=True)
class Keyed:
    """The pairs of one period and one kind of key, with the keys numbered; `named` says which are known."""

    pairs: Pairs
    index: NDArray[np.int64]
    named: NDArray[np.bool_]


@dataclass(frozen=True)
class Count:
    """One series in one period in one unit: counts by category code, and what is not among them.

    `sizes` is, by category, how many independent connections its share is worth, and last what the share of a category
    that did not occur is worth; 0 where hosts are too few to say.
    """

    counts: Counts
    denominator: int
    unknown: int
    excluded: int
    sizes: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Cells:
    """The cells of the table of keys and categories in which something was counted, and each key's connections."""

    key: NDArray[np.int64]
    category: NDArray[np.int64]
    connections: NDArray[np.float64]
    by_key: NDArray[np.float64]


def number_keys(pairs: Pairs) -> Keyed:
    """Number the keys of a period's pairs."""
    import pandas as pd

    index, keys = pd.factorize(pairs.key)
    return Keyed(pairs, index, keys != NO_KEY)


def count_series(keyed: dict[str, Keyed], categories: Categories) -> dict[str, Count]:
    """Count a series: unit -> Count, for connections, bytes, and every kind of key that there is."""
    clients = keyed["clients"]
    counted: dict[str, Count] = {}
    sizes = []
    for unit, each in keyed.items():
        cells = fill_cells(each, categories)
        counted[unit] = count_keys(each, cells, categories)
        if unit in ("clients", "servers"):
            sizes.append(independent_sizes(cells, len(categories.names) + 1))
    for unit, weights in (("connections", clients.pairs.connections), ("bytes", clients.pairs.octets)):
        counted[unit] = weigh(clients.pairs, weights, categories)
    connections = counted["connections"]
    least = smaller_sizes(*sizes)
    counted["connections"] = Count(
        connections.counts, connections.denominator, connections.unknown, connections.excluded, least
    )
    return counted


def spread(pairs: Pairs, categories: Categories) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places of the pairs with a category, once for each of their categories, and these."""
    if categories.single is not None:
        codes = categories.single[pairs.pattern]
        known = np.flatnonzero(codes >= 0)
        return known, codes[known]
    known = np.flatnonzero(categories.state[pairs.pattern] == KNOWN)
    starts = categories.starts[pairs.pattern[known]]
    lengths = categories.starts[pairs.pattern[known] + 1] - starts
    ends = np.cumsum(lengths)
    within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths)
    return np.repeat(known, lengths), categories.codes[np.repeat(starts, lengths) + within].astype(np.int64)


def weigh(pairs: Pairs, weights: Counts, categories: Categories) -> Count:
    """Count connections or octets."""
    places, codes = spread(pairs, categories)
    counts = np.bincount(codes, weights=weights[places], minlength=len(categories.names)).astype(np.int64)
    state = categories.state[pairs.pattern]
    known, unknown, excluded = (int(weights[state == each].sum()) for each in (KNOWN, UNKNOWN, EXCLUDED))
    return Count(counts, known, unknown, excluded)


def fill_cells(keyed: Keyed, categories: Categories) -> Cells:
    """The table of keys and categories, without its empty cells."""
    import pandas as pd

    pairs, width = keyed.pairs, max(len(categories.names), 1)
    places, codes = spread(pairs, categories)
    cell = keyed.index[places] * width + codes
    weights = pairs.connections[places]
    if len(keyed.named) * width <= MOST_CELLS:
        table = weighted(cell, weights)
        filled = np.flatnonzero(table)
        sums = table[filled]
    else:
        numbers, filled = pd.factorize(cell)
        sums = weighted(numbers, weights)
    known = categories.state[pairs.pattern] == KNOWN
    by_key = weighted(keyed.index[known], pairs.connections[known], len(keyed.named))
    return Cells(filled // width, filled % width, sums, by_key)


def count_keys(keyed: Keyed, cells: Cells, categories: Categories) -> Count:
    """Count distinct keys: once in every category that they showed, and as unknown if in none."""
    counts = np.bincount(cells.category[keyed.named[cells.key]], minlength=len(categories.names)).astype(np.int64)
    state = categories.state[keyed.pairs.pattern]
    known = cells.by_key > 0
    unknown, excluded = (
        np.bincount(keyed.index[state == each], minlength=len(known)) > 0 for each in (UNKNOWN, EXCLUDED)
    )
    unknown &= ~known
    excluded &= ~known & ~unknown
    numbers = [int((flags & keyed.named).sum()) for flags in (known, unknown, excluded)]
    return Count(counts, numbers[0], numbers[1], numbers[2])


def independent_sizes(cells: Cells, categories: int) -> NDArray[np.float64]:
    """By category, how many independent connections its share is worth; 0 where there are fewer than LEAST_HOSTS."""
    totals = cells.by_key[cells.by_key > 0]
    if len(totals) < LEAST_HOSTS:
        return np.zeros(categories)
    counts = weighted(cells.category, cells.connections, categories)
    squares = weighted(cells.category, cells.connections**2, categories)
    products = weighted(cells.category, cells.connections * cells.by_key[cells.key], categories)
    return clustered_size(counts, squares, products, totals)


def weighted(codes: NDArray[np.int64], weights: NDArray[Any], length: int = 0) -> NDArray[np.float64]:
    """What the weights of each code add up to."""
    return np.bincount(codes, weights=weights, minlength=length).astype(np.float64)


def smaller_sizes(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """The smaller of both, or the one that there is."""
    return np.where(first == 0, second, np.where(second == 0, first, np.minimum(first, second)))
