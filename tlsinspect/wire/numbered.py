"""TLS in numbered packets, for one direction: in any order in, once and in order out.

Goes in: the octets of packets with their numbers, which count up and wrap. Comes out: the same octets to the
RecordReader of a stream. How long a packet was that never came nobody knows: behind it the next record is looked for.
"""

from __future__ import annotations

from .stream import Stream

PACKET_COST = 200  # octets that one costs beside its own
UNKNOWN_HOLE = 1 << 16  # octets; more than any record has, so that the place in the records is lost


class NumberedPackets:
    """Where the direction stands. `mask` is the largest number, `first` the first one, -1 for that which comes first.

    Inside, packets are counted from the first without wrapping: `next` is whose turn it is, and `early`
    maps others to (octets, octets missing behind them, packet number in the capture, time in ns).
    """

    def __init__(self, mask: int, first: int) -> None:
        self.mask = mask
        self.first = first
        self.next = 0
        self.early: dict[int, tuple[bytes, int, int, int]] = {}

    def take(self, stream: Stream, number: int, octets: bytes) -> None:
        """Feed the octets of packet `number`, or keep them until their turn; `stream.lacking` more are not captured."""
        if self.first < 0:
            self.first = number
        ahead = (number - self.first - self.next) & self.mask
        if ahead == 0:
            self.next += 1
            feed(stream, octets, stream.lacking)
            self.drain(stream)
        elif ahead > self.mask >> 1 or self.next + ahead in self.early:
            stream.retransmitted += 1
        else:
            stream.out_of_order += 1
            self.early[self.next + ahead] = (octets, stream.lacking, stream.number, stream.time_ns)
            stream.owner.held += len(octets) + PACKET_COST
            if ahead >= stream.limits.early_packets:
                self.give_up_hole(stream)

    def drain(self, stream: Stream) -> None:
        """Feed the early packets whose turn has come, with the latest packet that it took."""
        number, time_ns = stream.number, stream.time_ns
        while self.next in self.early:
            octets, lacking, own_number, own_time = self.early.pop(self.next)
            stream.owner.held -= len(octets) + PACKET_COST
            self.next += 1
            if own_time > stream.time_ns:
                stream.number, stream.time_ns = own_number, own_time
            feed(stream, octets, lacking)
        stream.number, stream.time_ns = number, time_ns

    def give_up_hole(self, stream: Stream) -> None:
        """Step over packets that were not captured, and feed what waits behind them."""
        stream.gap = True
        stream.reader.skip(UNKNOWN_HOLE)
        self.next = min(self.early)
        number, time_ns = stream.number, stream.time_ns
        stream.number, stream.time_ns = 0, -1  # nothing filled the hole: what is behind it was read when it came
        self.drain(stream)
        stream.number, stream.time_ns = number, time_ns

    def finish(self, stream: Stream) -> None:
        """No more packets come."""
        while self.early:
            self.give_up_hole(stream)


def feed(stream: Stream, octets: bytes, lacking: int) -> None:
    """Feed the octets of one packet, and step over those that the capture cut off."""
    stream.reader.feed(octets, 0, len(octets))
    if lacking:
        stream.reader.skip(lacking)
