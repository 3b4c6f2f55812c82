"""Lists of indicators in the report: what was met stands among the findings, and leads to its connections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_line import run
from samples import CAPTURES, inspect

from tlsinspect.report import html
from tlsinspect.report.findings import build_severities, described_rules, findings_summary, rules_of_rows


def test_what_a_list_holds_is_a_finding_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Any] = []
    monkeypatch.setattr(html, "write_report", lambda inspection, *_: written.append(inspection))
    (tmp_path / "names.txt").write_text("www.example\n")
    sample = CAPTURES / "handshakes" / "tls12.pcap"
    done = run("report", sample, "-o", tmp_path / "out", "--indicators", tmp_path / "names.txt")
    assert done.exit_code == 0, done.output
    assert "names.txt: 1 indicator" in done.stderr
    (inspection,) = written
    severities = build_severities(inspection)
    found = {finding.id: (each.name, finding) for each in severities for finding in each.findings}
    severity, finding = found["IND-NAME"]
    assert severity == "high" and "www.example" in finding.subjects[0].evidence
    assert rules_of_rows(inspection, 1)[0][0] == "IND-NAME"  # type: ignore[index]
    assert described_rules(inspection)["IND-NAME"] == ["high", "Server name on an indicator list"]
    assert "1 kind of match with indicators" in findings_summary(severities)


def test_several_indicators_that_meet_one_connection_are_one_connection_of_one_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Any] = []
    monkeypatch.setattr(html, "write_report", lambda inspection, *_: written.append(inspection))
    (row,) = inspect("handshakes/tls12.pcap").connections[["ja3", "ja4"]].itertuples(index=False)
    (tmp_path / "prints.txt").write_text("".join(f"{each} # seen before\n" for each in row))
    sample = CAPTURES / "handshakes" / "tls12.pcap"
    run("report", sample, "-o", tmp_path / "out", "--indicators", tmp_path / "prints.txt")
    findings = [finding for each in build_severities(written[0]) for finding in each.findings]
    (finding,) = [finding for finding in findings if finding.id == "IND-JA"]
    assert len(finding.subjects) == 2
    assert finding.basis.startswith("1 connection, 1 client")


def test_lists_are_not_told_to_those_who_must_not_learn_names(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("www.example\n")
    options = ["--indicators", tmp_path / "names.txt", "--anonymise", tmp_path / "key", "-o", tmp_path / "out"]
    done = run("report", CAPTURES / "handshakes" / "tls12.pcap", *options)
    assert done.exit_code == 2 and "would tell who it is" in done.stderr
    assert not (tmp_path / "out").exists() and not (tmp_path / "key").exists()
