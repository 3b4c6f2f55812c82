"""Connections of which a single segment came: a small record each, until there is more to say.

Goes in: the first segment of a TCP connection, where nothing that is read begins in it. Comes out: a LoneSegment, which
takes a tenth of a Flow's memory, and from which the Flow can be made later as if it had been there from the start.
"""

from __future__ import annotations

from typing import Any

from .codes import ACK, DETECTING, FIN, FOUND, HANDSHAKE, RST, SYN, TCP
from .flow import Flow
from .limits import Limits
from .record import RecordReader
from .stream import NOBODY
from .tds import is_prelogin

LONGEST_KEPT = 1024  # octets of payload, as many as name a protocol; a longer one has a Flow at once
LONE_COST = 300  # octets of memory beside the payload's


class LoneSegment:
    """The only segment of a connection so far. `key` is its direction's place in the flow table, `reverse` the other's.

    `sequence` is its number, `acknowledged` the one that it says is due of the other side. Times are ns; `payload` is
    what it carries, none of which is missing.
    """

    def __init__(self, key: bytes, reverse: bytes, flags: int, sequence: int, payload: bytes) -> None:
        self.key = key
        self.reverse = reverse
        self.flags = flags
        self.sequence = sequence
        self.payload = payload
        self.acknowledged = 0
        self.capture = 0
        self.first_packet = 0
        self.time_ns = 0
        self.vlans: list[int] | None = None
        self.tunnels: list[str] | None = None

    def is_half_open(self) -> bool:
        """A SYN without payload; see Flow.is_half_open."""
        return self.flags & SYN != 0 and len(self.payload) == 0

    def answered_port(self) -> int:
        """The server's port: where a SYN goes to, and a SYN-ACK comes from."""
        at = len(self.key) - (4 if self.flags & ACK else 2)
        return self.key[at] << 8 | self.key[at + 1]


class LoneSegments:
    """The lone segments that wait, in the order in which they came, and the octets of memory that they hold.

    They are found by the key of the segment that answers them: that is what comes next, mostly.

    `probe` and `reader` are what a payload is shown to, to see whether anything that is read begins in it.
    """

    def __init__(self, framers: tuple[Any, ...], limits: Limits) -> None:
        self.framers = framers
        self.limits = limits
        self.segments: dict[bytes, LoneSegment] = {}
        self.held = 0
        self.probe = Flow(b"", b"", TCP, False, limits)
        self.reader = RecordReader(NOBODY, 0, limits)

    def is_lone(self, flags: int, data: bytes, position: int, end: int) -> bool:
        """Whether a segment that opens a connection, with payload `data[position:end]`, may be kept alone."""
        if flags & (FIN | RST) or end - position > LONGEST_KEPT:
            return False
        return position == end or self.says_nothing(data, position, end)

    def says_nothing(self, data: bytes, position: int, end: int) -> bool:
        """True where no TLS begins in a first payload, nor what carries any."""
        if is_prelogin(data, position, end):
            return False
        if data[position] != HANDSHAKE:
            for framer in self.framers:
                if framer(self.probe, data, position, end) == FOUND:
                    self.probe = Flow(b"", b"", TCP, False, self.limits)
                    return False
        reader = self.reader
        reader.feed(data, position, end)
        if reader.mode != DETECTING or reader.partial:
            self.reader = RecordReader(NOBODY, 0, self.limits)
            return False
        reader.scanned = 0
        return True

    def add(self, segment: LoneSegment) -> int:
        """Keep a segment; returns how many octets of memory that takes."""
        cost = LONE_COST + len(segment.payload)
        self.segments[segment.reverse] = segment
        self.held += cost
        return cost

    def remove(self, segment: LoneSegment) -> None:
        """Keep a segment no longer."""
        del self.segments[segment.reverse]
        self.held -= LONE_COST + len(segment.payload)

    def oldest(self, count: int, times: list[int]) -> list[LoneSegment]:
        """Those among the `count` oldest, where others have `times`, which are sorted."""
        found: list[LoneSegment] = []
        others = 0
        for segment in self.segments.values():
            while others < len(times) and times[others] < segment.time_ns:
                others += 1
            if others + len(found) >= count:
                break
            found.append(segment)
        return found

    def before(self, time_ns: int) -> list[LoneSegment]:
        """Those that came before a time."""
        return [segment for segment in self.segments.values() if segment.time_ns < time_ns]
