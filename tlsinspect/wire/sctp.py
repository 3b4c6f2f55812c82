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
from .flow import DatagramReader, Flow, reverse_key
from .octets import cut
from .packet import Packet, unsigned32
from .stream import Stream

HEADER = 12
CHUNK_HEADER = 4
DATA, ABORT, SHUTDOWN, SHUTDOWN_ACK, SHUTDOWN_COMPLETE, I_DATA = 0, 6, 7, 8, 14, 64  # chunk types
DATA_HEADER, I_DATA_HEADER = 16, 20
ENDING, BEGINNING = 1, 2  # flags of a chunk that ends, or begins, a user message
PIECE_COST = 150  # octets that a waiting chunk costs beside its own

Piece = tuple[int, bytes]


class Association:
    """An association with DTLS in it, and what reads that. By side: what was `heard`, by TSN, `waiting` pieces as
    (flags, octets), and how many octets these are `held` to cost.
    """

    def __init__(self, flow: Flow, reader: DatagramReader) -> None:
        self.flow = flow
        self.reader = reader
        self.heard: tuple[dict[int, None], dict[int, None]] = ({}, {})
        self.waiting: tuple[dict[int, Piece], dict[int, Piece]] = ({}, {})
        self.held = [0, 0]


class SctpTable:
    """The associations in which DTLS was met, by addresses and ports of either direction."""

    def __init__(self, table: FlowOwner) -> None:
        self.table = table
        self.associations: dict[bytes, Association] = {}

    def accept(self, packet: Packet, key: bytes) -> None:
        """Take a packet of the direction `key`; raises DecodeError where a chunk lies about its length."""
        data = packet.data
        position = packet.transport + HEADER
        end = packet.payload_end
        association = self.associations.get(key)
        if association is not None:
            self.count(association, packet, key)
        while end - position >= CHUNK_HEADER:
            kind = data[position]
            length = data[position + 2] << 8 | data[position + 3]
            stop = position + length
            if length < CHUNK_HEADER or stop > end + packet.missing:
                raise DecodeError("sctp", "bad_length", position - packet.transport, "a chunk within the packet")
            if kind in (DATA, I_DATA):
                start = position + (DATA_HEADER if kind == DATA else I_DATA_HEADER)
                if start <= min(stop, end):
                    if association is None:
                        association = self.open(packet, key, data[position + 1], start, min(stop, end))
                    if association is not None:
                        tsn = unsigned32(data, position + 4, True)
                        self.take(association, packet, key, data[position + 1], tsn, start, stop)
            elif association is not None and kind in (ABORT, SHUTDOWN, SHUTDOWN_ACK, SHUTDOWN_COMPLETE):
                self.end(association, packet, key, kind)
                if association.flow.finished:
                    return  # nothing may follow in the packet (RFC 9260 section 3.3.7)
            position = stop + (-length & 3)

    def forget(self, association: Association) -> None:
        """Let go of an association that is over."""
        for stream in association.flow.streams:
            self.associations.pop(stream.key, None)

    def open(self, packet: Packet, key: bytes, flags: int, start: int, end: int) -> Association | None:
        """The association in which a chunk is the first with DTLS, a whole message; None where it has none."""
        if flags & (BEGINNING | ENDING) != BEGINNING | ENDING:
            return None
        reader: DatagramReader | None = open_dtls(packet.data, start, end)
        if reader is None:
            return None
        flow = Flow(key, reverse_key(key), SCTP, self.table.keep_messages, self.table.limits)
        association = Association(flow, reader)
        flow.datagrams = SctpReader(self, association)
        flow.first_packet = packet.number
        flow.time_start = packet.time_ns
        flow.vlans = packet.vlans
        flow.tunnels = packet.tunnels
        self.table.adopt(flow)
        for stream in flow.streams:
            self.associations[stream.key] = association
        self.count(association, packet, key)
        return association

    def count(self, association: Association, packet: Packet, key: bytes) -> None:
        """Note that a packet came."""
        stream = self.direction(association, key)
        association.flow.time_end = packet.time_ns
        stream.packets += 1
        stream.number = packet.number
        stream.time_ns = packet.time_ns

    def direction(self, association: Association, key: bytes) -> Stream:
        """The stream whose packets have this key."""
        first: Stream = association.flow.streams[0]
        second: Stream = association.flow.streams[1]
        return first if first.key == key else second

    def take(
        self, association: Association, packet: Packet, key: bytes, flags: int, tsn: int, start: int, stop: int
    ) -> None:
        """Take the payload of a DATA chunk, `packet.data[start:stop]` as far as it was captured."""
        flow = association.flow
        stream = self.direction(association, key)
        side = stream.reader.side
        heard = association.heard[side]
        stream.octets += stop - start
        if tsn in heard:
            stream.retransmitted += 1
            return
        limits = flow.limits
        if len(heard) >= limits.early_segments:
            del heard[next(iter(heard))]
        heard[tsn] = None
        end = min(stop, packet.payload_end)
        stream.lacking = stop - end
        if stream.lacking:
            stream.truncated = True
        if flags & (BEGINNING | ENDING) == BEGINNING | ENDING:
            association.reader.accept(flow, stream, packet.data, start, end)
            return
        waiting = association.waiting[side]
        waiting[tsn] = (flags, cut(packet.data, start, end))
        self.hold(association, side, end - start + PIECE_COST)
        message = self.join(association, side, tsn)
        if message:
            association.reader.accept(flow, stream, message, 0, len(message))
        elif len(waiting) > limits.early_segments or association.held[side] > limits.early_octets:
            waiting.clear()
            self.hold(association, side, -association.held[side])
            stream.gap = True
            expected = f"at most {limits.early_segments} chunks, or {limits.early_octets} octets, that wait for others"
            flow.problem(DecodeError("sctp", "limit", 0, expected))

    def join(self, association: Association, side: int, tsn: int) -> bytes:
        """The user message that a chunk makes whole, whose chunks follow each other; empty where one is missing."""
        waiting = association.waiting[side]
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
        self.hold(association, side, -(len(message) + count * PIECE_COST))
        return message

    def hold(self, association: Association, side: int, octets: int) -> None:
        """Note that a side keeps so many octets more."""
        association.held[side] += octets
        association.flow.held += octets

    def end(self, association: Association, packet: Packet, key: bytes, kind: int) -> None:
        """A side closes the association, or breaks it off."""
        flow = association.flow
        stream = self.direction(association, key)
        side = stream.reader.side
        if kind == ABORT:
            stream.reset = True
            flow.reset_side, flow.reset_packet = side, packet.number
        elif not stream.fin:
            stream.fin = True
            if flow.fin_packet < 0:
                flow.fin_side, flow.fin_packet = side, packet.number
        if kind in (ABORT, SHUTDOWN_COMPLETE):
            self.table.close(flow)


class SctpReader(DatagramReader):
    """Lets go of an association that is over; what waits in it for other chunks was never whole."""

    def __init__(self, table: SctpTable, association: Association) -> None:
        self.table = table
        self.association = association

    def finish(self) -> None:
        """The flow is over; see DatagramReader."""
        flow = self.association.flow
        for stream in flow.streams:
            if self.association.waiting[stream.reader.side]:
                stream.gap = True
        self.association.reader.finish()
        self.table.forget(self.association)
