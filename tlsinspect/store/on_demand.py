"""The connections of a store, of which each column is read when it is first asked for.

Goes in: a dataset and a filter. Comes out: what has the columns, their order and the methods of the table, and reads
all of it only for what takes whole rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ..inspection import ORDER
from ..tables.arrow import arrow_schema, to_frame
from .files import files_read, iter_rows, read_rows
from .selection import Both

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

    from .selection import Selection

TABLE = "connections"
PIECE_ROWS = 50_000  # some 150 MB
FOOTERS = 16  # files whose footers are read at once


class ColumnsOnDemand:
    """Stands for the connections table where columns are taken from it one by one.

    `column`, `[name]`, `select` and `filter` read what is asked for, once, and no other column; every other method is
    that of the whole table, which is read for it. Rows are those that the filter selects, in an Inspection's order.
    """

    def __init__(self, dataset: ds.Dataset, where: Selection | None) -> None:
        self.dataset = dataset  # one for all columns: it remembers where they lie in each file
        self.where = where
        self.schema = arrow_schema(TABLE)
        self.made: dict[str, pa.ChunkedArray] = {}

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

        keys = ORDER[TABLE]
        return pc.sort_indices(self.scan(keys), sort_keys=[(key, "ascending") for key in keys])

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
        for batch in iter_rows(self.perhaps, list(dict.fromkeys([*names, *asked]))):
            rows = batch if self.where is None else self.where.apply(batch)
            if rows.num_rows:
                yield rows.select(list(names))

    def read(self, names: Sequence[str]) -> None:
        """Read those of some columns that were not read yet, in one pass."""
        missing = [name for name in dict.fromkeys(names) if name not in self.made]
        if missing:
            rows = self.scan(missing).take(self.order)
            self.made.update({name: rows.column(name) for name in missing})
            pa.default_memory_pool().release_unused()

    def column(self, name: str) -> pa.ChunkedArray:
        """A column; raises KeyError for none of the table."""
        if name not in self.made:
            self.schema.field(name)
            self.read([name])
        return self.made[name]

    def __getitem__(self, name: str) -> pa.ChunkedArray:
        return self.column(name)

    def select(self, names: Sequence[str]) -> pa.Table:
        """Some columns as a table."""
        self.read(names)
        return pa.table(
            [self.made[name] for name in names], schema=pa.schema([self.schema.field(name) for name in names])
        )

    def span(self, begin: int, end: int) -> pa.Table:
        """Rows from one place up to another, whole: nothing is read of row groups that begin later or end before."""
        from ..filters.compile import Filter

        times = self.column("time_start").cast(pa.int64()).to_numpy()
        first, last = times[begin], times[end - 1]
        asked = Filter(f"time_start >= '{time_text(first)}' and time_start <= '{time_text(last)}'")
        chosen = asked if self.where is None else Both(self.where, asked)
        return ColumnsOnDemand(self.dataset, chosen).whole.slice(begin - times.searchsorted(first), end - begin)

    def pieces(self, rows: int = PIECE_ROWS) -> Iterator[pa.Table]:
        """All rows in their order, so many at a time, so that memory does not follow them."""
        if not self.num_rows:
            yield self.whole
        for begin in range(0, self.num_rows, rows):
            yield self.span(begin, min(begin + rows, self.num_rows))

    def filter(self, mask: pa.Array) -> RowsOnDemand:
        """The rows of which a mask is true, by column too."""
        return RowsOnDemand(self, mask)

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return len(self.order)

    def __len__(self) -> int:
        return self.num_rows

    @property
    def column_names(self) -> list[str]:
        """The names of all columns."""
        return self.schema.names  # type: ignore[no-any-return]

    @cached_property
    def whole(self) -> pa.Table:
        """The table itself."""
        return self.select(self.schema.names)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.whole, name)


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


class RowsOnDemand(ColumnsOnDemand):
    """Some rows of it."""

    def __init__(self, table: ColumnsOnDemand, mask: pa.Array) -> None:
        self.table = table
        self.mask = mask
        self.schema = table.schema
        self.made = {}

    def read(self, names: Sequence[str]) -> None:
        """Take these rows of some columns."""
        self.table.read(names)
        self.made.update({name: self.table.column(name).filter(self.mask) for name in names if name not in self.made})

    @cached_property
    def order(self) -> pa.Array:
        """Their places in the table."""
        import pyarrow.compute as pc  # dear to import

        return pc.indices_nonzero(self.mask)


class FrameOnDemand:
    """Stands for the connections frame, or some of its rows, where columns are taken from it one by one.

    `[name]`, `[mask]`, `loc[mask]`, `loc[rows, name or names]` and `reset_index` read no other column; everything else
    is that of the whole frame, which is made for it.
    """

    def __init__(self, table: ColumnsOnDemand, places: Any = None, index: Any = None, like: Any = None) -> None:
        """`places` are those of its rows in the table, None for all; `like` is a frame of the same rows."""
        import pandas as pd

        self.table = table
        self.places = places
        self.index = pd.RangeIndex(table.num_rows) if index is None else index
        self.values: dict[str, pa.ChunkedArray] = {} if like is None else like.values
        self.made: dict[str, pd.Series[Any]] = {}

    def series(self, name: str) -> pd.Series[Any]:
        """A column."""
        import pandas as pd

        if name not in self.values:
            column = self.table.column(name)
            self.values[name] = column if self.places is None else column.take(pa.array(self.places))
        if name not in self.made:
            array = pd.arrays.ArrowExtensionArray(self.values[name])
            self.made[name] = pd.Series(array, index=self.index, name=name, copy=False)
        return self.made[name]

    def rows(self, mask: Any) -> FrameOnDemand:
        """The rows of which a mask is true."""
        import numpy as np

        chosen = np.flatnonzero(np.asarray(mask, np.bool_))
        if len(chosen) == len(self):
            return FrameOnDemand(self.table, self.places, self.index, self)
        return FrameOnDemand(self.table, chosen if self.places is None else self.places[chosen], self.index[chosen])

    def __getitem__(self, what: Any) -> Any:
        if isinstance(what, str):
            return self.series(what)
        if isinstance(what, list):
            return self.frame(what)
        return self.rows(what)

    def frame(self, names: Sequence[str]) -> pd.DataFrame:
        """Some columns as a frame."""
        import pandas as pd

        self.table.read(names)
        return pd.DataFrame({name: self.series(name) for name in names}, index=self.index, columns=list(names))

    def head(self, count: int = 5) -> pd.DataFrame:
        """The first rows, whole."""
        if self.places is not None or isinstance(self.table, RowsOnDemand) or not 0 < count < len(self):
            return self.whole.head(count)
        return to_frame(self.table.span(0, count))

    def pieces(self) -> Iterator[pa.Table]:
        """All rows, as a table a part at a time."""
        if self.places is not None or isinstance(self.table, RowsOnDemand):
            yield pa.Table.from_pandas(self.whole, preserve_index=False)
        else:
            yield from self.table.pieces()

    def reset_index(self, drop: bool = False) -> Any:
        """The same rows, counted anew."""
        import pandas as pd

        if not drop:
            return self.whole.reset_index()
        return FrameOnDemand(self.table, self.places, pd.RangeIndex(len(self)), self)

    @property
    def loc(self) -> Located:
        """What `[]` is for rows, and rows of a column."""
        return Located(self)

    def __len__(self) -> int:
        return len(self.index)

    @property
    def empty(self) -> bool:
        """Whether there is no row."""
        return not len(self)

    @cached_property
    def whole(self) -> pd.DataFrame:
        """The frame itself."""
        return self.frame(self.table.column_names)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.whole, name)


class Located:
    """The `loc` of a frame: what names columns or has a mask is answered by columns, the rest by the whole frame."""

    def __init__(self, frame: FrameOnDemand) -> None:
        self.frame = frame

    def __getitem__(self, what: Any) -> Any:
        rows, names = what if isinstance(what, tuple) else (what, None)
        if isinstance(names, str):
            return self.frame.series(names).loc[rows]
        if isinstance(names, list):
            return self.frame.frame(names).loc[rows]
        if names is None and getattr(rows, "dtype", None) == "bool":
            return self.frame.rows(rows)
        return self.frame.whole.loc[what]
