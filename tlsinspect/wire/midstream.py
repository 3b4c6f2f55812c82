"""The first segments of a connection whose SYN was not captured, kept as packets that a flow table can take again.

Goes in: a packet under the reader's hand, or a lone segment. Comes out: a Packet of its own. Which octets are a
direction's first is not known without a SYN: where some come that lie in front of those that were read, the connection
is read anew with them.
"""

from __future__ import annotations

from .codes import ACK, SYN
from .lone import LoneSegment
from .packet import Packet

HEADER = b"\x50"  # the length of a TCP header without options, in words
IPV4_KEY = 12  # octets of a key in the flow table


def may_lack_beginning(flags: int) -> bool:
    """Whether a connection whose first segment has these flags may have begun before it."""
    return flags & (SYN | ACK) != SYN


def keep_packet(key: bytes, packet: Packet) -> Packet:
    """A segment whose addresses and ports are `key`; what its frame holds beside it is left out."""
    kept = make_packet(key, packet.data[packet.transport + 4 : packet.payload_end])
    kept.number = packet.number
    kept.time_ns = packet.time_ns
    kept.missing = packet.missing
    return kept


def keep_lone(lone: LoneSegment) -> Packet:
    """A segment that was kept alone."""
    numbers = lone.sequence.to_bytes(4, "big") + lone.acknowledged.to_bytes(4, "big")
    kept = make_packet(lone.key, numbers + HEADER + bytes([lone.flags]) + bytes(6) + lone.payload)
    kept.number = lone.first_packet
    kept.time_ns = lone.time_ns
    return kept


def make_packet(key: bytes, rest: bytes) -> Packet:
    """A TCP segment: `rest` is what follows its ports."""
    packet = Packet()
    packet.ip_version = 4 if len(key) == IPV4_KEY else 6
    front = 12 if packet.ip_version == 4 else 8  # octets of an IP header in front of its addresses
    packet.data = b"".join([bytes(front), key, rest])
    packet.transport = front + len(key) - 4
    packet.payload_end = len(packet.data)
    return packet
