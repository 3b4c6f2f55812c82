"""Tunnels: what stands between the outer IP header and the inner one, written out in hex."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsinspect.errors import DecodeError
from tlsinspect.wire.ip import FragmentTable
from tlsinspect.wire.packet import Packet
from tlsinspect.wire.tunnel import locate_transport

TCP, UDP, GRE = 6, 17, 47
MACS = "02000000000a 02000000000b"
WLAN = f"0801 0000 {MACS} 02000000000c 1000 aaaa03 000000 0800"
INNER4 = bytes.fromhex("450000280001400040060000c0000201c6336402c00101bb00000001000000025010ffff00000000")
INNER6 = bytes.fromhex(
    "6000000000140640"
    "20010db8000000000000000000000001"
    "20010db8000000000000000000000002"
    "c00101bb00000001000000025010ffff00000000"
)


def make_ipv4(payload: bytes, protocol: int, identifier: int = 1, flags: int = 0) -> bytes:
    head = b"\x45\0" + (20 + len(payload)).to_bytes(2, "big") + identifier.to_bytes(2, "big") + flags.to_bytes(2, "big")
    return head + bytes([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]) + payload


def make_ipv6(payload: bytes, protocol: int) -> bytes:
    return b"\x60\0\0\0" + len(payload).to_bytes(2, "big") + bytes([protocol, 64]) + INNER6[8:40] + payload


def make_udp(port: int, payload: bytes, source: int = 50000) -> bytes:
    ports = source.to_bytes(2, "big") + port.to_bytes(2, "big")
    return make_ipv4(ports + (8 + len(payload)).to_bytes(2, "big") + b"\0\0" + payload, UDP)


def make_packet(datagram: bytes, before: bytes = b"", behind: bytes = b"") -> Packet:
    packet = Packet()
    packet.data = before + datagram + behind
    packet.start = len(before)
    packet.end = len(before) + len(datagram)
    packet.wire_length = len(datagram)
    packet.link_type = 101
    return packet


# protocol of the outer IPv4 header, octets in front of the inner IPv4 header, tunnels
IN_IP = {
    "IP in IP": (4, "", ["ipip"]),
    "GRE": (GRE, "0000 0800", ["gre"]),
    "GRE with checksum, key and sequence number": (GRE, "b000 0800 00000000 00000001 00000002", ["gre"]),
    "NVGRE": (GRE, f"2000 6558 00000100 {MACS} 0800", ["gre"]),
    "PPTP": (GRE, "3081 880b 002c 0001 00000001 00000002 ff03 0021", ["gre"]),
    "PPTP without acknowledgment": (GRE, "3001 880b 002a 0001 00000001 21", ["gre"]),
    "GRE with MPLS": (GRE, "0000 8847 00010140", ["gre", "mpls"]),
    "ERSPAN, type I": (GRE, f"0000 88be {MACS} 0800", ["erspan"]),
    "ERSPAN, type II": (GRE, f"1000 88be 00000001 1001 0001 00000001 {MACS} 0800", ["erspan"]),
    "ERSPAN, type III": (GRE, f"1000 22eb 00000001 2001 0001 00000001 00000000 {MACS} 0800", ["erspan"]),
    "ERSPAN, type III with subheader": (
        GRE,
        f"1000 22eb 00000001 2001 0001 00000001 00000001 0000000000000000 {MACS} 0800",
        ["erspan"],
    ),
    "ERSPAN, type III with IP": (GRE, "1000 22eb 00000001 2001 0001 00000001 00000800", ["erspan"]),
    "WCCP": (GRE, "0000 883e", ["gre"]),
    "WCCP, version 2": (GRE, "0000 883e 00000000", ["gre"]),
    "GRE of Aruba": (GRE, f"0000 8240 {WLAN}", ["gre"]),
    "EtherIP": (97, f"3000 {MACS} 0800", ["etherip"]),
    "MPLS": (137, "00010140", ["mpls"]),
    "L2TP version 3": (115, f"00000001 {MACS} 0800", ["l2tp"]),
    "L2TP version 3 with cookie and sublayer": (115, f"00000001 0123456789abcdef 40000001 {MACS} 0800", ["l2tp"]),
    "SRv6 with Ethernet": (143, f"{MACS} 0800", ["srv6"]),
}

# destination port, octets in front of the inner IPv4 header, tunnels
IN_UDP = {
    "VXLAN": (4789, f"08000000 00000100 {MACS} 0800", ["vxlan"]),
    "VXLAN on Linux's first port": (8472, f"08000000 00000100 {MACS} 0800", ["vxlan"]),
    "VXLAN with reserved bits": (4789, f"7b000000 000001ff {MACS} 0800", ["vxlan"]),
    "VXLAN with reserved octets": (4789, f"08ffffff 00000101 {MACS} 0800", ["vxlan"]),
    "VXLAN with group policy": (4789, f"88000001 00000100 {MACS} 0800", ["vxlan"]),
    "VXLAN-GPE with IPv4": (4790, "0c000001 00000100", ["vxlan"]),
    "VXLAN-GPE on VXLAN's port": (4789, f"0c000003 00000100 {MACS} 0800", ["vxlan"]),
    "VXLAN-GPE without its flag": (4790, "08000001 00000100", ["vxlan"]),
    "VXLAN-GPE with Ethernet": (4790, f"0c000003 00000100 {MACS} 0800", ["vxlan"]),
    "VXLAN-GPE with NSH": (4790, "0c000004 00000100 0fc2 0101 00000100", ["vxlan", "nsh"]),
    "Geneve": (6081, f"0000 6558 00000100 {MACS} 0800", ["geneve"]),
    "Geneve with reserved bits": (6081, f"003f 6558 000001ff {MACS} 0800", ["geneve"]),
    "Geneve with option": (6081, f"0200 6558 00000100 0102800100000001 {MACS} 0800", ["geneve"]),
    "Geneve with IPv4": (6081, "0000 0800 00000100", ["geneve"]),
    "GTP": (2152, "30ff 0028 00000001", ["gtp"]),
    "GTP with sequence number": (2152, "32ff 002c 00000001 0001 00 00", ["gtp"]),
    "GTP with extension header": (2152, "34ff 0030 00000001 0000 00 85 01100100", ["gtp"]),
    "GTP with Ethernet": (2152, f"30ff 0036 00000001 {MACS} 0800", ["gtp"]),
    "GTP with Ethernet whose address begins as IPv4": (
        2152,
        "30ff 0036 00000001 46000000000a 02000000000b 0800",
        ["gtp"],
    ),
    "GTP with Ethernet in VLAN": (2152, f"34ff 0042 00000001 0000 00 85 01100100 {MACS} 8100 0007 0800", ["gtp"]),
    "LISP": (4341, "80000001 00000000", ["lisp"]),
    "L2TP": (1701, "0002 0001 0001 ff03 0021", ["l2tp"]),
    "L2TP with every field": (1701, "4a02 0000 0001 0001 0000 0000 0002 0000 0021", ["l2tp"]),
    "L2TP version 3": (1701, f"0003 0000 00000001 {MACS} 0800", ["l2tp"]),
    "MPLS": (6635, "00010140", ["mpls"]),
    "GRE": (4754, "0000 0800", ["gre"]),
    "GUE": (6080, "0004 0000", ["gue"]),
    "GUE with GRE": (6080, "002f 0000 0000 0800", ["gue", "gre"]),
    "GUE without header": (6080, "", ["gue"]),
    "CAPWAP with 802.11": (5247, f"00 10 03 00 00000000 {WLAN}", ["capwap"]),
    "CAPWAP with 802.3": (5247, f"00 10 02 00 00000000 {MACS} 0800", ["capwap"]),
    "CAPWAP from Cisco": (5247, f"00 10 03 00 00000000 0108 {WLAN[5:]}", ["capwap"]),
    "TZSP with Ethernet": (37008, f"01 00 0001 01 {MACS} 0800", ["tzsp"]),
    "TZSP with tags and 802.11": (37008, f"01 00 0012 0a 01 c0 00 0b 01 05 01 {WLAN}", ["tzsp"]),
    "VXLAN with PPPoE": (4789, f"08000000 00000100 {MACS} 8864 1100 0001 002a 0021", ["vxlan", "pppoe"]),
}

# destination port, octets in front of the inner IPv6 header, tunnels
IPV6_IN_UDP = {
    "AYIYA": (5072, f"4252 1129 00000000 {'00' * 16} {'00' * 20}", ["ayiya"]),
    "Teredo": (3544, "", ["teredo"]),
    "Teredo with origin": (3544, "0000 1234 01020304", ["teredo"]),
    "Teredo with authentication and origin": (
        3544,
        "0001 0000 0123456789abcdef 00 0000 1234 01020304",
        ["teredo"],
    ),
    "Teredo with identifier": (3544, "0001 0102 aa bbcc 0123456789abcdef 00", ["teredo"]),
}

DATAGRAMS = [make_ipv4(bytes.fromhex(front) + INNER4, protocol) for protocol, front, _ in IN_IP.values()]
DATAGRAMS += [make_udp(port, bytes.fromhex(front) + INNER4) for port, front, _ in IN_UDP.values()]
DATAGRAMS += [make_udp(port, bytes.fromhex(front) + INNER6) for port, front, _ in IPV6_IN_UDP.values()]


def assert_inner(packet: Packet, inner: bytes, tunnels: list[str]) -> None:
    assert locate_transport(packet, FragmentTable()) == TCP
    assert packet.data[packet.network : packet.payload_end] == inner
    assert packet.ip_version == inner[0] >> 4
    assert packet.transport - packet.network == (20 if packet.ip_version == 4 else 40)
    assert packet.tunnels == tunnels


@pytest.mark.parametrize("name", IN_IP)
def test_locate_transport_follows_tunnels_in_ip(name: str) -> None:
    protocol, front, tunnels = IN_IP[name]
    octets = bytes.fromhex(front)
    assert_inner(make_packet(make_ipv4(octets + INNER4, protocol), b"\xaa" * 3, b"\xbb" * 50), INNER4, tunnels)
    assert_inner(
        make_packet(make_ipv6(octets + INNER4, protocol)),
        INNER4,
        ["4in6" if protocol == 4 else tunnels[0], *tunnels[1:]],
    )


@pytest.mark.parametrize("name", IN_UDP)
def test_locate_transport_follows_tunnels_in_udp(name: str) -> None:
    port, front, tunnels = IN_UDP[name]
    datagram = make_udp(port, bytes.fromhex(front) + INNER4)
    assert_inner(make_packet(datagram, b"\xaa" * 3, b"\xbb" * 50), INNER4, tunnels)


@pytest.mark.parametrize("name", IPV6_IN_UDP)
def test_locate_transport_follows_tunnels_of_ipv6_in_both_directions(name: str) -> None:
    port, front, tunnels = IPV6_IN_UDP[name]
    payload = bytes.fromhex(front) + INNER6
    assert_inner(make_packet(make_udp(port, payload)), INNER6, tunnels)
    assert_inner(make_packet(make_udp(50000, payload, source=port)), INNER6, tunnels)


def test_locate_transport_names_ipv6_in_ip_by_what_carries_it() -> None:
    assert_inner(make_packet(make_ipv4(INNER6, 41)), INNER6, ["6in4"])
    assert_inner(make_packet(make_ipv6(INNER6, 41)), INNER6, ["6in6"])


def test_locate_transport_follows_nested_tunnels_to_the_innermost() -> None:
    vxlan = bytes.fromhex(f"08000000 00000100 {MACS} 8100 0007 0800")
    inner = make_ipv4(bytes.fromhex("0000 86dd") + make_udp_in_ipv6(4789, vxlan + INNER4), GRE)
    packet = make_packet(make_ipv4(inner, 4))
    assert_inner(packet, INNER4, ["ipip", "gre", "vxlan"])
    assert packet.vlans == [7]


def make_udp_in_ipv6(port: int, payload: bytes) -> bytes:
    return make_ipv6(make_udp(port, payload)[20:], UDP)


def test_locate_transport_stops_at_the_nesting_limit() -> None:
    datagram = INNER4
    for _ in range(8):
        datagram = make_ipv4(datagram, 4)
    assert_inner(make_packet(datagram), INNER4, ["ipip"] * 8)
    with pytest.raises(DecodeError) as caught:
        locate_transport(make_packet(make_ipv4(datagram, 4)), FragmentTable())
    assert (caught.value.layer, caught.value.kind) == ("ipip", "limit")


def test_tunnel_in_fragments_is_followed_once_it_is_whole() -> None:
    payload = bytes.fromhex("0000 0800") + INNER4
    fragments = FragmentTable()
    first = make_packet(make_ipv4(payload[:24], GRE, flags=0x2000))
    last = make_packet(make_ipv4(payload[24:], GRE, flags=3))
    assert locate_transport(first, fragments) == -1
    assert locate_transport(last, fragments) == TCP
    assert last.data[last.network : last.payload_end] == INNER4
    assert last.tunnels == ["gre"]


def test_fragments_in_a_tunnel_are_put_together() -> None:
    fragments = FragmentTable()
    payload = INNER4[20:]
    parts = [make_ipv4(payload[:8], TCP, flags=0x2000), make_ipv4(payload[8:], TCP, flags=1)]
    packets = [make_packet(make_ipv4(part, 4)) for part in parts]
    assert [locate_transport(packet, fragments) for packet in packets] == [-1, TCP]
    assert packets[1].data[packets[1].transport :] == payload
    assert packets[1].tunnels == ["ipip"]


@pytest.mark.parametrize(
    ("port", "front"),
    [
        (4789, f"00000000 00000100 {MACS} 0800"),  # without the flag that says there is an identifier
        (4790, f"1c000003 00000100 {MACS} 0800"),  # version 1 of the generic protocol extension
        (4790, f"0d000003 00000100 {MACS} 0800"),  # for operations and maintenance
        (4790, f"0c000005 00000100 {MACS} 0800"),  # a next protocol that nobody knows
        (4789, f"08000000 00000100 {MACS} 0806"),  # ARP inside
        (6081, f"4000 6558 00000100 {MACS} 0800"),  # version 1
        (2152, "1eff 0028 00000001"),  # GTP prime
        (2152, "3001 0028 00000001"),  # an echo request
        (2152, "34ff 0030 00000001 0000 00 85 00100100"),  # an extension header without length
        (2152, f"30ff 0036 00000001 {MACS} 0806"),  # ARP inside
        (1701, "c802 0014 0001 0000 0000 0000"),  # a control message
        (1701, "0001 0001 0001 ff03 0021"),  # version 1
        (5247, f"01 10 02 00 00000000 {MACS} 0800"),  # DTLS
        (5247, f"00 10 02 80 00000000 {MACS} 0800"),  # a fragment
        (5072, f"4252 1029 00000000 {'00' * 36}"),  # a heartbeat
        (6080, "2004 0000"),  # a control message
        (37008, f"02 00 0001 01 {MACS} 0800"),  # version 2
        (3544, ""),  # IPv4 where IPv6 has to be
        (53, f"08000000 00000100 {MACS} 0800"),
    ],
)
def test_ordinary_datagram_on_a_tunnel_port_stays_udp(port: int, front: str) -> None:
    datagram = make_udp(port, bytes.fromhex(front) + INNER4)
    packet = make_packet(datagram)
    assert locate_transport(packet, FragmentTable()) == UDP
    assert (packet.network, packet.ip_version, packet.transport, packet.end) == (0, 4, 20, len(datagram))
    assert (packet.tunnels, packet.vlans) == (None, None)


@pytest.mark.parametrize("length", [15, 200])
def test_datagram_whose_length_is_wrong_is_no_tunnel(length: int) -> None:
    datagram = make_udp(4341, bytes(8) + INNER4)
    wrong = datagram[:24] + length.to_bytes(2, "big") + datagram[26:]
    assert locate_transport(make_packet(wrong), FragmentTable()) == UDP


@pytest.mark.parametrize(
    ("protocol", "front"), [(GRE, "0000 2000"), (GRE, "4000 0800"), (97, "4000"), (50, "00000001")]
)
def test_payload_that_leads_to_no_ip_keeps_its_protocol(protocol: int, front: str) -> None:
    packet = make_packet(make_ipv4(bytes.fromhex(front) + INNER4, protocol))
    assert locate_transport(packet, FragmentTable()) == protocol
    assert packet.tunnels is None


def test_malformed_packet_in_an_announced_tunnel_is_told() -> None:
    with pytest.raises(DecodeError) as caught:
        locate_transport(make_packet(make_ipv4(INNER4[:19], 4)), FragmentTable())
    assert (caught.value.layer, caught.value.kind) == ("ipv4", "truncated")


def test_inner_packet_does_not_reach_into_the_padding_of_the_outer() -> None:
    packet = make_packet(make_ipv4(INNER4, 4)[:-4] + bytes(4))
    packet.data = packet.data[:2] + (56).to_bytes(2, "big") + packet.data[4:]
    assert locate_transport(packet, FragmentTable()) == TCP
    assert (packet.payload_end, packet.missing) == (56, 4)


@pytest.mark.parametrize(("link_type", "result"), [(147, -2), (1, -1)])
def test_locate_transport_tells_why_there_is_nothing(link_type: int, result: int) -> None:
    packet = make_packet(bytes.fromhex(f"{MACS} 0806 0001080006040001"))
    packet.link_type = link_type
    assert locate_transport(packet, FragmentTable()) == result


def read_outcome(datagram: bytes, before: bytes = b"", behind: bytes = b"") -> object:
    """What is made of a datagram, places counted from its start."""
    packet = make_packet(datagram, before, behind)
    try:
        protocol = locate_transport(packet, FragmentTable())
    except DecodeError as error:
        assert error.offset >= 0
        return str(error)
    if protocol < 0:
        return protocol
    places = (packet.network, packet.transport, packet.payload_end, packet.end)
    assert places == tuple(sorted(places))
    assert packet.end <= len(before) + len(datagram)
    return protocol, [place - packet.start for place in places], packet.missing, packet.vlans, packet.tunnels


@pytest.mark.parametrize("datagram", DATAGRAMS)
def test_tunnel_cut_short_anywhere_never_reads_its_neighbour(datagram: bytes) -> None:
    for end in range(len(datagram)):
        alone = read_outcome(datagram[:end])
        assert read_outcome(datagram[:end], b"\x45" * 3, datagram[end:]) == alone
        assert read_outcome(datagram[:end], b"\xff" * 5, bytes(99)) == alone


@settings(max_examples=400, deadline=None)
@given(
    datagram=st.sampled_from(DATAGRAMS),
    changes=st.lists(st.tuples(st.integers(0, 110), st.integers(0, 255)), max_size=5),
    cut=st.integers(0, 60),
)
def test_tunnel_with_changed_octets_gives_a_result_or_decode_error(
    datagram: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    changed = bytearray(datagram)
    for place, value in changes:
        changed[place % len(changed)] = value
    end = len(changed) - cut
    alone = read_outcome(bytes(changed[:end]))
    assert read_outcome(bytes(changed[:end]), b"\x45" * 3, bytes(changed[end:]) + b"\x45" * 99) == alone
