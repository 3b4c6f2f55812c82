"""tlsinspect show: one connection as a story."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from .common import CAPTURES, errors_as_one_line, exit_status, inspect, print_rendered, reading_options, where_option

if TYPE_CHECKING:
    from ..inspection import Overlap
    from ..wire.limits import Limits


@click.command(epilog=CAPTURES)
@reading_options
@where_option
@click.argument("connection", metavar="CONNECTION")
def show(
    captures: tuple[str, ...],
    ports: frozenset[int],
    processes: int,
    overlap: Overlap,
    limits: Limits,
    strict: bool,
    where: str,
    connection: str,
) -> None:
    """Tell one connection step by step, in plain words.

    CONNECTION is a packet number, the connection's id or the start of it, the server's name, or the address of
    either side with or without port. Where that means several connections, the candidates are listed on
    standard error and the exit status is 2.

    \b
    Examples:
      tlsinspect show capture.pcapng 212
      tlsinspect show capture.pcapng 87895a4f
      tlsinspect show capture.pcapng www.example
    """
    with errors_as_one_line():
        inspection = inspect(captures, ports, processes, overlap, limits, where)
        from ..export.text import escape_control
        from ..report.story import render_candidates, render_story

        found = inspection.find_connections(connection)
        if len(found) == 1:
            print_rendered(render_story(inspection.story(found["connection_id"].iloc[0])))
            sys.exit(exit_status(inspection.reading.totals, strict))
        nothing = f"{connection!r} is no packet that completes a message, no id, server name or address in the captures"
        text = render_candidates(connection, found) if len(found) else escape_control(nothing)
        click.echo(f"tlsinspect: {text}", err=True)
        sys.exit(2)
