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
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import TlsInspectError

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

Asked = TypeVar("Asked")
Result = TypeVar("Result")
PARENT_DEATH_SIGNAL = 1  # what Linux's prctl calls PR_SET_PDEATHSIG
ENDING_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
work: list[tuple[Callable[[Any], Any], Sequence[Any]]] = []  # of a process that was started for it


def iter_shared(make: Callable[[Asked], Result], asked: Sequence[Asked], processes: int) -> Iterator[Result]:
    """What `make` gives for each of those asked for, in order, by so many processes: see `sharing`."""
    with sharing(make, asked, processes) as results:
        yield from results


@contextmanager
def sharing(make: Callable[[Asked], Result], asked: Sequence[Asked], processes: int) -> Iterator[Iterator[Result]]:
    """The same by processes that begin at once, while this one does something else; what is asked for first is first.

    They have to be forked, as neither a function nor tables need be sent then. Where that is not safe, or one would do,
    and in a process that was forked for such work, this one works alone, and makes each when it is taken. Raises
    TlsInspectError where one of them is killed.
    """
    context = start_context()
    processes = min(processes, len(asked))
    if processes < 2 or work or context.get_start_method() != "fork":
        yield map(make, asked)
        return
    from concurrent.futures import ProcessPoolExecutor  # asked for by few
    from concurrent.futures.process import BrokenProcessPool

    pool = ProcessPoolExecutor(processes, context, prepare, (make, asked, parent_number()))
    try:
        yield pool.map(make_numbered, range(len(asked)))
    except BrokenProcessPool:
        raise TlsInspectError("a worker process was killed (out of memory?)") from None
    except BaseException:
        for worker in pool_processes(pool):
            worker.terminate()  # nobody waits for what it is at
        raise
    finally:
        pool.shutdown(cancel_futures=True)


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


@contextmanager
def ending_with(workers: Callable[[], Iterable[BaseProcess]]) -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the worker processes too, and then this one as they do alone.

    Where such a signal is ignored, as by nohup, or somebody else's to handle, it stays that.
    """
    parent = os.getpid()

    def end(number: int, frame: object) -> None:
        if os.getpid() == parent:
            for worker in list(workers()):
                worker.terminate()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    main = threading.current_thread() is threading.main_thread()
    taken = [number for number in ENDING_SIGNALS if main and signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
