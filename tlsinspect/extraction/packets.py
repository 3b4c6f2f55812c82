"""Packets as they stand in a capture: the frame, its time in the file's own units, its interface, its options.

Spec: draft-ietf-opsawg-pcapng sections 4.2 to 4.4, appendix A for the obsolete block.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from ..capture import CaptureSource
from ..errors import DecodeError
from ..wire.capfile import open_reader
from ..wire.packet import Interface, Packet, PacketReader, unsigned16, unsigned32
from ..wire.pcapng import PcapngReader

SIMPLE_PACKET, ENHANCED_PACKET = 3, 6  # types of blocks
END_OF_OPTIONS = 0
MICROSECONDS, NANOSECONDS = 6, 9  # decimal places, as if_tsresol has them
DROP_COUNT = 4  # epb_dropcount
DROPPED_UNKNOWN = 0xFFFF  # in the drops count of an obsolete block
NUMBERS = {2: [4], 4: [8], 5: [8], 6: [4], 8: [4, 4]}  # epb_flags, dropcount, packetid, queue, processid_threadid
VERDICT, EBPF_VERDICTS = 7, (1, 2)
CUSTOM_OPTIONS = (2988, 2989, 19372, 19373)

Option = tuple[int, bytes]


class RawPacket(NamedTuple):
    """A packet to be copied: `interface` is that of its file, `ticks` its time in the interface's units."""

    number: int
    interface: Interface
    ticks: int
    frame: bytes
    wire_length: int
    options: list[Option]


def iter_packets(source: CaptureSource) -> Iterator[RawPacket]:
    """Every packet of a capture, up to where it is damaged."""
    reader = open_reader(source.blocks())
    packet = Packet()
    own = None
    if not isinstance(reader, PcapngReader):
        own = pcap_interface(reader)
    with suppress(DecodeError):
        while reader.read_packet(packet):
            if own is None:
                yield packet_of_block(reader, packet)
            else:
                frame = packet.data[packet.start : packet.end]
                ticks = packet.time_ns // own.multiplier
                yield RawPacket(packet.number, own, ticks, frame, packet.wire_length, [])


def pcap_interface(reader: PacketReader) -> Interface:
    """The one interface of a pcap file."""
    resolution = NANOSECONDS if reader.format == "pcap-nanosecond" else MICROSECONDS
    return Interface(next(iter(reader.link_types)), reader.snaplen, resolution, 0, "")


def packet_of_block(reader: PacketReader, packet: Packet) -> RawPacket:
    """The packet that was just read from a pcapng file, from the block that it stands in."""
    assert isinstance(reader, PcapngReader)
    data, big_endian = packet.data, reader.big_endian
    frame = data[packet.start : packet.end]
    padded = len(frame) + 3 & ~3
    simple = packet.start - 12
    length = unsigned32(data, simple + 4, big_endian)  # in the other blocks the captured length stands here
    if unsigned32(data, simple, big_endian) == SIMPLE_PACKET and length + 3 & ~3 == 16 + padded:
        interface = reader.interfaces[reader.first_interface]
        return RawPacket(packet.number, interface, ticks_of(interface, packet.time_ns), frame, packet.wire_length, [])
    start = packet.start - 28
    dropped = DROPPED_UNKNOWN
    if unsigned32(data, start, big_endian) == ENHANCED_PACKET:
        place = unsigned32(data, start + 8, big_endian)
    else:
        place = unsigned16(data, start + 8, big_endian)
        dropped = unsigned16(data, start + 10, big_endian)
    ticks = unsigned32(data, start + 12, big_endian) << 32 | unsigned32(data, start + 16, big_endian)
    end = start + (unsigned32(data, start + 4, big_endian) + 3 & ~3) - 4
    options = read_options(data, packet.start + padded, end, big_endian)
    if dropped != DROPPED_UNKNOWN:
        options.append((DROP_COUNT, dropped.to_bytes(8, "little")))
    interface = reader.interfaces[reader.first_interface + place]
    return RawPacket(packet.number, interface, ticks, frame, packet.wire_length, options)


def ticks_of(interface: Interface, time_ns: int) -> int:
    """A time in the interface's units, by which a packet without one keeps its place; 0 where they do not reach it."""
    resolution = interface.tsresol
    units = 1 << (resolution & 0x7F) if resolution & 0x80 else 10**resolution
    ticks = (time_ns - interface.tsoffset * 10**9) * units // 10**9
    return ticks if 0 <= ticks < 1 << 64 else 0


def read_options(data: bytes, position: int, end: int, big_endian: bool) -> list[Option]:
    """The options of a packet block, numbers in them as little-endian."""
    options = []
    while end - position >= 4:
        code, length = unsigned16(data, position, big_endian), unsigned16(data, position + 2, big_endian)
        position += 4
        if code == END_OF_OPTIONS or length > end - position:
            break
        value = data[position : position + length]
        options.append((code, with_numbers_reversed(code, value) if big_endian else value))
        position += length + 3 & ~3
    return options


def with_numbers_reversed(code: int, value: bytes) -> bytes:
    """A packet's option in the other byte order: numbers turned round, what is no number left."""
    lengths = NUMBERS.get(code, [])
    if code == VERDICT and value[:1] and value[0] in EBPF_VERDICTS:
        lengths = [1, 8]
    elif code in CUSTOM_OPTIONS:
        lengths = [4]  # whose option it is
    turned = b""
    for length in lengths:
        turned += value[len(turned) :][:length][::-1]
    return turned + value[len(turned) :]
