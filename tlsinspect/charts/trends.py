"""Shares over time: stacked or as lines, with what they rest on below, dates across and others' figures apart.

In: layers of shares, one value per period. Out: figures. A period without connections is a gap, in every
layer: nothing is drawn across it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .canvas import SMALL_POINTS, UNKNOWN_PATTERN, Canvas, line_height, outline_of
from .curves import (
    AXIS_ROOM,
    LINE_STYLES,
    TIME_ROOM,
    TIMES_HEIGHT,
    Curve,
    draw_line_key,
    draw_lone_intervals,
    format_times,
    short_number,
)
from .labels import show_text, text_width, wrap_text
from .style import INK, MUTED, PAPER, PLAIN, UNKNOWN, UNKNOWN_HATCH, Colour, edge_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHARE_HEIGHT, COUNT_HEIGHT, LEAST_HEIGHT = 2.5, 0.5, 1.0  # inches
MARK_ROOM, FIGURE_HEIGHT = 0.16, 0.1
MANY_PERIODS = 62  # from here on intervals are bands, and dots are left out
FEW_PERIODS = 8  # up to here each is named
DAYS_PER_WEEK = 7
THIN_PATTERN = "---"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
PERCENT_TICKS = ([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])


@dataclass(frozen=True)
class Layer:
    """The shares of one category in all periods; NaN where there is none."""

    label: str
    colour: Colour
    shares: Any
    lows: Any
    highs: Any


@dataclass(frozen=True)
class Mark:
    """A date across the plot: days since 1970, and what it is."""

    day: float
    label: str


@dataclass(frozen=True)
class Published:
    """A figure of others: what it is of and whose, its share, its colour."""

    label: str
    share: float
    colour: Colour


@dataclass(frozen=True)
class Trend:
    """Everything that is drawn: the edges of the periods (days since 1970, one more than there are) and per
    period what is known, what is not, whether it is thin and whether it is partial."""

    edges: Any
    layers: Sequence[Layer]
    stacked: bool
    known: Any
    unknown: Any
    thin: Any
    partial: Any
    marks: Sequence[Mark]
    published: Sequence[Published]
    counted: str


def draw_trend(canvas: Canvas, y: float, trend: Trend) -> float:
    """Put shares over time with all that belongs to them; return where it ends."""
    if trend.stacked:
        y = canvas.legend(y, [(layer.label, layer.colour) for layer in trend.layers])
    else:
        curves = [
            Curve(layer.label, (), (), layer.colour, place % len(LINE_STYLES))
            for place, layer in enumerate(trend.layers)
        ]
        y = draw_line_key(canvas, y, curves)
    y += MARK_ROOM if trend.marks else 0
    below = COUNT_HEIGHT + TIMES_HEIGHT + 0.5 + keys_height(canvas, trend)
    tall = SHARE_HEIGHT if canvas.size.height is None else max(canvas.size.height - y - below, LEAST_HEIGHT)
    left, across = canvas.left + AXIS_ROOM, canvas.right - canvas.left - AXIS_ROOM - TIME_ROOM
    plot = canvas.plot(left, y + 0.05, across, tall)
    (draw_stack if trend.stacked else draw_lines)(plot, canvas, trend)
    plot.set_ylim(0, 1)
    plot.set_yticks(*PERCENT_TICKS)
    plot.xaxis.set_visible(False)
    draw_doubts(plot, canvas, trend)
    draw_marks(plot, canvas, trend, across)
    y += tall + 0.12
    canvas.text(canvas.left, y + 0.08, trend.counted, SMALL_POINTS, MUTED)
    counts = canvas.plot(left, y + 0.2, across, COUNT_HEIGHT)
    draw_counts(counts, canvas, trend)
    for axes in (plot, counts):
        axes.set_xlim(trend.edges[0], trend.edges[-1])
    name_periods(counts, canvas, trend)
    y += 0.2 + COUNT_HEIGHT + TIMES_HEIGHT
    y = draw_mark_key(canvas, y, trend.marks)
    return draw_published(canvas, y, trend.published)


def name_periods(counts: Axes, canvas: Canvas, trend: Trend) -> None:
    """Name each period in its middle where they are few, else label the axis of times."""
    from matplotlib.dates import num2date

    counts.xaxis_date()
    if len(trend.known) > (FEW_PERIODS // 2 if canvas.size.labels_above else FEW_PERIODS):
        format_times(counts, canvas)
        return
    form = "%Y-%m" if trend.edges[1] - trend.edges[0] > DAYS_PER_WEEK else "%Y-%m-%d"
    middles = (trend.edges[:-1] + trend.edges[1:]) / 2
    names = [f"{num2date(start):{form}}" for start in trend.edges[:-1]]  # type: ignore[no-untyped-call]
    counts.set_xticks(middles, names)


def draw_stack(plot: Axes, canvas: Canvas, trend: Trend) -> None:
    """Put the layers on each other, the first at the bottom, whose interval is drawn at its upper edge."""
    import numpy as np

    base = np.where(np.isnan(trend.layers[0].shares), np.nan, 0.0)
    line = 0.5 if len(trend.known) <= MANY_PERIODS else 0  # around many steps lines would hide the layers
    for layer in trend.layers:
        top = base + np.nan_to_num(layer.shares)
        put_steps(
            plot, trend.edges, base, top, facecolor=canvas.tone(layer.colour),
            edgecolor=canvas.tone(outline_of(layer.colour)), linewidth=line * canvas.size.scale,
        )  # fmt: skip
        base = top
    draw_interval(plot, canvas, trend, trend.layers[0], INK)


def draw_lines(plot: Axes, canvas: Canvas, trend: Trend) -> None:
    """Put a line per layer through the middles of the periods, whole at 0 and 100 % too, with dots and intervals."""
    middles = (trend.edges[:-1] + trend.edges[1:]) / 2
    dots: dict[str, Any] = (
        {"marker": "o", "markersize": 3.2 * canvas.size.scale} if len(middles) <= MANY_PERIODS else {}
    )
    for place, layer in enumerate(trend.layers):
        colour = canvas.tone(edge_of(layer.colour))
        plot.plot(
            middles, layer.shares, color=colour, linewidth=1.7 * canvas.size.scale,
            linestyle=LINE_STYLES[place % len(LINE_STYLES)], markeredgecolor=canvas.tone(PAPER),
            markeredgewidth=0.4, clip_on=False, **dots,
        )  # fmt: skip
        plot.fill_between(middles, layer.lows, layer.highs, color=colour, alpha=0.1, linewidth=0)
        draw_lone_intervals(plot, canvas, middles, layer.lows, layer.highs, layer.colour)


def draw_interval(plot: Axes, canvas: Canvas, trend: Trend, layer: Layer, colour: Colour) -> None:
    """Put the 95 % interval of a layer: a line per period, or a band where there are many."""
    middles = (trend.edges[:-1] + trend.edges[1:]) / 2
    tone = canvas.tone(colour)
    if len(middles) > MANY_PERIODS:
        put_steps(plot, trend.edges, layer.lows, layer.highs, facecolor=tone, alpha=0.25, linewidth=0)
        return
    for wide, shade in ((2.4, canvas.tone(PAPER)), (1.0, tone)):
        plot.vlines(middles, layer.lows, layer.highs, color=shade, linewidth=wide * canvas.size.scale, zorder=3)


def draw_doubts(plot: Axes, canvas: Canvas, trend: Trend) -> None:
    """Put a pattern over the periods that rest on little, and a light one over those that are not whole."""
    starts, ends, known = trend.edges[:-1], trend.edges[1:], trend.known > 0
    for chosen, look in (
        (known & trend.partial, {"facecolor": canvas.tone(PAPER), "alpha": 0.5, "zorder": 3.5}),
        (
            known & trend.thin,
            {"facecolor": "none", "edgecolor": canvas.tone(INK), "alpha": 0.55, "hatch": THIN_PATTERN, "zorder": 3.6},
        ),
    ):
        put_boxes(plot, starts[chosen], ends[chosen], 0, 1, **look)


def put_steps(plot: Axes, edges: Any, bottoms: Any, tops: Any, **look: Any) -> None:
    """Put an area whose height changes at the edges; where it is NaN there is a gap."""
    from matplotlib.patches import StepPatch

    plot.add_artist(StepPatch(tops, edges, baseline=bottoms, fill=True, **look))  # add_patch would measure each step


def put_boxes(plot: Axes, lefts: Any, rights: Any, bottoms: Any, tops: Any, **look: Any) -> None:
    """Put boxes as one shape: with one for each a year by day takes a hundred times as long to draw."""
    import numpy as np
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if len(lefts):
        corners = np.broadcast_arrays(lefts, bottoms, lefts, tops, rights, tops, rights, bottoms)
        boxes = np.stack(corners, axis=1).reshape(-1, 4, 2)
        plot.add_artist(PathPatch(Path.make_compound_path_from_polys(boxes), linewidth=0, **look))


def draw_marks(plot: Axes, canvas: Canvas, trend: Trend, across: float) -> None:
    """Put a line across for each date, with its letter above, or right of the last one where that is in the way."""
    first, last = trend.edges[0], trend.edges[-1]
    room = text_width("m", SMALL_POINTS) * (last - first) / across
    free = first - room
    for letter, mark in zip(LETTERS, trend.marks, strict=False):
        plot.axvline(mark.day, color=canvas.tone(INK), linewidth=canvas.size.scale, linestyle=(0, (1, 1.5)), zorder=4)
        at = max(mark.day, free)
        free = at + room
        plot.annotate(
            letter, (at, 1.02), color=canvas.tone(INK), fontsize=SMALL_POINTS * canvas.size.scale,
            ha="center", parse_math=False, annotation_clip=False,
        )  # fmt: skip


def draw_counts(counts: Axes, canvas: Canvas, trend: Trend) -> None:
    """Put how much is known in each period, and on it, hatched, how much is not."""
    margins = (trend.edges[1:] - trend.edges[:-1]) * (0.07 if len(trend.known) <= MANY_PERIODS else 0)
    lefts, rights, tops = trend.edges[:-1] + margins, trend.edges[1:] - margins, trend.known + trend.unknown
    put_boxes(counts, lefts, rights, 0, trend.known, facecolor=canvas.tone(PLAIN))
    put_boxes(
        counts, lefts, rights, trend.known, tops, facecolor=canvas.tone(UNKNOWN),
        edgecolor=canvas.tone(UNKNOWN_HATCH), hatch=UNKNOWN_PATTERN,
    )  # fmt: skip
    most = max(float(tops.max()), 1.0)
    counts.set_ylim(0, most * 1.02)
    counts.set_yticks([0, most], ["0", short_number(most)])


def mark_lines(canvas: Canvas, marks: Sequence[Mark]) -> list[str]:
    """What the letters mean, in lines."""
    width = canvas.right - canvas.left
    told = [f"{letter}  {mark.label}" for letter, mark in zip(LETTERS, marks, strict=False)]
    return [line for text in told for line in wrap_text(show_text(text), width, SMALL_POINTS)]


def published_lines(canvas: Canvas, published: Published) -> list[str]:
    """What a figure is of, in lines."""
    return wrap_text(show_text(published.label), canvas.right - canvas.left, SMALL_POINTS)


def keys_height(canvas: Canvas, trend: Trend) -> float:
    """How much room the keys below the plots take."""
    step = line_height(SMALL_POINTS)
    figures = sum(len(published_lines(canvas, each)) * step + FIGURE_HEIGHT for each in trend.published)
    return len(mark_lines(canvas, trend.marks)) * step + (figures + step + 0.2 if trend.published else 0)


def draw_mark_key(canvas: Canvas, y: float, marks: Sequence[Mark]) -> float:
    """Say what the letters mean."""
    step = line_height(SMALL_POINTS)
    for line in mark_lines(canvas, marks):
        canvas.text(canvas.left, y + step / 2, line, SMALL_POINTS, INK)
        y += step
    return y + (0.08 if marks else 0)


def draw_published(canvas: Canvas, y: float, published: Sequence[Published]) -> float:
    """Put what others published, apart: a dashed line from nothing to the share, under its name."""
    if not published:
        return y
    step = line_height(SMALL_POINTS)
    left, across = canvas.left + AXIS_ROOM, canvas.right - canvas.left - AXIS_ROOM - TIME_ROOM
    canvas.line((canvas.left, canvas.right), (y, y), MUTED, 0.6)
    y += 0.06
    canvas.text(canvas.left, y + step / 2, "Published by others, not your traffic", SMALL_POINTS, INK, bold=True)
    y += step + 0.02
    for each in published:
        for line in published_lines(canvas, each):
            canvas.text(canvas.left, y + step / 2, line, SMALL_POINTS, MUTED)
            y += step
        draw_dashes(canvas, left, left + across * each.share, y + FIGURE_HEIGHT / 2, each.colour)
        y += FIGURE_HEIGHT
    return y + 0.06


def draw_dashes(canvas: Canvas, left: float, right: float, y: float, colour: Colour) -> None:
    """Put a dashed line with an end to it."""
    canvas.line((left, right), (y, y), colour, 1.6, style=(0, (2.5, 1.5)))
    canvas.line((right, right), (y - 0.04, y + 0.04), colour, 1.6)
