"""Bar charts: shares as sorted horizontal bars with values and intervals, and 100 % bars by port.

In: tables of shares. Out: figures. Nothing is computed but places on the canvas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .canvas import SMALL_POINTS, TEXT_POINTS, Canvas
from .labels import HINTING, fit_text, show_text, text_width
from .style import INK, MUTED, PLAIN, Colour

ROW, NARROW_ROW = 0.27, 0.43  # inches from one bar to the next
BAR = 0.17
LEAST_WIDTH = 0.012  # so that what is rare still shows
WIDEST_LABEL = 0.44  # of the canvas
GRID_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)


class Bar(NamedTuple):
    """One bar: its label, length as a fraction, what stands after it, interval and colour.

    `kind` is what a click on it asks for: the category of its label, or "folded" or "unknown", whatever the label says.
    """

    label: str
    share: float
    value: str
    detail: str
    low: float | None
    high: float | None
    colour: Colour
    kind: str = ""


@dataclass(frozen=True)
class Scale:
    """Where fractions lie on the canvas."""

    left: float
    width: float
    top: float

    def x(self, share: float) -> float:
        """The place of a fraction."""
        return self.left + self.width * min(share, self.top) / self.top


def draw_bars(canvas: Canvas, y: float, bars: Sequence[Bar], unknown: Sequence[Bar]) -> float:
    """Put bars below `y`, then, apart from them, what is unknown; return where they end."""
    rows = [*bars, *unknown]
    step = row_step(canvas, y, len(rows) + (1 if unknown else 0))
    scale = bar_scale(canvas, rows)
    end = y + 0.1 + step * len(bars)
    draw_grid(canvas, scale, y, end)
    for place, bar in enumerate(bars):
        draw_bar(canvas, scale, y + 0.1 + step * (place + 0.5), bar)
        canvas.target((canvas.left, y + 0.1 + step * place, canvas.right - canvas.left, step), bar.label, bar.kind)
    if unknown:
        end += 0.08
        canvas.line((canvas.left, canvas.right), (end, end))
        for place, bar in enumerate(unknown):
            draw_bar(canvas, scale, end + 0.04 + step * (place + 0.5), bar)
            canvas.target((canvas.left, end + 0.04, canvas.right - canvas.left, step), bar.label, bar.kind)
        end += 0.04 + step * len(unknown)
    return end


def row_step(canvas: Canvas, y: float, rows: int) -> float:
    """The distance between bars: as usual, or what a fixed height leaves."""
    usual = NARROW_ROW if canvas.size.labels_above else ROW
    if canvas.size.height is None or not rows:
        return usual
    room = canvas.size.height - y - 0.75
    return max(0.16, min(0.36, room / rows))


def bar_scale(canvas: Canvas, rows: Sequence[Bar]) -> Scale:
    """The scale on which all bars, their intervals and values fit; it ends at a round number."""
    most = max((max(row.share, row.high or 0) for row in rows), default=1.0)
    top = next((step for step in (0.05, 0.1, 0.2, 0.25, 0.4, 0.5, 0.6, 0.8) if most <= step), 1.0)
    left = canvas.left
    if not canvas.size.labels_above:
        widest = max((text_width(show_text(row.label), TEXT_POINTS) for row in rows), default=0)
        left += min(widest, canvas.width * WIDEST_LABEL) * HINTING + 0.12
    room = max((value_width(row) for row in rows), default=0)
    return Scale(left, canvas.right - room - left, top)


def value_width(bar: Bar) -> float:
    """The room in inches that a bar's value and detail take."""
    return 0.15 + text_width(bar.value, TEXT_POINTS, bold=True) + text_width(bar.detail, SMALL_POINTS)


def draw_grid(canvas: Canvas, scale: Scale, y: float, end: float) -> None:
    """Put light vertical lines at round shares, with their numbers on top."""
    step = next(step for step in GRID_STEPS if scale.top / step <= 5)
    for number in range(round(scale.top / step) + 1):
        x, label = scale.x(number * step), f"{100 * number * step:.0f}%"
        canvas.line((x, x), (y + 0.07, end))
        outside = x - text_width(label, SMALL_POINTS - 1) / 2 < canvas.left
        canvas.text(x, y, label, SMALL_POINTS - 1, MUTED, align="left" if outside else "center")


def draw_bar(canvas: Canvas, scale: Scale, y: float, bar: Bar) -> None:
    """Put one bar with its label, value and interval; `y` is the middle of its row."""
    label = show_text(bar.label)
    if canvas.size.labels_above:
        label = fit_text(label, canvas.right - canvas.left, SMALL_POINTS)
        canvas.text(canvas.left, y - 0.13, label, SMALL_POINTS)
        y += 0.07
    else:
        label = fit_text(label, canvas.width * WIDEST_LABEL, TEXT_POINTS)
        canvas.text(scale.left - 0.1, y, label, TEXT_POINTS, align="right")
    draw_value_bar(canvas, scale, y, bar, BAR * (0.75 if canvas.size.labels_above else 1))


class Pair(NamedTuple):
    """Two bars under one label: what was offered, drawn hollow, and what was agreed, drawn full."""

    first: Bar
    second: Bar


PAIR_STATISTICS = ("versions_offered", "versions")  # what the two bars of a pair are of


def draw_pairs(canvas: Canvas, y: float, pairs: Sequence[Pair], names: tuple[str, str]) -> float:
    """Put pairs of bars below a key of their two names; return where they end."""
    y = draw_key(canvas, y, names)
    bars = [bar for pair in pairs for bar in pair]
    step = row_step(canvas, y, round(1.6 * len(pairs))) * (1.25 if canvas.size.labels_above else 1.6)
    scale = bar_scale(canvas, bars)
    end = y + 0.1 + step * len(pairs)
    draw_grid(canvas, scale, y, end)
    for place, pair in enumerate(pairs):
        middle = y + 0.1 + step * (place + 0.5)
        label = fit_text(show_text(pair.first.label), canvas.width * WIDEST_LABEL, TEXT_POINTS)
        if canvas.size.labels_above:
            canvas.text(canvas.left, middle - 0.18, label, SMALL_POINTS)
            middle += 0.06
        else:
            canvas.text(scale.left - 0.1, middle, label, align="right")
        draw_value_bar(canvas, scale, middle - 0.085, pair.first, BAR * 0.75, hollow=True)
        draw_value_bar(canvas, scale, middle + 0.085, pair.second, BAR * 0.75)
        for bar, top, statistic in zip(pair, (middle - 0.17, middle), PAIR_STATISTICS, strict=True):
            canvas.target((scale.left, top, canvas.right - scale.left, 0.17), bar.label, statistic)
    return end


def draw_key(canvas: Canvas, y: float, names: tuple[str, str]) -> float:
    """Say what the hollow and the full bars are."""
    x = canvas.left
    for name, hollow in zip(names, (True, False), strict=True):
        width = 0.26 + text_width(name, SMALL_POINTS)
        if x > canvas.left and x + width > canvas.right:
            x, y = canvas.left, y + 0.18
        canvas.bar(x, y, 0.2, 0.1, PLAIN, hollow)
        canvas.text(x + 0.26, y + 0.05, name, SMALL_POINTS, MUTED)
        x += width + 0.25
    return y + 0.3


def draw_value_bar(canvas: Canvas, scale: Scale, y: float, bar: Bar, height: float, hollow: bool = False) -> None:
    """Put a bar, its interval, and its value behind both; `y` is its middle."""
    end = scale.x(bar.share)
    if bar.share:
        canvas.bar(scale.left, y - height / 2, max(end - scale.left, LEAST_WIDTH), height, bar.colour, hollow)
    if bar.low is not None and bar.high is not None:
        canvas.whisker(scale.x(bar.low), scale.x(bar.high), y, height * 0.45)
        end = max(end, scale.x(bar.high))
    canvas.text(end + 0.08, y, bar.value, TEXT_POINTS, INK, bold=True)
    after = end + 0.08 + text_width(bar.value, TEXT_POINTS, bold=True) + 0.07
    canvas.text(after, y, bar.detail, SMALL_POINTS, MUTED)


class Stack(NamedTuple):
    """One full-width bar in parts: (name, share, colour) each."""

    label: str
    detail: str
    parts: Sequence[tuple[str, float, Colour]]


def draw_stacks(canvas: Canvas, y: float, stacks: Sequence[Stack]) -> float:
    """Put 100 % bars below a legend of their parts; return where they end."""
    entries = {name: colour for stack in stacks for name, _, colour in stack.parts}
    stacks = [Stack(show_text(stack.label), show_text(stack.detail), stack.parts) for stack in stacks]
    y = canvas.legend(y, list(entries.items()))
    step = row_step(canvas, y, len(stacks))
    widest = max((text_width(stack.label, TEXT_POINTS) for stack in stacks), default=0)
    left = canvas.left if canvas.size.labels_above else canvas.left + widest + 0.12
    room = (
        0.0
        if canvas.size.labels_above
        else 0.15 + max((text_width(stack.detail, SMALL_POINTS) for stack in stacks), default=0)
    )
    scale = Scale(left, canvas.right - room - left, 1.0)
    for place, stack in enumerate(stacks):
        draw_stack(canvas, scale, y + step * (place + 0.5), stack)
        canvas.target((canvas.left, y + step * place, canvas.right - canvas.left, step), stack.label, "port")
    return y + step * len(stacks)


def draw_stack(canvas: Canvas, scale: Scale, y: float, stack: Stack) -> None:
    """Put one 100 % bar; parts that have the room say their share."""
    if canvas.size.labels_above:
        canvas.text(canvas.left, y - 0.13, stack.label, SMALL_POINTS)
        canvas.text(canvas.right, y - 0.13, stack.detail, SMALL_POINTS, MUTED, align="right")
        y += 0.07
    else:
        canvas.text(scale.left - 0.1, y, stack.label, TEXT_POINTS, align="right")
        canvas.text(scale.x(1) + 0.1, y, stack.detail, SMALL_POINTS, MUTED)
    height, start = BAR * (0.75 if canvas.size.labels_above else 1.1), 0.0
    for _, share, colour in stack.parts:
        x, end = scale.x(start), scale.x(start + share)
        canvas.bar(x, y - height / 2, max(end - x, LEAST_WIDTH), height, colour)
        start += share
