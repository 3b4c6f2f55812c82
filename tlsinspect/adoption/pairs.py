"""Pairs: how often each host, name or certificate shows each pattern, per period.

In: numpy columns, batch after batch. Out: the same with every distinct (period, key, pattern) once. What is
kept grows with the number of different things and not with that of connections.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .encode import GOLDEN, Hashes, join, mix

MOST_LOOSE = 1_000_000  # rows that are kept before like ones are joined


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


def join_pairs(parts: list[Pairs]) -> Pairs:
    """One table of several, in which every pair stands once."""
    import pandas as pd

    period = np.concatenate([part.period for part in parts])
    key = np.concatenate([part.key for part in parts])
    pattern = np.concatenate([part.pattern for part in parts])
    connections = np.concatenate([part.connections for part in parts])
    octets = np.concatenate([part.octets for part in parts])
    place = (period.astype(np.uint64) << np.uint64(32)) | pattern.astype(np.uint32).astype(np.uint64)
    codes, distinct = pd.factorize(join(key, mix(place + GOLDEN)))
    first = np.empty(len(distinct), np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return Pairs(period[first], key[first], pattern[first], sums(codes, connections), sums(codes, octets))


def sums(codes: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.int64]:
    """What the values of each code add up to; exact up to 2^53."""
    return np.bincount(codes, weights=values).astype(np.int64)


class Tally:
    """Pairs that grow batch by batch."""

    def __init__(self) -> None:
        self.parts: list[Pairs] = []
        self.loose = 0

    def add(self, pairs: Pairs) -> None:
        """Take the rows of a batch."""
        self.parts.append(join_pairs([pairs]))
        self.loose += len(self.parts[-1].key)
        if self.loose >= MOST_LOOSE:
            self.parts, self.loose = [join_pairs(self.parts)], 0

    def take_before(self, period: int | None) -> Pairs | None:
        """Give away the pairs of the periods before one, or all; None where there are none."""
        if not self.parts:
            return None
        joined = join_pairs(self.parts)
        self.loose = 0
        if period is None:
            self.parts = []
            return joined
        self.parts = [joined.take(joined.period >= period)]
        taken = joined.take(joined.period < period)
        return taken if len(taken.key) else None
