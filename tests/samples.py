"""The sample captures, and what was read from each, read once a run."""

from __future__ import annotations

import json
import struct
from functools import cache
from pathlib import Path
from typing import Any

import tlsinspect
from tlsinspect import Inspection

ROOT = Path(__file__).parent.parent
CAPTURES = ROOT / "captures"
DEMO = CAPTURES / "demo.pcapng"
MANIFEST: dict[str, dict[str, Any]] = {
    entry["path"]: entry for entry in json.loads((CAPTURES / "manifest.json").read_text())["captures"]
}
SAMPLES = [path for path, entry in MANIFEST.items() if entry["bytes"]]  # a file of no octets is no capture


@cache
def inspect(sample: str) -> Inspection:
    """What is in a sample capture, named by its path below captures/."""
    return tlsinspect.read(CAPTURES / sample)


def write_cut(sample: str, octets: int, path: Path) -> Path:
    """Write a sample in pcap format as it would be with a capture length of so many octets."""
    data = (CAPTURES / sample).read_bytes()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    cut, at = [data[:16], struct.pack(f"{order}I", octets), data[20:24]], 24
    while at < len(data):
        time, kept, length = data[at : at + 8], *struct.unpack_from(f"{order}II", data, at + 8)
        cut += [time, struct.pack(f"{order}II", min(kept, octets), length), data[at + 16 : at + 16 + min(kept, octets)]]
        at += 16 + kept
    path.write_bytes(b"".join(cut))
    return path
