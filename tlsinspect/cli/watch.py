"""tlsinspect watch: rotated captures into a store as they appear."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ..errors import INTERRUPTED
from .output import errors_as_one_line, tell
from .stores import rotation_option, store_options, tell_done

if TYPE_CHECKING:
    from ..opening import Overlap
    from ..store.sequences import Rotation
    from ..wire.limits import Limits


@click.command()
@click.option("--store", required=True, metavar="STORE", help="Folder of the store, or a URL.")
@rotation_option
@click.option(
    "--settle", type=click.FloatRange(0), default=300, show_default=True, metavar="SECONDS",
    help="The newest capture of a sequence is complete when it has not changed for so long.",
)  # fmt: skip
@click.option("--once", is_flag=True, help="Take what is complete now, and end: for cron and timers.")
@store_options
@click.argument("folder", metavar="DIR")
def watch(
    folder: str,
    store: str,
    rotation: Rotation,
    settle: float,
    once: bool,
    workers: int | None,
    ports: frozenset[int],
    overlap: Overlap,
    limits: Limits,
) -> None:
    """Take rotated captures into a store as they become complete.

    A capture is complete when the next one of its sequence is there, or when it was left alone for --settle seconds.
    What is in DIR already is taken first. Ctrl-C ends it, at any moment; the next run goes on from there.

    \b
    Examples:
      tcpdump -i eth0 -G 300 -w '/var/log/pcap/eth0-%Y%m%d-%H%M%S.pcap' &
      tlsinspect watch /var/log/pcap --store year
      tlsinspect watch /var/log/pcap --store year --once
    """
    with errors_as_one_line():
        from ..store.executors import available_workers
        from ..store.watching import watch as watch_folder

        runs = watch_folder(
            folder, store, rotation, settle, once,
            ports=ports, overlap=overlap, limits=limits, workers=workers or available_workers(),
        )  # fmt: skip
        try:
            for done in runs:
                tell_done(done, store)
                sys.stdout.flush()
        except KeyboardInterrupt:
            tell("interrupted; what was stored stays, and the next run goes on")
            sys.exit(INTERRUPTED)
