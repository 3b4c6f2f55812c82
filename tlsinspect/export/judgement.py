"""A judgement as one JSON document: plain values, times as ISO 8601, what is missing as null."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from ..compliance import Check, Ledger, WhatIf


def check_as_json(check: Check) -> dict[str, Any]:
    """What a check found, ready for JSON; its connections are in the CSV and the API."""
    from ..compliance import VERDICTS

    counts = np.bincount(check.overall, minlength=len(VERDICTS)).tolist()
    return {
        "policy": check.policy.name,
        "title": check.policy.title,
        "document": check.policy.document,
        "at": check.at.isoformat(),
        "at_given": not check.at_is,
        "connections": dict(zip(VERDICTS, counts, strict=True)),
        "requirements": rows_of(check.requirement_table),
        "failures": rows_of(check.failure_table),
        "hosts": rows_of(check.host_table),
        "stale": list(check.stale),
    }


def whatif_as_json(made: WhatIf) -> dict[str, Any]:
    """What would break, ready for JSON; the connections are in the CSV and the API."""
    return {
        "policy": made.policy.name,
        "title": made.policy.title,
        "at": made.at.isoformat(),
        "taken": [each.id for each in made.taken],
        "left": [each.id for each in made.left],
        "shares": rows_of(made.share_table),
        "hosts": rows_of(made.host_table),
    }


def ledger_as_json(ledger: Ledger) -> dict[str, Any]:
    """The quantum ledger, ready for JSON."""
    return {"classes": rows_of(ledger.class_table), "servers": rows_of(ledger.server_table)}


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """A table's rows, ready for JSON."""
    return [{name: plain(value) for name, value in row.items()} for row in table.to_pylist()]


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    return value.isoformat() if isinstance(value, datetime | date) else value
