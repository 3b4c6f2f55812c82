"""The block format: sections, interfaces, every packet block, and faults that are stepped over or end the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsinspect.errors import DecodeError
from tlsinspect.wire import packet as packet_module
from tlsinspect.wire import pcapng
from tlsinspect.wire.capfile import open_reader
from tlsinspect.wire.packet import Packet, PacketReader
from tlsinspect.wire.pcapng import LATEST

Row = tuple[int, int, int, int, bytes]
Order = Literal["little", "big"]

LITTLE_ENDIAN = bytes.fromhex(
    # section header: no section length, comment "hi"
    "0a0d0d0a 28000000 4d3c2b1a 0100 0000 ffffffffffffffff 0100 0200 68690000 00000000 28000000"
    # interface 0: Ethernet, snaplen 4; interface 1: raw IP, no snaplen, nanoseconds, name "lo"
    "01000000 14000000 0100 0000 04000000 14000000"
    "01000000 28000000 6500 0000 00000000 0200 0200 6c6f0000 0900 0100 09000000 00000000 28000000"
    # enhanced packet on interface 1, 2 of 60 octets, comment "ok"
    "06000000 30000000 01000000 2ed8f717 cdd62b14 02000000 3c000000 cafe0000 0100 0200 6f6b0000 00000000"
    "30000000"
    # simple packet, 6 octets on the wire, cut at 4 by interface 0
    "03000000 14000000 06000000 01020304 14000000"
    # obsolete packet on interface 0, 1 drop, microseconds
    "02000000 24000000 0000 0100 00000000 01000000 03000000 03000000 aabbcc00 24000000"
)
# 0x17f7d82e 0x142bd6cd nanoseconds
ENHANCED_NS = 0x17F7D82E << 32 | 0x142BD6CD
PACKETS: list[Row] = [
    (1, ENHANCED_NS, 60, 101, b"\xca\xfe"),
    (2, ENHANCED_NS, 6, 1, b"\x01\x02\x03\x04"),
    (3, 1000, 3, 1, b"\xaa\xbb\xcc"),
]
BIG_ENDIAN = bytes.fromhex(
    "0a0d0d0a 0000001c 1a2b3c4d 0001 0002 0000000000000040 0000001c"
    "00000001 00000014 0071 0000 00040000 00000014"
    "00000006 00000024 00000000 0005a4ec 0ef0b340 00000004 00000004 deadbeef 00000024"
)
BIG_ENDIAN_PACKETS: list[Row] = [(1, (0x0005A4EC << 32 | 0x0EF0B340) * 1000, 4, 113, b"\xde\xad\xbe\xef")]


def block(block_type: int, body: bytes, order: Order = "little") -> bytes:
    body += bytes(-len(body) % 4)
    length = (len(body) + 12).to_bytes(4, order)
    return block_type.to_bytes(4, order) + length + body + length


def option(code: int, value: bytes, order: Order = "little") -> bytes:
    return code.to_bytes(2, order) + len(value).to_bytes(2, order) + value + bytes(-len(value) % 4)


def section(order: Order = "little", options: bytes = b"") -> bytes:
    header = 0x1A2B3C4D.to_bytes(4, order) + b"".join(n.to_bytes(2, order) for n in (1, 0)) + b"\xff" * 8
    return block(0x0A0D0D0A, header + options, order)


def interface(options: bytes = b"", snaplen: int = 0, link_type: int = 1, order: Order = "little") -> bytes:
    return block(1, link_type.to_bytes(2, order) + bytes(2) + snaplen.to_bytes(4, order) + options, order)


def enhanced(data: bytes, number: int = 0, ticks: int = 5, options: bytes = b"", order: Order = "little") -> bytes:
    numbers = (number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    body = b"".join(n.to_bytes(4, order) for n in numbers) + data + bytes(-len(data) % 4) + options
    return block(6, body, order)


def blocks_of(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def read_rows(reader: PacketReader) -> list[Row]:
    rows: list[Row] = []
    packet = Packet()
    while reader.read_packet(packet):
        frame = packet.data[packet.start : packet.end]
        rows.append((packet.number, packet.time_ns, packet.wire_length, packet.link_type, frame))
    return rows


def read_all(data: bytes, size: int = 4096) -> tuple[list[Row], PacketReader]:
    reader = open_reader(blocks_of(data, size))
    return read_rows(reader), reader


def read_until_damage(data: bytes, size: int = 4096) -> tuple[list[Row], DecodeError | None]:
    """Read to the end or to the damage; behind damage there must be nothing."""
    rows: list[Row] = []
    packet = Packet()
    try:
        reader = open_reader(blocks_of(data, size))
    except DecodeError as error:
        return rows, error
    try:
        while reader.read_packet(packet):
            frame = packet.data[packet.start : packet.end]
            rows.append((packet.number, packet.time_ns, packet.wire_length, packet.link_type, frame))
    except DecodeError as error:
        assert not reader.read_packet(packet)
        return rows, error
    return rows, None


def problems_of(reader: PacketReader) -> list[tuple[str, str, int]]:
    return [(problem.layer, problem.kind, problem.offset) for problem in reader.problems]


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_read_packet_reads_enhanced_simple_and_obsolete_blocks_from_blocks_of_any_size(size: int) -> None:
    rows, reader = read_all(LITTLE_ENDIAN, size)
    assert rows == PACKETS
    assert reader.format == "pcapng"
    assert reader.packets == 3
    assert reader.link_types == {1, 101}
    assert reader.snaplen == 0
    assert problems_of(reader) == [("pcapng", "gap", 148)]  # the simple packet's time
    assert [(i.link_type, i.snaplen, i.tsresol, i.tsoffset, i.name) for i in reader.interfaces] == [
        (1, 4, 6, 0, ""),
        (101, 0, 9, 0, "lo"),
    ]


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_read_packet_reads_a_big_endian_file(size: int) -> None:
    rows, reader = read_all(BIG_ENDIAN, size)
    assert rows == BIG_ENDIAN_PACKETS
    assert reader.snaplen == 262144


def test_sections_keep_their_own_byte_order_and_interfaces() -> None:
    rows, reader = read_all(LITTLE_ENDIAN + BIG_ENDIAN + section() + interface() + enhanced(b"z"))
    assert rows == [*PACKETS, (4, *BIG_ENDIAN_PACKETS[0][1:]), (5, 5000, 1, 1, b"z")]
    assert len(reader.interfaces) == 4


def test_an_interface_of_an_earlier_section_is_unknown_in_a_later_one() -> None:
    rows, reader = read_all(LITTLE_ENDIAN + section() + interface() + enhanced(b"z", number=1) + enhanced(b"y"))
    assert rows[3:] == [(4, 5000, 1, 1, b"y")]
    assert [problem.kind for problem in reader.problems] == ["gap", "bad_value"]


@pytest.mark.parametrize(
    ("options", "ticks", "time_ns"),
    [
        (b"", 5, 5000),
        (option(9, b"\x06"), 1_700_000_000_123456, 1_700_000_000_123456_000),
        (option(9, b"\x09"), 1_700_000_000_123456789, 1_700_000_000_123456789),
        (option(9, b"\x03"), 1_700_000_000_123, 1_700_000_000_123_000_000),
        (option(9, b"\x00"), 1_700_000_000, 1_700_000_000_000_000_000),
        (option(9, b"\x0c"), 1_700_000_000_123_456_789_999 % 2**64, 1_700_000_000_123_456_789_999 % 2**64 // 1000),
        (option(9, b"\x94"), 3 << 20 | 1 << 19, 3_500_000_000),
        (option(9, b"\xa0"), 1_700_000_000 << 32 | 1 << 31, 1_700_000_000_500_000_000),
        (option(9, b"\xff"), 2**64 - 1, 0),
        (option(9, b"\x7f"), 2**64 - 1, 0),
        (option(14, (3600).to_bytes(8, "little", signed=True)), 5, 3600_000_005_000),
        (option(14, (-3600).to_bytes(8, "little", signed=True)), 5, -3600_000_000_000 + 5000),
        (option(9, b"\x09"), LATEST, LATEST),
    ],
)
def test_timestamps_of_every_resolution_and_offset_become_nanoseconds(options: bytes, ticks: int, time_ns: int) -> None:
    rows, reader = read_all(section() + interface(options) + enhanced(b"z", ticks=ticks))
    assert rows[0][1] == time_ns
    assert reader.problems == []


@pytest.mark.parametrize(
    ("options", "ticks"),
    [
        (b"", 2**64 - 1),
        (option(9, b"\x09"), LATEST + 1),
        (option(14, (-9_200_000_001).to_bytes(8, "little", signed=True)), 0),
        (option(14, (2**63 - 1).to_bytes(8, "little", signed=True)), 5),
        (option(14, (-(2**63)).to_bytes(8, "little", signed=True)), 5),
    ],
)
def test_a_time_beyond_63_bits_of_nanoseconds_is_zero_and_noted_once(options: bytes, ticks: int) -> None:
    packets = enhanced(b"z", ticks=ticks) + enhanced(b"y", ticks=ticks)
    rows, reader = read_all(section() + interface(options) + packets)
    assert rows == [(1, 0, 1, 1, b"z"), (2, 0, 1, 1, b"y")]
    [problem] = problems_of(reader)  # for the file, not for each packet
    assert problem[:2] == ("pcapng", "bad_value")


@given(st.integers(0, 255), st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**64 - 1))
def test_time_conversion_agrees_with_exact_arithmetic(tsresol: int, tsoffset: int, ticks: int) -> None:
    options = option(9, bytes([tsresol])) + option(14, tsoffset.to_bytes(8, "little", signed=True))
    rows, _ = read_all(section() + interface(options) + enhanced(b"z", ticks=ticks))
    unit = 2 ** (tsresol & 0x7F) if tsresol & 0x80 else 10**tsresol
    exact = ticks * 10**9 // unit + tsoffset * 10**9
    assert rows[0][1] == (exact if -LATEST <= exact <= LATEST else 0)


@pytest.mark.parametrize(("minor", "noted"), [(0, []), (1, ["1.1"]), (2, []), (3, ["1.3"])])
def test_an_unknown_minor_version_is_noted_and_read_as_the_known_ones(minor: int, noted: list[str]) -> None:
    header = section()
    rows, reader = read_all(header[:14] + bytes([minor, 0]) + header[16:] + interface() + enhanced(b"z"))
    assert len(rows) == 1
    assert [problem.expected.rpartition(" ")[2] for problem in reader.problems] == noted
    assert [(problem.kind, problem.offset) for problem in reader.problems] == [("unsupported", 14)] * len(noted)


def test_simple_packet_is_whole_when_the_interface_has_no_snaplen() -> None:
    rows, _ = read_all(section() + interface() + block(3, (5).to_bytes(4, "little") + b"hello"))
    assert rows == [(1, 0, 5, 1, b"hello")]


def test_that_simple_packets_have_no_time_is_noted_once() -> None:
    simple = block(3, (5).to_bytes(4, "little") + b"hello")
    rows, reader = read_all(section() + interface() + simple + enhanced(b"abc") + simple)
    assert [row[1] for row in rows] == [0, 5000, 5000]  # as the packet before
    assert [(problem.kind, problem.expected) for problem in reader.problems] == [
        ("gap", "times of packets, which Simple Packet Blocks do not have")
    ]


def test_snaplen_is_the_largest_of_the_interfaces() -> None:
    _, reader = read_all(section() + interface(snaplen=96) + interface(snaplen=262144) + interface(snaplen=60))
    assert reader.snaplen == 262144


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_statistics_unknown_and_private_blocks_are_stepped_over(size: int) -> None:
    others = block(5, bytes(12)) + block(0x7FFFFFFF, b"?" * 5000) + block(11, b"") + block(0x80000001, b"local")
    rows, reader = read_all(section() + interface() + others + enhanced(b"z"), size)
    assert rows == [(1, 5000, 1, 1, b"z")]
    assert reader.problems == []


@pytest.mark.parametrize("block_type", [0xBAD, 0x40000BAD, 9, 0x204, 0x216, 0x221])
def test_custom_and_journal_blocks_and_events_use_up_a_packet_number_as_in_wireshark(block_type: int) -> None:
    rows, reader = read_all(section() + interface() + block(block_type, bytes(8)) + enhanced(b"z"))
    assert rows == [(2, 5000, 1, 1, b"z")]
    assert reader.packets == 1


def test_no_limit_is_met_by_comments_and_names_as_nobody_asks_for_them() -> None:
    comment = option(1, b"one") + option(1, b"two") + option(0, b"")
    record = option(1, b"\xc0\x00\x02\x01" + b"h\0" * 1000) + option(2, bytes(16) + b"six\0") + option(3, b"card")
    packets = enhanced(b"z", options=comment) * 5001
    _, reader = read_all(section(options=comment) + interface(comment) + block(4, record) * 101 + packets)
    assert reader.packets == 5001
    assert reader.problems == []


def test_text_that_is_not_utf8_stays_visible_as_escapes() -> None:
    _, reader = read_all(section() + interface(option(2, b"eth\xff\x00")))
    assert reader.interfaces[0].name == "eth\\xff"


def test_decryption_secrets_are_kept_with_their_type() -> None:
    keys = b"CLIENT_RANDOM 00 11\n"
    body = (0x544C534B).to_bytes(4, "little") + len(keys).to_bytes(4, "little") + keys
    _, reader = read_all(section() + block(10, body))
    assert reader.secrets == [(0x544C534B, keys)]


def test_a_length_that_leaves_out_the_padding_is_read_and_noted_once() -> None:
    body = bytes.fromhex("00000000 00000000 05000000 01000000 01000000") + b"z"
    odd = (33).to_bytes(4, "little")
    unpadded = (6).to_bytes(4, "little") + odd + body + bytes(3) + odd
    rows, reader = read_all(section() + interface() + unpadded + unpadded)
    assert [row[4] for row in rows] == [b"z", b"z"]
    assert problems_of(reader) == [("pcapng", "bad_length", 52)]


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (enhanced(b"z", number=1), "bad_value"),
        (block(6, bytes(16)), "bad_length"),
        (block(6, bytes(12) + (99).to_bytes(4, "little") + bytes(8)), "bad_length"),
        (block(2, bytes(16)), "bad_length"),
        (block(3, b""), "bad_length"),
        (block(3, (9).to_bytes(4, "little") + bytes(4)), "bad_length"),
        (block(1, bytes(4)), "bad_length"),
        (interface(option(9, b"\x06\x06")), "bad_length"),
        (interface((2).to_bytes(2, "little") + (99).to_bytes(2, "little")), "bad_length"),
        (block(4, (1).to_bytes(2, "little") + (99).to_bytes(2, "little")), "bad_length"),
        (block(4, option(1, b"abc")), "bad_length"),
        (block(10, bytes(4)), "bad_length"),
        (block(10, bytes(4) + (99).to_bytes(4, "little")), "bad_length"),
        (interface(option(1, b"") * 5000), "limit"),
    ],
)
def test_a_fault_inside_a_block_is_noted_and_stepped_over(broken: bytes, kind: str) -> None:
    start = section() + interface()
    rows, reader = read_all(start + broken + enhanced(b"after"))
    assert rows[-1][4] == b"after"
    assert [problem.kind for problem in reader.problems] == [kind]
    assert len(start) <= reader.problems[0].offset < len(start + broken)


def test_a_simple_packet_before_any_interface_is_noted_and_stepped_over() -> None:
    rows, reader = read_all(section() + block(3, (1).to_bytes(4, "little") + b"z") + interface() + enhanced(b"after"))
    assert [row[4] for row in rows] == [b"after"]
    assert problems_of(reader) == [("pcapng", "bad_value", 28)]


def test_a_packet_whose_option_leaves_the_block_is_delivered_all_the_same() -> None:
    rows, reader = read_all(section() + interface() + enhanced(b"abcd", options=b"\x01\x00\xff\xff" + bytes(4)))
    assert [row[4] for row in rows] == [b"abcd"]
    assert [problem.kind for problem in reader.problems] == ["bad_length"]


@pytest.mark.parametrize(
    ("damage", "kind", "place"),
    [
        (bytes.fromhex("06000000 08000000 00000000 00000000"), "bad_length", 4),
        (bytes.fromhex("06000000 00000000 00000000 00000000"), "bad_length", 4),
        (bytes.fromhex("05000000 00000000 00000000 00000000"), "bad_length", 4),
        (bytes.fromhex("06000000 fcffffff 00000000 00000000"), "bad_length", 4),
        (bytes.fromhex("07000000 10000000 00000000 14000000"), "bad_length", 12),
        (bytes.fromhex("01000000 10000000 00000000 14000000"), "bad_length", 12),
        (bytes.fromhex("07000000 fcffffff 00000000 00000000"), "truncated", 0),
        (bytes.fromhex("06000000 00000100 00000000 00000000"), "truncated", 0),
        (bytes.fromhex("0a0d0d0a 1c000000 12345678 00000000"), "bad_value", 8),
        (block(0x0A0D0D0A, bytes.fromhex("4d3c2b1a 0200 0000 ffffffffffffffff")), "unsupported", 12),
        (block(0x0A0D0D0A, bytes.fromhex("4d3c2b1a 0100 0000 ffffffff")), "bad_length", 4),
    ],
)
def test_a_broken_chain_of_blocks_ends_the_capture_behind_the_packets_before_it(
    damage: bytes, kind: str, place: int
) -> None:
    rows, error = read_until_damage(LITTLE_ENDIAN + damage)
    assert rows == PACKETS
    assert error is not None
    assert (error.layer, error.kind, error.offset) == ("pcapng", kind, len(LITTLE_ENDIAN) + place)


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_file_cut_short_at_any_octet_gives_its_whole_packets_and_then_says_where_it_ends(size: int) -> None:
    ends = [0, 40, 60, 100, 148, 168, 204]
    assert ends[-1] == len(LITTLE_ENDIAN)
    for cut in range(len(LITTLE_ENDIAN)):
        rows, error = read_until_damage(LITTLE_ENDIAN[:cut], size)
        assert rows == PACKETS[: sum(end <= cut for end in (148, 168, 204))]
        if cut in ends[1:]:
            assert error is None
        else:
            assert error is not None
            assert error.kind == ("unsupported" if cut < 12 else "truncated")
            assert error.offset == max(end for end in ends if end <= cut)


@given(st.lists(st.tuples(st.integers(0, 203), st.integers(0, 255)), max_size=6), st.integers(1, 90))
def test_flipped_octets_give_packets_or_an_end_or_a_decode_error(flips: list[tuple[int, int]], size: int) -> None:
    data = bytearray(LITTLE_ENDIAN)
    for place, value in flips:
        data[place] = value
    rows, error = read_until_damage(bytes(data), size)
    assert len(rows) <= 3
    whole_rows, whole_error = read_until_damage(bytes(data))
    assert (rows, str(error)) == (whole_rows, str(whole_error))


@given(st.lists(st.tuples(st.integers(0, 12), st.binary(max_size=48)), max_size=8))
def test_blocks_of_any_content_are_read_or_noted(contents: list[tuple[int, bytes]]) -> None:
    data = section() + interface() + b"".join(block(number, body) for number, body in contents) + enhanced(b"after")
    rows, reader = read_all(data, 17)
    assert rows[-1][4] == b"after"
    assert reader.packets == len(rows)


@pytest.mark.parametrize(
    ("limit", "value", "many", "kept"),
    [
        ("MAX_INTERFACES", 3, interface(), "interfaces"),
        ("MAX_SECRETS_LENGTH", 14, block(10, bytes(4) + (4).to_bytes(4, "little") + b"keys"), "secrets"),
    ],
)
def test_what_is_kept_of_one_file_is_limited_and_the_limit_is_noted_once(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int, many: bytes, kept: str
) -> None:
    monkeypatch.setattr(pcapng, limit, value)
    _, reader = read_all(section() + interface() + many * 8)
    assert len(getattr(reader, kept)) == 3
    assert [problem.kind for problem in reader.problems] == ["limit"]


def test_the_list_of_stepped_over_faults_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_module, "MAX_PROBLEMS", 2)
    _, reader = read_all(section() + interface() + enhanced(b"z", number=9) * 5)
    assert [problem.kind for problem in reader.problems] == ["bad_value", "bad_value", "limit"]
