"""Pairs: how often each host, name or certificate shows each pattern, per period.

In: numpy columns, batch after batch. Out: the same with every distinct (period, key, pattern) once. What is
kept grows with the number of different things and not with that of connections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..looks.encode import GOLDEN, Hashes, first_rows, join, mix

MOST_ROWS = 1 << 18  # that wait before like ones are joined: their hash tables fit a processor's cache
MOST_LOOSE = 1 << 18  # pairs that were joined apart before they are joined with each other

Columns = tuple[NDArray[np.int32], NDArray[np.int64], dict[str, Hashes], dict[str, NDArray[np.int32]]]


@dataclass(frozen=True)
class Pairs:
    """Distinct pairs of a key and a pattern in a period, with the connections and octets that show them."""

    period: NDArray[np.int32]
    key: Hashes
    pattern: NDArray[np.int32]
    connections: NDArray[np.int64]
    octets: NDArray[np.int64]

    def take(self, chosen: NDArray[np.bool_]) -> Pairs:
        """The pairs of which a mask is true."""
        return Pairs(
            self.period[chosen], self.key[chosen], self.pattern[chosen], self.connections[chosen], self.octets[chosen]
        )


def place_of(period: NDArray[np.int32], pattern: NDArray[np.int32]) -> Hashes:
    """The number of a pattern in a period."""
    place = (period.astype(np.uint64) << np.uint64(32)) | pattern.astype(np.uint32).astype(np.uint64)
    return mix(place + GOLDEN)


def count_rows(
    period: NDArray[np.int32], key: Hashes, pattern: NDArray[np.int32], place: Hashes, octets: NDArray[np.int64]
) -> Pairs:
    """The pairs of rows that are a connection each; `place` is that of period and pattern."""
    codes, first = first_rows(join(key, place))
    return Pairs(period[first], key[first], pattern[first], np.bincount(codes), sums(codes, octets))


def join_pairs(parts: list[Pairs]) -> Pairs:
    """One table of several, in which every pair stands once."""
    period = np.concatenate([part.period for part in parts])
    key = np.concatenate([part.key for part in parts])
    pattern = np.concatenate([part.pattern for part in parts])
    connections = np.concatenate([part.connections for part in parts])
    octets = np.concatenate([part.octets for part in parts])
    codes, first = first_rows(join(key, place_of(period, pattern)))
    return Pairs(period[first], key[first], pattern[first], sums(codes, connections), sums(codes, octets))


def sums(codes: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.int64]:
    """What the values of each code add up to; exact up to 2^53."""
    return np.bincount(codes, weights=values).astype(np.int64)


class Tallies:
    """The pairs of all families and units that go together, growing batch by batch."""

    def __init__(self, units: Mapping[str, tuple[str, ...]]) -> None:
        self.units = units
        self.waiting: list[Columns] = []
        self.rows = 0
        self.parts: dict[tuple[str, str], list[Pairs]] = {
            (family, unit): [] for family, own in units.items() for unit in own
        }

    def add(
        self,
        period: NDArray[np.int32],
        octets: NDArray[np.int64],
        keys: dict[str, Hashes],
        patterns: dict[str, NDArray[np.int32]],
    ) -> None:
        """Take the rows of a batch: keys by unit, patterns by family."""
        self.waiting.append((period, octets, keys, patterns))
        self.rows += len(period)
        if self.rows >= MOST_ROWS:
            self.count()

    def count(self) -> None:
        """Count the rows that wait."""
        if not self.rows:
            return
        period, octets = (np.concatenate([rows[place] for rows in self.waiting]) for place in (0, 1))
        keys = {unit: np.concatenate([rows[2][unit] for rows in self.waiting]) for unit in self.waiting[0][2]}
        for family, own in self.units.items():
            pattern = np.concatenate([rows[3][family] for rows in self.waiting])
            place = place_of(period, pattern)
            for unit in own:
                parts = self.parts[family, unit]
                parts.append(count_rows(period, keys[unit], pattern, place, octets))
                if len(parts) > 1 and sum(len(part.key) for part in parts) >= MOST_LOOSE:
                    parts[:] = [join_pairs(parts)]
        self.waiting, self.rows = [], 0

    def take_before(self, family: str, unit: str, period: int | None) -> Pairs | None:
        """Give away the pairs of the periods before one, or all; None where there are none."""
        self.count()
        parts = self.parts[family, unit]
        if not parts:
            return None
        joined = join_pairs(parts)
        parts.clear()
        if period is None:
            return joined
        parts.append(joined.take(joined.period >= period))
        taken = joined.take(joined.period < period)
        return taken if len(taken.key) else None
