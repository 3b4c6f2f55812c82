"""What runs of a case read: files and stores, found, hashed, copied or referred to, and entered in the log.

A store's files never change and it only grows, so that those which its records name now are the store as it is now:
they are what a case keeps of it, each by its hash, and runs see no other.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from ..capture import CaptureSource, iter_folder
from ..errors import CaptureError, CaseError
from .hashes import hash_file
from .log import INPUTS, Entry, append_entry, locked, read_log

if TYPE_CHECKING:
    from ..store import Store

UNSAFE = re.compile(r"[^\w.+-]+")
PART = re.compile(r"[\w=-][\w.=-]*")
READ_ONLY = 0o444


@dataclass(frozen=True)
class Input:
    """A file or store that runs read: its name in the case, its hash, where it is, and whether it has connections.

    `location` is relative to the case's folder. `files` are the hashes of a store's files by their paths in it, empty
    for a file; `sha256` is then that of the list of them. `holds` says of a store what is in it.
    """

    number: int
    name: str
    sha256: str
    size: int
    location: str
    capture: bool
    files: Mapping[str, str] = field(default_factory=dict)
    holds: str = ""

    @property
    def places(self) -> dict[str, str]:
        """The hash of each file by its path in the case's folder."""
        return {f"{self.location}/{path}": sha256 for path, sha256 in self.files.items()} or {
            self.location: self.sha256
        }


@dataclass(frozen=True)
class File:
    """A file or store as it was named; `store` is None for a file."""

    path: Path
    capture: bool
    store: Store | None = None


def read_inputs(entries: Sequence[Entry]) -> list[Input]:
    """The inputs that a log has, in the order in which they came."""
    return [made for entry in entries if entry.kind == "input" and (made := read_input(entry))]


def read_input(entry: Entry) -> Input | None:
    """What an entry says of an input; None where an alteration left no sense."""
    facts = entry.facts
    try:
        name, location = UNSAFE.sub("_", str(facts["name"])).lstrip("-."), str(facts["location"])
        files = {str(path): str(sha256) for path, sha256 in facts.get("files", {}).items()}
        if not name or not all(PART.fullmatch(part) for path in files for part in path.split("/")):
            return None
        sha256, size, capture = str(facts["sha256_of"]), int(facts["size"]), bool(facts["capture"])
        return Input(entry.number, name, sha256, size, location, capture, files, str(facts.get("holds", "")))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def find_files(
    paths: Sequence[str | Path], reference: bool = False, passed_over: list[CaptureError] | None = None
) -> list[File]:
    """The files and stores that these paths name; raises CaptureError, StoreError or CaseError for what cannot be.

    What is no capture in a folder, and may hide one, goes to `passed_over`.
    """
    hiding: list[CaptureError] = [] if passed_over is None else passed_over
    files: list[File] = []
    for named in paths:
        path = Path(named)
        if (store := find_store(os.fspath(named), reference)) is not None:
            files.append(File(path, True, store))
        elif path.is_dir():
            files += find_below(path, hiding)
        elif path.is_file():
            files.append(File(path, is_capture(path)))
        else:
            raise CaptureError(str(path), "no such file" if not path.exists() else "is neither file nor folder")
    return files


def find_below(folder: Path, hiding: list[CaptureError]) -> Iterator[File]:
    """The captures below a folder, and what damage hides whether it is one: that is kept too, and no run reads it."""
    for source in iter_folder(os.fspath(folder), hiding):
        if source.location is not None:
            yield File(source.location, source.look() is True)


def find_store(named: str, reference: bool) -> Store | None:
    """The store that a path or URL is; None where it is none."""
    from ..store import is_store, open_store
    from ..store.place import is_remote

    if not is_store(named):
        return None
    if reference and is_remote(named):
        raise CaseError(named, "is no folder, and only those can be referred to: leave --reference out to copy it")
    return open_store(named)


def is_capture(path: Path) -> bool:
    """Whether a file's first octets are those of a capture, compressed or not."""
    return CaptureSource(path).starts_as_capture()


def add_files(directory: Path, files: Sequence[File], reference: bool, by: str) -> None:
    """Hash and keep files, and write an entry for each."""
    with locked(directory):
        for file in files:
            known = read_inputs(read_log(directory))
            hashes, size = hash_store(file.store) if file.store is not None else hash_one(file.path)
            sha256 = hashes[""] if file.store is None else hash_list(hashes)
            if any(each.sha256 == sha256 for each in known):
                continue
            name = free_name(file.path.name or file.path.resolve().name, sha256, {each.name for each in known})
            kept = Path(os.path.relpath(file.path.resolve(), directory.resolve())) if reference else Path(INPUTS, name)
            if not reference:
                copy(file, directory / kept, hashes)
            facts: dict[str, Any] = {"name": name, "sha256_of": sha256, "size": size, "capture": file.capture}
            if file.store is not None:
                facts |= {"files": hashes, "holds": describe_store(file.store), "captures": list_captures(file.store)}
            try:
                append_entry(directory, "input", {**facts, "location": kept.as_posix()}, by)
            except (OSError, CaseError):
                if not reference:
                    discard(directory / kept)
                raise


def hash_one(path: Path) -> tuple[dict[str, str], int]:
    """The hash of a file, by the empty path, and its octets."""
    sha256, size = hash_file(path)
    return {"": sha256}, size


def hash_store(store: Store) -> tuple[dict[str, str], int]:
    """The hashes of a store's files by their paths in it, and their octets."""
    hashes: dict[str, str] = {}
    size = 0
    for path in store.catalogue.files():
        with opened(store, path) as stream:
            hashes[path] = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
            size += stream.tell()
    return hashes, size


def opened(store: Store, path: str) -> BinaryIO:
    """A file of a store, wherever that lies."""
    return cast("BinaryIO", store.place.filesystem().open_input_file(store.place.path(path)))


def leads_out(store: Store, path: str) -> bool:
    """Whether a file of a store is somewhere else: a link in a stranger's may lead to anything that is not his."""
    from ..store.place import is_remote

    if is_remote(store.place.url):
        return False
    root = Path(store.place.shared).resolve()
    return not (root / path).resolve().is_relative_to(root)


def hash_list(hashes: Mapping[str, str]) -> str:
    """One hash of all files of a store."""
    return hashlib.sha256("".join(f"{path}\0{hashes[path]}\n" for path in sorted(hashes)).encode()).hexdigest()


def describe_store(store: Store) -> str:
    """What a store holds, in a few words."""
    from ..statistics.wording import number_text

    days = store.days()
    when = "" if not days else f" of {days[0]}" if len(days) == 1 else f" of {days[0]} to {days[-1]}"
    captures = number_text(len(store.catalogue.captures), "capture")
    return f"{captures}, {number_text(store.rows('connections'), 'connection')}{when}"


def list_captures(store: Store) -> dict[str, str]:
    """The captures that a store was made of: the name of each by its hash."""
    return dict(store.catalogue.names)


def free_name(name: str, sha256: str, taken: set[str]) -> str:
    """A name that is safe in a path and on a command line, and that no other input has."""
    safe = UNSAFE.sub("_", name).lstrip("-.") or "input"
    return f"{sha256[:8]}-{safe}" if safe in taken else safe


def copy(file: File, target: Path, hashes: Mapping[str, str]) -> None:
    """Copy a file or store, to be read only; raises CaseError where it changed while it was copied.

    Nothing is left of what cannot be copied whole.
    """
    if os.path.lexists(target):
        raise CaseError(str(target), "exists already, and no entry of the log names it: see 'case verify'")
    try:
        for path, sha256 in hashes.items():
            place = target / path if path else target
            place.parent.mkdir(parents=True, exist_ok=True)
            if file.store is not None and leads_out(file.store, path):
                raise CaseError(str(file.path / path), "is behind a link that leads out of the store, and not copied")
            opening = opened(file.store, path) if file.store is not None else file.path.open("rb")
            with opening as source, place.open("xb") as out:
                shutil.copyfileobj(source, out)
            if hash_file(place)[0] != sha256:
                raise CaseError(str(file.path / path), "changed while it was copied")
            place.chmod(READ_ONLY)
    except (OSError, CaseError, KeyboardInterrupt):
        discard(target)
        raise


def discard(target: Path) -> None:
    """Remove a file, or a folder with all that is in it."""
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)


def link_inputs(inputs: Sequence[Input], case: Path, folder: Path) -> Iterator[Path]:
    """Put links to the inputs into a folder, by their names, of a store to each of its files; gives the files.

    Raises CaseError where names in the log do not go together, as those of two inputs that are the same.
    """
    for each in inputs:
        whole = (case / each.location).resolve()
        for path in each.files or [""]:
            link = folder / each.name / path if path else folder / each.name
            place = whole / path if path else whole
            try:
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(place)
            except OSError as error:
                raise CaseError(
                    each.name, f"cannot be given to a run: {(error.strerror or str(error)).lower()}"
                ) from None
            yield place
