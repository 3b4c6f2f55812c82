"""Heat maps: how often each row came together with each column, in cells that say their share.

In: counts by pair. Out: a figure. Nothing is computed but places and shades.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..statistics.categories import PAIR
from .canvas import SMALL_POINTS, TEXT_POINTS, Canvas, line_height
from .labels import fit_text, show_text, text_width, wrap_text
from .style import GRID, HEAT, INK, MUTED, PAPER, Colour

STEPS = (0.01, 0.05, 0.2, 0.5)  # from each of these shares on a cell is a shade darker
STEP_NAMES = ("less than 1%", "1 to 5%", "5 to 20%", "20 to 50%", "50% and more")
DARK_FROM = 3  # the shade from which on letters have the colour of the ground
CELL_HEIGHT, LOW_CELL = 0.3, 0.2
WIDEST_CELL, WIDEST_LABEL, LEAST_POINTS = 1.1, 0.3, 5.5  # inches, of the canvas, points
HEADER_LINES = 2


class Cell(NamedTuple):
    """What stands in a cell, and its share of all."""

    value: str
    share: float


def draw_matrix(
    canvas: Canvas,
    y: float,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Mapping[tuple[str, str], Cell],
    names: tuple[str, str],
) -> float:
    """Put a matrix below the key of its shades; `names` say what rows and columns are; return where it ends."""
    used = {shade_of(cell.share) for cell in cells.values()}
    y = canvas.legend(y, [(f"{STEP_NAMES[step]} of all", HEAT[step]) for step in sorted(used)])
    labels = [fit_text(show_text(row), canvas.width * WIDEST_LABEL, TEXT_POINTS) for row in rows]
    head = f"{names[0]} ↓"
    widest = max(text_width(head, SMALL_POINTS), *(text_width(text, TEXT_POINTS) for text in labels))
    left = canvas.left + widest + 0.12
    wide = min(WIDEST_CELL, (canvas.right - left) / len(columns))
    canvas.text(left, y + 0.06, f"{names[1]} →", SMALL_POINTS, MUTED)
    y = draw_heads(canvas, y + 0.16, columns, left, wide)
    canvas.text(left - 0.1, y - 0.09, head, SMALL_POINTS, MUTED, align="right")
    tall = cell_height(canvas, y, len(rows))
    for place, (row, label) in enumerate(zip(rows, labels, strict=True)):
        top = y + tall * place
        canvas.text(left - 0.1, top + tall / 2, label, align="right")
        for at, column in enumerate(columns):
            box = (left + wide * at, top, wide, tall)
            draw_cell(canvas, box, cells.get((row, column)))
            if (row, column) in cells:
                canvas.target(box, f"{row}{PAIR}{column}")
    return y + tall * len(rows)


def cell_height(canvas: Canvas, y: float, rows: int) -> float:
    """The height of a row: as usual, or what a fixed height leaves."""
    if canvas.size.height is None:
        return CELL_HEIGHT
    return max(LOW_CELL, min(CELL_HEIGHT * 1.3, (canvas.size.height - y - 0.7) / rows))


def draw_heads(canvas: Canvas, y: float, columns: Sequence[str], left: float, wide: float) -> float:
    """Put the columns' names over them, in lines where they are narrow; return where they end."""
    heads = [wrap_text(show_text(column), wide - 0.04, SMALL_POINTS)[:HEADER_LINES] for column in columns]
    step = line_height(SMALL_POINTS)
    deep = max(len(lines) for lines in heads)
    for at, lines in enumerate(heads):
        for place, line in enumerate(lines):
            middle = y + step * (deep - len(lines) + place + 0.5)
            canvas.text(left + wide * (at + 0.5), middle, line, SMALL_POINTS, align="center")
    return y + step * deep + 0.05


def draw_cell(canvas: Canvas, box: tuple[float, float, float, float], cell: Cell | None) -> None:
    """Put one cell; where nothing came together, an empty one."""
    x, y, wide, tall = box
    if cell is None:
        canvas.bar(x + 0.02, y + 0.02, wide - 0.04, tall - 0.04, GRID, hollow=True)
        return
    shade = shade_of(cell.share)
    canvas.bar(x + 0.01, y + 0.01, wide - 0.02, tall - 0.02, HEAT[shade])
    points = min(TEXT_POINTS, TEXT_POINTS * (wide - 0.04) / text_width(cell.value, TEXT_POINTS))
    ink: Colour = PAPER if shade >= DARK_FROM else INK
    canvas.text(x + wide / 2, y + tall / 2, cell.value, max(points, LEAST_POINTS), ink, align="center")


def shade_of(share: float) -> int:
    """Which of HEAT a share has."""
    return sum(share >= step for step in STEPS)
