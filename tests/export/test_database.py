"""SQLite and DuckDB: all tables in one file, read back by the databases themselves."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from command_line import run
from samples import CAPTURES, inspect

from tlsinspect.columns import COLUMNS
from tlsinspect.export.database import write_database

SAMPLE = "handshakes/client-certificate-tls12.pcap"


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample as the command writes it."""
    path = tmp_path_factory.mktemp("database") / "capture.sqlite"
    assert run("export", CAPTURES / SAMPLE, "--format", "sqlite", "-o", path).exit_code == 0
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    return path


def ask(path: Path, question: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(question).fetchall()


def test_sqlite_has_every_table_and_says_what_its_columns_mean(sqlite: Path) -> None:
    tables = {name for (name,) in ask(sqlite, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {*COLUMNS, "columns"}
    for name in COLUMNS:
        assert ask(sqlite, f'SELECT count(*) FROM "{name}"') == [(inspect(SAMPLE).arrow(name).num_rows,)]
    [(meaning,)] = ask(
        sqlite, "SELECT meaning FROM columns WHERE table_name = 'connections' AND column_name = 'server_name'"
    )
    assert meaning == "host name asked for (server_name extension)"


def test_a_question_over_two_tables_is_answered_in_sql(sqlite: Path) -> None:
    [(name, kind, suites)] = ask(
        sqlite,
        "SELECT server_name, key_type, cipher_suites FROM connections JOIN chains USING (connection_id) "
        "JOIN certificates USING (sha256) WHERE chains.side = 'client' AND chains.position = 0",
    )
    row = inspect(SAMPLE).connections.iloc[0]
    assert (name, kind, json.loads(suites)) == (row["server_name"], "EC", list(row["cipher_suites"]))


def test_duckdb_keeps_lists_and_maps(tmp_path: Path) -> None:
    path = tmp_path / "capture.duckdb"
    result = run(
        "export", CAPTURES / SAMPLE, "--format", "duckdb", "-o", path, "--table", "connections", "--rows", "version > 1"
    )
    assert (result.exit_code, result.output) == (0, "")
    with duckdb.connect(str(path)) as database:
        assert {name for (name,) in database.execute("SHOW TABLES").fetchall()} == {"connections", "columns"}
        [(suites, reasons, start)] = database.execute(
            'SELECT cipher_suites, unknown_reasons, time_start FROM connections WHERE "group" IS NOT NULL'
        ).fetchall()
        [(kind, took)] = database.execute(
            "SELECT any_value(typeof(time_start)), max(time_end - time_start) FROM connections"
        ).fetchall()
    assert (kind, took > timedelta(0)) == ("TIMESTAMP WITH TIME ZONE", True)
    row = inspect(SAMPLE).connections.iloc[0]
    assert (suites, reasons) == (list(row["cipher_suites"]), dict(row["unknown_reasons"]))
    assert start.timestamp() == pytest.approx(row["time_start"].timestamp())


@pytest.mark.parametrize("format_name", ["sqlite", "duckdb"])
def test_hostile_texts_are_values_and_nothing_else(tmp_path: Path, format_name: str) -> None:
    hostile = ["'); DROP TABLE captures; --", '"', "a\x00b", "\x1b[2J", "é"]
    path = tmp_path / "x"
    write_database({"captures": pa.table({"capture": hostile})}, format_name, path)
    if format_name == "sqlite":
        found = ask(path, "SELECT capture FROM captures")
    else:
        with duckdb.connect(str(path)) as database:
            found = database.execute("SELECT capture FROM captures").fetchall()
    assert [text for (text,) in found] == hostile


def test_a_failure_leaves_the_file_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "capture.duckdb"
    path.write_text("precious")
    monkeypatch.setitem(sys.modules, "duckdb", None)
    result = run("export", CAPTURES / SAMPLE, "--format", "duckdb", "-o", path)
    assert result.exit_code == 2
    assert result.stderr == ("tlsinspect: duckdb: the package is not installed: pip install 'tlsinspect[duckdb]'\n")
    assert path.read_text() == "precious"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "name its file with -o"),
        (("-o", "x", "--rows", "version > 1"), "--rows needs --table"),
        (("-o", CAPTURES / SAMPLE), "it would be overwritten"),
    ],
)
def test_what_a_database_cannot_be_is_refused(options: tuple[Any, ...], said: str) -> None:
    result = run("export", CAPTURES / SAMPLE, "--format", "sqlite", *options)
    assert result.exit_code == 2
    assert said in result.stderr
