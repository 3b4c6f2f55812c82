"""tlsinspect whatif: what would break."""

from __future__ import annotations

import json
import sys
from datetime import datetime

import click

from ..columns import SEVERITIES
from .captures import exit_status, inspect, starts_told
from .check import POLICY_HELP, complete_policy
from .export import write_table
from .options import CAPTURES, Captures, Moment, format_option, reading_options, where_option
from .output import errors_as_one_line

FRAMES = ("shares", "hosts", "connections")


@click.command(epilog=CAPTURES)
@reading_options
@where_option
@click.option("--policy", "policy_name", default="", metavar="NAME", help=POLICY_HELP, shell_complete=complete_policy)
@click.option(
    "--drop",
    default="",
    metavar="TERMS",
    help="What to switch off, with commas: 'TLS 1.0,CBC,RSA key exchange'. A version stands for all before it, too.",
)
@click.option(
    "--at",
    type=Moment(times=False),
    metavar="DATE",
    help="Enforce the requirements that bind on this day. Otherwise on that of the last connection.",
)
@click.option(
    "--severity-at-least",
    type=click.Choice(SEVERITIES),
    default="info",
    show_default=True,
    help="Enforce only the requirements that are at least so severe.",
)
@format_option(("text", "json", "csv"), "For people, for programs, or for spreadsheets.")
@click.option("--frame", type=click.Choice(FRAMES), default="shares", show_default=True, help="What CSV has a row for.")
def whatif(
    captures: Captures,
    policy_name: str,
    drop: str,
    at: datetime | None,
    severity_at_least: str,
    format_name: str,
    frame: str,
) -> None:
    """Say what would break if a policy were enforced.

    Which share of connections, clients and servers would fail, which would work, and of which this capture does not
    show it, from what both sides showed: a lower bound, with the hosts and fingerprints that would fail.

    \b
    Examples:
      tlsinspect whatif capture.pcapng --policy mozilla-modern
      tlsinspect whatif capture.pcapng --drop 'TLS 1.0,CBC,RSA key exchange'
      tlsinspect whatif captures/ --policy nist-ir8547 --at 2036-01-01
      tlsinspect whatif capture.pcapng --drop 'TLS 1.1' --format csv --frame hosts > to-fix.csv
    """  # fmt: skip
    if bool(policy_name) == bool(drop):
        raise click.UsageError("say what would change: either --policy or --drop")
    with errors_as_one_line():
        from ..policies import load_policy
        from ..policies.drop import parse_drop

        policy = parse_drop(drop) if drop else load_policy(policy_name)
        inspection = inspect(captures)
        made = inspection.whatif(policy, at=at.date() if at else None, severity_at_least=severity_at_least)
        if format_name == "text":
            from ..compliance.whatif_text import render_whatif
            from .lines import print_lines

            print_lines(render_whatif(made, starts_told(inspection, made.host_table["connection_id"])))
        elif format_name == "json":
            from ..export.judgement import whatif_as_json

            click.echo(json.dumps(whatif_as_json(made), indent=2))
        else:
            write_table(getattr(made, f"{frame.removesuffix('s')}_table"))
        sys.exit(exit_status(inspection.reading.totals, captures.strict))
