"""What a column is declared by."""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """One column: `type` is an Arrow type ("uint16", "list<string>", "timestamp", "map")."""

    name: str
    type: str
    meaning: str
    unit: str = ""
