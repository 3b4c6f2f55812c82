"""A reading shared by worker processes: each walks the captures and follows its share of the connections.

Finding the packets is a small part of the work, so every worker does all of it
and keeps the connections that fall to it by their addresses and ports. Rows come
as workers finish them, so their order is not the same at each run.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from typing import Any

from . import tables
from .capture import CaptureSource
from .errors import CaptureError, TlsInspectError
from .reading import Batch, Progress, Reading, distinct_names
from .totals import Totals


class ParallelReading:
    """Like Reading, by `shards` processes: iterate it for batches of rows, then read its `totals`."""

    def __init__(
        self,
        sources: Sequence[CaptureSource],
        ports: frozenset[int],
        wanted: Iterable[str],
        progress: Progress | None,
        shards: int,
        last_wins: bool = False,
    ) -> None:
        self.last_wins = last_wins
        self.sources = sources
        self.wanted = tuple(wanted)
        self.progress = progress
        self.shards = shards
        self.totals = Totals(distinct_names(sources), ports)
        self.context = tables.Context(self.totals.names, self.totals.certificates)

    def __iter__(self) -> Iterator[Batch]:
        """Yield rows as the workers make them. Ctrl-C ends their walks and keeps what was read."""
        context = start_context()
        stop = context.Event()
        workers: dict[Pipe, BaseProcess] = {}
        for shard in range(self.shards):
            receiver, sender = context.Pipe(duplex=False)
            arguments = (
                sender,
                stop,
                self.sources,
                self.totals.tls_ports,
                self.wanted,
                shard,
                self.shards,
                self.last_wins,
            )
            process = context.Process(target=work, args=arguments, daemon=True)
            process.start()
            sender.close()
            workers[receiver] = process
        with ended(list(workers.values())):
            yield from self.receive(workers, stop)

    def receive(self, workers: dict[Pipe, BaseProcess], stop: Event) -> Iterator[Batch]:
        """Take what the workers send until each has sent its totals."""
        waiting = dict(workers)
        shares: dict[int, Totals] = {}
        while waiting:
            try:
                for pipe in wait(list(waiting)):
                    message = receive_message(pipe, waiting[pipe])  # type: ignore[arg-type,index]
                    if isinstance(message, Batch):
                        yield message
                    elif isinstance(message, CaptureError):
                        raise message
                    elif message[0] == "progress":
                        if self.progress is not None:
                            self.progress(*message[1:])
                    else:
                        shares[message[1]] = message[2]
                        del waiting[pipe]  # type: ignore[arg-type]
            except KeyboardInterrupt:
                stop.set()
        for shard in sorted(shares):
            self.take(shares[shard], shard)

    def take(self, share: Totals, shard: int) -> None:
        """Add a worker's totals; what all of them saw is taken from the first."""
        if shard == 0:
            self.totals.captures = share.captures
            self.totals.problems = share.problems
            self.totals.damage = share.damage
        self.totals.add(share)


def work(
    sender: Pipe,
    stop: Event,
    sources: Sequence[CaptureSource],
    ports: frozenset[int],
    wanted: Sequence[str],
    shard: int,
    shards: int,
    last_wins: bool,
) -> None:
    """What a worker process does: read, and send rows, then totals. Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def tell(done: int, total: int | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        if shard == 0:
            sender.send(("progress", done, total))

    reading = Reading(sources, ports, wanted, tell, shard, shards, last_wins)
    try:
        for batch in reading:
            sender.send(batch)
    except CaptureError as error:
        sender.send(error)
    else:
        sender.send(("totals", shard, reading.totals))
    sender.close()


def receive_message(pipe: Pipe, process: BaseProcess) -> Any:
    """The next message of a worker; raises TlsInspectError when it died."""
    try:
        return pipe.recv()
    except EOFError:
        process.join()
        raise TlsInspectError(f"a worker process ended early (exit status {process.exitcode})") from None


def start_context() -> Any:
    """Fork where that is safe and saves the imports, else spawn."""
    alone = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if alone else "spawn")


@contextmanager
def ended(workers: Sequence[BaseProcess]) -> Iterator[None]:
    """End the workers whatever happens."""
    try:
        yield
    except BaseException:
        for worker in workers:
            worker.terminate()
        raise
    finally:
        for worker in workers:
            worker.join()
