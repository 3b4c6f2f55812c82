"""TLS inside TDS packets: Microsoft SQL Server's handshake, one direction of it.

Goes in: a stream whose first packet is a PRELOGIN, or the answer to one. Comes out:
the calls of a RecordReader. During the handshake TLS records lie in the data of TDS
packets, cut wherever a packet ends; afterwards records stand on their own, and where
only the login is encrypted clear-text packets follow them, which are not read.
Spec: MS-TDS 2.2.3.1 (packet header), 2.2.6.5 (PRELOGIN), 3.2.5.2 and 3.3.5.2 (the handshake).
"""

from __future__ import annotations

from .codes import CHANGE_CIPHER_SPEC, DETECTING, HEARTBEAT_RECORD, LOST, OTHER, READING
from .record import RecordReader

HEADER_LENGTH = 8  # type, status, length, SPID, packet id, window
PRELOGIN = 0x12
TABULAR_RESULT = 0x04  # the type of the server's answer to PRELOGIN
VERSION_TOKEN = 0  # the option that comes first (MS-TDS 2.2.6.5)


class TdsReader(RecordReader):
    """A RecordReader that takes TDS packets off its stream until records stand on their own.

    `left` counts the octets of the packet at hand that have not come, `header` holds
    the beginning of a packet header. `wrapped` is False once records stand on their own.
    """

    def __init__(self, replaced: RecordReader) -> None:
        RecordReader.__init__(self, replaced.listener, replaced.side, replaced.limits)
        self.wrapped = True
        self.left = 0
        self.header = b""
        self.peer = replaced.peer
        if self.peer is not None:
            self.peer.peer = self

    def feed(self, data: bytes, position: int, end: int) -> None:
        """Take the next octets of the stream, `data[position:end]`."""
        while position < end and self.wrapped:
            if self.left > 0:
                taken = self.left if self.left < end - position else end - position
                self.left -= taken
                self.feed_content(data, position, position + taken)
                position += taken
            else:
                position = self.read_header(data, position, end)
        if position < end:
            RecordReader.feed(self, data, position, end)

    def skip(self, length: int) -> None:
        """Step over `length` octets that the capture does not hold; a packet header among them is not found again."""
        if not self.wrapped or length <= self.left:
            self.left -= length if self.wrapped else 0
            RecordReader.skip(self, length)
            return
        self.wrapped = False
        self.header = b""
        RecordReader.skip(self, self.left)
        if self.mode == READING:
            self.lose_message(0)
            self.partial = b""
            self.remaining = 0
            self.mode = LOST

    def read_header(self, data: bytes, position: int, end: int) -> int:
        """A packet header, or as much of one as there is; a record where a header should be ends the packets."""
        if not self.header and self.mode == READING and is_record_type(data[position]):
            self.wrapped = False
            return position
        taken = min(HEADER_LENGTH - len(self.header), end - position)
        self.header += data[position : position + taken]
        if len(self.header) == HEADER_LENGTH:
            self.left = (self.header[2] << 8 | self.header[3]) - HEADER_LENGTH
            if self.left < 0:
                self.wrapped = False
                self.mode = OTHER if self.mode != DETECTING else DETECTING
            self.header = b""
        return position + taken

    def feed_content(self, data: bytes, position: int, end: int) -> None:
        """Data of a packet: records, or what follows them in the clear."""
        between = self.mode == READING and self.remaining == 0 and not self.partial
        if between and not is_record_type(data[position]):
            self.wrapped = False
            self.mode = OTHER
            return
        RecordReader.feed(self, data, position, end)

    def start_record(self, data: bytes, position: int) -> None:
        """A record header; a packet that is not encrypted in its place ends TLS (ENCRYPT_OFF: only the login is)."""
        if is_record_type(data[position]):
            RecordReader.start_record(self, data, position)
        else:
            self.mode = OTHER


def is_record_type(octet: int) -> bool:
    """True for the types of TLS records, which no TDS packet has."""
    return CHANGE_CIPHER_SPEC <= octet <= HEARTBEAT_RECORD


def is_prelogin(data: bytes, position: int, end: int) -> bool:
    """True for the beginning of a PRELOGIN message, or of the answer to one."""
    return (
        end - position > HEADER_LENGTH
        and (data[position] == PRELOGIN or data[position] == TABULAR_RESULT)
        and data[position + 1] == 1
        and data[position + 4] | data[position + 5] | data[position + 7] == 0
        and data[position + HEADER_LENGTH] == VERSION_TOKEN
    )
