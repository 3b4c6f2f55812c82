"""TLS in RDP over UDP: packets in, the hellos of the TLS inside out."""

from __future__ import annotations

import struct

import pytest
import tls_vectors as tls
from hypothesis import given, settings
from hypothesis import strategies as st
from tcp_segments import CLIENT, SERVER, Wire, ip_packet, udp

from tlsinspect.errors import KINDS
from tlsinspect.wire.flow import Flow
from tlsinspect.wire.flow_table import FlowTable
from tlsinspect.wire.rdpudp import open_rdpudp

HELLO = tls.handshake(tls.message(1, tls.client_hello(tls.server_name(b"desktop"))), version=0x0301)
FLIGHT = tls.handshake(
    tls.message(2, tls.server_hello()),
    tls.message(11, tls.certificate(b"leaf" * 50)),
    tls.message(12, tls.ecdhe_exchange()),
    tls.message(14),
)
KEYS = tls.handshake(tls.message(16, b"key")) + tls.CHANGE_CIPHER_SPEC + tls.ENCRYPTED_FINISHED
FINISHED = tls.CHANGE_CIPHER_SPEC + tls.ENCRYPTED_FINISHED
CHUNK = 60
Turn = tuple[int, bytes]


def first(side: int, version: int | None = 0x0101, correlated: bool = False) -> Turn:
    """The SYN of the client, or the server's answer to it, padded to 1232 octets."""
    flags = 1 | (4 if side else 0) | (0x1000 if version is not None else 0) | (0x0800 if correlated else 0)
    acknowledged = 0x11223344 if side else 0xFFFFFFFF
    packet = struct.pack(">IHHIHH", acknowledged, 64, flags, 0x11223344, 1232, 1232)
    packet += (bytes(32) if correlated else b"") + (b"" if version is None else struct.pack(">HH", 1, version))
    return side, packet.ljust(1232, b"\0")


def packet(number: int, octets: bytes, flags: int = 0, dummy: bool = False) -> bytes:
    """A packet with data; `flags` say which other parts it has."""
    parts = struct.pack("<H", 0xC004 | flags)
    parts += b"\x64\x00" + bytes(4) + b"\x02" + bytes(2) if flags & 0x001 else b""
    parts += (b"\x0a" if flags & 0x040 else b"") + (b"\x01\xf4\x01" if flags & 0x100 else b"")
    parts += (b"\x64\x00" if flags & 0x010 else b"") + struct.pack("<H", (500 + number) & 0xFFFF)
    parts += b"\x64\x00" + bytes([0x80 | 3]) + bytes(4) + b"vec" if flags & 0x008 else b""
    return sent(parts + struct.pack("<H", number & 0xFFFF) + octets, 8 if dummy else 0)


def sent(whole: bytes, kind: int = 0) -> bytes:
    """The octets of a packet as they are sent: the prefix and the eighth octet change places."""
    short = min(len(whole), 7)
    padded = whole.ljust(7, b"\0")
    return padded[6:7] + padded[:6] + bytes([short << 5 | kind << 1]) + padded[7:]


def data(side: int, octets: bytes, begin: int, flags: int = 0) -> list[Turn]:
    """TLS in packets of CHUNK octets."""
    pieces = [octets[at : at + CHUNK] for at in range(0, len(octets), CHUNK)]
    return [(side, packet(begin + index, piece, flags)) for index, piece in enumerate(pieces)]


def session(flags: int = 0) -> list[Turn]:
    """A whole handshake."""
    server = 1 + len(data(1, FLIGHT, 0))
    client = 1 + len(data(0, HELLO, 0))
    return [
        first(0, correlated=True),
        first(1),
        *data(0, HELLO, 1, flags),
        *data(1, FLIGHT, 1, flags),
        *data(0, KEYS, client, flags),
        *data(1, FINISHED, server, flags),
    ]


def flows_of(turns: list[Turn]) -> list[Flow]:
    """The flows of a capture with these datagrams."""
    wire = Wire(FlowTable(openers=(open_rdpudp,)))
    for side, octets in turns:
        source, target = (CLIENT, SERVER) if side == 0 else (SERVER, CLIENT)
        wire.add_datagram(ip_packet(source, target, udp(source, target, octets)))
    return wire.finish()


@pytest.mark.parametrize("flags", [0, 0x001, 0x040, 0x100, 0x010, 0x008, 0x151, 0x158])
def test_the_handshake_inside_is_read_whatever_parts_packets_have(flags: int) -> None:
    (flow,) = flows_of(session(flags))
    assert flow.history == "CsxknGIi"
    assert flow.client_hello is not None
    assert flow.client_hello.server_name == b"desktop"
    assert flow.carrier == "rdpudp"
    assert not flow.problems


def test_numbers_wrap() -> None:
    records = tls.application(90)
    turns = [*session(), *((0, packet(number, records)) for number in range(len(data(0, HELLO + KEYS, 0)) + 2, 70_000))]
    (flow,) = flows_of(turns)
    assert flow.streams[0].reader.application_records == 70_000 - len(data(0, HELLO + KEYS, 0)) - 2


def test_packets_out_of_order_and_sent_twice_are_read_once_and_in_order() -> None:
    turns = session()
    (flow,) = flows_of([*turns[:2], turns[3], turns[2], *turns[4:], *turns[2:]])
    assert flow.history == "CsxknGIi"
    assert flow.streams[0].out_of_order == 1


def test_a_lost_packet_loses_its_message_and_not_the_connection() -> None:
    turns = session()
    flight = [turn for turn in turns if turn[0] == 1][1:]
    turns.remove(flight[2])
    (flow,) = flows_of(turns)
    assert flow.server_hello is not None
    assert flow.streams[1].gap


def test_dummies_acknowledgments_and_short_packets_are_passed_over() -> None:
    others = [
        (0, packet(1, HELLO, dummy=True)),
        (1, sent(struct.pack("<H", 0xC001) + bytes(7))),
        (0, sent(b"\x04\xc0")),
    ]
    turns = session()
    (flow,) = flows_of([*turns[:2], *others, *turns[2:]])
    assert flow.history == "CsxknGIi"
    assert not flow.problems


@pytest.mark.parametrize("version", [None, 1, 2])
def test_older_versions_are_named_and_not_read(version: int | None) -> None:
    (flow,) = flows_of([first(0), first(1, version), *data(0, HELLO, 1)])
    assert flow.carrier == "rdpudp"
    assert not flow.is_tls()


def test_parts_that_leave_the_packet_are_a_problem() -> None:
    (flow,) = flows_of([first(0), first(1), (0, sent(struct.pack("<H", 0xC00D) + b"\x64\x00" + bytes(4) + b"\x0f"))])
    assert [(error.layer, error.kind) for error, _ in flow.problems] == [("rdpudp", "truncated")]


@pytest.mark.parametrize(
    ("beginning", "history"), [([first(1), first(0)], "cSXKNgiI"), ([first(0), first(1), first(0)], "CsxknGIi")]
)
def test_the_first_packets_may_be_out_of_order_or_sent_twice(beginning: list[Turn], history: str) -> None:
    assert [flow.history for flow in flows_of([*beginning, *session()[2:]])] == [history]


def test_a_client_that_begins_again_begins_a_connection() -> None:
    assert [flow.history for flow in flows_of([*session(), first(0), *session()])] == ["CsxknGIi"] * 2


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        bytes(1232),
        first(0)[1][:1000],
        b"\xff" * 1232,
        b"\x00\x00\x00\x01" + first(0)[1][4:],
        bytes(8) + b"\x01" * 40,
    ],
)
def test_other_datagrams_are_left_alone(octets: bytes) -> None:
    assert open_rdpudp(octets, 0, len(octets)) is None


def test_packets_that_never_have_their_turn_are_bounded() -> None:
    wire = Wire(FlowTable(openers=(open_rdpudp,)))
    for side, octets in [first(0), first(1), *((0, packet(2 * number, bytes(90))) for number in range(3000))]:
        source, target = (CLIENT, SERVER) if side == 0 else (SERVER, CLIENT)
        wire.add_datagram(ip_packet(source, target, udp(source, target, octets)))
    (flow,) = wire.table.flows
    assert len(flow.datagrams.channels[0].early) <= 64


def test_a_handshake_cut_anywhere_is_read_without_failing() -> None:
    turns = session(0x159)
    for number, (side, octets) in enumerate(turns[2:], 2):
        for length in range(len(octets)):
            flows = flows_of([*turns[:number], (side, octets[:length]), *turns[number + 1 :]])
            assert all(error.kind in KINDS for flow in flows for error, _ in flow.problems)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=90)), max_size=12))
def test_any_octets_behind_the_first_packets_are_read_without_failing(turns: list[Turn]) -> None:
    flows = flows_of([first(0), first(1), *turns, *((side, sent(b"\x0d\xc1" + octets)) for side, octets in turns)])
    assert all(error.kind in KINDS for flow in flows for error, _ in flow.problems)
