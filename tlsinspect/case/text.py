"""A case in lines, for people: what it holds, and what a verification found. Nothing is escaped here."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ..statistics.wording import number_text
from .build import Case, read_run
from .inputs import Input, read_input
from .log import Entry
from .verify import Check


def render_case(case: Case) -> Iterator[str]:
    """What a case holds, entry by entry, and its seal."""
    inputs, runs = number_text(len(case.inputs), "input"), number_text(len(case.runs), "run")
    yield f"Case {case.directory.resolve().name}: {inputs}, {runs}"
    for entry in case.entries:
        yield from render_entry(entry)
    yield f"Seal {case.seal}"
    yield "  the hash of the last entry: note it elsewhere, and no later change of this case can go unseen"


def render_entry(entry: Entry) -> Iterator[str]:
    """One entry."""
    by = f" by {entry.facts['by']}" if entry.facts.get("by") else ""
    head = f"{entry.number:4}  {entry.time}{by}"
    if entry.fault:
        yield f"{head}  {entry.kind}: {entry.fault}"
    elif entry.kind == "new":
        yield f"{head}  case opened"
    elif entry.kind == "note":
        first, *rest = str(entry.facts.get("text", "")).splitlines() or [""]
        yield f"{head}  note: {first}"
        yield from (f"      {line}" for line in rest)
    elif entry.kind == "input" and (item := read_input(entry)):
        yield f"{head}  {describe_input(item)}"
        yield f"      SHA-256 {item.sha256}"
    elif entry.kind == "run" and (run := read_run(entry)):
        status = f", exit status {run.status}" if run.status else ""
        yield f"{head}  tlsinspect {shlex.join(run.words)}{status}"
        shown = list(run.outputs)
        yield f"      {run.folder}: {', '.join(shown[:3])}{f' and {len(shown) - 3} more' * (len(shown) > 3)}"
        made = run.versions
        yield f"      tlsinspect {made.get('tlsinspect', '')}, {made.get('python', '')}, {made.get('system', '')}"


def describe_input(item: Input) -> str:
    """An input's kind, name, size, and where it is if not in the case."""
    kind = "store" if item.files else "capture" if item.capture else "file"
    elsewhere = "" if item.location == f"inputs/{item.name}" else f", referred to at {item.location}"
    holds = f"{item.holds}, {number_text(len(item.files), 'file')}, " if item.files else ""
    return f"{kind} {item.name}, {holds}{item.size:,} bytes{elsewhere}"


def render_check(check: Check) -> str:
    """One thing that was looked at."""
    return f"{'ok  ' if check.holds else 'FAIL'}  {check.subject}: {check.found}"
