"""What was gathered of many records, by attribute: numbers as arrays, everything else as lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..connection import Connection
from ..wire.messages import ClientHello, ServerHello
from . import pack
from .pack import Gathered

Numbers = NDArray[np.int64]

NO_CLIENT_HELLO = ClientHello()
NO_CLIENT_HELLO.raw_length = -1
NO_SERVER_HELLO = ServerHello()
NO_SERVER_HELLO.legacy_version = -1


class Records:
    """The attributes of many records: `numbers` and `objects` by name, an entry per record."""

    def __init__(
        self, count: int, numbers: Sequence[str], table: Numbers, names: Sequence[str], objects: Sequence[list[Any]]
    ) -> None:
        self.count = count
        self.numbers: dict[str, Numbers] = dict(zip(numbers, np.asarray(table)[:, :count], strict=True))
        self.objects: dict[str, list[Any]] = dict(zip(names, objects, strict=True))


def empty_gathering(capacity: int) -> Gathered:
    """Room for so many connections."""
    return Gathered(capacity, NO_CLIENT_HELLO, NO_SERVER_HELLO)


def gather(connections: Iterable[Connection]) -> Gathered:
    """Take connections apart that are all there."""
    batch = list(connections)
    gathered = empty_gathering(len(batch))
    for connection in batch:
        gathered.add(connection)
    return gathered


def connections_of(gathered: Gathered) -> Records:
    """The attributes of connections that are columns, or that columns are made of."""
    return Records(gathered.count, pack.NUMBERS, gathered.numbers, pack.OBJECTS, gathered.objects)


def client_hellos_of(gathered: Gathered) -> Records:
    """The attributes of ClientHellos; where there is none, `raw_length` is negative."""
    return Records(
        gathered.count, pack.CLIENT_NUMBERS, gathered.client_numbers, pack.CLIENT_OBJECTS, gathered.client_objects
    )


def server_hellos_of(gathered: Gathered) -> Records:
    """The attributes of ServerHellos; where there is none, `legacy_version` is negative."""
    return Records(
        gathered.count, pack.SERVER_NUMBERS, gathered.server_numbers, pack.SERVER_OBJECTS, gathered.server_objects
    )
