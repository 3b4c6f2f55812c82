"""QUIC packets: long headers of every version that has one, and taking off the Initial protection.

Goes in: a datagram, and keys that somebody else derived. Comes out: headers as
they stood on the wire, and the frames of Initial packets in the clear. Keys, ciphers
and names are not made here. Offsets count from the start of the datagram.
Spec: RFC 8999, RFC 9000 sections 16 and 17, RFC 9001 section 5, RFC 9369 section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from .codes import QUIC_INITIAL, QUIC_NEGOTIATION, QUIC_OPAQUE, QUIC_RETRY
from .cursor import Cursor

LAYOUT_OPAQUE = 0
LAYOUT_V1 = 1  # RFC 9000 and its drafts from 22
LAYOUT_V2 = 2  # the same with the packet types moved by one (RFC 9369)
LAYOUT_NIBBLES = 3  # drafts 17 to 21: both connection id lengths in one octet
LAYOUT_NIBBLES_OPAQUE = 4  # older drafts and Google's: the same, and nothing known behind

V2 = 0x6B3343CF
V2_DRAFT = 0x709A50C4
CONNECTION_ID_LIMIT = 20  # octets; of version 1 and all that were made like it
SAMPLE_LENGTH = 16

KNOWN_VERSIONS = (
    (0x00000001, 0x00000001),  # RFC 9000
    (V2, V2),  # RFC 9369
    (V2_DRAFT, V2_DRAFT),
    (0xFF020000, 0xFF0200FF),  # earlier drafts of version 2
    (0xFF000001, 0xFF0000FF),  # drafts of version 1
    (0xFACEB000, 0xFACEB0FF),  # mvfst
    (0x54303530, 0x54303539),  # Google's, with TLS: T050 to T059
    (0x50435130, 0x50435131),  # picoquic
    (0x50524F58, 0x50524F58),  # proxied QUIC
    (0x51474F00, 0x51474FFF),  # quic-go
    (0x91C17000, 0x91C170FF),  # quicly
    (0xABCD0000, 0xABCD000F),  # MsQuic
    (0xF0F0F0F0, 0xF0F0F1FF),  # experiments in measurability
    (0xF123F0C0, 0xF123F0CF),  # MozQuic
    (0x45474700, 0x454747FF),  # Quant
)


class PacketProtection(Protocol):
    """Keys of one direction (RFC 9001 section 5)."""

    def mask(self, sample: bytes) -> bytes:
        """The header protection mask, at least 5 octets, for a sample of 16."""

    def open(self, number: int, header: bytes, payload: bytes) -> bytes | None:
        """The payload in the clear; None where the packet is not authentic. `number` is the whole packet number."""

    def open_beginning(self, number: int, payload: bytes) -> bytes:
        """The beginning of a payload in the clear, whose end and tag are missing: nothing says that it is authentic."""


class InitialKeys(Protocol):
    """Derives the keys of Initial packets (RFC 9001 section 5.2)."""

    def derive(self, version: int, connection_id: bytes) -> tuple[Sequence[PacketProtection], ...]:
        """The client's and the server's protection for the client's first destination connection id.

        More than one pair where it is not certain how a version derives them; none where it is not known.
        """


class LongHeader:
    """A long header. `kind` is QUIC_INITIAL to QUIC_OPAQUE, `start` and `end` are the packet's.

    `number_at` is where the packet number is, or what a QUIC_OPAQUE packet has behind its
    connection ids. `missing` is how many octets of the packet the datagram lacks;
    `number` the packet number, -1 while it is protected.
    """

    def __init__(self) -> None:
        self.start = 0
        self.kind = QUIC_OPAQUE
        self.version = 0
        self.destination = b""
        self.source = b""
        self.token_length = 0
        self.number_at = 0
        self.end = 0
        self.missing = 0
        self.number = -1


def read_long_header(data: bytes, position: int) -> LongHeader:
    """Read the long header at `position` of a datagram.

    Raises DecodeError where it breaks off, or a connection id is longer than its version
    allows. Spec: RFC 9000 section 17.2, RFC 8999 section 5.1.
    """
    cursor = Cursor(data, "quic", position, len(data))
    header = LongHeader()
    header.start = position
    first = cursor.read_u8()
    header.version = cursor.read_u32()
    layout = header_layout(header.version)
    read_connection_ids(cursor, header, layout)
    header.number_at = cursor.position
    header.end = len(data)
    if header.version == 0:
        header.kind = QUIC_NEGOTIATION
    elif layout not in (LAYOUT_OPAQUE, LAYOUT_NIBBLES_OPAQUE):
        header.kind = (first >> 4 & 3) - 1 & 3 if layout == LAYOUT_V2 else first >> 4 & 3
        if header.kind != QUIC_RETRY:
            read_length(cursor, header)
    return header


def read_connection_ids(cursor: Cursor, header: LongHeader, layout: int) -> None:
    """Read both connection ids. Only versions made like version 1 limit them to 20 octets."""
    if layout in (LAYOUT_NIBBLES, LAYOUT_NIBBLES_OPAQUE):
        lengths = cursor.read_u8()
        header.destination = cursor.read_bytes(nibble_length(lengths >> 4))
        header.source = cursor.read_bytes(nibble_length(lengths & 15))
        return
    header.destination = cursor.read_vector8()
    header.source = cursor.read_vector8()
    if layout != LAYOUT_OPAQUE and (
        len(header.destination) > CONNECTION_ID_LIMIT or len(header.source) > CONNECTION_ID_LIMIT
    ):
        cursor.fail("bad_length", f"connection ids of at most {CONNECTION_ID_LIMIT} octets")


def nibble_length(code: int) -> int:
    """The length of a connection id in drafts before 22: 0, or 4 to 18 octets."""
    return code + 3 if code else 0


def read_length(cursor: Cursor, header: LongHeader) -> None:
    """Read token and length; the packet ends where the datagram does, should it say more."""
    if header.kind == QUIC_INITIAL:
        header.token_length = read_varint(cursor)
        cursor.position = cursor.need(header.token_length) + header.token_length
    length = read_varint(cursor)
    header.number_at = cursor.position
    if length > cursor.remaining():
        header.missing = length - cursor.remaining()
    else:
        header.end = cursor.position + length


def read_varint(cursor: Cursor) -> int:
    """Read a variable-length integer of 1, 2, 4 or 8 octets. Spec: RFC 9000 section 16."""
    value = cursor.read_u8()
    left = (1 << (value >> 6)) - 1
    value &= 0x3F
    while left > 0:
        value = value << 8 | cursor.read_u8()
        left -= 1
    return value


def header_layout(version: int) -> int:
    """How the long header of a version is laid out; an unknown version is taken to be made like version 1."""
    if version in (V2, V2_DRAFT):
        return LAYOUT_V2
    if version == 0:
        return LAYOUT_OPAQUE
    if version >> 8 == 0xFF0000:
        draft = version & 0xFF
        if draft < 22:
            return LAYOUT_NIBBLES if draft >= 17 else LAYOUT_NIBBLES_OPAQUE
    if is_google_crypto(version) and version < 0x51303530:
        return LAYOUT_NIBBLES_OPAQUE
    return LAYOUT_V1


def is_google_crypto(version: int) -> bool:
    """Q000 to Q099: Google's own handshake and not TLS."""
    return version >> 16 == 0x5130 and 0x30 <= version >> 8 & 0xFF <= 0x39 and 0x30 <= version & 0xFF <= 0x39


def is_reserved(version: int) -> bool:
    """0x?a?a?a?a: versions that are sent to see whether the peer negotiates (RFC 9000 section 15)."""
    return version & 0x0F0F0F0F == 0x0A0A0A0A


def is_known_version(version: int) -> bool:
    """True for versions that somebody is known to have sent."""
    for first, last in KNOWN_VERSIONS:
        if first <= version <= last:
            return True
    return is_reserved(version) or is_google_crypto(version)


def remove_protection(protection: PacketProtection, data: bytes, header: LongHeader, largest: int) -> bytes | None:
    """Take header and packet protection off; None where the keys do not open the packet.

    `largest` is the highest packet number of the direction so far, -1 for none. Sets
    `header.number` of a packet that was opened. Of a packet whose end is missing the
    beginning is returned, whether the keys are right or not. Spec: RFC 9001 section 5.4.2.
    """
    at = header.number_at
    if header.end - at < 4 + SAMPLE_LENGTH:
        return None
    mask = protection.mask(data[at + 4 : at + 4 + SAMPLE_LENGTH])
    first = data[header.start] ^ mask[0] & 0x0F
    length = (first & 3) + 1
    digits = bytes([data[at + place] ^ mask[1 + place] for place in range(length)])
    number = whole_number(int.from_bytes(digits, "big"), length, largest)
    sealed = data[at + length : header.end]
    if header.missing:
        payload: bytes | None = protection.open_beginning(number, sealed)
    else:
        payload = protection.open(number, bytes([first]) + data[header.start + 1 : at] + digits, sealed)
    if payload is not None:
        header.number = number
    return payload


def whole_number(digits: int, length: int, largest: int) -> int:
    """The packet number of which the last `length` octets were sent. Spec: RFC 9000 appendix A.3."""
    window = 1
    window <<= 8 * length
    expected = largest + 1
    number = expected - expected % window + digits
    if number <= expected - window // 2:
        return number + window
    if number > expected + window // 2 and number >= window:
        return number - window
    return number
