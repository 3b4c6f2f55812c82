"""tlsinspect quantum: what could be read later."""

from __future__ import annotations

import json
import sys

import click

from .captures import exit_status, inspect, starts_told
from .export import write_table
from .options import CAPTURES, Captures, format_option, reading_options, where_option
from .output import errors_as_one_line


@click.command(epilog=CAPTURES)
@reading_options
@where_option
@format_option(("text", "json", "csv"), "For people, for programs, or for spreadsheets.")
@click.option(
    "--frame", type=click.Choice(("classes", "servers")), default="servers", show_default=True,
    help="What CSV has a row for.",
)  # fmt: skip
def quantum(
    captures: Captures,
    format_name: str,
    frame: str,
) -> None:
    """Say what could be read later by a quantum computer.

    Connections, content and names by what protects their secrets: no forward secrecy, classical forward secrecy, or
    a post-quantum key exchange, what is unknown apart; and the twenty servers to migrate first.

    \b
    Examples:
      tlsinspect quantum capture.pcapng
      tlsinspect quantum captures/ --format csv > servers.csv
      tlsinspect quantum capture.pcapng --format json | jq .classes
    """
    with errors_as_one_line():
        inspection = inspect(captures)
        ledger = inspection.quantum()
        if format_name == "text":
            from ..compliance.quantum_text import render_ledger
            from .lines import print_lines

            print_lines(render_ledger(ledger, starts_told(inspection, ledger.server_table["connection_id"])))
        elif format_name == "json":
            from ..export.judgement import ledger_as_json

            click.echo(json.dumps(ledger_as_json(ledger), indent=2))
        else:
            write_table(ledger.class_table if frame == "classes" else ledger.server_table)
        sys.exit(exit_status(inspection.reading.totals, captures.strict))
