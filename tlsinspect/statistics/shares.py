"""Shares: how often each category occurs, out of how many, with what is unknown beside it.

In: the frames and the name of a statistic. Out: a table of shares. Unknown rows
are never in the denominator and never out of sight.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .catalogue import STATISTICS, UNITS, Statistic, Unit
from .interval import share_columns
from .memory import once
from .observations import Frames, build_observations, one_per_category
from .series import build_result

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = "unknown"
FOLDED = re.compile(r"other \(\d+ more\)")


@dataclass(frozen=True)
class Shares:
    """The answer to one question.

    `table` has one row per category: category, count, denominator, share, low, high (fractions; low and
    high bound the 95 % Wilson interval and are null for bytes). `denominator` counts the units whose
    category is known, `unknown` those whose category is not, by reason in `unknown_reasons`; `excluded`
    those to which the question does not apply. `folded` is how many categories the last row stands for.
    """

    statistic: Statistic
    unit: Unit
    table: pd.DataFrame
    denominator: int
    unknown: int
    unknown_reasons: dict[str, int]
    excluded: int
    folded: int = 0
    time_start: pd.Timestamp | None = None
    time_end: pd.Timestamp | None = None

    @property
    def unknown_share(self) -> float:
        """Unknown units as a fraction of those to which the question applies; 0 where there are none."""
        total = self.denominator + self.unknown
        return self.unknown / total if total else 0.0

    def count_of(self, category: str) -> int:
        """How often a category occurs; 0 if it does not."""
        return sum(self.table.loc[self.table["category"] == category, "count"].tolist())

    def share_of(self, category: str) -> float | None:
        """A category's share as a fraction; None of nothing."""
        return self.count_of(category) / self.denominator if self.denominator else None

    def to_frame(self) -> pd.DataFrame:
        """The table with the statistic's name and unit, and a last row for what is unknown (no share)."""
        columns: dict[str, list[Any]] = {name: self.table[name].tolist() for name in self.table.columns}
        for name, values in columns.items():
            values.append({"category": UNKNOWN, "count": self.unknown}.get(name))
        names = {
            "statistic": [self.statistic.name] * len(columns["count"]),
            "unit": [self.unit.name] * len(columns["count"]),
        }
        return build_result(names | columns)


def build_shares(name: str, frames: Frames, unit: str = "", top: int = 0) -> Shares:
    """Build the shares of one statistic, in the statistic's first unit unless another is named.

    With `top`, the categories beyond the so many largest become one row, "other (k more)".
    Raises KeyError for a statistic or unit that does not exist, ValueError for a unit that makes no sense here.
    """
    statistic = STATISTICS[name]
    counted = UNITS[unit or statistic.units[0]]
    if counted.name not in statistic.units:
        raise ValueError(f"{name} is not counted by {counted.name}, but by {', '.join(statistic.units)}")
    return count_shares(statistic, counted, observe(statistic, frames), top)


def build_shares_by_unit(name: str, frames: Frames, top: int = 0) -> dict[str, Shares]:
    """Build the shares of one statistic in every unit that it is counted in: unit -> shares.

    Raises KeyError for a statistic that does not exist.
    """
    statistic = STATISTICS[name]
    observations = observe(statistic, frames)
    return {unit: count_shares(statistic, UNITS[unit], observations, top) for unit in statistic.units}


def observe(statistic: Statistic, frames: Frames) -> pd.DataFrame:
    """The observations that a statistic counts."""

    def build() -> pd.DataFrame:
        return build_observations(
            frames, statistic.scope, statistic.categorise, statistic.column, statistic.chosen_by_server
        )

    return once(frames, statistic, build)


def count_shares(statistic: Statistic, unit: Unit, observations: pd.DataFrame, top: int = 0) -> Shares:
    """Count observations by category in one unit."""
    keys = [unit.key] if unit.key else ["bytes"] if unit.name == "bytes" else []
    seen = observations[["category", "reason", "applies", *keys]]  # each selection copies what it is given
    seen = select(seen, seen[unit.key].notna()) if unit.key else seen
    categorised = seen["category"].notna()
    known = select(seen, categorised)
    unknown = select(seen, ~categorised & seen["applies"])
    excluded = select(seen, ~seen["applies"])
    if unit.key:
        unknown = unknown[~unknown[unit.key].isin(known[unit.key])].drop_duplicates(unit.key)
        excluded = excluded[~excluded[unit.key].isin(known[unit.key]) & ~excluded[unit.key].isin(unknown[unit.key])]
    split = one_per_category(known)
    counts = count_by("category", split, unit)
    tail = [category for category, _ in sort_counts(counts)[top:]] if top and len(counts) > top + 1 else []
    table = sort_counts(
        {category: count for category, count in counts.items() if category not in tail}, statistic.order
    )
    if tail:
        other = split[split["category"].isin(tail)].assign(category=f"other ({len(tail)} more)")
        table += count_by("category", other[~other.index.duplicated()], unit).items()
    denominator = count_all(known, unit)
    return Shares(
        statistic,
        unit,
        build_table(table, denominator, interval=unit.name != "bytes"),
        denominator,
        count_all(unknown, unit),
        dict(sort_counts(count_by("reason", unknown, unit))),
        count_all(excluded, unit),
        len(tail),
        observations["time"].min() if len(observations) else None,
        observations["time"].max() if len(observations) else None,
    )


def select(rows: pd.DataFrame, wanted: pd.Series[bool]) -> pd.DataFrame:
    """The rows that are wanted: where that is all or none, nothing is copied."""
    count = int(wanted.sum())
    return rows if count == len(rows) else rows[wanted] if count else rows.iloc[:0]


def is_folded(category: str) -> bool:
    """Whether a category stands for all that are rarer than those shown."""
    return FOLDED.fullmatch(category) is not None


def count_all(observations: pd.DataFrame, unit: Unit) -> int:
    """How many units there are."""
    if unit.name == "bytes":
        return int(observations["bytes"].sum())
    return int(observations[unit.key].nunique()) if unit.key else len(observations)


def count_by(column: str, observations: pd.DataFrame, unit: Unit) -> dict[str, int]:
    """How many units there are for each value of a column."""
    if unit.name == "bytes":
        return {str(value): int(count) for value, count in observations.groupby(column)["bytes"].sum().items()}
    if unit.key:
        observations = observations.drop_duplicates([unit.key, column])
    return {str(value): int(count) for value, count in observations[column].value_counts().items()}


def sort_counts(counts: dict[str, int], order: tuple[str, ...] = ()) -> list[tuple[str, int]]:
    """In the given order, or the largest first; what the order does not name comes last, ties by name.

    "TLS 1.3 (draft 23)" goes where "TLS 1.3" goes.
    """
    places = {category: place for place, category in enumerate(order)}

    def rank(item: tuple[str, int]) -> tuple[int, int, str]:
        category, count = item
        place = places.get(category, places.get(category.partition(" (")[0], len(places)))
        return place, -count, category

    return sorted(counts.items(), key=rank)


def build_table(counts: list[tuple[str, int]], denominator: int, interval: bool) -> pd.DataFrame:
    """Category, count, denominator, share, low, high."""
    numbers = [count for _, count in counts]
    denominators = [denominator] * len(counts)
    shares = share_columns(numbers, denominators, interval)
    return build_result(
        {"category": [category for category, _ in counts], "count": numbers, "denominator": denominators, **shares}
    )
