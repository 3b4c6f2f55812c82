"""From a captured frame to the transport header of the innermost IP packet in it.

Goes in: a Packet as the readers leave it, and the table of held fragments.
Comes out: a protocol number with the packet's fields set, or that there is
nothing to read. IP in IP, GRE and MPLS are announced by the IP header; what
travels in UDP only by a port that anybody may use, so that it counts as a tunnel
only where its header is valid and a consistent IP header stands behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..errors import DecodeError
from .codes import EAPOL, TCP, UDP
from .ethernet import (
    enter_ethernet,
    enter_ethertype,
    enter_ip,
    enter_mpls,
    enter_nsh,
    enter_ppp,
    enter_version,
    note_tunnel,
    plausible_ethernet,
    plausible_ip,
    require,
)
from .ieee80211 import enter_aggregate, enter_avs, enter_ieee80211, enter_prism, enter_tunneled
from .ip import FragmentTable, read_network
from .link import locate_network
from .packet import Packet, Rest


def locate_transport(packet: Packet, fragments: FragmentTable) -> int:
    """Find the transport header of one frame.

    Returns the IP protocol number (6 TCP, 17 UDP, ...), EAPOL for an IEEE 802.1X frame, -1 for a frame without
    IP and for a fragment that was kept, -2 for a link type that is not known here.
    Raises DecodeError for headers that contradict themselves or were cut short.
    """
    version = locate_network(packet)
    if version <= 0:
        return -1 if version == 0 else -2
    return read_layers(packet, fragments)


def locate_rest(packet: Packet, rest: Rest, fragments: FragmentTable) -> int:
    """Find the transport header of the next packet in an aggregate, of which `rest` is what was not read yet.

    Returns what locate_transport returns, and leaves in `packet.rest` what is behind it.
    """
    packet.rest = None
    packet.data = rest.data
    packet.start = 0
    packet.end = packet.wire_length = len(rest.data)
    packet.vlans = None if rest.vlans is None else rest.vlans.copy()
    packet.tunnels = None if rest.tunnels is None else rest.tunnels.copy()
    return read_layers(packet, fragments) if enter_aggregate(packet, 0) else -1


def read_layers(packet: Packet, fragments: FragmentTable) -> int:
    """Read the IP header that was found, and the tunnels behind it."""
    protocol = read_network(packet, fragments)
    while protocol != TCP and protocol >= 0 and enter_tunnel(packet, protocol):
        protocol = read_network(packet, fragments)
    return protocol


def enter_tunnel(packet: Packet, protocol: int) -> int:
    """Enter the IP packet that the payload carries: 4 or 6, or 0 with the packet as it was.

    `protocol` is what read_network returned. Notes the encapsulations; more of them
    than NESTING_LIMIT raise DecodeError, and so does a malformed header behind one
    that the IP header announces.
    """
    at = packet.transport
    if protocol == UDP:
        enter = find_udp_tunnel(packet, at)
        at += 8
    else:
        enter = IP_TUNNELS.get(protocol)
    if enter is None:
        return 0
    network, version, end = packet.network, packet.ip_version, packet.end
    vlans = None if packet.vlans is None else packet.vlans.copy()
    tunnels = None if packet.tunnels is None else packet.tunnels.copy()
    packet.end = packet.payload_end
    try:
        found = enter(packet, at)
        if found and (protocol != UDP or found == EAPOL or plausible_ip(packet, packet.network) == found):
            return found
    except DecodeError as error:
        if protocol != UDP or error.kind == "limit":
            raise
    packet.network, packet.ip_version, packet.end = network, version, end
    packet.vlans, packet.tunnels = vlans, tunnels
    return 0


def find_udp_tunnel(packet: Packet, at: int) -> Callable[[Packet, int], int] | None:
    """Return what enters the payload of a UDP datagram, by its ports; None for all other datagrams."""
    if packet.payload_end - at < 16:
        return None
    data = packet.data
    source = data[at] << 8 | data[at + 1]
    destination = data[at + 2] << 8 | data[at + 3]
    if not TUNNEL_PORTS[destination] and not TUNNEL_PORTS[source]:
        return None
    length = data[at + 4] << 8 | data[at + 5]
    if length and not 16 <= length <= packet.payload_end - at + packet.missing:  # 0 in segments to be cut by hardware
        return None
    return UDP_TUNNELS.get(destination) or UDP_TUNNELS.get(source)


def build_port_flags(ports: Iterable[int]) -> bytes:
    """Make a table of 65536 octets with 1 at each of `ports`.

    It is looked at for every datagram: two look-ups in a dict cost more than the rest of the walk.
    """
    flags = bytearray(65536)
    for port in ports:
        flags[port] = 1
    return bytes(flags)


def enter_ipv4_in_ip(packet: Packet, at: int) -> int:
    """Enter IPv4 in IP. Spec: RFC 2003, RFC 2473."""
    note_tunnel(packet, "ipip" if packet.ip_version == 4 else "4in6")
    return enter_version(packet, at, 4)


def enter_ipv6_in_ip(packet: Packet, at: int) -> int:
    """Enter IPv6 in IP. Spec: RFC 4213, RFC 2473."""
    note_tunnel(packet, "6in4" if packet.ip_version == 4 else "6in6")
    return enter_version(packet, at, 6)


def enter_ethernet_in_ip(packet: Packet, at: int) -> int:
    """Enter EtherIP: version 3, then a frame. Spec: RFC 3378."""
    require(packet, at, 2, "etherip")
    note_tunnel(packet, "etherip")
    return enter_ethernet(packet, at + 2) if packet.data[at] == 0x30 else 0


def enter_srv6_ethernet(packet: Packet, at: int) -> int:
    """Enter an Ethernet frame directly behind IPv6. Spec: RFC 8986 section 4.9."""
    note_tunnel(packet, "srv6")
    return enter_ethernet(packet, at)


def enter_l2tpv3(packet: Packet, at: int) -> int:
    """Enter an L2TP version 3 session that carries Ethernet. Spec: RFC 3931 section 4.1.

    Cookie (0, 4 or 8 octets) and sublayer (0 or 4) were agreed on before: the
    first place where an Ethernet frame can stand is taken.
    """
    require(packet, at, 4, "l2tp")
    note_tunnel(packet, "l2tp")
    for place in (at + 4, at + 8, at + 12, at + 16):
        if plausible_ethernet(packet, place):
            return enter_ethernet(packet, place)
    return 0


def enter_gre(packet: Packet, at: int) -> int:
    """Enter GRE: plain, keyed, bridged (NVGRE), PPTP's; ERSPAN, WCCP, Aruba's. Spec: RFC 2784, RFC 2890, RFC 2637."""
    require(packet, at, 4, "gre")
    data = packet.data
    flags = data[at] << 8 | data[at + 1]
    protocol = data[at + 2] << 8 | data[at + 3]
    if flags & 0x4000:  # source routes: deprecated, and never met
        return 0
    behind = at + 4
    for flag in (0x8000, 0x2000, 0x1000):  # checksum, key, sequence number
        if flags & flag:
            behind += 4
    if flags & 0x0007 == 1 and flags & 0x0080:  # PPTP: acknowledgment number
        behind += 4
    if protocol in (0x88BE, 0x22EB):
        note_tunnel(packet, "erspan")
        return enter_erspan(packet, behind, protocol == 0x22EB, flags & 0x1000 != 0)
    note_tunnel(packet, "gre")
    if protocol == 0x6558:
        return enter_ethernet(packet, behind)
    if protocol == 0x883E:  # WCCP: version 2 puts 4 octets in front of the packet
        require(packet, behind, 1, "wccp")
        return enter_version(packet, behind if data[behind] >> 4 == 4 else behind + 4, 4)
    if 0x8200 <= protocol <= 0x8370:  # Aruba's access points: 802.11
        return enter_tunneled(packet, behind)
    return enter_ethertype(packet, behind, protocol)


def enter_erspan(packet: Packet, at: int, third: bool, numbered: bool) -> int:
    """Enter a mirrored frame: type III, or type II, or type I, which has no sequence number and no header.

    Spec: draft-foschiano-erspan-03 section 4.
    """
    if not third:
        return enter_ethernet(packet, at + 8 if numbered else at)
    require(packet, at, 12, "erspan")
    data = packet.data
    behind = at + 20 if data[at + 11] & 1 else at + 12
    return enter_ip(packet, behind) if data[at + 10] >> 2 & 0x1F == 2 else enter_ethernet(packet, behind)


def enter_vxlan(packet: Packet, at: int) -> int:
    """Enter VXLAN: plain, with group policy, or with the generic protocol extension, on whichever port.

    Some senders of the extension do not set its flag: a next protocol says as
    much. What else is set without the flag is reserved, and ignored. Of the extension,
    other versions and what is for the tunnel's own ends are left alone.
    Spec: RFC 7348 section 5, draft-ietf-nvo3-vxlan-gpe-13 section 3.
    """
    data = packet.data
    flags = data[at]
    if not flags & 0x0C or (flags & 0x04 and flags & 0x31):
        return 0
    note_tunnel(packet, "vxlan")
    protocol = 0 if flags & 0x80 else data[at + 3]  # with group policy, part of the group
    if protocol in (1, 2):
        return enter_version(packet, at + 8, 4 if protocol == 1 else 6)
    if protocol == 4:
        return enter_nsh(packet, at + 8)
    return enter_ethernet(packet, at + 8) if protocol in (0, 3) or not flags & 0x04 else 0


def enter_geneve(packet: Packet, at: int) -> int:
    """Enter Geneve version 0; options are stepped over, reserved bits ignored. Spec: RFC 8926 section 3.4."""
    data = packet.data
    if data[at] >> 6:
        return 0
    note_tunnel(packet, "geneve")
    behind = at + 8 + (data[at] & 0x3F) * 4
    protocol = data[at + 2] << 8 | data[at + 3]
    return enter_ethernet(packet, behind) if protocol == 0x6558 else enter_ethertype(packet, behind, protocol)


def enter_gtp(packet: Packet, at: int) -> int:
    """Enter a user's packet in GTP-U version 1: IP, or Ethernet where no consistent IP header is.

    Spec: 3GPP TS 29.281 section 5; 3GPP TS 23.501 section 5.6.10.2 (Ethernet sessions).
    """
    data = packet.data
    if data[at] >> 4 != 3 or data[at + 1] != 255:
        return 0
    behind = at + 8
    if data[at] & 0x07:
        require(packet, behind, 4, "gtp")
        extension = data[behind + 3] if data[at] & 0x04 else 0
        behind += 4
        while extension:
            require(packet, behind, 4, "gtp")
            length = data[behind] * 4
            if length == 0:
                return 0
            require(packet, behind, length, "gtp")
            behind += length
            extension = data[behind - 1]
    note_tunnel(packet, "gtp")
    version = plausible_ip(packet, behind)
    if version:
        return enter_version(packet, behind, version)
    return enter_ethernet(packet, behind) if plausible_ethernet(packet, behind) else 0


def enter_teredo(packet: Packet, at: int) -> int:
    """Enter Teredo, authentication and origin indication stepped over. Spec: RFC 4380 section 5.1."""
    data = packet.data
    if data[at] == 0 and data[at + 1] == 1:
        at += 13 + data[at + 2] + data[at + 3]
        require(packet, at, 2, "teredo")
    if data[at] == 0 and data[at + 1] == 0:
        at += 8
    note_tunnel(packet, "teredo")
    return enter_version(packet, at, 6)


def enter_capwap(packet: Packet, at: int) -> int:
    """Enter a CAPWAP data packet; fragments, keep-alives and encrypted ones are not. Spec: RFC 5415 section 4.3."""
    data = packet.data
    if data[at] or data[at + 3] & 0x8F:
        return 0
    note_tunnel(packet, "capwap")
    behind = at + (data[at + 1] >> 3) * 4
    return enter_tunneled(packet, behind) if data[at + 2] & 1 else enter_ethernet(packet, behind)


def enter_l2tp(packet: Packet, at: int) -> int:
    """Enter an L2TP data message over UDP: version 2 with PPP, version 3 with Ethernet. Spec: RFC 2661 section 3.1."""
    data = packet.data
    if data[at] & 0x80:  # a control message
        return 0
    version = data[at + 1] & 0x0F
    if version == 3:
        return enter_l2tpv3(packet, at + 4)
    if version != 2:
        return 0
    behind = at + 6
    if data[at] & 0x40:  # length
        behind += 2
    if data[at] & 0x08:  # sequence numbers
        behind += 4
    if data[at] & 0x02:  # offset, and as much padding
        require(packet, behind, 2, "l2tp")
        behind += 2 + (data[behind] << 8 | data[behind + 1])
    note_tunnel(packet, "l2tp")
    return enter_ppp(packet, behind)


def enter_gue(packet: Packet, at: int) -> int:
    """Enter generic UDP encapsulation: IP as it is, or what a header announces. Spec: draft-ietf-intarea-gue-09."""
    data = packet.data
    note_tunnel(packet, "gue")
    if data[at] >> 6 == 1:
        return enter_version(packet, at, data[at] >> 4)
    if data[at] & 0xE0:
        return 0
    behind = at + 4 + (data[at] & 0x1F) * 4
    if data[at + 1] in (4, 41):
        return enter_version(packet, behind, 4 if data[at + 1] == 4 else 6)
    return enter_gre(packet, behind) if data[at + 1] == 47 else 0


def enter_lisp(packet: Packet, at: int) -> int:
    """Enter a LISP data packet. Spec: RFC 9300 section 5."""
    note_tunnel(packet, "lisp")
    return enter_version(packet, at + 8, packet.data[at + 8] >> 4) if packet.end - at > 8 else 0


def enter_ayiya(packet: Packet, at: int) -> int:
    """Enter an AYIYA packet that forwards IPv6. Spec: draft-massar-v6ops-ayiya-02 section 3."""
    data = packet.data
    if data[at + 2] & 0x0F != 1 or data[at + 3] != 41:
        return 0
    note_tunnel(packet, "ayiya")
    return enter_version(packet, at + 8 + (1 << (data[at] >> 4)) + (data[at + 1] >> 4) * 4, 6)


def enter_tzsp(packet: Packet, at: int) -> int:
    """Enter a frame that an access point mirrors by TaZmen Sniffer Protocol, version 1."""
    data = packet.data
    if data[at] != 1:
        return 0
    note_tunnel(packet, "tzsp")
    protocol = data[at + 2] << 8 | data[at + 3]
    tag = at + 4
    while packet.end - tag >= 2 and data[tag] != 1:  # 1 ends the tags, 0 fills up, others have a length
        tag += 1 if data[tag] == 0 else 2 + data[tag + 1]
    enter = TZSP_PROTOCOLS.get(protocol)
    return 0 if enter is None else enter(packet, tag + 1)


TZSP_PROTOCOLS: dict[int, Callable[[Packet, int], int]] = {
    1: enter_ethernet,
    18: enter_ieee80211,
    119: enter_prism,
    127: enter_avs,
}

IP_TUNNELS: dict[int, Callable[[Packet, int], int]] = {
    4: enter_ipv4_in_ip,
    41: enter_ipv6_in_ip,
    47: enter_gre,
    97: enter_ethernet_in_ip,
    115: enter_l2tpv3,
    137: enter_mpls,
    143: enter_srv6_ethernet,
}

UDP_TUNNELS: dict[int, Callable[[Packet, int], int]] = {
    1701: enter_l2tp,
    2152: enter_gtp,
    3544: enter_teredo,
    4341: enter_lisp,
    4754: enter_gre,
    4789: enter_vxlan,
    4790: enter_vxlan,
    5072: enter_ayiya,
    5247: enter_capwap,
    6080: enter_gue,
    6081: enter_geneve,
    6635: enter_mpls,
    8472: enter_vxlan,
    37008: enter_tzsp,
}

TUNNEL_PORTS = build_port_flags(UDP_TUNNELS)
