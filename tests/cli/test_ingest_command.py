"""tlsinspect ingest, and every other command on the store that it makes."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import run
from samples import CAPTURES, DEMO

from tlsinspect import Store, StoreError
from tlsinspect.cli.ingest import ingest

COMMANDS = (
    "summary", "check --policy bcp195", "show 212", "export --table ports", "export --table captures",
    "export --table certificates", "names --where 'client_ip in \"192.0.2.0/24\"'",
)  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the demo capture."""
    folder = tmp_path_factory.mktemp("stores") / "demo"
    done = run("ingest", DEMO, "--store", folder)
    assert (done.exit_code, done.output) == (0, f"{folder}: 1 capture read, 536 connections stored\n")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_of_a_store_what_it_says_of_the_captures(command: str, store: Path) -> None:
    import shlex

    name, *words = shlex.split(command)
    where = [DEMO, words.pop(0)] if name == "show" else [DEMO]
    of_captures = run(name, *where, *words)
    of_store = run(name, store, *where[1:], *words)
    assert of_store.exit_code == of_captures.exit_code
    assert of_store.stdout.replace(str(store), str(DEMO)) == of_captures.stdout


def test_no_store_is_made_where_there_is_nothing_to_read(tmp_path: Path, store: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in (tmp_path / "none", tmp_path / "empty", tmp_path / "*.pcap"):
        done = run("ingest", name, "--store", tmp_path / "new")
        told = (
            f"{tmp_path / 'new'}: 0 captures read, 0 connections stored; 1 capture could not be read; no store was made"
        )
        assert (done.exit_code, done.stdout) == (2, f"{told}\n")
        assert f"warning: {name}: " in done.stderr
        assert not (tmp_path / "new").exists()
    assert "no store was made" not in run("ingest", tmp_path / "none", "--store", store).stdout


def test_rows_are_exported_from_a_store_as_they_are_read(store: Path) -> None:
    for table in ("connections", "messages", "offers"):
        of_captures = run("export", DEMO, "--table", table).stdout.splitlines()
        of_store = run("export", store, "--table", table).stdout.splitlines()
        assert of_store[0] == of_captures[0] and sorted(of_store) == sorted(of_captures)


def test_days_select_in_a_store_what_they_select_in_captures(store: Path) -> None:
    for days in (
        ["--until", "2026-11-21"],
        ["--since", "2026-11-22", "--until", "2026-11-22"],
    ):
        of_captures = run("names", DEMO, *days)
        of_store = run("names", store, *days)
        assert of_store.stdout == of_captures.stdout
    assert run("names", store, "--since", "2026-02-30").exit_code == 2


def test_days_on_which_nothing_starts_are_told_with_those_that_there_are(store: Path, tmp_path: Path) -> None:
    told = f"{store}: no connection starts on these days; it has those of 2026-11-22\n"
    for command in (["summary"], ["export"], ["adoption", "-o", tmp_path / "page"]):
        assert told in run(*command, store, "--since", "2027-01-01").stderr, command
        assert "no connection starts" not in run(command[0], store, "--since", "2026-11-22", *command[1:]).stderr


def test_a_first_day_behind_the_last_is_refused(store: Path) -> None:
    for words in (["summary", DEMO], ["names", store], ["sql", store, "select 1"]):
        for days in (
            ["--since", "2026-12-01", "--until", "2026-11-01"],
            ["--until", "2026-11-01", "--since", "2026-12-01"],
        ):
            done = run(*words, *days)
            assert done.exit_code == 2 and "--since 2026-12-01 is later than --until 2026-11-01" in done.stderr
    opened = Store(store)
    for ask in (opened.inspection, lambda since, until: opened.dataset("captures", since, until)):
        with pytest.raises(StoreError, match="since 2026-12-01: is later than until 2026-11-01"):
            ask("2026-12-01", "2026-11-01")
    assert repr(opened.inspection("2027-01-01")) == "<Inspection of no capture: 0 connections, 0 with TLS>"


def test_packets_are_extracted_where_the_captures_still_are(store: Path, tmp_path: Path) -> None:
    for name in (store, DEMO):
        assert run("extract", name, "--finding", "CIP-03", "-o", tmp_path / f"{name.stem}.pcapng").exit_code == 0
    moved = tmp_path / "moved.pcapng"
    moved.write_bytes((CAPTURES / "handshakes" / "caddy.pcapng").read_bytes())
    run("ingest", moved, "--store", tmp_path / "store")
    moved.unlink()
    gone = run("extract", tmp_path / "store", "--where", "server_port > 0", "-o", tmp_path / "none.pcapng")
    assert gone.exit_code == 2 and "the store has its connections and not its packets" in gone.stderr


def test_a_store_is_named_alone(store: Path) -> None:
    both = run("summary", store, DEMO)
    assert both.exit_code == 2 and both.stderr.count("\n") == 1 and "name it alone" in both.stderr


def test_ingest_says_what_it_could_not_read(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes((CAPTURES / "handshakes" / "alert-unknown-ca.pcap").read_bytes()[:-9])
    done = run("ingest", cut, tmp_path / "none\x1b[2J.pcap", "--store", tmp_path / "store", "--strict")
    assert done.exit_code == 1 and "\x1b" not in done.output
    assert "1 capture could not be read; 1 capture damaged, read up to the damage" in done.stdout
    assert run("ingest", tmp_path / "none", "--store", tmp_path / "other").exit_code == 2


def test_ingest_is_documented_with_its_exit_status() -> None:
    assert "Exit status: 0; with --strict 1" in (ingest.help or "")
