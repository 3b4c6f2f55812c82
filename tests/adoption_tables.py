"""Datasets as a store has them, made from what was read of a sample capture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from samples import inspect

DAY = 86_400 * 10**9
EPOCH = date(1970, 1, 1)


@cache
def table(name: str) -> pa.Table:
    """A frame of the demo capture."""
    return pa.Table.from_pandas(getattr(inspect("demo.pcapng"), name), preserve_index=False).replace_schema_metadata()


def dataset(name: str) -> ds.Dataset:
    """The same as a dataset in memory."""
    return ds.dataset(table(name))


def with_column(rows: pa.Table, name: str, values: pa.Array) -> pa.Table:
    """A table with one column's values replaced."""
    place = rows.schema.get_field_index(name)
    return rows.set_column(place, rows.schema.field(place), values.cast(rows.schema.field(place).type))


def on_days(rows: pa.Table, days: Sequence[date]) -> pa.Table:
    """The rows, each moved to the noon of its day."""
    times = [(day - EPOCH).days * DAY + DAY // 2 for day in days]
    return with_column(rows, "time_start", pa.array(times, pa.int64()).cast(pa.timestamp("ns", "UTC")))


def by_day(folder: Path, rows: pa.Table, days: Sequence[date]) -> ds.Dataset:
    """The connections, each moved to its day, as files in a folder of each day."""
    moved = on_days(rows, days)
    for day in sorted(set(days)):
        place = folder / f"day={day}"
        place.mkdir(parents=True)
        pq.write_table(moved.filter(pa.array([each == day for each in days])), place / "part.parquet")
    return ds.dataset(folder, partitioning=ds.partitioning(pa.schema([("day", pa.date32())]), flavor="hive"))
