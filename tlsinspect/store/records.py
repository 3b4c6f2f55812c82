"""What a store writes down about itself: which captures are whose, how far each was read, which files hold rows.

Three kinds of records, each a JSON file that appears whole or not at all and is never changed:

- store.json: the format, and the options with which all captures of the store are read;
- plans/NUMBER.json: captures that one run takes, and the strands in which they are read. Numbers are created in
  turn, each once, so that a capture belongs to one plan however many runs there are at once;
- steps/PLAN-STRAND-NUMBER.json: how far a strand was read, with the Parquet files of the rows found since the step
  before. A Parquet file that no step names is not part of the store.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from ..arguments import OVERLAPS
from ..capture import STORE_FILE
from ..columns import COLUMNS
from ..errors import StoreError
from ..wire.limits import Limits
from .place import Place
from .typed import build

FORMAT = 1
DESCRIPTION = STORE_FILE
MADE_BY = "'tlsinspect ingest' makes one of captures"
PLANS, STEPS = "plans", "steps"
RECORD = re.compile(r"\d{8,}(-\d{5,}-\d{5,})?\.json")
UNREADABLE = (ValueError, RecursionError, OverflowError)
PATH = re.compile(r"[\w=-][\w.=-]*(/[\w=-][\w.=-]*)*")
"""A file below the store: it never leads out of it."""

COUNTED = ("connections", "tls_connections", "quality")
"""Columns of captures that no step says."""

FACTS = {
    column.name: {"string": str, "list<string>": tuple[str, ...]}.get(column.type, int)
    for column in COLUMNS["captures"] if column.name not in COUNTED
}  # fmt: skip
"""What a step says of a capture, and its type in JSON."""

Part = tuple[str, str, str, int]  # table, day as YYYY-MM-DD, name below the store, rows


@dataclass(frozen=True)
class Description:
    """store.json: the same for every capture of the store."""

    format: int
    tlsinspect: str
    ports: tuple[int, ...]
    overlap: str
    limits: Mapping[str, int]


@dataclass(frozen=True)
class StoredCapture:
    """A capture as a plan knows it: `path` as it was named, `size` in octets as stored, times in ns since 1970.

    `sha256` is that of the file as stored, and `contents` of a compressed one that of what is compressed; else empty.
    """

    sha256: str
    name: str
    path: str
    size: int
    changed_ns: int
    first_ns: int | None
    contents: str = ""

    @property
    def identity(self) -> str:
        """What a capture has in common with itself once it is compressed, or no longer is."""
        return self.contents or self.sha256


@dataclass(frozen=True)
class Strand:
    """Captures read one after the other by one task, which follows the connections of one share.

    `captures` are SHA-256s in the order of reading; `sequences` are the names of the sequences among them, each with
    the place of its first capture: connections go on from capture to capture, and not from sequence to sequence. The
    first `replayed` captures belong to earlier plans, and are read again only for the connections that were open at
    their end; such a strand has one sequence.
    """

    captures: tuple[str, ...]
    sequences: tuple[tuple[str, int], ...]
    replayed: int = 0
    shard: int = 0
    shards: int = 1

    @property
    def fresh(self) -> tuple[str, ...]:
        """The captures that belong to the strand's own plan."""
        return self.captures[self.replayed :]

    def members(self) -> dict[str, tuple[str, ...]]:
        """The captures of each sequence."""
        ends = [place for _, place in self.sequences[1:]] + [len(self.captures)]
        return {name: self.captures[place:end] for (name, place), end in zip(self.sequences, ends, strict=True)}


@dataclass(frozen=True)
class Plan:
    """The captures that one run took, and how they are read.

    `follows` says where a sequence goes on from another plan: that plan's number, and the captures whose connections
    that were open then are this plan's from now on. `refused` are paths that are no captures, and why; `parts` have the
    problems that they are. `mended` are paths that earlier plans refused and that can be read now: the files in
    `replaces` count no more, and what else they had is in `parts`.
    """

    number: int
    version: str
    when: str
    captures: tuple[StoredCapture, ...]
    strands: tuple[Strand, ...]
    follows: Mapping[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    refused: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()
    mended: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenEnd:
    """Connections that start in one capture and were open at the end of its sequence: their ids, and how they looked.

    `opened` counts the connections and those with TLS.
    """

    ids: tuple[str, ...]
    parts: tuple[Part, ...]
    opened: tuple[int, int]
    listed: int


@dataclass(frozen=True)
class Step:
    """How far a strand is: `reached` of its captures were read, and all is done where `final`.

    `parts` are the rows of connections that ended since the step before. `open` are the ids of connections that go on
    behind it, by the SHA-256 of the capture in which they start, and `ends` those that were open where a sequence
    ended, each with rows of its own, which a later plan may take over. `captures` are facts of the captures that this
    step finished, by the strand that has the first share; `opened` counts connections, and those with TLS among them,
    by the capture in which they start; `damage` has the SHA-256 of each damaged capture and what a DecodeError is
    made of. `unread` are captures that were not there any more, which
    a later plan may take.
    """

    plan: int
    strand: int
    number: int
    reached: int
    final: bool
    parts: tuple[Part, ...] = ()
    open: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ends: Mapping[str, OpenEnd] = field(default_factory=dict)
    captures: tuple[Mapping[str, Any], ...] = ()
    opened: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    listed: int = 0
    damage: tuple[Mapping[str, Any], ...] = ()
    evicted: int = 0
    outweighed: int = 0
    unread: tuple[str, ...] = ()


def plan_name(number: int) -> str:
    """The file of a plan."""
    return f"{PLANS}/{number:08}.json"


def step_name(plan: int, strand: int, number: int) -> str:
    """The file of a step."""
    return f"{STEPS}/{plan:08}-{strand:05}-{number:05}.json"


def record_names(place: Place, folder: str) -> list[str]:
    """The names of the records in a folder, in order; what others have put there is none.

    Raises StoreError where the folder cannot be listed.
    """
    with damaged_where_wrong(place, folder):
        return [name for name in place.names(folder) if RECORD.fullmatch(name)]


def to_json(record: Any) -> bytes:
    """A record as it is written."""
    return json.dumps(asdict(record), separators=(",", ":")).encode()


def read_description(place: Place) -> Description:
    """What store.json says; raises StoreError where there is none, or one of a format that is not known here."""
    damaged = StoreError(place.url, f"{DESCRIPTION} is damaged")
    try:
        said = json.loads(place.read(DESCRIPTION))
        found, written_by = int(said["format"]), str(said["tlsinspect"])
    except FileNotFoundError:
        raise StoreError(place.url, f"no store: there is no {DESCRIPTION}; {MADE_BY}") from None
    except NotADirectoryError:
        raise StoreError(place.url, f"a file, not a directory with a store in it; {MADE_BY}") from None
    except (*UNREADABLE, KeyError, TypeError) as error:
        raise damaged from error
    except OSError as error:
        raise StoreError(place.url, str(error.strerror or error).lower()) from error
    if found != FORMAT:
        reason = f"written by tlsinspect {written_by} in format {found}, and this version reads format {FORMAT}"
        raise StoreError(place.url, f"{reason}: ingest the captures into a new store")
    try:
        made: Description = build(Description, said)
        Limits(**made.limits)
        if made.overlap not in OVERLAPS:
            raise ValueError(made.overlap)
    except (*UNREADABLE, TypeError) as error:
        raise damaged from error
    return made


def read_plans(place: Place) -> list[Plan]:
    """The plans of a store, in order."""
    return [read_plan(place, name) for name in record_names(place, PLANS)]


def read_plan(place: Place, name: str) -> Plan:
    """One plan; raises StoreError for one that is damaged or cannot be read."""
    made: Plan = read_once(place, f"{PLANS}/{name}", parse_plan)
    return made


def read_step(place: Place, name: str) -> Step:
    """One step; raises StoreError for one that is damaged or cannot be read."""
    made: Step = read_once(place, f"{STEPS}/{name}", parse_step)
    return made


def read_once(place: Place, name: str, parse: Callable[[bytes], Plan | Step]) -> Any:
    """A record of a place, which is read only where that place has not read it before."""
    if name not in place.records:
        with damaged_where_wrong(place, name):
            place.records[name] = parse(place.read(name))
    return place.records[name]


def parse_plan(octets: bytes) -> Plan:
    """The plan that JSON says; raises ValueError or KeyError."""
    made: Plan = build(Plan, json.loads(octets))
    check_parts(made.parts)
    if not all(strand.sequences for strand in made.strands):
        raise ValueError("a strand without a sequence")
    return made


def parse_step(octets: bytes) -> Step:
    """The step that JSON says; raises ValueError or KeyError."""
    made: Step = build(Step, json.loads(octets))
    for parts in (made.parts, *(end.parts for end in made.ends.values())):
        check_parts(parts)
    for facts in made.captures:
        check_facts(facts)
    for fault in made.damage:
        build(str, fault["sha256"])
        build(tuple[str, str, int, str], fault["error"])
    return made


@contextmanager
def damaged_where_wrong(place: Place, name: str) -> Iterator[None]:
    """Raise StoreError for a record that is not what this program writes, and for what cannot be read."""
    try:
        yield
    except OSError as error:
        raise StoreError(place.url, f"{name}: {str(error.strerror or error).lower()}") from error
    except (*UNREADABLE, KeyError) as error:
        raise StoreError(place.url, f"{name} is damaged") from error


def check_parts(parts: Iterable[Part]) -> None:
    """Raise ValueError for files that cannot be: who copies a store of a stranger's writes to the names it has."""
    for _, day, path, rows in parts:
        date.fromisoformat(day)
        if not PATH.fullmatch(path) or rows < 0:
            raise ValueError(f"{path} is no file of a store")


def check_facts(facts: Mapping[str, Any]) -> None:
    """Raise ValueError for facts of a capture of which no row can be made."""
    for name, kind in FACTS.items():
        if facts[name] is not None:
            build(kind, facts[name])
    build(str, facts["sha256"])
