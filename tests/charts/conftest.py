"""The frames that charts are drawn from: those of the demo capture, read once."""

from __future__ import annotations

import pytest
from samples import inspect

from tlsinspect import Inspection


@pytest.fixture(scope="session")
def demo() -> Inspection:
    """The demo capture."""
    return inspect("demo.pcapng")
