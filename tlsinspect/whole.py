"""Files that have their name once they are whole: what had it before stays until then, and where writing fails.

Goes in: a path, and what is written. Comes out: the file, in one step.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .endings import cleaning


@contextmanager
def open_whole(path: str | Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of `path`, or of what that links to, when all went well.

    What cannot be replaced is written to as it is: a pipe or a device, a file with other names, or one in a folder
    in which nothing can be made. Raises OSError where writing fails.
    """
    place = Path(path)
    if not can_replace(place):
        with place.open("wb") as file:
            yield file
        return
    with part_of(place) as part, part.open("wb") as file:
        yield file


@contextmanager
def part_of(path: Path) -> Iterator[Path]:
    """The place of a new file, which takes that of `path`, or of what it links to, when all went well.

    It lies beside that in a folder of its own, in which whoever writes may leave what else it needs. The new file has
    the mode of the one that was there. SIGTERM and SIGHUP leave nothing of it.
    """
    target = target_of(path)
    folder = target.with_name(f".tlsinspect-{os.urandom(8).hex()}")

    def clear() -> None:
        with suppress(OSError):
            for left in folder.iterdir():
                left.unlink()
            folder.rmdir()

    with cleaning(clear):
        folder.mkdir(0o700)
        try:
            part = folder / "part"
            yield part
            if target.exists():
                part.chmod(stat.S_IMODE(target.stat().st_mode))
            part.replace(target)
        finally:
            clear()


def write_whole(path: str | Path, octets: bytes) -> None:
    """Write a file in one step, as open_whole does."""
    with open_whole(path) as file:
        file.write(octets)


def target_of(path: Path) -> Path:
    """What a path names, through links; raises OSError where these lead in a circle."""
    with suppress(FileNotFoundError):
        path.stat()
    return path.resolve()


def can_replace(path: Path) -> bool:
    """Whether another file can take the place of a path's: of a regular one that may be written, or of none."""
    if path.absolute().is_relative_to("/dev") or path.absolute().is_relative_to("/proc"):
        return False  # names there stand for what is open already, as /dev/stdout does
    target = target_of(path)
    if not target.exists():
        return True
    found = target.stat()
    free = stat.S_ISREG(found.st_mode) and found.st_nlink == 1
    return free and os.access(target, os.W_OK) and os.access(target.parent, os.W_OK)
