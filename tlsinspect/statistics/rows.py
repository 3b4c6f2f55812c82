"""The columns that statistics take, in Arrow: pandas takes longer to load than a small capture takes to read.

In: the frames. Out: columns of all connections or some of them, and masks, in which what is missing is false.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from .memory import Remembered

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

Mask: TypeAlias = "NDArray[np.bool_]"


KEY = "key "  # in front of the names of columns that rows are counted by


class Columns(Protocol):
    """What has columns in Arrow: a table, or one of those below."""

    def column(self, name: str) -> Any: ...


class FrameColumns:
    """The columns of a frame."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def column(self, name: str) -> pa.Array:
        """One of them, in one piece."""
        import pyarrow as pa

        return one_piece(pa.array(self.frame[name]))

    def looked_up(self, name: str, key: str) -> pa.Array:
        """What a column of maps has under a key, as `looked_up` says."""
        import pyarrow.compute as pc

        known_to = getattr(self.frame, "looked_up", None)  # a frame by column
        return pc.map_lookup(self.column(name), key, "first") if known_to is None else known_to(name, key)


def columns_of(frames: object, table: str) -> Columns:
    """The columns of a table: of its frame where that was made, since whoever has it may have changed it."""
    source = frames.frames if isinstance(frames, Remembered) else frames
    if table in vars(source) or not hasattr(source, "on_demand"):
        return FrameColumns(getattr(frames, table))
    return cast("Columns", source.on_demand(table))


class Rows:
    """The connections of which a mask is true: their columns, each made when it is first asked for."""

    def __init__(self, frames: Any, mask: Mask) -> None:
        self.frames = frames
        self.mask = mask
        self.table = columns_of(frames, "connections")
        self.count = int(mask.sum())
        self.made: dict[str, pa.Array] = {}

    def column(self, name: str) -> pa.Array:
        """One of them, in one piece."""
        import pyarrow as pa

        if name not in self.made:
            every = one_piece(self.table.column(name))
            self.made[name] = every if self.count == len(self.mask) else every.filter(pa.array(self.mask))
        return self.made[name]

    def __getstate__(self) -> dict[str, Any]:
        """Pickled, they are what rows are counted by, without the frames."""
        return {"count": self.count, "made": {name: made for name, made in self.made.items() if name.startswith(KEY)}}

    def looked_up(self, name: str, key: str) -> pa.Array:
        """What a column of maps has under a key, as `looked_up` says."""
        import pyarrow as pa

        every = looked_up(self.table, name, key)
        return every if self.count == len(self.mask) else every.filter(pa.array(self.mask))

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The same rows as a frame, counted from 0."""
        return cast("pd.DataFrame", self.frames.connections[self.mask].reset_index(drop=True))

    def __len__(self) -> int:
        return self.count


def one_piece(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column that may lie in several pieces as one array: the piece itself where there is one, as Arrow copies it."""
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column


def looked_up(columns: Columns, name: str, key: str) -> pa.Array:
    """What a column of maps has under a key in each row, null where it has nothing; in one piece."""
    import pyarrow.compute as pc

    known_to = getattr(columns, "looked_up", None)  # where maps are held once, each is asked once
    if known_to is not None:
        return known_to(name, key)
    return pc.map_lookup(one_piece(columns.column(name)), key, "first")


def mask_of(values: pa.Array) -> Mask:
    """Arrow's truth values; what is missing is False."""
    import numpy as np
    import pyarrow.compute as pc

    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), np.bool_)


def says(columns: Columns, name: str, truth: bool = True) -> Mask:
    """Rows in which a column of truth values has this one."""
    import pyarrow.compute as pc

    return mask_of(pc.equal(one_piece(columns.column(name)), truth))


def known(columns: Columns, name: str) -> Mask:
    """Rows in which a column has a value."""
    import pyarrow.compute as pc

    return mask_of(pc.is_valid(one_piece(columns.column(name))))


def among(columns: Columns, name: str, values: Iterable[Any]) -> Mask:
    """Rows in which a column has one of these values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = one_piece(columns.column(name))
    return mask_of(pc.is_in(column, value_set=pa.array(list(values), column.type)))


def renamed(texts: pa.Array, names: Mapping[Any, str | None]) -> pa.Array:
    """For each text the name under it; null where there is none."""
    import pyarrow as pa

    kinds = texts.dictionary_encode()
    named = pa.array([names.get(text) for text in kinds.dictionary.to_pylist()], pa.string())
    return named.take(kinds.indices)


def where(mask: Mask, value: str | pa.Array | None, other: str | pa.Array | None) -> pa.Array:
    """In the rows of a mask one text, or those of an array, and those of another array or text in the rest."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = [pa.scalar(each, pa.string()) if each is None else each for each in (value, other)]
    return pc.if_else(pa.array(mask), *texts)


def look_up(keys: pa.Array, known_keys: pa.Array, values: pa.Array) -> pa.Array:
    """For each key the value that stands where it first stands among the known ones; null where it does not."""
    import pyarrow.compute as pc

    return values.take(pc.index_in(keys, value_set=known_keys, skip_nulls=True))


def text_column(columns: Columns, name: str) -> pa.Array:
    """A column of texts, in one piece."""
    import pyarrow as pa

    return one_piece(columns.column(name)).cast(pa.string())


def values_of(columns: Columns, *names: str) -> list[list[Any]]:
    """Columns as lists of Python values, times to the microsecond."""
    return [to_values(one_piece(columns.column(name))) for name in names]


def to_values(column: pa.Array) -> list[Any]:
    """A column as a list of Python values."""
    import pyarrow as pa

    kind = pa.timestamp("us", tz="UTC") if pa.types.is_timestamp(column.type) else column.type
    values: list[Any] = column.cast(kind, safe=False).to_pylist()
    return values
