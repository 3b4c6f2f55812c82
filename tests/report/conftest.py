"""What a report is made from: the demo capture, and its report, made once."""

from __future__ import annotations

from pathlib import Path

import pytest
from samples import inspect

from tlsinspect import Inspection
from tlsinspect.report.html import write_report


@pytest.fixture(scope="session")
def demo() -> Inspection:
    """The demo capture."""
    return inspect("demo.pcapng")


@pytest.fixture(scope="session")
def report(demo: Inspection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo capture's report: the path of its page."""
    return write_report(demo, tmp_path_factory.mktemp("report"))
