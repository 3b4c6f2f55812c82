"""Colours that stay apart, text that fits, SVG for pages."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from threading import Event
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from tests.synthetic import make_connection, make_frames
from tlsinspect.charts import build_chart, style
from tlsinspect.charts.canvas import Canvas
from tlsinspect.charts.labels import fit_text, show_text, text_width, wrap_text
from tlsinspect.charts.svg import PageCharts, colour_variables


def channels(colour: str) -> list[float]:
    """The linear red, green and blue of #rrggbb."""
    values = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values]


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2)."""
    red, green, blue = channels(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def lightness(colour: str) -> float:
    """L* of CIELAB."""
    return float(116 * luminance(colour) ** (1 / 3) - 16)


def contrast(one: str, other: str) -> float:
    """The contrast ratio (WCAG 2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    "scale",
    [
        {name: colour for name, colour in style.VERSION_COLOURS.items() if "DTLS" not in name},
        style.SECRECY_COLOURS,
        style.CIPHER_CLASS_COLOURS,
    ],
)
def test_colours_of_a_scale_stay_apart_in_grey(scale: dict[str, style.Colour]) -> None:
    for (one, first), (other, second) in combinations(scale.items(), 2):
        assert abs(lightness(first.light) - lightness(second.light)) >= 4, (one, other)


def test_no_two_things_share_a_colour() -> None:
    lights = [colour.light for colour in style.COLOURS.values()]
    assert len(lights) == len(set(lights))


@pytest.mark.parametrize("text", [style.INK, style.MUTED])
def test_text_is_readable_on_light_and_on_dark_ground(text: style.Colour) -> None:
    assert contrast(text.light, style.PAPER.light) >= 4.5
    assert contrast(text.dark, style.PAPER.dark) >= 4.5


UNDRAWN = (style.PAPER, style.GRID, style.UNKNOWN, *style.HEAT)  # what is unknown is hatched, a cell has its number


@pytest.mark.parametrize("colour", [each for each in style.COLOURS.values() if each not in UNDRAWN], ids=str)
def test_what_is_drawn_is_seen_on_light_and_on_dark_ground(colour: style.Colour) -> None:
    edge = style.edge_of(colour)
    assert min(contrast(edge.light, style.PAPER.light), contrast(edge.dark, style.PAPER.dark)) >= 3  # WCAG 1.4.11


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("hollow", [False, True])
def test_pale_bars_have_an_outline_and_pale_lines_a_stronger_colour(dark: bool, hollow: bool) -> None:
    pale, edge = style.VERSION_COLOURS["TLS 1.2"], style.EDGES["tls12"]
    canvas = Canvas(style.SIZES["page"], dark=dark)
    canvas.bar(0, 0, 1, 1, pale, hollow)
    canvas.line((0, 1), (0, 1), pale)
    bar, line = canvas.figure.artists[-2:]
    assert isinstance(bar, Rectangle) and isinstance(line, Line2D)
    assert to_hex(bar.get_edgecolor()) == to_hex(line.get_color()) == canvas.tone(edge)
    assert to_hex(bar.get_facecolor()) == canvas.tone(style.PAPER if hollow else pale)


@pytest.mark.parametrize("colour", style.COLOURS.values(), ids=style.COLOURS)
def test_every_colour_is_seen_on_dark_ground(colour: style.Colour) -> None:
    assert colour in (style.PAPER, style.GRID) or contrast(colour.dark, style.PAPER.dark) >= 1.5


def test_show_text_makes_control_and_bidi_characters_visible() -> None:
    assert show_text("a\x1b[0m\u202eb\n") == "a\\x1b[0m\\u202eb\\n"


def test_show_text_spells_out_what_the_font_cannot_draw() -> None:
    assert show_text("漢a") == "\\u6f22a"
    assert show_text("北京") != show_text("上海") and show_text(show_text("北京")) == show_text("北京")


def test_fit_text_cuts_the_middle_to_the_width() -> None:
    fitted = fit_text("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 2.0, 9)
    assert text_width(fitted, 9) <= 2.0
    assert fitted.startswith("TLS_ECDHE")
    assert fitted.endswith("SHA256")


def test_fit_text_leaves_what_fits_alone() -> None:
    assert fit_text("short", 2.0, 9) == "short"


def test_wrap_text_keeps_every_character_within_the_width() -> None:
    text = "some words and one_that_is_far_too_long_to_stand_on_a_line_of_its_own here"
    lines = wrap_text(text, 1.5, 9)
    assert all(text_width(line, 9) <= 1.5 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def page_charts() -> tuple[PageCharts, list[str]]:
    """Two charts of one page."""
    page = PageCharts()
    frames = make_frames(connections=[make_connection(1), make_connection(2, version_name=None, gap=True)])
    return page, [page.add(build_chart(name, frames), "a <label>", "chart") for name in ("versions", "tls13-over-time")]


def test_inline_svg_has_no_style_of_its_own_and_no_script() -> None:
    page, charts = page_charts()
    for markup in (*charts, page.shared()):
        assert "style=" not in markup
        assert "<style" not in markup
        assert "<script" not in markup
        ET.fromstring(markup)


def test_inline_svg_leaves_colours_to_the_page() -> None:
    _, charts = page_charts()
    for markup in charts:
        used = set(re.findall(r"var\(--([a-z0-9-]+)\)", markup))
        assert used <= set(style.COLOURS)
        assert not re.findall(r'(?:fill|stroke)="#', markup)


def test_every_reference_of_a_page_has_one_target() -> None:
    page, charts = page_charts()
    everything = "".join(charts) + page.shared()
    ids = re.findall(r' id="([^"]+)"', everything)
    assert len(ids) == len(set(ids))
    targets = set(re.findall(r'href="#([^"]+)"', everything)) | set(re.findall(r"url\(#([^)]+)\)", everything))
    assert targets <= set(ids)


def test_inline_svg_escapes_its_label() -> None:
    _, charts = page_charts()
    assert 'aria-label="a &lt;label&gt;"' in charts[0]


def test_light_and_dark_pages_define_the_same_colours() -> None:
    def names(dark: bool) -> list[str]:
        return re.findall(r"--([a-z0-9-]+):#[0-9a-f]{6};", colour_variables(dark))

    assert names(True) == names(False) == list(style.COLOURS)


def test_the_callers_settings_are_kept_when_several_threads_draw() -> None:
    before = mpl.rcParams.copy()
    first_draws, second_draws, first_is_done = Event(), Event(), Event()

    def draw_first() -> None:
        with style.own_settings():
            first_draws.set()
            second_draws.wait(0.3)
        first_is_done.set()

    def draw_second() -> None:
        first_draws.wait()
        with style.own_settings():
            second_draws.set()
            first_is_done.wait()

    with ThreadPoolExecutor(2) as pool:
        for drawing in (pool.submit(draw_first), pool.submit(draw_second)):
            drawing.result()
    assert mpl.rcParams.copy() == before


def test_the_callers_settings_are_kept_when_drawing_fails_and_those_told_once_are_used() -> None:
    with mpl.rc_context({"date.epoch": "1990-01-01T00:00", "lines.marker": "o", "font.family": ["serif"]}):
        before = mpl.rcParams.copy()
        with pytest.raises(ZeroDivisionError), style.own_settings():
            assert (mpl.rcParams["date.epoch"], mpl.rcParams["lines.marker"]) == ("1990-01-01T00:00", "None")
            assert mpl.rcParams["font.family"] == [style.FONT]
            mpl.rcParams["lines.marker"] = "x"
            raise ZeroDivisionError
        assert mpl.rcParams.copy() == before


def test_own_settings_are_what_matplotlib_comes_with_and_a_few_more() -> None:
    with style.own_settings():
        own = mpl.rcParams.copy()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(style.SETTINGS)
        assert mpl.rcParams.copy() == own


def test_settings_are_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with style.own_settings():
        pass
    monkeypatch.setattr(mpl.RcParams, "__setitem__", None)
    with style.own_settings():
        assert mpl.rcParams["font.family"] == [style.FONT]
