"""Lines for people: wrapped and coloured on a terminal, as they are anywhere else."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.text import Text

HANG, VERDICT_HANG = 2, 16  # how much deeper the later lines of a wrapped one go
WIDEST_HANG = 30
COLUMN_GAP = re.compile(r"\S {3,}\S")
LABEL = re.compile(r"(CRITICAL |.*?\S {3,})(?=\S)")  # and what it is the label of, below which the later lines begin
TABLE_GAPS = 2  # from so many gaps on a line is a row of a table, which wrapping would break
VERDICT = re.compile(r"FAIL |pass |not observable")
STYLES = (
    (re.compile(r"^ *(FAIL +)?(CRITICAL|HIGH)\b"), "bold red"),
    (re.compile(r"^ *(FAIL +)?MEDIUM\b"), "yellow"),
    (re.compile(r"^ *(FAIL +)?(LOW|INFO)\b"), "cyan"),
    (re.compile(r"^pass\b"), "green"),
    (re.compile(r"^not observable\b"), "dim"),
    (re.compile(r"^(Fix first|Requirements|Migrate first.*|(Clients|Servers|Fingerprints).*would fail.*)$"), "bold"),
)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines, each cut where it is too long, with everything escaped that a terminal would act upon."""
    from ..export.text import line_text

    escaped = (line_text(line) for line in lines)
    if not (sys.stdout.isatty() or os.environ.get("FORCE_COLOR")):
        for line in escaped:
            click.echo(line)
        return
    from ..report.paragraphs import Paragraphs
    from .output import open_console

    open_console().print(Paragraphs([paragraph(number, line) for number, line in enumerate(escaped)]), crop=False)


def paragraph(number: int, line: str) -> tuple[int, Text, int | None]:
    """A line as its indent, its text with colours, and how it wraps; the first is a title unless it is judged."""
    from rich.text import Text

    content = line.lstrip(" ")
    indent = len(line) - len(content)
    found = [(each.end() - indent, style) for pattern, style in STYLES if (each := pattern.match(line))]
    text = Text(content, style="bold" if number == 0 and not found else "")
    for end, style in found:
        text.stylize(style, 0, end)
    if VERDICT.match(line):
        return indent, text, VERDICT_HANG
    if len(COLUMN_GAP.findall(content)) >= TABLE_GAPS:
        return indent, text, None
    label = LABEL.match(content)
    return indent, text, label.end() if label and label.end() <= WIDEST_HANG else HANG
