"""The loops over every row."""

from __future__ import annotations

import numpy as np

from tlsinspect.connection import Connection
from tlsinspect.tables.pack import MISSING, NUMBERS, pack_keys, pack_numbers, pack_octets


def test_pack_numbers_fills_a_row_for_each_name_in_its_order() -> None:
    connections = [Connection(), Connection()]
    for place, name in enumerate(NUMBERS):
        is_flag = isinstance(getattr(connections[0], name), bool)
        setattr(connections[0], name, place % 2 if is_flag else 1000 + place)
        if getattr(connections[1], name) is not None:
            setattr(connections[1], name, 0)
    table = np.full((len(NUMBERS), 2), 77, np.int64)
    pack_numbers(connections, table)
    for place, name in enumerate(NUMBERS):
        assert table[place, 0] == getattr(connections[0], name), name
        missing = getattr(connections[1], name) is None
        assert table[place, 1] == (MISSING if missing else 0), name


def test_pack_numbers_takes_truth_values_of_three_kinds() -> None:
    connections = [Connection(), Connection(), Connection()]
    connections[0].established, connections[1].established = True, False
    table = np.empty((len(NUMBERS), 3), np.int64)
    pack_numbers(connections, table)
    assert table[NUMBERS.index("established")].tolist() == [1, 0, MISSING]


def test_pack_octets_joins_what_is_there() -> None:
    lengths, missing = np.zeros(4, np.int32), np.zeros(4, np.uint8)
    assert pack_octets([b"ab", None, b"", b"c"], lengths, missing) == b"abc"
    assert lengths.tolist() == [2, 0, 0, 1]
    assert missing.tolist() == [0, 1, 0, 0]


def test_pack_keys_numbers_distinct_values_in_order_of_appearance() -> None:
    positions = np.empty(5, np.int32)
    assert pack_keys(["b", None, "a", "b", None], positions) == ["b", None, "a"]
    assert positions.tolist() == [0, 1, 2, 0, 1]
