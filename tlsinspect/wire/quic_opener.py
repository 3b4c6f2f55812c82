"""Tells whether a datagram is QUIC: the first one of a flow decides who reads it.

Goes in: a datagram of a flow that nobody reads yet. Comes out: a reader, or None. A long
header of a version that is known will do; one of an unknown version must fill its datagram.
Spec: RFC 8999, RFC 9000 sections 14.1 and 17.2, RFC 9287 section 3.
"""

from __future__ import annotations

from ..errors import DecodeError
from .codes import QUIC_INITIAL, QUIC_OPAQUE
from .flow import DatagramReader
from .gquic import GoogleReader, is_public_header, version_at
from .quic import ORIGIN_MINIMUM, SMALLEST_DATAGRAM, QuicReader
from .quic_packet import InitialKeys, LongHeader, is_known_version, read_long_header, remove_protection

QUIC_BIT = 0x40  # of the first octet
SHORTEST_HEADER = 7  # octets of a long header without connection ids
NEGOTIATION_LIMIT = 64  # versions in a Version Negotiation packet that is believed


class QuicOpener:
    """Finds the reader for flows whose first datagram is QUIC; see Opener. `keys` derives Initial keys."""

    def __init__(self, keys: InitialKeys) -> None:
        self.keys = keys

    def __call__(self, data: bytes, position: int, end: int, /) -> DatagramReader | None:
        """A reader for a datagram that is QUIC or Google's QUIC, else None."""
        return open_quic(self.keys, data, position, end)


def open_quic(keys: InitialKeys, data: bytes, position: int, end: int) -> DatagramReader | None:
    """A reader for a flow that begins with a long header, or with a public header of Google's."""
    if end - position < SHORTEST_HEADER:
        return None
    if data[position] & 0x80 == 0:
        return GoogleReader() if is_public_header(data, position, end) else None
    version = version_at(data, position + 1)
    known = is_known_version(version)
    if version != 0 and not known and end - position < SMALLEST_DATAGRAM:
        return None
    datagram = data[position:end]
    try:
        header = read_long_header(datagram, 0)
    except DecodeError:
        return None
    if version == 0:
        accepted = is_negotiation(datagram, header)
    elif known:
        accepted = header.kind == QUIC_OPAQUE or datagram[0] & QUIC_BIT != 0 or opens(keys, datagram, header)
    else:
        accepted = is_whole_initial(datagram, header)
    return QuicReader(keys) if accepted else None


def is_negotiation(datagram: bytes, header: LongHeader) -> bool:
    """A Version Negotiation packet that lists a version that is known. Spec: RFC 8999 section 6."""
    length = header.end - header.number_at
    if length & 3 or length > 4 * NEGOTIATION_LIMIT:
        return False
    known = 0
    for at in range(header.number_at, header.end, 4):
        known += is_known_version(version_at(datagram, at))
    return known > 0


def is_whole_initial(datagram: bytes, header: LongHeader) -> bool:
    """An Initial packet of a version that nobody knows, made like version 1, and nothing else in the datagram."""
    return (
        header.kind == QUIC_INITIAL
        and datagram[0] & QUIC_BIT != 0
        and len(header.destination) >= ORIGIN_MINIMUM
        and header.missing == 0
        and header.end == len(datagram)
        and header.end - header.number_at >= SMALLEST_DATAGRAM >> 1
    )


def opens(keys: InitialKeys, datagram: bytes, header: LongHeader) -> bool:
    """An Initial packet that a client's keys open: where it is one, the QUIC bit may be anything (RFC 9287 section 3).

    Keys are only derived for what is as long as a client's first datagram, with a connection id that may be its first.
    """
    if header.kind != QUIC_INITIAL or header.missing or len(datagram) < SMALLEST_DATAGRAM:
        return False
    if len(header.destination) < ORIGIN_MINIMUM:
        return False
    for pair in keys.derive(header.version, header.destination):
        if remove_protection(pair[0], datagram, header, -1) is not None:
            return True
    return False
