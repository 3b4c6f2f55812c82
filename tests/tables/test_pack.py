"""The loops over every row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from tlsinspect.connection import Connection
from tlsinspect.tables import gathering, pack
from tlsinspect.tables.arrow import TYPES, Runs, Shared
from tlsinspect.tables.records import (
    client_hellos_of,
    connections_of,
    durations_of,
    empty_gathering,
    gather,
    server_hellos_of,
)
from tlsinspect.wire.messages import ClientHello, ServerHello
from tlsinspect.wire.quic_facts import QuicFacts

RECORDS = (
    (Connection, gathering.NUMBERS, gathering.pack_numbers, gathering.OBJECTS, gathering.pack_objects),
    (
        ClientHello,
        gathering.CLIENT_NUMBERS,
        gathering.pack_client_numbers,
        gathering.CLIENT_OBJECTS,
        gathering.pack_client_objects,
    ),
    (
        ServerHello,
        gathering.SERVER_NUMBERS,
        gathering.pack_server_numbers,
        gathering.SERVER_OBJECTS,
        gathering.pack_server_objects,
    ),
)
Names = Sequence[str]
OF_EACH_KIND = ("connection_id", "dh_prime", "failure")


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
        assert table[place, 1] == (gathering.MISSING if untouched is None else untouched), name
        assert table[place, 2] == 77


def hashable(name: str, value: Any) -> Any:
    return tuple(value) if name in ("tunnels", "vlans") and value is not None else value


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
    assert lists == [[hashable(name, getattr(each, name)) for each in records] for name in objects]
    assert len({repr(values[0]) for values in lists}) == len(objects)


def test_numbers_take_truth_values_of_three_kinds() -> None:
    connections = [Connection(), Connection(), Connection()]
    connections[0].established, connections[1].established = True, False
    table = np.empty((len(gathering.NUMBERS), 3), np.int64)
    for place, connection in enumerate(connections):
        gathering.pack_numbers(connection, table, place)
    assert table[gathering.NUMBERS.index("established")].tolist() == [1, 0, gathering.MISSING]


def test_what_is_gathered_has_an_entry_per_connection_in_every_part() -> None:
    answered, refused, silent = Connection(), Connection(), Connection()
    answered.client_hello, answered.server_hello, answered.quic = ClientHello(), ServerHello(), QuicFacts()
    answered.client_hello.random, answered.server_hello.cipher_suite = b"r" * 32, 0x1301
    answered.client_hello.complete = answered.server_hello.complete = True
    answered.established, answered.group = True, 29
    refused.client_hello, refused.failure = ClientHello(), "reset"
    refused.client_hello.complete, refused.gap, refused.server_state = False, True, "not_captured"
    silent.client_state = silent.server_state = silent.certificate_state = "not_applicable"
    silent.tcp_rtt_ms = 1.5
    gathered = gather([answered, refused, silent])
    gathered.settle()
    assert gathered.count == 3
    rows, clients, servers = (of(gathered, TYPES) for of in (connections_of, client_hellos_of, server_hellos_of))
    assert rows.numbers["group"].tolist() == [29, gathering.MISSING, gathering.MISSING]
    assert [rows.shared["failure"].keys[at] for at in rows.shared["failure"].positions] == [None, "reset", None]
    assert clients.runs["random"].rows() == [b"r" * 32, b"", b""]
    assert (clients.numbers["raw_length"] < 0).tolist() == [False, False, True]
    assert (servers.numbers["legacy_version"] < 0).tolist() == [False, True, True]
    assert servers.numbers["cipher_suite"][0] == 0x1301
    assert [name for name, values in durations_of(gathered).items() if values[2] == 1.5] == ["tcp_rtt_ms"]
    assert all(np.isnan(values[:2]).all() for values in durations_of(gathered).values())
    assert gathered.sessions == [(0x1301, False, 29, False, False), None, None]
    assert gathered.circumstances == [
        ("", "", "", "", "not_captured", "", False, True),
        ("gap", "not_captured", "", "", "not_captured", "gap", False, None),
        ("not_applicable", "not_applicable", "not_applicable", "", "", "", False, None),
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
    lengths, missing = np.zeros(5, np.int32), np.zeros(5, np.uint8)
    assert pack.pack_octets([b"ab", None, b"", b"c"], lengths, missing, 1) == b"abc"
    assert lengths.tolist() == [0, 2, 0, 0, 1]
    assert missing.tolist() == [0, 0, 1, 0, 0]


def test_texts_are_joined_as_utf8() -> None:
    lengths, missing = np.zeros(4, np.int32), np.zeros(4, np.uint8)
    assert pack.pack_texts(["ab", None, "\u00fc"], lengths, missing, 1) == b"ab\xc3\xbc"
    assert lengths.tolist() == [0, 2, 0, 2]
    assert missing.tolist() == [0, 0, 1, 0]


def test_keys_are_numbered_in_order_of_appearance() -> None:
    positions, index = np.full(6, 9, np.int32), {"a": 0}
    pack.pack_keys(["b", None, "a", "b", None], index, positions, 1)
    assert list(index) == ["a", "b", None]
    assert positions.tolist() == [9, 1, 2, 0, 1, 2]


def test_keys_that_stand_in_a_row_are_the_same_key() -> None:
    positions, index = np.empty(6, np.int32), {}
    same = (1, 2)
    pack.pack_keys([same, same, None, None, tuple(same), same], index, positions)
    assert list(index) == [same, None]
    assert positions.tolist() == [0, 0, 1, 1, 0, 0]


def test_what_waits_is_taken_in_steps_and_let_go_of() -> None:
    connections = [Connection() for _ in range(2 * gathering.STEP + 3)]
    for number, connection in enumerate(connections):
        connection.connection_id, connection.failure = f"{number:016x}", ("reset", None, "closed")[number % 3]
        connection.dh_prime = None if number % 2 else b"%d" % number
    gathered = gather(connections)
    ids, primes, failures = (gathered.columns[list(gathering.OBJECTS).index(name)] for name in OF_EACH_KIND)
    assert [len(column.waiting) for column in (ids, primes, failures)] == [3, 3, 3]
    gathered.settle()
    assert [column.waiting for column in gathered.columns] == [[]] * len(gathering.OBJECTS)
    assert Runs.of(ids).rows() == [connection.connection_id.encode() for connection in connections]
    assert Runs.of(primes).rows() == [connection.dh_prime for connection in connections]
    shared = Shared.of(failures)
    assert shared.keys == ["reset", None, "closed"]
    assert [shared.keys[at] for at in shared.positions] == [connection.failure for connection in connections]


def test_chosen_octets_are_joined_for_each_position() -> None:
    lengths, missing = np.zeros(5, np.int32), np.zeros(5, np.uint8)
    positions = np.array([2, 0, 1, 2, 2], np.int32)
    assert pack.pack_chosen([b"ab", None, b"c"], positions, lengths, missing) == b"cabcc"
    assert lengths.tolist() == [1, 2, 0, 1, 1]
    assert missing.tolist() == [0, 0, 1, 0, 0]
