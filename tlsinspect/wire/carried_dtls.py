"""DTLS behind a header of what carries it in UDP: CAPWAP's channels, and media through a TURN server.

Goes in: the datagrams of one UDP flow. Comes out: what DtlsReader makes of the DTLS inside.
Spec: RFC 5415 section 4.2 (CAPWAP), RFC 8656 sections 11 and 12 (TURN), RFC 8489 sections 5 and 14 (STUN).
"""

from __future__ import annotations

from .dtls import DtlsReader, open_dtls
from .flow import Flow
from .stream import Stream

CAPWAP_DTLS = 0x01  # the first octet of CAPWAP's preamble: version 0, DTLS; three of zeros follow
PREAMBLE = 4
CHANNEL_FIRST, CHANNEL_LAST = 0x40, 0x7F  # first octet of a channel's number; RFC 8656 ends at 0x4F, RFC 5766 here
CHANNEL_HEADER = 4
STUN_HEADER = 20
STUN_COOKIE = b"\x21\x12\xa4\x42"
SEND_INDICATION, DATA_INDICATION = 0x0016, 0x0017
DATA = 0x0013  # attribute
ATTRIBUTE_LIMIT = 16  # attributes that are looked through; an indication has two to four


class CarriedDtlsReader(DtlsReader):
    """A DTLS association inside datagrams of `carrier`; whatever else is between them is passed over."""

    def __init__(self, carrier: str) -> None:
        super().__init__()
        self.carrier = carrier

    def accept(self, flow: Flow, stream: Stream, data: bytes, position: int, end: int) -> None:
        """Read the records inside a datagram."""
        start = find_inside(data, position, end)
        if start >= 0:
            flow.carrier = self.carrier
            DtlsReader.accept(self, flow, stream, data, start, inside_end(data, position, start, end))

    def starts_anew(self, stream: Stream, data: bytes, position: int, end: int) -> bool:
        """True where the records inside a datagram begin another association; see DtlsReader."""
        start = find_inside(data, position, end)
        return start >= 0 and DtlsReader.starts_anew(self, stream, data, start, inside_end(data, position, start, end))


def open_carried_dtls(data: bytes, position: int, end: int) -> DtlsReader | None:
    """A reader for the flow when its datagram has whole DTLS records behind a header that is known."""
    start = find_inside(data, position, end)
    if start < 0 or open_dtls(data, start, inside_end(data, position, start, end)) is None:
        return None
    return CarriedDtlsReader("capwap" if data[position] == CAPWAP_DTLS else "turn")


def find_inside(data: bytes, position: int, end: int) -> int:
    """The place of what a datagram carries; -1 where its header is none of those above."""
    if end - position <= PREAMBLE:
        return -1
    first = data[position]
    length = data[position + 2] << 8 | data[position + 3]
    if first == CAPWAP_DTLS:
        return position + PREAMBLE if data[position + 1] == 0 and length == 0 else -1
    if CHANNEL_FIRST <= first <= CHANNEL_LAST:
        return position + CHANNEL_HEADER if length <= end - position - CHANNEL_HEADER else -1
    if first == 0 and data[position + 1] in (SEND_INDICATION, DATA_INDICATION):
        return find_data(data, position, end) if length == end - position - STUN_HEADER else -1
    return -1


def find_data(data: bytes, position: int, end: int) -> int:
    """The place of the DATA attribute's value in a STUN message; -1 where it has none."""
    if data[position + 4 : position + 8] != STUN_COOKIE:
        return -1
    at = position + STUN_HEADER
    for _ in range(ATTRIBUTE_LIMIT):
        if end - at < 4:
            return -1
        length = data[at + 2] << 8 | data[at + 3]
        if length > end - at - 4:
            return -1
        if data[at] == 0 and data[at + 1] == DATA:
            return at + 4
        at += 4 + (length + 3 & ~3)
    return -1


def inside_end(data: bytes, position: int, start: int, end: int) -> int:
    """Where what a datagram carries ends; a channel's data may be padded."""
    return end if data[position] == CAPWAP_DTLS else start + (data[start - 2] << 8 | data[start - 1])
