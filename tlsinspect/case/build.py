"""A case's folder: made, opened, and given inputs and notes.

DIR/case.jsonl          the log, which is the manifest too
DIR/inputs/NAME         the inputs, copied, unless they are referred to; a store is a folder
DIR/outputs/NNNN-NAME/  what entry NNNN, a run, printed and wrote
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import CaseError, TlsInspectError
from .inputs import Input, add_files, discard, find_files, read_inputs
from .log import INPUTS, LOG_FORMAT, OUTPUTS, Entry, append_entry, locked, read_log

if TYPE_CHECKING:
    from ..errors import CaptureError


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
        return read_inputs(self.entries)

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


def read_run(entry: Entry) -> Run | None:
    """What an entry says of a run; None where an alteration left no sense."""
    facts = entry.facts
    try:
        outputs = {str(path): str(sha256) for path, sha256 in facts["outputs"].items()}
        versions = {str(name): str(version) for name, version in facts["versions"].items()}
        words = tuple(map(str, facts["words"]))
        return Run(entry.number, words, int(facts["status"]), str(facts["folder"]), outputs, versions)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def create_case(
    directory: str | Path,
    captures: Sequence[str | Path],
    reference: bool = False,
    by: str = "",
    passed_over: list[CaptureError] | None = None,
) -> Case:
    """Make a case of captures: files, folders that stand for the captures below them, stores.

    They are copied, or with `reference` only referred to, by hash. Of a store that is what its records name now. The
    folder is made; one that holds something is refused. `by` is who does it. What is no capture in a folder, and may
    hide one, goes to `passed_over`. Raises CaseError, CaptureError and StoreError, and OSError where it cannot be
    written: nothing is left of it then.
    """
    folder = Path(directory)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CaseError(str(folder), "exists already and is not an empty folder")
    files = find_files(captures, reference, passed_over)
    if not any(file.capture for file in files):
        raise CaseError(str(folder), "none of the files is a capture")
    made = not folder.exists()
    try:
        for name in (INPUTS, OUTPUTS):
            (folder / name).mkdir(parents=True, exist_ok=True)
        append_entry(folder, "new", {"format": LOG_FORMAT}, by)
        add_files(folder, files, reference, by)
    except (OSError, TlsInspectError, KeyboardInterrupt):  # as where the disk is full: half a case is none
        empty_folder(folder)
        if made:
            folder.rmdir()
        raise
    return open_case(folder)


def empty_folder(folder: Path) -> None:
    """Remove what is in a folder, if there is one."""
    for place in folder.iterdir() if folder.is_dir() else ():
        discard(place)


def open_case(directory: str | Path) -> Case:
    """A case, whatever is wrong with its log; raises CaseError for a folder that is none."""
    folder = Path(directory)
    return Case(folder, read_log(folder))


def add_inputs(
    case: Case,
    paths: Sequence[str | Path],
    reference: bool = False,
    by: str = "",
    passed_over: list[CaptureError] | None = None,
) -> Case:
    """Add captures, stores, or any other files that runs read: lists of indicators, policies, certificates to trust.

    A file whose octets are in the case already is passed over; what is no capture in a folder, and may hide one, goes
    to `passed_over`. Raises CaseError, CaptureError and StoreError.
    """
    add_files(case.directory, find_files(paths, reference, passed_over), reference, by)
    return open_case(case.directory)


def add_note(case: Case, text: str, by: str = "") -> Case:
    """Add a note."""
    with locked(case.directory):
        append_entry(case.directory, "note", {"text": text}, by)
    return open_case(case.directory)
