"""The sample captures, and what was read from each, read once a run."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import tlsinspect
from tlsinspect import Inspection

ROOT = Path(__file__).parent.parent
CAPTURES = ROOT / "captures"
MANIFEST: dict[str, dict[str, Any]] = {
    entry["path"]: entry for entry in json.loads((CAPTURES / "manifest.json").read_text())["captures"]
}
SAMPLES = [path for path, entry in MANIFEST.items() if entry["bytes"]]  # a file of no octets is no capture


@cache
def inspect(sample: str) -> Inspection:
    """What is in a sample capture, named by its path below captures/."""
    return tlsinspect.read(CAPTURES / sample)
