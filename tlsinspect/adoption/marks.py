"""Dates and published figures: what happened elsewhere, from data/events.csv and data/baselines.csv.

In: two vendored tables, each row with its source. Out: records. They are facts of others and of other
populations, put beside one's own traffic and never mixed with it.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ..policies import load_policy
from ..statistics.lifetimes import LIMITS

DATA = Path(__file__).parent / "data"


class Event(NamedTuple):
    """When an attack was published, a standard took effect or software changed; `topics` say of what.

    `when` is a day or a month, as the source gives it; `day` is its first day.
    """

    day: date
    when: str
    name: str
    kind: str
    topics: tuple[str, ...]
    source: str


class Figure(NamedTuple):
    """A published share: of which series and category, how large, of what unit and population, when, by whom."""

    series: str
    category: str
    share: float
    unit: str
    population: str
    when: str
    study: str
    source: str


@cache
def load_events() -> tuple[Event, ...]:
    """All dates, the earliest first; those of the limits of certificates' lifetimes are the policy's."""
    told = [
        Event(
            first_day(row["date"]), row["date"], row["event"], row["kind"], tuple(row["topics"].split(";")),
            row["source"],
        )
        for row in read_rows("events.csv")
    ]  # fmt: skip
    return tuple(sorted((*told, *limit_events())))


def limit_events() -> list[Event]:
    """The days from which certificates may be valid for fewer days."""
    url = load_policy("cabf-br").url
    return [
        Event(
            start.date(), f"{start:%Y-%m-%d}", f"Public certificates: at most {days} days from here on", "standard",
            ("lifetimes",), url,
        )
        for start, days in LIMITS
    ]  # fmt: skip


def first_day(when: str) -> date:
    """The day, or the first day of the month."""
    return date.fromisoformat(when if len(when) > len("2020-01") else f"{when}-01")


@cache
def load_figures() -> tuple[Figure, ...]:
    """All published figures, as they stand in their file: by series and category, then by date."""
    return tuple(
        Figure(
            row["metric"], row["category"], float(row["value"]), row["unit"], row["population"], row["date"],
            row["study"], row["source"],
        )
        for row in read_rows("baselines.csv")
    )  # fmt: skip


def read_rows(name: str) -> list[dict[str, str]]:
    """The rows of a vendored table."""
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
