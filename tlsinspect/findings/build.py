"""Rules and connections -> the findings table: a row per rule and subject, the worst first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..columns import SEVERITIES
from ..registry import version_name
from ..statistics.wording import number_text
from ..tables import arrow_schema
from .facts import Facts, Numbers
from .groups import Groups, Ranked
from .rule import CaptureRule, Offered, Rule

SUBJECT_LIMIT = 200  # subjects of one rule with a row of their own, those with most connections; the rest share one
EXAMPLE_LIMIT = 20  # connections, packets and hosts that a row names
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
    own, others = ranked[:SUBJECT_LIMIT], len(ranked[SUBJECT_LIMIT:])
    subjects = names.take(pa.array(own)).to_pylist() + [f"{others} others"] * (others > 0)
    ranks = np.full(len(names), len(own), np.int16)
    ranks[own] = np.arange(len(own))
    return describe(rule, facts, subjects, Groups(found, ranks[codes], len(subjects)))


def find_captures(rule: CaptureRule, facts: Facts) -> list[dict[str, Any]]:
    """A capture rule's rows of the findings table: one per problem, whatever connections are in its capture."""
    table = facts.other("problems")
    if table is None:
        return []
    return [
        declared(rule)
        | {
            "subject": row["capture"],
            "evidence": f"{number_text(row['count'], 'packet')}; expected {row['expected']}",
            "connections": 0,
            "connection_ids": [],
            "packets": [] if row["packet"] is None else [row["packet"]],
            "hosts": [],
            "first_seen": None,
            "last_seen": None,
        }
        for row in table.filter(pa.array(rule.find(table))).to_pylist()
    ]


def declared(rule: Rule | CaptureRule) -> dict[str, Any]:
    """What a rule says of itself in each of its rows."""
    return {
        "id": rule.id,
        "severity": rule.severity,
        "confidence": rule.confidence,
        "title": rule.title,
        "subject_kind": rule.subject,
        "advice": rule.advice,
        "references": list(rule.references),
    }


def describe(rule: Rule, facts: Facts, subjects: Sequence[str | None], groups: Groups) -> list[dict[str, Any]]:
    """Rows of the findings table, one for each subject, from the places of its connections."""
    examples, ends = groups.firsts(EXAMPLE_LIMIT)
    ids = facts.column("connection_id").take(pa.array(examples)).to_pylist()
    packets = [packet if packet >= 0 else None for packet in facts.packets(rule.packet)[examples].tolist()]
    told = [slice(begin, end) for begin, end in pairwise([0, *ends])]
    hosts, servers = encoded(facts, "server", lambda: facts.named("server"))
    met = groups.ranked(servers, len(hosts), EXAMPLE_LIMIT, frequent_first=False)
    host_of = words_for(hosts, met)
    firsts, lasts = groups.span(facts.number("time_start"))
    columns = (subjects, evidence_texts(rule, facts, groups), groups.sizes.tolist(), told, met, firsts, lasts)
    return [
        declared(rule)
        | {
            "subject": subject,
            "evidence": evidence,
            "connections": connections,
            "connection_ids": ids[own],
            "packets": packets[own],
            "hosts": [host_of[code] for code, _ in its_hosts.leading],
            "first_seen": first,
            "last_seen": last,
        }
        for subject, evidence, connections, own, its_hosts, first, last in zip(*columns, strict=True)
    ]


def evidence_texts(rule: Rule, facts: Facts, groups: Groups) -> list[str]:
    """What the evidence columns hold in each group: "cipher_suite_name X (12), Y (3); ..."."""
    columns = []
    for name in rule.evidence:
        if isinstance(name, Offered):
            passing, lists = facts.offers(name.column, name.passes)
            ranked = groups.ranked_lists(lists, VALUE_LIMIT)
            words = {place: name.name(code) for place, code in enumerate(passing)}
        else:
            values, codes = encoded(facts, name, partial(words_of, facts, name))
            ranked = groups.ranked(codes, len(values), VALUE_LIMIT)
            words = {code: shown(name, value) for code, value in words_for(values, ranked).items()}
        columns.append([f"{name} {counted_text(words, each)}" for each in ranked])
    return ["; ".join(parts) for parts in zip(*columns, strict=True)] if columns else [""] * groups.count


def counted_text(words: Mapping[int, str], ranked: Ranked) -> str:
    """The most frequent values, each with its number, and how many more there are."""
    said = [f"{words[code]} ({count})" for code, count in ranked.leading]
    return ", ".join([*said, f"and {ranked.kinds - VALUE_LIMIT} more"] if ranked.kinds > VALUE_LIMIT else said)


def words_for(values: pa.Array, ranked: Sequence[Ranked]) -> dict[int, Any]:
    """Those of a column's distinct values that are among the most frequent of a group, by their places."""
    places = sorted({code for each in ranked for code, _ in each.leading})
    return dict(zip(places, values.take(pa.array(places, pa.int64())).to_pylist(), strict=True))


def words_of(facts: Facts, name: str) -> pa.Array:
    """A column; of texts in a list one text."""
    column = facts.column(name)
    return pc.binary_join(column, ", ") if pa.types.is_list(column.type) else column


def shown(name: str, value: Any) -> str:
    """A column's value in a sentence; a version by its name."""
    if value is None:
        return "unknown"
    return version_name(value) if name == "client_legacy_version" else str(value)
