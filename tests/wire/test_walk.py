"""The walk through a capture: every packet is counted, and goes to its connection, a counter or a problem."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from struct import pack

import pytest
import tls_vectors as tls
from traffic import CLIENT, NOON_NS, SERVER, STEP_NS, converse, segment, tls12_turns

from tlsinspect.errors import DecodeError
from tlsinspect.wire.capfile import open_reader
from tlsinspect.wire.flow_table import FlowTable
from tlsinspect.wire.ip import FragmentTable
from tlsinspect.wire.walk import Walk

ETHERNET = 1
USER1 = 148  # a link type that nobody knows
PROBLEM_KIND_LIMIT = 256
AWAY = bytes.fromhex("20010db8 ffff 0000 0000 0000 0000 0063")
FRAMES = [packet.frame for packet in converse(*tls12_turns())]
OCTETS = sum(len(frame) for frame in FRAMES)


class Dissector:
    """Takes off as many octets as it is told; writes down what it was shown."""

    def __init__(self, header: int | None = None) -> None:
        self.header = header
        self.shown: list[tuple[int, bytes]] = []

    def find_ip(self, link_type: int, frame: bytes) -> bytes | None:
        self.shown.append((link_type, frame))
        return None if self.header is None else frame[self.header :]


def capture(frames: Iterable[bytes], link_type: int = ETHERNET, snaplen: int = 65535) -> bytes:
    """A pcap file; 1 ms pass between packets."""
    parts = [bytes.fromhex("4d3cb2a1 0200 0400 00000000 00000000 ffff0000"), link_type.to_bytes(4, "little")]
    for number, frame in enumerate(frames):
        time_ns = NOON_NS + number * STEP_NS
        kept = frame[:snaplen]
        numbers = (time_ns // 10**9, time_ns % 10**9, len(kept), len(frame))
        parts.append(b"".join(value.to_bytes(4, "little") for value in numbers) + kept)
    return b"".join(parts)


def walk_over(data: bytes, dissector: Dissector | None = None, table: FlowTable | None = None) -> Walk:
    return Walk(open_reader(iter([data])), table or FlowTable(), FragmentTable(), dissector or Dissector())


def walked(data: bytes, dissector: Dissector | None = None, table: FlowTable | None = None) -> Walk:
    """Walk to the end of a capture."""
    walk = walk_over(data, dissector, table)
    while walk.advance(7):
        pass
    return walk


def test_a_capture_is_walked_to_its_connections() -> None:
    walk = walked(capture(FRAMES))
    (flow,) = walk.table.flows
    assert flow.history == "CsxknGIi"
    assert (walk.packets, walk.octets, walk.truncated) == (len(FRAMES), OCTETS, 0)
    assert (walk.time_first, walk.time_last) == (NOON_NS, NOON_NS + (len(FRAMES) - 1) * STEP_NS)
    assert (walk.problems, walk.undecoded) == ({}, {})


def behind_home_address(frame: bytes) -> bytes:
    """An IPv6 frame of a mobile node that is away from home (RFC 6275 section 6.3)."""
    options = b"\x06\x02\x01\x02\0\0\xc9\x10" + frame[22:38]
    length = int.from_bytes(frame[18:20], "big") + len(options)
    return frame[:18] + length.to_bytes(2, "big") + b"\x3c\x40" + AWAY + frame[38:54] + options + frame[54:]


def behind_route(frame: bytes) -> bytes:
    """An IPv6 frame with a segment routing header, on its way to the first segment (RFC 8754 section 2)."""
    route = b"\x06\x04\x04\x01\x01\0\0\0" + frame[38:54] + AWAY
    length = int.from_bytes(frame[18:20], "big") + len(route)
    return frame[:18] + length.to_bytes(2, "big") + b"\x2b\x40" + frame[22:38] + AWAY + route + frame[54:]


def behind_source_route(frame: bytes) -> bytes:
    """An IPv4 frame on its way to the first router of a source route (RFC 791 section 3.1)."""
    length = int.from_bytes(frame[16:18], "big") + 8
    option = b"\x83\x07\x04" + frame[30:34] + b"\0"
    return frame[:14] + b"\x47\0" + length.to_bytes(2, "big") + frame[18:30] + AWAY[:4] + option + frame[34:]


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize(
    ("network", "change"),
    [("2001:db8::{}", behind_home_address), ("2001:db8::{}", behind_route), ("192.0.2.{}", behind_source_route)],
)
def test_a_route_of_some_packets_does_not_split_a_connection(
    network: str, change: Callable[[bytes], bytes], shards: int
) -> None:
    client, server = (network.format(1), 50000), (network.format(2), 443)
    frames = [packet.frame for packet in converse(*tls12_turns(), client=client, server=server)]
    changed = [change(frame) if number % 2 else frame for number, frame in enumerate(frames)]
    tables = [FlowTable(shard=shard, shards=shards) for shard in range(shards)]
    for table in tables:
        walked(capture(changed), table=table)
    (flow,) = [flow for table in tables for flow in table.flows]
    plain = walked(capture(frames))
    (expected,) = plain.table.flows
    assert flow.history == expected.history == "CsxknGIi"
    assert [stream.key for stream in flow.streams] == [stream.key for stream in expected.streams]


def test_advancing_takes_as_many_packets_as_it_is_told() -> None:
    walk = walk_over(capture(FRAMES[:5]))
    assert walk.advance(2)
    assert walk.packets == 2
    assert walk.advance(3)
    assert walk.packets == 5
    assert not walk.advance(1)
    assert not walk.advance(1)
    assert walk.packets == 5


def test_times_before_1970_are_those_of_the_earliest_and_the_latest_packet() -> None:
    def block(kind: int, body: bytes) -> bytes:
        length = pack("<I", len(body) + 12)
        return pack("<I", kind) + length + body + length

    section = block(0x0A0D0D0A, pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, pack("<HHI", 1, 0, 0) + pack("<HHqHH", 14, 8, -1000, 0, 0))  # if_tsoffset, in seconds
    packets = [block(6, pack("<IIIII", 0, 0, microseconds, 0, 0)) for microseconds in (7, 3, 5)]
    walk = walked(section + interface + b"".join(packets))
    assert (walk.time_first, walk.time_last) == (-1000 * 10**9 + 3000, -1000 * 10**9 + 7000)


def test_a_capture_without_packets_has_no_times() -> None:
    walk = walked(capture([]))
    assert (walk.packets, walk.time_first, walk.time_last) == (0, -1, -1)


def test_packets_cut_by_the_snap_length_are_counted_with_their_length_on_the_wire() -> None:
    walk = walked(capture(FRAMES, snaplen=100))
    assert walk.truncated == sum(len(frame) > 100 for frame in FRAMES)
    assert walk.octets == OCTETS
    (flow,) = walk.table.flows
    assert flow.client_hello is not None
    assert not flow.client_hello.complete
    assert flow.streams[0].truncated


def test_times_are_of_the_earliest_and_the_latest_packet_whatever_their_order() -> None:
    data = capture(FRAMES[:3])
    first, second, third = data[24 : 24 + 70], data[94 : 94 + 70], data[164:]
    walk = walked(data[:24] + third + first + second)
    assert (walk.time_first, walk.time_last) == (NOON_NS, NOON_NS + 2 * STEP_NS)


def test_a_malformed_packet_is_a_problem_and_the_walk_goes_on() -> None:
    broken = segment(CLIENT, SERVER, 2, 1000, 0, b"")
    broken = broken[:46] + b"\x10" + broken[47:]
    walk = walked(capture([*FRAMES, broken, broken]))
    (problem,) = walk.problems.values()
    assert (problem.error.layer, problem.error.kind) == ("tcp", "bad_length")
    assert (problem.packet, problem.count) == (len(FRAMES) + 1, 2)
    assert walk.packets == len(FRAMES) + 2
    assert len(walk.table.flows) == 1


def test_kinds_of_malformed_packets_are_told_apart_up_to_a_limit() -> None:
    walk = walk_over(capture([]))
    for number in range(300):
        walk.note(DecodeError("tcp", "bad_length", 0, f"kind {number}"), number + 1)
    assert len(walk.problems) == PROBLEM_KIND_LIMIT + 1
    last = list(walk.problems.values())[-1]
    assert (last.error.kind, last.packet, last.count) == ("limit", 257, 44)


def test_packets_that_are_not_ip_or_neither_tcp_nor_udp_are_only_counted() -> None:
    arp = bytes(12) + b"\x08\x06" + bytes(28)
    icmp = segment(CLIENT, SERVER, 2, 1000, 0, b"")
    icmp = icmp[:23] + b"\x01" + icmp[24:]
    walk = walked(capture([arp, icmp]))
    assert (walk.packets, walk.problems, walk.undecoded, walk.table.connections) == (2, {}, {}, 0)


def test_damage_is_raised_after_the_packets_before_it() -> None:
    walk = walk_over(capture(FRAMES)[:-10])
    with pytest.raises(DecodeError) as caught:
        walk.advance(1000)
    assert caught.value.layer == "pcap"
    assert walk.packets == len(FRAMES) - 1
    (flow,) = walk.table.flows
    assert flow.history == "CsxknGIi"


def test_a_frame_of_an_unknown_link_type_is_shown_to_the_dissector() -> None:
    dissector = Dissector()
    walk = walked(capture([b"what", b"is this"], USER1), dissector)
    assert dissector.shown == [(USER1, b"what"), (USER1, b"is this")]
    assert walk.undecoded == {USER1: 2}
    assert walk.problems == {}


def test_an_ip_packet_that_the_dissector_finds_joins_its_connection() -> None:
    frames = [b"strange" + frame[14:] for frame in FRAMES]
    walk = walked(capture(frames, USER1), Dissector(7))
    (flow,) = walk.table.flows
    assert flow.history == "CsxknGIi"
    assert walk.undecoded == {}
    assert walk.octets == sum(len(frame) for frame in frames)


def test_what_the_dissector_takes_for_ip_may_still_be_malformed() -> None:
    walk = walked(capture([b"strange\x45\x00", b"strange\x99", b"strange"], USER1), Dissector(7))
    assert sum(problem.count for problem in walk.problems.values()) >= 1
    assert walk.packets == 3
    assert walk.table.connections == 0


def test_a_connection_goes_on_in_the_next_file() -> None:
    table = FlowTable()
    walked(capture(FRAMES[:4]), table=table)
    walked(capture(FRAMES[4:]), table=table)
    (flow,) = table.flows
    assert flow.history == "CsxknGIi"
    assert table.connections == 1


def test_fragments_of_a_segment_are_put_together_before_it_is_taken() -> None:
    hello = tls.handshake(tls.message(1, tls.client_hello()))
    whole = segment(CLIENT, SERVER, 16, 1001, 2001, hello)
    payload = whole[34:]
    parts = []
    for offset, more in ((0, 0x20), (40, 0)):
        piece = payload[offset : offset + 40] if more else payload[offset:]
        header = whole[14:16] + (20 + len(piece)).to_bytes(2, "big") + b"\x00\x07" + bytes([more, offset // 8])
        parts.append(whole[:14] + header + whole[22:34] + piece)
    walk = walked(capture([parts[1], parts[0]]))
    (flow,) = walk.table.flows
    assert flow.client_hello is not None
    assert flow.first_packet == 2


def aggregate(*frames: bytes) -> bytes:
    """An 802.11 frame with an A-MSDU of what the Ethernet frames carry."""
    subframes = b""
    for frame in frames:
        body = bytes.fromhex("aaaa03 000000") + frame[12:]
        subframes += bytes(-len(subframes) % 4) + frame[:12] + len(body).to_bytes(2, "big") + body
    return bytes.fromhex("8802 0000") + bytes(18) + bytes.fromhex("1000 8000") + subframes


IEEE80211 = 105


def test_every_subframe_of_an_aggregate_is_read() -> None:
    walk = walked(capture([aggregate(*FRAMES[:3]), aggregate(*FRAMES[3:5]), *map(aggregate, FRAMES[5:])], IEEE80211))
    walk.table.finish()
    (flow,) = walk.table.finished
    assert walk.packets == len(FRAMES) - 3
    assert flow.history == "CsxknGIi"
    assert sum(stream.packets for stream in flow.streams) == len(FRAMES)
    assert flow.client_hello_packet == 2
    assert not walk.problems


def test_a_broken_subframe_does_not_hide_those_behind_it() -> None:
    broken = FRAMES[0][:14] + b"\x45\x00\x00\x0a" + bytes(30)
    plain = bytes(12) + b"\x08\x06" + bytes(28)
    walk = walked(capture([aggregate(plain, broken, FRAMES[0], plain, FRAMES[1])], IEEE80211))
    assert [(key[0], problem.count) for key, problem in walk.problems.items()] == [("ipv4", 1)]
    (flow,) = walk.table.flows
    assert [stream.packets for stream in flow.streams] == [1, 1]


def test_an_aggregate_longer_than_any_is_read_up_to_that_length() -> None:
    walk = walked(capture([aggregate(*[FRAMES[0]] * 1000)], IEEE80211, snaplen=1 << 20))
    (flow,) = walk.table.flows
    assert flow.streams[0].packets == 1 + 11454 // 64


def test_what_stands_around_an_aggregate_is_noted_for_every_subframe() -> None:
    other = segment(("192.0.2.3", 50001), SERVER, 0x02, 1, 0, b"")
    inner = aggregate(FRAMES[0], other)
    datagram = bytes.fromhex("1388 147f") + (8 + 8 + len(inner)).to_bytes(2, "big") + bytes(2)
    payload = datagram + bytes.fromhex("0010 0100 0000 0000") + inner
    header = b"\x45\x00" + (20 + len(payload)).to_bytes(2, "big") + bytes(4) + b"\x40\x11" + bytes(10)
    walk = walked(capture([bytes(12) + b"\x08\x00" + header + payload]))
    walk.table.finish()
    assert [flow.tunnels for flow in walk.table.finished] == [["capwap"], ["capwap"]]
