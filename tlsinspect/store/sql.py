"""SQL over a store, by DuckDB.

Goes in: one query, of views with the names and columns of the tables. Comes out: record batches with plain types.
Columns and days that the query does not need are not read: DuckDB hands both on to the datasets. The query can read
the views and nothing else: no file, no network, no setting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ..arguments import MOST_MEANT, is_unicode
from ..errors import StoreError
from ..statistics.wording import number_text
from .sink import STORED
from .store import DERIVED, Day, Store

if TYPE_CHECKING:
    import duckdb
    import pyarrow.dataset as ds

VIEWS = (*STORED, "captures", *DERIVED)
STORED_PREFIX = "stored_"  # before a view's name: what it is a view of
CANDIDATES = "Candidate bindings: "  # what DuckDB begins the line with that names columns like the one asked for
ROWS_AT_ONCE = 10_000
MICROSECONDS = 1_000_000
SETTINGS = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",  # a name is never a variable of this program
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "TimeZone": "'UTC'",
    "lock_configuration": "true",
}


class Answer:
    """The rows that a query gives: `schema`, and batches when it is iterated."""

    def __init__(self, reader: pa.RecordBatchReader) -> None:
        self.reader = reader
        names = distinct_names(reader.schema.names)
        types = map(plain_type, reader.schema.types)
        self.schema = pa.schema(list(zip(names, types, strict=True)))

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The rows, some at a time; raises StoreError where a value cannot be computed."""
        with errors_of_queries():
            for batch in self.reader:
                columns = [
                    plain_column(column, field.type) for column, field in zip(batch.columns, self.schema, strict=True)
                ]
                yield pa.RecordBatch.from_arrays(columns, schema=self.schema)


def query_store(store: Store, query: str, since: Day = None, until: Day = None) -> Answer:
    """Ask a store one SELECT, over the days asked for.

    Raises StoreError for what is no single SELECT, for a mistake in it, and where DuckDB is not installed.
    """
    try:
        import duckdb
    except ImportError as error:
        raise StoreError(store.url, "SQL needs the duckdb extra: pip install 'tlsinspect[duckdb]'") from error
    if not is_unicode(query):
        raise StoreError("query", "has octets that are no UTF-8")
    with errors_of_queries():
        statements = duckdb.extract_statements(query)
        kinds = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
        if len(statements) != 1 or statements[0].type not in kinds:
            raise StoreError("query", "a store answers one SELECT, and is never changed by one")
        connection = duckdb.connect(":memory:")
        for view in VIEWS:
            if re.search(rf"\b{view}\b", query, re.IGNORECASE):
                register(connection, view, store.dataset(view, since, until))
        for name, value in SETTINGS.items():
            connection.execute(f"SET {name}={value}")
        return Answer(connection.sql(query).to_arrow_reader(ROWS_AT_ONCE))


def register(connection: duckdb.DuckDBPyConnection, view: str, dataset: ds.Dataset) -> None:
    """Make a dataset known under a name, its times to the microsecond: DuckDB subtracts no others."""
    times = [field.name for field in dataset.schema if pa.types.is_timestamp(field.type)]
    casts = ", ".join(f'"{name}"::TIMESTAMPTZ AS "{name}"' for name in times)
    connection.register(f"{STORED_PREFIX}{view}", dataset)
    connection.execute(
        f'CREATE VIEW "{view}" AS SELECT *{f" REPLACE ({casts})" if times else ""} FROM "{STORED_PREFIX}{view}"'
    )


@contextmanager
def errors_of_queries() -> Iterator[None]:
    """DuckDB's errors as a StoreError of one line."""
    import duckdb

    try:
        yield
    except (duckdb.Error, pa.ArrowException) as error:
        raise StoreError("query", describe(str(error))) from error
    except OverflowError as error:  # a time that Python has not
        raise StoreError("query", f"a value cannot be written: {error}") from error


def describe(error: str) -> str:
    """DuckDB's message on one line, with the names that may have been meant."""
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    first, *others = lines or ["failed"]
    if re.match(r"Catalog Error: Table with name .* does not exist", first):
        return f"{first.rstrip('!')}; there are {', '.join(VIEWS)}"
    for line in others:
        if line.startswith(CANDIDATES):
            near = re.findall(r'"([^"]+)"', line)[:MOST_MEANT]
            return f"{first.rstrip('!')}; did you mean {' or '.join(near)}?"
    return first


def distinct_names(names: Sequence[str]) -> Iterator[str]:
    """The names of columns; one that several have gets a number behind it, as in a table that DuckDB makes of them."""
    taken: set[str] = set()
    for name in names:
        numbered = (f"{name}_{number}" for number in count(1))
        given = name if name not in taken else next(each for each in numbered if each not in {*taken, *names})
        taken.add(given)
        yield given


def plain_type(data_type: pa.DataType) -> pa.DataType:
    """The type that an output has: whole numbers, fractions, truth values, times, days, texts and lists of them."""
    if pa.types.is_decimal(data_type):
        return pa.int64() if data_type.scale == 0 else pa.float64()
    if pa.types.is_list(data_type):
        item = plain_type(data_type.value_type)
        return pa.list_(pa.string() if pa.types.is_temporal(item) else item)
    if pa.types.is_timestamp(data_type):
        return pa.timestamp("ns", data_type.tz)
    kept = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_date, pa.types.is_map)
    return data_type if any(is_kind(data_type) for is_kind in kept) else pa.string()


def plain_column(column: pa.Array, data_type: pa.DataType) -> pa.Array:
    """A column in that type; what has no other form is a text."""
    if column.type == data_type:
        return column
    try:
        return column.cast(data_type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        values = column.to_pylist()
        return pa.array([None if value is None else plain_value(value, data_type) for value in values], data_type)


def plain_value(value: Any, data_type: pa.DataType) -> Any:
    """A value that Arrow does not convert by itself."""
    if isinstance(value, pa.MonthDayNano):
        return span_text(*value)
    if pa.types.is_string(data_type):
        return value.hex() if isinstance(value, bytes) else str(value)
    if pa.types.is_list(data_type):
        return [None if item is None else plain_value(item, data_type.value_type) for item in value]
    return value


def span_text(months: int, days: int, nanoseconds: int) -> str:
    """The time between two moments, as DuckDB writes it: "2 days 03:04:05.000006"."""
    parts = [number_text(number, name) for number, name in ((months, "month"), (days, "day")) if number]
    minutes, rest = divmod(abs(nanoseconds) // 1000, 60 * MICROSECONDS)
    seconds, fraction = divmod(rest, MICROSECONDS)
    clock = f"{'-' if nanoseconds < 0 else ''}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    if nanoseconds or not parts:
        parts.append(f"{clock}.{fraction:06}" if fraction else clock)
    return " ".join(parts)
