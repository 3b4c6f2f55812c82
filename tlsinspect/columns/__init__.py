"""COLUMNS: the one declaration of every frame's columns, their types, units and meanings.

Frames, exports, the command line and docs/columns.md are made from it. Types
are Arrow's, spelled as text, so that importing this module stays cheap:
tables/arrow.py turns them into pyarrow types. Wire numbers keep their number; the
name, looked up late, stands beside it.
"""

from __future__ import annotations

from .captured import ALERTS, CAPTURES, CERTIFICATES, CHAINS, CONNECTIONS, MESSAGES, OFFERS, PORTS, PROBLEMS, STAPLES
from .column import Column
from .judged import CLIENT_VALIDATION, FINDINGS, JUDGEMENTS, OCSP, SCTS, VALIDATION
from .pivots import PIVOTS

__all__ = [
    "COLUMNS",
    "COMPLETE",
    "CONNECTIONS",
    "JUDGEMENTS",
    "PIVOTS",
    "SEVERITIES",
    "UNKNOWN_REASONS",
    "Column",
    "table_columns",
]

SEVERITIES = ("info", "low", "medium", "high", "critical")  # of findings, the least first

COMPLETE = "complete"  # the quality of a capture with which nothing is wrong

UNKNOWN_REASONS = (
    "not_captured",
    "one_sided",
    "gap",
    "midstream",
    "snaplen",
    "encrypted",
    "sealed",
    "resumed",
    "malformed",
    "unnamed",
    "not_offered",
    "not_applicable",
)

COLUMNS: dict[str, tuple[Column, ...]] = {
    "connections": CONNECTIONS,
    "certificates": CERTIFICATES,
    "chains": CHAINS,
    "staples": STAPLES,
    "offers": OFFERS,
    "messages": MESSAGES,
    "alerts": ALERTS,
    "ports": PORTS,
    "problems": PROBLEMS,
    "captures": CAPTURES,
    "findings": FINDINGS,
    "validation": VALIDATION,
    "client_validation": CLIENT_VALIDATION,
    "ocsp": OCSP,
    "scts": SCTS,
}


def table_columns(table: str) -> tuple[Column, ...]:
    """The columns of a table of COLUMNS or PIVOTS; raises KeyError for another."""
    return PIVOTS[table] if table in PIVOTS else COLUMNS[table]
