"""TLS records and the handshake messages in them, for one direction of one connection.

Goes in: the octets of a byte stream, in order, in pieces of any size; and holes
of known length. Comes out: calls on a Listener. Only handshake octets are ever
copied; once the direction is encrypted a piece costs its record headers and
nothing else. Names and judges nothing.
Spec: RFC 8446 section 5, RFC 5246 section 6, RFC 5246 appendix E.2 (SSL 2.0 hello; sslv2.py has the rest),
GB/T 38636-2020 (TLCP).
"""

from __future__ import annotations

from ..errors import DecodeError
from .codes import (
    ABSENT,
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    CLIENT_HELLO,
    DETECTING,
    FATAL,
    FOUND,
    HANDSHAKE,
    HEARTBEAT_HEADER,
    HEARTBEAT_RECORD,
    HELLO_HEADER,
    LOST,
    OTHER,
    READING,
    RECORD_LENGTH_LIMIT,
    SERVER_HELLO,
    TLCP_VERSION,
    WAITING,
)
from .hello import is_hello, may_begin_hello
from .limits import DEFAULT_LIMITS, Limits
from .octets import cut
from .sslv2 import Sslv2Reader, begun_hello_end, client_hello_end, find_answer

APPLICATION_LENGTH_LIMIT = 0x4100  # 2^14 + 256
SEALED_ALERT_MINIMUM = 12  # octets of an encrypted alert: two, and the shortest MAC (RFC 6066 section 7) but GOST's
HELLO_SIGN = 6  # octets of a hello by which it is told from what is encrypted: type, length, version
LEAST_LOOKS = 32  # places in a piece of any size where a record header is looked for when the place is lost
OCTETS_OF_LOOK = 64  # of the piece for each further one: of random octets one in 256 is 0x03
SCAN_LIMIT = 8192  # clear-text octets in which a hello in the middle of a segment is looked for


class Listener:
    """Whoever wants to know what the records say; `reader` tells the direction."""

    def handshake(self, reader: RecordReader, kind: int, body: bytes, length: int) -> None:
        """A handshake message; `body` is shorter than `length` when the rest is missing."""

    def sslv2_hello(self, reader: RecordReader, body: bytes, length: int) -> None:
        """An SSL 2.0 ClientHello, without header and type; `body` is shorter than `length` when the rest is missing."""

    def sslv2_message(self, reader: RecordReader, kind: int, body: bytes, length: int) -> None:
        """Another SSL 2.0 message in the clear; `body` is shorter than `length` when the rest is missing."""

    def change_cipher_spec(self, reader: RecordReader) -> None:
        """A ChangeCipherSpec."""

    def alert(self, reader: RecordReader, level: int, description: int) -> None:
        """An alert; level and description are -1 where they are encrypted."""

    def encrypted_handshake(self, reader: RecordReader, length: int) -> None:
        """A handshake record whose content is encrypted, or any of SSL 2.0 that is."""

    def application_data(self, reader: RecordReader, length: int) -> None:
        """An application_data record, while `reader.watching`."""

    def heartbeat(self, reader: RecordReader, length: int) -> None:
        """A heartbeat record."""

    def heartbeat_message(self, reader: RecordReader, kind: int, payload_length: int) -> None:
        """What the beginning of a heartbeat record in the clear says (RFC 6520 section 4)."""

    def problem(self, error: DecodeError) -> None:
        """Octets that do not follow the specification; reading goes on."""


class RecordReader:
    """Where one direction stands in its records.

    `side` is 0 or 1; `peer` the other direction; `mode` one of DETECTING, READING, LOST and OTHER. `encrypted` is set
    from outside, when a ChangeCipherSpec changed the cipher, `veiled` where a hello in the clear may follow it all
    the same, `readable` where the new one does not encrypt, `muted` when no more messages are wanted. `looking` tells
    that octets are waited for that say whether it is a hello, `sealed` that only the end of the record is waited for.
    `application_bytes` counts the content of application_data records, `partial` holds the beginning of a header.
    `parts_version` is the version of the record in which the message at hand began, -1 where that is the record at
    hand. `watching` asks for a call with each application_data record, `scanned` counts the clear text in which a
    hello was looked for.

    What the listener notes about this side stands here too: `chain`, the body of its first Certificate message as
    sent, with its packet and whether its end is missing; a ChangeCipherSpec, a Finished with its packet and time, those
    of an encrypted message behind it, application data; encrypted records of SSL 2.0.
    """

    def __init__(self, listener: Listener, side: int, limits: Limits = DEFAULT_LIMITS) -> None:
        self.listener = listener
        self.limits = limits
        self.side = side
        self.peer: RecordReader | None = None
        self.mode = DETECTING
        self.record_type = 0
        self.record_version = 0
        self.record_length = 0
        self.remaining = 0
        self.collecting = False
        self.sealed = False
        self.encrypted = False
        self.veiled = False
        self.looking = False
        self.readable = False
        self.muted = False
        self.watching = True
        self.partial = b""
        self.alert = b""
        self.alert_length = 0
        self.parts: list[bytes] | None = None
        self.parts_length = 0
        self.parts_version = -1
        self.message_length = 0
        self.message_skip = 0
        self.application_bytes = 0
        self.application_records = 0
        self.scanned = 0
        self.sslv2: Sslv2Reader | None = None
        self.chain: bytes | None = None
        self.chain_packet = -1
        self.chain_cut = False
        self.cipher_changed = False
        self.finished_seen = False
        self.finished_packet = -1
        self.finished_ns = -1
        self.again_packet = -1
        self.again_ns = -1
        self.application_seen = False
        self.sslv2_records = 0

    def feed(self, data: bytes, position: int, end: int) -> None:
        """Take the next octets of the stream, `data[position:end]`."""
        if self.partial and self.mode != READING:
            data = self.partial + data[position:end]
            position = 0
            end = len(data)
            self.partial = b""
        while position < end:
            if self.mode != READING:
                position = self.find_record(data, position, end)
            elif self.remaining > 0:
                taken = self.remaining if self.remaining < end - position else end - position
                if self.collecting:
                    self.collect(data, position, position + taken)
                self.remaining -= taken
                position += taken
            elif self.partial or end - position < 5:
                position = self.read_split_header(data, position, end)
            else:
                self.start_record(data, position)
                position += 5

    def skip(self, length: int) -> None:
        """Step over `length` octets that the capture does not hold."""
        if self.mode == DETECTING and self.partial and self.lose_sslv2_hello(length):
            return
        if self.mode != READING:
            self.partial = b""
            if self.sslv2 is not None:
                self.sslv2.skip(length)
            return
        if self.remaining > 0:
            taken = self.remaining if self.remaining < length else length
            if self.collecting:
                self.lose_message(taken)
            self.remaining -= taken
            length -= taken
        if length > 0:
            self.lose_message(0)
            self.partial = b""
            self.mode = LOST

    def finish(self) -> None:
        """The stream ends: what a message had so far is handed over."""
        self.lose_message(0)
        if self.mode == DETECTING and self.partial:
            self.lose_sslv2_hello(0)
        if self.sslv2 is not None:
            self.sslv2.finish()

    def read_split_header(self, data: bytes, position: int, end: int) -> int:
        """Collect a record header that is spread over pieces."""
        taken = min(5 - len(self.partial), end - position)
        self.partial += data[position : position + taken]
        if len(self.partial) == 5:
            header = self.partial
            self.partial = b""
            self.start_record(header, 0)
        return position + taken

    def start_record(self, data: bytes, position: int) -> None:
        """Read a record header and say what is to become of the content."""
        kind = data[position]
        length = data[position + 3] << 8 | data[position + 4]
        if not is_record_header(data, position, position + 5) and not self.is_tlcp_header(data, position, position + 5):
            self.mode = LOST
            self.lose_message(0)
            self.listener.problem(DecodeError("record", "bad_value", 0, "a record header (type 20 to 24, version 3.x)"))
            return
        self.record_type = kind
        self.record_version = data[position + 1] << 8 | data[position + 2]
        self.record_length = length
        self.remaining = length
        self.collecting = False
        if kind == APPLICATION_DATA:
            self.application_bytes += length
            self.application_records += 1
            if self.watching:
                self.listener.application_data(self, length)
        elif kind == HANDSHAKE:
            if not self.encrypted:
                self.collecting = not self.muted
            elif self.may_be_veiled(length):
                self.veiled = False
                self.looking = True
                self.collecting = True
                self.alert = b""
            else:
                self.await_end()
        elif kind == CHANGE_CIPHER_SPEC:
            self.await_end()
        elif kind == ALERT:
            if self.encrypted or not 0 < length < SEALED_ALERT_MINIMUM:
                self.await_end()
            else:
                self.alert_length = len(self.alert) + length
                self.collecting = True
        else:
            self.listener.heartbeat(self, length)
            self.alert = b""
            self.collecting = not self.encrypted and length >= HEARTBEAT_HEADER

    def may_be_veiled(self, length: int) -> bool:
        """Whether a record of `length` octets behind a ChangeCipherSpec may hold a hello in the clear."""
        return self.veiled and length > HELLO_SIGN and self.parts is None and self.message_skip == 0 and not self.muted

    def await_end(self) -> None:
        """Tell of the record when its last octet is there: what it holds is not read, or encrypted."""
        self.sealed = True
        self.collecting = True
        if self.record_type == ALERT:
            self.alert = b""
        if self.record_length == 0:
            self.end_sealed()

    def end_sealed(self) -> None:
        """The record whose end was waited for is over. An alert that is not encrypted stands in front of its MAC.

        Spec: RFC 5246 section 6.2.3.1.
        """
        self.sealed = False
        self.collecting = False
        if self.record_type == HANDSHAKE:
            self.listener.encrypted_handshake(self, self.record_length)
        elif self.record_type == CHANGE_CIPHER_SPEC:
            self.listener.change_cipher_spec(self)
        else:
            octets = self.alert
            self.alert = b""
            if len(octets) == 2 and 1 <= octets[0] <= FATAL:
                self.listener.alert(self, octets[0], octets[1])
            else:
                self.listener.alert(self, -1, -1)

    def collect(self, data: bytes, position: int, end: int) -> None:
        """Take content of a record: an alert or handshake octets in the clear, or what only has to be over."""
        if self.looking:
            self.look(data, position, end)
            return
        if self.sealed:
            if self.readable and self.record_type == ALERT:
                self.alert = cut(self.alert + data[position:end], 0, 2)
            if end - position == self.remaining:
                self.end_sealed()
            return
        if self.record_type == ALERT:
            self.alert += data[position:end]
            if len(self.alert) == self.alert_length:
                self.read_alerts()
            return
        if self.record_type == HEARTBEAT_RECORD:
            self.alert += data[position:end]
            if len(self.alert) >= HEARTBEAT_HEADER:
                self.listener.heartbeat_message(self, self.alert[0], self.alert[1] << 8 | self.alert[2])
                self.alert = b""
                self.collecting = False
            return
        if self.message_skip > 0:
            taken = self.message_skip if self.message_skip < end - position else end - position
            self.message_skip -= taken
            position += taken
            if position == end:
                return
        if self.parts is not None:
            self.parts.append(cut(data, position, end))
            self.parts_length += end - position
            if self.parts_length < self.message_length + 4:
                return
            data = b"".join(self.parts)
            position = 0
            end = self.parts_length
            self.parts = None
            self.parts_length = 0
        self.read_messages(data, position, end)

    def look(self, data: bytes, position: int, end: int) -> None:
        """Take the beginning of the record behind a ChangeCipherSpec: a hello is in the clear, all else encrypted.

        A client of TLS 1.3 sends one between a HelloRetryRequest, which the capture may lack, and its second hello.
        Spec: RFC 8446 appendix D.4.
        """
        self.alert += data[position:end]
        if len(self.alert) < HELLO_SIGN:
            return
        octets = self.alert
        self.alert = b""
        self.looking = False
        if is_hello_message(octets, self.record_length):
            self.encrypted = False
            self.read_messages(octets, 0, len(octets))
            return
        self.sealed = True
        if end - position == self.remaining:
            self.end_sealed()

    def read_alerts(self) -> None:
        """Hand over the alerts of a whole record, and keep the first half of one that goes on in the next.

        An alert of another level counts only where it has a record of its own. Spec: RFC 5246 sections 6.2.1 and 7.2.
        """
        octets = self.alert
        self.alert = b""
        for at in range(0, len(octets), 2):
            if len(octets) != 2 and not 1 <= octets[at] <= FATAL:
                self.listener.alert(self, -1, -1)
                return
        for at in range(0, len(octets) - 1, 2):
            self.listener.alert(self, octets[at], octets[at + 1])
        if len(octets) & 1:
            self.alert = octets[len(octets) - 1 :]

    def read_messages(self, data: bytes, position: int, end: int) -> None:
        """Hand over each whole message; keep the beginning of the last one."""
        while end - position >= 4:
            kind = data[position]
            length = data[position + 1] << 16 | data[position + 2] << 8 | data[position + 3]
            if length > self.limits.message_octets:
                self.step_over(kind, length, end - position)
                return
            self.message_length = length
            if end - position < length + 4:
                break
            self.listener.handshake(self, kind, cut(data, position + 4, position + 4 + length), length)
            self.parts_version = -1
            position += length + 4
            if self.muted:
                self.collecting = False
                return
        if position < end:
            if end - position < 4:
                self.message_length = 0
            if self.parts_version < 0:
                self.parts_version = self.record_version
            self.parts = [cut(data, position, end)]
            self.parts_length = end - position

    def step_over(self, kind: int, length: int, available: int) -> None:
        """A message past the limit, or an encrypted one taken for a message: leave it out."""
        self.parts_version = -1
        if kind <= 25:
            self.message_skip = length + 4 - available
            expected = f"a message of at most {self.limits.message_octets} octets, not {length}"
            self.listener.problem(DecodeError("handshake", "limit", 1, expected))
        else:
            self.collecting = False
            self.listener.encrypted_handshake(self, self.record_length)

    def lose_message(self, missing: int) -> None:
        """A hole of `missing` handshake octets, or with 0 the end of what can be read: hand over what a message had.

        Where the hole ends within the message or with it, reading goes on behind the message.
        """
        if self.sealed or self.looking:
            self.looking = False
            self.end_sealed()
        left = self.message_skip
        if self.parts is not None:
            data = b"".join(self.parts)
            self.parts = None
            self.parts_length = 0
            if len(data) >= 4:
                left = self.message_length + 4 - len(data)
                self.listener.handshake(self, data[0], data[4:], self.message_length)
        self.parts_version = -1
        self.alert = b""
        self.collecting = 0 < missing <= left and self.record_type == HANDSHAKE
        self.message_skip = left - missing if self.collecting else 0

    def find_record(self, data: bytes, position: int, end: int) -> int:
        """Look for the beginning of TLS; returns where reading goes on (`end` when there is none)."""
        if self.mode == OTHER:
            if self.sslv2 is not None:
                self.sslv2.feed(data, position, end)
            return end
        length = end - position
        if self.mode == LOST:
            return self.find_boundary(data, position, end)
        if data[position] & 0x80 and self.read_sslv2_answer(data, position, end):
            return end
        first = data[position]
        if self.peer is not None and self.peer.mode in (READING, LOST):
            if first & 0x80 and self.read_sslv2_hello(data, position, end):
                return end
            found = self.find_boundary(data, position, end)
            return found if self.mode == READING else self.find_hello(data, position, end)
        if first == HANDSHAKE:
            if length < HELLO_HEADER and may_begin_hello(data, position, end):
                self.partial = data[position:end]
                return end
            if length >= HELLO_HEADER and is_hello(data, position):
                self.mode = READING
                self.record_version = data[position + 1] << 8 | data[position + 2]
                return position
        if first & 0x80 and self.read_sslv2_hello(data, position, end):
            return end
        if CHANGE_CIPHER_SPEC <= first <= HEARTBEAT_RECORD:
            if is_record_chain(data, position, end):
                self.mode = READING
                return position
            if is_begun_chain(data, position, end):
                self.partial = data[position:end]
                return end
        found = self.find_hello(data, position, end)
        if self.mode != READING and not self.partial and data[end - 1] == HANDSHAKE and self.scanned < SCAN_LIMIT:
            self.partial = data[end - 1 : end]
        return found

    def find_hello(self, data: bytes, position: int, end: int) -> int:
        """Look for a hello behind clear text at `position`; returns where it begins, `end` when there is none."""
        if self.scanned < SCAN_LIMIT:
            self.scanned += end - position
            found = data.find(b"\x16\x03", position + 1, end)
            while found >= 0:
                if end - found < HELLO_HEADER and (end - found < 6 or data[found + 5] in (CLIENT_HELLO, SERVER_HELLO)):
                    self.partial = data[found:end]
                    return end
                if end - found >= HELLO_HEADER and is_hello(data, found):
                    self.mode = READING
                    return found
                found = data.find(b"\x16\x03", found + 1, end)
        return end

    def find_boundary(self, data: bytes, position: int, end: int) -> int:
        """The next record header when the place in the records is not known.

        Any header at the start of the piece will do, or the beginning of one; inside
        it only one that looks like application data of today, or leads to another. Where the octet of their
        versions is much more frequent than in what is encrypted, not all of its places are looked at.
        """
        if is_record_header(data, position, end) or self.is_tlcp_header(data, position, end):
            self.mode = READING
            return position
        found = data.find(b"\x03", position + 1, end)
        looks = LEAST_LOOKS + (end - position) // OCTETS_OF_LOOK
        while found >= 0 and end - found >= 4 and looks > 0:
            looks -= 1
            start = found - 1
            if is_application_header(data, start) or is_record_chain(data, start, end):
                self.mode = READING
                return start
            found = data.find(b"\x03", found + 1, end)
        return end

    def is_tlcp_header(self, data: bytes, position: int, end: int) -> bool:
        """A record header of TLCP, or as much of one as there is, where a record of either side was of TLCP before."""
        if self.record_version != TLCP_VERSION and (self.peer is None or self.peer.record_version != TLCP_VERSION):
            return False
        length = end - position
        return (
            CHANGE_CIPHER_SPEC <= data[position] <= HEARTBEAT_RECORD
            and (length < 2 or data[position + 1] == 1)
            and (length < 3 or data[position + 2] == 1)
            and (length < 5 or (data[position + 3] << 8 | data[position + 4]) <= RECORD_LENGTH_LIMIT)
        )

    def read_sslv2_hello(self, data: bytes, position: int, end: int) -> bool:
        """An SSL 2.0 ClientHello at `position`: True when it was read, or kept until it is whole."""
        after = client_hello_end(data, position, end)
        if after == 0:
            return False
        if end < after:
            self.partial = data[position:end]
            return True
        self.take_sslv2_hello(data[position + 3 : after], after - position - 3)
        if after < end:
            self.feed(data, after, end)
        return True

    def take_sslv2_hello(self, body: bytes, length: int) -> None:
        """Hand over an SSL 2.0 ClientHello, and read on as its version says: in SSL 2.0 or in TLS."""
        self.record_version = 2
        self.listener.sslv2_hello(self, body, length)
        if body[0] == 0:
            self.become_sslv2()
        else:
            self.mode = READING

    def lose_sslv2_hello(self, missing: int) -> bool:
        """A hole behind the beginning of an SSL 2.0 ClientHello: True when enough was there to be handed over.

        Where the hole ends with the hello, reading goes on behind it.
        """
        octets = self.partial
        after = begun_hello_end(octets)
        if after == 0:
            return False
        self.partial = b""
        self.take_sslv2_hello(octets[3:], after - 3)
        if missing != after - len(octets):
            if self.sslv2 is not None:
                self.sslv2.lost = True
            else:
                self.mode = LOST
        return True

    def read_sslv2_answer(self, data: bytes, position: int, end: int) -> bool:
        """An SSL 2.0 ServerHello or error at `position`: True when it was read, or kept until more of it is there."""
        invited = self.peer is not None and self.peer.record_version == 2
        found = find_answer(data, position, end, invited)
        if found == WAITING:
            self.partial = data[position:end]
        elif found == FOUND:
            if self.peer is not None and invited and self.peer.mode == READING:
                self.peer.become_sslv2()
            self.become_sslv2().feed(data, position, end)
        return found != ABSENT

    def become_sslv2(self) -> Sslv2Reader:
        """From here on the direction has SSL 2.0 records."""
        self.mode = OTHER
        self.sslv2 = Sslv2Reader(self)
        return self.sslv2


def is_record_header(data: bytes, position: int, end: int) -> bool:
    """A record header, or as much of one as there is: type 20 to 24, version 3.x, a length that is allowed."""
    if data[position] < CHANGE_CIPHER_SPEC or data[position] > HEARTBEAT_RECORD:
        return False
    if end - position >= 2 and data[position + 1] != 3:
        return False
    return end - position < 5 or (data[position + 3] << 8 | data[position + 4]) <= RECORD_LENGTH_LIMIT


def is_hello_message(octets: bytes, record_length: int) -> bool:
    """A hello of TLS 1.2 or 1.3 by its first octets, which fills its record or goes on in the next."""
    length = octets[1] << 16 | octets[2] << 8 | octets[3]
    known = octets[0] == CLIENT_HELLO or octets[0] == SERVER_HELLO
    return known and octets[1] == 0 and length + 4 >= record_length and octets[4] == 3 and octets[5] == 3


def is_application_header(data: bytes, position: int) -> bool:
    """Application data of TLS 1.2 or 1.3, with a length that these allow."""
    return (
        data[position] == APPLICATION_DATA
        and data[position + 1] == 3
        and data[position + 2] == 3
        and (data[position + 3] << 8 | data[position + 4]) <= APPLICATION_LENGTH_LIMIT
    )


def is_record_chain(data: bytes, position: int, end: int) -> bool:
    """Record headers that lead to each other: two at least, or one that ends with the piece.

    Four are enough: chains in hostile data would otherwise be walked from each of their headers.
    """
    headers = 0
    while end - position >= 5:
        if not is_record_header(data, position, end) or data[position + 2] > 4:
            return False
        length = data[position + 3] << 8 | data[position + 4]
        if length == 0:
            return False
        headers += 1
        position += 5 + length
        if position == end or headers == 4:
            return True
    return headers >= 2


def is_begun_chain(data: bytes, position: int, end: int) -> bool:
    """The beginning of a record, or a whole one and behind it the beginning of another's header."""
    length = end - position
    if not is_record_header(data, position, end) or (length >= 3 and data[position + 2] > 4):
        return False
    if length < 5:
        return True
    record = data[position + 3] << 8 | data[position + 4]
    position += 5 + record
    return record > 0 and (position > end or (position < end < position + 5 and is_record_header(data, position, end)))
