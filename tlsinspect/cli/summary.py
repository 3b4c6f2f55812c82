"""tlsinspect summary: what is in this capture, in one screen."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from .common import CAPTURES, errors_as_one_line, exit_status, inspect, reading_options, where_option

if TYPE_CHECKING:
    from ..inspection import Overlap
    from ..wire.limits import Limits


@click.command(epilog=CAPTURES)
@reading_options
@where_option
def summary(
    captures: tuple[str, ...],
    ports: frozenset[int],
    processes: int,
    overlap: Overlap,
    limits: Limits,
    strict: bool,
    where: str,
) -> None:
    """Say in one screen what TLS is in the captures.

    \b
    Examples:
      tlsinspect summary capture.pcapng
      tlsinspect summary 'day-*.pcap.zst'
      tcpdump -r big.pcap -w - port 443 | tlsinspect summary -
    """
    with errors_as_one_line():
        inspection = inspect(captures, ports, processes, overlap, limits, where)
        from rich.console import Console

        from ..report.text import render_summary

        Console().print(render_summary(inspection))
        sys.exit(exit_status(inspection.reading.totals, strict))
