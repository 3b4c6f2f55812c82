"""Curves: a share and the traffic over time, and distributions of times, sizes and days.

In: tables of statistics. Out: figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..statistics.timeline import DAY
from ..statistics.wording import bucket_text, bytes_text
from .canvas import SMALL_POINTS, TEXT_POINTS, Canvas, line_height
from .labels import fit_text, show_text, text_width, wrap_text
from .style import GRID, INK, MUTED, PAPER, PLAIN, TLS_1_3, VERSION_COLOURS, Colour, edge_of, version_colour

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ..statistics import Timeline

LINE_STYLES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)))  # so that curves differ without colour
ALL_STYLES = (*LINE_STYLES, (0, (6, 1.2, 1.2, 1.2, 1.2, 1.2)), (0, (9, 4)))  # and those of the same colour too
LABEL_GAP = 0.03  # inches between two numbers below a plot, at least
SHARE_HEIGHT, COUNT_HEIGHT, CURVE_HEIGHT = 2.0, 0.55, 2.4  # inches, where the height is free
MANY_DECADES = 10**4  # from here on a logarithmic axis names powers of ten only
MOST_DECADES, LEAST_TICKS, FEW_TICKS = 10, 2, 4  # numbers on such an axis
TICK_ROOM = 0.26  # and for the half of a last number
LEAST_MILLISECONDS = 0.001  # where a logarithmic axis shows none, which a clock of whole seconds or milliseconds says
LINEAR_DAYS = 20  # around 0, an axis that goes below it is linear so far
AXIS_ROOM = 0.42  # inches left of a plot for its numbers
TIME_ROOM = 0.2  # inches right of a plot for the half of a last time that stands beyond it
SECONDS_ROOM = 0.28  # and for one with seconds
MANY_SECONDS = 10  # buckets from this length on have times without seconds
TRAFFIC_HEIGHT, TRAFFIC_ROOM = 0.95, 0.62
TIMES_HEIGHT = 0.42  # inches below a plot for its times and the day
NANOSECONDS_PER_SECOND = 10**9
UTC = " UTC"
DAY_FORMATS = ("", "%Y", "%Y-%m", *(f"%Y-%m-%d{UTC}",) * 3)
TIME_FORMATS = ("%Y", "%b", "%d", "%H:%M", "%H:%M", "%H:%M:%S")  # seconds alone would look like hours
ROUND_FORMATS = ("", "%Y", "%b", "%b-%d", "%H:%M", "%H:%M:%S")


def draw_timeline(canvas: Canvas, y: float, timeline: Timeline, colour: Colour) -> float:
    """Put a share over time, and below it how much each point rests on."""
    table, colour = timeline.table, edge_of(colour)
    tall = SHARE_HEIGHT if canvas.size.height is None else canvas.size.height - y - COUNT_HEIGHT - TIMES_HEIGHT - 0.75
    times, step = bucket_times(table)
    left, across = canvas.left + AXIS_ROOM, canvas.right - canvas.left - AXIS_ROOM - time_room(step)
    middles = times + step / 2
    shares, lows, highs = (table[name].astype(float).to_numpy() for name in ("share", "low", "high"))
    plot = canvas.plot(left, y + 0.05, across, tall)
    plot.fill_between(middles, lows, highs, color=canvas.tone(colour), alpha=0.18, linewidth=0)
    draw_lone_intervals(plot, canvas, middles, lows, highs, colour)
    plot.plot(middles, shares, color=canvas.tone(colour), linewidth=2 * canvas.size.scale, solid_joinstyle="round")
    draw_dots(plot, canvas, middles, shares, table["denominator"].astype(int).tolist(), colour)
    plot.set_ylim(0, 1)
    plot.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    plot.tick_params(labelbottom=False)
    counts = canvas.plot(left, y + tall + 0.3, across, COUNT_HEIGHT)
    known = table["denominator"].astype(float).to_numpy()
    counts.bar(middles, known, width=step * 0.84, color=canvas.tone(PLAIN), linewidth=0)
    most = max(int(known.max()), 1)
    counts.set_yticks([most], [short_number(most)])
    for axes in (plot, counts):
        axes.set_xlim(times[0], times[-1] + step)
    format_times(counts, canvas)
    counted = f"Known {timeline.unit.plural} per {bucket_text(timeline.width)}"
    canvas.text(canvas.left, y + tall + 0.19, counted, SMALL_POINTS, MUTED)
    return y + tall + 0.3 + COUNT_HEIGHT + TIMES_HEIGHT


def draw_lone_intervals(plot: Axes, canvas: Canvas, xs: Any, lows: Any, highs: Any, colour: Colour) -> None:
    """Put the intervals of points without a neighbour as lines: a band of one point cannot be seen."""
    import numpy as np

    gaps = np.isnan(np.concatenate([[np.nan], lows, [np.nan]]))
    lone = gaps[:-2] & ~gaps[1:-1] & gaps[2:]
    plot.vlines(
        xs[lone], lows[lone], highs[lone], color=canvas.tone(edge_of(colour)), alpha=0.4,
        linewidth=2 * canvas.size.scale,
    )  # fmt: skip


def short_number(value: float) -> str:
    """A number in the room left of a plot: 812, 14k, 2.1M."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 0.9995 * size:  # what three digits round up to it
            return f"{value / size:.3g}{letter}"
    return f"{value:.0f}"


def bucket_times(table: pd.DataFrame) -> tuple[Any, Any]:
    """The starts of the buckets of a table, and how long one is: a single one is of a second."""
    import numpy as np

    times = table["time"].astype("datetime64[ns, UTC]").dt.tz_localize(None).to_numpy()
    return times, times[1] - times[0] if len(times) > 1 else np.timedelta64(NANOSECONDS_PER_SECOND, "ns")


def time_room(step: Any) -> float:
    """The inches right of a plot for the half of its last time, which has seconds where buckets are short."""
    import numpy as np

    return SECONDS_ROOM if step < np.timedelta64(MANY_SECONDS, "s") else TIME_ROOM


def draw_traffic(canvas: Canvas, y: float, table: pd.DataFrame, width: str) -> float:
    """Put connections over time, and below them bytes over the same time."""
    free = TRAFFIC_HEIGHT if canvas.size.height is None else (canvas.size.height - y - TIMES_HEIGHT - 1.2) / 2
    times, step = bucket_times(table)
    left, across = canvas.left + TRAFFIC_ROOM, canvas.right - canvas.left - TRAFFIC_ROOM - time_room(step)
    for name, colour, told in (("connections", PLAIN, "{:,.0f}".format), ("bytes", TLS_1_3, bytes_text)):
        values = table[name].astype(float).to_numpy()
        canvas.text(canvas.left, y + 0.06, f"{name.capitalize()} per {bucket_text(width)}", SMALL_POINTS, MUTED)
        plot = canvas.plot(left, y + 0.2, across, free)
        plot.bar(times + step / 2, values, width=step * 0.84, color=canvas.tone(colour), linewidth=0)
        most = max(float(values.max()), 1.0)
        plot.set_yticks([0, most / 2, most], ["0", "", told(int(most))])
        plot.set_ylim(0, most * 1.05)
        plot.set_xlim(times[0], times[-1] + step)
        if name == "bytes":
            format_times(plot, canvas)
        else:
            plot.tick_params(labelbottom=False)
        y += free + 0.32
    return y - 0.12 + TIMES_HEIGHT


def draw_dots(plot: Axes, canvas: Canvas, xs: Any, shares: Any, denominators: Sequence[int], colour: Colour) -> None:
    """Put a dot on each known share, larger where more connections stand behind it."""
    most = max([*denominators, 1])
    sizes = [(10 + 20 * (count / most)) * canvas.size.scale**2 for count in denominators]
    plot.scatter(
        xs,
        shares,
        s=sizes,
        color=canvas.tone(colour),
        edgecolor=canvas.tone(PAPER),
        linewidth=0.6,
        zorder=3,
        clip_on=False,
    )


def format_times(axes: Axes, canvas: Canvas) -> None:
    """Label a time axis with as few words as say it: the day once, then hours; months of two years with the first year.

    Below the axis stands the day, or month, of its first label, and that of its last one where it is another.

    With room for a few only, two will do: else two and a half minutes, hours or days are too many of the next smaller.
    No time is a part of a second, which no bucket is.
    """
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, num2date

    least, most = (2, 5) if canvas.size.labels_above else (3, 9)
    low, high = axes.get_xlim()
    least = max(1, min(least, int((high - low) * DAY + 0.5)))

    class Dates(ConciseDateFormatter):
        span = ""

        def format_ticks(self, values: Sequence[float]) -> list[str]:
            """The labels; where no year stands beside them, the first that is seen has it."""
            labels: list[str] = super().format_ticks(values)  # type: ignore[no-untyped-call]
            low, high = sorted(axes.get_xlim())
            seen = [place for place, value in enumerate(values) if low <= value <= high]
            days = [f"{num2date(values[place]):%Y-%m-%d}" for place in seen]  # type: ignore[no-untyped-call]
            self.span = super().get_offset()  # type: ignore[no-untyped-call]
            if days and self.span:
                self.span = span_text(days[0], days[-1], self.span)
            elif days and days[0][:4] not in labels[seen[0]]:
                labels[seen[0]] += f"\n{days[0][:4]}"
            return labels

        def get_offset(self) -> str:
            """What stands below the axis."""
            return self.span

    locator = AutoDateLocator(minticks=least, maxticks=most)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formats = {"formats": TIME_FORMATS, "zero_formats": ROUND_FORMATS, "offset_formats": DAY_FORMATS}
    axes.xaxis.set_major_formatter(Dates(locator, **formats))  # type: ignore[no-untyped-call]
    axes.xaxis.get_offset_text().set_fontsize(SMALL_POINTS * canvas.size.scale)
    axes.xaxis.get_offset_text().set_color(canvas.tone(MUTED))


def span_text(first: str, last: str, shown: str) -> str:
    """Two days as one text, as exactly as `shown` says a day, a month or a year; once where both are the same."""
    day = shown.removesuffix(UTC)
    first, last = first[: len(day)], last[: len(day)]
    return (first if first == last else f"{first} to {last}") + shown[len(day) :]


class Curve(NamedTuple):
    """A distribution function: what it is of, its points, its colour, and which of ALL_STYLES it has."""

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    colour: Colour
    style: int


class Axis(NamedTuple):
    """The values' axis: its unit, its kind (log, or symlog around 0), its ticks, and lines with their names.

    Without ticks, those of a logarithmic axis are chosen from the values.
    """

    unit: str
    kind: str
    ticks: Sequence[int] = ()
    marks: Sequence[tuple[float, str]] = ()


def draw_distributions(canvas: Canvas, y: float, table: pd.DataFrame, labels: dict[str, str]) -> float:
    """Put one distribution function per version on a logarithmic time axis; `labels` names them in the key."""
    curves = []
    versions = list(dict.fromkeys(table["version_name"].tolist()))
    styles = version_lines(versions)
    for version in versions:
        points = table[table["version_name"] == version]
        xs = points["milliseconds"].astype(float).clip(lower=LEAST_MILLISECONDS).tolist()
        ys = points["share"].astype(float).tolist()
        curves.append(Curve(labels[version], xs, ys, version_colour(version), styles[version]))
    return draw_curves(canvas, y, curves, Axis("milliseconds", "log"))


def draw_curves(canvas: Canvas, y: float, curves: Sequence[Curve], axis: Axis) -> float:
    """Put distribution functions below a key of them; return where they end."""
    y = draw_line_key(canvas, y, curves)
    y += 0.1 if any(name for _, name in axis.marks) else 0
    tall = CURVE_HEIGHT if canvas.size.height is None else canvas.size.height - y - 0.9
    across = canvas.right - canvas.left - AXIS_ROOM - TICK_ROOM
    plot = canvas.plot(canvas.left + AXIS_ROOM, y + 0.05, across, tall)
    plot.set_xscale(axis.kind, **({"linthresh": LINEAR_DAYS} if axis.kind == "symlog" else {}))
    for curve in curves:
        plot.step(
            [curve.xs[0], *curve.xs], [0, *curve.ys], where="post", color=canvas.tone(edge_of(curve.colour)),
            linestyle=ALL_STYLES[curve.style], linewidth=2 * canvas.size.scale,
        )  # fmt: skip
    plot.set_ylim(0, 1)
    plot.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    plot.axhline(0.5, color=canvas.tone(MUTED), linewidth=0.8 * canvas.size.scale, linestyle=(0, (2, 2)))
    plot.grid(axis="x", color=canvas.tone(GRID), linewidth=0.8 * canvas.size.scale)
    values = [x for curve in curves for x in curve.xs]
    if axis.ticks:
        set_ticks(plot, axis, min(values), max(values), across)
    else:
        wide = max(values) > MANY_DECADES * min(values)
        format_milliseconds(plot, (1,) if wide or canvas.size.labels_above else (1, 2, 5), across)
    for value, name in axis.marks:
        plot.axvline(value, color=canvas.tone(INK), linewidth=canvas.size.scale, linestyle=(0, (1, 1.5)), zorder=1.5)
        if name:
            plot.annotate(
                name, (value, 1.02), color=canvas.tone(INK), fontsize=SMALL_POINTS * canvas.size.scale, ha="center",
                parse_math=False, annotation_clip=False,
            )  # fmt: skip
    canvas.text(canvas.right, y + tall + 0.36, axis.unit, SMALL_POINTS, MUTED, align="right")
    return y + tall + 0.45


def set_ticks(plot: Axes, axis: Axis, low: float, high: float, across: float) -> None:
    """Put an axis's own ticks, and let it reach a tick beyond the values and the marks on each side.

    A number that would touch the one before it is left out; its line stays. `across` is the plot's width in inches.
    """
    low = min([low, *(value for value, _ in axis.marks)])
    high = max([high, *(value for value, _ in axis.marks)])
    first = max([tick for tick in axis.ticks if tick <= low], default=low)
    last = min([tick for tick in axis.ticks if tick >= high], default=high)
    shown = [tick for tick in axis.ticks if first <= tick <= last]
    plot.set_xlim(min(first, low), max(last, high))
    labels: list[str] = []
    end = -math.inf
    places = plot.transScale.transform([(value, 0) for value in (*shown, *plot.get_xlim())])[:, 0]
    for tick, place in zip(shown, places, strict=False):
        middle = (place - places[-2]) / (places[-1] - places[-2]) * across
        half = text_width(f"{tick:,}", SMALL_POINTS) / 2
        fits = middle - half >= end + LABEL_GAP
        labels.append(f"{tick:,}" if fits else "")
        end = middle + half if fits else end
    plot.set_xticks(shown, labels)
    plot.minorticks_off()


def draw_line_key(canvas: Canvas, y: float, curves: Sequence[Curve]) -> float:
    """Say which line is which."""
    x = canvas.left
    for curve in curves:
        label = fit_text(show_text(curve.label), canvas.right - canvas.left - 0.42, SMALL_POINTS)
        needed = 0.42 + text_width(label, SMALL_POINTS) + 0.2
        if x > canvas.left and x + needed > canvas.right:
            x, y = canvas.left, y + 0.19
        canvas.line((x, x + 0.34), (y + 0.06, y + 0.06), curve.colour, 2, style=ALL_STYLES[curve.style])
        canvas.text(x + 0.4, y + 0.06, label, SMALL_POINTS, INK)
        x += needed
    return y + 0.26


def version_lines(versions: Sequence[str]) -> dict[str, int]:
    """Which of ALL_STYLES each version has: the same in every chart, and a draft has one of its own."""
    names = list(VERSION_COLOURS)
    lines = {version: names.index(version) % len(LINE_STYLES) for version in versions if version in names}
    for version in versions:
        taken = {line for other, line in lines.items() if version_colour(other) == version_colour(version)}
        free = [line for line in reversed(range(len(ALL_STYLES))) if line not in taken]
        lines.setdefault(version, min(free, key=lambda line: abs(line - len(LINE_STYLES) + 1), default=0))
    return lines


def format_milliseconds(axes: Axes, steps: tuple[int, ...], across: float) -> None:
    """Label a logarithmic axis with plain numbers, at these steps of each decade, or of every second where it is long.

    Between two powers of ten, and where only one is seen, it has a few round numbers. `across` is its width in inches.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    low, high = axes.get_xlim()
    widest = text_width(plain_number(10 ** math.floor(math.log10(high))), SMALL_POINTS)
    most = max(int(across / (widest + LABEL_GAP)), 2)
    axes.xaxis.set_major_locator(LogLocator(base=10, subs=steps, numticks=min(most, MOST_DECADES)))
    if sum(low <= tick <= high for tick in axes.get_xticks()) < LEAST_TICKS:
        round_numbers = MaxNLocator(min(most, FEW_TICKS), steps=(1, 2, 2.5, 5, 10)).tick_values(low, high)
        axes.xaxis.set_major_locator(FixedLocator([tick for tick in round_numbers if tick > 0]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plain_number(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()


def plain_number(value: float) -> str:
    """A number without an exponent: 0.001, 20, 10,000."""
    return f"{value:,.10g}"


def draw_nothing(canvas: Canvas, y: float, reason: str) -> float:
    """Say in the chart's place why there is nothing to draw."""
    left, right, step = canvas.left, canvas.right, line_height(TEXT_POINTS)
    lines = wrap_text(reason, right - left - 0.4, TEXT_POINTS)
    end = y + 0.7 + step * len(lines)
    canvas.line((left, right, right, left, left), (y, y, end, end, y))
    for place, line in enumerate(lines):
        canvas.text((left + right) / 2, y + 0.35 + step * (place + 0.5), line, TEXT_POINTS, MUTED, align="center")
    return end
