"""What connections that were closed lately have had, by which their stragglers are known.

Goes in: both directions of a TCP connection that is over. Comes out: whether a segment of no open connection brings
nothing new. State is one connection for each place of flow_key, the one that was closed last.
Spec: RFC 9293 section 3.4.2.
"""

from __future__ import annotations

from array import array

from .codes import PLACES
from .flow_key import key_place, reverse_key
from .packet import Packet, unsigned32
from .stream import Stream

STRAGGLING_NS = 240 * 1_000_000_000  # how long stragglers may come, twice the MSL
MASK = 0xFFFFFFFF
HALF = 0x80000000


class ClosedConnections:
    """By the place of its first side's key: that key, when its last packet came (ns), and what both sides have had.

    `first` and `second` are the sequence numbers behind the last octets in order, -1 of a side of which none came.
    """

    def __init__(self) -> None:
        self.empty = True
        self.keys: list[bytes | None] = [None] * PLACES
        self.times = array("q", bytes(8 * PLACES))
        self.first = array("q", bytes(8 * PLACES))
        self.second = array("q", bytes(8 * PLACES))

    def add(self, first: Stream, second: Stream) -> None:
        """Remember a connection; another one at its place is forgotten."""
        self.empty = False
        place = key_place(first.key)
        self.keys[place] = first.key
        self.times[place] = max(first.time_ns, second.time_ns)
        self.first[place] = first.next_sequence if first.started else -1
        self.second[place] = second.next_sequence if second.started else -1

    def has_had(self, key: bytes, packet: Packet, length: int) -> bool:
        """Whether a segment of the direction `key` brings nothing but what one of them has had: it begins none."""
        if self.empty:
            return False
        place = key_place(key)
        due = self.first
        if self.keys[place] != key:
            key = reverse_key(key)
            place = key_place(key)
            due = self.second
            if self.keys[place] != key:
                return False
        if not 0 <= packet.time_ns - self.times[place] <= STRAGGLING_NS:
            return False
        if length == 0:
            return True
        if due[place] < 0:
            return False
        sequence = unsigned32(packet.data, packet.transport + 4, True)
        beyond = (sequence + length - due[place]) & MASK
        return beyond == 0 or beyond >= HALF
