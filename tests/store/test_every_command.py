"""Every command that takes captures takes a store in their place, and says the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from command_line import run
from samples import CAPTURES

import tlsinspect
from tlsinspect.cli import main
from tlsinspect.report.explore import build_explorer
from tlsinspect.report.stories import pack_stories, story_parts
from tlsinspect.statistics.memory import remember

CAPTURE = CAPTURES / "handshakes" / "certificate-stapled.pcap"

SAYS_THE_SAME = {
    "summary": ("summary @",),
    "answers": ("answers @",),
    "show": ("show @ 1", "show @ nothing"),
    "chart": ("chart @ versions -o %.csv",),
    "findings": ("findings @ --format csv",),
    "validate": ("validate @",),
    "check": ("check @ --policy bsi-tr-02102-2",),
    "whatif": ("whatif @ --drop CBC",),
    "quantum": ("quantum @",),
    "hosts": ("hosts @",),
    "names": ("names @",),
    "certificates": ("certificates @",),
    "fingerprints": ("fingerprints @",),
    "beacons": ("beacons @",),
    "timeline": ("timeline @",),
    "diff": ("diff @ @",),
    "export": (
        *(f"export @ --table {table}" for table in ("captures", "certificates", "chains", "ocsp", "ports")),
        "export @ --where server_port>0 --strict",
        "export @ --table messages --where server_port>0",
        "export @ --table alerts --where server_port==0",
        "export @ --table offers --where server_port==0",
        "export @ --format eve",
    ),
    "extract": ("extract @ --where server_port>0 -o -",),
}  # fmt: skip
"""What each command is given, @ for the capture or the store of it, % for a file that it writes."""

ELSEWHERE = {
    "report": "test_the_page_of_a_report_has_the_same_data",
    "verify": "test_a_store_is_verified_by_its_captures",
    "ingest": "makes stores",
    "case new": "tests/case",
}
"""Commands that are not compared here, and what tests them with a store."""


def commands_with_captures(group: click.Group = main, before: str = "") -> Iterator[str]:
    """The names of all commands that have an argument for captures."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands_with_captures(command, f"{before}{name} ")
        elif any(parameter.name == "captures" for parameter in command.params):
            yield before + name


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the capture."""
    folder = tmp_path_factory.mktemp("every") / "store"
    tlsinspect.ingest(CAPTURE, folder)
    return folder


def test_no_command_that_takes_captures_is_left_out() -> None:
    listed = {*SAYS_THE_SAME, *ELSEWHERE}
    assert set(commands_with_captures()) ^ listed == set(), "SAYS_THE_SAME has words for each, or ELSEWHERE a test"


@pytest.mark.parametrize("words", [each for given in SAYS_THE_SAME.values() for each in given])
def test_a_command_says_of_a_store_what_it_says_of_the_captures(words: str, store: Path, tmp_path: Path) -> None:
    said = []
    for place in (CAPTURE, store):
        written = tmp_path / "written"
        done = run(*(word.replace("@", str(place)).replace("%", str(written)) for word in words.split()))
        texts = [done.stdout_bytes, done.stderr_bytes, *(path.read_bytes() for path in tmp_path.iterdir())]
        said.append((done.exit_code, *(text.replace(str(place).encode(), b"@") for text in texts)))
    assert said[0] == said[1]
    assert said[0][0] == (2 if "nothing" in words else 0), said[0]


def test_the_page_of_a_report_has_the_same_data(store: Path) -> None:
    stored, read = tlsinspect.Store(store).inspection(), tlsinspect.read(CAPTURE)
    told = []
    for inspection in (stored, read):
        remembered = remember(inspection)
        explorer = build_explorer(remembered, remembered.connections)
        stories = pack_stories(remembered, (part() for part in story_parts(remembered, remembered.connections, 1)))
        told.append(json.dumps([explorer, stories]).replace(inspection.arguments, "@"))
    assert told[0] == told[1]


def test_a_store_is_verified_by_its_captures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("tlsinspect.verification.verify_tshark", lambda inspection: asked.append(inspection) or 1 / 0)
    capture = tmp_path / "capture.pcap"
    capture.write_bytes(CAPTURE.read_bytes())
    tlsinspect.ingest(capture, tmp_path / "store", ports=(444,))
    assert isinstance(run("verify", tmp_path / "store").exception, ZeroDivisionError)
    assert asked[0].reading.sources[0].location == capture
    assert asked[0].tls_ports == {444}
    capture.unlink()
    gone = run("verify", tmp_path / "store")
    assert gone.exit_code == 2
    assert gone.stderr == (
        f"tlsinspect: {capture}: no such file or directory; the store has its connections and not its packets\n"
    )
