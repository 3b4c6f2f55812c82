"""Google's QUIC before the standard: versions whose handshake is not TLS.

Goes in: the datagrams of one UDP flow. Comes out: version, connection id, and the
name that the client's greeting (CHLO) asks for. Nothing is decrypted: the greeting
is in the clear up to version Q046. Spec: Chromium's "QUIC Wire Layout Specification"
and "QUIC Crypto".
"""

from __future__ import annotations

from .flow import DatagramReader, Flow
from .quic_facts import QuicFacts
from .quic_packet import is_google_crypto, is_known_version
from .stream import Stream

VERSION_FLAG = 0x01
CONNECTION_ID_FLAG = 0x08
VERSION_AT = 9  # flags and a connection id of 8 octets come first
TAG_LIMIT = 128  # tags of a greeting; the protocol's own limit
LOOKED_AT_LIMIT = 8  # datagrams with a version in which the greeting is looked for


class GoogleReader(DatagramReader):
    """Reads flows whose packets have the public header, which versions before Q044 have."""

    def __init__(self) -> None:
        self.facts = QuicFacts()
        self.facts.google = True
        self.looked_at = 0

    def accept(self, flow: Flow, stream: Stream, data: bytes, position: int, end: int) -> None:
        """Look at packets that carry a version: the client's until it is answered, and Version Negotiation."""
        flow.quic = self.facts
        if self.looked_at >= LOOKED_AT_LIMIT or not is_public_header(data, position, end):
            return
        self.looked_at += 1
        side = stream.reader.side
        payload = data[position:end]
        if is_public_negotiation(payload):
            self.facts.version_negotiation = True
            flow.syn_side = 1 - side
            return
        flow.syn_side = side
        self.facts.version = version_at(payload, VERSION_AT)
        if self.facts.connection_ids[side] is None:
            self.facts.connection_ids[side] = (payload[1:VERSION_AT], b"")
        if self.facts.server_name is None:
            self.facts.server_name = find_server_name(payload)


def is_public_header(data: bytes, position: int, end: int) -> bool:
    """A public header with a connection id of 8 octets and a version."""
    flags = VERSION_FLAG | CONNECTION_ID_FLAG
    return (
        end - position > VERSION_AT + 4
        and data[position] & (flags | 0x80) == flags
        and is_google_crypto(version_at(data, position + VERSION_AT))
    )


def is_public_negotiation(payload: bytes) -> bool:
    """A packet of the server that lists versions and nothing else."""
    for at in range(VERSION_AT, len(payload) - 3, 4):
        if not is_known_version(version_at(payload, at)):
            return False
    return len(payload) % 4 == VERSION_AT % 4


def version_at(data: bytes, at: int) -> int:
    """The 4-octet version at `at`."""
    return int.from_bytes(data[at : at + 4], "big")


def find_server_name(data: bytes) -> bytes | None:
    """The SNI tag of a CHLO message in `data`; None where there is none or it breaks off before its value.

    A message is its tag, a count, and per tag its name and the offset at which its
    value ends, little-endian; then the values.
    """
    start = data.find(b"CHLO")
    if start < 0 or len(data) < start + 8:
        return None
    count = data[start + 4] | data[start + 5] << 8
    values = start + 8 + 8 * count
    if count > TAG_LIMIT or values > len(data):
        return None
    begin = 0
    for at in range(start + 8, values, 8):
        end = int.from_bytes(data[at + 4 : at + 8], "little")
        if end < begin or values + end > len(data):
            return None
        if data[at : at + 4] == b"SNI\x00":
            return data[values + begin : values + end]
        begin = end
    return None
