"""The findings on the page: by severity, each rule once with what it was found at, and its connections.

In: an Inspection. Out: plain records for the template, and for the page's script which rules each
connection fired. Every rule that fired is there; of what it was found at the page shows the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from ..columns import SEVERITIES
from ..export.text import short_text
from ..findings import CAPTURE_RULES, RULES, Facts
from ..findings.text import count_connections, count_subjects, others_of
from ..statistics.wording import number_text
from .tables import records_of

if TYPE_CHECKING:
    from .inspected import Inspected

MOST_SUBJECTS = 10  # of one rule on the page; tables/findings.csv has all
MOST_NAMED = 5  # packets and hosts of one subject
FILE = "tables/findings.csv"
NOT_KNOWN = "not known"
KINDS = {"client_certificate": "client certificate"}

OWN_RULES = frozenset([*(rule.id for rule in RULES), *(rule.id for rule in CAPTURE_RULES)])


@dataclass(frozen=True)
class Subject:
    """What a rule was found at, with the packets to look at; `key` is what the page's script finds it by."""

    name: str
    detail: str
    key: str
    connections: int
    hosts: str
    packets: str
    evidence: str


@dataclass(frozen=True)
class Finding:
    """One rule that fired: what, how often, what to do, and the first of what it was found at."""

    id: str
    title: str
    basis: str
    advice: str
    references: str
    kind: str
    kind_text: str
    subjects: Sequence[Subject]
    left_out: int
    file: str = FILE


@dataclass(frozen=True)
class Severity:
    """The findings of one severity, those with most connections first."""

    name: str
    findings: Sequence[Finding]


def build_severities(inspection: Inspected) -> list[Severity]:
    """The findings by severity, the worst first; severities without any are left out."""
    rows = records_of(inspection.findings)
    names = certificate_names(inspection) if rows else {}
    by_rule: dict[str, list[dict[Any, Any]]] = {}
    for row in rows:
        by_rule.setdefault(row["id"], []).append(row)
    order = sorted(
        by_rule.values(), key=lambda rule: (-SEVERITIES.index(rule[0]["severity"]), -count_connections(rule).number)
    )
    return [
        Severity(name, [build_finding(rule, names) for rule in rules])
        for name, rules in groupby(order, key=lambda rule: rule[0]["severity"])
    ]


def build_finding(rows: Sequence[dict[Any, Any]], names: dict[str, str]) -> Finding:
    """One rule from its rows of the findings frame."""
    first = rows[0]
    kind = KINDS.get(first["subject_kind"], first["subject_kind"])
    likely = "" if first["confidence"] == "certain" else f" · {first['confidence']}"
    connections = count_connections(rows).text("connection")
    return Finding(
        id=first["id"],
        title=first["title"],
        basis=f"{connections}, {count_subjects(rows).text(kind)} · {first['id']}{likely}",
        advice=first["advice"],
        references=", ".join(first["references"]),
        kind=first["subject_kind"],
        kind_text=kind,
        subjects=[build_subject(row, names) for row in rows[:MOST_SUBJECTS]],
        left_out=max(len(rows) - MOST_SUBJECTS, 0),
    )


def build_subject(row: dict[Any, Any], names: dict[str, str]) -> Subject:
    """What a rule was found at, from a row of the findings frame."""
    subject = row["subject"] or NOT_KNOWN
    name = names.get(subject, "")
    others = others_of(row) or not row["subject"]
    hosts = [] if row["subject_kind"] == "server" else row["hosts"] or []
    return Subject(
        name=name or subject,
        detail=subject if name else "",
        key="" if others else short_text(subject),
        connections=row["connections"],
        hosts=first_few([host or NOT_KNOWN for host in hosts]),
        packets=first_few([str(packet) for packet in row["packets"] if packet is not None]),
        evidence=row["evidence"],
    )


def first_few(values: Sequence[str]) -> str:
    """The first values, and that there are more."""
    return ", ".join([*values[:MOST_NAMED], *(["…"] if len(values) > MOST_NAMED else [])])


def certificate_names(inspection: Inspected) -> dict[str, str]:
    """The subjects of certificates by SHA-256."""
    certificates = records_of(inspection.certificates[["sha256", "subject"]])
    return {row["sha256"]: row["subject"] or "an empty subject" for row in certificates}


def findings_summary(severities: Sequence[Severity]) -> str:
    """How many rules found something, by severity."""
    said = ", ".join(f"{len(each.findings)} {each.name}" for each in severities)
    ids = [finding.id for each in severities for finding in each.findings]
    number = sum(each in OWN_RULES for each in ids)
    asked = len(OWN_RULES)
    if number < len(ids):
        kinds = number_text(len(ids) - number, "kind")
        return f"{number} of {asked} rules found something, and {kinds} of match with indicators: {said}."
    return f"{number} of {asked} rules found something: {said}." if number else f"None of {asked} rules fired."


def rules_of_rows(inspection: Inspected, most: int) -> list[tuple[str, ...] | None]:
    """The rules that each of the first connections fired, the worst first; None for none."""
    facts = Facts.of(inspection)
    fired: list[list[str]] = [[] for _ in range(most)]
    for rule in sorted(RULES, key=lambda rule: -SEVERITIES.index(rule.severity)):
        for row in np.flatnonzero(rule.find(facts)[:most]).tolist():
            fired[row].append(rule.id)
    add_matches_of_rows(inspection, fired)
    return [tuple(rules) or None for rules in fired]


def add_matches_of_rows(inspection: Inspected, fired: list[list[str]]) -> None:
    """Put in front what no rule found but a list of indicators: of each row of the findings frame the first few."""
    matches = inspection.findings[~inspection.findings["id"].isin(OWN_RULES)]
    if len(matches):
        ids = inspection.connections["connection_id"].head(len(fired))
        places = {name: place for place, name in enumerate(ids)}
        for row in records_of(matches):
            for place in [places[name] for name in row["connection_ids"] if name in places]:
                if row["id"] not in fired[place]:
                    fired[place].insert(0, row["id"])


def described_rules(inspection: Inspected) -> dict[str, list[str]]:
    """Severity and title of each rule, and of what is no rule's, by its id."""
    rows = records_of(inspection.findings[["id", "severity", "title"]])
    matches = {row["id"]: [row["severity"], row["title"]] for row in rows if row["id"] not in OWN_RULES}
    return {rule.id: [rule.severity, rule.title] for rule in RULES} | matches
