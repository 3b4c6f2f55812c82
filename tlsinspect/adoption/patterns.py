"""Patterns: what many connections have in common, categorised once by the statistics themselves.

In: record batches. Out: for each row the number of its pattern, and for each pattern its category in every
series of the family. Ten million connections have some thousands of patterns; so the functions of
statistics/categories.py, which work on frames, decide for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..looks import CIRCUMSTANCES, FAMILIES, LOOKS, Part, look_fields, read_looks
from ..looks.encode import Encoder, Hashes, first_rows, fold, hash_parts, mix
from ..statistics import STATISTICS
from ..statistics.memory import remember
from ..statistics.shares import observe
from ..tables.arrow import TYPES, to_frame
from .catalogue import Series, family_series

if TYPE_CHECKING:
    import pandas as pd

MOST_WAITING = 20_000  # patterns whose columns are kept until they are categorised
KNOWN, UNKNOWN, EXCLUDED, OUT_OF_SCOPE = range(4)
LOOK_COLUMNS = {name: field.name for name, field in zip(LOOKS, look_fields(), strict=True)}
COUNT_COLUMNS = {
    "client_bytes": "int64", "server_bytes": "int64", "server_ip": "string", "server_port": "uint16",
    "client_ip": "string", "server_name": "string", "time_start": "timestamp",
}  # fmt: skip
"""What observations are counted by: of a pattern it has no value."""

Certificates = Callable[[pa.Array], "pd.DataFrame"]
"""The rows of the certificates table of these SHA-256 sums."""


@dataclass(frozen=True)
class Categories:
    """Of each pattern of a family: its state (KNOWN, ...), and where its categories start and end in `codes`."""

    state: NDArray[np.int8]
    starts: NDArray[np.int64]
    codes: NDArray[np.int32]
    names: list[str]

    @cached_property
    def single(self) -> NDArray[np.int64] | None:
        """The category of each pattern where none has more than one; -1 where it has none."""
        lengths = np.diff(self.starts)
        if (lengths > 1).any():
            return None
        single = np.full(len(lengths), -1, np.int64)
        single[lengths == 1] = self.codes
        return single


class Sorter:
    """The categories of one series, of more and more patterns."""

    def __init__(self, series: Series) -> None:
        self.statistic = STATISTICS[series.statistic]
        self.numbers: dict[str, int] = {}
        self.states: list[NDArray[np.int8]] = []
        self.lengths: list[NDArray[np.int64]] = []
        self.codes: list[int] = []
        self.made: Categories | None = None

    def add(self, frames: Any, count: int) -> None:
        """Categorise `count` patterns, the rows of a frame in which connection_id is their number."""
        seen = observe(self.statistic, frames)
        states = np.full(count, OUT_OF_SCOPE, np.int8)
        lengths = np.zeros(count, np.int64)
        found: dict[int, list[str]] = {}
        places = seen.rows.column("connection_id").cast(pa.int64()).to_pylist()
        answers = seen.category.to_pylist(), seen.applies.tolist()
        for place, category, applies in zip(places, *answers, strict=True):
            states[place] = KNOWN if category is not None else UNKNOWN if applies else EXCLUDED
            if category is not None:
                found[place] = [category] if isinstance(category, str) else category
                lengths[place] = len(found[place])
        for place in sorted(found):
            self.codes += [self.numbers.setdefault(name, len(self.numbers)) for name in found[place]]
        self.states.append(states)
        self.lengths.append(lengths)
        self.made = None

    def categories(self) -> Categories:
        """What is known of all patterns so far."""
        if self.made is None:
            lengths = np.concatenate([np.zeros(1, np.int64), *self.lengths])
            states = np.concatenate([np.zeros(0, np.int8), *self.states])
            self.made = Categories(states, np.cumsum(lengths), np.array(self.codes, np.int32), list(self.numbers))
        return self.made


@dataclass(frozen=True)
class PatternFrames:
    """Patterns as statistics take them: a connection for each."""

    connections: pd.DataFrame
    certificates: pd.DataFrame
    chains: pd.DataFrame
    ports: pd.DataFrame


class Patterns:
    """The patterns of one family."""

    def __init__(self, family: str, encoder: Encoder, certificates: Certificates) -> None:
        self.family = family
        self.encoder = encoder
        self.certificates = certificates
        self.sorters = {series.name: Sorter(series) for series in family_series(family)}
        self.numbers: dict[int, int] = {}
        self.waiting: list[pa.Table] = []
        self.waiting_rows = 0

    def identify(self, batch: pa.RecordBatch, hashed: dict[Part | str, Hashes]) -> NDArray[np.int32]:
        """The number of each row's pattern; `hashed` remembers columns that several families look at."""
        hashes = self.hash_look(batch, "circumstances", CIRCUMSTANCES, hashed)
        hashes = mix(fold(hashes, self.hash_look(batch, self.family, FAMILIES[self.family], hashed)))
        codes, first = first_rows(hashes)
        known = len(self.numbers)
        numbers = [self.numbers.setdefault(value, len(self.numbers)) for value in hashes[first].tolist()]
        new = [place for place, each in zip(first.tolist(), numbers, strict=True) if each >= known]
        if new:
            self.keep(batch, new)
        return np.array(numbers, np.int32)[codes]

    def hash_look(
        self, batch: pa.RecordBatch, name: str, parts: tuple[Part, ...], hashed: dict[Part | str, Hashes]
    ) -> Hashes:
        """The hashes of what some parts look at: of the text that the file has of them, or of their columns."""
        if name not in hashed:
            if LOOK_COLUMNS.get(name) in batch.schema.names:
                hashed[name] = self.encoder.texts(batch.column(LOOK_COLUMNS[name]))
            else:
                hashed[name] = hash_parts(batch, parts, self.encoder, hashed)
        return hashed[name]

    def keep(self, batch: pa.RecordBatch, places: list[int]) -> None:
        """Keep the rows that are the first of their patterns, until they are categorised."""
        rows = pa.Table.from_batches([batch])
        columns: dict[str, pa.Array] = {}
        for name, parts in (("circumstances", CIRCUMSTANCES), (self.family, FAMILIES[self.family])):
            if LOOK_COLUMNS.get(name) in rows.column_names:
                told = read_looks(name, rows[LOOK_COLUMNS[name]].take(places).to_pylist())
                columns |= dict(zip(told.column_names, told.columns, strict=True))
            else:
                own = rows.select(list(dict.fromkeys(part.column for part in parts))).take(places)
                columns |= {each: plain(own[each].combine_chunks()) for each in own.column_names}
        self.waiting.append(pa.table(columns))
        self.waiting_rows += len(places)
        if self.waiting_rows >= MOST_WAITING:
            self.categorise()

    def categorise(self) -> None:
        """Let every series categorise the patterns that wait."""
        if not self.waiting:
            return
        rows = pa.concat_tables(self.waiting, promote_options="permissive")
        frames = remember(build_frames(rows, self.certificates))
        for sorter in self.sorters.values():
            sorter.add(frames, rows.num_rows)
        self.waiting, self.waiting_rows = [], 0

    def categories(self, series: str) -> Categories:
        """The categories of all patterns in one series."""
        self.categorise()
        return self.sorters[series].categories()


def plain(array: pa.Array) -> pa.Array:
    """A column without dictionaries, those inside lists and maps included."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return array.dictionary_decode()
    if pa.types.is_map(kind):
        return pa.MapArray.from_arrays(array.offsets, plain(array.keys), plain(array.items))
    if pa.types.is_list(kind) and pa.types.is_dictionary(kind.value_type):
        return pa.ListArray.from_arrays(array.offsets, plain(array.values), mask=array.is_null())
    return array


def build_frames(rows: pa.Table, find: Certificates) -> PatternFrames:
    """Frames in which each pattern is a connection of which nothing else is known."""
    numbers = [str(place) for place in range(rows.num_rows)]
    columns = {name: rows[name] for name in rows.column_names} | {"connection_id": pa.array(numbers)}
    for name, kind in COUNT_COLUMNS.items():
        columns.setdefault(name, pa.nulls(rows.num_rows, TYPES[kind]))
    chains = leaves_of(rows, numbers)
    return PatternFrames(
        to_frame(pa.table(columns)),
        find(chains["sha256"].combine_chunks()),
        to_frame(chains),
        to_frame(pa.table({"server_port": pa.array([], pa.uint16()), "tls_port": pa.array([], pa.bool_())})),
    )


def leaves_of(rows: pa.Table, numbers: list[str]) -> pa.Table:
    """The chains table of the patterns: the server's own certificate of those that show one."""
    lists = rows["certificate_sha256s"].to_pylist() if "certificate_sha256s" in rows.column_names else []
    leaves = [(number, sums[0]) for number, sums in zip(numbers, lists, strict=False) if sums]
    return pa.table(
        {
            "connection_id": pa.array([number for number, _ in leaves], pa.string()),
            "side": pa.array(["server"] * len(leaves), pa.string()),
            "position": pa.array([0] * len(leaves), pa.int64()),
            "sha256": pa.array([sha256 for _, sha256 in leaves], pa.string()),
        }
    )
