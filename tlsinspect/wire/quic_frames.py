"""The frames of QUIC's Initial packets, and the order that CRYPTO frames are put in.

Goes in: the payload of an Initial packet in the clear. Comes out: CRYPTO octets with
their offsets, and how the connection was closed. Spec: RFC 9000 sections 12.4, 17.2.2
and 19; Google's framing of Q050, T050 and T051 is that of its QUIC before the standard.
"""

from __future__ import annotations

from bisect import bisect_left

from ..errors import DecodeError
from .cursor import Cursor
from .limits import DEFAULT_LIMITS, Limits
from .quic_packet import read_varint

PADDING = 0x00
PING = 0x01
ACK_FRAME = 0x02
ACK_ECN = 0x03
CRYPTO = 0x06
CONNECTION_CLOSE = 0x1C
CONNECTION_CLOSE_APPLICATION = 0x1D

GOOGLE_CLOSE = 0x02
GOOGLE_PING = 0x07
GOOGLE_CRYPTO = 0x08
GOOGLE_ACK = 0x40  # and what is between it and 0x7F

FRAME_LIMIT = 2048  # frames of one packet that are read, PADDING not counted
PIECE_COST = 150  # octets that a piece costs beside its own


class Frames:
    """What an Initial packet carries: `crypto` has (offset, octets), `close_error` is -1 where nobody closed.

    `problem` is what ended the reading before the end of the packet, None where nothing did.
    """

    def __init__(self) -> None:
        self.crypto: list[tuple[int, bytes]] = []
        self.close_error = -1
        self.problem: DecodeError | None = None


def parse_frames(payload: bytes, google: bool = False) -> Frames:
    """Parse the frames of an Initial packet; what comes before a malformed one is kept.

    `google` says that they are framed in Google's way.
    """
    frames = Frames()
    cursor = Cursor(payload, "quic", 0, len(payload))
    count = 0
    try:
        while cursor.position < cursor.limit:
            if payload[cursor.position] == PADDING:
                cursor.position += 1
                continue
            count += 1
            if count > FRAME_LIMIT:
                cursor.fail("limit", f"at most {FRAME_LIMIT} frames in a packet")
            if google:
                read_google_frame(cursor, frames)
            else:
                read_frame(cursor, frames)
    except DecodeError as error:
        frames.problem = error
    return frames


def read_frame(cursor: Cursor, frames: Frames) -> None:
    """Read a frame that an Initial packet may carry. Spec: RFC 9000 sections 17.2.2 and 19."""
    kind = read_varint(cursor)
    if kind == CRYPTO:
        read_crypto(cursor, frames)
    elif kind in (ACK_FRAME, ACK_ECN):
        read_acknowledgement(cursor, kind)
    elif kind in (CONNECTION_CLOSE, CONNECTION_CLOSE_APPLICATION):
        frames.close_error = read_varint(cursor)
        if kind == CONNECTION_CLOSE:
            read_varint(cursor)
        cursor.read_bytes(read_varint(cursor))
    elif kind != PING:
        cursor.fail("bad_value", f"a frame that an Initial packet may carry, not type {kind}")


def read_crypto(cursor: Cursor, frames: Frames) -> None:
    """Read a CRYPTO frame behind its type; what is there of one that breaks off counts."""
    offset = read_varint(cursor)
    length = read_varint(cursor)
    frames.crypto.append((offset, cursor.data[cursor.position : min(cursor.position + length, cursor.limit)]))
    cursor.position = cursor.need(length) + length


def read_acknowledgement(cursor: Cursor, kind: int) -> None:
    """Step over an ACK frame. Spec: RFC 9000 section 19.3."""
    read_varint(cursor)
    read_varint(cursor)
    ranges = read_varint(cursor)
    read_varint(cursor)
    while ranges > 0:
        read_varint(cursor)
        read_varint(cursor)
        ranges -= 1
    if kind == ACK_ECN:
        read_varint(cursor)
        read_varint(cursor)
        read_varint(cursor)


def read_google_frame(cursor: Cursor, frames: Frames) -> None:
    """Read a frame in Google's framing."""
    kind = cursor.read_u8()
    if kind == GOOGLE_CRYPTO:
        read_crypto(cursor, frames)
    elif kind >> 6 == GOOGLE_ACK >> 6:
        read_google_acknowledgement(cursor, kind)
    elif kind == GOOGLE_CLOSE:
        frames.close_error = cursor.read_u32()
        cursor.read_vector16()
    elif kind != GOOGLE_PING:
        cursor.fail("unsupported", f"a frame of a handshake, not type {kind}")


def read_google_acknowledgement(cursor: Cursor, kind: int) -> None:
    """Step over Google's ACK frame, 01nullmm: n for more than one block, ll and mm for the size of numbers."""
    largest_size = google_number_size(kind >> 2 & 3)
    block_size = google_number_size(kind & 3)
    cursor.read_bytes(largest_size)
    cursor.read_u16()
    blocks = cursor.read_u8() if kind & 0x20 else 0
    cursor.read_bytes(block_size)
    cursor.read_bytes(blocks * (1 + block_size))
    times = cursor.read_u8()
    if times > 0:
        cursor.read_bytes(5 + 3 * (times - 1))


def google_number_size(code: int) -> int:
    """1, 2, 4 or 6 octets."""
    return 6 if code == 3 else 1 << code


class CryptoStream:
    """One direction's CRYPTO octets: in any order in, once and in order out; the first copy of an octet counts.

    `delivered` is the offset of the next octet in order. `pieces` are (offset, octets),
    sorted and without overlap; what was delivered stays until `forget`, so that
    `conflict` can tell whether a later copy said something else. `held` is what the pieces cost in octets,
    `full` that there are as many as there may be, `exceeded` that octets came which are too far ahead. `cut` is the
    offset behind which the capture cut a packet, -1 where it did not; `over` says that what was in order ends there.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self.held = 0
        self.full = False
        self.exceeded = False
        self.delivered = 0
        self.forgotten = 0
        self.pieces: list[tuple[int, bytes]] = []
        self.taken = 0
        self.conflict = False
        self.cut = -1
        self.over = False

    def add(self, offset: int, octets: bytes) -> None:
        """Keep what is new of a frame. Raises DecodeError where a limit is first met; what is past one is left out."""
        end = offset + len(octets)
        if end > self.limits.crypto_octets:
            if self.exceeded:
                return
            self.exceeded = True
            raise DecodeError("quic", "limit", 0, f"at most {self.limits.crypto_octets} octets of CRYPTO frames")
        position = max(offset, self.forgotten)
        pieces = self.pieces
        at = bisect_left(pieces, (position,))
        if at > 0 and pieces[at - 1][0] + len(pieces[at - 1][1]) > position:
            at -= 1
        while position < end:
            if len(pieces) >= self.limits.crypto_pieces:
                if self.full:
                    return
                self.full = True
                raise DecodeError("quic", "limit", 0, f"at most {self.limits.crypto_pieces} pieces of CRYPTO frames")
            start = pieces[at][0] if at < len(pieces) else end
            if position < start:
                stop = min(start, end)
                pieces.insert(at, (position, octets[position - offset : stop - offset]))
                self.held += stop - position + PIECE_COST
            else:
                known = pieces[at][1]
                stop = min(start + len(known), end)
                if known[position - start : stop - start] != octets[position - offset : stop - offset]:
                    self.conflict = True
            position = stop
            at += 1

    def differs(self, offset: int, octets: bytes) -> bool:
        """True when octets that are kept have another value in this frame."""
        end = offset + len(octets)
        for start, known in self.pieces:
            low = max(start, offset)
            high = min(start + len(known), end)
            if low < high and known[low - start : high - start] != octets[low - offset : high - offset]:
                return True
        return False

    def take(self) -> bytes:
        """The octets that are next in order; b"" where the next one is missing, or they broke off."""
        if self.over:
            return b""
        parts = []
        pieces = self.pieces
        while self.taken < len(pieces) and pieces[self.taken][0] == self.delivered:
            octets = pieces[self.taken][1]
            parts.append(octets)
            self.delivered += len(octets)
            self.taken += 1
        return b"".join(parts)

    def note_cut(self, frames: Frames) -> None:
        """The end of a packet with these frames was not captured."""
        if frames.crypto:
            offset, octets = frames.crypto[len(frames.crypto) - 1]
            self.cut = max(self.cut, offset + len(octets))

    def is_waiting(self) -> bool:
        """True when octets came that cannot be delivered for want of earlier ones."""
        return len(self.pieces) > self.taken

    def forget(self) -> None:
        """Let go of what was delivered."""
        del self.pieces[: self.taken]
        self.held = sum([len(octets) + PIECE_COST for _, octets in self.pieces])
        self.taken = 0
        self.forgotten = self.delivered


def parse_transport_parameters(data: bytes) -> list[int]:
    """The ids of transport parameters in wire order; those before a malformed one where there is one.

    Drafts before 27 have a 2-octet length in front and 2-octet ids and lengths; since then
    all are variable-length integers. Spec: RFC 9000 section 18.
    """
    cursor = Cursor(data, "quic", 0, len(data))
    fixed = len(data) >= 2 and (data[0] << 8 | data[1]) == len(data) - 2
    if fixed:
        cursor.read_u16()
    ids = []
    try:
        while cursor.remaining() > 0:
            kind = cursor.read_u16() if fixed else read_varint(cursor)
            cursor.read_bytes(cursor.read_u16() if fixed else read_varint(cursor))
            ids.append(kind)
    except DecodeError:
        pass
    return ids
