"""What figures are drawn with: matplotlib's renderers, but that they lay each text out once for all drawings.

In: a figure. Out: an SVG document, or pixels. To lay out text is most of what drawing a chart costs, and a text of one
chart stands in four drawings. In all of them its letters have the same shapes and places, without hinting.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from io import StringIO
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.textpath import TextToPath
from matplotlib.transforms import Affine2D

from .style import own_settings

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

MOST_TEXTS = 1024  # that are remembered; those of a report are half as many
POINTS_PER_INCH = 72
FORGETFUL = TextToPath()
SHAPES: dict[str, Any] = {}  # of letters, by name


def draw_svg(figure: Figure) -> str:
    """A figure as an SVG document that tells nothing of when it was made."""
    out = StringIO()

    def make(width: float, height: float) -> Any:
        metadata = {"Date": None, "Creator": "tlsinspect"}
        renderer = RendererSVG(width, height, out, metadata=metadata)  # type: ignore[no-untyped-call]
        renderer._text2path = LETTERS
        return renderer

    with own_settings():
        draw_with(make, figure, POINTS_PER_INCH).finalize()
    return out.getvalue()


def draw_pixels(figure: Figure, dpi: int) -> tuple[tuple[int, int], Any]:
    """A figure as pixels: how many there are across and down, and red, green, blue and alpha of each."""

    def make(width: float, height: float) -> Any:
        return PixelRenderer(int(width), int(height), dpi)  # type: ignore[no-untyped-call]

    with own_settings():
        renderer = draw_with(make, figure, dpi)
    return (renderer.width, renderer.height), renderer.buffer_rgba()


def draw_with(make: Callable[[float, float], Any], figure: Figure, dpi: int) -> Any:
    """Draw a figure at so many dots per inch; return what drew it, which `make` returns for its size in dots."""
    before = figure.dpi
    figure.dpi = dpi
    try:
        renderer = make(*figure.bbox.size)
        figure.draw(renderer)
    finally:
        figure.dpi = before
    return renderer


@lru_cache(MOST_TEXTS)
def measure(text: str, font: FontProperties, kind: Any) -> tuple[float, float, float]:
    """How wide and high a text is, and how deep it goes, in points; `font` is one that nobody changes."""
    return FORGETFUL.get_text_width_height_descent(text, font, kind)


@lru_cache(MOST_TEXTS)
def lay_out(font: Any, text: str, **look: Any) -> tuple[Any, Any]:
    """The names and places of a text's letters, whose shapes are in SHAPES then, and boxes."""
    placed, new, boxes = FORGETFUL.get_glyphs_with_font(font, text, SHAPES, True, **look)
    SHAPES.update(new)
    return placed, boxes


class Letters(TextToPath):
    """Text as shapes, at one size for all and without hinting, as matplotlib has them in SVG; remembered."""

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> tuple[float, float, float]:
        """How wide and high a text is, and how deep it goes, in points."""
        whole, scale = prop.copy(), prop.get_size_in_points() / self.FONT_SCALE
        whole.set_size(self.FONT_SCALE)
        width, height, descent = measure(s, whole, ismath)
        return width * scale, height * scale, descent * scale

    def get_glyphs_with_font(
        self, font: Any, s: str, glyph_map: Any = None, return_new_glyphs_only: bool = False, **look: Any
    ) -> tuple[Any, Any, Any]:
        """The places of a text's letters, the shapes of those that are not in `glyph_map`, and boxes."""
        placed, boxes = lay_out(font, s, **{name: value for name, value in look.items() if value})
        known = glyph_map or {}
        return placed, {name: SHAPES[name] for name, *_ in placed if name not in known}, boxes

    def outline(self, text: str, prop: FontProperties) -> Path:
        """A text as one shape."""
        points, codes = self.get_text_path(prop, text)
        return Path(points, codes)


LETTERS = Letters()


class PixelRenderer(RendererAgg):
    """Draws pixels, and letters by their shapes: as wide as in an SVG, and for a third of what hinted ones cost."""

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> Any:
        """How wide and high a text is, and how deep it goes, in pixels."""
        if ismath:
            return super().get_text_width_height_descent(s, prop, ismath)  # type: ignore[no-untyped-call]
        scale = self.dpi / POINTS_PER_INCH
        width, height, descent = LETTERS.get_text_width_height_descent(s, prop, ismath)
        return width * scale, height * scale, descent * scale

    def draw_text(
        self, gc: Any, x: float, y: float, s: str, prop: FontProperties, angle: float, ismath: Any = False,
        mtext: Any = None,
    ) -> None:  # fmt: skip
        """Fill the shape of a text that starts at x, y."""
        if ismath:
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)  # type: ignore[no-untyped-call]
            return
        scale = prop.get_size_in_points() * self.dpi / POINTS_PER_INCH / LETTERS.FONT_SCALE
        gc.set_linewidth(0)
        place = Affine2D().scale(scale).rotate_deg(angle).translate(x, self.height - y)
        self.draw_path(gc, LETTERS.outline(s, prop), place, gc.get_rgb())  # type: ignore[no-untyped-call]
