"""What an attacker may put into names and certificates: nothing acts, nothing leaves its place."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest
from command_line import run, start
from made_certificates import make_certificate
from tls_vectors import alpn, server_name
from traffic import Packet, converse, tls12_turns, tls13_turns, write_pcap

import tlsinspect
from tlsinspect.columns import COLUMNS
from tlsinspect.export.text import LONGEST_LINE
from tlsinspect.export.tools import FILES, FOLDERS
from tlsinspect.extraction import extract_certificates
from tlsinspect.pivots.build import BUILDERS as PIVOTS

HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b31mred",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "../../../../tmp/x",
    "[bold red]markup[/] [/] [link=http://evil.test]x[/link]",
    "{{7*7}}{% include 'x' %}",
    "$x^2$ _\\alpha_ %s {0}",
    "\u202egnp.exe\u2066",
    "line\r\nfeed\x00\ttab",
    "-->]]><!--",
)
TEXT_ENDINGS = (".html", ".csv", ".svg", ".txt", ".json", ".md")
SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
ACTIVE_TAGS = {"img", "iframe", "object", "embed", "form", "link", "base"}


def hostile_packets() -> list[Packet]:
    """Connections that have each hostile text as server name, protocol, certificate subject and name."""
    packets = []
    for number, text in enumerate(HOSTILE):
        octets = text.encode()
        offer = server_name(octets) + alpn(octets, b"h2")
        der = make_certificate(text, "harmless.example", issuer=text)
        for shift, turns in enumerate((tls12_turns(offer, der), tls13_turns(offer))):
            client = ("192.0.2.1", 20000 + 2 * number + shift)
            packets += converse(*turns, client=client, server=(f"198.51.100.{number + 1}", 443))
    return sorted(packets)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture full of hostile texts, in a file whose name is one too."""
    folder = tmp_path_factory.mktemp("hostile")
    return write_pcap(folder / "\x1b[31m=cmd<script>.pcap", hostile_packets())


@pytest.fixture(scope="module")
def report(hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the report on it, with a hostile title."""
    folder = tmp_path_factory.mktemp("place") / "report"
    result = run("report", hostile, "-o", folder, "--title", "<script>alert('title')</script>")
    assert result.exit_code == 0, result.output
    return folder


def assert_harmless_text(text: str) -> None:
    """No control character but line ends, no character that turns text around or hides."""
    bad = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c not in "\n"}
    assert not bad


def test_hostile_texts_are_in_the_frames_as_they_were_sent(hostile: Path) -> None:
    names = tlsinspect.read(hostile).connections["server_name"].tolist()
    assert set(names) == {text.encode().decode("ascii", "backslashreplace") for text in HOSTILE}


def test_summary_shows_nothing_that_acts_on_a_terminal(hostile: Path) -> None:
    result = run("summary", hostile)
    assert result.exit_code == 0
    assert_harmless_text(result.output)


def test_summary_on_a_terminal_has_no_escapes_but_its_own_colours(hostile: Path) -> None:
    environment = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "200", "NO_COLOR": None}
    output, errors = start("summary", hostile, environment=environment).communicate(timeout=120)
    without_colours = re.sub(r"\x1b\[[0-9;]*m", "", output.decode())
    assert_harmless_text(without_colours)
    assert_harmless_text(errors.decode())


@pytest.mark.parametrize("table", COLUMNS)
def test_csv_cells_neither_calculate_nor_control(hostile: Path, table: str) -> None:
    text = run("export", hostile, "--table", table).stdout
    assert_harmless_text(text)
    for row in csv.reader(io.StringIO(text, newline="")):
        assert not [cell for cell in row if cell[:1] in ("=", "+", "@", "\t", "\r") or re.match(r"-\D", cell)]


@pytest.mark.parametrize("table", COLUMNS)
def test_json_lines_are_ascii_without_control_characters(hostile: Path, table: str) -> None:
    text = run("export", hostile, "--table", table, "--format", "jsonl").stdout
    assert text.isascii()
    assert_harmless_text(text)


@pytest.mark.parametrize("name", PIVOTS)
def test_pivots_show_and_write_nothing_that_acts(hostile: Path, name: str) -> None:
    command = {"certificate_uses": "certificates"}.get(name, name)
    assert_harmless_text(run(command, hostile).stdout)
    text = run(command, hostile, "--format", "csv").stdout
    assert_harmless_text(text)
    for row in csv.reader(io.StringIO(text, newline="")):
        assert not [cell for cell in row if cell[:1] in ("=", "+", "@", "\t", "\r") or re.match(r"-\D", cell)]


@pytest.mark.parametrize("format_name", [*FOLDERS, *FILES])
def test_exports_for_other_tools_hold_nothing_that_acts_or_leaves_its_field(
    hostile: Path, tmp_path: Path, format_name: str
) -> None:
    result = run("export", hostile, "--format", format_name, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    paths = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert paths
    for path in paths:
        text = path.read_text(encoding="utf-8")
        if format_name == "zeek":
            assert len({line.count("\t") for line in text.splitlines() if not line.startswith("#")}) == 1
        else:
            assert text.isascii()
        assert_harmless_text(text.replace("\t", ""))


def test_a_comparison_and_a_filter_show_nothing_that_acts(hostile: Path, tmp_path: Path) -> None:
    empty = write_pcap(tmp_path / "other.pcap", hostile_packets()[:40])
    assert_harmless_text(run("diff", empty, hostile, "--most", 0).output)
    assert_harmless_text(run("names", hostile, "--where", "server_name == '\x1b[2J\u202e").output)


def test_a_connection_told_shows_nothing_that_acts(hostile: Path) -> None:
    for number, _ in enumerate(HOSTILE):
        told = run("show", hostile, f"192.0.2.1:{20000 + 2 * number}")
        assert told.exit_code == 0, told.output
        assert_harmless_text(told.output)


@pytest.mark.parametrize("command", [("findings",), ("validate",), ("show",), ("diff",)])
def test_a_line_for_people_is_cut_however_long_a_certificate_s_name_is(
    hostile: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    der = make_certificate("a.example", "a.example", units=[f"unit {number} {'x' * 40}" for number in range(2000)])
    capture = write_pcap(tmp_path / "long.pcap", converse(*tls12_turns(server_name(b"a.example"), der)))
    name, *options = command
    others = {"show": ["a.example"], "diff": [hostile]}.get(name, [])
    done = run(name, capture, *others, *options)
    assert done.exit_code in (0, 1), done.output
    assert len(done.stdout) < 20 * LONGEST_LINE  # the name alone has more
    assert max(map(len, done.stdout.splitlines())) <= LONGEST_LINE
    assert "…" in done.stdout


def test_answers_are_cut_however_long_the_names_asked_for_are(tmp_path: Path) -> None:
    der = make_certificate("a.example", "a.example")
    capture = write_pcap(tmp_path / "long.pcap", converse(*tls12_turns(server_name(b"x" * 60_000), der)))
    done = run("answers", capture)
    assert done.exit_code == 0, done.output
    assert "…" in done.stdout
    assert len(done.stdout) < 10 * LONGEST_LINE
    assert max(map(len, done.stdout.splitlines())) <= LONGEST_LINE


def sarif_texts(capture: Path, policy: object) -> list[str]:
    """The texts of the messages and rules that a check of a capture has as SARIF."""
    (made,) = json.loads(run("check", capture, "--policy", policy, "--format", "sarif").stdout)["runs"]
    parts = ("shortDescription", "fullDescription")
    rules = [rule[part]["text"] for rule in made["tool"]["driver"]["rules"] for part in parts]
    return [*(each["message"]["text"] for each in made["results"]), *rules]


def test_messages_of_sarif_hold_neither_placeholders_nor_links(tmp_path: Path) -> None:
    der = make_certificate("[open](https://evil.test/) {0}", "a.example")
    capture = write_pcap(tmp_path / "link.pcap", converse(*tls12_turns(server_name(b"a.example"), der)))
    policy = tmp_path / "evil.toml"
    policy.write_text(
        'title = "x"\ndocument = "[x](y)"\nedition = "1"\nurl = ""\nnote = ""\n[[requirement]]\nid = "x"\n'
        'clause = "{1}\\u001b"\ntext = "{2} [x](y)"\nabout = "version"\nforbid = ["TLS 1.2"]\nseverity = "low"\n'
    )
    texts = [*sarif_texts(capture, "cabf-br"), *sarif_texts(capture, policy)]
    assert any("CN=[open\\x5d(https://evil.test/) \\x7b0\\x7d" in text for text in texts)
    assert not [text for text in texts if re.search(r"[{}\x1b]|\]\(", text)]


def test_certificates_become_files_of_harmless_names_in_their_folder(hostile: Path, tmp_path: Path) -> None:
    paths = extract_certificates(tlsinspect.read(hostile), tmp_path / "out")
    assert len(paths) == len(HOSTILE)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    for path in (tmp_path / "out").iterdir():
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*-[0-9a-f]{16}\.(pem|der)", path.name)


class Page(HTMLParser):
    """The elements of a page that could load or run something."""

    def __init__(self) -> None:
        super().__init__()
        self.active: list[str] = []
        self.scripts: list[str] = []
        self.in_script = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note handlers, references to elsewhere and elements that load."""
        self.in_script = tag == "script" and ("type", "application/json") not in attributes
        for name, value in attributes:
            if name.startswith("on") or (
                name in ("src", "href") and re.match(r"\s*(https?:|javascript:|//)", value or "")
            ):
                self.active.append(f"{tag} {name}={value}")
        if tag in ACTIVE_TAGS and not any((value or "").startswith("data:") for _, value in attributes):
            self.active.append(tag)

    def handle_data(self, data: str) -> None:
        """Keep what scripts say."""
        if self.in_script:
            self.scripts.append(data)
            self.in_script = False


def test_report_holds_no_element_from_the_network(report: Path) -> None:
    page = Page()
    page.feed((report / "index.html").read_text(encoding="utf-8"))
    assert page.active == []
    assert not [script for script in page.scripts if re.search(r"alert\((1|'title')\)", script)]
    assert "{{7*7}}" in (report / "index.html").read_text(encoding="utf-8")


def test_texts_of_the_report_are_harmless_in_every_file(report: Path) -> None:
    for path in report.rglob("*"):
        if path.suffix in TEXT_ENDINGS:
            text = path.read_text(encoding="utf-8")
            assert_harmless_text(text)
            assert "<script>alert" not in text or path.suffix == ".csv", path.name
            assert "<img src=x" not in text or path.suffix == ".csv", path.name
        if path.suffix == ".csv":
            cells = [
                cell for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")) for cell in row
            ]
            assert not [cell for cell in cells if cell[:1] in ("=", "+", "@", "\t", "\r") or re.match(r"-\D", cell)], (
                path.name
            )


def test_charts_of_the_report_are_well_formed_and_inert(report: Path) -> None:
    charts = list(report.rglob("*.svg"))
    assert charts
    for path in charts:
        page = Page()
        page.feed(path.read_text(encoding="utf-8"))
        assert page.active == [], path.name
        assert page.scripts == [], path.name


def test_report_writes_files_of_its_own_names_in_its_own_folder(report: Path) -> None:
    assert [path.name for path in report.parent.iterdir()] == ["report"]
    assert [path.name for path in report.rglob("*") if not SAFE_NAME.fullmatch(path.name)] == []
