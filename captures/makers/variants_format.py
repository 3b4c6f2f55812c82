"""Variants of one connection in other files: both formats in all their dialects, compressed, cut, odd."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
from collections.abc import Callable, Iterable

import zstandard
from capture_files import (
    APPLICATION,
    COMMENT,
    ENHANCED_PACKET,
    ETHERNET,
    HARDWARE,
    INTERFACE_NAME,
    NAME_RESOLUTION,
    OBSOLETE_PACKET,
    SECRETS,
    SECTION_HEADER,
    SIMPLE_PACKET,
    STATISTICS,
    SYSTEM,
    TIME_OFFSET,
    TIME_RESOLUTION,
    TLS_KEY_LOG,
    Packet,
    build_block,
    build_enhanced_packet,
    build_interface,
    build_options,
    build_pcap,
    build_section,
)
from manifest import FOLDER
from variant import HELLOS, Variant

SECOND = 1_000_000_000
LITTLE, BIG = "<", ">"
RAW, NULL = 101, 0
DECRYPTED = (*HELLOS, "http.request")
CUSTOM_BLOCK, UNKNOWN_BLOCK = 0x00000BAD, 0x0BADBEEF
PRIVATE_ENTERPRISE = 32473


def build_modified(packets: Iterable[Packet], order: str = LITTLE) -> bytes:
    """The "modified" pcap of old Linux kernels: magic 0xa1b2cd34, eight more bytes for each packet."""
    parts = [struct.pack(order + "IHHiIII", 0xA1B2CD34, 2, 4, 0, 0, 262144, ETHERNET)]
    for packet in packets:
        seconds, rest = divmod(packet.time_ns, SECOND)
        parts.append(struct.pack(order + "IIII", seconds, rest // 1000, len(packet.data), packet.wire_length))
        parts.append(struct.pack(order + "IHBB", 2, 0x0800, 0, 0) + packet.data)
    return b"".join(parts)


def build_lengths_with_flags(packets: Iterable[Packet]) -> bytes:
    """A pcap whose link type field says in its upper bits that frames end with a check sequence of 4 bytes."""
    with_check = [packet.with_data(packet.data + b"\xde\xad\xbe\xef") for packet in packets]
    return build_pcap(with_check, ETHERNET | 0x04000000 | 2 << 28)


def build_ng(packets: list[Packet], order: str) -> bytes:
    """A plain pcapng in either byte order, microsecond times."""
    blocks = [build_section(order=order), build_interface(ETHERNET, order=order)]
    blocks += [build_enhanced_packet(packet, order=order, ticks=packet.time_ns // 1000) for packet in packets]
    return b"".join(blocks)


def build_sections(packets: list[Packet]) -> bytes:
    """Two sections, the second in the other byte order; the connection goes on across them."""
    half = len(packets) // 2
    return build_ng(packets[:half], LITTLE) + build_ng(packets[half:], BIG)


def build_interfaces(packets: list[Packet]) -> bytes:
    """Three interfaces with other link types and clocks; the packets take turns."""
    blocks = [
        build_section(),
        build_interface(ETHERNET, [(INTERFACE_NAME, b"eth0"), (TIME_RESOLUTION, b"\x09")]),
        build_interface(RAW, [(INTERFACE_NAME, b"tun0"), (TIME_RESOLUTION, b"\x06")]),
        build_interface(NULL, [(INTERFACE_NAME, b"lo0"), (TIME_RESOLUTION, b"\x03")]),
    ]
    for at, packet in enumerate(packets):
        which = at % 3
        head = (packet.data[:14], b"", b"\x02\0\0\0")[which]
        shown = packet.with_data(head + packet.data[14:])
        blocks.append(build_enhanced_packet(shown, which, ticks=packet.time_ns // (1, 1000, 1_000_000)[which]))
    return b"".join(blocks)


def build_resolution(code: int, per_second: int) -> Callable[[list[Packet]], bytes]:
    """One interface whose clock ticks so many times a second; `code` is what if_tsresol says."""

    def build(packets: list[Packet]) -> bytes:
        blocks = [build_section(), build_interface(ETHERNET, [(TIME_RESOLUTION, bytes([code]))])]
        blocks += [build_enhanced_packet(packet, ticks=packet.time_ns * per_second // SECOND) for packet in packets]
        return b"".join(blocks)

    return build


def build_offset(packets: list[Packet]) -> bytes:
    """An interface whose times count from the second in which the capture begins."""
    begin = packets[0].time_ns // SECOND
    options = [(TIME_RESOLUTION, b"\x06"), (TIME_OFFSET, struct.pack("<q", begin))]
    blocks = [build_section(), build_interface(ETHERNET, options)]
    blocks += [build_enhanced_packet(packet, ticks=(packet.time_ns - begin * SECOND) // 1000) for packet in packets]
    return b"".join(blocks)


def build_simple(packets: list[Packet]) -> bytes:
    """Simple packets, which have no time."""
    blocks = [build_section(), build_interface(ETHERNET, snaplen=2000)]
    for packet in packets:
        body = struct.pack("<I", packet.wire_length) + packet.data
        blocks.append(build_block(SIMPLE_PACKET, body))
    return b"".join(blocks)


def build_obsolete(packets: list[Packet]) -> bytes:
    """The obsolete packet block of early writers, with its count of drops."""
    blocks = [build_section(), build_interface(ETHERNET)]
    for packet in packets:
        ticks = packet.time_ns // 1000
        head = struct.pack("<HHIIII", 0, 1, ticks >> 32, ticks & 0xFFFFFFFF, len(packet.data), packet.wire_length)
        blocks.append(build_block(OBSOLETE_PACKET, head + packet.data))
    return b"".join(blocks)


def build_names(packets: list[Packet]) -> bytes:
    """A name resolution block between the packets."""
    records = struct.pack("<HH4s12s", 1, 16, bytes([198, 51, 100, 10]), b"www.example\0") + bytes(4)
    blocks = [build_section(), build_interface(ETHERNET, [(TIME_RESOLUTION, b"\x09")])]
    blocks += [build_enhanced_packet(packet) for packet in packets]
    blocks.insert(5, build_block(NAME_RESOLUTION, records))
    return b"".join(blocks)


def build_secrets(packets: list[Packet]) -> bytes:
    """A key log inside the capture, in a decryption secrets block before the packets."""
    keys = (FOLDER / "handshakes" / "tls12-with-keys.keys").read_bytes()
    secrets = build_block(SECRETS, struct.pack("<II", TLS_KEY_LOG, len(keys)) + keys)
    blocks = [build_section(), build_interface(ETHERNET, [(TIME_RESOLUTION, b"\x09")]), secrets]
    return b"".join([*blocks, *(build_enhanced_packet(packet) for packet in packets)])


def build_comments(packets: list[Packet]) -> bytes:
    """Comments on the section, the interface and some packets, in several scripts and with control bytes."""
    section = [
        (COMMENT, "first comment: Grüße, 你好, \u202eright to left".encode()),
        (COMMENT, b"second comment with \x1b[31mcontrol\x1b[0m bytes"),
        (HARDWARE, b"imaginary"),
        (SYSTEM, b"imaginary"),
        (APPLICATION, b"captures/makers"),
    ]
    interface = [(COMMENT, b"the only interface"), (INTERFACE_NAME, b"eth0"), (TIME_RESOLUTION, b"\x09")]
    blocks = [build_section(section), build_interface(ETHERNET, interface)]
    for at, packet in enumerate(packets):
        options = [(COMMENT, f"packet {at + 1}".encode()), (2, struct.pack("<I", 1 + at % 2))] if at % 3 == 0 else []
        blocks.append(build_enhanced_packet(packet, options=options))
    return b"".join(blocks)


def build_strangers(packets: list[Packet]) -> bytes:
    """Blocks that a reader has to skip: unknown ones, custom ones, statistics; unknown options too."""
    strange = [
        build_block(UNKNOWN_BLOCK, b"skip me"),
        build_block(CUSTOM_BLOCK, struct.pack("<I", PRIVATE_ENTERPRISE) + b"custom data"),
        build_block(STATISTICS, struct.pack("<III", 0, 0, 0) + build_options([(4, struct.pack("<Q", len(packets)))])),
    ]
    blocks = [build_section(), build_interface(ETHERNET, [(TIME_RESOLUTION, b"\x09"), (0x7ABC, b"unknown option")])]
    for at, packet in enumerate(packets):
        blocks += [strange[at % 3], build_enhanced_packet(packet, options=[(0x8ABC, b"unknown option")])]
    return b"".join(blocks)


def build_known_length(packets: list[Packet]) -> bytes:
    """A section header that says how long its section is."""
    blocks = [build_interface(ETHERNET, [(TIME_RESOLUTION, b"\x09")])]
    blocks += [build_enhanced_packet(packet) for packet in packets]
    body = b"".join(blocks)
    return build_block(SECTION_HEADER, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, len(body))) + body


def build_undeclared(packets: list[Packet]) -> bytes:
    """One packet names an interface that no block describes."""
    blocks = [build_section(), build_interface(ETHERNET, [(TIME_RESOLUTION, b"\x09")])]
    blocks += [build_enhanced_packet(packet) for packet in packets]
    stray = struct.pack("<IIIII", 9, 0, 0, 4, 4) + b"lost"
    return b"".join([*blocks, build_block(ENHANCED_PACKET, stray)])


def build_empty_packets(packets: list[Packet]) -> bytes:
    """After each packet one of which nothing was captured."""
    return build_pcap(each for packet in packets for each in (packet, Packet(packet.time_ns, b"", 60)))


def compress_twice(whole: bytes) -> bytes:
    """Two gzip members, one behind the other, as log rotation and parallel compressors write them."""
    return gzip.compress(whole[:1500], mtime=0) + gzip.compress(whole[1500:], mtime=0)


def compress_and_cut(whole: bytes) -> bytes:
    """A gzip file whose end is missing."""
    return gzip.compress(whole, mtime=0)[:-300]


def first_half(packets: list[Packet]) -> list[Packet]:
    """The packets up to the middle of the server's first flight."""
    return packets[:6]


FORMAT_VARIANTS = (
    Variant("format-big-endian", "pcap, big-endian", lambda packets: build_pcap(packets, order=BIG)),
    Variant("format-nanoseconds", "pcap with nanoseconds", lambda packets: build_pcap(packets, nanoseconds=True)),
    Variant(
        "format-nanoseconds-big-endian",
        "pcap with nanoseconds, big-endian",
        lambda packets: build_pcap(packets, order=BIG, nanoseconds=True),
    ),
    Variant("format-modified", "the modified pcap of old Linux kernels, magic 0xa1b2cd34", build_modified),
    Variant("format-modified-big-endian", "the same, big-endian", lambda packets: build_modified(packets, BIG)),
    Variant("format-check-sequence", "pcap that says that frames end with a check sequence", build_lengths_with_flags),
    Variant("format-snaplen-zero", "pcap with snapshot length 0", lambda packets: build_pcap(packets, snaplen=0)),
    Variant("format-empty-packets", "pcap with packets of which nothing was captured", build_empty_packets),
    Variant(
        "format-no-packets", "pcap without packets", lambda _: build_pcap([]), checks=(), connections=0, verified=False
    ),
    Variant("format-nothing", "a file of no bytes", lambda _: b"", checks=(), connections=0, verified=False),
    Variant("format-cut", "pcap cut off inside its last packet", lambda packets: build_pcap(packets)[:-20]),
    Variant("format-ng", "pcapng, little-endian", lambda packets: build_ng(packets, LITTLE), suffix="pcapng"),
    Variant("format-ng-big-endian", "pcapng, big-endian", lambda packets: build_ng(packets, BIG), suffix="pcapng"),
    Variant("format-ng-sections", "two sections in both byte orders", build_sections, suffix="pcapng"),
    Variant(
        "format-ng-interfaces", "three interfaces, three link types, three clocks", build_interfaces, suffix="pcapng"
    ),
    Variant("format-ng-milliseconds", "clock of milliseconds", build_resolution(3, 1000), suffix="pcapng"),
    Variant("format-ng-binary-clock", "clock of 2^-20 seconds", build_resolution(0x80 | 20, 1 << 20), suffix="pcapng"),
    Variant("format-ng-time-offset", "times that count from the first second", build_offset, suffix="pcapng"),
    Variant("format-ng-simple-packets", "simple packets, without times", build_simple, suffix="pcapng"),
    Variant("format-ng-obsolete-packets", "obsolete packet blocks", build_obsolete, suffix="pcapng"),
    Variant("format-ng-names", "a name resolution block", build_names, suffix="pcapng"),
    Variant("format-ng-secrets", "a key log inside", build_secrets, "tls12-with-keys", "pcapng", checks=DECRYPTED),
    Variant(
        "format-ng-comments", "comments with letters of all kinds and control bytes", build_comments, suffix="pcapng"
    ),
    Variant("format-ng-strangers", "unknown blocks, custom blocks, unknown options", build_strangers, suffix="pcapng"),
    Variant("format-ng-section-length", "a section of known length", build_known_length, suffix="pcapng"),
    Variant(
        "format-ng-undeclared-interface",
        "a packet of an interface that nothing describes",
        build_undeclared,
        suffix="pcapng",
        verified=False,
    ),
    Variant(
        "format-ng-cut",
        "pcapng cut off inside its last block",
        lambda packets: build_ng(packets, LITTLE)[:-20],
        suffix="pcapng",
    ),
    Variant("format-gzip", "pcap in gzip", build_pcap, suffix="pcap.gz", compress=gzip.compress),
    Variant("format-gzip-members", "pcap in two gzip members", build_pcap, suffix="pcap.gz", compress=compress_twice),
    Variant("format-gzip-cut", "pcap in gzip, cut off", build_pcap, suffix="pcap.gz", compress=compress_and_cut),
    Variant("format-zstandard", "pcap in Zstandard", build_pcap, suffix="pcap.zst", compress=zstandard.compress),
    Variant("format-xz", "pcap in xz", build_pcap, suffix="pcap.xz", compress=lzma.compress),
    Variant("format-bzip2", "pcap in bzip2", build_pcap, suffix="pcap.bz2", compress=bz2.compress),
    Variant(
        "format-ng-zstandard",
        "pcapng in Zstandard",
        lambda packets: build_ng(packets, LITTLE),
        suffix="pcapng.zst",
        compress=zstandard.compress,
    ),
    Variant(
        "rotated-1",
        "first of two files of one capture; a handshake goes on in the second",
        lambda packets: build_pcap(first_half(packets)),
        checks=("tls.handshake.type == 1",),
        absent=("tls.handshake.type == 11",),
    ),
    Variant(
        "rotated-2",
        "second of two files of one capture; a handshake began in the first",
        lambda packets: build_pcap(packets[len(first_half(packets)) :]),
        checks=("tls.app_data",),
        absent=("tls.handshake.type == 1",),
    ),
)
