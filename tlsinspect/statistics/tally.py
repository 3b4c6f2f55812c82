"""Rows and what they are about -> how many units they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..tables import distinct
from .catalogue import Unit
from .observations import Observations
from .rows import Mask


@dataclass(frozen=True)
class Tally:
    """Counts rows in one unit: `weights` by octets, `things` by the number of the thing that each row is about."""

    counted: Mask
    weights: NDArray[np.int64] | None = None
    things: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, observations: Observations, unit: Unit) -> Tally:
        """Rows that are about no such thing are not counted."""
        every = np.ones(len(observations.rows), np.bool_)
        if unit.name == "bytes":
            return cls(every, weights=observations.key("bytes").to_numpy(zero_copy_only=False))
        if not unit.key:
            return cls(every)
        numbers = observations.key(unit.key).dictionary_encode().indices
        things = pc.fill_null(numbers, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        return cls(things >= 0, things=things)

    def first(self, mask: Mask, without: Mask) -> Mask:
        """The first row of each thing, of things that have no row in `without`; all rows where rows are counted."""
        if self.things is None:
            return mask
        rows = np.flatnonzero(mask & ~self.among(without)[self.things])
        first = np.full(int(self.things.max(initial=-1)) + 2, -1)
        first[self.things[rows[::-1]]] = rows[::-1]  # what is written last stays
        chosen = np.zeros(len(mask), np.bool_)
        chosen[first[first >= 0]] = True
        return chosen

    def among(self, rows: Mask | NDArray[np.intp]) -> Mask:
        """Of each thing, by its number, whether one of these rows is about it; of none at the end, where -1 is."""
        assert self.things is not None
        found = np.zeros(int(self.things.max(initial=-1)) + 2, np.bool_)
        found[self.things[rows]] = True
        return found

    def total(self, places: NDArray[np.intp]) -> int:
        """How many units these rows are."""
        if self.weights is not None:
            return int(self.weights[places].sum())
        return len(places) if self.things is None else int(self.among(places).sum())

    def count(self, codes: NDArray[np.int64], places: NDArray[np.intp]) -> dict[int, int]:
        """How many units there are of each code, of rows in these places; a thing counts once for each of its codes."""
        if not len(codes):
            return {}
        if self.weights is not None:
            sums = np.zeros(int(codes.max()) + 1, np.int64)
            np.add.at(sums, codes, self.weights[places])
            return {code: int(sums[code]) for code in distinct(codes).tolist()}
        if self.things is not None:
            codes = distinct(codes << 32 | self.things[places]) >> 32
        counts = np.bincount(codes)
        return {code: int(counts[code]) for code in np.flatnonzero(counts).tolist()}


def split_categories(categories: pa.Array, mask: Mask) -> tuple[list[str], NDArray[np.int64], NDArray[np.intp]]:
    """The distinct categories of the rows of a mask, and for each category of each row its number and the row."""
    places = np.flatnonzero(mask)
    chosen = categories.filter(pa.array(mask))
    if pa.types.is_list(chosen.type):
        places = places[pc.list_parent_indices(chosen).to_numpy(zero_copy_only=False)]
        chosen = pc.list_flatten(chosen)
    kinds = chosen.dictionary_encode()
    codes = pc.fill_null(kinds.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return kinds.dictionary.to_pylist(), codes[codes >= 0], places[codes >= 0]
