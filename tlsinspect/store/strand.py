"""One strand of a plan: captures read as one stream, and what was found written step by step.

Goes in: a plan, and the steps that were taken already. Comes out: steps. This is what a worker process does, on this
machine or another; whoever reads a strand again, after a crash or at the same time, comes to the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..connection import Connection
from ..errors import CaptureError, DecodeError
from ..reading import BATCH_TABLES, Batch, Reading, Request, without_cyclic_collection
from ..upgrades import SPOKEN_OF
from ..wire.limits import Limits
from .claims import Claim, claimed
from .place import Place, open_place
from .records import (
    STEPS,
    Description,
    OpenEnd,
    Part,
    Step,
    StoredCapture,
    Strand,
    read_step,
    record_names,
    step_name,
    to_json,
)
from .sink import DAY_NS, Sink
from .sources import AbsentSource, compressed_since, open_unchanged

if TYPE_CHECKING:
    from ..capture import CaptureSource

STEP_OCTETS = 256 << 20
"""Octets of captures after which a step is written. A capture is never divided between steps."""

Progress = Callable[[int], None]
Facts = tuple[Mapping[str, Any], ...]


class Work(NamedTuple):
    """All that a worker has to know: the store's URL and options, the captures of the strand, and its place."""

    url: str
    description: Description
    plan: int
    number: int
    strand: Strand
    captures: Mapping[str, StoredCapture]
    names: Mapping[str, str]
    known: frozenset[str] = frozenset()
    step_octets: int = STEP_OCTETS


def run_strand(work: Work, progress: Progress | None = None) -> int:
    """Read a strand to its end, from wherever it stands; returns the number of its steps.

    Where another run writes the same step first, its step counts, and reading goes on behind it.
    """
    place = open_place(work.url)
    with claimed(place) as claim, without_cyclic_collection():
        return read_strand(place, work, claim, progress)


def read_strand(place: Place, work: Work, claim: Claim, progress: Progress | None) -> int:
    """Read a strand with a claim."""
    while True:
        last = last_step(place, work)
        if last is not None and last.final:
            return last.number + 1
        for step in StrandReading(place, work, last, claim, progress).steps():
            claim.check()
            if not place.create(step_name(step.plan, step.strand, step.number), to_json(step)):
                for _, _, name, _ in all_parts(step):
                    place.remove(name)
                break


def all_parts(step: Step) -> list[Part]:
    """Every file that a step names."""
    return [*step.parts, *(part for end in step.ends.values() for part in end.parts)]


def last_step(place: Place, work: Work) -> Step | None:
    """The last step of a strand that was written."""
    stem = step_name(work.plan, work.number, 0).rpartition("/")[2][: -len("00000.json")]
    names = [name for name in record_names(place, STEPS) if name.startswith(stem)]
    return read_step(place, names[-1]) if names else None


class StrandReading(Reading):
    """A pass over what is left of a strand.

    Captures are counted from the one that the pass begins with, `first` in the strand. Those before `fresh` are read
    again: of the connections that start there only those go on whose ids are in `known`.
    """

    sources: list[CaptureSource]
    counting = False  # whether a connection is this pass's to count shows its id

    def __init__(self, place: Place, work: Work, last: Step | None, claim: Claim, progress: Progress | None) -> None:
        strand = work.strand
        order = {sha256: number for number, sha256 in enumerate(strand.captures)}
        self.fresh = strand.replayed if last is None else last.reached
        self.known = set(work.known)
        if last is not None:
            self.known = {each for ids in last.open.values() for each in ids}
            self.first = min([order[sha256] for sha256 in last.open], default=self.fresh)
        else:
            self.first = 0
        self.place = place
        self.work = work
        self.claim = claim
        self.number = 0 if last is None else last.number + 1
        self.members = strand.captures[self.first :]
        self.told = progress
        sources = [open_unchanged(work.captures[sha256]) for sha256 in self.members]
        before = sum(work.captures[sha256].size for sha256 in strand.captures[: self.first])
        self.begun = before - sum(work.captures[sha256].size for sha256 in strand.captures[: strand.replayed])
        description = work.description
        last_wins, limits = description.overlap == "last", Limits(**description.limits)
        request = Request(sources, frozenset(description.ports), BATCH_TABLES, last_wins, limits)
        super().__init__(request, self.tell, strand.shard, strand.shards)
        self.totals.names = [work.names[sha256] for sha256 in self.members]
        self.context.captures = self.totals.names
        self.begins = {place for _, place in strand.sequences}
        self.reported = 0
        self.ends: dict[str, OpenEnd] = {}
        self.unread: list[str] = []
        self.sink = self.open_sink()

    def tell(self, done: int, total: int | None) -> None:
        """Say how many octets of the strand's own captures were read, and that this writer is still there."""
        self.claim.renew()
        if self.told is not None:
            self.told(max(0, self.begun + done))

    def open_sink(self) -> Sink:
        """Where rows go until the next step."""
        stem = f"{self.work.plan:08}-{self.work.number:05}-{self.number:05}-{self.claim.writer}"
        return Sink(self.place, stem, self.context, self.totals)

    def steps(self) -> Iterator[Step]:
        """Read, and give each step once all its files are complete."""
        octets = 0
        try:
            for number, source in enumerate(self.sources):
                if number and number + self.first in self.begins:
                    self.end_sequence(number)
                self.table.capture = number
                self.read_one(number)
                octets += (source.size or 0) if self.is_fresh(number) else 0
                if octets >= self.work.step_octets and number + 1 < len(self.sources):
                    yield self.step(number + 1, self.open_ids(), final=False)
                    octets = 0
            self.end_sequence(len(self.sources))
            yield self.step(len(self.sources), {}, final=True)
        finally:
            self.sink.discard()

    def is_fresh(self, number: int) -> bool:
        """Whether a capture was not read for an earlier step."""
        return number + self.first >= self.fresh

    def read_one(self, number: int) -> None:
        """Read one capture. What cannot be read, though it could when it was taken, is noted and passed over."""
        capture = self.work.captures[self.members[number]]
        if self.sources[number].location is not None and compressed_since(capture.path):
            self.sources[number] = open_unchanged(capture)
        source = self.sources[number]
        try:
            for _ in self.read_capture(number):
                pass
        except CaptureError as error:
            reason = source.reason if isinstance(source, AbsentSource) else error.reason
            expected = f"the capture that was there ({reason})"
            self.unread.append(self.members[number])
            self.totals.note_unread(number, None, DecodeError("file", "truncated", 0, expected))
        problems, self.totals.problems = self.totals.problems, []
        if self.work.strand.shard == 0 and self.is_fresh(number):
            self.sink.note_problems(problems, (capture.first_ns or 0) // DAY_NS)
        for _ in self.collect():
            pass
        self.tell(self.before[number + 1], None)

    def collect(self, last: bool = False) -> Iterator[Batch]:
        """Hand on the connections that ended; their rows go to files."""
        flows, self.table.finished = self.table.finished, []
        flows.reverse()
        while flows:
            connection = self.builder.build(flows.pop())
            if self.is_own(connection):
                self.take(connection, self.sink)
        yield from ()

    def is_own(self, connection: Connection) -> bool:
        """Whether a connection's row is this pass's to write."""
        return self.is_fresh(connection.capture) or connection.connection_id in self.known

    def take(self, connection: Connection, sink: Sink) -> None:
        """Count a connection, and give it a row where it has one."""
        counted = sink.count(connection)
        if counted or connection.server_port in self.builder.tls_ports or connection.starttls_status in SPOKEN_OF:
            sink.add(connection)

    def open_ids(self) -> dict[str, tuple[str, ...]]:
        """The connections that are open now, by the capture in which they start."""
        found: dict[str, list[str]] = {}
        self.table.settle()
        for flow in self.table.flows:
            connection = Connection()
            self.builder.set_addresses(connection, flow, *flow.streams)
            connection.capture = flow.capture
            if self.is_own(connection):
                found.setdefault(self.members[flow.capture], []).append(connection.connection_id)
        return {sha256: tuple(ids) for sha256, ids in found.items()}

    def end_sequence(self, end: int) -> None:
        """End what is open where a sequence ends, in front of capture `end`, with rows of its own by where it starts.

        In a sequence of several captures what was closed within the last seconds is among it, for its stragglers;
        single captures are many and rarely gone on with.
        """
        self.table.settle()
        alone = end + self.first - 1 in self.begins
        unclosed = {flow for flow in self.table.flows if not (alone and flow.closed)}
        self.table.finish()
        flows, self.table.finished = self.table.finished, []
        flows.reverse()
        sinks: dict[int, Sink] = {}
        ids: dict[int, list[str]] = {}
        try:
            while flows:
                flow = flows.pop()
                connection = self.builder.build(flow)
                if not self.is_own(connection):
                    continue
                if flow not in unclosed:
                    self.take(connection, self.sink)
                    continue
                number = connection.capture
                if number not in sinks:
                    sinks[number], ids[number] = self.open_sink(), []
                ids[number].append(connection.connection_id)
                self.take(connection, sinks[number])
            for number, sink in sinks.items():
                written = sink.close()
                opened = written.opened.get(number, (0, 0))
                self.ends[self.members[number]] = OpenEnd(tuple(ids[number]), written.parts, opened, written.listed)
        finally:
            for sink in sinks.values():
                sink.discard()

    def step(self, reached: int, open_ids: Mapping[str, tuple[str, ...]], final: bool) -> Step:
        """Complete the files, and say what they are."""
        for (number, port), count in self.table.dropped.items():
            day = (self.work.captures[self.members[number]].first_ns or 0) // DAY_NS
            self.sink.day(day).count_dropped({(number, port): count})
        written = self.sink.close()
        facts, damage = self.new_facts(reached)
        made = Step(
            self.work.plan, self.work.number, self.number, reached + self.first, final, written.parts, open_ids,
            self.ends, facts, {self.members[number]: counts for number, counts in written.opened.items()},
            written.listed, damage, self.table.evicted, self.table.outweighed, tuple(self.unread),
        )  # fmt: skip
        self.number += 1
        self.ends = {}
        self.unread = []
        self.sink = self.open_sink()
        self.forget()
        return made

    def new_facts(self, reached: int) -> tuple[Facts, Facts]:
        """What is known of the captures finished since the step before, and how the damaged ones are damaged."""
        first, self.reported = max(self.reported, self.fresh - self.first), reached
        damage, self.totals.damage = dict(self.totals.damage), []
        if self.work.strand.shard != 0:
            return (), ()
        facts, faults = [], []
        for number in range(first, reached):
            facts.append({**self.totals.captures[number], "sha256": self.members[number]})
            if (error := damage.get(self.totals.names[number])) is not None:
                faults.append({"sha256": self.members[number], "error": list(error.__reduce__()[1])})
        return tuple(facts), tuple(faults)

    def forget(self) -> None:
        """Let go of what only rows that are written needed, so that a strand of any length needs the same memory."""
        self.builder.certificates.clear()
        self.builder.chains.clear()
        self.builder.chain_octets = 0
        self.context.facts.clear()
        self.context.leaves.clear()
        self.table.dropped = {}
        self.table.evicted = self.table.outweighed = 0
