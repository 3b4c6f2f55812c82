"""TCP segments -> Ethernet frames with pseudonyms, made anew from the few fields that are carried over.

Carried over are ports, flags, window, distances between sequence numbers, and of the options those that say nothing of
a host: maximum segment size, window scale, selective acknowledgements. TTL, IP id, timestamps, MAC addresses, VLANs,
tunnels and whatever else stood around a segment are not. All checksums are right.
Spec: RFC 9293 section 3.1, RFC 791 section 3.1, RFC 8200 sections 3 and 8.1.
"""

from __future__ import annotations

import hmac
from struct import pack
from typing import NamedTuple

from ..wire.codes import ACK, TCP
from .pseudonyms import Pseudonyms

END, NOTHING, MAXIMUM_SIZE, SCALE, SELECTIVE, ACKNOWLEDGED = 0, 1, 2, 3, 4, 5
MASK = 0xFFFFFFFF
TTL = 64
LONGEST_IP = 65_535
LOCAL = b"\x02"  # first octet of a MAC address that nobody owns


class Segment(NamedTuple):
    """A TCP segment as captured; `length` is that of its payload on the wire, `payload` what there is of it."""

    number: int
    time_ns: int
    from_client: bool
    sequence: int
    acknowledged: int
    flags: int
    window: int
    options: bytes
    payload: bytes
    length: int


class Side(NamedTuple):
    """One end of a connection: address and port, and where its sequence numbers begin, before and after."""

    address: bytes
    port: int
    base: int | None
    new_base: int

    def moved(self, number: int) -> int:
        """A sequence number of this side; of a side that sent nothing there is no distance to keep."""
        return self.new_base if self.base is None else (number - self.base + self.new_base) & MASK


def new_base(own: Pseudonyms, seed: bytes) -> int:
    """Where the sequence numbers of a side begin."""
    return int.from_bytes(hmac.digest(own.octet_key, b"sequence " + seed, "sha256")[:4], "big")


def build_frame(segment: Segment, sender: Side, receiver: Side, payload: bytes, own: Pseudonyms) -> bytes | None:
    """The frame of a segment, with another payload of the same length; None where it is longer than IP can say."""
    options = move_options(segment.options, receiver)
    flags, acknowledged = segment.flags, 0
    if flags & ACK:
        acknowledged = receiver.moved(segment.acknowledged)
    offset = (20 + len(options)) // 4 << 12
    numbers = (sender.moved(segment.sequence), acknowledged)
    ports = (sender.port, receiver.port)
    header = pack(">HHIIHHHH", *ports, *numbers, offset | flags & 0x1FF, segment.window, 0, 0) + options
    length = len(header) + len(payload)
    if length + 40 > LONGEST_IP:
        return None
    addresses = sender.address + receiver.address
    if len(sender.address) == 4:
        pseudo = addresses + pack(">HH", TCP, length)
        outer = pack(">BBHHHBBH", 0x45, 0, 20 + length, 0, 0x4000, TTL, TCP, 0) + addresses
        outer = outer[:10] + pack(">H", checksum(outer)) + outer[12:]
        kind = 0x0800
    else:
        pseudo = addresses + pack(">II", length, TCP)
        outer = pack(">IHBB", 0x60000000, length, TCP, TTL) + addresses
        kind = 0x86DD
    total = pack(">H", checksum(pseudo + header + payload))
    macs = mac(receiver.address, own) + mac(sender.address, own)
    return macs + pack(">H", kind) + outer + header[:16] + total + header[18:] + payload


def move_options(options: bytes, receiver: Side) -> bytes:
    """Options of the same length; what is not listed becomes octets that say nothing."""
    made = bytearray()
    position = 0
    while position < len(options):
        kind = options[position]
        length = 1 if kind in (END, NOTHING) else options[position + 1] if position + 1 < len(options) else 0
        option = options[position : position + length]
        if length < 1 or len(option) < length or (length == 1 and kind not in (END, NOTHING)):
            break
        if (kind, length) in ((MAXIMUM_SIZE, 4), (SCALE, 3), (SELECTIVE, 2)) or kind in (END, NOTHING):
            made += option
        elif kind == ACKNOWLEDGED and length % 8 == 2:
            edges = [int.from_bytes(option[at : at + 4], "big") for at in range(2, length, 4)]
            made += option[:2] + b"".join(receiver.moved(edge).to_bytes(4, "big") for edge in edges)
        else:
            made += bytes([NOTHING]) * length
        position += length
    return bytes(made) + bytes([NOTHING]) * (len(options) - len(made))


def mac(address: bytes, own: Pseudonyms) -> bytes:
    """A MAC address that follows from an address, which is a pseudonym already."""
    return LOCAL + hmac.digest(own.octet_key, b"mac " + address, "sha256")[:5]


def checksum(octets: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(octets) % 2:
        octets += b"\0"
    total = sum(int.from_bytes(octets[at : at + 2], "big") for at in range(0, len(octets), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
