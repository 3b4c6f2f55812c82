"""The segments of one connection -> its frames up to the end of the handshake, with pseudonyms.

Goes in: segments in the order of the capture. Comes out: frames in that order, or the reason why there are none. Each
direction's octets are put in order, rewritten as a whole, and cut up again as the segments were, so that sequence
numbers and lengths hold; octets behind a hole stay zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple

from ..wire.codes import SYN
from .frames import Segment, Side, build_frame, new_base
from .messages import Said
from .pseudonyms import Pseudonyms
from .records import rewrite_stream, starts_as_tls

HALF = 1 << 31  # distances beyond it are those of numbers before the beginning
MOST = 1 << 20  # octets of a direction that are rewritten; a handshake that is longer ends in zeros

NOT_PLAIN = "not TLS over TCP from its first octet"
NO_PACKETS = "no packets of a handshake"


class Frame(NamedTuple):
    """A frame: number and time of the packet that it stands for, its octets as far as captured, its whole length."""

    number: int
    time_ns: int
    octets: bytes
    wire_length: int


def rewrite_connection(row: dict[str, Any], segments: Sequence[Segment], own: Pseudonyms) -> list[Frame] | str:
    """The frames of a connection of which `row` has addresses and ports; or why there are none."""
    streams = {side: assemble([each for each in segments if each.from_client == side]) for side in (True, False)}
    texts = [data for _, data in streams.values() if data]
    if not texts:
        return NO_PACKETS
    if not all(map(starts_as_tls, texts)):
        return NOT_PLAIN
    said = Said()
    server = rewrite_stream(streams[False][1], said, own)  # first, as it says how the client's is read
    rewritten = {False: server, True: rewrite_stream(streams[True][1], said, own)}
    sides = {side: make_side(row, side, streams[side][0], own) for side in (True, False)}
    frames = []
    for segment in segments:
        side = segment.from_client
        payload = cut_out(rewritten[side], streams[side][0], segment)
        octets = build_frame(segment, sides[side], sides[not side], payload, own)
        if octets is not None:
            captured = len(octets) - (segment.length - len(segment.payload))
            frames.append(Frame(segment.number, segment.time_ns, octets[:captured], len(octets)))
    return frames


def make_side(row: dict[str, Any], client: bool, base: int | None, own: Pseudonyms) -> Side:
    """An end of a connection, under its pseudonym."""
    name = "client" if client else "server"
    address = own.addresses.octets(ip_address(row[f"{name}_ip"]).packed)
    port = int(row[f"{name}_port"])
    seed = address + port.to_bytes(2, "big") + int(row["time_start"]).to_bytes(8, "big", signed=True)
    return Side(address, port, base, new_base(own, seed))


def assemble(segments: Sequence[Segment]) -> tuple[int | None, bytes]:
    """Where a direction's sequence numbers begin (that of its first octet), and its octets up to the first hole.

    Of octets that came twice the first count.
    """
    if not segments:
        return None, b""
    opening = next((each.sequence + 1 & 0xFFFFFFFF for each in segments if each.flags & SYN), None)
    first = segments[0].sequence
    if opening is None:
        opening = min((each.sequence for each in segments), key=lambda number: (number - first + HALF) & 0xFFFFFFFF)
    pieces: list[tuple[int, bytes]] = []
    for each in segments:
        start = each.sequence + (1 if each.flags & SYN else 0) - opening & 0xFFFFFFFF
        if each.payload and start < MOST:
            pieces.append((start, each.payload))
    pieces.sort(key=lambda piece: piece[0])
    data = bytearray()
    for start, octets in pieces:
        if start > len(data):
            break
        data += octets[len(data) - start :]
    return opening, bytes(data[:MOST])


def cut_out(stream: bytes, base: int | None, segment: Segment) -> bytes:
    """The octets of a segment, zeros where the stream has none."""
    if base is None or not segment.length:
        return bytes(segment.length)
    start = segment.sequence + (1 if segment.flags & SYN else 0) - base & 0xFFFFFFFF
    return (
        stream[start : start + segment.length].ljust(segment.length, b"\0") if start < MOST else bytes(segment.length)
    )
