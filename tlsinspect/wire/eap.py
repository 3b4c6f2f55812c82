"""EAP methods that carry TLS: EAP-TLS, EAP-TTLS, PEAP, EAP-FAST and TEAP.

Goes in: the EAP packets of one conversation between a peer and a server, whatever
carries them. Comes out: a Flow in the flow table whose two directions are the TLS
inside. Fragments are fed as they come, a message that came twice once.
Spec: RFC 3748, RFC 5216 section 3, RFC 5281 section 9.1, RFC 4851 section 4.1, RFC 7170 section 4.1.
"""

from __future__ import annotations

from typing import Protocol

from ..errors import DecodeError
from .codes import EAP_RESPONSE
from .flow import DatagramReader, Flow
from .flow_key import reverse_key
from .limits import Limits
from .record import is_record_header
from .stream import Stream

CARRIER = "eap"

REQUEST = 1  # codes
SUCCESS = 3
FAILURE = 4

FAILURE_LENGTH = 4  # octets

TEAP = 55
METHODS = (13, 21, 25, 43, TEAP)
"""EAP-TLS, EAP-TTLS, PEAP, EAP-FAST, TEAP: flags, then TLS."""

LENGTH_INCLUDED = 0x80  # flags
MORE_FRAGMENTS = 0x40
START = 0x20
OUTER_INCLUDED = 0x10  # of TEAP: a length, and octets behind the TLS

LATE_START_NS = 1_000_000_000  # within which an equal start is a copy; later the conversation begins anew
BACKWARDS = 0x80  # from here on a step of the identifier is one back
FRAGMENT_COST = 150  # octets that a fragment costs beside its own

PEER = 0  # sides of the flow
SERVER = 1


class FlowOwner(Protocol):
    """The flow table, as far as conversations need it."""

    keep_messages: bool
    limits: Limits

    def adopt(self, flow: Flow) -> None:
        """Take a connection that begins."""

    def close(self, flow: Flow) -> None:
        """End a connection."""


Fragment = tuple[bytes, int]


class EapSession:
    """One conversation. `key` is the direction from peer to server, as in the flow table.

    `flow` is None while no TLS was met, `started_ns` when the server started it. By side: `latest` is the packet that
    came last, `heard` a hash of each packet since the start, by identifier, `announced` the length
    of the TLS whose fragments come (-1 where none was given), `fragments` those that came, as (octets, how far
    the identifier went on), and `collected` how many octets they have. Its TLS is fed when the last one came,
    which is when the other side's TLS gets it.
    """

    def __init__(self, table: FlowOwner, key: bytes, protocol: int) -> None:
        self.table = table
        self.key = key
        self.protocol = protocol
        self.vlans: list[int] | None = None
        self.tunnels: list[str] | None = None
        self.flow: Flow | None = None
        self.latest = [b"", b""]
        self.heard: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.started_ns = -LATE_START_NS
        self.announced = [-1, -1]
        self.collected = [0, 0]
        self.fragments: tuple[list[Fragment], list[Fragment]] = ([], [])

    def read(self, packet: bytes, number: int, time_ns: int) -> None:
        """Read an EAP packet, that of capture packet `number`.

        Raises DecodeError when a length leaves the packet.
        """
        if len(packet) < 4:
            raise DecodeError(CARRIER, "truncated", len(packet), "a header of 4 octets")
        code = packet[0]
        length = packet[2] << 8 | packet[3]
        if length < 4 or length > len(packet):
            raise DecodeError(CARRIER, "bad_length", 2, f"a length of 4 to {len(packet)} octets")
        if code in (SUCCESS, FAILURE):
            if code == FAILURE:
                self.refuse(number, time_ns)
            self.close()
        elif code in (REQUEST, EAP_RESPONSE) and length >= 6 and packet[4] in METHODS:
            self.read_method(packet[:length], SERVER if code == REQUEST else PEER, number, time_ns)

    def read_method(self, packet: bytes, side: int, number: int, time_ns: int) -> None:
        """Read the flags of a method that carries TLS, and feed the TLS; a start begins the conversation anew."""
        flags = packet[5]
        heard: dict[int, int] = self.heard[side]
        repeated = heard.get(packet[1]) == hash(packet)
        if flags & START and side == SERVER:
            if self.is_overtaken(packet, time_ns):
                self.note_start(packet, time_ns)
            elif not (repeated and time_ns - self.started_ns < LATE_START_NS) and packet != self.latest[side]:
                self.start(packet, time_ns)
            return
        if self.flow is None and (repeated or len(packet) == 6):
            return
        flow = self.open(number, time_ns)
        stream: Stream = flow.streams[side]
        flow.time_end = max(flow.time_end, time_ns)
        stream.packets += 1
        stream.octets += len(packet)
        stream.number = number
        stream.time_ns = time_ns
        if repeated:
            stream.retransmitted += 1
            return
        known = self.latest[side]
        self.latest[side] = packet
        heard[packet[1]] = hash(packet)
        at = 6
        total = -1
        end = len(packet)
        if flags & LENGTH_INCLUDED:
            total = length_at(packet, at)
            at += 4
        if flags & OUTER_INCLUDED and packet[4] == TEAP:
            end -= length_at(packet, at)
            at += 4
        if at > end:
            raise DecodeError(CARRIER, "bad_length", 6, "lengths within the packet")
        self.take(flow, stream, (packet[at:end], steps(known, packet)), total)
        limits = flow.limits
        many = self.collected[side] > limits.eap_octets or len(self.fragments[side]) > limits.eap_fragments
        if many:
            expected = f"at most {limits.eap_fragments} fragments, or {limits.eap_octets} octets, of a message"
            flow.problem(DecodeError(CARRIER, "limit", 6, expected))
        if many or not flags & MORE_FRAGMENTS:
            self.feed(flow, stream, True)

    def is_overtaken(self, packet: bytes, time_ns: int) -> bool:
        """Whether a start stands in the capture behind the response to it, as its identifier tells."""
        flow = self.flow
        if flow is None or flow.finished or time_ns - flow.time_start >= LATE_START_NS:
            return False
        server: Stream = flow.streams[SERVER]
        return server.packets == 0 and packet[1] in self.heard[PEER]

    def start(self, packet: bytes, time_ns: int) -> None:
        """Begin anew: what follows the flags is for the method, not TLS, and the peer may want another one."""
        self.close()
        if time_ns - self.started_ns >= LATE_START_NS:  # sooner it starts what the peer asked for instead
            self.heard = ({}, {})
        self.note_start(packet, time_ns)

    def note_start(self, packet: bytes, time_ns: int) -> None:
        """Remember a start, so that copies of it begin nothing."""
        self.latest[SERVER] = packet
        self.started_ns = time_ns
        heard: dict[int, int] = self.heard[SERVER]
        heard[packet[1]] = hash(packet)

    def take(self, flow: Flow, stream: Stream, fragment: Fragment, total: int) -> None:
        """Keep a fragment; another total than before means that the last fragment was not captured."""
        side = stream.reader.side
        if self.fragments[side] and total >= 0 and total != self.announced[side]:
            self.feed(flow, stream, False)
        if not self.fragments[side]:
            self.announced[side] = total
        self.fragments[side].append(fragment)
        self.collected[side] += len(fragment[0])
        flow.held += len(fragment[0]) + FRAGMENT_COST

    def feed(self, flow: Flow, stream: Stream, whole: bool) -> None:
        """Feed the fragments, and where octets are missing the holes; `whole` when the last fragment came.

        The total tells that some are missing, and identifiers where; without a total these alone.
        """
        side = stream.reader.side
        fragments = self.fragments[side]
        total = self.announced[side]
        missing = max(total - self.collected[side], 0)
        for index in range(len(fragments)):
            octets, step = fragments[index]
            lacking = missing > 0 and step != 1 if total >= 0 else 1 < step < BACKWARDS
            if lacking and (index or is_headless(octets)):
                last = whole and index == len(fragments) - 1
                hole = self.hole_before(side, index)
                if total >= 0:
                    hole = missing if last else min(missing, hole)
                    missing -= hole
                self.skip(stream, hole)
            stream.reader.feed(octets, 0, len(octets))
        if missing and whole:
            flow.problem(DecodeError(CARRIER, "bad_length", 6, f"fragments of {self.announced[side]} octets"))
        elif missing:
            self.skip(stream, missing)
        flow.held -= self.collected[side] + len(fragments) * FRAGMENT_COST
        fragments.clear()
        self.collected[side] = 0
        self.announced[side] = -1

    def hole_before(self, side: int, index: int) -> int:
        """How many octets are missing in front of a fragment, by its identifier.

        All servers count, so that a step says how many fragments are missing. All are of one length but the last, and
        the first, which may have the total beside it.
        """
        fragments = self.fragments[side]
        octets, step = fragments[index]
        length = len(octets)
        if index:
            length = max(length, len(fragments[index - 1][0]))
        return (step - 1 & 0xFF) * length

    def skip(self, stream: Stream, length: int) -> None:
        """Step over octets that were not captured."""
        stream.gap = True
        stream.reader.skip(length)

    def open(self, number: int, time_ns: int) -> Flow:
        """The flow of this conversation, a new one where there is none or it was ended."""
        flow = self.flow
        if flow is not None and not flow.finished:
            return flow
        flow = Flow(self.key, reverse_key(self.key), self.protocol, self.table.keep_messages, self.table.limits)
        flow.datagrams = EapReader(self)
        flow.carrier = CARRIER
        flow.first_packet = number
        flow.time_start = time_ns
        flow.time_end = time_ns
        flow.vlans = self.vlans
        flow.tunnels = self.tunnels
        self.flow = flow
        self.table.adopt(flow)
        return flow

    def rename(self, key: bytes) -> None:
        """The address of the server is known now."""
        self.key = key
        if self.flow is not None:
            peer: Stream = self.flow.streams[PEER]
            server: Stream = self.flow.streams[SERVER]
            peer.key = key
            server.key = reverse_key(key)

    def close(self) -> None:
        """The conversation is over, or begins anew; copies that come late are still known."""
        if self.flow is not None:
            self.table.close(self.flow)
        self.latest = [b"", b""]

    def refuse(self, number: int, time_ns: int) -> None:
        """A Failure: the server was heard, and closes the connection inside."""
        flow = self.flow
        if flow is None or flow.finished:
            return
        server: Stream = flow.streams[SERVER]
        server.packets += 1
        server.octets += FAILURE_LENGTH
        server.fin = True
        flow.fin_side = SERVER
        flow.fin_packet = number
        flow.fin_ns = time_ns
        flow.time_end = max(flow.time_end, time_ns)

    def finish(self) -> None:
        """The flow is over: feed the fragments whose last one did not come, and let go of it."""
        flow = self.flow
        if flow is not None:
            for stream in flow.streams:
                self.feed(flow, stream, False)
            self.flow = None


class EapReader(DatagramReader):
    """Lets go of a conversation's fragments when its flow is over."""

    def __init__(self, session: EapSession) -> None:
        self.session = session

    def finish(self) -> None:
        """The flow is over; see DatagramReader."""
        self.session.finish()


def length_at(packet: bytes, position: int) -> int:
    """The 4-octet length at `position`; DecodeError where the packet ends before."""
    if len(packet) - position < 4:
        raise DecodeError(CARRIER, "truncated", position, "a length of 4 octets")
    return int.from_bytes(packet[position : position + 4], "big")


def is_headless(octets: bytes) -> bool:
    """Whether the first fragment at hand is not that with which a message began, which is a record's header."""
    return len(octets) > 0 and not is_record_header(octets, 0, len(octets))


def steps(known: bytes, packet: bytes) -> int:
    """How far the identifier went on from one packet of a side to its next; 1 where there was none before."""
    return (packet[1] - known[1]) & 0xFF if known else 1
