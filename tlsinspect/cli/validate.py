"""tlsinspect validate: do the servers' chains lead to a trusted root."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from .captures import chosen_trust, exit_status, inspect, starts_told
from .export import write_table
from .options import CAPTURES, Captures, at_option, format_option, reading_options, trust_options, where_option
from .output import errors_as_one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..inspection import Inspection
    from ..validation import AsOf, Log, Trust


@click.command(epilog=CAPTURES)
@reading_options
@where_option
@at_option
@trust_options
@click.option(
    "--ct-logs",
    type=click.Path(),
    metavar="FILE",
    help="Check SCTs with the keys of this list of logs (log_list.json, version 3) instead of the list that comes "
    "along; CSV and JSON Lines then have a row per SCT.",
)
@click.option(
    "--table", type=click.Choice(("validation", "client_validation", "ocsp", "scts")),
    help="What CSV and JSON Lines have a row for: a connection (the server's chain, or the client's), a stapled OCSP "
    "response, or an SCT.  [default: validation; scts with --ct-logs]",
)  # fmt: skip
@format_option(("text", "csv", "jsonl"), "Text for people; CSV and JSON Lines with every column of --table.")
def validate(
    captures: Captures,
    at: datetime | None,
    trusted: tuple[str, ...],
    trust_only: bool,
    trust_as_of: AsOf,
    ct_logs: str | None,
    table: str | None,
    format_name: str,
) -> None:
    """Say whether certificate chains lead to a trusted root.

    Each connection gets a verdict, and what is wrong is told with the certificate at fault and its packets.
    Trusted are Mozilla's roots, as the certifi package has them. Intermediates come from what the server
    sent; where these do not suffice, from the rest of the captures, and the chain counts as incomplete.
    What clients sent (mutual TLS) is judged too, as a client's chain; whom servers trust with that, --trust says.
    What servers stapled is judged as well: is the OCSP response good, signed by whom it should be, and in date.

    \b
    Examples:
      tlsinspect validate capture.pcapng
      tlsinspect validate capture.pcapng --trust company-root.pem --at 2026-03-15
      tlsinspect validate capture.pcapng --trust lab/ --trust-only --format csv > validation.csv
    """
    with errors_as_one_line():
        from ..validation import load_logs

        trust = chosen_trust(trusted, trust_only, trust_as_of)
        logs = load_logs(ct_logs) if ct_logs is not None else None
        inspection = inspect(captures).trusting(trust, at)
        if format_name == "text":
            from .lines import print_lines

            print_lines(render(inspection, trust, at, logs))
        else:
            table = table or ("scts" if logs is not None else "validation")
            write_table(inspection.build_scts(logs) if table == "scts" else inspection.arrow(table), format_name)
        sys.exit(exit_status(inspection.reading.totals, captures.strict))


def render(
    inspection: Inspection, trust: Trust, at: datetime | None, logs: Mapping[bytes, Log] | None
) -> Iterator[str]:
    """The verdicts on chains, clients, staples and timestamps, as lines that are not escaped; `logs` as --ct-logs."""
    from ..validation.text import (
        render_clients,
        render_scts,
        render_staples,
        render_transparency,
        render_validation,
    )

    validation, clients, staples = (inspection.arrow(name) for name in ("validation", "client_validation", "ocsp"))
    told = starts_told(inspection, validation["connection_id"])
    moment = "each connection at its start" if at is None else f"as of {at:%Y-%m-%d %H:%M:%S} UTC"
    yield from render_validation(validation, trust.name, moment, told)
    yield from render_clients(clients, told)
    yield from render_staples(staples, told)
    if logs is not None:
        yield from render_scts(inspection.build_scts(logs))
        return
    scts = inspection.arrow("scts")
    if len(scts):
        yield from render_scts(scts)
    yield from render_transparency(validation)
