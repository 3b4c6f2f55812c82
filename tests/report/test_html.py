"""The page: complete, self-contained, and deaf to what the network says."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from samples import ROOT

import tlsinspect
from tests.synthetic import NOON, MadeFrames, make_connection, make_failed_connection, make_frames, make_old_connection
from tlsinspect import Inspection, __version__
from tlsinspect.charts import CHARTS
from tlsinspect.report.html import FRAMES, default_title, write_report
from tlsinspect.report.page import SECTIONS, build_tiles
from tlsinspect.statistics import STATISTICS, build_shares

HOSTILE = "\"><script>alert(1)</script>{{ 7*7 }}\x1b[2J\u202egnp.\x00' onload=x " + "w" * 400


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text between."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text.append(data)

    def values(self, attribute: str) -> list[str]:
        """All values of an attribute."""
        return [str(attributes[attribute]) for _, attributes in self.found if attribute in attributes]


def hostile_frames() -> MadeFrames:
    """Frames whose every text is hostile."""
    texts = dict.fromkeys(("server_name", "alpn", "ja4", "capture", "subject", "issuer"), HOSTILE)
    rows: list[dict[str, Any]] = [
        make_connection(1, certificate_sha256s=["aa"], **texts),
        make_old_connection(2, version_name=HOSTILE, cipher_suite_name=HOSTILE, group_name=HOSTILE, **texts),
        make_failed_connection(3, last_alert_name=HOSTILE, **texts),
        make_connection(4, protocol=HOSTILE),
        make_connection(5, server_name="=1+1|cmd", alpn="@x"),
    ]
    certificate = {
        "sha256": "aa",
        "issuer": HOSTILE,
        "subject": HOSTILE,
        "subject_common_name": HOSTILE,
        "key_type": HOSTILE,
    }
    problem = {"capture": HOSTILE, "layer": HOSTILE, "kind": HOSTILE, "expected": HOSTILE, "count": 1}
    capture = {"capture": HOSTILE, "quality": HOSTILE, "format": HOSTILE, "link_types": [HOSTILE], "packets": 1}
    return make_frames(connections=rows, certificates=[certificate], problems=[problem], captures=[capture])


@pytest.fixture(scope="module")
def hostile_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of hostile frames, in a folder that was not there: the path of its page."""
    return write_report(hostile_frames(), tmp_path_factory.mktemp("hostile") / "new" / "folder")


@pytest.fixture(scope="module")
def hostile(hostile_report: Path) -> Elements:
    """The page of hostile frames."""
    return Elements(hostile_report.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(report: Path) -> Elements:
    """The demo capture's page."""
    return Elements(report.read_text())


def test_page_holds_every_chart_wide_and_narrow(page: Elements) -> None:
    classes = Counter(page.values("class"))
    assert classes["chart page"] == classes["chart narrow"] == len(CHARTS)


def test_every_chart_is_in_one_section() -> None:
    assert sorted(name for _, _, _, names in SECTIONS for name in names) == sorted(CHARTS)


def test_page_loads_nothing(page: Elements) -> None:
    tags = {tag for tag, _ in page.found}
    assert not tags & {"img", "link", "iframe", "object", "embed", "form", "base", "image"}
    assert not page.values("src")
    assert not page.values("style")
    assert all(target.startswith(("#", "charts/", "tables/")) for target in page.values("href"))
    assert not [name for _, attributes in page.found for name in attributes if name.startswith("on")]


def test_policy_allows_the_pages_own_style_and_scripts_and_nothing_else(report: Path) -> None:
    markup = report.read_text()
    style = re.findall(r"<style>(.*?)</style>", markup, re.DOTALL)
    scripts = re.findall(r"<script>(.*?)</script>", markup, re.DOTALL)
    assert (len(style), len(scripts)) == (1, 2)
    hashes = [f"'sha256-{b64encode(sha256(each.encode()).digest()).decode()}'" for each in (*style, *scripts)]
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', markup)
    own = f"style-src {hashes[0]}; script-src {hashes[1]} {hashes[2]}"
    assert policy == [f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"]


def test_style_reaches_nothing_outside_and_knows_light_dark_and_print(report: Path) -> None:
    style = re.findall(r"<style>(.*?)</style>", report.read_text(), re.DOTALL)[0]
    assert "url(" not in style
    assert "@import" not in style
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style


def test_links_within_the_page_and_to_files_lead_somewhere(page: Elements, report: Path) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    for target in page.values("href"):
        if target.startswith("#"):
            assert target[1:] in ids, target
        else:
            assert (report.parent / target).is_file(), target


def test_every_chart_has_words_for_who_cannot_see_it(page: Elements) -> None:
    charts = [attributes for tag, attributes in page.found if tag == "svg" and attributes.get("role") == "img"]
    assert len(charts) == 2 * len(CHARTS)
    assert all(attributes["aria-label"] for attributes in charts)


def test_page_states_the_headline_numbers(page: Elements, demo: Inspection) -> None:
    shares = build_shares("versions", demo)
    told = " ".join(page.text)
    assert f"{shares.count_of('TLS 1.3'):,} of {shares.denominator:,}; 95%" in told
    assert f"{int(demo.captures['packets'].sum()):,}" in told
    assert str(demo.captures["sha256"].iloc[0]) in told


def test_page_says_every_question_caveat_and_version(page: Elements) -> None:
    told = " ".join(page.text)
    for chart in CHARTS.values():
        statistic = STATISTICS[chart.statistic]
        assert (chart.question or statistic.question) in told
        assert (chart.caveat or statistic.caveat) in told
    assert f"tlsinspect {__version__}" in told


def test_files_beside_the_page_hold_all_rows(report: Path, demo: Inspection) -> None:
    for name in FRAMES:
        table = pd.read_csv(report.parent / "tables" / f"{name}.csv", dtype=str)
        assert len(table) == len(getattr(demo, name)), name
    for name in CHARTS:
        for kind in ("svg", "png", "csv"):
            assert (report.parent / "charts" / f"{name}.{kind}").stat().st_size > 0


def test_chart_numbers_are_exact_and_in_every_unit(report: Path, demo: Inspection) -> None:
    table = pd.read_csv(report.parent / "charts" / "versions.csv", dtype={"share": str})  # read_csv rounds
    assert set(table["unit"]) == set(STATISTICS["versions"].units)
    expected = build_shares("versions", demo, "bytes").table["share"].tolist()
    shown = table.loc[(table["unit"] == "bytes") & (table["category"] != "unknown"), "share"]
    assert shown.map(float).tolist() == expected


def test_the_same_capture_gives_the_same_files_however_many_processes_write_them(tmp_path: Path) -> None:
    written = []
    for processes in (1, 2):
        folder = tmp_path / str(processes)
        write_report(tlsinspect.read(ROOT / "captures" / "demo.pcapng"), folder, processes=processes)
        written.append({file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()})
    assert written[0] == written[1]


def test_hostile_texts_make_no_elements(hostile: Elements) -> None:
    tags = Counter(tag for tag, _ in hostile.found)
    assert tags["script"] == 3  # the data, the component, and what works with both
    assert not [name for _, attributes in hostile.found for name in attributes if name.startswith("on")]


def test_hostile_texts_are_shown_with_their_control_characters_visible(hostile: Elements) -> None:
    told = "".join(hostile.text)
    assert "<script>alert(1)</script>{{ 7*7 }}\\x1b[2J\\u202egnp.\\x00" in told
    assert not {"\x1b", "\u202e", "\x00"} & set(told + "".join(hostile.values("aria-label")))


def test_hostile_texts_are_cut_on_the_page(hostile: Elements) -> None:
    assert "w" * 250 not in "".join(hostile.text)


def test_hostile_texts_are_whole_but_harmless_in_files(hostile_report: Path) -> None:
    rows = (hostile_report.parent / "tables" / "connections.csv").read_text(encoding="utf-8")
    assert "w" * 400 in rows
    assert "'=1+1|cmd" in rows
    assert "'@x" in rows
    assert "\x1b" not in rows


@pytest.mark.parametrize(
    "frames",
    [make_frames(), make_frames(connections=[{"connection_id": "0", "protocol": "tls"}], ports=[], captures=[{}])],
)
def test_a_report_of_nothing_is_a_page_that_says_so(frames: MadeFrames, tmp_path: Path) -> None:
    page = write_report(frames, tmp_path, "Office <uplink>").read_text(encoding="utf-8")
    told = " ".join(Elements(page).text)
    assert "No handshake is known to have failed." in told
    assert "No certificate was sent in the clear." in told
    assert "n/a" in told
    assert "<h1>Office &lt;uplink&gt;</h1>" in page


def test_charts_with_nothing_to_show_are_named_and_not_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    drawn: list[str] = []
    monkeypatch.setattr("tlsinspect.report.html.draw_apart", lambda content: drawn.append(content.name))
    page = Elements(write_report(make_frames(), tmp_path, "nothing").read_text(encoding="utf-8"))
    assert not [each for each in page.values("class") if each.startswith("chart ")]
    assert drawn == []
    assert {f"chart-{name}" for name in CHARTS} <= set(page.values("id"))
    assert "".join(page.text).count("unknown for 0") == 0


def test_reasons_and_evidence_are_told_to_their_end(page: Elements, demo: Inspection) -> None:
    told = "".join(page.text)
    evidence = max(demo.findings["evidence"], key=len)
    assert len(evidence) > 250 and evidence in told


def test_title_is_that_of_the_captures_unless_given(report: Path) -> None:
    assert "<h1>demo.pcapng</h1>" in report.read_text()


def test_title_of_many_captures_is_short() -> None:
    captures = [{"capture": f"day-{number:03}.pcap", "time_start": NOON, "time_end": NOON} for number in range(50)]
    assert default_title(make_frames(captures=captures)) == "day-000.pcap and 49 more"
    assert default_title(make_frames(captures=captures[:2])) == "day-000.pcap, day-001.pcap"
    assert default_title(make_frames()) == "No capture"


def test_tiles_of_some_connections_say_what_is_counted() -> None:
    frames = make_frames(connections=[make_connection(1), make_connection(2)], captures=[{"packets": 120}])
    for selection, packets, connections in (("", "Packets", "in all"), ("resumed", "Packets read", "selected")):
        shown = replace(frames, selection=selection)
        first, second, *_ = build_tiles(shown, {name: build_shares(name, shown) for name in STATISTICS})
        assert (first.label, second.detail) == (packets, f"of 2 connections {connections}")
