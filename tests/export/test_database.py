"""SQLite and DuckDB: all tables in one file, read back by the databases themselves."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from command_line import run, start_on_full_disk
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
def test_a_place_that_the_system_refuses_to_look_at_is_one_line(format_name: str, tmp_path: Path) -> None:
    place = tmp_path / ("n" * 300)  # longer than the name of a file may be
    done = run("export", CAPTURES / SAMPLE, "--format", format_name, "-o", place)
    assert done.exit_code == 2
    assert done.stderr == f"tlsinspect: {place}: cannot be written: File name too long\n"


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


def write(path: Path, format_name: str = "sqlite") -> tuple[int, str]:
    """The exit status, and what is said, of an export to a path."""
    result = run("export", CAPTURES / SAMPLE, "--format", format_name, "-o", path)
    assert result.stdout == ""
    return result.exit_code, result.stderr


@pytest.mark.parametrize("format_name", ["sqlite", "duckdb"])
def test_what_is_no_file_is_never_replaced(tmp_path: Path, format_name: str) -> None:
    fifo, folder = tmp_path / "fifo", tmp_path / "folder"
    os.mkfifo(fifo)
    folder.mkdir()
    named = tmp_path / "named"
    named.symlink_to("fifo")
    for path in (fifo, named):
        said = f"tlsinspect: {path}: cannot be written: a database has to be a regular file\n"
        assert write(path, format_name) == (2, said)
    assert write(folder, format_name) == (2, f"tlsinspect: {folder}: cannot be written: Is a directory\n")
    assert (fifo.is_fifo(), named.is_symlink(), folder.is_dir()) == (True, True, True)
    assert len([*tmp_path.iterdir()]) == 3


def test_a_link_stays_one_and_what_it_names_is_replaced_with_its_mode(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    target, link = inner / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to("inner/target")
    assert write(link) == (0, "")
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert ask(target, "SELECT count(*) FROM connections") == [(1,)]
    assert [each.name for each in inner.iterdir()] == ["target"]


def test_a_link_that_names_nothing_yet_is_followed_and_one_in_a_circle_is_told(tmp_path: Path) -> None:
    link, circle = tmp_path / "link", tmp_path / "circle"
    link.symlink_to("made")
    circle.symlink_to("circle")
    assert write(link) == (0, "")
    assert ask(tmp_path / "made", "SELECT count(*) FROM connections") == [(1,)]
    status, said = write(circle)
    assert (status, len(said.splitlines())) == (2, 1)


def test_a_file_that_has_nothing_to_do_with_it_stays(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    other = tmp_path / "x.sqlite.part"
    other.write_text("somebody's")
    assert write(path) == (0, "")
    assert other.read_text() == "somebody's"


@pytest.mark.parametrize("format_name", ["sqlite", "duckdb"])
def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path, format_name: str) -> None:
    path = tmp_path / "missing" / "x"
    assert write(path, format_name) == (2, f"tlsinspect: {path}: cannot be written: No such file or directory\n")


@pytest.mark.parametrize("format_name", ["sqlite", "duckdb"])
def test_a_disk_that_is_full_half_way_is_one_line_and_leaves_nothing(tmp_path: Path, format_name: str) -> None:
    path = tmp_path / "x"
    process = start_on_full_disk(65536, "export", CAPTURES / SAMPLE, "--format", format_name, "-o", path)
    output, errors = process.communicate()
    [line] = errors.decode().splitlines()
    assert (process.returncode, output) == (2, b"")
    assert line.startswith(f"tlsinspect: {path}: cannot be written: ")
    assert not [*tmp_path.iterdir()]


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
