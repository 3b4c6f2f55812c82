"""Rows are held with each text once, and are the same as if they were not."""

from __future__ import annotations

import pickle

import pyarrow as pa
import pytest
from samples import DEMO

from tlsinspect import read
from tlsinspect.inspection import ORDER
from tlsinspect.opening import TLS_PORTS, open_reading
from tlsinspect.reading import BATCH_TABLES
from tlsinspect.report.text import render_summary
from tlsinspect.statistics.rows import looked_up, one_piece
from tlsinspect.tables.arrow import ENCODED_TYPES, arrow_schema, value_array
from tlsinspect.tables.encoded import EncodedColumns, decode, sort_encoded, unite
from tlsinspect.tables.on_demand import ByColumn


def plain_tables() -> dict[str, pa.Table]:
    """The tables as batches say them, without encoding, in the order of an inspection."""
    batches: dict[str, list[pa.RecordBatch]] = {name: [] for name in BATCH_TABLES}
    for batch in open_reading(DEMO, TLS_PORTS, BATCH_TABLES):
        batches[batch.table].append(batch.rows)
    return {
        name: pa.Table.from_batches(batches[name], arrow_schema(name)).sort_by([(key, "ascending") for key in keys])
        for name, keys in ORDER.items()
    }


def test_tables_are_those_of_plain_rows_whole_and_by_column() -> None:
    inspection = read(DEMO)
    for name, wanted in plain_tables().items():
        by_column = inspection.on_demand(name)
        assert isinstance(by_column, ByColumn)
        assert len(by_column) == len(wanted)
        for column in wanted.schema:
            assert by_column[column.name].type == column.type
            assert by_column[column.name].to_pylist() == wanted[column.name].to_pylist(), column.name
        assert by_column.span(3, 9).equals(wanted.slice(3, 6))
        assert pa.concat_tables(by_column.pieces(100)).equals(wanted)
        assert inspection.arrow(name).equals(wanted)
        assert isinstance(inspection.on_demand(name), pa.Table)  # both would be held


def test_connections_take_less_than_half_of_what_they_take_whole() -> None:
    inspection = read(DEMO)
    held = inspection.on_demand("connections")
    assert isinstance(held, EncodedColumns)
    assert 2 * sum(column.nbytes for column in held.encoded.values()) < held.whole.nbytes


def test_a_summary_or_a_pivot_decodes_no_reasons_and_no_messages() -> None:
    inspection = read(DEMO)
    render_summary(inspection)
    inspection.pivot("names")
    inspection.arrow("validation")
    connections, messages = inspection.on_demand("connections"), inspection.on_demand("messages")
    assert isinstance(connections, EncodedColumns) and isinstance(messages, EncodedColumns)
    assert "unknown_reasons" not in connections.made
    assert not messages.made


def test_reasons_are_looked_up_as_in_the_plain_column() -> None:
    inspection = read(DEMO)
    by_column = inspection.on_demand("connections")
    some = by_column.filter(pa.array([number % 3 == 0 for number in range(len(by_column))]))
    for name in ("server_name", "certificate_sha256s", "quic_retry", "connection_id"):
        for rows in (by_column, some):
            wanted = [dict(each).get(name) for each in rows["unknown_reasons"].to_pylist()]
            assert looked_up(rows, "unknown_reasons", name).to_pylist() == wanted


def test_an_inspection_is_pickled_by_its_encoded_columns() -> None:
    inspection = read(DEMO)
    again = pickle.loads(pickle.dumps(inspection))
    assert isinstance(again.on_demand("connections"), EncodedColumns)
    assert again.arrow("connections").equals(inspection.arrow("connections"))


def test_a_frame_that_was_changed_is_the_one_that_is_counted() -> None:
    inspection = read(DEMO)
    inspection.connections["server_name"] = "changed.test"
    assert set(inspection.frame_on_demand()["server_name"]) == {"changed.test"}


def test_rows_of_a_frame_by_place_decode_no_others() -> None:
    inspection, wanted = read(DEMO), read(DEMO).connections
    connections = inspection.on_demand("connections")
    frame = inspection.frame_on_demand()
    some = frame.head(40)
    assert len(some) == 40
    assert some.iloc[10:30].equals(wanted.iloc[10:30])
    assert some.iloc[30:50].equals(wanted.iloc[30:40])
    assert frame.iloc[500:].equals(wanted.iloc[500:])
    assert frame.head(10_000)["issuer"].equals(wanted["issuer"])
    assert set(connections.made) <= {"issuer"}
    assert some.equals(wanted.head(40))


@pytest.mark.parametrize("empty", [[], [{}], [{}, {"a": "x"}]])
def test_maps_of_several_batches_share_a_dictionary(empty: list[dict[str, str]]) -> None:
    batches = [empty, [{"a": "x", "b": "y"}, {"b": "x"}], [{"b": "x"}, {"y": "a"}, {}, {"a": "x", "b": "y"}]]
    values = [[list(each.items()) for each in batch] for batch in batches]
    united = unite([value_array(batch, ENCODED_TYPES["map"]) for batch in values])
    assert decode(united).to_pylist() == [each for batch in values for each in batch]
    assert len(united.chunk(0).dictionary) == len({repr(each) for batch in values for each in batch})


def test_no_batches_are_no_rows() -> None:
    assert sort_encoded("messages", [], ORDER["messages"]).whole.equals(arrow_schema("messages").empty_table())


def test_a_column_in_one_piece_is_not_copied() -> None:
    array = pa.array(["a text", "another one"])
    assert one_piece(pa.chunked_array([array])).buffers()[2].address == array.buffers()[2].address
    assert one_piece(pa.chunked_array([array, array])).to_pylist() == array.to_pylist() * 2
