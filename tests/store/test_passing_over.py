"""A filter on a store: the rows that it selects are those of the whole table, whatever files are passed over for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rotated_captures import read_records, write_capture
from samples import CAPTURES, inspect

import tlsinspect
from tlsinspect import Store
from tlsinspect.filters.compile import Filter
from tlsinspect.store.on_demand import ColumnsOnDemand
from tlsinspect.store.store import dataset_schema, guarantee

COMPARED = {
    "server_port": ("443", "70000", "25", "-1", "443.5", "0"),
    "version": ("0x0303", "0x0304", "771"),
    "client_bytes": ("517", "5000000000", "1e3"),
    "handshake_ms": ("3ms", "1.5", "0", "2s"),
    "time_start": ("'2026-11-22'", "'2026-11-22T09:00'", "'2026-11-22T12:30:00.5Z'", "'2026-11-23'"),
}
"""Numbers and times, and what they are compared with."""

TEXTS = {
    "version_name": ("'TLS 1.2'", "'TLS 1.3'", "'SSL 2.0'", "'0x0305'"),
    "server_name": ("'www.example'", "'www'", "'z'", "'\U0010ffff'"),
    "client_ip": ("'192.0.2.7'", "'198.51.100.25'"),
    "ja4": ("'t13'", "'x'", "''"),
}
NAMES = (*COMPARED, *TEXTS)


def draw_ordered(draw: Callable[[Any], Any]) -> str:
    name = draw(st.sampled_from(sorted(COMPARED)))
    operator = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
    sides = [name, draw(st.sampled_from(COMPARED[name]))]
    return f" {operator} ".join(sides if draw(st.booleans()) else sides[::-1])


def draw_listed(draw: Callable[[Any], Any]) -> str:
    name = draw(st.sampled_from(["server_port", "version_name", "time_start", "client_ip", "handshake_ms"]))
    items = draw(st.lists(st.sampled_from((COMPARED | TEXTS)[name]), max_size=3))
    return f"{name} {draw(st.sampled_from(['in', 'not in']))} [{', '.join(items)}]"


def draw_text(draw: Callable[[Any], Any]) -> str:
    name = draw(st.sampled_from(sorted(TEXTS)))
    text = draw(st.sampled_from(TEXTS[name]))
    if name == "client_ip":
        return f"{name} {draw(st.sampled_from(['==', '!=']))} {text}"
    return draw(st.sampled_from([f"{name} == {text}", f"{text} != {name}", f"{name}.startswith({text}, 'w')"]))


def draw_leaf(draw: Callable[[Any], Any]) -> str:
    null = f"{draw(st.sampled_from(NAMES))} is {draw(st.sampled_from(['', 'not ']))}null"
    return draw(st.sampled_from(["resumed", "gap", "len(server_name) > 11", "server_name is null", null]))


@st.composite
def conditions(draw: Callable[[Any], Any], depth: int = 3) -> str:
    """A filter with any shape that is passed over files for, and some that are not."""
    if depth == 0 or draw(st.integers(0, 2)) == 0:
        return draw(st.sampled_from([draw_ordered, draw_listed, draw_text, draw_leaf]))(draw)
    parts = [f"({draw(conditions(depth - 1))})" for _ in range(draw(st.integers(1, 3)))]
    return draw(st.sampled_from(["not ", ""])) + f"({draw(st.sampled_from([' and ', ' or '])).join(parts)})"


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    """Connections, of which some columns were put in order, so that row groups differ in what they have."""
    table = inspect("demo.pcapng").arrow("connections")
    return table.sort_by([("server_port", "ascending"), ("version", "descending"), ("connection_id", "ascending")])


@pytest.fixture(scope="module")
def dataset(rows: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> ds.Dataset:
    """The same in files of a few row groups, one of which lacks a column, as a store has them."""
    folder = tmp_path_factory.mktemp("rows")
    days, paths = [], []
    for number, begin in enumerate(range(0, len(rows), 180)):
        path = folder / f"{number}.parquet"
        part = rows.slice(begin, 180)
        pq.write_table(part if number else part.drop_columns(["ja4"]), path, row_group_size=31)
        paths.append(str(path))
        days.append(guarantee("connections", "2026-11-22"))
    return ds.FileSystemDataset.from_paths(
        paths, dataset_schema("connections"), ds.ParquetFileFormat(), pa.fs.LocalFileSystem(), days
    )


@settings(max_examples=12, deadline=None)
@given(where=conditions())
def test_rows_selected_are_the_same_with_and_without_passing_over_files(where: str, dataset: ds.Dataset) -> None:
    chosen = Filter(where)
    names = ["connection_id", "time_start", "server_name", "ja4"]
    whole = dataset.to_table(columns=sorted({*names, *chosen.columns}))
    wanted = chosen.apply(whole).sort_by([("time_start", "ascending"), ("connection_id", "ascending")])
    made = ColumnsOnDemand(dataset, chosen)
    assert made.select(names).equals(wanted.select(names).cast(made.select(names).schema))
    streamed = [batch.select(names) for batch in ColumnsOnDemand(dataset, chosen).batches(names)]
    assert sorted(row["connection_id"] for batch in streamed for row in batch.to_pylist()) == sorted(
        wanted["connection_id"].to_pylist()
    )


@pytest.mark.parametrize(
    ("where", "most"),
    [
        ("server_port == 25", 3), ("not (server_port != 25 or resumed)", 3), ("server_port > 5000 and gap", 8),
        ("server_port in [25, 110]", 4), ("time_start >= '2026-11-23'", 0), ("'2026-11-22' > time_start", 0),
        ("not time_start < '2026-11-23T00:00:00.000000001Z'", 0), ("version_name.startswith('U')", 1),
        ("server_port < 0.5", 18), ("server_port == 25 or len(server_name) > 300", 18),
    ],
)  # fmt: skip
def test_row_groups_in_which_nothing_can_be_selected_are_not_read(where: str, most: int, dataset: ds.Dataset) -> None:
    made = ColumnsOnDemand(dataset, Filter(where))
    groups = sum(len(fragment.row_groups) for fragment in made.perhaps.get_fragments())
    assert groups <= most
    assert len(made) == len(Filter(where).apply(dataset.to_table()))


@pytest.mark.parametrize("name", ["server_name", "version_name", "ja4"])
def test_texts_that_begin_so_are_found_whatever_follows(name: str, dataset: ds.Dataset) -> None:
    texts = dataset.to_table(columns=[name])[name].drop_null().to_pylist()
    for text in sorted(set(texts))[::3]:
        for prefix in (text[:2], text):
            found = ColumnsOnDemand(dataset, Filter(f"{name}.startswith('{prefix}')"))
            assert len(found) == sum(each.startswith(prefix) for each in texts) > 0, prefix


def test_rows_of_one_time_are_told_apart_where_a_piece_ends_between_them(rows: pa.Table, tmp_path: Path) -> None:
    times = pa.array([place // 10 for place in range(60)]).cast(rows.schema.field("time_start").type)
    pq.write_table(rows[:60].set_column(rows.schema.get_field_index("time_start"), "time_start", times), tmp_path / "a")
    made = ColumnsOnDemand(ds.dataset(tmp_path / "a"), None)
    pieces = list(made.pieces(7))
    assert [len(piece) for piece in pieces] == [7] * 8 + [4]
    assert pa.concat_tables(pieces).equals(made.whole)


def test_a_number_that_is_none_is_passed_over_by_no_comparison(tmp_path: Path) -> None:
    values = pa.table({"handshake_ms": pa.array([1.5, float("nan"), None])})
    pq.write_table(values, tmp_path / "a.parquet")
    stored = ds.dataset(tmp_path / "a.parquet")
    for where in ("handshake_ms != 1.5", "not handshake_ms < 5", "not handshake_ms in [1.5]", "handshake_ms < 2"):
        chosen = Filter(where)
        found = chosen.apply(stored.to_table(filter=chosen.hint))
        assert str(found.to_pylist()) == str(chosen.apply(values).to_pylist()) != "[]", where


def test_a_time_asks_only_the_files_of_its_days(tmp_path: Path) -> None:
    early = write_capture(tmp_path / "early.pcap", read_records(CAPTURES / "demo.pcapng")[:300])
    tlsinspect.ingest([early, CAPTURES / "handshakes" / "caddy.pcapng"], tmp_path / "store")
    store = Store(tmp_path / "store")
    assert len(store.days()) > 1
    day = store.days()[0]
    made = store.inspection(where=f"time_start < '{date.fromordinal(day.toordinal() + 1)}'").on_demand("connections")
    assert {Path(path).parent.name for path in made.perhaps.files} == {f"day={day}"}
    assert len(made) == store.rows("connections", until=day)
    for table in ("chains", "captures", "connection"):
        with pytest.raises(KeyError, match=table):
            store.rows(table)


def test_of_a_time_its_day_in_utc_is_chosen(tmp_path: Path) -> None:
    tlsinspect.ingest(CAPTURES / "demo.pcapng", tmp_path / "store")
    store = Store(tmp_path / "store")
    late = datetime(2026, 11, 21, 22, tzinfo=timezone(timedelta(hours=-5)))  # 2026-11-22 03:00 UTC
    assert store.rows("connections", until=late) == store.rows("connections", until=date(2026, 11, 22)) > 0
    assert store.rows("connections", since=late + timedelta(days=1)) == 0
    with pytest.raises(TypeError, match="20261122 is no date"):
        store.rows("connections", since=20261122)  # type: ignore[arg-type]
