"""Connections by a finding, and what findings say of their packets."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ..errors import TlsInspectError
from ..findings import RULES, Facts

if TYPE_CHECKING:
    from ..inspection import Inspection

Place = tuple[str, int]


def with_finding(inspection: Inspection, rule_id: str) -> list[str]:
    """The ids of all connections that a rule is about; raises TlsInspectError for an id that no rule has."""
    rules = {rule.id: rule for rule in RULES}
    rule = rules.get(rule_id.upper())
    if rule is None:
        from difflib import get_close_matches

        close = get_close_matches(rule_id.upper(), rules, n=3)
        hint = f"did you mean {', '.join(close)}?" if close else "docs/findings.md lists them"
        raise TlsInspectError(f"there is no finding {rule_id!r}; {hint}")
    connections = inspection.arrow("connections")
    facts = Facts(connections, inspection.arrow("certificates"), lambda: inspection.arrow("validation"))
    found = rule.find(facts)
    ids: list[str] = connections.filter(found)["connection_id"].to_pylist()
    return ids


def comments_of(inspection: Inspection) -> dict[Place, list[str]]:
    """What the findings say, by file and number of the packet that proves it.

    Of each row of the findings table those packets are named that the row names; one without a packet of its own is
    said at the ClientHello.
    """
    connections = inspection.arrow("connections").select(["connection_id", "capture", "client_hello_packet"])
    places = {row["connection_id"]: (row["capture"], row["client_hello_packet"]) for row in connections.to_pylist()}
    comments: dict[Place, list[str]] = defaultdict(list)
    for row in inspection.arrow("findings").to_pylist():
        text = f"tlsinspect: {row['severity']}: {row['id']}: {row['title']}"
        for connection_id, packet in zip(row["connection_ids"], row["packets"], strict=True):
            capture, hello = places.get(connection_id, ("", None))
            number = hello if packet is None else packet
            if number is not None and text not in comments[capture, number]:
                comments[capture, number].append(text)
    return comments
