"""The truth about ports: what each server port carried, and how sure that share is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .interval import share_columns
from .observations import Frames
from .series import build_result, is_true

if TYPE_CHECKING:
    import pandas as pd


def build_port_shares(frames: Frames, unit: str = "connections") -> pd.DataFrame:
    """One row per port, transport and protocol, the busiest port first.

    Columns: server_port, transport, protocol, tls_port, count, denominator (of the port), share, low, high;
    counted in connections or bytes (without interval). Raises KeyError for another unit.
    """
    if unit not in ("connections", "bytes"):
        raise KeyError(unit)
    ports = frames.ports
    count = ports[unit].fillna(0)
    table = ports.assign(tls_port=is_true(ports["tls_port"]), count=count)
    table["denominator"] = table.groupby(["server_port", "transport"])["count"].transform("sum")
    table = table.sort_values(
        ["tls_port", "denominator", "server_port", "transport", "count", "protocol"],
        ascending=[False, False, True, True, False, True],
    )
    names = ("server_port", "transport", "protocol", "tls_port", "count", "denominator")
    columns = {name: table[name].tolist() for name in names}
    return build_result(columns | share_columns(columns["count"], columns["denominator"], interval=unit != "bytes"))
