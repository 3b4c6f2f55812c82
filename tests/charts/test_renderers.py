"""Text is laid out once for all drawings of a chart, and in all of them the same."""

from __future__ import annotations

from collections import Counter
from io import StringIO

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from tests.synthetic import make_connection, make_frames
from tlsinspect.charts import build_chart
from tlsinspect.charts.files import png_bytes, svg_text
from tlsinspect.charts.renderers import LETTERS, PixelRenderer, draw_pixels, lay_out, measure
from tlsinspect.charts.style import FONT, own_settings


def chart() -> Figure:
    """A chart of two connections."""
    return build_chart("versions", make_frames(connections=[make_connection(1), make_connection(2)]))


def test_a_text_is_laid_out_and_measured_once_for_all_drawings_of_a_chart() -> None:
    lay_out.cache_clear()
    measure.cache_clear()
    first = svg_text(chart())
    misses = (lay_out.cache_info().misses, measure.cache_info().misses)
    assert min(misses) > 0
    png_bytes(chart())
    assert svg_text(chart()) == first
    assert (lay_out.cache_info().misses, measure.cache_info().misses) == misses


def test_the_numbers_of_an_axis_are_measured_once_for_a_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = build_chart("handshake-times", make_frames(connections=[make_connection(1, handshake_ms=3.0)]))
    measured: Counter[int] = Counter()
    extent = Text.get_window_extent

    def count(text: Text, *arguments: object) -> Bbox:
        measured[id(text)] += bool(text.get_text())
        return extent(text, *arguments)

    svg_text(figure)
    monkeypatch.setattr(Text, "get_window_extent", count)
    svg_text(figure)
    assert max(measured.values()) == 1


def test_an_svg_is_what_matplotlib_writes() -> None:
    figure, out = chart(), StringIO()
    with own_settings():
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": "tlsinspect"})
    assert svg_text(figure).split() == out.getvalue().split()  # but for spaces at the ends of lines


@pytest.mark.parametrize("text", ["", " ", "TLS 1.3", "AVATAR"])
def test_a_text_is_as_wide_in_pixels_as_its_shapes_and_may_have_none(text: str) -> None:
    font = FontProperties(family=FONT, size=9)
    width, _, _ = PixelRenderer(10, 10, 200).get_text_width_height_descent(text, font, False)
    assert width == pytest.approx(LETTERS.get_text_width_height_descent(text, font, False)[0] * 200 / 72)
    shape = LETTERS.outline(text, font).vertices
    seen = np.ptp(shape[:, 0]) * 9 / LETTERS.FONT_SCALE if len(shape) else 0
    assert seen <= width * 72 / 200


def test_formulas_of_a_callers_figure_are_drawn_as_matplotlib_does() -> None:
    figure = Figure(figsize=(1, 1))
    figure.text(0.2, 0.5, "$x^2$", parse_math=True)
    (across, down), pixels = draw_pixels(figure, 100)
    assert (across, down) == (100, 100)
    assert 0 < (np.asarray(pixels)[:, :, 0] < 128).sum() < 500
    assert figure.dpi == 100


def test_a_figure_keeps_its_resolution_when_drawing_fails() -> None:
    figure = Figure(dpi=90)
    figure.text(0, 0, "x").draw = None  # type: ignore[method-assign,assignment]
    with pytest.raises(TypeError):
        draw_pixels(figure, 200)
    assert figure.dpi == 90
