"""DTLS: records in datagrams, and handshake messages in fragments.

Goes in: the datagrams of one UDP flow. Comes out: the same Listener calls that
TLS over TCP makes. A message is handed over when its fragments are complete, and
once however often it is sent. Nothing is decrypted: what has an epoch above 0 is
counted. Spec: RFC 9147, RFC 6347, RFC 9146; 0x0100 is what OpenSSL sent before 0.9.8f.
"""

from __future__ import annotations

from ..errors import DecodeError
from .codes import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    CLIENT_HELLO,
    HANDSHAKE,
    HEARTBEAT_RECORD,
    HELLO_VERIFY_REQUEST,
    MESSAGE_LENGTH_LIMIT,
    READING,
    SERVER_HELLO,
)
from .flow import DatagramReader, Flow
from .record import RecordReader
from .stream import Stream

RECORD_HEADER = 13
FRAGMENT_HEADER = 12
CONNECTION_ID_RECORD = 25  # tls12_cid (RFC 9146)
LONGEST_RECORD = 0x4800
OPEN_MESSAGE_LIMIT = 32  # messages of one direction whose fragments are being collected
OPEN_OCTET_LIMIT = 1 << 18  # octets of them


class Message:
    """A handshake message of which fragments came: `body` fills up, `missing` lists the holes as (start, end)."""

    def __init__(self, kind: int, length: int) -> None:
        self.kind = kind
        self.length = length
        self.pieces: dict[int, bytes] = {}
        self.octets = 0

    def add(self, offset: int, fragment: bytes) -> None:
        """Take a fragment; of two at the same offset the longer one stays."""
        known = self.pieces.get(offset)
        if known is None or len(known) < len(fragment):
            self.octets += len(fragment) - (len(known) if known is not None else 0)
            self.pieces[offset] = fragment

    def beginning(self) -> bytes:
        """The octets from the start to the first hole; the first copy of each counts."""
        body = b""
        for offset in sorted(self.pieces):
            fragment = self.pieces[offset]
            if offset > len(body):
                break
            body += fragment[len(body) - offset :]
        return body


class DtlsReader(DatagramReader):
    """Where both directions of a DTLS association stand.

    `messages` are those of each side that are not complete; `delivered` the highest
    message_seq that each side's complete messages had.
    """

    def __init__(self) -> None:
        self.messages: tuple[dict[int, Message], dict[int, Message]] = ({}, {})
        self.delivered: tuple[set[int], set[int]] = (set(), set())
        self.flow: Flow | None = None

    def accept(self, flow: Flow, stream: Stream, data: bytes, position: int, end: int) -> None:
        """Read the records of a datagram; what is no DTLS record ends it."""
        reader = stream.reader
        if self.flow is None:
            self.flow = flow
            flow.dtls = True
            reader.mode = READING
        while position < end:
            if data[position] >> 5 == 1:
                self.count(flow, reader, end - position)
                return
            if not is_record(data, position, end):
                if is_record_type(data[position]):
                    flow.problem(DecodeError("dtls", "bad_value", 0, "a record header that fits the datagram"))
                return
            length = data[position + 11] << 8 | data[position + 12]
            body = position + RECORD_HEADER
            reader.record_type = data[position]
            reader.record_version = data[position + 1] << 8 | data[position + 2]
            reader.record_length = length
            self.read_record(flow, stream, data, body, body + length, data[position + 3] << 8 | data[position + 4])
            position = body + length

    def read_record(self, flow: Flow, stream: Stream, data: bytes, position: int, end: int, epoch: int) -> None:
        """Read a record's content, `data[position:end]`."""
        reader = stream.reader
        kind = reader.record_type
        if kind in (APPLICATION_DATA, CONNECTION_ID_RECORD):
            self.count(flow, reader, end - position)
        elif kind == CHANGE_CIPHER_SPEC:
            flow.change_cipher_spec(reader)
        elif kind == HANDSHAKE:
            if epoch > 0:
                flow.encrypted_handshake(reader, end - position)
            else:
                self.read_fragments(flow, stream, data, position, end)
        elif kind == ALERT:
            if epoch > 0 or end - position != 2:
                flow.alert(reader, -1, -1)
            else:
                flow.alert(reader, data[position], data[position + 1])
        elif kind == HEARTBEAT_RECORD:
            flow.heartbeat(reader, end - position)

    def count(self, flow: Flow, reader: RecordReader, length: int) -> None:
        """Count an encrypted record."""
        reader.application_bytes += length
        reader.application_records += 1
        if reader.watching:
            flow.application_data(reader, length)

    def read_fragments(self, flow: Flow, stream: Stream, data: bytes, position: int, end: int) -> None:
        """Read the handshake fragments of a record."""
        while position < end:
            if end - position < FRAGMENT_HEADER:
                flow.problem(DecodeError("dtls", "truncated", end - position, "a fragment header of 12 octets"))
                return
            kind = data[position]
            length = data[position + 1] << 16 | data[position + 2] << 8 | data[position + 3]
            sequence = data[position + 4] << 8 | data[position + 5]
            offset = data[position + 6] << 16 | data[position + 7] << 8 | data[position + 8]
            size = data[position + 9] << 16 | data[position + 10] << 8 | data[position + 11]
            position += FRAGMENT_HEADER
            if size > end - position or offset + size > length or length > MESSAGE_LENGTH_LIMIT:
                flow.problem(DecodeError("dtls", "bad_length", 9, "a fragment within its record and its message"))
                return
            self.take_fragment(flow, stream, kind, length, sequence, offset, data[position : position + size])
            position += size

    def take_fragment(
        self, flow: Flow, stream: Stream, kind: int, length: int, sequence: int, offset: int, fragment: bytes
    ) -> None:
        """Keep a fragment; hand its message over when it is complete."""
        side = stream.reader.side
        if sequence in self.delivered[side]:
            stream.retransmitted += 1
            return
        messages = self.messages[side]
        message = messages.get(sequence)
        if message is None or message.kind != kind or message.length != length:
            if not self.has_room(messages):
                flow.problem(DecodeError("dtls", "limit", 0, f"at most {OPEN_MESSAGE_LIMIT} messages in fragments"))
                return
            message = Message(kind, length)
            messages[sequence] = message
        message.add(offset, fragment)
        if message.octets >= length:
            body = message.beginning()
            if len(body) == length:
                del messages[sequence]
                self.delivered[side].add(sequence)
                flow.handshake(stream.reader, kind, body, length)

    def has_room(self, messages: dict[int, Message]) -> bool:
        """Whether another message may be collected."""
        octets = 0
        for message in messages.values():
            octets += message.octets
        return len(messages) < OPEN_MESSAGE_LIMIT and octets < OPEN_OCTET_LIMIT

    def finish(self) -> None:
        """The flow is over: hand over the beginnings of messages that were not completed."""
        if self.flow is None:
            return
        for stream, messages in zip(self.flow.streams, self.messages, strict=True):
            for sequence in sorted(messages):
                message = messages[sequence]
                self.flow.handshake(stream.reader, message.kind, message.beginning(), message.length)
        self.flow = None


def open_dtls(data: bytes, position: int, end: int) -> DatagramReader | None:
    """A reader for the flow when its datagram is DTLS: whole records, the first one plausible."""
    if not is_record(data, position, end):
        return None
    version = data[position + 1] << 8 | data[position + 2]
    epoch = data[position + 3] << 8 | data[position + 4]
    kind = data[position]
    if kind == HANDSHAKE and epoch == 0:
        if end - position < RECORD_HEADER + FRAGMENT_HEADER:
            return None
        message = data[position + RECORD_HEADER]
        if message not in (CLIENT_HELLO, SERVER_HELLO, HELLO_VERIFY_REQUEST) and version == 0x0100:
            return None
    elif version == 0x0100 and epoch == 0:
        return None
    at = position
    while at < end:
        if not is_record(data, at, end):
            return None
        at += RECORD_HEADER + (data[at + 11] << 8 | data[at + 12])
    return DtlsReader()


def is_record_type(octet: int) -> bool:
    """The first octet of a record with a whole header."""
    return CHANGE_CIPHER_SPEC <= octet <= CONNECTION_ID_RECORD


def is_record(data: bytes, position: int, end: int) -> bool:
    """A record with a whole header that fits the datagram: known type and version, a length that is allowed."""
    if end - position < RECORD_HEADER or not is_record_type(data[position]):
        return False
    version = data[position + 1] << 8 | data[position + 2]
    if version not in (0xFEFF, 0xFEFD, 0x0100):
        return False
    length = data[position + 11] << 8 | data[position + 12]
    return length <= LONGEST_RECORD and length <= end - position - RECORD_HEADER
