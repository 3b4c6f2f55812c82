"""One connection of a store: the frames in which it is looked for, and those out of which it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..tables import to_frame

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from ..inspection import Inspection


class Sought:
    """The frames in which a connection is looked for: connections by column, and of messages what is asked of them."""

    def __init__(self, connections: pd.DataFrame, messages: Callable[[], pa.Table]) -> None:
        self.connections = connections
        self.read_messages = messages

    @property
    def messages(self) -> pd.DataFrame:
        """The messages, as far as they are asked for."""
        return to_frame(self.read_messages())


class Told:
    """The frames out of which one connection is told: its own rows, and of all connections some columns."""

    def __init__(self, one: Inspection, connections: pd.DataFrame) -> None:
        self.one = one
        self.connections = connections

    def __getattr__(self, name: str) -> Any:
        return getattr(self.one, name)
