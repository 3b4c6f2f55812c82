"""Connections -> Parquet files of one step, a file for each table and day.

Goes in: connections that ended. Comes out: the parts that the step names. A connection lies in the day, in UTC, of its
first packet, and so does everything that is said of it.
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
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
OPEN_DAYS = 16
"""Days whose files are open at once: a process may have some hundred, and a step of small captures has any number."""

SEEN = ("time_start", "certificate_sha256s", "client_certificate_sha256s", "ocsp_sha256s", "sct_list_sha256")


class Written(NamedTuple):
    """What a sink left: its parts, and for each capture how many connections started in it, with TLS or without."""

    parts: tuple[Part, ...]
    opened: dict[int, tuple[int, int]]
    listed: int


class DayFiles:
    """The files of a day that are open: one for each table that has rows, all of the same name."""

    def __init__(self, place: Place, day: int, name: str) -> None:
        self.place = place
        self.day = day_text(day)
        self.name = name
        self.files = ExitStack()
        self.writers: dict[str, ParquetWriter] = {}
        self.counts: Counter[str] = Counter()
        self.seen: list[pa.RecordBatch] = []

    def path(self, table: str) -> str:
        """The file of a table below the store."""
        return f"{table}/day={self.day}/{self.name}"

    def write(self, table: str, rows: pa.RecordBatch) -> None:
        """Write rows of a table."""
        if table not in self.writers:
            file = self.files.enter_context(self.place.writing(self.path(table)))
            self.writers[table] = ParquetWriter(file, rows.schema)
        self.writers[table].write(rows)
        self.counts[table] += rows.num_rows

    def close(self) -> list[Part]:
        """Complete the files."""
        with self.files:
            for writer in self.writers.values():
                writer.close()
        return [(table, self.day, self.path(table), count) for table, count in self.counts.items()]

    def discard(self) -> None:
        """Leave nothing of them behind."""
        for writer in self.writers.values():
            writer.abandon()
        with suppress(DiscardedError), self.files:
            raise DiscardedError


class Sink:
    """Takes connections and writes their rows; `stem` begins the names of its files.

    Of OPEN_DAYS days files are open at once, those that were written to last. A day may have several of a table.
    """

    def __init__(self, place: Place, stem: str, context: tables.Context, totals: Totals) -> None:
        self.place = place
        self.stem = f"{stem}-{secrets.token_hex(4)}"
        self.context = context
        self.totals = totals
        self.waiting: dict[int, list[Connection]] = defaultdict(list)
        self.days: dict[int, Totals] = {}
        self.open: dict[int, DayFiles] = {}
        self.made = 0
        self.parts: list[Part] = []
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
                self.open[day].seen.append(rows.select(SEEN))

    def write(self, table: str, day: int, rows: pa.RecordBatch) -> None:
        """Write rows of a table."""
        if not rows.num_rows:
            return
        files = self.open.pop(day, None)
        if files is None:
            while len(self.open) >= OPEN_DAYS:
                self.complete(next(iter(self.open)))
            files = DayFiles(self.place, day, f"{self.stem}{f'-{self.made}' if self.made else ''}.parquet")
            self.made += 1
        self.open[day] = files  # the last one now
        files.write(table, rows)
        writers = [writer for each in self.open.values() for writer in each.writers.values()]
        if sum(each.rows for each in writers) > ROWS_WAITING or sum(each.octets for each in writers) > GROUP_OCTETS:
            for writer in writers:
                writer.write_group()

    def complete(self, day: int) -> None:
        """Complete the files of a day that are open, with the certificates and staples of its connections."""
        files = self.open[day]
        if files.seen:
            connections = pa.Table.from_batches(files.seen)
            for table, build in (("certificates", tables.build_certificates), ("staples", tables.build_staples)):
                for batch in build(connections, self.context).combine_chunks().to_batches():
                    if batch.num_rows:
                        files.write(table, batch)
        self.parts += files.close()
        del self.open[day]

    def note_problems(self, rows: list[Row], day: int) -> None:
        """Write problems that are outside connections."""
        if rows:
            self.write("problems", day, build_rows("problems", rows))

    def close(self) -> Written:
        """Write the rest; every file is complete afterwards."""
        opened: dict[int, tuple[int, int]] = {}
        for day in sorted({*self.waiting, *self.open, *self.days}):
            if day in self.waiting:
                self.build(day)
            if day in self.days:
                totals = self.days[day]
                for batch in totals.build("ports", ()).to_batches():
                    self.write("ports", day, batch)
                for capture, (count, with_tls) in totals.tally.by_capture().items():
                    before = opened.get(capture, (0, 0))
                    opened[capture] = before[0] + count, before[1] + with_tls
            if day in self.open:
                self.complete(day)
        parts, self.parts = tuple(self.parts), []
        return Written(parts, opened, self.listed)

    def discard(self) -> None:
        """Leave nothing behind."""
        for files in self.open.values():
            files.discard()
        for _, _, name, _ in self.parts:
            self.place.remove(name)


class DiscardedError(Exception):
    """A sink's files are given up."""


def day_text(day: int) -> str:
    """A day, counted from 1970-01-01, as it stands in paths."""
    return datetime.fromtimestamp(day * 86_400, UTC).strftime("%Y-%m-%d")
