"""A case's folder: made, opened, and given inputs and notes.

DIR/case.jsonl          the log, which is the manifest too
DIR/inputs/NAME         the inputs, copied, unless they are referred to
DIR/outputs/NNNN-NAME/  what entry NNNN, a run, printed and wrote
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..capture import CaptureSource
from ..errors import CaptureError, CaseError
from .hashes import hash_file
from .log import LOG_FORMAT, Entry, append_entry, locked, read_log

INPUTS, OUTPUTS = "inputs", "outputs"
UNSAFE = re.compile(r"[^\w.+-]+")
READ_ONLY = 0o444


@dataclass(frozen=True)
class Input:
    """A file that runs read: its name in the case, its hash, where it is, and whether it is a capture.

    `location` is relative to the case's folder.
    """

    number: int
    name: str
    sha256: str
    size: int
    location: str
    capture: bool


@dataclass(frozen=True)
class Run:
    """A command that was run: its words, its exit status, its folder and the hash of each output by path in it."""

    number: int
    words: tuple[str, ...]
    status: int
    folder: str
    outputs: dict[str, str]
    versions: dict[str, str]


@dataclass(frozen=True)
class Case:
    """A case as it stands in its folder."""

    directory: Path
    entries: Sequence[Entry] = field(repr=False)

    @property
    def inputs(self) -> list[Input]:
        """The inputs, in the order in which they came."""
        return [made for entry in self.entries if entry.kind == "input" and (made := read_input(entry))]

    @property
    def runs(self) -> list[Run]:
        """The runs, in their order."""
        return [made for entry in self.entries if entry.kind == "run" and (made := read_run(entry))]

    @property
    def seal(self) -> str:
        """The hash of the last entry, which stands for all of them."""
        return self.entries[-1].sha256

    def place(self, item: Input) -> Path:
        """Where an input is."""
        return self.directory / item.location


def read_input(entry: Entry) -> Input | None:
    """What an entry says of an input; None where an alteration left no sense."""
    facts = entry.facts
    try:
        name, location = UNSAFE.sub("_", str(facts["name"])).lstrip("-."), str(facts["location"])
        return Input(entry.number, name, str(facts["sha256_of"]), int(facts["size"]), location, bool(facts["capture"]))
    except (KeyError, TypeError, ValueError):
        return None


def read_run(entry: Entry) -> Run | None:
    """What an entry says of a run; None where an alteration left no sense."""
    facts = entry.facts
    try:
        outputs = {str(path): str(sha256) for path, sha256 in facts["outputs"].items()}
        versions = {str(name): str(version) for name, version in facts["versions"].items()}
        words = tuple(map(str, facts["words"]))
        return Run(entry.number, words, int(facts["status"]), str(facts["folder"]), outputs, versions)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def create_case(directory: str | Path, captures: Sequence[str | Path], reference: bool = False, by: str = "") -> Case:
    """Make a case of captures: files, or folders that stand for the captures below them.

    They are copied, or with `reference` only referred to, by hash. The folder is made; one that holds something is
    refused. `by` is who does it. Raises CaseError and CaptureError, before anything is written.
    """
    folder = Path(directory)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CaseError(str(folder), "exists already and is not an empty folder")
    files = input_files(captures)
    if not any(capture for _, capture in files):
        raise CaseError(str(folder), "none of the files is a capture")
    for name in (INPUTS, OUTPUTS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    append_entry(folder, "new", {"format": LOG_FORMAT}, by)
    add_files(folder, files, reference, by)
    return open_case(folder)


def open_case(directory: str | Path) -> Case:
    """A case, whatever is wrong with its log; raises CaseError for a folder that is none."""
    folder = Path(directory)
    return Case(folder, read_log(folder))


def add_inputs(case: Case, paths: Sequence[str | Path], reference: bool = False, by: str = "") -> Case:
    """Add captures, or any other files that runs read: lists of indicators, policies, certificates to trust.

    A file whose octets are in the case already is passed over. Raises CaseError and CaptureError.
    """
    add_files(case.directory, input_files(paths), reference, by)
    return open_case(case.directory)


def add_note(case: Case, text: str, by: str = "") -> Case:
    """Add a note."""
    with locked(case.directory):
        append_entry(case.directory, "note", {"text": text}, by)
    return open_case(case.directory)


def input_files(paths: Sequence[str | Path]) -> list[tuple[Path, bool]]:
    """The files that these paths name, and whether each is a capture; raises CaptureError for one that is not there."""
    files: list[tuple[Path, bool]] = []
    for path in map(Path, paths):
        if path.is_dir():
            below = [each for each in sorted(path.rglob("*")) if each.is_file() and is_capture(each)]
            if not below:
                raise CaptureError(str(path), "no pcap or pcapng capture in this folder")
            files += [(each, True) for each in below]
        elif path.is_file():
            files.append((path, is_capture(path)))
        else:
            raise CaptureError(str(path), "no such file" if not path.exists() else "is neither file nor folder")
    return files


def is_capture(path: Path) -> bool:
    """Whether a file's first octets are those of a capture, compressed or not."""
    return CaptureSource(path).starts_as_capture()


def add_files(directory: Path, files: Sequence[tuple[Path, bool]], reference: bool, by: str) -> None:
    """Hash and keep files, and write an entry for each."""
    with locked(directory):
        for path, capture in files:
            known = Case(directory, read_log(directory)).inputs
            sha256, size = hash_file(path)
            if any(each.sha256 == sha256 for each in known):
                continue
            name = free_name(path.name, sha256, {each.name for each in known})
            location = os.path.relpath(path.resolve(), directory.resolve()) if reference else f"{INPUTS}/{name}"
            if not reference:
                copy_file(path, directory / location, sha256)
            facts: dict[str, Any] = {"name": name, "sha256_of": sha256, "size": size, "capture": capture}
            append_entry(directory, "input", {**facts, "location": Path(location).as_posix()}, by)


def free_name(name: str, sha256: str, taken: set[str]) -> str:
    """A name that is safe in a path and on a command line, and that no other input has."""
    safe = UNSAFE.sub("_", name).lstrip("-.") or "input"
    return f"{sha256[:8]}-{safe}" if safe in taken else safe


def copy_file(source: Path, target: Path, sha256: str) -> None:
    """Copy a file, to be read only; raises CaseError where it changed while it was copied."""
    shutil.copyfile(source, target)
    if hash_file(target)[0] != sha256:
        target.unlink()
        raise CaseError(str(source), "changed while it was copied")
    target.chmod(READ_ONLY)
