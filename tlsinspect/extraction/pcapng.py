"""Packets -> a pcapng file of one section, little-endian.

Spec: draft-ietf-opsawg-pcapng section 4. An interface is described when its first packet comes; the secrets stand
in front of all packets, so that who reads the file once can use them.
"""

from __future__ import annotations

from struct import pack
from typing import BinaryIO

from ..wire.packet import Interface
from .packets import END_OF_OPTIONS, ENHANCED_PACKET, Option, RawPacket

SECTION_HEADER, INTERFACE_DESCRIPTION, DECRYPTION_SECRETS = 0x0A0D0D0A, 1, 10
BYTE_ORDER_MAGIC = 0x1A2B3C4D
COMMENT, USER_APPLICATION = 1, 4  # options
INTERFACE_NAME, INTERFACE_TEXT, TIME_RESOLUTION, TIME_OFFSET = 2, 3, 9, 14
UNKNOWN_LENGTH = -1
LONGEST_OPTION = 65_532  # octets: what two octets of length can say, padded to four


class PcapngWriter:
    """Writes a section: first its header, then secrets, then packets."""

    def __init__(self, out: BinaryIO, application: str, comment: str) -> None:
        self.out = out
        self.interfaces: dict[tuple[Interface, str], int] = {}
        options = [text_option(COMMENT, comment), text_option(USER_APPLICATION, application)]
        self.write_block(SECTION_HEADER, pack("<IHHq", BYTE_ORDER_MAGIC, 1, 0, UNKNOWN_LENGTH), options)

    def write_secrets(self, kind: int, octets: bytes) -> None:
        """Write a Decryption Secrets Block."""
        self.write_block(DECRYPTION_SECRETS, pack("<II", kind, len(octets)) + padded(octets), [])

    def write_packet(self, packet: RawPacket, capture: str, comments: list[str]) -> None:
        """Write a packet as it was, with its own options and these comments."""
        place = self.interfaces.get((packet.interface, capture))
        if place is None:
            place = self.interfaces[packet.interface, capture] = len(self.interfaces)
            self.write_interface(packet.interface, capture)
        head = pack(
            "<IIIII", place, packet.ticks >> 32 & 0xFFFFFFFF, packet.ticks & 0xFFFFFFFF, len(packet.frame),
            packet.wire_length,
        )  # fmt: skip
        options = [*packet.options, *(text_option(COMMENT, comment) for comment in comments)]
        self.write_block(ENHANCED_PACKET, head + padded(packet.frame), options)

    def write_interface(self, interface: Interface, capture: str) -> None:
        """Write an Interface Description Block."""
        options = [text_option(INTERFACE_NAME, interface.name)] if interface.name else []
        text = f"{interface.description}, in {capture}" if interface.description else f"in {capture}"
        options += [text_option(INTERFACE_TEXT, text), (TIME_RESOLUTION, bytes([interface.tsresol]))]
        if interface.tsoffset:
            options.append((TIME_OFFSET, pack("<q", interface.tsoffset)))
        self.write_block(INTERFACE_DESCRIPTION, pack("<HHI", interface.link_type, 0, interface.snaplen), options)

    def write_block(self, kind: int, body: bytes, options: list[Option]) -> None:
        """Write a block: its type, its length at both ends, and between them a body and options."""
        parts = [pack("<HH", code, len(value)) + padded(value) for code, value in options]
        if parts:
            parts.append(pack("<HH", END_OF_OPTIONS, 0))
        content = body + b"".join(parts)
        length = pack("<I", len(content) + 12)
        self.out.write(pack("<I", kind) + length + content + length)


def text_option(code: int, text: str) -> Option:
    """An option that holds a text, cut where it is too long."""
    return code, text.encode("utf-8", "backslashreplace")[:LONGEST_OPTION]


def padded(octets: bytes) -> bytes:
    """Octets with zeros up to a multiple of four."""
    return octets + bytes(-len(octets) % 4)
