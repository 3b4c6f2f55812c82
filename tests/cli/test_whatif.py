"""tlsinspect whatif: text, JSON, CSV, and what is told of a mistake."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from command_line import run
from samples import CAPTURES
from traffic import NOON_NS, Packet, write_pcap

OLD = CAPTURES / "handshakes" / "ssl3.pcap"


def test_text_has_three_outcomes_for_three_units_and_names_who_fails() -> None:
    result = run("whatif", OLD, "--drop", "SSL 3.0,RC4")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "What if: Without SSL 3.0, RC4"
    assert [line.split("  ")[0] for line in lines[3:6]] == ["fail, at least", "work, at least", "unknown"]
    assert max(map(len, lines[2:6])) <= 80
    assert "1  100% (21 to 100%)" in lines[3]
    assert "Clients with connections that would fail: 1" in lines
    assert any("packet 4; the client offers no version that remains" in line for line in lines)
    told = run("whatif", OLD, CAPTURES / "handshakes" / "tls13.pcapng", "--drop", "SSL 3.0").stdout
    assert "packet 4 of ssl3.pcap; the client offers no version that remains" in told


def test_json_and_csv_hold_every_host_and_connection() -> None:
    made = json.loads(run("whatif", OLD, "--policy", "bcp195", "--format", "json").stdout)
    assert [row["kind"] for row in made["hosts"]] == ["client", "server", "ja4", "ja3"]
    text = run("whatif", OLD, "--policy", "bcp195", "--format", "csv", "--frame", "connections").stdout
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["outcome"], row["version_name"]) == ("fails", "SSL 3.0")


def test_without_a_connection_the_day_is_that_of_the_capture_and_not_that_of_today(tmp_path: Path) -> None:
    path = write_pcap(tmp_path / "plain.pcap", [Packet(NOON_NS, bytes(60))])
    assert json.loads(run("whatif", path, "--policy", "bcp195", "--format", "json").stdout)["at"] == "2026-03-01"


def test_only_grave_requirements_are_enforced_when_asked() -> None:
    made = json.loads(
        run("whatif", OLD, "--policy", "bcp195", "--severity-at-least", "critical", "--format", "json").stdout
    )
    assert made["taken"] == ["bcp195-ssl", "bcp195-null", "bcp195-authentication"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "either --policy or --drop"),
        (["--policy", "bcp195", "--drop", "CBC"], "either --policy or --drop"),
        (["--drop", "nonsense"], "tlsinspect: --drop: 'nonsense' means nothing here"),
        (["--policy", "nonsense"], "tlsinspect: nonsense: there is no such policy"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(arguments: list[str], message: str) -> None:
    result = run("whatif", OLD, *arguments)
    assert result.exit_code == 2 and message in result.stderr
