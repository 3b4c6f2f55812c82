"""From the frame of a medium other than Ethernet and 802.11 to the IP header in it.

Goes in: a Packet and the offset of the medium's header in its data. Comes out:
4 or 6 with `network` and `ip_version` set, or 0 where no IP follows. A header
that the frame cuts short raises DecodeError. Link types and their headers:
https://www.tcpdump.org/linktypes.html
"""

from __future__ import annotations

from collections.abc import Callable

from .ethernet import (
    enter_ethernet,
    enter_ethertype,
    enter_ip,
    enter_llc,
    enter_mpls,
    enter_nlpid,
    enter_ppp,
    note_vlan,
    require,
)
from .packet import Packet


def enter_serial(packet: Packet, at: int) -> int:
    """Enter a frame of a serial line: PPP, or Cisco HDLC with its address octets. Spec: RFC 1662, RFC 1547."""
    require(packet, at, 4, "hdlc")
    data = packet.data
    if data[at] in (0x0F, 0x8F):
        return enter_ethertype(packet, at + 4, data[at + 2] << 8 | data[at + 3])
    return enter_ppp(packet, at)


def enter_ppp_directed(packet: Packet, at: int) -> int:
    """Enter PPP behind one octet for the direction."""
    return enter_ppp(packet, at + 1)


def enter_ppp_pppd(packet: Packet, at: int) -> int:
    """Enter PPP whose HDLC address octet was replaced by the direction."""
    return enter_ppp(packet, at + 2)


def enter_serial_directed(packet: Packet, at: int) -> int:
    """Enter Cisco HDLC behind one octet for the direction."""
    return enter_serial(packet, at + 1)


def enter_slip(packet: Packet, at: int) -> int:
    """Enter SLIP: 16 octets of direction and compression state, then IP; compressed TCP headers are not decoded."""
    require(packet, at, 17, "slip")
    return enter_ip(packet, at + 16) if packet.data[at + 16] >> 4 in (4, 6) else 0


def enter_frame_relay(packet: Packet, at: int) -> int:
    """Enter a frame relay frame, with RFC 2427 or with Cisco encapsulation. Spec: Q.922 address, RFC 2427."""
    require(packet, at, 4, "frame_relay")
    data = packet.data
    while not data[at] & 1:  # the last octet of the address has its lowest bit set
        at += 1
        require(packet, at, 3, "frame_relay")
    if data[at + 1] == 0x03:
        return enter_nlpid(packet, at + 2)
    return enter_ethertype(packet, at + 3, data[at + 1] << 8 | data[at + 2])


def enter_frame_relay_directed(packet: Packet, at: int) -> int:
    """Enter frame relay behind one octet for the direction."""
    return enter_frame_relay(packet, at + 1)


def enter_token_ring(packet: Packet, at: int) -> int:
    """Enter a token ring frame, its source route stepped over. Spec: IEEE 802.5, IEEE 802.1D annex C."""
    require(packet, at, 15, "token_ring")
    data = packet.data
    if data[at + 1] >> 6 != 1:  # not an LLC frame
        return 0
    routed = data[at + 8] & 0x80
    return enter_llc(packet, at + 14 + (data[at + 14] & 0x1F if routed else 0))


def enter_fddi(packet: Packet, at: int) -> int:
    """Enter an FDDI frame; only LLC frames carry IP. Spec: ISO 9314-2, RFC 1390."""
    require(packet, at, 13, "fddi")
    return enter_llc(packet, at + 13) if packet.data[at] & 0x70 == 0x50 else 0


def enter_ip_over_fc(packet: Packet, at: int) -> int:
    """Enter RFC 2625 IP over Fibre Channel: two 8-octet addresses, then LLC."""
    return enter_llc(packet, at + 16)


def enter_sunatm(packet: Packet, at: int) -> int:
    """Enter a SunATM frame: 4 octets of pseudo-header, then LLC or LAN emulation."""
    require(packet, at, 4, "sunatm")
    kind = packet.data[at] & 0x0F
    if kind == 2:
        return enter_llc(packet, at + 4)
    return enter_ethernet(packet, at + 6) if kind == 1 else 0


def enter_linux_atm(packet: Packet, at: int) -> int:
    """Enter Linux classical IP over ATM: LLC where it is there, else IP."""
    require(packet, at, 3, "atm")
    data = packet.data
    return enter_llc(packet, at) if data[at] == 0xAA and data[at + 1] == 0xAA else enter_ip(packet, at)


def enter_ieee1394(packet: Packet, at: int) -> int:
    """Enter Apple's IP over IEEE 1394: two 8-octet addresses, then an EtherType."""
    require(packet, at, 18, "ieee1394")
    return enter_ethertype(packet, at + 18, packet.data[at + 16] << 8 | packet.data[at + 17])


def enter_docsis(packet: Packet, at: int) -> int:
    """Enter a DOCSIS frame; only packet data units carry Ethernet. Spec: CM-SP-MULPI section 6.2."""
    require(packet, at, 6, "docsis")
    control = packet.data[at]
    if control & 0xFE:  # frame type and parameter: all zero for a packet data unit
        return 0
    extended = packet.data[at + 1] if control & 1 else 0
    return enter_ethernet(packet, at + 6 + extended)


def enter_mpacket(packet: Packet, at: int) -> int:
    """Enter an Ethernet mPacket behind its preamble; a continuation is a fragment. Spec: IEEE 802.3 clause 99.3."""
    require(packet, at, 8, "mpacket")
    if packet.data[at + 7] in (0xD5, 0xE6, 0x4C, 0x7F, 0xB3):
        return enter_ethernet(packet, at + 8)
    return 0


def enter_arcnet(packet: Packet, at: int) -> int:
    """Enter an ARCNET frame as BSD gives it: two addresses; fragments are left alone. Spec: RFC 1201, RFC 1051."""
    require(packet, at, 4, "arcnet")
    protocol = packet.data[at + 2]
    if protocol == 0xF0:  # RFC 1051: no fragments
        return enter_ip(packet, at + 3)
    if protocol in (0xD4, 0xC4) and packet.data[at + 3] == 0:
        return enter_ip(packet, at + 6)
    return 0


def enter_arcnet_linux(packet: Packet, at: int) -> int:
    """Enter an ARCNET frame as Linux gives it, with two octets of offset behind the addresses."""
    return enter_arcnet(packet, at + 2)


def enter_symantec(packet: Packet, at: int) -> int:
    """Enter what a Symantec firewall captured: 44 octets with the EtherType behind the first six."""
    require(packet, at, 44, "symantec")
    return enter_ethertype(packet, at + 44, packet.data[at + 6] << 8 | packet.data[at + 7])


def enter_ipoib(packet: Packet, at: int) -> int:
    """Enter IP over InfiniBand: 40 octets of addresses, then an EtherType and 2 reserved octets. Spec: RFC 4391."""
    require(packet, at, 44, "ipoib")
    return enter_ethertype(packet, at + 44, packet.data[at + 40] << 8 | packet.data[at + 41])


def enter_netanalyzer(packet: Packet, at: int) -> int:
    """Enter Ethernet behind the 4 octets of a netANALYZER."""
    return enter_ethernet(packet, at + 4)


def enter_netanalyzer_preamble(packet: Packet, at: int) -> int:
    """Enter Ethernet behind the 4 octets of a netANALYZER and the preamble."""
    return enter_ethernet(packet, at + 12)


def enter_broadcom_tag(packet: Packet, at: int) -> int:
    """Enter Ethernet from a port to a switch of Broadcom's, whose tag of 4 octets is behind the MAC addresses."""
    return enter_tagged(packet, at, 4)


def enter_broadcom_prepended(packet: Packet, at: int) -> int:
    """Enter Ethernet from a port to a switch of Broadcom's, whose tag of 4 octets is in front of the frame."""
    return enter_ethernet(packet, at + 4)


def enter_marvell_tag(packet: Packet, at: int) -> int:
    """Enter Ethernet from a port to a switch of Marvell's, whose tag of 4 octets is behind the MAC addresses.

    It stands in the place of the VLAN tag, and says by a bit whether there was one.
    """
    return enter_marvell(packet, at, 4)


def enter_marvell_long_tag(packet: Packet, at: int) -> int:
    """Enter Ethernet with Marvell's tag behind an EtherType of its own and two reserved octets."""
    return enter_marvell(packet, at, 8)


def enter_marvell(packet: Packet, at: int, length: int) -> int:
    """Enter Ethernet with a tag of `length` octets, of which the last four are Marvell's."""
    require(packet, at, 14 + length, "ethernet")
    data = packet.data
    tag = at + 8 + length
    if data[tag] & 0x20:
        note_vlan(packet, (data[tag + 2] << 8 | data[tag + 3]) & 0x0FFF)
    return enter_tagged(packet, at, length)


def enter_tagged(packet: Packet, at: int, length: int) -> int:
    """Enter Ethernet with a tag of `length` octets behind the MAC addresses."""
    require(packet, at, 14 + length, "ethernet")
    packet.destination_mac = at
    packet.source_mac = at + 6
    at += 12 + length
    ethertype = packet.data[at] << 8 | packet.data[at + 1]
    return enter_llc(packet, at + 2) if ethertype < 0x0600 else enter_ethertype(packet, at + 2, ethertype)


MEDIA: dict[int, Callable[[Packet, int], int]] = {
    6: enter_token_ring,
    7: enter_arcnet,
    8: enter_slip,
    10: enter_fddi,
    11: enter_llc,  # 11 to 19 and 112: what older systems wrote for 100, 106 and 104
    16: enter_linux_atm,
    18: enter_linux_atm,
    19: enter_linux_atm,
    50: enter_serial,
    99: enter_symantec,
    100: enter_llc,  # RFC 2684 over ATM
    104: enter_serial,
    106: enter_linux_atm,
    107: enter_frame_relay,
    112: enter_serial,
    122: enter_ip_over_fc,
    123: enter_sunatm,
    129: enter_arcnet_linux,
    138: enter_ieee1394,
    143: enter_docsis,
    166: enter_ppp_pppd,
    204: enter_ppp_directed,
    205: enter_serial_directed,
    206: enter_frame_relay_directed,
    219: enter_mpls,
    240: enter_netanalyzer,
    241: enter_netanalyzer_preamble,
    242: enter_ipoib,
    274: enter_mpacket,
    281: enter_broadcom_tag,
    282: enter_broadcom_prepended,
    284: enter_marvell_tag,
    285: enter_marvell_long_tag,
}
