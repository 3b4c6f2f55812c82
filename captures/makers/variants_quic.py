"""Variants of one QUIC connection: what a capture point loses, and what a network does to its datagrams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from capture_files import Packet
from variant import Rewrite, Variant, rewrite_packets

CLIENT_HELLO, SERVER_HELLO = "quic && tls.handshake.type == 1", "quic && tls.handshake.type == 2"
SERVER_PORT = (443).to_bytes(2, "big")
TARGET_PORT = slice(36, 38)  # in an Ethernet frame with an IPv4 header without options
KEPT = 600  # octets of each packet, as tcpdump -s 600 keeps them


def keep_side(client: bool) -> Rewrite:
    """A rewrite that keeps what one side sent."""
    return lambda packets: [packet for packet in packets if (packet.data[TARGET_PORT] == SERVER_PORT) == client]


def swap_hello(packets: list[Packet]) -> list[Packet]:
    """The first two datagrams change places; the times stay where they were."""
    first, second, *rest = packets
    return [replace(second, time_ns=first.time_ns), replace(first, time_ns=second.time_ns), *rest]


def repeat_all(packets: list[Packet]) -> list[Packet]:
    """Every datagram comes twice, 1 us apart."""
    return [copy for packet in packets for copy in (packet, replace(packet, time_ns=packet.time_ns + 1000))]


def build_variant(name: str, shows: str, rewrite: Callable[[list[Packet]], list[Packet]], *checks: str) -> Variant:
    """A variant of the connection whose ClientHello takes several packets; TLS over TCP is not in it."""
    return Variant(name, shows, rewrite_packets(rewrite), "quic-large-hello", checks=checks, connections=0)


QUIC_VARIANTS = (
    build_variant("quic-client-only", "only the client's datagrams", keep_side(True), CLIENT_HELLO),
    build_variant(
        "quic-server-only", "only the server's datagrams: nothing can be opened", keep_side(False), "quic.version == 1"
    ),
    build_variant(
        "quic-hello-reversed", "the datagrams of the ClientHello in the other order", swap_hello, "quic.version == 1"
    ),
    build_variant("quic-mirrored-twice", "a mirror port sees every datagram twice", repeat_all, "quic.version == 1"),
    build_variant(
        "quic-missing-datagram",
        "the second datagram of the ClientHello is missing",
        lambda packets: [packets[0], *packets[2:]],
        "quic.version == 1",
    ),
    build_variant(
        "quic-cut-packets",
        f"packets cut at {KEPT} bytes: Initial packets without their ends",
        lambda packets: [replace(packet, data=packet.data[:KEPT]) for packet in packets],
        "frame.cap_len < frame.len",
    ),
)
