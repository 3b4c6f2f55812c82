"""Who writes to a store now: each writer's claim, and what writers that are gone have left behind.

Goes in: a place. Comes out: a claim, runs/WRITER.json, that is there before the first file and taken away once every
file that the writer made is named by a record, or gone. All its files have the writer in their names, so that a file
that no record names is a leftover exactly where its writer is gone, however old or new it is.

A writer is gone where nobody holds the lock on its claim. Locks are believed within one running kernel only: file
servers may keep those of each machine apart, and object stores have none. Of a claim made elsewhere, or before this
machine was started, it is believed once the claim has not been renewed for ABANDONED_SECONDS, by the clock of the
store. A writer that was only asleep so long finds that it was given up, and writes no record any more.
"""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from ..capture import printable
from ..errors import StoreError
from .catalogue import Catalogue
from .place import Place

RUNS = "runs"
CLAIM, GIVEN_UP = ".json", ".gone"
RENEW_SECONDS = 60
ABANDONED_SECONDS = 86_400
"""Seconds after which a claim that is not renewed is given up, where its lock says nothing."""

BOOT = Path("/proc/sys/kernel/random/boot_id")


class Removed(NamedTuple):
    """Files that writers which are gone had left behind, and were removed, and their octets."""

    files: int = 0
    octets: int = 0


class Claim:
    """A writer's claim, which is held until `claimed` is left; `writer` has to be in the name of each of its files."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.writer = secrets.token_hex(8)
        self.name = f"{RUNS}/{self.writer}{CLAIM}"
        self.renewed = monotonic()
        self.lock = ExitStack()
        self.lock.enter_context(place.hold(self.name, json.dumps({"kernel": running_kernel()}).encode()))

    def renew(self) -> None:
        """Say now and then that the writer is still there; raises StoreError where it was given up."""
        if monotonic() - self.renewed >= RENEW_SECONDS:
            self.check()
            self.place.touch(self.name)
            self.renewed = monotonic()

    def check(self) -> None:
        """Raise StoreError where another run has given this writer up, and may have removed what it wrote."""
        names = self.place.names(RUNS)
        if f"{self.writer}{CLAIM}" not in names or f"{self.writer}{GIVEN_UP}" in names:
            reason = (
                f"this run was given up by another one, as nothing was heard of it for {ABANDONED_SECONDS:,} seconds"
            )
            raise StoreError(printable(self.place.url), f"{reason}: the same command goes on from the last step")


@contextmanager
def claimed(place: Place) -> Iterator[Claim]:
    """Write with a claim. After an error it is left, unlocked, so that the next run removes what was not finished."""
    claim = Claim(place)
    place.writer = claim.writer
    with claim.lock:
        try:
            yield claim
        finally:
            place.writer = ""
        place.remove(claim.name)


def remove_leftovers(place: Place, abandoned_seconds: int = ABANDONED_SECONDS) -> Removed:
    """Remove the files that writers which are gone have left and no record names.

    The store is gone through only where such a writer is found, so that a run after one that ended well costs nothing.
    Two of these at once do no harm, and one that is killed on the way is done again by the next.
    """
    if not place.names(RUNS):
        return Removed()
    with claimed(place) as own, ExitStack() as locks:
        now = place.changed(own.name)
        gone = set()
        for name in place.names(RUNS):
            writer, dot, kind = name.partition(".")
            if dot + kind == CLAIM and writer != own.writer:
                with ExitStack() as attempt:
                    if is_gone(place, writer, attempt, now, abandoned_seconds):
                        gone.add(writer)
                        locks.push(attempt.pop_all())
        removed = remove_files(place, gone) if gone else Removed()
        for writer in gone:
            place.remove(f"{RUNS}/{writer}{CLAIM}")
        names = set(place.names(RUNS))
        for name in names:
            if name.endswith(GIVEN_UP) and name.replace(GIVEN_UP, CLAIM) not in names:
                place.remove(f"{RUNS}/{name}")
    return removed


def is_gone(place: Place, writer: str, locks: ExitStack, now: float, abandoned_seconds: int) -> bool:
    """Whether a writer is gone; its claim's lock is then held by `locks`, and it is told should it come back."""
    name = f"{RUNS}/{writer}{CLAIM}"
    try:
        if not locks.enter_context(place.try_lock(name)):
            return False
        if place.has_locks and kernel_of(place.read(name)) == running_kernel():
            return True
        if now - place.changed(name) < abandoned_seconds:
            return False
    except (FileNotFoundError, PermissionError):  # it has ended meanwhile, or is somebody else's
        return False
    place.create(f"{RUNS}/{writer}{GIVEN_UP}", b"{}")
    return True


def remove_files(place: Place, gone: set[str]) -> Removed:
    """Remove the files of writers that are gone; which of them count is known for good now."""
    named = set(Catalogue(place).files())
    files = octets = 0
    for name, size in place.walk():
        if name not in named and any(f"-{writer}-" in name for writer in gone):
            place.remove(name)
            files += 1
            octets += size
    return Removed(files, octets)


def kernel_of(octets: bytes) -> str | None:
    """The kernel that a claim names; None where it was not written to the end."""
    try:
        said = json.loads(octets)
    except ValueError:
        return None
    return str(said.get("kernel")) if isinstance(said, Mapping) else None


def running_kernel() -> str:
    """What no other kernel has, nor this one once it was started anew; at least the machine's name."""
    try:
        return BOOT.read_text().strip()
    except OSError:
        return socket.gethostname()
