"""An Adoption: what was counted, and its tables.

In: counts by period. Out: tables with a row per period and category, the periods without connections
included: no connection is no share, and never a share of zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..statistics import STATISTICS, UNITS, Unit, wilson_interval
from ..statistics.series import build_result
from ..statistics.shares import sort_counts
from ..statistics.timeline import iter_buckets
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


@dataclass(frozen=True)
class Adoption:
    """All series of a store, counted in periods of one `by` (day, week, month; UTC).

    `observed` are the periods with connections in their order; `names` are the categories of each series.
    """

    by: str
    observed: list[Period]
    names: dict[str, list[str]]

    def starts(self) -> pd.DatetimeIndex:
        """The starts of all periods from the first to the last, those without connections too."""
        import pandas as pd

        if not self.observed:
            return pd.DatetimeIndex([], tz="UTC")
        first, last = (pd.Timestamp(each.start * SECONDS_PER_DAY, unit="s", tz="UTC") for each in self.ends())
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
        With `top`, the categories beyond the so many largest are one, "other (k more)", where their
        counts add up; else they are left out. Raises KeyError for a series or unit that does not exist.
        """
        counts = {each.start: each.counts[series][unit] for each in self.observed if series in each.counts}
        order = self.categories(series, unit)
        folds = adds_up(SERIES[series].stacked, unit)
        shown, rest = (order[:top], order[top:]) if top and len(order) > top + folds else (order, [])
        rows: list[dict[str, Any]] = []
        periods = {each.start: each for each in self.observed}
        for time in self.starts():
            start = int(time.timestamp()) // SECONDS_PER_DAY
            facts = {"time": time, "days_seen": len(periods[start].days) if start in periods else 0}
            facts["partial"] = start in periods and self.is_partial(periods[start])
            told = self.period_rows(series, UNITS[unit], counts.get(start), shown, rest if folds else [])
            rows += [facts | row for row in told]
        return build_result({name: [row.get(name) for row in rows] for name in TABLE_COLUMNS})

    def period_rows(
        self, series: str, unit: Unit, count: Count | None, shown: list[str], rest: list[str]
    ) -> list[dict[str, Any]]:
        """The rows of one period."""
        if count is None or not count.denominator:
            unknown = 0 if count is None else count.unknown
            return [{"denominator": 0, "unknown": unknown, "unknown_share": 1.0 if unknown else None, "thin": True}]
        numbers = {name: place for place, name in enumerate(self.names[series])}
        groups = {name: [numbers[name]] for name in shown}
        if rest:
            groups[f"{OTHER} ({len(rest)} more)"] = [numbers[name] for name in rest]
        applies = count.denominator + count.unknown
        return [
            {
                "thin": count.denominator < LEAST_COUNT,
                "category": name,
                "denominator": count.denominator,
                "unknown": count.unknown,
                "unknown_share": count.unknown / applies,
                **share_of(count, unit, places),
            }
            for name, places in groups.items()
        ]

    def categories(self, series: str, unit: str = "connections") -> list[str]:
        """The categories of a series that occur, in their natural order, or the largest first."""
        totals = np.zeros(len(self.names[series]), np.int64)
        for period in self.observed:
            if series in period.counts:
                counts = period.counts[series][unit].counts
                totals[: len(counts)] += counts
        found = {name: int(total) for name, total in zip(self.names[series], totals, strict=True) if total}
        return [name for name, _ in sort_counts(found, STATISTICS[SERIES[series].statistic].order)]

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

        start = pd.Timestamp(period.start * SECONDS_PER_DAY, unit="s", tz="UTC")
        step = {"day": pd.DateOffset(days=1), "week": pd.DateOffset(weeks=1), "month": pd.DateOffset(months=1)}
        return float((start + step[self.by]).timestamp())


def adds_up(stacked: bool, unit: str) -> bool:
    """Whether the counts of a series add up to a whole: each thing is of one category."""
    return stacked and unit in ("connections", "bytes")


def share_of(count: Count, unit: Unit, places: list[int]) -> dict[str, Any]:
    """Count, share and interval of one category, or of several together."""
    number = sum(int(count.counts[place]) for place in places if place < len(count.counts))
    share = number / count.denominator
    low, high = interval_of(count, unit, places, share)
    return {"count": number, "share": share, "low": low, "high": high}


def interval_of(count: Count, unit: Unit, places: list[int], share: float) -> tuple[float | None, float | None]:
    """The 95 % interval of a share: none of bytes, and none of connections of too few hosts.

    That of several categories together is as wide as that of the one that is worth least.
    """
    if unit.name == "bytes":
        return None, None
    if count.sizes is None:
        return wilson_interval(share * count.denominator, count.denominator)
    size = min(float(count.sizes[place if place < len(count.counts) else -1]) for place in places)
    return wilson_interval(share * size, size) if size else (None, None)
