"""Wire vectors of 2-octet numbers, one per row, as one array: what is asked of each row is asked of all at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .arrow import TYPES, Mask, Runs, offsets_of, run_array


class Vectors:
    """Wire vectors of 2-octet numbers, one per row, None where there is none.

    `numbers` are all of them one after the other, `offsets` where each row's begin
    (rows + 1 entries), `missing` which rows have none. An odd last octet of a row is left out.
    """

    def __init__(self, vectors: Runs) -> None:
        octets, lengths, self.missing = vectors
        if (lengths & 1).any():
            octets = b"".join([vector[: len(vector) & ~1] for vector in vectors.rows() if vector is not None])
        self.lengths = lengths >> 1
        self.offsets: NDArray[np.int32] = offsets_of(self.lengths)
        self.numbers: NDArray[np.uint16] = np.frombuffer(octets, ">u2").astype(np.uint16)

    def lists(self, absent: Mask | None = None) -> pa.ListArray:
        """A column of lists; rows of `absent` are missing too."""
        missing = self.missing if absent is None else self.missing | absent
        return run_array(self.numbers.tobytes(), self.lengths * 2, TYPES["list<uint16>"], 2, missing)

    def contain(self, hit: NDArray[np.bool_]) -> Mask:
        """For each row, whether any of its numbers is hit; `hit` has one entry per number."""
        counts = np.zeros(len(hit) + 1, np.int64)
        np.cumsum(hit, out=counts[1:])
        return np.asarray(counts[self.offsets[1:]] > counts[self.offsets[:-1]], np.bool_)

    def is_grease(self) -> NDArray[np.bool_]:
        """For each number, whether it is a GREASE value (RFC 8701)."""
        return np.asarray(
            ((self.numbers & 0x0F0F) == 0x0A0A) & ((self.numbers >> 8) == (self.numbers & 0xFF)), np.bool_
        )
