"""A canvas: one figure on which every thing is put where it belongs, in inches from the top left.

In: a size and a height. Out: a matplotlib Figure. Uses the object-oriented API
only: no pyplot, no current figure, no backend of a caller's choosing is touched.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .labels import HINTING, show_text, text_width, wrap_text
from .style import EDGES, GRID, INK, MUTED, PAPER, UNKNOWN, UNKNOWN_HATCH, Colour, Size, edge_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN, BARE_MARGIN = 0.16, 0.02  # inches; a bare chart stands in a page with margins of its own
TITLE_POINTS, TEXT_POINTS, SMALL_POINTS = 12.5, 9.0, 8.0
TICK_PAD = 3.5  # points between an axis and its numbers
LINE_HEIGHT = 1.32  # of the type size
TARGET = "target:"  # how the id of a target starts
UNKNOWN_PATTERN = "////"


def line_height(points: float) -> float:
    """The distance between two lines of text in inches."""
    return points * LINE_HEIGHT / 72


def outline_of(colour: Colour) -> Colour:
    """What is around an area: a stronger colour around a pale one, else the ground."""
    return EDGES.get(colour.name, PAPER)


class Canvas:
    """A figure with its own coordinates: inches before scaling, x to the right, y down from the top.

    Its height is set at the end, by `finish`: only then is known how much was put on it. With `targets` it marks
    where a click asks for the connections behind something.
    """

    def __init__(self, size: Size, margin: float = MARGIN, dark: bool = False, targets: bool = False) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.lines import Line2D
        from matplotlib.transforms import Affine2D

        self.size = size
        self.dark = dark
        self.targets = targets
        self.margin = margin
        self.width = size.width
        self.figure: Figure = Figure(figsize=(size.width * size.scale, size.scale), facecolor=self.tone(PAPER))
        FigureCanvasAgg(self.figure)
        self.figure.lines.append(Line2D((), (), visible=False))  # a notebook shows no figure without axes and lines
        self.scale = Affine2D()  # from inches to parts of the figure; set when the height is known
        self.place = self.scale + self.figure.transFigure
        self.insets: list[tuple[Axes, tuple[float, float, float, float]]] = []

    def tone(self, colour: Colour) -> str:
        """A colour as this canvas's ground asks for it."""
        return colour.dark if self.dark else colour.light

    @property
    def left(self) -> float:
        """Where text starts."""
        return self.margin

    @property
    def right(self) -> float:
        """Where everything ends."""
        return self.width - self.margin

    def text(
        self,
        x: float,
        y: float,
        text: str,
        points: float = TEXT_POINTS,
        colour: Colour = INK,
        bold: bool = False,
        align: str = "left",
    ) -> None:
        """Put one line of text; `y` is the middle of its height."""
        weight = "bold" if bold else "normal"
        font: dict[str, Any] = {"fontsize": points * self.size.scale, "fontweight": weight, "parse_math": False}
        look: dict[str, Any] = {"color": self.tone(colour), "ha": align, "va": "center_baseline", "zorder": 4}
        self.figure.text(x, y, show_text(text), transform=self.place, **look, **font)

    def lines(self, y: float, text: str, points: float, colour: Colour = INK, bold: bool = False) -> float:
        """Put text over the full width, broken into lines; return where it ends."""
        step = line_height(points)
        for line in wrap_text(show_text(text), (self.right - self.left) / HINTING, points, bold):
            self.text(self.left, y + step / 2, line, points, colour, bold)
            y += step
        return y

    def header(self, title: str, subtitle: str) -> float:
        """Put title and subtitle; return where they end."""
        y = self.lines(self.margin, title, TITLE_POINTS, bold=True)
        return self.lines(y + 0.03, subtitle, SMALL_POINTS, MUTED) + 0.12

    def bar(self, x: float, y: float, width: float, height: float, colour: Colour, hollow: bool = False) -> None:
        """Put a bar: a pale one is outlined, what is unknown hatched, a hollow one has its colour around it only."""
        from matplotlib.patches import Rectangle

        hatch = UNKNOWN_PATTERN if colour is UNKNOWN else None
        edge = UNKNOWN_HATCH if colour is UNKNOWN else edge_of(colour) if hollow else outline_of(colour)
        fill = PAPER if hollow else colour
        self.figure.add_artist(
            Rectangle(
                (x, y), width, height, facecolor=self.tone(fill), edgecolor=self.tone(edge), hatch=hatch,
                linewidth=(1.2 if hollow else 0.6) * self.size.scale, zorder=2, transform=self.place,
            )
        )  # fmt: skip

    def target(self, box: tuple[float, float, float, float], value: str, kind: str = "") -> None:
        """Mark where a click asks for the connections of a category; nothing is seen there.

        `box` is left, top, width, height. `kind` says what `value` is of: nothing for the chart's own statistic, or
        another statistic's name, or "port". "folded" stands for all that no other target is of, "unknown" for what has
        no category; `value` is then no more than what the bar says.
        """
        from matplotlib.patches import Rectangle

        from ..export.text import short_text

        if self.targets:
            x, y, width, height = box
            patch = Rectangle((x, y), width, height, fill=False, linewidth=0, zorder=5, transform=self.place)
            patch.set_gid(f"{TARGET}{kind}:{short_text(value)}")
            self.figure.add_artist(patch)

    def line(
        self, xs: Sequence[float], ys: Sequence[float], colour: Colour = GRID, width: float = 0.8, over: bool = False,
        style: Any = "-",
    ) -> None:  # fmt: skip
        """Put a line through points, below the bars or over them; `style` is a line style of matplotlib's."""
        from matplotlib.lines import Line2D

        shade = self.tone(edge_of(colour))
        look: dict[str, Any] = {"color": shade, "linewidth": width * self.size.scale, "linestyle": style}
        order = 3 if over else 1
        self.figure.add_artist(Line2D(xs, ys, solid_capstyle="butt", zorder=order, transform=self.place, **look))

    def whisker(self, low: float, high: float, y: float, height: float) -> None:
        """Put an interval: a line from low to high with a cap at each end, on a light ground of its own."""
        top, bottom = y - height / 2, y + height / 2
        xs = (low, high, math.nan, low, low, math.nan, high, high)
        ys = (y, y, math.nan, top, bottom, math.nan, top, bottom)
        self.line(xs, ys, PAPER, 2.2, over=True)
        self.line(xs, ys, INK, 0.9, over=True)

    def legend(self, y: float, entries: Sequence[tuple[str, Colour]]) -> float:
        """Put swatches with names, in as many lines as they need; return where they end."""
        x, step = self.left, line_height(SMALL_POINTS) + 0.03
        for name, colour in entries:
            needed = 0.16 + text_width(show_text(name), SMALL_POINTS)
            if x > self.left and x + needed > self.right:
                x, y = self.left, y + step
            self.bar(x, y + step / 2 - 0.05, 0.1, 0.1, colour)
            self.text(x + 0.15, y + step / 2, name, SMALL_POINTS, MUTED)
            x += needed + 0.2
        return y + step + 0.14 if entries else y

    def plot(self, x: float, y: float, width: float, height: float) -> Axes:
        """Add axes of their own, for curves; x, y is their top left corner."""
        axes = self.figure.add_axes((0, 0, 1, 1))
        axes.set_facecolor(self.tone(PAPER))
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(self.tone(MUTED))
        look: dict[str, Any] = {"labelsize": SMALL_POINTS * self.size.scale, "pad": TICK_PAD * self.size.scale}
        axes.tick_params(colors=self.tone(MUTED), length=0, **look)
        axes.grid(axis="y", color=self.tone(GRID), linewidth=0.8 * self.size.scale)
        axes.set_axisbelow(True)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_label_coords(0, 0)  # it has no label, for whose place all of its numbers would be measured
        self.insets.append((axes, (x, y, width, height)))
        return axes

    def finish(self, y: float, note: str) -> Figure:
        """Put the note at the foot, set the height, which gives everything its place, and return the figure."""
        y = self.lines(y + 0.06, note, SMALL_POINTS - 0.5, MUTED) if note else y
        height = max(y + self.margin / 2, self.size.height or 0)
        self.figure.set_size_inches(self.width * self.size.scale, height * self.size.scale)
        self.scale.scale(1 / self.width, -1 / height).translate(0, 1)
        for axes, (x, y, width, tall) in self.insets:
            axes.set_position((x / self.width, 1 - (y + tall) / height, width / self.width, tall / height))
        return self.figure
