"""tlsinspect live: packets from an interface into captures, and into a store."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .output import errors_as_one_line, tell, writing_to
from .stores import store_options, tell_done

if TYPE_CHECKING:
    from concurrent.futures import Future

    from ..live import Recorded
    from ..opening import Overlap
    from ..wire.limits import Limits


@click.command()
@click.option("-i", "--interface", required=True, metavar="INTERFACE", help="Interface to listen on.")
@click.option(
    "-o", "--output", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR",
    help="Folder for the captures.",
)  # fmt: skip
@click.option("--store", metavar="STORE", help="Store to take each capture into once it is complete.")
@click.option("--filter", "packet_filter", metavar="FILTER", help="tcpdump's filter: 'port 443'; needs libpcap.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="End after so long; otherwise by Ctrl-C.")
@click.option(
    "--rotate", type=click.FloatRange(1), default=300, show_default=True, metavar="SECONDS", help="Length of a capture."
)
@store_options
def live(
    interface: str,
    folder: Path,
    store: str | None,
    packet_filter: str | None,
    seconds: float | None,
    rotate: float,
    workers: int | None,
    ports: frozenset[int],
    overlap: Overlap,
    limits: Limits,
) -> None:
    """Record packets of an interface where there is no tcpdump.

    Writes rotated captures by scapy's sniffer, as root, and says of each how many packets the system dropped because
    they came too fast: where that is not 0, use tcpdump and 'tlsinspect watch'. Exit status: 0; 1 where packets were
    dropped.

    \b
    Examples:
      tlsinspect live -i eth0 -o captures/ --filter 'port 443'
      tlsinspect live -i eth0 -o captures/ --store today --seconds 3600
    """
    with errors_as_one_line():
        from ..live import record

        options = {"ports": ports, "overlap": overlap, "limits": limits, "workers": workers or 1}
        dropped = 0
        with writing_to(str(folder)), storing(store, options) as take:
            for each in record(interface, folder, seconds, rotate, packet_filter):
                say(each)
                dropped += each.dropped or 0
                take(str(each.path))
        sys.exit(1 if dropped else 0)


def say(recorded: Recorded) -> None:
    """Say what a capture has, and what it has not."""
    from ..export.text import escape_control
    from ..statistics.wording import number_text

    lost = "drops are unknown on this system" if recorded.dropped is None else f"{recorded.dropped:,} dropped"
    click.echo(f"{escape_control(str(recorded.path))}: {number_text(recorded.packets, 'packet')}, {lost}")
    if recorded.dropped:
        tell(
            f"warning: {number_text(recorded.dropped, 'packet')} came too fast and are not in the capture: "
            "use tcpdump, and tlsinspect watch"
        )
    sys.stdout.flush()


@contextmanager
def storing(store: str | None, options: dict[str, Any]) -> Iterator[Any]:
    """What takes each capture into the store, in a process of its own so that listening goes on meanwhile."""
    if store is None:
        yield lambda path: None
        return
    import signal
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from ..store import ingest

    waiting: list[Future[Any]] = []

    def tell_those_done(block: bool) -> None:
        while waiting and (block or waiting[0].done()):
            tell_done(waiting.pop(0).result(), store)

    def take(path: str) -> None:
        waiting.append(pool.submit(ingest, path, store, **options))
        tell_those_done(block=False)

    ignore = (signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who listens: what was recorded is still stored
    with ProcessPoolExecutor(1, get_context("spawn"), signal.signal, ignore) as pool:
        yield take
        tell_those_done(block=True)
