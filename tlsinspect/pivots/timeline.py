"""A row per interval of time: how much there was, and what had not been there before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from ..statistics.timeline import FIRST_MONDAY, WIDTHS
from .group import finish

MOST_INTERVALS = 60
SECOND_NS = 1_000_000_000
NEW = {"new_clients": "client_ip", "new_servers": "server", "new_names": "name", "new_certificates": "leaf",
       "new_ja4": "ja4"}  # fmt: skip


def build_timeline(rows: pa.Table, certificates: pa.Table) -> pa.Table:
    """The timeline table, intervals without connections included; weeks start on Monday."""
    rows = rows.sort_by([("time_start", "ascending")])
    starts = rows["time_start"].cast(pa.int64()).to_numpy()
    if not len(starts):
        return finish("timeline", {"time": []}, [("time", "ascending")])
    width = choose_width(int(starts[0]), int(starts[-1])) * SECOND_NS
    monday = FIRST_MONDAY * SECOND_NS
    first = (int(starts[0]) - monday) // width
    places = (starts - monday) // width - first
    count = int(places[-1]) + 1
    columns: dict[str, Any] = {
        "time": [monday + (first + place) * width for place in range(count)],
        "width_s": [width // SECOND_NS] * count,
        "connections": np.bincount(places, minlength=count),
        "established": np.bincount(places, rows["done"].to_numpy(), count).astype(np.int64),
        "bytes": np.bincount(places, rows["octets"].to_numpy(), count).astype(np.int64),
    }
    clients: list[set[str]] = [set() for _ in range(count)]
    for place, client in zip(places.tolist(), rows["client_ip"].to_pylist(), strict=True):
        clients[place].add(client)
    columns["clients"] = [len(each) for each in clients]
    for name, source in NEW.items():
        columns[name] = first_times(places.tolist(), rows[source].to_pylist(), count)
    return finish("timeline", columns, [("time", "ascending")])


def choose_width(first_ns: int, last_ns: int) -> int:
    """The shortest width, in seconds, that needs no more than MOST_INTERVALS; past the widest, multiples of it."""
    seconds = (last_ns - first_ns) / SECOND_NS
    for width in WIDTHS.values():
        if seconds / width < MOST_INTERVALS - 1:
            return width
    widest = max(WIDTHS.values())
    return widest * (int(seconds / widest / (MOST_INTERVALS - 1)) + 1)


def first_times(places: list[int], values: list[str | None], count: int) -> list[list[str]]:
    """For each interval the values that come for the first time."""
    found: list[list[str]] = [[] for _ in range(count)]
    seen: set[str] = set()
    for place, value in zip(places, values, strict=True):
        if value is not None and value not in seen:
            seen.add(value)
            found[place].append(value)
    return found
