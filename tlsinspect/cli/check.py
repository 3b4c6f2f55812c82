"""tlsinspect check: the captures measured against a policy."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from ..columns import SEVERITIES
from .captures import chosen_trust, exit_status, inspect, starts_told
from .export import open_output, write_table
from .options import CAPTURES, Captures, Moment, format_option, reading_options, trust_options, where_option
from .output import errors_as_one_line

if TYPE_CHECKING:
    from ..compliance import Check
    from ..inspection import Inspection
    from ..validation import AsOf

FORMATS = ("text", "json", "csv", "sarif")
FRAMES = ("requirements", "failures", "connections", "hosts")
NEVER = "never"
POLICY_HELP = (
    "Name of a policy ('tlsinspect check --list'), or words of it that no other has (modern), or a .toml file of your "
    "own."
)


def list_policies(context: click.Context, option: click.Parameter, value: bool) -> None:
    """Print the policies and end."""
    if not value or context.resilient_parsing:
        return
    from ..compliance.text import render_policies
    from ..policies import load_policy, policy_names
    from .lines import print_lines

    print_lines(render_policies([load_policy(name) for name in policy_names()]))
    context.exit()


class PolicyName(click.types.StringParamType):
    """A policy; where none is named, the message names those that there are."""

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """What to choose from."""
        from ..policies import policy_names

        return f"There are {', '.join(policy_names())}; 'tlsinspect check --list' says more."


def complete_policy(context: click.Context, option: click.Parameter, begun: str) -> list[CompletionItem]:
    """The policies whose names begin so, for a shell; where none does, it is a file."""
    from ..policies import policy_names

    names = [CompletionItem(name) for name in policy_names() if name.startswith(begun)]
    return names or [CompletionItem(begun, type="file")]


@click.command(epilog=CAPTURES)
@reading_options
@where_option
@trust_options
@click.option(
    "--policy",
    "policy_name",
    type=PolicyName(),
    required=True,
    metavar="NAME",
    help=POLICY_HELP,
    shell_complete=complete_policy,
)
@click.option(
    "--at",
    type=Moment(times=False),
    metavar="DATE",
    help="Judge as on this day, 2029-03-15. Otherwise as on the day of the last connection.",
)
@click.option(
    "--fail-on",
    type=click.Choice((*SEVERITIES, NEVER)),
    default="medium",
    show_default=True,
    help="Exit with status 1 when a requirement of this severity or a higher one fails.",
)
@format_option(FORMATS, "For people, for programs, for spreadsheets, or for pipelines (SARIF 2.1.0).")
@click.option(
    "--frame", type=click.Choice(FRAMES), default="requirements", show_default=True, help="What CSV has a row for."
)
@click.option("--baseline", metavar="FILE", help="Known failures, each with a reason, that do not count.")
@click.option("--write-baseline", metavar="FILE", help="Write what fails as a baseline; reasons given before stay.")
@click.option("--reason", metavar="TEXT", help="The reason for what --write-baseline adds.")
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=list_policies,
    help="List the policies, and the days on which what they ask for changes.",
)  # fmt: skip
def check(
    captures: Captures,
    trusted: tuple[str, ...],
    trust_only: bool,
    trust_as_of: AsOf,
    policy_name: str,
    at: datetime | None,
    fail_on: str,
    format_name: str,
    frame: str,
    baseline: str | None,
    write_baseline: str | None,
    reason: str | None,
) -> None:
    """Measure the captures against a policy, clause by clause.

    Every requirement passes, fails or is not observable. It names the clause that it comes from, the share of
    connections that fail it, the hosts to fix first, and packets as proof. What the capture does not show never
    passes. 'tlsinspect check --list' names the policies.

    \b
    Examples:
      tlsinspect check capture.pcapng --policy bcp195
      tlsinspect check captures/ --policy cabf-br --at 2029-03-15
      tlsinspect check capture.pcapng --policy pci-dss-4.0.1 --fail-on high --format sarif > check.sarif
      tlsinspect check capture.pcapng --policy bcp195 --write-baseline known.toml --reason "old tills, gone in May"
    """
    if reason and not write_baseline:
        raise click.UsageError("--reason is for what --write-baseline adds")
    with errors_as_one_line():
        from ..compliance import apply_baseline, read_baseline, render_baseline
        from ..policies import load_policy

        policy = load_policy(policy_name)
        known = read_baseline(baseline) if baseline else []
        trust = chosen_trust(trusted, trust_only, trust_as_of)
        inspection = inspect(captures).trusting(trust)
        found = apply_baseline(inspection.check(policy, at.date() if at else None), known)
        if write_baseline:
            with open_output(write_baseline, inspection.reading.sources) as out:
                out.write(render_baseline(found, known, *([reason] if reason else [])).encode())
        print_check(found, inspection, format_name, frame)
        failed = fail_on != NEVER and found.worst() in SEVERITIES[SEVERITIES.index(fail_on) :]
        sys.exit(1 if failed else exit_status(inspection.reading.totals, captures.strict))


def print_check(found: Check, inspection: Inspection, format_name: str, frame: str) -> None:
    """Print a check in one of the formats."""
    if format_name == "text":
        from ..compliance.text import render_check
        from .lines import print_lines

        print_lines(render_check(found, starts_told(inspection, found.failure_table["connection_ids"])))
    elif format_name == "csv":
        write_table(getattr(found, f"{frame.removesuffix('s')}_table"))
    else:
        from ..export.judgement import check_as_json
        from ..export.sarif import build_sarif

        if format_name == "sarif":
            made = build_sarif(found, paths_of(inspection), hashes_of(inspection))
        else:
            made = check_as_json(found)
        click.echo(json.dumps(made, indent=2))


def paths_of(inspection: Inspection) -> dict[str, str]:
    """Where each capture lies, seen from here where it lies below."""
    places: dict[str, str] = {}
    for source in inspection.reading.sources:
        if source.location is not None:
            shown = os.path.relpath(source.location)
            places[source.name] = os.fspath(source.location) if shown.startswith("..") else shown
    return places


def hashes_of(inspection: Inspection) -> dict[str, str]:
    """The SHA-256 of each capture, where it is known."""
    rows = inspection.arrow("captures").select(["capture", "sha256"]).to_pylist()
    return {row["capture"]: row["sha256"] for row in rows if row["sha256"]}
