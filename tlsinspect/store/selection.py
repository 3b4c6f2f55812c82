"""Which connections of a store are meant.

A selection is what a Filter is to those who read by it: the columns that it asks, a mask, a hint for what to pass over.
"""

from __future__ import annotations

from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc


class Selection(Protocol):
    """What reading by a selection needs; `text` is how a filter would say it."""

    text: str
    columns: frozenset[str]
    hint: pc.Expression | None

    def mask(self, rows: Any) -> pa.Array:
        """For each row whether it is selected; never null."""

    def apply(self, rows: Any) -> Any:
        """The rows that are selected."""
        return rows.filter(self.mask(rows))


class Ids(Selection):
    """The connections with some ids."""

    columns = frozenset({"connection_id"})
    hint = None  # ids are spread over all files

    def __init__(self, ids: list[str]) -> None:
        self.text = f"connection_id in {ids}"
        self.wanted = pa.array(ids, pa.string())

    def mask(self, rows: Any) -> pa.Array:
        """Whether a row has one of them."""
        return pc.is_in(rows["connection_id"], value_set=self.wanted)


class Both(Selection):
    """What is in two selections."""

    def __init__(self, first: Selection, second: Selection) -> None:
        self.first, self.second = first, second
        self.text = f"({first.text}) and ({second.text})"
        self.columns = first.columns | second.columns
        hints = [each.hint for each in (first, second) if each.hint is not None]
        self.hint = hints[0] & hints[1] if len(hints) == 2 else hints[0] if hints else None

    def mask(self, rows: Any) -> pa.Array:
        """Whether a row is in both."""
        return pc.and_(self.first.mask(rows), self.second.mask(rows))
