"""The packet under the reader's hand, the buffer it is read from, and what every reader of captures has.

Goes in: blocks of bytes from anywhere. Comes out: one Packet object, filled
anew for each packet of the capture; whoever wants to keep something copies it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import DecodeError

MAX_PACKET_LENGTH = 128 * 1024 * 1024
"""Octets. No packet is longer, whatever its header says: a length past this is damage."""

MAX_PROBLEMS = 1000
"""How many stepped-over faults of one file are kept; one more entry says that there were others."""


class Packet:
    """One captured packet: where its octets lie, when it was seen, what its headers say.

    `data[start:end]` is the link-layer frame as captured; `wire_length` its
    length on the wire. `time_ns` counts from 1970-01-01 UTC. `number` is
    1-based within its file, as Wireshark counts. The readers fill these; link
    and ip fill the rest: `network` is the offset of the innermost IP header,
    `transport` that of the header behind it, `payload_end` one past the last
    captured octet of the IP payload, `missing` how many octets of that payload
    the capture cut off. When a datagram was reassembled from fragments, `data`
    is the datagram. `source` and `destination` are the offsets of the addresses that options or extension
    headers name in the place of the IP header's, -1 where they name none; a packet without
    such headers leaves them as they were. `vlans` and `tunnels` are lists, or None where there are none.
    `source_mac` and `destination_mac` are the offsets of the innermost MAC addresses, -1 where
    the link has none; `rest` is what the frame carries behind this packet, or None.
    """

    def __init__(self) -> None:
        self.data = b""
        self.start = 0
        self.end = 0
        self.wire_length = 0
        self.time_ns = 0
        self.number = 0
        self.link_type = 0
        self.ip_version = 0
        self.network = 0
        self.transport = 0
        self.protocol = 0
        self.payload_end = 0
        self.missing = 0
        self.source = -1
        self.destination = -1
        self.vlans: list[int] | None = None
        self.tunnels: list[str] | None = None
        self.source_mac = -1
        self.destination_mac = -1
        self.rest: Rest | None = None


class Rest:
    """The subframes of an aggregate that are still to be read, and what was met in front of them."""

    def __init__(self, data: bytes, vlans: list[int] | None, tunnels: list[str] | None) -> None:
        self.data = data
        self.vlans = vlans
        self.tunnels = tunnels


class Buffer:
    """A window on a sequence of blocks: `data[position:]` is what has not been read.

    `offset` is the place of `data[0]` in the whole sequence. A block becomes the
    window as it is, never copied: only a record that lies across two blocks is
    put together from its parts, and is then a window of its own. A record that
    was asked for with fill is therefore always contiguous. An empty block ends
    the sequence.
    """

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.blocks = blocks
        self.data = b""
        self.position = 0
        self.offset = 0
        self.ahead = b""
        self.ahead_position = 0

    def fill(self, length: int) -> bool:
        """Have at least `length` unread octets in `data`; False when the sequence ends before."""
        if length > 0 and self.position == len(self.data) and not self.advance():
            return False
        available = len(self.data) - self.position
        if available >= length:
            return True
        pieces = [self.data[self.position :]]
        self.offset += self.position
        self.position = 0
        self.data = b""  # should the source fail now, no half record is left to be read again
        while available < length and self.pull():
            end = min(self.ahead_position + length - available, len(self.ahead))
            pieces.append(self.ahead[self.ahead_position : end])
            available += end - self.ahead_position
            self.ahead_position = end
        self.data = b"".join(pieces)
        return available >= length

    def skip(self, length: int) -> bool:
        """Step over `length` octets without gathering them; False when the sequence ends before."""
        while length > len(self.data) - self.position:
            length -= len(self.data) - self.position
            self.position = len(self.data)
            if not self.advance():
                return False
        self.position += length
        return True

    def close(self) -> None:
        """Drop what was not read: from here on the sequence is at its end."""
        self.offset += self.position
        self.blocks = iter(())
        self.data = self.ahead = b""
        self.position = self.ahead_position = 0

    def advance(self) -> bool:
        """Make the unread rest of the block ahead the window, once the window is used up."""
        if not self.pull():
            return False
        self.offset += self.position - self.ahead_position
        self.data = self.ahead
        self.position = self.ahead_position
        self.ahead = b""
        self.ahead_position = 0
        return True

    def pull(self) -> bool:
        """Have unread octets in the block ahead; False when there are no more blocks."""
        if self.ahead_position == len(self.ahead):
            self.ahead = next(self.blocks, b"")
            self.ahead_position = 0
        return len(self.ahead) > 0


class Interface:
    """What a pcapng section says of one interface: enough to date and to dissect its packets.

    `tsresol` is the octet of if_tsresol as it stands there, `tsoffset` in seconds,
    `snaplen` in octets with 0 for no limit. `multiplier` is the nanoseconds of
    one tick where that is a whole number, else 0; up to `max_high` in the upper
    half of a timestamp the product stays within 63 bits.
    """

    def __init__(
        self, link_type: int, snaplen: int, tsresol: int, tsoffset: int, name: str, description: str = ""
    ) -> None:
        self.link_type = link_type
        self.snaplen = snaplen
        self.tsresol = tsresol
        self.tsoffset = tsoffset
        self.name = name
        self.description = description
        self.multiplier = 0
        self.offset_ns = 0
        self.max_high = -1
        if tsresol <= 9 and -(2**32) <= tsoffset <= 2**32:
            self.multiplier = 10 ** (9 - tsresol)
            self.offset_ns = tsoffset * 10**9
            self.max_high = ((2**62 // self.multiplier) >> 32) - 1


class PacketReader:
    """Reads the packets of one capture, in file order.

    `format` is pcap, pcap-nanosecond, pcap-modified or pcapng; `snaplen` in octets,
    0 for no limit; `link_types` those met so far; `packets` how many were delivered.
    `problems` holds the faults that were stepped over, each with its offset in the
    (decompressed) file. Only pcapng has the others: `interfaces`, and `secrets`, pairs
    of a type and octets.
    """

    def __init__(self, buffer: Buffer) -> None:
        self.buffer = buffer
        self.format = ""
        self.snaplen = 0
        self.packets = 0
        self.link_types: set[int] = set()
        self.problems: list[DecodeError] = []
        self.interfaces: list[Interface] = []
        self.secrets: list[tuple[int, bytes]] = []

    def read_packet(self, packet: Packet) -> bool:
        """Fill `packet` from the next packet of the capture; False at its end.

        Raises DecodeError where the file is damaged, after every packet before
        the damage was delivered; from then on the capture is at its end.
        """
        raise NotImplementedError

    def damage(self, kind: str, offset: int, expected: str) -> DecodeError:
        """Build the error for a fault that nothing can be read behind, and end the capture."""
        self.buffer.close()
        return DecodeError(self.layer(), kind, offset, expected)

    def note(self, kind: str, offset: int, expected: str) -> None:
        """Keep a fault that was stepped over."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(DecodeError(self.layer(), kind, offset, expected))
        elif len(self.problems) == MAX_PROBLEMS:
            self.problems.append(DecodeError(self.layer(), "limit", offset, f"at most {MAX_PROBLEMS} faults"))

    def layer(self) -> str:
        """Name the format in errors: pcap or pcapng."""
        return "pcapng" if self.format == "pcapng" else "pcap"


def unsigned16(data: bytes, position: int, big_endian: bool) -> int:
    """Return the two octets at `position` as a number."""
    if big_endian:
        return data[position] << 8 | data[position + 1]
    return data[position + 1] << 8 | data[position]


def unsigned32(data: bytes, position: int, big_endian: bool) -> int:
    """Return the four octets at `position` as a number; raises IndexError where `data` has no four octets there."""
    if position < 0 or position + 4 > len(data):
        raise IndexError(position)
    octets = data  # compiled, a C string: the places are checked once for all four
    if big_endian:
        value = octets[position] << 24 | octets[position + 1] << 16 | octets[position + 2] << 8 | octets[position + 3]
    else:
        value = octets[position + 3] << 24 | octets[position + 2] << 16 | octets[position + 1] << 8 | octets[position]
    return value
