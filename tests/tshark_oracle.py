"""What Wireshark's dissectors read in a capture, in the terms of the connections frame: see tlsinspect.verification."""

from __future__ import annotations

from pathlib import Path

from tlsinspect.verification.record import Endpoint, Ends
from tlsinspect.verification.tshark import PREFERENCES, read_twice
from tlsinspect.verification.tshark_fields import Expected

__all__ = ["PREFERENCES", "Endpoint", "Ends", "Expected", "read_oracle"]


def read_oracle(path: Path) -> dict[Ends, list[Expected]]:
    """Columns and their values, for each connection with a hello, by (client, server)."""
    return read_twice(path, is_damaged=False)
