"""tlsinspect live: packets from an interface into captures, and into a store."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..endings import ENDING_SIGNALS
from .output import errors_as_one_line, tell, writing_to
from .stores import store_options, tell_done

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

    from ..live import Recorded
    from ..opening import Overlap
    from ..store.ingestion import Ingested
    from ..wire.limits import Limits


@click.command()
@click.option("-i", "--interface", required=True, metavar="INTERFACE", help="Interface to listen on.")
@click.option(
    "-o", "--output", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR",
    help="Folder for the captures.",
)  # fmt: skip
@click.option("--store", metavar="STORE", help="Store to take each capture into once it is complete.")
@click.option("--filter", "packet_filter", metavar="FILTER", help="tcpdump's filter: 'port 443'; needs libpcap.")
@click.option(
    "--seconds", type=click.FloatRange(0, min_open=True), metavar="SECONDS",
    help="End after so long; otherwise by Ctrl-C.",
)  # fmt: skip
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
    """Record packets of an interface on Linux without tcpdump.

    Writes rotated captures by scapy's sniffer, as root, and says of each how many packets the system dropped because
    they came too fast: where that is not 0, use tcpdump and 'tlsinspect watch'. Exit status: 0; 1 where packets were
    dropped; 2 where the store failed, without which the recording goes on.

    Ctrl-C, SIGTERM and a terminal that is closed (SIGHUP) end it: what was recorded until then is kept, and stored.

    \b
    Examples:
      tlsinspect live -i eth0 -o captures/ --filter 'port 443'
      tlsinspect live -i eth0 -o captures/ --store today --seconds 3600
    """
    with errors_as_one_line():
        from ..live import record

        options: dict[str, Any] = {"ports": ports, "overlap": overlap, "limits": limits}
        if store is not None:
            from ..store.ingestion import open_for

            open_for(store, **options)  # what it refuses is said before anything is recorded
        options["workers"] = workers or 1
        dropped = 0
        with writing_to(str(folder)), storing(store, options) as take, ending_by_signal() as ended:
            for each in record(interface, folder, seconds, rotate, packet_filter, ended):
                take(str(each.path))  # before anything is said, which a closed terminal refuses
                dropped += each.dropped or 0
                say(each)
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
def ending_by_signal() -> Iterator[Callable[[], bool]]:
    """Whether a signal has asked for the end, as service managers and closed terminals do; a second one ends at once.

    One that is ignored, as nohup has it, stays ignored.
    """
    asked = threading.Event()
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in ENDING_SIGNALS}

    def ask(number: int, frame: object) -> None:
        asked.set()
        signal.signal(number, before[number])

    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, ask)
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_signals() -> None:
    """Leave the signals that end a recording to the one who listens: what was recorded is still stored."""
    for number in (signal.SIGINT, *ENDING_SIGNALS):
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def storing(store: str | None, options: dict[str, Any]) -> Iterator[Any]:
    """What takes each capture into the store, in a process of its own so that listening goes on meanwhile.

    Where the store fails, that is told, the recording goes on without it, and the exit status is 2: captures can be
    ingested later, and packets that were not recorded are gone.
    """
    if store is None:
        yield lambda path: None
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, get_context("spawn"), ignore_signals) as pool:
        intake = Intake(store, options, pool)
        try:
            yield intake.take
        finally:
            intake.take(None)
    if intake.failed:
        sys.exit(2)


class Intake:
    """Has captures taken into a store by another process, until the store has failed; `waiting` are not done."""

    def __init__(self, store: str, options: dict[str, Any], pool: ProcessPoolExecutor) -> None:
        self.store = store
        self.options = options
        self.pool = pool
        self.waiting: list[Future[Any]] = []
        self.failed = False

    def take(self, path: str | None) -> None:
        """Hand on a capture, and tell of those that are done; None waits for all."""
        from concurrent.futures.process import BrokenProcessPool

        from ..capture import printable
        from ..errors import StoreError, TlsInspectError
        from ..store import ingest

        if self.failed:
            return
        done: list[Ingested] = []
        try:
            if path is not None:
                self.waiting.append(self.pool.submit(ingest, path, self.store, **self.options))
            while self.waiting and (path is None or self.waiting[0].done()):
                done.append(self.waiting.pop(0).result())
        except BrokenProcessPool:
            reason = "the process that took captures into it was killed (out of memory?)"
            self.give_up(StoreError(printable(self.store), reason))
        except (TlsInspectError, OSError) as error:
            self.give_up(error)
        for each in done:  # a terminal that refuses to be told is no fault of the store
            tell_done(each, self.store)

    def give_up(self, error: Exception) -> None:
        """The store failed: tell of it, and take no more."""
        self.failed = True
        for each in self.waiting:
            each.cancel()
        self.waiting.clear()
        tell(f"warning: {error}; what is recorded is kept, and 'tlsinspect ingest' takes what the store has not")
