"""tlsinspect findings: text, CSV and JSON Lines."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from command_line import run
from samples import ROOT

SAMPLE = str(ROOT / "captures" / "handshakes" / "certificate-sha1.pcap")
OTHER = str(ROOT / "captures" / "handshakes" / "ssl3.pcap")


def test_text_names_the_finding_its_place_and_what_to_do() -> None:
    result = run("findings", SAMPLE, "--severity-at-least", "high")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    at = lines.index("HIGH     CRT-10  Certificate signed with SHA-1: 1 connection")
    place, advice = lines[at + 1 : at + 3]
    assert ": 1 connection, packet 7; subject CN=sha1.test (1)" in place
    assert advice.strip() == "Replace the certificate. (RFC 9325 section 4.5)"


def test_a_severity_that_nothing_reaches_is_said_to_be_empty() -> None:
    assert run("findings", SAMPLE, "--severity-at-least", "critical").stdout == "Nothing was found.\n"


def test_json_lines_hold_every_row_and_column() -> None:
    lines = run("findings", SAMPLE, "--format", "jsonl").stdout.splitlines()
    rows = [json.loads(line) for line in lines]
    assert {"CRT-10", "VER-10"} <= {row["id"] for row in rows}
    assert all(row["connection_ids"] and row["advice"] for row in rows)


@pytest.mark.parametrize("command", [["findings"], ["check", "--policy", "bcp195"], ["answers"]])
def test_a_packet_of_several_captures_is_told_with_the_one_that_it_is_in(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    name, *options = command
    alone, several = (run(name, *captures, *options).stdout for captures in ([SAMPLE], [SAMPLE, OTHER]))
    assert re.search(r"packet \d", alone) and not re.search(r"packet \d+ of", alone)
    packets = re.findall(r"packet \d+(?: of [\w.-]+)?", several)
    assert {each.partition(" of ")[2] for each in packets} == {"certificate-sha1.pcap", "ssl3.pcap"}
    for capture in (SAMPLE, OTHER):  # the same packets as where it is read alone
        told = set(re.findall(r"packet (\d+)", run(name, capture, *options).stdout))
        assert set(re.findall(rf"packet (\d+) of {Path(capture).name}", several)) <= told
