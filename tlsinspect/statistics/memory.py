"""A memory for what several statistics take from the same frames.

In: frames that nobody changes meanwhile. Out: the same frames, of which each thing is derived once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")


class Remembered:
    """Frames, and what was derived from them."""

    def __init__(self, frames: object) -> None:
        self.frames = frames
        self.derived: dict[Hashable, Any] = {}

    @property
    def connections(self) -> pd.DataFrame:
        """The connections; where they lie in a store, what reads each column when it is first asked for."""
        made = getattr(self.frames, "frame_on_demand", None)
        if made is None:
            return cast("pd.DataFrame", self.frames.connections)  # type: ignore[attr-defined]
        return cast("pd.DataFrame", once(self, "connections", made))

    def __getattr__(self, name: str) -> Any:
        """Whatever else the frames have."""
        return getattr(self.frames, name)


def remember(frames: T) -> T:
    """The same frames with a memory, for as long as nobody changes them: what takes many statistics is quicker so."""
    return frames if isinstance(frames, Remembered) else cast("T", Remembered(frames))


def once(frames: object, key: Hashable, derive: Callable[[], T]) -> T:
    """What `derive` returns; of frames with a memory what it returned first for this key."""
    if not isinstance(frames, Remembered):
        return derive()
    if key not in frames.derived:
        frames.derived[key] = derive()
    return cast("T", frames.derived[key])
