"""What a reading knows in total, and the tables that are made of it: ports, captures, problems.

Totals of readings that shared the connections of the same captures add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from .capture import CaptureSource
from .columns import COLUMNS, COMPLETE
from .dissect import link_type_name
from .errors import DecodeError
from .protocols import SILENT
from .tables.events import build_rows, problem_row
from .tables.on_demand import ByColumn
from .tally import Tally
from .wire.ip import FragmentTable
from .wire.limits import DEFAULT_LIMITS, Limits
from .wire.lone import LoneSegment
from .wire.walk import Walk

Row = tuple[Any, ...]

NOTHING: dict[str, Any] = {
    "format": None, "compression": None, "link_types": [], "snaplen": None, "packets": 0, "bytes": 0,
    "time_start": None, "time_end": None, "truncated_packets": 0, "undecoded_packets": 0,
}  # fmt: skip
"""What is known of a capture that could not be read."""


class Totals:
    """Counters and facts of one reading.

    `names` are the capture column's file names. `tally` counts connections and octets.
    `problems` are rows of the problems table, `damage` pairs of a file and what is wrong with it.
    `certificates` and `staples` map SHA-256 in hex to DER. `listed` counts the connections that would have a row,
    `selected` those that have one. `copies` are captures that were not read, each with the one whose octets it has,
    `passed_over` files of a folder that may hide captures, each with what it is.
    """

    def __init__(self, names: Sequence[str], tls_ports: frozenset[int], limits: Limits = DEFAULT_LIMITS) -> None:
        self.names = list(names)
        self.limits = limits
        self.tls_ports = tls_ports
        self.tally = Tally()
        self.captures: list[dict[str, Any]] = []
        self.problems: list[Row] = []
        self.damage: list[tuple[str, DecodeError]] = []
        self.copies: list[tuple[str, str]] = []
        self.passed_over: list[tuple[str, str]] = []
        self.certificates: dict[str, bytes] = {}
        self.staples: dict[str, bytes] = {}
        self.listed = 0
        self.selected = 0
        self.evicted = 0
        self.outweighed = 0
        self.interrupted = False

    def count_lone(self, lone: LoneSegment, port: int, protocol: str) -> None:
        """Count a connection of a single segment."""
        self.tally.note((port, "tcp", protocol, lone.capture), 1, len(lone.payload))

    def count_dropped(self, dropped: dict[tuple[int, int], int]) -> None:
        """Count half-open connections of which nothing is left, by (file number, server port)."""
        for (capture, port), count in dropped.items():
            self.tally.note((port, "tcp", SILENT, capture), count, 0)

    def note_damage(self, number: int, error: DecodeError) -> None:
        """Keep what ended the reading of a file."""
        self.damage.append((self.names[number], error))
        self.problems.append(problem_row(error, self.names[number], None, None, 1))

    def note_unread(self, number: int, compression: str | None, error: DecodeError) -> None:
        """Keep that nothing of a file could be read, and why."""
        self.note_damage(number, error)
        self.captures.append(NOTHING | {"capture": self.names[number], "compression": compression})

    def note_capture(self, number: int, source: CaptureSource, walk: Walk, fragments: FragmentTable) -> None:
        """Keep a finished file's facts and the problems of its packets."""
        name, reader = self.names[number], walk.reader
        for problem in walk.problems.values():
            self.problems.append(problem_row(problem.error, name, problem.packet, None, problem.count))
        for error in reader.problems:
            self.problems.append(problem_row(error, name, None, None, 1))
        fragments.close()
        for error, packet, count in fragments.take_problems():
            self.problems.append(problem_row(error, name, packet - walk.before, None, count))
        for link_type, count in walk.undecoded.items():
            unknown = DecodeError("link", "unsupported", 0, f"a link type known here, not {link_type_name(link_type)}")
            self.problems.append(problem_row(unknown, name, None, None, count))
        self.captures.append(
            {
                "capture": name,
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

    def add(self, other: Totals) -> None:
        """Add the totals of a reading that walked the same files for other connections."""
        self.tally.add(other.tally)
        self.certificates.update(other.certificates)
        self.staples.update(other.staples)
        self.listed += other.listed
        self.selected += other.selected
        self.evicted += other.evicted
        self.outweighed += other.outweighed
        self.interrupted = self.interrupted or other.interrupted

    def build_ports(self, connections: pa.Table) -> pa.Table:
        """Build the ports table of a selection of connections."""
        chosen = Totals(self.names, self.tls_ports, self.limits)
        names = ("server_port", "transport", "protocol", "client_bytes", "server_bytes")
        for port, transport, protocol, *octets in zip(*(connections[name].to_pylist() for name in names), strict=True):
            chosen.tally.note((port, transport, protocol, 0), 1, sum(octets))
        return chosen.build("ports", ())

    def build(self, table: str, sources: Sequence[CaptureSource]) -> pa.Table:
        """Build the ports or captures table, or the problems that are outside connections."""
        if table == "captures":
            return CaptureColumns(pa.Table.from_batches([build_rows(table, self.iter_captures(sources))]), sources)
        if table == "problems":
            rows = list(self.problems)
            for count, expected in (
                (self.evicted, f"at most {self.limits.connections} connections open at once"),
                (self.outweighed, f"at most {self.limits.connection_octets} octets held by open connections"),
            ):
                if count:
                    cut = DecodeError("tcp", "limit", 0, expected)
                    rows.append(problem_row(cut, self.names[0], None, None, count))
        else:
            rows = list(self.iter_ports())
        return pa.Table.from_batches([build_rows(table, rows)])

    def iter_captures(self, sources: Sequence[CaptureSource]) -> Iterator[Row]:
        """Rows of the captures table, in the order of reading; without the hash, which CaptureColumns adds."""
        damaged = {name for name, _ in self.damage}
        opened = self.tally.by_capture()
        for number, (_, facts) in enumerate(zip(sources, self.captures, strict=False)):
            connections, with_tls = opened.get(number, (0, 0))
            row = {
                **facts,
                "sha256": None,
                "connections": connections,
                "tls_connections": with_tls,
                "quality": quality(facts, facts["capture"] in damaged),
            }
            yield tuple(row[column.name] for column in COLUMNS["captures"])

    def iter_ports(self) -> Iterator[Row]:
        """Rows of the ports table, the busiest port first."""
        ports = self.tally.by_port()
        totals: Counter[tuple[int, str]] = Counter()
        for (port, transport, _), (count, _) in ports.items():
            totals[port, transport] += count
        for key in sorted(ports, key=lambda key: (-totals[key[:2]], key[:2], -ports[key][0], key[2])):
            port, transport, protocol = key
            count, octets = ports[key]
            share = count / totals[port, transport]
            yield port, transport, protocol, port in self.tls_ports, count, octets, share


class CaptureColumns(ByColumn):
    """The captures table; its files are hashed when a hash is asked for, since that reads all of them."""

    def __init__(self, rows: pa.Table, sources: Sequence[CaptureSource]) -> None:
        self.schema = rows.schema
        self.rows = rows
        self.sources = sources
        self.made = {name: rows[name] for name in rows.schema.names if name != "sha256"}

    def read(self, names: Sequence[str]) -> None:
        """Hash the files, if their hashes are among what is asked for."""
        if "sha256" in names and "sha256" not in self.made:
            hashes = [source.sha256() for source in self.sources[: self.num_rows]]
            self.made["sha256"] = pa.chunked_array([pa.array(hashes, self.schema.field("sha256").type)])

    @property
    def num_rows(self) -> int:
        """How many captures were read."""
        return self.rows.num_rows  # type: ignore[no-any-return]


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
    return ", ".join(faults) or COMPLETE
