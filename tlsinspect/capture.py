"""What a person names, as blocks of bytes: a file, a folder, a glob, several of them, or "-".

Goes in: paths. Comes out: sources, each with its name, its size and its
decompressed blocks. What is a capture, and what is compressed, the first octets
say and never the name. A file that cannot be read is a CaptureError with one
clear line, before any packet is read; damage further on is a DecodeError there.
"""

from __future__ import annotations

import glob
import hashlib
import os
import stat
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO

from .compression import BLOCK_LENGTH, compression_of, decompress
from .errors import CaptureError, DecodeError
from .foreign import HEAD_LENGTH, describe, may_hide_capture
from .wire.capfile import MAGIC_LENGTH, is_capture, open_reader
from .wire.packet import Packet

STANDARD_INPUT = "-"
STORE_FILE = "store.json"  # by which a store is told from other folders

SECTION_HEADER = b"\n\r\r\n"
"""How a pcapng file starts; what makes sure that it is one comes later in its first octets."""

STORED_LENGTH = 128 * 1024
"""Octets of a compressed file that are read at once."""

PIPE_LENGTH = 64 * 1024
"""Octets that a pipe holds, and so gives at once."""


def find_captures(
    paths: Sequence[str | os.PathLike[str]], passed_over: list[CaptureError] | None = None
) -> list[CaptureSource]:
    """Find the captures that these paths name, each file once, in the order named.

    A folder stands for the captures anywhere below it, a pattern for the files that
    match and are not empty, "-" for standard input. Raises CaptureError for the first path that is missing,
    unreadable, no capture, or a folder without any. What is no capture in a folder, and may hide one, goes to
    `passed_over`.
    """
    hiding: list[CaptureError] = [] if passed_over is None else passed_over
    found: dict[object, CaptureSource] = {}
    for path in paths:
        if not os.fspath(path):
            raise CaptureError("", "an empty text names no capture")
        for source in iter_named(os.fspath(path), hiding):
            found.setdefault(source.identity or source.path, source)
    if not found:
        raise CaptureError("", "no capture was named")
    return list(found.values())


def order_captures(sources: Sequence[CaptureSource]) -> list[CaptureSource]:
    """Sort by the time of the first packet; what has none, or can be read only once, comes last.

    Of captures with the same octets, compressed or not, only the first named is kept, and names the others in `copies`:
    read twice, each of their connections would be counted twice.
    """
    if len(sources) < 2:
        return list(sources)
    times = {source: source.first_time_ns() for source in sources}
    kept = leave_out_copies(sources, times)
    return sorted(kept, key=lambda source: (times[source] is None, times[source] or 0))


def leave_out_copies(
    sources: Sequence[CaptureSource], times: Mapping[CaptureSource, int | None]
) -> list[CaptureSource]:
    """The sources that are no copy of one before; only those that begin at the same time are read to tell."""
    kept: list[CaptureSource] = []
    alike: dict[int, list[CaptureSource]] = {}
    sums: dict[CaptureSource, str | None] = {}
    for source in sources:
        time = times[source]
        others = [] if time is None else alike.setdefault(time, [])
        original = next((other for other in others if is_copy(source, other, sums)), None)
        if original is None:
            kept.append(source)
            others.append(source)
        else:
            original.copies.append(source.path)
    return kept


def is_copy(source: CaptureSource, other: CaptureSource, sums: dict[CaptureSource, str | None]) -> bool:
    """Whether two captures have the same octets; `sums` keeps what was computed for it."""
    if source.compression is None and other.compression is None and source.size != other.size:
        return False
    for each in (source, other):
        if each not in sums:
            sums[each] = each.sha256_of_contents()
    return sums[source] is not None and sums[source] == sums[other]


class CaptureSource:
    """One capture: a file, or a stream that can be read only once (`location` None: standard input).

    `name` is the file's own name and `path` what leads to it, both fit to be shown; `size`
    in octets as stored, None for a stream; `compression` is gzip, zstd, xz, bzip2 or None,
    known once the first octets were read; `consumed` counts the stored octets that the
    present pass has read; `head` are the first decompressed octets. `identity` is the same
    for two names of one file. `interrupted` is True once Ctrl-C has ended the reading: nothing more is read then.
    `waiting` is True while a stream may keep its reader waiting. `member` is True for what nobody named, but a folder
    or a store holds: where it is damaged at its start, the reading goes on with the others. `copies` are the paths of
    captures with the same octets, which are not read.
    """

    def __init__(self, location: Path | None) -> None:
        self.location = location
        self.path = STANDARD_INPUT if location is None else printable(str(location))
        self.name = STANDARD_INPUT if location is None else printable(location.name)
        self.size: int | None = None
        self.identity: tuple[int, int] | None = None
        self.compression: str | None = None
        self.consumed = 0
        self.head = b""
        self.interrupted = False
        self.waiting = False
        self.member = False
        self.copies: list[str] = []
        if location is not None:
            status = read_status(location)
            if stat.S_ISREG(status.st_mode):
                self.size = status.st_size
                self.identity = (status.st_dev, status.st_ino)

    def blocks(self) -> Generator[bytes]:
        """Yield the decompressed octets in blocks, from the start of the file.

        Raises CaptureError when it cannot be opened; DecodeError, layer "file", offset as stored,
        where it is cut short, corrupt or unreadable, after all that was decompressed before.
        """
        self.consumed = 0
        self.head = b""
        with self.open() as file:
            first = self.read_stored(file, HEAD_LENGTH)
            self.compression = compression_of(first)
            if self.compression is None:
                blocks = self.iter_stored(file, first, BLOCK_LENGTH)
            else:
                blocks = decompress(self.iter_stored(file, first, STORED_LENGTH), self.compression)
            for block in blocks:
                self.head = self.head or block[:HEAD_LENGTH]
                yield block

    def sha256(self) -> str | None:
        """The SHA-256 of the file as stored, in hexadecimal; None for a stream. Reads the whole file."""
        return None if self.size is None else self.sha256_of_first(self.size)

    def sha256_of_first(self, length: int) -> str:
        """The SHA-256 of the first `length` octets of the file as stored, in hexadecimal."""
        digest = hashlib.sha256()
        self.consumed = 0
        with self.open() as file:
            while block := self.read_stored(file, min(BLOCK_LENGTH, length - self.consumed)):
                digest.update(block)
        return digest.hexdigest()

    def sha256_of_contents(self) -> str | None:
        """The SHA-256 of the decompressed octets, in hexadecimal; None where they are damaged. Reads the whole file."""
        digest = hashlib.sha256()
        with closing(self.blocks()) as blocks:
            try:
                for block in blocks:
                    digest.update(block)
            except DecodeError:
                return None
        return digest.hexdigest()

    def first_time_ns(self) -> int | None:
        """Nanoseconds since 1970 of the first packet; None when there is none, or for a stream."""
        if self.size is None:
            return None
        packet = Packet()
        with closing(self.blocks()) as blocks, suppress(DecodeError):
            if open_reader(blocks).read_packet(packet):
                return packet.time_ns or None
        return None

    def starts_as_capture(self) -> bool:
        """Whether the first octets are those of a capture; raises CaptureError when it cannot be opened."""
        with closing(self.blocks()) as blocks, suppress(DecodeError):
            return is_capture(next(blocks, b""))
        return False

    def look(self) -> bool | None:
        """Whether the file starts with a capture's whole header; None where damage hides that it does.

        Raises CaptureError when it cannot be opened.
        """
        try:
            self.check_header()
        except DecodeError as error:
            return False if self.damage(error) is None else None
        return True

    def check(self) -> None:
        """Raise CaptureError, with the reason, unless the file starts with a capture's whole header."""
        try:
            self.check_header()
        except DecodeError as error:
            raise self.refusal(error) from error

    def check_header(self) -> None:
        """Raise what open_reader does."""
        with closing(self.blocks()) as blocks:
            open_reader(blocks)

    def damage(self, error: DecodeError) -> DecodeError | None:
        """What open_reader raised on these blocks, as damage of a capture; None where the file is none.

        What is compressed and gives nothing may have been one, and so may what ends within its magic number.
        """
        if error.layer != "capture":
            return error
        if self.head.startswith(SECTION_HEADER) and len(self.head) < MAGIC_LENGTH:
            return DecodeError("pcapng", "truncated", 0, f"a section header of more than {MAGIC_LENGTH} octets")
        return None

    def refusal(self, error: DecodeError) -> CaptureError:
        """Turn what open_reader raised on these blocks into the line for the person who named them."""
        damage = self.damage(error)
        if damage is None:
            return CaptureError(self.path, describe(self.head))
        return CaptureError(self.path, f"damaged at its start: expected {damage.expected} at octet {damage.offset}")

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Open the file as stored."""
        if self.location is None:
            return nullcontext(sys.stdin.buffer)
        try:
            # A regular file gives whole blocks unbuffered; a pipe gives what it has, so that it has to be gathered.
            if self.size is None:
                return self.location.open("rb")
            return self.location.open("rb", buffering=0)
        except OSError as error:
            raise unreadable(self.path, error) from error

    def iter_stored(self, file: BinaryIO, first: bytes, length: int) -> Iterator[bytes]:
        """Yield the octets as stored: those already read, then `length` at a time."""
        block = first
        while block:
            yield block
            block = self.read_stored(file, length)

    def read_stored(self, file: BinaryIO, length: int) -> bytes:
        """Read up to `length` octets as stored."""
        if self.interrupted:
            raise KeyboardInterrupt
        try:
            block = file.read(length) if self.size is not None else self.gather(file, length)
        except OSError as error:
            expected = f"more of the file ({error.strerror or error})"
            raise DecodeError("file", "truncated", self.consumed, expected) from error
        self.consumed += len(block)
        return block

    def gather(self, file: BinaryIO, length: int) -> bytes:
        """Read up to `length` octets of a pipe; Ctrl-C takes effect behind the octets that came before it."""
        pieces = []
        self.waiting = True
        try:
            if self.interrupted:
                raise KeyboardInterrupt
            while length > 0 and (piece := file.read1(min(length, PIPE_LENGTH))):  # type: ignore[attr-defined]
                pieces.append(piece)
                length -= len(piece)
        except KeyboardInterrupt:
            self.interrupted = True
            if not pieces:
                raise
        finally:
            self.waiting = False
        return b"".join(pieces)


def iter_named(path: str, hiding: list[CaptureError]) -> Iterator[CaptureSource]:
    """Yield the captures that one path names; what may hide one in a folder goes to `hiding`."""
    if path == STANDARD_INPUT:
        if sys.stdin is None:
            raise CaptureError(STANDARD_INPUT, "standard input is closed: pipe a capture into it")
        if sys.stdin.isatty():
            raise CaptureError(STANDARD_INPUT, "standard input is a terminal: pipe a capture into it")
        yield CaptureSource(None)
    elif is_pattern(path):
        matches = find_matches(path)  # a recorder may have just begun the last of them
        for match in [match for match in matches if not is_empty(match)] or matches:
            yield from iter_named(match, hiding)
    elif stat.S_ISDIR(read_status(Path(path)).st_mode):
        yield from iter_folder(path, hiding)
    else:
        source = CaptureSource(Path(path))
        if source.size is not None:
            source.check()
        yield source


def is_pattern(path: str) -> bool:
    """Whether a path is a shell pattern; what is there under this very name is none."""
    return glob.has_magic(path) and not os.path.lexists(path)


def find_matches(pattern: str) -> list[str]:
    """The paths that match a shell pattern, "**" for folders of any depth; CaptureError where there is none."""
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 (Path.glob takes no absolute pattern)
    if not matches:
        raise CaptureError(printable(pattern), "no file matches")
    return matches


def is_empty(path: str) -> bool:
    """Whether it is a regular file without any octet."""
    status = read_status(Path(path))
    return stat.S_ISREG(status.st_mode) and status.st_size == 0


def iter_folder(folder: str, hiding: list[CaptureError]) -> Iterator[CaptureSource]:
    """Yield the captures below a folder, by path; files that are none are passed over.

    What is damaged at its start is among them, unless there is nothing else: then it is refused. What may hide a
    capture goes to `hiding`, and is refused in the same case.
    """
    damaged: list[CaptureSource] = []
    found = False
    before = len(hiding)
    for source in iter_files(folder):
        looks = source.look()
        if looks is None:
            damaged.append(source)
        elif looks:
            found = True
        elif may_hide_capture(source.head):
            hiding.append(CaptureError(source.path, describe(source.head)))
        if looks is not False:
            source.member = True
            yield source
    if damaged and not found:
        damaged[0].check()
    if not found and before < len(hiding):
        raise hiding[before]
    if not found:
        raise CaptureError(printable(folder), nothing_in(folder))


def nothing_in(folder: str) -> str:
    """What to say of a folder without a capture."""
    if Path(folder, STORE_FILE).is_file():
        return "a store and no capture: open it by tlsinspect.Store, or name the captures themselves"
    return "no pcap or pcapng capture in this folder"


def iter_files(folder: str, refused: list[CaptureError] | None = None) -> Iterator[CaptureSource]:
    """Yield the files below a folder, by path.

    Raises CaptureError for a file or folder that cannot be read; where there is `refused`, it goes there, and what has
    gone meanwhile is passed over.
    """

    def refuse(error: OSError | CaptureError) -> None:
        fault = unreadable(printable(str(error.filename)), error) if isinstance(error, OSError) else error
        cause = error if isinstance(error, OSError) else error.__cause__
        if refused is None:
            raise fault from cause
        if not isinstance(cause, FileNotFoundError):
            refused.append(fault)

    for place, folders, names in os.walk(folder, onerror=refuse):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if os.path.islink(path) and not path.exists():  # noqa: PTH114 (False where it may not be looked at)
                continue
            try:
                source = CaptureSource(path)
            except CaptureError as error:
                refuse(error)
            else:
                if source.size is not None:
                    yield source


def read_status(path: Path) -> os.stat_result:
    """Ask the system for a file's status."""
    try:
        return path.stat()
    except OSError as error:
        raise unreadable(printable(str(path)), error) from error


def unreadable(path: str, error: OSError) -> CaptureError:
    """Build the error for a path that the system refuses."""
    return CaptureError(path, (error.strerror or str(error)).lower())


def printable(path: str) -> str:
    """Escape what a terminal or a table cannot show: control characters, and octets that are no text."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in path
    )
