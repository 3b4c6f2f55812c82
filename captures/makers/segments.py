"""Take TCP segments apart and put them together again, so that a capture can be rewritten.

In: Ethernet frames that hold TCP over IPv4 without tags, as the recorder writes them. Out: the same
with other numbers or bytes; lengths and checksums are made right again.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, replace

from capture_files import Packet

ETHERNET_LENGTH = 14
FIN, SYN, RST, PUSH, ACK = 1, 2, 4, 8, 16
MODULUS = 1 << 32


@dataclass(frozen=True)
class Segment:
    """One TCP segment; `head` is everything before its payload, as recorded."""

    time_ns: int
    head: bytes
    payload: bytes
    sequence: int
    acknowledgement: int
    flags: int

    @property
    def from_client(self) -> bool:
        """Whether it goes to a port below 1024 (the recorder's clients use higher ones)."""
        at = tcp_offset(self.head)
        return int.from_bytes(self.head[at + 2 : at + 4], "big") < 1024

    @property
    def consumed(self) -> int:
        """How far it moves the sequence number."""
        return len(self.payload) + bool(self.flags & SYN) + bool(self.flags & FIN)


def parse_segment(packet: Packet) -> Segment:
    """Take one frame apart."""
    at = tcp_offset(packet.data)
    sequence, acknowledgement = struct.unpack_from("!II", packet.data, at + 4)
    total = struct.unpack_from("!H", packet.data, ETHERNET_LENGTH + 2)[0] + ETHERNET_LENGTH
    start = at + (packet.data[at + 12] >> 4) * 4
    head, payload = packet.data[:start], packet.data[start:total]
    return Segment(packet.time_ns, head, payload, sequence, acknowledgement, packet.data[at + 13])


def build_packet(segment: Segment) -> Packet:
    """The frame of a segment, with its lengths and checksums made right."""
    at = tcp_offset(segment.head)
    frame = bytearray(segment.head + segment.payload)
    struct.pack_into("!H", frame, ETHERNET_LENGTH + 2, len(frame) - ETHERNET_LENGTH)
    struct.pack_into("!II", frame, at + 4, segment.sequence % MODULUS, segment.acknowledgement % MODULUS)
    frame[at + 13] = segment.flags
    fix_checksums(frame)
    return Packet(segment.time_ns, bytes(frame), len(frame))


def fix_checksums(frame: bytearray) -> None:
    """Write the IPv4 and TCP checksums of a frame anew (RFC 791, RFC 9293)."""
    at = tcp_offset(frame)
    struct.pack_into("!H", frame, ETHERNET_LENGTH + 10, 0)
    struct.pack_into("!H", frame, ETHERNET_LENGTH + 10, sum_words(frame[ETHERNET_LENGTH:at]))
    struct.pack_into("!H", frame, at + 16, 0)
    pseudo = bytes(frame[ETHERNET_LENGTH + 12 : ETHERNET_LENGTH + 20])
    pseudo += struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(frame) - at)
    struct.pack_into("!H", frame, at + 16, sum_words(pseudo + frame[at:]))


def sum_words(data: bytes | bytearray) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = bytes(data) + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tcp_offset(frame: bytes | bytearray) -> int:
    """Where the TCP header begins in a frame."""
    return ETHERNET_LENGTH + (frame[ETHERNET_LENGTH] & 15) * 4


def cut_segment(segment: Segment, start: int, end: int, delay_ns: int = 0) -> Segment:
    """A segment that carries the bytes from start to end of another's payload; FIN stays with the last."""
    last = end >= len(segment.payload)
    return replace(
        segment,
        time_ns=segment.time_ns + delay_ns,
        payload=segment.payload[start:end],
        sequence=segment.sequence + start,
        flags=segment.flags if last else segment.flags & ~(FIN | PUSH),
    )
