"""From an 802.11 frame, with or without a capture's radio header, to the IP header in it.

Goes in: a Packet and the offset of a radio or 802.11 header in its data. Comes
out: 4 or 6 with `network` and `ip_version` set, or 0: management and control
frames, encrypted frames and fragments carry no IP that can be read. Of an
aggregate (A-MSDU) the first subframe with IP is entered, and the others are left in
the packet's `rest`.
"""

from __future__ import annotations

from ..errors import DecodeError
from .ethernet import enter_llc, require
from .packet import Packet, Rest

SUBFRAME_HEADER = 14  # octets of an A-MSDU subframe: destination, source, length
AGGREGATE_LIMIT = 11454  # octets; no A-MSDU is longer (IEEE 802.11 table 9-34)


def enter_radiotap(packet: Packet, at: int) -> int:
    """Enter an 802.11 frame behind a radiotap header. Spec: https://www.radiotap.org"""
    require(packet, at, 8, "radiotap")
    data = packet.data
    length = data[at + 2] | data[at + 3] << 8
    if data[at] != 0 or length < 8:
        raise DecodeError("radiotap", "bad_value", 0, "version 0 and a length of at least 8")
    require(packet, at, length, "radiotap")
    return enter_frame(packet, at + length, radiotap_flags(packet, at, length) & 0x20 != 0, False)


def radiotap_flags(packet: Packet, at: int, length: int) -> int:
    """Read the flags field of a radiotap header of `length` octets; 0 where it has none."""
    data = packet.data
    field = at + 8
    present = at + 4
    while data[present + 3] & 0x80:  # another word of presence bits follows
        present += 4
        field += 4
        if field > at + length:
            raise DecodeError("radiotap", "bad_length", present - at, "presence bits within the header")
    if not data[at + 4] & 0x02:
        return 0
    if data[at + 4] & 0x01:  # a time stamp of 8 octets, aligned, stands in front
        field += (at - field & 7) + 8
    if field >= at + length:
        raise DecodeError("radiotap", "bad_length", field - at, "the flags field within the header")
    return data[field]


def enter_prism(packet: Packet, at: int) -> int:
    """Enter an 802.11 frame behind a Prism header; some drivers put an AVS header there."""
    require(packet, at, 8, "prism")
    data = packet.data
    if data[at] == 0x80 and data[at + 1] == 0x21 and data[at + 2] >> 4 == 1:
        return enter_avs(packet, at)
    length = data[at + 4] | data[at + 5] << 8
    if length == 0:  # written by a big-endian host
        length = data[at + 6] << 8 | data[at + 7]
    return enter_behind(packet, at, length, "prism")


def enter_avs(packet: Packet, at: int) -> int:
    """Enter an 802.11 frame behind an AVS header, whose length is its second big-endian word."""
    require(packet, at, 8, "avs")
    return enter_behind(packet, at, packet.data[at + 6] << 8 | packet.data[at + 7], "avs")


def enter_behind(packet: Packet, at: int, length: int, layer: str) -> int:
    """Enter the 802.11 frame behind a radio header of `length` octets."""
    if length < 8:
        raise DecodeError(layer, "bad_length", 4, "a length of at least 8")
    require(packet, at, length, layer)
    return enter_frame(packet, at + length, False, False)


def enter_ieee80211(packet: Packet, at: int) -> int:
    """Enter an 802.11 frame without radio header."""
    return enter_frame(packet, at, False, False)


def enter_tunneled(packet: Packet, at: int) -> int:
    """Enter an 802.11 frame that an access point tunnels; some swap the octets of its frame control field."""
    require(packet, at, 2, "ieee80211")
    swapped = packet.data[at] & 0x0F != 0x08 and packet.data[at + 1] & 0x0F == 0x08
    return enter_frame(packet, at, False, swapped)


def enter_frame(packet: Packet, at: int, padded: bool, swapped: bool) -> int:
    """Enter a MAC frame.

    `padded` tells that its header was filled up to a multiple of 4 octets, `swapped` that flags stand
    in front of version and type. Spec: IEEE 802.11 clauses 9.2.3 (frame format) and 9.2.4 (fields).
    """
    require(packet, at, 2, "ieee80211")
    data = packet.data
    control = data[at + 1] if swapped else data[at]
    flags = data[at] if swapped else data[at + 1]
    if control & 0x0F != 0x08 or control & 0x40 or flags & 0x44:
        return 0  # not version 0 data; without data; encrypted or with more fragments to come
    length = 30 if flags & 0x03 == 0x03 else 24  # four addresses between two distribution systems
    require(packet, at, length, "ieee80211")
    packet.destination_mac = at + 16 if flags & 0x01 else at + 4
    packet.source_mac = at + 24 if flags & 0x03 == 0x03 else at + 16 if flags & 0x02 else at + 10
    if data[at + 22] & 0x0F:  # a later fragment
        return 0
    aggregate = False
    if control & 0x80:  # QoS control, and with the order flag HT control
        require(packet, at, length + 2, "ieee80211")
        aggregate = data[at + length] & 0x80 != 0
        length += 6 if flags & 0x80 else 2
    if padded:
        length = length + 3 & ~3
    if aggregate:
        return enter_aggregate(packet, at + length)
    if flags & 0x03 == 0x03 and control & 0x80:
        return enter_mesh(packet, at + length)
    return enter_llc(packet, at + length)


def enter_mesh(packet: Packet, at: int) -> int:
    """Enter the LLC header of a QoS frame with four addresses, behind mesh control where that is there.

    Outside a mesh the bit that announces it is part of a number, but no LLC header that leads to IP begins
    as mesh control does: with how many more addresses it has, 0 to 2. Spec: IEEE 802.11 clause 9.2.4.8.
    """
    require(packet, at, 1, "ieee80211")
    more = packet.data[at]
    return enter_llc(packet, at if more > 2 else at + 6 + more * 6)


def enter_aggregate(packet: Packet, at: int) -> int:
    """Enter the first subframe of an A-MSDU that carries IP, and keep those behind it.

    Spec: IEEE 802.11 clause 9.3.2.2.
    """
    data = packet.data
    vlans = None if packet.vlans is None else packet.vlans.copy()
    tunnels = None if packet.tunnels is None else packet.tunnels.copy()
    end = min(packet.end, at + AGGREGATE_LIMIT)
    while end - at >= SUBFRAME_HEADER:
        behind = at + SUBFRAME_HEADER + (data[at + 12] << 8 | data[at + 13])
        following = at + (behind - at + 3 & ~3)
        packet.rest = Rest(data[following:end], vlans, tunnels) if end - following >= SUBFRAME_HEADER else None
        packet.destination_mac = at
        packet.source_mac = at + 6
        packet.end = min(behind, end)
        version = enter_llc(packet, at + SUBFRAME_HEADER)
        if version:
            return version
        at = following
    return 0
