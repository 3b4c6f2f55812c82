"""A table of which each column is made when it is first asked for, and the frame of such a table.

Goes in: what makes columns. Comes out: what has the columns, their order and the methods of the table, and makes all
of it only for what takes whole rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from .arrow import to_frame

if TYPE_CHECKING:
    import pandas as pd

PIECE_ROWS = 50_000  # some 150 MB


class ByColumn:
    """Stands for a table where columns are taken from it one by one.

    `column`, `[name]`, `select` and `filter` make what is asked for, once, and no other column; every other method is
    that of the whole table, which is made for it. `read` makes columns, and puts them into `made`.
    """

    schema: pa.Schema
    made: dict[str, pa.ChunkedArray]

    def read(self, names: Sequence[str]) -> None:
        """Make those of some columns that were not made yet."""
        raise NotImplementedError

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

    def looked_up(self, name: str, key: str) -> pa.Array:
        """What a column of maps has under a key in each row, null where it has nothing; in one piece."""
        import pyarrow.compute as pc  # dear to import

        return pc.map_lookup(self.column(name).combine_chunks(), key, "first")

    def span(self, begin: int, end: int) -> pa.Table:
        """Rows from one place up to another, whole."""
        return self.whole.slice(begin, end - begin)

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
        raise NotImplementedError

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


class RowsOnDemand(ByColumn):
    """Some rows of it."""

    def __init__(self, table: ByColumn, mask: pa.Array) -> None:
        self.table = table
        self.mask = mask
        self.schema = table.schema
        self.made = {}

    def read(self, names: Sequence[str]) -> None:
        """Take these rows of some columns."""
        self.table.read(names)
        self.made.update({name: self.table.column(name).filter(self.mask) for name in names if name not in self.made})

    def looked_up(self, name: str, key: str) -> pa.Array:
        """Of these rows what the table has."""
        return self.table.looked_up(name, key).filter(self.mask)

    @cached_property
    def order(self) -> pa.Array:
        """Their places in the table."""
        import pyarrow.compute as pc  # dear to import

        return pc.indices_nonzero(self.mask)

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return len(self.order)


class FrameOnDemand:
    """Stands for the connections frame, or some of its rows, where columns are taken from it one by one.

    `[name]`, `[mask]`, `loc[mask]`, `loc[rows, name or names]` and `reset_index` read no other column; everything else
    is that of the whole frame, which is made for it.
    """

    def __init__(self, table: ByColumn, places: Any = None, index: Any = None, like: Any = None) -> None:
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

    def head(self, count: int = 5) -> Any:
        """The first rows: by column too where they lie in memory, else whole."""
        if self.lies_in_memory() and count > 0:
            end = min(count, len(self))
            return FrameOnDemand(self.table.part(0, end), index=self.index[:end])
        if self.places is not None or isinstance(self.table, RowsOnDemand) or not 0 < count < len(self):
            return self.whole.head(count)
        return to_frame(self.table.span(0, count))

    def lies_in_memory(self) -> bool:
        """Whether these are all rows of a table, any part of which is made as quickly as another."""
        return self.places is None and hasattr(type(self.table), "part")

    @property
    def iloc(self) -> Placed:
        """Rows by their places."""
        return Placed(self)

    def looked_up(self, name: str, key: str) -> pa.Array:
        """What a column of maps has under a key: see ByColumn."""
        found = self.table.looked_up(name, key)
        return found if self.places is None else found.take(pa.array(self.places))

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


class Placed:
    """The `iloc` of a frame: of a run of rows that lie in memory only these are made."""

    def __init__(self, frame: FrameOnDemand) -> None:
        self.frame = frame

    def __getitem__(self, what: Any) -> Any:
        if not isinstance(what, slice) or what.step is not None or not self.frame.lies_in_memory():
            return self.frame.whole.iloc[what]
        begin, end, _ = what.indices(len(self.frame))
        rows = to_frame(self.frame.table.span(begin, max(begin, end)))
        rows.index = self.frame.index[begin : max(begin, end)]
        return rows


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
