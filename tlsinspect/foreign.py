"""What a file is that is no capture: one line for the person who named it.

Goes in: the first octets of a file, decompressed. Comes out: a sentence's end,
"a zip archive: unpack it ...". Nothing is decided by a file's name.
"""

from __future__ import annotations

from .compression import compression_of

HEAD_LENGTH = 4096
"""Octets that describe looks at."""

UNPACK = "unpack it and name what is inside"
CONVERT = "convert it with 'editcap -F pcapng'"

HIDING = (
    (0, b"PK\x03\x04", f"a zip archive: {UNPACK}"),
    (0, b"7z\xbc\xaf\x27\x1c", f"a 7-Zip archive: {UNPACK}"),
    (0, b"Rar!\x1a\x07", f"a RAR archive: {UNPACK}"),
    (257, b"ustar", f"a tar archive: {UNPACK}"),
    (0, b"\x04\x22\x4d\x18", "compressed with lz4: decompress it first"),
    (0, b"\x1f\x9d", "compressed with compress: decompress it first"),
    (0, b"snoop\0\0\0", f"a snoop capture: {CONVERT}"),
    (0, b"RTSS", f"a Microsoft Network Monitor capture: {CONVERT}"),
    (0, b"GMBU", f"a Microsoft Network Monitor capture: {CONVERT}"),
    (0, b"XCP\0", f"a NetXRay or Sniffer capture: {CONVERT}"),
    (0, b"TRSNIFF data", f"a Sniffer capture: {CONVERT}"),
    (0, b"\x7fver", f"an EtherPeek or OmniPeek capture: {CONVERT}"),
    (0, b"iptrace ", f"an iptrace capture: {CONVERT}"),
    (0, b"btsnoop\0", "a Bluetooth (btsnoop) capture, not pcap or pcapng"),
)
"""What is a capture of another format, or has one inside perhaps: offset, octets, words."""

OTHERS = (
    (0, b"CLIENT_RANDOM ", "a TLS key log, not a capture"),
    (0, b"version https://git-lfs", "a Git LFS pointer, not the capture itself: fetch it with 'git lfs pull'"),
)

MAGICS = HIDING + OTHERS

EARLIEST_SECOND, LATEST_SECOND = 631152000, 4102444800
"""1990 and 2100: between them the first record of an ERF file is dated."""


def describe(head: bytes) -> str:
    """Say what a file with these first HEAD_LENGTH octets is; it has been found to be no capture."""
    if not head:
        return "empty"
    for offset, magic, sentence in MAGICS:
        if head[offset : offset + len(magic)] == magic:
            return sentence
    if compression_of(head) is not None:
        return "compressed twice: decompress it once first"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html")):
        return "a web page, not a capture: perhaps the page of a download was saved"
    if is_text(head):
        return "a text file, not a capture"
    if is_event_trace(head):
        return "a Windows event trace (.etl), not a capture: convert it with 'etl2pcapng'"
    if is_erf(head):
        return f"an ERF capture, it seems: {CONVERT}"
    return f"not a pcap or pcapng capture (it starts with {head[:8].hex(' ')})"


def may_hide_capture(head: bytes) -> bool:
    """Whether a file that starts so is a capture of another format, or may have one inside."""
    known = any(head[offset : offset + len(magic)] == magic for offset, magic, _ in HIDING)
    return known or compression_of(head) is not None or is_event_trace(head)


def is_text(head: bytes) -> bool:
    """Say whether the octets are UTF-8 without control characters; the last character may be cut."""
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.start == 0 or error.start < len(head) - 3:
            return False
        text = head[: error.start].decode()
    return all(character.isprintable() or character in "\t\r\n\f\ufeff" for character in text)


def is_event_trace(head: bytes) -> bool:
    """Say whether the file starts as an event trace: a buffer size, and its own file name in UTF-16."""
    size = int.from_bytes(head[:4], "little")
    return size >= 1024 and size & (size - 1) == 0 and ".etl".encode("utf-16-le") in head.lower()


def is_erf(head: bytes) -> bool:
    """Say whether the file starts as an ERF record: a date, a known type, a length that holds its header."""
    if len(head) < 16:
        return False
    second = int.from_bytes(head[4:8], "little")
    record_type = head[8] & 0x7F
    length = int.from_bytes(head[10:12], "big")
    return EARLIEST_SECOND < second < LATEST_SECOND and 0 < record_type <= 27 and length >= 16
