"""Variants of one connection inside other IP packets: fragments, options, extension headers, tunnels.

Built with scapy, which knows the checksums and lengths of all of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from capture_files import Packet, build_pcap
from scapy.contrib.erspan import ERSPAN_II
from scapy.contrib.geneve import GENEVE
from scapy.contrib.gtp import GTP_U_Header
from scapy.layers.inet import IP, TCP, UDP, IPOption_NOP, IPOption_Router_Alert
from scapy.layers.inet6 import (
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    PadN,
    RouterAlert,
    fragment6,
)
from scapy.layers.l2 import GRE, Ether
from scapy.layers.vxlan import VXLAN
from variant import Variant

OUTER4: dict[str, Any] = {"src": "203.0.113.1", "dst": "203.0.113.2"}
OUTER6: dict[str, Any] = {"src": "2001:db8:ffff::1", "dst": "2001:db8:ffff::2"}
MACS: dict[str, Any] = {"src": "00:00:5e:00:53:f1", "dst": "00:00:5e:00:53:f2"}

Rebuild = Callable[[Any], list[Any]]


def build_ip(name: str, shows: str, rebuild: Rebuild, base: str = "tls12", **facts: Any) -> Variant:
    """A variant in which each Ethernet frame becomes one or more others."""

    def build(packets: list[Packet]) -> bytes:
        rebuilt = []
        for packet in packets:
            for step, frame in enumerate(rebuild(Ether(packet.data))):
                data = bytes(frame)
                rebuilt.append(Packet(packet.time_ns + step * 1000, data, len(data)))
        return build_pcap(rebuilt)

    return Variant(name, shows, build, base, connections=2 if base == "ipv6" else 1, **facts)


def rebuild_checksums(frame: Any) -> Any:
    """The frame with lengths and checksums left for scapy to compute."""
    for layer, names in ((IP, ("len", "ihl", "chksum")), (TCP, ("chksum",)), (IPv6, ("plen",))):
        if layer in frame:
            for name in names:
                delattr(frame[layer], name)
    return frame


def cut_ipv4(frame: Any) -> list[Any]:
    """Fragments with at most 400 bytes each; small packets stay whole."""
    frame[IP].flags = 0
    if len(frame[IP]) <= 420:
        return [rebuild_checksums(frame)]
    return [Ether(src=frame.src, dst=frame.dst) / piece for piece in rebuild_checksums(frame)[IP].fragment(400)]


def cut_ipv6(frame: Any) -> list[Any]:
    """Fragments of an IPv6 packet at 500 bytes; small packets stay whole."""
    if len(frame[IPv6]) <= 500:
        return [frame]
    packet = IPv6(src=frame[IPv6].src, dst=frame[IPv6].dst) / IPv6ExtHdrFragment(id=frame[TCP].seq) / frame[TCP]
    return [Ether(src=frame.src, dst=frame.dst) / piece for piece in fragment6(packet, 500)]  # type: ignore[no-untyped-call]


def lose_fragment(frame: Any) -> list[Any]:
    """Of a packet in several fragments the second is missing."""
    pieces = cut_ipv4(frame)
    return pieces[:1] + pieces[2:]


def add_ipv4_options(frame: Any) -> list[Any]:
    """A router alert and some padding in the IPv4 header."""
    frame[IP].options = [IPOption_Router_Alert(), *[IPOption_NOP()] * 4]
    return [rebuild_checksums(frame)]


def add_ipv6_headers(frame: Any) -> list[Any]:
    """Hop-by-hop options, a routing header that is used up, and destination options."""
    tcp = frame[TCP]
    del tcp.chksum
    headers = (
        IPv6ExtHdrHopByHop(options=[RouterAlert(), PadN(optdata=b"")])
        / IPv6ExtHdrRouting(type=2, segleft=0, addresses=["2001:db8:3::1"])
        / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0\0\0\0")])
    )
    address = IPv6(src=frame[IPv6].src, dst=frame[IPv6].dst)
    return [Ether(src=frame.src, dst=frame.dst) / address / headers / tcp]


def zero_length(frame: Any) -> list[Any]:
    """Total length 0, as a network card that segments by itself leaves it."""
    data = bytearray(bytes(frame))
    if len(frame[IP]) > 1000:
        data[16:18] = b"\0\0"
    return [bytes(data)]


def behind(*outer: Any, whole: bool = False) -> Rebuild:
    """Each packet, or each whole frame, behind other headers."""

    def rebuild(frame: Any) -> list[Any]:
        inner = frame if whole else frame.payload
        head = Ether(**MACS)
        for layer in outer:
            head = head / layer
        return [head / inner]

    return rebuild


IP_VARIANTS = (
    build_ip(
        "ip-fragments", "IPv4 fragments of 400 bytes", cut_ipv4, checks=("ip.flags.mf == 1", "tls.handshake.type == 11")
    ),
    build_ip("ip-fragments-reversed", "IPv4 fragments, the last one first", lambda frame: cut_ipv4(frame)[::-1]),
    build_ip(
        "ip-fragment-missing",
        "one IPv4 fragment of each large packet is missing",
        lose_fragment,
        checks=("tls.handshake.type == 1",),
        absent=("tls.handshake.type == 11",),
    ),
    build_ip("ip-options", "options in the IPv4 header", add_ipv4_options),
    build_ip("ip-length-zero", "IPv4 total length 0, as segmentation by the network card leaves it", zero_length),
    build_ip("ipv6-fragments", "IPv6 fragments", cut_ipv6, "ipv6"),
    build_ip("ipv6-extension-headers", "hop-by-hop, routing and destination headers", add_ipv6_headers, "ipv6"),
    build_ip("tunnel-gre", "in GRE (RFC 2784)", behind(IP(**OUTER4), GRE())),
    build_ip(
        "tunnel-gre-key",
        "in GRE with checksum, key and sequence number",
        behind(IP(**OUTER4), GRE(chksum_present=1, key_present=1, seqnum_present=1, key=7)),
    ),
    build_ip("tunnel-gre-ethernet", "Ethernet in GRE (NVGRE)", behind(IP(**OUTER4), GRE(proto=0x6558), whole=True)),
    build_ip("tunnel-ipip", "IPv4 in IPv4", behind(IP(**OUTER4))),
    build_ip("tunnel-6in4", "IPv6 in IPv4", behind(IP(**OUTER4)), "ipv6"),
    build_ip("tunnel-4in6", "IPv4 in IPv6", behind(IPv6(**OUTER6))),
    build_ip(
        "tunnel-vxlan",
        "in VXLAN (RFC 7348)",
        behind(IP(**OUTER4), UDP(sport=50000, dport=4789), VXLAN(vni=7), whole=True),
    ),
    build_ip(
        "tunnel-geneve",
        "in Geneve (RFC 8926)",
        behind(IP(**OUTER4), UDP(sport=50000, dport=6081), GENEVE(vni=7), whole=True),
    ),
    build_ip(
        "tunnel-gtp",
        "in GTP-U, as in a mobile network",
        behind(IP(**OUTER4), UDP(sport=2152, dport=2152), GTP_U_Header(teid=7)),
    ),
    build_ip(
        "tunnel-erspan",
        "in ERSPAN type II, as a switch mirrors it",
        behind(IP(**OUTER4), GRE(proto=0x88BE, seqnum_present=1), ERSPAN_II(), whole=True),
    ),
)
