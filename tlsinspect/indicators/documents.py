"""Indicators in JSON: STIX 2.1 (OASIS, section 4.7 for indicators, 9 for patterns) and MISP's core format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from .record import Indicators, ListFacts

COMPARISON = re.compile(r"(?<![a-z0-9-])([a-z0-9-]+):([\w.'\-]+)\s*(=|ISSUBSET)\s*'((?:[^'\\]|\\.)*)'")
STIX_KINDS = {
    ("domain-name", "value"): "name",
    ("ipv4-addr", "value"): "address",
    ("ipv6-addr", "value"): "address",
    ("x509-certificate", "hashes.sha-1"): "sha1",
    ("x509-certificate", "hashes.sha1"): "sha1",
    ("x509-certificate", "hashes.sha-256"): "sha256",
    ("x509-certificate", "hashes.sha256"): "sha256",
}
LONGEST_PATTERN = 1 << 16  # characters

MISP_KINDS = {
    "domain": "name", "hostname": "name", "ip-src": "address", "ip-dst": "address",
    "x509-fingerprint-sha1": "sha1", "x509-fingerprint-sha256": "sha256",
    "ja3-fingerprint-md5": "ja3", "ja3s-fingerprint-md5": "ja3s", "ja4": "ja4",
}  # fmt: skip
MISP_PAIRS = {
    "ip-src|port": ("address",), "ip-dst|port": ("address",), "hostname|port": ("name",),
    "domain|ip": ("name", "address"),
}  # fmt: skip
"""Types with two values, of which the first, or both, are looked for as these kinds."""
MISP_RELATIONS = {"ja3s-fingerprint-md5": "ja3s-fingerprint-md5", "ja4-fingerprint": "ja4"}
"""Relations of attributes to their objects whose templates give them a type that says less -> what they are."""


def read_stix(name: str, document: dict[str, Any], indicators: Indicators) -> ListFacts:
    """Read the indicators of a bundle whose patterns are comparisons joined by OR."""
    facts = ListFacts(name, "STIX 2.1")
    for each in objects_of(document.get("objects", [document])):
        if each.get("type") != "indicator":
            continue
        if each.get("revoked") is True:
            facts.skip("revoked")
            continue
        language = str(each.get("pattern_type") or "stix")
        if language != "stix":
            facts.skip(f"a pattern of type {language}")
            continue
        pattern = str(each.get("pattern", ""))[:LONGEST_PATTERN]
        comparisons = COMPARISON.findall(pattern)
        if not comparisons or re.sub(r"\bOR\b|[\[\]()\s]", "", COMPARISON.sub("", pattern)):
            facts.skip("a pattern that is more than comparisons joined by OR")
            continue
        reason = str(each.get("name") or each.get("description") or "")
        for kind, path, _, value in comparisons:
            found = STIX_KINDS.get((kind, path.replace("'", "").lower()))
            if found is None:
                facts.skip(f"{kind}:{path}")
            else:
                indicators.add(facts, found, re.sub(r"\\(.)", r"\1", value), validity_of(each), reason)
    return facts


def validity_of(indicator: dict[str, Any]) -> str:
    """Since when an indicator is valid and, where it says so, until when."""
    start, end = (str(indicator.get(name) or "") for name in ("valid_from", "valid_until"))
    return f"{start} to {end}".strip() if end else start


def read_misp(name: str, document: Any, indicators: Indicators) -> ListFacts | None:
    """Read the attributes of events that are meant for detection (to_ids), without those that were deleted.

    None where there is neither an event nor an attribute.
    """
    facts = ListFacts(name, "MISP")
    events = list(iter_events(document))
    for event in events:
        for attribute, deleted in iter_attributes(event):
            kind, value = misp_kind(attribute), str(attribute.get("value", ""))
            if deleted:
                facts.skip("deleted")
                continue
            if attribute.get("to_ids") in (False, "0"):
                facts.skip("not meant for detection (to_ids)")
                continue
            if kind not in MISP_PAIRS and kind not in MISP_KINDS:
                facts.skip(f"type {kind}")
                continue
            date = day_of(attribute.get("timestamp"))
            holder = attribute.get("Event")  # in what a search for attributes answers
            info = (holder if isinstance(holder, dict) else event).get("info")
            reason = str(attribute.get("comment") or info or "")
            if kind in MISP_PAIRS:
                for found, part in zip(MISP_PAIRS[kind], value.split("|"), strict=False):
                    indicators.add(facts, found, part, date, reason)
            else:
                indicators.add(facts, MISP_KINDS[kind], value, date, reason)
    return facts if events else None


def misp_kind(attribute: dict[str, Any]) -> str:
    """The type of an attribute, or what its object says that it is."""
    relation = str(attribute.get("object_relation", ""))
    return MISP_RELATIONS.get(relation, str(attribute.get("type", "")))


def iter_events(document: Any) -> Iterator[dict[str, Any]]:
    """The events of a document: one, as such or in "Event", a list, or what MISP's search answers.

    What a search for attributes answers is one event that says nothing else.
    """
    waiting = [document]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if isinstance(each.get("Event"), dict):
                yield each["Event"]
            elif any(isinstance(each.get(part), list) for part in ("Attribute", "Object")):
                yield each
            else:
                waiting += [each["response"]] if "response" in each else []
        else:
            waiting += reversed(objects_of(each))


def iter_attributes(event: dict[str, Any]) -> Iterator[tuple[dict[str, Any], bool]]:
    """The attributes of an event, those of its objects among them, and whether each was deleted, or what holds it."""
    for holder in (event, *objects_of(event.get("Object"))):
        for attribute in objects_of(holder.get("Attribute")):
            yield attribute, any(map(is_deleted, (event, holder, attribute)))


def is_deleted(each: dict[str, Any]) -> bool:
    """Whether a part of an event is only kept so that others learn that it was deleted."""
    return each.get("deleted") in (True, "1")


def objects_of(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; none where it is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def day_of(timestamp: Any) -> str:
    """Seconds since 1970 as a day; empty where it is no such number."""
    try:
        return datetime.fromtimestamp(int(timestamp), UTC).date().isoformat()
    except (TypeError, ValueError, OverflowError, OSError):
        return ""
