"""tlsinspect diff: what is new, gone and changed between two captures."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click

from ..errors import TlsInspectError
from .captures import exit_status, inspect
from .options import CAPTURES, Captures, format_option, most_option, parse_filter, reading_options, where_option
from .output import errors_as_one_line

if TYPE_CHECKING:
    from ..inspection import Inspection

SHOWN = 10  # changes of one kind that are listed unless --most says otherwise
TIME = re.compile(r"[0-9T:.Z +-]{1,40}")


@click.command(epilog=CAPTURES.replace("several are read", "with --split several are read"))
@reading_options
@where_option
@click.option(
    "--split", metavar="TIME", help="Compare what starts before a time (ISO 8601, UTC) with what starts later."
)
@most_option(SHOWN, "Changes of a kind; 0 for all.")
@format_option(("text", "changes-csv", "shares-csv"), "Text for people; one of the two tables with every row.")
def diff(
    captures: Captures,
    split: str | None,
    most: int,
    format_name: str,
) -> None:
    """Say what is new, gone and changed, and which shares moved.

    Two captures, folders or patterns are compared, the earlier one named first; or, with --split, two times of what
    is named. A share has moved only where more than the choice of clients explains it: docs/diff.md.

    \b
    Examples:
      tlsinspect diff monday.pcapng tuesday.pcapng
      tlsinspect diff march/ april/ --where "server_port == 443"
      tlsinspect diff capture.pcapng --split 2026-03-01T12:00
    """
    if split is None and len(captures.names) != 2:
        raise click.UsageError("name two captures, or one and --split TIME")
    if split is not None and not TIME.fullmatch(split):
        raise click.BadParameter(f"{split!r} is no time, such as 2026-03-31T12:00", param_hint="'--split'")
    if split is not None:
        parse_filter(f"time_start < '{split}'")
    with errors_as_one_line():
        sides = [captures._replace(names=(name,)) for name in captures.names] if split is None else [captures]
        read = [inspect(side) for side in sides]
        before, after = read if split is None else halves(read[0], split)
        for name, side in (("before", before), ("after", after)):
            if not len(side.on_demand("connections")):
                raise TlsInspectError(f"there is no connection {name}: nothing can be compared")
        show(before, after, most, format_name)
        sys.exit(max(exit_status(each.reading.totals, captures.strict) for each in read))


def halves(inspection: Inspection, split: str) -> tuple[Inspection, Inspection]:
    """The connections that start before a time, and the others."""
    return inspection.where(f"time_start < '{split}'"), inspection.where(f"time_start >= '{split}'")


def show(before: Inspection, after: Inspection, most: int, format_name: str) -> None:
    """Print the comparison."""
    from ..comparison import compare

    found = compare(before, after)
    if format_name == "text":
        from ..report.comparison import render_comparison
        from .lines import print_lines

        print_lines(render_comparison(before, after, found, most))
        return
    from ..charts.files import csv_bytes
    from .export import open_output

    with open_output("-", []) as out:
        out.write(csv_bytes(found.changes if format_name == "changes-csv" else found.shares))
