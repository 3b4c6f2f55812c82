"""Ctrl-C while rows are written as they are read: it ends the reading and never tears a file apart.

Goes in: the captures that are read. Comes out: whether somebody asked for the end.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..capture import CaptureSource


class Interruption:
    """Whether Ctrl-C was pressed; then `asked` is True, and no more of the captures is read."""

    def __init__(self, sources: Sequence[CaptureSource]) -> None:
        self.sources = sources
        self.asked = False

    def ask(self, number: int, frame: object) -> None:
        """Take Ctrl-C: the first one at the next step of the reading, a second one at once.

        A pipe that is silent makes no step: who waits for it is woken.
        """
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        for source in self.sources:
            source.interrupted = True
        if any(source.waiting for source in self.sources):
            raise KeyboardInterrupt


@contextmanager
def ending_the_reading(sources: Sequence[CaptureSource]) -> Iterator[Interruption]:
    """Let Ctrl-C end the reading of these captures, and a second one everything.

    Where it is ignored, or somebody else's to handle, and elsewhere than in the main thread, it stays as it is.
    """
    interruption = Interruption(sources)
    mine = threading.current_thread() is threading.main_thread()
    if not mine or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interruption
        return
    signal.signal(signal.SIGINT, interruption.ask)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
