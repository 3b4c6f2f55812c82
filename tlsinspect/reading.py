"""One pass over captures: packets to connections, connections to batches of rows.

Goes in: captures that were found. Comes out: rows of the tables that were asked
for, as connections end, so that memory holds what is open now; then totals.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, compress
from typing import TYPE_CHECKING, NamedTuple, Protocol

import pyarrow as pa

from . import tables
from .capture import CaptureSource
from .connection import Connection
from .connection_builder import ConnectionBuilder
from .dissect import LinkDissector
from .errors import DecodeError
from .quic_keys import QuicKeys
from .tables.gathering import row_length
from .totals import Totals
from .upgrades import SPOKEN_OF
from .wire.capfile import open_reader
from .wire.carriers import open_carrier
from .wire.dtls import open_dtls
from .wire.flow import Flow
from .wire.flow_table import FlowTable
from .wire.ip import FragmentTable
from .wire.limits import DEFAULT_LIMITS, Limits
from .wire.openvpn import frame_openvpn
from .wire.quic_opener import QuicOpener
from .wire.walk import Walk

if TYPE_CHECKING:
    from .filters.compile import Filter

PACKETS_PER_STEP = 8192  # how often connections that ended are collected and progress is told
ROWS_PER_BATCH = 4096  # making columns costs some milliseconds whatever the number of rows; more rows only cost memory
LENGTH_PER_BATCH = 8 << 20  # octets that peers said, see row_length: in columns, as text, they take some ten times that

OPENERS = (open_dtls, QuicOpener(QuicKeys()), open_carrier)
FRAMERS = (frame_openvpn,)

KEPT_OCTETS = 1 << 22  # of certificates that only rows are asked of; then they are let go of

BATCH_BUILDERS = {
    "connections": tables.build_connections,
    "messages": tables.build_messages,
    "alerts": tables.build_alerts,
    "problems": tables.build_problems,
}
BATCH_TABLES = tuple(BATCH_BUILDERS)

Progress = Callable[[int, int | None], None]


class Batch(NamedTuple):
    """Rows of one of the tables that were asked for."""

    table: str
    rows: pa.RecordBatch


class Request(NamedTuple):
    """What is to be read, and how: all that the processes which share a reading have in common.

    `wanted` names the tables to build while reading, of BATCH_TABLES. `last_wins`: see Stream. `where` selects
    connections: only they get rows, in every table. With `streamed` nothing but the rows is
    wanted: certificates are let go of when the rows of their connections are made, and none are in the totals. With
    `encoded` rows of the connections table are dictionary-encoded (see build_gathered), unless there is a `where`.
    """

    sources: Sequence[CaptureSource]
    ports: frozenset[int]
    wanted: tuple[str, ...]
    last_wins: bool = False
    limits: Limits = DEFAULT_LIMITS
    where: Filter | None = None
    streamed: bool = False
    encoded: bool = False


class Origin(Protocol):
    """What an Inspection asks of where its tables come from: a reading that is over, or what stands for one."""

    @property
    def sources(self) -> Sequence[CaptureSource]:
        """The captures, in the order of `totals.captures`."""

    @property
    def totals(self) -> Totals:
        """What was counted, and what went wrong."""

    @property
    def context(self) -> tables.Context:
        """The names of the captures, and the certificates and staples by their hashes."""


class Finished(NamedTuple):
    """What is left of a reading that is over: no flows, no buffers, and it can be pickled; or what stands for one."""

    sources: Sequence[CaptureSource]
    totals: Totals
    context: tables.Context


class Reading:
    """One pass over captures; iterate it for batches of rows, then read its `totals`.

    Of the connections only those of `shard` (a number below `shards`) are followed. `counting`: see FlowTable.
    """

    counting = True

    def __init__(self, request: Request, progress: Progress | None = None, shard: int = 0, shards: int = 1) -> None:
        self.sources, ports, self.wanted, last_wins, limits, self.where, self.streamed, encoded = request
        self.encoded = encoded and self.where is None
        self.progress = progress
        self.total = total_size(self.sources)
        self.before = [0, *accumulate(source.size or 0 for source in self.sources)]  # octets in front of each capture
        self.builder = ConnectionBuilder(ports)
        self.totals = Totals(distinct_names(self.sources), ports, limits)
        self.totals.certificates = self.builder.certificates
        self.totals.staples = self.builder.staples
        self.context = tables.Context(self.totals.names, self.builder.certificates, self.builder.staples)
        self.table = FlowTable(ports, OPENERS, "messages" in self.wanted, shard, shards, FRAMERS, limits)
        self.table.last_wins = last_wins
        self.table.counting = self.counting
        self.fragments = FragmentTable(limits)
        self.dissector = LinkDissector()
        self.gathering = "connections" in self.wanted or self.where is not None
        self.keeping = self.wanted != ("connections",)
        self.gathered = tables.empty_gathering(ROWS_PER_BATCH)
        self.pending: list[Connection] = []
        self.waiting = 0
        self.length = 0
        self.numbered = 0

    def __iter__(self) -> Iterator[Batch]:
        """Walk every capture; yield rows as connections end. Ctrl-C ends the walk and keeps what was read.

        It is quicker, and holds no more, `without_cyclic_collection`.
        """
        try:
            for number in range(len(self.sources)):
                self.table.capture = number
                yield from self.read_capture(number)
        except KeyboardInterrupt:
            self.totals.interrupted = True
        self.table.finish()
        yield from self.collect(last=True)
        if self.streamed:
            self.forget_certificates()
        self.totals.evicted = self.table.evicted
        self.totals.outweighed = self.table.outweighed
        self.totals.count_dropped(self.table.dropped)

    def read_capture(self, number: int) -> Iterator[Batch]:
        """Walk one capture. Damage ends it; a file that is no capture at all is a CaptureError.

        So is one that is damaged at its start, unless it is one of a folder's.
        """
        source = self.sources[number]
        try:
            reader = open_reader(source.blocks())
        except DecodeError as error:
            damage = source.damage(error) if source.member else None
            if damage is None:
                raise source.refusal(error) from error
            self.totals.note_unread(number, source.compression, damage)
            return
        self.builder.numbers.begin(number, self.numbered)
        walk = Walk(reader, self.table, self.fragments, self.dissector, self.numbered)
        try:
            while walk.advance(PACKETS_PER_STEP):
                if self.progress is not None:
                    self.progress(self.before[number] + source.consumed, self.total)
                yield from self.collect()
        except DecodeError as error:
            self.totals.note_damage(number, error)
        finally:
            self.numbered = walk.last
            self.totals.note_capture(number, source, walk, self.fragments)

    def collect(self, last: bool = False) -> Iterator[Batch]:
        """Build connections of the flows that are over, and yield rows once there are enough."""
        build, count, ports = self.builder.build, self.totals.tally.count, self.builder.tls_ports
        for flow in self.ended():
            connection = build(flow)
            if count(connection) or connection.server_port in ports or connection.starttls_status in SPOKEN_OF:
                self.hold(connection)
                if self.waiting == ROWS_PER_BATCH or self.length > LENGTH_PER_BATCH or self.is_laden():
                    yield from self.build_batches()
        if last and self.waiting:
            yield from self.build_batches()

    def hold(self, connection: Connection) -> None:
        """Let a connection that may get a row wait; its record only where more than the connections table needs it."""
        self.waiting += 1
        self.length += row_length(connection)
        if self.gathering:
            self.gathered.add(connection)
        if self.keeping:
            self.pending.append(connection)

    def is_laden(self) -> bool:
        """Whether certificates that may be let go of are more than should be kept."""
        return self.streamed and self.builder.kept_octets > KEPT_OCTETS

    def forget_certificates(self) -> None:
        """Let go of certificates, and of what was read in them."""
        self.builder.forget_certificates()
        self.context.leaves.clear()

    def ended(self) -> Iterator[Flow]:
        """The flows that are over, each let go of before the next: many may end at once.

        Connections of a single segment are counted here, and are among them only where they may get a row.
        """
        flows, self.table.finished = self.table.finished, []
        flows.reverse()
        while flows:
            yield flows.pop()
        lones, self.table.passed = self.table.passed, []
        lones.reverse()
        while lones:
            lone = lones.pop()
            plain = self.builder.plain(lone)
            if plain is not None:
                self.totals.count_lone(lone, *plain)
                continue
            flow = self.table.revive(lone)
            flow.end()
            yield flow

    def build_connections(self) -> pa.RecordBatch:
        """Build the connections table's rows of what was gathered."""
        gathered, self.gathered = self.gathered, tables.empty_gathering(ROWS_PER_BATCH)
        return tables.build_gathered(gathered, self.context, self.encoded)

    def build_batches(self) -> Iterator[Batch]:
        """Build the rows of the connections that wait."""
        batch, self.pending = self.pending, []
        count, self.waiting = self.waiting, 0
        self.length = 0
        self.totals.listed += count
        made: dict[str, pa.RecordBatch] = {}
        if self.gathering:
            rows = self.build_connections()
            if self.where is not None:
                mask = self.where.mask(rows)
                rows = rows.filter(mask)
                batch = list(compress(batch, mask.to_pylist()))
                count = rows.num_rows
            made["connections"] = rows
        if self.is_laden():
            self.forget_certificates()
        self.totals.selected += count
        for name in self.wanted:
            yield Batch(name, made[name] if name in made else BATCH_BUILDERS[name](batch, self.context))


@contextmanager
def without_cyclic_collection() -> Iterator[None]:
    """Keep the cyclic garbage collector still: a third of a walk's time, and neither flows nor tables hold circles.

    Not for a generator: one that is never taken to its end, in a circle itself, would keep it still for ever.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def total_size(sources: Sequence[CaptureSource]) -> int | None:
    """Octets of all files on disk; None where one of them is a pipe."""
    sizes = [source.size for source in sources]
    return None if None in sizes else sum(size or 0 for size in sizes)


def distinct_names(sources: Sequence[CaptureSource]) -> list[str]:
    """File names for the capture column; paths where two files have the same name."""
    names = [source.name for source in sources]
    counts = Counter(names)
    return [source.path if counts[name] > 1 else name for source, name in zip(sources, names, strict=True)]
