"""A reading shared by worker processes: each walks the captures and follows its share of the connections.

Finding the packets is a small part of the work, so every worker does all of it
and keeps the connections that fall to it by their addresses and ports. Rows come
as workers finish them, so their order is not the same at each run.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from typing import Any, cast

import numpy as np
import pyarrow as pa

from . import tables
from .errors import CaptureError, TlsInspectError
from .forked import KILLED, can_share, ending_with, follow_parent, parent_number, start_context
from .reading import Batch, Progress, Reading, Request, distinct_names, without_cyclic_collection
from .totals import Totals

if sys.platform == "linux":
    import fcntl

PIPE_LENGTH = 1 << 20  # octets; what an unprivileged process may ask for


class ParallelReading:
    """Like Reading, by `shards` processes: iterate it for batches of rows, then read its `totals`."""

    def __init__(self, request: Request, progress: Progress | None, shards: int) -> None:
        self.request = request
        self.progress = progress
        self.shards = shards
        self.sources = request.sources
        self.totals = Totals(distinct_names(request.sources), request.ports, request.limits)
        self.context = tables.Context(self.totals.names, self.totals.certificates, self.totals.staples)

    def __iter__(self) -> Iterator[Batch]:
        """Yield rows as the workers make them. Ctrl-C ends their walks and keeps what was read.

        Where workers cannot be started, this process reads alone.
        """
        if can_share():
            context = start_context()
            stop = context.Event()
            workers: dict[Pipe, BaseProcess] = {}
            with ended(workers), stopping(stop):
                if self.start_all(context, stop, workers):
                    yield from self.receive(workers)
                    return
        reading = Reading(self.request, self.progress)
        yield from reading
        self.take(reading.totals, 0)

    def start_all(self, context: Any, stop: Event, workers: dict[Pipe, BaseProcess]) -> bool:
        """Start every worker, or none, as where a container may have no more processes: whether they are started."""
        try:
            for shard in range(self.shards):
                self.start(shard, context, stop, workers)
        except OSError:
            for worker in workers.values():
                worker.kill()  # one that has just begun may not hear of anything milder
            return False
        return True

    def start(self, shard: int, context: Any, stop: Event, workers: dict[Pipe, BaseProcess]) -> None:
        """Start one more worker, which is added to those there are."""
        receiver, sender = context.Pipe(duplex=False)
        widen(sender)
        inherited = (receiver, *workers) if context.get_start_method() == "fork" else ()
        process = context.Process(
            target=work,
            args=(sender, inherited, parent_number(), stop, self.request, shard, self.shards),
            daemon=True,
        )
        process.start()
        sender.close()
        workers[receiver] = process

    def receive(self, workers: dict[Pipe, BaseProcess]) -> Iterator[Batch]:
        """Take what the workers send until each has sent its totals."""
        waiting = dict(workers)
        shares: dict[int, Totals] = {}
        while waiting:
            for pipe in cast("list[Pipe]", wait(list(waiting))):
                kind, *message = receive_message(pipe, waiting[pipe])
                if kind == "rows":
                    yield Batch(message[0], receive_rows(pipe, waiting[pipe], message[1]))
                elif kind == "refused":
                    raise message[0]
                elif kind == "progress":
                    if self.progress is not None:
                        self.progress(*message)
                else:
                    shares[message[0]] = message[1]
                    del waiting[pipe]
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
    inherited: Sequence[Pipe],
    parent: int,
    stop: Event,
    request: Request,
    shard: int,
    shards: int,
) -> None:
    """What a worker process does: read, and send rows, then totals, until nobody receives them any more.

    Ctrl-C is the parent's to handle. `inherited` are the receiving ends that a fork copied: while the worker held them,
    it could not see that the parent's are gone.
    """
    follow_parent(parent)
    for pipe in inherited:
        pipe.close()

    def tell(done: int, total: int | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        if shard == 0:
            sender.send(("progress", done, total))

    reading = Reading(request, tell, shard, shards)
    try:
        with without_cyclic_collection():
            for batch in reading:
                rows = laid_out(batch.rows)
                sender.send(("rows", batch.table, rows.size))
                send_octets(sender, memoryview(rows))
        sender.send(("totals", shard, reading.totals))
    except CaptureError as error:
        sender.send(("refused", error))
    except MemoryError:
        sender.send(("refused", MemoryError()))
    except BrokenPipeError:
        return
    sender.close()


def receive_message(pipe: Pipe, process: BaseProcess) -> Any:
    """The next message of a worker; raises TlsInspectError when it died."""
    with told_of_death(process):
        return pipe.recv()


def laid_out(rows: pa.RecordBatch) -> pa.Buffer:
    """Rows as they lie in memory, with their schema and dictionaries: pickling copies them twice more."""
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, rows.schema) as writer:
        writer.write_batch(rows)
    return stream.getvalue()


def receive_rows(pipe: Pipe, process: BaseProcess, size: int) -> pa.RecordBatch:
    """The rows that follow a message of their own, as `size` octets; raises TlsInspectError when the worker died."""
    octets = np.empty(size, np.uint8)
    with told_of_death(process):
        receive_octets(pipe, octets.data)
    return pa.ipc.open_stream(pa.py_buffer(octets)).read_next_batch()


def send_octets(pipe: Pipe, octets: memoryview) -> None:
    """Write octets of which the other end knows how many come."""
    if sys.platform == "win32":
        pipe.send_bytes(octets)
        return
    while octets:
        octets = octets[os.write(pipe.fileno(), octets) :]


def receive_octets(pipe: Pipe, room: memoryview) -> None:
    """Fill `room` with the next octets, straight from the pipe; raises EOFError where it ends before."""
    if sys.platform == "win32":
        pipe.recv_bytes_into(room)
        return
    while room:
        count = os.readv(pipe.fileno(), [room])
        if count == 0:
            raise EOFError
        room = room[count:]


@contextmanager
def told_of_death(process: BaseProcess) -> Iterator[None]:
    """Say how a worker ended whose pipe is at its end."""
    try:
        yield
    except EOFError:
        process.join()
        if process.exitcode == -getattr(signal, "SIGKILL", 0):
            raise TlsInspectError(KILLED) from None
        raise TlsInspectError(f"a worker process ended early (exit status {process.exitcode})") from None


def widen(pipe: Pipe) -> None:
    """Let a pipe hold more, where the system can, so that a batch crosses in few steps."""
    if sys.platform == "linux":
        with suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_LENGTH)


@contextmanager
def stopping(stop: Event) -> Iterator[None]:
    """Let Ctrl-C ask the workers to stop, and a second one end everything.

    A message that is being received is not torn apart that way. Elsewhere than in the
    main thread nobody can be asked, and no Ctrl-C comes.
    """

    def ask(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def ended(workers: Mapping[Pipe, BaseProcess]) -> Iterator[None]:
    """End the workers whatever happens."""
    try:
        with ending_with(workers.values):
            yield
    except BaseException:
        for worker in workers.values():
            worker.terminate()
        raise
    finally:
        for worker in workers.values():
            worker.join()
