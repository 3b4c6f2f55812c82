"""The content of charts that show something else than shares of a whole: pairs, times, sizes, traffic.

In: the frames and a chart's declaration. Out: Content, as in compose.py.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..export.text import cut_text
from ..statistics import (
    STATISTICS,
    Frames,
    Shares,
    build_hello_sizes,
    build_lifetimes,
    build_remaining_days,
    build_shares,
    build_traffic,
)
from ..statistics.catalogue import VERSION_ORDER
from ..statistics.categories import PAIR
from ..statistics.lifetimes import LIMIT_DAYS
from ..statistics.observations import tls_connections
from ..statistics.shares import sort_counts
from ..statistics.sizes import ONE_PACKET_IPV4, WITH_SHARE
from ..statistics.timeline import DAY, WIDTHS
from ..statistics.wording import (
    basis,
    begin,
    bucket_text,
    bytes_text,
    count_text,
    number_text,
    period_text,
    share_of_text,
    share_text,
)
from .compose import LONGEST_TITLE, Chart, Content, finding, left_to_numbers, records, share_note, share_subtitle, total
from .curves import Axis, Curve, draw_curves, draw_nothing, draw_traffic
from .dates import draw_lifetimes
from .matrix import Cell, draw_matrix
from .style import FORWARD_SECRET, PLAIN, POST_QUANTUM, TLS_1_3

if TYPE_CHECKING:
    import pandas as pd

    from .canvas import Canvas

MOST_VERSIONS = 8  # rows and columns of the matrix
HELLO_TICKS = (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)
DAY_TICKS = (-36500, -3650, -365, -30, 0, *LIMIT_DAYS, 3650, 36500)
FEW_DAY_TICKS = (-3650, -30, 0, 47, 398, 3650)


def nothing_to_show(shares: Shares) -> str:
    """The words that stand in the place of a chart without data."""
    return f"Nothing to show: 0 of {count_text(total(shares), shares.unit)}"


def compose_version_matrix(chart: Chart, frames: Frames, unit: str) -> Content:
    """A cell for each best version offered (rows) and version agreed (columns)."""
    shares = build_shares(chart.statistic, frames, unit)
    rows = records(shares.table)
    pairs = {tuple(row["category"].partition(PAIR)[::2]): row for row in rows}
    sides = [ranked_versions(Counter({pair: row["count"] for pair, row in pairs.items()}), side) for side in (0, 1)]
    cells = {
        (offered, agreed): Cell(share_text(row["count"], row["denominator"]), row["share"])
        for (offered, agreed), row in pairs.items()
        if offered in sides[0] and agreed in sides[1]
    }
    note = share_note(shares).replace("Lines on the bars: 95% interval of the share (Wilson).", "").strip()
    note = f"{note} Intervals are with the numbers." if shares.unit.name != "bytes" else note
    note += left_to_numbers(len(pairs) - len(cells), "rarer pair")

    def draw(canvas: Canvas, y: float) -> float:
        if not cells:
            return draw_nothing(canvas, y, nothing_to_show(shares))
        return draw_matrix(canvas, y, sides[0], sides[1], cells, ("offered", "agreed"))

    same = sum(row["count"] for (offered, agreed), row in pairs.items() if offered == agreed)
    title = STATISTICS[chart.statistic].title
    if shares.denominator and max(row["count"] for row in rows) <= shares.denominator and not shares.unit.key:
        kept = share_text(same, shares.denominator)
        title = f"The best version offered was agreed for {kept} of {shares.unit.plural}"
    return Content(chart.name, title, share_subtitle(shares), note.strip(), shares.to_frame(), draw, not cells)


def ranked_versions(pairs: Counter[tuple[str, ...]], side: int) -> list[str]:
    """The commonest versions on one side of the pairs, the newest first."""
    counts: Counter[str] = Counter()
    for pair, count in pairs.items():
        counts[pair[side]] += count
    return [name for name, _ in sort_counts(dict(counts.most_common(MOST_VERSIONS)), VERSION_ORDER)]


def compose_lifetimes(chart: Chart, frames: Frames, unit: str) -> Content:
    """A dot for each server certificate: day of issue and days of validity, against the limits as steps."""
    shares = build_shares(chart.statistic, frames, unit)
    table = build_lifetimes(frames)
    legend = [
        (f"{category} ({count:,})", chart.colour(category))
        for category, count in sort_counts(dict(Counter(table["category"])), shares.statistic.order)
    ]

    def draw(canvas: Canvas, y: float) -> float:
        if not len(table):
            return draw_nothing(canvas, y, nothing_to_show(shares))
        return draw_lifetimes(canvas, canvas.legend(y, legend), table, chart.colour)

    note = "Steps: the most days that the CA/Browser Forum allows for a certificate issued on that day."
    subtitle = f"Day of issue and validity in days, {basis(shares)}"
    return Content(chart.name, finding(shares), subtitle, note, table, draw, not len(table))


def compose_remaining_days(chart: Chart, frames: Frames, unit: str) -> Content:
    """The distribution of the days that certificates had left when they were seen."""
    table = build_remaining_days(frames)
    first = table.drop_duplicates("sha256")
    parts = (("each certificate once", first, TLS_1_3), ("each connection", table, PLAIN))
    curves = [
        distribution(f"{name} (n {len(part):,})", part["remaining_days"].astype(float).tolist(), colour, place)
        for place, (name, part, colour) in enumerate(parts)
        if len(part)
    ]
    marks = tuple((float(days), "") for days in (0, *LIMIT_DAYS[:-1]))

    def draw(canvas: Canvas, y: float) -> float:
        if not curves:
            return draw_nothing(canvas, y, "Nothing to show: 0 certificates with dates")
        ticks = FEW_DAY_TICKS if canvas.size.labels_above else DAY_TICKS
        return draw_curves(canvas, y, curves, Axis("days left", "symlog", ticks, marks))

    title = "Days left of certificates: nothing to show"
    if curves:
        left = sorted(first["remaining_days"].astype(float))
        gone = sum(days < 0 for days in left)
        expired = share_of_text(gone, len(left), "server certificates")
        title = f"{begin(expired)} were expired; half had at most {middle(left):,.0f} days left"
    note = "Left of 0: expired. Dotted: 47, 100, 200 and 398 days. A certificate once, when it was first seen."
    period = period_text(*((table["time"].min(), table["time"].max()) if len(table) else (None, None)))
    subtitle = " · ".join(part for part in ("Share that had at most so many days left when seen", period) if part)
    return Content(chart.name, cut_text(title, LONGEST_TITLE), subtitle, note, table, draw, not curves)


def middle(values: list[float]) -> float:
    """The value that half of the sorted values do not exceed."""
    return values[(len(values) - 1) // 2]


def distribution(label: str, values: list[float], colour: object, place: int) -> Curve:
    """The empirical distribution function of some values, a point for each distinct one."""
    counts = sorted(Counter(values).items())
    xs: list[float] = []
    ys: list[float] = []
    reached = 0
    for value, count in counts:
        reached += count
        xs.append(value)
        ys.append(reached / len(values))
    return Curve(label, xs, ys, colour, place)  # type: ignore[arg-type]


def compose_hello_sizes(chart: Chart, frames: Frames, unit: str) -> Content:
    """The distribution of the sizes of ClientHellos, with and without a post-quantum key share."""
    shares = build_shares(chart.statistic, frames, unit)
    table = build_hello_sizes(frames)
    curves = [size_curve(part, str(name)) for name, part in table.groupby("category", sort=False)]

    def draw(canvas: Canvas, y: float) -> float:
        if not curves:
            return draw_nothing(canvas, y, nothing_to_show(shares))
        marks = ((float(ONE_PACKET_IPV4), "one packet"),)
        return draw_curves(canvas, y, curves, Axis("octets", "log", HELLO_TICKS, marks))

    note = f"Line: the {ONE_PACKET_IPV4:,} octets that one packet of 1,500 holds over IPv4 and TCP without options."
    subtitle = f"Octets of ClientHellos over TCP, {basis(shares)}; share at most so long"
    return Content(chart.name, finding(shares), subtitle, note, table, draw, not curves)


def size_curve(part: pd.DataFrame, name: str) -> Curve:
    """The curve of one kind of ClientHello."""
    colour, place = (POST_QUANTUM, 1) if name == WITH_SHARE else (FORWARD_SECRET, 0)
    xs, ys = part["octets"].astype(float).tolist(), part["share"].astype(float).tolist()
    return Curve(f"{name} (n {int(part['count'].sum()):,})", xs, ys, colour, place)


def compose_traffic(chart: Chart, frames: Frames, unit: str) -> Content:
    """Connections and bytes per bucket of time, one below the other."""
    width, table = build_traffic(frames)
    bucket = bucket_text(width)
    number, octets = int(table["connections"].sum()), int(table["bytes"].sum())

    def draw(canvas: Canvas, y: float) -> float:
        if not number:
            return draw_nothing(canvas, y, "Nothing to show: 0 connections")
        return draw_traffic(canvas, y, table, width)

    times = tls_connections(frames)["time_start"]
    title = "Connections and bytes over time: nothing to show"
    if number:
        most = int(table["connections"].max())
        start = table.loc[table["connections"] == most, "time"].iloc[0]
        title = f"Busiest {bucket}: {most:,} of {number:,} TLS connections, from {start_text(start, width, times)}"
    period = period_text(times.min(), times.max()) if number else ""
    counted = f"{number_text(number, 'connection')} with {bytes_text(octets)}"
    subtitle = " · ".join(part for part in (counted, period) if part)
    note = (
        f"Per {bucket}, at the time at which a connection starts, all of its bytes there. No interval: all are counted."
    )
    return Content(chart.name, title, subtitle, note, table, draw, not number)


def start_text(start: pd.Timestamp, width: str, times: pd.Series[pd.Timestamp]) -> str:
    """When a bucket of this width starts: its day, its time, or both where `times` are of several days."""
    if WIDTHS.get(width, DAY) >= DAY:
        return f"{start:%Y-%m-%d}"
    day = "" if times.min().date() == times.max().date() else f"{start:%Y-%m-%d} "
    return f"{day}{start:%H:%M:%S} UTC"
