"""SSL 2.0: the records of one direction, the messages in them that are in the clear, and two of their bodies.

Goes in: the octets that follow an SSL 2.0 ClientHello, or begin with an SSL 2.0
ServerHello, and holes of known length. Comes out: calls on the Listener of the
RecordReader whose place it takes. A message is a record (32,767 octets at most); what
follows the ClientHello is CLIENT-MASTER-KEY or an error, or is encrypted, and so is
what follows the ServerHello.
Spec: draft-hickman-netscape-ssl-00, sections 1.1 (records), 2.5 to 2.7 (messages), 3 (errors).
"""

from __future__ import annotations

from typing import Any

from ..errors import DecodeError
from .codes import (
    ABSENT,
    FOUND,
    SSLV2_CLIENT_HELLO,
    SSLV2_CLIENT_MASTER_KEY,
    SSLV2_ERROR,
    SSLV2_SERVER_HELLO,
    WAITING,
)
from .cursor import Cursor
from .messages import ServerHello

ERROR_LENGTH = 3  # octets; anything encrypted is longer, by its MAC
HELLO_LIMIT = 1024  # octets of a ClientHello
CLIENT_HELLO_FIXED = 11  # its record header, type, version and three lengths
SERVER_HELLO_FIXED = 13  # the same of a ServerHello: header, type, hit, certificate type, version, three lengths
CERTIFICATE_TYPES = (0, 1)  # none (a session is resumed), X.509
CONNECTION_ID_LIMIT = 32


class Sslv2Reader:
    """Where one direction stands in its SSL 2.0 records; `reader` is told to its listener with each call.

    `left` counts the octets of the record at hand that have not come, `padding` those at its
    end that carry nothing. `opened` says that the message came that may be in the
    clear; `parts` holds it until it is whole.
    """

    def __init__(self, reader: Any) -> None:
        self.reader = reader
        self.header = b""
        self.length = 0
        self.left = 0
        self.padding = 0
        self.collecting = False
        self.opened = False
        self.lost = False
        self.parts: list[bytes] = []
        self.parts_length = 0

    def feed(self, data: bytes, position: int, end: int) -> None:
        """Take the next octets, `data[position:end]`; behind a hole with a header in it nothing is read."""
        while position < end and not self.lost:
            if self.left == 0:
                self.header += data[position : position + 1]
                position += 1
                if len(self.header) == (2 if self.header[0] & 0x80 else 3):
                    self.start_record()
                continue
            taken = self.left if self.left < end - position else end - position
            if self.parts_length == 0 and self.left == self.length:
                self.collecting = self.is_clear(data[position])
                if not self.collecting:
                    self.reader.listener.encrypted_handshake(self.reader, self.length - self.padding)
            if self.collecting:
                self.parts.append(data[position : position + taken])
                self.parts_length += taken
            self.left -= taken
            position += taken
            if self.left == 0:
                self.finish()

    def start_record(self) -> None:
        """A record header is there: 2 octets, or 3 with padding."""
        header = self.header
        self.header = b""
        if header[0] & 0x80:
            self.length = (header[0] & 0x7F) << 8 | header[1]
            self.padding = 0
        else:
            self.length = (header[0] & 0x3F) << 8 | header[1]
            self.padding = header[2]
        self.left = self.length
        if self.length <= self.padding:
            self.lost = True
            self.reader.listener.problem(DecodeError("sslv2", "bad_length", 0, "a record with a message in it"))

    def is_clear(self, kind: int) -> bool:
        """Whether the record at hand, whose first octet is `kind`, is one of the messages in the clear."""
        if self.length == ERROR_LENGTH:
            return kind == SSLV2_ERROR
        first = not self.opened
        self.opened = True
        return first and kind in (SSLV2_SERVER_HELLO, SSLV2_CLIENT_MASTER_KEY)

    def skip(self, length: int) -> None:
        """Step over `length` octets that the capture does not hold: a message loses its end."""
        if length > self.left:
            self.lost = True
        self.left -= length if length < self.left else self.left
        if self.collecting:
            self.finish()
        self.header = b""

    def finish(self) -> None:
        """Hand over the message at hand, as much of it as is there."""
        if self.collecting and self.parts_length > 0:
            data = b"".join(self.parts)
            body = data[1 : self.length - self.padding]
            self.reader.listener.sslv2_message(self.reader, data[0], body, self.length - self.padding - 1)
        self.collecting = False
        self.parts = []
        self.parts_length = 0


def client_hello_end(data: bytes, position: int, end: int) -> int:
    """Where the SSL 2.0 ClientHello at `position` ends: past `end` when it is not whole, 0 when there is none.

    The version may be that of SSL 3.0 or TLS (RFC 5246 appendix E.2).
    """
    if end - position >= 3 and data[position + 2] != SSLV2_CLIENT_HELLO:
        return 0
    if end - position < 5:
        return end + 1
    length = (data[position] & 0x7F) << 8 | data[position + 1]
    version = data[position + 3] << 8 | data[position + 4]
    if not (version == 2 or version >> 8 == 3) or not 9 <= length <= HELLO_LIMIT:
        return 0
    if end - position < CLIENT_HELLO_FIXED:
        return end + 1
    kinds = data[position + 5] << 8 | data[position + 6]
    session_id = data[position + 7] << 8 | data[position + 8]
    challenge = data[position + 9] << 8 | data[position + 10]
    if kinds == 0 or kinds % 3 or session_id not in (0, 16, 32) or 9 + kinds + session_id + challenge != length:
        return 0
    return position + 2 + length


def begun_hello_end(data: bytes) -> int:
    """Where a ClientHello would end whose beginning is all that came; 0 where too little of it did to be sure."""
    if len(data) < CLIENT_HELLO_FIXED or not data[0] & 0x80:
        return 0
    return client_hello_end(data, 0, len(data))


def find_answer(data: bytes, position: int, end: int, invited: bool) -> int:
    """Whether a ServerHello or an error is at `position`: FOUND, WAITING for more octets to tell, or ABSENT.

    Only `invited` by an SSL 2.0 ClientHello it is waited for, and an error taken for one.
    """
    given = end - position
    if not data[position] & 0x80:
        return ABSENT
    if invited and given >= 3 and data[position + 2] == SSLV2_ERROR:
        return FOUND if data[position] == 0x80 and data[position + 1] == ERROR_LENGTH else ABSENT
    if given >= 3 and data[position + 2] != SSLV2_SERVER_HELLO:
        return ABSENT
    if given < SERVER_HELLO_FIXED:
        return WAITING if invited else ABSENT
    certificate = data[position + 7] << 8 | data[position + 8]
    specs = data[position + 9] << 8 | data[position + 10]
    connection_id = data[position + 11] << 8 | data[position + 12]
    fits = (
        data[position + 3] <= 1
        and data[position + 4] in CERTIFICATE_TYPES
        and data[position + 5] << 8 | data[position + 6] == 2
        and specs % 3 == 0
        and 0 < connection_id <= CONNECTION_ID_LIMIT
        and 11 + certificate + specs + connection_id == (data[position] & 0x7F) << 8 | data[position + 1]
    )
    return FOUND if fits else ABSENT


def parse_sslv2_server_hello(body: bytes) -> tuple[ServerHello, bytes]:
    """Parse a SERVER-HELLO that follows its type; returns it with its certificate's DER, b"" without one.

    The connection id stands for the random, the cipher kinds that both sides know are in
    `cipher_kinds`; which of them is used the client says later. A body that breaks off
    keeps what it has. Raises DecodeError when the fixed part is not complete. Spec: section 2.6.
    """
    cursor = Cursor(body, "sslv2", 0, len(body))
    hello = ServerHello()
    hello.session_hit = cursor.read_u8() != 0
    cursor.read_u8()
    hello.legacy_version = cursor.read_u16()
    certificate_length = cursor.read_u16()
    kinds_length = cursor.read_u16()
    connection_id_length = cursor.read_u16()
    certificate = b""
    try:
        certificate = cursor.read_bytes(certificate_length)
        hello.cipher_kinds = cursor.read_bytes(kinds_length)
        hello.random = cursor.read_bytes(connection_id_length)
    except DecodeError as error:
        hello.problems.append(error)
    return hello, certificate
