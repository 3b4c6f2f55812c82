"""Who reads the strands: this process, worker processes, or the machines of a Dask cluster.

Goes in: works. Comes out: nothing but that all are done; what they found lies in the store. Each is an executor of
concurrent.futures, so that a cluster is an argument and not another way through the code.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

from ..capture import printable
from ..errors import StoreError, TlsInspectError
from ..forked import can_share, ending_with, follow_parent, hand_over, parent_number, pool_processes, start_context
from .strand import Work, run_strand

ExecutorName = Literal["processes", "dask"]
ATTEMPTS = 3
"""How often a strand is taken up again after the process that read it has died."""

TELL_SECONDS = 0.2

Told = Callable[[int], None]
shared: Any = None  # in a worker process: octets read, by strand


def run_works(works: Sequence[Work], executor: Executor | None, workers: int, told: Told) -> None:
    """Read all strands. `told` is called with the octets read of all of them together, as far as that is known.

    With an executor of the caller's the works go there; else to up to `workers` processes of this machine, or, where
    these cannot be started, to this one.
    Raises TlsInspectError when processes keep dying; what was stored until then stays.
    """
    if executor is not None:
        futures = [executor.submit(run_strand, work) for work in works]
        pairs = list(zip(works, futures, strict=True))
        finish(futures, lambda: told(sum(fresh_octets(work) for work, each in pairs if each.done())))
    elif workers == 1 or len(works) < 2 or not can_share() or not run_in_processes(works, workers, told):
        done = 0
        for work in works:
            run_strand(work, lambda octets, before=done: told(before + octets))  # type: ignore[misc]
            done += fresh_octets(work)


def uses_processes(workers: int, executor: Executor | None) -> bool:
    """Whether others than this process may read the strands; of an executor of the caller's only threads are known."""
    return workers > 1 if executor is None else not isinstance(executor, ThreadPoolExecutor)


def run_in_processes(works: Sequence[Work], workers: int, told: Told) -> bool:
    """Read strands in processes of this machine; a strand whose process died is taken up where it stood.

    False where the processes cannot be started: then strands are left to be read.
    """
    context = start_context()
    for attempt in range(ATTEMPTS):
        octets = context.Array("q", len(works), lock=False)
        given = (octets, parent_number())
        with (
            ProcessPoolExecutor(min(workers, len(works)), context, prepare, given) as pool,
            ending_with(lambda: pool_processes(pool)),
        ):
            futures: Sequence[Future[Any]] | None = None
            try:
                futures = hand_over(pool, partial(submit_works, pool, works))
                if futures is None:
                    return False
                finish(futures, lambda: told(sum(octets)))  # noqa: B023 (called within the iteration)
                return True
            except BrokenProcessPool:
                if attempt + 1 == ATTEMPTS:
                    raise TlsInspectError(
                        "worker processes died again and again (out of memory?); what was stored until then stays, "
                        "and the same command goes on from there"
                    ) from None
            except BaseException:
                for future in futures or ():
                    future.cancel()
                for process in pool_processes(pool):
                    process.terminate()
                raise
    raise AssertionError("the last attempt returns or raises")


def submit_works(pool: ProcessPoolExecutor, works: Sequence[Work]) -> list[Future[int]]:
    """Have all strands read by a pool."""
    return [pool.submit(run_numbered, number, work) for number, work in enumerate(works)]


def finish(futures: Sequence[Future[Any]], tell: Callable[[], None]) -> None:
    """Wait for all futures, and tell now and then; raises what the first failed one raised."""
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, TELL_SECONDS)
        tell()
        for future in done:
            future.result()


def prepare(octets: Any, parent: int) -> None:
    """What a worker process does first; Ctrl-C is its parent's to handle, and it ends with it."""
    global shared  # noqa: PLW0603 (a worker process has one pool)
    follow_parent(parent)
    shared = octets


def run_numbered(number: int, work: Work) -> int:
    """Read a strand in a worker process."""

    def tell(octets: int) -> None:
        shared[number] = octets

    return run_strand(work, tell)


def fresh_octets(work: Work) -> int:
    """Octets of a strand's own captures."""
    return sum(work.captures[sha256].size for sha256 in work.strand.fresh)


@contextmanager
def open_executor(name: ExecutorName, scheduler: str | None) -> Iterator[tuple[Executor | None, int]]:
    """The executor that a name means, None for processes of this machine, and how many tasks it has room for.

    Raises StoreError where no scheduler is named, Dask is not installed, or its scheduler cannot be reached.
    """
    if name == "processes":
        if scheduler is not None:
            raise StoreError(printable(scheduler), "is a scheduler, which --executor dask asks for")
        yield None, available_workers()
        return
    if scheduler is None:
        raise StoreError("dask", "name its scheduler: --scheduler tcp://10.0.0.1:8786")
    try:
        from distributed import Client
    except ImportError as error:
        raise StoreError("dask", "needs the cluster extra: pip install 'tlsinspect[cluster]'") from error
    try:
        client = Client(scheduler, timeout="10s", set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        raise StoreError(printable(scheduler), "no Dask scheduler answers") from error
    with client:
        room = sum(worker["nthreads"] for worker in client.scheduler_info(n_workers=-1)["workers"].values())
        yield client.get_executor(pure=False), max(1, room)  # type: ignore[no-untyped-call]


def available_workers() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
