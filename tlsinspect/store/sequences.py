"""Which captures are one capture point's, file after file.

Goes in: captures with their names and first times. Comes out: sequences, each in the order of time. What a capturing
program rotates it numbers or dates, so that the names of a sequence differ in digits only: eth0-20260301-1200.pcap,
trace.pcap1, uplink_00002_20260301120500.pcapng. Two capture points may write into one folder: eth0 and eth1, web01 and
web02. Where another word of the name begins with a digit, that is what is rotated, and such a word is the point's name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from .records import StoredCapture
from .sources import COMPRESSIONS

Rotation = Literal["names", "all", "none"]
ROTATIONS: tuple[Rotation, ...] = ("names", "all", "none")

DIGITS = re.compile(r"\d+")
WORD = re.compile(r"[^\W_]+")
INTERFACE = re.compile(r"(eth|em|bond|br|ppp|tap|tun|vlan|wg|wlan|(en|wl)[ops])\d+([a-z]+\d+)*")
"""Names that Linux gives to network interfaces: a number in one is never what is rotated."""

COMPRESSION = f"({'|'.join(map(re.escape, (*COMPRESSIONS, '.lz4')))})"
COMPRESSED = re.compile(rf"{COMPRESSION}$", re.IGNORECASE)
SUFFIX = re.compile(rf"(\.(pcapng|pcap|cap|ntar|dmp))?(\d+)?({COMPRESSION})?$", re.IGNORECASE)


def sequence_key(capture: StoredCapture, rotation: Rotation) -> str:
    """The name that all captures of a sequence have in common."""
    return capture.sha256 if rotation == "none" else key_of_path(capture.path, rotation)


def key_of_path(path: str, rotation: Rotation) -> str:
    """The folder and the name without the numbers that are rotated; a path by itself where nothing follows anything."""
    if rotation != "names":
        return "all" if rotation == "all" else path
    folder, slash, name = path.rpartition("/")
    stem = SUFFIX.sub("", name)
    numbered = any(word[0].isdigit() for word in WORD.findall(stem))

    def without_numbers(found: re.Match[str]) -> str:
        word = found[0]
        is_name = INTERFACE.fullmatch(word) or (numbered and not word[0].isdigit())
        return word if is_name else DIGITS.sub("#", word)

    return folder + slash + WORD.sub(without_numbers, stem).rstrip("#_-.")


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
