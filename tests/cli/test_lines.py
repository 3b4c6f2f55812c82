"""Lines on a terminal: wrapped below their indent, coloured by severity, with tables left alone."""

from __future__ import annotations

import re
import sys
from io import StringIO

import pytest
from command_line import run
from samples import DEMO

from tlsinspect.cli.lines import paragraph, print_lines

LINES = [
    "A title",
    "  HIGH     server 192.0.2.1:443: 3 connections; " + "word " * 30,
    "would fail     1  100%      2  50%        3  20%   " + "x" * 80,
    "evil\x1b[2J\u202e",
]


class Terminal(StringIO):
    """Something that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_wrapped_lines_and_nothing_that_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    print_lines(LINES)
    shown = out.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    assert shown[0] == "A title" and shown[1].startswith("  HIGH     server")
    assert shown[2].startswith(" " * 11 + "word") and max(map(len, shown[:4])) <= 80
    assert "would fail     1  100%      2  50%" in out.getvalue().replace("\n", "")
    assert "\x1b[2J" not in out.getvalue() and "\u202e" not in out.getvalue()


def test_a_pipe_gets_every_line_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    print_lines(LINES)
    assert capsys.readouterr().out.splitlines() == [*LINES[:3], "evil\\x1b[2J\\u202e"]


@pytest.mark.parametrize("columns", ["0", "00", ""])
def test_a_width_of_nothing_is_no_width(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    shown = run("summary", DEMO).stdout
    monkeypatch.setenv("COLUMNS", columns)
    assert run("summary", DEMO).stdout == shown != ""


@pytest.mark.parametrize(
    ("line", "style"), [("FAIL  HIGH      a: b", "bold red"), ("  MEDIUM   server x", "yellow"), ("pass   a", "green")]
)
def test_severities_and_verdicts_have_colours(line: str, style: str) -> None:
    _, text, hang = paragraph(1, line)
    assert [str(span.style) for span in text.spans] == [style] and hang is not None


def test_a_first_line_is_bold_as_a_title_and_not_where_it_is_one_finding_of_several() -> None:
    assert [str(paragraph(0, line)[1].style) for line in ("4 rules found something", "HIGH     a finding")] == [
        "bold",
        "",
    ]


@pytest.mark.parametrize(
    ("line", "hang"),
    [
        ("CRITICAL CRT-01  words", 9),
        ("  LOW      CRT-01  words", 9),
        ("  2  not_yet_valid        a certificate", 24),
        ("a plain sentence", 2),
        ("a label that is longer than a third of a line   words", 2),
    ],
)
def test_later_lines_begin_below_what_a_label_is_for(line: str, hang: int) -> None:
    assert paragraph(1, line)[2] == hang


def test_a_label_takes_no_room_from_the_first_line(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    print_lines(["", " 11  self_signed     twenty letters here, ten more", "", "ab cd"])
    assert [line.rstrip() for line in out.getvalue().splitlines()[1:]] == [
        " 11  self_signed     twenty letters", "                     here, ten more", "", "ab cd",
    ]  # fmt: skip


@pytest.mark.parametrize("command", ["findings", "validate", "check", "whatif", "quantum", "diff"])
def test_commands_wrap_their_lines_on_a_terminal(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    more = {"check": ["--policy", "bcp195"], "whatif": ["--policy", "mozilla-modern"], "diff": [DEMO]}
    told = run(command, DEMO, *more.get(command, []))
    widest = max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in told.output.splitlines())
    assert 60 < widest <= 90
