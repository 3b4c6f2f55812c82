"""A comparison as lines of text. Who prints them escapes what came from the network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..comparison import Comparison
from ..comparison.build import SIGNIFICANT
from ..comparison.clustered import LEAST_CLIENTS
from ..comparison.things import THINGS
from ..connection import CARRIES_TLS
from ..statistics import STATISTICS
from ..statistics.series import is_true
from ..statistics.wording import number_text, percent_text, period_text
from .tables import records_of

if TYPE_CHECKING:
    from ..inspection import Inspection

Row = dict[Any, Any]

MOST_SHARES = 5  # differences that are listed where none is more than chance

CHANGED = {
    "issuers": "issuers", "keys": "keys", "servers": "servers", "ja4": "fingerprints (JA4)",
    "lowest_version": "lowest versions", "highest_version": "highest versions",
}  # fmt: skip
"""Column that changed -> its name in a heading."""


def render_comparison(before: Inspection, after: Inspection, found: Comparison, most: int) -> Iterator[str]:
    """Lines: what was compared, what is new, gone and changed, which shares moved; `most` of each, 0 for all."""
    for title, inspection in (("before", before), ("after", after)):
        yield f"{title:7} {describe(inspection)}"
    rows = records_of(found.changes)
    for kind in THINGS:
        for change, group in grouped([row for row in rows if row["kind"] == kind]).items():
            yield ""
            yield heading(kind, change, len(group))
            yield from (f"  {line_of(row)}" for row in group[: most or None])
            if most and len(group) > most:
                yield f"  and {len(group) - most:,} more; --most 0 lists all"
    yield ""
    yield from render_shares(records_of(found.shares))


def describe(inspection: Inspection) -> str:
    """The captures, their time, how many connections with TLS of how many clients: nothing else is compared."""
    rows = inspection.connections
    carried = rows[is_true(rows["protocol"].isin(CARRIES_TLS))]
    period = period_text(rows["time_start"].min(), rows["time_end"].max()) if len(rows) else "no time"
    clients = f" of {number_text(carried['client_ip'].nunique(), 'client')}" if len(carried) else ""
    count = f"{number_text(len(carried), 'connection')} with TLS{clients}"
    chosen = f" where {inspection.selection}" if inspection.selection else ""
    return f"{inspection.reading_arguments}{chosen}: {count}, {period}"


def grouped(rows: list[Row]) -> dict[str, list[Row]]:
    """The rows by their change: what changed of a thing first."""
    order = sorted(
        {row["change"] for row in rows}, key=lambda change: (change in ("new", "gone"), change != "new", change)
    )
    return {change: [row for row in rows if row["change"] == change] for change in order}


def heading(kind: str, change: str, count: int) -> str:
    """What follows: "3 new server names", "1 server gone", "1 server with other lowest version"."""
    thing = THINGS[kind].singular if count == 1 else THINGS[kind].plural
    if change == "new":
        return f"{count:,} new {thing}"
    return f"{count:,} {thing} gone" if change == "gone" else f"{count:,} {thing} with other {CHANGED[change]}"


def line_of(row: Row) -> str:
    """One change."""
    if row["change"] in ("new", "gone"):
        count = number_text(row["connections"], "connection")
        return f"{row['thing']}  ({count}, first {row['first_seen']:%Y-%m-%d %H:%M:%S})"
    if row["before"] is None or row["after"] is None:
        return f"{row['thing']}: {'no longer' if row['after'] is None else 'now also'} {row['before'] or row['after']}"
    return f"{row['thing']}: {row['before']} -> {row['after']}"


def render_shares(rows: list[Row]) -> Iterator[str]:
    """The shares that moved, and how many were tested."""
    tested = [row for row in rows if row["p"] is not None]
    moved = [row for row in tested if row["moved"]]
    if not rows:
        yield "No shares were compared: of one side at least no handshake is known."
        return
    if not tested:
        yield f"Shares were not tested: {LEAST_CLIENTS} clients are needed, as connections of one client prove little."
    else:
        yield (
            f"{number_text(len(moved), 'share')} of {len(tested):,} moved by more than the choice of clients explains "
            f"(permutation of {clients_text(tested)}, adjusted p < {SIGNIFICANT})"
        )
    shown = moved or [row for row in rows if row["difference"]][:MOST_SHARES]
    if not moved:
        yield "The largest differences, which may be chance:" if shown else "No share differs."
    for row in shown:
        yield f"  {share_line(row)}"


def clients_text(tested: list[Row]) -> str:
    """How many clients the tests rest on: not every client tells something of every question."""
    fewest, most = (each(row["clients"] for row in tested) for each in (min, max))
    return number_text(most, "client") if fewest == most else f"{fewest:,} to {number_text(most, 'client')}"


def share_line(row: Row) -> str:
    """One share before and after."""
    points = f"{points_text(row['difference'])} points"
    interval = "" if row["low"] is None else f", 95%: {points_text(row['low'])} to {points_text(row['high'])}"
    chance = "" if row["p"] is None else f", adjusted p {row['p']:.3f}"
    of = f"of {row['connections_before']:,} and {row['connections_after']:,} connections"
    unknown = row["unknown_before"] + row["unknown_after"]
    beside = f", {unknown:,} unknown" if unknown else ""
    question = STATISTICS[row["statistic"]].question
    before, after = (percent_text(row[side], row[f"connections_{side}"]) for side in ("before", "after"))
    return f"{row['category']}: {before}% to {after}% ({points}{interval}{chance}; {of}{beside})  [{question}]"


def points_text(difference: float) -> str:
    """A difference in percentage points: "+15"; "-0.4" where it is less than one, "0" where there is none."""
    text = f"{100 * difference:+.{0 if abs(difference) >= 0.01 else 1}f}"
    return text if float(text) else "0"
