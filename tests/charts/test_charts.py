"""Every chart, in every size, of much, little and no data."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.dates import num2date
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from PIL import Image
from samples import inspect

from tests.synthetic import NOON, MadeFrames, make_connection, make_failed_connection, make_frames, make_old_connection
from tlsinspect import Inspection
from tlsinspect.charts import CHARTS, build_chart, compose_chart, draw_chart, save_chart, write_chart
from tlsinspect.charts.files import svg_text
from tlsinspect.statistics import STATISTICS, build_shares, wilson_interval
from tlsinspect.statistics.memory import remember

HINTED = 0.02  # by so much letters of pixels may be wider than the shapes that an SVG has
HOSTILE = "$x^2$ \x1b[31m\u202egnp.exe\u0000 </text><script>" + "w" * 300


def texts(figure: Figure) -> list[str]:
    """All text on a figure."""
    return [str(text.get_text()) for text in figure.findobj(Text)]


@cache
def no_frames() -> MadeFrames:
    """Frames without a row."""
    return remember(make_frames())


@cache
def frames_of_one() -> MadeFrames:
    """One connection."""
    return remember(make_frames(connections=[make_connection(1, handshake_ms=3.0)]))


@cache
def frames_of_nulls() -> MadeFrames:
    """One connection of which nothing is known."""
    return remember(make_frames(connections=[{"connection_id": "0", "protocol": "tls"}], ports=[]))


@cache
def hostile_frames() -> MadeFrames:
    """Names such as nobody in good faith sends."""
    rows = [
        make_connection(
            1, server_name=HOSTILE, alpn=HOSTILE, ja4=HOSTILE, certificate_sha256s=["aa"], cipher_suite_name=HOSTILE
        ),
        make_old_connection(2, version_name=HOSTILE, group_name=HOSTILE, validation=HOSTILE, key_exchange=HOSTILE),
        make_failed_connection(3, last_alert_name=HOSTILE),
    ]
    certificate = {"sha256": "aa", "issuer": f"O={HOSTILE}", "key_type": HOSTILE}
    return remember(make_frames(connections=rows, certificates=[certificate]))


def far_apart(figure: Figure) -> list[str]:
    """The texts that stick out of their figure, of all that are drawn."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    drawn: list[Text] = []
    renderer.draw_text = lambda *_, mtext, **__: drawn.append(mtext)
    figure.draw(renderer)
    width, height = figure.get_size_inches() * figure.dpi
    assert drawn
    outside = []
    for text in drawn:
        box = text.get_window_extent(renderer)
        slack = 1 + HINTED * box.width
        if box.x0 < -slack or box.y0 < -1 or box.x1 > width + slack or box.y1 > height + 1:
            outside.append(text.get_text())
    return outside


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_keeps_its_text_on_the_canvas(name: str, demo: Inspection) -> None:
    content = compose_chart(name, demo)
    for size, bare in (("page", False), ("narrow", True)):
        assert far_apart(draw_chart(content, size, bare)) == [], (size, bare)


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_says_that_there_is_nothing_to_show(name: str) -> None:
    figure = build_chart(name, no_frames(), size="narrow")
    assert any("Nothing to show: 0" in text for text in texts(figure))
    assert far_apart(figure) == []


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_copes_with_one_connection(name: str) -> None:
    assert far_apart(build_chart(name, frames_of_one())) == []


def test_what_rows_of_a_matrix_are_stays_on_the_canvas_where_their_names_are_short() -> None:
    content = compose_chart("version-matrix", frames_of_one())
    for size in ("page", "narrow"):
        assert far_apart(draw_chart(content, size, bare=True)) == []


def test_a_share_over_time_is_of_as_many_hosts_as_there_are_and_names_what_it_counts() -> None:
    rows = [make_connection(at, client_ip="192.0.2.1", time_start=NOON + timedelta(hours=at)) for at in range(9)]
    frames = make_frames(connections=[{**row, "client_bytes": 500_000, "server_bytes": 499_800} for row in rows])
    assert "of 1 client " in compose_chart("tls13-over-time", frames, "clients").subtitle
    for unit, label, most in (("clients", "Known clients per 15 min", "1"), ("bytes", "Known bytes per 15 min", "1M")):
        assert {label, most} <= set(texts(build_chart("tls13-over-time", frames, unit)))


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_copes_with_nothing_but_nulls(name: str) -> None:
    shown = texts(build_chart(name, frames_of_nulls()))
    assert any("Nothing to show" in text or "nothing to show" in text for text in shown)


@pytest.mark.parametrize("name", CHARTS)
def test_hostile_names_stay_text_of_bounded_length(name: str) -> None:
    figure = build_chart(name, hostile_frames(), size="narrow")
    assert far_apart(figure) == []
    for text in figure.findobj(Text):
        assert text.get_text().isprintable()
        assert "\u202e" not in text.get_text()
        assert not text.get_parse_math() or "$" not in text.get_text()
    assert "<script>" not in svg_text(figure)


@pytest.mark.parametrize("name", ["certificate-validity", "tls13-over-time", "ports", "handshake-times"])
def test_the_same_numbers_give_the_same_svg(name: str, demo: Inspection) -> None:
    assert svg_text(build_chart(name, demo)) == svg_text(build_chart(name, demo))


def test_svg_has_no_date_and_reaches_nothing_outside(demo: Inspection) -> None:
    markup = svg_text(build_chart("versions", demo))
    assert "<dc:date>" not in markup
    assert "<image" not in markup
    assert set(re.findall(r'href="([^#"][^"]*)"', markup)) == set()


def test_svg_carries_its_letters_as_shapes(demo: Inspection) -> None:
    assert "<text" not in svg_text(build_chart("versions", demo))


@pytest.mark.parametrize("name", ["cipher-suites", "versions-offered", "ports", "tls13-over-time", "handshake-times"])
def test_a_slide_is_sixteen_by_nine_and_holds_all_text(name: str, demo: Inspection) -> None:
    figure = build_chart(name, demo, size="slide")
    width, height = figure.get_size_inches()
    assert width / height == pytest.approx(16 / 9)
    assert far_apart(figure) == []


def test_a_bare_chart_leaves_words_to_the_page(demo: Inspection) -> None:
    content = compose_chart("versions", demo)
    assert content.title in texts(draw_chart(content))
    assert content.title not in texts(draw_chart(content, bare=True))


def test_title_states_the_finding_and_subtitle_what_it_rests_on() -> None:
    frames = make_frames(connections=[make_connection(0), make_old_connection(1)])
    content = compose_chart("versions", frames)
    assert content.title == "TLS 1.3 was agreed for 50% of connections"
    assert content.subtitle == "Versions agreed, of 2 connections · 2026-03-01 12:00 UTC"


def test_what_is_unknown_has_a_bar_of_its_own() -> None:
    unknown = make_connection(1, version_name=None, gap=True, unknown_reasons=[("version", "gap")])
    figure = build_chart("versions", make_frames(connections=[make_connection(0), unknown]))
    assert {"unknown", "50%", "1 of 2"} <= set(texts(figure))


def test_the_tail_of_many_categories_is_one_bar() -> None:
    rows = [make_connection(at, server_name=f"h{at}.example") for at in range(40)]
    frames = make_frames(connections=rows)
    content = compose_chart("server-names", frames)
    assert "other (28 more)" in texts(draw_chart(content))
    assert len(content.numbers) == 41


def test_rare_versions_are_left_to_the_numbers() -> None:
    names = [f"TLS 1.3 (draft {number})" for number in range(12)] + ["TLS 1.3"] * 9
    rows = [make_connection(at, version_name=name, handshake_ms=1.0 + at) for at, name in enumerate(names)]
    frames = make_frames(connections=rows)
    offered, times = compose_chart("versions-offered", frames), compose_chart("handshake-times", frames)
    assert "rarer versions are in the numbers only" in offered.note
    assert "TLS 1.3 (draft 9)" not in texts(draw_chart(offered))
    assert "12 rarer versions are in the numbers only" in times.note
    assert len(times.numbers) == 13


def test_protocols_without_a_colour_of_their_own_share_one_part_of_a_bar() -> None:
    rows = [make_connection(at, protocol=name) for at, name in enumerate(["tls", "tls", "ldap", "smtp"])]
    shown = texts(build_chart("ports", make_frames(connections=rows)))
    assert "50% tls, 25% ldap of 4" in shown
    assert shown.count("other") == 1


@pytest.mark.parametrize("name", ["tls13-over-time", "traffic-over-time"])
def test_a_single_bucket_has_bars_that_can_be_seen(name: str) -> None:
    axes = build_chart(name, frames_of_one()).axes[-1]
    (bar,) = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    low, high = axes.get_xlim()
    assert 0.5 < bar.get_width() / (high - low) < 1


@pytest.mark.parametrize("size", ["page", "narrow", "slide"])
@pytest.mark.parametrize("second", [10, 100, 150, 170, 7_000, 9_500, 200_000, 230_000, 7_000_000, 60_000_000])
@pytest.mark.filterwarnings("error")
def test_a_time_of_any_length_has_some_labels_and_not_too_many(second: int, size: str) -> None:
    rows = [make_connection(at, time_start=NOON + timedelta(seconds=second * at // 9)) for at in range(10)]
    figure = build_chart("tls13-over-time", make_frames(connections=rows), size=size)
    figure.canvas.draw()
    labels = [label for axes in figure.axes for label in axes.get_xticklabels() if label.get_text()]
    assert 2 <= len(labels) <= 10


@pytest.mark.parametrize("size", ["page", "narrow", "slide"])
@pytest.mark.parametrize("months", [5, 10, 20, 60])
def test_the_first_label_of_months_has_the_year_where_it_is_not_beside_them(months: int, size: str) -> None:
    start = datetime(2024, 9, 3, tzinfo=UTC)
    rows = [make_connection(at, time_start=start + timedelta(days=at)) for at in range(0, 30 * months, 15)]
    figure = build_chart("tls13-over-time", make_frames(connections=rows), size=size)
    figure.canvas.draw()
    axes = figure.axes[-1]
    low, high = axes.get_xlim()
    seen = [label for label in axes.get_xticklabels() if low <= label.get_position()[0] <= high]
    years = [label.get_text()[-4:] for label in seen if "20" in label.get_text()]
    assert years[0] == f"{num2date(seen[0].get_position()[0]):%Y}" and years[0] in seen[0].get_text()
    assert len(years) == len(set(years)) and axes.xaxis.get_offset_text().get_text() == ""


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("times", [(0.0,) * 5, (0.0, 0.0, 0.0, 20.0, 30.0)])
def test_handshakes_that_took_no_time_by_a_coarse_clock_are_drawn(times: tuple[float, ...]) -> None:
    frames = make_frames(connections=[make_connection(at, handshake_ms=time) for at, time in enumerate(times)])
    figure = build_chart("handshake-times", frames)
    figure.canvas.draw()
    (axes,) = [each for each in figure.axes if each.get_xscale() == "log"]
    (curve,) = [line for line in axes.get_lines() if len(line.get_xdata()) > 2]
    assert curve.get_xdata()[0] == pytest.approx(0.001) and axes.get_xlim()[0] <= 0.001


def test_a_bucket_that_stands_alone_has_its_interval_as_a_line() -> None:
    rows = [make_connection(at, time_start=NOON + timedelta(seconds=second)) for at, second in enumerate([0, 9, 10])]
    figure = build_chart("tls13-over-time", make_frames(connections=rows))
    lines = [each for each in figure.findobj(LineCollection) if each.get_alpha()]
    assert [len(each.get_segments()) for each in lines] == [1]
    (segment,) = lines[0].get_segments()
    assert segment[:, 1].tolist() == list(wilson_interval(1, 1))


def test_a_chart_by_bytes_has_no_whiskers_and_says_so(demo: Inspection) -> None:
    content = compose_chart("versions", demo, "bytes")
    assert "interval" not in content.note
    assert content.numbers["low"].isna().all()


def test_a_chart_by_servers_says_that_shares_overlap() -> None:
    both = make_frames(connections=[make_connection(0), make_old_connection(1)])
    assert "more than 100%" in compose_chart("versions", both, "servers").note


def test_saved_chart_is_svg_png_and_csv(tmp_path: Path, demo: Inspection) -> None:
    content = compose_chart("versions", demo)
    paths = save_chart(draw_chart(content), tmp_path / "charts", "versions", content.numbers)
    assert [path.name for path in paths] == ["versions.svg", "versions.png", "versions.csv", "versions-dark.svg"]
    assert paths[0].read_bytes().startswith(b"<?xml")
    with Image.open(paths[1]) as picture:
        assert (picture.format, picture.mode) == ("PNG", "P")
    table = pd.read_csv(paths[2], dtype={"share": str})  # read_csv rounds
    shares = build_shares("versions", demo).table
    assert table["share"].dropna().map(float).tolist() == shares["share"].tolist()


def test_saved_numbers_cannot_become_formulas(tmp_path: Path) -> None:
    frames = make_frames(connections=[make_connection(0, server_name="=cmd|' /C calc'!A0")])
    content = compose_chart("server-names", frames)
    path = save_chart(draw_chart(content), tmp_path, "names", content.numbers)[2]
    assert "'=cmd|" in path.read_text()
    assert not re.search(r'(^|,)"?=', path.read_text())


@pytest.mark.parametrize("name", ["../x", "", "a/b", "A", ".x"])
def test_a_chart_is_not_saved_outside_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no plain file name"):
        save_chart(Figure(), tmp_path, name, pd.DataFrame())


@pytest.mark.parametrize("name", ["versions-offered", "tls13-over-time", "ports", "key-exchange"])
def test_charts_can_be_drawn_by_bytes(name: str, demo: Inspection) -> None:
    assert far_apart(build_chart(name, demo, "bytes")) == []


def test_every_chart_is_of_a_declared_statistic() -> None:
    assert {chart.statistic for chart in CHARTS.values()} <= set(STATISTICS)
    assert all(name == chart.name for name, chart in CHARTS.items())


def run_python(program: str) -> None:
    """Run a program in an interpreter of its own; it must succeed."""
    root = Path(__file__).parent.parent.parent
    subprocess.run([sys.executable, "-c", program], check=True, cwd=root, env={"PYTHONPATH": str(root), "PATH": ""})


def test_charts_leave_pyplot_and_settings_alone() -> None:
    run_python(
        """
import sys, matplotlib
before = matplotlib.rcParams.copy()
from tests.synthetic import make_connection, make_frames
from tlsinspect.charts import build_chart
build_chart("versions", make_frames(connections=[make_connection(1)]))
assert "matplotlib.pyplot" not in sys.modules
assert matplotlib.rcParams.copy() == before
"""
    )


def test_importing_charts_loads_nothing_heavy() -> None:
    run_python(
        """
import sys, tlsinspect.charts, tlsinspect.statistics
assert not {"pandas", "matplotlib", "pyarrow"} & set(sys.modules)
"""
    )


@pytest.mark.parametrize("size", ["page", "slide", "narrow"])
@pytest.mark.parametrize("seconds", [0, 3, 50, 200])
def test_times_within_a_minute_are_not_to_be_taken_for_hours(seconds: int, size: str) -> None:
    rows = [make_connection(place, time_start=NOON + timedelta(seconds=seconds * place / 9)) for place in range(10)]
    figure = draw_chart(compose_chart("traffic-over-time", make_frames(connections=rows)), size)
    figure.canvas.draw()
    labels = [each for each in figure.axes[-1].get_xticklabels() if each.get_text()]
    assert len(labels) > 1 and all(re.match(r"\d\d:\d\d(:\d\d)?", each.get_text()) for each in labels)
    boxes = [each.get_window_extent() for each in labels]
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))


CALLERS_OWN: dict[str, Any] = {
    "timezone": "America/New_York", "figure.constrained_layout.use": True, "savefig.bbox": "tight", "axes.grid": True,
    "savefig.facecolor": "blue", "lines.marker": "o", "font.weight": "bold", "axes.xmargin": 0.5,
}  # fmt: skip
"""What a notebook may have told matplotlib for charts of its own."""


@pytest.mark.parametrize("name", ["tls13-over-time", "traffic-over-time", "handshake-times", "certificate-lifetimes"])
def test_a_chart_is_drawn_alike_whatever_the_caller_has_set(name: str, tmp_path: Path) -> None:
    content = compose_chart(name, inspect("demo.pcapng"))
    drawn = []
    for number, settings in enumerate(({}, CALLERS_OWN)):
        with mpl.rc_context(settings):
            before = dict(mpl.rcParams)
            write_chart(content, tmp_path / f"{number}.svg")
            write_chart(content, tmp_path / f"{number}.png")
            assert dict(mpl.rcParams) == before
        drawn.append([(tmp_path / f"{number}.{ending}").read_bytes() for ending in ("svg", "png")])
    assert drawn[0] == drawn[1]


def test_the_entries_of_charts_survive_the_way_between_processes() -> None:
    assert pickle.loads(pickle.dumps(CHARTS)) == CHARTS


@pytest.mark.parametrize("name", ["tls13-over-time", "traffic-over-time"])
@pytest.mark.parametrize("seconds", [0, 0.3, 2, 9, 100, 170])
def test_times_of_short_captures_are_whole_seconds_and_stay_on_a_page(name: str, seconds: float) -> None:
    rows = [make_connection(place, time_start=NOON + timedelta(seconds=seconds * place / 9)) for place in range(10)]
    content = compose_chart(name, make_frames(connections=rows))
    for size in ("page", "narrow"):
        figure = draw_chart(content, size, bare=True)
        assert far_apart(figure) == []
        texts = [each.get_text() for each in figure.axes[-1].get_xticklabels()]
        assert all("." not in text for text in texts) and len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("start", "minutes", "below"),
    [
        (datetime(2026, 12, 31, 23, 59, 20, tzinfo=UTC), 1.2, "2026-12-31 to 2027-01-01 UTC"),
        (datetime(2026, 11, 22, 23, 20, tzinfo=UTC), 70, "2026-11-22 to 2026-11-23 UTC"),
        (datetime(2026, 11, 22, 20, 0, tzinfo=UTC), 400, "2026-11-22 to 2026-11-23 UTC"),
        (datetime(2026, 11, 22, 20, 0, tzinfo=UTC), 30, "2026-11-22 UTC"),
        (datetime(2026, 11, 24, tzinfo=UTC), 60 * 24 * 12, "2026-11 to 2026-12"),
        (datetime(2026, 11, 2, tzinfo=UTC), 60 * 24 * 12, "2026-11"),
    ],
)
@pytest.mark.parametrize("size", ["page", "narrow"])
def test_below_a_time_axis_stand_the_days_of_its_first_and_its_last_label(
    start: datetime, minutes: float, below: str, size: str
) -> None:
    rows = [make_connection(place, time_start=start + timedelta(minutes=minutes * place / 40)) for place in range(40)]
    figure = draw_chart(compose_chart("traffic-over-time", make_frames(connections=rows)), size, bare=True)
    assert far_apart(figure) == []
    assert figure.axes[-1].xaxis.get_offset_text().get_text() == below


@pytest.mark.parametrize("size", ["page", "narrow", "slide"])
@pytest.mark.parametrize(
    ("low", "high"), [(6.3, 8.4), (3.016, 3.06), (12.0, 12.0), (2.1, 8.9), (8, 31), (0.2, 90_000), (0.001, 300_000)]
)
def test_an_axis_of_handshake_times_has_numbers_and_none_on_another(low: float, high: float, size: str) -> None:
    rows = [make_connection(at, handshake_ms=low * (high / low) ** (at / 9)) for at in range(10)]
    figure = build_chart("handshake-times", make_frames(connections=rows), size=size)
    figure.canvas.draw()
    (axes,) = [each for each in figure.axes if each.get_xscale() == "log"]
    first, last = axes.get_xlim()
    seen = [label for label in axes.get_xticklabels() if first <= label.get_position()[0] <= last and label.get_text()]
    places = [label.get_position()[0] for label in seen]
    assert 2 <= len(seen) <= 13
    assert [float(label.get_text().replace(",", "")) for label in seen] == pytest.approx(places)
    boxes = [label.get_window_extent() for label in seen]
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))


@pytest.mark.parametrize("name", ["tls13-over-time", "traffic-over-time", "hello-sizes", "remaining-days"])
@pytest.mark.parametrize("size", ["page", "slide"])
def test_the_numbers_of_an_axis_stand_on_none_of_the_other(name: str, size: str, demo: Inspection) -> None:
    figure = draw_chart(compose_chart(name, demo), size)
    figure.canvas.draw()
    axes = figure.axes[-1]
    across, up = (
        [label.get_window_extent() for label in axis.get_ticklabels() if label.get_text()]
        for axis in (axes.xaxis, axes.yaxis)
    )
    shared = [one.y1 - other.y0 for one in across for other in up if one.x0 < other.x1 and one.y0 < other.y1]
    assert max(shared, default=0) < 0.2 * up[0].height  # boxes are higher than digits


def test_what_is_offered_and_agreed_by_bytes_says_bytes_and_not_how_many_offers() -> None:
    size = {"client_bytes": 1500, "server_bytes": 2500}
    columns = ("supported_versions", "client_legacy_version")
    lost = {**dict.fromkeys(columns), "unknown_reasons": [(column, "gap") for column in columns]}
    frames = make_frames(connections=[make_connection(0, **size), make_connection(1, **size, **lost)])
    by_bytes = compose_chart("versions-offered", frames, "bytes")
    assert by_bytes.note == "Unknown: the offer of 4.0 kB, the version agreed of 0 B."
    assert {"best offered (4.0 kB)", "agreed (8.0 kB)"} <= set(texts(draw_chart(by_bytes)))
    by_servers = compose_chart("versions-offered", frames, "servers")
    assert "offers" not in by_servers.note
    by_connections = compose_chart("versions-offered", frames)
    assert by_connections.note.endswith("Unknown: 1 offer, 0 versions agreed.")
    assert {"best offered (n 1)", "agreed (n 2)"} <= set(texts(draw_chart(by_connections)))
