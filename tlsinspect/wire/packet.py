"""The packet under the reader's hand, and the buffer it is read from.

Goes in: blocks of bytes from anywhere. Comes out: one Packet object, filled
anew for each packet of the capture; whoever wants to keep something copies it.
"""

from __future__ import annotations

from collections.abc import Iterator


class Packet:
    """One captured packet: where its octets lie, when it was seen, what its headers say.

    `data[start:end]` is the link-layer frame as captured; `wire_length` its
    length on the wire. `time_ns` counts from 1970-01-01 UTC. `number` is
    1-based within its file, as Wireshark counts. The readers fill these; link
    and ip fill the rest: `network` is the offset of the innermost IP header,
    `transport` that of the header behind it, `payload_end` one past the last
    captured octet of the IP payload, `missing` how many octets of that payload
    the capture cut off. When a datagram was reassembled from fragments, `data`
    is the datagram. `vlans` and `tunnels` are lists, or None where there are none.
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
        self.vlans: list[int] | None = None
        self.tunnels: list[str] | None = None


class Buffer:
    """A window on a sequence of blocks: `data[position:]` is what has not been read.

    `offset` is the place of `data[0]` in the whole sequence. The unread tail of
    a block is put in front of the next one, so a record is always contiguous.
    """

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.blocks = blocks
        self.data = b""
        self.position = 0
        self.offset = 0

    def fill(self, length: int) -> bool:
        """Have at least `length` unread octets in `data`; False when the sequence ends before."""
        while len(self.data) - self.position < length:
            block = next(self.blocks, b"")
            if not block:
                return False
            self.offset += self.position
            self.data = self.data[self.position :] + block
            self.position = 0
        return True
