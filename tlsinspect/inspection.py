"""read(captures) -> Inspection: the one place where all the parts meet.

Goes in: what a person names. Comes out: frames. The captures are walked once;
connections become table rows in batches as they end, so that memory holds what
is open now and the rows that were asked for.
"""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from . import tables
from .capture import CaptureSource, find_captures, order_captures
from .columns import COLUMNS
from .connection import CARRIES_TLS, Connection, ConnectionBuilder
from .dissect import LinkDissector, link_type_name
from .errors import CaptureError, DecodeError
from .tables.events import build_rows, problem_row
from .wire.capfile import open_reader
from .wire.dtls import open_dtls
from .wire.flow import FLOW_LIMIT, FlowTable
from .wire.ip import FragmentTable
from .wire.walk import Walk

if TYPE_CHECKING:
    import pandas as pd

TLS_PORTS = frozenset({443, 8443})
PACKETS_PER_STEP = 20_000  # how often connections that ended are collected and progress is told
ROWS_PER_BATCH = 8192

OPENERS = (open_dtls,)

BATCH_BUILDERS = {
    "connections": tables.build_connections,
    "messages": tables.build_messages,
    "alerts": tables.build_alerts,
    "problems": tables.build_problems,
}
BATCH_TABLES = tuple(BATCH_BUILDERS)

Progress = Callable[[int, int | None], None]


class Batch(NamedTuple):
    """Rows of the tables that were asked for."""

    table: str
    rows: pa.RecordBatch


class Reading:
    """One pass over captures; iterate it for batches of rows, then read its totals.

    `wanted` names the tables to build while reading, of BATCH_TABLES. `interrupted` is
    True when Ctrl-C ended the pass early; what was read until then is kept.
    `damage` lists what is wrong with the files themselves, as (capture, error).
    """

    def __init__(
        self, sources: Sequence[CaptureSource], ports: frozenset[int], wanted: Iterable[str], progress: Progress | None
    ) -> None:
        self.sources = sources
        self.names = distinct_names(sources)
        self.wanted = tuple(wanted)
        self.progress = progress
        self.builder = ConnectionBuilder(ports)
        self.context = tables.Context(self.names, self.builder.certificates)
        self.table = FlowTable(ports, OPENERS, keep_messages="messages" in self.wanted)
        self.fragments = FragmentTable()
        self.dissector = LinkDissector()
        self.ports: Counter[tuple[int, str, str]] = Counter()
        self.port_bytes: Counter[tuple[int, str, str]] = Counter()
        self.pending: list[Connection] = []
        self.captures: list[dict[str, Any]] = []
        self.opened: Counter[int] = Counter()
        self.opened_tls: Counter[int] = Counter()
        self.damage: list[tuple[str, DecodeError]] = []
        self.problems: list[tuple[Any, ...]] = []
        self.interrupted = False

    def __iter__(self) -> Iterator[Batch]:
        """Walk every capture; yield rows as connections end."""
        with without_cyclic_collection():
            try:
                for number in range(len(self.sources)):
                    self.table.capture = number
                    yield from self.read_capture(number)
            except KeyboardInterrupt:
                self.interrupted = True
            self.table.finish()
            yield from self.collect(last=True)
            self.finish()

    def read_capture(self, number: int) -> Iterator[Batch]:
        """Walk one capture. Damage ends it; a file that is no capture at all is a CaptureError."""
        source = self.sources[number]
        try:
            reader = open_reader(source.blocks())
        except DecodeError as error:
            raise source.refusal(error) from error
        walk = Walk(reader, self.table, self.fragments, self.dissector)
        before = sum(earlier.size or 0 for earlier in self.sources[:number])
        total = (
            None if any(each.size is None for each in self.sources) else sum(each.size or 0 for each in self.sources)
        )
        try:
            while walk.advance(PACKETS_PER_STEP):
                if self.progress is not None:
                    self.progress(before + source.consumed, total)
                yield from self.collect()
        except DecodeError as error:
            self.damage.append((self.names[number], error))
            self.problems.append(problem_row(error, self.names[number], None, None, 1))
        finally:
            self.note_capture(number, walk)

    def collect(self, last: bool = False) -> Iterator[Batch]:
        """Build connections of the flows that are over, and yield rows once there are enough."""
        flows, self.table.finished = self.table.finished, []
        for flow in flows:
            connection = self.builder.build(flow)
            carries_tls = connection.protocol in CARRIES_TLS
            key = (connection.server_port, connection.transport, connection.protocol)
            self.ports[key] += 1
            self.port_bytes[key] += connection.client_bytes + connection.server_bytes
            self.opened[connection.capture] += 1
            if carries_tls:
                self.opened_tls[connection.capture] += 1
            if carries_tls or self.is_on_tls_port(connection):
                self.pending.append(connection)
        while len(self.pending) >= ROWS_PER_BATCH or (last and self.pending):
            batch, self.pending = self.pending[:ROWS_PER_BATCH], self.pending[ROWS_PER_BATCH:]
            for name in self.wanted:
                yield Batch(name, BATCH_BUILDERS[name](batch, self.context))

    def is_on_tls_port(self, connection: Connection) -> bool:
        """True when the connection has a row whatever it carries."""
        return connection.server_port in self.builder.tls_ports

    def note_capture(self, number: int, walk: Walk) -> None:
        """Keep a finished file's facts and the problems of its packets."""
        name, reader, source = self.names[number], walk.reader, self.sources[number]
        for problem in walk.problems.values():
            self.problems.append(problem_row(problem.error, name, problem.packet, None, problem.count))
        for error in reader.problems:
            self.problems.append(problem_row(error, name, None, None, 1))
        self.fragments.close()
        for error, packet, count in self.fragments.take_problems():
            self.problems.append(problem_row(error, name, packet, None, count))
        for link_type, count in walk.undecoded.items():
            unknown = DecodeError("link", "unsupported", 0, f"a link type known here, not {link_type_name(link_type)}")
            self.problems.append(problem_row(unknown, name, None, None, count))
        self.captures.append(
            {
                "capture": name,
                "sha256": None,
                "format": reader.format,
                "compression": source.compression,
                "link_types": [link_type_name(code) for code in sorted(reader.link_types)],
                "snaplen": reader.snaplen or None,
                "packets": walk.packets,
                "bytes": walk.octets,
                "time_start": walk.time_first if walk.packets else None,
                "time_end": walk.time_last if walk.packets else None,
                "truncated_packets": walk.truncated,
                "undecoded_packets": sum(walk.undecoded.values()),
            }
        )

    def finish(self) -> None:
        """Work out what is known only at the end."""
        if self.table.evicted:
            cut = DecodeError("tcp", "limit", 0, f"at most {FLOW_LIMIT} connections open at once")
            self.problems.append(problem_row(cut, self.names[-1], None, None, self.table.evicted))
        damaged = {name for name, _ in self.damage}
        for number, row in enumerate(self.captures):
            row["tcp_connections"] = self.opened[number]
            row["tls_connections"] = self.opened_tls[number]
            row["quality"] = quality(row, row["capture"] in damaged)

    def build(self, table: str) -> pa.Table:
        """The tables that come from totals: ports, captures, and the problems outside connections."""
        if table == "captures":
            for source, row in zip(self.sources, self.captures, strict=False):
                row["sha256"] = source.sha256()
            rows = [tuple(row[column.name] for column in COLUMNS["captures"]) for row in self.captures]
        elif table == "problems":
            rows = self.problems
        else:
            rows = list(self.iter_ports())
        return pa.Table.from_batches([build_rows(table, rows)])

    def iter_ports(self) -> Iterator[tuple[Any, ...]]:
        """Rows of the ports table, the busiest port first."""
        totals: Counter[tuple[int, str]] = Counter()
        for (port, transport, _), count in self.ports.items():
            totals[port, transport] += count
        order = sorted(self.ports, key=lambda key: (-totals[key[:2]], key[:2], -self.ports[key], key[2]))
        for key in order:
            port, transport, protocol = key
            share = self.ports[key] / totals[port, transport]
            yield (
                port,
                transport,
                protocol,
                port in self.builder.tls_ports,
                self.ports[key],
                self.port_bytes[key],
                share,
            )


class Inspection:
    """What is in the captures, as pandas frames with the columns of tlsinspect.columns.

    Frames are made when they are first asked for. `interrupted` is True when reading
    was ended early; `damage` lists damaged files as (capture, DecodeError).
    """

    def __init__(self, arrow: dict[str, pa.Table], reading: Reading) -> None:
        self.arrow_tables = arrow
        self.reading = reading
        self.interrupted = reading.interrupted
        self.damage = reading.damage
        self.tls_ports = reading.builder.tls_ports

    def arrow(self, table: str) -> pa.Table:
        """One of the tables as Arrow; raises KeyError for a name that is not in COLUMNS."""
        if table not in self.arrow_tables:
            self.arrow_tables[table] = self.build(table)
        return self.arrow_tables[table]

    def build(self, table: str) -> pa.Table:
        """Make a table that follows from others."""
        if table == "chains":
            return tables.build_chains(self.arrow("connections"))
        if table == "offers":
            return tables.build_offers(self.arrow("connections"))
        if table == "certificates":
            return tables.build_certificates(self.arrow("connections"), self.reading.context)
        if table in COLUMNS:
            return self.reading.build(table)
        raise KeyError(table)

    def frame(self, table: str) -> pd.DataFrame:
        """One of the tables as a pandas frame."""
        return tables.to_frame(self.arrow(table))

    @cached_property
    def connections(self) -> pd.DataFrame:
        """A row per connection with TLS, and per connection on a TLS port."""
        return self.frame("connections")

    @cached_property
    def certificates(self) -> pd.DataFrame:
        """A row per distinct certificate."""
        return self.frame("certificates")

    @cached_property
    def chains(self) -> pd.DataFrame:
        """A row per certificate in a chain."""
        return self.frame("chains")

    @cached_property
    def offers(self) -> pd.DataFrame:
        """A row per offered suite, group, signature algorithm, extension, version or protocol."""
        return self.frame("offers")

    @cached_property
    def messages(self) -> pd.DataFrame:
        """A row per handshake message, CCS, alert and first application data."""
        return self.frame("messages")

    @cached_property
    def alerts(self) -> pd.DataFrame:
        """A row per alert."""
        return self.frame("alerts")

    @cached_property
    def ports(self) -> pd.DataFrame:
        """A row per server port and protocol, all TCP connections counted."""
        return self.frame("ports")

    @cached_property
    def problems(self) -> pd.DataFrame:
        """A row per thing that could not be read."""
        return self.frame("problems")

    @cached_property
    def captures(self) -> pd.DataFrame:
        """A row per capture file."""
        return self.frame("captures")


Path = str | os.PathLike[str]


def read(
    captures: Path | Sequence[Path], ports: Iterable[int] = TLS_PORTS, progress: Progress | None = None
) -> Inspection:
    """Read captures and return what their TLS says.

    `captures` is a file, folder or glob, "-" for standard input, or several of them,
    read as one; `ports` are the TCP ports on which every connection gets a row.
    `progress` is called with (bytes read, bytes in all or None). Raises CaptureError when
    nothing can be read; damage further on ends up in `problems`.
    """
    reading = open_reading(captures, ports, BATCH_TABLES, progress)
    batches: dict[str, list[pa.RecordBatch]] = {name: [] for name in BATCH_TABLES}
    for batch in reading:
        batches[batch.table].append(batch.rows)
    made = {name: pa.Table.from_batches(rows, tables.arrow_schema(name)) for name, rows in batches.items()}
    made["problems"] = pa.concat_tables([reading.build("problems"), made["problems"]])
    for name in ("connections", "messages", "alerts"):
        made[name] = in_order(made[name])
    return Inspection(made, reading)


def open_reading(
    captures: Path | Sequence[Path], ports: Iterable[int], wanted: Iterable[str], progress: Progress | None = None
) -> Reading:
    """Find the captures and prepare one pass over them."""
    paths = [captures] if isinstance(captures, str | os.PathLike) else list(captures)
    return Reading(order_captures(find_captures(paths)), frozenset(ports), wanted, progress)


@contextmanager
def without_cyclic_collection() -> Iterator[None]:
    """Keep the cyclic garbage collector still: a third of the walk's time, and flows that end hold no circles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def in_order(table: pa.Table) -> pa.Table:
    """Rows by time, as the packets came."""
    key = "time_start" if "time_start" in table.column_names else "time"
    return table.sort_by([(key, "ascending"), ("connection_id", "ascending")])


def distinct_names(sources: Sequence[CaptureSource]) -> list[str]:
    """File names for the capture column; paths where two files have the same name."""
    names = [source.name for source in sources]
    counts = Counter(names)
    return [source.path if counts[name] > 1 else name for source, name in zip(sources, names, strict=True)]


def quality(row: dict[str, Any], damaged: bool) -> str:
    """One phrase on what is wrong with a capture file."""
    faults = []
    if damaged:
        faults.append("damaged")
    if row["truncated_packets"]:
        faults.append("packets cut by the capture length")
    if row["undecoded_packets"]:
        faults.append("unknown link type")
    if not row["packets"]:
        faults.append("no packets")
    return ", ".join(faults) or "complete"


__all__ = ["TLS_PORTS", "CaptureError", "Inspection", "Reading", "open_reading", "read"]
