"""The connections of a store, of which each column is read when it is first asked for.

Goes in: a dataset and a filter. Comes out: a table by column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from ..inspection import ORDER
from ..tables.arrow import arrow_schema
from ..tables.on_demand import PIECE_ROWS, ByColumn
from .files import files_read, iter_rows, read_rows
from .selection import Both

if TYPE_CHECKING:
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

    from .selection import Selection

TABLE = "connections"
FOOTERS = 16  # files whose footers are read at once
MANY_FILES = 32
SCATTERED_ROWS = 256  # per file, below which opening many files costs more than the rows in them
PASSES = 4  # over such files, before all that is left of them is read in one
FILES_AT_ONCE = 64  # whose footers, some half a megabyte each, are held where nobody comes back for them


class ColumnsOnDemand(ByColumn):
    """The connections of a dataset that a filter selects, in an Inspection's order, each column read once.

    Many small files are read in one pass where all rows are selected; where a filter selects them, the last columns of
    many. `rows` says how many rows the dataset has, where that is known.
    """

    def __init__(self, dataset: ds.Dataset, where: Selection | None, rows: int | None = None) -> None:
        self.dataset = dataset  # one for all columns: it remembers where they lie in each file
        self.where = where
        self.rows = rows
        self.schema = arrow_schema(TABLE)
        self.made: dict[str, pa.ChunkedArray] = {}
        self.passes = 0

    @cached_property
    def perhaps(self) -> ds.Dataset:
        """The row groups in which the filter may select a row, by the day of their file and the range of columns."""
        hint = None if self.where is None else self.where.hint
        return self.dataset if hint is None else subset(self.dataset, row_groups(self.dataset, hint))

    @cached_property
    def chosen(self) -> tuple[ds.Dataset, pa.ChunkedArray | None]:
        """The row groups with a selected row, and for each row of them whether it is one; None where all rows are."""
        import pyarrow.compute as pc  # dear to import

        if self.where is None:
            return self.dataset, None
        names = sorted(self.where.columns) or ["connection_id"]
        masks = [self.where.mask(batch) for batch in iter_rows(self.perhaps, names)]
        mask = pa.chunked_array(masks, pa.bool_()).combine_chunks()
        kept, parts, begin = [], [], 0
        for group in row_groups(self.perhaps):
            part = mask.slice(begin, group.row_groups[0].num_rows)
            begin += len(part)
            if pc.any(part).as_py():
                kept.append(group)
                parts.append(part)
        return subset(self.dataset, kept), pa.chunked_array(parts, pa.bool_()).combine_chunks()

    @cached_property
    def order(self) -> pa.Array:
        """The places of the selected rows in the order of an Inspection."""
        import pyarrow.compute as pc  # dear to import

        if self.held is not None:
            return pa.array(range(len(self.held)))
        keys = ORDER[TABLE]
        return pc.sort_indices(self.scan(keys), sort_keys=[(key, "ascending") for key in keys])

    @cached_property
    def held(self) -> pa.Table | None:
        """The whole table, where all of its rows are selected and few of them lie in many files; else None."""
        if self.where is not None or self.rows is None or not are_scattered(self.rows, len(self.dataset.files)):
            return None
        parts = (read_rows(part, self.schema.names).combine_chunks() for part in parts_of(self.dataset))
        return pa.concat_tables(parts).sort_by([(key, "ascending") for key in ORDER[TABLE]])

    def scan(self, names: Sequence[str]) -> pa.Table:
        """Columns of the selected rows in the order of the files; rows that are not selected are not kept."""
        dataset, mask = self.chosen
        if mask is None:
            return read_rows(dataset, names)
        kept, begin = [], 0
        for batch in iter_rows(dataset, names):
            kept.append(batch.filter(mask.slice(begin, batch.num_rows)))
            begin += batch.num_rows
        return pa.Table.from_batches(kept, pa.schema([self.schema.field(name) for name in names]))

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Columns of the selected rows in the order of the files, a part at a time; nothing is kept."""
        asked = sorted(self.where.columns) if self.where is not None else []
        for part in parts_of(self.dataset) if self.perhaps is self.dataset else [self.perhaps]:
            for batch in iter_rows(part, list(dict.fromkeys([*names, *asked]))):
                rows = batch if self.where is None else self.where.apply(batch)
                if rows.num_rows:
                    yield rows.select(list(names))

    def read(self, names: Sequence[str]) -> None:
        """Read those of some columns that were not read yet, in one pass."""
        missing = [name for name in dict.fromkeys(names) if name not in self.made]
        if missing and self.held is not None:
            self.made.update({name: self.held.column(name) for name in missing})
        elif missing:
            self.passes += 1
            if self.passes > PASSES and self.is_scattered:
                missing = [name for name in self.schema.names if name not in self.made]
            rows = self.scan(missing).take(self.order)
            self.made.update({name: rows.column(name) for name in missing})
            pa.default_memory_pool().release_unused()

    @cached_property
    def is_scattered(self) -> bool:
        """Whether the rows, few enough to be held whole, lie in many files."""
        return are_scattered(self.num_rows, sum(1 for _ in self.chosen[0].get_fragments()))

    def span(self, begin: int, end: int) -> pa.Table:
        """Rows from one place up to another, whole: nothing is read of row groups that begin later or end before."""
        from ..filters.compile import Filter

        if self.held is not None:
            return self.held.slice(begin, end - begin)
        times = self.column("time_start").cast(pa.int64()).to_numpy()
        first, last = times[begin], times[end - 1]
        asked = Filter(f"time_start >= '{time_text(first)}' and time_start <= '{time_text(last)}'")
        chosen = asked if self.where is None else Both(self.where, asked)
        return ColumnsOnDemand(self.dataset, chosen).whole.slice(begin - times.searchsorted(first), end - begin)

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return len(self.order)


def are_scattered(rows: int, files: int) -> bool:
    """Whether so many rows are few enough to be held whole, and cost less than opening so many files."""
    return files >= MANY_FILES and rows <= min(PIECE_ROWS, SCATTERED_ROWS * files)


def parts_of(dataset: ds.Dataset) -> Iterator[ds.Dataset]:
    """The files of a dataset, some at a time: what is remembered of them goes with each part."""
    fragments = list(dataset.get_fragments())
    for begin in range(0, len(fragments), FILES_AT_ONCE):
        some = fragments[begin : begin + FILES_AT_ONCE]
        fresh = [dataset.format.make_fragment(each.path, each.filesystem, each.partition_expression) for each in some]
        yield subset(dataset, fresh)


def row_groups(dataset: ds.Dataset, hint: pc.Expression | None = None) -> list[ds.ParquetFileFragment]:
    """The row groups of a dataset, one by one, in their order; with a hint those in which it may hold of a row."""
    fragments = list(dataset.get_fragments(filter=hint))
    with files_read(), ThreadPoolExecutor(FOOTERS) as threads:  # an object store takes its time for each
        found = threads.map(lambda each: each.split_by_row_group(filter=hint, schema=dataset.schema), fragments)
        return [group for groups in found for group in groups]


def subset(dataset: ds.Dataset, groups: Sequence[ds.ParquetFileFragment]) -> ds.Dataset:
    """Some row groups of a dataset as one."""
    import pyarrow.dataset as ds  # dear to import

    return ds.FileSystemDataset(groups, dataset.schema, dataset.format, dataset.filesystem)


def time_text(nanoseconds: int) -> str:
    """A time as a filter takes it."""
    second, rest = divmod(int(nanoseconds), 1_000_000_000)
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}"
