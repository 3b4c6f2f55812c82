"""tlsinspect findings: what is wrong, the worst first."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from ..columns import SEVERITIES
from .captures import chosen_trust, exit_status, inspect, read_lists, starts_told
from .export import write_table
from .options import (
    CAPTURES,
    Captures,
    at_option,
    format_option,
    indicators_option,
    parse_filter,
    reading_options,
    rows_option,
    trust_options,
    where_option,
)
from .output import errors_as_one_line

if TYPE_CHECKING:
    from ..validation import AsOf


@click.command(epilog=CAPTURES)
@reading_options
@where_option
@rows_option
@at_option
@trust_options
@indicators_option
@click.option(
    "--severity-at-least",
    type=click.Choice(SEVERITIES),
    default="info",
    show_default=True,
    help="Leave out what is less severe.",
)
@format_option(("text", "csv", "jsonl"), "Text for people; CSV and JSON Lines with every column.")
def findings(
    captures: Captures,
    rows_where: str | None,
    at: datetime | None,
    trusted: tuple[str, ...],
    trust_only: bool,
    trust_as_of: AsOf,
    lists: tuple[str, ...],
    severity_at_least: str,
    format_name: str,
) -> None:
    """Say what is wrong, the worst first, and where the proof is.

    \b
    Examples:
      tlsinspect findings capture.pcapng
      tlsinspect findings captures/ --severity-at-least high
      tlsinspect findings capture.pcapng --where "server_name == 'www.example'"
      tlsinspect findings capture.pcapng --indicators sslblacklist.csv --rows "id == 'IND-CERT'"
      tlsinspect findings capture.pcapng --trust company-root.pem
      tlsinspect findings capture.pcapng --format csv > findings.csv
    """
    chosen = None if rows_where is None else parse_filter(rows_where, "findings")
    with errors_as_one_line():
        indicators = read_lists(lists) if lists else None
        trust = chosen_trust(trusted, trust_only, trust_as_of)
        inspection = inspect(captures).trusting(trust, at)
        from ..findings.text import at_least, render_findings

        rows = inspection.arrow("findings")
        if indicators is not None:
            from ..indicators import add_matches

            rows = add_matches(rows, indicators, inspection.on_demand("connections"), inspection.arrow("certificates"))
        rows = at_least(rows, severity_at_least)
        rows = rows if chosen is None else chosen.apply(rows)
        if format_name == "text":
            from .lines import print_lines

            print_lines(render_findings(rows, starts_told(inspection, rows["connection_ids"])))
        else:
            write_table(rows, format_name)
        sys.exit(exit_status(inspection.reading.totals, captures.strict))
