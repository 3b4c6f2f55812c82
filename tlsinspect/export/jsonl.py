"""JSON Lines: one object per row, missing values as null."""

from __future__ import annotations

import json
from typing import BinaryIO

import pyarrow as pa

from .text import plain_values


class JsonLinesWriter:
    """Writes a line per row: times in ISO 8601, lists as arrays, maps as objects; ASCII only."""

    def __init__(self, out: BinaryIO, schema: pa.Schema) -> None:
        self.out = out
        self.schema = schema

    def write(self, rows: pa.RecordBatch) -> None:
        """Write some rows."""
        names = rows.schema.names
        columns = [plain_values(rows.column(name)) for name in names]
        lines = [json.dumps(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]
        self.out.write("".join(line + "\n" for line in lines).encode("ascii"))

    def close(self) -> None:
        """Nothing stands at the end."""
