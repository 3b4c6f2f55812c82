"""A store counted by several processes: each takes periods of its own, so that no host is counted by two.

In: datasets whose files know their day. Out: one Adoption, the same as that of a single process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from ..forked import can_share, ending, follow_parent, hand_over, parent_number, start_context
from .catalogue import SERIES, period_start
from .count import Count
from .scan import day_of, sorted_files
from .series import Adoption, Period

if TYPE_CHECKING:
    import pyarrow.dataset as ds

PARTS_PER_PROCESS = 2  # so that one with much traffic does not keep all others waiting
LEAST_ROWS = 500_000  # of a store that is worth starting processes for

CountPart = Callable[["ds.Dataset", "ds.Dataset", str], Adoption]


def divide(connections: ds.Dataset, by: str, processes: int) -> list[ds.Dataset]:
    """The dataset in parts of whole periods that follow each other, with about as many rows each.

    The dataset alone where it is small, has one period, or its files do not know their days.
    """
    files = sorted_files(connections) if processes > 1 else None
    if not files or any(day_of(each) is None for each in files):
        return [connections]
    periods = [list(group) for _, group in groupby(files, key=lambda each: period_start(day_of(each) or 0, by))]
    rows = [sum(each.count_rows() for each in group) for group in periods]
    if len(periods) == 1 or sum(rows) < LEAST_ROWS:
        return [connections]
    parts: list[list[Any]] = [[] for _ in range(processes * PARTS_PER_PROCESS)]
    reached = 0
    for group, number in zip(periods, rows, strict=True):
        parts[min(reached * len(parts) // sum(rows), len(parts) - 1)].extend(group)
        reached += number
    return [of_files(connections, part) for part in parts if part]


def of_files(dataset: Any, files: list[Any]) -> ds.Dataset:
    """A dataset of some of another's files."""
    return type(dataset)(files, dataset.schema, dataset.format, dataset.filesystem)


def count_parts(
    count: CountPart, parts: list[ds.Dataset], certificates: ds.Dataset, by: str, processes: int
) -> Iterator[tuple[ds.Dataset, Adoption]]:
    """Count each part in a process, or in this one where none can be started; yields those that are done with what was
    counted, as they come. Raises TlsInspectError where a process is killed.
    """
    if can_share():
        pool = ProcessPoolExecutor(processes, start_context(), follow_parent, (parent_number(),))
        with ending(pool):
            futures = hand_over(pool, lambda: {pool.submit(count, part, certificates, by): part for part in parts})
            if futures is not None:
                for future in as_completed(futures):
                    yield futures[future], future.result()
                return
    for part in parts:
        yield part, count(part, certificates, by)


def join_parts(by: str, parts: list[Adoption]) -> Adoption:
    """One adoption of several that have no period in common."""
    parts = sorted(parts, key=lambda part: part.observed[0].start if part.observed else 0)
    names = {name: list(dict.fromkeys(each for part in parts for each in part.names[name])) for name in SERIES}
    observed = [renumber(period, part.names, names) for part in parts for period in part.observed]
    return Adoption(by, observed, names)


def renumber(period: Period, own: dict[str, list[str]], names: dict[str, list[str]]) -> Period:
    """A period whose categories have the numbers of the whole."""
    counts = {}
    for series, units in period.counts.items():
        numbers = {name: place for place, name in enumerate(names[series])}
        places = np.array([numbers[name] for name in own[series]], np.int64)
        counts[series] = {unit: place_counts(count, places, len(numbers)) for unit, count in units.items()}
    return replace(period, counts=counts)


def place_counts(count: Count, places: Any, length: int) -> Count:
    """A count with each category at its place."""
    counts = np.zeros(length, np.int64)
    counts[places[: len(count.counts)]] = count.counts
    if count.sizes is None:
        return replace(count, counts=counts)
    sizes = np.full(length + 1, count.sizes[-1])
    sizes[places[: len(count.counts)]] = count.sizes[:-1]
    return replace(count, counts=counts, sizes=sizes)
