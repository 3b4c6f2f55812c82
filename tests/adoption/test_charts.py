"""Charts, page and command of an adoption."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from adoption_tables import dataset, on_days, table, with_column
from command_line import run
from matplotlib.collections import LineCollection
from rotated_captures import read_records, write_capture
from samples import CAPTURES, ROOT

from tlsinspect.adoption import SERIES, Adoption, count_adoption
from tlsinspect.charts import draw_chart
from tlsinspect.charts.adoption import build_trend, compose_adoption, finding_of
from tlsinspect.charts.files import csv_bytes
from tlsinspect.charts.style import COLOURS, POST_QUANTUM, TRENDS, VERSION_COLOURS
from tlsinspect.charts.trend_colours import apart, trend_colours
from tlsinspect.charts.trends import Mark
from tlsinspect.report.adoption import SECTIONS, summary_lines, write_adoption
from tlsinspect.statistics import UNITS
from tlsinspect.store import ingest

HOSTILE = "<script>alert(1)</script>\x1b[31m=1+1"


@pytest.fixture(scope="module")
def adoption() -> Adoption:
    """The demo's connections in January and March, the last of them thin."""
    days = [date(2025, 1, 1 + place % 31) for place in range(500)] + [date(2025, 3, 9)] * 10
    return count_adoption(ds.dataset(on_days(table("connections").slice(0, 510), days)), dataset("certificates"))


def test_a_month_without_connections_is_a_gap_in_every_layer(adoption: Adoption) -> None:
    content = compose_adoption(adoption, "versions")
    trend = build_trend(adoption, "versions", UNITS["connections"], content.numbers, ["TLS 1.3", "TLS 1.2"])
    for layer in trend.layers:
        assert np.isnan(layer.shares).tolist() == [False, True, False]
    assert trend.partial.tolist() == [False, False, True] and trend.thin.tolist() == [False, True, True]
    assert "A gap: nothing known in that month." in content.note and "Lined: fewer than 30" in content.note


def test_the_finding_is_of_what_the_statistic_speaks_of_else_of_what_occurs_most(adoption: Adoption) -> None:
    totals = adoption.totals("groups-offered")
    assert finding_of(adoption, "groups-offered", "connections").startswith(f"{max(totals, key=lambda e: totals[e])}: ")
    assert finding_of(adoption, "versions", "connections").startswith("TLS 1.3: ")


def test_the_finding_compares_whole_months_that_are_not_thin(adoption: Adoption) -> None:
    assert compose_adoption(adoption, "versions").title.endswith(" of connections in 2025-01")


def test_shares_that_add_up_are_stacked_and_others_are_lines(adoption: Adoption) -> None:
    for unit, stacked in (("connections", True), ("bytes", True), ("servers", False)):
        numbers = compose_adoption(adoption, "versions", unit).numbers
        assert build_trend(adoption, "versions", UNITS[unit], numbers, ["TLS 1.3"]).stacked is stacked


def test_a_period_that_stands_alone_has_its_intervals_as_lines(adoption: Adoption) -> None:
    figure = draw_chart(compose_adoption(adoption, "versions", "servers"))
    lines = [each for each in figure.findobj(LineCollection) if each.get_alpha() and len(each.get_segments())]
    assert [len(each.get_segments()) for each in lines][:1] == [2]


def test_a_line_at_the_edge_is_whole(adoption: Adoption) -> None:
    figure = draw_chart(compose_adoption(adoption, "versions", "servers"))
    lines = [line for line in figure.axes[0].get_lines() if line.get_marker() == "o"]
    assert lines and not any(line.get_clip_on() for line in lines)


def test_only_dates_within_the_time_shown_are_marked(adoption: Adoption) -> None:
    later = [date(2025, 4, 1), date(2025, 4, 30)] * 20
    april = count_adoption(ds.dataset(on_days(table("connections").slice(0, 40), later)), dataset("certificates"))
    marks = [
        [
            mark.label
            for mark in build_trend(each, "groups", UNITS["bytes"], each.table("groups", "bytes"), ["x25519"]).marks
        ]
        for each in (adoption, april)
    ]
    assert marks == [[], ["2025-04-08  OpenSSL 3.5 offers X25519MLKEM768 by default"]]


def test_what_is_drawn_is_what_stands_in_the_csv(adoption: Adoption) -> None:
    content = compose_adoption(adoption, "ports")
    drawn = csv_bytes(content.numbers).decode()
    assert drawn.count("other (") == 2  # a row in each month with connections
    january = content.numbers[content.numbers["time"].dt.month == 1]
    assert january["count"].sum() == january["denominator"].iloc[0]


@pytest.mark.parametrize("series", ["versions", "aead", "key-exchange", "transports"])
def test_colours_that_say_nothing_are_unlike_those_that_do(series: str) -> None:
    names = {
        "versions": ["TLS 1.3", "TLS 1.2", "TLS 1.1", "TLS 1.0", "SSL 3.0", "SSL 2.0", "DTLS 1.2", "DTLS 1.0"],
        "aead": ["AES-256-GCM", "AES-128-GCM", "AES-128-CCM-8", "ChaCha20-Poly1305", "ARIA-128-GCM", "AES-256-CCM"],
        "key-exchange": ["ECDHE", "RSA", "DHE", "hybrid", "PSK", "DHE_PSK", "ECDHE_PSK", "KEM", "RSA_PSK"],
        "transports": ["QUIC", "TLS over TCP", "DTLS", "TLS inside other packets"],
    }[series]
    colours = trend_colours(series, names)
    assert list(colours) == names and len(set(colours.values())) == len(names)
    for name, colour in colours.items():
        for other, meant in colours.items():
            if name != other and colour in TRENDS and meant not in TRENDS:
                assert apart(colour, meant) >= 40, (name, other)


def test_a_thing_has_the_colour_of_other_charts_and_no_two_have_the_same() -> None:
    colours = trend_colours("groups", ["x25519", "secp256r1", "X25519MLKEM768", "SecP256r1MLKEM768", "other (3 more)"])
    assert colours["X25519MLKEM768"] is POST_QUANTUM
    assert trend_colours("versions", ["TLS 1.3"])["TLS 1.3"] is VERSION_COLOURS["TLS 1.3"]
    assert len(set(colours.values())) == len(colours) and set(colours.values()) <= set(COLOURS.values())


def test_every_series_is_on_the_page_once() -> None:
    shown = [name for _, _, names in SECTIONS for name in names]
    assert sorted(shown) == sorted(SERIES)


@pytest.mark.parametrize("size", ["page", "narrow", "slide"])
def test_nothing_sticks_out_at_the_sides(adoption: Adoption, size: str) -> None:
    figure = draw_chart(compose_adoption(adoption, "versions"), size)
    box = figure.get_tightbbox()
    assert box.x0 >= -0.01 and box.x1 <= figure.get_size_inches()[0] + 0.01


@pytest.mark.parametrize("size", ["page", "narrow"])
def test_letters_of_dates_that_are_near_to_each_other_stand_apart(
    adoption: Adoption, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def marks_within(name: str, first: float, last: float) -> list[Mark]:
        return [Mark(first + days, f"{days}") for days in (20, 21, 22)]

    monkeypatch.setattr("tlsinspect.charts.adoption.marks_within", marks_within)
    letters = draw_chart(compose_adoption(adoption, "versions"), size).axes[0].texts[-3:]
    boxes = [letter.get_window_extent() for letter in letters]
    assert [letter.get_text() for letter in letters] == ["a", "b", "c"]
    assert boxes[0].x1 < boxes[1].x0 and boxes[1].x1 < boxes[2].x0


def test_command_writes_page_charts_and_numbers_and_says_the_headlines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlsinspect.report.figures.LEAST_CHARTS", 1)  # drawn by two processes
    ingest([ROOT / "captures" / "handshakes" / "tls13.pcapng"], tmp_path / "store", workers=1)
    out = tmp_path / "out"
    chosen = ("--only", "versions", "--only", "authorities", "--unit", "bytes", "--by", "day", "--processes", "2")
    result = run("adoption", tmp_path / "store", "-o", out, *chosen, "--title", "<Office> & co")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert re.fullmatch(r"1 TLS connection on 1 day, (\S+) to \1 UTC, in 1 day", lines[0]), lines[0]
    assert lines[1].startswith("Versions agreed: TLS 1.3: 100% of bytes in ")
    assert lines[2].startswith("Certificate authorities over time: ")
    assert len(lines) == 4  # of the series asked for, and no others
    assert lines[-1] == str(out / "index.html")
    page = (out / "index.html").read_text()
    assert "Post-quantum key exchange" not in page[: page.index("<section")]
    assert "&lt;Office&gt; &amp; co" in page and 'http-equiv="Content-Security-Policy"' in page
    assert set(re.findall(r'href="#(g[^"]+)"', page)) <= set(re.findall(r' id="([^"]+)"', page))  # letters of both
    assert {
        f"{name}{ending}" for name in ("versions", "authorities") for ending in (".svg", ".png", ".csv", "-dark.svg")
    } == {path.name for path in (out / "charts").iterdir()}
    header, *numbers = (out / "series.csv").read_text().splitlines()
    assert header.startswith('"series","unit","time","days_seen","partial","thin","category","count","denominator"')
    assert {line.split(",")[1] for line in numbers} == {f'"{name}"' for name in UNITS}


def test_a_folder_that_is_no_store_is_one_line(tmp_path: Path) -> None:
    result = run("adoption", tmp_path, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert result.stderr.startswith("tlsinspect: ") and result.stderr.count("\n") == 1


def test_a_clock_that_was_wrong_is_one_line_and_no_chart_of_fifty_thousand_days(tmp_path: Path) -> None:
    records = read_records(CAPTURES / "handshakes" / "tls10.pcap")
    early = [bytes(4) + record[4:] for record in records]  # the seconds of a record's time
    files = [write_capture(tmp_path / f"{name}.pcap", each) for name, each in (("right", records), ("wrong", early))]
    ingest(files, tmp_path / "store")
    command = ("adoption", tmp_path / "store", "-o", tmp_path / "out", "--only", "versions", "--by")
    refused = run(*command, "day")
    assert refused.exit_code == 2 and refused.stderr.count("\n") == 1
    assert "connections from 1970-01-01 to " in refused.stderr and "at most 4,000 are charted" in refused.stderr
    assert run(*command, "month").exit_code == 0
    assert run(*command, "day", "--since", "2000-01-01").exit_code == 0


@pytest.mark.parametrize("place", ["charts", "index.html", "series.csv"])
def test_an_output_that_cannot_be_written_is_refused_before_anything_is_counted(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(CAPTURES / "handshakes" / "tls10.pcap", tmp_path / "store")
    monkeypatch.setattr("tlsinspect.adoption.build_adoption", lambda *_: pytest.fail("it was counted"))
    out = tmp_path / "out"
    out.mkdir()
    if place == "charts":
        (out / place).touch()
    else:
        (out / place).mkdir()
    result = run("adoption", tmp_path / "store", "-o", out)
    assert result.exit_code == 2
    named = out if place == "charts" else out / place
    assert result.stderr.startswith(f"tlsinspect: {named}: cannot be written: ") and result.stderr.count("\n") == 1


def test_a_series_that_does_not_exist_is_told_with_those_that_do(tmp_path: Path) -> None:
    result = run("adoption", tmp_path, "-o", tmp_path / "out", "--only", "version")
    assert result.exit_code == 2 and "no series 'version', but versions, " in result.stderr


def test_texts_from_the_network_reach_page_and_charts_escaped(tmp_path: Path) -> None:
    issuers = pa.array([f"O={HOSTILE}"] * table("certificates").num_rows)
    certificates = with_column(table("certificates"), "issuer", issuers)
    counted = count_adoption(dataset("connections"), ds.dataset(certificates), "day")
    page = write_adoption(counted, tmp_path, only=["authorities"]).read_text()
    assert "<script" not in page and "\x1b" not in page and "&lt;script&gt;" in page
    assert "\x1b" not in (tmp_path / "series.csv").read_text()


def test_a_store_without_connections_says_so(tmp_path: Path) -> None:
    empty = count_adoption(ds.dataset(table("connections").slice(0, 0)), dataset("certificates"))
    content = compose_adoption(empty, "versions")
    assert content.title == "Versions agreed over time: nothing to show"
    assert content.note == ""
    draw_chart(content)
    assert not summary_lines(empty)[0].endswith(".")  # the page puts one there


def test_a_headline_about_nothing_says_its_title_once() -> None:
    counted = count_adoption(dataset("connections"), ds.dataset(table("certificates").slice(0, 0)))
    assert summary_lines(counted, only=["lifetimes"])[1:] == ["Lifetimes of certificates over time: nothing to show"]


def test_few_periods_are_named_one_by_one_and_many_by_an_axis_of_times(adoption: Adoption) -> None:
    alone = count_adoption(
        ds.dataset(on_days(table("connections").slice(0, 9), [date(2025, 3, 9)] * 9)), dataset("certificates"), "day"
    )
    for counted, labels in ((alone, ["2025-03-09"]), (adoption, ["2025-01", "2025-02", "2025-03"])):
        counts = draw_chart(compose_adoption(counted, "transports")).axes[1]
        assert [label.get_text() for label in counts.get_xticklabels()] == labels
