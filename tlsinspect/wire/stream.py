"""TCP reassembly for one direction: segments in any order in, octets in order out.

Goes in: payload with its sequence number. Comes out: the same octets, once and
in order, to a RecordReader; holes as lengths. Where two copies of an octet
differ, the first counts, or on request the last of those that wait for their turn.
Sequence numbers are 32 bits and wrap; inside, places are counted from the first octet without wrapping.
Spec: RFC 9293 section 3.4.
"""

from __future__ import annotations

from bisect import insort
from typing import Any, Protocol

from .codes import ABSENT, CHANGE_CIPHER_SPEC, DETECTING, FOUND, HANDSHAKE, HEARTBEAT_RECORD, WAITING
from .limits import DEFAULT_LIMITS, Limits
from .octets import cut
from .pieces import first_overlap
from .record import Listener, RecordReader
from .tds import TdsReader, is_prelogin

MASK = 0xFFFFFFFF
HALF = 0x80000000

ACKNOWLEDGED_SEGMENT_LIMIT = 4  # early segments kept when the peer has what is missing here
FIN_WINDOW = 1 << 24  # octets behind what is due in which a FIN is believed
HEAD_LIMIT = 1024  # first octets of what is not TLS, kept to tell what a stream carries and whether it offers TLS
JOINED_OCTETS = 512  # pieces of what retransmissions are compared with become one, up to this
HEAD_PIECES = 64  # of these first octets whose packets are known
COMPARED_PIECES = 256  # with holes between them


Segment = tuple[int, bytes, int, int, int]  # place, payload, octets missing behind it, packet, ns
Piece = tuple[int, bytes]  # place, octets


class Framer(Protocol):
    """Looks at the first octets of a TCP connection, and gives its streams the framing of what carries TLS there."""

    def __call__(self, flow: Any, data: bytes, position: int, end: int, /) -> int:
        """`data[position:end]` are those octets; ABSENT, FOUND, or WAITING where more of them have to be seen."""


NOBODY = Listener()  # listens to the readers of connections that are over


class Stream:
    """One direction of a connection: what came, what is missing, what is waiting.

    `key` is its place in the flow table, `owner` the Flow that it is a side of. `packets` counts segments, `octets`
    payload octets as on the wire. `next_place` is the place of the next octet in order, and `next_sequence` its
    sequence number, `initial_sequence` the one in front of the first octet, `fin_sequence` that of the FIN;
    `alternative` is the one that another SYN-ACK named, -1 without one: the first payload shows which of the two holds.
    `announced` is the one of the first octet by what a peer whose SYN came acknowledged first, where no SYN of this
    side did; the peer had all in front of `acknowledged`, which we lacked then. Both are -1 where nothing says so.
    `head` holds the first octets while they look like no TLS. `last_wins` says that of octets which wait the copy that
    came last counts. `number` and `time_ns` are those of the packet that is delivered, `last_number` and `last_time_ns`
    of the one whose octets were the last that were. `lacking` octets of the datagram that is read were not captured.
    """

    def __init__(self, listener: Listener, side: int, key: bytes, limits: Limits = DEFAULT_LIMITS) -> None:
        self.key = key
        self.owner: Any = None
        self.limits = limits
        self.reader = RecordReader(listener, side, limits)
        self.started = False
        self.syn = False
        self.fin = False
        self.reset = False
        self.gap = False
        self.truncated = False
        self.overlap_conflict = False
        self.last_wins = False
        self.initial_sequence = 0
        self.next_sequence = 0
        self.alternative = -1
        self.announced = -1
        self.acknowledged = -1
        self.fin_sequence = 0
        self.lacking = 0
        self.next_place = 0
        self.packets = 0
        self.octets = 0
        self.out_of_order = 0
        self.retransmitted = 0
        self.pending: list[Segment] | None = None
        self.pending_bytes = 0
        self.head = b""
        self.head_packets: list[tuple[int, int]] | None = None
        self.compared: list[Piece] | None = None
        self.number = 0
        self.time_ns = 0
        self.last_number = 0
        self.last_time_ns = -1
        self.framing: Framing | None = None
        self.framers: tuple[Framer, ...] = ()

    def start(self, sequence: int) -> None:
        """Say which sequence number the first octet has."""
        self.started = True
        self.next_sequence = sequence
        self.initial_sequence = (sequence - 1) & MASK

    def accept(self, data: bytes, position: int, end: int, missing: int, sequence: int) -> None:
        """Take a segment's payload `data[position:end]`, `missing` more octets of which were not captured."""
        if not self.started:
            told = self.announced >= 0 and (sequence - self.announced) & MASK <= self.limits.early_octets
            self.start(self.announced if told else sequence)
        ahead = (sequence - self.next_sequence) & MASK
        if ahead == 0 and not self.pending:
            self.deliver(data, position, end, missing)
        elif self.alternative >= 0 and self.next_place == 0 and self.is_renumbered(sequence):
            self.accept(data, position, end, missing, sequence)
        elif ahead < HALF:
            self.accept_early(cut(data, position, end), missing, ahead)
        else:
            self.accept_again(data, position, end, missing, MASK + 1 - ahead)

    def is_renumbered(self, sequence: int) -> bool:
        """Choose between the numbers of two SYN-ACKs the one that is nearer to a payload; True for the later one."""
        first = (sequence - self.next_sequence) & MASK
        second = (sequence - self.alternative) & MASK
        renumbered = min(second, MASK + 1 - second) < min(first, MASK + 1 - first)
        if renumbered:
            self.next_sequence = self.alternative
            self.initial_sequence = (self.alternative - 1) & MASK
        self.alternative = -1
        return renumbered

    def accept_early(self, payload: bytes, missing: int, ahead: int) -> None:
        """A segment `ahead` octets before its turn, or in turn while others wait; too many waiting give up the hole."""
        if len(payload) + missing == 1 and self.ends_early(self.next_place + ahead):
            return  # a keep-alive, too
        if not self.keep(payload, missing, self.next_place + ahead):
            self.retransmitted += 1
        elif ahead > 0:
            self.out_of_order += 1
        if ahead == 0:
            self.drain()
        elif self.pending_bytes > self.limits.early_octets or len(self.pending or ()) > self.limits.early_segments:
            self.give_up_hole()

    def ends_early(self, place: int) -> bool:
        """Whether the last octet of all that wait is at `place`."""
        if not self.pending:
            return False
        start, known, missing, _, _ = self.pending[len(self.pending) - 1]
        return start + len(known) + missing == place + 1

    def accept_again(self, data: bytes, position: int, end: int, missing: int, known: int) -> None:
        """A segment whose first `known` octets were delivered: compare these, deliver the rest."""
        length = end - position
        if known == 1 and length + missing == 1:
            return  # a keep-alive, whose octet may be garbage (RFC 9293 section 3.8.4)
        self.retransmitted += 1
        if known > self.next_place and not self.syn:
            self.gap = True  # in front of the first octet that came, and too late to be read
        if self.compared and known <= self.next_place:
            self.compare(self.compared, self.next_place - known, data[position:end])
        if known >= length + missing:
            return
        if known > length:
            missing -= known - length
            known = length
        if self.pending:
            self.keep(data[position + known : end], missing, self.next_place)
            self.drain()
        else:
            self.deliver(data, position + known, end, missing)

    def deliver(self, data: bytes, position: int, end: int, missing: int) -> None:
        """Hand the next octets in order to the reader."""
        length = end - position
        if self.reader.application_records:
            if self.compared is not None:
                self.compared = None  # the handshake is over, and most memory of a connection is in its octets
        elif self.next_place < self.limits.compared_octets and length:
            self.remember(cut(data, position, end))
        detecting = self.reader.mode == DETECTING
        if length and self.last_time_ns < 0 and detecting:
            self.look_at_first(data, position, end)
        self.next_place += length + missing
        self.next_sequence = (self.next_sequence + length + missing) & MASK
        if length:
            self.last_number = self.number
            self.last_time_ns = self.time_ns
        framing = self.framing
        if framing is not None:
            framing.feed(self, data, position, end)
            if missing:
                self.truncated = True
                self.skip(missing)
            return
        if length and detecting:
            self.read_first(data, position, end, self.next_place - length - missing)
        elif length:
            self.reader.feed(data, position, end)
        if missing:
            self.truncated = True
            self.skip(missing)

    def skip(self, length: int) -> None:
        """Step over octets that the capture does not hold."""
        framing = self.framing
        if framing is not None:
            framing.skip(self, length)
        else:
            self.reader.skip(length)

    def look_at_first(self, data: bytes, position: int, end: int) -> None:
        """See by the first octets whether TLS is carried in packets here."""
        if self.next_place == 0 and is_prelogin(data, position, end):
            self.reader = TdsReader(self.reader)
        elif self.framing is None and data[position] != HANDSHAKE:
            for framer in self.framers:
                found = framer(self.owner, data, position, end)
                if found == WAITING:
                    self.framing = FirstOctets(framer)
                if found != ABSENT:
                    break

    def read_first(self, data: bytes, position: int, end: int, place: int) -> None:
        """Hand the octets at `place` to a reader that has found no TLS yet, and keep what looks like none."""
        held = self.reader.partial
        self.reader.feed(data, position, end)
        room = HEAD_LIMIT - len(self.head)
        if room <= 0 or not (self.is_clear_text() or not (held or may_start_record(data[position]))):
            return
        if held and len(self.head) + len(held) == place:  # what might have become TLS was none
            self.keep_head(cut(held + data[position:end], 0, room))
        else:
            self.keep_head(data[position : min(end, position + room)])

    def head_is_full(self) -> bool:
        """Whether all that `head` has room for is there, so that more may have been said."""
        return len(self.head) >= HEAD_LIMIT

    def keep_head(self, octets: bytes) -> None:
        """Keep the first octets that are no TLS, and which packets they are from."""
        if self.head_packets is None:
            self.head_packets = []
        count = len(self.head_packets)
        if count <= HEAD_PIECES:
            self.head_packets.append((len(self.head), self.number if count < HEAD_PIECES else 0))
        self.head += octets

    def head_packet(self, at: int) -> int:
        """The number of the packet that an octet of `head` is from; -1 where none is known."""
        found = 0
        for start, number in self.head_packets or ():
            if start <= at:
                found = number
        return found or -1

    def head_packet_after(self, packet: int) -> int:
        """The first packet later than another one that octets of `head` are from; -1 where none is known."""
        for _, number in self.head_packets or ():
            if number > packet:
                return number
        return -1

    def is_clear_text(self) -> bool:
        """True where what was delivered begins no TLS, and does not wait for more to become one."""
        return self.reader.mode == DETECTING and len(self.reader.partial) == 0

    def remember(self, octets: bytes) -> None:
        """Keep the octets at `next_place` to compare retransmissions with; tiny pieces are joined."""
        compared = self.compared
        if compared is None:
            self.compared = [(self.next_place, octets)]
            return
        count = len(compared)
        start, known = compared[count - 1]
        if start + len(known) == self.next_place and len(known) < JOINED_OCTETS:
            compared[count - 1] = (start, known + octets)
        elif count < COMPARED_PIECES:
            compared.append((self.next_place, octets))

    def keep(self, payload: bytes, missing: int, place: int) -> bool:
        """Keep what no early segment has, and compare the rest; False when there is nothing new."""
        pending = self.pending
        if pending is None:
            pending = self.pending = []
        end = place + len(payload)
        at = place
        fresh = []
        conflict = False
        for index in range(first_overlap(pending, place), len(pending)):
            start, known, _, _, _ = pending[index]
            if start >= end:
                break
            stop = start + len(known)
            if stop <= at:
                continue
            if start > at:
                fresh.append((at, payload[at - place : start - place], 0, self.number, self.time_ns))
                at = start
            stop = min(stop, end)
            if known[at - start : stop - start] != payload[at - place : stop - place]:
                self.overlap_conflict = conflict = True
            at = stop
        if at < end or missing:
            fresh.append((at, payload[at - place :], missing, self.number, self.time_ns))
        if conflict and self.last_wins:
            self.overwrite(pending, payload, missing, place)
            return len(fresh) > 0
        for segment in fresh:
            insort(pending, segment)
            self.pending_bytes += len(segment[1])
        return len(fresh) > 0

    def overwrite(self, pending: list[Segment], payload: bytes, missing: int, place: int) -> None:
        """Keep a segment, and of the early ones that it overlaps only what it does not have."""
        end = place + len(payload)
        kept = []
        first = last = first_overlap(pending, place)
        for start, known, lacking, number, time_ns in pending[first:]:
            if start >= end:
                break
            last += 1
            self.pending_bytes -= len(known)
            stop = start + len(known)
            if stop <= place:
                kept.append((start, known, lacking, number, time_ns))
                continue
            if start < place:
                kept.append((start, known[: place - start], 0, number, time_ns))
            if stop > end:
                kept.append((end, known[end - start :], lacking, number, time_ns))
            elif stop + lacking > end + missing:
                missing = stop + lacking - end
        kept.append((place, payload, missing, self.number, self.time_ns))
        kept.sort()
        pending[first:last] = kept
        self.pending_bytes += sum([len(segment[1]) for segment in kept])

    def acknowledge(self, sequence: int) -> None:
        """The peer acknowledged octets up to `sequence`: what it has and we lack was not captured."""
        ahead = (sequence - self.next_sequence) & MASK
        if not 0 < ahead < HALF:
            return
        if self.pending and len(self.pending) >= ACKNOWLEDGED_SEGMENT_LIMIT:
            self.give_up_hole()
        elif (sequence - self.acknowledged) & MASK < HALF or self.acknowledged < 0:
            self.acknowledged = sequence

    def give_up_hole(self) -> None:
        """Step over the octets before the first early segment, and deliver what follows."""
        if not self.pending:
            return
        number, time_ns = self.number, self.time_ns
        hole = self.pending[0][0] - self.next_place
        if hole > 0:
            self.gap = True
            self.next_place += hole
            self.next_sequence = (self.next_sequence + hole) & MASK
            self.look_back()  # what breaks off in front of the hole was in an earlier packet
            self.skip(hole)
        self.number, self.time_ns = 0, -1  # nothing filled the hole: what is behind it was read when it came
        self.drain()
        self.number, self.time_ns = number, time_ns

    def look_back(self) -> None:
        """Have the number and time of the packet with the last octets; datagrams deliver none."""
        if self.last_number > 0:
            self.number, self.time_ns = self.last_number, self.last_time_ns

    def drain(self) -> None:
        """Deliver the early segments whose turn has come: with the latest packet that it took."""
        pending = self.pending
        if not pending:
            return
        number, time_ns = self.number, self.time_ns
        count = 0
        for place, payload, missing, own_number, own_time in pending:
            known = self.next_place - place
            if known < 0:
                break
            count += 1
            length = len(payload)
            self.pending_bytes -= length
            if own_time > self.time_ns:
                self.number, self.time_ns = own_number, own_time
            if known <= length:
                self.deliver(payload, known, length, missing)
            elif known < length + missing:
                self.deliver(payload, length, length, missing - (known - length))
        del pending[:count]
        self.number, self.time_ns = number, time_ns

    def compare(self, compared: list[Piece], place: int, payload: bytes) -> None:
        """Look whether a retransmission says what the first copy said."""
        end = place + len(payload)
        for index in range(first_overlap(compared, place), len(compared)):
            start, known = compared[index]
            if start >= end:
                break
            low = max(place, start)
            high = min(start + len(known), end)
            if low < high and known[low - start : high - start] != payload[low - place : high - place]:
                self.overlap_conflict = True

    def lacks_end(self) -> bool:
        """Whether octets in front of the FIN have not come."""
        return 0 < (self.fin_sequence - self.next_sequence) & MASK <= FIN_WINDOW

    def lacks_acknowledged(self) -> bool:
        """Whether octets that the peer had have not come, of a side whose FIN was not seen; one may be that FIN."""
        if self.acknowledged < 0:
            return False
        return 1 < (self.acknowledged - self.next_sequence) & MASK <= self.limits.early_octets

    def has_lost(self) -> bool:
        """Whether octets in front of those that were delivered are missing."""
        return self.gap or self.truncated

    def has_beginning(self) -> bool:
        """Whether none are missing, from the SYN on."""
        return self.syn and not self.has_lost()

    def is_whole(self) -> bool:
        """Whether this side has closed, and all that it sent came."""
        return self.fin and self.started and not self.lacks_end()

    def finish(self) -> None:
        """The connection is over: deliver what waits, over its holes."""
        while self.pending:
            self.give_up_hole()
        if self.started and (self.lacks_end() if self.fin else self.lacks_acknowledged()):
            self.gap = True  # octets that nothing came behind
        number, time_ns = self.number, self.time_ns
        self.look_back()
        framing = self.framing
        if framing is not None:
            framing.finish(self)
        self.reader.finish()
        self.number, self.time_ns = number, time_ns

    def release(self) -> None:
        """Let go of what only reading needed; without the circle of references memory is free at once."""
        self.compared = None
        self.framing = None
        self.owner = None
        self.reader.listener = NOBODY
        self.reader.peer = None
        self.reader.sslv2 = None


class Framing:
    """Takes TLS out of what carries it in a stream, and feeds it to `stream.reader`; a protocol is a subclass.

    `partial` are octets that wait for more. Whoever calls one holds it: it may give way to another.
    """

    def __init__(self) -> None:
        self.partial = b""

    def feed(self, stream: Stream, data: bytes, position: int, end: int) -> None:
        """Take the next octets of the stream, `data[position:end]`."""

    def skip(self, stream: Stream, length: int) -> None:
        """Step over `length` octets that the capture does not hold."""

    def finish(self, stream: Stream) -> None:
        """The stream is over."""


class FirstOctets(Framing):
    """Holds the first octets of a stream until a framer can say whether it knows them."""

    def __init__(self, framer: Framer) -> None:
        super().__init__()
        self.framer = framer

    def feed(self, stream: Stream, data: bytes, position: int, end: int) -> None:
        """Show the octets so far to the framer."""
        self.partial += data[position:end]
        found = self.framer(stream.owner, self.partial, 0, len(self.partial))
        if found == FOUND and stream.framing is not None:
            stream.framing.feed(stream, b"", 0, 0)
        elif found == ABSENT:
            self.finish(stream)

    def skip(self, stream: Stream, length: int) -> None:
        """Nothing is known of octets with a hole in them."""
        self.finish(stream)
        stream.reader.skip(length)

    def finish(self, stream: Stream) -> None:
        """Give the octets to the reader of the stream."""
        stream.framing = None
        if self.partial:
            stream.read_first(self.partial, 0, len(self.partial), 0)


def may_start_record(octet: int) -> bool:
    """True for the first octet of a TLS record or of an SSL 2.0 header."""
    return CHANGE_CIPHER_SPEC <= octet <= HEARTBEAT_RECORD or octet >= 0x80
