"""CSV (RFC 4180) that is safe to open in a spreadsheet."""

from __future__ import annotations

from typing import BinaryIO

import pyarrow as pa
from pyarrow import csv

from ..tables.arrow import Shared
from .text import escape_cell, nested_as_json, times_as_text


class CsvWriter:
    """Writes a header and rows: times in ISO 8601, lists and maps as JSON, texts without formulas."""

    def __init__(self, out: BinaryIO, schema: pa.Schema) -> None:
        self.schema = pa.schema([(field.name, flat_type(field.type)) for field in schema])
        self.writer = csv.CSVWriter(out, self.schema)

    def write(self, rows: pa.RecordBatch) -> None:
        """Write some rows."""
        columns = [flat_column(rows.column(name)) for name in rows.schema.names]
        self.writer.write(pa.RecordBatch.from_arrays(columns, schema=self.schema))

    def close(self) -> None:
        """Nothing stands at the end of a CSV file."""
        self.writer.close()


def flat_type(data_type: pa.DataType) -> pa.DataType:
    """The type a column has in CSV: numbers and truth values as they are, the rest text."""
    if pa.types.is_nested(data_type) or pa.types.is_temporal(data_type):
        return pa.string()
    return data_type


def flat_column(column: pa.Array) -> pa.Array:
    """A column as CSV has it."""
    if pa.types.is_timestamp(column.type):
        return times_as_text(column)
    if pa.types.is_date(column.type):
        return column.cast(pa.string())
    if pa.types.is_nested(column.type):
        column = nested_as_json(column)
    if pa.types.is_string(column.type):
        return Shared(column.to_pylist()).column(lambda text: None if text is None else escape_cell(text), pa.string())
    return column
