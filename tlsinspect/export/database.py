"""All tables of a capture as one database file: SQLite, which every system has, or DuckDB.

Goes in: tables by name. Comes out: a file with a table for each of them, made anew, and one named `columns` that says
what every column means. A file that is there is replaced once the new one is whole; what is no file is left alone.
Values reach the database as parameters, names are ours.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..columns import table_columns
from ..errors import ToolError
from ..whole import part_of
from .text import nested_as_json, times_as_text

ROWS_AT_ONCE = 4096
KEYS = ("connection_id", "sha256", "server_name", "ja3", "ja4", "certificate_sha256")
"""Columns by which rows are looked up and joined: SQLite gets an index for each."""


def write_database(tables: Mapping[str, pa.Table], format_name: str, path: Path) -> None:
    """Write the tables to a database, `format_name` is sqlite or duckdb.

    Raises ToolError where duckdb is missing, OSError for a place that cannot be written, or where something else than
    a file is already.
    """
    write: Callable[[Mapping[str, pa.Table], Path], None] = {"sqlite": write_sqlite, "duckdb": write_duckdb}[
        format_name
    ]
    check_place(path)
    with part_of(path) as part:
        write({**tables, "columns": describe(tables)}, part)


def check_place(path: Path) -> None:
    """Raise OSError for what is there and no database can take the place of."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "a database has to be a regular file")


@contextmanager
def failures_of(*failures: type[Exception]) -> Iterator[None]:
    """Turn what a database raises for a place that cannot be written into an OSError of one line."""
    try:
        yield
    except failures as error:
        raise OSError(errno.EIO, str(error).partition("\n")[0]) from error


def describe(tables: Mapping[str, pa.Table]) -> pa.Table:
    """The table `columns`: what every column of the others means."""
    rows = [
        {"table_name": name, "column_name": column.name, "unit": column.unit, "meaning": column.meaning}
        for name in tables
        for column in table_columns(name)
    ]
    schema = pa.schema([(name, pa.string()) for name in ("table_name", "column_name", "unit", "meaning")])
    return pa.Table.from_pylist(rows, schema)


def write_sqlite(tables: Mapping[str, pa.Table], path: Path) -> None:
    """Write to SQLite: times as ISO 8601 with nanoseconds, lists and maps as JSON, truth values as 1 and 0."""
    with failures_of(sqlite3.OperationalError), closing(sqlite3.connect(path)) as database, database:
        for name, table in tables.items():
            columns = ", ".join(f'"{field.name}" {sqlite_type(field.type)}' for field in table.schema)
            database.execute(f'CREATE TABLE "{name}" ({columns})')
            places = ", ".join("?" * table.num_columns)
            for batch in table.to_batches(ROWS_AT_ONCE):
                values = [sqlite_values(column) for column in batch.columns]
                database.executemany(f'INSERT INTO "{name}" VALUES ({places})', zip(*values, strict=True))
            for key in KEYS:
                if key in table.schema.names:
                    database.execute(f'CREATE INDEX "{name}_{key}" ON "{name}" ("{key}")')


def sqlite_type(data_type: pa.DataType) -> str:
    """The storage class of a column."""
    if pa.types.is_integer(data_type) or pa.types.is_boolean(data_type):
        return "INTEGER"
    return "REAL" if pa.types.is_floating(data_type) else "TEXT"


def sqlite_values(column: pa.Array) -> list[Any]:
    """A column's values as SQLite stores them."""
    if pa.types.is_timestamp(column.type):
        column = times_as_text(column)
    elif pa.types.is_nested(column.type):
        column = nested_as_json(column)
    values: list[Any] = column.to_pylist()
    return values


def write_duckdb(tables: Mapping[str, pa.Table], path: Path) -> None:
    """Write to DuckDB, with lists and maps as such; times to the microsecond, as it subtracts no others."""
    try:
        import duckdb
    except ImportError:
        raise ToolError("duckdb", "the package is not installed: pip install 'tlsinspect[duckdb]'") from None

    with failures_of(duckdb.Error), closing(duckdb.connect(str(path))) as database:
        for name, table in tables.items():
            database.register("incoming", times_to_microseconds(table))
            database.execute(f'CREATE TABLE "{name}" AS SELECT * FROM incoming')
            database.unregister("incoming")


def times_to_microseconds(table: pa.Table) -> pa.Table:
    """A table whose times have microseconds, without the rest of their nanoseconds."""
    fields = [
        field.with_type(pa.timestamp("us", field.type.tz)) if pa.types.is_timestamp(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields), safe=False)
