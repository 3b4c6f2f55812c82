"""Tables -> files that other programs read: one module per format.

A format is a class with `write(rows)` for record batches as they come and `close()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = ("csv", "jsonl", "parquet", "arrow")
BINARY = frozenset({"parquet", "arrow"})  # nothing for a terminal
ENCODED = frozenset({"parquet"})  # whose writers take dictionary-encoded rows too


class Writer(Protocol):
    """Takes a table's rows in batches and writes them."""

    def write(self, rows: pa.RecordBatch) -> None:
        """Write some rows."""

    def close(self) -> None:
        """Write what has to stand at the end; the file itself stays open."""


def open_writer(format_name: str, out: BinaryIO, schema: pa.Schema) -> Writer:
    """The writer of a format, of FORMATS, for rows of `schema`."""
    if format_name == "csv":
        from .csv import CsvWriter

        return CsvWriter(out, schema)
    if format_name == "jsonl":
        from .jsonl import JsonLinesWriter

        return JsonLinesWriter(out, schema)
    if format_name == "arrow":
        from .ipc import ArrowWriter

        return ArrowWriter(out, schema)
    from .parquet import ParquetWriter

    return ParquetWriter(out, schema)
