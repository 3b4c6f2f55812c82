"""Capture files are written as the formats say."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from capture_files import (
    COMMENT,
    Packet,
    build_block,
    build_enhanced_packet,
    build_options,
    build_pcap,
    build_section,
    read_pcap,
)

PACKETS = [Packet(1_700_000_000_123_456_000, b"\x01\x02\x03", 3), Packet(1_700_000_001_000_001_000, b"\x04" * 60, 90)]


@pytest.mark.parametrize("nanoseconds", [False, True])
def test_read_pcap_gives_back_what_build_pcap_wrote(tmp_path: Path, nanoseconds: bool) -> None:
    path = tmp_path / "packets.pcap"
    path.write_bytes(build_pcap(PACKETS, 101, nanoseconds=nanoseconds))
    assert read_pcap(path) == (101, PACKETS)


def test_read_pcap_refuses_a_big_endian_file(tmp_path: Path) -> None:
    path = tmp_path / "packets.pcap"
    path.write_bytes(build_pcap(PACKETS, order=">"))
    with pytest.raises(ValueError, match="not a little-endian pcap"):
        read_pcap(path)


def test_build_pcap_writes_the_big_endian_magic() -> None:
    assert build_pcap([], order=">")[:4] == bytes.fromhex("a1b2c3d4")


@pytest.mark.parametrize("size", range(5))
def test_build_block_pads_its_body_to_four_bytes(size: int) -> None:
    block = build_block(0x0BADBEEF, b"x" * size)
    assert len(block) % 4 == 0
    assert struct.unpack_from("<I", block, 4) == struct.unpack("<I", block[-4:]) == (len(block),)


def test_build_options_ends_with_the_end_mark_only_when_there_are_options() -> None:
    assert build_options([]) == b""
    assert build_options([(COMMENT, b"hello")]) == bytes.fromhex("01000500") + b"hello\0\0\0" + bytes(4)


def test_build_section_states_its_byte_order() -> None:
    assert build_section(order=">")[8:12] == bytes.fromhex("1a2b3c4d")
    assert build_section(order="<")[8:12] == bytes.fromhex("4d3c2b1a")


def test_build_enhanced_packet_splits_the_time_in_two_words() -> None:
    block = build_enhanced_packet(PACKETS[0])
    high, low = struct.unpack_from("<II", block, 12)
    assert high << 32 | low == PACKETS[0].time_ns
