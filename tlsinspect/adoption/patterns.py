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

from ..statistics import STATISTICS
from ..statistics.memory import once, remember
from ..statistics.observations import build_observations, count_keys
from ..tables.arrow import TYPES, to_frame
from .catalogue import CIRCUMSTANCES, FAMILIES, SERIES, Part, Series, family_series
from .encode import Encoder, Hashes, fold, mix
from .pairs import number

if TYPE_CHECKING:
    import pandas as pd

MOST_WAITING = 20_000  # patterns whose columns are kept until they are categorised
KNOWN, UNKNOWN, EXCLUDED, OUT_OF_SCOPE = range(4)
EXPLAINED = tuple(sorted({STATISTICS[series.statistic].column for series in SERIES.values()}))
"""The columns of which it matters why they are missing."""
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
        statistic = self.statistic
        rows, _ = once(frames, (statistic.scope, count_keys), lambda: count_keys(frames, statistic.scope))
        seen = build_observations(
            frames, statistic.scope, statistic.categorise, statistic.column, statistic.chosen_by_server
        )
        states = np.full(count, OUT_OF_SCOPE, np.int8)
        lengths = np.zeros(count, np.int64)
        found: dict[int, list[str]] = {}
        places = rows["connection_id"].astype(int).tolist()
        answers = pa.array(seen["category"]).to_pylist(), seen["applies"].tolist()
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
        self.parts = CIRCUMSTANCES + FAMILIES[family]
        self.encoder = encoder
        self.certificates = certificates
        self.sorters = {series.name: Sorter(series) for series in family_series(family)}
        self.numbers: dict[int, int] = {}
        self.waiting: list[pa.Table] = []
        self.waiting_rows = 0

    def identify(self, batch: pa.RecordBatch, hashed: dict[Part, Hashes]) -> NDArray[np.int32]:
        """The number of each row's pattern; `hashed` remembers columns that several families look at."""
        hashes = self.circumstances(batch, hashed)
        for part in FAMILIES[self.family]:
            hashes = fold(hashes, self.hash_part(batch, part, hashed))
        hashes = mix(hashes)
        codes, first = number(hashes)
        known = len(self.numbers)
        numbers = [self.numbers.setdefault(value, len(self.numbers)) for value in hashes[first].tolist()]
        new = [place for place, each in zip(first.tolist(), numbers, strict=True) if each >= known]
        if new:
            self.keep(batch, new)
        return np.array(numbers, np.int32)[codes]

    def circumstances(self, batch: pa.RecordBatch, hashed: dict[Part, Hashes]) -> Hashes:
        """The hashes of what all families look at."""
        whole = Part("", "circumstances")
        if whole not in hashed:
            hashed[whole] = np.zeros(batch.num_rows, np.uint64)
            for part in CIRCUMSTANCES:
                hashed[whole] = fold(hashed[whole], self.hash_part(batch, part, hashed))
        return hashed[whole]

    def hash_part(self, batch: pa.RecordBatch, part: Part, hashed: dict[Part, Hashes]) -> Hashes:
        """The hashes of one column."""
        if part not in hashed:
            hashed[part] = self.hash_column(batch.column(part.column), part.looks_at)
        return hashed[part]

    def hash_column(self, array: pa.Array, looks_at: str) -> Hashes:
        """The hashes of what is looked at in a column."""
        if looks_at == "reasons":
            return self.encoder.reasons(array, EXPLAINED)
        if looks_at == "present":
            return self.encoder.numbers(array.is_valid())
        if looks_at == "set":
            return self.encoder.sets(array)
        if looks_at == "first":
            return self.encoder.firsts(array)
        kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
        return self.encoder.texts(array) if pa.types.is_string(kind) else self.encoder.numbers(array)

    def keep(self, batch: pa.RecordBatch, places: list[int]) -> None:
        """Keep the rows that are the first of their patterns, until they are categorised."""
        names = [part.column for part in self.parts]
        rows = pa.Table.from_batches([batch]).select(names).take(pa.array(places))
        self.waiting.append(pa.table({name: plain(rows[name].combine_chunks()) for name in names}))
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
