"""IP headers, extension headers and fragments, written out in hex."""

from __future__ import annotations

from itertools import permutations

import pytest

from tlsinspect.errors import DecodeError
from tlsinspect.wire.ip import FragmentTable, read_network
from tlsinspect.wire.limits import Limits
from tlsinspect.wire.packet import Packet

ADDRESSES4 = bytes.fromhex("c0000201c6336402")
ADDRESSES6 = bytes.fromhex("20010db800000000000000000000000120010db8000000000000000000000002")
TCP = bytes.fromhex("c00101bb00000001000000025010ffff00000000")
SECOND = 1_000_000_000


def make_packet(datagram: bytes, behind: bytes = b"", cut: int = 0, time_ns: int = 0, number: int = 1) -> Packet:
    packet = Packet()
    packet.data = datagram[: len(datagram) - cut] + behind
    packet.end = len(packet.data)
    packet.wire_length = packet.end + cut
    packet.ip_version = packet.data[0] >> 4
    packet.time_ns = time_ns
    packet.number = number
    return packet


def make_ipv4(payload: bytes, options: str = "", flags: int = 0, protocol: int = 6, identifier: int = 1) -> bytes:
    header = 20 + len(bytes.fromhex(options))
    return (
        bytes([0x40 | header // 4, 0])
        + (header + len(payload)).to_bytes(2, "big")
        + identifier.to_bytes(2, "big")
        + flags.to_bytes(2, "big")
        + bytes([64, protocol, 0, 0])
        + ADDRESSES4
        + bytes.fromhex(options)
        + payload
    )


def make_ipv6(payload: bytes, extensions: str = "", protocol: int = 6) -> bytes:
    between = bytes.fromhex(extensions)
    length = (len(between) + len(payload)).to_bytes(2, "big")
    return b"\x60\0\0\0" + length + bytes([protocol, 64]) + ADDRESSES6 + between + payload


def fragment4(payload: bytes, start: int, end: int) -> bytes:
    more = 0x2000 if end < len(payload) else 0
    return make_ipv4(payload[start:end], flags=more | start // 8)


def fragment6(payload: bytes, start: int, end: int, front: str = "", protocol: int = 44) -> bytes:
    more = 1 if end < len(payload) else 0
    return make_ipv6(payload[start:end], f"{front} 0600 {start | more:04x} 00000001", protocol)


def test_read_network_reads_ipv4() -> None:
    packet = make_packet(make_ipv4(TCP))
    assert read_network(packet, FragmentTable()) == 6
    assert (packet.protocol, packet.transport, packet.payload_end, packet.missing) == (6, 20, 40, 0)


def test_read_network_reads_ipv6() -> None:
    packet = make_packet(make_ipv6(TCP))
    assert read_network(packet, FragmentTable()) == 6
    assert (packet.protocol, packet.transport, packet.payload_end, packet.missing) == (6, 40, 60, 0)


@pytest.mark.parametrize("datagram", [make_ipv4(TCP), make_ipv6(TCP)])
def test_read_network_leaves_trailing_octets_out(datagram: bytes) -> None:
    packet = make_packet(datagram, behind=b"\0" * 6)
    read_network(packet, FragmentTable())
    assert packet.payload_end == len(datagram)


@pytest.mark.parametrize("datagram", [make_ipv4(TCP + b"hello"), make_ipv6(TCP + b"hello")])
def test_read_network_counts_octets_that_the_capture_cut_off(datagram: bytes) -> None:
    packet = make_packet(datagram, cut=4)
    read_network(packet, FragmentTable())
    assert (packet.payload_end, packet.missing) == (len(datagram) - 4, 4)


def test_read_network_steps_over_ipv4_options() -> None:
    packet = make_packet(make_ipv4(TCP, options="0101010000000000"))
    assert read_network(packet, FragmentTable()) == 6
    assert packet.transport == 28


@pytest.mark.parametrize("datagram", [make_ipv4(TCP), make_ipv6(TCP)])
def test_read_network_takes_length_zero_as_offloaded_segment(datagram: bytes) -> None:
    place = 2 if datagram[0] >> 4 == 4 else 4
    packet = make_packet(datagram[:place] + b"\0\0" + datagram[place + 2 :] + b"more")
    assert read_network(packet, FragmentTable()) == 6
    assert (packet.payload_end, packet.missing) == (len(datagram) + 4, 0)


def test_read_network_reads_jumbo_payload_length() -> None:
    datagram = make_ipv6(TCP, "06 00 c204 0000001c", protocol=0)
    packet = make_packet(datagram[:4] + b"\0\0" + datagram[6:], behind=b"trailing")
    assert read_network(packet, FragmentTable()) == 6
    assert (packet.transport, packet.payload_end, packet.missing) == (48, 68, 0)


@pytest.mark.parametrize(
    ("protocol", "extensions", "expected"),
    [
        (0, "06 00 01040000 0000", 6),
        (60, "06 01" + "00" * 14, 6),
        (43, "06 02 04 01" + "00" * 20, 6),
        (44, "06 00 0000 00000001", 6),
        (51, "06 04 0000 00000001 00000002" + "00" * 12, 6),
        (135, "3b 00 0000 0000 0000", 59),
        (139, "06 00 0000 0000 0000", 6),
        (140, "06 00 0000 0000 0000", 6),
        (0, "2b 00 01040000 0000 2c 00 0000 0000 0000 06 00 0000 00000001", 6),
        (50, "00000001 00000002", 50),
        (59, "", 59),
    ],
)
def test_read_network_steps_over_extension_headers(protocol: int, extensions: str, expected: int) -> None:
    packet = make_packet(make_ipv6(TCP, extensions, protocol))
    assert read_network(packet, FragmentTable()) == expected
    assert packet.transport == 40 + (0 if expected == protocol else len(bytes.fromhex(extensions)))


@pytest.mark.parametrize(
    ("options", "destination"),
    [
        ("83 07 04 0a000002 00", 23),
        ("01 89 0b 08 0a000001 0a000002", 28),
        ("94040000 83 07 04 0a000002 00", 27),
        ("83 07 08 0a000002 00", -1),  # at its end
        ("83 07 03 0a000002 00", -1),  # a pointer into the option's head
        ("83 06 04 0a0000 0000", -1),
        ("83 08 04 0a000002 00", -1),
        ("83 0b 04 0a000002 00", -1),  # longer than the header
        ("00 83 07 04 0a000002", -1),  # behind the end of the options
        ("01 00 0000", -1),
        ("07 00 0000 83 07 04 0a000002 00", -1),  # an option without length
        ("01 01 01 83", -1),
    ],
)
@pytest.mark.parametrize("protocol", [6, 51])
def test_source_route_gives_the_destination(options: str, destination: int, protocol: int) -> None:
    authentication = bytes.fromhex("06 04 0000 00000001 00000002" + "00" * 12) if protocol == 51 else b""
    packet = make_packet(make_ipv4(authentication + TCP, options, protocol=protocol))
    packet.source = packet.destination = 7
    assert read_network(packet, FragmentTable()) == 6
    assert (packet.source, packet.destination) == (-1, destination)


ADDRESS = "20010db8" + "00" * 11 + "77"


@pytest.mark.parametrize(
    ("protocol", "extensions", "source", "destination"),
    [
        (43, f"06 04 04 01 01 000000 {ADDRESS} {ADDRESS}", -1, 48),
        (43, f"06 04 00 02 00000000 {ADDRESS} {ADDRESS}", -1, 64),
        (43, f"06 02 02 01 00000000 {ADDRESS}", -1, 48),
        (43, f"06 02 02 00 00000000 {ADDRESS}", -1, -1),  # at its end
        (43, f"06 02 03 01 00000000 {ADDRESS}", -1, -1),  # compressed: RFC 6554
        (43, "06 01 00 01 00000000" + "00" * 8, -1, -1),  # without an address
        (60, f"06 02 01020000 c910 {ADDRESS}", 48, -1),
        (60, f"06 02 00000000 c910 {ADDRESS}", 48, -1),
        (60, f"06 02 c910 {ADDRESS} 01020000", 44, -1),
        (60, f"06 02 0104 0000 0000 c910 {ADDRESS[:28]}", -1, -1),  # longer than the header
        (60, "06 00 01040000 0000", -1, -1),
        (60, f"2b 02 01020000 c910 {ADDRESS} 06 02 02 01 00000000 {ADDRESS}", 48, 72),
        (60, f"3c 02 01020000 c910 {ADDRESS} 06 02 0114 {'00' * 20}", 48, -1),
        (44, "06 00 0000 00000001", -1, -1),
    ],
)
def test_routing_header_and_home_address_give_addresses(
    protocol: int, extensions: str, source: int, destination: int
) -> None:
    packet = make_packet(make_ipv6(TCP, extensions, protocol))
    packet.source = packet.destination = 7
    assert read_network(packet, FragmentTable()) == 6
    assert (packet.source, packet.destination) == (source, destination)


def test_routing_header_in_front_of_fragments_gives_the_destination_of_the_datagram() -> None:
    fragments = FragmentTable()
    front = f"2c 02 04 01 00000000 {ADDRESS}"
    packets = [make_packet(fragment6(TCP, start, end, front, 43)) for start, end in ((0, 8), (8, 20))]
    assert [read_network(packet, fragments) for packet in packets] == [-1, 6]
    assert packets[1].data[packets[1].destination :][:16] == bytes.fromhex(ADDRESS)


def test_read_network_steps_over_authentication_header_of_ipv4() -> None:
    packet = make_packet(make_ipv4(bytes.fromhex("06 04 0000 00000001 00000002" + "00" * 12) + TCP, protocol=51))
    assert read_network(packet, FragmentTable()) == 6
    assert packet.transport == 44


@pytest.mark.parametrize(
    ("datagram", "layer", "kind", "offset"),
    [
        (make_ipv4(TCP)[:19], "ipv4", "truncated", 19),
        (make_ipv4(TCP, options="01010101")[:22], "ipv4", "truncated", 22),
        (b"\x44" + make_ipv4(TCP)[1:], "ipv4", "bad_length", 0),
        (b"\x4f" + make_ipv4(TCP)[1:], "ipv4", "bad_length", 0),
        (make_ipv4(TCP[:9], flags=0x2000), "ipv4", "bad_length", 6),
        (make_ipv4(TCP, flags=0x1FFF), "ipv4", "bad_length", 6),
        (make_ipv6(TCP)[:39], "ipv6", "truncated", 39),
        (make_ipv6(b"", "06 01 0000 0000 0000", protocol=0), "ipv6", "bad_length", 40),
        (make_ipv6(b"", "06 00 0000", protocol=60), "ipv6", "bad_length", 40),
        (make_ipv6(TCP, "06 02 0000 0000 0000", protocol=0)[:50], "ipv6", "truncated", 40),
        (make_ipv6(TCP[:9], "06 00 0001 00000001", protocol=44), "ipv6", "bad_length", 40),
        (make_ipv6(TCP, "06 00 fff8 00000001", protocol=44), "ipv6", "bad_length", 40),
    ],
)
def test_read_network_rejects_what_contradicts_itself(datagram: bytes, layer: str, kind: str, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        read_network(make_packet(datagram), FragmentTable())
    assert (caught.value.layer, caught.value.kind, caught.value.offset) == (layer, kind, offset)


@pytest.mark.parametrize(("version", "datagram"), [(4, make_ipv6(TCP)), (6, make_ipv4(TCP + TCP))])
def test_read_network_rejects_the_other_version(version: int, datagram: bytes) -> None:
    packet = make_packet(datagram)
    packet.ip_version = version
    with pytest.raises(DecodeError) as caught:
        read_network(packet, FragmentTable())
    assert (caught.value.layer, caught.value.kind) == (f"ipv{version}", "bad_value")


@pytest.mark.parametrize("make_fragment", [fragment4, fragment6])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_fragments_make_their_datagram_in_any_order(make_fragment, order: tuple[int, ...]) -> None:  # type: ignore[no-untyped-def]
    payload = TCP + bytes(range(30))
    parts = [make_fragment(payload, 0, 8), make_fragment(payload, 8, 24), make_fragment(payload, 24, 50)]
    fragments = FragmentTable()
    packets = [make_packet(parts[index], behind=b"\0\0") for index in order]
    assert [read_network(packet, fragments) for packet in packets] == [-1, -1, 6]
    whole = packets[2]
    assert whole.data[whole.transport : whole.payload_end] == payload
    assert (whole.start, whole.network, whole.end, whole.missing) == (0, 0, len(whole.data), 0)
    assert whole.data == (make_ipv4(payload) if make_fragment is fragment4 else make_ipv6(payload))
    assert fragments.take_problems() == []
    assert fragments.cost == 0


def test_fragments_keep_what_stood_in_front_of_the_fragment_header() -> None:
    fragments = FragmentTable()
    parts = [fragment6(TCP, 0, 8, "2c00010400000000", 0), fragment6(TCP, 8, 20, "2c00010400000000", 0)]
    packets = [make_packet(part) for part in parts]
    assert [read_network(packet, fragments) for packet in packets] == [-1, 6]
    assert packets[1].data == make_ipv6(TCP, "0600010400000000", 0)


def test_fragments_of_two_datagrams_stay_apart() -> None:
    fragments = FragmentTable()
    first = [make_ipv4(TCP[:8], flags=0x2000, identifier=1), make_ipv4(TCP[8:], flags=1, identifier=1)]
    other = [make_ipv4(b"B" * 8, flags=0x2000, identifier=2), make_ipv4(b"C" * 8, flags=1, identifier=2)]
    packets = [make_packet(part) for part in (first[0], other[0], other[1], first[1])]
    assert [read_network(packet, fragments) for packet in packets] == [-1, -1, 6, 6]
    assert packets[2].data[20:] == b"B" * 8 + b"C" * 8
    assert packets[3].data[20:] == TCP


def test_repeated_fragment_is_no_problem() -> None:
    fragments = FragmentTable()
    packets = [make_packet(fragment4(TCP, start, end)) for start, end in ((0, 8), (0, 8), (8, 20))]
    assert [read_network(packet, fragments) for packet in packets] == [-1, -1, 6]
    assert fragments.take_problems() == []


@pytest.mark.parametrize("make_fragment", [fragment4, fragment6])
@pytest.mark.parametrize(
    ("order", "whole"), [((0, 0, 1, 1), 1), ((1, 0, 0), 1), ((1, 0, 1), 1), ((0, 1, 1, 0, 1, 1), 2)]
)
def test_fragment_that_is_repeated_behind_its_datagram_is_no_problem(  # type: ignore[no-untyped-def]
    make_fragment, order: tuple[int, ...], whole: int
) -> None:
    fragments = FragmentTable(Limits(fragment_seconds=30))
    parts = [make_fragment(TCP, 0, 8), make_fragment(TCP, 8, 20)]
    assert [read_network(make_packet(parts[index]), fragments) for index in order].count(6) == whole
    other = make_ipv4(TCP[:8], flags=0x2000, identifier=2)
    read_network(make_packet(other, time_ns=31 * SECOND, number=9), fragments)
    assert fragments.take_problems() == []
    fragments.close()
    ((error, number, count),) = fragments.take_problems()
    assert (error.kind, number, count) == ("gap", 9, 1)


@pytest.mark.parametrize("late", [make_ipv4(TCP[16:], flags=2), make_ipv4(TCP[:8], flags=0x2001)])
def test_other_fragment_behind_a_datagram_of_the_same_identifier_is_a_problem(late: bytes) -> None:
    fragments = FragmentTable()
    parts = [fragment4(TCP, 0, 8), fragment4(TCP, 8, 20), fragment4(TCP, 0, 8), late]
    assert [read_network(make_packet(part), fragments) for part in parts] == [-1, 6, -1, -1]
    fragments.close()
    assert "gap" in [error.kind for error, _, _ in fragments.take_problems()]


def test_fragment_that_is_repeated_after_its_time_is_a_problem() -> None:
    fragments = FragmentTable(Limits(fragment_seconds=30))
    for start, end, time_ns in ((0, 8, 0), (8, 20, 0), (8, 20, 31 * SECOND)):
        read_network(make_packet(fragment4(TCP, start, end), time_ns=time_ns), fragments)
    fragments.close()
    ((error, _, count),) = fragments.take_problems()
    assert (error.kind, count) == ("gap", 1)


def test_datagrams_that_became_whole_are_not_remembered_without_end() -> None:
    fragments = FragmentTable()
    for identifier in range(300):
        for part in (
            make_ipv4(TCP[:8], flags=0x2000, identifier=identifier),
            make_ipv4(TCP[8:], flags=1, identifier=identifier),
        ):
            read_network(make_packet(part), fragments)
    assert len(fragments.whole) == 256


def test_first_copy_of_overlapping_fragments_counts_and_conflict_is_noted() -> None:
    fragments = FragmentTable()
    parts = [
        make_ipv4(b"A" * 8, flags=0x2001),
        make_ipv4(b"B" * 24, flags=0x2000),
        make_ipv4(b"C" * 16, flags=0x0002),
    ]
    packets = [make_packet(part, number=7 + index) for index, part in enumerate(parts)]
    assert [read_network(packet, fragments) for packet in packets] == [-1, -1, 6]
    assert packets[2].data[20:] == b"B" * 8 + b"A" * 8 + b"B" * 8 + b"C" * 8
    ((error, number, count),) = fragments.take_problems()
    assert (error.layer, error.kind, number, count) == ("ipv4", "bad_value", 7, 2)


def test_fragment_behind_the_end_keeps_its_datagram_from_being_whole() -> None:
    fragments = FragmentTable()
    parts = [make_ipv4(b"A" * 8, flags=2), make_ipv4(b"B" * 8, flags=0x2003), make_ipv4(b"C" * 16, flags=0x2000)]
    assert [read_network(make_packet(part), fragments) for part in parts] == [-1, -1, -1]
    ((error, _, count),) = fragments.take_problems()
    assert (error.layer, error.kind, count) == ("ipv4", "bad_value", 1)


def test_fragments_that_the_capture_cut_never_make_a_datagram() -> None:
    fragments = FragmentTable()
    packets = [make_packet(fragment4(TCP, 0, 8)), make_packet(fragment4(TCP, 8, 20), cut=4)]
    assert [read_network(packet, fragments) for packet in packets] == [-1, -1]
    fragments.close()
    ((error, number, count),) = fragments.take_problems()
    assert (error.layer, error.kind, number, count) == ("ipv4", "gap", 1, 1)


def test_incomplete_datagram_is_given_up_after_its_time() -> None:
    fragments = FragmentTable(Limits(fragment_seconds=30))
    assert read_network(make_packet(fragment4(TCP, 0, 8), number=3), fragments) == -1
    late = make_packet(fragment4(TCP, 8, 20), time_ns=31 * SECOND, number=4)
    assert read_network(late, fragments) == -1
    ((error, number, count),) = fragments.take_problems()
    assert (error.kind, number, count) == ("gap", 3, 1)
    assert fragments.take_problems() == []


def test_datagrams_over_the_limit_push_out_the_oldest() -> None:
    fragments = FragmentTable(Limits(fragmented_datagrams=2))
    for identifier in range(1, 5):
        packet = make_packet(make_ipv4(TCP[:8], flags=0x2000, identifier=identifier), number=identifier)
        assert read_network(packet, fragments) == -1
    ((error, number, count),) = fragments.take_problems()
    assert (error.kind, number, count) == ("limit", 1, 2)
    last = make_packet(make_ipv4(TCP[8:], flags=1, identifier=4))
    assert read_network(last, fragments) == 6


def test_octets_over_the_limit_push_out_the_oldest() -> None:
    fragments = FragmentTable(Limits(fragment_octets=3000))
    for identifier in range(1, 4):
        read_network(make_packet(make_ipv4(b"A" * 1200, flags=0x2000, identifier=identifier)), fragments)
    ((error, _, count),) = fragments.take_problems()
    assert (error.kind, count) == ("limit", 1)
    fragments.close()
    assert fragments.cost == 0


def test_datagram_longer_than_its_length_field_is_rejected() -> None:
    fragments = FragmentTable()
    payload = bytes(65535)
    for start in range(0, 65528, 8192):
        packet = make_packet(fragment4(payload, start, min(start + 8192, 65535)))
        if start < 57344:
            assert read_network(packet, fragments) == -1
    with pytest.raises(DecodeError) as caught:
        read_network(packet, fragments)
    assert (caught.value.layer, caught.value.kind) == ("ipv4", "bad_length")
    assert not fragments.waiting
