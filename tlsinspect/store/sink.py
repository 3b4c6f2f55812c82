"""Connections -> Parquet files of one step, a file for each table and day.

Goes in: connections that ended. Comes out: the parts that the step names. A connection lies in the day, in UTC, of its
first packet, and so does everything that is said of it.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import NamedTuple

import pyarrow as pa

from .. import tables
from ..connection import Connection
from ..export.parquet import GROUP_OCTETS, ParquetWriter
from ..looks import add_looks
from ..looks.encode import Encoder
from ..reading import BATCH_BUILDERS, LENGTH_PER_BATCH, ROWS_PER_BATCH
from ..tables.events import build_rows
from ..tables.gathering import row_length
from ..totals import Row, Totals
from .place import Place
from .records import Part

STORED = ("connections", "messages", "alerts", "problems", "certificates", "staples", "ports")
"""Tables that have files; the others follow from them, or from what the steps say."""

ROWS_WAITING = 65_536  # rows of all tables and days together that wait for their row groups
DAY_NS = 86_400 * 1_000_000_000
SEEN = ("time_start", "certificate_sha256s", "client_certificate_sha256s", "ocsp_sha256s", "sct_list_sha256")


class Written(NamedTuple):
    """What a sink left: its parts, and for each capture how many connections started in it, with TLS or without."""

    parts: tuple[Part, ...]
    opened: dict[int, tuple[int, int]]
    listed: int


class Sink:
    """Takes connections and writes their rows; `stem` begins the names of its files."""

    def __init__(self, place: Place, stem: str, context: tables.Context, totals: Totals) -> None:
        self.place = place
        self.stem = f"{stem}-{secrets.token_hex(4)}"
        self.context = context
        self.totals = totals
        self.waiting: dict[int, list[Connection]] = defaultdict(list)
        self.days: dict[int, Totals] = {}
        self.seen: dict[int, list[pa.RecordBatch]] = defaultdict(list)
        self.files = ExitStack()
        self.writers: dict[tuple[str, int], tuple[ParquetWriter, list[int]]] = {}
        self.listed = 0
        self.length = 0
        self.lengths: dict[int, int] = defaultdict(int)
        self.encoder = Encoder()

    def count(self, connection: Connection) -> bool:
        """Count a connection; True when it carried TLS."""
        return self.day(connection.time_start // DAY_NS).tally.count(connection)

    def day(self, day: int) -> Totals:
        """The counters of a day."""
        if day not in self.days:
            self.days[day] = Totals((), self.totals.tls_ports, self.totals.limits)
        return self.days[day]

    def add(self, connection: Connection) -> None:
        """Take a connection that has a row."""
        day = connection.time_start // DAY_NS
        waiting = self.waiting[day]
        waiting.append(connection)
        self.listed += 1
        length = row_length(connection)
        self.length += length
        self.lengths[day] += length
        if self.length > LENGTH_PER_BATCH:
            for each in list(self.waiting):
                self.build(each)
        elif len(waiting) >= ROWS_PER_BATCH:
            self.build(day)

    def build(self, day: int) -> None:
        """Make rows of what waits for a day."""
        batch = self.waiting.pop(day)
        self.length -= self.lengths.pop(day)
        for table, build in BATCH_BUILDERS.items():
            rows = build(batch, self.context)
            self.write(table, day, add_looks(rows, self.encoder) if table == "connections" else rows)
            if table == "connections":
                self.seen[day].append(rows.select(SEEN))

    def write(self, table: str, day: int, rows: pa.RecordBatch) -> None:
        """Write rows of a table."""
        if not rows.num_rows:
            return
        if (table, day) not in self.writers:
            file = self.files.enter_context(self.place.writing(self.name(table, day)))
            self.writers[table, day] = ParquetWriter(file, rows.schema), [0]
        writer, count = self.writers[table, day]
        writer.write(rows)
        count[0] += rows.num_rows
        writers = [writer for writer, _ in self.writers.values()]
        if sum(each.rows for each in writers) > ROWS_WAITING or sum(each.octets for each in writers) > GROUP_OCTETS:
            for each in writers:
                each.write_group()

    def name(self, table: str, day: int) -> str:
        """The file of a table and day below the store."""
        return f"{table}/day={day_text(day)}/{self.stem}.parquet"

    def note_problems(self, rows: list[Row], day: int) -> None:
        """Write problems that are outside connections."""
        if rows:
            self.write("problems", day, build_rows("problems", rows))

    def close(self) -> Written:
        """Write the rest; every file is complete afterwards."""
        with self.files:
            for day in list(self.waiting):
                self.build(day)
            for day, batches in self.seen.items():
                connections = pa.Table.from_batches(batches)
                for table, build in (("certificates", tables.build_certificates), ("staples", tables.build_staples)):
                    for batch in build(connections, self.context).combine_chunks().to_batches():
                        self.write(table, day, batch)
            opened: dict[int, tuple[int, int]] = {}
            for day, totals in self.days.items():
                for batch in totals.build("ports", ()).to_batches():
                    self.write("ports", day, batch)
                for capture, (count, with_tls) in totals.tally.by_capture().items():
                    before = opened.get(capture, (0, 0))
                    opened[capture] = before[0] + count, before[1] + with_tls
            for writer, _ in self.writers.values():
                writer.close()
        parts = tuple(
            (table, day_text(day), self.name(table, day), count[0]) for (table, day), (_, count) in self.writers.items()
        )
        return Written(parts, opened, self.listed)

    def discard(self) -> None:
        """Leave nothing behind."""
        for writer, _ in self.writers.values():
            writer.abandon()
        with suppress(DiscardedError), self.files:
            raise DiscardedError


class DiscardedError(Exception):
    """A sink's files are given up."""


def day_text(day: int) -> str:
    """A day, counted from 1970-01-01, as it stands in paths."""
    return datetime.fromtimestamp(day * 86_400, UTC).strftime("%Y-%m-%d")
