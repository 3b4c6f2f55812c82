"""From COLUMNS to Arrow types, and the few array builders that the tables share."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..columns import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "bool": pa.bool_(),
    "uint8": pa.uint8(),
    "uint16": pa.uint16(),
    "uint32": pa.uint32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "timestamp": pa.timestamp("ns", tz="UTC"),
    "list<uint8>": pa.list_(pa.uint8()),
    "list<uint16>": pa.list_(pa.uint16()),
    "list<uint32>": pa.list_(pa.uint32()),
    "list<int64>": pa.list_(pa.int64()),
    "list<string>": pa.list_(pa.string()),
    "map": pa.map_(pa.string(), pa.string()),
}


def arrow_schema(table: str) -> pa.Schema:
    """The schema of one of the frames, from COLUMNS."""
    return pa.schema([pa.field(column.name, TYPES[column.type]) for column in COLUMNS[table]])


def empty_table(table: str) -> pa.Table:
    """A table without rows."""
    return arrow_schema(table).empty_table()


def to_frame(table: pa.Table) -> pd.DataFrame:
    """A pandas frame with Arrow-backed dtypes."""
    import pandas as pd

    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def array_of(table: str, name: str, values: Sequence[Any]) -> pa.Array:
    """Python values as an array of the type that COLUMNS declares."""
    return pa.array(values, TYPES[next(column.type for column in COLUMNS[table] if column.name == name)])


class Shared:
    """A column's values by their distinct keys: each is made once and taken where its key stands.

    `keys` are the distinct keys in order of appearance, `positions` says for each row
    which of them it has.
    """

    def __init__(self, keys: Iterable[Hashable]) -> None:
        index: dict[Hashable, int] = {}
        positions = [index.setdefault(key, len(index)) for key in keys]
        self.keys: list[Any] = list(index)
        self.positions = pa.array(positions, pa.int32())

    def column(self, make: Callable[[Any], Any], data_type: pa.DataType) -> pa.Array:
        """A column: `make` gives the value of a distinct key."""
        return self.spread([make(key) for key in self.keys], data_type)

    def spread(self, values: Sequence[Any], data_type: pa.DataType) -> pa.Array:
        """A column from one value per distinct key."""
        return pa.array(values, data_type).take(self.positions)


class Vectors:
    """Wire vectors of 2-octet numbers, one per row, None where there is none.

    `numbers` are all of them one after the other, `offsets` where each row's begin
    (rows + 1 entries), `missing` which rows have none.
    """

    def __init__(self, vectors: Sequence[bytes | None]) -> None:
        whole = [b"" if vector is None else vector[: len(vector) & ~1] for vector in vectors]
        self.missing: NDArray[np.bool_] = np.fromiter((vector is None for vector in vectors), np.bool_, len(vectors))
        self.offsets: NDArray[np.int32] = np.zeros(len(whole) + 1, np.int32)
        np.cumsum([len(vector) >> 1 for vector in whole], out=self.offsets[1:])
        self.numbers: NDArray[np.uint16] = np.frombuffer(b"".join(whole), ">u2").astype(np.uint16)

    def lists(self) -> pa.ListArray:
        """A column of lists."""
        return pa.ListArray.from_arrays(
            pa.array(self.offsets), pa.array(self.numbers), type=TYPES["list<uint16>"], mask=pa.array(self.missing)
        )

    def contain(self, hit: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """For each row, whether any of its numbers is hit; `hit` has one entry per number."""
        counts = np.zeros(len(hit) + 1, np.int64)
        np.cumsum(hit, out=counts[1:])
        return np.asarray(counts[self.offsets[1:]] > counts[self.offsets[:-1]], np.bool_)

    def is_grease(self) -> NDArray[np.bool_]:
        """For each number, whether it is a GREASE value (RFC 8701)."""
        return np.asarray(
            ((self.numbers & 0x0F0F) == 0x0A0A) & ((self.numbers >> 8) == (self.numbers & 0xFF)), np.bool_
        )


def octet_lists(vectors: Sequence[bytes | None]) -> pa.ListArray:
    """A column of lists of octets."""
    missing = np.fromiter((vector is None for vector in vectors), np.bool_, len(vectors))
    whole = [vector or b"" for vector in vectors]
    offsets = np.zeros(len(whole) + 1, np.int32)
    np.cumsum([len(vector) for vector in whole], out=offsets[1:])
    numbers = np.frombuffer(b"".join(whole), np.uint8)
    return pa.ListArray.from_arrays(
        pa.array(offsets), pa.array(numbers), type=TYPES["list<uint8>"], mask=pa.array(missing)
    )


def triplet_lists(vectors: Sequence[bytes | None]) -> pa.ListArray:
    """A column of lists of 3-octet numbers, as SSL 2.0's cipher kinds are; most batches have none."""
    if not any(vectors):
        return pa.nulls(len(vectors), TYPES["list<uint32>"])
    numbers = [
        None if vector is None else [int.from_bytes(vector[at : at + 3], "big") for at in range(0, len(vector) - 2, 3)]
        for vector in vectors
    ]
    return pa.array(numbers, TYPES["list<uint32>"])
