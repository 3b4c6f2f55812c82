"""Tables -> files that other programs read: one module per format.

A format of rows is a class with `write(rows)` for record batches as they come and `close()`; a database holds several
tables; another tool's format what that tool knows of a whole inspection.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from ..arguments import check_inspection
from ..whole import open_whole
from .tools import FILES, FOLDERS, TIMED, write_file, write_folder

if TYPE_CHECKING:
    import pyarrow as pa

    from ..capture import CaptureSource
    from ..inspection import Inspection

__all__ = [
    "BINARY",
    "DATABASES",
    "ENCODED",
    "FILES",
    "FOLDERS",
    "FORMATS",
    "TIMED",
    "Writer",
    "open_writer",
    "write_export",
]

FORMATS = ("csv", "jsonl", "parquet", "arrow")
DATABASES = ("sqlite", "duckdb")
BINARY = frozenset({"parquet", "arrow"})  # nothing for a terminal
ENCODED = frozenset({"parquet"})  # whose writers take dictionary-encoded rows too


class Writer(Protocol):
    """Takes a table's rows in batches and writes them."""

    def write(self, rows: pa.RecordBatch) -> None:
        """Write some rows."""

    def close(self) -> None:
        """Write what has to stand at the end; the file itself stays open."""


def open_writer(format_name: str, out: BinaryIO, schema: pa.Schema) -> Writer:
    """The writer of a format, of FORMATS, for rows of `schema`; raises ValueError for another."""
    if format_name == "csv":
        from .csv import CsvWriter

        return CsvWriter(out, schema)
    if format_name == "jsonl":
        from .jsonl import JsonLinesWriter

        return JsonLinesWriter(out, schema)
    if format_name == "arrow":
        from .ipc import ArrowWriter

        return ArrowWriter(out, schema)
    if format_name == "parquet":
        from .parquet import ParquetWriter

        return ParquetWriter(out, schema)
    raise ValueError(f"there is no format of rows {format_name!r}")


def write_export(inspection: Inspection, format_name: str, path: str | os.PathLike[str], table: str = "") -> list[Path]:
    """Write an inspection in a format, as `tlsinspect export` does, and return the files: docs/exports.md.

    csv, jsonl, parquet and arrow hold one table, the connections unless another is named; sqlite and duckdb all of
    them, or the one; zeek and zeek-json are files in the folder `path`, which is made; eve, ecs, stix, misp and cbom
    one file. What is there is replaced. Raises ValueError for another format, for a table where the format has rows of
    its own, and for a path that is one of the captures; KeyError for a table that is not in COLUMNS; OSError where
    writing fails; ToolError where duckdb is not installed.
    """
    check_inspection(inspection, "what is written is")
    place = Path(path)
    if format_name not in (*FORMATS, *DATABASES, *FOLDERS, *FILES):
        known = ", ".join((*FORMATS, *DATABASES, *FOLDERS, *FILES))
        raise ValueError(f"there is no format {format_name!r}; there are {known}")
    if table and format_name in (*FOLDERS, *FILES):
        raise ValueError(f"{format_name} has rows of its own, and no table can be chosen")
    if is_capture(place, inspection.reading.sources):
        raise ValueError(f"{str(place)!r} is one of the captures: it would be overwritten")
    if format_name in FOLDERS:
        return write_folder(inspection, format_name, place)
    if format_name in DATABASES:
        from ..columns import COLUMNS
        from .database import write_database

        names = [table] if table else list(COLUMNS)
        write_database({name: inspection.arrow(name) for name in names}, format_name, place)
        return [place]
    rows = inspection.arrow(table or "connections") if format_name in FORMATS else None
    with open_whole(place) as out:
        if rows is None:
            write_file(inspection, format_name, out)
        else:
            write_rows(rows, format_name, out)
    return [place]


def write_rows(rows: pa.Table, format_name: str, out: BinaryIO) -> None:
    """Write a whole table in a format of FORMATS."""
    writer = open_writer(format_name, out, rows.schema)
    for batch in rows.combine_chunks().to_batches():
        writer.write(batch)
    writer.close()


def is_capture(path: Path, sources: Iterable[CaptureSource]) -> bool:
    """Whether a file is one of the captures that were read."""
    return path.exists() and any(source.location is not None and path.samefile(source.location) for source in sources)
