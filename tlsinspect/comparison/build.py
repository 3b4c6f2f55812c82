"""The comparison of two inspections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ..arguments import check_inspection
from ..statistics import STATISTICS
from ..statistics.shares import observe
from ..statistics.wording import number_text
from ..tables.arrow import TYPES, to_frame
from .clustered import Drawn, Numbers, holm, measure_difference
from .things import find_changes

if TYPE_CHECKING:
    import pandas as pd

    from ..inspection import Inspection

COMPARED = ("versions", "key_exchange", "forward_secrecy", "post_quantum", "cipher_classes", "resumption", "outcomes")
"""The statistics whose shares are compared: those in which a connection has one category."""

SIGNIFICANT = 0.05
"""Adjusted p-value below which a share is said to have moved."""

MOST_CATEGORIES = 12  # of a statistic, the largest; the rest are not tested


@dataclass(frozen=True, eq=False)
class Comparison:
    """What changed between two inspections.

    `changes`: kind, thing, change ("new", "gone" or the column that changed), before, after, connections, first_seen,
    last_seen; before and after are what only one side has of that column.
    `shares`: statistic, category, before, after, difference (fractions of the connections whose category is known),
    low, high (95 % interval of the difference), clients, p (adjusted for all that was tested), moved;
    connections_before and connections_after are the denominators, unknown_before and unknown_after beside them. Where
    clients are too few for a test, low, high, p and moved are missing.
    """

    changes: pd.DataFrame
    shares: pd.DataFrame

    def __repr__(self) -> str:
        """How much changed, on one line."""
        moved = self.shares["moved"]
        tested = f"{int(moved.sum()):,} of {number_text(int(moved.count()), 'share')} tested moved"
        return f"<Comparison: {number_text(len(self.changes), 'change')}; {tested}>"


def compare(before: Inspection, after: Inspection) -> Comparison:
    """Compare two inspections; the rarest changes first, and the shares by how much they differ."""
    for each in (before, after):
        check_inspection(each, "what is compared is")
    changes = pa.Table.from_pylist(find_changes(before, after), schema_of(CHANGE_COLUMNS))
    drawn = Drawn()
    rows = [row for name in COMPARED for row in compare_shares(name, before, after, drawn)]
    adjusted = holm(np.array([row["p"] for row in rows], np.float64)).tolist()
    for row, p in zip(rows, adjusted, strict=True):
        row["p"] = p
        row["moved"] = None if np.isnan(p) else p < SIGNIFICANT
        row |= {name: None for name in ("low", "high", "p") if np.isnan(row[name])}
    rows.sort(key=lambda row: -abs(row["difference"]))
    return Comparison(
        to_frame(changes.sort_by([("kind", "ascending"), ("change", "ascending"), ("connections", "ascending")])),
        to_frame(pa.Table.from_pylist(rows, schema_of(SHARE_COLUMNS))),
    )


CHANGE_COLUMNS = {
    **dict.fromkeys(("kind", "thing", "change", "before", "after"), "string"), "connections": "int64",
    "first_seen": "timestamp", "last_seen": "timestamp",
}  # fmt: skip
SHARE_COLUMNS = {
    "statistic": "string", "category": "string",
    **dict.fromkeys(("before", "after", "difference", "low", "high"), "float64"), "clients": "int64", "p": "float64",
    **dict.fromkeys(("connections_before", "connections_after", "unknown_before", "unknown_after"), "int64"),
    "moved": "bool",
}  # fmt: skip


def schema_of(columns: dict[str, str]) -> pa.Schema:
    """The schema of columns and their types, in the spelling of COLUMNS."""
    return pa.schema([(name, TYPES[type_name]) for name, type_name in columns.items()])


def compare_shares(name: str, before: Inspection, after: Inspection, drawn: Drawn) -> list[dict[str, Any]]:
    """A row for each of the largest categories of a statistic."""
    sides = [observe(STATISTICS[name], each).frame for each in (before, after)]
    known = [side[side["category"].notna() & side["client"].notna()] for side in sides]
    unknown = [int((side["category"].isna() & side["applies"]).sum()) for side in sides]
    if not (len(known[0]) and len(known[1])):
        return []
    clients = sorted({client for side in known for client in side["client"]})
    categories = sorted({str(category) for side in known for category in side["category"]})
    counts = [count(side, clients, categories) for side in known]
    found = measure_difference(counts[0], counts[1], drawn)
    largest = np.argsort(-(counts[0] + counts[1]).sum(axis=0), kind="stable")[:MOST_CATEGORIES]
    return [
        {
            "statistic": name,
            "category": categories[place],
            "before": counts[0][:, place].sum() / counts[0].sum(),
            "after": counts[1][:, place].sum() / counts[1].sum(),
            **{field: getattr(found, field)[place] for field in found._fields},
            "clients": len(clients),
            "connections_before": len(known[0]),
            "connections_after": len(known[1]),
            "unknown_before": unknown[0],
            "unknown_after": unknown[1],
        }
        for place in largest.tolist()
    ]


def count(side: pd.DataFrame, clients: list[str], categories: list[str]) -> Numbers:
    """Connections by client (rows) and category (columns)."""
    rows = np.searchsorted(clients, side["client"].to_numpy(dtype=str))
    columns = np.searchsorted(categories, side["category"].to_numpy(dtype=str))
    places = rows * len(categories) + columns
    counted = np.bincount(places, minlength=len(clients) * len(categories))
    return counted.reshape(len(clients), len(categories)).astype(np.float64)
