"""From a captured frame to the IP header in it, by the link type of the capture.

Goes in: a Packet as the readers leave it. Comes out: 4 or 6 with `network`,
`ip_version`, `vlans` and `tunnels` set; 0 for a frame that carries no IP; -1
for a link type that is not known here. A header that the frame cuts short
raises DecodeError. Link types and their headers: https://www.tcpdump.org/linktypes.html
"""

from __future__ import annotations

from collections.abc import Callable

from .ethernet import (
    enter_ethernet,
    enter_ethertype,
    enter_ip,
    enter_llc,
    enter_ppp,
    enter_pppoe,
    enter_version,
    require,
)
from .ieee80211 import enter_avs, enter_ieee80211, enter_prism, enter_radiotap
from .media import MEDIA
from .packet import Packet

FAMILIES_IPV6 = (10, 24, 26, 28, 30, 23)  # AF_INET6 on Linux, NetBSD and OpenBSD, Solaris, FreeBSD, Darwin, Windows


def locate_network(packet: Packet) -> int:
    """Find the IP header of one frame: 4, 6, 0 (no IP) or -1 (unknown link type)."""
    packet.vlans = None
    packet.tunnels = None
    if packet.link_type == 1:
        return enter_ethernet(packet, packet.start)
    enter = LINK_TYPES.get(packet.link_type)
    return -1 if enter is None else enter(packet, packet.start)


def enter_family(packet: Packet, at: int, family: int) -> int:
    """Enter what an address family announces; other families than IP give 0."""
    if family == 2:
        return enter_version(packet, at, 4)
    if family in FAMILIES_IPV6:
        return enter_version(packet, at, 6)
    return 0


def enter_null(packet: Packet, at: int) -> int:
    """Enter a BSD loopback frame: the family is a 4-octet number in the capturing host's byte order."""
    require(packet, at, 4, "null")
    return enter_family(packet, at + 4, read_either_order(packet, at))


def read_either_order(packet: Packet, at: int) -> int:
    """Read a 4-octet number below 65536 whose byte order is not known."""
    data = packet.data
    if data[at] or data[at + 1]:
        return data[at] | data[at + 1] << 8
    return data[at + 2] << 8 | data[at + 3]


def enter_ipv4(packet: Packet, at: int) -> int:
    """Enter an IPv4 header."""
    return enter_version(packet, at, 4)


def enter_ipv6(packet: Packet, at: int) -> int:
    """Enter an IPv6 header."""
    return enter_version(packet, at, 6)


def enter_sll(packet: Packet, at: int) -> int:
    """Enter a Linux cooked capture, version 1 (16 octets, protocol last)."""
    require(packet, at, 16, "sll")
    data = packet.data
    return enter_cooked(packet, at + 16, data[at + 14] << 8 | data[at + 15], data[at + 2] << 8 | data[at + 3])


def enter_sll2(packet: Packet, at: int) -> int:
    """Enter a Linux cooked capture, version 2 (20 octets, protocol first)."""
    require(packet, at, 20, "sll2")
    data = packet.data
    return enter_cooked(packet, at + 20, data[at] << 8 | data[at + 1], data[at + 8] << 8 | data[at + 9])


def enter_cooked(packet: Packet, at: int, protocol: int, hardware: int) -> int:
    """Enter what a cooked header announces: the ARPHRD_ type decides what the protocol number means."""
    if hardware == 824:  # netlink
        return 0
    if hardware == 803:
        return enter_radiotap(packet, at)
    if hardware == 801:
        return enter_ieee80211(packet, at)
    if protocol == 4:  # 802.2 LLC; 1, Novell's raw 802.3, carries IPX only
        return enter_llc(packet, at)
    return enter_ethertype(packet, at, protocol)


def enter_pflog(packet: Packet, at: int) -> int:
    """Enter an OpenBSD pf log entry: length and family first, the header padded to words."""
    require(packet, at, 2, "pflog")
    return enter_family(packet, at + (packet.data[at] + 3 & ~3), packet.data[at + 1])


def enter_enc(packet: Packet, at: int) -> int:
    """Enter an OpenBSD enc(4) frame: family in host byte order, SPI, flags."""
    require(packet, at, 12, "enc")
    return enter_family(packet, at + 12, read_either_order(packet, at))


def enter_ipnet(packet: Packet, at: int) -> int:
    """Enter a Solaris ipnet frame of 24 octets: version, family, ..."""
    require(packet, at, 24, "ipnet")
    return enter_family(packet, at + 24, packet.data[at + 1])


LINK_TYPES: dict[int, Callable[[Packet, int], int]] = {
    0: enter_null,
    1: enter_ethernet,
    9: enter_ppp,
    12: enter_ip,
    14: enter_ip,
    51: enter_pppoe,
    101: enter_ip,
    105: enter_ieee80211,
    108: enter_null,
    109: enter_enc,
    113: enter_sll,
    117: enter_pflog,
    119: enter_prism,
    127: enter_radiotap,
    163: enter_avs,
    226: enter_ipnet,
    228: enter_ipv4,
    229: enter_ipv6,
    276: enter_sll2,
    **MEDIA,
}
