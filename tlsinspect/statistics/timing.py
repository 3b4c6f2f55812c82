"""Handshake times by version: quantiles, and the points of their distribution functions.

In: the frames. Out: tables in milliseconds. Times are those at the capture
point: near the client they hold the whole round trip, near the server none of it.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from .catalogue import VERSION_ORDER
from .observations import Frames, tls_connections
from .series import build_result, is_false

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = {"p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}
MOST_POINTS = 400
TIMES = {
    "handshake_ms": "ClientHello to the first application data",
    "hello_ms": "ClientHello to ServerHello",
    "tcp_rtt_ms": "SYN to SYN-ACK",
}


def handshake_times(frames: Frames, column: str = "handshake_ms", full_only: bool = True) -> pd.DataFrame:
    """The connections whose time is known: version_name, milliseconds, round_trips (null without a TCP round trip).

    Resumed handshakes are left out unless `full_only` is false. Raises KeyError for a column not in TIMES.
    """
    import pandas as pd

    if column not in TIMES:
        raise KeyError(column)
    rows = tls_connections(frames)
    rows = rows[rows[column].notna() & rows["version_name"].notna()]
    if full_only:
        rows = rows[is_false(rows["resumed"])]
    round_trip = rows["tcp_rtt_ms"].where(rows["tcp_rtt_ms"] > 0)
    return pd.DataFrame(
        {
            "version_name": rows["version_name"],
            "milliseconds": rows[column],
            "round_trips": rows[column] / round_trip,
        }
    )


def build_handshake_quantiles(frames: Frames, column: str = "handshake_ms", full_only: bool = True) -> pd.DataFrame:
    """One row per version: version_name, connections, p05 ... p95 (ms), median_round_trips."""
    parts = iter_versions(handshake_times(frames, column, full_only))
    columns: dict[str, list[Any]] = {
        "version_name": [name for name, _ in parts],
        "connections": [len(part) for _, part in parts],
    }
    for label, level in QUANTILES.items():
        columns[label] = [part["milliseconds"].astype(float).quantile(level) for _, part in parts]
    columns["median_round_trips"] = [part["round_trips"].dropna().astype(float).median() for _, part in parts]
    return build_result(columns)


def build_handshake_ecdf(frames: Frames, column: str = "handshake_ms", full_only: bool = True) -> pd.DataFrame:
    """The points of each version's distribution function: version_name, milliseconds, share (at most this long).

    Of more than 400 times, as many evenly spread ones are kept, the first and the last among them.
    """
    columns: dict[str, list[Any]] = {"version_name": [], "milliseconds": [], "share": []}
    for name, part in iter_versions(handshake_times(frames, column, full_only)):
        values = sorted(part["milliseconds"].astype(float))
        for place in kept_places(len(values)):
            columns["version_name"].append(name)
            columns["milliseconds"].append(values[place])
            columns["share"].append(bisect_right(values, values[place]) / len(values))
    return build_result(columns)


def kept_places(count: int) -> list[int]:
    """Which of `count` sorted values become points."""
    if count <= MOST_POINTS:
        return list(range(count))
    return [round(place * (count - 1) / (MOST_POINTS - 1)) for place in range(MOST_POINTS)]


def iter_versions(times: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The parts of a table by version, the newest version first."""
    groups = {str(name): part for name, part in times.groupby("version_name")}
    places = {name: place for place, name in enumerate(VERSION_ORDER)}
    return sorted(groups.items(), key=lambda item: (places.get(item[0], len(places)), item[0]))
