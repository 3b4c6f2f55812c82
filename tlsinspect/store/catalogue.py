"""What a store holds now: its plans, the steps that count, and how far each plan is.

Goes in: a place. Comes out: one consistent view, taken when it was asked for. Files that appear later are not in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from ..errors import DecodeError, StoreError
from .place import Place
from .records import (
    DESCRIPTION,
    STEPS,
    Description,
    OpenEnd,
    Part,
    Plan,
    Step,
    StoredCapture,
    plan_name,
    read_description,
    read_plans,
    read_step,
    record_names,
)


class Tail(NamedTuple):
    """The end of a sequence: the plan that read it last, and what was open there, by the capture in which it starts."""

    plan: Plan
    captures: tuple[str, ...]
    open: Mapping[str, frozenset[str]]


class Catalogue:
    """The records of a store as they are now; raises StoreError where there is no store."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.description: Description = read_description(place)
        self.step_names = record_names(place, STEPS)  # before the plans: a step's plan is always there
        self.plans: list[Plan] = read_plans(place)

    @cached_property
    def captures(self) -> dict[str, StoredCapture]:
        """The captures of all plans by SHA-256."""
        return {capture.sha256: capture for plan in self.plans for capture in plan.captures}

    @cached_property
    def names(self) -> dict[str, str]:
        """What the capture column says of each: the file's name; its path where another one has that name."""
        taken: set[str] = set()
        names = {}
        for sha256, capture in self.captures.items():
            names[sha256] = capture.path if capture.name in taken else capture.name
            taken.add(capture.name)
        return names

    @cached_property
    def all_steps(self) -> dict[tuple[int, int], list[Step]]:
        """The steps of each strand, by plan and number of the strand."""
        found: dict[tuple[int, int], list[Step]] = defaultdict(list)
        for name in self.step_names:
            step = read_step(self.place, name)
            if not self.captures.keys() >= {facts["sha256"] for facts in (*step.captures, *step.damage)}:
                raise StoreError(self.place.url, f"{STEPS}/{name} is damaged: no plan has its captures")
            found[step.plan, step.strand].append(step)
        return found

    @cached_property
    def unread(self) -> set[str]:
        """The captures that were not there any more when it was their turn, and that no later plan has taken."""
        found: set[str] = set()
        for plan in self.plans:
            shares: dict[str, list[bool]] = defaultdict(list)
            for number, strand in enumerate(plan.strands):
                gone = self.gone(plan, number)
                for sha256 in strand.fresh:
                    shares[sha256].append(sha256 in gone)
            found -= set(shares)
            found |= {sha256 for sha256, each in shares.items() if all(each)}
        return found

    def gone(self, plan: Plan, number: int) -> set[str]:
        """The captures of a strand that were not there any more when it was their turn."""
        return {sha256 for step in self.all_steps.get((plan.number, number), ()) for sha256 in step.unread}

    @cached_property
    def refused(self) -> set[tuple[str, str]]:
        """The paths that could not be read when they were named last, and why."""
        found: set[tuple[str, str]] = set()
        for plan in self.plans:
            found = {each for each in found if each[0] not in plan.mended} | set(plan.refused)
        return found

    def refusals(self) -> list[Part]:
        """The files with the problems that these are."""
        replaced = {name for plan in self.plans for name in plan.replaces}
        return [part for plan in self.plans for part in plan.parts if part[2] not in replaced]

    @cached_property
    def facts(self) -> dict[str, Mapping[str, Any]]:
        """What the steps say of the captures that they finished, by SHA-256; the last one of what was taken twice."""
        return {facts["sha256"]: facts for step in self.steps for facts in step.captures}

    @cached_property
    def damage(self) -> dict[str, DecodeError]:
        """What is wrong with the damaged captures, by SHA-256."""
        found: dict[str, DecodeError] = {}
        for step in self.steps:
            for facts in step.captures:
                found.pop(facts["sha256"], None)
            found |= {fault["sha256"]: DecodeError(*fault["error"]) for fault in step.damage}
        return found

    def is_read(self, plan: Plan, number: int) -> bool:
        """Whether a strand was read to its end."""
        steps = self.all_steps.get((plan.number, number), ())
        return bool(steps and steps[-1].final)

    def unfinished(self) -> Iterator[tuple[Plan, int]]:
        """The strands that were not read to their ends."""
        for plan in self.plans:
            yield from ((plan, number) for number in range(len(plan.strands)) if not self.is_read(plan, number))

    def tails(self) -> dict[str, Tail]:
        """The ends of all sequences that were read to their ends; where several plans have one, that of the last."""
        found: dict[str, Tail] = {}
        for plan in self.plans:
            whole = all(self.is_read(plan, number) for number in range(len(plan.strands)))
            ends = self.ends_of(plan) if whole else {}
            for strand in plan.strands if whole else ():
                for sequence, members in strand.members().items():
                    found[sequence] = Tail(plan, members, {each: ends[each] for each in members if each in ends})
        return found

    def ends_of(self, plan: Plan) -> dict[str, frozenset[str]]:
        """The connections that were open at the ends of a plan's sequences, by the capture in which they start."""
        ends: dict[str, frozenset[str]] = {}
        for number in range(len(plan.strands)):
            for step in self.all_steps.get((plan.number, number), ()):
                for sha256, end in step.ends.items():
                    ends[sha256] = ends.get(sha256, frozenset()) | set(end.ids)
        return ends

    @cached_property
    def steps(self) -> list[Step]:
        """The steps that count: those of a sequence that goes on from another plan only once all of it was read."""
        counted = []
        for plan in self.plans:
            for number, strand in enumerate(plan.strands):
                if not strand.replayed or self.is_whole(plan, strand.sequences[0][0]):
                    counted += self.all_steps.get((plan.number, number), [])
        return counted

    def is_whole(self, plan: Plan, sequence: str) -> bool:
        """Whether all strands that share a sequence were read to their ends."""
        return all(
            self.is_read(plan, number)
            for number, strand in enumerate(plan.strands)
            if strand.sequences[0][0] == sequence
        )

    @cached_property
    def taken_over(self) -> set[tuple[int, str]]:
        """Open ends that count no more, by plan and capture: a later plan has followed the connections on.

        Those of captures that were gone when they were to be read again still count.
        """
        found: set[tuple[int, str]] = set()
        for plan in self.plans:
            for sequence, (before, captures) in plan.follows.items():
                if self.is_whole(plan, sequence):
                    strands = [number for number, each in enumerate(plan.strands) if each.sequences[0][0] == sequence]
                    gone = set().union(*(self.gone(plan, number) for number in strands))
                    found |= {(before, sha256) for sha256 in captures if sha256 not in gone}
        return found

    def open_ends(self) -> Iterator[tuple[str, OpenEnd]]:
        """The open ends that count, with the capture in which their connections start."""
        for step in self.steps:
            for sha256, end in step.ends.items():
                if (step.plan, sha256) not in self.taken_over:
                    yield sha256, end

    def files(self) -> list[str]:
        """The files that this view consists of, whatever table they belong to and whether they count yet."""
        steps = [step for found in self.all_steps.values() for step in found]
        groups = [plan.parts for plan in self.plans] + [step.parts for step in steps]
        groups += [end.parts for step in steps for end in step.ends.values()]
        records = [DESCRIPTION, *(plan_name(plan.number) for plan in self.plans)]
        records += [f"{STEPS}/{name}" for name in self.step_names]
        return records + [name for group in groups for _, _, name, _ in group]

    def parts(self, table: str) -> list[Part]:
        """The files of a table's rows."""
        groups = [self.refusals(), *(step.parts for step in self.steps)]
        groups += [end.parts for _, end in self.open_ends()]
        return [part for group in groups for part in group if part[0] == table]
