"""What the documentation shows is what happens: its links lead somewhere, its examples print what it says."""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

import tlsinspect
from tlsinspect.adoption import build_adoption
from tlsinspect.cli import main
from tlsinspect.columns import COLUMNS
from tlsinspect.export import write_export
from tlsinspect.store.sink import STORED
from tlsinspect.store.sql import VIEWS

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md"), ROOT / "captures" / "README.md"])
README = (ROOT / "README.md").read_text(encoding="utf-8")
PREPARED = """\
import tlsinspect
inspection = tlsinspect.read("captures/demo.pcapng")
connections = inspection.connections"""
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(command: list[str], folder: Path) -> list[str]:
    """A Python command's lines, on a terminal of 100 columns."""
    environment = os.environ | {"COLUMNS": "100", "PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "default"}
    finished = subprocess.run(
        [sys.executable, *command], check=True, capture_output=True, cwd=folder, env=environment, encoding="utf-8"
    )
    return [line.rstrip() for line in finished.stdout.splitlines()]


def words_of(line: str) -> str:
    """A line without the bars, and with single spaces."""
    return " ".join(re.sub("[\u2580-\u259f]", " ", line).split())


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the sample captures where the examples look for them, and no package to shadow the installed."""
    (tmp_path / "captures").symlink_to(ROOT / "captures")
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_commands_of_the_readme_print_what_it_shows(checkout: Path) -> None:
    consoles = [text for kind, text in BLOCK.findall(README) if kind == "console"]
    assert len(consoles) == 2
    for console in consoles:
        command, *shown = console.splitlines()
        words = command.removeprefix("$ tlsinspect ").partition(" | ")[0].split()
        printed = run(["-m", "tlsinspect", *words], checkout)
        said = {words_of(line) for line in printed}
        assert {words_of(line) for line in shown} - {"..."} <= said


def test_python_of_the_readme_prints_what_it_shows(checkout: Path) -> None:
    blocks = BLOCK.findall(README)
    (source,) = [text for kind, text in blocks if kind == "python"]
    (shown,) = [text for kind, text in blocks if kind == "text"]
    assert run(["-c", source], checkout) == [line.rstrip() for line in shown.splitlines()]
    assert (checkout / "adoption.svg").read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize("name", ["getting-started", "reading-results"])
def test_python_of_the_guide_runs(name: str, checkout: Path) -> None:
    page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    sources = [text for kind, text in BLOCK.findall(page) if kind == "python"]
    assert sources
    assert run(["-c", "\n".join([PREPARED, *sources])], checkout)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_python_of_a_page_imports_the_times_that_it_names(page: Path) -> None:
    source = "".join(text for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")) if kind == "python")
    for name in ("datetime", "timedelta", "date"):
        if re.search(rf"(?<![\w.]){name}\(", source):
            assert re.search(rf"^from datetime import .*\b{name}\b", source, re.MULTILINE), name


@pytest.mark.parametrize("name", ["tasks", "policies-and-whatif"])
def test_commands_of_the_guide_run(name: str, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    lines = [line for kind, text in BLOCK.findall(page) if kind == "sh" for line in text.splitlines()]
    monkeypatch.chdir(checkout)
    for line in lines:
        program, *words = shlex.split(line, comments=True)
        if words[0] == "report":  # whose tests take long enough
            continue
        finished = CliRunner().invoke(main, words)
        assert program == "tlsinspect" and finished.exit_code == 0, f"{line}: {finished.output}"


def test_a_frame_comes_back_from_a_file_as_the_exports_page_says(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout)
    page = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    [source] = [text for kind, text in BLOCK.findall(page) if kind == "python" and "write_table" in text]
    names: dict[str, Any] = {}
    exec(source, names)
    frame = names["inspection"].connections
    assert names["connections"].dtypes.equals(frame.dtypes)
    assert len(frame) > 500 and names["connections"].equals(frame)


@pytest.mark.parametrize("database", ["sqlite", "duckdb"])
def test_questions_of_the_exports_page_are_answered(database: str, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    questions = [text for kind, text in BLOCK.findall(page) if kind == "sql"]
    program = "sqlite3" if database == "sqlite" else "duckdb"
    questions += re.findall(rf'^{program} capture.{database} "(.*)"$', page, re.MULTILINE)
    questions += re.findall(r"`(SELECT [^`]*json_each[^`]*)`", page) if database == "sqlite" else []
    path = tmp_path / f"capture.{database}"
    write_export(tlsinspect.read(ROOT / "captures" / "demo.pcapng"), database, path)
    connect: Any = sqlite3.connect if database == "sqlite" else duckdb.connect
    with closing(connect(str(path))) as opened:
        answers = [opened.execute(question).fetchall() for question in questions]
    assert len(answers) == (3 if database == "sqlite" else 2)
    assert all(answers)


def test_every_table_is_named_where_a_reader_meets_them() -> None:
    page = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
    [paragraph] = re.findall(r"^Ten tables hold.*?\n\n", page, re.MULTILINE | re.DOTALL)
    assert re.findall(r"`(\w+)`", paragraph) == list(COLUMNS)
    told = CliRunner().invoke(main, ["sql", "--help"]).output
    stored = (ROOT / "docs" / "store.md").read_text(encoding="utf-8")
    assert all(re.search(rf"\b{name}\b", told) for name in VIEWS)
    [folders] = [text for kind, text in BLOCK.findall(stored) if "year/store.json" in text]
    assert all(re.search(rf"\b{name}\b", folders) for name in STORED)


def test_an_adoption_table_has_the_columns_that_its_page_names(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "adoption.md").read_text(encoding="utf-8")
    [named] = re.findall(r"# a data frame: (.*), \.\.\.$", page, re.MULTILINE)
    tlsinspect.ingest(ROOT / "captures" / "handshakes" / "curl-nginx.pcapng", tmp_path / "store")
    table = build_adoption(tlsinspect.Store(tmp_path / "store")).table("versions", "clients")
    assert [name for name in table.columns if name in named.split(", ")] == named.split(", ")


def test_limits_are_those_of_the_code() -> None:
    from tlsinspect.wire import ethernet
    from tlsinspect.wire.limits import DEFAULT_LIMITS, MEANINGS

    page = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    for name, meaning in MEANINGS.items():
        assert f"\n| `{name}` | {getattr(DEFAULT_LIMITS, name):,} | {meaning} |\n" in page
    assert f"{ethernet.NESTING_LIMIT} | `wire/ethernet.py`" in page
    assert stated_number("wire/stream.py", "HEAD_LIMIT") == 1024  # the first KiB


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("compression.py", "WINDOW_LIMIT"), ("upgrades/proxies.py", "PROXY_LIMIT"),
        ("wire/carried_dtls.py", "ATTRIBUTE_LIMIT"), ("wire/closed.py", "PLACES"),
        ("wire/gquic.py", "LOOKED_AT_LIMIT"), ("wire/hello.py", "LONGEST_HELLO"),
        ("wire/ip.py", "REMEMBERED"), ("wire/openvpn.py", "CONTROL_LIMIT"), ("wire/packet.py", "MAX_PACKET_LENGTH"),
        ("wire/packet.py", "MAX_PROBLEMS"), ("wire/pcapng.py", "MAX_INTERFACES"), ("wire/pcapng.py", "MAX_OPTIONS"),
        ("wire/pcapng.py", "MAX_SECRETS_LENGTH"), ("wire/quic.py", "EARLY_INITIALS"), ("wire/quic.py", "ORIGIN_LIMIT"),
        ("wire/quic_frames.py", "FRAME_LIMIT"), ("wire/radius.py", "EARLY_ANSWERS"), ("wire/record.py", "LEAST_LOOKS"),
        ("wire/record.py", "SCAN_LIMIT"), ("wire/sslv2.py", "HELLO_LIMIT"), ("wire/stream.py", "COMPARED_PIECES"),
        ("wire/stream.py", "HEAD_PIECES"), ("wire/flow_table.py", "FIRST_SEGMENTS"),
        ("wire/flow_table.py", "BEGINNINGS"), ("wire/walk.py", "PROBLEM_KIND_LIMIT"),
    ],
)  # fmt: skip
def test_a_limit_that_does_not_change_is_stated_with_its_module(module: str, name: str) -> None:
    page = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.endswith(f"| `{module}` |")]
    number = stated_number("wire/codes.py" if name == "PLACES" else module, name)
    assert any(re.search(rf"(?<![\d,]){number:,}(?!,?\d)", row) for row in rows)


def stated_number(module: str, name: str) -> int:
    """A number that a module's source gives a name; compiled, such names are C constants and not to be seen."""
    source = (ROOT / "tlsinspect" / module).read_text(encoding="utf-8")
    found = re.search(rf"^{name} = ([0-9_]+(?: (?:\*|<<) [0-9_]+)*)", source, re.MULTILINE)
    assert found is not None
    return int(eval(found[1]))


def test_every_module_of_the_kernel_is_on_the_page_about_the_architecture() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    modules = {path.name for path in (ROOT / "tlsinspect" / "wire").glob("*.py")} - {"__init__.py"}
    assert modules - set(re.findall(r"`(?:wire/)?(\w+\.py)`", page)) == set()


@pytest.mark.parametrize("name", ["architecture", "contributing"])
def test_a_name_is_in_the_file_where_a_guide_for_contributors_says(name: str) -> None:
    page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    places = re.findall(r"`(\w+)`\s+(?:in\s+|\()`([\w/]+\.py)`", page)
    assert len(places) >= 4
    for said, path in places:
        folder = next(folder for folder in (ROOT, ROOT / "tlsinspect") if (folder / path).is_file())
        source = (folder / path).read_text(encoding="utf-8")
        assert re.search(rf"^(?:def |class )?{said}\b", source, re.MULTILINE), f"{said} in {path}"


def test_every_command_has_a_picture_of_what_it_prints() -> None:
    for command in main.commands:
        assert (ROOT / "docs" / "pictures" / f"{command}.svg").is_file(), (
            f"add {command} to docs/make_pictures.py, and run it"
        )


def test_the_tasks_are_as_many_as_their_title_says() -> None:
    text = (ROOT / "docs" / "tasks.md").read_text()
    numbers = dict(zip(("Five", "Six", "Seven", "Eight", "Nine"), range(5, 10), strict=True))
    assert numbers[text.removeprefix("# ").split()[0]] == text.count("\n## ")
