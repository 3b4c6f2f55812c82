"""Replays a conversation as Ethernet frames: other addresses, ports and randoms, data in between.

Goes in: a Conversation and who is to have it. Comes out: (time in microseconds, frame),
with sequence numbers and checksums that are right.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conversations import (
    CHANGED_NAME,
    CHANGED_RANDOM,
    CHANGED_SERIAL,
    TCP,
    UDP,
    Change,
    Conversation,
    Recorded,
    Segment,
)

PUSH_ACK, ACK = 0x18, 0x10
SEGMENT_OCTETS = 1440  # fits an Ethernet frame over IPv4 and over IPv6
RECORD_OCTETS = 5 + 16384 + 17  # a full TLS record: header, content, what its protection adds
RECORDS = 720  # of a pool: this many full records are a whole number of segments
REORDERED_US = 2
ETHERNET = tuple(bytes.fromhex(text) for text in ("020000000002020000000001", "020000000001020000000002"))
CLIENTS = 5000


@dataclass(frozen=True)
class Endpoints:
    """Who has the conversation: addresses and ports, the client's first."""

    ip_version: int
    addresses: tuple[bytes, bytes]
    ports: tuple[int, int]


@dataclass(frozen=True)
class Visit:
    """One replay: who, when, with how much data from the server, and in which manner."""

    endpoints: Endpoints
    server: int
    start_us: int
    body_octets: int
    reordered: bool
    segments_per_ack: int
    pause_us: int
    seed: int


@dataclass(frozen=True)
class Pool:
    """Data to send: segments with their sums, and the octets that they are cut from."""

    octets: bytes
    segments: tuple[tuple[bytes, int], ...]
    header: bytes


def ones_sum(data: bytes) -> int:
    """The one's complement sum of 16-bit words (RFC 1071): the number that they are, modulo 65535."""
    return int.from_bytes(data + b"\0" if len(data) & 1 else data) % 0xFFFF


def build_pool(header: bytes, chance: random.Random) -> Pool:
    """Random data in full TLS records; without a `header` (type and version) it is plain."""
    length = (RECORD_OCTETS - 5).to_bytes(2)
    octets = b"".join(
        header + length + chance.randbytes(RECORD_OCTETS - 5) if header else chance.randbytes(RECORD_OCTETS)
        for _ in range(RECORDS)
    )
    cut = (octets[at : at + SEGMENT_OCTETS] for at in range(0, len(octets), SEGMENT_OCTETS))
    return Pool(octets, tuple((piece, ones_sum(piece)) for piece in cut), header)


def endpoints_of(number: int, server: int, conversation: Recorded) -> Endpoints:
    """The client and server of a visit, in the address blocks for benchmarks (RFC 2544, RFC 5180)."""
    client, port = number % CLIENTS, 10000 + number // CLIENTS
    if conversation.ip_version == 4:
        hosts = bytes((198, 18)) + client.to_bytes(2), bytes((198, 19)) + server.to_bytes(2)
    else:
        network = bytes.fromhex("20010002000000")
        hosts = network + b"\1" + client.to_bytes(8), network + b"\2" + server.to_bytes(8)
    return Endpoints(conversation.ip_version, hosts, (port, conversation.server_port))


class Framer:
    """Builds the frames of one conversation; what does not change is summed up once."""

    def __init__(self, endpoints: Endpoints, protocol: int = TCP) -> None:
        self.version = endpoints.ip_version
        self.ports = endpoints.ports
        self.protocol = protocol
        self.identification = 0
        client, server = endpoints.addresses
        self.pairs = (client + server, server + client)
        self.pseudo = ones_sum(client + server) + protocol

    def tcp_frame(
        self,
        side: int,
        flags: int,
        numbers: tuple[int, int],
        window: int,
        options: bytes,
        payload: bytes,
        payload_sum: int,
    ) -> bytes:
        """A TCP segment; `numbers` are sequence and acknowledgement, `payload_sum` the payload's ones_sum."""
        ports = self.ports if side == 0 else self.ports[::-1]
        size = 20 + len(options)
        head = struct.pack("!HHIIBBH", *ports, *numbers, size << 2, flags, window)
        checksum = self.checksum(head + options, payload_sum, size + len(payload))
        return self.wrap(side, head + checksum + b"\0\0" + options + payload)

    def udp_frame(self, side: int, payload: bytes) -> bytes:
        """A UDP datagram."""
        ports = self.ports if side == 0 else self.ports[::-1]
        head = struct.pack("!HHH", *ports, 8 + len(payload))
        return self.wrap(side, head + self.checksum(head, ones_sum(payload), 8 + len(payload)) + payload)

    def checksum(self, header: bytes, payload_sum: int, length: int) -> bytes:
        """The checksum of a transport header and its payload, under the pseudo header; in UDP, 0 means none."""
        value = -(ones_sum(header) + payload_sum + self.pseudo + length) % 0xFFFF
        return (value or 0xFFFF if self.protocol == UDP else value).to_bytes(2)

    def wrap(self, side: int, segment: bytes) -> bytes:
        """The segment in IP in Ethernet."""
        if self.version == 6:
            return (
                ETHERNET[side]
                + struct.pack("!HIHBB", 0x86DD, 0x60000000, len(segment), self.protocol, 64)
                + self.pairs[side]
                + segment
            )
        self.identification = (self.identification + 1) & 0xFFFF
        words = 0x4500, 20 + len(segment), self.identification, 0x4000, 64 << 8 | self.protocol
        checksum = -(sum(words) + self.pseudo - self.protocol) % 0xFFFF
        return ETHERNET[side] + struct.pack("!HHHHHHH", 0x0800, *words, checksum) + self.pairs[side] + segment


class Replay:
    """One replay: iterate `frames` for its frames in order of time."""

    def __init__(self, conversation: Conversation, visit: Visit, pool: Pool | None) -> None:
        self.conversation = conversation
        self.visit = visit
        self.pool = pool
        self.framer = Framer(visit.endpoints)
        self.chance = random.Random(visit.seed)
        self.initial = self.chance.getrandbits(32), self.chance.getrandbits(32)
        self.inserted = [0, 0]
        self.values = {
            "client_random": self.chance.randbytes(CHANGED_RANDOM),
            "server_random": self.chance.randbytes(CHANGED_RANDOM),
            "name": server_letters(visit.server),
            "serial": visit.server.to_bytes(CHANGED_SERIAL),
        }
        self.time_us = visit.start_us

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """The recorded segments, the data where it goes in, and the rest of the segments."""
        segments = self.conversation.segments
        swapped = self.conversation.swap_at if self.visit.reordered else None
        index = 0
        while index < len(segments):
            if index == self.conversation.insert_at:
                yield from self.exchange(index)
            if index == swapped:
                first = self.segment_frame(index)
                self.time_us += segments[index].delay_us
                yield self.time_us, self.segment_frame(index + 1)
                self.time_us += REORDERED_US
                yield self.time_us, first
                index += 2
                continue
            self.time_us += segments[index].delay_us
            yield self.time_us, self.segment_frame(index)
            index += 1

    def segment_frame(self, index: int) -> bytes:
        """A recorded segment, with this replay's numbers and values."""
        segment = self.conversation.segments[index]
        payload = change_payload(segment.payload, self.conversation.changes.get(index, ()), self.values)
        return self.frame(segment.side, segment, segment.flags, payload, ones_sum(payload))

    def frame(self, side: int, like: Segment, flags: int, payload: bytes, payload_sum: int) -> bytes:
        """A frame with the numbers of a recorded segment, moved by what was put in."""
        sequence = (self.initial[side] + like.sequence + self.inserted[side]) & 0xFFFFFFFF
        acknowledgement = 0
        if flags & ACK:
            acknowledgement = (self.initial[1 - side] + like.acknowledgement + self.inserted[1 - side]) & 0xFFFFFFFF
        numbers = sequence, acknowledgement
        return self.framer.tcp_frame(side, flags, numbers, like.window, like.options, payload, payload_sum)

    def exchange(self, index: int) -> Iterator[tuple[int, bytes]]:
        """A request from the client, the data from the server, and the client's acknowledgements."""
        pool = self.pool
        if pool is None or self.visit.body_octets == 0:
            return
        states = tuple(self.state_before(index, side) for side in (0, 1))
        request = one_record(pool, 200 + self.chance.randrange(600))
        self.time_us += 1000
        yield self.time_us, self.frame(0, states[0], PUSH_ACK, request, ones_sum(request))
        self.inserted[0] += len(request)
        self.time_us += 20000 + self.chance.randrange(30000)
        unacknowledged = 0
        for payload, payload_sum in body_segments(pool, self.visit.body_octets):
            yield self.time_us, self.frame(1, states[1], ACK, payload, payload_sum)
            self.inserted[1] += len(payload)
            unacknowledged += 1
            if unacknowledged == self.visit.segments_per_ack:
                unacknowledged = 0
                yield self.time_us + 5, self.frame(0, states[0], ACK, b"", 0)
            self.time_us += 10 + self.chance.randrange(self.visit.pause_us)
        yield self.time_us, self.frame(0, states[0], ACK, b"", 0)
        self.time_us += 20000

    def state_before(self, index: int, side: int) -> Segment:
        """An empty segment of `side` with the numbers that it has reached before a segment, without options."""
        before = self.conversation.segments[:index]
        reached = [
            max(one.sequence + len(one.payload) + (one.flags >> 1 & 1) for one in before if one.side == each)
            for each in (0, 1)
        ]
        window = next(one.window for one in reversed(before) if one.side == side)
        return Segment(side, ACK, reached[side], reached[1 - side], window, b"", b"", 0)


def change_payload(payload: bytes, changes: Sequence[Change], values: dict[str, bytes]) -> bytes:
    """A payload with its changes made."""
    if not changes:
        return payload
    changed = bytearray(payload)
    for change in changes:
        value = values[change.name]
        changed[change.start : change.end] = value[change.offset : change.offset + change.end - change.start]
    return bytes(changed)


def one_record(pool: Pool, length: int) -> bytes:
    """Data of a length, in a record of its own where the pool has records."""
    data = pool.octets[5 : 5 + length]
    return pool.header + len(data).to_bytes(2) + data if pool.header else data


def body_segments(pool: Pool, length: int) -> Iterator[tuple[bytes, int]]:
    """Data of about `length` octets in segments with their sums: full records, then one for the rest."""
    full, rest = divmod(length, RECORD_OCTETS)
    whole = full * RECORD_OCTETS // SEGMENT_OCTETS
    for number in range(whole):
        yield pool.segments[number % len(pool.segments)]
    begun = whole * SEGMENT_OCTETS % len(pool.octets)
    tail = pool.octets[begun : begun + full * RECORD_OCTETS - whole * SEGMENT_OCTETS] + one_record(pool, rest)
    for at in range(0, len(tail), SEGMENT_OCTETS):
        piece = tail[at : at + SEGMENT_OCTETS]
        yield piece, ones_sum(piece)


def server_letters(server: int) -> bytes:
    """Four letters that stand for a server."""
    letters = bytearray()
    for _ in range(CHANGED_NAME):
        server, letter = divmod(server, 26)
        letters.append(ord("a") + letter)
    return bytes(letters)


def lookup_frames(name: bytes, client: Endpoints, time_us: int, chance: random.Random) -> Iterator[tuple[int, bytes]]:
    """A DNS question for a name, and its answer (RFC 1035 section 4)."""
    resolver = Endpoints(
        client.ip_version, (client.addresses[0], client.addresses[1][:-2] + b"\xff\x35"), (client.ports[0], 53)
    )
    framer = Framer(resolver, UDP)
    number = chance.randbytes(2)
    question = b"".join(bytes((len(label),)) + label for label in name.split(b".")) + bytes.fromhex("0000010001")
    yield time_us, framer.udp_frame(0, number + struct.pack("!5H", 0x0100, 1, 0, 0, 0) + question)
    answer = bytes.fromhex("c00c00010001000000ff0004") + chance.randbytes(4)
    yield time_us + 9000, framer.udp_frame(1, number + struct.pack("!5H", 0x8180, 1, 1, 0, 0) + question + answer)
