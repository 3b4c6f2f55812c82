"""Measurements -> pictures, in the look of tlsinspect's own charts."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from parts import Growth
from programs import BASE, Program
from results import Subject

from tlsinspect.charts.canvas import SMALL_POINTS, TEXT_POINTS, Canvas
from tlsinspect.charts.curves import LINE_STYLES, Curve, draw_line_key
from tlsinspect.charts.style import GRID, INK, MUTED, PLAIN, SIZES, TLS_1_3, TRENDS, Colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LABELS, ROW, BAR = 1.75, 0.26, 0.15  # inches: of names, of a row, of a bar in it
VALUE_ROOM = 0.4  # and at both ends of a plot of bars, for a number
NUMBERS_ROOM, PLOT_HEIGHT, GAP = 0.5, 1.75, 0.5  # left of curves for an axis's numbers, how tall they are, between two


def draw_ratios(subjects: Sequence[Subject], rows: Sequence[Program], note: str) -> Figure:
    """Bars from tlsinspect's time to that of each program, a plot for each workload, on one logarithmic scale."""
    canvas = Canvas(SIZES["page"])
    top = canvas.header(
        "Time as a multiple of tlsinspect's",
        "Bars to the left: quicker; to the right: slower. The scale is logarithmic. What each was asked for differs.",
    )
    ratios = [ratios_of(subject) for subject in subjects]
    decades = [math.log10(ratio) for each in ratios for ratio in each.values()]
    low, high = min([*decades, -1]), max([*decades, 1])
    across = (canvas.right - canvas.left - LABELS) / len(subjects)
    inch = (across - 2 * VALUE_ROOM) / (high - low)
    for number, (subject, each) in enumerate(zip(subjects, ratios, strict=True)):
        left = canvas.left + LABELS + number * across
        one = left + VALUE_ROOM - low * inch
        canvas.text(one, top + 0.08, subject.name, TEXT_POINTS, bold=True, align="center")
        for decade in range(math.ceil(low), math.floor(high) + 1):
            x = one + decade * inch
            canvas.line((x, x), (top + 0.22, top + 0.22 + ROW * len(rows)), INK if decade == 0 else GRID)
        for place, program in enumerate(rows):
            if program.name in each:
                colour = TLS_1_3 if program.name.startswith(BASE) else PLAIN
                draw_ratio(canvas, one, top + 0.22 + ROW * (place + 0.5), inch, each[program.name], colour)
    for place, program in enumerate(rows):
        own = program.name.startswith(BASE)
        canvas.text(canvas.left, top + 0.22 + ROW * (place + 0.5), program.name, TEXT_POINTS, bold=own)
    return canvas.finish(top + 0.22 + ROW * len(rows), note)


def ratios_of(subject: Subject) -> dict[str, float]:
    """The median time of each program as a multiple of tlsinspect's."""
    medians = {name: statistics.median(run.seconds for run in runs) for name, runs in subject.runs.items()}
    return {name: median / medians[BASE] for name, median in medians.items()}


def draw_ratio(canvas: Canvas, one: float, y: float, inch: float, ratio: float, colour: Colour) -> None:
    """A bar from `one` time to so many of them, and the number at its end; `inch` inches are a power of ten."""
    end = one + math.log10(ratio) * inch
    canvas.bar(min(one, end), y - BAR / 2, abs(end - one), BAR, colour)
    beyond = end - 0.05 if end < one else end + 0.05
    canvas.text(beyond, y, f"{ratio:.2g}", SMALL_POINTS, MUTED, align="right" if end < one else "left")


def draw_growth(growths: Sequence[Growth], names: Sequence[str], note: str) -> Figure:
    """Seconds and memory against what each capture has more and more of, a line for each program."""
    canvas = Canvas(SIZES["page"])
    y = canvas.header("How cost grows", "Parts of a capture, up to all of it; whole processes, medians.")
    looks = [(TRENDS[place], place % len(LINE_STYLES)) for place in range(len(names))]
    key = [Curve(name, (), (), colour, style) for name, (colour, style) in zip(names, looks, strict=True)]
    y = draw_line_key(canvas, y, key) + 0.1
    across = (canvas.right - canvas.left - GAP * (len(growths) - 1)) / len(growths)
    for number, growth in enumerate(growths):
        left = canvas.left + number * (across + GAP)
        canvas.text(left, y + 0.08, f"Seconds, {growth.name}", SMALL_POINTS, MUTED)
        canvas.text(left, y + PLOT_HEIGHT + 0.62, f"MB of the largest process, {growth.name}", SMALL_POINTS, MUTED)
        for place, measured in enumerate(("seconds", "megabytes")):
            top = y + 0.2 + place * (PLOT_HEIGHT + 0.54)
            plot = canvas.plot(left + NUMBERS_ROOM, top, across - NUMBERS_ROOM - 0.1, PLOT_HEIGHT)
            for name, (colour, style) in zip(names, looks, strict=True):
                read = [part for part in growth.parts if name in part.runs]
                plot.plot(
                    [part.count(growth.axis) for part in read], [getattr(part, measured)(name) for part in read],
                    color=canvas.tone(colour), linestyle=LINE_STYLES[style], linewidth=1.6, marker="o", markersize=3,
                )  # fmt: skip
            label_growth(plot, growth.parts[-1].count(growth.axis))
        end = y + 2 * PLOT_HEIGHT + 0.54 + 0.2
        canvas.text(left + across, end + 0.3, growth.axis, SMALL_POINTS, MUTED, align="right")
    return canvas.finish(y + 2 * PLOT_HEIGHT + 1.15, note)


def label_growth(plot: Axes, most: int) -> None:
    """Both axes begin at nothing; the lower one names a few round numbers."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    plot.set_ylim(0, plot.get_ylim()[1] * 1.05)
    plot.set_xlim(0, most * 1.02)
    plot.xaxis.set_major_locator(MaxNLocator(3))
    plot.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
