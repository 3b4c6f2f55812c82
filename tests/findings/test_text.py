"""What the lines of a rule count: connections and subjects, each once."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tlsinspect.findings.text import SHOWN, count_connections, count_subjects, render_findings
from tlsinspect.tables import arrow_schema


def row(subject: str | None, *ids: str, connections: int = 0) -> dict[str, Any]:
    """A row of a rule; `connections` where there are more than have their ids there."""
    return {
        "id": "IND-JA", "severity": "medium", "title": "Met", "subject": subject, "evidence": "it", "advice": "Look.",
        "connections": connections or len(ids), "connection_ids": list(ids), "packets": [4], "references": ["list"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "connections", "subjects"),
    [
        ([row("one", "a", "b"), row("two", "c")], "3 connections", "2 clients"),
        ([row("one", "a", "b"), row("one", "a", "b")], "2 connections", "1 client"),
        ([row("one", "a", "b"), row("one", "b", "c"), row("two", "d")], "4 connections", "2 clients"),
        ([row(None, "a"), row(None, "a", "b")], "2 connections", "1 client"),
        ([row("one", "a", connections=50), row("one", "a", "b")], "at least 50 connections", "1 client"),
        ([row("one", "a"), row("30 others", "b", connections=40)], "41 connections", "31 clients"),
        (
            [row("one", "a"), row("one", "a"), row("30 others", "b", connections=40)],
            "at least 1 connection", "at least 1 client",
        ),
    ],
)  # fmt: skip
def test_a_connection_or_subject_counts_once(rows: list[dict[str, Any]], connections: str, subjects: str) -> None:
    assert count_connections(rows).text("connection") == connections
    assert count_subjects(rows).text("client") == subjects


def test_the_heading_of_a_rule_counts_its_connections_once() -> None:
    rows = [row("192.0.2.1", "a", "b"), row("192.0.2.1", "a", "b")]
    heading, *subjects, _ = render_findings(pa.Table.from_pylist(rows, arrow_schema("findings")), {})
    assert heading == "MEDIUM   IND-JA  Met: 2 connections"
    assert subjects == ["         192.0.2.1: 2 connections, packet 4; it"] * 2


def test_subjects_that_are_not_shown_are_counted_with_what_lists_them() -> None:
    rows = [row(f"192.0.2.{number}", "a") for number in range(SHOWN + 2)]
    *_, rest, _ = render_findings(pa.Table.from_pylist(rows, arrow_schema("findings")), {})
    assert rest == "         and 2 more; --format csv lists all"
