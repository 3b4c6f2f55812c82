"""The classic capture format: every header there is, and every way in which a file can be cut or lie."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traffic import blocks_of

from tlsinspect.errors import DecodeError
from tlsinspect.wire.capfile import open_reader
from tlsinspect.wire.packet import Buffer, Packet

Row = tuple[int, int, int, int, bytes]

LITTLE_ENDIAN = bytes.fromhex(
    "d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000"
    "15cd5b07 40e20100 04000000 3c000000 deadbeef"
    "16cd5b07 3f420f00 02000000 02000000 cafe"
)
BIG_ENDIAN = bytes.fromhex(
    "a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001"
    "075bcd15 0001e240 00000004 0000003c deadbeef"
    "075bcd16 000f423f 00000002 00000002 cafe"
)
PACKETS: list[Row] = [
    (1, 123456789_123456000, 60, 1, b"\xde\xad\xbe\xef"),
    (2, 123456790_999999000, 2, 1, b"\xca\xfe"),
]

NANOSECOND = bytes.fromhex(
    "4d3cb2a1 0200 0400 00000000 00000000 00000400 65000000"
    "15cd5b07 15cd5b07 04000000 3c000000 deadbeef"
)  # fmt: skip
NANOSECOND_BIG_ENDIAN = bytes.fromhex(
    "a1b23c4d 0002 0004 00000000 00000000 00040000 00000065"
    "075bcd15 075bcd15 00000004 0000003c deadbeef"
)  # fmt: skip
NANOSECOND_PACKETS: list[Row] = [(1, 123456789_123456789, 60, 101, b"\xde\xad\xbe\xef")]

MODIFIED = bytes.fromhex(
    "34cdb2a1 0200 0400 00000000 00000000 dc050000 01000000"
    "15cd5b07 40e20100 04000000 3c000000 02000000 0008 00 00 deadbeef"
    "16cd5b07 3f420f00 02000000 02000000 02000000 0008 04 00 cafe"
)
IXIA_SOFTWARE = bytes.fromhex(
    "ab01001c 0200 0400 00000000 00000000 00000400 01000000 26000000"
    "15cd5b07 40e20100 04000000 3c000000 deadbeef"
    "16cd5b07 3f420f00 02000000 02000000 cafe"
)
IXIA_HARDWARE = bytes.fromhex(
    "1c0001ac 0002 0004 00000000 00000000 00040000 00000065 00000014"
    "075bcd15 075bcd15 00000004 0000003c deadbeef"
)  # fmt: skip

RED_HAT = bytes.fromhex(
    "d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000"
    "15cd5b07 40e20100 04000000 3c000000 02000000 0008 00 00 deadbeef"
    "16cd5b07 3f420f00 02000000 02000000 02000000 0008 04 00 cafe"
)
NOKIA = bytes.fromhex(
    "a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001"
    "075bcd15 0001e240 00000004 0000003c 00000001 deadbeef"
    "075bcd16 000f423f 00000002 00000002 00000001 cafe"
)
SUSE = bytes.fromhex(
    "34cdb2a1 0200 0400 00000000 00000000 00000400 01000000"
    "15cd5b07 40e20100 04000000 3c000000 02000000 0008 00 00 00000000 deadbeef"
    "16cd5b07 3f420f00 02000000 02000000 02000000 0008 04 00 00000000 cafe"
)

RECORD_STARTS = [24, 44, 62]


def read_all(blocks: Iterator[bytes]) -> tuple[list[Row], DecodeError | None]:
    """Read to the end or to the damage; behind damage there must be nothing."""
    rows: list[Row] = []
    packet = Packet()
    try:
        reader = open_reader(blocks)
    except DecodeError as error:
        return rows, error
    try:
        while reader.read_packet(packet):
            frame = packet.data[packet.start : packet.end]
            rows.append((packet.number, packet.time_ns, packet.wire_length, packet.link_type, frame))
    except DecodeError as error:
        assert not reader.read_packet(packet)
        return rows, error
    assert reader.packets == len(rows)
    return rows, None


@pytest.mark.parametrize(
    ("data", "form", "packets"),
    [
        (LITTLE_ENDIAN, "pcap", PACKETS),
        (BIG_ENDIAN, "pcap", PACKETS),
        (NANOSECOND, "pcap-nanosecond", NANOSECOND_PACKETS),
        (NANOSECOND_BIG_ENDIAN, "pcap-nanosecond", NANOSECOND_PACKETS),
        (MODIFIED, "pcap-modified", PACKETS),
        (IXIA_SOFTWARE, "pcap", PACKETS),
        (IXIA_HARDWARE, "pcap-nanosecond", NANOSECOND_PACKETS),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 4096])
def test_read_packet_gives_the_same_packets_from_blocks_of_any_size(
    data: bytes, form: str, packets: list[Row], size: int
) -> None:
    assert open_reader(blocks_of(data, size)).format == form
    assert read_all(blocks_of(data, size)) == (packets, None)


@pytest.mark.parametrize("data", [RED_HAT, NOKIA, SUSE])
def test_longer_record_headers_without_a_magic_number_are_known_by_the_first_records(data: bytes) -> None:
    assert open_reader(iter([data])).format == "pcap-modified"
    assert read_all(iter([data])) == (PACKETS, None)


@pytest.mark.parametrize("behind", ["ffffffff" * 8, "ffffffff" + "00" * 64])
def test_octets_that_are_no_record_do_not_make_the_record_headers_longer(behind: str) -> None:
    rows, damage = read_all(iter([LITTLE_ENDIAN[:44] + bytes.fromhex("ffffffff" * 4 + behind)]))
    assert rows == PACKETS[:1]
    assert damage is not None and damage.offset == 44 + 8


@pytest.mark.parametrize(("interface_type", "link_type"), [(6, 1), (9, 6), (15, 10), (24, 0)])
def test_version_2_2_with_a_number_of_interface_types_is_from_aix(interface_type: int, link_type: int) -> None:
    data = (
        BIG_ENDIAN[:4] + bytes.fromhex("0002 0002") + BIG_ENDIAN[8:20] + interface_type.to_bytes(4, "big")
        + bytes.fromhex("075bcd15 075bcd15 0000003c 00000004 deadbeef")
    )  # fmt: skip
    assert open_reader(iter([data])).format == "pcap-nanosecond"
    assert read_all(iter([data])) == ([(1, 123456789_123456789, 60, link_type, b"\xde\xad\xbe\xef")], None)


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize("length", [16, 24, 64, 4099])
def test_zeros_behind_the_records_are_damage_and_no_packets(length: int, size: int) -> None:
    rows, damage = read_all(blocks_of(LITTLE_ENDIAN + bytes(length), size))
    assert rows == PACKETS
    assert damage is not None
    assert (damage.kind, damage.offset, damage.expected) == ("truncated", len(LITTLE_ENDIAN), "a record, not zeros")


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize("behind", [LITTLE_ENDIAN, BIG_ENDIAN, NANOSECOND, LITTLE_ENDIAN[:24]])
def test_a_file_behind_another_is_named_as_one(behind: bytes, size: int) -> None:
    rows, damage = read_all(blocks_of(LITTLE_ENDIAN + behind, size))
    assert rows == PACKETS
    assert damage is not None
    assert (damage.kind, damage.offset) == ("bad_value", len(LITTLE_ENDIAN))
    assert "the header of another file" in damage.expected


@pytest.mark.parametrize(("record", "time_ns"), [("01000000 02000000", 1_000002000), ("00000000 00000000", 0)])
def test_a_record_without_octets_in_front_of_others_is_a_packet(record: str, time_ns: int) -> None:
    empty = bytes.fromhex(record + "00000000 00000000")
    rows, damage = read_all(iter([LITTLE_ENDIAN[:24] + empty + LITTLE_ENDIAN[24:]]))
    assert damage is None
    assert rows[0] == (1, time_ns, 0, 1, b"")
    assert len(rows) == 3


def test_open_reader_reads_snaplen_and_link_type_from_the_file_header() -> None:
    reader = open_reader(iter([LITTLE_ENDIAN]))
    assert reader.snaplen == 262144
    assert reader.link_types == {1}
    assert reader.interfaces == []


def test_open_reader_masks_the_frame_check_sequence_bits_of_the_link_type() -> None:
    data = LITTLE_ENDIAN[:20] + bytes.fromhex("01000024") + LITTLE_ENDIAN[24:]
    assert read_all(iter([data])) == (PACKETS, None)


def test_a_capture_without_packets_is_a_capture() -> None:
    assert read_all(iter([LITTLE_ENDIAN[:24]])) == ([], None)


@pytest.mark.parametrize("version", ["0200 0000", "0200 0200", "1f02 0000"])
def test_read_packet_takes_the_original_length_first_in_files_before_version_2_3(version: str) -> None:
    data = (
        LITTLE_ENDIAN[:4] + bytes.fromhex(version) + LITTLE_ENDIAN[8:24]
        + bytes.fromhex("15cd5b07 40e20100 3c000000 04000000 deadbeef")
    )  # fmt: skip
    assert read_all(iter([data])) == (PACKETS[:1], None)


@pytest.mark.parametrize("lengths", ["04000000 3c000000", "3c000000 04000000"])
def test_read_packet_takes_the_smaller_length_as_captured_in_version_2_3(lengths: str) -> None:
    data = (
        LITTLE_ENDIAN[:4] + bytes.fromhex("0200 0300") + LITTLE_ENDIAN[8:24]
        + bytes.fromhex("15cd5b07 40e20100" + lengths + "deadbeef")
    )  # fmt: skip
    assert read_all(iter([data])) == (PACKETS[:1], None)


def test_open_reader_notes_an_unknown_version_and_reads_on() -> None:
    data = LITTLE_ENDIAN[:4] + bytes.fromhex("0100 0400") + LITTLE_ENDIAN[8:]
    assert read_all(iter([data])) == (PACKETS, None)
    (problem,) = open_reader(iter([data])).problems
    assert (problem.layer, problem.kind, problem.offset) == ("pcap", "unsupported", 4)
    assert "1.4" in problem.expected


def test_read_packet_keeps_a_plausible_packet_that_is_longer_than_the_snaplen() -> None:
    data = LITTLE_ENDIAN[:16] + bytes.fromhex("03000000") + LITTLE_ENDIAN[20:]
    assert read_all(iter([data])) == (PACKETS, None)


def test_read_packet_takes_a_very_long_packet_when_the_snaplen_allows_it() -> None:
    header = LITTLE_ENDIAN[:16] + (300_000).to_bytes(4, "little") + LITTLE_ENDIAN[20:24]
    record = bytes.fromhex("15cd5b07 40e20100") + (300_000).to_bytes(4, "little") * 2 + bytes(300_000)
    rows, error = read_all(blocks_of(header + record + LITTLE_ENDIAN[44:], 65536))
    assert error is None
    assert [len(row[4]) for row in rows] == [300_000, 2]


@pytest.mark.parametrize("length", ["01000400", "00000080", "ffffffff"])
def test_read_packet_ends_at_a_captured_length_that_cannot_be_true(length: str) -> None:
    rows, error = read_all(iter([LITTLE_ENDIAN[:52] + bytes.fromhex(length) + LITTLE_ENDIAN[56:]]))
    assert rows == PACKETS[:1]
    assert error is not None
    assert (error.layer, error.kind, error.offset) == ("pcap", "bad_length", 52)


def test_read_packet_bounds_a_length_even_when_the_snaplen_is_the_largest_number() -> None:
    data = LITTLE_ENDIAN[:16] + bytes.fromhex("ffffffff") + LITTLE_ENDIAN[20:52] + bytes.fromhex("ffffffff 00000000")
    rows, error = read_all(iter([data]))
    assert rows == PACKETS[:1]
    assert error is not None
    assert error.kind == "bad_length"


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_file_cut_short_at_any_octet_gives_its_whole_packets_and_then_says_where_it_ends(size: int) -> None:
    for cut in range(len(LITTLE_ENDIAN)):
        rows, error = read_all(blocks_of(LITTLE_ENDIAN[:cut], size))
        assert rows == PACKETS[: sum(start <= cut for start in RECORD_STARTS[1:])]
        if cut in RECORD_STARTS:
            assert error is None
        else:
            assert error is not None
            assert error.kind == ("unsupported" if cut < 4 else "truncated")
            assert error.offset == max([start for start in RECORD_STARTS if start <= cut], default=0)


@given(st.lists(st.tuples(st.integers(0, len(MODIFIED) - 1), st.integers(0, 255)), max_size=6), st.integers(1, 40))
def test_flipped_octets_give_packets_or_an_end_or_a_decode_error(flips: list[tuple[int, int]], size: int) -> None:
    for vector in (LITTLE_ENDIAN, MODIFIED):
        data = bytearray(vector)
        for place, value in flips:
            data[place % len(data)] = value
        rows, error = read_all(blocks_of(bytes(data), size))
        assert len(rows) <= 2
        whole_rows, whole_error = read_all(iter([bytes(data)]))
        assert (rows, str(error)) == (whole_rows, str(whole_error))


@given(st.binary(max_size=80))
def test_any_octets_behind_a_file_header_give_packets_or_an_end_or_a_decode_error(rest: bytes) -> None:
    rows, error = read_all(iter([LITTLE_ENDIAN[:24] + rest]))
    assert sum(len(row[4]) + 16 for row in rows) <= len(rest)
    assert error is not None or sum(len(row[4]) + 16 for row in rows) == len(rest)


def test_packets_before_a_failing_source_come_first_and_nothing_comes_after() -> None:
    def failing() -> Iterator[bytes]:
        yield LITTLE_ENDIAN[:50]
        raise DecodeError("file", "corrupt", 99, "a whole gzip member")

    rows, error = read_all(failing())
    assert rows == PACKETS[:1]
    assert error is not None
    assert (error.layer, error.kind, error.offset) == ("file", "corrupt", 99)


def test_a_packet_is_delivered_before_the_block_behind_it_is_asked_for() -> None:
    asked = []

    def blocks() -> Iterator[bytes]:
        for number, block in enumerate((LITTLE_ENDIAN[:44], LITTLE_ENDIAN[44:])):
            asked.append(number)
            yield block

    reader = open_reader(blocks())
    assert reader.read_packet(Packet())
    assert asked == [0]


def test_read_packet_clears_what_an_earlier_packet_left() -> None:
    packet = Packet()
    packet.vlans = [7]
    packet.tunnels = ["gre"]
    assert open_reader(iter([LITTLE_ENDIAN])).read_packet(packet)
    assert packet.vlans is None
    assert packet.tunnels is None


@pytest.mark.parametrize("start", [b"", b"\xd4", b"GET / HTTP/1.1\r\n", b"\x0a\x0d\x0d\x0a\x1c\x00\x00\x00abcd"])
def test_open_reader_refuses_what_is_no_capture(start: bytes) -> None:
    _, error = read_all(iter([start]))
    assert error is not None
    assert (error.layer, error.kind) == ("capture", "unsupported")


@given(st.binary(max_size=60), st.integers(1, 9), st.lists(st.tuples(st.booleans(), st.integers(0, 9)), max_size=20))
def test_buffer_gives_every_octet_once_and_in_order(data: bytes, size: int, steps: list[tuple[bool, int]]) -> None:
    buffer = Buffer(blocks_of(data, size))
    place = 0
    for skips, length in steps:
        if skips:
            assert buffer.skip(length) == (place + length <= len(data))
            place = min(place + length, len(data))
        elif buffer.fill(length):
            assert buffer.data[buffer.position : buffer.position + length] == data[place : place + length]
            buffer.position += length
            place += length
        else:
            assert place + length > len(data)
            assert buffer.data[buffer.position :] == data[place:]
        assert buffer.offset + buffer.position == place
