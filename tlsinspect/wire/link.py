"""From a captured frame to the IP header in it, by the link type of the capture.

Goes in: a Packet as the readers leave it. Comes out: 4 or 6 with `network`,
`ip_version`, `vlans` and `tunnels` set; 0 for a frame that carries no IP; -1
for a link type that is not known here. A header that the frame cuts short
raises DecodeError. Link types and their headers: https://www.tcpdump.org/linktypes.html
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import DecodeError
from .ethernet import enter_ethernet, enter_ip, enter_ppp, enter_pppoe, enter_version, require
from .ieee80211 import enter_avs, enter_ieee80211, enter_prism, enter_radiotap
from .media import MEDIA
from .packet import Packet
from .pseudoheader import PSEUDO_HEADERS


def locate_network(packet: Packet) -> int:
    """Find the IP header of one frame: 4, 6, 0 (no IP) or -1 (unknown link type)."""
    packet.vlans = None
    packet.tunnels = None
    packet.source_mac = -1
    if packet.link_type == 1:
        return enter_ethernet(packet, packet.start)
    enter = LINK_TYPES.get(packet.link_type)
    return -1 if enter is None else enter(packet, packet.start)


def enter_ipv4(packet: Packet, at: int) -> int:
    """Enter an IPv4 header."""
    return enter_version(packet, at, 4)


def enter_ipv6(packet: Packet, at: int) -> int:
    """Enter an IPv6 header."""
    return enter_version(packet, at, 6)


def enter_ppi(packet: Packet, at: int) -> int:
    """Enter a per-packet information header: version, flags, length, the link type of what follows."""
    require(packet, at, 8, "ppi")
    data = packet.data
    return enter_announced(packet, at, data[at + 2] | data[at + 3] << 8, data[at + 4] | data[at + 5] << 8, "ppi")


def enter_pktap(packet: Packet, at: int) -> int:
    """Enter Darwin's packet tap header: length, record type (1: a packet), the link type of what follows."""
    require(packet, at, 12, "pktap")
    data = packet.data
    if data[at + 4] != 1:
        return 0
    return enter_announced(packet, at, data[at] | data[at + 1] << 8, data[at + 8] | data[at + 9] << 8, "pktap")


def enter_user2(packet: Packet, at: int) -> int:
    """Enter a packet tap header under the number that Darwin's tcpdump writes for it, where it looks like one.

    Anybody may use this link type for anything: what looks otherwise is unknown.
    """
    data = packet.data
    if packet.end - at < 108 or data[at] != 108 or data[at + 1] or data[at + 4] != 1:
        return -1
    return enter_pktap(packet, at)


def enter_announced(packet: Packet, at: int, length: int, link_type: int, layer: str) -> int:
    """Enter the frame behind a header of `length` octets that names the frame's link type."""
    if length < 8 or link_type in ANNOUNCING:
        raise DecodeError(layer, "bad_value", 0, "a length of at least 8, and a link type without such a header")
    require(packet, at, length, layer)
    enter = LINK_TYPES.get(link_type)
    return -1 if enter is None else enter(packet, at + length)


ANNOUNCING = (149, 192, 258)

LINK_TYPES: dict[int, Callable[[Packet, int], int]] = {
    1: enter_ethernet,
    9: enter_ppp,
    12: enter_ip,
    14: enter_ip,
    51: enter_pppoe,
    101: enter_ip,
    105: enter_ieee80211,
    119: enter_prism,
    127: enter_radiotap,
    149: enter_user2,
    163: enter_avs,
    192: enter_ppi,
    228: enter_ipv4,
    229: enter_ipv6,
    258: enter_pktap,
    **MEDIA,
    **PSEUDO_HEADERS,
}
