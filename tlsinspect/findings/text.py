"""Findings as lines for people: each rule once, below it the subjects it was found at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ..columns import SEVERITIES
from ..statistics.wording import number_text, place_text
from ..tables.starts import Start

SHOWN = 5  # subjects of a rule that are listed; CSV and JSON Lines have all


class Count(NamedTuple):
    """How many different things the rows of a rule are about; not `exact` where there may be more."""

    number: int
    exact: bool = True

    def text(self, thing: str) -> str:
        """The number of things: "2 clients", "at least 2 clients"."""
        return f"{'' if self.exact else 'at least '}{number_text(self.number, thing)}"


def count_connections(rows: Sequence[dict[Any, Any]]) -> Count:
    """The different connections of one rule's rows.

    A connection has one subject. A subject with several rows, as where several indicators meet one client, may have
    the same connections in each: they are told apart by the connection_ids, of which a row has the first few.
    """
    by_subject: dict[str | None, list[dict[Any, Any]]] = {}
    for row in rows:
        by_subject.setdefault(row["subject"], []).append(row)
    if len(by_subject) == len(rows):
        return Count(sum(row["connections"] for row in rows))
    number, exact = 0, not any(others_of(row) for row in rows)
    for subject, own in by_subject.items():
        if subject is None or not others_of(own[0]):
            ids = {name for row in own for name in row["connection_ids"]}
            number += max(len(ids), *(row["connections"] for row in own))
            exact &= len(own) == 1 or all(len(row["connection_ids"]) == row["connections"] for row in own)
    return Count(number, exact)


def count_subjects(rows: Sequence[dict[Any, Any]]) -> Count:
    """The different subjects of one rule's rows, of which one may stand for all others."""
    named = {row["subject"] for row in rows if not others_of(row)}
    others = [others_of(row) for row in rows if others_of(row)]
    if len(named) + len(others) == len(rows):
        return Count(len(named) + sum(others), len(others) < 2)
    return Count(len(named), not others)


def others_of(row: dict[Any, Any]) -> int:
    """How many subjects a row stands for that are not named; 0 where it names its own."""
    number, _, word = str(row["subject"] or "").partition(" ")
    return int(number) if word == "others" and number.isdigit() else 0


def at_least(findings: pa.Table, severity: str) -> pa.Table:
    """The rows of the findings table that are at least so severe."""
    wanted = SEVERITIES[SEVERITIES.index(severity) :]
    return findings.filter(pc.is_in(findings["severity"], value_set=pa.array(wanted, pa.string())))


def first_packet(row: dict[str, Any], starts: Mapping[str, Start]) -> str:
    """The first packet that proves a row, as text, with the capture that it is in where `starts` knows it."""
    for place, packet in enumerate(row["packets"]):
        if packet is not None:
            return place_text(packet, starts.get("".join(row["connection_ids"][place : place + 1])))
    return ""


def render_findings(findings: pa.Table, starts: Mapping[str, Start]) -> Iterator[str]:
    """Lines; texts from the network in them are as they came: escape them.

    `starts`, for findings in several captures, says in which one each connection starts, and where it goes on.
    """
    rows = findings.to_pylist()
    if not rows:
        yield "Nothing was found."
    order = {name: place for place, name in enumerate(dict.fromkeys(row["id"] for row in rows))}
    rows.sort(key=lambda row: order[row["id"]])
    for _, group in groupby(rows, key=lambda row: row["id"]):
        yield from render_rule(list(group), starts)


def render_rule(rows: list[dict[str, Any]], starts: Mapping[str, Start]) -> Iterator[str]:
    """One rule's lines."""
    first = rows[0]
    yield f"{first['severity'].upper():8} {first['id']}  {first['title']}: {count_connections(rows).text('connection')}"
    for row in rows[:SHOWN]:
        place = first_packet(row, starts)
        yield f"         {row['subject']}: {number_text(row['connections'], 'connection')}{place}; {row['evidence']}"
    if len(rows) > SHOWN:
        yield f"         and {len(rows) - SHOWN:,} more; --format csv lists all"
    yield f"         {first['advice']} ({', '.join(first['references'])})"
