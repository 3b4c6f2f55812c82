"""Connections -> typed columns -> frames.

Goes in: Connection records, a batch at a time. Comes out: Arrow tables with the
columns that COLUMNS declares, and pandas frames on top of them. Names are looked
up here, late, once per distinct number.
"""

from __future__ import annotations

from .arrow import arrow_schema, distinct, empty_table, joined, judgement_schema, to_frame
from .connections import build_connections, build_gathered
from .context import Context
from .derived import build_certificates, build_chains, build_offers, build_staples
from .events import build_alerts, build_messages, build_problems
from .records import empty_gathering

__all__ = [
    "Context",
    "arrow_schema",
    "build_alerts",
    "build_certificates",
    "build_chains",
    "build_connections",
    "build_gathered",
    "build_messages",
    "build_offers",
    "build_problems",
    "build_staples",
    "distinct",
    "empty_gathering",
    "empty_table",
    "joined",
    "judgement_schema",
    "to_frame",
]
