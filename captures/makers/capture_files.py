"""Read what tcpdump wrote and write capture files, both formats, by plain struct code.

The makers need to write files that no ordinary tool writes (odd byte orders, several sections,
obsolete blocks), so the writers here take every such thing as an argument. Times are integers in
nanoseconds since 1970.

Formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

ETHERNET = 1
SECTION_HEADER, INTERFACE, SIMPLE_PACKET, ENHANCED_PACKET = 0x0A0D0D0A, 1, 3, 6
OBSOLETE_PACKET, NAME_RESOLUTION, STATISTICS, SECRETS = 2, 4, 5, 10
COMMENT, HARDWARE, SYSTEM, APPLICATION = 1, 2, 3, 4
INTERFACE_NAME, TIME_RESOLUTION, TIME_OFFSET = 2, 9, 14
TLS_KEY_LOG = 0x544C534B


@dataclass(frozen=True)
class Packet:
    """One packet: time in ns, the captured bytes and how long it was on the wire."""

    time_ns: int
    data: bytes
    wire_length: int

    def with_data(self, data: bytes) -> Packet:
        """The same moment with other bytes, all of them captured."""
        return replace(self, data=data, wire_length=len(data))


def read_pcap(path: Path) -> tuple[int, list[Packet]]:
    """Read a little-endian microsecond pcap as tcpdump writes it: the link type and the packets."""
    data = path.read_bytes()
    magic, link_type = struct.unpack_from("<I", data)[0], struct.unpack_from("<I", data, 20)[0]
    if magic not in (0xA1B2C3D4, 0xA1B23C4D):
        raise ValueError(f"{path}: not a little-endian pcap file")
    unit = 1000 if magic == 0xA1B2C3D4 else 1
    packets = []
    offset = 24
    while offset < len(data):
        seconds, fraction, captured, wire_length = struct.unpack_from("<IIII", data, offset)
        body = data[offset + 16 : offset + 16 + captured]
        packets.append(Packet(seconds * 1_000_000_000 + fraction * unit, body, wire_length))
        offset += 16 + captured
    return link_type, packets


def build_pcap(
    packets: Iterable[Packet],
    link_type: int = ETHERNET,
    order: str = "<",
    nanoseconds: bool = False,
    snaplen: int = 262144,
) -> bytes:
    """A classic pcap file; `order` is struct's byte-order character."""
    magic, unit = (0xA1B23C4D, 1) if nanoseconds else (0xA1B2C3D4, 1000)
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link_type)]
    for packet in packets:
        seconds, rest = divmod(packet.time_ns, 1_000_000_000)
        parts.append(struct.pack(order + "IIII", seconds, rest // unit, len(packet.data), packet.wire_length))
        parts.append(packet.data)
    return b"".join(parts)


def build_pcapng(packets: Iterable[Packet], comment: str, link_type: int = ETHERNET, interface: str = "eth0") -> bytes:
    """An ordinary pcapng file: one section, one interface, nanosecond times, a section comment."""
    blocks = [
        build_section([(COMMENT, comment.encode()), (APPLICATION, b"tcpdump, rewritten by captures/makers")]),
        build_interface(link_type, [(INTERFACE_NAME, interface.encode()), (TIME_RESOLUTION, b"\x09")]),
        *(build_enhanced_packet(packet) for packet in packets),
    ]
    return b"".join(blocks)


def build_block(kind: int, body: bytes, order: str = "<") -> bytes:
    """One pcapng block: type, length, body padded to 32 bits, length again."""
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def build_options(options: Iterable[tuple[int, bytes]], order: str = "<") -> bytes:
    """Options with their end mark; nothing at all when there are none."""
    parts = [struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4) for code, value in options]
    return b"".join([*parts, bytes(4)]) if parts else b""


def build_section(options: Iterable[tuple[int, bytes]] = (), order: str = "<") -> bytes:
    """A section header of unknown length."""
    body = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + build_options(options, order)
    return build_block(SECTION_HEADER, body, order)


def build_interface(
    link_type: int, options: Iterable[tuple[int, bytes]] = (), order: str = "<", snaplen: int = 0
) -> bytes:
    """An interface description; without a resolution option its times are microseconds."""
    body = struct.pack(order + "HHI", link_type, 0, snaplen) + build_options(options, order)
    return build_block(INTERFACE, body, order)


def build_enhanced_packet(
    packet: Packet,
    interface: int = 0,
    order: str = "<",
    ticks: int | None = None,
    options: Iterable[tuple[int, bytes]] = (),
) -> bytes:
    """An enhanced packet; `ticks` is its time in the interface's unit (nanoseconds by default)."""
    count = packet.time_ns if ticks is None else ticks
    head = struct.pack(
        order + "IIIII", interface, count >> 32, count & 0xFFFFFFFF, len(packet.data), packet.wire_length
    )
    body = head + packet.data + bytes(-len(packet.data) % 4) + build_options(options, order)
    return build_block(ENHANCED_PACKET, body, order)
