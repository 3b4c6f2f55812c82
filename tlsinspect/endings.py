"""Signals that end a process, before which it cleans up.

Goes in: what there is to clean. Comes out: a process that ends as it would have.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ENDING_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
cleaners: list[tuple[int, Callable[[], None]]] = []  # with the process that each belongs to: a fork copies them


@contextmanager
def cleaning(clean: Callable[[], None]) -> Iterator[None]:
    """Let SIGTERM and SIGHUP clean up, and then end this process as they do alone.

    Where such a signal is ignored, as by nohup, or somebody else's to handle, it stays that. Several need not end in
    the order in which they began.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    cleaner = os.getpid(), clean
    cleaners.append(cleaner)
    exchange_handlers(signal.SIG_DFL, end)
    try:
        yield
    finally:
        cleaners.remove(cleaner)
        if not own_cleaners():
            exchange_handlers(end, signal.SIG_DFL)


def own_cleaners() -> list[Callable[[], None]]:
    """What this process has to clean, the latest first."""
    return [clean for process, clean in reversed(cleaners) if process == os.getpid()]


def exchange_handlers(before: object, after: signal.Handlers | Callable[[int, object], None]) -> None:
    """Let `after` handle those of the signals that `before` handles."""
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is before:
            signal.signal(number, after)


def end(number: int, frame: object) -> None:
    """Clean up, and end."""
    for clean in own_cleaners():
        clean()
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)
