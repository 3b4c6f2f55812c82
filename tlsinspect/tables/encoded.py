"""Rows that are held with each text once, and decoded by column where they are asked for.

Goes in: batches of rows in any order, dictionary-encoded (see build_gathered) or not. Comes out: a table by column,
sorted, in which what comes again and again takes four octets a row: a third of the connections table as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .arrow import TYPES, arrow_schema, entries_of, from_buffers, number_array, offsets_of, text_array
from .on_demand import ByColumn
from .pack import pack_keys

DECODED_ROWS = 4096  # some 12 MB
MOST_KEYS = 1 << 16  # that fit the half of an entry's number


class EncodedColumns(ByColumn):
    """A table of COLUMNS whose columns are kept in `encoded` and decoded when they are asked for."""

    def __init__(self, schema: pa.Schema, encoded: dict[str, pa.ChunkedArray], rows: int) -> None:
        self.schema = schema
        self.encoded = encoded
        self.rows = rows
        self.made = {}

    def read(self, names: Sequence[str]) -> None:
        """Decode those of some columns that were not decoded yet."""
        self.made.update({name: decode(self.encoded[name]) for name in names if name not in self.made})

    def looked_up(self, name: str, key: str) -> pa.Array:
        """What a column of maps has under a key: looked up in each distinct map once."""
        import pyarrow.compute as pc  # dear to import

        column = self.encoded[name].combine_chunks()
        if not pa.types.is_dictionary(column.type):
            return pc.map_lookup(column, key, "first")
        return pc.map_lookup(column.dictionary, key, "first").take(column.indices)

    def part(self, begin: int, end: int) -> EncodedColumns:
        """Rows from one place up to another, which are decoded apart from the others."""
        columns = {name: column.slice(begin, end - begin) for name, column in self.encoded.items()}
        return EncodedColumns(self.schema, columns, end - begin)

    def span(self, begin: int, end: int) -> pa.Table:
        """Rows from one place up to another, whole: only they are decoded."""
        return self.part(begin, end).whole

    def pieces(self, rows: int = DECODED_ROWS) -> Iterator[pa.Table]:
        """All rows in their order, so many at a time."""
        return super().pieces(rows)

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return self.rows


def encode(rows: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
    """The same rows, some columns of which are dictionary-encoded."""
    arrays = [
        array.dictionary_encode() if name in names else array
        for name, array in zip(rows.schema.names, rows.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, names=rows.schema.names) if names else rows


def sort_encoded(table: str, batches: list[pa.RecordBatch], keys: Sequence[str]) -> EncodedColumns:
    """The rows of all batches in the order of some columns that are not encoded; the batches are let go of."""
    import pyarrow.compute as pc  # dear to import

    schema, rows = arrow_schema(table), sum(batch.num_rows for batch in batches)
    if not batches:
        return EncodedColumns(schema, dict(zip(schema.names, schema.empty_table().columns, strict=True)), 0)
    sought = pa.Table.from_batches([batch.select(list(keys)) for batch in batches])
    order = pc.sort_indices(sought, sort_keys=[(key, "ascending") for key in keys])
    parts = {name: [batch.column(name) for batch in batches] for name in schema.names}
    batches.clear()
    return EncodedColumns(schema, {name: unite(parts.pop(name)).take(order) for name in schema.names}, rows)


def unite(parts: Sequence[pa.Array]) -> pa.ChunkedArray:
    """The parts of a column as one, with one dictionary where they have any."""
    kind = parts[0].type
    if pa.types.is_map(kind) and pa.types.is_dictionary(kind.key_type):
        return unite_maps(parts)
    column = pa.chunked_array(parts)
    return column.unify_dictionaries() if pa.types.is_dictionary(kind) else column


def unite_maps(parts: Sequence[pa.MapArray]) -> pa.ChunkedArray:
    """The same of maps whose texts are encoded and of which few differ: a dictionary of the maps themselves."""
    keys: dict[str, int] = {}
    items: dict[str, int] = {}
    index: dict[bytes, int] = {}
    positions = [np.zeros(len(part), np.int32) for part in parts]
    for part, places in zip(parts, positions, strict=True):
        entries = numbers_of(part.keys, keys) << 16 | numbers_of(part.items, items)
        octets, ends = entries.tobytes(), (whole_numbers(part.offsets) * entries.itemsize).tolist()
        pack_keys([octets[start:end] for start, end in pairwise(ends)], index, places)
    entries = np.frombuffer(b"".join(index), np.int64)
    lengths = np.array([len(each) // entries.itemsize for each in index], np.int32)
    child = entries_of(
        TYPES["map"],
        text_array(keys).take(number_array(entries >> 16, pa.int64())),
        text_array(items).take(number_array(entries & (MOST_KEYS - 1), pa.int64())),
    )
    maps = from_buffers(TYPES["map"], len(lengths), [pa.py_buffer(offsets_of(lengths))], None, [child])
    return pa.chunked_array(
        [pa.DictionaryArray.from_arrays(number_array(places, pa.int32()), maps) for places in positions]
    )


def numbers_of(texts: pa.DictionaryArray, known: dict[str, int]) -> NDArray[np.int64]:
    """The number of each text among all that are known, which those are added to that are new."""
    numbers = np.array([known.setdefault(text, len(known)) for text in texts.dictionary.to_pylist()], np.int64)
    each: NDArray[np.int64] = numbers[whole_numbers(texts.indices)]
    return each


def whole_numbers(array: pa.Array) -> NDArray[Any]:
    """The values of an array of signed numbers, none of which is missing; its own to_numpy loads pandas first."""
    width = array.type.bit_width // 8
    if not len(array):
        return np.zeros(0, f"i{width}")
    return np.frombuffer(array.buffers()[1], f"i{width}", len(array), array.offset * width)


def decode(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column with each row's own value."""
    if not pa.types.is_dictionary(column.type):
        return column
    return pa.chunked_array([part.dictionary.take(part.indices) for part in column.chunks], column.type.value_type)
