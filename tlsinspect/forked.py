"""Processes that are forked where that is safe, end with the one that started them, and share work.

Goes in: a function and what it is to be called with. Comes out: what it gives for each, in order.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .endings import ENDING_SIGNALS, cleaning
from .errors import TlsInspectError

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

Asked = TypeVar("Asked")
Result = TypeVar("Result")
PARENT_DEATH_SIGNAL = 1  # what Linux's prctl calls PR_SET_PDEATHSIG
KILLED = "a worker process was killed (out of memory?)"
work: list[tuple[Callable[[Any], Any], Sequence[Any]]] = []  # of a process that was started for it


def iter_shared(make: Callable[[Asked], Result], asked: Sequence[Asked], processes: int) -> Iterator[Result]:
    """What `make` gives for each of those asked for, in order, by so many processes: see `sharing`."""
    with sharing(make, asked, processes) as results:
        yield from results


@contextmanager
def sharing(make: Callable[[Asked], Result], asked: Sequence[Asked], processes: int) -> Iterator[Iterator[Result]]:
    """The same by processes that begin at once, while this one does something else; what is asked for first is first.

    They have to be forked, as neither a function nor tables need be sent then. Where that is not safe or not possible,
    or one would do, and in a process that was forked for such work, this one works alone, and makes each when it is
    taken. Raises TlsInspectError where one of them is killed.
    """
    context = start_context()
    processes = min(processes, len(asked))
    if processes < 2 or work or context.get_start_method() != "fork" or not can_share():
        yield map(make, asked)
        return
    from concurrent.futures import ProcessPoolExecutor  # asked for by few

    pool = ProcessPoolExecutor(processes, context, prepare, (make, asked, parent_number()))
    with ending(pool):
        results = hand_over(pool, lambda: pool.map(make_numbered, range(len(asked))))
        yield map(make, asked) if results is None else results


@contextmanager
def ending(pool: ProcessPoolExecutor) -> Iterator[None]:
    """End a pool, at once where something else than its work does; raises TlsInspectError where a process is killed."""
    from concurrent.futures.process import BrokenProcessPool

    try:
        yield
    except BrokenProcessPool:
        raise TlsInspectError(KILLED) from None
    except BaseException:
        for worker in pool_processes(pool):
            worker.terminate()  # nobody waits for what it is at
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def can_share() -> bool:
    """Whether processes can share work: without /dev/shm, as in AWS Lambda, Linux has no semaphores for them."""
    if sys.platform != "linux":
        return True
    try:
        multiprocessing.get_context("fork").Lock()
    except (ImportError, OSError):
        return False
    return True


def hand_over(pool: ProcessPoolExecutor, give: Callable[[], Result]) -> Result | None:
    """What `give` returns, which gives a pool its work; None where its processes, or the thread that feeds them, cannot
    be started, as where a container may have no more of them: then none of them is left.
    """
    from concurrent.futures.process import BrokenProcessPool

    try:
        return give()
    except BrokenProcessPool:
        raise
    except (OSError, RuntimeError):
        for worker in pool_processes(pool):
            worker.kill()
            worker.join()
        inner = cast("Any", pool)
        if inner._executor_manager_thread is not None and inner._executor_manager_thread.ident is None:
            inner._executor_manager_thread = None  # else the end of the pool waits for a thread that never began
        return None


def pool_processes(pool: ProcessPoolExecutor) -> list[BaseProcess]:
    """The processes that a pool has now."""
    return list((pool._processes or {}).values())


def prepare(make: Callable[[Any], Any], asked: Sequence[Any], parent: int) -> None:
    """What such a process does first; it ends with its parent."""
    follow_parent(parent)
    work.append((make, asked))


def make_numbered(number: int) -> Any:
    """Do a part of what this process was started for."""
    [(make, asked)] = work
    return make(asked[number])


def start_context() -> Any:
    """Fork where that is safe and saves the imports, else spawn."""
    alone = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if alone else "spawn")


def parent_number() -> int:
    """What follow_parent is given: this process; 0 in a thread, for whose end Linux would end the workers."""
    return os.getpid() if threading.current_thread() is threading.main_thread() else 0


def follow_parent(parent: int) -> None:
    """In a worker process: leave Ctrl-C to the parent, and end when it has ended, however that came.

    Only Linux sends a signal then; elsewhere a worker ends when it finds that nobody takes what it writes.
    Spec: prctl(2), PR_SET_PDEATHSIG.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in ENDING_SIGNALS:
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    if sys.platform != "linux" or not parent:
        return
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before it was followed
        signal.raise_signal(signal.SIGTERM)


def ending_with(workers: Callable[[], Iterable[BaseProcess]]) -> AbstractContextManager[None]:
    """Let SIGTERM and SIGHUP end the worker processes too."""

    def end() -> None:
        for worker in list(workers()):
            worker.terminate()

    return cleaning(end)
