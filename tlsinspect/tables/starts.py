"""In which capture a packet of a connection is, and its number there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ..packet_numbers import place_in

PLACE_COLUMNS = ("capture", "later_captures", "later_packets")


class Start(NamedTuple):
    """The capture in which a connection starts, and those in which it goes on, with the number of the first packet."""

    capture: str
    later: tuple[tuple[str, int], ...] = ()

    def place(self, packet: int) -> tuple[str, int]:
        """The capture of a packet that has this number in the connection's row, and the packet's number there."""
        return place_in(self.capture, self.later, packet)


def start_of(row: Mapping[Any, Any]) -> Start:
    """The start of a connection, given PLACE_COLUMNS of its row."""
    captures, packets = row["later_captures"], row["later_packets"]
    if captures is None or packets is None:
        return Start(row["capture"])
    return Start(row["capture"], tuple(zip(captures, packets, strict=True)))


def starts_of(connections: pa.Table, ids: pa.ChunkedArray) -> dict[str, Start]:
    """The start of each connection that is named in a column of ids, or of lists of ids."""
    wanted = pc.unique(pc.list_flatten(ids) if pa.types.is_list(ids.type) else ids)
    named = connections.select(["connection_id", *PLACE_COLUMNS])
    named = named.filter(pc.is_in(named["connection_id"], value_set=wanted))
    return {row["connection_id"]: start_of(row) for row in named.to_pylist()}
