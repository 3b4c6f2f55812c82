"""Connections by a finding, and what findings say of their packets."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from ..arguments import nearest
from ..columns import SEVERITIES
from ..errors import TlsInspectError
from ..findings import RULES, Facts
from ..tables.starts import PLACE_COLUMNS, start_of

if TYPE_CHECKING:
    from ..inspection import Inspection

Place = tuple[str, int]


def with_finding(inspection: Inspection, rule_id: str) -> list[str]:
    """The ids of all connections that a rule is about; raises TlsInspectError for an id that no rule has."""
    rules = {rule.id: rule for rule in RULES}
    rule = rules.get(rule_id.upper())
    if rule is None:
        close = nearest(rule_id, rules)
        hint = f"did you mean {', '.join(close)}?" if close else "docs/findings.md lists them"
        raise TlsInspectError(f"there is no finding {rule_id!r}; {hint}")
    connections = inspection.on_demand("connections")
    found = rule.find(Facts.of(inspection))
    ids: list[str] = connections.filter(found)["connection_id"].to_pylist()
    return ids


def comments_of(inspection: Inspection) -> dict[Place, list[str]]:
    """What the findings say, by file and number of the packet that proves it, the worst first.

    Every connection that a rule is about is named, not only the first that the findings table lists, by the packet
    that the findings table names.
    """
    connections = inspection.on_demand("connections")
    facts = Facts.of(inspection)
    starts = [start_of(row) for row in connections.select(PLACE_COLUMNS).to_pylist()]
    comments: dict[Place, list[str]] = defaultdict(list)
    for rule in sorted(RULES, key=lambda rule: -SEVERITIES.index(rule.severity)):
        text = f"tlsinspect: {rule.severity}: {rule.id}: {rule.title}"
        packets = facts.packets(rule.packet)
        for row in np.flatnonzero(rule.find(facts)).tolist():
            place = starts[row].place(int(packets[row]))
            if packets[row] >= 0 and text not in comments[place]:
                comments[place].append(text)
    return comments
