"""Which connections of a store are meant, and the frames by column of those who look for one or tell of one.

A selection is what a Filter is to those who read by it: the columns that it asks, a mask, a hint for what to pass over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

import pyarrow as pa
import pyarrow.compute as pc

from ..tables import to_frame

if TYPE_CHECKING:
    import pandas as pd

    from ..inspection import Inspection
    from .stored import StoredInspection


class Selection(Protocol):
    """What reading by a selection needs; `text` is how a filter would say it."""

    text: str
    columns: frozenset[str]
    hint: pc.Expression | None

    def mask(self, rows: Any) -> pa.Array:
        """For each row whether it is selected; never null."""

    def apply(self, rows: Any) -> Any:
        """The rows that are selected."""


class Ids:
    """The connections with some ids."""

    columns = frozenset({"connection_id"})
    hint = None  # ids are spread over all files

    def __init__(self, ids: list[str]) -> None:
        self.text = f"connection_id in {ids}"
        self.wanted = pa.array(ids, pa.string())

    def mask(self, rows: Any) -> pa.Array:
        """Whether a row has one of them."""
        return pc.is_in(rows["connection_id"], value_set=self.wanted)

    def apply(self, rows: Any) -> Any:
        """The rows that have."""
        return rows.filter(self.mask(rows))


class Both:
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

    def apply(self, rows: Any) -> Any:
        """The rows that are."""
        return rows.filter(self.mask(rows))


class Sought:
    """The frames in which a connection is looked for: connections by column, and of messages their packets."""

    def __init__(self, inspection: StoredInspection) -> None:
        self.inspection = inspection

    @property
    def connections(self) -> pd.DataFrame:
        """The connections, by column."""
        return cast("pd.DataFrame", self.inspection.frame_on_demand())

    @property
    def messages(self) -> pd.DataFrame:
        """The messages, as far as they are asked for."""
        return to_frame(self.inspection.some("messages", ("connection_id", "packet")))


class Told:
    """The frames out of which one connection is told: its own rows, and of all connections some columns."""

    def __init__(self, one: Inspection, all_of_them: StoredInspection) -> None:
        self.one = one
        self.connections = cast("pd.DataFrame", all_of_them.frame_on_demand())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.one, name)
