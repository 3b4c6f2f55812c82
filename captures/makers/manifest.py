"""manifest.json and README.md: what each capture is, how it was made, what is in it.

A run replaces the entries of the captures it made and keeps the others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(__file__).parent.parent
MANIFEST = FOLDER / "manifest.json"
README = FOLDER / "README.md"
PREFACE = Path(__file__).parent / "preface.md"


@dataclass(frozen=True)
class Entry:
    """The facts about one capture file; `path` is relative to captures/."""

    name: str
    path: str
    shows: str
    programs: list[str]
    commands: list[str]
    checks: list[str]
    sha256: str
    bytes: int
    packets: int
    tls_connections: int


def read_manifest() -> dict[str, Entry]:
    """The entries of manifest.json by name; none when there is no such file."""
    if not MANIFEST.exists():
        return {}
    return {entry["name"]: Entry(**entry) for entry in json.loads(MANIFEST.read_text())["captures"]}


def write_manifest(made: Iterable[Entry], declared: set[str]) -> None:
    """Put new entries among the old, drop those no longer declared, write both files."""
    entries = {**read_manifest(), **{entry.name: entry for entry in made}}
    kept = sorted((entry for entry in entries.values() if entry.name in declared), key=lambda entry: entry.path)
    MANIFEST.write_text(json.dumps({"captures": [asdict(entry) for entry in kept]}, indent=1) + "\n")
    README.write_text(PREFACE.read_text() + "\n" + "\n".join(build_sections(kept)) + "\n")


def build_sections(entries: list[Entry]) -> list[str]:
    """One Markdown table for each folder of captures."""
    lines: list[str] = []
    for folder in sorted({str(Path(entry.path).parent) for entry in entries}):
        lines += [f"## {'The demo' if folder == '.' else folder.capitalize()}", ""]
        lines += [
            "| capture | shows | made by | TLS connections | size | sha256 |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        lines += [build_row(entry) for entry in entries if str(Path(entry.path).parent) == folder]
        lines.append("")
    return lines


def build_row(entry: Entry) -> str:
    """The table row of one capture; a pipe in a command is escaped."""
    commands = "<br>".join(f"`{command}`".replace("|", "\\|") for command in entry.commands)
    programs = ", ".join(entry.programs)
    made = f"{programs}<br>{commands}" if programs else commands
    return (
        f"| [{Path(entry.path).name}]({entry.path}) | {entry.shows} | {made} "
        f"| {entry.tls_connections} | {entry.bytes:,} | `{entry.sha256}` |"
    )


def hash_file(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
