"""What is read of a store: the columns that are asked for and no others, and the same answers from them."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from samples import CAPTURES

import tlsinspect
from tlsinspect import Inspection, Store
from tlsinspect.answers import build_answers
from tlsinspect.charts import compose_chart
from tlsinspect.charts.files import csv_bytes
from tlsinspect.columns import COLUMNS
from tlsinspect.filters.compile import Filter
from tlsinspect.indicators import read_indicators
from tlsinspect.pivots.group import USED
from tlsinspect.report.notable import find_notable
from tlsinspect.statistics import build_shares
from tlsinspect.statistics.memory import remember
from tlsinspect.store import on_demand
from tlsinspect.store.on_demand import ColumnsOnDemand
from tlsinspect.tables.on_demand import FrameOnDemand

WHERE = "server_port == 443 and version_name is not null"


class Recording:
    """A dataset that remembers which columns it was asked for."""

    def __init__(self, dataset: Any, asked: set[str]) -> None:
        self.dataset, self.asked = dataset, asked

    def to_table(self, columns: list[str]) -> Any:
        self.asked.update(columns)
        return self.dataset.to_table(columns=columns)

    def to_batches(self, columns: list[str]) -> Any:
        self.asked.update(columns)
        return self.dataset.to_batches(columns=columns)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.dataset, name)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store of a few files a day, whose rows are not in order."""
    folder = tmp_path_factory.mktemp("stores") / "some"
    for name in ("firefox.pcapng", "caddy.pcapng"):
        tlsinspect.ingest(CAPTURES / "handshakes" / name, folder)
    tlsinspect.ingest(CAPTURES / "demo.pcapng", folder)
    return Store(folder)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """The columns that are asked for from now on, by table."""
    found: dict[str, set[str]] = {}
    real, real_subset = Store.dataset, on_demand.subset

    def dataset(self: Store, table: str, *days: Any) -> Recording:
        return Recording(real(self, table, *days), found.setdefault(table, set()))

    def subset(dataset: Recording, groups: Any) -> Recording:
        return Recording(real_subset(dataset, groups), dataset.asked)

    monkeypatch.setattr(Store, "dataset", dataset)
    monkeypatch.setattr(on_demand, "subset", subset)
    return found


def whole(store: Store, where: str) -> Inspection:
    """The same of a store whose connections were read whole, and are no longer those of a store."""
    rows = store.inspection(where=where)
    made = {name: rows.arrow(name) for name in ("connections", "messages", "alerts", "problems", "ports", "captures")}
    return Inspection(made, rows.reading, rows.reading_arguments, where)


def names_of(frames: Inspection) -> Any:
    return frames.pivot_arrow("names").to_pylist()


def findings_of(frames: Inspection) -> Any:
    return frames.arrow("findings").to_pylist()


def ledger_of(frames: Inspection) -> Any:
    return frames.quantum().servers.to_dict("records")


def whatif_of(frames: Inspection) -> Any:
    return frames.whatif(drop="TLS 1.2,CBC").shares.to_dict("records")


def versions_of(frames: Inspection) -> Any:
    return build_shares("versions", remember(frames)).table.to_dict("records")


def notable_of(frames: Inspection) -> Any:
    return find_notable(remember(frames))


def chart_of(frames: Inspection) -> Any:
    return compose_chart("versions", frames).numbers.to_dict("records")


def answers_of(frames: Inspection) -> Any:
    return [(answer.answer, answer.cases) for answer in build_answers(frames, "")]


def cases_of(frames: Inspection) -> Any:
    return frames.cases("names-per-certificate").to_dict("records")


ASKS: dict[Callable[[Inspection], Any], int] = {
    names_of: len(USED), findings_of: 105, ledger_of: 20, whatif_of: 40, versions_of: 25, notable_of: 30,
    chart_of: 25, answers_of: 55, cases_of: 20,
}  # fmt: skip
"""What is asked of connections, and how many of their columns it may read at most."""


@pytest.mark.parametrize("where", ["", WHERE])
@pytest.mark.parametrize("ask", ASKS)
def test_an_answer_from_few_columns_is_that_from_all(
    store: Store, asked: dict[str, set[str]], ask: Callable[[Inspection], Any], where: str
) -> None:
    found = ask(store.inspection(where=where))
    read = set(asked["connections"])
    assert len(read) <= ASKS[ask] < len(COLUMNS["connections"])
    assert found == ask(whole(store, where))
    assert found


def test_what_indicators_find_is_added_to_the_findings_of_a_store(store: Store, tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("\n".join(store.inspection().connections["server_name"].dropna().unique()[:2]), encoding="utf-8")
    inspection = store.inspection()
    matched = inspection.with_indicators(read_indicators([str(listed)]))
    assert len(matched.arrow("findings")) > len(inspection.arrow("findings"))
    assert matched.arrow("connections").equals(inspection.arrow("connections"))
    some = matched.where("server_port == 443")
    assert len(some.arrow("findings")) > len(inspection.where("server_port == 443").arrow("findings"))


def test_a_table_that_is_not_asked_for_is_not_read(store: Store, asked: dict[str, set[str]]) -> None:
    store.inspection().quantum()
    assert set(asked) == {"connections"}


def test_columns_come_in_the_order_and_with_the_rows_of_the_whole_table(store: Store) -> None:
    for where in ("", WHERE, "1 == 2", "1 == 1"):
        table = store.inspection(where=where).arrow("connections")
        columns = store.inspection(where=where).on_demand("connections")
        assert isinstance(columns, ColumnsOnDemand)
        assert columns.num_rows == table.num_rows
        for name in ("connection_id", "unknown_reasons", "cipher_suites"):
            assert columns[name].equals(table[name])
        assert table["time_start"].to_pylist() == sorted(table["time_start"].to_pylist())


def test_a_frame_by_column_answers_as_the_frame(store: Store, asked: dict[str, set[str]]) -> None:
    inspection = store.inspection()
    some = FrameOnDemand(inspection.on_demand("connections"))
    mask = (some["server_port"] == 443).fillna(False).astype(bool)
    chosen = some[mask]
    listed = chosen.loc[:, ["server_name", "ja4"]]
    one = chosen.reset_index(drop=True).loc[[0], "server_name"]
    assert asked["connections"] == {"time_start", "connection_id", "server_port", "server_name", "ja4"}
    frame = inspection.connections
    wanted = frame[mask]
    assert listed.equals(wanted[["server_name", "ja4"]])
    assert one.equals(wanted.reset_index(drop=True).loc[[0], "server_name"])
    assert chosen.whole.equals(wanted)
    assert chosen.sort_values("connection_id").equals(wanted.sort_values("connection_id"))
    assert 0 < len(chosen) < len(some) == len(frame)


def test_of_many_small_files_the_last_columns_are_read_in_one_pass(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_demand, "MANY_FILES", 2)
    passes: list[int] = []
    real = ColumnsOnDemand.scan
    monkeypatch.setattr(ColumnsOnDemand, "scan", lambda self, names: passes.append(len(names)) or real(self, names))
    found = findings_of(store.inspection(where=WHERE))
    rows = len(passes) - 1  # but for the one that puts them in order
    assert rows == on_demand.PASSES + 1 and max(passes) > 100
    assert found == findings_of(whole(store, WHERE))
    passes.clear()
    monkeypatch.setattr(on_demand, "PIECE_ROWS", 100)
    assert findings_of(store.inspection(where=WHERE)) == found
    assert len(passes) > 40, "too many rows to be held whole"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The files of connections that were opened together, of which two are at a time."""
    monkeypatch.setattr(on_demand, "FILES_AT_ONCE", 2)
    together: list[list[str]] = []
    for name in ("read_rows", "iter_rows"):
        real = getattr(on_demand, name)
        monkeypatch.setattr(
            on_demand, name, lambda dataset, names, real=real: together.append(dataset.files) or real(dataset, names)
        )
    return together


def test_many_small_files_are_opened_once_and_few_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch, opened: list[list[str]]
) -> None:
    files = store.dataset("connections").files
    monkeypatch.setattr(on_demand, "MANY_FILES", 2)
    inspection = store.inspection()
    found, rows = findings_of(inspection), inspection.arrow("connections")
    pieces = pa.concat_tables(inspection.columns.pieces(97))
    assert [name for some in opened for name in some] == files
    assert max(map(len, opened)) == 2 < len(files)
    wanted = whole(store, "")
    assert found == findings_of(wanted)
    assert rows.equals(wanted.arrow("connections")) and pieces.equals(rows)


def test_rows_that_are_not_kept_come_from_few_files_at_a_time(store: Store, opened: list[list[str]]) -> None:
    files = store.dataset("connections").files
    rows = pa.Table.from_batches(store.inspection().batches("connections"))
    assert [name for some in opened for name in some] == files
    assert max(map(len, opened)) == 2 < len(files)
    assert sorted(rows["connection_id"].to_pylist()) == sorted(whole(store, "").connections["connection_id"])


@pytest.mark.parametrize("where", [WHERE, "server_port != 443", "version_name == 'TLS 1.2' and resumed"])
def test_rows_that_a_filter_selects_are_those_of_the_whole_table(store: Store, where: str) -> None:
    selected = Filter(where, "connections").apply(store.inspection().arrow("connections"))
    assert 0 < len(selected) < store.rows("connections")
    assert store.inspection(where=where).arrow("connections").to_pylist() == selected.to_pylist()


@pytest.mark.parametrize("text", ["#409", "f", "198.51.100.25", "198.51.100.25:143", "mail.example", "no such name"])
def test_a_connection_is_found_by_the_columns_that_name_it(text: str, store: Store, asked: dict[str, set[str]]) -> None:
    found = store.inspection().find_connections(text)["connection_id"].tolist()
    assert len(asked["connections"]) <= 24 and asked.get("messages", set()) <= {"connection_id", "packet"}
    assert found == whole(store, "").find_connections(text)["connection_id"].tolist()


def test_one_connection_is_told_from_a_store_as_from_the_captures(store: Store) -> None:
    stored, read = store.inspection(), whole(store, "")
    failed = read.connections[read.connections["failure"].notna()]["connection_id"].tolist()
    for id_ in [*failed[:2], *read.connections["connection_id"][:300:100]]:
        assert stored.story(id_) == read.story(id_)
    with pytest.raises(KeyError):
        stored.story("nothing")


def test_what_is_said_of_some_connections_is_read_from_their_files_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = store.inspection().arrow("connections")["connection_id"][-1].as_py()
    one = store.inspection(where="server_port > 0").only([last, "no id"])
    wanted = whole(store, "").only(one.arrow("connections")["connection_id"].to_pylist())
    read: list[int] = []
    real = Store.dataset
    monkeypatch.setattr(
        Store, "dataset", lambda self, *given: read.append(len((made := real(self, *given)).files)) or made
    )
    for table in ("messages", "alerts"):
        assert one.arrow(table).equals(wanted.arrow(table))
    assert read == [1, 0] and len(store.parts("messages", None, None)) > 1
    assert one.where("server_port == 0").connections.empty
    assert one.arguments.endswith(f"--where {shlex.quote(one.selection)}")


@pytest.mark.parametrize("where", ["", WHERE])
def test_the_first_rows_are_read_without_those_that_begin_later(
    where: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = whole(store, where).connections
    assert FrameOnDemand(store.inspection(where=where).columns).head(1000).equals(wanted)
    inspection = store.inspection(where=where)
    frame = FrameOnDemand(inspection.columns)
    monkeypatch.setattr(ColumnsOnDemand, "__getattr__", None)
    for count in (1, 7, len(wanted) - 1):
        assert frame.head(count).equals(wanted.head(count))
    pieces = list(inspection.columns.pieces(97))
    assert {len(piece) for piece in pieces[:-1]} == {97}
    assert pa.concat_tables(pieces).equals(whole(store, where).arrow("connections"))
    assert list(inspection.columns.made) == ["time_start"], "no other column of all rows was read"
    assert csv_bytes(frame) == csv_bytes(wanted)
