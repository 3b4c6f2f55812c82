"""The truth about ports: what each server port carried, and how sure that share is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from .interval import share_columns
from .observations import Frames
from .rows import columns_of, values_of
from .series import build_result

if TYPE_CHECKING:
    import pandas as pd

PORT_UNITS = ("connections", "bytes")
PORT_COLUMNS = ("server_port", "transport", "protocol", "tls_port", "count", "denominator")


def build_port_shares(frames: Frames, unit: str = "connections") -> pd.DataFrame:
    """One row per port, transport and protocol, the busiest port first.

    Columns: server_port, transport, protocol, tls_port, count, denominator (of the port), share, low, high;
    counted in connections or bytes (without interval). Raises KeyError for another unit.
    """
    rows = count_ports(frames, unit)
    columns = {name: [row[name] for row in rows] for name in PORT_COLUMNS}
    return build_result(columns | share_columns(columns["count"], columns["denominator"], interval=unit != "bytes"))


def count_ports(frames: Frames, unit: str = "connections") -> list[dict[str, Any]]:
    """The same rows, with PORT_COLUMNS."""
    if unit not in PORT_UNITS:
        raise KeyError(unit)
    ports = values_of(columns_of(frames, "ports"), "server_port", "transport", "protocol", "tls_port", unit)
    sums: Counter[tuple[int, str]] = Counter()
    counts: Counter[tuple[int, str, str | None]] = Counter()  # of ports of several captures: rows of each
    wanted: set[tuple[int, str]] = set()
    for port, transport, protocol, asked, count in zip(*ports, strict=True):
        sums[port, transport] += count or 0
        counts[port, transport, protocol] += count or 0
        if asked:
            wanted.add((port, transport))
    rows = [
        dict(zip(PORT_COLUMNS, (*key, key[:2] in wanted, count, sums[key[:2]]), strict=True))
        for key, count in counts.items()
    ]
    return sorted(rows, key=port_order)


def port_order(row: dict[str, Any]) -> tuple[Any, ...]:
    """Ports that were asked for first, then the busiest; of one port the most frequent protocol."""
    return (
        *(not row["tls_port"], -row["denominator"], row["server_port"], row["transport"]),
        *(-row["count"], row["protocol"] is None, row["protocol"] or ""),
    )
