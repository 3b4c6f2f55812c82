"""tlsinspect summary: what is in this capture, in one screen."""

from __future__ import annotations

import sys

import click

from . import ALONE
from .captures import exit_status, inspect
from .options import CAPTURES, Captures, reading_options, where_option
from .output import errors_as_one_line, open_console


@click.command(epilog=CAPTURES)
@reading_options
@where_option
def summary(
    captures: Captures,
) -> None:
    """Say in one screen what TLS is in the captures.

    \b
    Examples:
      tlsinspect summary capture.pcapng
      tlsinspect summary 'day-*.pcap.zst'
      tcpdump -r big.pcap -w - port 443 | tlsinspect summary -
    """
    with errors_as_one_line():
        inspection = inspect(captures)
        if click.get_current_context().obj is ALONE:
            spare_pandas()
        from ..report.text import render_summary

        open_console().print(render_summary(inspection))
        sys.exit(exit_status(inspection.reading.totals, captures.strict))


class Absent:
    """Finds no pandas. Spec: Python's import system, meta path finders."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Raise where pandas is looked for; leave everything else to the other finders."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


def spare_pandas() -> None:
    """Let Arrow look for pandas now, and find none: loading it takes as long as all the rest of a short summary.

    Arrow looks for it once, when it is first given a value of Python's, to know a frame from a list; a summary gives
    it none. To make frames it would look again.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    sys.meta_path.insert(0, Absent)
    try:
        pa.scalar(0)
    finally:
        sys.meta_path.remove(Absent)
