"""The table of what commands take."""

from __future__ import annotations

from pathlib import Path

from commands import COMMANDS, Took, render

from tlsinspect.cli import main


def test_each_command_is_one_of_the_command_line() -> None:
    assert set(COMMANDS) <= set(main.commands)


def test_a_row_has_what_each_capture_took() -> None:
    took = {"summary": [Took(1.04, 1.25, 188.4, 0), Took(5.1, 7.0, 1204.6, 0)]}
    took["report"] = [Took(39.96, 60.0, 500.0, 2_130_925)] * 2
    assert render([(Path("a.pcap"), 4000), (Path("b.pcap"), 20_000)], took).splitlines() == [
        "| command | a, 4,000 connections | b, 20,000 connections |",
        "| --- | ---: | ---: |",
        "| `summary` | 1.0 s (1.2), 188 MB | 5.1 s (7.0), 1,205 MB |",
        "| `report` | 40.0 s (60.0), 500 MB, a page of 2.1 MB | 40.0 s (60.0), 500 MB, a page of 2.1 MB |",
    ]
