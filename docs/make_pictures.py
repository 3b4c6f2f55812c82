"""Make pictures of the terminal for docs/pictures: python docs/make_pictures.py [NAME...]

Each command is run as a person would run it, in a terminal of COLUMNS columns, on the sample captures.
"""

from __future__ import annotations

import inspect
import io
import os
import pty
import re
import shlex
import subprocess
import sys
import tempfile
import termios
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
COLUMNS = 100
LINES = 44  # what is longer is cut off, and says so

COMMANDS = {
    "summary": "tlsinspect summary captures/demo.pcapng",
    "answers": "tlsinspect answers captures/demo.pcapng",
    "show": "tlsinspect show captures/demo.pcapng #6",
    "findings": "tlsinspect findings captures/demo.pcapng --severity-at-least high",
    "validate": "tlsinspect validate captures/demo.pcapng",
    "hosts": "tlsinspect hosts captures/demo.pcapng --most 20",
    "names": "tlsinspect names captures/demo.pcapng --most 20",
    "certificates": "tlsinspect certificates captures/demo.pcapng --most 20",
    "fingerprints": "tlsinspect fingerprints captures/demo.pcapng --most 20",
    "beacons": "tlsinspect beacons captures/demo.pcapng",
    "timeline": "tlsinspect timeline captures/demo.pcapng --most 20",
    "diff": "tlsinspect diff captures/demo.pcapng --split 2026-11-22T11:00",
    "extract": "tlsinspect extract captures/demo.pcapng --finding CIP-03 -o export-grade.pcapng",
    "check": "tlsinspect check captures/demo.pcapng --policy bcp195 --fail-on never",
    "whatif": "tlsinspect whatif captures/demo.pcapng --drop TLS1.1,CBC",
    "quantum": "tlsinspect quantum captures/demo.pcapng",
    "chart": "tlsinspect chart captures/demo.pcapng versions",
    "report": "tlsinspect report captures/demo.pcapng -o reports/today",
    "export": "tlsinspect export captures/demo.pcapng --table ports",
    "limits": "tlsinspect limits",
    "verify": "tlsinspect verify captures/demo.pcapng",
    "case": "tlsinspect case verify march",
    "ingest": "tlsinspect ingest captures/handshakes --store year",
    "watch": "tlsinspect watch captures/investigations --store year --once",
    "live": "tlsinspect live -i lo -o recorded --seconds 2",
    "completion": "tlsinspect completion bash",
    "sql": 'tlsinspect sql year "SELECT version_name, count(*) AS n FROM connections GROUP BY ALL ORDER BY n DESC"',
    "adoption": "tlsinspect adoption year -o adoption",
}
"""Picture -> what is typed."""

INGESTED = ("-m tlsinspect ingest captures/handshakes --store year",)
BEFORE = {
    "case": (
        "-m tlsinspect case new march captures/demo.pcapng",
        "-m tlsinspect case run march -- findings --severity-at-least high",
        "-m tlsinspect case note march Asked",
    ),
    "sql": INGESTED,
    "adoption": (
        "captures/makers/make_year.py files --connections 3000 --files month",
        "-m tlsinspect ingest files --store year",
    ),
}
"""Picture -> what is run in the same folder first, unseen."""

TEMPLATE = str(inspect.signature(Console.export_svg).parameters["code_format"].default)
FONT_FACE = re.compile(r"@font-face \{\{.*?\}\}", re.DOTALL)


def take_picture(name: str) -> None:
    """Run a command and keep what the terminal shows."""
    words = shlex.split(COMMANDS[name])
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "captures").symlink_to(ROOT / "captures")
        environment = os.environ | {"COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
        for command in (each.split() for each in BEFORE.get(name, ())):
            subprocess.run([sys.executable, *command], check=True, cwd=folder, env=environment, capture_output=True)
        lines = run_in_terminal([sys.executable, "-P", "-m", *words], folder, environment).splitlines()
    shown = lines[:LINES] + ([f"... {len(lines) - LINES} more lines"] if len(lines) > LINES else [])
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text(f"$ {COMMANDS[name]}", style="bold"))
    console.print(Text.from_ansi("\n".join(shown)))
    template = FONT_FACE.sub("", TEMPLATE)  # no picture asks the network for a font
    picture = console.export_svg(title="", code_format=template, unique_id=f"terminal-{name}")
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8")


def run_in_terminal(command: list[str], folder: str, environment: Mapping[str, str]) -> str:
    """What a command writes to a terminal: tables fit its width. Raises CalledProcessError where it fails."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (LINES, COLUMNS))
    process = subprocess.Popen(command, stdout=theirs, cwd=folder, env=environment)
    os.close(theirs)
    pieces = []
    with suppress(OSError):  # when nobody has the terminal's other end any more
        while piece := os.read(ours, 1 << 16):
            pieces.append(piece)
    os.close(ours)
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, command)
    return b"".join(pieces).decode()


if __name__ == "__main__":
    for wanted in sys.argv[1:] or COMMANDS:
        take_picture(wanted)
