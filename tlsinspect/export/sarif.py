"""A check as SARIF 2.1.0, for pipelines: a rule per requirement, a result per failure.

A result's artifact is the capture; the packets to look at and the connections stand in its properties, as SARIF
knows lines of text only. partialFingerprints stay the same as long as requirement and subject do. What the baseline
knows is suppressed with its reason. Spec: OASIS Static Analysis Results Interchange Format 2.1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .. import __version__
from ..tables.starts import Start, starts_of
from .text import escape_control

if TYPE_CHECKING:
    from ..compliance import Check
    from ..policies import Requirement

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"info": "note", "low": "note", "medium": "warning", "high": "error", "critical": "error"}
SCORES = {"info": "0.0", "low": "3.0", "medium": "5.5", "high": "8.0", "critical": "9.5"}  # CVSS 3.1's bands
FINGERPRINT = "tlsinspectSubject/v1"


def build_sarif(
    check: Check, paths: Mapping[str, str] | None = None, hashes: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The SARIF log, ready for JSON; texts from the network are escaped.

    `paths` says where a capture lies, `hashes` its SHA-256, both by the name of its file.
    """
    places = {asked.id: place for place, asked in enumerate(check.policy.requirements)}
    starts = starts_of(check.facts.connections, check.failure_table["connection_ids"])
    driver = {
        "name": "tlsinspect",
        "semanticVersion": __version__,
        "rules": [rule_of(asked, check) for asked in check.policy.requirements],
    }
    run = {
        "tool": {"driver": driver},
        "results": [result_of(row, places[row["id"]], starts, paths or {}) for row in check.failure_table.to_pylist()],
        "artifacts": [artifact_of((paths or {}).get(name, name), digest) for name, digest in (hashes or {}).items()],
        "properties": {"policy": check.policy.name, "document": check.policy.document, "at": check.at.isoformat()},
        "columnKind": "unicodeCodePoints",
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def artifact_of(path: str, digest: str) -> dict[str, Any]:
    """A capture as an artifact that was analysed."""
    return {"location": {"uri": uri_of(path)}, "roles": ["analysisTarget"], "hashes": {"sha-256": digest}}


def uri_of(path: str) -> str:
    """A path as a URI reference, with the octets that it has where it is stored: they need not be text."""
    return quote(path, errors="surrogateescape")


def rule_of(asked: Requirement, check: Check) -> dict[str, Any]:
    """A requirement as a reportingDescriptor."""
    link = {"helpUri": check.policy.url} if check.policy.url.startswith("https://") else {}
    return {
        "id": asked.id,
        "shortDescription": {"text": message_text(asked.text)},
        "fullDescription": {"text": message_text(f"{asked.text} {check.policy.document}, {asked.clause}.")},
        **link,
        "defaultConfiguration": {"level": LEVELS[asked.severity]},
        "properties": {"security-severity": SCORES[asked.severity], "tags": ["security", "tls", asked.about]},
    }


def result_of(row: dict[str, Any], place: int, starts: Mapping[str, Start], paths: Mapping[str, str]) -> dict[str, Any]:
    """A failure as a result; each packet is one of the capture that it is in, which is a location."""
    subject = escape_control(row["subject"] or "unknown")
    found = [
        (starts[name].capture, None) if packet is None else starts[name].place(packet)
        for name, packet in zip(row["connection_ids"], row["packets"], strict=True)
    ]
    files = dict.fromkeys(paths.get(file, file) for file, _ in found)
    count = row["connections"]
    result: dict[str, Any] = {
        "ruleId": row["id"],
        "ruleIndex": place,
        "level": LEVELS[row["severity"]],
        "message": {
            "text": message_text(
                f"{row['subject_kind']} {subject} fails in {count:,} connection{'' if count == 1 else 's'}: "
                f"{row['text']} ({row['clause']}). {row['evidence']}"
            )
        },
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": uri_of(file)}},
                "logicalLocations": [{"fullyQualifiedName": subject, "kind": "resource"}],
            }
            for file in files
        ],
        "partialFingerprints": {FINGERPRINT: fingerprint_of(row)},
        "properties": {
            "severity": row["severity"],
            "connections": count,
            "connectionIds": row["connection_ids"],
            "packets": [number for _, number in found if number is not None],
            "hosts": [escape_control(host) for host in row["hosts"] if host],
        },
    }
    if row["known"]:
        justification = escape_control(row["reason"])
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": justification}]
    return result


def message_text(text: str) -> str:
    """A text as a message, with escapes for control characters, what is a placeholder there, and what makes a link.

    Spec: SARIF 2.1.0 sections 3.11.5 and 3.11.6, which not all readers follow: they know these texts in no other form.
    """
    return escape_control(text).replace("{", "\\x7b").replace("}", "\\x7d").replace("](", "\\x5d(")


def fingerprint_of(row: dict[str, Any]) -> str:
    """What stays the same while the requirement and what fails it do."""
    parts = (row["policy"], row["id"], row["subject_kind"], row["subject"] or "")
    return sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()
