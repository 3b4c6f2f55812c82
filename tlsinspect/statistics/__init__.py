"""Statistics: frames -> shares with denominator, unknowns and interval.

In: an Inspection, or anything with its frames. Out: small tables, ready to draw
or print. STATISTICS declares the questions; nothing here judges an answer.
"""

from __future__ import annotations

from .catalogue import STATISTICS, UNITS, Statistic, Unit
from .interval import wilson_interval
from .lifetimes import build_lifetimes, build_remaining_days
from .observations import Frames
from .ports import build_port_shares
from .shares import Shares, build_shares, build_shares_by_unit
from .sizes import build_hello_sizes
from .timeline import Timeline, build_timeline, build_traffic
from .timing import build_handshake_ecdf, build_handshake_quantiles

__all__ = [
    "STATISTICS",
    "UNITS",
    "Frames",
    "Shares",
    "Statistic",
    "Timeline",
    "Unit",
    "build_handshake_ecdf",
    "build_handshake_quantiles",
    "build_hello_sizes",
    "build_lifetimes",
    "build_port_shares",
    "build_remaining_days",
    "build_shares",
    "build_shares_by_unit",
    "build_timeline",
    "build_traffic",
    "wilson_interval",
]
