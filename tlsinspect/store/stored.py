"""An Inspection whose tables lie in a store: each is read when it is first asked for, of the days asked for."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from ..arguments import check_time, check_trust, list_ids
from ..capture import CaptureSource
from ..errors import StoreError
from ..inspection import JUDGED, ORDER, PROBLEMS_ORDER, Inspection, of_connections
from ..tables import Context
from ..tables.arrow import arrow_schema
from ..totals import Totals
from ..wire.limits import Limits
from .files import iter_rows, read_rows
from .on_demand import ColumnsOnDemand
from .one import Sought, Told
from .selection import Both, Ids, Selection
from .sources import open_source

if TYPE_CHECKING:
    import pandas as pd

    from ..story import Inspected, Story
    from ..validation import Trust
    from .store import Store

OF_ANY_MESSAGE = ("connection_id", "number", "time", "packet", "sender", "record_type")
"""Columns of the messages table that have a value in each row."""


class StoredInspection(Inspection):
    """Some days of a store. What needs packets reads the captures again, where they still are."""

    def __init__(self, store: Store, since: date | None, until: date | None, where: Selection | None) -> None:
        self.store = store
        self.since = since
        self.until = until
        self.chosen = where
        words = [store.place.url]
        words += ["--since", since.isoformat()] if since else []
        words += ["--until", until.isoformat()] if until else []
        super().__init__({}, StoredReading(self), shlex.join(words), where.text if where else "")
        self.days = days_text(since, until)

    def trusting(self, trust: Trust | None = None, at: datetime | None = None) -> Inspection:
        """The same days, judged by other trust or at another time: see Inspection."""
        check_time(at)
        check_trust(trust)
        other = StoredInspection(self.store, self.since, self.until, self.chosen)
        other.arrow_tables = {name: table for name, table in self.arrow_tables.items() if name not in JUDGED}
        other.columns, other.processes = self.columns, self.processes
        other.trust, other.at, other.indicators = trust, at, self.indicators
        return other

    def where(self, expression: str) -> Inspection:
        """The same days of only those connections of which another filter is true as well: see Inspection."""
        from ..filters.compile import Filter

        return self.narrowed(Filter(expression))

    def only(self, connection_ids: str | Iterable[str]) -> Inspection:
        """The same days of only the connections that have this id or one of these: see Inspection."""
        return self.narrowed(Ids(list_ids(connection_ids)))

    def narrowed(self, chosen: Selection) -> StoredInspection:
        """The same days with one more selection; nothing is read for it."""
        both = chosen if self.chosen is None else Both(self.chosen, chosen)
        other = StoredInspection(self.store, self.since, self.until, both)
        other.trust, other.at, other.indicators = self.trust, self.at, self.indicators
        other.processes = self.processes
        return other

    def find_connections(self, text: str | int) -> pd.DataFrame:
        """The connections that a person means, by the columns that say so: see Inspection."""
        from ..story import find_connections

        sought = Sought(self.frame_on_demand(), lambda: self.some("messages", ("connection_id", "packet")))
        return find_connections(cast("Inspected", sought), text)

    def story(self, connection_id: str) -> Story:
        """One connection in plain words, whose row alone is read whole: see Inspection."""
        from ..story import iter_stories
        from ..story.build import no_connection

        one = self.only([connection_id])
        if one.connections.empty:
            raise no_connection(connection_id)
        return next(iter_stories(cast("Inspected", Told(one, self.frame_on_demand())), one.connections))

    def build(self, table: str) -> pa.Table:
        """Read a table that is stored; make one that follows from others."""
        if table == "connections":
            return self.columns
        if table in ("messages", "alerts", "problems"):
            rows = sort_table(table, self.read_beside(table))
            return rows if self.chosen is None else of_connections(rows, self.columns)
        if table == "captures":
            return self.read_stored(table)
        return super().build(table)

    def read_stored(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a table in the days asked for, with the columns of COLUMNS or some of them."""
        names = list(columns or arrow_schema(table).names)
        return read_rows(self.store.dataset(table, self.since, self.until), names)

    def read_beside(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The same, but messages and alerts only of the files that belong to those of the selected connections."""
        if self.chosen is None or table == "problems":  # some of which are of no connection
            rows = self.read_stored(table, columns)
        else:
            files = {"/".join(path.split("/")[-2:]) for path in self.columns.chosen[0].files}
            dataset = self.store.dataset(table, self.since, self.until, files)
            rows = read_rows(dataset, columns or arrow_schema(table).names)
        if table == "messages":
            self.refuse_missing(table, rows, OF_ANY_MESSAGE)
        return rows

    def refuse_missing(self, table: str, rows: pa.Table, names: Collection[str]) -> None:
        """Raise StoreError where columns lack a value that each row of a table has."""
        if any(rows[name].null_count for name in rows.column_names if name in names):
            raise damaged(self, table, "a value is missing")

    @cached_property
    def columns(self) -> ColumnsOnDemand:
        """The connections, of which a column is read when it is first asked for."""
        totals = self.reading.totals
        totals.listed = self.store.rows("connections", self.since, self.until)
        dataset = self.store.dataset("connections", self.since, self.until)
        made = ColumnsOnDemand(dataset, self.chosen, totals.listed)
        totals.selected = totals.listed if self.chosen is None else len(made)
        return made

    def batches(self, table: str) -> Iterator[pa.RecordBatch]:
        """The rows of connections, or of a table that says for each row of which it is, file by file: none is kept."""
        if table == "connections":
            made = ColumnsOnDemand(self.store.dataset(table, self.since, self.until), self.chosen)
            totals = self.reading.totals
            totals.listed, totals.selected = self.store.rows(table, self.since, self.until), 0
            for batch in made.batches(made.schema.names):
                totals.selected += batch.num_rows
                yield batch
            return
        known = None if self.chosen is None else self.columns["connection_id"].combine_chunks()
        names = arrow_schema(table).names
        for batch in iter_rows(self.store.dataset(table, self.since, self.until), names):
            yield batch if known is None else batch.filter(pc.is_in(batch["connection_id"], value_set=known))

    def some(self, table: str, columns: Sequence[str]) -> pa.Table:
        """Some columns of a table, its rows in any order."""
        if table != "messages" or table in self.arrow_tables:
            return self.on_demand(table).select(columns)
        rows = self.read_beside(table, columns)
        return rows if self.chosen is None else of_connections(rows, self.columns)


def days_text(since: date | None, until: date | None) -> str:
    """Some days in words; empty for all."""
    if since and until:
        return f"{since} to {until}" if since != until else f"{since}"
    return f"{since} and later" if since else f"{until} and before" if until else ""


class StoredReading:
    """What an Inspection asks of the reading that it came from: sources are in the order of `totals.captures`."""

    def __init__(self, inspection: StoredInspection) -> None:
        self.sources = StoredSources(inspection.store)
        self.totals = StoredTotals(inspection)
        self.context = Context((), StoredCertificates(inspection), StoredStaples(inspection))


class StoredSources(Sequence[CaptureSource]):
    """The captures that a store was made of, each looked for when it is asked for: packets lie only there."""

    def __init__(self, store: Store) -> None:
        self.captures = store.catalogue.captures
        self.order = [facts["sha256"] for facts in store.facts()]

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [open_source(self.captures[sha256]) for sha256 in self.order[place]]
        return open_source(self.captures[self.order[place]])


class StoredTotals(Totals):
    """The totals of the days asked for."""

    def __init__(self, inspection: StoredInspection) -> None:
        store = inspection.store
        description = store.catalogue.description
        facts = list(store.facts())
        names = [store.catalogue.names[each["sha256"]] for each in facts]
        super().__init__(names, frozenset(description.ports), Limits(**description.limits))
        self.captures = [dict(each) for each in facts]
        self.inspection = inspection
        self.damage = store.damage()

    def build(self, table: str, sources: Sequence[CaptureSource]) -> pa.Table:
        """Build the captures table, or the ports table of all days together."""
        if table == "captures":
            return self.inspection.read_stored(table)
        if table != "ports":
            return super().build(table, sources)
        if not self.tally.counts:
            rows = self.inspection.read_stored("ports")
            names = ("server_port", "transport", "protocol", "connections", "bytes")
            self.inspection.refuse_missing("ports", rows, names)
            for port, transport, protocol, count, octets in zip(
                *(rows[name].to_pylist() for name in names), strict=True
            ):
                self.tally.note((port, transport, protocol, 0), count, octets)
        return super().build(table, sources)


class StoredOctets(Mapping[str, bytes]):
    """Octets of the days asked for by their SHA-256 in hex, read when the first is asked for."""

    table: str
    column: str

    def __init__(self, inspection: StoredInspection) -> None:
        self.inspection = inspection

    @cached_property
    def found(self) -> dict[str, bytes]:
        """All of them."""
        rows = self.inspection.read_stored(self.table, ["sha256", self.column])
        texts = dict(zip(rows["sha256"].to_pylist(), rows[self.column].to_pylist(), strict=True))
        try:
            return {sha256: octets_of(text) for sha256, text in texts.items() if text is not None}
        except ValueError as error:
            raise damaged(self.inspection, self.table, f"a value of {self.column} is no base64") from error

    def __getitem__(self, sha256: str) -> bytes:
        if sha256 not in self.found:
            raise damaged(self.inspection, self.table, f"{sha256} is not in them")
        return self.found[sha256]

    def __contains__(self, sha256: object) -> bool:
        return sha256 in self.found

    def get(self, sha256: str, default: Any = None) -> Any:
        """The octets, or `default` where there are none."""
        return self.found.get(sha256, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)


class StoredCertificates(StoredOctets):
    """The certificates (DER)."""

    table, column = "certificates", "pem"


class StoredStaples(StoredOctets):
    """What servers stapled to them."""

    table, column = "staples", "octets"


def damaged(inspection: StoredInspection, table: str, reason: str) -> StoreError:
    """The error for files of a table that were altered."""
    return StoreError(inspection.store.url, f"the files of {table} are damaged: {reason}")


def octets_of(text: str) -> bytes:
    """What base64 says, as it is or in PEM as `pem_of` writes it."""
    return base64.b64decode("".join(line for line in text.splitlines() if not line.startswith("-----")))


def sort_table(table: str, rows: pa.Table) -> pa.Table:
    """Rows in the order that an inspection has them in."""
    if table == "problems":
        return rows.sort_by(PROBLEMS_ORDER)
    return rows.sort_by([(key, "ascending") for key in ORDER[table]])
