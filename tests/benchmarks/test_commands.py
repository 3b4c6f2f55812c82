"""The table of what commands take."""

from __future__ import annotations

from pathlib import Path

from commands import COMMANDS, Took, render

from tlsinspect.cli import main


def test_each_command_is_one_of_the_command_line() -> None:
    assert set(COMMANDS) <= set(main.commands)


def test_a_row_has_what_each_capture_took() -> None:
    took = {"summary": [Took(1.25, 188.4, 0), Took(7.0, 1204.6, 0)], "report": [Took(60.0, 500.0, 2_130_925)] * 2}
    assert render([(Path("a.pcap"), 4000), (Path("b.pcap"), 20_000)], took).splitlines() == [
        "| command | a, 4,000 connections | b, 20,000 connections |",
        "| --- | ---: | ---: |",
        "| `summary` | 1.2 s, 188 MB | 7.0 s, 1,205 MB |",
        "| `report` | 60.0 s, 500 MB, a page of 2.1 MB | 60.0 s, 500 MB, a page of 2.1 MB |",
    ]
