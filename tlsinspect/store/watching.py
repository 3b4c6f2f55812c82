"""Rotated captures into a store as they become complete.

Goes in: a folder that a capturing program writes to. Comes out: what each run of the ingestion did. A capture is
complete when the next one of its sequence is there, or when it has not changed for a while: the file that is being
written is left alone, as its connections would be taken twice once it has grown. Compressed files of a sequence are
looked at for themselves: while one capture is compressed, the next one is written.
"""

from __future__ import annotations

import os
import stat
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import CaptureError
from .ingestion import Ingested, ingest
from .place import open_named
from .sequences import COMPRESSED, Rotation, key_of_path
from .sources import look_for_capture

SETTLE_SECONDS = 300
"""How long the newest capture of a sequence must have been left alone to be complete."""

LOOK_SECONDS = 2


class State(NamedTuple):
    """A file as it was when it was looked at."""

    changed_ns: int
    path: Path
    size: int


class Watched:
    """A folder, and which of its files were handed on as complete."""

    def __init__(self, folder: Path, rotation: Rotation, settle_seconds: float) -> None:
        self.folder = folder
        self.rotation = rotation
        self.settle_seconds = settle_seconds
        self.taken: set[State] = set()
        self.closed: set[Path] = set()

    def complete(self) -> list[Path]:
        """The captures that are complete and were not handed on yet, the oldest first; raises CaptureError.

        Before them stand the folders that cannot be listed, each once: the ingestion tells of them.
        """
        closed: set[Path] = set()
        sequences: dict[tuple[str, bool], list[State]] = defaultdict(list)
        try:
            self.folder.stat()
            for path in iter_paths(self.folder, closed):
                with suppress(FileNotFoundError):  # renamed, compressed or deleted meanwhile
                    try:
                        status = path.stat()
                    except PermissionError:  # names of a folder can be listed, and no more
                        closed.add(path.parent)
                        continue
                    if stat.S_ISREG(status.st_mode):
                        state = State(status.st_mtime_ns, path, status.st_size)
                        compressed = COMPRESSED.search(path.name) is not None
                        sequences[key_of_path(str(path), self.rotation), compressed].append(state)
        except OSError as error:
            raise CaptureError(str(self.folder), (error.strerror or str(error)).lower()) from error
        settled_ns = time.time_ns() - int(self.settle_seconds * 1_000_000_000)
        found: list[State] = []
        for (key, compressed), states in sequences.items():
            states.sort()
            newest = states[-1]
            whole = newest.changed_ns <= settled_ns
            if compressed and not whole:
                whole = is_compressed(newest, sequences.get((key, False), []))
            found += states if whole else states[:-1]
        new = sorted(state for state in found if state not in self.taken and state.size)
        self.taken.update(new)
        told, self.closed = self.closed, closed
        return [*sorted(closed - told), *(state.path for state in new)]


def watch(
    folder: str | Path,
    store: str | Path,
    rotation: Rotation = "names",
    settle_seconds: float = SETTLE_SECONDS,
    once: bool = False,
    sleep: Callable[[float], Any] = time.sleep,
    **options: Any,
) -> Iterator[Ingested]:
    """Ingest captures as they become complete, and yield what each run did; ends only with `once`, after one look.

    `options` are those of ingest(). Files of the folder that are no captures are passed over, and told of
    those that are damaged at their start, cannot be opened, or may hide a capture of another format.
    """
    watched = Watched(Path(folder), rotation, settle_seconds)
    place = open_named(store)
    while True:
        paths = [path for path in watched.complete() if may_be_capture(path)]
        if paths:
            yield ingest(paths, place, rotation=rotation, **options)
        if once:
            return
        sleep(LOOK_SECONDS)


def is_compressed(newest: State, plain: list[State]) -> bool:
    """Whether a compressed file is complete: what it was made of is gone, and what is written now is not compressed."""
    origin = newest.path.with_name(COMPRESSED.sub("", newest.path.name))
    return any(each.changed_ns > newest.changed_ns for each in plain) and not origin.exists()


def iter_paths(folder: Path, closed: set[Path]) -> Iterator[Path]:
    """The paths of what is below a folder, but for folders; one of these that goes meanwhile is passed over.

    One that cannot be listed goes to `closed`; raises OSError where it is the folder itself.
    """

    def refuse(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise error
        if not isinstance(error, FileNotFoundError):
            closed.add(Path(error.filename))

    for place, _, names in os.walk(folder, onerror=refuse):
        yield from (Path(place, name) for name in names)


def may_be_capture(path: Path) -> bool:
    """Whether a file is a capture by its first octets, or may hide one or cannot be read, of which the ingestion tells.

    One that vanished meanwhile is none.
    """
    from ..capture import CaptureSource

    try:
        return look_for_capture(CaptureSource(path)) is not False
    except CaptureError:
        return path.exists()
