"""--limit: names and values are checked in one line, and what a limit cuts off shows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from command_line import run

import tlsinspect
from tlsinspect.wire.limits import MEANINGS


def test_the_command_lists_every_limit_with_its_default() -> None:
    lines = run("limits").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(MEANINGS)
    assert lines[0].split()[1] == "200000"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("flows=1", "limit 'flows' is none of connections, connection_octets,"),
        ("messages", "limit 'messages' is no NAME=VALUE with a whole number"),
        ("messages=many", "limit 'messages=many' is no NAME=VALUE with a whole number"),
        ("messages=-1", "limit 'messages=-1' is no NAME=VALUE with a whole number"),
        ("messages=0", "limit messages: 0 is not within 1 to"),
        ("idle_seconds=99999999999", "limit idle_seconds: 99999999999 is not within 1 to 1000000000"),
        ("\x1b[2J=1", "limit '\\x1b[2J' is none of"),
    ],
)
@pytest.mark.parametrize("command", ["summary", "export"])
def test_a_mistake_is_one_line(captures: Path, command: str, given: str, said: str) -> None:
    result = run(command, captures / "demo.pcapng", "--limit", given)
    assert (result.exit_code, result.stdout) == (2, "")
    [line] = result.stderr.splitlines()
    assert line.startswith(f"tlsinspect: {said}")
    assert line.endswith("see 'tlsinspect limits'")


def test_what_a_limit_cuts_off_is_a_problem_row(captures: Path) -> None:
    export = ("export", captures / "demo.pcapng", "--table", "problems")
    result = run(*export, "--limit", "messages=2", "--limit", "connections=3")
    assert result.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert {row["expected"] for row in rows if row["kind"] == "limit"} == {
        "at most 2 messages",
        "at most 3 connections open at once",
    }
    assert not any(row["kind"] == "limit" for row in csv.DictReader(io.StringIO(run(*export).stdout)))


def test_the_library_takes_the_same_limits(captures: Path) -> None:
    inspection = tlsinspect.read(captures / "demo.pcapng", limits=tlsinspect.Limits(messages=2))
    assert (inspection.problems["expected"] == "at most 2 messages").any()
    assert inspection.messages["number"].max() == 2
