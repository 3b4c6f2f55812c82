"""A row per client and destination that were often enough together: how regular the intervals between them are.

Connections that begin soon after one another are one visit: a program may open several each time that its timer fires.
The score is 1 less the quartile coefficient of dispersion of the intervals between the visits,
(Q3 - Q1) / (Q3 + Q1) (Bonett, Computational Statistics & Data Analysis 50, 2006): of quartiles, so that a missed
connection, which doubles an interval, does not matter until a quarter are missed. RITA (Real Intelligence Threat
Analytics) scores beacons by quartiles and medians too. A timer with a jitter of a fifth has 0.9, arrivals at random
(exponential intervals) have 0.34. docs/pivots.md says how often chance alone is called regular.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .group import finish, grouped

LEAST_CONNECTIONS = 10
"""Connections of a client to one destination from which there is a row, and visits from which there is a score: fewer
intervals look regular by chance.
"""

LEAST_INTERVAL_S = 1.0
"""Seconds. A connection that begins sooner after the one before belongs to the same visit, as of a browser's burst."""

REGULAR_SCORE = 0.8
"""Score from which a pair is called regular."""

Floats = NDArray[np.float64]


class Measured(NamedTuple):
    """Visits, score, median interval and its deviation in seconds, and the regularity of sizes; of one visit no more
    than that it was one.
    """

    visits: int
    score: float
    interval_s: float | None
    deviation_s: float | None
    size_regularity: float | None


def build_beacons(rows: pa.Table, certificates: pa.Table) -> pa.Table:
    """The beacons table: the most regular first."""
    named = pc.coalesce(rows["name"], rows["server_ip"])
    rows = rows.append_column("destination", named).sort_by([("time_start", "ascending")])
    keys = ["client_ip", "destination", "server_port"]
    made = grouped(rows, keys, ("connections", "first_seen", "last_seen"), {"ja4": "ja4"})
    made = made.filter(pc.greater_equal(made["connections"], LEAST_CONNECTIONS))
    series = series_of(rows, keys)
    found = [measure(*series[tuple(row[key] for key in keys)]) for row in made.select(keys).to_pylist()]
    columns: dict[str, Any] = {name: made[name] for name in made.column_names}
    for name in Measured._fields:
        columns[name] = [getattr(each, name) for each in found]
    columns["regular"] = [each.score >= REGULAR_SCORE for each in found]
    order = [("score", "descending"), ("connections", "descending"), ("client_ip", "ascending"),
             ("destination", "ascending")]  # fmt: skip
    return finish("beacons", columns, order)


def series_of(rows: pa.Table, keys: list[str]) -> dict[tuple[Any, ...], tuple[Floats, Floats]]:
    """Starts in seconds after the first, sorted, and the client's octets of the connections of each pair."""
    listed = rows.group_by(keys, use_threads=False).aggregate([("time_start", "list"), ("client_bytes", "list")])
    found = {}
    for row in listed.set_column(
        listed.schema.get_field_index("time_start_list"),
        "time_start_list",
        listed["time_start_list"].cast(pa.list_(pa.int64())),
    ).to_pylist():
        times = (np.array(row["time_start_list"], np.int64) - row["time_start_list"][0]) / 1e9
        found[tuple(row[key] for key in keys)] = times, np.array(row["client_bytes_list"], np.float64)
    return found


def measure(times: Floats, sizes: Floats) -> Measured:
    """What connections say that begin at these times, sorted and in seconds, and carry so many octets of the client."""
    begins = np.append(True, np.diff(times) >= LEAST_INTERVAL_S)
    visits = int(begins.sum())
    if visits < 2:
        return Measured(visits, 0.0, None, None, None)
    intervals = np.diff(times[begins])
    median = float(np.median(intervals))
    deviation = float(np.median(np.abs(intervals - median)))
    score = regularity(intervals) if visits >= LEAST_CONNECTIONS else 0.0
    return Measured(visits, score, median, deviation, regularity(np.add.reduceat(sizes, np.flatnonzero(begins))))


def regularity(values: Floats) -> float:
    """1 where the quartiles are the same, 0 where the first is nothing beside the third; values are not negative."""
    first, third = (float(each) for each in np.quantile(values, (0.25, 0.75)))
    return 1 - (third - first) / (third + first) if third > 0 else 0.0
