"""One direction of a TLS connection over TCP -> as many octets with the same records and messages in them.

The result starts as zeros; headers of records, and messages that are in the clear, are put in. What is encrypted or
was sent by the application stays zero, encrypted handshake messages become octets that look as random as they did.
Spec: RFC 8446 section 5, RFC 5246 section 6.
"""

from __future__ import annotations

from ..wire.codes import (
    ALERT,
    CHANGE_CIPHER_SPEC,
    CLIENT_HELLO,
    HANDSHAKE,
    HEARTBEAT_RECORD,
    RECORD_LENGTH_LIMIT,
    SERVER_HELLO,
)
from .messages import Said, rewrite_message
from .pseudonyms import Pseudonyms

RECORD_HEADER, MESSAGE_HEADER = 5, 4
LONGEST_MESSAGE = 1 << 17
KNOWN = frozenset(range(25))  # types of messages


def starts_as_tls(data: bytes) -> bool:
    """Whether octets start with the header of a record that opens a connection."""
    return len(data) >= 3 and data[0] in (ALERT, HANDSHAKE) and data[1] == 3


def rewrite_stream(data: bytes, said: Said, own: Pseudonyms) -> bytes:
    """As many octets. `said` is what the server's stream said, or is to be filled from it."""
    stream = Stream(data, said, own)
    stream.rewrite()
    return bytes(stream.made)


class Stream:
    """Goes through the records of a direction once."""

    def __init__(self, data: bytes, said: Said, own: Pseudonyms) -> None:
        self.data = data
        self.said = said
        self.own = own
        self.made = bytearray(len(data))
        self.places: list[int] = []  # of the octets of handshake messages that are not whole yet
        self.encrypted = False

    def rewrite(self) -> None:
        """Every record, as far as there are records."""
        position = 0
        while position + RECORD_HEADER <= len(self.data):
            header = self.data[position : position + RECORD_HEADER]
            length = int.from_bytes(header[3:], "big")
            if (
                not CHANGE_CIPHER_SPEC <= header[0] <= HEARTBEAT_RECORD
                or header[1] != 3
                or length > RECORD_LENGTH_LIMIT
            ):
                break
            self.made[position : position + RECORD_HEADER] = header
            start = position + RECORD_HEADER
            position = start + length
            self.record(header[0], start, min(position, len(self.data)), position <= len(self.data))
        self.messages(at_end=True)

    def record(self, kind: int, start: int, end: int, whole: bool) -> None:
        """The content of a record."""
        body = self.data[start:end]
        if kind == HANDSHAKE:
            if self.encrypted and not is_clear_hello(body):
                self.made[start:end] = sealed(body, self.own)
            else:
                self.places += range(start, end)
                self.messages()
        elif kind == CHANGE_CIPHER_SPEC and body == b"\x01":
            self.made[start:end] = body
            self.encrypted = True
        elif kind == ALERT and whole:
            clear = len(body) == 2 and not self.encrypted
            self.made[start:end] = body if clear else self.own.make_octets(body)
        elif kind == HEARTBEAT_RECORD and not self.encrypted:
            self.made[start : min(start + 3, end)] = body[:3]

    def messages(self, at_end: bool = False) -> None:
        """Put in the messages that are whole; at the end what there is of the header of one that is not."""
        while len(self.places) >= MESSAGE_HEADER:
            header = bytes(self.data[place] for place in self.places[:MESSAGE_HEADER])
            end = MESSAGE_HEADER + int.from_bytes(header[1:], "big")
            if end > len(self.places):
                if at_end and header[0] in KNOWN and end <= LONGEST_MESSAGE:
                    self.put(header)
                return
            body = bytes(self.data[place] for place in self.places[MESSAGE_HEADER:end])
            self.put(header + rewrite_message(header[0], body, self.said, self.own))
            del self.places[:end]

    def put(self, octets: bytes) -> None:
        """Write octets to the places that wait first."""
        for place, octet in zip(self.places, octets, strict=False):
            self.made[place] = octet


def is_clear_hello(body: bytes) -> bool:
    """A record after a ChangeCipherSpec that is one hello all the same, as in TLS 1.3 after a HelloRetryRequest."""
    hello = len(body) > MESSAGE_HEADER and body[0] in (CLIENT_HELLO, SERVER_HELLO)
    return hello and int.from_bytes(body[1:4], "big") == len(body) - MESSAGE_HEADER


def sealed(body: bytes, own: Pseudonyms) -> bytes:
    """What stands for an encrypted message: no known type of message, so that nobody takes it for one in the clear."""
    made = own.make_octets(body)
    return bytes([made[0] | 0x80]) + made[1:] if made else made
