"""All open connections: which packet belongs to which, and when one is over.

Goes in: TCP segments, UDP datagrams, and what carries TLS beside them. Comes out: Flows that are over. State is
what is open now, within Limits, and what was closed lately.
Spec: RFC 9293, RFC 768.
"""

from __future__ import annotations

from typing import Protocol

from ..errors import DecodeError
from .closed import ClosedConnections
from .codes import ACK, FIN, FLOW_COST, PLACES, RST, SYN, TCP, UDP
from .dtls import open_cut_dtls
from .eapol import EapolTable
from .flow import DatagramReader, Flow
from .flow_cost import flow_cost, kept_cost
from .flow_key import flow_key, hashed_place, key_place, reverse_key, shard_of
from .limits import DEFAULT_LIMITS, Limits
from .lone import LoneSegment, LoneSegments
from .midstream import keep_lone, keep_packet, may_lack_beginning
from .octets import cut
from .packet import Packet, unsigned32
from .radius import open_radius
from .sctp import SctpTable
from .stream import Framer, Stream

LINGER_NS = 5 * 1_000_000_000  # how long a closed connection waits for stragglers
WHOLE_LINGER_NS = 1_000_000_000  # the same of one that both sides closed and of which nothing is missing
CLOSE_SWEEP_NS = 500_000_000  # how often closed connections are looked for
RESET_WINDOW = 1 << 24  # octets around what is due in which a RST is believed (RFC 9293 section 3.10.7.4)
MASK = 0xFFFFFFFF
SWEEP_NS = 60 * 1_000_000_000  # how often idle connections are looked for
SECOND_NS = 1_000_000_000

PACKET_COST = 230  # that a packet's objects may take
GROWTH = 4  # octets of memory that an octet of payload may come to
FIRST_SEGMENTS = 16  # of both directions of a connection, among which one may come whose octets are the first
FIRST_OCTETS = 16_384  # of one side, about which it is asked whether the other had them
BEGINNINGS = 4  # how often a connection is read anew because one came


class Opener(Protocol):
    """Looks at a datagram and makes a reader for its flow, or says that it is something else."""

    def __call__(self, data: bytes, position: int, end: int, /) -> DatagramReader | None:
        """`data[position:end]` is the payload."""


class FlowTable:
    """All open connections. `finished` are those that are over; whoever reads them empties it.

    `capture` is a number that says which file the packets are from; `connections`
    counts what was opened. `evicted` counts connections that were ended by the limit `connections`, `outweighed`
    those by `connection_octets`; `dropped` counts half-open ones by (capture, server port) that
    are not in `finished`. `lones` are the connections of which a single segment came, in which nothing that is read
    begins. When one ends it is in `finished`, as all are; where `counting` is set it is in `passed`, or in `dropped` if
    it is half-open and its port none of `ports`. What the open ones hold is looked at when they may have grown beyond
    it: `growth` is the most that they can have grown since, `allowance` how much that may be.
    `keep_messages` says whether flows note each message, or only their order. `ports`
    are UDP ports on which every flow is followed, whatever it carries; `recent` holds TCP streams by the place of their
    addresses and ports, where most segments find theirs without a key being made; `closed` knows what was closed
    lately; `openers` find out what the first datagram of another flow is, `framers` what carries TLS in TCP. Of all
    connections only those are followed that fall to `shard`, a number below `shards`. `last_wins`: see Stream.
    """

    def __init__(
        self,
        ports: frozenset[int] = frozenset(),
        openers: tuple[Opener, ...] = (),
        keep_messages: bool = True,
        shard: int = 0,
        shards: int = 1,
        framers: tuple[Framer, ...] = (),
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.limits = limits
        self.shard = shard
        self.shards = shards
        self.ports = ports
        self.openers = openers
        self.eapol = EapolTable(self)
        self.sctp = SctpTable(self)
        self.framers = framers
        self.keep_messages = keep_messages
        self.streams: dict[bytes, Stream] = {}
        self.recent: list[Stream | None] = [None] * PLACES
        self.datagram_streams: dict[bytes, Stream] = {}
        self.flows: dict[Flow, None] = {}
        self.closing: list[tuple[int, Flow, int]] = []
        self.closed = ClosedConnections()
        self.finished: list[Flow] = []
        self.capture = 0
        self.connections = 0
        self.evicted = 0
        self.next_sweep = 0
        self.next_idle_sweep = 0
        self.idle_ns = limits.idle_seconds * SECOND_NS
        self.outweighed = 0
        self.dropped: dict[tuple[int, int], int] = {}
        self.lones = LoneSegments(framers, limits)
        self.counting = False
        self.passed: list[LoneSegment] = []
        self.growth = 0
        self.allowance = limits.connection_octets
        self.last_wins = False

    def add_segment(self, packet: Packet) -> None:
        """Take a TCP segment: `packet.transport` is the offset of its header.

        Raises DecodeError when the header is cut off or lies about its length.
        """
        data = packet.data
        at = packet.transport
        if packet.payload_end - at < 20:
            raise DecodeError("tcp", "truncated", packet.payload_end - at, "a header of 20 octets")
        payload = at + (data[at + 12] >> 4 << 2)
        if payload < at + 20:
            raise DecodeError("tcp", "bad_length", 12, "a header length of at least 5 words")
        end = packet.payload_end
        missing = packet.missing
        if payload > end:
            if payload > end + missing:
                raise DecodeError("tcp", "bad_length", 12, "a header that ends within the segment")
            missing -= payload - end
            payload = end
        if self.shards > 1 and shard_of(packet, self.shards) != self.shard:
            return
        flags = data[at + 13]
        stream = self.find_stream(packet)
        if stream is None:
            stream = self.begin(packet, flags, payload, end, missing)
        if stream is not None and flags & SYN and self.is_reused(stream, packet, flags):
            stream = self.begin(packet, flags, payload, end, missing)
        if stream is None:
            return
        flow: Flow = stream.owner
        if flow.first_segments is not None and self.begins_anew(flow, stream, packet, flags, end - payload + missing):
            return
        flow.time_end = packet.time_ns
        stream.packets += 1
        stream.number = packet.number
        stream.time_ns = packet.time_ns
        sequence = unsigned32(data, at + 4, True)
        length = end - payload + missing
        if flags & (SYN | FIN | RST):
            sequence = self.take_flags(flow, stream, flags, sequence, length)
        if length > 0:
            stream.octets += length
            if not flow.finished and not (flags & RST):
                stream.accept(data, payload, end, missing, sequence)
                if stream.pending or not stream.reader.application_records:
                    self.growth += PACKET_COST + GROWTH * (end - payload)
        if flags & ACK:
            other: Stream = flow.streams[1 - stream.reader.side]
            if other.pending or (other.started and other.next_place < FIRST_OCTETS and not flags & RST):
                acknowledged = unsigned32(data, at + 8, True)
                if acknowledged != other.next_sequence:
                    other.acknowledge(acknowledged)
            elif not other.started and (flags & SYN or (stream.syn and other.announced < 0 and not flags & RST)):
                other.announced = unsigned32(data, at + 8, True)
        if packet.time_ns > self.next_sweep or self.growth > self.allowance:
            self.sweep(packet.time_ns)

    def begin(self, packet: Packet, flags: int, payload: int, end: int, missing: int) -> Stream | None:
        """The stream of a segment whose connection is not open; None where it is kept alone."""
        key = flow_key(packet)
        if not flags & SYN and self.closed.has_had(key, packet, end - payload + missing):
            return None
        lone: LoneSegment | None = self.lones.segments.get(key)
        if lone is not None:
            return self.wake(lone, 0 if lone.key == key else 1, flags)  # a port may talk to itself
        reverse = reverse_key(key)
        lone = self.lones.segments.get(reverse)
        if lone is not None:
            return self.wake(lone, 0, flags)
        if missing or not self.lones.is_lone(flags, packet.data, payload, end):
            stream = self.open(key, packet, TCP)
            if may_lack_beginning(flags):
                flow: Flow = stream.owner
                flow.first_segments = []
            return stream
        self.make_room()
        self.follow_clock(packet.time_ns)
        sequence = unsigned32(packet.data, packet.transport + 4, True)
        lone = LoneSegment(key, reverse, flags, sequence, cut(packet.data, payload, end))
        lone.acknowledged = unsigned32(packet.data, packet.transport + 8, True)
        lone.capture = self.capture
        lone.first_packet = packet.number
        lone.time_ns = packet.time_ns
        lone.vlans = packet.vlans
        lone.tunnels = packet.tunnels
        self.connections += 1
        self.growth += self.lones.add(lone)
        if packet.time_ns > self.next_sweep or self.growth > self.allowance:
            self.sweep(packet.time_ns)
        return None

    def begins_anew(self, flow: Flow, stream: Stream, packet: Packet, flags: int, length: int) -> bool:
        """Keep a segment of a connection whose beginning may not have come yet, with `length` octets.

        True where these, or those behind its SYN, begin in front of the first ones that came of their direction: the
        connection is read anew.
        """
        segments = flow.first_segments
        if segments is None:
            return False
        one: Stream = flow.streams[0]
        other: Stream = flow.streams[1]
        if len(segments) >= FIRST_SEGMENTS or one.octets + other.octets > self.limits.compared_octets:
            flow.first_segments = None
            return False
        sequence = unsigned32(packet.data, packet.transport + 4, True)
        if flags & SYN:
            sequence = (sequence + 1) & MASK
        first = (length > 0 or flags & SYN != 0) and not flags & RST and self.is_in_front(stream, sequence)
        kept = keep_packet(stream.key, packet)
        segments.append(kept)
        self.growth += kept_cost(kept)
        if first:
            self.read_anew(flow, segments, stream.reader.side, sequence)
        return first

    def is_in_front(self, stream: Stream, sequence: int) -> bool:
        """Whether octets lie in front of the first ones that came of a direction, whose SYN was not captured."""
        before = (stream.initial_sequence + 1 - sequence) & MASK
        return stream.started and not stream.syn and 0 < before <= self.limits.early_octets

    def read_anew(self, flow: Flow, segments: list[Packet], side: int, sequence: int) -> None:
        """Put another connection in the place of one, and read its segments again: a side begins at `sequence`."""
        first: Stream = flow.streams[0]
        self.forget(flow)
        anew = Flow(first.key, reverse_key(first.key), TCP, self.keep_messages, self.limits)
        anew.capture = flow.capture
        anew.first_packet = flow.first_packet
        anew.time_start = flow.time_start
        anew.vlans = flow.vlans
        anew.tunnels = flow.tunnels
        anew.beginnings = flow.beginnings + 1
        for old in flow.streams:
            stream: Stream = anew.streams[old.reader.side]
            if old.started:
                stream.start((old.initial_sequence + 1) & MASK)
        stream = anew.streams[side]
        stream.start(sequence)
        self.equip(anew)
        flow.finished = True
        flow.release()
        self.enter(anew)
        for kept in segments:
            self.add_segment(kept)
        anew.first_segments = segments if anew.beginnings < BEGINNINGS else None

    def wake(self, lone: LoneSegment, side: int, flags: int) -> Stream:
        """Open the connection of a lone segment, as another one with `flags` came; returns the stream of a side.

        What follows a SYN and is neither a SYN-ACK nor a RST does not say where the other side begins.
        """
        self.lones.remove(lone)
        flow = self.revive(lone)
        if may_lack_beginning(lone.flags) or not flags & (SYN | RST):
            flow.first_segments = [keep_lone(lone)]
        self.enter(flow)
        self.growth += FLOW_COST + GROWTH * len(lone.payload)
        stream: Stream = flow.streams[side]
        return stream

    def settle(self) -> None:
        """Open the connections of all lone segments."""
        for lone in list(self.lones.segments.values()):
            self.wake(lone, 0, SYN)

    def revive(self, lone: LoneSegment) -> Flow:
        """The connection of a lone segment, as if it had been open since then."""
        flow = Flow(lone.key, lone.reverse, TCP, self.keep_messages, self.limits)
        flow.capture = lone.capture
        flow.first_packet = lone.first_packet
        flow.time_start = flow.time_end = lone.time_ns
        flow.vlans = lone.vlans
        flow.tunnels = lone.tunnels
        self.equip(flow)
        stream: Stream = flow.streams[0]
        stream.packets = 1
        stream.number = lone.first_packet
        stream.time_ns = lone.time_ns
        sequence = self.take_flags(flow, stream, lone.flags, lone.sequence, len(lone.payload))
        if lone.flags & SYN and lone.flags & ACK:
            other: Stream = flow.streams[1]
            other.announced = lone.acknowledged
        if lone.payload:
            stream.octets = len(lone.payload)
            stream.accept(lone.payload, 0, len(lone.payload), 0, sequence)
        return flow

    def end_lone(self, lone: LoneSegment) -> None:
        """A connection is over of which nothing came but its first segment."""
        self.lones.remove(lone)
        if not self.counting:
            flow = self.revive(lone)
            flow.end()
            self.finished.append(flow)
        elif lone.is_half_open() and lone.answered_port() not in self.ports:
            self.drop(lone.capture, lone.answered_port())
        else:
            self.passed.append(lone)

    def find_stream(self, packet: Packet) -> Stream | None:
        """The open stream that a TCP segment belongs to."""
        at = packet.transport
        size = 8 if packet.ip_version == 4 else 32
        addresses = packet.network + (12 if packet.ip_version == 4 else 8)
        if addresses + size != at:
            return self.streams.get(flow_key(packet))
        place = hashed_place(packet.data, at, size)
        stream = self.recent[place]
        if stream is None or len(stream.key) != size + 4 or not packet.data.startswith(stream.key, addresses):
            stream = self.streams.get(flow_key(packet))
            if stream is not None:
                self.recent[place] = stream
        return stream

    def add_datagram(self, packet: Packet) -> None:
        """Take a UDP datagram: `packet.transport` is the offset of its header.

        Raises DecodeError when the header is cut off or lies about its length. Spec: RFC 768.
        """
        data = packet.data
        at = packet.transport
        if packet.payload_end - at < 8:
            raise DecodeError("udp", "truncated", packet.payload_end - at, "a header of 8 octets")
        length = (data[at + 4] << 8 | data[at + 5]) - 8
        if length < 0 or length > packet.payload_end + packet.missing - at - 8:
            raise DecodeError("udp", "bad_length", 4, "a length within the IP payload")
        end = min(packet.payload_end, at + 8 + length)
        lacking = at + 8 + length - end
        if self.shards > 1 and shard_of(packet, self.shards) != self.shard:
            return
        key = flow_key(packet)
        stream = self.datagram_streams.get(key)
        if stream is not None:
            stream.lacking = lacking
            flow: Flow = stream.owner
            reader = flow.datagrams
            if reader is None:
                reader = flow.datagrams = self.open_datagrams(data, at + 8, end, lacking)
            elif reader.starts_anew(stream, data, at + 8, end):
                self.close(flow)
                stream = None
        if stream is None:
            reader = self.open_datagrams(data, at + 8, end, lacking)
            ports = self.ports
            if (
                reader is None
                and (data[at] << 8 | data[at + 1]) not in ports
                and (data[at + 2] << 8 | data[at + 3]) not in ports
            ):
                return
            stream = self.open(key, packet, UDP)
            flow = stream.owner
            flow.datagrams = reader
        flow.time_end = packet.time_ns
        stream.packets += 1
        stream.octets += length
        stream.number = packet.number
        stream.time_ns = packet.time_ns
        stream.lacking = lacking
        if lacking:
            stream.truncated = True
        if reader is not None:
            held = flow.held
            reader.accept(flow, stream, data, at + 8, end)
            if flow.held > held:
                self.growth += flow.held - held
        elif len(stream.head) == 0:
            stream.keep_head(data[at + 8 : end])
        self.growth += PACKET_COST + end - at
        if packet.time_ns > self.next_sweep or self.growth > self.allowance:
            self.sweep(packet.time_ns)

    def open_datagrams(self, data: bytes, position: int, end: int, lacking: int) -> DatagramReader | None:
        """Find the reader for a flow by the first datagram that tells, `lacking` octets of which were not captured."""
        for opener in self.openers:
            reader: DatagramReader | None = opener(data, position, end)
            if reader is not None:
                return reader
        if lacking:
            return open_cut_dtls(data, position, end)
        return open_radius(self, data, position, end)

    def take_flags(self, flow: Flow, stream: Stream, flags: int, sequence: int, length: int) -> int:
        """SYN, FIN and RST of a segment with `length` octets; returns the sequence number of the first of these."""
        if flags & SYN:
            if not stream.started:
                stream.start((sequence + 1) & MASK)
            if not stream.syn and sequence == stream.initial_sequence:
                stream.syn = True
                if flags & ACK:
                    flow.time_syn_ack = stream.time_ns
                    flow.syn_side = 1 - stream.reader.side
                else:
                    flow.time_syn = stream.time_ns
                    flow.syn_side = stream.reader.side
            sequence = (sequence + 1) & MASK
        if flags & FIN:
            stream.fin = True
            stream.fin_sequence = (sequence + length) & MASK
            if flow.fin_packet < 0:
                flow.fin_packet = stream.number
                flow.fin_ns = stream.time_ns
                flow.fin_side = stream.reader.side
        if flags & RST and stream.started:
            ahead = (sequence - stream.next_sequence) & MASK
            if RESET_WINDOW < ahead <= MASK - RESET_WINDOW:
                flags &= ~RST  # nobody heeds it
        if flags & RST:
            stream.reset = True
            if flow.reset_packet < 0:
                flow.reset_packet = stream.number
                flow.reset_side = stream.reader.side
        other: Stream = flow.streams[1 - stream.reader.side]
        if not flow.closed and (flags & RST or (stream.fin and other.fin)):
            flow.closed = True
            self.closing.append((stream.time_ns, flow, stream.next_place + other.next_place))
        return sequence

    def is_reused(self, stream: Stream, packet: Packet, flags: int) -> bool:
        """True when a SYN starts another connection with the same addresses and ports.

        A SYN-ACK does so only where the client's SYN was not captured; before any payload
        the server may have chosen its number anew, or the SYN-ACK may be a stray one. Where the two sides
        were recorded by clocks that differ, all of one may come before the other's SYN: it is of the same
        connection where one answers the other. So is a SYN behind which the octets belong that came before it: these
        overtook it, and number and time show that no other connection was there so soon. The same holds for one that
        what answers it overtook, as the RST of a port that is closed. A SYN that comes again is a repetition, unless
        the connection was closed long ago: traffic that is replayed repeats its numbers, too.
        """
        flow: Flow = stream.owner
        other: Stream = flow.streams[1 - stream.reader.side]
        data = packet.data
        at = packet.transport
        sequence = unsigned32(data, at + 4, True)
        if stream.started and sequence == stream.initial_sequence:
            if not (flow.closed and stream.syn) or packet.time_ns - flow.time_end <= LINGER_NS:
                return False
            self.close(flow)
            return True
        overtaken = flow.first_segments is not None and packet.time_ns - flow.time_start < SECOND_NS
        due = (sequence + 1) & MASK
        if overtaken and (self.is_in_front(stream, due) or (not stream.started and is_answered(flow, other, due))):
            return False
        if not stream.started and other.syn:
            expected = (other.initial_sequence + 1) & MASK
            if not flags & ACK or unsigned32(data, at + 8, True) == expected:
                return False
        if flags & ACK and not flow.closed and (other.syn or not stream.started):
            if stream.started and stream.octets == 0:
                stream.alternative = (sequence + 1) & MASK
            return False
        reused = stream.started or flow.closed
        if reused:
            self.close(flow)
        return reused

    def open(self, key: bytes, packet: Packet, protocol: int) -> Stream:
        """Begin a connection; returns the stream of its first packet."""
        self.make_room()
        self.follow_clock(packet.time_ns)
        self.growth += FLOW_COST
        flow = Flow(key, reverse_key(key), protocol, self.keep_messages, self.limits)
        flow.capture = self.capture
        flow.first_packet = packet.number
        flow.time_start = packet.time_ns
        flow.time_end = packet.time_ns
        flow.vlans = packet.vlans
        flow.tunnels = packet.tunnels
        self.connections += 1
        self.equip(flow)
        self.enter(flow)
        first: Stream = flow.streams[0]
        return first

    def equip(self, flow: Flow) -> None:
        """Give the streams of a connection what they read with."""
        first: Stream = flow.streams[0]
        second: Stream = flow.streams[1]
        first.last_wins = second.last_wins = self.last_wins
        first.framers = second.framers = self.framers

    def enter(self, flow: Flow) -> None:
        """Put a connection into the tables."""
        self.flows[flow] = None
        first: Stream = flow.streams[0]
        second: Stream = flow.streams[1]
        streams = self.streams if flow.protocol == TCP else self.datagram_streams
        streams[first.key] = first
        if second.key != first.key:
            streams[second.key] = second

    def add_frame(self, packet: Packet) -> None:
        """Take an IEEE 802.1X frame: `packet.network` is the offset of its header. Raises DecodeError where it lies."""
        if self.shard == 0:
            self.eapol.accept(packet)
            self.growth += PACKET_COST + packet.end - packet.network
            if self.growth > self.allowance:
                self.sweep(packet.time_ns)

    def add_association(self, packet: Packet) -> None:
        """Take an SCTP packet: `packet.transport` is the offset of its header. Raises DecodeError where it lies."""
        length = packet.payload_end - packet.transport
        if length < 12:
            raise DecodeError("sctp", "truncated", length, "a header of 12 octets")
        if self.shards == 1 or shard_of(packet, self.shards) == self.shard:
            self.sctp.accept(packet, flow_key(packet))
            self.growth += GROWTH * length + PACKET_COST
            if packet.time_ns > self.next_sweep or self.growth > self.allowance:
                self.sweep(packet.time_ns)

    def adopt(self, flow: Flow) -> None:
        """Take a connection inside others' packets, that whoever found it will feed."""
        self.make_room()
        self.growth += FLOW_COST
        flow.capture = self.capture
        self.connections += 1
        self.flows[flow] = None

    def close(self, flow: Flow) -> None:
        """End a connection and forget it."""
        if flow in self.flows:
            self.forget(flow)
            flow.end()
            self.finished.append(flow)

    def drop(self, capture: int, port: int) -> None:
        """Count a half-open connection that is forgotten: it costs no more than that."""
        self.dropped[capture, port] = self.dropped.get((capture, port), 0) + 1

    def forget(self, flow: Flow) -> None:
        """Take a connection out of the tables."""
        del self.flows[flow]
        streams = self.streams if flow.protocol == TCP else self.datagram_streams
        for stream in flow.streams:
            if streams.get(stream.key) is stream:
                del streams[stream.key]
            if flow.protocol == TCP:
                place = key_place(stream.key)
                if self.recent[place] is stream:
                    self.recent[place] = None

    def sweep(self, now: int) -> None:
        """End what closed long enough ago, every SWEEP_NS what has been idle, and what there is no room for.

        What is whole ends early: only repetitions can follow, and what it has heard is still in the processor's cache.
        What went on behind a RST was not closed by it. Not the first packet behind a pause ends what is idle, but the
        next ones: its clock may be wrong.
        """
        if self.growth > self.allowance:
            self.weigh()
        count = 0
        waiting = []
        for entry in self.closing:
            time_closed, flow, place = entry
            age = now - time_closed
            if -LINGER_NS < age < WHOLE_LINGER_NS:
                break
            count += 1
            first: Stream = flow.streams[0]
            second: Stream = flow.streams[1]
            if -LINGER_NS < age < LINGER_NS and not (first.is_whole() and second.is_whole()):
                waiting.append(entry)
                continue
            if first.next_place + second.next_place > place and not (first.fin and second.fin):
                flow.closed = False
                continue
            if flow in self.flows:
                self.closed.add(first, second)
            self.close(flow)
        self.closing[:count] = waiting
        jumped = now - self.next_sweep > self.idle_ns
        self.next_sweep = now + CLOSE_SWEEP_NS
        if now >= self.next_idle_sweep and not jumped:
            self.next_idle_sweep = now + SWEEP_NS
            for flow in [flow for flow in self.flows if now - flow.time_end > self.idle_ns]:
                self.close(flow)
            for lone in self.lones.before(now - self.idle_ns):
                self.end_lone(lone)

    def follow_clock(self, now: int) -> None:
        """A connection begins: where the clock went back, what closed is looked for by the time that it is now."""
        if self.next_sweep - now > SWEEP_NS:
            self.next_sweep = now

    def make_room(self) -> None:
        """A connection is about to be opened: where too many are, end the tenth that has been idle longest."""
        if self.open_count() >= self.limits.connections:
            self.evicted += self.evict(self.limits.connections // 10 + 1)

    def open_count(self) -> int:
        """How many connections are open."""
        return len(self.flows) + len(self.lones.segments)

    def weigh(self) -> None:
        """See what the open connections hold; while it is too much, end the quarter that has been idle longest."""
        held = self.held()
        while held > self.limits.connection_octets and self.open_count():
            self.outweighed += self.evict(self.open_count() // 4 + 1)
            held = self.held()
        self.growth = 0
        self.allowance = max(self.limits.connection_octets - held, self.limits.connection_octets // 16)

    def held(self) -> int:
        """Octets of memory that the open connections hold, by estimate."""
        return self.lones.held + sum([flow_cost(flow) for flow in self.flows])

    def evict(self, count: int) -> int:
        """End the `count` connections that have been idle longest; returns how many these were.

        Their place in order is found from the times alone: sorting the connections themselves costs many times that.
        """
        times = sorted([flow.time_end for flow in self.flows])
        lones = self.lones.oldest(count, times)
        for lone in lones:
            if lone.is_half_open():
                self.lones.remove(lone)
                self.drop(lone.capture, lone.answered_port())
            else:
                self.end_lone(lone)
        count = min(count - len(lones), len(times))
        if count > 0:
            latest = times[count - 1]
            for flow in [flow for flow in self.flows if flow.time_end <= latest][:count]:
                self.end_flow(flow)
            self.closing = [entry for entry in self.closing if not entry[1].finished]
        return len(lones) + count

    def end_flow(self, flow: Flow) -> None:
        """End a connection that there is no room for; a half-open one is counted and forgotten."""
        if not flow.is_half_open():
            self.close(flow)
            return
        self.forget(flow)
        client: Stream = flow.streams[flow.syn_side]
        at = len(client.key) - 2
        self.drop(flow.capture, client.key[at] << 8 | client.key[at + 1])
        flow.finished = True
        flow.release()

    def finish(self) -> None:
        """The capture is over, and so are all connections, in the order in which they began."""
        if not self.counting:
            self.settle()
        for lone in list(self.lones.segments.values()):
            self.end_lone(lone)
        while self.flows:  # the end of one may begin another, inside it
            for flow in sorted(self.flows, key=beginning):
                self.close(flow)
        self.closing = []


def is_answered(flow: Flow, stream: Stream, sequence: int) -> bool:
    """Whether one of the first segments of a connection, of `stream`, acknowledges octets up to `sequence`."""
    for kept in flow.first_segments or ():
        data = kept.data
        at = kept.transport
        if data[at + 13] & ACK and unsigned32(data, at + 8, True) == sequence:
            return bool(data.startswith(stream.key, at + 4 - len(stream.key)))
    return False


def beginning(flow: Flow) -> tuple[int, int]:
    """Where a connection begins: the number of the capture, and that of the packet."""
    return flow.capture, flow.first_packet
