"""Over the time of a capture: one category's share, and the traffic, in each bucket of time.

In: the frames. Out: a table with a row per bucket, the empty ones included: no
connection is no share, and never a share of zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .catalogue import Statistic, Unit, find_statistic
from .interval import share_columns
from .observations import Frames, tls_connections
from .series import build_result, text_dtype
from .shares import find_unit, observe
from .wording import count_text

if TYPE_CHECKING:
    import pandas as pd

MINUTE, HOUR, DAY = 60, 3600, 86400
FIRST_MONDAY = 4 * DAY  # 1970-01-05, in seconds: where weeks are counted from
# Widths that a reader can name, in seconds; past a week the calendar's own.
WIDTHS: dict[str, int] = {
    **{f"{count} s": count for count in (1, 2, 5, 10, 15, 30)},
    **{f"{count} min": count * MINUTE for count in (1, 2, 5, 10, 15, 30)},
    **{f"{count} h": count * HOUR for count in (1, 2, 3, 6, 12)},
    "1 day": DAY,
    "1 week": 7 * DAY,
}
CALENDAR_WIDTHS: dict[str, tuple[str, int]] = {
    "1 month": ("M", 30 * DAY),
    "3 months": ("Q", 91 * DAY),
    "1 year": ("Y", 365 * DAY),
}
WIDEST = "1 year"
MOST_BUCKETS = 40
LEAST_HALF = 1 / 3  # of what is known: less is no half of it, even about


@dataclass(frozen=True)
class Counts:
    """How many units showed a category, of how many of which it is known, and how many of which it is not."""

    count: int
    denominator: int
    unknown: int


@dataclass(frozen=True, eq=False)
class Timeline:
    """One category's share over time.

    `table`: time (start of the bucket, UTC), count, denominator, share, low, high, unknown; share and
    interval are null in a bucket where nothing is known. `width` is the buckets' width in words.
    `whole` counts the same over all the time, where a host that is in many buckets is one; `halves` the earlier and
    the later half, and is empty where there are none.
    """

    statistic: Statistic
    unit: Unit
    category: str
    width: str
    table: pd.DataFrame
    whole: Counts
    halves: tuple[Counts, ...] = ()
    time_start: pd.Timestamp | None = None
    time_end: pd.Timestamp | None = None

    def __repr__(self) -> str:
        """What is counted and how often, on one line."""
        known = f"{self.whole.count:,} of {count_text(self.whole.denominator, self.unit)}"
        return f"<Timeline of {self.statistic.name}, {self.category}: {known}, in {len(self.table):,} x {self.width}>"


def build_timeline(name: str, frames: Frames, category: str = "", unit: str = "connections") -> Timeline:
    """Build the share over time of a category, by default of the one that the statistic speaks of.

    A connection counts in the bucket in which it starts. Raises KeyError for a statistic or unit that does
    not exist, ValueError for a unit that makes no sense here, and where neither the caller nor the statistic names a
    category.
    """
    statistic = find_statistic(name)
    counted = find_unit(statistic, unit)
    wanted = category or statistic.focus
    if not wanted:
        raise ValueError(f"{name} speaks of no category of its own: name one")
    observations = observe(statistic, frames).frame
    observations = observations[observations["time"].notna() & observations["applies"]]
    times = plain_times(observations["time"])
    width = choose_width(times)
    starts = bucket_starts(times, width)
    groups = dict(iter(observations.groupby(starts)))
    buckets = list(iter_buckets(starts.min(), starts.max(), width)) if groups else []
    counts = [count_part(groups.get(start), wanted, counted) for start in buckets]
    numbers = [each.count for each in counts]
    denominators = [each.denominator for each in counts]
    columns: dict[str, list[Any]] = {"time": buckets, "count": numbers, "denominator": denominators}
    columns |= share_columns(numbers, denominators, interval=unit != "bytes")
    columns["unknown"] = [each.unknown for each in counts]
    period = (times.min(), times.max()) if buckets else (None, None)
    weights = [known_weight(groups.get(start), counted) for start in buckets]
    middle = middle_of(buckets, weights)
    parts = [] if middle is None else [observations[starts < middle], observations[starts >= middle]]
    return Timeline(
        statistic,
        counted,
        wanted,
        width,
        build_result(columns),
        count_part(observations, wanted, counted),
        tuple(count_part(part, wanted, counted) for part in parts),
        *period,
    )


def build_traffic(frames: Frames) -> tuple[str, pd.DataFrame]:
    """The width of the buckets in words, and per bucket of time: time (its start), connections, bytes.

    TLS connections in the bucket in which they start, with all of their payload.
    """
    rows = tls_connections(frames)
    rows = rows[rows["time_start"].notna()]
    times = plain_times(rows["time_start"])
    width = choose_width(times)
    starts = bucket_starts(times, width)
    octets = (rows["client_bytes"].fillna(0) + rows["server_bytes"].fillna(0)).astype(int)
    sums = octets.groupby(starts).agg(["size", "sum"])
    buckets = list(iter_buckets(starts.min(), starts.max(), width)) if len(starts) else []
    connections = [int(sums["size"].get(start, 0)) for start in buckets]
    octets_in = [int(sums["sum"].get(start, 0)) for start in buckets]
    return width, build_result({"time": buckets, "connections": connections, "bytes": octets_in})


def middle_of(buckets: list[pd.Timestamp], weights: list[int]) -> pd.Timestamp | None:
    """The bucket with which the later half of what was counted begins; None where either side is no half.

    Halves of what was counted and not of the time: a few packets with a broken clock make no half. A bucket is of
    the half in which its middle lies; where that leaves either side with less than LEAST_HALF, there are none.
    """
    known, reached = sum(weights), 0
    for start, weight in zip(buckets, weights, strict=True):
        if 2 * reached + weight >= known:
            return start if min(reached, known - reached) >= LEAST_HALF * known > 0 else None
        reached += weight
    return None


def known_weight(part: pd.DataFrame | None, unit: Unit) -> int:
    """The octets of a bucket of which the category is known, or its connections, also where hosts or names count."""
    if part is None:
        return 0
    known = part[part["category"].notna() & (part[unit.key].notna() if unit.key else True)]
    return int(known["bytes"].sum()) if unit.name == "bytes" else len(known)


def count_part(part: pd.DataFrame | None, category: str, unit: Unit) -> Counts:
    """Count some observations; `part` is None where nothing happened."""
    if part is None:
        return Counts(0, 0, 0)
    if unit.key:
        part = part[part[unit.key].notna()]
    known = part[part["category"].notna()]
    unknown = part[part["category"].isna()]
    if unit.key:
        unknown = unknown[~unknown[unit.key].isin(known[unit.key])]
    split = one_per_category(known)
    shown = split[split["category"] == category]
    return Counts(count_all(shown, unit), count_all(known, unit), count_all(unknown, unit))


def one_per_category(observations: pd.DataFrame) -> pd.DataFrame:
    """The observations with one row for each of their categories: those with a list are split, the rest stay."""
    if observations["category"].dtype == text_dtype():
        return observations
    split = observations.explode("category")
    return split[split["category"].notna()]


def count_all(observations: pd.DataFrame, unit: Unit) -> int:
    """How many units there are."""
    if unit.name == "bytes":
        return int(observations["bytes"].sum())
    return int(observations[unit.key].nunique()) if unit.key else len(observations)


def plain_times(times: pd.Series[pd.Timestamp]) -> pd.Series[pd.Timestamp]:
    """Arrow times as numpy ones, with which pandas computes far faster; without nulls."""
    import pandas as pd
    import pyarrow as pa

    nanoseconds = pa.array(times).cast(pa.int64()).to_numpy(zero_copy_only=False)
    return pd.Series(pd.to_datetime(nanoseconds, unit="ns", utc=True), index=times.index)


def choose_width(times: pd.Series[pd.Timestamp]) -> str:
    """The smallest nameable width that cuts the span into no more than MOST_BUCKETS buckets."""
    if not len(times):
        return next(iter(WIDTHS))
    span = (times.max() - times.min()).total_seconds()
    lengths = WIDTHS | {name: seconds for name, (_, seconds) in CALENDAR_WIDTHS.items()}
    # One less than the limit: the first and the last bucket may stick out of the span.
    return next((name for name, seconds in lengths.items() if span / seconds < MOST_BUCKETS - 1), WIDEST)


def bucket_starts(times: pd.Series[pd.Timestamp], width: str) -> pd.Series[pd.Timestamp]:
    """For each time the start of its bucket; weeks start on Monday."""
    import pandas as pd

    if width in CALENDAR_WIDTHS:
        return times.dt.tz_localize(None).dt.to_period(CALENDAR_WIDTHS[width][0]).dt.start_time.dt.tz_localize("UTC")
    first_monday = pd.Timestamp(FIRST_MONDAY, unit="s", tz="UTC")
    step = pd.Timedelta(seconds=WIDTHS[width])
    return first_monday + (times - first_monday) // step * step


def iter_buckets(first: pd.Timestamp, last: pd.Timestamp, width: str) -> pd.DatetimeIndex:
    """The starts of all buckets from the first to the last."""
    import pandas as pd

    if width in CALENDAR_WIDTHS:
        return pd.date_range(first, last, freq=f"{CALENDAR_WIDTHS[width][0]}S")
    return pd.date_range(first, last, freq=pd.Timedelta(seconds=WIDTHS[width]))
