"""A second opinion from logs: each row finds its connection by addresses, ports and time; the values are compared.

Goes in: rows of a log, and our rows in the same form, which is that of our exports. Comes out: a Tally.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .record import PRESENCE, Difference, Endpoint, Ends, Reason, Row, Tally, subject_of

TOLERANCE = 1_000_000_000
"""Nanoseconds by which another program's clock may differ from the times of the packets."""


class Entry(NamedTuple):
    """A row of a log: whose, when (nanoseconds, None where it is not said), and its values by field.

    Ours has the `row` of the connections frame with it.
    """

    ends: Ends
    time: int | None
    values: Row
    row: Row | None = None


def flipped(ends: Ends) -> Ends:
    """The same connection, seen from the other side."""
    return ends[1], ends[0]


def match(ours: Sequence[Entry], theirs: Sequence[Entry]) -> tuple[list[tuple[Entry, Entry]], list[Entry], list[Entry]]:
    """Pairs of entries about one connection, those of ours that are left, and those of theirs."""
    waiting: dict[Ends, list[Entry]] = {}
    for entry in ours:
        waiting.setdefault(entry.ends, []).append(entry)
    pairs, left = [], []
    for entry in theirs:
        found = nearest(waiting.get(entry.ends), entry) or nearest(waiting.get(flipped(entry.ends)), entry)
        if found is None:
            left.append(entry)
            continue
        waiting[found.ends].remove(found)
        pairs.append((found, entry))
    return pairs, [entry for entries in waiting.values() for entry in entries], left


def nearest(candidates: list[Entry] | None, entry: Entry) -> Entry | None:
    """The one whose connection lasts at the time of `entry`, or nearly; the first where no time is said."""
    if not candidates:
        return None
    if entry.time is None:
        return candidates[0]
    away, place = min((distance(each, entry.time), number) for number, each in enumerate(candidates))
    return candidates[place] if away <= TOLERANCE else None


def distance(entry: Entry, time: int) -> int:
    """How far a time is from the connection of one of our entries."""
    row = entry.row
    if row is None or row.get("time_start") is None:
        return abs((entry.time or 0) - time)
    first, last = sorted((row["time_start"], row["time_end"]))
    return int(max(first - time, time - last, 0))


def compare(
    ours: Sequence[Entry],
    theirs: Sequence[Entry],
    reasons: Sequence[Reason],
    place_of: Callable[[str, Row | None], int | None],
    tally: Tally | None = None,
) -> Tally:
    """Compare every field that a row of theirs has; `place_of` says which packet shows a field."""
    tally = tally or Tally(reasons)
    pairs, only_ours, only_theirs = match(ours, theirs)
    for mine, other in pairs:
        tally.matched += 1
        subject = subject_of(mine.ends)
        for field, value in other.values.items():
            found = mine.values.get(field)
            if same(found, value):
                tally.facts += value is not None
            else:
                tally.differ(Difference(subject, field, found, value, mine.row, place_of(field, mine.row)))
    span = [entry.time for entry in theirs if entry.time is not None]
    for mine in only_ours:
        if not span or min(span) - TOLERANCE <= (mine.time or 0) <= max(span) + TOLERANCE:
            place = place_of(PRESENCE, mine.row)
            tally.differ(Difference(subject_of(mine.ends), PRESENCE, 1, 0, mine.row, place))
    for other in only_theirs:
        tally.differ(Difference(subject_of(other.ends), PRESENCE, 0, 1, other.values))
    return tally


def same(ours: object, theirs: object) -> bool:
    """Whether two values say the same; an empty list says nothing."""
    return (None if ours == [] else ours) == (None if theirs == [] else theirs)


def endpoint(address: object, port: object) -> Endpoint:
    """An end of a connection."""
    return str(address), int(str(port or 0))
