"""QUIC packets as the benchmarks read and write them: headers, frames, and the protection of Initial packets.

Goes in: octets and connection ids. Comes out: the same in the clear, or protected. Nothing
of it is tlsinspect's, so that a workload's truth does not come from the program that is
measured by it. Versions 1 and 2. Spec: RFC 9000, RFC 9001 section 5, RFC 9369 section 3.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import ECB

V1, V2 = 0x00000001, 0x6B3343CF
INITIAL, ZERO_RTT, HANDSHAKE, RETRY = range(4)  # packet types of version 1; those of version 2 are one more
SHORT, PADDED = -1, -2  # what has a short header, and octets behind the last packet, which nobody reads
LONG, FIXED = 0x80, 0x40
SAMPLE_AT, SAMPLE_LENGTH, TAG_LENGTH = 4, 16, 16
PADDING, PING, ACK, ACK_ECN, CRYPTO, CLOSE, APPLICATION_CLOSE = 0x00, 0x01, 0x02, 0x03, 0x06, 0x1C, 0x1D


@dataclass(frozen=True)
class Version:
    """What a version derives its keys from, and those that seal its Retry packets."""

    salt: bytes
    label: bytes
    retry_key: bytes
    retry_nonce: bytes


VERSIONS = {
    V1: Version(
        bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),
        b"quic",
        bytes.fromhex("be0c690b9f66575a1d766b54e368c84e"),
        bytes.fromhex("461599d35d632bf2239825bb"),
    ),
    V2: Version(
        bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"),
        b"quicv2",
        bytes.fromhex("8fb4b01b56ac48e260fbcbcead7ccc92"),
        bytes.fromhex("d86969bc2d7c6d9990efb04a"),
    ),
}


@dataclass(frozen=True)
class Header:
    """A packet of a datagram: `kind` is INITIAL to RETRY, SHORT or PADDED.

    `ids_end` is where its connection ids end, `number_at` where its packet number is.
    """

    kind: int
    version: int
    destination: bytes
    source: bytes
    ids_end: int
    number_at: int
    end: int


def iter_packets(datagram: bytes) -> Iterator[tuple[int, Header]]:
    """Where each packet of a datagram starts, and its header (RFC 9000 sections 12.2 and 17).

    Raises ValueError where a version is neither 1 nor 2, or a packet is not within its datagram.
    """
    start = 0
    while start < len(datagram):
        header = read_header(datagram, start)
        yield start, header
        start = header.end


def read_header(datagram: bytes, start: int) -> Header:
    """The header of the packet at `start`; one that is short ends with its datagram."""
    if not datagram[start] & LONG:
        kind = SHORT if datagram[start] & FIXED else PADDED
        return Header(kind, 0, b"", b"", start, start, len(datagram))
    version = int.from_bytes(datagram[start + 1 : start + 5])
    if version not in VERSIONS:
        raise ValueError(f"a packet of version {version:#x}")
    source_at = start + 6 + datagram[start + 5]
    ids_end = source_at + 1 + datagram[source_at]
    destination, source = datagram[start + 6 : source_at], datagram[source_at + 1 : ids_end]
    kind = ((datagram[start] >> 4 & 3) - (version == V2)) & 3
    if kind == RETRY:
        return Header(kind, version, destination, source, ids_end, ids_end, len(datagram))
    at = ids_end
    if kind == INITIAL:
        token, at = read_number(datagram, at)
        at += token
    length, at = read_number(datagram, at)
    if at + length > len(datagram):
        raise ValueError("a packet that its datagram does not hold")
    return Header(kind, version, destination, source, ids_end, at, at + length)


def read_number(data: bytes, at: int) -> tuple[int, int]:
    """A variable-length integer, and where it ends (RFC 9000 section 16)."""
    end = at + (1 << (data[at] >> 6))
    return int.from_bytes(data[at:end]) & (1 << (8 * (end - at) - 2)) - 1, end


def iter_crypto(payload: bytes) -> Iterator[tuple[int, int, int]]:
    """Offset in the stream, and start and end in the payload, of each CRYPTO frame of an Initial packet.

    Raises ValueError for a frame that such a packet does not carry (RFC 9000 section 17.2.2).
    """
    at = 0
    while at < len(payload):
        kind = payload[at]
        at += 1
        if kind == CRYPTO:
            offset, at = read_number(payload, at)
            length, at = read_number(payload, at)
            yield offset, at, at + length
            at += length
        elif kind in (ACK, ACK_ECN):
            at = skip_numbers(payload, at, 2)
            ranges, at = read_number(payload, at)
            at = skip_numbers(payload, at, 1 + 2 * ranges + (3 if kind == ACK_ECN else 0))
        elif kind in (CLOSE, APPLICATION_CLOSE):
            at = skip_numbers(payload, at, 2 if kind == CLOSE else 1)
            reason, at = read_number(payload, at)
            at += reason
        elif kind not in (PADDING, PING):
            raise ValueError(f"a frame of type {kind} in an Initial packet")


def skip_numbers(payload: bytes, at: int, count: int) -> int:
    """Where `count` variable-length integers end."""
    for _ in range(count):
        _, at = read_number(payload, at)
    return at


class Protection:
    """The protection of one direction's Initial packets."""

    def __init__(self, secret: bytes, label: bytes) -> None:
        self.aead = AESGCM(expand(secret, label + b" key", 16))
        self.iv = int.from_bytes(expand(secret, label + b" iv", 12))
        self.block = Cipher(AES128(expand(secret, label + b" hp", 16)), ECB()).encryptor()

    def seal(self, head: bytes, number: bytes, payload: bytes) -> bytes:
        """A protected packet: `head` up to its number, the number's octets, all in the clear (RFC 9001 section 5.4).

        `number` is the whole packet number: this is for the first packets of a connection.
        """
        nonce = (self.iv ^ int.from_bytes(number)).to_bytes(12)
        sealed = self.aead.encrypt(nonce, payload, head + number)
        mask = self.mask(number + sealed)
        covered = bytes(one ^ other for one, other in zip(number, mask[1:], strict=False))
        return bytes([head[0] ^ mask[0] & 0x0F]) + head[1:] + covered + sealed

    def open(self, packet: bytes, number_at: int) -> tuple[bytes, bytes, bytes] | None:
        """Head, number and payload of a packet in the clear; None where it was protected otherwise."""
        mask = self.mask(packet[number_at:])
        first = packet[0] ^ mask[0] & 0x0F
        end = number_at + (first & 3) + 1
        number = bytes(one ^ other for one, other in zip(packet[number_at:end], mask[1:], strict=False))
        head = bytes([first]) + packet[1:number_at]
        nonce = (self.iv ^ int.from_bytes(number)).to_bytes(12)
        try:
            return head, number, self.aead.decrypt(nonce, packet[end:], head + number)
        except InvalidTag:
            return None

    def mask(self, protected: bytes) -> bytes:
        """The header protection of what starts with a packet number (RFC 9001 section 5.4.2)."""
        return self.block.update(protected[SAMPLE_AT : SAMPLE_AT + SAMPLE_LENGTH])


def derive_protections(version: int, connection_id: bytes) -> tuple[Protection, Protection]:
    """The client's and the server's protection (RFC 9001 section 5.2, RFC 9369 section 3.3)."""
    salt, label = VERSIONS[version].salt, VERSIONS[version].label
    secret = hmac.digest(salt, connection_id, "sha256")
    return Protection(expand(secret, b"client in", 32), label), Protection(expand(secret, b"server in", 32), label)


def expand(secret: bytes, label: bytes, length: int) -> bytes:
    """HKDF-Expand-Label without a context, of one block (RFC 8446 section 7.1)."""
    name = b"tls13 " + label
    info = length.to_bytes(2) + bytes([len(name)]) + name + b"\0"
    return hmac.digest(secret, info + b"\1", "sha256")[:length]


def retry_tag(version: int, original: bytes, retry: bytes) -> bytes:
    """The tag at the end of a Retry packet, for the client's first destination id (RFC 9001 section 5.8)."""
    aead, nonce = retry_seal(version)
    return aead.encrypt(nonce, b"", bytes([len(original)]) + original + retry)


@cache
def retry_seal(version: int) -> tuple[AESGCM, bytes]:
    """What seals the Retry packets of a version."""
    return AESGCM(VERSIONS[version].retry_key), VERSIONS[version].retry_nonce
