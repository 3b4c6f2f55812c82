"""The loops over every row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from tlsinspect.connection import Connection
from tlsinspect.tables import pack
from tlsinspect.tables.records import client_hellos_of, connections_of, empty_gathering, gather, server_hellos_of
from tlsinspect.wire.messages import ClientHello, ServerHello
from tlsinspect.wire.quic_facts import QuicFacts

RECORDS = (
    (Connection, pack.NUMBERS, pack.pack_numbers, pack.OBJECTS, pack.pack_objects),
    (ClientHello, pack.CLIENT_NUMBERS, pack.pack_client_numbers, pack.CLIENT_OBJECTS, pack.pack_client_objects),
    (ServerHello, pack.SERVER_NUMBERS, pack.pack_server_numbers, pack.SERVER_OBJECTS, pack.pack_server_objects),
)
Names = Sequence[str]


@pytest.mark.parametrize(("record", "numbers", "pack_numbers", "_", "__"), RECORDS)
def test_numbers_fill_a_column_with_a_row_for_each_name_in_its_order(
    record: type, numbers: Names, pack_numbers: Callable[..., None], _: Names, __: Callable[..., None]
) -> None:
    records = [record(), record()]
    for place, name in enumerate(numbers):
        is_flag = isinstance(getattr(records[0], name), bool)
        setattr(records[0], name, place % 2 if is_flag else 1000 + place)
    table = np.full((len(numbers), 3), 77, np.int64)
    for place, each in enumerate(records):
        pack_numbers(each, table, place)
    for place, name in enumerate(numbers):
        assert table[place, 0] == getattr(records[0], name), name
        untouched = getattr(records[1], name)
        assert table[place, 1] == (pack.MISSING if untouched is None else untouched), name
        assert table[place, 2] == 77


@pytest.mark.parametrize(("record", "_", "__", "objects", "pack_objects"), RECORDS)
def test_objects_are_a_list_for_each_name_in_its_order(
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
    lists: list[list[Any]] = [[] for _ in objects]
    for each in records:
        pack_objects(each, lists)
    assert lists == [[getattr(each, name) for each in records] for name in objects]
    assert len({repr(values[0]) for values in lists}) == len(objects)


def test_numbers_take_truth_values_of_three_kinds() -> None:
    connections = [Connection(), Connection(), Connection()]
    connections[0].established, connections[1].established = True, False
    table = np.empty((len(pack.NUMBERS), 3), np.int64)
    for place, connection in enumerate(connections):
        pack.pack_numbers(connection, table, place)
    assert table[pack.NUMBERS.index("established")].tolist() == [1, 0, pack.MISSING]


def test_what_is_gathered_has_an_entry_per_connection_in_every_part() -> None:
    answered, refused, silent = Connection(), Connection(), Connection()
    answered.client_hello, answered.server_hello, answered.quic = ClientHello(), ServerHello(), QuicFacts()
    answered.client_hello.random, answered.server_hello.cipher_suite = b"r" * 32, 0x1301
    answered.client_hello.complete = answered.server_hello.complete = True
    answered.established, answered.group = True, 29
    refused.client_hello, refused.failure = ClientHello(), "reset"
    refused.client_hello.complete, refused.gap, refused.server_state = False, True, "not_captured"
    silent.client_state = silent.server_state = silent.certificate_state = "not_applicable"
    gathered = gather([answered, refused, silent])
    assert gathered.count == 3
    rows, clients, servers = (of(gathered) for of in (connections_of, client_hellos_of, server_hellos_of))
    assert rows.numbers["group"].tolist() == [29, pack.MISSING, pack.MISSING]
    assert rows.objects["failure"] == [None, "reset", None]
    assert clients.objects["random"] == [b"r" * 32, b"", b""]
    assert (clients.numbers["raw_length"] < 0).tolist() == [False, False, True]
    assert (servers.numbers["legacy_version"] < 0).tolist() == [False, True, True]
    assert servers.numbers["cipher_suite"][0] == 0x1301
    assert gathered.sessions == [(0x1301, False, 29, False), None, None]
    assert gathered.circumstances == [
        ("", "", "", False, True),
        ("gap", "not_captured", "", False, None),
        ("not_applicable", "not_applicable", "not_applicable", False, None),
    ]
    assert gathered.failed == [(1, refused)]
    assert gathered.quic == [(0, answered)]


def test_no_more_is_gathered_than_there_is_room_for() -> None:
    gathered = empty_gathering(1)
    gathered.add(Connection())
    with pytest.raises(IndexError):
        gathered.add(Connection())


def test_what_many_connections_share_is_kept_once() -> None:
    gathered = gather([Connection() for _ in range(3)])
    assert len({id(each) for each in gathered.circumstances}) == 1


def test_octets_are_joined_where_they_are_there() -> None:
    lengths, missing = np.zeros(4, np.int32), np.zeros(4, np.uint8)
    assert pack.pack_octets([b"ab", None, b"", b"c"], lengths, missing) == b"abc"
    assert lengths.tolist() == [2, 0, 0, 1]
    assert missing.tolist() == [0, 1, 0, 0]


def test_keys_are_numbered_in_order_of_appearance() -> None:
    positions = np.empty(5, np.int32)
    assert pack.pack_keys(["b", None, "a", "b", None], positions) == ["b", None, "a"]
    assert positions.tolist() == [0, 1, 2, 0, 1]


def test_keys_that_stand_in_a_row_are_the_same_key() -> None:
    positions = np.empty(6, np.int32)
    same = (1, 2)
    assert pack.pack_keys([same, same, None, None, tuple(same), same], positions) == [same, None]
    assert positions.tolist() == [0, 0, 1, 1, 0, 0]


def test_chosen_octets_are_joined_for_each_position() -> None:
    lengths, missing = np.zeros(5, np.int32), np.zeros(5, np.uint8)
    positions = np.array([2, 0, 1, 2, 2], np.int32)
    assert pack.pack_chosen([b"ab", None, b"c"], positions, lengths, missing) == b"cabcc"
    assert lengths.tolist() == [1, 2, 0, 1, 1]
    assert missing.tolist() == [0, 0, 1, 0, 0]
