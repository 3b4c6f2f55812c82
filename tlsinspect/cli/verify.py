"""tlsinspect verify: second opinions on a capture, and every field in which they differ."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from ..errors import CaptureError
from .captures import exit_status, inspect, named_store, tell_passed_over
from .options import CAPTURES, Captures, format_option, most_option, reading_options
from .output import errors_as_one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..capture import CaptureSource
    from ..inspection import Inspection
    from ..opening import Overlap
    from ..verification import Verification

SHOWN = 20  # differences without a reason that are listed unless --most says otherwise
LOG = click.Path(path_type=Path)


@click.command(epilog=CAPTURES)
@reading_options
@click.option(
    "--zeek", "zeek_logs", type=LOG, multiple=True, metavar="FILE",
    help="ssl.log, x509.log or quic.log that Zeek wrote of the same traffic, as text or JSON; may be given several "
    "times.",
)  # fmt: skip
@click.option("--eve", "eve_logs", type=LOG, multiple=True, metavar="FILE", help="Suricata's eve.json of the traffic.")
@click.option(
    "--tshark", "asks_tshark", is_flag=True, show_default="unless a log is given",
    help="Ask tshark, which has to be installed, capture by capture.",
)  # fmt: skip
@most_option(SHOWN, "Differences without a known reason that are listed; 0 for all.")
@format_option(("text", "csv", "jsonl"), "Text for people; every difference as rows.")
def verify(
    captures: Captures,
    zeek_logs: tuple[Path, ...],
    eve_logs: tuple[Path, ...],
    asks_tshark: bool,
    most: int,
    format_name: str,
) -> None:
    """Compare every field with tshark's, Zeek's or Suricata's.

    What differs is listed with the packet to look at and both values; differences whose reason is known are counted
    apart, each reason with an example: docs/verify.md. The exit status is 1 where any has no known reason.

    \b
    Examples:
      tlsinspect verify capture.pcapng
      tlsinspect verify capture.pcapng --zeek logs/ssl.log --zeek logs/x509.log
      tlsinspect verify capture.pcapng --eve eve.json --format csv > differences.csv
    """
    if captures.since or captures.until:
        raise click.UsageError(
            "--since and --until choose connections, and whole captures are compared: leave them out"
        )
    with errors_as_one_line():
        found: list[Verification] = []
        status = 0
        if zeek_logs or eve_logs:
            inspection = inspect(captures, messages=True)
            found += ask_logs(inspection, zeek_logs, eve_logs)
            status = exit_status(inspection.reading.totals, captures.strict)
        if asks_tshark or not found:
            for alone in each_alone(captures):
                if alone is None:
                    status = max(status, int(captures.strict))
                    continue
                found.append(ask_tshark(alone))
                status = max(status, exit_status(alone.reading.totals, captures.strict))
        show(found, most, format_name)
        sys.exit(1 if any(len(each.unexplained) for each in found) else status)


def ask_logs(inspection: Inspection, zeek_logs: tuple[Path, ...], eve_logs: tuple[Path, ...]) -> list[Verification]:
    """What the logs say."""
    from ..verification import verify_eve, verify_zeek

    return [*verify_zeek(inspection, zeek_logs), *(verify_eve(inspection, path) for path in eve_logs)]


def ask_tshark(inspection: Inspection) -> Verification:
    """What tshark says."""
    from ..verification import verify_tshark

    return verify_tshark(inspection)


def each_alone(captures: Captures) -> Iterator[Inspection | None]:
    """The captures, read one by one, as tshark reads them; of a store those that it was made of, where they still are.

    For one of a folder or a store that is damaged at its start it is None, after a word of warning.
    Raises CaptureError for one of them that is gone, or no file.
    """
    store = named_store(captures.names)
    if store is not None:
        from ..store.stored import StoredSources
        from ..wire.limits import Limits

        made = store.catalogue.description
        overlap = cast("Overlap", made.overlap)
        captures = captures._replace(ports=frozenset(made.ports), overlap=overlap, limits=Limits(**made.limits))
        sources: Iterable[CaptureSource] = StoredSources(store)
    else:
        from ..capture import find_captures

        passed_over: list[CaptureError] = []
        sources = find_captures(captures.names, passed_over)
        tell_passed_over(*passed_over)
    for source in sources:
        if store is not None and source.location is None:
            next(source.blocks())  # raises where it is gone
            raise CaptureError(source.path, "tshark reads files: copy it to one, and verify that")
        if source.member and source.look() is None:
            warn_of_start(source)
            yield None
            continue
        path = source.path if source.location is None else str(source.location)
        yield inspect(captures._replace(names=(path,)))


def warn_of_start(source: CaptureSource) -> None:
    """Say on standard error that a capture is passed over, and why."""
    try:
        source.check()
    except CaptureError as error:
        tell_passed_over(error)


def show(found: list[Verification], most: int, format_name: str) -> None:
    """Print what was found."""
    if format_name == "text":
        from ..report.verification import render_verification
        from .lines import print_lines

        print_lines(line for each in found for line in render_verification(each, most))
        return
    import pyarrow as pa

    from .export import write_table

    write_table(pa.concat_tables([each.difference_table for each in found]), format_name)
