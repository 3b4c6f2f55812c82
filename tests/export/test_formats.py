"""CSV, JSON Lines and Parquet: what is written can be read back, and nothing in it does harm."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.feather import read_table
from samples import CAPTURES, inspect

from tlsinspect.columns import COLUMNS
from tlsinspect.export import FORMATS, open_writer
from tlsinspect.export.parquet import ENCODED_GROUP_ROWS, ROW_GROUP_ROWS, column_paths
from tlsinspect.export.text import escape_cell
from tlsinspect.opening import TLS_PORTS, open_reading
from tlsinspect.tables import arrow_schema, empty_table

SAMPLE = "demo.pcapng"


def written(format_name: str, table: pa.Table, rows_at_once: int = 100) -> bytes:
    out = io.BytesIO()
    writer = open_writer(format_name, out, table.schema)
    for batch in table.to_batches(rows_at_once):
        writer.write(batch)
    writer.close()
    return out.getvalue()


def test_what_is_no_format_of_rows_is_refused_and_nothing_written() -> None:
    out = io.BytesIO()
    for name in ("xlsx", "sqlite", "zeek", ""):
        with pytest.raises(ValueError, match=f"no format of rows '{name}'"):
            open_writer(name, out, pa.schema({"text": pa.string()})).close()
    assert out.getvalue() == b""


def csv_rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def as_json(value: Any, type_name: str) -> Any:
    if value is None:
        return None
    if type_name == "timestamp":
        return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond * 1000 + value.nanosecond:09d}Z"
    return dict(value) if type_name == "map" else value


@pytest.mark.parametrize("name", COLUMNS)
def test_parquet_gives_back_the_table_with_its_types(name: str) -> None:
    table = inspect(SAMPLE).arrow(name)
    assert pq.read_table(io.BytesIO(written("parquet", table))).equals(table)


@pytest.mark.parametrize("name", COLUMNS)
def test_arrow_files_are_feather_and_give_back_the_table_with_its_types(name: str) -> None:
    table = inspect(SAMPLE).arrow(name)
    assert read_table(io.BytesIO(written("arrow", table))).equals(table)


@pytest.mark.parametrize("name", COLUMNS)
def test_json_lines_give_back_every_value(name: str) -> None:
    table = inspect(SAMPLE).arrow(name)
    data = written("jsonl", table)
    assert data.isascii()
    types = {column.name: column.type for column in COLUMNS[name]}
    found = [json.loads(line) for line in data.decode("ascii").splitlines()]
    expected = [{key: as_json(value, types[key]) for key, value in row.items()} for row in table.to_pylist()]
    assert found == expected


@pytest.mark.parametrize("name", COLUMNS)
def test_csv_gives_back_every_value_as_text(name: str) -> None:
    table = inspect(SAMPLE).arrow(name)
    rows = csv_rows(written("csv", table))
    assert len(rows) == table.num_rows
    for row, values in zip(rows, table.to_pylist(), strict=True):
        for column in COLUMNS[name]:
            found, value = row[column.name], values[column.name]
            if value is None:
                assert found == ""
            elif column.type.startswith("list") or column.type == "map":
                assert json.loads(found) == as_json(value, column.type)
            elif column.type == "timestamp":
                assert found == as_json(value, column.type)
            elif column.type == "bool":
                assert found == str(value).lower()
            elif column.type == "string":
                assert found == escape_cell(value)
            else:
                assert float(found) == value


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("rows_at_once", [1, 7, 1000])
def test_batches_of_any_size_hold_the_same_rows(format_name: str, rows_at_once: int) -> None:
    table = inspect(SAMPLE).arrow("connections").slice(0, 20)
    whole, parts = written(format_name, table, 1000), written(format_name, table, rows_at_once)
    if format_name == "parquet":
        assert pq.read_table(io.BytesIO(parts)).equals(pq.read_table(io.BytesIO(whole)))
    elif format_name == "arrow":
        assert read_table(io.BytesIO(parts)).equals(read_table(io.BytesIO(whole)))
    else:
        assert parts == whole


def test_no_rows_are_a_header_nothing_or_an_empty_table() -> None:
    empty = arrow_schema("alerts").empty_table()
    header = written("csv", empty).decode().strip()
    assert header.replace('"', "").split(",") == [column.name for column in COLUMNS["alerts"]]
    assert written("jsonl", empty) == b""
    assert pq.read_table(io.BytesIO(written("parquet", empty))).schema == empty.schema


@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\r=x", '"=1"', "a,b", 'say "x"', "'"]
)
def test_csv_cells_survive_quoting_and_are_no_formulas(text: str) -> None:
    table = hostile_table(text)
    [row] = csv_rows(written("csv", table))
    assert row["server_name"] == escape_cell(text)
    assert row["server_name"][:1] not in ("=", "+", "-", "@", "\t", "\r")
    assert json.loads(row["alpn_offered"]) == [text]


@pytest.mark.parametrize("format_name", ["csv", "jsonl"])
@pytest.mark.parametrize("text", ["\x1b]0;x\x07", "line\nfeed", "\u202e", "\x9b", "\u2028", "\x00"])
def test_text_formats_hold_no_control_characters(format_name: str, text: str) -> None:
    data = written(format_name, hostile_table(text)).decode()
    assert all(character.isprintable() or character == "\n" for character in data)
    assert data.count("\n") == (2 if format_name == "csv" else 1)


def test_parquet_keeps_text_as_it_was_sent() -> None:
    table = hostile_table("\x1b=\n")
    assert pq.read_table(io.BytesIO(written("parquet", table)))["server_name"].to_pylist() == ["\x1b=\n"]


def hostile_table(text: str) -> pa.Table:
    """A connections row in which the client named itself so."""
    row = {"server_name": text, "alpn_offered": [text], "unknown_reasons": []}
    return pa.Table.from_pylist([row], schema=arrow_schema("connections"))


@pytest.mark.parametrize("table", COLUMNS)
def test_parquet_knows_its_own_names_of_nested_columns(table: str) -> None:
    written_schema = pq.ParquetFile(io.BytesIO(written("parquet", empty_table(table)))).schema
    named = [path for field in arrow_schema(table) for path in column_paths(field)]
    assert [written_schema.column(place).path for place in range(len(written_schema))] == named


def test_parquet_keeps_what_a_schema_says_beside_its_types() -> None:
    schema = pa.schema([pa.field("text", pa.string(), metadata={"made": "here"})], metadata={"by": "us"})
    file = io.BytesIO()
    writer = open_writer("parquet", file, schema)
    writer.write(pa.record_batch({"text": ["a"]}))
    writer.close()
    assert pq.read_schema(file).equals(schema, check_metadata=True)


def test_parquet_of_encoded_rows_is_that_of_plain_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlsinspect.reading.ROWS_PER_BATCH", 50)
    for name in ("ROW_GROUP_ROWS", "ENCODED_GROUP_ROWS"):
        monkeypatch.setattr(f"tlsinspect.export.parquet.{name}", 100)
    files = []
    for encoded in (False, True):
        files.append(io.BytesIO())
        writer = open_writer("parquet", files[-1], arrow_schema("connections"))
        for batch in open_reading(CAPTURES / SAMPLE, TLS_PORTS, ["connections"], encoded=encoded):
            writer.write(batch.rows)
        writer.close()
    plain, made = (pq.read_table(file) for file in files)
    assert made.equals(plain, check_metadata=True)
    chunks = [
        [
            (chunk.path_in_schema, chunk.encodings, chunk.statistics and chunk.statistics.to_dict())
            for group in range(metadata.num_row_groups)
            for chunk in map(metadata.row_group(group).column, range(metadata.num_columns))
        ]
        for metadata in map(pq.read_metadata, files)
    ]
    assert chunks[0] == chunks[1]
    assert len(chunks[0]) > 169
    assert len(files[1].getvalue()) < 1.01 * len(files[0].getvalue())


@pytest.mark.parametrize(
    ("data_type", "wanted"),
    [(pa.string(), ROW_GROUP_ROWS), (pa.dictionary(pa.int32(), pa.string()), ENCODED_GROUP_ROWS)],
)
def test_parquet_gathers_batches_to_row_groups(data_type: pa.DataType, wanted: int) -> None:
    rows = pa.table({"text": pa.array(["a", "b", "b", None] * (wanted // 2) + ["c"] * 5).cast(data_type)})
    file = io.BytesIO()
    writer = open_writer("parquet", file, pa.schema({"text": pa.string()}))
    for batch in rows.to_batches(max_chunksize=wanted // 4):
        writer.write(batch)
    writer.close()
    groups = pq.read_metadata(file)
    assert [groups.row_group(place).num_rows for place in range(groups.num_row_groups)] == [*[wanted] * 2, 5]
    assert pq.read_table(file).equals(rows.cast(pa.schema({"text": pa.string()})))
