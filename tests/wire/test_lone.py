"""Connections of which a single segment came: kept small, and yet the same connections."""

from __future__ import annotations

from pathlib import Path

import pytest
import tls_vectors as tls
import traffic
from tcp_segments import CLIENT, NOON_NS, SERVER, Talk, Wire, ip_packet, tcp

import tlsinspect
from tlsinspect.wire.codes import ACK, FIN, RST, SYN
from tlsinspect.wire.flow_table import FlowTable
from tlsinspect.wire.openvpn import frame_openvpn

HELLO = tls.handshake(tls.message(1, tls.client_hello(tls.server_name(b"name"))), version=0x0301)
SSLV2_HELLO = bytes.fromhex("801c 01 0002 0003 0000 0010 010080") + bytes(16)
PRELOGIN = bytes.fromhex("1201002f00000100 00001a0006 0100200001 0200210001 0300220004 0400260001 ff") + bytes(21)
OPENVPN_RESET = b"\0\x0e\x38" + bytes(range(8)) + bytes(5)
EMPTY = b""


def wire_with(flags: int, payload: bytes, missing: int = 0) -> Wire:
    wire = Wire(FlowTable(framers=(frame_openvpn,)))
    wire.add_segment(ip_packet(CLIENT, SERVER, tcp(CLIENT, SERVER, flags, 1000, 0, payload), missing=missing))
    return wire


@pytest.mark.parametrize(
    ("flags", "payload"),
    [(SYN, EMPTY), (SYN | ACK, EMPTY), (ACK, EMPTY), (ACK, b"\0"), (ACK, b"GET / HTTP/1.1\r\n\r\n"), (SYN, b"early")],
)
def test_a_segment_in_which_nothing_begins_waits_alone_and_becomes_its_flow_at_the_end(
    flags: int, payload: bytes
) -> None:
    wire = wire_with(flags, payload)
    assert (len(wire.table.lones.segments), len(wire.table.flows), wire.table.connections) == (1, 0, 1)
    flow = wire.only()
    assert (flow.first_packet, flow.time_start, flow.time_end) == (1, NOON_NS, NOON_NS)
    assert (flow.streams[0].packets, flow.streams[0].octets, flow.streams[0].head) == (1, len(payload), payload)
    assert flow.syn_side == (-1 if not flags & SYN else 1 if flags & ACK else 0)
    assert (wire.table.lones.segments, wire.table.lones.held) == ({}, 0)


@pytest.mark.parametrize(
    ("flags", "payload", "missing"),
    [
        (RST, EMPTY, 0), (FIN | ACK, EMPTY, 0), (ACK, HELLO, 0), (ACK, HELLO[:1], 0),
        (ACK, b"220 ready\r\n" + HELLO, 0),
        (ACK, SSLV2_HELLO, 0), (ACK, PRELOGIN, 0), (ACK, OPENVPN_RESET, 0), (ACK, b"word", 2), (ACK, bytes(1025), 0),
    ],
)  # fmt: skip
def test_a_segment_in_which_something_may_begin_has_its_flow_at_once(flags: int, payload: bytes, missing: int) -> None:
    wire = wire_with(flags, payload, missing)
    assert (len(wire.table.lones.segments), len(wire.table.flows)) == (0, 1)
    assert wire_with(ACK, b"word").table.lones.segments


def test_what_a_payload_was_looked_at_with_is_as_new_for_the_next_one() -> None:
    wire = Wire(FlowTable(framers=(frame_openvpn,)))
    for port, payload in enumerate((b"x" * 1000, b"word\x16", OPENVPN_RESET, b"\x16\x03", *[b"y" * 1000] * 9, HELLO)):
        source = ("192.0.2.9", port)
        wire.add_segment(ip_packet(source, SERVER, tcp(source, SERVER, ACK, 1, 0, payload)))
    assert len(wire.table.lones.segments) == 10
    assert [flow.client_hello is not None for flow in wire.finish()] == [False] * 13 + [True]


def test_a_second_segment_in_either_direction_goes_on_from_the_first() -> None:
    for second in (0, 1):
        wire = wire_with(SYN, EMPTY)
        ends = (CLIENT, SERVER) if second == 0 else (SERVER, CLIENT)
        wire.add_segment(ip_packet(*ends, tcp(*ends, SYN | (ACK if second else 0), 1000, 1001, EMPTY)))
        flow = wire.only()
        assert [stream.packets for stream in flow.streams] == [2 - second, second]
        assert (flow.time_syn, flow.syn_side, flow.first_packet, flow.time_end) == (NOON_NS, 0, 1, NOON_NS + 10**6)


def test_the_payload_of_a_lone_segment_is_compared_with_its_retransmission() -> None:
    wire = wire_with(ACK, b"word")
    wire.add_segment(ip_packet(CLIENT, SERVER, tcp(CLIENT, SERVER, ACK, 1000, 0, b"ward")))
    flow = wire.only()
    assert (flow.streams[0].retransmitted, flow.streams[0].overlap_conflict, flow.streams[0].head) == (1, True, b"word")


def test_idle_lone_segments_are_over_with_the_idle_connections() -> None:
    wire = wire_with(SYN, EMPTY)
    wire.time_ns += 2 * 3600 * 10**9
    Talk(wire, ("192.0.2.7", 1)).open().wait(5 * 10**9).say(b"x")
    assert [flow.streams[0].packets for flow in wire.table.finished] == [1]
    assert wire.table.lones.segments == {}


def test_connections_of_a_single_segment_are_counted_by_port_as_all_others_and_have_rows_where_all_others_have(
    tmp_path: Path,
) -> None:
    syn, data = traffic.SYN, traffic.ACK
    sent = [
        (8080, syn, EMPTY), (8080, syn, EMPTY), (443, syn, EMPTY), (8080, data, b"\1\2\3"), (443, data, b"word"),
        (80, data, b"GET / HTTP/1.1\r\nUpgrade: TLS/1.0\r\n\r\n"), (8080, data, b"GET / HTTP/1.1\r\n\r\n"),
    ]  # fmt: skip
    frames = [
        (NOON_NS + place, traffic.segment(("192.0.2.9", 50000 + place), ("198.51.100.1", port), flags, 1, 0, payload))
        for place, (port, flags, payload) in enumerate(sent)
    ]
    inspection = tlsinspect.read(str(traffic.write_pcap(tmp_path / "lone.pcap", frames)))
    ports = inspection.ports[["server_port", "protocol", "connections", "bytes"]].to_numpy().tolist()
    assert sorted(ports) == [
        [80, "http", 1, 36], [443, "silent", 1, 0], [443, "unknown", 1, 4], [8080, "http", 1, 18],
        [8080, "silent", 2, 0], [8080, "unknown", 1, 3],
    ]  # fmt: skip
    assert inspection.captures["connections"].tolist() == [7]
    rows = inspection.connections[["server_port", "protocol", "client_packets"]].to_numpy().tolist()
    assert sorted(rows) == [[80, "http", 1], [443, "silent", 1], [443, "unknown", 1]]
