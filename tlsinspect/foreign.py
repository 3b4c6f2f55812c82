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
CONVERT_ETHERNET = "if it is of an Ethernet, convert it with 'editcap -F pcapng -T ether'"

KEY_LOG = "a TLS key log, not a capture"

HIDING = (
    (0, b"PK\x03\x04", f"a zip archive: {UNPACK}"),
    (0, b"7z\xbc\xaf\x27\x1c", f"a 7-Zip archive: {UNPACK}"),
    (0, b"Rar!\x1a\x07", f"a RAR archive: {UNPACK}"),
    (0, b"MSCF\0\0\0\0", f"a cabinet archive: {UNPACK}"),
    (257, b"ustar", f"a tar archive: {UNPACK}"),
    (0, b"\x04\x22\x4d\x18", "compressed with lz4: decompress it first"),
    (0, b"\x1f\x9d", "compressed with compress: decompress it first"),
    (0, b"LZIP\x01", "compressed with lzip: decompress it first"),
    (0, b"\x89LZO\0\r\n\x1a\n", "compressed with lzop: decompress it first"),
    (0, b"\x5d\0\0", "compressed with lzma, it seems: decompress it first"),
    (0, b"snoop\0\0\0", f"a snoop capture: {CONVERT}"),
    (0, b"RTSS", f"a Microsoft Network Monitor capture: {CONVERT}"),
    (0, b"GMBU", f"a Microsoft Network Monitor capture: {CONVERT}"),
    (0, b"XCP\0", f"a NetXRay or Sniffer capture: {CONVERT}"),
    (0, b"TRSNIFF data", f"a Sniffer capture: {CONVERT}"),
    (0, b"\x7fver", f"an EtherPeek or OmniPeek capture: {CONVERT}"),
    (0, b"iptrace ", f"an iptrace capture: {CONVERT}"),
    (0, b"\xaa\xaa\xaa\xaa\x20\0\0\0", f"an InfoVista 5View capture: {CONVERT}"),
    (0, b"\x05VNF", f"a Visual Networks capture: {CONVERT}"),
    (0, b"ObserverPktBuffe", f"an Observer capture: {CONVERT}"),
    (0, b"TR\0d", f"an HP-UX nettl trace: {CONVERT_ETHERNET}"),
    (6, b"Trace Display Trace File", f"a LANalyzer capture: {CONVERT}"),
    (3, b"NetScaler V2", f"a NetScaler trace: {CONVERT}"),
    (3, b"Netscaler V3", f"a NetScaler trace: {CONVERT}"),
    (8, b"NetScaler Performance Data", f"a NetScaler trace: {CONVERT}"),
    (0, b"LOGG\x90\0\0\0", f"a BLF log: {CONVERT}"),
    (0, b"+---------+---------------+----------+", f"packets as K12 text: {CONVERT_ETHERNET}"),
    (0, b"btsnoop\0", "a Bluetooth (btsnoop) capture, not pcap or pcapng"),
)
"""What is a capture of another format, or has one inside perhaps: offset, octets, words."""

OTHERS = (
    (0, b"CLIENT_RANDOM ", KEY_LOG),
    (0, b"CLIENT_HANDSHAKE_TRAFFIC_SECRET ", KEY_LOG),
    (0, b"SERVER_HANDSHAKE_TRAFFIC_SECRET ", KEY_LOG),
    (0, b"# SSL/TLS secrets log file", KEY_LOG),
    (0, b"version https://git-lfs", "a Git LFS pointer, not the capture itself: fetch it with 'git lfs pull'"),
)

MAGICS = HIDING + OTHERS

BYTE_ORDER_MAGICS = (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a")
"""How a pcapng file says its byte order, in its first octets."""

PROVENANCE = 27
"""The type of ERF records that tell of the capture; the first one may have no date."""

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
    if is_transferred_as_text(head):
        return "a pcapng capture, damaged by a transfer as text: fetch it anew, as binary"
    if not head.strip(b"\0"):
        return "nothing but zeros at its start: it was never written, or not copied whole"
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
    return known or compression_of(head) is not None or is_transferred_as_text(head) or is_event_trace(head)


def is_text(head: bytes) -> bool:
    """Say whether the octets are UTF-8 without control characters; the last character may be cut."""
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.start == 0 or error.start < len(head) - 3:
            return False
        text = head[: error.start].decode()
    return all(character.isprintable() or character in "\t\r\n\f\ufeff" for character in text)


def is_transferred_as_text(head: bytes) -> bool:
    """Say whether a pcapng file lost or gained octets at its ends of lines, which its first four are there to show."""
    ends = len(head) - len(head.lstrip(b"\r\n"))
    return ends > 1 and any(magic in head[:20] for magic in BYTE_ORDER_MAGICS)


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
    dated = EARLIEST_SECOND < second < LATEST_SECOND or (second == 0 and record_type == PROVENANCE)
    return dated and 0 < record_type <= PROVENANCE and length >= 16
