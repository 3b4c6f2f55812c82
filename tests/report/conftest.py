"""What a report is made from: the demo capture, and its report, made once."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest
from samples import inspect

from tlsinspect import Inspection
from tlsinspect.report.html import PAGE_NAME, write_report


@pytest.fixture(scope="session")
def demo() -> Inspection:
    """The demo capture."""
    return inspect("demo.pcapng")


@pytest.fixture(scope="session")
def report(demo: Inspection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo capture's report, made once for all processes of a run: the path of its page."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return write_report(demo, tmp_path_factory.mktemp("report"))
    folder = tmp_path_factory.getbasetemp().parent / "report"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        page = folder / PAGE_NAME
        return page if page.exists() else write_report(demo, folder)
