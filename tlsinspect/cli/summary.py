"""tlsinspect summary: what is in this capture, in one screen."""

from __future__ import annotations

import sys

import click

from .common import errors_as_one_line, exit_status, inspect, reading_options


@click.command()
@reading_options
def summary(captures: tuple[str, ...], ports: frozenset[int], strict: bool) -> None:
    """Say in one screen what TLS is in the captures.

    CAPTURE is a pcap or pcapng file, compressed or not, a folder, a glob, or - for
    standard input; several are read as one.

    \b
    Examples:
      tlsinspect summary capture.pcapng
      tlsinspect summary 'day-*.pcap.zst'
      tcpdump -r big.pcap -w - port 443 | tlsinspect summary -
    """
    with errors_as_one_line():
        inspection = inspect(captures, ports)
        from rich.console import Console

        from ..report.text import render_summary

        Console().print(render_summary(inspection))
        sys.exit(exit_status(inspection, strict))
