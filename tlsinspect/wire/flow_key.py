"""What a connection is found by: the key of each direction, and numbers that follow from addresses and ports.

Goes in: a Packet whose `transport` is set, or a key. Comes out: octets, or a number.
"""

from __future__ import annotations

from .codes import PLACES
from .octets import cut
from .packet import Packet


def flow_key(packet: Packet) -> bytes:
    """Addresses and ports of a packet in wire order: 12 octets, 36 with IPv6; one slice where they lie together.

    Where options or extension headers stand between them, the addresses may be others than the IP header's.
    """
    if packet.ip_version == 4:
        addresses = packet.network + 12
        size = 8
    else:
        addresses = packet.network + 8
        size = 32
    at = packet.transport
    if addresses + size == at:
        return cut(packet.data, addresses, at + 4)
    data = packet.data
    half = size >> 1
    source = addresses if packet.source < 0 else packet.source
    destination = addresses + half if packet.destination < 0 else packet.destination
    return cut(data, source, source + half) + cut(data, destination, destination + half) + cut(data, at, at + 4)


def reverse_key(key: bytes) -> bytes:
    """The other direction's key: addresses and ports in wire order, exchanged."""
    size = len(key) - 4
    half = size >> 1
    return b"".join([cut(key, half, size), cut(key, 0, half), cut(key, size + 2, size + 4), cut(key, size, size + 2)])


def hashed_place(data: bytes, at: int, size: int) -> int:
    """A number below PLACES, by a hash: of ports at `data[at]`, and of `size` octets of addresses in front of them."""
    mixed = (data[at] << 8 | data[at + 1]) * 31 + (data[at + 2] << 8 | data[at + 3]) * 17
    mixed += data[at - 1] * 257 + data[at - 1 - (size >> 1)] * 131
    return mixed & (PLACES - 1)


def key_place(key: bytes) -> int:
    """The place of the direction that has a key: see hashed_place."""
    size = len(key) - 4
    return hashed_place(key, size, size)


def shard_of(packet: Packet, shards: int) -> int:
    """Which of `shards` a packet's connection falls to: the same for both directions."""
    data = packet.data
    at = packet.transport
    size = 4 if packet.ip_version == 4 else 16
    source = packet.network + (12 if packet.ip_version == 4 else 8)
    destination = source + size
    if destination + size != at:  # see flow_key
        source = source if packet.source < 0 else packet.source
        destination = destination if packet.destination < 0 else packet.destination
    mixed = data[at] + data[at + 2] + (data[at + 1] + data[at + 3]) * 31
    mixed += data[source + size - 1] + data[destination + size - 1]
    return (mixed * 40503 >> 8) % shards
