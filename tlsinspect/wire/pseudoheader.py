"""From the header that a capturing host put in front of a packet to the IP header behind it.

Goes in: a Packet and the offset of the pseudo-header in its data. Comes out: 4
or 6 with `network` and `ip_version` set, or 0 where no IP follows. A header
that the frame cuts short raises DecodeError. Link types and their headers:
https://www.tcpdump.org/linktypes.html
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import DecodeError
from .ethernet import enter_ethernet, enter_ethertype, enter_ip, enter_llc, enter_version, require
from .ieee80211 import enter_ieee80211, enter_radiotap
from .media import enter_serial
from .packet import Packet


def enter_family(packet: Packet, at: int, family: int) -> int:
    """Enter what an address family announces; other families than IP give 0."""
    if family == 2:
        return enter_version(packet, at, 4)
    # AF_INET6 of Linux, Windows, NetBSD and OpenBSD, Solaris, FreeBSD, Darwin
    if family in (10, 23, 24, 26, 28, 30):
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


def enter_nflog(packet: Packet, at: int) -> int:
    """Enter a Linux netfilter log entry: attributes in host byte order, of which number 9 is the packet."""
    require(packet, at, 4, "nflog")
    data = packet.data
    family = data[at]
    at += 4
    while packet.end - at >= 4:
        little = data[at + 3] & 0x7F == 0  # attribute numbers are small: the octet that is zero is the high one
        length = data[at] | data[at + 1] << 8 if little else data[at] << 8 | data[at + 1]
        kind = data[at + 2] if little else data[at + 3]
        if length < 4:
            raise DecodeError("nflog", "bad_length", at - packet.start, "an attribute of at least 4 octets")
        if kind == 9:
            return enter_family(packet, at + 4, family)
        at += length + 3 & ~3
    return 0


def enter_erf(packet: Packet, at: int) -> int:
    """Enter an Endace record: 16 octets, extension headers, then what its type says."""
    require(packet, at, 16, "erf")
    data = packet.data
    kind = data[at + 8] & 0x7F
    extended = data[at + 8] & 0x80
    at += 16
    while extended:
        require(packet, at, 8, "erf")
        extended = data[at] & 0x80
        at += 8
    if kind in (2, 11, 16, 20):  # Ethernet, behind two octets of padding
        return enter_ethernet(packet, at + 2)
    if kind in (1, 10, 15, 19):  # HDLC
        return enter_serial(packet, at)
    return enter_ip(packet, at) if kind in (22, 23) else 0


def enter_upper_pdu(packet: Packet, at: int) -> int:
    """Enter what Wireshark exported, where its dissector's name tells that it is Ethernet or IP."""
    require(packet, at, 4, "upper_pdu")
    data = packet.data
    name = b""
    while data[at] or data[at + 1]:
        length = data[at + 2] << 8 | data[at + 3]
        if data[at] == 0 and data[at + 1] == 12:
            name = data[at + 4 : at + 4 + length].rstrip(b"\0")
        at += 4 + length
        require(packet, at, 4, "upper_pdu")
    if name in (b"ip", b"ipv4", b"ipv6"):
        return enter_ip(packet, at + 4)
    return enter_ethernet(packet, at + 4) if name.startswith(b"eth") else 0


def enter_juniper_ethernet(packet: Packet, at: int) -> int:
    """Enter a Juniper capture of an Ethernet port; a packet that never had a frame has its family instead."""
    require(packet, at, 6, "juniper")
    data = packet.data
    if data[at : at + 3] != b"MGC":
        raise DecodeError("juniper", "bad_value", 0, "the magic octets 4d4743")
    flags = data[at + 3]
    at += 6 + (data[at + 4] << 8 | data[at + 5]) if flags & 0x80 else 4
    if not flags & 0x02:
        return enter_ethernet(packet, at)
    require(packet, at, 4, "juniper")
    return enter_family(packet, at + 4, read_either_order(packet, at))


PSEUDO_HEADERS: dict[int, Callable[[Packet, int], int]] = {
    0: enter_null,
    13: enter_enc,  # OpenBSD's own number for 109
    108: enter_null,
    109: enter_enc,
    113: enter_sll,
    117: enter_pflog,
    178: enter_juniper_ethernet,
    197: enter_erf,
    226: enter_ipnet,
    239: enter_nflog,
    252: enter_upper_pdu,
    276: enter_sll2,
}
