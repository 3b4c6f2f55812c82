"""The capture file that Wireshark writes: blocks, each with its type and its length at both ends.

Goes in: a Buffer that stands at a section header. Comes out: packets, in file
order, and beside them what the file says of interfaces and secrets. A block
whose two lengths disagree is damage; a fault inside a block is noted and the
block stepped over, for the next one is found all the same. Names and comments are
read for their faults alone. Statistics, custom and unknown blocks are stepped over
without being gathered.
Spec: draft-ietf-opsawg-pcapng, section 4 for the blocks, 3.5 for the options.
"""

from __future__ import annotations

from .packet import MAX_PACKET_LENGTH, Buffer, Interface, Packet, PacketReader, unsigned16, unsigned32

SECTION_HEADER = 0x0A0D0D0A
BYTE_ORDER_MAGIC = 0x1A2B3C4D
INTERFACE_DESCRIPTION = 1
OBSOLETE_PACKET = 2
SIMPLE_PACKET = 3
NAME_RESOLUTION = 4
INTERFACE_STATISTICS = 5
ENHANCED_PACKET = 6
JOURNAL_EXPORT = 9
SYSDIG_EVENT, SYSDIG_EVENT_2, SYSDIG_EVENT_2_LARGE = 0x204, 0x216, 0x221
DECRYPTION_SECRETS = 10
CUSTOM = 0xBAD
CUSTOM_NOT_COPIED = 0x40000BAD
FRAMES_IN_WIRESHARK = frozenset(
    {CUSTOM, CUSTOM_NOT_COPIED, JOURNAL_EXPORT, SYSDIG_EVENT, SYSDIG_EVENT_2, SYSDIG_EVENT_2_LARGE}
)

END_OF_OPTIONS, INTERFACE_NAME, INTERFACE_TEXT, TIME_RESOLUTION, TIME_OFFSET = 0, 2, 3, 9, 14
NAME_RECORD_IPV4, NAME_RECORD_IPV6 = 1, 2

MINOR_VERSIONS = (0, 2)
"""Of version 1; they are the same. What has another is noted, and read in the same way."""

MAX_BLOCK_LENGTH = MAX_PACKET_LENGTH + 1024 * 1024
"""Octets of a block that has to be gathered: the longest packet and a generous room for options."""

MAX_INTERFACES = 65536
"""Interfaces kept of one file, over all its sections."""

MAX_OPTIONS = 4096
"""Options read of one block."""

MAX_SECRETS_LENGTH = 256 * 1024 * 1024
"""Octets of decryption secrets kept of one file."""

NANOSECONDS = 10**9
LATEST = 9_200_000_000 * NANOSECONDS  # to either side of 1970; the day and the year around it are within 63 bits too


class PcapngReader(PacketReader):
    """Reads a pcapng file of any number of sections, each with its own byte order and interfaces."""

    def __init__(self, buffer: Buffer) -> None:
        super().__init__(buffer)
        self.format = "pcapng"
        self.big_endian = False
        self.frames = 0
        self.first_interface = 0
        self.unlimited = False
        self.secrets_length = 0
        self.noted: set[str] = set()

    def read_packet(self, packet: Packet) -> bool:
        """Fill `packet` from the next packet block that can be read; False at the end of the file.

        A length that is no multiple of 4 leaves out the padding: some writers do so, and readers take it.
        `time_ns` is 0 where the file gives no time before or with the packet, or none that fits 63 bits.
        Raises DecodeError (truncated, bad_length, bad_value, unsupported) where the chain of blocks breaks.
        """
        buffer = self.buffer
        while True:
            if len(buffer.data) - buffer.position < 12 and not buffer.fill(12):
                if buffer.position == len(buffer.data):
                    return False
                raise self.damage("truncated", buffer.offset + buffer.position, "a block of at least 12 octets")
            start = buffer.position
            block_type = unsigned32(buffer.data, start, self.big_endian)
            if block_type == SECTION_HEADER:
                self.enter_section(unsigned32(buffer.data, start + 8, True))
            length = unsigned32(buffer.data, start + 4, self.big_endian)
            if length < 12:
                raise self.damage("bad_length", buffer.offset + start + 4, "a block length from 12")
            if length & 3:
                self.note_once("bad_length", start + 4, "a block length that is a multiple of 4")
            if block_type != ENHANCED_PACKET and not is_read(block_type):
                self.skip_block(block_type, length)
                continue
            padded = length + 3 & ~3
            if len(buffer.data) - start < padded:
                self.gather_block(padded)
                start = buffer.position
            data = buffer.data
            end = start + padded - 4
            if unsigned32(data, end, self.big_endian) != length:
                raise self.damage("bad_length", buffer.offset + end, f"the block's length again, {length}")
            buffer.position = end + 4
            if block_type == ENHANCED_PACKET:
                if self.read_enhanced_packet(packet, data, start, end):
                    return True
            elif self.read_other_block(packet, block_type, data, start, end):
                return True

    def enter_section(self, magic: int) -> None:
        """Take the byte order of a section header from its magic number."""
        buffer = self.buffer
        if magic == BYTE_ORDER_MAGIC:
            self.big_endian = True
        elif magic == 0x4D3C2B1A:
            self.big_endian = False
        else:
            raise self.damage("bad_value", buffer.offset + buffer.position + 8, "the byte-order magic 0x1A2B3C4D")

    def gather_block(self, length: int) -> None:
        """Have the whole block in the window."""
        buffer = self.buffer
        place = buffer.offset + buffer.position
        if length > MAX_BLOCK_LENGTH:
            raise self.damage("bad_length", place + 4, f"a block of at most {MAX_BLOCK_LENGTH} octets")
        if not buffer.fill(length):
            raise self.damage("truncated", place, f"a block of {length} octets")

    def skip_block(self, block_type: int, length: int) -> None:
        """Step over a block that is not read, whatever its size; its two lengths must agree.

        Custom blocks, journal entries and Sysdig's events count as frames in Wireshark, so that they use up a number.
        """
        buffer = self.buffer
        place = buffer.offset + buffer.position
        padded = length + 3 & ~3
        if not buffer.skip(padded - 4) or not buffer.fill(4):
            raise self.damage("truncated", place, f"a block of {length} octets")
        if unsigned32(buffer.data, buffer.position, self.big_endian) != length:
            raise self.damage("bad_length", place + padded - 4, f"the block's length again, {length}")
        buffer.position += 4
        if block_type in FRAMES_IN_WIRESHARK:
            self.frames += 1

    def read_enhanced_packet(self, packet: Packet, data: bytes, start: int, end: int) -> bool:
        """Fill `packet` from an Enhanced Packet Block (section 4.3); False when it had to be stepped over."""
        if end - start < 28:
            self.note("bad_length", self.buffer.offset + start + 4, "an Enhanced Packet Block from 32 octets")
            return False
        number = unsigned32(data, start + 8, self.big_endian)
        return self.read_timed_packet(packet, data, start, end, number)

    def read_timed_packet(self, packet: Packet, data: bytes, start: int, end: int, number: int) -> bool:
        """Fill `packet` from the part that Enhanced and obsolete Packet Blocks share; `number` is the interface's.

        Behind the interface stand the time in two halves, the captured and the original length, then the packet.
        """
        captured = unsigned32(data, start + 20, self.big_endian)
        index = self.first_interface + number
        if index >= len(self.interfaces):
            self.note("bad_value", self.buffer.offset + start + 8, f"an interface of this section, not number {number}")
            return False
        if captured > end - start - 28:
            self.note("bad_length", self.buffer.offset + start + 20, "a captured length within the block")
            return False
        interface = self.interfaces[index]
        self.packets += 1
        self.frames += 1
        packet.data = data
        packet.start = start + 28
        packet.end = start + 28 + captured
        packet.wire_length = unsigned32(data, start + 24, self.big_endian)
        packet.number = self.frames
        packet.link_type = interface.link_type
        packet.vlans = None
        packet.tunnels = None
        high = unsigned32(data, start + 12, self.big_endian)
        low = unsigned32(data, start + 16, self.big_endian)
        if high <= interface.max_high:
            packet.time_ns = (high << 32 | low) * interface.multiplier + interface.offset_ns
        else:
            packet.time_ns = self.convert_time(interface, high, low, start + 12)
        options = start + 28 + (captured + 3 & ~3)
        if end - options >= 8:
            self.read_options(data, options, end)
        return True

    def convert_time(self, interface: Interface, high: int, low: int, position: int) -> int:
        """Convert a timestamp of any resolution to nanoseconds; 0, and a note for the file, beyond LATEST."""
        resolution = interface.tsresol
        seconds_before = interface.tsoffset
        ticks = high * 2**32 + low
        if resolution & 0x80:
            time_ns = ticks * NANOSECONDS >> (resolution & 0x7F)
        else:
            time_ns = ticks * NANOSECONDS // 10**resolution
        time_ns += seconds_before * NANOSECONDS
        if -LATEST <= time_ns <= LATEST:
            return time_ns
        self.note_once("bad_value", position, "times within 63 bits of nanoseconds, from 1679 to 2260")
        return 0

    def read_other_block(self, packet: Packet, block_type: int, data: bytes, start: int, end: int) -> bool:
        """Read any block but the most frequent; True when it filled `packet`."""
        if block_type == SIMPLE_PACKET:
            return self.read_simple_packet(packet, data, start, end)
        if block_type == OBSOLETE_PACKET:
            if end - start >= 28:
                number = unsigned16(data, start + 8, self.big_endian)
                return self.read_timed_packet(packet, data, start, end, number)
            self.note("bad_length", self.buffer.offset + start + 4, "a Packet Block from 32 octets")
        elif block_type == SECTION_HEADER:
            self.read_section_header(data, start, end)
        elif block_type == INTERFACE_DESCRIPTION:
            self.read_interface(data, start, end)
        elif block_type == NAME_RESOLUTION:
            self.check_names(data, start + 8, end)
        else:
            self.read_secrets(data, start, end)
        return False

    def read_simple_packet(self, packet: Packet, data: bytes, start: int, end: int) -> bool:
        """Fill `packet` from a Simple Packet Block (section 4.4): no time, first interface, cut at its snaplen.

        Its time stays that of the packet before it, and 0 where there is none.
        """
        place = self.buffer.offset + start
        if end - start < 12:
            self.note("bad_length", place + 4, "a Simple Packet Block from 16 octets")
            return False
        if self.first_interface >= len(self.interfaces):
            self.note("bad_value", place, "an interface before a Simple Packet Block")
            return False
        interface = self.interfaces[self.first_interface]
        original = unsigned32(data, start + 8, self.big_endian)
        captured = original
        if 0 < interface.snaplen < captured:
            captured = interface.snaplen
        if captured > end - start - 12:
            self.note("bad_length", place + 8, "an original length within the block, or a snaplen that cuts it")
            return False
        self.packets += 1
        self.frames += 1
        packet.data = data
        packet.start = start + 12
        packet.end = start + 12 + captured
        packet.wire_length = original
        if self.packets == 1:
            packet.time_ns = 0
        self.note_once("gap", start, "times of packets, which Simple Packet Blocks do not have")
        packet.number = self.frames
        packet.link_type = interface.link_type
        packet.vlans = None
        packet.tunnels = None
        return True

    def read_section_header(self, data: bytes, start: int, end: int) -> None:
        """Read a Section Header Block (section 4.1): from here on interfaces are counted anew.

        The section's stated length is not used: sections are found by their headers.
        """
        place = self.buffer.offset + start
        if end - start < 24:
            raise self.damage("bad_length", place + 4, "a Section Header Block from 28 octets")
        major = unsigned16(data, start + 12, self.big_endian)
        if major != 1:
            raise self.damage("unsupported", place + 12, f"pcapng version 1, not {major}")
        minor = unsigned16(data, start + 14, self.big_endian)
        if minor not in MINOR_VERSIONS:
            self.note("unsupported", place + 14, f"pcapng version 1.0 or 1.2, not 1.{minor}")
        self.first_interface = len(self.interfaces)
        self.read_options(data, start + 24, end)

    def read_interface(self, data: bytes, start: int, end: int) -> None:
        """Read an Interface Description Block (section 4.2)."""
        if end - start < 16:
            self.note("bad_length", self.buffer.offset + start + 4, "an Interface Description Block from 20 octets")
            return
        if len(self.interfaces) >= MAX_INTERFACES:
            self.note_once("limit", start, f"at most {MAX_INTERFACES} interfaces in one file")
            return
        tsresol, tsoffset, name, description = 6, 0, "", ""
        for code, value in self.read_options(data, start + 16, end):
            if code == INTERFACE_NAME:
                name = decode_text(value)
            elif code == INTERFACE_TEXT:
                description = decode_text(value)
            elif code == TIME_RESOLUTION and len(value) == 1:
                tsresol = value[0]
            elif code == TIME_OFFSET and len(value) == 8:
                tsoffset = int.from_bytes(value, "big" if self.big_endian else "little", signed=True)
            elif code in (TIME_RESOLUTION, TIME_OFFSET):
                self.note("bad_length", self.buffer.offset + start, "1 octet in if_tsresol and 8 in if_tsoffset")
        link_type = unsigned16(data, start + 8, self.big_endian)
        snaplen = unsigned32(data, start + 12, self.big_endian)
        self.link_types.add(link_type)
        self.interfaces.append(Interface(link_type, snaplen, tsresol, tsoffset, name, description))
        self.unlimited = self.unlimited or snaplen == 0
        self.snaplen = 0 if self.unlimited else max(self.snaplen, snaplen)

    def check_names(self, data: bytes, position: int, end: int) -> None:
        """Note what is wrong with the records of a Name Resolution Block (section 4.5): an address, names behind it."""
        while end - position >= 4:
            record_type = unsigned16(data, position, self.big_endian)
            length = unsigned16(data, position + 2, self.big_endian)
            position += 4
            if record_type == 0:
                return
            if length > end - position:
                self.note("bad_length", self.buffer.offset + position - 2, "a name record within its block")
                return
            if record_type in (NAME_RECORD_IPV4, NAME_RECORD_IPV6):
                address = 4 if record_type == NAME_RECORD_IPV4 else 16
                if length <= address:
                    self.note("bad_length", self.buffer.offset + position - 2, f"{address} octets of address, a name")
            position += length + 3 & ~3

    def read_secrets(self, data: bytes, start: int, end: int) -> None:
        """Read a Decryption Secrets Block (section 4.7); 0x544C534B, "TLSK", is the type of a TLS key log."""
        place = self.buffer.offset + start
        if end - start < 16 or unsigned32(data, start + 12, self.big_endian) > end - start - 16:
            self.note("bad_length", place + 12, "secrets within their block")
            return
        length = unsigned32(data, start + 12, self.big_endian)
        if self.secrets_length + length > MAX_SECRETS_LENGTH:
            self.note_once("limit", start, f"at most {MAX_SECRETS_LENGTH} octets of secrets in one file")
            return
        self.secrets_length += length
        self.secrets.append((unsigned32(data, start + 8, self.big_endian), data[start + 16 : start + 16 + length]))

    def read_options(self, data: bytes, position: int, end: int) -> list[tuple[int, bytes]]:
        """Read a block's options (section 3.5) up to the first that leaves the block, which is noted."""
        options: list[tuple[int, bytes]] = []
        while end - position >= 4:
            if len(options) == MAX_OPTIONS:
                self.note("limit", self.buffer.offset + position, f"at most {MAX_OPTIONS} options in one block")
                break
            code = unsigned16(data, position, self.big_endian)
            length = unsigned16(data, position + 2, self.big_endian)
            position += 4
            if code == END_OF_OPTIONS:
                break
            if length > end - position:
                self.note("bad_length", self.buffer.offset + position - 2, "an option within its block")
                break
            options.append((code, data[position : position + length]))
            position += length + 3 & ~3
        return options

    def note_once(self, kind: str, position: int, expected: str) -> None:
        """Note the first of a kind of fault that would come again with every block."""
        if expected not in self.noted:
            self.noted.add(expected)
            self.note(kind, self.buffer.offset + position, expected)


def is_read(block_type: int) -> bool:
    """Say whether blocks of this type are gathered and read, not stepped over."""
    if block_type in (SECTION_HEADER, DECRYPTION_SECRETS):
        return True
    return 0 < block_type <= ENHANCED_PACKET and block_type != INTERFACE_STATISTICS


def decode_text(value: bytes) -> str:
    """Decode UTF-8; octets that are not UTF-8 stay visible as escapes."""
    return value.rstrip(b"\0").decode("utf-8", "backslashreplace")


def is_pcapng(magic: bytes) -> bool:
    """Say whether a file with these first 12 octets starts with a Section Header Block."""
    return len(magic) >= 12 and magic[:4] == b"\n\r\r\n" and magic[8:12] in (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a")
