"""The columns of LOOKS: a JSON text per distinct look, made of batches and read again.

A column says in its metadata of what its texts are made. Where that is not what LOOKS says, the file is of another
version, and is read as one without such columns.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ..errors import StoreError
from ..registry import is_grease
from ..tables.arrow import arrow_schema
from .catalogue import EXPLAINED, LOOKS, Part
from .encode import GREASE, Encoder, hash_parts

if TYPE_CHECKING:
    import pyarrow.parquet as pq

PREFIX, MADE_OF = "look_", b"made_of"
LONGEST_LOOK = 4096
"""Characters of a text that is kept: hellos of thousands of code points would cost more as texts than as lists."""


@cache
def look_fields() -> tuple[pa.Field, ...]:
    """The columns, in the order of LOOKS: texts by a dictionary."""
    kind = pa.dictionary(pa.int32(), pa.string())
    return tuple(pa.field(f"{PREFIX}{name}", kind, metadata={MADE_OF: made_of(parts)}) for name, parts in LOOKS.items())


def made_of(parts: tuple[Part, ...]) -> bytes:
    """What the texts of some parts are made of."""
    explained = EXPLAINED if any(part.looks_at == "reasons" for part in parts) else ()
    return json.dumps([parts, explained]).encode()


def has_looks(schema: pa.Schema) -> bool:
    """Whether a file has these columns, made as this version makes them."""
    for wanted in look_fields():
        place = schema.get_field_index(wanted.name)
        if place < 0 or (schema.field(place).metadata or {}).get(MADE_OF) != wanted.metadata[MADE_OF]:
            return False
    return True


def is_complete(metadata: pq.FileMetaData) -> bool:
    """Whether every row of a file with these columns has its texts."""
    places = [place for place in range(metadata.num_columns) if metadata.schema.column(place).path.startswith(PREFIX)]
    for group in range(metadata.num_row_groups):
        for place in places:
            statistics = metadata.row_group(group).column(place).statistics
            if statistics is None or not statistics.has_null_count or statistics.null_count:
                return False
    return True


def add_looks(batch: pa.RecordBatch, encoder: Encoder) -> pa.RecordBatch:
    """A batch of the connections table with the columns of LOOKS after its own."""
    fields = look_fields()
    columns = [make_looks(batch, parts, encoder) for parts in LOOKS.values()]
    schema = pa.schema([*batch.schema, *fields], batch.schema.metadata)
    return pa.RecordBatch.from_arrays([*batch.columns, *columns], schema=schema)


def make_looks(batch: pa.RecordBatch, parts: tuple[Part, ...], encoder: Encoder) -> pa.DictionaryArray:
    """One column: a text for each distinct look of these parts; null where it is longer than LONGEST_LOOK."""
    _, first, codes = np.unique(hash_parts(batch, parts, encoder), return_index=True, return_inverse=True)
    columns = [[seen(value, part) for value in batch.column(part.column).take(first).to_pylist()] for part in parts]
    texts = [json.dumps(look, separators=(",", ":")) for look in zip(*columns, strict=True)]
    long = np.array([len(text) > LONGEST_LOOK for text in texts], np.bool_)
    kept = ["" if too_long else text for text, too_long in zip(texts, long, strict=True)]
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32(), mask=long[codes]), pa.array(kept, pa.string()))


def seen(value: Any, part: Part) -> Any:
    """What is looked at in one value."""
    if part.looks_at == "present":
        return value is not None
    if value is None:
        return None
    if part.looks_at == "set":
        return sorted({GREASE if is_grease(code) else code for code in value})
    if part.looks_at == "reasons":
        return {column: reason for column, reason in value if column in EXPLAINED}
    return value


def read_looks(name: str, texts: list[str]) -> pa.Table:
    """The columns that texts of one of LOOKS were made of: a row for each text, with what is looked at and no more.

    Raises StoreError for a text that was made of nothing of the kind.
    """
    try:
        return columns_of(name, [json.loads(text) for text in texts])
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError, pa.ArrowException):
        raise StoreError("a file of the store", f"is damaged: a text in {PREFIX}{name} says nothing") from None


def columns_of(name: str, rows: list[Any]) -> pa.Table:
    """The columns of what texts say."""
    schema = arrow_schema("connections")
    columns = {}
    for place, part in enumerate(LOOKS[name]):
        values: list[Any] = [row[place] for row in rows]
        kind = schema.field(part.column).type
        if part.looks_at == "present":
            values = [(True if pa.types.is_boolean(kind) else 1) if value else None for value in values]
        elif part.looks_at == "reasons":
            values = [None if value is None else list(value.items()) for value in values]
        columns[part.column] = pa.array(values, kind)
    return pa.table(columns)
