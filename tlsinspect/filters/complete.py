"""What a shell completes in a filter: the name at its end. Imports nothing that takes time."""

from __future__ import annotations

import re

from ..columns import table_columns
from .parse import METHODS
from .scan import KEYWORDS

LAST_WORD = re.compile(
    r"(?P<before>(?:[^'\"]|'[^']*'|\"[^\"]*\")*?)(?P<dot>\w*\)?\.)?(?P<word>[A-Za-z_]\w*)?", re.ASCII
)


def complete(text: str, table: str = "connections") -> list[str]:
    """`text` with the name at its end completed in every way: columns, then words; behind a dot, methods.

    Nothing where the text ends within quotes, or behind what is no name.
    """
    match = LAST_WORD.fullmatch(text)
    if match is None:
        return []
    word = match["word"] or ""
    start = text[: len(text) - len(word)]
    if match["dot"]:
        return [f"{start}{name}(" for name in METHODS if name.startswith(word)]
    names = [column.name for column in table_columns(table)] + (list(KEYWORDS) if word else [])
    return [f"{start}{name}" for name in names if name.startswith(word)]
