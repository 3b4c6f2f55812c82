"""Captures -> a store. Each once, whole, and as one stream where files follow each other.

Goes in: paths and URLs. Comes out: what was done. A run first ends what earlier ones left unfinished, then takes what
is new. It can be killed at any moment: what is in the store is complete up to its last step, and the next run goes on.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, NamedTuple

from .. import __version__
from ..arguments import Path, check_kind, check_overlap, check_ports, check_processes, list_paths
from ..capture import printable
from ..errors import StoreError
from ..opening import LIMITS_GIVEN, TLS_PORTS, Overlap
from ..wire.limits import DEFAULT_LIMITS, Limits
from .catalogue import Catalogue
from .claims import ABANDONED_SECONDS, Removed, claimed, remove_leftovers
from .executors import fresh_octets, run_works, uses_processes
from .place import Place, open_named
from .planning import Found, find_moved, make_plan, mended, new_refusals, take_stock, workers_used
from .records import DESCRIPTION, FORMAT, Description, Plan, read_description, to_json
from .sequences import ROTATIONS, Rotation, sequence_key
from .sources import find_sources
from .strand import STEP_OCTETS, Work

Progress = Callable[[str, int, int], None]


class Ingested(NamedTuple):
    """What a run did.

    `captures` were read, `resumed` of them were left unfinished by an earlier run; `known` were in the store
    already, and `copies` have the octets of another one of this run; `connections` got rows that they did not have.
    `refused` and `damaged` are captures, and what is wrong with each, fit to be shown. `bound` has the workers wanted
    and those that had something to do, where there were fewer because a capture point is read by at most SHARDS of
    them; else it is None. `removed` are files that runs which were killed had left behind.
    """

    captures: int
    resumed: int
    known: int
    octets: int
    connections: int
    refused: list[tuple[str, str]]
    damaged: list[tuple[str, str]]
    bound: tuple[int, int] | None = None
    removed: Removed = Removed()
    copies: int = 0


def ingest(
    captures: Path | Iterable[Path],
    store: Path,
    ports: Iterable[int] = TLS_PORTS,
    overlap: Overlap = "first",
    limits: Limits = DEFAULT_LIMITS,
    rotation: Rotation = "names",
    workers: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
    step_octets: int = STEP_OCTETS,
    abandoned_seconds: int = ABANDONED_SECONDS,
) -> Ingested:
    """Read captures into a store, which is made where there is none and any file was found.

    `rotation` says what makes captures one sequence: names that differ in digits only, "all", or "none". Up to
    `workers` processes read, which ask of a script what those of `read` do, or whatever `executor` has. `progress` is
    called with what is being done ("hashing" or "reading"), octets done and octets in all. After `step_octets` of
    captures what was found is stored for good.
    Files that no record names are removed where their writer is gone: at once where it was a process of this machine,
    elsewhere after `abandoned_seconds` in which nothing was heard of it.
    Raises StoreError for a store that cannot be used, or that was made with other ports, overlap or limits, and for one
    in memory (memory://) where other processes read; TypeError and ValueError for arguments of another type, and out of
    range.
    """
    paths = list_paths(captures)
    check_processes(workers)
    if rotation not in ROTATIONS:
        raise ValueError(f"rotation: {rotation!r} is none of {', '.join(ROTATIONS)}")
    described = describe(ports, overlap, limits)
    place = open_named(store)
    with errors_of(place):
        named = None if DESCRIPTION in place.names("") else find_sources(paths)
        if named is not None and not named[0] and not any(pathlib.Path(fault.path).is_file() for fault in named[1]):
            return Ingested(0, 0, 0, 0, 0, [(fault.path, fault.reason) for fault in named[1]], [])
        open_description(place, described)
    if not place.has_sharing and uses_processes(workers, executor):
        raise StoreError(printable(place.url), "lies in the memory of one process, and others are to write to it")
    with errors_of(place):
        removed = remove_leftovers(place, abandoned_seconds)
        sources, faults = named or find_sources(paths)
        catalogue = Catalogue(place)
        catalogue.captures.update(find_moved(catalogue, sources))
        left = run_plans(catalogue, None, workers, executor, progress, step_octets)
        while True:
            catalogue = Catalogue(place)
            total = sum(source.size or 0 for source in sources)
            found = take_stock(sources, faults, catalogue, counting(progress, "hashing", total), executor)
            if overtaken(found, catalogue, rotation):
                left |= run_plans(catalogue, None, workers, executor, progress, step_octets)
                continue
            with claimed(place):
                plan = make_plan(place, found, catalogue, rotation, workers)
            if plan is not None or not (found.captures or new_refusals(found, catalogue) or mended(found, catalogue)):
                break
        if plan is not None:
            catalogue = Catalogue(place)
            run_plans(catalogue, plan, workers, executor, progress, step_octets)
    mine = {*left, *([plan.number] if plan is not None else [])}
    done = account(place, mine, left, found.known, found.refused)
    bound = None if plan is None else workers_used(plan, workers)
    return done._replace(bound=bound, removed=removed, copies=found.copies)


def overtaken(found: Found, catalogue: Catalogue, rotation: Rotation) -> bool:
    """Whether another run reads captures now which new ones may follow: what is open at their end is not known yet."""
    now_read = {name for plan, number in catalogue.unfinished() for name, _ in plan.strands[number].sequences}
    return any(sequence_key(capture, rotation) in now_read for capture in found.captures)


def open_for(
    store: Path, ports: Iterable[int] = TLS_PORTS, overlap: Overlap = "first", limits: Limits = DEFAULT_LIMITS
) -> Place:
    """The place of a store that takes captures which are read so; it is made where there is none.

    Raises what ingest does.
    """
    described = describe(ports, overlap, limits)
    place = open_named(store)
    with errors_of(place):
        open_description(place, described)
    return place


def describe(
    ports: Iterable[int] = TLS_PORTS, overlap: Overlap = "first", limits: Limits = DEFAULT_LIMITS
) -> Description:
    """What a new store says of itself; raises what ingest does of these."""
    asked = tuple(sorted(check_ports(ports)))
    check_overlap(overlap)
    check_kind(limits, Limits, LIMITS_GIVEN)
    return Description(FORMAT, __version__, asked, overlap, asdict(limits))


@contextmanager
def errors_of(place: Place) -> Iterator[None]:
    """Errors of the file system that a store lies on, as a StoreError."""
    try:
        yield
    except OSError as error:
        raise StoreError(printable(place.url), (error.strerror or str(error)).lower()) from error


def open_description(place: Place, wanted: Description) -> None:
    """Make the store, or see that it was made with the same options."""
    if DESCRIPTION not in place.names(""):
        with claimed(place):
            place.create(DESCRIPTION, to_json(wanted))
    found = read_description(place)
    for name, option in (("ports", "--ports"), ("overlap", "--overlap"), ("limits", "--limit")):
        before, now = getattr(found, name), getattr(wanted, name)
        if before != now:
            raise StoreError(printable(place.url), difference(option, before, now))


def difference(option: str, before: Any, now: Any) -> str:
    """Why what a store was made with does not do."""
    which = ""
    if isinstance(now, dict):
        changed = next(key for key in now if key not in before or before[key] != now[key])
        which = f" {changed}"
        if changed not in before:
            return f"was made by a version that has no {option}{which}: ingest the captures into a new store"
    return f"was made with another {option}{which}, and all captures of a store are read alike"


def run_plans(
    catalogue: Catalogue, only: Plan | None, workers: int, executor: Executor | None, progress: Progress | None,
    step_octets: int,
) -> dict[int, set[str]]:  # fmt: skip
    """Read what is unfinished, of one plan or of all; returns the captures that were, by plan."""
    works = []
    captures: dict[int, set[str]] = {}
    for plan, number in catalogue.unfinished():
        if only is not None and plan.number != only.number:
            continue
        strand = plan.strands[number]
        known: set[str] = set()
        if strand.replayed:
            before, again = plan.follows[strand.sequences[0][0]]
            ends = catalogue.ends_of(catalogue.plans[before])
            known = {each for sha256 in again for each in ends.get(sha256, ())}
        own = {sha256: catalogue.captures[sha256] for sha256 in strand.captures}
        names = {sha256: catalogue.names[sha256] for sha256 in strand.captures}
        url, description = catalogue.place.shared, catalogue.description
        works.append(Work(url, description, plan.number, number, strand, own, names, frozenset(known), step_octets))
        captures.setdefault(plan.number, set()).update(strand.fresh)
    total = sum(fresh_octets(work) for work in works)
    run_works(works, executor, workers, lambda done: progress("reading", done, total) if progress else None)
    return captures


def counting(progress: Progress | None, doing: str, total: int) -> Callable[[int], None] | None:
    """A progress that adds up."""
    if progress is None:
        return None
    done = 0

    def tell(octets: int) -> None:
        nonlocal done
        done += octets
        progress(doing, done, total)

    return tell


def replaced_rows(catalogue: Catalogue, plans: set[int]) -> int:
    """How many rows of connections that were open before some plans are theirs now, and were counted before."""
    followed = {
        (before, sha256)
        for plan in catalogue.plans if plan.number in plans
        for before, captures in plan.follows.values() for sha256 in captures
    } & catalogue.taken_over  # fmt: skip
    ends = ((step.plan, sha256, end) for step in catalogue.steps for sha256, end in step.ends.items())
    return sum(end.listed for plan, sha256, end in ends if (plan, sha256) in followed)


def account(
    place: Place, plans: set[int], left: dict[int, set[str]], known: int, refused: list[tuple[str, str]]
) -> Ingested:
    """What plans came to."""
    catalogue = Catalogue(place)
    taken = {
        capture.sha256: capture.size for plan in catalogue.plans if plan.number in plans for capture in plan.captures
        if capture.sha256 in left.get(plan.number, {capture.sha256})
    }  # fmt: skip
    read = taken.keys() - catalogue.unread
    steps = [step for step in catalogue.steps if step.plan in plans]
    connections = sum(step.listed for step in steps)
    connections += sum(end.listed for step in steps for end in step.ends.values())
    connections -= replaced_rows(catalogue, plans)
    damaged = [(catalogue.names[sha256], str(error)) for sha256, error in catalogue.damage.items() if sha256 in taken]
    again = {sha256 for captures in left.values() for sha256 in captures} & read
    moved = {each.sha256 for plan in catalogue.plans if plan.number in plans - left.keys() for each in plan.captures}
    octets = sum(taken[sha256] for sha256 in read)
    return Ingested(
        len(read), len(again), max(0, known - len(again - moved)), octets, connections, refused, damaged
    )  # fmt: skip
