"""Charts: statistics -> figures, and figures -> files.

In: an Inspection, or anything with its frames. Out: matplotlib Figures, made with
the object-oriented API alone. CHARTS declares which there are.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import check_inspection, pick
from ..whole import write_whole
from .style import SIZES, own_settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..statistics import Frames
    from .catalogue import CHARTS
    from .compose import Chart, Content
    from .files import save_chart

__all__ = [
    "CHARTS",
    "SIZES",
    "Chart",
    "Content",
    "build_chart",
    "compose_chart",
    "draw_chart",
    "save_chart",
    "write_chart",
]


def __getattr__(name: str) -> Any:
    """Import what composes charts late: who wants a colour, or a text cut as charts do, needs none of it."""
    if name == "CHARTS":
        from .catalogue import CHARTS

        return CHARTS
    if name in ("Chart", "Content"):
        from . import compose

        return getattr(compose, name)
    if name == "save_chart":
        from .files import save_chart

        return save_chart
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What a REPL completes: also what is imported late."""
    return [*{*globals(), *__all__}]


def compose_chart(name: str, frames: Frames, unit: str = "") -> Content:
    """Compose a chart: its finding in words, its exact numbers, and how to draw it.

    Raises KeyError for a chart that is not in CHARTS, ValueError for a unit that is not among its units.
    """
    from ..statistics.memory import remember
    from .catalogue import CHARTS

    chart = pick(CHARTS, name, "chart")
    check_inspection(frames, "a chart is made of")
    if unit and unit not in chart.units:
        raise ValueError(f"{name} is counted by {', '.join(chart.units)}, not by {unit}")
    return chart.compose(chart, remember(frames), unit or chart.unit)


def draw_chart(content: Content, size: str = "page", bare: bool = False, dark: bool = False) -> Figure:
    """Draw a composed chart for one of SIZES: a page, a slide (16:9) or a narrow screen.

    A bare chart leaves title, subtitle and note to the page that shows it, and marks what can be clicked there;
    a dark one is for dark ground.
    """
    from .canvas import BARE_MARGIN, MARGIN, Canvas

    with own_settings():
        canvas = Canvas(SIZES[size], BARE_MARGIN if bare else MARGIN, dark, targets=bare)
        y = 0.1 if bare else canvas.header(content.title, content.subtitle)
        return canvas.finish(content.draw(canvas, y), "" if bare else content.note)


def write_chart(content: Content, path: str | Path, size: str = "page", dark: bool = False) -> None:
    """Write a composed chart as what the file's name ends in: .svg, .png, or .csv for its numbers.

    Raises ValueError for another ending, OSError where writing fails.
    """
    from .files import csv_bytes, save_drawing

    target = Path(path)
    if target.suffix.lower() == ".csv":
        write_whole(target, csv_bytes(content.numbers))
    else:
        save_drawing(draw_chart(content, size, dark=dark), target)


def build_chart(name: str, frames: Frames, unit: str = "", size: str = "page", dark: bool = False) -> Figure:
    """Compose and draw a chart. Raises as compose_chart does, and KeyError for a size that is not in SIZES."""
    return draw_chart(compose_chart(name, frames, unit), size, dark=dark)
