"""What would break, as lines for people: three shares, then who would break, and what was taken into account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from ..policies.drop import DROP
from ..statistics.wording import interval_text, number_text, place_text, share_text
from ..tables.starts import Start
from .whatif import UNITS, WhatIf

SHOWN = 8  # hosts of a kind that are listed; CSV and JSON have all
LABEL, CELL = 14, 22  # widths that make a row fit 80 columns, where no number is large
EXPLANATION = (
    "It works where what was agreed on remains, or the client offers something else that the same server is proven to "
    "take. It fails where the client offers nothing that remains, or the server is proven to know nothing as new. "
    "So both shares are lower bounds. Certificates are not considered. Connections that failed anyway are left out."
)
TITLES = {"client": "Clients", "server": "Servers", "ja4": "Fingerprints (JA4)", "ja3": "Fingerprints (JA3)"}
WORDS = {
    "fails": "fail, at least",
    "works": "work, at least",
    "unknown": "unknown",
}


def render_whatif(made: WhatIf, starts: Mapping[str, Start]) -> Iterator[str]:
    """Lines; texts from the network in them are as they came: escape them.

    `starts`, where there are several captures, says in which one each connection starts, and where it goes on.
    """
    yield f"What if: {made.policy.title}"
    if made.policy.name != DROP:
        names = ", ".join(each.id for each in made.taken) or "nothing"
        yield f"Taken into account, as on {made.at.isoformat()}: {names}"
    if made.left:
        yield f"Left out, as they do not decide what is agreed on: {', '.join(each.id for each in made.left)}"
    rows = {(row["unit"], row["outcome"]): row for row in made.share_table.to_pylist()}
    total = rows["connections", "works"]["denominator"]
    yield ""
    if not total:
        yield "There is no connection with TLS that came to an agreement."
        return
    heads = [f"of {number_text(rows[unit, 'works']['denominator'], unit.removesuffix('s'))}" for unit in UNITS]
    cells = {outcome: [share_cell(rows[unit, outcome]) for unit in UNITS] for outcome in WORDS}
    widths = [max(CELL, *(len(cell) + 2 for cell in column)) for column in zip(*cells.values(), strict=True)]
    yield " " * LABEL + "".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True))
    for outcome, words in WORDS.items():
        row = "".join(f"{cell:>{width}}" for cell, width in zip(cells[outcome], widths, strict=True))
        yield f"{words:{LABEL}}{row}"
    yield from host_lines(made, starts)
    yield ""
    yield EXPLANATION


def share_cell(row: dict[str, Any]) -> str:
    """A count with its share and interval."""
    share = share_text(row["count"], row["denominator"])
    return f"{row['count']:,}  {share} ({interval_text(row['low'], row['high'], row['denominator'])})"


def host_lines(made: WhatIf, starts: Mapping[str, Start]) -> Iterator[str]:
    """Who would break, by kind, those with most connections first."""
    for kind, group in groupby(made.host_table.to_pylist(), key=lambda row: row["kind"]):
        rows = list(group)
        yield ""
        yield f"{TITLES[kind]} with connections that would fail: {len(rows):,}"
        for row in rows[:SHOWN]:
            every = row["fails"] + row["works"] + row["unknown"]
            packet = place_text(row["packet"], starts.get(row["connection_id"]))
            count = f"{row['fails']:,} of {number_text(every, 'connection')}"
            yield f"  {row['host']}: {count}{packet}; {row['why']}"
        if len(rows) > SHOWN:
            yield f"  and {len(rows) - SHOWN:,} more; --format csv --frame hosts lists all"
