"""The log of a case: one JSON object per line, each with its own hash and that of the entry before it.

The hash of an entry is the SHA-256 of its line without the last member, `sha256`. That of the last entry seals the
whole log: who has it from elsewhere can tell that nothing before it was changed, put in or taken out.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from ..errors import CaseError

LOG_NAME = "case.jsonl"
INPUTS, OUTPUTS = "inputs", "outputs"
LOG_FORMAT = 1
NOTHING_BEFORE = "0" * 64
KINDS = ("new", "input", "run", "note")


class Entry(NamedTuple):
    """One line of the log. `facts` are what its kind says; `fault` is what is wrong with the line, or empty."""

    number: int
    kind: str
    time: str
    facts: dict[str, Any]
    sha256: str
    fault: str = ""


def canonical(content: dict[str, Any]) -> str:
    """An entry's content as the text that its hash is of."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def entry_hash(content: dict[str, Any]) -> str:
    """The hash of an entry's content."""
    return hashlib.sha256(canonical(content).encode("ascii")).hexdigest()


def entry_line(content: dict[str, Any]) -> str:
    """An entry as it stands in the log, without the end of the line."""
    return f'{canonical(content)[:-1]},"sha256":"{entry_hash(content)}"}}'


def read_log(directory: Path) -> list[Entry]:
    """All entries, each with what is wrong with it; raises CaseError where there is no log."""
    path = directory / LOG_NAME
    if path.is_symlink() or (path.exists() and not path.is_file()):  # a pipe or device, which may never end
        raise CaseError(str(directory), f"is no case: {LOG_NAME}: is no regular file")
    try:
        text = path.read_bytes().decode("utf-8", "backslashreplace")
    except OSError as error:
        raise CaseError(str(directory), f"is no case: {LOG_NAME}: {(error.strerror or str(error)).lower()}") from error
    entries: list[Entry] = []
    previous = NOTHING_BEFORE
    for number, line in enumerate(text.splitlines(), 1):
        entry = read_entry(number, line, previous)
        entries.append(entry)
        previous = entry.sha256
    if not entries or (entries[0].kind == "new" and entries[0].facts.get("format") != LOG_FORMAT):
        raise CaseError(str(directory), f"is no case that this version can read: {LOG_NAME}")
    return entries


def read_entry(number: int, line: str, previous: str) -> Entry:
    """One line; `previous` is the hash that the entry before it states."""
    try:
        content = json.loads(line)
        stated = content.pop("sha256")
        entry = Entry(int(content["number"]), str(content["kind"]), str(content["time"]), content, str(stated))
        written = entry_line(content)
    except (ValueError, KeyError, AttributeError, TypeError, OverflowError, RecursionError):
        return Entry(number, "unreadable", "", {}, "", "cannot be read")
    if written != line:
        return entry._replace(fault="was altered: its content does not give its hash")
    if content.get("previous") != previous or entry.number != number or entry.kind not in KINDS:
        return entry._replace(fault="does not follow the entry before it: one was altered, removed or moved")
    return entry


def append_entry(directory: Path, kind: str, facts: dict[str, Any], by: str) -> Entry:
    """Write an entry behind the last one, under `locked`; refuses where the log is not whole."""
    path = directory / LOG_NAME
    entries = read_log(directory) if path.exists() else []
    for entry in entries:
        if entry.fault:
            raise CaseError(str(directory), f"entry {entry.number} {entry.fault}; nothing is added: see 'case verify'")
    content = {
        **facts,
        **({"by": by} if by else {}),
        "number": len(entries) + 1,
        "kind": kind,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "previous": entries[-1].sha256 if entries else NOTHING_BEFORE,
    }
    line = entry_line(content)
    size = path.stat().st_size if path.exists() else 0
    try:
        with path.open("a+b") as out:
            out.seek(max(size - 1, 0))
            end = "" if out.read(1) in (b"", b"\n") else "\n"  # which an editor may have taken away
            out.write(f"{end}{line}\n".encode("ascii"))
            out.flush()
            os.fsync(out.fileno())
    except OSError:  # as on a full disk: half an entry would close the log for good
        if path.exists():
            os.truncate(path, size)
        raise
    return read_entry(len(entries) + 1, line, content["previous"])


def refuse_links(directory: Path) -> None:
    """Raise CaseError where a link, as in a case of a stranger, would have something written elsewhere."""
    for name in (LOG_NAME, INPUTS, OUTPUTS):
        if (directory / name).is_symlink():
            raise CaseError(str(directory / name), "is a link: a case has its files in itself; nothing is added")


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Let nobody else write to the case meanwhile, where the system can do that; raises what refuse_links does."""
    refuse_links(directory)
    with (directory / LOG_NAME).open("ab") as file:
        lock(file)
        yield


def lock(file: BinaryIO) -> None:
    """Wait until the file is ours; the lock ends when the file is closed."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        return
    fcntl.flock(file, fcntl.LOCK_EX)
