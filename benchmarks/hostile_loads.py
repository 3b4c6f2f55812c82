"""LOADS: captures that try to exhaust a reader, each as an endless-looking stream of Ethernet frames.

Goes in: how many packets, and a source of chance. Comes out: that many frames. What the
loads have in common is that nothing in them ever completes.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from replay import ACK, ETHERNET, TCP, UDP, Endpoints, Framer, ones_sum

from tlsinspect.quic_keys import QuicKeys

SYN = 0x02
SERVER = bytes((198, 19, 0, 1))
TINY_SEGMENTS = 10_000  # out of order, of one connection
HANDSHAKE_OCTETS = 64 << 20  # that a peer sends without ever finishing
FULL_SEGMENT = 1440
LONGEST_MESSAGE = (1 << 24) - 1
PIECES = 8000  # of one IP datagram, 8 octets each
INITIAL_OCTETS = 1200
INITIALS = 64  # of one QUIC connection
FRAMES = 140  # of CRYPTO in one of them
EAP_FRAGMENT = b"\2\1" + (110).to_bytes(2) + b"\x0d\xc0" + (5000).to_bytes(4) + b"\x16\3\1\x13\x83" + bytes(95)
"""An EAP-TLS response: the first fragment of a message (RFC 5216 section 3.2)."""

Frames = Iterator[bytes]


def stranger(chance: random.Random, port: int, protocol: int = TCP) -> Framer:
    """Somebody who was never heard of, on his way to a port of the server."""
    client = bytes((198, 18)) + chance.randbytes(2)
    return Framer(Endpoints(4, (client, SERVER), (chance.randrange(1024, 65536), port)), protocol)


def segment(framer: Framer, sequence: int, payload: bytes, flags: int = ACK) -> bytes:
    """A segment from the client."""
    return framer.tcp_frame(0, flags, (sequence & 0xFFFFFFFF, 0), 64240, b"", payload, ones_sum(payload))


def client_hello(chance: random.Random, name: bytes) -> bytes:
    """A ClientHello in a record, of about 500 octets (RFC 8446 section 4.1.2)."""
    suites = b"".join(chance.randbytes(2) for _ in range(16))
    host = b"\0" + len(name).to_bytes(2) + name
    extensions = b"".join(
        kind.to_bytes(2) + len(body).to_bytes(2) + body
        for kind, body in (
            (0, len(host).to_bytes(2) + host),
            (10, bytes.fromhex("0006001d00170018")),
            (13, bytes.fromhex("00080403080404010501")),
            (43, bytes.fromhex("0403040303")),
            (51, bytes.fromhex("0024001d0020") + chance.randbytes(32)),
            (21, bytes(300)),
        )
    )
    body = b"\3\3" + chance.randbytes(32) + b"\x20" + chance.randbytes(32)
    body += len(suites).to_bytes(2) + suites + b"\1\0" + len(extensions).to_bytes(2) + extensions
    return record(b"\1" + len(body).to_bytes(3) + body)


def record(content: bytes) -> bytes:
    """A handshake record."""
    return b"\x16\3\1" + len(content).to_bytes(2) + content


def half_open(packets: int, chance: random.Random) -> Frames:
    """SYNs that nobody answers, each from somebody else."""
    for _ in range(packets):
        yield segment(stranger(chance, 443), chance.getrandbits(32), b"", SYN)


def one_packet(packets: int, chance: random.Random) -> Frames:
    """One segment of data for each connection."""
    payload = chance.randbytes(64)
    for _ in range(packets):
        yield segment(stranger(chance, 8080), chance.getrandbits(32), payload)


def one_hello(packets: int, chance: random.Random) -> Frames:
    """One ClientHello for each connection, no two alike."""
    for number in range(packets):
        yield segment(stranger(chance, 443), 1, client_hello(chance, b"host%d.example" % number))


def out_of_order(order: str) -> Callable[[int, random.Random], Frames]:
    """Connections of TINY_SEGMENTS segments of one octet in the order that is named, the first one last or never."""

    def frames(packets: int, chance: random.Random) -> Frames:
        for begun in range(0, packets, TINY_SEGMENTS):
            framer = stranger(chance, 443)
            yield segment(framer, 0, b"", SYN)
            places = list(range(2, min(TINY_SEGMENTS, packets - begun) + 1))
            if order == "descending":
                places.reverse()
            elif order == "random":
                chance.shuffle(places)
            for place in places:
                yield segment(framer, place + (order == "gaps") * place, b"\x16")

    return frames


def drip(packets: int, chance: random.Random) -> Frames:
    """ClientHellos, an octet in each segment."""
    made = 0
    while True:
        framer = stranger(chance, 443)
        for place, octet in enumerate(client_hello(chance, b"drip.example")):
            yield segment(framer, 1 + place, bytes((octet,)))
            made += 1
            if made == packets:
                return


def endless(message_octets: int) -> Callable[[int, random.Random], Frames]:
    """A handshake of HANDSHAKE_OCTETS on one connection, in messages of a length."""

    def frames(packets: int, chance: random.Random) -> Frames:
        framer = stranger(chance, 443)
        octets = min(packets * FULL_SEGMENT, HANDSHAKE_OCTETS)
        body = b"\x0b" + message_octets.to_bytes(3) + bytes(message_octets)
        handshake = body * (octets // len(body) + 1)
        stream = client_hello(chance, b"endless.example")
        stream += b"".join(record(handshake[at : at + 16384]) for at in range(0, octets, 16384))
        for at in range(0, octets, FULL_SEGMENT):
            yield segment(framer, 1 + at, stream[at : at + FULL_SEGMENT])

    return frames


def repeated(packets: int, chance: random.Random) -> Frames:
    """A handshake of one octet in each segment, and then the same octets again and again."""
    framer = stranger(chance, 443)
    stream = client_hello(chance, b"again.example") + record(b"\x0b\0\xff\xff" + bytes(16000))
    for at in range(packets):
        yield segment(framer, 1 + at % 16000, stream[at % 16000 : at % 16000 + 1])


def fragment(chance: random.Random, number: int, offset: int, payload: bytes) -> bytes:
    """A fragment of an IPv4 datagram that has others behind it."""
    client = bytes((198, 18)) + (number >> 16).to_bytes(2)
    words = 0x4500, 20 + len(payload), number & 0xFFFF, 0x2000 | offset >> 3, 64 << 8 | UDP
    checksum = -(sum(words) + ones_sum(client + SERVER)) % 0xFFFF
    return ETHERNET[0] + struct.pack("!HHHHHHH", 0x0800, *words, checksum) + client + SERVER + payload


def fragments(packets: int, chance: random.Random) -> Frames:
    """The first fragment of as many datagrams."""
    payload = chance.randbytes(64)
    for number in range(packets):
        yield fragment(chance, number, 0, payload)


def tiny_fragments(packets: int, chance: random.Random) -> Frames:
    """Datagrams in fragments of 8 octets, from the last to the second."""
    for number in range(packets):
        yield fragment(chance, number // PIECES, (PIECES - number % PIECES) * 8, bytes(8))


def quic_initials(packets: int, chance: random.Random) -> Frames:
    """Initial packets that no keys open, each with connection ids of its own (RFC 9000 section 17.2.2)."""
    for _ in range(packets):
        head = b"\xc3\0\0\0\1\x08" + chance.randbytes(8) + b"\x08" + chance.randbytes(8) + b"\0"
        rest = INITIAL_OCTETS - len(head) - 2
        yield stranger(chance, 443, UDP).udp_frame(0, head + (0x4000 | rest).to_bytes(2) + chance.randbytes(rest))


def quic_pieces(packets: int, chance: random.Random) -> Frames:
    """Initial packets that their keys open, full of CRYPTO frames of an octet: with holes, twice, far ahead."""
    for number in range(packets):
        if number % INITIALS == 0:
            framer, destination = stranger(chance, 443, UDP), chance.randbytes(8)
            protection = QuicKeys().derive(1, destination)[0][0]
        first = number % INITIALS * FRAMES
        offsets = [chance.choice((3 * at, 7, (1 << 29) + at)) for at in range(first, first + FRAMES)]
        frames = b"".join(b"\6" + (0x80000000 | offset).to_bytes(4) + b"\1\x55" for offset in offsets)
        head = b"\xc3\0\0\0\1\x08" + destination + b"\0\0"
        rest = INITIAL_OCTETS - len(head) - 2
        head += (0x4000 | rest).to_bytes(2) + (number % INITIALS).to_bytes(4)
        nonce = (protection.iv ^ number % INITIALS).to_bytes(12)
        sealed = protection.aead.encrypt(nonce, frames.ljust(rest - 20, b"\0"), head)
        mask = protection.mask(sealed[:16])
        hidden = bytes(one ^ other for one, other in zip(head[-4:], mask[1:5], strict=True))
        yield framer.udp_frame(0, bytes((head[0] ^ mask[0] & 0x0F,)) + head[1:-4] + hidden + sealed)


def dtls_fragments(packets: int, chance: random.Random) -> Frames:
    """One association; fragments of a message, an octet each, of which every second one is missing (RFC 6347)."""
    framer = stranger(chance, 4433, UDP)
    for number in range(packets):
        piece = b"\1" + (100_000).to_bytes(3) + b"\0\0" + (2 * (number % 50_000)).to_bytes(3) + b"\0\0\1" + b"\x55"
        head = b"\x16\xfe\xfd" + number.to_bytes(8) + len(piece).to_bytes(2)
        yield framer.udp_frame(0, head + piece)


def eap(packets: int, chance: random.Random) -> Frames:
    """EAP-TLS responses on a LAN, each from another station, the first fragment of a message (RFC 5216)."""
    for number in range(packets):
        source = b"\2\0" + number.to_bytes(4)
        frame = bytes.fromhex("0180c2000003") + source + b"\x88\x8e\1\0" + len(EAP_FRAGMENT).to_bytes(2)
        yield frame + EAP_FRAGMENT


def radius(packets: int, chance: random.Random) -> Frames:
    """Requests from one access server with an EAP-TLS response, each in a conversation of its own (RFC 3579)."""
    framer = stranger(chance, 1812, UDP)
    for number in range(packets):
        attributes = b"\x4f" + bytes((len(EAP_FRAGMENT) + 2,)) + EAP_FRAGMENT + b"\x1f\x0a" + chance.randbytes(8)
        head = b"\1" + bytes((number & 0xFF,)) + (20 + len(attributes)).to_bytes(2) + chance.randbytes(16)
        yield framer.udp_frame(0, head + attributes)


def openvpn(packets: int, chance: random.Random) -> Frames:
    """Resets of sessions that nobody answers, and control packets far ahead of their turn."""
    for number in range(packets):
        if number % 64 == 0:
            framer, session = stranger(chance, 1194, UDP), chance.randbytes(8)
            yield framer.udp_frame(0, b"\x38" + session + b"\0\0\0\0\0")
        else:
            yield framer.udp_frame(0, b"\x20" + session + b"\0" + (number % 64 * 3).to_bytes(4) + bytes(900))


@dataclass(frozen=True)
class Load:
    """How many packets at full size, and what makes them."""

    packets: int
    frames: Callable[[int, random.Random], Frames]


LOADS = {
    "half-open": Load(1_000_000, half_open),
    "one-packet": Load(1_000_000, one_packet),
    "one-hello": Load(300_000, one_hello),
    "descending": Load(200_000, out_of_order("descending")),
    "random": Load(200_000, out_of_order("random")),
    "never-first": Load(200_000, out_of_order("ascending")),
    "gaps": Load(200_000, out_of_order("gaps")),
    "drip": Load(300_000, drip),
    "repeated": Load(200_000, repeated),
    "endless-messages": Load(46_000, endless(LONGEST_MESSAGE)),
    "endless-long": Load(46_000, endless(1_000_000)),
    "endless-short": Load(46_000, endless(0)),
    "fragments": Load(1_000_000, fragments),
    "tiny-fragments": Load(300_000, tiny_fragments),
    "quic-initials": Load(100_000, quic_initials),
    "quic-pieces": Load(50_000, quic_pieces),
    "dtls-fragments": Load(300_000, dtls_fragments),
    "eap": Load(300_000, eap),
    "radius": Load(300_000, radius),
    "openvpn": Load(300_000, openvpn),
}
