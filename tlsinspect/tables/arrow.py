"""From COLUMNS to Arrow types, and the array builders that the tables share.

Arrays are made from their buffers: what pyarrow makes them from otherwise imports
pandas or its compute library first, which costs more than a small capture.
Spec: the Arrow columnar format, physical memory layout.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..columns import COLUMNS, JUDGEMENTS
from .pack import Keys, Octets, pack_chosen, pack_keys, pack_runs, pack_texts

if TYPE_CHECKING:
    import pandas as pd

Types = Mapping[str, pa.DataType]

TYPES: Types = {
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

ENCODED_TYPES: Types = {
    **TYPES,
    "string": pa.dictionary(pa.int32(), pa.string()),
    "map": pa.map_(pa.dictionary(pa.int16(), pa.string()), pa.dictionary(pa.int16(), pa.string())),
}
"""The same, with those dictionary-encoded whose texts come again and again (see build_gathered)."""

LARGEST = (1 << 63) - 1

Mask = NDArray[np.bool_]
Columns = dict[str, pa.Array]


@cache
def arrow_schema(table: str) -> pa.Schema:
    """The schema of one of the frames, from COLUMNS."""
    return pa.schema([pa.field(column.name, TYPES[column.type]) for column in COLUMNS[table]])


def distinct(numbers: NDArray[Any]) -> NDArray[Any]:
    """The distinct values, sorted: what numpy.unique gives, whose way by hashes takes up to ninety times as long."""
    values: NDArray[Any] = np.unique(numbers, return_counts=True)[0]
    return values


def joined(columns: Iterable[NDArray[Any]]) -> NDArray[np.int64]:
    """A number for each row of some columns of numbers from -1 on: the same for the same rows, and in their order.

    numpy.unique compares rows as octets, which takes many times as long as to compare numbers.
    """
    made, size = np.zeros(1, np.int64), 1
    for column in columns:
        kinds = int(column.max(initial=-1)) + 2
        if size * kinds > LARGEST:
            found, made = np.unique(made, return_inverse=True)
            size = len(found)
        made, size = made * kinds + column + 1, size * kinds
    return made


def judgement_schema(name: str) -> pa.Schema:
    """The schema of one of the frames of a judgement, from JUDGEMENTS."""
    return pa.schema([pa.field(column.name, TYPES[column.type]) for column in JUDGEMENTS[name]])


def empty_table(table: str) -> pa.Table:
    """A table without rows."""
    return arrow_schema(table).empty_table()


def to_frame(table: pa.Table) -> pd.DataFrame:
    """A pandas frame with Arrow-backed dtypes."""
    import pandas as pd

    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def number_array(values: NDArray[Any], data_type: pa.DataType, missing: Mask | None = None) -> pa.Array:
    """A column of numbers, times or truth values; raises OverflowError for a number that the type cannot hold."""
    if pa.types.is_boolean(data_type):
        return from_buffers(data_type, len(values), [packed_bits(values != 0)], missing)
    cast = values.astype(f"u{data_type.bit_width // 8}" if pa.types.is_unsigned_integer(data_type) else values.dtype)
    wrong = (cast != values) if missing is None else (cast != values) & ~missing
    if values.dtype.kind == "i" and wrong.any():
        raise OverflowError(f"{values[wrong][0]} does not fit {data_type}")
    return from_buffers(data_type, len(values), [pa.py_buffer(cast)], missing)


def value_array(values: Sequence[Any], data_type: pa.DataType) -> pa.Array:
    """A column from Python values of any type that COLUMNS knows; None is a missing one."""
    if pa.types.is_string(data_type):
        return text_array(values)
    if pa.types.is_dictionary(data_type):
        return encoded_texts(values, np.arange(len(values), dtype=np.int32), data_type)
    missing = np.array([value is None for value in values], np.bool_)
    if not pa.types.is_nested(data_type):
        kind = np.float64 if pa.types.is_floating(data_type) else np.int64
        return number_array(np.array([value or 0 for value in values], kind), data_type, missing)
    lengths = np.array([0 if value is None else len(value) for value in values], np.int32)
    items = [item for value in values if value is not None for item in value]
    if pa.types.is_map(data_type):
        keys = value_array([key for key, _ in items], data_type.key_type)
        child = entries_of(data_type, keys, value_array([item for _, item in items], data_type.item_type))
    else:
        child = value_array(items, data_type.value_type)
    return from_buffers(data_type, len(values), [pa.py_buffer(offsets_of(lengths))], missing, [child])


def entries_of(data_type: pa.MapType, keys: pa.Array, items: pa.Array) -> pa.Array:
    """What a column of maps has inside."""
    return pa.StructArray.from_arrays([keys, items], fields=[data_type.key_field, data_type.item_field])


def text_array(values: Iterable[str | None]) -> pa.Array:
    """A column of texts."""
    texts = list(values)
    lengths = np.zeros(len(texts), np.int32)
    missing = np.zeros(len(texts), np.bool_)
    octets = pack_texts(texts, lengths, missing.view(np.uint8))
    return run_array(octets, lengths, pa.string(), 1, missing)


class Runs(NamedTuple):
    """Octets of many rows: all of them one after the other, the length of each row's, and which rows have none."""

    octets: bytes
    lengths: NDArray[np.int32]
    missing: Mask

    @classmethod
    def of(cls, column: Octets) -> Runs:
        """What a column has."""
        missing = np.asarray(column.missing)[: column.count].view(np.bool_)
        return cls(b"".join(column.joined), np.asarray(column.lengths)[: column.count], missing)

    def rows(self) -> list[bytes | None]:
        """The octets of each row; None where there are none."""
        places = pairwise(offsets_of(self.lengths).tolist())
        return [
            None if missing else self.octets[start:end]
            for (start, end), missing in zip(places, self.missing.tolist(), strict=True)
        ]

    def texts(self) -> pa.Array:
        """A column of what is UTF-8."""
        return run_array(self.octets, self.lengths, pa.string(), 1, self.missing)

    def hex(self, absent: Mask | None = None) -> pa.Array:
        """A column of hexadecimal text; rows of `absent`, which have no octets, are missing too."""
        missing = self.missing if absent is None else self.missing | absent
        return run_array(self.octets.hex().encode(), self.lengths * 2, pa.string(), 1, missing)

    def lists(self, absent: Mask) -> pa.Array:
        """A column of lists of octets; rows of `absent` are missing too."""
        return run_array(self.octets, self.lengths, TYPES["list<uint8>"], 1, self.missing | absent)


def run_array(octets: bytes, lengths: NDArray[np.int32], data_type: pa.DataType, width: int, missing: Mask) -> pa.Array:
    """A column from all its octets one after the other, and how many each row has."""
    offsets = pa.py_buffer(offsets_of(lengths // width if width > 1 else lengths))
    if width == 1 and pa.types.is_string(data_type):
        return from_buffers(data_type, len(lengths), [offsets, pa.py_buffer(octets)], missing)
    child = pa.Array.from_buffers(data_type.value_type, len(octets) // width, [None, pa.py_buffer(octets)])
    return from_buffers(data_type, len(lengths), [offsets], missing, [child])


def offsets_of(lengths: NDArray[np.int32]) -> NDArray[np.int32]:
    """Where each row begins, and where the last one ends."""
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.add.accumulate(lengths, out=offsets[1:])
    return offsets


def from_buffers(
    data_type: pa.DataType,
    length: int,
    buffers: list[pa.Buffer],
    missing: Mask | None,
    children: list[pa.Array] | None = None,
) -> pa.Array:
    """An array from its buffers and which rows are missing."""
    validity = packed_bits(~missing) if missing is not None and missing.any() else None
    return pa.Array.from_buffers(data_type, length, [validity, *buffers], children=children)


def packed_bits(flags: Mask) -> pa.Buffer:
    """Truth values as Arrow keeps them, a bit each."""
    return pa.py_buffer(np.packbits(flags, bitorder="little"))


def unpacked_bits(buffer: pa.Buffer, length: int) -> Mask:
    """The opposite of packed_bits."""
    return np.unpackbits(np.frombuffer(buffer, np.uint8), bitorder="little", count=length).view(np.bool_)


def missing_of(array: pa.Array) -> Mask:
    """Which rows of an array are missing."""
    validity = array.buffers()[0]
    return np.zeros(len(array), np.bool_) if validity is None else ~unpacked_bits(validity, len(array))


class Shared:
    """A column's values by their distinct keys: each is made once and stands wherever its key does.

    `keys` are the distinct keys in order of appearance, `positions` says for each row
    which of them it has.
    """

    def __init__(self, keys: Iterable[Hashable]) -> None:
        values = list(keys)
        index: dict[Any, int] = {}
        self.positions = np.empty(len(values), np.int32)
        pack_keys(values, index, self.positions)
        self.keys: list[Any] = list(index)

    @classmethod
    def of(cls, column: Keys) -> Shared:
        """What a column has, whose values are the keys."""
        shared = cls.__new__(cls)
        shared.keys = list(column.index)
        shared.positions = np.asarray(column.positions)[: column.count]
        return shared

    def column(self, make: Callable[[Any], Any], data_type: pa.DataType) -> pa.Array:
        """A column: `make` gives the value of a distinct key."""
        return self.spread([make(key) for key in self.keys], data_type)

    def texts(self, types: Types) -> pa.Array:
        """The keys themselves, which are texts."""
        return self.spread(self.keys, types["string"])

    def spread(self, values: Sequence[Any], data_type: pa.DataType) -> pa.Array:
        """A column from one value per distinct key."""
        if values.count(None) == len(values):
            return pa.nulls(len(self.positions), data_type)
        if len(self.keys) == len(self.positions):  # no two rows share a value
            return value_array(values, data_type)
        if pa.types.is_string(data_type) or pa.types.is_dictionary(data_type):
            return chosen_texts(values, self.positions, data_type)
        return spread(value_array(values, data_type), self.positions)


def chosen_texts(values: Sequence[str | None], positions: NDArray[np.int32], data_type: pa.DataType) -> pa.Array:
    """A column of texts, plain or encoded, for each row the one of `values` that its position says."""
    if pa.types.is_dictionary(data_type):
        return encoded_texts(values, positions, data_type)
    lengths = np.zeros(len(positions), np.int32)
    missing = np.zeros(len(positions), np.bool_)
    encoded = [None if value is None else value.encode() for value in values]
    return run_array(pack_chosen(encoded, positions, lengths, missing.view(np.uint8)), lengths, pa.string(), 1, missing)


def encoded_texts(
    values: Sequence[str | None], positions: NDArray[np.int32], data_type: pa.DictionaryType
) -> pa.DictionaryArray:
    """What chosen_texts makes, dictionary-encoded: each text once, and for each row its place among them."""
    shared = Shared(values)
    texts, places = shared.keys, shared.positions[positions]
    missing = np.zeros(len(places), np.bool_)
    if None in texts:
        none = texts.index(None)
        texts.remove(None)
        missing = places == none
        places = np.where(places > none, places - 1, places)
        places[missing] = 0
    indices = pa.py_buffer(places.astype(f"i{data_type.index_type.bit_width // 8}"))
    validity = packed_bits(~missing) if missing.any() else None
    return pa.DictionaryArray.from_buffers(data_type, len(places), [validity, indices], text_array(texts))


def spread(array: pa.Array, positions: NDArray[np.int32]) -> pa.Array:
    """An array with a row for each of `positions`, which count the rows of `array`; of texts chosen_texts makes it."""
    data_type = array.type
    missing = missing_of(array)[positions] if array.null_count else None
    if pa.types.is_boolean(data_type):
        flags = unpacked_bits(array.buffers()[1], len(array))[positions]
        return from_buffers(data_type, len(positions), [packed_bits(flags)], missing)
    if not pa.types.is_nested(data_type):
        values = np.frombuffer(array.buffers()[1], f"V{data_type.bit_width // 8}", len(array))
        return from_buffers(data_type, len(positions), [pa.py_buffer(values[positions].tobytes())], missing)
    offsets = np.frombuffer(array.buffers()[1], np.int32, len(array) + 1)
    buffers = [pa.py_buffer(offsets_of((offsets[1:] - offsets[:-1])[positions]))]
    if pa.types.is_map(data_type):
        keys, items = (spread_runs(part, offsets, positions) for part in (array.keys, array.items))
        return from_buffers(data_type, len(positions), buffers, missing, [entries_of(data_type, keys, items)])
    return from_buffers(data_type, len(positions), buffers, missing, [spread_runs(array.values, offsets, positions)])


def spread_runs(array: pa.Array, offsets: NDArray[np.int32], positions: NDArray[np.int32]) -> pa.Array:
    """The runs of values between `offsets` that `positions` say, one after the other; no value is missing."""
    if pa.types.is_dictionary(array.type):
        indices = spread_runs(array.indices, offsets, positions)
        return pa.DictionaryArray.from_buffers(array.type, len(indices), indices.buffers(), array.dictionary)
    if not pa.types.is_string(array.type):
        width = array.type.bit_width // 8
        octets = joined_runs(array.buffers()[1], offsets * width, positions)
        return from_buffers(array.type, len(octets) // width, [pa.py_buffer(octets)], None)
    places = np.frombuffer(array.buffers()[1], np.int32, len(array) + 1)
    octets = joined_runs(array.buffers()[2], places[offsets], positions)
    lengths = joined_runs(pa.py_buffer(places[1:] - places[:-1]), offsets * places.itemsize, positions)
    new_places = offsets_of(np.frombuffer(lengths, np.int32))
    return from_buffers(array.type, len(new_places) - 1, [pa.py_buffer(new_places), pa.py_buffer(octets)], None)


def joined_runs(buffer: pa.Buffer | None, offsets: NDArray[np.int32], positions: NDArray[np.int32]) -> bytes:
    """The runs of octets between `offsets` that `positions` say, one after the other."""
    octets = b"" if buffer is None else buffer.to_pybytes()
    places = offsets.tolist()
    return pack_runs([octets[start:end] for start, end in pairwise(places)], positions)
