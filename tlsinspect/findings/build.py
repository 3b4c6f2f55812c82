"""Rules and connections -> the findings table: a row per rule and subject, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..columns import SEVERITIES
from ..registry import version_name
from ..statistics.wording import number_text
from ..tables import arrow_schema
from .facts import Facts, Numbers
from .rule import CaptureRule, Offered, Rule

SUBJECT_LIMIT = 200  # subjects of one rule with a row of their own, those with most connections; the rest share one
EXAMPLE_LIMIT = 20  # connections, packets and hosts that a row names
FEW = 64  # rows
VALUE_LIMIT = 3  # distinct values of a column that the evidence names


def build_findings(
    facts: Facts, rules: Sequence[Rule], capture_rules: Sequence[CaptureRule] = (), told: Facts | None = None
) -> pa.Table:
    """Ask every rule; the findings table, by severity, then by connections.

    `told` are the same connections in the same order, with other words, to tell of what was found.
    """
    rows = [row for rule in rules for row in find_rows(rule, facts, told)]
    rows += [row for rule in capture_rules for row in find_captures(rule, facts if told is None else told)]
    rows.sort(key=lambda row: (-SEVERITIES.index(row["severity"]), -row["connections"]))
    return pa.Table.from_pylist(rows, arrow_schema("findings"))


SUBJECTS: dict[str, Callable[[Facts], pa.Array]] = {
    "server": lambda facts: facts.named("server"),
    "client": lambda facts: facts.column("client_ip"),
    "certificate": lambda facts: facts.leaf("certificate_sha256s"),
    "client_certificate": lambda facts: facts.leaf("client_certificate_sha256s"),
    "capture": lambda facts: facts.column("capture"),
}


def encoded(facts: Facts, name: str, column: Callable[[], pa.Array]) -> tuple[pa.Array, Numbers]:
    """A column as its distinct values in order of appearance, what is missing among them, and each row's place."""

    def make() -> tuple[pa.Array, Numbers]:
        keys = column().dictionary_encode(null_encoding="encode")
        return keys.dictionary, keys.indices.to_numpy()

    made: tuple[pa.Array, Numbers] = facts.once(f"encoded {name}", make)
    return made


def find_rows(rule: Rule, facts: Facts, told: Facts | None = None) -> list[dict[str, Any]]:
    """A rule's rows of the findings table; `told` as for build_findings."""
    found = np.flatnonzero(rule.find(facts))
    if not len(found):
        return []
    facts = facts if told is None else told
    names, places = encoded(facts, rule.subject, lambda: SUBJECTS[rule.subject](facts))
    codes = places[found]
    counts = np.bincount(codes, minlength=len(names))
    present = np.flatnonzero(counts)
    ranked = present[np.argsort(-counts[present], kind="stable")]
    own, rest = ranked[:SUBJECT_LIMIT], ranked[SUBJECT_LIMIT:]
    told_apart = found[np.isin(codes, own)] if len(rest) else found
    by_subject = told_apart[np.argsort(places[told_apart], kind="stable")]
    ends = dict(zip(np.sort(own).tolist(), np.cumsum(counts[np.sort(own)]).tolist(), strict=True))
    rows = [
        describe(rule, facts, names[code].as_py(), by_subject[ends[code] - counts[code] : ends[code]])
        for code in own.tolist()
    ]
    if len(rest):
        rows.append(describe(rule, facts, f"{len(rest)} others", found[np.isin(codes, rest)]))
    return rows


def find_captures(rule: CaptureRule, facts: Facts) -> list[dict[str, Any]]:
    """A capture rule's rows of the findings table: one per problem, whatever connections are in its capture."""
    table = facts.other("problems")
    if table is None:
        return []
    return [
        {
            "id": rule.id,
            "severity": rule.severity,
            "confidence": rule.confidence,
            "title": rule.title,
            "subject_kind": rule.subject,
            "subject": row["capture"],
            "evidence": f"{number_text(row['count'], 'packet')}; expected {row['expected']}",
            "connections": 0,
            "connection_ids": [],
            "packets": [] if row["packet"] is None else [row["packet"]],
            "hosts": [],
            "first_seen": None,
            "last_seen": None,
            "advice": rule.advice,
            "references": list(rule.references),
        }
        for row in table.filter(pa.array(rule.find(table))).to_pylist()
    ]


def describe(rule: Rule, facts: Facts, subject: str | None, rows: NDArray[np.intp]) -> dict[str, Any]:
    """One row of the findings table, from the places of its connections."""
    examples = rows[:EXAMPLE_LIMIT].tolist()
    packets = facts.packets(rule.packet)[rows[:EXAMPLE_LIMIT]].tolist()
    ids = facts.column("connection_id")
    hosts, servers = encoded(facts, "server", lambda: facts.named("server"))
    first, last = span(facts.number("time_start")[rows])
    return {
        "id": rule.id,
        "severity": rule.severity,
        "confidence": rule.confidence,
        "title": rule.title,
        "subject_kind": rule.subject,
        "subject": subject,
        "evidence": evidence_text(rule, facts, rows),
        "connections": len(rows),
        "connection_ids": [ids[place].as_py() for place in examples],
        "packets": [packet if packet >= 0 else None for packet in packets],
        "hosts": [hosts[code].as_py() for code, _ in counted(servers[rows])[:EXAMPLE_LIMIT]],
        "first_seen": first,
        "last_seen": last,
        "advice": rule.advice,
        "references": list(rule.references),
    }


def evidence_text(rule: Rule, facts: Facts, rows: NDArray[np.intp]) -> str:
    """What the evidence columns hold: "cipher_suite_name X (12), Y (3); ..."."""
    parts = []
    for name in rule.evidence:
        if isinstance(name, Offered):
            pairs, words = facts.offers(name.column, name.passes, rows), name.name
        else:
            values, codes = encoded(facts, name, partial(words_of, facts, name))
            pairs, words = counted(codes[rows]), partial(word_at, name, values)
        most = sorted(pairs, key=lambda pair: -pair[1])[:VALUE_LIMIT]
        said = [f"{words(code)} ({count})" for code, count in most]
        more = [f"and {len(pairs) - VALUE_LIMIT} more"] if len(pairs) > VALUE_LIMIT else []
        parts.append(f"{name} {', '.join(said + more)}")
    return "; ".join(parts)


def word_at(name: str, values: pa.Array, place: int) -> str:
    """One of a column's distinct values in a sentence."""
    return shown(name, values[place].as_py())


def words_of(facts: Facts, name: str) -> pa.Array:
    """A column; of texts in a list one text."""
    column = facts.column(name)
    return pc.binary_join(column, ", ") if pa.types.is_list(column.type) else column


def span(times: Numbers) -> tuple[int | None, int | None]:
    """The first and the last of times, those below zero left out, which are missing."""
    if len(times) > FEW:
        known = times[times >= 0]
        return (int(known.min()), int(known.max())) if len(known) else (None, None)
    listed = [time for time in times.tolist() if time >= 0]
    return (min(listed), max(listed)) if listed else (None, None)


def counted(codes: Numbers) -> list[tuple[int, int]]:
    """Distinct codes in ascending order, and how often each stands there."""
    if len(codes) == 1:  # as most often
        return [(int(codes[0]), 1)]
    if len(codes) <= FEW:  # a sort in numpy costs more than all of these
        return sorted(Counter(codes.tolist()).items())
    distinct, counts = np.unique(codes, return_counts=True)
    return list(zip(distinct.tolist(), counts.tolist(), strict=True))


def shown(name: str, value: Any) -> str:
    """A column's value in a sentence; a version by its name."""
    if value is None:
        return "unknown"
    return version_name(value) if name == "client_legacy_version" else str(value)
