"""Certificates by day of issue and validity, against the limits that were in force.

In: a table with a row per certificate. Out: a figure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..statistics.lifetimes import LIMIT_DAYS, LIMITS
from .canvas import SMALL_POINTS, Canvas
from .curves import AXIS_ROOM, CURVE_HEIGHT
from .style import GRID, INK, MUTED, PAPER, Colour

if TYPE_CHECKING:
    import pandas as pd

FIRST_DAY, LAST_DAY = datetime(2017, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
EARLIEST_DAY = datetime(2008, 1, 1, tzinfo=UTC)  # what is older, or dated later than the axis, stands on its edge
DAY_TICKS = (10, *LIMIT_DAYS, 3650)
MOST_DAYS = 6000
MOST_DOTS = 1500


def draw_lifetimes(canvas: Canvas, y: float, table: pd.DataFrame, colour: Callable[[str], Colour]) -> float:
    """Put a dot per certificate on a logarithmic axis of days; dots of the same week and days are one larger dot."""
    tall = CURVE_HEIGHT if canvas.size.height is None else canvas.size.height - y - 1.1
    left = canvas.left + AXIS_ROOM
    canvas.text(canvas.left, y + 0.04, "days valid", SMALL_POINTS, MUTED)
    plot = canvas.plot(left, y + 0.15, canvas.right - left - 0.1, tall)
    start = max(EARLIEST_DAY, min(FIRST_DAY, table["issued"].min().to_pydatetime()))
    plot.set_yscale("log")
    fewest = max(min(int(table["days"].min()), DAY_TICKS[0]), 1)  # those that end before they begin are drawn at one
    plot.set_ylim(fewest * 0.6, max(MOST_DAYS, int(table["days"].max())) * 1.2)
    plot.set_yticks(DAY_TICKS, [f"{days:,}" for days in DAY_TICKS])
    plot.minorticks_off()
    plot.set_xlim(day_number(start) - 60, day_number(LAST_DAY) + 30)
    years = range(
        start.year + 1, LAST_DAY.year + 1, 2 if canvas.size.labels_above or start.year < FIRST_DAY.year else 1
    )
    plot.set_xticks([day_number(datetime(year, 1, 1, tzinfo=UTC)) for year in years], [str(year) for year in years])
    steps = [(day, days) for day, days in LIMITS] + [(LAST_DAY, LIMITS[-1][1])]
    plot.step(
        [day_number(day) for day, _ in steps], [days for _, days in steps], where="post", color=canvas.tone(INK),
        linewidth=1.4 * canvas.size.scale, linestyle=(0, (4, 1.5)),
    )  # fmt: skip
    plot.grid(axis="x", color=canvas.tone(GRID), linewidth=0.6 * canvas.size.scale)
    dots = count_dots(table, start)
    for category in dict.fromkeys(category for category, _, _ in dots):
        chosen = [(day, days, count) for (kind, day, days), count in dots.items() if kind == category]
        plot.scatter(
            [day_number(day) for day, _, _ in chosen], [days for _, days, _ in chosen],
            s=[(26 + 8 * min(count - 1, 20)) * canvas.size.scale**2 for _, _, count in chosen],
            color=canvas.tone(colour(category)), edgecolor=canvas.tone(PAPER), linewidth=0.6, zorder=3, clip_on=False,
        )  # fmt: skip
    return y + tall + 0.45


def day_number(day: datetime) -> float:
    """Days since 1970."""
    return day.timestamp() / 86400


def count_dots(table: pd.DataFrame, start: datetime) -> dict[tuple[str, datetime, int], int]:
    """How many certificates each dot stands for: (category, week of issue, days) -> number, the largest kept."""
    dots: Counter[tuple[str, datetime, int]] = Counter()
    for category, issued, days in zip(table["category"], table["issued"], table["days"], strict=True):
        day = min(max(issued.to_pydatetime(), start), LAST_DAY)
        week = start + (day - start) // timedelta(days=7) * timedelta(days=7)
        dots[category, week, max(int(days), 1)] += 1
    return dict(dots.most_common(MOST_DOTS))
