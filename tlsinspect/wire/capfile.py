"""The door to the capture formats: looks at the first octets and picks the reader.

Goes in: blocks of a decompressed file. Comes out: a PacketReader at its first
packet. What is neither pcap nor pcapng is refused; nothing else is tried.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import DecodeError
from .packet import Buffer, PacketReader
from .pcap import PcapReader, is_pcap
from .pcapng import PcapngReader, is_pcapng

MAGIC_LENGTH = 12
"""Octets that is_capture needs: the first field of a pcap file, the first three of a pcapng file."""


def open_reader(blocks: Iterator[bytes]) -> PacketReader:
    """Choose the reader for a sequence of blocks by the magic number at its start.

    Raises DecodeError: layer "capture", kind "unsupported" where no capture starts
    here; layer "pcap" where its file header is cut short.
    """
    buffer = Buffer(blocks)
    buffer.fill(MAGIC_LENGTH)
    magic = buffer.data[buffer.position : buffer.position + MAGIC_LENGTH]
    if not is_capture(magic):
        raise DecodeError("capture", "unsupported", 0, "a pcap or pcapng capture")
    if is_pcap(magic):
        return PcapReader(buffer)
    return PcapngReader(buffer)


def is_capture(magic: bytes) -> bool:
    """Say whether a file with these first octets (MAGIC_LENGTH of them, or all that it has) is pcap or pcapng."""
    return is_pcap(magic) or is_pcapng(magic)
