"""Many records -> their values by attribute: numbers as arrays, everything else as lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..connection import Connection
from ..wire.messages import ClientHello, ServerHello
from . import pack

Numbers = NDArray[np.int64]
Record = TypeVar("Record")


class Records:
    """The attributes of many records: `numbers` and `objects` by name, an entry per record."""

    def __init__(self, count: int, numbers: Sequence[str], objects: Sequence[str]) -> None:
        self.count = count
        self.table = np.empty((len(numbers), count), np.int64)
        self.run: list[Any] = [None] * (len(objects) * count)
        self.numbers: dict[str, Numbers] = dict(zip(numbers, self.table, strict=True))
        self.names = objects
        self.objects: dict[str, list[Any]] = {}

    def fill(
        self,
        records: list[Record],
        pack_numbers: Callable[[list[Record], Numbers], None],
        pack_objects: Callable[[list[Record], list[Any]], None],
    ) -> Records:
        """Read all records."""
        pack_numbers(records, self.table)
        pack_objects(records, self.run)
        for place, name in enumerate(self.names):
            self.objects[name] = self.run[place * self.count : (place + 1) * self.count]
        return self


def read_connections(records: list[Connection]) -> Records:
    """The attributes of connections that are columns, or that columns are made of."""
    made = Records(len(records), pack.NUMBERS, pack.OBJECTS)
    return made.fill(records, pack.pack_numbers, pack.pack_objects)


def read_client_hellos(records: list[ClientHello]) -> Records:
    """The attributes of ClientHellos."""
    made = Records(len(records), pack.CLIENT_NUMBERS, pack.CLIENT_OBJECTS)
    return made.fill(records, pack.pack_client_numbers, pack.pack_client_objects)


def read_server_hellos(records: list[ServerHello]) -> Records:
    """The attributes of ServerHellos."""
    made = Records(len(records), pack.SERVER_NUMBERS, pack.SERVER_OBJECTS)
    return made.fill(records, pack.pack_server_numbers, pack.pack_server_objects)
