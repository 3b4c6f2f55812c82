"""Captures by the names that a store keeps: files, or objects of any file system that fsspec opens."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from ..capture import CaptureSource, find_captures, find_matches, is_pattern, iter_files, nothing_in, printable
from ..errors import CaptureError, DecodeError
from ..foreign import describe, may_hide_capture
from .place import is_remote, open_remote, path_of
from .records import StoredCapture

OFFLINE = "TLSINSPECT_OFFLINE"
"""A variable of the environment: where it is set, no URL is asked for that only a store names."""

COMPRESSIONS = (".gz", ".zst", ".xz", ".bz2")
"""What the names of captures end in that are compressed and can be read."""


def open_source(capture: StoredCapture) -> CaptureSource:
    """A capture that a plan names; where it is gone or another one now, a source that says so when it is read.

    One that was compressed since, where it was, is the same if its first packet has the same time.
    """
    if is_remote(capture.path) and os.environ.get(OFFLINE):
        return AbsentSource(capture.path, f"is behind a URL, and {OFFLINE} is set")
    try:
        source = RemoteSource(capture.path) if is_remote(capture.path) else CaptureSource(Path(capture.path))
    except CaptureError as error:
        found = open_compressed(capture)
        if found is None:
            return AbsentSource(capture.path, error.reason)
        source = found
    else:
        if source.size != capture.size:
            return AbsentSource(capture.path, "is not the file that it was")
    source.member = True
    return source


def open_compressed(capture: StoredCapture) -> CaptureSource | None:
    """A capture that is gone, as gzip and its like have left it beside."""
    for path in compressed_since(capture.path):
        with suppress(CaptureError, DecodeError):
            source = CaptureSource(Path(path))
            if source.first_time_ns() == capture.first_ns and source.compression:
                return source
    return None


def compressed_since(path: str) -> list[str]:
    """The files that a capture may have become which is not there any more: compressed, with another suffix."""
    if is_remote(path) or os.path.lexists(path):
        return []
    return [name for name in (path + suffix for suffix in COMPRESSIONS) if Path(name).is_file()]


def open_unchanged(capture: StoredCapture) -> CaptureSource:
    """The same, of which a file with another time of change is believed by its contents, compressed or not: files of a
    rotation move on to the next one's name, and may have the same size.
    """
    source = open_source(capture)
    if isinstance(source, AbsentSource) or changed_ns(source) == capture.changed_ns:
        return source
    try:
        same = source.sha256() == capture.sha256 or source.sha256_of_contents() == capture.identity
    except (CaptureError, DecodeError):
        same = False
    return source if same else AbsentSource(capture.path, "is not the file that it was")


def changed_ns(source: CaptureSource) -> int:
    """When a file was changed last; 0 for what is no file, or none any more."""
    try:
        return 0 if source.location is None else source.location.stat().st_mtime_ns
    except OSError:
        return 0


class AbsentSource(CaptureSource):
    """A capture that cannot be read any more."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(None)
        self.path = printable(path)
        self.name = self.path.rpartition("/")[2]
        self.size = 0
        self.reason = reason

    def blocks(self) -> Generator[bytes]:
        """Raise CaptureError, with the reason."""
        raise CaptureError(self.path, f"{self.reason}; the store has its connections and not its packets")
        yield b""


class RemoteSource(CaptureSource):
    """A capture behind a URL."""

    def __init__(self, url: str) -> None:
        super().__init__(None)
        self.url = url
        self.path = printable(url)
        self.name = self.path.rpartition("/")[2]
        files, place = open_remote(url)
        try:
            self.size = int(files.info(place)["size"])
        except OSError as error:
            raise CaptureError(self.path, str(error.strerror or error).lower()) from error

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Open the object as stored."""
        files, place = open_remote(self.url)
        try:
            return cast("AbstractContextManager[BinaryIO]", files.open(place, "rb"))
        except OSError as error:
            raise CaptureError(self.path, str(error.strerror or error).lower()) from error


def find_sources(named: Sequence[str]) -> tuple[list[CaptureSource], list[CaptureError]]:
    """The captures that paths and URLs name, each file once, and what of it cannot be read.

    A folder stands for all captures below it, a pattern for what matches, as if each had been named; what is no
    capture in a folder is passed over, but for what is one of another format, or may have one inside.
    """
    found: dict[object, CaptureSource] = {}
    refused: list[CaptureError] = []
    for name in iter_names(named, refused):
        try:
            members: Iterable[CaptureSource]
            if is_remote(name):
                members = find_remote(name, refused)
            elif Path(name).is_dir():
                members = list(iter_folder(Path(name), refused))
            else:
                members = find_captures([name])
            for source in members:
                if source.size is None:
                    raise CaptureError(source.path, "is no file: save the stream as one first")
                found.setdefault(source.identity or source.path, source)
        except CaptureError as error:
            refused.append(error)
    return list(found.values()), refused


def iter_names(named: Iterable[str], refused: list[CaptureError]) -> Iterator[str]:
    """The names, and for a pattern of paths all that match; one that nothing matches goes to `refused`.

    A URL of this machine's files is their path.
    """
    for name in map(path_of, named):
        if is_remote(name) or not is_pattern(name):
            yield name
            continue
        try:
            yield from find_matches(name)
        except CaptureError as error:
            refused.append(error)


def iter_folder(folder: Path, refused: list[CaptureError]) -> Iterator[CaptureSource]:
    """The captures below a folder, by path; what cannot be opened, folders too, goes to `refused`.

    What is damaged at its start is among the captures, or where there is no other goes to `refused` too. So does what
    may hide a capture.
    """
    before = len(refused)
    whole: dict[CaptureSource, bool] = {}
    for source in iter_files(str(folder), refused):
        try:
            looks = look_for_capture(source)
        except CaptureError as error:
            refused.append(error)
        else:
            if looks is not False:
                whole[source] = looks is True
    if any(whole.values()):
        yield from whole
        return
    for source in whole:
        try:
            source.check()
        except CaptureError as error:
            refused.append(error)
    if before == len(refused):
        refused.append(CaptureError(printable(str(folder)), nothing_in(str(folder))))


def look_for_capture(source: CaptureSource) -> bool | None:
    """What source.look() says; raises CaptureError also for what is no capture but may hide one."""
    looks = source.look()
    if looks is False and may_hide_capture(source.head):
        raise CaptureError(source.path, describe(source.head))
    return looks


def find_remote(url: str, refused: list[CaptureError]) -> list[CaptureSource]:
    """The captures that a URL names: an object, all below a folder, or all that match a pattern.

    What cannot be opened of several goes to `refused`, and what may hide a capture.
    """
    files, place = open_remote(url)
    scheme = url.partition("://")[0]
    try:
        if files.isfile(place):
            return [RemoteSource(url)]
        names = files.glob(place) if any(letter in place for letter in "*?[") else files.find(place)
    except OSError as error:
        raise CaptureError(printable(url), str(error.strerror or error).lower()) from error
    looks: dict[CaptureSource, bool | None] = {}
    before = len(refused)
    for name in sorted(names):
        try:
            source = RemoteSource(f"{scheme}://{name}")
            looks[source] = look_for_capture(source)
        except CaptureError as error:
            refused.append(error)
    captures = [source for source, whole in looks.items() if whole is not False]
    if not any(looks.values()) and len(refused) == before:
        raise CaptureError(printable(url), "no pcap or pcapng capture is there")
    return captures
