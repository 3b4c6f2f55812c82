"""A check as lines for people: the total, the hosts to fix first, then each requirement with its proof."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np

from ..columns import SEVERITIES
from ..findings.text import first_packet
from ..policies import Policy
from ..statistics.interval import wilson_interval
from ..statistics.wording import interval_text, number_text, share_text
from ..tables.starts import Start
from .check import FAIL, NOT_OBSERVABLE, PASS, Check

SHOWN_HOSTS, SHOWN_SUBJECTS, SHOWN_NAMES = 10, 5, 4
WORDS = {"pass": "pass", "not_observable": "not observable", "not_applicable": "does not apply"}
INDENT = " " * 10


def render_check(check: Check, starts: Mapping[str, Start]) -> Iterator[str]:
    """Lines; texts from the network in them are as they came: escape them.

    `starts`, where there are several captures, says in which one each connection starts, and where it goes on.
    """
    policy = check.policy
    yield f"{policy.title} ({policy.document}, {policy.edition})"
    yield f"Judged as on {day_text(check)}."
    yield total_line(check)
    yield from baseline_lines(check)
    hosts = new_hosts(check)
    if hosts:
        yield ""
        yield "Fix first"
        yield from (host_line(row) for row in hosts[:SHOWN_HOSTS])
        if len(hosts) > SHOWN_HOSTS:
            yield f"  and {number_text(len(hosts) - SHOWN_HOSTS, 'more host')}; --format csv --frame hosts lists all"
    rows = check.requirement_table.to_pylist()
    failures: dict[str, list[dict[str, Any]]] = {}
    for row in check.failure_table.to_pylist():
        failures.setdefault(row["id"], []).append(row)
    yield ""
    yield "Requirements"
    for row in sorted(rows, key=rank_of):
        if row["in_force"]:
            yield from requirement_lines(row, failures.get(row["id"], []), starts)
    idle = [f"{row['id']} ({in_force_text(row)})" for row in rows if not row["in_force"]]
    if idle:
        yield ""
        yield f"Not in force on that day: {', '.join(idle)}"
    if policy.note:
        yield ""
        yield f"Note: {policy.note}"


def rank_of(row: dict[str, Any]) -> tuple[bool, int, int]:
    """What fails first, the gravest and most frequent of it before the rest."""
    failed = row["verdict"] == "fail"
    return not failed, -SEVERITIES.index(row["severity"]) if failed else 0, -row["failed"]


def day_text(check: Check) -> str:
    """The day of the judgement and where it comes from."""
    day = check.at.isoformat()
    if not check.at_is:
        return f"{day}, as if every certificate had been issued then"
    return f"{day}, {check.at_is}; --at DATE takes another"


def total_line(check: Check) -> str:
    """How many connections fail, of how many, how sure that is."""
    counts = np.bincount(check.overall, minlength=FAIL + 1).tolist()
    total = counts[FAIL] + counts[PASS] + counts[NOT_OBSERVABLE]
    if not total:
        return "There is no connection with TLS to judge."
    share = f"{share_text(counts[FAIL], total)}, 95%: {interval_text(*wilson_interval(counts[FAIL], total), total)}"
    fail, passed, unseen = (
        verb_text(counts[code], verb) for code, verb in ((FAIL, "fail"), (PASS, "pass"), (NOT_OBSERVABLE, "fail"))
    )
    return (
        f"{number_text(total, 'connection')} with TLS: {fail} a requirement ({share}), at the least; {passed} all; "
        f"{unseen} none that can be seen, but not all can."
    )


def verb_text(number: int, verb: str) -> str:
    """A number of connections and what they do: "1 fails", "3 fail", "1 passes"."""
    ending = "" if number != 1 else "es" if verb.endswith("s") else "s"
    return f"{number:,} {verb}{ending}"


def baseline_lines(check: Check) -> Iterator[str]:
    """How many failures the baseline knows, and its entries that match nothing any more."""
    known = sum(check.failure_table["known"].to_pylist())
    if known:
        yield f"Known by the baseline: {known:,} of {number_text(check.failure_table.num_rows, 'failure')}."
    if check.stale:
        yield f"In the baseline and no longer found: {', '.join(check.stale)}"


def new_hosts(check: Check) -> list[dict[str, Any]]:
    """The hosts to fix first, each with what the baseline does not know of it."""
    severities = {asked.id: asked.severity for asked in check.policy.requirements}
    places: dict[bool, set[tuple[str, str]]] = {False: set(), True: set()}
    for row in check.failure_table.to_pylist():
        named = [row["subject"]] if row["subject_kind"] == "client" else row["hosts"]
        places[row["known"]].update((row["id"], host) for host in named)
    known, rows = places[True] - places[False], []
    for row in check.host_table.to_pylist():
        names = [name for name in row["requirements"] if (name, row["host"]) not in known]
        if names:
            worst = max((severities[name] for name in names), key=SEVERITIES.index)
            rows.append(row | {"requirements": names, "severity": worst})
    return sorted(rows, key=lambda row: -SEVERITIES.index(row["severity"]))


def host_line(row: dict[str, Any]) -> str:
    """A host, how bad, how much, what."""
    names = row["requirements"]
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return (
        f"  {row['severity'].upper():8} {row['kind']} {row['host'] or 'unknown'}: "
        f"{number_text(row['connections'], 'connection')}; {', '.join(names[:SHOWN_NAMES])}{more}"
    )


def requirement_lines(
    row: dict[str, Any], failures: list[dict[str, Any]], starts: Mapping[str, Start]
) -> Iterator[str]:
    """One requirement: verdict, clause, share, and the first that fail it."""
    unseen = f"; {row['not_observable']:,} not observable" if row["not_observable"] else ""
    if row["verdict"] != "fail":
        counted = f" ({row['passed']:,} of {row['denominator']:,}{unseen})" if row["denominator"] else unseen
        yield f"{WORDS[row['verdict']]:16}{row['id']}{counted}: {row['text']} ({row['clause']})"
        return
    yield f"FAIL  {row['severity'].upper():10}{row['id']}: {row['text']} ({row['clause']})"
    interval = interval_text(row["low"], row["high"], row["denominator"])
    share = f"{share_text(row['failed'], row['denominator'])}, 95%: {interval}"
    fail = "fails" if row["failed"] == 1 else "fail"
    yield f"{INDENT}{row['failed']:,} of {number_text(row['denominator'], 'connection')} {fail} ({share}){unseen}"
    new = [each for each in failures if not each["known"]]
    for each in new[:SHOWN_SUBJECTS]:
        place = first_packet(each, starts)
        count = number_text(each["connections"], "connection")
        yield f"{INDENT}{each['subject_kind']} {each['subject'] or 'unknown'}: {count}{place}; {each['evidence']}"
    if len(new) > SHOWN_SUBJECTS:
        yield f"{INDENT}and {len(new) - SHOWN_SUBJECTS:,} more; --format csv --frame failures lists all"
    for each in failures:
        if each["known"]:
            yield f"{INDENT}known: {each['subject_kind']} {each['subject']}: {each['reason']}"


def in_force_text(row: dict[str, Any]) -> str:
    """When a requirement binds."""
    parts = [f"from {row['from']}" if row["from"] else "", f"until {row['until']}" if row["until"] else ""]
    return " ".join(part for part in parts if part)


def render_policies(policies: list[Policy]) -> Iterator[str]:
    """The policies that come with the program, and the days on which what they ask for changes."""
    width = max(len(policy.name) for policy in policies)
    for policy in policies:
        yield f"{policy.name:{width}}  {policy.title}"
        yield f"{'':{width}}  {policy.document}, {policy.edition}; {len(policy.requirements)} requirements"
        if dates := policy.dates():
            yield f"{'':{width}}  changes on {', '.join(map(date.isoformat, dates))}"
