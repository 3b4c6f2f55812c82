"""Measurements -> a Markdown page: ratios first, then how complete each program was."""

from __future__ import annotations

import datetime
import os
import platform
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from measure import Measured, Size
from programs import BASE, Program
from truth import KINDS, Counts


class Subject(Protocol):
    """What a measured capture shows."""

    name: str
    capture: Path
    truth: Counts | None
    size: Size | None
    runs: dict[str, list[Measured]]
    found: dict[str, Counts]


def write_results(setting: str, subjects: Sequence[Subject], chosen: Sequence[Program], left_out: Sequence[str]) -> str:
    """The whole page: how it was measured, ratios, completeness, and what was left out."""
    rows = measured(subjects, chosen)
    lines = [
        f"{setting} {machine()}.",
        "Each cell: the time as a multiple of tlsinspect's; then seconds, and the memory of the largest process.",
        "",
        *iter_ratios(subjects, rows),
        *iter_rates(subjects, rows),
        *iter_found(subjects, rows),
    ]
    if left_out:
        lines += ["", *(f"- {line}" for line in left_out)]
    return "\n".join(lines)


def measured(subjects: Sequence[Subject], chosen: Sequence[Program]) -> list[Program]:
    """The programs that ran on one of the workloads."""
    return [program for program in chosen if any(program.name in subject.runs for subject in subjects)]


def machine() -> str:
    """When, and on what."""
    today = datetime.datetime.now(datetime.UTC).date()
    return f"on {today}: Python {platform.python_version()}, {os.cpu_count()} cores"


def rounds_of(count: int) -> str:
    """How often each program ran."""
    return "One run each" if count == 1 else f"{count} runs each"


def iter_ratios(subjects: Sequence[Subject], rows: Sequence[Program]) -> Iterator[str]:
    """A row for each program, a column for each workload: its time as a multiple of tlsinspect's."""
    yield "| program | asked for | " + " | ".join(describe(subject) for subject in subjects) + " |"
    yield "| --- | --- |" + " --- |" * len(subjects)
    for program in rows:
        cells = (cell(subject, program.name) for subject in subjects)
        yield f"| {program.name} | {program.asked_for} | " + " | ".join(cells) + " |"
    marked = sorted(
        {f"{run.scale:.0f}" for subject in subjects for runs in subject.runs.values() for run in runs if run.scale > 1}
    )
    if marked:
        yield ""
        yield f"\\* given a part of the capture, its time multiplied by {' or '.join(marked)}."


def describe(subject: Subject) -> str:
    """A workload and its size."""
    return f"{subject.name} ({subject.capture.stat().st_size / 1e6:,.3g} MB)"


def cell(subject: Subject, name: str) -> str:
    """Ratio to tlsinspect's time, then seconds and memory: medians, and the most memory of all runs."""
    runs = subject.runs.get(name)
    base = subject.runs.get(BASE)
    if not runs:
        return ""
    seconds = statistics.median(run.seconds for run in runs)
    most = max(runs, key=lambda run: run.megabytes)
    memory = f"under {most.floor:.0f} MB" if most.megabytes <= most.floor else f"{most.megabytes:,.0f} MB"
    mark = "\\*" if runs[0].scale > 1 else ""
    ratio = f"**{seconds / statistics.median(run.seconds for run in base):.3g}**{mark} " if base else ""
    return f"{ratio}({seconds:.2f} s, {memory})"


def iter_rates(subjects: Sequence[Subject], rows: Sequence[Program]) -> Iterator[str]:
    """A row for each way to run tlsinspect: how many packets and connections a second, of each workload."""
    yield ""
    heads = " | ".join(map(describe_size, subjects))
    yield f"| packets; connections a second | {heads} |"
    yield "| --- |" + " --- |" * len(subjects)
    for program in rows:
        if program.name.startswith(BASE):
            yield f"| {program.name} | " + " | ".join(rates(subject, program.name) for subject in subjects) + " |"


def describe_size(subject: Subject) -> str:
    """A workload, its packets and the rows of its connections table."""
    if subject.size is None:
        return subject.name
    return f"{subject.name} ({subject.size.packets:,}; {subject.size.connections:,})"


def rates(subject: Subject, name: str) -> str:
    """Packets and connections a second: by the median."""
    runs = subject.runs.get(name)
    if not runs or subject.size is None:
        return ""
    seconds = statistics.median(run.seconds for run in runs)
    return f"{subject.size.packets / seconds:,.0f}; {subject.size.connections / seconds:,.0f}"


def iter_found(subjects: Sequence[Subject], rows: Sequence[Program]) -> Iterator[str]:
    """For each workload with a truth, what each counted program found of it."""
    counted = [subject for subject in subjects if subject.found and subject.truth]
    if not counted:
        return
    yield ""
    yield "| workload | program | " + " | ".join(kind.replace("_", " ") for kind in KINDS) + " |"
    yield "| --- | --- |" + " --- |" * len(KINDS)
    for subject in counted:
        truth = subject.truth or {}
        yield f"| {subject.name} | in the capture | " + " | ".join(f"{truth[kind]:,}" for kind in KINDS) + " |"
        for program in rows:
            found = subject.found.get(program.name)
            if found:
                cells = (f"{found[kind]:,}" if found[kind] != truth[kind] else "all" for kind in KINDS)
                yield f"| | {program.name} | " + " | ".join(cells) + " |"


def put_between_markers(path: Path, name: str, text: str) -> None:
    """Replace what stands between the markers `name` of a page; raises ValueError where they are missing."""
    before, after = around_markers(path, name)
    path.write_text(f"{before}\n\n{text}\n\n{after}", encoding="utf-8")


def around_markers(path: Path, name: str) -> tuple[str, str]:
    """What stands before and after the place for results, the markers included."""
    page = path.read_text(encoding="utf-8")
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{path.name}: the markers {begin} and {end} are missing")
    return before + begin, end + after
