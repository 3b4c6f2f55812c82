"""SQL over a store: right answers, nothing else within reach, nothing unescaped."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command_line import run

import tlsinspect
from tlsinspect import Store, StoreError

pytest.importorskip("duckdb", reason="duckdb is not installed")
from tlsinspect.store.sql import query_store

CAPTURES = Path(__file__).parents[2] / "captures" / "handshakes"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of some captures."""
    folder = tmp_path_factory.mktemp("stores") / "some"
    tlsinspect.ingest(sorted(CAPTURES.glob("certificate-*.pcap")), folder)
    return folder


def test_a_query_counts_what_the_frames_hold(store: Path) -> None:
    wanted = Store(store).inspection().connections["version_name"].value_counts().to_dict()
    said = run("sql", store, "select version_name, count(*) n from connections group by all", "--format", "jsonl")
    assert {row["version_name"]: row["n"] for row in map(json.loads, said.stdout.splitlines())} == wanted
    offers = query_store(Store(store), "select count(*) from offers").reader.read_all()[0][0].as_py()
    assert offers == len(Store(store).inspection().offers)


def test_columns_of_one_name_all_come_out(store: Path) -> None:
    query = "select 1 a, 2 a, 3 a_1, 4 a"
    assert query_store(Store(store), query).schema.names == ["a", "a_2", "a_1", "a_3"]
    assert run("sql", store, query, "--format", "csv").stdout.split() == ['"a","a_2","a_1","a_3"', "1,2,3,4"]
    said = json.loads(run("sql", store, query, "--format", "jsonl").stdout)
    assert said == {"a": 1, "a_2": 2, "a_1": 3, "a_3": 4}


@pytest.mark.parametrize(
    ("query", "said"),
    [("select '\udcff'", "no UTF-8"), ("select '290000-01-01'::timestamp", "a value cannot be written")],
)
def test_what_python_cannot_say_is_one_line(store: Path, query: str, said: str) -> None:
    done = run("sql", store, query)
    assert done.exit_code == 2 and done.stdout == ""
    assert done.stderr.startswith("tlsinspect: query: ") and said in done.stderr and done.stderr.count("\n") == 1


def test_only_the_columns_and_days_that_a_query_needs_are_read(store: Path) -> None:
    day = Store(store).days()[0]
    plan = run("sql", store, f"explain select ja3 from connections where day = '{day}'", "--format", "csv").stdout
    assert "Projections: ja3" in plan and f"Filters: \"day\" = DATE '{day}'" in plan.replace('""', '"')


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_csv('{file}')", "select * from '{file}'", "copy connections to '{file}'",
        "attach '{file}'", "create table more as select 1", "select 1; select 2", "set threads = 1", "selekt",
        "select * from store", "install httpfs",
    ],
)  # fmt: skip
def test_a_query_reaches_nothing_but_the_tables(query: str, store: Path, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text("a\n1\n")
    with pytest.raises(StoreError):
        query_store(Store(store), query.format(file=file))
    assert file.read_text() == "a\n1\n"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("select version_nam from connections", "did you mean version_name"),
        ("select * from conections", "there are connections, messages, alerts, problems, certificates,"),
        ("select * from findings", "there are connections, messages, alerts, problems, certificates,"),
    ],
)
def test_a_name_that_there_is_not_is_told_with_those_that_there_are(query: str, told: str, store: Path) -> None:
    done = run("sql", store, query)
    assert done.exit_code == 2 and done.stderr.count("\n") == 1 and told in done.stderr


def test_times_can_be_subtracted(store: Path) -> None:
    took = "max(time_end - time_start)"
    query = f"select {took} < interval 1 hour as soon, epoch({took}) > 0 as some from connections"
    assert json.loads(run("sql", store, query, "--format", "jsonl").stdout) == {"soon": True, "some": True}
    spans = "select interval '2 days 03:04:05.000006' as a, interval '-1 second' as b, interval '1 day' as c"
    assert json.loads(run("sql", store, spans, "--format", "jsonl").stdout) == {
        "a": "2 days 03:04:05.000006", "b": "-00:00:01", "c": "1 day",
    }  # fmt: skip


def test_days_are_days_in_parquet_and_texts_elsewhere(store: Path) -> None:
    day = str(Store(store).days()[0])
    query = "select day, [day] as days, [time_start] as times from connections order by time_start limit 1"
    answer = query_store(Store(store), query)
    assert [str(field.type) for field in answer.schema] == ["date32[day]", "list<item: string>", "list<item: string>"]
    said = {form: run("sql", store, query, "--format", form).stdout for form in ("text", "csv", "jsonl")}
    assert json.loads(said["jsonl"])["day"] == day and json.loads(said["jsonl"])["days"] == [day]
    assert said["csv"].splitlines()[1].startswith(f'"{day}",') and said["text"].splitlines()[1].startswith(day)
    octets = run("sql", store, query, "--format", "parquet").stdout_bytes
    assert pq.read_schema(io.BytesIO(octets)).field("day").type == pa.date32()


def test_values_and_errors_are_escaped(store: Path) -> None:
    hostile = "chr(27) || '[2J'"
    for form in ("text", "csv", "jsonl"):
        said = run("sql", store, f"select {hostile} as value, '=1+1' as formula", "--format", form)
        assert said.exit_code == 0 and "\x1b" not in said.output
    error = run("sql", store, f"select ({hostile})::int")
    assert error.exit_code == 2 and error.stderr.count("\n") == 1 and "\x1b" not in error.output


def test_rows_of_text_are_cut_and_counted(store: Path) -> None:
    said = run("sql", store, "select unnest(range(250)) as number", "--most", 10).stdout.splitlines()
    assert (said[0], said[10], said[11]) == ("number", "     9", "240 more: --most 0 shows all")
