"""The loops over every row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from tlsinspect.connection import Connection
from tlsinspect.tables import pack
from tlsinspect.wire.messages import ClientHello, ServerHello

RECORDS = (
    (Connection, pack.NUMBERS, pack.pack_numbers, pack.OBJECTS, pack.pack_objects),
    (ClientHello, pack.CLIENT_NUMBERS, pack.pack_client_numbers, pack.CLIENT_OBJECTS, pack.pack_client_objects),
    (ServerHello, pack.SERVER_NUMBERS, pack.pack_server_numbers, pack.SERVER_OBJECTS, pack.pack_server_objects),
)
Names = Sequence[str]


@pytest.mark.parametrize(("record", "numbers", "pack_numbers", "_", "__"), RECORDS)
def test_numbers_fill_a_row_for_each_name_in_its_order(
    record: type, numbers: Names, pack_numbers: Callable[..., None], _: Names, __: Callable[..., None]
) -> None:
    records = [record(), record()]
    for place, name in enumerate(numbers):
        is_flag = isinstance(getattr(records[0], name), bool)
        setattr(records[0], name, place % 2 if is_flag else 1000 + place)
    table = np.full((len(numbers), 2), 77, np.int64)
    pack_numbers(records, table)
    for place, name in enumerate(numbers):
        assert table[place, 0] == getattr(records[0], name), name
        untouched = getattr(records[1], name)
        assert table[place, 1] == (pack.MISSING if untouched is None else untouched), name


@pytest.mark.parametrize(("record", "_", "__", "objects", "pack_objects"), RECORDS)
def test_objects_are_a_run_for_each_name_in_its_order(
    record: type, _: Names, __: Callable[..., None], objects: Names, pack_objects: Callable[..., None]
) -> None:
    records = [record(), record()]
    makers: dict[type, Callable[[int], Any]] = {bytes: lambda place: b"%d" % place, str: str}
    for place, name in enumerate(objects):
        for kind in (bytes, str, tuple, list, float):
            try:
                setattr(records[0], name, makers.get(kind, lambda place, kind=kind: kind([place]))(place))
            except (TypeError, ValueError):  # another type, where attributes have one
                continue
            break
    run: list[Any] = [None] * (len(objects) * 2)
    pack_objects(records, run)
    assert run == [getattr(each, name) for name in objects for each in records]
    assert len({repr(run[2 * place]) for place in range(len(objects))}) == len(objects)


def test_numbers_take_truth_values_of_three_kinds() -> None:
    connections = [Connection(), Connection(), Connection()]
    connections[0].established, connections[1].established = True, False
    table = np.empty((len(pack.NUMBERS), 3), np.int64)
    pack.pack_numbers(connections, table)
    assert table[pack.NUMBERS.index("established")].tolist() == [1, 0, pack.MISSING]


def test_octets_are_joined_where_they_are_there() -> None:
    lengths, missing = np.zeros(4, np.int32), np.zeros(4, np.uint8)
    assert pack.pack_octets([b"ab", None, b"", b"c"], lengths, missing) == b"abc"
    assert lengths.tolist() == [2, 0, 0, 1]
    assert missing.tolist() == [0, 1, 0, 0]


def test_keys_are_numbered_in_order_of_appearance() -> None:
    positions = np.empty(5, np.int32)
    assert pack.pack_keys(["b", None, "a", "b", None], positions) == ["b", None, "a"]
    assert positions.tolist() == [0, 1, 2, 0, 1]
