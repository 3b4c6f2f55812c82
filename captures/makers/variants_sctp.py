"""Variants of a DTLS connection in SCTP, as signalling networks use it (RFC 6083).

Each datagram becomes a user message; scapy knows chunks and their checksum.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from capture_files import Packet, build_pcap
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.layers.sctp import (
    SCTP,
    SCTPChunkAbort,
    SCTPChunkCookieAck,
    SCTPChunkCookieEcho,
    SCTPChunkData,
    SCTPChunkInit,
    SCTPChunkInitAck,
    SCTPChunkSACK,
    SCTPChunkShutdown,
    SCTPChunkShutdownAck,
    SCTPChunkShutdownComplete,
)
from variant import Variant

PORT = 5868  # Diameter over DTLS (RFC 6733 section 11.4)
PROTOCOL = 47  # the payload protocol of Diameter in DTLS (RFC 6733 section 11.4)
LARGEST = 400  # octets of a message in a chunk; longer ones take several
STEP_NS = 1000
SETUP = ((0, SCTPChunkInit(init_tag=1)), (1, SCTPChunkInitAck(init_tag=2)), (0, SCTPChunkCookieEcho(cookie=b"cookie")))
SHUTDOWN = ((0, SCTPChunkShutdown()), (1, SCTPChunkShutdownAck()), (0, SCTPChunkShutdownComplete()))


class Wire:
    """Writes the packets of one association between the ends of a UDP flow."""

    def __init__(self, first: Packet) -> None:
        frame = Ether(first.data)
        self.client = frame[UDP].sport
        self.frames = (frame, self.turn(frame))
        self.tsns = (count(0xFFFFFFFE), count(1000))  # the client's pass the end of their numbers

    def turn(self, frame: Any) -> Any:
        """A frame the other way."""
        back = IP(src=frame[IP].dst, dst=frame[IP].src)
        return Ether(src=frame.dst, dst=frame.src) / back / UDP(sport=frame[UDP].dport, dport=frame[UDP].sport)

    def packet(self, time_ns: int, side: int, *chunks: Any) -> Packet:
        """A packet of a side's."""
        frame = self.frames[side]
        ports = (self.client, PORT) if side == 0 else (PORT, self.client)
        built = Ether(src=frame.src, dst=frame.dst) / IP(src=frame[IP].src, dst=frame[IP].dst)
        built = built / SCTP(sport=ports[0], dport=ports[1], tag=2 - side)
        for chunk in chunks:
            built = built / chunk
        data = bytes(built)
        return Packet(time_ns, data, len(data))

    def chunks(self, side: int, message: bytes) -> Iterator[Any]:
        """The chunks of a user message."""
        for at in range(0, len(message), LARGEST):
            part = message[at : at + LARGEST]
            ends = {"beginning": int(at == 0), "ending": int(at + LARGEST >= len(message))}
            tsn = next(self.tsns[side]) & 0xFFFFFFFF
            yield SCTPChunkData(tsn=tsn, proto_id=PROTOCOL, data=part, **ends)


def rewrite(packets: list[Packet], ends: tuple[tuple[int, Any], ...], swapped: bool) -> list[Packet]:
    """The association with each chunk in a packet of its own; where `swapped` the later ones first, and all twice."""
    wire = Wire(packets[0])
    begin = packets[0].time_ns - 10 * STEP_NS
    written = [wire.packet(begin + step * STEP_NS, side, chunk) for step, (side, chunk) in enumerate(SETUP)]
    written.append(wire.packet(begin + len(SETUP) * STEP_NS, 1, SCTPChunkCookieAck()))
    for packet in packets:
        datagram = Ether(packet.data)[UDP]
        side = 0 if datagram.sport == wire.client else 1
        chunks = list(wire.chunks(side, bytes(datagram.payload)))
        if swapped:
            chunks = [*reversed(chunks), *chunks]
        written += [wire.packet(packet.time_ns + step * STEP_NS, side, chunk) for step, chunk in enumerate(chunks)]
        end = packet.time_ns + len(chunks) * STEP_NS
        written.append(wire.packet(end, 1 - side, SCTPChunkSACK(cumul_tsn_ack=chunks[-1].tsn)))
    end = packets[-1].time_ns + 100 * STEP_NS
    written += [wire.packet(end + step * STEP_NS, side, chunk) for step, (side, chunk) in enumerate(ends)]
    return written


def build_sctp(name: str, shows: str, ends: tuple[tuple[int, Any], ...], swapped: bool, *checks: str) -> Variant:
    """A variant of the connection with the cookie exchange; TLS over TCP is not in it."""
    return Variant(
        name,
        shows,
        lambda packets: build_pcap(rewrite(packets, ends, swapped)),
        "dtls12",
        checks=("sctp && dtls.handshake.type == 1", "sctp && dtls.handshake.type == 11", *checks),
        connections=0,
    )


SCTP_VARIANTS = (
    build_sctp("sctp-dtls", "DTLS 1.2 over SCTP, its longer messages in several chunks", SHUTDOWN, False),
    build_sctp(
        "sctp-dtls-reversed",
        "the same with the chunks of each message in the other order, everything sent twice, and an ABORT at the end",
        ((1, SCTPChunkAbort()),),
        True,
        "sctp.retransmission",
    ),
)
