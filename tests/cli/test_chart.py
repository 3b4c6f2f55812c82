"""tlsinspect chart: one chart as a file, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import run
from traffic import converse, tls12_turns, write_pcap

from tlsinspect.charts import CHARTS
from tlsinspect.charts.style import SIZES
from tlsinspect.cli.chart import SIZE_NAMES


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A capture with one connection."""
    return write_pcap(tmp_path / "made.pcap", converse(*tls12_turns()))


def test_chart_writes_a_file_and_says_what_it_shows(capture: Path, tmp_path: Path) -> None:
    path = tmp_path / "v.png"
    result = run("chart", capture, "versions", "-o", path, "--size", "slide", "--dark")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "TLS 1.3 was agreed for no connections"
    assert lines[1].startswith("Versions agreed, of 1 connection")
    assert lines[-1] == str(path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_numbers_of_a_chart_are_in_the_unit_asked_for(capture: Path, tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    assert run("chart", capture, "cipher-suites", "-o", path, "--unit", "servers").exit_code == 0
    assert '"cipher_suites","servers","TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",1,1,1' in path.read_text()


def test_without_a_file_the_chart_is_named_after_itself(
    capture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("chart", capture, "key-exchange").stdout.splitlines()[-1] == "key-exchange.svg"
    assert (tmp_path / "key-exchange.svg").read_bytes().startswith(b"<?xml")


def test_list_names_every_chart_with_its_question_and_units() -> None:
    result = run("chart", "--list")
    assert result.exit_code == 0
    for name, chart in CHARTS.items():
        assert any(line.startswith(f"{name} ") and line.endswith(chart.asks) for line in result.stdout.splitlines())
        assert f"by {', '.join(chart.units)}\n" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["version"], "Did you mean versions"),
        (["TLS13_OVER_TIME"], "Did you mean tls13-over-time?"),
        (["qqq"], "tlsinspect chart --list"),
        (["versions", "-o", "a.gif"], "does not end in .svg, .png, .csv"),
        (["versions", "--unit", "certificates"], "is counted by connections"),
        (["handshake-times", "--unit", "bytes"], "is counted by connections"),
    ],
)
def test_a_mistake_is_told_and_nothing_written(
    capture: Path, arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("chart", capture, *arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["made.pcap"]


def test_a_file_that_cannot_be_written_is_one_line(capture: Path, tmp_path: Path) -> None:
    result = run("chart", capture, "versions", "-o", tmp_path / "no" / "a.svg")
    assert result.exit_code == 2
    [line] = result.stderr.splitlines()
    assert "cannot be written" in line


def test_the_sizes_offered_are_those_that_charts_have() -> None:
    assert set(SIZE_NAMES) == set(SIZES)


def test_what_is_missing_or_in_the_wrong_place_is_told(capture: Path) -> None:
    assert "Missing argument: CAPTURE... and NAME have to be given." in run("chart", capture).stderr
    assert "Missing argument: CAPTURE... and CONNECTION have to be given." in run("show", capture).stderr
    assert "Missing argument 'CAPTURE...'." in run("summary").stderr
    turned = run("chart", "versions", capture)
    assert turned.exit_code == 2 and "The chart's name comes last." in " ".join(turned.stderr.split())
