"""Variants of one connection on other links: the same IP packets behind other link-layer headers.

Each entry names the link type of the file and the bytes in front of (and behind) the IP packet;
the numbers are those of the specification that the comment or the text names.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace

from capture_files import ETHERNET, Packet, build_pcap
from variant import HELLOS, Variant

CLIENT_MAC, ROUTER_MAC = bytes.fromhex("00005e00530a"), bytes.fromhex("00005e005301")
IPV4_TYPE, IPV6_TYPE = b"\x08\x00", b"\x86\xdd"
SNAP = bytes.fromhex("aaaa03000000")
PPP_IPV4, PPP_IPV6 = b"\x00\x21", b"\x00\x57"
# IEEE 802.3 has no length above 1500, so its base is one without long packets.
IPV4, IPV6, SMALL = "tls12", "ipv6", "suite-psk-aes128-ccm8"
NULL, PPP, RAW_BSD, PPP_SERIAL, RAW, CISCO_HDLC = 0, 9, 12, 50, 101, 104
WIRELESS, FRAME_RELAY, LOOP, RADIOTAP = 105, 107, 108, 127
IPV4_ONLY, IPV6_ONLY, NETFILTER_LOG, USER0 = 228, 229, 239, 147

Wrap = Callable[[bytes, bool], bytes]


def build_link(name: str, shows: str, link_type: int, wrap: Wrap, base: str = IPV4, understood: bool = True) -> Variant:
    """A variant whose packets are IP packets wrapped anew; `wrap` is told whether it is the client's."""

    def build(packets: list[Packet]) -> bytes:
        wrapped = []
        for packet in packets:
            ip = packet.data[14:]
            body = wrap(ip, packet.data[6:12] != ROUTER_MAC)
            wrapped.append(replace(packet, data=body, wire_length=len(body)))
        return build_pcap(wrapped, link_type)

    connections = 0 if not understood else 2 if base == IPV6 else 1
    if not understood:
        return Variant(name, shows, build, base, checks=("frame",), absent=("tcp",), connections=0)
    checks = HELLOS[:2] if base == SMALL else HELLOS
    return Variant(name, shows, build, base, checks=checks, connections=connections)


def before(head: bytes) -> Wrap:
    """The same bytes in front of every packet."""
    return lambda ip, _: head + ip


def ethernet(tail: bytes) -> Wrap:
    """Ethernet addresses of the right direction, then the given types and tags."""
    return lambda ip, client: addresses(client) + tail + ip


def addresses(client: bool) -> bytes:
    """Destination and source of an Ethernet frame."""
    return ROUTER_MAC + CLIENT_MAC if client else CLIENT_MAC + ROUTER_MAC


def pppoe(tags: bytes) -> Wrap:
    """A PPPoE session (RFC 2516): version and type, code, session, length, then PPP's protocol."""
    return lambda ip, client: (
        addresses(client) + tags + b"\x88\x64\x11\x00" + struct.pack("!HH", 0x1234, len(ip) + 2) + PPP_IPV4 + ip
    )


def snap(ip: bytes, client: bool) -> bytes:
    """IEEE 802.3 with a length, LLC and SNAP instead of a type (RFC 1042)."""
    return addresses(client) + struct.pack("!H", len(ip) + 8) + SNAP + IPV4_TYPE + ip


def padded(ip: bytes, client: bool) -> bytes:
    """Ethernet padded to 60 bytes, and a trailer of four bytes like a frame check sequence behind it."""
    frame = addresses(client) + IPV4_TYPE + ip
    return frame + bytes(max(60 - len(frame), 0)) + b"\xde\xad\xbe\xef"


def wireless(quality: bool) -> Wrap:
    """A data frame of IEEE 802.11 through an access point, with LLC and SNAP; `quality` adds QoS control."""

    def wrap(ip: bytes, client: bool) -> bytes:
        control = bytes([0x88 if quality else 0x08, 0x01 if client else 0x02])
        station, point = CLIENT_MAC, bytes.fromhex("00005e0053fe")
        if client:
            hops = point + station + ROUTER_MAC
        else:
            hops = station + point + ROUTER_MAC
        return control + b"\x00\x00" + hops + b"\x10\x00" + (b"\x00\x00" if quality else b"") + SNAP + IPV4_TYPE + ip

    return wrap


def radiotap(ip: bytes, client: bool) -> bytes:
    """A radiotap header with flags and rate, 10 bytes, in front of a QoS data frame."""
    return struct.pack("<BBHI", 0, 0, 10, 0b110) + b"\x00\x0c" + wireless(True)(ip, client)


def netfilter_log(ip: bytes, _: bool) -> bytes:
    """Linux NFLOG: family and version, then attributes; mark 1 and the payload, padded to 32 bits."""
    payload = struct.pack("<HH", len(ip) + 4, 9) + ip + bytes(-len(ip) % 4)
    return b"\x02\x00\x00\x05" + struct.pack("<HHI", 8, 3, 1) + payload


LINK_VARIANTS = (
    build_link("link-vlan", "a VLAN tag (IEEE 802.1Q), VLAN 42", ETHERNET, ethernet(b"\x81\x00\x20\x2a" + IPV4_TYPE)),
    build_link(
        "link-qinq",
        "two VLAN tags (IEEE 802.1ad), 100 outside and 42 inside",
        ETHERNET,
        ethernet(b"\x88\xa8\x00\x64\x81\x00\x00\x2a" + IPV4_TYPE),
    ),
    build_link(
        "link-qinq-9100",
        "two VLAN tags, the outer one with the old type 0x9100",
        ETHERNET,
        ethernet(b"\x91\x00\x00\x64\x81\x00\x00\x2a" + IPV4_TYPE),
    ),
    build_link(
        "link-vlan-ipv6", "a VLAN tag in front of IPv6", ETHERNET, ethernet(b"\x81\x00\x00\x2a" + IPV6_TYPE), IPV6
    ),
    build_link("link-mpls", "one MPLS label, 16", ETHERNET, ethernet(b"\x88\x47" + bytes.fromhex("00010140"))),
    build_link(
        "link-mpls-stack",
        "two MPLS labels, 100 and 17",
        ETHERNET,
        ethernet(b"\x88\x47" + bytes.fromhex("00064040") + bytes.fromhex("00011140")),
    ),
    build_link("link-pppoe", "a PPPoE session, as on a DSL line", ETHERNET, pppoe(b"")),
    build_link("link-pppoe-vlan", "a PPPoE session in VLAN 7", ETHERNET, pppoe(b"\x81\x00\x00\x07")),
    build_link("link-snap", "IEEE 802.3 with LLC and SNAP", ETHERNET, snap, SMALL),
    build_link("link-padded", "Ethernet with padding and a trailer", ETHERNET, padded),
    build_link("link-ppp", "PPP with address and control bytes", PPP, before(b"\xff\x03" + PPP_IPV4)),
    build_link("link-ppp-short", "PPP without address and control, protocol in one byte", PPP, before(b"\x21")),
    build_link("link-ppp-ipv6", "PPP with IPv6", PPP, before(b"\xff\x03" + PPP_IPV6), IPV6),
    build_link("link-ppp-hdlc", "PPP in HDLC-like framing (RFC 1662)", PPP_SERIAL, before(b"\xff\x03" + PPP_IPV4)),
    build_link("link-cisco-hdlc", "Cisco HDLC", CISCO_HDLC, before(b"\x0f\x00" + IPV4_TYPE)),
    build_link("link-frame-relay", "Frame Relay with an NLPID (RFC 2427)", FRAME_RELAY, before(b"\x18\x41\x03\xcc")),
    build_link("link-null-little", "BSD loopback, family in little-endian order", NULL, before(b"\x02\0\0\0")),
    build_link("link-null-big", "BSD loopback, family in big-endian order", NULL, before(b"\0\0\0\x02")),
    build_link("link-null-ipv6", "BSD loopback with IPv6 as FreeBSD numbers it", NULL, before(b"\x1c\0\0\0"), IPV6),
    build_link(
        "link-null-ipv6-darwin", "BSD loopback with IPv6 as macOS numbers it", NULL, before(b"\x1e\0\0\0"), IPV6
    ),
    build_link("link-loop", "OpenBSD loopback", LOOP, before(b"\0\0\0\x02")),
    build_link("link-raw", "no link header, IPv4", RAW, before(b"")),
    build_link("link-raw-ipv6", "no link header, IPv6", RAW, before(b""), IPV6),
    build_link("link-raw-bsd", "no link header, by the number of some BSDs", RAW_BSD, before(b"")),
    build_link("link-ipv4", "no link header, link type IPV4", IPV4_ONLY, before(b"")),
    build_link("link-ipv6", "no link header, link type IPV6", IPV6_ONLY, before(b""), IPV6),
    build_link("link-wireless", "IEEE 802.11 data frames, unencrypted", WIRELESS, wireless(False)),
    build_link("link-wireless-qos", "IEEE 802.11 QoS data frames, unencrypted", WIRELESS, wireless(True)),
    build_link("link-radiotap", "IEEE 802.11 behind a radiotap header", RADIOTAP, radiotap),
    build_link("link-netfilter-log", "Linux NFLOG", NETFILTER_LOG, netfilter_log),
    build_link(
        "link-unknown", "a link type of private use: nobody can read it", USER0, before(b"\x2a"), understood=False
    ),
)
