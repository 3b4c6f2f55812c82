"""Texts that wrap to the terminal, each with its indent: what answers and stories are laid out with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.text import Text

WIDEST = 110
LEAST_ROOM = 12  # for a line behind its indent; with less it is indented less, and later lines begin where it does

Part = tuple[int, "Text", int | None]


@dataclass(frozen=True)
class Paragraphs:
    """Texts that wrap to the terminal: indent, text, and how much deeper its later lines go; None is never wrapped."""

    paragraphs: Sequence[Part]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines; rich calls this with the room that there is."""
        from rich.text import Text

        width = min(options.max_width, WIDEST)
        for wanted, text, deeper in self.paragraphs:
            indent = max(min(wanted, width - LEAST_ROOM), 0)
            hang = 0 if deeper and width - indent - deeper < LEAST_ROOM else deeper
            column = hang or 0
            if not text.plain[:column].endswith(" "):  # the later lines begin below no word of the first
                column = 0
            label, content = text[:column], text[column:]
            room = max(width - indent - (hang or 0), 1)
            lines = [content] if hang is None else list(content.wrap(console, room)) or [content]
            lines[0] = Text.assemble(label, lines[0])
            for number, line in enumerate(lines):
                line.rstrip()
                margin = " " * (indent + (hang or 0 if number else 0))
                yield Text.assemble(margin, line, no_wrap=True, overflow="ignore")
