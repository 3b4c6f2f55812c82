"""EAP put together for tests: conversations with TLS inside, and what carries them.

A conversation is a list of (side, EAP packet) in which the server asks and the peer answers:
side 0 is the peer.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

import tls_vectors as tls
from tcp_segments import udp
from traffic import NOON_NS, STEP_NS, Endpoint, Packet

EAP_TLS, EAP_TTLS, PEAP, EAP_FAST, TEAP = 13, 21, 25, 43, 55
LENGTH_INCLUDED, MORE_FRAGMENTS, START, OUTER_INCLUDED = 0x80, 0x40, 0x20, 0x10
STATION = bytes.fromhex("020000000001")
ACCESS_POINT = bytes.fromhex("020000000002")
GROUP = bytes.fromhex("0180c2000003")
ACCESS_SERVER: Endpoint = ("192.0.2.7", 40000)
RADIUS_SERVER: Endpoint = ("198.51.100.7", 1812)

Turn = tuple[int, bytes]


def eap(side: int, identifier: int, kind: int, content: bytes = b"") -> bytes:
    """A request of the server's, or a response of the peer's."""
    return struct.pack(">BBHB", 2 - side, identifier, 5 + len(content), kind) + content


def ended(code: int, identifier: int) -> Turn:
    """Success (3) or Failure (4)."""
    return 1, struct.pack(">BBH", code, identifier, 4)


def identity(identifier: int, name: bytes = b"user") -> list[Turn]:
    """How most conversations begin."""
    return [(1, eap(1, identifier, 1)), (0, eap(0, identifier, 1, name))]


def method_turns(
    *flights: bytes, method: int = EAP_TLS, first: int = 1, size: int = 200, lengths: bool = True
) -> list[Turn]:
    """A start, then the flights by turns, the peer's first, in fragments of `size` octets with acknowledgments."""
    identifier = first
    turns: list[Turn] = [(1, eap(1, identifier, method, bytes([START])))]
    for number, flight in enumerate(flights):
        side = number % 2
        pieces = [flight[at : at + size] for at in range(0, len(flight), size)]
        for index, piece in enumerate(pieces):
            more = MORE_FRAGMENTS if index < len(pieces) - 1 else 0
            total = lengths and index == 0 and len(pieces) > 1
            announced = struct.pack(">I", len(flight)) if total else b""
            if side == 1 or index > 0:
                identifier += 1
                if side == 0:
                    turns.append((1, eap(1, identifier, method, b"\x00")))
            content = bytes([more | (LENGTH_INCLUDED if total else 0)]) + announced + piece
            turns.append((side, eap(side, identifier, method, content)))
            if side == 1 and more:
                turns.append((0, eap(0, identifier, method, b"\x00")))
    return turns


HELLO = tls.handshake(tls.message(1, tls.client_hello(tls.server_name(b"radius.example"))), version=0x0301)
FLIGHT = tls.handshake(
    tls.message(2, tls.server_hello()),
    tls.message(11, tls.certificate(b"leaf" * 200)),
    tls.message(12, tls.ecdhe_exchange()),
    tls.message(13),
    tls.message(14),
)
ANSWER = tls.handshake(tls.message(11, tls.certificate(b"user" * 100)), tls.message(16, b"key")) + (
    tls.CHANGE_CIPHER_SPEC + tls.ENCRYPTED_FINISHED
)
FLIGHTS = (HELLO, FLIGHT, ANSWER, tls.CHANGE_CIPHER_SPEC + tls.ENCRYPTED_FINISHED)
HISTORY = "CsxkrnXGIi"


def eapol(turn: Turn, station: bytes = STATION, group: bool = False, server: bytes = ACCESS_POINT) -> bytes:
    """An Ethernet frame with an EAP packet, to the other side or to the group address."""
    side, packet = turn
    source, target = (station, server) if side == 0 else (server, station)
    body = struct.pack(">BBH", 2, 0, len(packet)) + packet
    return (GROUP if group else target) + source + b"\x88\x8e" + body + bytes(max(46 - len(body), 0))


def pppoe(turn: Turn) -> bytes:
    """A PPPoE session frame with an EAP packet."""
    body = struct.pack(">HHHH", 0x1100, 1, len(turn[1]) + 2, 0xC227) + turn[1]
    return eapol(turn)[:12] + b"\x88\x64" + body + bytes(max(46 - len(body), 0))


def wireless(turn: Turn) -> bytes:
    """An 802.11 frame with an EAP packet: the station's to the distribution system, the access point's from it."""
    frame = eapol(turn)
    target, source, body = frame[:6], frame[6:12], frame[12:]
    addresses = (ACCESS_POINT, source, target) if turn[0] == 0 else (target, ACCESS_POINT, source)
    control = b"\x08\x01" if turn[0] == 0 else b"\x08\x02"
    return control + bytes(2) + b"".join(addresses) + bytes(2) + bytes.fromhex("aaaa03 000000") + body


def radius(code: int, identifier: int, *attributes: tuple[int, bytes], authenticator: bytes = bytes(16)) -> bytes:
    """A RADIUS packet."""
    body = b"".join(bytes([kind, 2 + len(value)]) + value for kind, value in attributes)
    return struct.pack(">BBH", code, identifier, 20 + len(body)) + authenticator + body


def message_attributes(packet: bytes) -> list[tuple[int, bytes]]:
    """An EAP packet in as many EAP-Message attributes as it takes."""
    return [(79, packet[at : at + 253]) for at in range(0, len(packet), 253)]


def radius_turns(turns: Iterable[Turn], name: bytes, first: int = 0) -> list[Turn]:
    """The packets between access server and RADIUS server of one conversation; `name` makes States and station."""
    packets: list[Turn] = []
    number = first
    state: list[tuple[int, bytes]] = []
    for side, packet in turns:
        attributes = message_attributes(packet)
        if side == 0:
            number += 1
            secret = name.ljust(15, b"\0") + bytes([number & 0xFF])
            packets.append(
                (0, radius(1, number & 0xFF, (1, b"user"), (31, name), *state, *attributes, authenticator=secret))
            )
        elif packets:
            state = [(24, name + bytes([len(packets)]))]
            code = {3: 2, 4: 3}.get(packet[0], 11)
            packets.append((1, radius(code, number & 0xFF, *(state if code == 11 else []), *attributes)))
    return packets


def radius_frame(turn: Turn, client: Endpoint = ACCESS_SERVER, server: Endpoint = RADIUS_SERVER) -> bytes:
    """An Ethernet frame with a RADIUS packet, or with what else the turn says in UDP."""
    side, octets = turn
    source, target = (client, server) if side == 0 else (server, client)
    datagram = udp(source, target, octets)
    addresses = b"".join(bytes(map(int, host.split("."))) for host, _ in (source, target))
    header = struct.pack(">BBHIBBH", 0x45, 0, 20 + len(datagram), 0, 64, 17, 0) + addresses
    return bytes(12) + b"\x08\x00" + header + datagram


def timed(frames: Iterable[bytes]) -> list[Packet]:
    """The frames as packets of a capture, 1 ms apart."""
    return [Packet(NOON_NS + number * STEP_NS, frame) for number, frame in enumerate(frames)]
