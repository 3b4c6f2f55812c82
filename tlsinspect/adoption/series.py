"""An Adoption: what was counted, and its tables.

In: counts by period. Out: tables with a row per period and category, the periods without connections
included: no connection is no share, and never a share of zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import pick
from ..statistics import STATISTICS, UNITS, Unit, wilson_interval
from ..statistics.series import build_result
from ..statistics.shares import sort_counts
from ..statistics.timeline import iter_buckets
from ..statistics.wording import number_text
from .catalogue import BY, SERIES
from .count import Count

if TYPE_CHECKING:
    import pandas as pd

LEAST_COUNT = 30
"""Things below which a period is called thin: a share of fewer moves by its own accidents."""
SECONDS_PER_DAY = 86_400
SLACK_HOURS = 1  # a day counts as whole whose first or last connection is within so much of its ends
OTHER = "other"
TABLE_COLUMNS = (
    "time", "days_seen", "partial", "thin", "category", "count", "denominator", "share", "low", "high", "unknown",
    "unknown_share",
)  # fmt: skip
NOTHING_KNOWN: dict[str, list[Any]] = {
    "thin": [True], "category": [None], "count": [None], "denominator": [0], "share": [None], "low": [None],
    "high": [None],
}  # fmt: skip
NOTHING = NOTHING_KNOWN | {"days_seen": [0], "partial": [False], "unknown": [0], "unknown_share": [None]}
"""The rows of a period in which nothing was seen."""


@dataclass
class Period:
    """One period with connections: its first day, the days seen in it, and its first and last connection.

    Days are counted from 1970, times in nanoseconds from there. `counts`: series -> unit -> Count.
    """

    start: int
    days: set[int] = field(default_factory=set)
    first: int = 2**62
    last: int = 0
    counts: dict[str, dict[str, Count]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Adoption:
    """All series of a store, counted in periods of one `by` (day, week, month; UTC).

    `observed` are the periods with connections in their order; `names` are the categories of each series.
    """

    by: str
    observed: list[Period]
    names: dict[str, list[str]]

    def __repr__(self) -> str:
        """How much was counted, on one line: the counts are thousands."""
        counted = number_text(sum(self.connections()), "connection")
        return f"<Adoption: {len(SERIES)} series of {counted}, in {number_text(len(self.observed), self.by)}>"

    def starts(self) -> pd.DatetimeIndex:
        """The starts of all periods from the first to the last, those without connections too."""
        import pandas as pd

        if not self.observed:
            return pd.DatetimeIndex([], tz="UTC")
        first, last = (self.start_of(each) for each in self.ends())
        return iter_buckets(first, last, BY[self.by])

    def ends(self) -> tuple[Period, Period]:
        """The first and the last period with connections."""
        return self.observed[0], self.observed[-1]

    def connections(self) -> list[int]:
        """How many connections carried TLS, in each period with connections."""
        counts = [each.counts["transports"]["connections"] for each in self.observed if each.counts]
        return [each.denominator + each.unknown for each in counts]

    def units(self, series: str) -> tuple[str, ...]:
        """What a series can be counted by."""
        return STATISTICS[SERIES[series].statistic].units

    def table(self, series: str, unit: str = "connections", top: int = 0) -> pd.DataFrame:
        """A row per period and category: the shares of a series in one unit.

        Columns: time (start of the period, UTC), days_seen, partial, thin, category, count, denominator, share,
        low, high (null without an interval), unknown, unknown_share. A period without connections is one row
        without a category.
        With `top`, the categories beyond the so many largest are one, "other (k more)", without an interval, where
        their counts add up; else they are left out. Raises KeyError for a series or unit that does not exist.
        """
        pick(SERIES, series, "series")
        counted, groups = pick(UNITS, unit, "unit"), self.groups(series, unit, top)
        told: dict[int, dict[str, list[Any]]] = {}
        for each in self.observed:
            if series in each.counts:
                told[each.start] = period_columns(each.counts[series][unit], counted, groups)
                told[each.start] |= {"days_seen": [len(each.days)], "partial": [self.is_partial(each)]}
        columns: dict[str, list[Any]] = {name: [] for name in TABLE_COLUMNS}
        for time in self.starts():
            period = told.get(int(time.timestamp()) // SECONDS_PER_DAY, NOTHING)
            length = len(period["category"])
            columns["time"] += [time] * length
            for name in TABLE_COLUMNS[1:]:
                columns[name] += period[name] if len(period[name]) == length else period[name] * length
        return build_result(columns)

    def groups(self, series: str, unit: str, top: int) -> dict[str, list[int]]:
        """The categories that a table shows, each with its place among the names; "other" has several."""
        order = self.categories(series, unit)
        folds = adds_up(SERIES[series].stacked, unit)
        shown, rest = (order[:top], order[top:]) if top and len(order) > top + folds else (order, [])
        numbers = {name: place for place, name in enumerate(self.names[series])}
        groups = {name: [numbers[name]] for name in shown}
        if folds and rest:
            groups[f"{OTHER} ({len(rest)} more)"] = [numbers[name] for name in rest]
        return groups

    def categories(self, series: str, unit: str = "connections") -> list[str]:
        """The categories of a series that occur, in their natural order, or the largest first."""
        order = STATISTICS[SERIES[series].statistic].order
        return [name for name, _ in sort_counts(self.totals(series, unit), order)]

    def totals(self, series: str, unit: str = "connections") -> dict[str, int]:
        """What the counts of each category that occurs add up to over all periods."""
        totals = np.zeros(len(self.names[series]), np.int64)
        for period in self.observed:
            if series in period.counts:
                counts = period.counts[series][unit].counts
                totals[: len(counts)] += counts
        return {name: int(total) for name, total in zip(self.names[series], totals, strict=True) if total}

    def is_partial(self, period: Period) -> bool:
        """Whether it is the first or the last one, and its connections do not reach its beginning or its end."""
        slack = SLACK_HOURS * 3600 if self.by == "day" else SECONDS_PER_DAY
        begin = period.start * SECONDS_PER_DAY
        first, last = self.ends()
        late = period is first and period.first / 1e9 - begin > slack
        return late or (period is last and self.end_of(period) - period.last / 1e9 > slack)

    def end_of(self, period: Period) -> float:
        """When a period ends, in seconds from 1970."""
        import pandas as pd

        step = {"day": pd.DateOffset(days=1), "week": pd.DateOffset(weeks=1), "month": pd.DateOffset(months=1)}
        return float((self.start_of(period) + step[self.by]).timestamp())

    def start_of(self, period: Period) -> pd.Timestamp:
        """When a period starts, UTC."""
        import pandas as pd

        return pd.Timestamp(period.start * SECONDS_PER_DAY, unit="s", tz="UTC")


def adds_up(stacked: bool, unit: str) -> bool:
    """Whether the counts of a series add up to a whole: each thing is of one category."""
    return stacked and unit in ("connections", "bytes")


def period_columns(count: Count, unit: Unit, groups: dict[str, list[int]]) -> dict[str, list[Any]]:
    """The columns of one period from `thin` on: a row per group of categories, or one row where nothing is known."""
    unknown = count.unknown
    if not count.denominator:
        return NOTHING_KNOWN | {"unknown": [unknown], "unknown_share": [1.0 if unknown else None]}
    values = count.counts.tolist()
    numbers = [sum(values[place] for place in places if place < len(values)) for places in groups.values()]
    shares = [number / count.denominator for number in numbers]
    bounds = [
        interval_of(count, unit, places, share) for places, share in zip(groups.values(), shares, strict=True)
    ]  # fmt: skip
    return {
        "thin": [count.denominator < LEAST_COUNT],
        "category": list(groups),
        "count": numbers,
        "denominator": [count.denominator],
        "share": shares,
        "low": [low for low, _ in bounds],
        "high": [high for _, high in bounds],
        "unknown": [unknown],
        "unknown_share": [unknown / (count.denominator + unknown)],
    }


def interval_of(count: Count, unit: Unit, places: list[int], share: float) -> tuple[float | None, float | None]:
    """The 95 % interval of a share: none of bytes, and none of connections of too few hosts.

    Nor of several categories together: a host may have many of them where each of them is of many hosts, so that what
    each is worth says nothing of what they are worth together.
    """
    if unit.name == "bytes" or len(places) > 1:
        return None, None
    if count.sizes is None:
        return wilson_interval(share * count.denominator, count.denominator)
    [place] = places
    size = float(count.sizes[place if place < len(count.counts) else -1])
    return wilson_interval(share * size, size) if size else (None, None)
