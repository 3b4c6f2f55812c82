"""tlsinspect hosts, names, certificates, fingerprints, beacons, timeline: the connections turned around."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from .captures import exit_status, inspect
from .export import write_table
from .options import (
    CAPTURES,
    Captures,
    format_option,
    most_option,
    parse_filter,
    reading_options,
    rows_option,
    where_option,
)
from .output import errors_as_one_line

if TYPE_CHECKING:
    import pyarrow as pa

    from ..inspection import Inspection

SHOWN = 50  # rows that are listed unless --most says otherwise


class Pivot(NamedTuple):
    """A command: its table of PIVOTS, what its help says, and two examples behind its name."""

    table: str
    says: str
    more: str
    examples: tuple[str, str]


PIVOTS = {
    "hosts": Pivot(
        "hosts",
        "List hosts: what each offered and chose, and with whom.",
        "Clients and servers, those with few peers first. Of a server the versions it is proven to take, and whose "
        "order of cipher suites it follows.",
        ("capture.pcapng", "capture.pcapng --rows \"role == 'server' and lowest_version in ['TLS 1.0', 'SSL 3.0']\""),
    ),
    "names": Pivot(
        "names",
        "List the server names asked for, the rarest first.",
        "With the servers, certificates, issuers and keys of each; names with several issuers or keys are marked.",
        ("capture.pcapng", "captures/ --rows several_issuers"),
    ),
    "certificates": Pivot(
        "certificate_uses",
        "List the certificates presented, the rarest first.",
        "Each side's own certificate, with who met it and under which names. All certificates with all their fields: "
        "tlsinspect export --table certificates.",
        ("capture.pcapng", "capture.pcapng --rows 'self_signed or same_key > 0'"),
    ),
    "fingerprints": Pivot(
        "fingerprints",
        "List JA4, JA3S and JA3 fingerprints, the rarest first.",
        "With the clients, servers, names and versions of each. Browsers that shuffle their extensions have a new JA3 "
        "each time.",
        ("capture.pcapng --rows \"kind == 'ja4'\"", "captures/ --rows 'clients == 1' --format csv"),
    ),
    "beacons": Pivot(
        "beacons",
        "List who connects regularly, the most regular first.",
        "Clients with ten or more connections to one destination, with a score of their regularity from 0 to 1 "
        "(docs/pivots.md). Regular is not malicious: mail clients and updates are regular too.",
        ("capture.pcapng", "captures/ --rows 'regular and interval_s > 60'"),
    ),
    "timeline": Pivot(
        "timeline",
        "List what happened when, and what was new.",
        "Intervals of time with their connections, and the clients, servers, names, certificates and fingerprints that "
        "had not been seen before.",
        ("capture.pcapng", "captures/ --rows 'len(new_servers) > 0'"),
    ),
}


NOTHING = {
    "hosts": "no connection with TLS has addresses",
    "names": "no client named the server that it asked for",
    "certificate_uses": "no certificate was in the clear",
    "fingerprints": "no hello was captured whole",
    "beacons": "no client has ten connections to one destination",
    "timeline": "no connection with TLS has a time",
}
"""Why a table has no row although there is TLS."""


def make_command(name: str, pivot: Pivot) -> click.Command:
    """The command of a pivot."""

    @click.command(name, epilog=CAPTURES, help=help_of(name, pivot))
    @reading_options
    @where_option
    @rows_option
    @format_option(
        ("text", "csv", "jsonl", "parquet"),
        "Text for people, with the main columns; the others with every column and row.",
    )
    @most_option(SHOWN, "Rows of text; 0 for all.")
    def command(
        captures: Captures,
        rows_where: str | None,
        format_name: str,
        most: int,
    ) -> None:
        if format_name == "parquet" and sys.stdout.isatty():
            raise click.UsageError("Parquet is binary: redirect standard output")
        chosen = None if rows_where is None else parse_filter(rows_where, pivot.table)
        with errors_as_one_line():
            inspection = inspect(captures)
            rows = inspection.pivot_arrow(pivot.table)
            listed = rows if chosen is None else chosen.apply(rows)
            if format_name == "text" and not listed.num_rows:
                some = bool(captures.where or captures.since or captures.until)
                click.echo(f"Nothing to list: {why_nothing(inspection, pivot.table, rows.num_rows, some)}.")
            else:
                show(pivot.table, listed, format_name, most)
            sys.exit(exit_status(inspection.reading.totals, captures.strict))

    return command


def help_of(name: str, pivot: Pivot) -> str:
    """The help text of a command."""
    examples = "\n".join(f"  tlsinspect {name} {each}" for each in pivot.examples)
    return f"{pivot.says}\n\n{pivot.more}\n\n\b\nExamples:\n{examples}\n"


def show(table: str, rows: pa.Table, format_name: str, most: int) -> None:
    """Print a pivot, or write it to standard output."""
    if format_name == "text":
        from shutil import get_terminal_size

        from ..report.pivots import render_pivot

        for line in render_pivot(table, rows, most, get_terminal_size().columns if sys.stdout.isatty() else 0):
            click.echo(line)
        return
    write_table(rows, format_name)


def why_nothing(inspection: Inspection, table: str, others: int, some: bool) -> str:
    """Why no row is listed, where --rows does not take so many `others`; of `some` of the connections, or of all."""
    from ..connection import CARRIES_TLS
    from ..statistics.rows import among
    from ..statistics.wording import number_text

    if others:
        return f"what --rows asks for is true of none of {number_text(others, 'row')}"
    if among(inspection.on_demand("connections"), "protocol", CARRIES_TLS).any():
        return NOTHING[table]
    return "no connection with TLS was selected" if some else "there is no connection with TLS"


PIVOT_COMMANDS = {name: make_command(name, pivot) for name, pivot in PIVOTS.items()}
