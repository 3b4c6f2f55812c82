"""Charts as files: SVG, PNG, and the numbers behind them as CSV.

The same numbers give the same SVG, byte for byte: no date, no random ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..whole import write_whole
from .style import COLOURS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SUFFIXES = (".svg", ".png", ".csv")
PNG_DPI = 200
ROWS_AT_ONCE = 4096  # of a table that becomes CSV: their cells are texts and numbers of Python meanwhile
HEX_COLOUR = re.compile("#[0-9a-f]{6}")
DARK_VALUES = {colour.light: colour.dark for colour in COLOURS.values()}


def save_chart(figure: Figure, directory: str | Path, name: str, numbers: pd.DataFrame) -> list[Path]:
    """Write `name`.svg, `name`.png and `name`.csv into a directory, which is made if need be; return the paths.

    Beside them goes `name`-dark.svg, the same drawing for dark ground; `figure` is one for light ground.
    Raises ValueError for a name that is no plain file name, OSError where writing fails.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise ValueError(f"no plain file name: {name!r}")
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}{ending}" for ending in (".svg", ".png", ".csv", "-dark.svg")]
    drawing = svg_text(figure)
    paths[0].write_text(drawing, encoding="utf-8")
    paths[3].write_text(darken_svg(drawing), encoding="utf-8")
    paths[1].write_bytes(png_bytes(figure))
    paths[2].write_bytes(csv_bytes(numbers))
    return paths


def save_drawing(figure: Figure, path: Path) -> None:
    """Write a figure as what the file's name ends in, .svg or .png. Raises ValueError for other endings."""
    if path.suffix.lower() == ".svg":
        write_whole(path, svg_text(figure).encode())
    elif path.suffix.lower() == ".png":
        write_whole(path, png_bytes(figure))
    else:
        raise ValueError(f"not one of {', '.join(SUFFIXES)}: {path.name!r}")


def svg_text(figure: Figure) -> str:
    """A figure as an SVG document."""
    from .renderers import draw_svg

    return "\n".join(line.rstrip() for line in draw_svg(figure).splitlines()) + "\n"


def darken_svg(drawing: str) -> str:
    """An SVG document for light ground with every colour of ours as dark ground asks for it."""
    return HEX_COLOUR.sub(lambda found: DARK_VALUES.get(found[0], found[0]), drawing)


def png_bytes(figure: Figure) -> bytes:
    """A figure as a PNG with a palette: a third of the octets, and charts have few colours."""
    from PIL import Image

    from .renderers import draw_pixels

    out = BytesIO()
    size, pixels = draw_pixels(figure, PNG_DPI)
    whole = Image.frombuffer("RGBA", size, pixels)
    picture = whole.quantize(method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    picture.putpalette(picture.getpalette() or ())  # without alpha: all of a chart is opaque
    picture.save(out, format="png", dpi=(PNG_DPI, PNG_DPI))
    return out.getvalue()


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as CSV that a spreadsheet may open: texts cannot become formulas, fractions keep all their digits."""
    out = BytesIO()
    write_csv(table, out)
    return out.getvalue()


def write_csv(table: pd.DataFrame, out: BinaryIO) -> None:
    """Write a table as such CSV, some rows at a time; one that is made by column a part at a time."""
    import pyarrow as pa

    from ..export.csv import CsvWriter

    by_column = getattr(table, "pieces", None)
    pieces: Iterator[pa.Table] = (
        iter([pa.Table.from_pandas(table, preserve_index=False)]) if by_column is None else by_column()
    )
    first = next(pieces)
    writer = CsvWriter(out, first.schema)
    for piece in chain([first], pieces):
        for batch in piece.to_batches(ROWS_AT_ONCE):
            writer.write(batch)
    writer.close()
