"""The loops over every row: values into the flat arrays that Arrow's columns are made of.

Goes in: lists of values. Comes out: what was given, filled, and joined octets. Compiled, a value costs a few
nanoseconds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Column:
    """The values of an attribute: each waits until it is settled, and is let go of then."""

    def __init__(self) -> None:
        self.count = 0
        self.waiting: list[Any] = []

    def settle(self) -> None:
        """Take what waits."""
        self.take()
        self.count += len(self.waiting)
        self.waiting.clear()

    def take(self) -> None:
        """Put what waits behind the `count` values that are there."""


class Octets(Column):
    """Values that are octets: in `joined` one after the other, with the length of each, and whether it is None."""

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self.joined: list[bytes] = []
        self.lengths = np.zeros(capacity, np.int32)
        self.missing = np.zeros(capacity, np.uint8)

    def take(self) -> None:
        """Join what waits."""
        self.joined.append(pack_octets(self.waiting, self.lengths, self.missing, self.count))


class Texts(Octets):
    """Values that are texts, which become UTF-8."""

    def take(self) -> None:
        """Join what waits."""
        self.joined.append(pack_texts(self.waiting, self.lengths, self.missing, self.count))


class Keys(Column):
    """Values that many have in common: each of them once, in order of appearance, and which of them each row has."""

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self.index: dict[Any, int] = {}
        self.positions = np.zeros(capacity, np.int32)

    def take(self) -> None:
        """Number what waits."""
        pack_keys(self.waiting, self.index, self.positions, self.count)


def pack_octets(
    values: list[bytes | None], lengths: NDArray[np.int32], missing: NDArray[np.uint8], first: int = 0
) -> bytes:
    """Join what is there; fill, from `first` on, the length of each value and whether it is None."""
    whole = []
    for place in range(len(values)):
        value = values[place]
        if value is None:
            missing[first + place] = True
        else:
            lengths[first + place] = len(value)
            whole.append(value)
    return b"".join(whole)


def pack_chosen(
    values: list[bytes | None], positions: NDArray[np.int32], lengths: NDArray[np.int32], missing: NDArray[np.uint8]
) -> bytes:
    """Join of `values` those that `positions` say, as pack_octets does."""
    return pack_octets([values[positions[place]] for place in range(len(positions))], lengths, missing)


def pack_texts(
    values: list[str | None], lengths: NDArray[np.int32], missing: NDArray[np.uint8], first: int = 0
) -> bytes:
    """Join what is there as UTF-8; fill, from `first` on, the length in octets of each value and whether it is None."""
    whole = []
    total = 0
    for place in range(len(values)):
        value = values[place]
        if value is None:
            missing[first + place] = True
        else:
            lengths[first + place] = len(value)
            total += len(value)
            whole.append(value)
    octets = "".join(whole).encode()
    if len(octets) == total:  # one octet each, as nearly always
        return octets
    return pack_octets([None if value is None else value.encode() for value in values], lengths, missing, first)


def pack_runs(runs: list[bytes], positions: NDArray[np.int32]) -> bytes:
    """Join the runs that `positions` say, one after the other."""
    return b"".join([runs[positions[place]] for place in range(len(positions))])


def pack_keys(values: list[Any], index: dict[Any, int], positions: NDArray[np.int32], first: int = 0) -> None:
    """Number distinct values in `index`, in order of appearance; fill, from `first` on, the number of each value."""
    latest: Any = index  # none of the values
    known = -1
    for place in range(len(values)):
        value = values[place]
        if value is not latest:  # a third of all columns has the same object in row after row
            latest = value
            position = index.get(value)
            if position is None:
                position = len(index)
                index[value] = position
            known = position
        positions[first + place] = known
