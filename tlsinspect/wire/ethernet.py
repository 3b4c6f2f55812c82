"""From an Ethernet, LLC, MPLS or PPP header to the IP header behind it.

Goes in: a Packet and the offset of a header in its data. Comes out: 4 or 6,
with the packet's `network` and `ip_version` set, or 0 where no IP follows.
VLAN ids and encapsulations met on the way are noted in the packet. Checksums
are not looked at. A header that the frame cuts short raises DecodeError.
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import DecodeError
from .codes import EAPOL
from .packet import Packet

NESTING_LIMIT = 8  # tags, and tunnels, around one IP packet: a frame made of nothing else must not cost a deep stack
LONGEST_LENGTH = 1500  # IEEE 802.3: up to here the field is a length, from 1536 on an EtherType
ISL = b"\x01\x00\x0c\x00\x00"  # the first 40 bits of the address that Cisco's inter-switch link sends to
OTHER_ISL = b"\x0c\x00\x0c\x00\x00"
LLC = 0x8870  # IEEE 802.1AC: an EtherType in the place of a length that is too long to be one


def require(packet: Packet, at: int, length: int, layer: str) -> None:
    """Raise DecodeError unless the frame holds `length` octets from `at`."""
    if packet.end - at < length:
        raise DecodeError(layer, "truncated", max(packet.end - at, 0), f"a header of {length} octets")


def enter_version(packet: Packet, at: int, version: int) -> int:
    """Note that the IP header is at `at`; returns `version`."""
    packet.network = at
    packet.ip_version = version
    return version


def enter_ip(packet: Packet, at: int) -> int:
    """Enter an IP header whose first four bits alone tell its version."""
    require(packet, at, 1, "ip")
    version = packet.data[at] >> 4
    if version not in (4, 6):
        raise DecodeError("ip", "bad_value", 0, "IP version 4 or 6")
    return enter_version(packet, at, version)


def note_tunnel(packet: Packet, name: str) -> None:
    """Append one encapsulation's name to the packet's; DecodeError past NESTING_LIMIT."""
    if packet.tunnels is None:
        packet.tunnels = []
    if len(packet.tunnels) == NESTING_LIMIT:
        raise DecodeError(name, "limit", 0, f"at most {NESTING_LIMIT} encapsulations")
    packet.tunnels.append(name)


def note_vlan(packet: Packet, identifier: int) -> None:
    """Append one VLAN id to the packet's; DecodeError past NESTING_LIMIT."""
    if packet.vlans is None:
        packet.vlans = []
    if len(packet.vlans) == NESTING_LIMIT:
        raise DecodeError("vlan", "limit", 0, f"at most {NESTING_LIMIT} tags")
    packet.vlans.append(identifier)


def enter_ethernet(packet: Packet, at: int) -> int:
    """Enter an Ethernet frame, with EtherType or with 802.3 length. Spec: IEEE 802.3 clause 3.2."""
    require(packet, at, 14, "ethernet")
    packet.destination_mac = at
    packet.source_mac = at + 6
    data = packet.data
    ethertype = data[at + 12] << 8 | data[at + 13]
    if ethertype < 0x0600:
        if data[at + 2] == 0x0C and data[at : at + 5] in (ISL, OTHER_ISL):
            return enter_isl(packet, at)
        return enter_llc(packet, at + 14) if ethertype <= LONGEST_LENGTH else 0
    return enter_ethertype(packet, at + 14, ethertype)


def enter_isl(packet: Packet, at: int) -> int:
    """Enter the frame in one of Cisco's inter-switch link, whose header of 26 octets has the VLAN id in 15 bits."""
    require(packet, at, 26, "isl")
    note_tunnel(packet, "isl")
    note_vlan(packet, (packet.data[at + 20] << 8 | packet.data[at + 21]) >> 1)
    return enter_ethernet(packet, at + 26)


def enter_ethertype(packet: Packet, at: int, ethertype: int) -> int:
    """Enter what an EtherType announces; `at` is behind the EtherType.

    VLAN tags and the tags of TAG_LENGTHS are stepped over; behind a VLAN tag, a length may stand
    in the place of the EtherType. Spec: IEEE 802.1Q clause 9.
    """
    data = packet.data
    while True:
        if ethertype == 0x0800:
            return enter_version(packet, at, 4)
        if ethertype == 0x86DD:
            return enter_version(packet, at, 6)
        if ethertype in (0x8100, 0x88A8, 0x9100, 0x9200):
            length = 4
            require(packet, at, length, "vlan")
            note_vlan(packet, (data[at] << 8 | data[at + 1]) & 0x0FFF)
            following = data[at + 2] << 8 | data[at + 3]
            if following <= LONGEST_LENGTH or following == LLC:
                return enter_llc(packet, at + length)
        elif ethertype in TAG_LENGTHS:
            length = TAG_LENGTHS[ethertype]
            require(packet, at, length, "ethernet")
        elif ethertype == 0x8909:  # Cisco metadata: version, length in words, that many options
            require(packet, at, 2, "ethernet")
            length = 2 + 4 * data[at + 1] + 2
            require(packet, at, length, "ethernet")
        else:
            break
        at += length
        ethertype = data[at - 2] << 8 | data[at - 1]
    enter = ETHERTYPES.get(ethertype)
    return 0 if enter is None else enter(packet, at)


def enter_long_llc(packet: Packet, at: int) -> int:
    """Enter an LLC header behind its EtherType, where that stands directly behind the MAC addresses.

    Elsewhere such headers could stand in each other without end.
    """
    return enter_llc(packet, at) if at == packet.source_mac + 8 else 0


def enter_llc(packet: Packet, at: int) -> int:
    """Enter an 802.2 LLC header. Spec: IEEE 802.2, RFC 1042, RFC 2684 section 5."""
    require(packet, at, 3, "llc")
    data = packet.data
    head = data[at] << 16 | data[at + 1] << 8 | data[at + 2]
    if head == 0xAAAA03:
        return enter_snap(packet, at + 3, 2)
    if head == 0x060603:
        return enter_ip(packet, at + 3)
    if head == 0xFEFE03:
        return enter_nlpid(packet, at + 3)
    return 0


def enter_snap(packet: Packet, at: int, padding: int) -> int:
    """Enter a SNAP header; `padding` octets stand in front of a bridged Ethernet frame (RFC 2684: 2, RFC 2427: 0)."""
    require(packet, at, 5, "llc")
    data = packet.data
    organization = data[at] << 16 | data[at + 1] << 8 | data[at + 2]
    protocol = data[at + 3] << 8 | data[at + 4]
    if organization in (0x000000, 0x0000F8):
        return enter_ethertype(packet, at + 5, protocol)
    if organization == 0x0080C2 and protocol in (0x0001, 0x0007):
        note_tunnel(packet, "bridged")
        return enter_ethernet(packet, at + 5 + padding)
    return 0


def enter_nlpid(packet: Packet, at: int) -> int:
    """Enter what an ISO network layer protocol id announces. Spec: RFC 2427 section 4."""
    require(packet, at, 1, "llc")
    data = packet.data
    if data[at] == 0x00:  # padding to an even length
        at += 1
        require(packet, at, 1, "llc")
    if data[at] == 0xCC:
        return enter_version(packet, at + 1, 4)
    if data[at] == 0x8E:
        return enter_version(packet, at + 1, 6)
    if data[at] == 0x80:
        return enter_snap(packet, at + 1, 0)
    if data[at] == 0xCF:
        return enter_ppp(packet, at + 1)
    return 0


def enter_ppp(packet: Packet, at: int) -> int:
    """Enter a PPP frame, with or without the HDLC address and control octets. Spec: RFC 1661 section 2, RFC 1662.

    Van Jacobson compressed packets and fragments of PPP Multilink are not decoded.
    """
    require(packet, at, 2, "ppp")
    data = packet.data
    if data[at] == 0xFF and data[at + 1] == 0x03:
        at += 2
        require(packet, at, 2, "ppp")
    if data[at] & 1:  # protocol field compression
        protocol = data[at]
        at += 1
    else:
        protocol = data[at] << 8 | data[at + 1]
        at += 2
    if protocol == 0x0021:
        return enter_version(packet, at, 4)
    if protocol == 0x0057:
        return enter_version(packet, at, 6)
    if protocol in (0x0281, 0x0283):
        return enter_mpls(packet, at)
    return 0


def enter_pppoe(packet: Packet, at: int) -> int:
    """Enter a PPPoE session frame; discovery carries no IP. Spec: RFC 2516 section 4."""
    require(packet, at, 6, "pppoe")
    if packet.data[at] != 0x11:
        raise DecodeError("pppoe", "bad_value", 0, "version 1, type 1")
    if packet.data[at + 1] != 0:
        return 0
    note_tunnel(packet, "pppoe")
    at += 6
    if packet.end - at >= 2 and packet.data[at] == 0xC2 and packet.data[at + 1] == 0x27:
        return enter_eap(packet, at + 2)
    return enter_ppp(packet, at)


def enter_eap(packet: Packet, at: int) -> int:
    """Enter an EAP packet between two stations: the packet becomes the EAPOL frame that would carry it on a LAN.

    Spec: RFC 3748 section 3.1, IEEE 802.1X-2020 clause 11.3.
    """
    require(packet, at, 4, "eap")
    if packet.source_mac < 0:
        return 0
    data = packet.data
    macs = data[packet.destination_mac : packet.destination_mac + 6] + data[packet.source_mac : packet.source_mac + 6]
    packet.data = macs + b"\1\0" + data[at + 2 : at + 4] + data[at : packet.end]
    packet.start = 0
    packet.end = len(packet.data)
    packet.destination_mac = 0
    packet.source_mac = 6
    return enter_eapol(packet, 12)


def enter_mpls(packet: Packet, at: int) -> int:
    """Enter what a label stack carries, which no field tells. Spec: RFC 3032, RFC 4385, RFC 4928.

    IP where the octets make a consistent IP header; else an Ethernet pseudowire
    with or without control word, where an EtherType confirms it.
    """
    note_tunnel(packet, "mpls")
    require(packet, at, 4, "mpls")
    data = packet.data
    while not data[at + 2] & 1:
        at += 4
        require(packet, at, 4, "mpls")
    at += 4
    version = plausible_ip(packet, at)
    if version:
        return enter_version(packet, at, version)
    if plausible_ethernet(packet, at + 4) and data[at] >> 4 == 0:
        return enter_ethernet(packet, at + 4)
    if plausible_ethernet(packet, at):
        return enter_ethernet(packet, at)
    return 0


def enter_backbone(packet: Packet, at: int) -> int:
    """Enter the customer's frame behind an I-TAG. Spec: IEEE 802.1Q clause 9.7 (802.1ah)."""
    note_tunnel(packet, "pbb")
    return enter_ethernet(packet, at + 4)


def enter_trill(packet: Packet, at: int) -> int:
    """Enter the frame between two routing bridges, options stepped over. Spec: RFC 6325 section 3."""
    require(packet, at, 6, "trill")
    data = packet.data
    if data[at] & 0xC0:  # version
        return 0
    note_tunnel(packet, "trill")
    return enter_ethernet(packet, at + 6 + ((data[at] & 0x07) << 2 | data[at + 1] >> 6) * 4)


def enter_fabricpath(packet: Packet, at: int) -> int:
    """Enter the frame in one of Cisco's FabricPath, behind two octets of tree and hops."""
    note_tunnel(packet, "fabricpath")
    return enter_ethernet(packet, at + 2)


def enter_batman(packet: Packet, at: int) -> int:
    """Enter the frame in a unicast packet of batman-adv, compatibility version 15, with 2 or 4 addresses."""
    require(packet, at, 2, "batman")
    data = packet.data
    if data[at + 1] != 15 or data[at] not in (0x40, 0x42):
        return 0
    note_tunnel(packet, "batman")
    return enter_ethernet(packet, at + 10 if data[at] == 0x40 else at + 18)


def enter_macsec(packet: Packet, at: int) -> int:
    """Enter a MACsec frame that is authenticated and not encrypted. Spec: IEEE 802.1AE clause 9."""
    require(packet, at, 6, "macsec")
    control = packet.data[at]
    if control & 0x0C:  # E or C: the user data are encrypted or changed
        return 0
    note_tunnel(packet, "macsec")
    at += 14 if control & 0x20 else 6
    require(packet, at, 2, "macsec")
    return enter_ethertype(packet, at + 2, packet.data[at] << 8 | packet.data[at + 1])


def enter_nsh(packet: Packet, at: int) -> int:
    """Enter what a network service header carries. Spec: RFC 8300 section 2.2."""
    require(packet, at, 8, "nsh")
    note_tunnel(packet, "nsh")
    behind = at + (packet.data[at + 1] & 0x3F) * 4
    protocol = packet.data[at + 3]
    if protocol in (1, 2):
        return enter_version(packet, behind, 4 if protocol == 1 else 6)
    if protocol == 3:
        return enter_ethernet(packet, behind)
    if protocol == 5:
        return enter_mpls(packet, behind)
    return 0


def enter_eapol(packet: Packet, at: int) -> int:
    """Enter an IEEE 802.1X frame whose stations are known: EAPOL, with `network` at its header.

    Spec: IEEE 802.1X-2020 clause 11.3.
    """
    require(packet, at, 4, "eapol")
    if packet.source_mac < 0 or not 1 <= packet.data[at] <= 3:
        return 0
    packet.network = at
    packet.ip_version = 0
    return EAPOL


def plausible_ip(packet: Packet, at: int) -> int:
    """Return 4 or 6 when a consistent IP header of that version stands at `at`, else 0.

    Its length must fit into what the wire carried behind `at`: a wrong guess
    needs a matching version, header length and total length at once.
    """
    data = packet.data
    captured = packet.end - at
    on_wire = packet.wire_length - (at - packet.start)
    room = captured if captured > on_wire else on_wire
    if captured >= 20 and data[at] >> 4 == 4:
        header = (data[at] & 0x0F) * 4
        total = data[at + 2] << 8 | data[at + 3]
        if total == 0 and room > 65535:  # what length fields cannot say, segmentation offload leaves at 0
            return 4
        return 4 if 20 <= header <= total <= room else 0
    if captured >= 40 and data[at] >> 4 == 6:
        return 6 if 40 + (data[at + 4] << 8 | data[at + 5]) <= room else 0
    return 0


def plausible_ethernet(packet: Packet, at: int) -> bool:
    """Tell whether an Ethernet frame that can lead to IP stands at `at`."""
    if packet.end - at < 18:
        return False
    data = packet.data
    ethertype = data[at + 12] << 8 | data[at + 13]
    if ethertype in (0x0800, 0x86DD):
        return data[at + 14] >> 4 == (4 if ethertype == 0x0800 else 6)
    if ethertype <= LONGEST_LENGTH:
        return data[at + 14] == 0xAA and data[at + 15] == 0xAA and data[at + 16] == 0x03
    return ethertype in (0x8100, 0x88A8, 0x8847, 0x8864)


# Tags that stand in front of the true EtherType: octets from the tag's EtherType to behind the true one.
TAG_LENGTHS: dict[int, int] = {
    0x8926: 6,  # Cisco VN-Tag
    0x893F: 8,  # IEEE 802.1BR E-TAG
    0x892F: 6,  # IEC 62439-3 HSR
    0xF1C1: 6,  # IEEE 802.1CB R-TAG
}

ETHERTYPES: dict[int, Callable[[Packet, int], int]] = {
    0x22F3: enter_trill,
    0x4305: enter_batman,
    0x8847: enter_mpls,
    0x8848: enter_mpls,
    0x8864: enter_pppoe,
    LLC: enter_long_llc,
    0x880B: enter_ppp,
    0x888E: enter_eapol,
    0x88C7: enter_eapol,  # IEEE 802.11 clause 12.6.10.2: preauthentication
    0x88E5: enter_macsec,
    0x88E7: enter_backbone,
    0x8903: enter_fabricpath,
    0x894F: enter_nsh,
}
