"""Which captures are one capture point's, file after file.

Goes in: captures with their names and first times. Comes out: sequences, each in the order of time. What a capturing
program rotates it numbers or dates, so that the names of a sequence differ in digits only: eth0-20260301-1200.pcap,
trace.pcap1, uplink_00002_20260301120500.pcapng.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from .records import StoredCapture

Rotation = Literal["names", "all", "none"]
ROTATIONS: tuple[Rotation, ...] = ("names", "all", "none")

DIGITS = re.compile(r"\d+")
COMPRESSION = r"\.(gz|zst|xz|bz2|lz4)"
COMPRESSED = re.compile(rf"{COMPRESSION}$", re.IGNORECASE)
SUFFIX = re.compile(rf"(\.(pcapng|pcap|cap|ntar|dmp))?(\d+)?({COMPRESSION})?$", re.IGNORECASE)


def sequence_key(capture: StoredCapture, rotation: Rotation) -> str:
    """The name that all captures of a sequence have in common."""
    return capture.sha256 if rotation == "none" else key_of_path(capture.path, rotation)


def key_of_path(path: str, rotation: Rotation) -> str:
    """The folder and the name without its digits; a path by itself where nothing follows anything."""
    if rotation != "names":
        return "all" if rotation == "all" else path
    folder, slash, name = path.rpartition("/")
    return folder + slash + DIGITS.sub("#", SUFFIX.sub("", name)).rstrip("#_-.")


def build_sequences(captures: Sequence[StoredCapture], rotation: Rotation) -> dict[str, list[StoredCapture]]:
    """Captures by sequence, each in the order of first packets; what holds none comes last."""
    found: dict[str, list[StoredCapture]] = defaultdict(list)
    for capture in captures:
        found[sequence_key(capture, rotation)].append(capture)
    for members in found.values():
        members.sort(key=in_time)
    return dict(found)


def in_time(capture: StoredCapture) -> tuple[bool, int, str]:
    """What captures are ordered by."""
    return capture.first_ns is None, capture.first_ns or 0, capture.path
