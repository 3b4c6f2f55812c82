"""Shares: how often each category occurs, out of how many, with what is unknown beside it.

In: the frames and the name of a statistic. Out: a table of shares. Unknown rows
are never in the denominator and never out of sight.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..arguments import check_inspection, pick
from .catalogue import UNITS, Statistic, Unit, find_statistic
from .interval import share_columns
from .memory import once
from .observations import Frames, Observations, build_observations
from .rows import mask_of
from .series import build_result
from .wording import count_text

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Shares:
    """The answer to one question.

    `counts` says how often each category occurs, `table` has a row for each: category, count, denominator, share,
    low, high (fractions; low and high bound the 95 % Wilson interval and are null for bytes). `denominator`
    counts the units whose category is known, `unknown` those whose category is not, by reason in
    `unknown_reasons`; `excluded` those to which the question does not apply. `folded` is how many categories
    the last row stands for. Shares can be pickled, and take none of the frames along.
    """

    statistic: Statistic
    unit: Unit
    counts: list[tuple[str, int]]
    denominator: int
    unknown: int
    unknown_reasons: dict[str, int]
    excluded: int
    folded: int
    observations: Observations

    def __repr__(self) -> str:
        """What is counted, and how often each category occurs, on one line: the observations are thousands."""
        counts = ", ".join(f"{name} {count:,}" for name, count in self.counts) or "nothing"
        beside = f"{self.unknown:,} unknown, {self.excluded:,} excluded"
        known = count_text(self.denominator, self.unit)
        return f"<Shares of {self.statistic.name}, of {known}: {counts}; {beside}>"

    @cached_property
    def table(self) -> pd.DataFrame:
        """The rows of `counts` with their shares."""
        return build_result(self.columns())

    def columns(self) -> dict[str, list[Any]]:
        """The columns of `table` as lists."""
        numbers = [count for _, count in self.counts]
        denominators = [self.denominator] * len(numbers)
        shares = share_columns(numbers, denominators, interval=self.unit.name != "bytes")
        categories = [category for category, _ in self.counts]
        return {"category": categories, "count": numbers, "denominator": denominators, **shares}

    @property
    def time_start(self) -> pd.Timestamp | None:
        """When the first of all these connections started; None where there is none."""
        return end_of(self.observations, "min")

    @property
    def time_end(self) -> pd.Timestamp | None:
        """When the last of them started."""
        return end_of(self.observations, "max")

    @property
    def unknown_share(self) -> float:
        """Unknown units as a fraction of those to which the question applies; 0 where there are none."""
        total = self.denominator + self.unknown
        return self.unknown / total if total else 0.0

    def count_of(self, category: str) -> int:
        """How often a category occurs; 0 if it does not."""
        return sum(count for name, count in self.counts if name == category)

    @cached_property
    def kin(self) -> list[str]:
        """The words for those kin of the statistic's focus that occur."""
        names = self.observations.category.unique().drop_null().to_pylist() if self.statistic.kin else []
        return [words for words, start in self.statistic.kin if any(name.startswith(start) for name in names)]

    def count_with_kin(self) -> int:
        """How many units showed the statistic's focus or its kin."""
        import numpy as np
        import pyarrow.compute as pc

        from ..tables import distinct
        from .tally import Tally, split_categories

        tally = Tally.of(self.observations, self.unit)
        answered = mask_of(pc.is_valid(self.observations.category)) & tally.counted
        names, codes, places = split_categories(self.observations.category, answered)
        starts = tuple(start for _, start in self.statistic.kin)
        wanted = [code for code, name in enumerate(names) if name == self.statistic.focus or name.startswith(starts)]
        return tally.total(distinct(places[np.isin(codes, wanted)]))

    def share_of(self, category: str) -> float | None:
        """A category's share as a fraction; None of nothing."""
        return self.count_of(category) / self.denominator if self.denominator else None

    def to_frame(self) -> pd.DataFrame:
        """The table with the statistic's name and unit, and a last row for what is unknown (no share)."""
        columns = self.columns()
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
    statistic = find_statistic(name)
    return count_shares(statistic, find_unit(statistic, unit or statistic.units[0]), observe(statistic, frames), top)


def find_unit(statistic: Statistic, name: str) -> Unit:
    """A unit that the statistic is counted in; raises KeyError for one that does not exist, ValueError for another."""
    unit = pick(UNITS, name, "unit")
    if name not in statistic.units:
        raise ValueError(f"{statistic.name} is not counted by {name}, but by {', '.join(statistic.units)}")
    return unit


def build_shares_by_unit(name: str, frames: Frames, top: int = 0) -> dict[str, Shares]:
    """Build the shares of one statistic in every unit that it is counted in: unit -> shares.

    Raises KeyError for a statistic that does not exist.
    """
    statistic = find_statistic(name)
    observations = observe(statistic, frames)
    return {unit: count_shares(statistic, UNITS[unit], observations, top) for unit in statistic.units}


def observe(statistic: Statistic, frames: Frames) -> Observations:
    """The observations that a statistic counts; raises TypeError for what is no Inspection, such as a frame."""
    check_inspection(frames, "shares are counted of")

    def build() -> Observations:
        return build_observations(
            frames, statistic.scope, statistic.categorise, statistic.explained, statistic.chosen_by_server
        )

    return once(frames, statistic, build)


def count_shares(statistic: Statistic, unit: Unit, observations: Observations, top: int = 0) -> Shares:
    """Count observations by category in one unit."""
    import numpy as np
    import pyarrow.compute as pc

    from ..tables import distinct
    from .tally import Tally, split_categories

    tally = Tally.of(observations, unit)
    answered = mask_of(pc.is_valid(observations.category)) & tally.counted
    unknown = tally.first(~answered & observations.applies & tally.counted, without=answered)
    excluded = tally.first(~observations.applies & tally.counted, without=answered | unknown)
    names, codes, places = split_categories(observations.category, answered)
    counts = {names[code]: count for code, count in tally.count(codes, places).items()}
    tail = {category for category, _ in sort_counts(counts)[top:]} if top and len(counts) > top + 1 else set()
    table = sort_counts(
        {category: count for category, count in counts.items() if category not in tail}, statistic.order
    )
    if tail:
        folded = distinct(places[np.isin(codes, [code for code, name in enumerate(names) if name in tail])])
        table.append((f"other ({len(tail)} more)", tally.total(folded)))
    reasons, reason_codes, reason_places = split_categories(observations.reason, unknown)
    found = tally.count(reason_codes, reason_places)
    return Shares(
        statistic,
        unit,
        table,
        tally.total(np.flatnonzero(answered)),
        tally.total(np.flatnonzero(unknown)),
        dict(sort_counts({reasons[code]: count for code, count in found.items()})),
        tally.total(np.flatnonzero(excluded)),
        len(tail),
        observations,
    )


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


def end_of(observations: Observations, which: str) -> pd.Timestamp | None:
    """The first or last time of observations: `which` is "min" or "max"."""
    return getattr(observations.frame["time"], which)() if len(observations.rows) else None
