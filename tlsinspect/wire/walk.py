"""The walk through a capture: each packet to its connection.

Goes in: a PacketReader. Comes out: connections in a FlowTable, counters, and for
each kind of malformed packet how often it was met and where first. A link type
that is not known here is handed to a dissector that the caller gives.
"""

from __future__ import annotations

from typing import Protocol

from ..errors import DecodeError
from .codes import EAPOL, SCTP, TCP, UDP
from .flow_table import FlowTable
from .ip import FragmentTable
from .packet import Packet, PacketReader, Rest
from .tunnel import locate_rest, locate_transport

UNKNOWN_LINK = -2
LINKTYPE_RAW = 101
PROBLEM_KIND_LIMIT = 256  # kinds of malformed packets that are told apart


class Dissector(Protocol):
    """Finds the IP packet in a frame of a link type that the kernel does not know."""

    def find_ip(self, link_type: int, frame: bytes) -> bytes | None:
        """The IP packet inside, or None."""


class PacketProblem:
    """One kind of malformed packet: the first error, its packet, and how many there were."""

    def __init__(self, error: DecodeError, packet: int) -> None:
        self.error = error
        self.packet = packet
        self.count = 0


class Walk:
    """Where one capture file stands. `table` outlives it: connections go on in the next file.

    Packet numbers count on from file to file: `before` is the last one of the files in front, `last` that of this one
    so far. Those of `problems` are the file's own. `octets` counts packets as on the wire. `undecoded` maps link types
    that nobody knows to packets. Times are ns, of the earliest and the latest packet.
    """

    def __init__(
        self,
        reader: PacketReader,
        table: FlowTable,
        fragments: FragmentTable,
        dissector: Dissector,
        before: int = 0,
    ) -> None:
        self.reader = reader
        self.table = table
        self.fragments = fragments
        self.dissector = dissector
        self.before = self.last = before
        self.packet = Packet()
        self.packets = 0
        self.octets = 0
        self.truncated = 0
        self.time_first = -1
        self.time_last = -1
        self.undecoded: dict[int, int] = {}
        self.problems: dict[tuple[str, str, str], PacketProblem] = {}

    def advance(self, count: int) -> bool:
        """Take up to `count` packets; False at the end of the capture.

        Raises DecodeError where the file is damaged, after the packets before the damage.
        """
        packet = self.packet
        for _ in range(count):
            if not self.reader.read_packet(packet):
                return False
            packet.number += self.before
            self.last = packet.number
            self.packets += 1
            self.octets += packet.wire_length
            if packet.end - packet.start < packet.wire_length:
                self.truncated += 1
            if self.packets == 1:
                self.time_first = self.time_last = packet.time_ns
            elif packet.time_ns > self.time_last:
                self.time_last = packet.time_ns
            elif packet.time_ns < self.time_first:
                self.time_first = packet.time_ns
            try:
                protocol = locate_transport(packet, self.fragments)
                if protocol == UNKNOWN_LINK:
                    protocol = self.dissect(packet)
                self.deliver(packet, protocol)
            except DecodeError as error:
                self.note(error, packet.number)
            while packet.rest is not None:
                self.take_rest(packet, packet.rest)
        return True

    def take_rest(self, packet: Packet, rest: Rest) -> None:
        """Take the next packet of an aggregate."""
        try:
            self.deliver(packet, locate_rest(packet, rest, self.fragments))
        except DecodeError as error:
            self.note(error, packet.number)

    def deliver(self, packet: Packet, protocol: int) -> None:
        """Give a packet to the connections of its transport, if that is one that carries TLS."""
        if protocol == TCP:
            self.table.add_segment(packet)
        elif protocol == UDP:
            self.table.add_datagram(packet)
        elif protocol == EAPOL:
            self.table.add_frame(packet)
        elif protocol == SCTP:
            self.table.add_association(packet)

    def dissect(self, packet: Packet) -> int:
        """Let the dissector find the IP packet of an unknown link type."""
        inner = self.dissector.find_ip(packet.link_type, packet.data[packet.start : packet.end])
        if inner is None:
            self.undecoded[packet.link_type] = self.undecoded.get(packet.link_type, 0) + 1
            return -1
        packet.wire_length += len(inner) - (packet.end - packet.start)
        packet.data = inner
        packet.start = 0
        packet.end = len(inner)
        packet.link_type = LINKTYPE_RAW
        return locate_transport(packet, self.fragments)

    def note(self, error: DecodeError, packet: int) -> None:
        """Count a malformed packet under its kind."""
        packet -= self.before
        key = (error.layer, error.kind, error.expected)
        problem = self.problems.get(key)
        if problem is None:
            if len(self.problems) >= PROBLEM_KIND_LIMIT:
                key = (error.layer, "limit", "")
                error = DecodeError(error.layer, "limit", 0, f"at most {PROBLEM_KIND_LIMIT} kinds of malformed packets")
            problem = self.problems.setdefault(key, PacketProblem(error, packet))
        problem.count += 1
