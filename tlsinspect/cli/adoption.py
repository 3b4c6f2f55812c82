"""tlsinspect adoption: a store's connections over time, as a page with charts and the numbers behind them."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from tempfile import TemporaryFile

import click

from .captures import warn_of_store
from .options import PROCESS_LIMIT, days_options
from .output import errors_as_one_line, progress_bar, quiet_matplotlib, writing_to

PERIODS = ("day", "week", "month")
UNIT_NAMES = ("connections", "bytes", "clients", "servers", "names")


def check_series(context: click.Context, option: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of series; of one that does not exist all are told."""
    from ..adoption.catalogue import SERIES

    for name in names:
        if name not in SERIES:
            raise click.BadParameter(f"there is no series {name!r}, but {', '.join(SERIES)}", context, option)
    return names


@click.command()
@days_options
@click.argument("store", metavar="STORE")
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write to."
)
@click.option("--by", type=click.Choice(PERIODS), default="month", show_default=True, help="How long a period is.")
@click.option(
    "--unit", type=click.Choice(UNIT_NAMES), default="connections", show_default=True, help="What the charts count."
)
@click.option(
    "--only", multiple=True, callback=check_series, metavar="SERIES",
    help="Draw, and say, only this series, such as versions; may be given several times.",
)  # fmt: skip
@click.option(
    "--processes", type=click.IntRange(1, PROCESS_LIMIT), metavar="NUMBER",
    default=min(os.cpu_count() or 1, PROCESS_LIMIT), show_default="one per core",
    help="Worker processes that count a large store and draw.",
)  # fmt: skip
@click.option("--title", default="TLS adoption", show_default=True, help="Title of the page.")
def adoption(
    store: str,
    output: Path,
    by: str,
    unit: str,
    only: tuple[str, ...],
    processes: int,
    title: str,
    since: date | None,
    until: date | None,
) -> None:
    """Chart how the use of TLS changed over time.

    Writes a page with charts, and their numbers. STORE is what 'tlsinspect ingest' made.
    Versions, ciphers, key exchange, post-quantum, certificates, resumption, QUIC and ports by
    day, week or month, with intervals that heed which connections are of the same hosts,
    beside the dates of attacks and standards and what others have published.

    \b
    Examples:
      tlsinspect adoption store -o adoption
      tlsinspect adoption store -o weeks --by week --since 2026-01-01 --unit servers
    """
    with errors_as_one_line():
        from ..adoption import build_adoption
        from ..report.adoption import summary_lines, write_adoption
        from ..store import open_store

        opened = open_store(store)
        refuse_output(output)
        warn_of_store(opened, len(opened.damage()), since, until)
        with progress_bar("counting", octets=False) as progress:
            counted = build_adoption(opened, by, since, until, progress, processes)
        quiet_matplotlib()
        with writing_to(str(output)):
            page = write_adoption(counted, output, unit, title, only, processes)
        click.echo("\n".join(summary_lines(counted, unit, only)))
        click.echo(page)


def refuse_output(output: Path) -> None:
    """Make the folder, and see that files can be written to it: counting a large store takes a while."""
    from ..report.adoption import SERIES_FILE
    from ..report.html import PAGE_NAME

    charts = output / "charts"
    with writing_to(str(output)):
        charts.mkdir(parents=True, exist_ok=True)
    for place in (output / PAGE_NAME, output / SERIES_FILE):
        with writing_to(str(place)):
            if place.exists():
                with place.open("r+b"):
                    pass
    for folder in (output, charts):
        with writing_to(str(folder)), TemporaryFile(dir=folder):
            pass
