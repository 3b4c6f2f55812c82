"""Recorded connections, ready to be replayed: segments, places to change, and what they hold.

Goes in: the sample captures. Comes out: Conversations. What a conversation holds (hellos,
names, certificates) is counted here and not by tlsinspect, so that a workload's truth does
not come from the program that is measured by it. Only clean connections are taken: from the
SYN on, nothing lost, doubled or out of order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from scapy.utils import RawPcapNgReader, RawPcapReader

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
TCP, UDP = 6, 17
CHANGE_CIPHER_SPEC, HANDSHAKE, APPLICATION_DATA = 20, 22, 23
RECORD_TYPES = range(20, 25)
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE = 1, 2, 11
SERVER_NAME = 0
RETRY_RANDOM = sha256(b"HelloRetryRequest").digest()  # RFC 8446 section 4.1.3
TLS13_CHOSEN = bytes.fromhex("002b00020304")  # supported_versions of a ServerHello
CHANGED_RANDOM = 24  # octets; the last eight may say that the server was made to choose an old version
CHANGED_NAME = 4
CHANGED_SERIAL = 4
HTTP_METHODS = (b"GET ", b"HEAD ", b"POST ")
SELECTIVE_ACKNOWLEDGEMENT = 5


@dataclass(frozen=True)
class Segment:
    """A TCP segment; numbers count from the initial ones, `delay_us` from the segment before."""

    side: int
    flags: int
    sequence: int
    acknowledgement: int
    window: int
    options: bytes
    payload: bytes
    delay_us: int


@dataclass(frozen=True)
class Change:
    """Octets of a payload that a replay writes anew: part of the field `name`, from `offset` on."""

    name: str
    start: int
    end: int
    offset: int


@dataclass(kw_only=True)
class Recorded:
    """A recorded connection, whatever carries it.

    `protocol` is tls, http or quic; `swap_at` is a segment, or a datagram, that may come
    after the next one; `holds` counts messages and certificates.
    """

    ip_version: int
    server_port: int
    protocol: str = ""
    swap_at: int | None = None
    name: bytes = b""
    leaf: bytes = b""
    holds: Counter[str] = field(default_factory=Counter)


@dataclass(kw_only=True)
class Conversation(Recorded):
    """A recorded TCP connection. `insert_at` is where data may go in between: before that segment.

    `changes` lists the changes of a segment; `record_version` the version octets of its records.
    """

    segments: list[Segment]
    record_version: bytes = b""
    insert_at: int | None = None
    changes: dict[int, list[Change]] = field(default_factory=dict)


@dataclass(frozen=True)
class Captured:
    """A captured packet; `segment` is the TCP segment, or the UDP datagram, with its header."""

    time_us: int
    source: bytes
    target: bytes
    ip_version: int
    segment: bytes


@dataclass(frozen=True)
class Message:
    """A handshake message in the clear; `places` says where in its stream each octet of the body is."""

    kind: int
    body: bytes
    places: list[int]


def load_conversations(folder: Path) -> list[Conversation]:
    """Every clean TLS or HTTP connection of demo.pcapng and handshakes/, in a fixed order."""
    found = (build_conversation(packets) for file in sample_files(folder) for packets in split_connections(file))
    return [conversation for conversation in found if conversation is not None]


def sample_files(folder: Path) -> list[Path]:
    """The recorded captures, in a fixed order."""
    return [folder / "demo.pcapng", *sorted(folder.glob("handshakes/*.pcap*"))]


def split_connections(path: Path) -> list[list[Captured]]:
    """The packets of each TCP connection that starts with a SYN, in order of the SYNs."""
    connections: list[list[Captured]] = []
    open_connections: dict[frozenset[bytes], list[Captured]] = {}
    for packet in iter_packets(path, TCP):
        source = packet.source + packet.segment[0:2]
        key = frozenset((source, packet.target + packet.segment[2:4]))
        if packet.segment[13] & (SYN | ACK) == SYN:
            open_connections[key] = []
            connections.append(open_connections[key])
        if key in open_connections:
            open_connections[key].append(packet)
    return connections


def iter_frames(path: Path) -> Iterator[tuple[bytes, int]]:
    """The frames of a pcap or pcapng file, each with its time in microseconds."""
    if path.suffix == ".pcapng":
        blocks: Any = RawPcapNgReader(str(path))
        for frame, about in blocks:
            yield frame, ((about.tshigh << 32) + about.tslow) * 1_000_000 // about.tsresol
    else:
        for frame, about in RawPcapReader(str(path)):
            yield frame, about.sec * 1_000_000 + about.usec


def iter_packets(path: Path, protocol: int) -> Iterator[Captured]:
    """The TCP, or UDP, packets of a capture of plain Ethernet frames."""
    for frame, time_us in iter_frames(path):
        if frame[12:14] == b"\x08\x00" and frame[23] == protocol:
            end = 14 + int.from_bytes(frame[16:18])
            yield Captured(time_us, frame[26:30], frame[30:34], 4, frame[14 + (frame[14] & 15) * 4 : end])
        elif frame[12:14] == b"\x86\xdd" and frame[20] == protocol:
            end = 54 + int.from_bytes(frame[18:20])
            yield Captured(time_us, frame[22:38], frame[38:54], 6, frame[54:end])


def build_conversation(packets: list[Captured]) -> Conversation | None:
    """A conversation of packets; None where they are not clean, or neither HTTP nor a whole ClientHello."""
    segments = build_segments(packets)
    if segments is None:
        return None
    server_port = int.from_bytes(packets[0].segment[2:4])
    conversation = Conversation(ip_version=packets[0].ip_version, server_port=server_port, segments=segments)
    streams = tuple(b"".join(segment.payload for segment in segments if segment.side == side) for side in (0, 1))
    if streams[0].startswith(HTTP_METHODS) and streams[1]:
        conversation.protocol = "http"
        conversation.insert_at = 1 + max(index for index, segment in enumerate(segments) if segment.payload)
    elif streams[0][:2] == b"\x16\x03":
        conversation.protocol = "tls"
        describe_tls(conversation, streams)
    if not conversation.protocol or (conversation.protocol == "tls" and not conversation.holds["client_hellos"]):
        return None
    conversation.swap_at = swap_place(conversation)
    return conversation


def swap_place(conversation: Conversation) -> int | None:
    """The first segment that can come after the next one: both carry data of the same side."""
    pairs = zip(conversation.segments, conversation.segments[1:], strict=False)
    for index, (one, two) in enumerate(pairs):
        if one.side == two.side and one.payload and two.payload and index + 1 != conversation.insert_at:
            return index
    return None


def build_segments(packets: list[Captured]) -> list[Segment] | None:
    """Segments numbered from zero; None where an octet is missing, doubled or early."""
    client = packets[0].source + packets[0].segment[0:2]
    initial: list[int | None] = [None, None]
    following = [0, 0]
    segments: list[Segment] = []
    time_us = packets[0].time_us
    for packet in packets:
        tcp = packet.segment
        side = 0 if packet.source + tcp[0:2] == client else 1
        header, flags = (tcp[12] >> 4) * 4, tcp[13]
        number = int.from_bytes(tcp[4:8])
        start, peer = initial[side], initial[1 - side]
        if start is None:
            if not flags & (SYN | RST):
                return None
            start = initial[side] = number
        sequence = (number - start) & 0xFFFFFFFF
        payload, options = tcp[header:], tcp[20:header]
        if sequence > following[side] or (payload and sequence < following[side]):
            return None
        if SELECTIVE_ACKNOWLEDGEMENT in kinds(options) and not flags & SYN:
            return None
        used = len(payload) + bool(flags & SYN) + bool(flags & FIN)
        following[side] = max(following[side], sequence + used)
        acknowledgement = (int.from_bytes(tcp[8:12]) - peer) & 0xFFFFFFFF if flags & ACK and peer is not None else 0
        window, delay = int.from_bytes(tcp[14:16]), packet.time_us - time_us
        segments.append(Segment(side, flags, sequence, acknowledgement, window, options, payload, max(delay, 0)))
        time_us = packet.time_us
    return segments


def kinds(options: bytes) -> list[int]:
    """The kinds of TCP options (RFC 9293 section 3.1)."""
    found, at = [], 0
    while at < len(options) and options[at] != 0:
        found.append(options[at])
        at += 1 if options[at] == 1 else max(options[at + 1], 2)
    return found


def describe_tls(conversation: Conversation, streams: tuple[bytes, ...]) -> None:
    """Count what the connection holds, and note what a replay changes and where data may go in."""
    tls13 = TLS13_CHOSEN in streams[1][:4096]
    for side in (0, 1):
        for message in iter_messages(streams[side], tls13):
            if message.kind == CLIENT_HELLO and side == 0:
                note_client_hello(conversation, message)
            elif message.kind == SERVER_HELLO and side == 1:
                conversation.holds["server_hellos"] += 1
                if message.body[2:34] != RETRY_RANDOM:
                    add_change(conversation, side, "server_random", message.places[2 : 2 + CHANGED_RANDOM])
            elif message.kind == CERTIFICATE and not tls13:
                note_certificates(conversation, side, message)
    conversation.record_version = streams[1][1:3]
    conversation.insert_at = data_place(conversation.segments, streams)


def iter_messages(stream: bytes, tls13: bool) -> Iterator[Message]:
    """Handshake messages until they are encrypted: from change_cipher_spec on, TLS 1.3 apart (RFC 5246 section 7)."""
    clear = bytearray()
    places: list[int] = []
    for kind, start, end in iter_records(stream):
        if kind == CHANGE_CIPHER_SPEC and not tls13:
            break
        if kind == HANDSHAKE:
            clear += stream[start:end]
            places += range(start, end)
    at = 0
    while at + 4 <= len(clear):
        end = at + 4 + int.from_bytes(clear[at + 1 : at + 4])
        if end > len(clear):
            break
        yield Message(clear[at], bytes(clear[at + 4 : end]), places[at + 4 : end])
        at = end


def iter_records(stream: bytes) -> Iterator[tuple[int, int, int]]:
    """Content type, start and end of each whole record's content."""
    at = 0
    while at + 5 <= len(stream) and stream[at] in RECORD_TYPES:
        end = at + 5 + int.from_bytes(stream[at + 3 : at + 5])
        if end > len(stream):
            break
        yield stream[at], at + 5, end
        at = end


def note_client_hello(conversation: Conversation, message: Message) -> None:
    """Count a ClientHello and its name (RFC 6066 section 3)."""
    conversation.holds["client_hellos"] += 1
    add_change(conversation, 0, "client_random", message.places[2 : 2 + CHANGED_RANDOM])
    place = name_place(message.body)
    if place is None:
        return
    start, end = place
    conversation.name = message.body[start:end]
    label = conversation.name.split(b".")[0][:CHANGED_NAME]
    add_change(conversation, 0, "name", message.places[start : start + len(label)])


def name_place(hello: bytes) -> tuple[int, int] | None:
    """Where in a ClientHello the host name stands (RFC 6066 section 3)."""
    for kind, start, end in iter_extensions(hello):
        if kind == SERVER_NAME and end > start + 5:
            return start + 5, start + 5 + int.from_bytes(hello[start + 3 : start + 5])
    return None


def iter_extensions(hello: bytes) -> Iterator[tuple[int, int, int]]:
    """Type, start and end of each extension's content in a ClientHello (RFC 8446 section 4.1.2)."""
    at = 35 + hello[34]
    at += 2 + int.from_bytes(hello[at : at + 2])
    at += 1 + hello[at] + 2
    while at + 4 <= len(hello):
        kind, length = int.from_bytes(hello[at : at + 2]), int.from_bytes(hello[at + 2 : at + 4])
        yield kind, at + 4, at + 4 + length
        at += 4 + length


def note_certificates(conversation: Conversation, side: int, message: Message) -> None:
    """Count a chain's certificates, and note where the leaf's serial number ends."""
    at = 3
    while at + 3 <= len(message.body):
        length = int.from_bytes(message.body[at : at + 3])
        conversation.holds["server_certificates" if side else "client_certificates"] += 1
        if at == 3 and side:
            conversation.leaf = message.body[6 : 6 + length]
            serial = 6 + serial_end(conversation.leaf)
            add_change(conversation, side, "serial", message.places[serial - CHANGED_SERIAL : serial])
        at += 3 + length


def serial_end(der: bytes) -> int:
    """Where a version 3 certificate's serial number ends (RFC 5280 section 4.1)."""
    at = der.index(bytes.fromhex("a003020102")) + 5
    if der[at] != 2 or der[at + 1] < CHANGED_SERIAL + 1:
        raise ValueError("a certificate without a serial number of five octets or more")
    return at + 2 + der[at + 1]


def add_change(conversation: Conversation, side: int, name: str, places: list[int]) -> None:
    """Note where in the segments the octets of a field stand; a segment or a record may end inside it."""
    for index, segment in enumerate(conversation.segments):
        first = segment.sequence - 1  # the SYN has number 0
        reach = range(first, first + len(segment.payload))
        if segment.side != side or places[0] >= reach.stop or places[-1] < reach.start:
            continue
        changes = conversation.changes.setdefault(index, [])
        for offset, place in enumerate(places):
            if place not in reach:
                continue
            at = place - first
            if changes and changes[-1].end == at and changes[-1].name == name:
                changes[-1] = replace(changes[-1], end=at + 1)
            else:
                changes.append(Change(name, at, at + 1, offset))


def data_place(segments: list[Segment], streams: tuple[bytes, ...]) -> int | None:
    """Behind the server's first answer to application data, with no record half sent; None without an answer."""
    ends = [{0} | {end for _, _, end in iter_records(stream)} for stream in streams]
    sent = [0, 0]
    asked = answered = False
    data_ends = [{end for kind, _, end in iter_records(stream) if kind == APPLICATION_DATA} for stream in streams]
    for index, segment in enumerate(segments):
        if not segment.payload:
            continue
        reached = range(sent[segment.side] + 1, sent[segment.side] + len(segment.payload) + 1)
        sent[segment.side] += len(segment.payload)
        if any(place in data_ends[segment.side] for place in reached):
            answered = answered or (asked and segment.side == 1)
            asked = asked or segment.side == 0
        if answered and all(sent[side] in ends[side] for side in (0, 1)):
            return index + 1
    return None
