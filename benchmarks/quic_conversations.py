"""Recorded QUIC connections, ready to be replayed: Initial packets in the clear, places to change, what they hold.

Goes in: the sample captures. Comes out: QuicConversations. Only those are taken whose
versions are 1 and 2 and all of whose Initial packets can be opened; of a connection that
begins with a version that a server refuses they cannot.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from conversations import (
    CHANGED_NAME,
    CHANGED_RANDOM,
    CLIENT_HELLO,
    RETRY_RANDOM,
    SERVER_HELLO,
    UDP,
    Captured,
    Change,
    Recorded,
    iter_extensions,
    iter_packets,
    name_place,
    sample_files,
)
from quic_packets import INITIAL, PADDED, RETRY, SHORT, TAG_LENGTH, Header, derive_protections, iter_crypto, read_number
from quic_packets import iter_packets as iter_quic_packets

UDP_HEADER = 8
TRANSPORT_PARAMETERS = 57  # extension (RFC 9001 section 8.2)
INITIAL_SOURCE_ID = 0x0F  # transport parameter (RFC 9000 section 18.2)


@dataclass
class Packet:
    """A recorded packet. `destination`, `source` and `origin` number the conversation's connection ids.

    `head` is the first octet in the clear, with the version; `rest` what stands between the
    ids and the packet number. `payload` is in the clear where `number` has octets: in an
    Initial packet, under the keys of `origin`. Without a long header, all is `payload`.
    """

    kind: int
    version: int = 0
    head: bytes = b""
    destination: int = 0
    source: int = 0
    rest: bytes = b""
    payload: bytes = b""
    origin: int = 0
    number: bytes = b""
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True)
class Datagram:
    """A datagram of `side`, `delay_us` after the one before."""

    side: int
    delay_us: int
    packets: list[Packet]


@dataclass(kw_only=True)
class QuicConversation(Recorded):
    """A recorded QUIC connection up to its last long header.

    `ids` are all connection ids as recorded; `final` those, by number, that each side is known by at the end.
    """

    datagrams: list[Datagram] = field(default_factory=list)
    ids: list[bytes] = field(default_factory=list)
    final: list[int] = field(default_factory=lambda: [0, 0])

    def number_of(self, connection_id: bytes) -> int:
        """The number of a connection id, which is new or was seen before."""
        if connection_id not in self.ids:
            self.ids.append(connection_id)
        return self.ids.index(connection_id)


class CryptoOctets:
    """The octets of one direction under one origin, each with all places where packets carry it."""

    def __init__(self) -> None:
        self.octets: dict[int, int] = {}
        self.places: dict[int, list[tuple[Packet, int]]] = {}

    def add(self, packet: Packet) -> None:
        """Take the CRYPTO frames of a packet."""
        for offset, start, end in iter_crypto(packet.payload):
            for at in range(start, end):
                place = offset + at - start
                self.octets.setdefault(place, packet.payload[at])
                self.places.setdefault(place, []).append((packet, at))

    def messages(self) -> Iterator[tuple[int, bytes, int]]:
        """Type, body and offset of the body of each whole message."""
        stream = bytes(self.octets[place] for place in range(len(self.octets)) if place in self.octets)
        at = 0
        while at + 4 <= len(stream):
            end = at + 4 + int.from_bytes(stream[at + 1 : at + 4])
            if end > len(stream):
                return
            yield stream[at], stream[at + 4 : end], at + 4
            at = end

    def change(self, name: str, start: int, length: int) -> None:
        """Note in every packet where the octets of a field stand."""
        for offset in range(length):
            for packet, at in self.places[start + offset]:
                changes = packet.changes
                if changes and changes[-1].name == name and changes[-1].end == at:
                    changes[-1] = replace(changes[-1], end=at + 1)
                else:
                    changes.append(Change(name, at, at + 1, offset))


def load_quic_conversations(folder: Path) -> list[QuicConversation]:
    """Every QUIC connection of the samples that can be replayed, in a fixed order."""
    found = (build_quic_conversation(one) for file in sample_files(folder) for one in split_quic_connections(file))
    return [conversation for conversation in found if conversation is not None]


def split_quic_connections(path: Path) -> list[list[Captured]]:
    """The datagrams of each connection that starts with a client's Initial packet of version 1 or 2.

    Another one begins where an Initial packet names connection ids that its flow did not.
    """
    connections: list[list[Captured]] = []
    flows: dict[frozenset[bytes], tuple[list[Captured], set[bytes]]] = {}
    for captured in iter_packets(path, UDP):
        key = frozenset((captured.source + captured.segment[0:2], captured.target + captured.segment[2:4]))
        headers = long_headers(captured.segment[UDP_HEADER:])
        initial = next((header for header in headers if header.kind == INITIAL), None)
        known = flows[key][1] if key in flows else set()
        if initial and initial.destination not in known and initial.source not in known - {b""}:
            flows[key] = [], set()
            connections.append(flows[key][0])
        if key in flows:
            flows[key][0].append(captured)
            flows[key][1].update(one for header in headers for one in (header.destination, header.source))
    return connections


def long_headers(datagram: bytes) -> list[Header]:
    """The long headers of a datagram; none where it is not QUIC of a version that is read here."""
    try:
        return [header for _, header in iter_quic_packets(datagram) if header.kind >= INITIAL]
    except (ValueError, IndexError):
        return []


def build_quic_conversation(captured: list[Captured]) -> QuicConversation | None:
    """A conversation of datagrams; None where one cannot be read, or no ClientHello is whole."""
    first = captured[0]
    client = first.source + first.segment[0:2]
    conversation = QuicConversation(
        ip_version=first.ip_version, server_port=int.from_bytes(first.segment[2:4]), protocol="quic"
    )
    time_us = first.time_us
    last = max(at for at, one in enumerate(captured) if long_headers(one.segment[UDP_HEADER:]))
    for one in captured[: last + 1]:
        side = 0 if one.source + one.segment[0:2] == client else 1
        try:
            packets = read_packets(conversation, side, one.segment[UDP_HEADER:])
        except (ValueError, IndexError):
            return None
        conversation.datagrams.append(Datagram(side, max(one.time_us - time_us, 0), packets))
        time_us = one.time_us
    describe_hellos(conversation)
    if not conversation.holds["client_hellos"]:
        return None
    pairs = enumerate(zip(conversation.datagrams, conversation.datagrams[1:], strict=False))
    conversation.swap_at = next((at for at, (one, two) in pairs if one.side == two.side), None)
    return conversation


def read_packets(conversation: QuicConversation, side: int, datagram: bytes) -> list[Packet]:
    """The packets of a datagram of `side`; raises ValueError where one is not what can be replayed."""
    packets = []
    for start, header in iter_quic_packets(datagram):
        if header.kind in (SHORT, PADDED):
            packets.append(Packet(header.kind, payload=datagram[start:]))
            continue
        destination, source = conversation.number_of(header.destination), conversation.number_of(header.source)
        head, rest = datagram[start : start + 5], datagram[header.ids_end : header.number_at]
        payload = datagram[header.number_at : header.end]
        packet = Packet(header.kind, header.version, head, destination, source, rest, payload)
        if header.kind == INITIAL:
            open_initial(conversation, side, packet, datagram[start : header.end], header.number_at - start)
        elif header.kind == RETRY:
            packet.payload = payload[:-TAG_LENGTH]
            conversation.holds["retries"] += 1
        if header.kind != RETRY:
            conversation.final[side] = source
        packets.append(packet)
    return packets


def open_initial(conversation: QuicConversation, side: int, packet: Packet, octets: bytes, number_at: int) -> None:
    """Take the protection off an Initial packet, with the keys of an id that was named before, the latest first.

    Raises ValueError where no keys fit. Spec: RFC 9001 section 5.2.
    """
    for origin in reversed(range(len(conversation.ids))):
        opened = derive_protections(packet.version, conversation.ids[origin])[side].open(octets, number_at)
        if opened is not None:
            packet.head, packet.origin = opened[0][:5], origin
            _, packet.number, packet.payload = opened
            return
    raise ValueError("an Initial packet under other keys")


def describe_hellos(conversation: QuicConversation) -> None:
    """Count the hellos, and note what a replay changes.

    A hello that is sent again as it was is one hello, in other packets, and behind a Retry too.
    """
    streams: dict[tuple[int, int], CryptoOctets] = {}
    for datagram in conversation.datagrams:
        for packet in datagram.packets:
            if packet.kind == INITIAL:
                streams.setdefault((datagram.side, packet.origin), CryptoOctets()).add(packet)
    hellos = set()
    for (side, _), stream in streams.items():
        for kind, body, at in stream.messages():
            hellos.add((side, kind, body))
            if kind == CLIENT_HELLO and side == 0:
                change_client_hello(conversation, stream, body, at)
            elif kind == SERVER_HELLO and side == 1 and body[2:34] != RETRY_RANDOM:
                stream.change("server_random", at + 2, CHANGED_RANDOM)
    conversation.holds["client_hellos"] = sum(hello[:2] == (0, CLIENT_HELLO) for hello in hellos)
    conversation.holds["server_hellos"] = sum(hello[:2] == (1, SERVER_HELLO) for hello in hellos)


def change_client_hello(conversation: QuicConversation, stream: CryptoOctets, body: bytes, at: int) -> None:
    """Note where a ClientHello has its random, its name, and the connection id that it repeats."""
    stream.change("client_random", at + 2, CHANGED_RANDOM)
    place = name_place(body)
    if place is not None:
        conversation.name = body[place[0] : place[1]]
        stream.change("name", at + place[0], len(conversation.name.split(b".")[0][:CHANGED_NAME]))
    for start, end in iter_source_ids(body):
        stream.change(id_name(conversation.number_of(body[start:end])), at + start, end - start)


def iter_source_ids(hello: bytes) -> Iterator[tuple[int, int]]:
    """Where a ClientHello's transport parameters repeat the client's connection id (RFC 9000 section 18)."""
    for kind, start, end in iter_extensions(hello):
        at = start
        while kind == TRANSPORT_PARAMETERS and at < end:
            parameter, at = read_number(hello, at)
            length, at = read_number(hello, at)
            if parameter == INITIAL_SOURCE_ID:
                yield at, at + length
            at += length


def id_name(number: int) -> str:
    """The name under which a replay keeps a connection id."""
    return f"id {number}"
