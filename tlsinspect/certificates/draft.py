"""The draft that the lenient reader fills."""

from __future__ import annotations

from typing import Any

from ..errors import DecodeError


class Draft:
    """The facts so far, the first issue of each part, and whether the block entered last lacks its end.

    `wanted` are the parts to read, of a certificate's fields and extensions; None for all.
    """

    def __init__(self, wanted: frozenset[str] | None = None) -> None:
        self.wanted = wanted
        self.facts: dict[str, Any] = {}
        self.issues: dict[str, str] = {}
        self.cut = False

    def wants(self, part: str) -> bool:
        """True for a part that is to be read."""
        return self.wanted is None or part in self.wanted

    def refuse(self, part: str, error: DecodeError) -> None:
        """Note an issue; only the first of each part, so that no certificate can make the text long."""
        self.issues.setdefault(part, str(DecodeError(part, error.kind, error.offset, error.expected)))
