"""tlsinspect ingest: captures into a store."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from .output import errors_as_one_line
from .stores import rotation_option, store_options, tell_done

if TYPE_CHECKING:
    from ..opening import Overlap
    from ..store.executors import ExecutorName
    from ..store.ingestion import Progress
    from ..store.sequences import Rotation
    from ..wire.limits import Limits


@click.command()
@click.option("--store", required=True, metavar="STORE", help="Folder of the store, or a URL: s3://bucket/store, ...")
@rotation_option
@click.option(
    "--executor", "executor_name", type=click.Choice(("processes", "dask")), default="processes", show_default=True,
    help="Who reads: processes of this machine, or the workers of a Dask cluster.",
)  # fmt: skip
@click.option("--scheduler", metavar="ADDRESS", help="Dask's scheduler: tcp://10.0.0.1:8786.")
@store_options
@click.option("--strict", is_flag=True, help="Exit with status 1 when a capture is damaged or cannot be read.")
@click.argument("captures", nargs=-1, required=True, metavar="CAPTURE...")
def ingest(
    captures: tuple[str, ...],
    store: str,
    rotation: Rotation,
    workers: int | None,
    executor_name: ExecutorName,
    scheduler: str | None,
    ports: frozenset[int],
    overlap: Overlap,
    limits: Limits,
    strict: bool,
) -> None:
    """Read captures into a store that every other command reads.

    CAPTURE is a file, a folder, a glob, or a URL of an object store (cluster extra). Each capture is taken once, by its
    contents. After a run that was killed, the next one goes on where it stood (docs/store.md). A capture that cannot be
    read is a row of the problems table and a line at the end. Exit status: 0; with --strict 1 where that happened; 2
    where no capture could be read, or not the store.

    \b
    Examples:
      tlsinspect ingest captures/ --store year
      tlsinspect ingest '/var/log/pcap/eth0-*.pcap.zst' --store year
      tlsinspect ingest s3://captures/2026/ --store s3://stores/year --executor dask --scheduler tcp://10.0.0.1:8786
      tlsinspect summary year --since 2026-03-01 --until 2026-03-31
    """
    with errors_as_one_line():
        from ..store import ingest as ingest_captures
        from ..store.executors import open_executor

        with open_executor(executor_name, scheduler) as (executor, available), phases() as progress:
            done = ingest_captures(
                captures, store, ports, overlap, limits, rotation, workers or available, executor, progress
            )
        tell_done(done, store)
        faults = done.refused or done.damaged
        sys.exit(2 if done.refused and not (done.captures or done.known) else 1 if strict and faults else 0)


@contextmanager
def phases() -> Iterator[Progress | None]:
    """A bar for each phase with rate and time left, on standard error, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks = {name: bar.add_task(name, total=None, visible=False) for name in ("hashing", "reading")}
        yield lambda doing, done, total: bar.update(tasks[doing], completed=done, total=total, visible=True)
