"""tlsinspect report: a folder with a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import run
from traffic import converse, tls12_turns, write_pcap


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A capture with one connection."""
    return write_pcap(tmp_path / "made.pcap", converse(*tls12_turns()))


def test_report_prints_where_the_page_is_and_writes_it(capture: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "report"
    result = run("report", capture, "-o", folder, "--title", "Office uplink & more")
    assert result.exit_code == 0, result.output
    page = Path(result.stdout.rstrip("\n"))
    assert page == folder / "index.html"
    text = page.read_text(encoding="utf-8")
    assert "Office uplink &amp; more" in text
    assert "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" in text
    assert "made.pcap" in text


def test_report_needs_a_folder_to_write_to(capture: Path) -> None:
    result = run("report", capture)
    assert result.exit_code == 2
    assert "-o" in result.stderr


def test_a_folder_that_cannot_be_made_is_one_line(capture: Path) -> None:
    result = run("report", capture, "-o", capture / "report")
    assert result.exit_code == 2
    [line] = result.stderr.splitlines()
    assert line.startswith(f"tlsinspect: {capture}/report: cannot be written: ")


def test_a_file_where_the_folder_should_be_is_refused(capture: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    assert run("report", capture, "-o", taken).exit_code == 2
    assert taken.read_text() == "mine"
