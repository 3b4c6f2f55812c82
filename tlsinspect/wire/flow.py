"""Connections as they are on the wire: which packet belongs to which, and what its TLS said.

Goes in: packets. Comes out: a Flow for each TCP connection, when it is over: its
two streams, the hellos and certificates as parsed or raw, the order of messages.
Which side is the client is not decided here. State is what is open now, within
the limits below; a limit that cut something off leaves a DecodeError.
Spec: RFC 9293, RFC 8446 section 4, RFC 5246 section 7.
"""

from __future__ import annotations

from typing import Protocol

from ..errors import DecodeError
from .codes import (
    ACK,
    ALERT,
    APPLICATION_DATA,
    CERTIFICATE,
    CERTIFICATE_REQUEST,
    CERTIFICATE_STATUS,
    CHANGE_CIPHER_SPEC,
    CLIENT_HELLO,
    CLIENT_KEY_EXCHANGE,
    DETECTING,
    FIN,
    HANDSHAKE,
    HEARTBEAT_RECORD,
    HELLO_RETRY_REQUEST_DRAFT,
    NEW_SESSION_TICKET,
    RST,
    SERVER_HELLO,
    SERVER_KEY_EXCHANGE,
    SYN,
    TCP,
    UDP,
)
from .messages import (
    RETRY_RANDOM,
    ClientHello,
    ServerHello,
    parse_client_hello,
    parse_draft_retry_request,
    parse_server_hello,
    parse_sslv2_client_hello,
)
from .packet import Packet, unsigned32
from .quic_facts import QuicFacts
from .record import Listener, RecordReader
from .stream import Stream

FLOW_LIMIT = 200_000  # connections open at once; past it the longest idle ones are ended
IDLE_NS = 3600 * 1_000_000_000  # a connection without packets for so long is over
LINGER_NS = 5 * 1_000_000_000  # how long a closed connection waits for stragglers
SWEEP_NS = 60 * 1_000_000_000  # how often idle connections are looked for
MESSAGE_LIMIT = 512  # messages of one connection that are noted
FLOW_PROBLEM_LIMIT = 32  # problems of one connection that are noted
FINISHED_RECORD_MINIMUM = 40  # octets; an encrypted alert is shorter, a TLS 1.3 Finished longer


HISTORY = {
    0: "H", 1: "C", 2: "S", 3: "V", 4: "T", 5: "E", 6: "J", 8: "O", 11: "X", 12: "K", 13: "R", 14: "N", 15: "Y",
    16: "G", 20: "F", 21: "W", 22: "U", 23: "A", 24: "P", 25: "X", 254: "M",
}  # fmt: skip


class Flow(Listener):
    """One connection: `streams` in the order in which the sides were first seen.

    `messages` holds (number, time_ns, packet, side, record type, message type, length), the
    message type -1 where it is encrypted or none. `history` has capital letters for
    side 0. `chains` are Certificate bodies as sent, one per side. Times are ns, -1 where nothing was seen.
    `protocol` is TCP or UDP; `datagrams` reads what a UDP flow carries, None for TCP.
    `quic` is what is known of a QUIC connection besides its TLS, None for everything else.
    """

    def __init__(self, first_key: bytes, second_key: bytes, protocol: int, keep_messages: bool) -> None:
        self.protocol = protocol
        self.datagrams: DatagramReader | None = None
        self.keep_messages = keep_messages
        self.streams = (Stream(self, 0, first_key), Stream(self, 1, second_key))
        first: Stream = self.streams[0]
        second: Stream = self.streams[1]
        first.reader.peer = second.reader
        second.reader.peer = first.reader
        first.owner = self
        second.owner = self
        self.capture = 0
        self.first_packet = 0
        self.time_start = 0
        self.time_end = 0
        self.vlans: list[int] | None = None
        self.tunnels: list[str] | None = None
        self.closed = False
        self.finished = False
        self.syn_side = -1
        self.time_syn = -1
        self.time_syn_ack = -1
        self.client_hello: ClientHello | None = None
        self.retried_hello: ClientHello | None = None
        self.hello_side = -1
        self.hello_record_version = -1
        self.client_hello_packet = -1
        self.time_client_hello = -1
        self.server_hello: ServerHello | None = None
        self.retry: ServerHello | None = None
        self.server_side = -1
        self.server_hello_packet = -1
        self.time_server_hello = -1
        self.tls13 = False
        self.sslv2 = False
        self.dtls = False
        self.quic: QuicFacts | None = None
        self.chains: list[bytes | None] = [None, None]
        self.chain_packets = [-1, -1]
        self.server_key_exchange: bytes | None = None
        self.certificate_requested = False
        self.client_key_exchange = False
        self.certificate_status = False
        self.ticket_lifetime = -1
        self.cipher_changed = [False, False]
        self.finished_seen = [False, False]
        self.time_finished = -1
        self.time_application = -1
        self.application_seen = [False, False]
        self.alert_level = -1
        self.alert_description = -1
        self.alert_side = -1
        self.alert_encrypted = False
        self.alerts: list[tuple[int, int, int, int, int]] = []
        self.messages: list[tuple[int, int, int, int, int, int, int]] = []
        self.message_count = 0
        self.history = ""
        self.problems: list[tuple[DecodeError, int]] = []

    def is_tls(self) -> bool:
        """True when either direction was found to carry TLS records."""
        first: Stream = self.streams[0]
        second: Stream = self.streams[1]
        return first.reader.mode != DETECTING or second.reader.mode != DETECTING

    def note(self, reader: RecordReader, record_type: int, kind: int, length: int, letter: str) -> None:
        """Note a message in `messages` and `history`."""
        self.message_count += 1
        if self.message_count > MESSAGE_LIMIT:
            if self.message_count == MESSAGE_LIMIT + 1:
                self.problem(DecodeError("handshake", "limit", 0, f"at most {MESSAGE_LIMIT} messages"))
            return
        if self.keep_messages:
            stream: Stream = self.streams[reader.side]
            self.messages.append(
                (self.message_count, stream.time_ns, stream.number, reader.side, record_type, kind, length)
            )
        if letter:
            self.history += letter if reader.side == 0 else letter.lower()

    def handshake(self, reader: RecordReader, kind: int, body: bytes, length: int) -> None:
        """Keep what the message says; see Listener."""
        retry = kind == SERVER_HELLO and body[2:34] == RETRY_RANDOM
        self.note(reader, HANDSHAKE, kind, length, "J" if retry else HISTORY.get(kind, "Q"))
        stream: Stream = self.streams[reader.side]
        if len(body) < length:
            self.problem(
                DecodeError("handshake", "truncated", len(body), f"{length} octets of a message of type {kind}")
            )
        try:
            if kind == CLIENT_HELLO:
                self.take_client_hello(reader, parse_client_hello(body, self.dtls), length)
            elif kind == SERVER_HELLO:
                self.take_server_hello(reader, parse_server_hello(body))
            elif kind == HELLO_RETRY_REQUEST_DRAFT:
                self.take_server_hello(reader, parse_draft_retry_request(body))
            elif len(body) < length:
                return
            elif kind == CERTIFICATE:
                if self.chains[reader.side] is None:
                    self.chains[reader.side] = body
                    self.chain_packets[reader.side] = stream.number
            elif kind == SERVER_KEY_EXCHANGE:
                self.server_key_exchange = body
            elif kind == CERTIFICATE_REQUEST:
                self.certificate_requested = True
            elif kind == CLIENT_KEY_EXCHANGE:
                self.client_key_exchange = True
            elif kind == CERTIFICATE_STATUS:
                self.certificate_status = True
            elif kind == NEW_SESSION_TICKET and length >= 6:
                self.ticket_lifetime = int.from_bytes(body[:4], "big")
        except DecodeError as error:
            self.problem(error)

    def sslv2_hello(self, reader: RecordReader, body: bytes) -> None:
        """An SSL 2.0 ClientHello; see Listener."""
        self.note(reader, HANDSHAKE, CLIENT_HELLO, len(body) + 1, "C")
        self.sslv2 = True
        try:
            self.take_client_hello(reader, parse_sslv2_client_hello(body), len(body))
        except DecodeError as error:
            self.problem(error)

    def take_client_hello(self, reader: RecordReader, hello: ClientHello, length: int) -> None:
        """The first ClientHello counts; the one after a HelloRetryRequest is kept beside it."""
        for error in hello.problems:
            self.problem(error)
        hello.complete = hello.raw_length == length
        hello.raw_length = length
        if self.client_hello is not None:
            if self.retry is not None and self.retried_hello is None:
                self.retried_hello = hello
            return
        stream: Stream = self.streams[reader.side]
        self.client_hello = hello
        self.hello_side = reader.side
        self.hello_record_version = reader.record_version
        self.client_hello_packet = stream.number
        self.time_client_hello = stream.time_ns

    def take_server_hello(self, reader: RecordReader, hello: ServerHello) -> None:
        """The first ServerHello that is no HelloRetryRequest counts."""
        for error in hello.problems:
            self.problem(error)
        if hello.is_tls13() or hello.retry:
            self.tls13 = True
            self.time_application = -1  # what came before is early data
            first: Stream = self.streams[0]
            second: Stream = self.streams[1]
            first.reader.encrypted = False
            second.reader.encrypted = False
        if hello.retry:
            if self.retry is None:
                self.retry = hello
            return
        if self.server_hello is not None:
            return
        stream: Stream = self.streams[reader.side]
        self.server_hello = hello
        self.server_side = reader.side
        self.server_hello_packet = stream.number
        self.time_server_hello = stream.time_ns

    def change_cipher_spec(self, reader: RecordReader) -> None:
        """Handshake records that follow are encrypted, except in TLS 1.3 (RFC 8446 appendix D.4)."""
        self.note(reader, CHANGE_CIPHER_SPEC, -1, reader.record_length, "I")
        self.cipher_changed[reader.side] = True
        if not self.tls13:
            reader.encrypted = True

    def encrypted_handshake(self, reader: RecordReader, length: int) -> None:
        """The first one of a side is its Finished."""
        self.note(reader, HANDSHAKE, -1, length, "")
        if not self.finished_seen[reader.side]:
            self.finished_seen[reader.side] = True
            stream: Stream = self.streams[reader.side]
            self.time_finished = stream.time_ns

    def alert(self, reader: RecordReader, level: int, description: int) -> None:
        """The last alert in the clear is what is remembered."""
        self.note(reader, ALERT, -1, 2 if level >= 0 else reader.record_length, "L" if level >= 0 else "")
        stream: Stream = self.streams[reader.side]
        if len(self.alerts) < MESSAGE_LIMIT:
            self.alerts.append((stream.time_ns, stream.number, reader.side, level, description))
        if level < 0:
            self.alert_encrypted = True
            return
        self.alert_level = level
        self.alert_description = description
        self.alert_side = reader.side

    def application_data(self, reader: RecordReader, length: int) -> None:
        """Watch until both sides are known to have finished; see RecordReader.watching."""
        side = reader.side
        stream: Stream = self.streams[side]
        other: Stream = self.streams[1 - side]
        if not self.application_seen[side]:
            self.application_seen[side] = True
            self.note(reader, APPLICATION_DATA, -1, length, "")
        if self.tls13 and side == self.hello_side:
            if other.reader.application_records > 0 and length >= FINISHED_RECORD_MINIMUM:
                self.finished_seen[side] = True
                self.finished_seen[1 - side] = True
                self.time_application = stream.time_ns
        elif not self.tls13 and self.time_application < 0:
            self.time_application = stream.time_ns
        if self.time_application >= 0 and self.application_seen[1 - side]:
            stream.reader.watching = False
            other.reader.watching = False

    def heartbeat(self, reader: RecordReader, length: int) -> None:
        """A heartbeat record; see Listener."""
        self.note(reader, HEARTBEAT_RECORD, -1, length, "B")

    def problem(self, error: DecodeError) -> None:
        """Note what does not follow the specification, and the packet at hand."""
        if len(self.problems) < FLOW_PROBLEM_LIMIT:
            first: Stream = self.streams[0]
            second: Stream = self.streams[1]
            self.problems.append((error, first.number if first.number > second.number else second.number))

    def end(self) -> None:
        """The connection is over: read what waits behind holes."""
        if not self.finished:
            self.finished = True
            if self.datagrams is not None:
                self.datagrams.finish()
                self.datagrams = None
            for stream in self.streams:
                stream.finish()
            for stream in self.streams:
                stream.release()


class DatagramReader:
    """Reads the datagrams of one UDP flow; a protocol is a subclass.

    `accept` tells `flow` what it finds, through the Listener calls with `stream.reader`.
    """

    def accept(self, flow: Flow, stream: Stream, data: bytes, position: int, end: int) -> None:
        """Take the next datagram of `stream`, `data[position:end]`."""

    def starts_anew(self, stream: Stream, data: bytes, position: int, end: int) -> bool:
        """True when a datagram of `stream` begins another connection between the same addresses and ports."""
        return False

    def finish(self) -> None:
        """The flow is over."""


class Opener(Protocol):
    """Looks at a datagram and makes a reader for its flow, or says that it is something else."""

    def __call__(self, data: bytes, position: int, end: int, /) -> DatagramReader | None:
        """`data[position:end]` is the payload."""


class FlowTable:
    """All open connections. `finished` are those that are over; whoever reads them empties it.

    `capture` is a number that says which file the packets are from; `connections`
    counts what was opened. `evicted` counts connections that were ended by `flow_limit`.
    `keep_messages` says whether flows note each message, or only their order. `ports`
    are UDP ports on which every flow is followed, whatever it carries; `openers` find
    out what the first datagram of another flow is. Of all connections only those are
    followed that fall to `shard`, a number below `shards`.
    """

    def __init__(
        self,
        ports: frozenset[int] = frozenset(),
        openers: tuple[Opener, ...] = (),
        keep_messages: bool = True,
        shard: int = 0,
        shards: int = 1,
    ) -> None:
        self.shard = shard
        self.shards = shards
        self.ports = ports
        self.openers = openers
        self.keep_messages = keep_messages
        self.streams: dict[bytes, Stream] = {}
        self.datagram_streams: dict[bytes, Stream] = {}
        self.flows: dict[Flow, None] = {}
        self.closing: list[tuple[int, Flow]] = []
        self.finished: list[Flow] = []
        self.capture = 0
        self.connections = 0
        self.evicted = 0
        self.next_sweep = 0
        self.next_idle_sweep = 0
        self.flow_limit = FLOW_LIMIT

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
        key = flow_key(packet)
        flags = data[at + 13]
        stream = self.streams.get(key)
        if stream is None or (flags & SYN and self.is_reused(stream, packet, flags)):
            stream = self.open(key, packet, TCP)
        flow: Flow = stream.owner
        flow.time_end = packet.time_ns
        stream.packets += 1
        stream.number = packet.number
        stream.time_ns = packet.time_ns
        sequence = unsigned32(data, at + 4, True)
        if flags & (SYN | FIN | RST):
            sequence = self.take_flags(flow, stream, packet, flags, sequence)
        length = end - payload + missing
        if length > 0:
            stream.octets += length
            if not flow.finished and not (flags & RST):
                stream.accept(data, payload, end, missing, sequence)
        if flags & ACK:
            other: Stream = flow.streams[1 - stream.reader.side]
            if other.pending:
                other.acknowledge(unsigned32(data, at + 8, True))
        if packet.time_ns > self.next_sweep:
            self.sweep(packet.time_ns)

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
        if self.shards > 1 and shard_of(packet, self.shards) != self.shard:
            return
        key = flow_key(packet)
        stream = self.datagram_streams.get(key)
        if stream is not None:
            flow: Flow = stream.owner
            reader = flow.datagrams
            if reader is None:
                reader = flow.datagrams = self.open_datagrams(data, at + 8, end)
            elif reader.starts_anew(stream, data, at + 8, end):
                self.close(flow)
                stream = None
        if stream is None:
            reader = self.open_datagrams(data, at + 8, end)
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
        if at + 8 + length > end:
            stream.truncated = True
        if reader is not None:
            reader.accept(flow, stream, data, at + 8, end)
        elif len(stream.head) == 0:
            stream.head = data[at + 8 : end]
        if packet.time_ns > self.next_sweep:
            self.sweep(packet.time_ns)

    def open_datagrams(self, data: bytes, position: int, end: int) -> DatagramReader | None:
        """Find the reader for a flow by the first datagram that tells."""
        for opener in self.openers:
            reader: DatagramReader | None = opener(data, position, end)
            if reader is not None:
                return reader
        return None

    def take_flags(self, flow: Flow, stream: Stream, packet: Packet, flags: int, sequence: int) -> int:
        """SYN, FIN and RST; returns the sequence number of the segment's first payload octet."""
        if flags & SYN:
            if not stream.started:
                stream.start((sequence + 1) & 0xFFFFFFFF)
                stream.syn = True
                stream.initial_sequence = sequence
                if flags & ACK:
                    flow.time_syn_ack = packet.time_ns
                    flow.syn_side = 1 - stream.reader.side
                else:
                    flow.time_syn = packet.time_ns
                    flow.syn_side = stream.reader.side
            sequence = (sequence + 1) & 0xFFFFFFFF
        if flags & FIN:
            stream.fin = True
        if flags & RST:
            stream.reset = True
        other: Stream = flow.streams[1 - stream.reader.side]
        if not flow.closed and (flags & RST or (stream.fin and other.fin)):
            flow.closed = True
            self.closing.append((packet.time_ns, flow))
        return sequence

    def is_reused(self, stream: Stream, packet: Packet, flags: int) -> bool:
        """True when a SYN starts another connection with the same addresses and ports.

        A SYN-ACK does so only where the client's SYN was not captured; before any payload
        the server may choose its number anew.
        """
        flow: Flow = stream.owner
        other: Stream = flow.streams[1 - stream.reader.side]
        data = packet.data
        at = packet.transport
        sequence = unsigned32(data, at + 4, True)
        if stream.syn and sequence == stream.initial_sequence:
            return False
        if flags & ACK and not flow.closed and (other.syn or not stream.started):
            stream.started = stream.started and stream.octets > 0
            return False
        reused = stream.started or flow.closed
        if reused:
            self.close(flow)
        return reused

    def open(self, key: bytes, packet: Packet, protocol: int) -> Stream:
        """Begin a connection; returns the stream of its first packet."""
        if len(self.flows) >= self.flow_limit:
            self.evict()
        size = len(key) - 4
        half = size >> 1
        reverse = key[half:size] + key[:half] + key[size + 2 : size + 4] + key[size : size + 2]
        flow = Flow(key, reverse, protocol, self.keep_messages)
        flow.capture = self.capture
        flow.first_packet = packet.number
        flow.time_start = packet.time_ns
        flow.time_end = packet.time_ns
        flow.vlans = packet.vlans
        flow.tunnels = packet.tunnels
        self.connections += 1
        self.flows[flow] = None
        first: Stream = flow.streams[0]
        second: Stream = flow.streams[1]
        streams = self.streams if protocol == TCP else self.datagram_streams
        streams[key] = first
        if reverse != key:
            streams[reverse] = second
        return first

    def close(self, flow: Flow) -> None:
        """End a connection and forget it."""
        if flow not in self.flows:
            return
        del self.flows[flow]
        streams = self.streams if flow.protocol == TCP else self.datagram_streams
        for stream in flow.streams:
            if streams.get(stream.key) is stream:
                del streams[stream.key]
        flow.end()
        self.finished.append(flow)

    def sweep(self, now: int) -> None:
        """End what closed LINGER_NS ago, and every SWEEP_NS what has been idle."""
        count = 0
        for time_closed, flow in self.closing:
            if now - time_closed < LINGER_NS:
                break
            count += 1
            self.close(flow)
        del self.closing[:count]
        self.next_sweep = now + LINGER_NS
        if now >= self.next_idle_sweep:
            self.next_idle_sweep = now + SWEEP_NS
            for flow in [flow for flow in self.flows if now - flow.time_end > IDLE_NS]:
                self.close(flow)

    def evict(self) -> None:
        """Too many are open: end the tenth that has been idle longest."""
        oldest = sorted(self.flows, key=last_packet)[: self.flow_limit // 10 + 1]
        self.evicted += len(oldest)
        for flow in oldest:
            self.close(flow)

    def finish(self) -> None:
        """The capture is over, and so are all connections."""
        for flow in list(self.flows):
            self.close(flow)
        self.closing = []


def flow_key(packet: Packet) -> bytes:
    """Addresses and ports of a packet in wire order: 12 octets, 36 with IPv6; one slice where they lie together."""
    if packet.ip_version == 4:
        addresses = packet.network + 12
        size = 8
    else:
        addresses = packet.network + 8
        size = 32
    at = packet.transport
    if addresses + size == at:
        return packet.data[addresses : at + 4]
    return packet.data[addresses : addresses + size] + packet.data[at : at + 4]


def shard_of(packet: Packet, shards: int) -> int:
    """Which of `shards` a packet's connection falls to: the same for both directions."""
    data = packet.data
    at = packet.transport
    last = packet.network + (16 if packet.ip_version == 4 else 24)
    mixed = data[at] + data[at + 2] + (data[at + 1] + data[at + 3]) * 31
    mixed += data[last - 1] + data[last + (3 if packet.ip_version == 4 else 15)]
    return (mixed * 40503 >> 8) % shards


def last_packet(flow: Flow) -> int:
    """Sort key: when the connection was last heard of."""
    return flow.time_end
