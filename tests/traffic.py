"""Captures put together for tests: TCP connections from the octets that the two sides say.

Addresses and ports are pairs ("192.0.2.1", 50000). A packet is (time in ns, Ethernet
frame). Checksums are left zero: nothing here looks at them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from tls_vectors import (
    CHANGE_CIPHER_SPEC,
    ENCRYPTED_FINISHED,
    application,
    certificate,
    client_hello,
    ecdhe_exchange,
    handshake,
    message,
    server_hello,
    tls13_server_hello,
)

CLIENT = ("192.0.2.1", 50000)
SERVER = ("198.51.100.1", 443)
NOON_NS = 1_772_366_400 * 10**9  # 2026-03-01 12:00:00 UTC
STEP_NS = 10**6  # between packets
SEGMENT = 1400
SYN, ACK, FIN, RST = 0x02, 0x10, 0x01, 0x04

Endpoint = tuple[str, int]


class Packet(NamedTuple):
    """A frame and when it was captured."""

    time_ns: int
    frame: bytes


def segment(source: Endpoint, target: Endpoint, flags: int, sequence: int, acknowledged: int, data: bytes) -> bytes:
    """An Ethernet frame with one TCP segment, over IPv4 or IPv6 as the addresses say."""
    ports = source[1].to_bytes(2, "big") + target[1].to_bytes(2, "big")
    numbers = (sequence & 0xFFFFFFFF).to_bytes(4, "big") + (acknowledged & 0xFFFFFFFF).to_bytes(4, "big")
    tcp = ports + numbers + bytes([0x50, flags]) + b"\xff\xff" + bytes(4) + data
    addresses = ip_address(source[0]).packed + ip_address(target[0]).packed
    if len(addresses) == 8:
        length = (20 + len(tcp)).to_bytes(2, "big")
        return bytes(12) + b"\x08\x00\x45\x00" + length + bytes(4) + b"\x40\x06" + bytes(2) + addresses + tcp
    return bytes(12) + b"\x86\xdd\x60\x00\x00\x00" + len(tcp).to_bytes(2, "big") + b"\x06\x40" + addresses + tcp


def converse(
    *turns: bytes,
    client: Endpoint = CLIENT,
    server: Endpoint = SERVER,
    start_ns: int = NOON_NS,
    opened: bool = True,
    closed: bool = True,
) -> list[Packet]:
    """A TCP connection in which client and server take turns, the client first; b"" passes a turn."""
    ends = (client, server)
    sent = [1000, 2000]
    frames: list[bytes] = []

    def send(side: int, flags: int, data: bytes = b"") -> None:
        frames.append(segment(ends[side], ends[1 - side], flags, sent[side], sent[1 - side], data))
        sent[side] += len(data) + bool(flags & (SYN | FIN))

    if opened:
        send(0, SYN)
        send(1, SYN | ACK)
        send(0, ACK)
    for turn, data in enumerate(turns):
        for start in range(0, len(data), SEGMENT):
            send(turn % 2, ACK, data[start : start + SEGMENT])
    if closed:
        send(0, FIN | ACK)
        send(1, FIN | ACK)
    return [Packet(start_ns + number * STEP_NS, frame) for number, frame in enumerate(frames)]


def blocks_of(data: bytes, size: int) -> Iterator[bytes]:
    """Octets as a capture's reader gets them: in blocks, of which the last may be shorter."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


def pcap(packets: Iterable[Packet], snaplen: int = 262_144) -> bytes:
    """A pcap file with nanosecond times; packets are cut at `snaplen` octets."""
    parts = [bytes.fromhex("4d3cb2a1 0200 0400 00000000 00000000"), snaplen.to_bytes(4, "little"), bytes([1, 0, 0, 0])]
    for time_ns, frame in packets:
        kept = frame[:snaplen]
        numbers = (time_ns // 10**9, time_ns % 10**9, len(kept), len(frame))
        parts.append(b"".join(number.to_bytes(4, "little") for number in numbers) + kept)
    return b"".join(parts)


def write_pcap(path: Path, packets: Iterable[Packet]) -> Path:
    """Write a capture; returns its path."""
    path.write_bytes(pcap(packets))
    return path


def write_without_times(path: Path, packets: Iterable[Packet]) -> Path:
    """Write them as pcapng whose every packet is a Simple Packet Block."""
    section = (0x0A0D0D0A).to_bytes(4, "little") + bytes.fromhex("1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000")
    blocks = [section, bytes.fromhex("01000000 14000000 01000000 00000000 14000000")]
    for _, frame in packets:
        body = len(frame).to_bytes(4, "little") + frame + bytes(-len(frame) % 4)
        length = (len(body) + 12).to_bytes(4, "little")
        blocks.append((3).to_bytes(4, "little") + length + body + length)
    path.write_bytes(b"".join(blocks))
    return path


def tls12_turns(extensions: bytes = b"", *ders: bytes) -> tuple[bytes, ...]:
    """A whole TLS 1.2 handshake with the extensions in the ClientHello, the certificates, and data both ways."""
    flight = (
        message(2, server_hello()),
        message(11, certificate(*ders)),
        message(12, ecdhe_exchange()),
        message(14),
    )
    return (
        handshake(message(1, client_hello(extensions)), version=0x0301),
        handshake(*flight),
        handshake(message(16, b"\x04keys")) + CHANGE_CIPHER_SPEC + ENCRYPTED_FINISHED,
        CHANGE_CIPHER_SPEC + ENCRYPTED_FINISHED,
        application(),
        application(500),
    )


def tls13_turns(extensions: bytes = b"") -> tuple[bytes, ...]:
    """A whole TLS 1.3 handshake, as much of it as is seen, and data both ways."""
    return (
        handshake(message(1, client_hello(extensions)), version=0x0301),
        handshake(message(2, tls13_server_hello())) + CHANGE_CIPHER_SPEC + application(900),
        CHANGE_CIPHER_SPEC + application(58) + application(),
        application(500),
    )
