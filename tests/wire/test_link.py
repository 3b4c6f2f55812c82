"""Link types: each vector is a frame written out in hex, with the place of the IP header in it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsinspect.errors import DecodeError
from tlsinspect.wire.ip import FragmentTable, read_network
from tlsinspect.wire.link import locate_network
from tlsinspect.wire.packet import Packet

IPV4 = bytes.fromhex("450000280001400040060000c0000201c6336402c00101bb00000001000000025010ffff00000000")
IPV6 = bytes.fromhex(
    "6000000000140640"
    "20010db8000000000000000000000001"
    "20010db8000000000000000000000002"
    "c00101bb00000001000000025010ffff00000000"
)
MACS = "02000000000a 02000000000b"
SNAP = "aaaa03 000000 0800"

# link type, octets in front of the IP header, VLAN ids, tunnels
WITH_IPV4 = {
    "ethernet": (1, f"{MACS} 0800", None, None),
    "802.1Q": (1, f"{MACS} 8100 2064 0800", [100], None),
    "QinQ": (1, f"{MACS} 88a8 0fff 8100 0001 0800", [4095, 1], None),
    "QinQ with older EtherTypes": (1, f"{MACS} 9100 0002 9200 0003 8100 0004 0800", [2, 3, 4], None),
    "802.3 with SNAP": (1, f"{MACS} 0030 {SNAP}", None, None),
    "802.3 with LLC": (1, f"{MACS} 002b 060603", None, None),
    "802.1Q with length and SNAP": (1, f"{MACS} 8100 2064 0030 {SNAP}", [100], None),
    "QinQ with length and LLC": (1, f"{MACS} 88a8 0005 8100 0006 002b 060603", [5, 6], None),
    "802.1Q with LLC in a long frame": (1, f"{MACS} 8100 0007 8870 {SNAP}", [7], None),
    "LLC in a long frame": (1, f"{MACS} 8870 {SNAP}", None, None),
    "MPLS": (1, f"{MACS} 8847 00010040 00020140", None, ["mpls"]),
    "MPLS pseudowire": (1, f"{MACS} 8847 00020140 {MACS} 0800", None, ["mpls"]),
    "MPLS pseudowire with control word": (1, f"{MACS} 8847 00020140 00000000 {MACS} 8100 0007 0800", [7], ["mpls"]),
    "PPPoE": (1, f"{MACS} 8864 1100 0001 002a 0021", None, ["pppoe"]),
    "PPPoE in VLAN": (1, f"{MACS} 8100 0007 8864 1100 0001 002a 0021", [7], ["pppoe"]),
    "Cisco metadata": (1, f"{MACS} 8909 0101 00010005 0800", None, None),
    "VN-Tag": (1, f"{MACS} 8926 00000000 0800", None, None),
    "HSR": (1, f"{MACS} 892f 0034 0001 0800", None, None),
    "802.1CB": (1, f"{MACS} f1c1 0000 0001 0800", None, None),
    "802.3 with network layer identifier": (1, f"{MACS} 002c fefe03 cc", None, None),
    "802.1BR": (1, f"{MACS} 893f 000000000000 0800", None, None),
    "TRILL": (1, f"{MACS} 22f3 0010 0001 0002 {MACS} 0800", None, ["trill"]),
    "TRILL with options": (1, f"{MACS} 22f3 0890 0001 0002 {'00' * 8} {MACS} 8100 0007 0800", [7], ["trill"]),
    "FabricPath": (1, f"{MACS} 8903 0040 {MACS} 8100 0007 0800", [7], ["fabricpath"]),
    "batman-adv": (1, f"{MACS} 4305 400f 3201 02000000000c {MACS} 0800", None, ["batman"]),
    "batman-adv with four addresses": (
        1,
        f"{MACS} 4305 420f 3201 02000000000c 02000000000d 01 00 {MACS} 0800",
        None,
        ["batman"],
    ),
    "inter-switch link": (
        1,
        f"01000c000000 02000000000b 0046 aaaa03 00000c 000e 0000 0000 {MACS} 0800",
        [7],
        ["isl"],
    ),
    "inter-switch link with a long frame and both tags": (
        1,
        f"0c000c000010 02000000000b 05f8 aaaa03 00000c 07d0 0000 0000 {MACS} 8100 0009 0800",
        [1000, 9],
        ["isl"],
    ),
    "802.1ah": (1, f"{MACS} 88a8 0005 88e7 00000001 {MACS} 0800", [5], ["pbb"]),
    "MACsec without encryption": (1, f"{MACS} 88e5 0000 00000001 0800", None, ["macsec"]),
    "MACsec with channel identifier": (1, f"{MACS} 88e5 2000 00000001 0200000000000001 0800", None, ["macsec"]),
    "NSH": (1, f"{MACS} 894f 0fc2 0101 00000100", None, ["nsh"]),
    "null, little-endian": (0, "02000000", None, None),
    "null, big-endian": (0, "00000002", None, None),
    "loop": (108, "00000002", None, None),
    "raw": (101, "", None, None),
    "raw of BSD": (12, "", None, None),
    "raw of OpenBSD": (14, "", None, None),
    "IPv4": (228, "", None, None),
    "PPP": (9, "ff03 0021", None, None),
    "PPP with compressed header": (9, "21", None, None),
    "PPP with MPLS": (9, "ff03 0281 00020140", None, ["mpls"]),
    "PPP in HDLC framing": (50, "ff03 0021", None, None),
    "PPPoE as link type": (51, "1100 0001 002a 0021", None, ["pppoe"]),
    "PPP of pppd": (166, "0003 0021", None, None),
    "PPP with direction": (204, "00 ff03 0021", None, None),
    "Cisco HDLC": (104, "0f00 0800", None, None),
    "Cisco HDLC with direction": (205, "01 8f00 0800", None, None),
    "Cisco HDLC under its older number": (112, "0f00 0800", None, None),
    "SLIP": (8, "00 40" + "00" * 14, None, None),
    "Linux cooked": (113, "0000 0001 0006 02000000000a0000 0800", None, None),
    "Linux cooked with VLAN": (113, "0000 0001 0006 02000000000a0000 8100 0009 0800", [9], None),
    "Linux cooked with LLC": (113, f"0000 0001 0006 02000000000a0000 0004 {SNAP}", None, None),
    "Linux cooked of a monitor": (
        113,
        f"0000 0323 0006 02000000000a0000 0000 00 00 0800 00000000 0801 0000 {MACS} 02000000000c 1000 {SNAP}",
        None,
        None,
    ),
    "Linux cooked of 802.11": (
        276,
        f"0000 0000 00000002 0321 00 06 02000000000a0000 0801 0000 {MACS} 02000000000c 1000 {SNAP}",
        None,
        None,
    ),
    "Linux cooked, version 2": (276, "0800 0000 00000002 0001 00 06 02000000000a0000", None, None),
    "frame relay": (107, "1841 03 cc", None, None),
    "frame relay with SNAP": (107, "1841 03 00 80 000000 0800", None, None),
    "frame relay with PPP": (107, "1841 03 cf 0021", None, None),
    "frame relay of Cisco": (107, "1841 0800", None, None),
    "frame relay with bridged Ethernet": (107, f"1841 03 00 80 0080c2 0007 {MACS} 0800", None, ["bridged"]),
    "frame relay with direction": (206, "00 18000041 03 cc", None, None),
    "token ring": (6, f"1040 {MACS} {SNAP}", None, None),
    "token ring with source route": (6, f"1040 02000000000a 82000000000b 0680 0011 0020 {SNAP}", None, None),
    "FDDI": (10, f"50 {MACS} {SNAP}", None, None),
    "Fibre Channel": (122, f"100002000000000a 100002000000000b {SNAP}", None, None),
    "RFC 2684 routed": (100, SNAP, None, None),
    "RFC 2684 bridged": (100, f"aaaa03 0080c2 0007 0000 {MACS} 0800", None, ["bridged"]),
    "RFC 2684 under its older number": (11, SNAP, None, None),
    "SunATM": (123, f"02 00 0020 {SNAP}", None, None),
    "SunATM with LAN emulation": (123, f"81 00 0020 0001 {MACS} 0800", None, None),
    "classical IP over ATM": (106, SNAP, None, None),
    "classical IP over ATM without LLC": (106, "", None, None),
    "classical IP over ATM under an older number": (19, SNAP, None, None),
    "classical IP over ATM without LLC, number 16": (16, "", None, None),
    "classical IP over ATM without LLC, number 18": (18, "", None, None),
    "IEEE 1394": (138, "0200000000000001 0200000000000002 0800", None, None),
    "DOCSIS": (143, f"00 00 0036 0000 {MACS} 0800", None, None),
    "DOCSIS with extended header": (143, f"01 03 0039 112233 0000 {MACS} 0800", None, None),
    "MPLS without a link header": (219, "00010040 00020140", None, ["mpls"]),
    "Broadcom's switch tag": (281, f"{MACS} 00000001 0800", None, None),
    "Broadcom's switch tag with 802.1Q": (281, f"{MACS} 00000001 8100 0007 0800", [7], None),
    "Broadcom's switch tag with SNAP": (281, f"{MACS} 00000001 0030 {SNAP}", None, None),
    "Broadcom's switch tag in front": (282, f"00000001 {MACS} 0800", None, None),
    "Marvell's switch tag": (284, f"{MACS} c0080001 0800", None, None),
    "Marvell's switch tag of a VLAN": (284, f"{MACS} e0080007 0800", [7], None),
    "Marvell's switch tag with EtherType": (285, f"{MACS} dada 0000 c0080001 0800", None, None),
    "Marvell's switch tag with EtherType, of a VLAN": (285, f"{MACS} dada 0000 e00820c8 0800", [200], None),
    "Ethernet mPacket": (274, f"555555555555 55 d5 {MACS} 0800", None, None),
    "pf log": (117, "3d 02" + "00" * 62, None, None),
    "OpenBSD enc": (109, "02000000 00000001 00000000", None, None),
    "OpenBSD enc under its own number": (13, "02000000 00000001 00000000", None, None),
    "Solaris ipnet": (226, "01 02" + "00" * 22, None, None),
    "NFLOG": (239, "02 00 0014 0800 0100 08000103 0500 0a00 00000000 2c00 0900", None, None),
    "NFLOG, big-endian": (239, "02 00 0014 0008 0001 08000103 0005 000a 00000000 002c 0009", None, None),
    "ERF": (197, f"{'00' * 8} 02 04 0000 0000 0036 0000 {MACS} 0800", None, None),
    "ERF with extension headers": (
        197,
        f"{'00' * 8} 82 04 0000 0000 0036 {'80' * 8} {'00' * 8} 0000 {MACS} 0800",
        None,
        None,
    ),
    "ERF of IPv4": (197, f"{'00' * 8} 16 04 0000 0000 0028", None, None),
    "ERF of a serial line": (197, f"{'00' * 8} 01 04 0000 0000 0028 0f00 0800", None, None),
    "exported IP": (252, "000c 0004 69700000 0014 0004 c0000201 0000 0000", None, None),
    "exported Ethernet": (252, f"000c 000f {b'eth_withoutfcs'.hex()}00 0000 0000 {MACS} 0800", None, None),
    "Juniper Ethernet": (178, f"4d4743 81 0004 01020304 {MACS} 0800", None, None),
    "Juniper Ethernet without frame": (178, "4d4743 02 02000000", None, None),
    "packet tap": (258, f"6c000000 01000000 01000000 {'00' * 96} {MACS} 0800", None, None),
    "packet tap under a free number": (149, f"6c000000 01000000 0c000000 {'00' * 96}", None, None),
    "per-packet information": (192, f"00 00 0800 01000000 {MACS} 0800", None, None),
    "ARCNET of BSD, RFC 1051": (7, "be50 f0", None, None),
    "ARCNET of BSD, RFC 1201": (7, "be50 d4 00 0166", None, None),
    "Symantec": (99, f"c0000201 0000 0800 {'00' * 36}", None, None),
    "ARCNET, RFC 1051": (129, "be50 ab08 f0", None, None),
    "ARCNET, RFC 1201": (129, "be50 ab08 d4 00 0166", None, None),
    "InfiniBand": (242, "00" * 40 + "0800 0000", None, None),
    "netANALYZER": (240, f"00000000 {MACS} 0800", None, None),
    "netANALYZER with preamble": (241, f"00000000 55555555555555d5 {MACS} 0800", None, None),
    "802.11": (105, f"0801 0000 {MACS} 02000000000c 1000 {SNAP}", None, None),
    "802.11 QoS": (105, f"8802 0000 {MACS} 02000000000c 1000 0000 {SNAP}", None, None),
    "802.11 QoS and HT control": (105, f"8882 0000 {MACS} 02000000000c 1000 0000 00000000 {SNAP}", None, None),
    "802.11 with four addresses": (105, f"0803 0000 {MACS} 02000000000c 1000 02000000000d {SNAP}", None, None),
    "802.11 QoS with four addresses": (
        105,
        f"8803 0000 {MACS} 02000000000c 1000 02000000000d 0000 {SNAP}",
        None,
        None,
    ),
    "802.11 mesh": (
        105,
        f"8803 0000 {MACS} 02000000000c 1000 02000000000d 0001 00 1f 01000000 {SNAP}",
        None,
        None,
    ),
    "802.11 mesh with six addresses": (
        105,
        f"8803 0000 {MACS} 02000000000c 1000 02000000000d 0001 02 1f 01000000 {MACS} {SNAP}",
        None,
        None,
    ),
    "802.11 A-MSDU": (105, f"8802 0000 {MACS} 02000000000c 1000 8000 {MACS} 0030 {SNAP}", None, None),
    "802.11 A-MSDU, second": (
        105,
        f"8802 0000 {MACS} 02000000000c 1000 8000 {MACS} 0009 aaaa03 000000 0806 00 00 {MACS} 0030 {SNAP}",
        None,
        None,
    ),
    "radiotap": (127, f"00 00 0800 00000000 0801 0000 {MACS} 02000000000c 1000 {SNAP}", None, None),
    "radiotap with padded header": (
        127,
        "00 00 1900 03000080 00000000 00000000 1122334455667788 20"
        f" 8802 0000 {MACS} 02000000000c 1000 0000 0000 {SNAP}",
        None,
        None,
    ),
    "Prism": (119, f"44000000 90000000 {'00' * 136} 0801 0000 {MACS} 02000000000c 1000 {SNAP}", None, None),
    "Prism, big-endian": (119, f"00000044 00000090 {'00' * 136} 0801 0000 {MACS} 02000000000c 1000 {SNAP}", None, None),
    "AVS as Prism": (119, f"80211001 00000040 {'00' * 56} 0801 0000 {MACS} 02000000000c 1000 {SNAP}", None, None),
    "AVS": (163, f"80211001 00000040 {'00' * 56} 0801 0000 {MACS} 02000000000c 1000 {SNAP}", None, None),
}

WITH_IPV6 = {
    "ethernet": (1, f"{MACS} 86dd"),
    "null of Linux": (0, "0a000000"),
    "null of OpenBSD": (0, "18000000"),
    "null of FreeBSD": (0, "1c000000"),
    "null of Darwin": (0, "1e000000"),
    "null, big-endian": (0, "0000001e"),
    "raw": (101, ""),
    "IPv6": (229, ""),
    "PPP": (9, "ff03 0057"),
    "Cisco HDLC": (104, "0f00 86dd"),
    "frame relay": (107, "1841 03 8e"),
    "MPLS": (1, f"{MACS} 8847 00020140"),
    "Solaris ipnet": (226, "01 1a" + "00" * 22),
}

WITHOUT_IP = {
    "ARP": (1, f"{MACS} 0806 0001080006040001"),
    "802.3 with spanning tree": (1, f"{MACS} 0026 424203 0000000000"),
    "LLC in LLC, of a long frame": (1, f"{MACS} 8870" + " aaaa03 000000 8870" * 2 + SNAP),
    "802.1Q with spanning tree": (1, f"{MACS} 8100 0001 0026 424203 0000000000"),
    "802.3 with a length that is none": (1, f"{MACS} 05f8 {SNAP} 4500"),
    "TRILL, version 1": (1, f"{MACS} 22f3 4010 0001 0002 {MACS} 0800 4500"),
    "batman-adv announcement": (1, f"{MACS} 4305 000f 3200 02000000000c"),
    "batman-adv, version 14": (1, f"{MACS} 4305 400e 3201 02000000000c {MACS} 0800 4500"),
    "PPPoE discovery": (1, f"{MACS} 8864 1109 0000 0000"),
    "PPP LCP": (9, "ff03 c021 01010004"),
    "MPLS associated channel": (1, f"{MACS} 8847 00020140 10000021 0000"),
    "MACsec with encryption": (1, f"{MACS} 88e5 2c00 00000001 0200000000000001 0800"),
    "null with another family": (0, "07000000 00"),
    "Linux netlink": (113, "0000 0338 0000 0000000000000000 0000 4500"),
    "SLIP with compressed header": (8, "00 80" + "00" * 14 + "80"),
    "token ring MAC frame": (6, f"1000 {MACS} 0000"),
    "FDDI station management": (10, f"41 {MACS} 0000"),
    "DOCSIS management": (143, "c2 00 0000 0000 00"),
    "mPacket continuation": (274, "555555555555 61 01 4500"),
    "NFLOG without packet": (239, "02 00 0014 0800 0100 08000103"),
    "NFLOG of a bridge": (239, "07 00 0014 2c00 0900 4500"),
    "ERF of ATM": (197, f"{'00' * 8} 03 04 0000 0000 0036 4500"),
    "exported HTTP": (252, "000c 0004 68747470 0000 0000 4500"),
    "packet tap without packet": (258, f"6c000000 00000000 01000000 {'00' * 96}"),
    "ARCNET fragment": (129, "be50 ab08 d4 03 0166 4500"),
    "802.11 beacon": (105, f"8000 0000 {MACS} 02000000000c 1000 0000"),
    "802.11 null data": (105, f"4801 0000 {MACS} 02000000000c 1000"),
    "802.11 encrypted": (105, f"0841 0000 {MACS} 02000000000c 1000 {SNAP}"),
    "802.11 first fragment": (105, f"0805 0000 {MACS} 02000000000c 1000 {SNAP}"),
    "802.11 later fragment": (105, f"0801 0000 {MACS} 02000000000c 1100 {SNAP}"),
}


def make_packet(link_type: int, frame: bytes, before: bytes = b"", behind: bytes = b"") -> Packet:
    packet = Packet()
    packet.data = before + frame + behind
    packet.start = len(before)
    packet.end = len(before) + len(frame)
    packet.wire_length = len(frame)
    packet.link_type = link_type
    return packet


@pytest.mark.parametrize("name", WITH_IPV4)
def test_locate_network_finds_ipv4(name: str) -> None:
    link_type, front, vlans, tunnels = WITH_IPV4[name]
    head = bytes.fromhex(front)
    packet = make_packet(link_type, head + IPV4, b"\xaa" * 5, b"\xbb" * 99)
    assert locate_network(packet) == 4
    assert (packet.ip_version, packet.network) == (4, 5 + len(head))
    assert (packet.vlans, packet.tunnels) == (vlans, tunnels)


@pytest.mark.parametrize("name", WITH_IPV6)
def test_locate_network_finds_ipv6(name: str) -> None:
    link_type, front = WITH_IPV6[name]
    head = bytes.fromhex(front)
    packet = make_packet(link_type, head + IPV6)
    assert locate_network(packet) == 6
    assert (packet.ip_version, packet.network) == (6, len(head))


@pytest.mark.parametrize("name", WITHOUT_IP)
def test_locate_network_tells_frames_without_ip(name: str) -> None:
    link_type, frame = WITHOUT_IP[name]
    assert locate_network(make_packet(link_type, bytes.fromhex(frame))) == 0


@pytest.mark.parametrize(
    ("link_type", "front"),
    [
        (147, ""),
        (149, ""),  # free for any use, and no packet tap header
        (192, "00 00 0800 93000000"),  # an unknown link type inside
    ],
)
def test_locate_network_tells_unknown_link_type(link_type: int, front: str) -> None:
    assert locate_network(make_packet(link_type, bytes.fromhex(front) + IPV4)) == -1


def test_locate_network_forgets_the_packet_before() -> None:
    packet = make_packet(1, bytes.fromhex(f"{MACS} 8100 0005 8847 00020140") + IPV4)
    locate_network(packet)
    packet.link_type = 101
    packet.data = IPV4
    packet.start, packet.end = 0, len(IPV4)
    assert locate_network(packet) == 4
    assert packet.vlans is None
    assert packet.tunnels is None


@pytest.mark.parametrize(
    ("link_type", "frame", "layer", "kind"),
    [
        (101, "10", "ip", "bad_value"),
        (51, "2100 0001 002a 0021", "pppoe", "bad_value"),
        (127, "01 00 0800 00000000", "radiotap", "bad_value"),
        (127, "00 00 0900 00000080 00", "radiotap", "bad_length"),
        (178, "4d4744 00 0000", "juniper", "bad_value"),
        (192, "00 00 0800 c0000000", "ppi", "bad_value"),
        (239, "02 00 0014 0300 0100", "nflog", "bad_length"),
        (119, "44000000 00000000", "prism", "bad_length"),
        (1, f"{MACS}" + " 8100 0001" * 9 + " 0800", "vlan", "limit"),
        (1, f"{MACS}" + f" 8100 0001 0030 {SNAP[:-4]}" * 9 + " 0800", "vlan", "limit"),
        (1, f"{MACS}" + f" 88e7 00000000 {MACS}" * 9 + " 0800", "pbb", "limit"),
    ],
)
def test_locate_network_rejects_what_no_standard_allows(link_type: int, frame: str, layer: str, kind: str) -> None:
    with pytest.raises(DecodeError) as caught:
        locate_network(make_packet(link_type, bytes.fromhex(frame)))
    assert (caught.value.layer, caught.value.kind) == (layer, kind)


FRAMES = [(vector[0], bytes.fromhex(vector[1]) + IPV4) for vector in WITH_IPV4.values()]
FRAMES += [(link_type, bytes.fromhex(front) + IPV6) for link_type, front in WITH_IPV6.values()]
FRAMES += [(link_type, bytes.fromhex(frame)) for link_type, frame in WITHOUT_IP.values()]


def read_outcome(link_type: int, frame: bytes, before: bytes = b"", behind: bytes = b"") -> object:
    """What is made of a frame, places counted from its start."""
    packet = make_packet(link_type, frame, before, behind)
    try:
        version = locate_network(packet)
        if version <= 0:
            return version
        protocol = read_network(packet, FragmentTable())
    except DecodeError as error:
        assert error.offset >= 0
        return str(error)
    places = (packet.network, packet.transport, packet.payload_end)
    assert places == tuple(sorted(places))
    assert packet.payload_end <= packet.end
    start = packet.start
    return version, protocol, [place - start for place in places], packet.missing, packet.vlans, packet.tunnels


@pytest.mark.parametrize(("link_type", "frame"), FRAMES)
def test_frame_cut_short_anywhere_never_reads_its_neighbour(link_type: int, frame: bytes) -> None:
    for end in range(len(frame)):
        alone = read_outcome(link_type, frame[:end])
        assert read_outcome(link_type, frame[:end], b"\x45" * 3, frame[end:]) == alone
        assert read_outcome(link_type, frame[:end], b"\xff" * 5, b"\x00" * 99) == alone


@settings(max_examples=400, deadline=None)
@given(
    frame=st.sampled_from(FRAMES),
    changes=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 255)), max_size=5),
    cut=st.integers(0, 60),
)
def test_frame_with_changed_octets_gives_a_result_or_decode_error(
    frame: tuple[int, bytes], changes: list[tuple[int, int]], cut: int
) -> None:
    link_type, octets = frame
    changed = bytearray(octets)
    for place, value in changes:
        changed[place % len(changed)] = value
    end = max(len(changed) - cut, 0)
    alone = read_outcome(link_type, bytes(changed[:end]))
    assert read_outcome(link_type, bytes(changed[:end]), b"\x45" * 3, bytes(changed[end:]) + b"\x45" * 99) == alone
