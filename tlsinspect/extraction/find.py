"""Which packets of a capture belong to the connections that are wanted.

A packet belongs where its innermost addresses and ports are a connection's, and either its time is, or, as times may
run backwards, it goes on with a flow that began in that time. With the last fragment of an IP datagram all of its
fragments belong. Packets in tunnels and behind VLAN tags are found as reading finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, NamedTuple

from ..capture import CaptureSource
from ..dissect import LinkDissector
from ..errors import DecodeError
from ..reading import FRAMERS, OPENERS
from ..wire.capfile import open_reader
from ..wire.eapol import address, is_group
from ..wire.flow_key import flow_key
from ..wire.flow_table import FlowTable
from ..wire.ip import FragmentTable
from ..wire.limits import Limits
from ..wire.packet import Packet
from ..wire.stream import Stream
from ..wire.walk import Walk

PACKETS_PER_STEP = 8192
BEFORE_EAP_NS = 1_000_000_000
"""How long before its TLS an EAP conversation may have begun: its identity and its start are wanted too."""

Window = tuple[int, int]


class Wanted:
    """Addresses, ports and times of the connections whose packets are looked for, by transport."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        """`rows` are of the connections table; times in nanoseconds."""
        self.windows: dict[str, dict[bytes, list[Window]]] = {"tcp": {}, "udp": {}, "sctp": {}, "eapol": {}}
        for row in rows:
            ends = [
                (ip_address(row[f"{side}_ip"]).packed, int(row[f"{side}_port"] or 0).to_bytes(2, "big"))
                for side in ("client", "server")
            ]
            begin, end = sorted((row["time_start"], row["time_end"]))
            if row["transport"] != "tcp" and row["starttls_protocol"] == "eap":
                begin -= BEFORE_EAP_NS
            for (source, source_port), (destination, destination_port) in (ends, ends[::-1]):
                key = source + destination + source_port + destination_port
                self.windows[row["transport"]].setdefault(key, []).append((begin, end))

    def holds(self, transport: str, key: bytes, time_ns: int) -> bool:
        """Whether something at this time is of a wanted connection."""
        return any(begin <= time_ns <= end for begin, end in self.windows[transport].get(key, ()))


class Numbers:
    """A set of packet numbers, a bit each."""

    def __init__(self) -> None:
        self.bits = bytearray()
        self.count = 0

    def add(self, number: int) -> None:
        """Put a number in."""
        place, bit = number >> 3, 1 << (number & 7)
        if place >= len(self.bits):
            self.bits.extend(bytes(place + 1 - len(self.bits) + (len(self.bits) >> 3)))
        if not self.bits[place] & bit:
            self.bits[place] |= bit
            self.count += 1

    def __contains__(self, number: int) -> bool:
        place = number >> 3
        return place < len(self.bits) and bool(self.bits[place] & 1 << (number & 7))


class FragmentNumbers(FragmentTable):
    """Puts datagrams together, and remembers which packets their fragments were.

    `completed` are those of the datagrams that packet number `current` completed, itself not among them.
    """

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.numbers: dict[bytes, list[int]] = {}
        self.current = 0
        self.completed: list[int] = []

    def keep(self, packet: Packet, key: bytes, offset: int, header: bytes, more: bool) -> bool:
        """Keep the payload of one fragment; True when its datagram is whole."""
        if packet.number != self.current:
            self.current = packet.number
            self.completed = []
        earlier = self.numbers.setdefault(key, [])
        try:
            whole = super().keep(packet, key, offset, header, more)
        except DecodeError:
            del self.numbers[key]
            raise
        if whole:
            self.completed += self.numbers.pop(key)
        elif key in self.waiting and len(earlier) < self.limits.datagram_fragments:
            earlier += [*self.completed, packet.number]
        return whole

    def drop(self, key: bytes, kind: str, expected: str) -> None:
        """Give up a datagram."""
        self.numbers.pop(key, None)
        super().drop(key, kind, expected)


class PacketFinder(FlowTable):
    """Follows the flows that are wanted, as reading did, and notes their packets."""

    def __init__(self, wanted: Wanted, fragments: FragmentNumbers, ports: frozenset[int], limits: Limits) -> None:
        super().__init__(ports, OPENERS, False, framers=FRAMERS, limits=limits)
        self.wanted = wanted
        self.fragments = fragments
        self.numbers = Numbers()

    def add_segment(self, packet: Packet) -> None:
        """Take a TCP segment."""
        key = self.noted(packet, "tcp")
        if key:
            super().add_segment(packet)
            self.follow(packet, "tcp", self.streams.get(key))

    def add_datagram(self, packet: Packet) -> None:
        """Take a UDP datagram."""
        key = self.noted(packet, "udp")
        if key:
            super().add_datagram(packet)
            self.follow(packet, "udp", self.datagram_streams.get(key))

    def add_association(self, packet: Packet) -> None:
        """Take an SCTP packet."""
        self.noted(packet, "sctp")

    def noted(self, packet: Packet, transport: str) -> bytes:
        """Note a packet where it is wanted; return the key of its flow, or nothing where none of that is wanted."""
        key = flow_key(packet) if packet.payload_end - packet.transport >= 4 else b""
        if key not in self.wanted.windows[transport]:
            return b""
        self.note(packet, self.wanted.holds(transport, key, packet.time_ns))
        return key

    def follow(self, packet: Packet, transport: str, stream: Stream | None) -> None:
        """Note a packet whose flow began in the time of a wanted connection."""
        if stream is not None:
            self.note(packet, self.wanted.holds(transport, stream.key, stream.owner.time_start))
        self.finished = []

    def add_frame(self, packet: Packet) -> None:
        """Take an IEEE 802.1X frame; one to a group belongs to every conversation of its sender."""
        macs = [packet.data[at : at + 6] for at in (packet.source_mac, packet.destination_mac)]
        source, destination = (address(mac) for mac in macs)
        for key in self.wanted.windows["eapol"]:
            if key[:16] == source and (key[16:32] == destination or is_group(macs[1])):
                self.note(packet, self.wanted.holds("eapol", key, packet.time_ns))

    def note(self, packet: Packet, wanted: bool) -> None:
        """Put a packet in where it is wanted, and in front of it the fragments that it completed."""
        if not wanted:
            return
        if self.fragments.current == packet.number:
            for number in self.fragments.completed:
                self.numbers.add(number)
        self.numbers.add(packet.number)


class Found(NamedTuple):
    """The numbers of the wanted packets of a capture, and the decryption secrets in it, (type, octets)."""

    numbers: Numbers
    secrets: list[tuple[int, bytes]]


def find_packets(
    source: CaptureSource,
    wanted: Wanted,
    ports: frozenset[int],
    limits: Limits,
    tell: Callable[[CaptureSource], None] = lambda source: None,
) -> Found:
    """Read one capture for the packets that are wanted; what is damaged ends it, as it ended the first reading.

    `ports` and `limits` are those of that reading; `tell` is called now and then, to look how far it is.
    """
    fragments = FragmentNumbers(limits)
    finder = PacketFinder(wanted, fragments, ports, limits)
    reader = open_reader(source.blocks())
    walk = Walk(reader, finder, fragments, LinkDissector())
    with suppress(DecodeError):
        while walk.advance(PACKETS_PER_STEP):
            tell(source)
    return Found(finder.numbers, reader.secrets)
