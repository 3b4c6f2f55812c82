"""The roots that Mozilla trusted for web servers, and when: what a client of that time would have known.

roots/mozilla.csv has them from releases of the certifi package, some two a year; generate_roots.py makes it. The days
are those of the releases, which follow Mozilla's own by days or months. A root that left and came back counts as
trusted in between.
"""

from __future__ import annotations

import csv
from binascii import a2b_base64
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ..certificates.der import MAX_TIME
from ..certificates.facts import nanoseconds

HISTORY = Path(__file__).parent / "roots" / "mozilla.csv"


class Period(NamedTuple):
    """From when, and until when a root was trusted: nanoseconds since 1970-01-01 UTC, the end not included."""

    start: int
    end: int


class History(NamedTuple):
    """The first and the last day of which something is known, and the roots with their periods."""

    first: str
    last: str
    roots: tuple[tuple[bytes, Period], ...]


@cache
def read_history() -> History:
    """Read the list; before its first day the roots of that day are held trusted."""
    with HISTORY.open(encoding="ascii") as file:
        _, first, _, last = file.readline().split()
        roots = tuple(
            (
                a2b_base64(row["certificate"]),
                Period(moment(row["added"], -MAX_TIME), moment(row["removed"], MAX_TIME)),
            )
            for row in csv.DictReader(file)
        )
    return History(first, last, roots)


def moment(day: str, otherwise: int) -> int:
    """The begin of a day in nanoseconds; `otherwise` where there is none."""
    return nanoseconds(datetime.fromisoformat(day).replace(tzinfo=UTC)) if day else otherwise
