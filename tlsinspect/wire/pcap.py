"""The classic capture file: one header, then records of a time, two lengths and a packet.

Goes in: a Buffer that stands at the file header. Comes out: packets, in file order.
Every record header there is (16 octets; 20 to 28 in patched libraries of old), both
byte orders, microseconds and nanoseconds. A file has no mark by which a reader finds
the next record again, so a length that cannot be true ends the capture.
Spec: draft-ietf-opsawg-pcap; the older variants as libpcap and Wireshark take them.
"""

from __future__ import annotations

from .packet import MAX_PACKET_LENGTH, Buffer, Packet, PacketReader, unsigned16, unsigned32

HEADER_LENGTH = 24
NANOSECONDS = 10**9
MASK = 0xFFFFFFFF  # compiled, what is shifted by 24 may have become negative

VARIANTS = {
    0xA1B2C3D4: ("pcap", 24, 16, 1000),
    0xA1B23C4D: ("pcap-nanosecond", 24, 16, 1),
    0xA1B2CD34: ("pcap-modified", 24, 24, 1000),
    0x1C0001AB: ("pcap", 28, 16, 1000),
    0x1C0001AC: ("pcap-nanosecond", 28, 16, 1),
}
"""Magic number -> format, octets of the file header, octets of a record header, nanoseconds of the time's second part.

The last two are Ixia's software and hardware captures: a count of octets follows the file header.
"""

LONGER_RECORD_HEADERS = {0xA1B2C3D4: (24, 20), 0xA1B2CD34: (28,)}
"""Octets of the record headers that came without a magic number of their own: Red Hat 6.1, Nokia; SuSE 6.3."""

COMPARED_RECORDS = 16
"""Records by which such a file is known, at most."""

AIX_LINK_TYPES = {6: 1, 9: 6, 15: 10, 24: 0}
"""Under version 2.2 these are AIX's: numbers of interface types in the place of link types, and nanoseconds."""

PLAUSIBLE_LENGTH = 262144
"""Octets. A packet up to this length is taken whatever the snaplen says, as every reader does: some writers
state a snaplen that they do not keep. Above it, and above the snaplen, a length is damage."""

IN_ORDER, SWAPPED, PERHAPS_SWAPPED = 0, 1, 2


class PcapReader(PacketReader):
    """Reads a pcap file; raises DecodeError at once where its header is cut short.

    An unknown version is noted, and read as 2.4: whoever changes it changes little else.

    The link type is the low 16 bits of its field: the upper bits hold the length of the frame check sequence.
    Where other record headers share a magic number, the first records say which the file has.
    """

    def __init__(self, buffer: Buffer) -> None:
        super().__init__(buffer)
        self.format = "pcap"
        if not buffer.fill(HEADER_LENGTH):
            raise self.damage("truncated", buffer.offset, f"a file header of {HEADER_LENGTH} octets")
        data = buffer.data
        start = buffer.position
        self.big_endian = unsigned32(data, start, True) in VARIANTS
        magic = unsigned32(data, start, self.big_endian)
        if magic not in VARIANTS:
            raise self.damage("bad_value", buffer.offset + start, "the magic number of a pcap file")
        self.format, header_length, self.record_header_length, self.fraction_ns = VARIANTS[magic]
        major = unsigned16(data, start + 4, self.big_endian)
        minor = unsigned16(data, start + 6, self.big_endian)
        if major != 2 and (major, minor) != (543, 0):
            self.note("unsupported", buffer.offset + start + 4, f"pcap version 2, not {major}.{minor}")
        self.length_order = length_order(major, minor)
        self.snaplen = unsigned32(data, start + 16, self.big_endian)
        self.link_type = unsigned32(data, start + 20, self.big_endian) & 0xFFFF
        if self.format == "pcap" and (major, minor) == (2, 2) and self.link_type in AIX_LINK_TYPES:
            self.link_type = AIX_LINK_TYPES[self.link_type]
            self.format, self.fraction_ns = "pcap-nanosecond", 1
        self.link_types.add(self.link_type)
        self.longest = min(max(self.snaplen, PLAUSIBLE_LENGTH), MAX_PACKET_LENGTH)
        if not buffer.skip(header_length):
            raise self.damage("truncated", buffer.offset + start, f"a file header of {header_length} octets")
        if self.length_order == IN_ORDER and not self.are_records(self.record_header_length, 2, 0):
            for length in LONGER_RECORD_HEADERS.get(magic, ()):
                if self.are_records(length, COMPARED_RECORDS, 1):
                    self.record_header_length = length
                    self.format = "pcap-modified"

    def are_records(self, header_length: int, most: int, shortest: int) -> bool:
        """Say whether up to `most` records with such headers, and no fewer than two, stand in the window.

        `shortest` is the least number of octets of a packet.
        """
        data, position = self.buffer.data, self.buffer.position
        found = 0
        while found < most and len(data) - position >= header_length:
            fraction = unsigned32(data, position + 4, self.big_endian)
            captured = unsigned32(data, position + 8, self.big_endian)
            if fraction * self.fraction_ns >= NANOSECONDS or not shortest <= captured <= self.longest:
                return False
            found += 1
            position += header_length + captured
        return found >= 2

    def read_packet(self, packet: Packet) -> bool:
        """Fill `packet` from the next record; False at the end of the file.

        Raises DecodeError (truncated, bad_length) where a record cannot be whole.
        """
        buffer = self.buffer
        length = self.record_header_length
        if len(buffer.data) - buffer.position < length and not buffer.fill(length):
            if buffer.position == len(buffer.data):
                return False
            raise self.damage("truncated", buffer.offset + buffer.position, f"a record header of {length} octets")
        data = buffer.data
        start = buffer.position
        if self.big_endian:
            seconds = unsigned32(data, start, True)
            fraction = unsigned32(data, start + 4, True)
            captured = unsigned32(data, start + 8, True)
            original = unsigned32(data, start + 12, True)
        else:  # nearly always, and for each packet: four calls would be a sixth of what a packet costs
            at = data  # compiled, a C string: the header was found to be whole
            seconds = (at[start + 3] << 24 | at[start + 2] << 16 | at[start + 1] << 8 | at[start]) & MASK
            fraction = (at[start + 7] << 24 | at[start + 6] << 16 | at[start + 5] << 8 | at[start + 4]) & MASK
            captured = (at[start + 11] << 24 | at[start + 10] << 16 | at[start + 9] << 8 | at[start + 8]) & MASK
            original = (at[start + 15] << 24 | at[start + 14] << 16 | at[start + 13] << 8 | at[start + 12]) & MASK
        if self.length_order == SWAPPED or (self.length_order == PERHAPS_SWAPPED and captured > original):
            captured, original = original, captured
        if captured > self.longest:
            raise self.damage("bad_length", buffer.offset + start + 8, f"a captured length up to {self.longest}")
        if captured == 0 and original == 0:
            self.check_empty(length)
            data = buffer.data
            start = buffer.position
        length += captured
        if len(data) - start < length:
            if not buffer.fill(length):
                raise self.damage("truncated", buffer.offset + buffer.position, f"a record of {length} octets")
            data = buffer.data
            start = buffer.position
        buffer.position = start + length
        self.packets += 1
        if packet.data is not data:
            packet.data = data
        packet.start = start + length - captured
        packet.end = start + length
        packet.wire_length = original
        packet.time_ns = seconds * 1000000000 + fraction * self.fraction_ns
        packet.number = self.packets
        packet.link_type = self.link_type
        packet.vlans = None
        packet.tunnels = None
        return True

    def check_empty(self, length: int) -> None:
        """Raise DecodeError where a record without octets, with such a header, is none: zeros, another file's header.

        Zeros are what a file is left with whose writer was cut off.
        """
        buffer = self.buffer
        buffer.fill(2 * length)
        start, place = buffer.position, buffer.offset + buffer.position
        head = buffer.data[start : start + 2 * length]
        if not head.strip(b"\0"):
            raise self.damage("truncated", place, "a record, not zeros")
        if is_pcap(head):
            raise self.damage("bad_value", place, "a record, not the header of another file (mergecap joins files)")


def length_order(major: int, minor: int) -> int:
    """Say in which order a record gives its two lengths.

    Version 2.3 put the captured length first; some writers of that time changed
    the version without the order, and DG/UX (543.0) kept the old order.
    """
    if major == 543 or minor < 3:
        return SWAPPED
    return PERHAPS_SWAPPED if minor == 3 else IN_ORDER


def is_pcap(magic: bytes) -> bool:
    """Say whether a file with these first 4 octets is a pcap file."""
    return len(magic) >= 4 and (unsigned32(magic, 0, True) in VARIANTS or unsigned32(magic, 0, False) in VARIANTS)
