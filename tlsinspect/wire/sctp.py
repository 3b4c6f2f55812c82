"""DTLS over SCTP: records in user messages, which may be cut into chunks.

Goes in: a Packet whose `transport` is at an SCTP header. Comes out: flows in the flow table, of those associations in
which DTLS is met; of others nothing is kept.
Spec: RFC 6083, RFC 9260 section 3, RFC 8260 section 2.1.
"""

from __future__ import annotations

from ..errors import DecodeError
from .codes import SCTP
from .dtls import open_dtls
from .eap import FlowOwner
from .flow import DatagramReader, Flow
from .flow_key import reverse_key
from .octets import cut
from .packet import Packet, unsigned32
from .stream import Stream

HEADER = 12
CHUNK_HEADER = 4
DATA, ABORT, SHUTDOWN, SHUTDOWN_ACK, SHUTDOWN_COMPLETE, I_DATA = 0, 6, 7, 8, 14, 64  # chunk types
CLOSING = (ABORT, SHUTDOWN, SHUTDOWN_ACK, SHUTDOWN_COMPLETE)
DATA_HEADER, I_DATA_HEADER = 16, 20
ENDING, BEGINNING, WHOLE = 1, 2, 3  # flags of a chunk that ends, or begins, a user message, or is all of it
PIECE_COST = 150  # octets that a waiting chunk costs beside its own

Piece = tuple[int, bytes]


class Direction:
    """One direction of an association with DTLS in it, and what reads the DTLS of both.

    `heard` are the TSNs of chunks that came, `waiting` by TSN the chunks, as flags and octets, that wait for the others
    of their message, and `held` is what these are counted with.
    """

    def __init__(self, stream: Stream, reader: DatagramReader) -> None:
        self.stream = stream
        self.reader = reader
        self.heard: dict[int, None] = {}
        self.waiting: dict[int, Piece] = {}
        self.held = 0

    def note(self, packet: Packet) -> None:
        """A packet came."""
        flow: Flow = self.stream.owner
        flow.time_end = packet.time_ns
        self.stream.packets += 1
        self.stream.number = packet.number
        self.stream.time_ns = packet.time_ns

    def take(self, packet: Packet, flags: int, tsn: int, start: int, stop: int) -> None:
        """Take the payload of a DATA chunk, `packet.data[start:stop]` as far as it was captured."""
        stream = self.stream
        flow: Flow = stream.owner
        limits = flow.limits
        stream.octets += stop - start
        if tsn in self.heard:
            stream.retransmitted += 1
            return
        if len(self.heard) >= limits.early_segments:
            del self.heard[next(iter(self.heard))]
        self.heard[tsn] = None
        end = min(stop, packet.payload_end)
        stream.lacking = stop - end
        if stream.lacking:
            stream.truncated = True
        if flags & WHOLE == WHOLE:
            self.reader.accept(flow, stream, packet.data, start, end)
            return
        self.waiting[tsn] = (flags, cut(packet.data, start, end))
        self.hold(end - start + PIECE_COST)
        message = self.join(tsn)
        if message:
            self.reader.accept(flow, stream, message, 0, len(message))
        elif len(self.waiting) > limits.early_segments or self.held > limits.early_octets:
            self.waiting.clear()
            self.hold(-self.held)
            stream.gap = True
            expected = f"at most {limits.early_segments} chunks, or {limits.early_octets} octets, that wait for others"
            flow.problem(DecodeError("sctp", "limit", 0, expected))

    def join(self, tsn: int) -> bytes:
        """The user message that a chunk makes whole, whose chunks follow each other; empty where one is missing."""
        waiting = self.waiting
        first = last = tsn
        while not waiting[first][0] & BEGINNING:
            first = (first - 1) & 0xFFFFFFFF
            if first not in waiting:
                return b""
        while not waiting[last][0] & ENDING:
            last = (last + 1) & 0xFFFFFFFF
            if last not in waiting:
                return b""
        parts = []
        count = ((last - first) & 0xFFFFFFFF) + 1
        for step in range(count):
            _, octets = waiting.pop((first + step) & 0xFFFFFFFF)
            parts.append(octets)
        message = b"".join(parts)
        self.hold(-(len(message) + count * PIECE_COST))
        return message

    def hold(self, octets: int) -> None:
        """Note that so many octets more are kept."""
        flow: Flow = self.stream.owner
        self.held += octets
        flow.held += octets

    def end(self, packet: Packet, kind: int) -> bool:
        """This side closes the association, or breaks it off; True where it is over."""
        stream = self.stream
        flow: Flow = stream.owner
        if kind == ABORT:
            stream.reset = True
            flow.reset_side, flow.reset_packet = stream.reader.side, packet.number
        elif not stream.fin:
            stream.fin = True
            if flow.fin_packet < 0:
                flow.fin_side, flow.fin_packet, flow.fin_ns = stream.reader.side, packet.number, packet.time_ns
        return kind in (ABORT, SHUTDOWN_COMPLETE)


class SctpTable:
    """The associations in which DTLS was met, each direction by its addresses and ports."""

    def __init__(self, table: FlowOwner) -> None:
        self.table = table
        self.directions: dict[bytes, Direction] = {}

    def accept(self, packet: Packet, key: bytes) -> None:
        """Take a packet of the direction `key`; raises DecodeError where a chunk lies about its length."""
        data = packet.data
        position = packet.transport + HEADER
        end = packet.payload_end
        direction = self.directions.get(key)
        if direction is not None:
            direction.note(packet)
        while end - position >= CHUNK_HEADER:
            kind = data[position]
            flags = data[position + 1]
            length = data[position + 2] << 8 | data[position + 3]
            stop = position + length
            if length < CHUNK_HEADER or stop > end + packet.missing:
                raise DecodeError("sctp", "bad_length", position - packet.transport, "a chunk within the packet")
            if kind in (DATA, I_DATA):
                start = position + (DATA_HEADER if kind == DATA else I_DATA_HEADER)
                if start <= min(stop, end):
                    if direction is None and flags & WHOLE == WHOLE:
                        direction = self.open(packet, key, start, min(stop, end))
                    if direction is not None:
                        direction.take(packet, flags, unsigned32(data, position + 4, True), start, stop)
            elif direction is not None and kind in CLOSING and direction.end(packet, kind):
                self.table.close(direction.stream.owner)
                return  # nothing may follow in the packet (RFC 9260 section 3.3.7)
            position = stop + (-length & 3)

    def open(self, packet: Packet, key: bytes, start: int, end: int) -> Direction | None:
        """The direction whose message is the first with DTLS of an association; None where it has none."""
        reader: DatagramReader | None = open_dtls(packet.data, start, end)
        if reader is None:
            return None
        flow = Flow(key, reverse_key(key), SCTP, self.table.keep_messages, self.table.limits)
        flow.first_packet = packet.number
        flow.time_start = packet.time_ns
        flow.vlans = packet.vlans
        flow.tunnels = packet.tunnels
        self.table.adopt(flow)
        both = [Direction(stream, reader) for stream in flow.streams]
        flow.datagrams = SctpReader(self, both)
        for each in both:
            self.directions[each.stream.key] = each
        direction: Direction = both[0]
        direction.note(packet)
        return direction


class SctpReader(DatagramReader):
    """Lets go of an association that is over; what waits in it for other chunks was never whole."""

    def __init__(self, table: SctpTable, directions: list[Direction]) -> None:
        self.table = table
        self.directions = directions

    def finish(self) -> None:
        """The flow is over; see DatagramReader."""
        for direction in self.directions:
            if direction.waiting:
                direction.stream.gap = True
            self.table.directions.pop(direction.stream.key, None)
        self.directions[0].reader.finish()
