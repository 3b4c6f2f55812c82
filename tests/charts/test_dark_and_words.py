"""Charts on dark ground, their words, and what the matrices and curves hold."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from tests.synthetic import NOON, make_connection, make_failed_connection, make_frames, make_old_connection
from tlsinspect import Inspection
from tlsinspect.charts import CHARTS, build_chart, compose_chart, draw_chart, write_chart
from tlsinspect.charts.curves import version_colour, version_lines
from tlsinspect.charts.files import darken_svg, svg_text
from tlsinspect.charts.style import COLOURS, PAPER, VERSION_COLOURS
from tlsinspect.statistics.wording import bucket_text

ONLY_LIGHT = {colour.light for colour in COLOURS.values()} - {colour.dark for colour in COLOURS.values()}
ONLY_DARK = {colour.dark for colour in COLOURS.values()} - {colour.light for colour in COLOURS.values()}
HEX = re.compile("#[0-9a-f]{6}")


def texts(figure: Figure) -> list[str]:
    """All text on a figure."""
    return [str(text.get_text()) for text in figure.findobj(Text)]


@pytest.mark.parametrize("name", {chart.compose: name for name, chart in CHARTS.items()}.values())
def test_no_light_colour_is_left_on_dark_ground(name: str, demo: Inspection) -> None:
    content = compose_chart(name, demo)
    dark = draw_chart(content, dark=True)
    assert to_hex(dark.get_facecolor()) == PAPER.dark
    assert texts(dark) == texts(draw_chart(content))
    assert not set(HEX.findall(svg_text(dark))) & ONLY_LIGHT


def test_a_drawing_is_darkened_as_it_would_be_drawn(demo: Inspection) -> None:
    for name in ("versions", "version-matrix"):
        content = compose_chart(name, demo)
        darkened = darken_svg(svg_text(draw_chart(content)))
        assert sorted(HEX.findall(darkened)) == sorted(HEX.findall(svg_text(draw_chart(content, dark=True))))
        assert set(HEX.findall(darkened)) & ONLY_DARK


def test_matrix_has_a_cell_for_each_pair_and_says_how_often_the_best_was_agreed() -> None:
    rows = [make_connection(0), make_connection(1), make_connection(2, version_name="TLS 1.2", version=0x0303)]
    content = compose_chart("version-matrix", make_frames(connections=[*rows, make_old_connection(3)]))
    assert content.title == "The best version offered was agreed for 75% of connections"
    shown = texts(draw_chart(content))
    assert [shown.count(share) for share in ("50%", "25%")] == [1, 2]
    assert [shown.count(version) for version in ("TLS 1.3", "TLS 1.2", "TLS 1.0")] == [2, 1, 2]


def test_lifetimes_stand_against_the_limits() -> None:
    certificate = {"sha256": "aa", "not_before": NOON, "not_after": NOON, "validity_days": 399.0}
    frames = make_frames(connections=[make_connection(0, certificate_sha256s=["aa"])], certificates=[certificate])
    shown = texts(build_chart("certificate-lifetimes", frames))
    assert {"825", "398", "200", "100", "47", "longer than the limit (1)"} <= set(shown)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("days", [0.0, -365.0])
def test_certificates_that_end_before_they_begin_are_drawn_without_a_warning(days: float) -> None:
    certificate = {"sha256": "aa", "not_before": NOON, "not_after": NOON, "validity_days": days}
    frames = make_frames(connections=[make_connection(0, certificate_sha256s=["aa"])], certificates=[certificate])
    [plot] = [each for each in build_chart("certificate-lifetimes", frames).axes if each.get_yscale() == "log"]
    [dots] = [each for each in plot.collections if isinstance(each, PathCollection)]
    low, high = plot.get_ylim()
    assert all(low < day < high for day in dots.get_offsets()[:, 1])


def test_largest_category_is_what_an_ordered_chart_speaks_of() -> None:
    rows = [
        make_failed_connection(at, failure="closed", handshake_history=text)
        for at, text in enumerate(["l", "Cs", "Cs"])
    ]
    content = compose_chart("failure-steps", make_frames(connections=rows))
    assert content.title == "Last step seen: ServerHello, for 67% of connections"


def test_traffic_says_when_it_was_busiest() -> None:
    rows = [make_connection(at, time_start=NOON.replace(second=at // 2)) for at in range(3)]
    content = compose_chart("traffic-over-time", make_frames(connections=rows))
    assert content.title == "Busiest second: 2 of 3 TLS connections, from 12:00:00 UTC"


@pytest.mark.parametrize(
    ("hours", "start"),
    [
        ((0, 0, 30), "hour: 2 of 3 TLS connections, from 2026-03-01 12:00:00 UTC"),
        ((0, 12, 12, 30), "hour: 2 of 4 TLS connections, from 2026-03-02 00:00:00 UTC"),
        ((0, 0, 600), "day: 2 of 3 TLS connections, from 2026-03-01"),
    ],
)
def test_traffic_of_several_days_says_on_which_one_it_was_busiest(hours: tuple[int, ...], start: str) -> None:
    rows = [make_connection(at, time_start=NOON + timedelta(hours=hour)) for at, hour in enumerate(hours)]
    assert compose_chart("traffic-over-time", make_frames(connections=rows)).title == f"Busiest {start}"


@pytest.mark.parametrize(("name", "unit"), [("versions", "certificates"), ("handshake-times", "bytes"), ("ports", "x")])
def test_a_unit_that_a_chart_has_not_is_refused(name: str, unit: str) -> None:
    with pytest.raises(ValueError, match="is counted by"):
        compose_chart(name, make_frames(), unit)


@pytest.mark.parametrize(("name", "unit"), [(name, unit) for name, chart in CHARTS.items() for unit in chart.units])
def test_a_chart_is_composed_in_every_unit_that_it_names(name: str, unit: str) -> None:
    content = compose_chart(name, make_frames(connections=[make_connection(1)]), unit)
    assert content.title


def test_one_thing_is_not_said_in_the_plural() -> None:
    one = make_frames(connections=[make_connection(1, handshake_ms=3.0)])
    assert compose_chart("traffic-over-time", one).subtitle.startswith("1 connection with 5.0 kB")
    assert ", 1 full handshake; " in compose_chart("handshake-times", one).subtitle
    rows = [make_connection(at, handshake_ms=3.0) for at in range(5)]
    rare = make_frames(connections=[*rows, make_old_connection(9, handshake_ms=3.0)])
    assert compose_chart("handshake-times", rare).note.endswith(" 1 rarer version is in the numbers only.")


@pytest.mark.parametrize(("width", "text"), [("1 min", "minute"), ("1 month", "month"), ("3 months", "3 months")])
def test_a_bucket_of_one_is_named_without_its_number(width: str, text: str) -> None:
    assert bucket_text(width) == text


def test_a_year_is_told_per_month() -> None:
    rows = [make_connection(at, time_start=NOON + timedelta(days=30 * at)) for at in range(13)]
    content = compose_chart("tls13-over-time", make_frames(connections=rows))
    assert content.subtitle.startswith("TLS 1.3 per month, of 13 connections")
    assert "nothing known in that month." in content.note
    assert "Known connections per month" in texts(draw_chart(content))


@pytest.mark.parametrize("size", ["page", "narrow"])
def test_numbers_below_an_axis_do_not_touch(size: str) -> None:
    certificates, rows = [], []
    for at, days in enumerate((-9000, 9000)):
        sha256 = f"{at:064x}"
        certificates.append({"sha256": sha256, "not_before": NOON, "not_after": NOON + timedelta(days=days)})
        rows.append(make_connection(at, certificate_sha256s=[sha256]))
    content = compose_chart("remaining-days", make_frames(connections=rows, certificates=certificates))
    assert content.title.startswith("50% of server certificates were expired;")
    figure = draw_chart(content, size)
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    numbers = [each for each in figure.axes[0].get_xticklabels() if each.get_text()]
    boxes = [each.get_window_extent(renderer) for each in numbers]
    assert {"0", "47", "398"} <= {each.get_text() for each in numbers}
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))


def test_no_two_versions_have_the_same_colour_and_line() -> None:
    versions = [*VERSION_COLOURS, "TLS 1.3 (draft 16)", "TLS 1.3 (draft 23)", "TLS 1.3 (draft 28)"]
    lines = version_lines(versions)
    assert len({(version_colour(each), lines[each]) for each in versions}) == len(versions)
    assert version_lines(["TLS 1.0"])["TLS 1.0"] == lines["TLS 1.0"]


def test_words_of_a_chart_hold_no_control_characters() -> None:
    frames = make_frames(connections=[make_connection(0, server_name="a\x1b[31m\u202e")])
    words = compose_chart("server-names", frames).words()
    assert words[0].startswith("a\\x1b[31m\\u202e was asked for")
    assert all(line.isprintable() for line in words)


def test_a_chart_is_written_as_what_the_files_name_says(tmp_path: Path, demo: Inspection) -> None:
    content = compose_chart("versions", demo)
    for name, start in (("a.svg", b"<?xml"), ("a.PNG", b"\x89PNG"), ("a.csv", b'"statistic"')):
        write_chart(content, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(ValueError, match="not one of"):
        write_chart(content, tmp_path / "a.gif")
