"""Replays a QUIC conversation: other addresses, connection ids and randoms, Initial packets protected anew.

Goes in: a QuicConversation and who is to have it. Comes out: (time in microseconds, frame).
Behind the handshake come packets with short headers, whose octets are random.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from conversations import CHANGED_RANDOM, UDP
from quic_conversations import Datagram, Packet, QuicConversation, id_name
from quic_packets import FIXED, INITIAL, PADDED, RETRY, SHORT, Protection, derive_protections, retry_tag
from replay import REORDERED_US, Framer, Visit, change_payload, server_letters

FULL_DATAGRAM = 1200  # octets, what RFC 9000 section 14 lets everybody send
ACKNOWLEDGEMENT = 33


class QuicReplay:
    """One replay: iterate `frames` for its frames in order of time."""

    def __init__(self, conversation: QuicConversation, visit: Visit) -> None:
        self.conversation = conversation
        self.visit = visit
        self.framer = Framer(visit.endpoints, UDP)
        self.chance = random.Random(visit.seed)
        self.ids = [self.chance.randbytes(len(recorded)) for recorded in conversation.ids]
        self.values = {
            "client_random": self.chance.randbytes(CHANGED_RANDOM),
            "server_random": self.chance.randbytes(CHANGED_RANDOM),
            "name": server_letters(visit.server),
            **{id_name(number): connection_id for number, connection_id in enumerate(self.ids)},
        }
        self.protections: dict[tuple[int, int], tuple[Protection, Protection]] = {}
        self.time_us = visit.start_us

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """The recorded datagrams, then the data."""
        order = list(self.conversation.datagrams)
        swapped = self.conversation.swap_at if self.visit.reordered else None
        for index, datagram in enumerate(order):
            if index == swapped:
                self.time_us += datagram.delay_us
                yield self.time_us, self.datagram(order[index + 1])
            elif swapped is not None and index == swapped + 1:
                self.time_us += REORDERED_US
                yield self.time_us, self.datagram(order[index - 1])
            else:
                self.time_us += datagram.delay_us
                yield self.time_us, self.datagram(datagram)
        if self.conversation.holds["server_hellos"]:
            yield from self.exchange()

    def exchange(self) -> Iterator[tuple[int, bytes]]:
        """A request from the client, the data from the server, and the client's acknowledgements."""
        self.time_us += 1000
        yield self.time_us, self.framer.udp_frame(0, self.short_packet(0, 100 + self.chance.randrange(400)))
        self.time_us += 20000 + self.chance.randrange(30000)
        for sent, begun in enumerate(range(0, self.visit.body_octets, FULL_DATAGRAM), 1):
            length = min(FULL_DATAGRAM, self.visit.body_octets - begun)
            yield self.time_us, self.framer.udp_frame(1, self.short_packet(1, max(length, ACKNOWLEDGEMENT)))
            if sent % self.visit.segments_per_ack == 0:
                yield self.time_us + 5, self.framer.udp_frame(0, self.short_packet(0, ACKNOWLEDGEMENT))
            self.time_us += 10 + self.chance.randrange(self.visit.pause_us)
        yield self.time_us, self.framer.udp_frame(0, self.short_packet(0, ACKNOWLEDGEMENT))

    def datagram(self, datagram: Datagram) -> bytes:
        """The frame of a recorded datagram, with this replay's values."""
        side = datagram.side
        return self.framer.udp_frame(side, b"".join(self.packet(side, packet) for packet in datagram.packets))

    def packet(self, side: int, packet: Packet) -> bytes:
        """A recorded packet with this replay's connection ids and values."""
        if packet.kind == PADDED:
            return packet.payload
        if packet.kind == SHORT:
            return self.short_packet(side, len(packet.payload) - 1 - len(self.peer_id(side)))
        destination, source = self.ids[packet.destination], self.ids[packet.source]
        ids = bytes([len(destination)]) + destination + bytes([len(source)]) + source
        head = packet.head + ids + packet.rest
        if packet.kind == RETRY:
            retry = head + packet.payload
            return retry + retry_tag(packet.version, self.ids[packet.origin], retry)
        if packet.kind != INITIAL:
            return head + packet.payload
        payload = change_payload(packet.payload, packet.changes, self.values)
        return self.protection(side, packet).seal(head, packet.number, payload)

    def protection(self, side: int, packet: Packet) -> Protection:
        """What protects an Initial packet of `side`."""
        key = packet.version, packet.origin
        if key not in self.protections:
            self.protections[key] = derive_protections(packet.version, self.ids[packet.origin])
        return self.protections[key][side]

    def short_packet(self, side: int, length: int) -> bytes:
        """A packet with a short header and `length` random octets behind it (RFC 9000 section 17.3.1)."""
        first = bytes([FIXED | self.chance.getrandbits(6)])
        return first + self.peer_id(side) + self.chance.randbytes(length)

    def peer_id(self, side: int) -> bytes:
        """The connection id that `side` puts into short headers."""
        return self.ids[self.conversation.final[1 - side]]
