"""Findings as lines for people: each rule once, below it the subjects it was found at."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..columns import SEVERITIES
from ..statistics.wording import number_text

SHOWN = 5  # subjects of a rule that are listed; CSV and JSON Lines have all


def at_least(findings: pa.Table, severity: str) -> pa.Table:
    """The rows of the findings table that are at least so severe."""
    wanted = SEVERITIES[SEVERITIES.index(severity) :]
    return findings.filter(pc.is_in(findings["severity"], value_set=pa.array(wanted, pa.string())))


def render_findings(findings: pa.Table) -> Iterator[str]:
    """Lines; texts from the network in them are as they came: escape them."""
    rows = findings.to_pylist()
    if not rows:
        yield "Nothing was found."
    order = {name: place for place, name in enumerate(dict.fromkeys(row["id"] for row in rows))}
    rows.sort(key=lambda row: order[row["id"]])
    for _, group in groupby(rows, key=lambda row: row["id"]):
        yield from render_rule(list(group))


def render_rule(rows: list[dict[str, Any]]) -> Iterator[str]:
    """One rule's lines."""
    first = rows[0]
    total = sum(row["connections"] for row in rows)
    yield f"{first['severity'].upper():8} {first['id']}  {first['title']}: {number_text(total, 'connection')}"
    for row in rows[:SHOWN]:
        packet = next((number for number in row["packets"] if number is not None), None)
        place = "" if packet is None else f", packet {packet}"
        yield f"         {row['subject']}: {number_text(row['connections'], 'connection')}{place}; {row['evidence']}"
    if len(rows) > SHOWN:
        yield f"         and {len(rows) - SHOWN} more"
    yield f"         {first['advice']} ({', '.join(first['references'])})"
