"""A store, read: tables as pyarrow datasets of the days that are asked for, and an Inspection of them.

Goes in: a path or URL. Comes out: datasets with the columns of COLUMNS and `day`. What is read is what was stored when
the store was opened.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from .. import tables
from ..arguments import Path, check_filter, pick, utc_day
from ..capture import printable
from ..columns import COLUMNS
from ..errors import DecodeError, StoreError
from ..tables.arrow import arrow_schema
from ..tables.events import build_rows
from ..totals import quality
from .catalogue import Catalogue
from .files import iter_rows
from .place import is_remote, open_named, open_place, path_of
from .records import DESCRIPTION, Part
from .sink import DAY_NS, STORED

if TYPE_CHECKING:
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

    from ..filters.compile import Filter
    from .stored import StoredInspection

Day = str | date | None
EPOCH = date(1970, 1, 1).toordinal()
TIMES = 1 << 63  # ns to either side of 1970
DERIVED = {"chains": tables.build_chains, "offers": tables.build_offers}
NEEDED = {
    "chains": ["connection_id", "certificate_sha256s", "client_certificate_sha256s"],
    "offers": [
        "connection_id", "cipher_suites", "supported_groups", "signature_algorithms", "client_extensions",
        "supported_versions", "alpn_offered",
    ],
}  # fmt: skip
"""The columns of the connections table that a table is made of which follows from it."""


class Store:
    """A store as it was when it was opened; raises StoreError for what is none, or of a format not known here.

    `since` and `until` are days, in UTC, of a connection's first packet: a date or YYYY-MM-DD, both included. Of a time
    its day in UTC counts.
    """

    def __init__(self, url: Path) -> None:
        self.place = open_named(url)
        self.url = printable(self.place.url)
        self.catalogue = Catalogue(self.place)

    def __repr__(self) -> str:
        """Where it is."""
        return f"<Store {self.url}>"

    def days(self) -> list[date]:
        """The days on which connections start, in order."""
        return sorted({date.fromisoformat(day) for _, day, _, _ in self.catalogue.parts("connections")})

    def rows(self, table: str, since: Day = None, until: Day = None) -> int:
        """How many rows a table has: no file is opened for it. Raises KeyError for one that has no files of its own."""
        pick(dict.fromkeys(STORED), table, "table with files of its own")
        return sum(rows for _, _, _, rows in self.parts(table, since, until))

    def parts(self, table: str, since: Day, until: Day) -> list[Part]:
        """The files of a table's rows in some days."""
        first, last = parse_days(since, until)
        chosen = []
        for part in self.catalogue.parts(table):
            day = date.fromisoformat(part[1])
            if (first is None or day >= first) and (last is None or day <= last):
                chosen.append(part)
        return chosen

    def dataset(
        self, table: str, since: Day = None, until: Day = None, files: Collection[str] | None = None
    ) -> ds.Dataset:
        """A table of COLUMNS as a dataset with its columns and `day`, a date32; raises KeyError for another.

        Connections, messages, alerts, problems, certificates, staples and ports lie in files, of which only the
        columns that are asked for are read. certificates has a row per certificate, day and step of the
        ingestion, so that a certificate may have several, and so may a staple; ports has a row per port,
        protocol, day and step, with shares of that day and step. captures comes from what the store says of
        itself: those that reach into the days, and as `day` that on which each begins. chains and offers are made
        of connections, in memory. findings, validation, client_validation, ocsp and scts are judgements and not
        stored: see Inspection. `files` names those that are read, as day=DAY/NAME; what is said of a connection lies
        in files of the same name.
        """
        import pyarrow.dataset as ds  # dear to import

        pick(COLUMNS, table, "table")
        parse_days(since, until)
        schema = dataset_schema(table)
        if table in STORED:
            parts = self.parts(table, since, until)
            if files is not None:
                parts = [part for part in parts if part[2].partition("/")[2] in files]
            return ds.FileSystemDataset.from_paths(
                [self.place.path(name) for _, _, name, _ in parts],
                schema=schema,
                format=ds.ParquetFileFormat(),
                filesystem=self.place.filesystem(),
                partitions=[guarantee(table, day) for _, day, _, _ in parts],
            )
        if table == "captures":
            rows = [row for row in self.iter_captures() if reaches_into(row[0], row[1], since, until)]
            made = pa.Table.from_batches([build_rows(table, [row for _, _, row in rows])], arrow_schema(table))
            days = [day_of(start) for start, _, _ in rows]
            return ds.dataset(made.append_column(schema.field("day"), pa.array(days, pa.date32())))
        if table in DERIVED:
            return ds.InMemoryDataset(list(self.derive(table, since, until)), schema=schema)
        raise KeyError(f"{table} is not stored: it is a judgement, see inspection()")

    def derive(self, table: str, since: Day, until: Day) -> Iterator[pa.RecordBatch]:
        """The rows of a table that follows from connections, day by day."""
        connections = self.dataset("connections", since, until)
        schema = dataset_schema(table)
        for batch in iter_rows(connections, [*NEEDED[table], "day"]):
            if batch.num_rows:
                made = DERIVED[table](pa.Table.from_batches([batch.drop_columns(["day"])]))
                days = pa.repeat(batch["day"][0], made.num_rows).cast(pa.date32())
                yield from made.append_column(schema.field("day"), days).combine_chunks().to_batches()

    def iter_captures(self) -> Iterator[tuple[int, int, tuple[Any, ...]]]:
        """The captures that were read so far: when each begins and ends, in ns, and its row of the captures table."""
        opened: dict[str, tuple[int, int]] = {}
        counts = [counted for step in self.catalogue.steps for counted in step.opened.items()]
        counts += [(sha256, end.opened) for sha256, end in self.catalogue.open_ends()]
        for sha256, (all_of_them, with_tls) in counts:
            before = opened.get(sha256, (0, 0))
            opened[sha256] = before[0] + all_of_them, before[1] + with_tls
        for facts in sorted(self.facts(), key=lambda facts: (facts["time_start"] is None, facts["time_start"] or 0)):
            sha256 = facts["sha256"]
            row: dict[str, Any] = {
                **facts,
                "connections": opened.get(sha256, (0, 0))[0],
                "tls_connections": opened.get(sha256, (0, 0))[1],
                "quality": quality(dict(facts), sha256 in self.catalogue.damage),
            }
            times = facts["time_start"] or 0, facts["time_end"] or 0
            yield *times, tuple(row[column.name] for column in COLUMNS["captures"])

    def facts(self) -> Iterator[Mapping[str, Any]]:
        """What the steps say of the captures that they finished."""
        yield from self.catalogue.facts.values()

    def damage(self) -> list[tuple[str, DecodeError]]:
        """The damaged captures, each with what is wrong with it."""
        return [(self.catalogue.names[sha256], error) for sha256, error in self.catalogue.damage.items()]

    def unfinished(self) -> int:
        """How many captures belong to runs that did not end: they are in part or not at all in the tables."""
        return len({
            sha256 for plan, number in self.catalogue.unfinished() for sha256 in plan.strands[number].fresh
        })  # fmt: skip

    def inspection(self, since: Day = None, until: Day = None, where: str | Filter = "") -> StoredInspection:
        """An Inspection of some days, whose tables are read when they are first asked for.

        `where` is a filter of connections, as that of Inspection.where; only what it selects is kept in memory. Raises
        FilterError for a filter that says nothing.
        """
        from ..filters.compile import Filter
        from .stored import StoredInspection

        chosen = where if isinstance(where, Filter) else None
        if chosen is None and where is not None:
            check_filter(where)
            chosen = Filter(str(where)) if where else None
        return StoredInspection(self, *parse_days(since, until), chosen)


def open_store(url: Path) -> Store:
    """Open a store; raises StoreError for what is none."""
    return Store(url)


def is_store(url: Path) -> bool:
    """Whether a path is a folder with a store in it, or a URL below which there is one."""
    text = os.fspath(url)
    if is_remote(text):
        place = open_place(text)
        return DESCRIPTION in place.names("")
    return os.path.isfile(os.path.join(path_of(text), DESCRIPTION))  # noqa: PTH113, PTH118 (a name that is no path is no store)


def dataset_schema(table: str) -> pa.Schema:
    """The schema of a table with the day; raises KeyError for a name that is not in COLUMNS."""
    return arrow_schema(table).append(pa.field("day", pa.date32()))


def guarantee(table: str, day: str) -> pc.Expression:
    """What holds of all rows of a file: its day; of connections, that their first packets are of that day."""
    import pyarrow.compute as pc

    date_of = date.fromisoformat(day)
    known = pc.field("day") == pa.scalar(date_of)
    if table != "connections":
        return known
    first = (date_of.toordinal() - EPOCH) * DAY_NS
    kind, start = pa.timestamp("ns", tz="UTC"), pc.field("time_start")
    if abs(first) < TIMES:  # the first day and the last that times can be of have only one end among them
        known &= start >= pa.scalar(first, kind)
    if abs(first + DAY_NS) < TIMES:
        known &= start < pa.scalar(first + DAY_NS, kind)
    return known


def parse_days(since: Day, until: Day) -> tuple[date | None, date | None]:
    """The first and the last day; raises StoreError where none lies between them, and what parse_day does."""
    first, last = parse_day(since), parse_day(until)
    if first is not None and last is not None and first > last:
        raise StoreError(f"since {first}", f"is later than until {last}")
    return first, last


def parse_day(day: Day) -> date | None:
    """A day as a date, of a time its day in UTC; raises StoreError for a text that is none, TypeError for no day."""
    if day is None:
        return None
    if not isinstance(day, str):
        return utc_day(day)
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise StoreError(printable(day), "is no day, such as 2026-03-31") from None


def day_of(time: int) -> int:
    """The day of a time in ns, both counted from 1970-01-01."""
    return time // DAY_NS


def reaches_into(start: int, end: int, since: Day, until: Day) -> bool:
    """Whether some of the time between start and end, in ns, is of the days asked for."""
    first, last = parse_day(since), parse_day(until)
    begun = last is None or day_of(start) + EPOCH <= last.toordinal()
    return begun and (first is None or day_of(max(start, end)) + EPOCH >= first.toordinal())
