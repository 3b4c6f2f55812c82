"""Curves: a share over time with its interval, and distributions of handshake times.

In: tables of statistics. Out: figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .canvas import SMALL_POINTS, TEXT_POINTS, Canvas, line_height
from .labels import fit_text, show_text, text_width, wrap_text
from .style import GRID, INK, MUTED, PAPER, PLAIN, VERSION_COLOURS, Colour

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

LINE_STYLES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)))  # so that curves differ without colour
SHARE_HEIGHT, COUNT_HEIGHT, CURVE_HEIGHT = 2.0, 0.55, 2.4  # inches, where the height is free
MANY_DECADES = 10**4  # from here on a logarithmic axis names powers of ten only
AXIS_ROOM = 0.42  # inches left of a plot for its numbers
TIME_ROOM = 0.2  # inches right of a plot for the half of a last time that stands beyond it
TIMES_HEIGHT = 0.42  # inches below a plot for its times and the day
DAY_FORMATS = ("", "%Y", "%Y-%m", "%Y-%m-%d UTC", "%Y-%m-%d UTC", "%Y-%m-%d %H:%M UTC")


def draw_timeline(canvas: Canvas, y: float, table: pd.DataFrame, width: str, colour: Colour) -> float:
    """Put a share over time, and below it how many connections each point rests on."""
    import numpy as np

    tall = SHARE_HEIGHT if canvas.size.height is None else canvas.size.height - y - COUNT_HEIGHT - TIMES_HEIGHT - 0.75
    left, across = canvas.left + AXIS_ROOM, canvas.right - canvas.left - AXIS_ROOM - TIME_ROOM
    times = table["time"].astype("datetime64[ns, UTC]").dt.tz_localize(None).to_numpy()
    step = times[1] - times[0] if len(times) > 1 else np.timedelta64(1, "s")
    middles = times + step / 2
    shares, lows, highs = (table[name].astype(float).to_numpy() for name in ("share", "low", "high"))
    plot = canvas.plot(left, y + 0.05, across, tall)
    plot.fill_between(middles, lows, highs, color=colour.light, alpha=0.18, linewidth=0)
    plot.plot(middles, shares, color=colour.light, linewidth=2 * canvas.size.scale, solid_joinstyle="round")
    draw_dots(plot, canvas, middles, shares, table["denominator"].astype(int).tolist(), colour)
    plot.set_ylim(0, 1)
    plot.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    plot.tick_params(labelbottom=False)
    counts = canvas.plot(left, y + tall + 0.3, across, COUNT_HEIGHT)
    known = table["denominator"].astype(float).to_numpy()
    counts.bar(middles, known, width=step * 0.84, color=PLAIN.light, linewidth=0)
    counts.set_yticks([max(known.max(), 1)])
    for axes in (plot, counts):
        axes.set_xlim(times[0], times[-1] + step)
    format_times(counts, canvas)
    canvas.text(canvas.left, y + tall + 0.19, f"Known connections per {width}", SMALL_POINTS, MUTED)
    return y + tall + 0.3 + COUNT_HEIGHT + TIMES_HEIGHT


def draw_dots(plot: Axes, canvas: Canvas, xs: Any, shares: Any, denominators: Sequence[int], colour: Colour) -> None:
    """Put a dot on each known share, larger where more connections stand behind it."""
    most = max([*denominators, 1])
    sizes = [(10 + 20 * (count / most)) * canvas.size.scale**2 for count in denominators]
    plot.scatter(xs, shares, s=sizes, color=colour.light, edgecolor=PAPER.light, linewidth=0.6, zorder=3, clip_on=False)


def format_times(axes: Axes, canvas: Canvas) -> None:
    """Label a time axis with as few words as say it: the day once, then hours."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=5 if canvas.size.labels_above else 9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, offset_formats=DAY_FORMATS))  # type: ignore[no-untyped-call]
    axes.xaxis.get_offset_text().set_fontsize(SMALL_POINTS * canvas.size.scale)
    axes.xaxis.get_offset_text().set_color(MUTED.light)


def draw_distributions(canvas: Canvas, y: float, table: pd.DataFrame, labels: dict[str, str]) -> float:
    """Put one distribution function per version on a logarithmic time axis; `labels` names them in the key."""
    versions = list(dict.fromkeys(table["version_name"].tolist()))
    y = draw_line_key(canvas, y, versions, labels)
    tall = CURVE_HEIGHT if canvas.size.height is None else canvas.size.height - y - 0.9
    plot = canvas.plot(canvas.left + AXIS_ROOM, y + 0.05, canvas.right - canvas.left - AXIS_ROOM - 0.1, tall)
    for version in versions:
        points = table[table["version_name"] == version]
        xs, ys = points["milliseconds"].astype(float).to_numpy(), points["share"].astype(float).to_numpy()
        plot.step(
            [xs[0], *xs], [0, *ys], where="post", color=version_colour(version).light,
            linestyle=version_line(version), linewidth=2 * canvas.size.scale,
        )  # fmt: skip
    plot.set_xscale("log")
    plot.set_ylim(0, 1)
    plot.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    plot.axhline(0.5, color=MUTED.light, linewidth=0.8 * canvas.size.scale, linestyle=(0, (2, 2)))
    plot.grid(axis="x", color=GRID.light, linewidth=0.8 * canvas.size.scale)
    times = table["milliseconds"].astype(float)
    wide = times.max() > MANY_DECADES * max(times.min(), 1e-6)
    format_milliseconds(plot, (1,) if wide or canvas.size.labels_above else (1, 2, 5))
    canvas.text(canvas.right, y + tall + 0.36, "milliseconds", SMALL_POINTS, MUTED, align="right")
    return y + tall + 0.45


def draw_line_key(canvas: Canvas, y: float, versions: Sequence[str], labels: dict[str, str]) -> float:
    """Say which line is which."""
    x = canvas.left
    for version in versions:
        label = fit_text(show_text(labels[version]), canvas.right - canvas.left - 0.42, SMALL_POINTS)
        needed = 0.42 + text_width(label, SMALL_POINTS) + 0.2
        if x > canvas.left and x + needed > canvas.right:
            x, y = canvas.left, y + 0.19
        canvas.axes.plot(
            [x, x + 0.34], [y + 0.06, y + 0.06], color=version_colour(version).light, linestyle=version_line(version),
            linewidth=2 * canvas.size.scale,
        )  # fmt: skip
        canvas.text(x + 0.4, y + 0.06, label, SMALL_POINTS, INK)
        x += needed
    return y + 0.26


def version_colour(version: str) -> Colour:
    """A version's colour; a draft has that of its version."""
    return VERSION_COLOURS.get(version.partition(" (")[0], PLAIN)


def version_line(version: str) -> Any:
    """A version's line style, the same in every chart."""
    names = list(VERSION_COLOURS)
    return LINE_STYLES[names.index(version) % len(LINE_STYLES)] if version in names else LINE_STYLES[-1]


def format_milliseconds(axes: Axes, steps: tuple[int, ...]) -> None:
    """Label a logarithmic axis with plain numbers, at these steps of each decade."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.xaxis.set_major_locator(LogLocator(base=10, subs=steps, numticks=10))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()


def draw_nothing(canvas: Canvas, y: float, reason: str) -> float:
    """Say in the chart's place why there is nothing to draw."""
    left, right, step = canvas.left, canvas.right, line_height(TEXT_POINTS)
    lines = wrap_text(reason, right - left - 0.4, TEXT_POINTS)
    end = y + 0.7 + step * len(lines)
    canvas.line((left, right, right, left, left), (y, y, end, end, y))
    for place, line in enumerate(lines):
        canvas.text((left + right) / 2, y + 0.35 + step * (place + 0.5), line, TEXT_POINTS, MUTED, align="center")
    return end
