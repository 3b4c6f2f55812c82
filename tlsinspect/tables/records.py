"""What was gathered of many records, by attribute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..connection import Connection
from ..wire.messages import ClientHello, ServerHello
from . import gathering
from .arrow import Runs, Shared, Types
from .gathering import Gathered
from .pack import Column, Keys, Octets

Numbers = NDArray[np.int64]

NO_CLIENT_HELLO = ClientHello()
NO_CLIENT_HELLO.raw_length = -1
NO_SERVER_HELLO = ServerHello()
NO_SERVER_HELLO.legacy_version = -1


class Records:
    """The attributes of many records by name, an entry per record.

    `numbers` are arrays, `runs` octets and texts, `shared` what many have in common. `types`, TYPES or
    ENCODED_TYPES, are those of the columns to be made.
    """

    def __init__(
        self, count: int, numbers: Sequence[str], table: Numbers, columns: Mapping[str, Column], types: Types
    ) -> None:
        self.count = count
        self.types = types
        self.numbers: dict[str, Numbers] = dict(zip(numbers, np.asarray(table)[:, :count], strict=True))
        self.runs = {name: Runs.of(column) for name, column in columns.items() if isinstance(column, Octets)}
        self.shared = {name: Shared.of(column) for name, column in columns.items() if isinstance(column, Keys)}


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


def connections_of(gathered: Gathered, types: Types) -> Records:
    """The attributes of connections that are columns, or that columns are made of."""
    columns = by_name(gathering.OBJECTS, gathered.columns)
    return Records(gathered.count, gathering.NUMBERS, gathered.numbers, columns, types)


def durations_of(gathered: Gathered) -> dict[str, NDArray[np.float64]]:
    """The durations of connections by name, in milliseconds; NaN where there is none."""
    return dict(zip(gathering.DURATIONS, np.asarray(gathered.durations)[:, : gathered.count], strict=True))


def client_hellos_of(gathered: Gathered, types: Types) -> Records:
    """The attributes of ClientHellos; where there is none, `raw_length` is negative."""
    columns = by_name(gathering.CLIENT_OBJECTS, gathered.client_columns)
    return Records(gathered.count, gathering.CLIENT_NUMBERS, gathered.client_numbers, columns, types)


def server_hellos_of(gathered: Gathered, types: Types) -> Records:
    """The attributes of ServerHellos; where there is none, `legacy_version` is negative."""
    columns = by_name(gathering.SERVER_OBJECTS, gathered.server_columns)
    return Records(gathered.count, gathering.SERVER_NUMBERS, gathered.server_numbers, columns, types)


def by_name(names: Iterable[str], columns: Sequence[Column]) -> dict[str, Column]:
    """Columns by the names that they are in the order of."""
    return dict(zip(names, columns, strict=True))
