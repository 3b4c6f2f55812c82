"""A large table becomes CSV some rows at a time, and is the same as at once."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from samples import DEMO

from tlsinspect import read
from tlsinspect.charts import files
from tlsinspect.export.csv import CsvWriter


def test_parts_are_the_same_as_the_whole_and_small(monkeypatch: pytest.MonkeyPatch) -> None:
    inspection = read(DEMO)
    whole = files.csv_bytes(inspection.connections)
    sizes, write = [], CsvWriter.write

    def count(writer: CsvWriter, rows: pa.RecordBatch) -> Any:
        sizes.append(rows.num_rows)
        return write(writer, rows)

    monkeypatch.setattr(files, "ROWS_AT_ONCE", 50)
    monkeypatch.setattr(CsvWriter, "write", count)
    assert files.csv_bytes(inspection.connections) == whole
    assert files.csv_bytes(read(DEMO).frame_on_demand()) == whole
    assert max(sizes) == 50


def test_a_table_without_rows_has_a_header() -> None:
    frame = read(DEMO).connections.head(0)
    assert files.csv_bytes(frame).startswith(b'"connection_id",')
