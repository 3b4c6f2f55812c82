"""tlsinspect show: one connection as a story."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import CaptureError
from .captures import exit_status, find_named, inspect
from .options import CAPTURES, Captures, reading_options, where_option
from .output import errors_as_one_line, print_rendered

if TYPE_CHECKING:
    from ..inspection import Inspection


def inspect_in_order(captures: Captures, connection: str) -> Inspection:
    """Read the captures; where they cannot be read and the connection is a file, say that it comes last."""
    try:
        return inspect(captures, messages=True)
    except CaptureError as error:
        if Path(connection).is_file():
            raise CaptureError(error.path, f"{error.reason}; the connection comes last, behind its capture") from None
        raise


@click.command(epilog=CAPTURES)
@reading_options
@where_option
@click.argument("connection", metavar="CONNECTION")
def show(
    captures: Captures,
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
        inspection = inspect_in_order(captures, connection)
        from ..report.story import render_candidates, render_story

        found = find_named(inspection, connection)
        if len(found) == 1:
            print_rendered(render_story(inspection.story(found["connection_id"].iloc[0])))
            sys.exit(exit_status(inspection.reading.totals, captures.strict))
        click.echo(f"tlsinspect: {render_candidates(connection, found)}", err=True)
        sys.exit(2)
