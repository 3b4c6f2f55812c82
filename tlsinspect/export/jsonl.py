"""JSON Lines: one object per row, missing values as null."""

from __future__ import annotations

import json
from typing import BinaryIO

import pyarrow as pa

from .text import plain_value, times_as_text


class JsonLinesWriter:
    """Writes a line per row: times in ISO 8601, lists as arrays, maps as objects; ASCII only."""

    def __init__(self, out: BinaryIO, schema: pa.Schema) -> None:
        self.out = out
        self.schema = schema

    def write(self, rows: pa.RecordBatch) -> None:
        """Write some rows."""
        names = rows.schema.names
        columns = []
        for name in names:
            column = rows.column(name)
            values = times_as_text(column) if pa.types.is_timestamp(column.type) else column
            columns.append([plain_value(value) for value in values.to_pylist()])
        lines = [json.dumps(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]
        self.out.write("".join(line + "\n" for line in lines).encode("ascii"))

    def close(self) -> None:
        """Nothing stands at the end."""
