"""TCP segments and UDP datagrams for tests of the flow table: packets as the readers and ip leave them.

A Wire numbers its packets from 1 and lets 1 ms pass between them. A Talk is one TCP
connection on it: side 0 is who speaks first, mostly the client.
"""

from __future__ import annotations

from ipaddress import ip_address

from tlsinspect.wire.codes import ACK, FIN, RST, SYN
from tlsinspect.wire.flow import Flow
from tlsinspect.wire.flow_table import FlowTable
from tlsinspect.wire.packet import Packet

Endpoint = tuple[str, int]

CLIENT: Endpoint = ("192.0.2.1", 50000)
SERVER: Endpoint = ("198.51.100.1", 443)
NOON_NS = 1_772_366_400 * 10**9  # 2026-03-01 12:00:00 UTC
MILLISECOND_NS = 10**6
SECOND_NS = 10**9


def ip_packet(source: Endpoint, target: Endpoint, transport: bytes, options: bytes = b"", missing: int = 0) -> Packet:
    """A packet whose last `missing` octets were not captured; `options` are IPv4 options or IPv6 extension headers."""
    addresses = ip_address(source[0]).packed + ip_address(target[0]).packed
    packet = Packet()
    if len(addresses) == 8:
        packet.ip_version = 4
        header = bytes([0x45 + len(options) // 4]) + bytes(11) + addresses + options
    else:
        packet.ip_version = 6
        header = b"\x60" + bytes(7) + addresses + options
    captured = transport[: len(transport) - missing]
    packet.data = b"link layer" + header + captured + b"\x16\x03\x01 padding"
    packet.network = 10
    packet.transport = 10 + len(header)
    packet.payload_end = packet.transport + len(captured)
    packet.missing = missing
    return packet


def tcp(
    source: Endpoint,
    target: Endpoint,
    flags: int,
    sequence: int,
    acknowledged: int,
    payload: bytes,
    options: bytes = b"",
) -> bytes:
    """A TCP segment; `options` fill words."""
    ports = source[1].to_bytes(2, "big") + target[1].to_bytes(2, "big")
    numbers = (sequence & 0xFFFFFFFF).to_bytes(4, "big") + (acknowledged & 0xFFFFFFFF).to_bytes(4, "big")
    return ports + numbers + bytes([(5 + len(options) // 4) << 4, flags]) + b"\xff\xff" + bytes(4) + options + payload


def udp(source: Endpoint, target: Endpoint, payload: bytes, length: int | None = None) -> bytes:
    """A UDP datagram; `length` is what its header claims."""
    claimed = 8 + len(payload) if length is None else length
    ports = source[1].to_bytes(2, "big") + target[1].to_bytes(2, "big")
    return ports + claimed.to_bytes(2, "big") + bytes(2) + payload


class Wire:
    """Puts packets into a flow table, one after the other."""

    def __init__(self, table: FlowTable | None = None) -> None:
        self.table = table or FlowTable()
        self.number = 0
        self.time_ns = NOON_NS

    def stamp(self, packet: Packet) -> Packet:
        """Give the packet the next number and the time."""
        self.number += 1
        packet.number = self.number
        packet.time_ns = self.time_ns
        self.time_ns += MILLISECOND_NS
        return packet

    def add_segment(self, packet: Packet) -> None:
        self.table.add_segment(self.stamp(packet))

    def add_datagram(self, packet: Packet) -> None:
        self.table.add_datagram(self.stamp(packet))

    def add_association(self, packet: Packet) -> None:
        self.table.add_association(self.stamp(packet))

    def finish(self) -> list[Flow]:
        """End the capture; returns the flows that are over."""
        self.table.finish()
        return self.table.finished

    def only(self) -> Flow:
        """End the capture, which holds one flow."""
        (flow,) = self.finish()
        return flow


class Talk:
    """One TCP connection: what each side says next has the right numbers."""

    def __init__(
        self,
        wire: Wire | None = None,
        client: Endpoint = CLIENT,
        server: Endpoint = SERVER,
        initial: tuple[int, int] = (1000, 5000),
    ) -> None:
        self.wire = wire or Wire()
        self.ends = (client, server)
        self.sent = list(initial)

    def segment(
        self,
        side: int,
        flags: int,
        payload: bytes = b"",
        sequence: int | None = None,
        missing: int = 0,
        options: bytes = b"",
        ip_options: bytes = b"",
    ) -> None:
        """One segment; without `sequence` it is the next one of its side."""
        number = self.sent[side] if sequence is None else sequence
        source, target = self.ends[side], self.ends[1 - side]
        octets = tcp(source, target, flags, number, self.sent[1 - side], payload, options)
        if sequence is None:
            self.sent[side] += len(payload) + bool(flags & SYN) + bool(flags & FIN)
        self.wire.add_segment(ip_packet(source, target, octets, ip_options, missing))

    def open(self) -> Talk:
        """SYN, SYN-ACK, ACK."""
        self.segment(0, SYN)
        self.segment(1, SYN | ACK)
        self.segment(0, ACK)
        return self

    def say(self, *turns: bytes) -> Talk:
        """The sides take turns, side 0 first; b"" passes a turn."""
        for turn, payload in enumerate(turns):
            if payload:
                self.segment(turn % 2, ACK, payload)
        return self

    def close(self, *sides: int) -> Talk:
        """FIN of the sides, both unless told otherwise."""
        for side in sides or (0, 1):
            self.segment(side, FIN | ACK)
        return self

    def reset(self, side: int) -> Talk:
        """RST."""
        self.segment(side, RST)
        return self

    def lose(self, side: int, length: int) -> Talk:
        """The side sends `length` octets that nobody captures."""
        self.sent[side] += length
        return self

    def wait(self, nanoseconds: int) -> Talk:
        """Let time pass."""
        self.wire.time_ns += nanoseconds
        return self

    def only(self) -> Flow:
        """End the capture, of which this is the only connection."""
        return self.wire.only()


def noted(flow: Flow, name: str) -> list[object]:
    """What a connection's sides say under this name, in the order in which they were first seen."""
    return [getattr(stream.reader, name) for stream in flow.streams]
