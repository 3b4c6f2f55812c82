"""The frames that charts are drawn from: those of the demo capture, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tlsinspect import Inspection, read


@pytest.fixture(scope="session")
def demo(captures: Path) -> Inspection:
    """The demo capture."""
    return read(captures / "demo.pcapng")
