"""tlsinspect report: an HTML page with charts, and the files behind it."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .captures import chosen_trust, exit_status, inspect, read_lists, shared
from .options import (
    CAPTURES,
    Captures,
    anonymise_option,
    at_option,
    indicators_option,
    reading_options,
    trust_options,
    where_option,
)
from .output import errors_as_one_line, quiet_matplotlib, writing_to

if TYPE_CHECKING:
    from ..validation import AsOf


@click.command(epilog=CAPTURES)
@reading_options
@where_option
@at_option
@trust_options
@indicators_option
@anonymise_option
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write to."
)
@click.option("--title", help="Title of the page.")
def report(
    captures: Captures,
    at: datetime | None,
    trusted: tuple[str, ...],
    trust_only: bool,
    trust_as_of: AsOf,
    lists: tuple[str, ...],
    key_file: str | None,
    output: Path,
    title: str | None,
) -> None:
    """Write an HTML report: charts, and the numbers behind them.

    The page needs nothing from the network; beside it stand the charts as files, their
    numbers as CSV, and the tables. As many --processes draw as read.

    \b
    Examples:
      tlsinspect report capture.pcapng -o reports/today
      tlsinspect report captures/ -o reports/march --title "Office uplink, March"
      tlsinspect report capture.pcapng -o reports/today --indicators sslblacklist.csv
      tlsinspect report capture.pcapng -o reports/shared --anonymise march.key
    """
    if lists and key_file is not None:
        raise click.UsageError("--indicators with --anonymise: what the lists say of a match would tell who it is")
    with errors_as_one_line():
        indicators = read_lists(lists) if lists else None
        trust = chosen_trust(trusted, trust_only, trust_as_of)
        inspection = inspect(captures, messages=True).trusting(trust, at)
        from ..report.html import write_report

        if indicators is not None:
            inspection = inspection.with_indicators(indicators)
        shown = shared(inspection, key_file)
        quiet_matplotlib()
        with writing_to(str(output)):
            page = write_report(shown, output, title, captures.processes)
        click.echo(page)
        sys.exit(exit_status(inspection.reading.totals, captures.strict))
