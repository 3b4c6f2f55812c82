"""EAP in RADIUS: the conversations that one access server has with one authentication server.

Goes in: the datagrams of a UDP flow. Comes out: a Flow for each conversation with TLS in it,
with the addresses and ports of the UDP flow. What tells conversations apart is the server's
State, which the next request repeats, and the identifier that an answer has from its request;
where an answer was not captured, the station that is calling. An answer that stands in front of its request waits for
it, or for the next one, which has its State.
Spec: RFC 2865 sections 3 to 5, RFC 3579 sections 2.1 and 3.1.
"""

from __future__ import annotations

from collections import OrderedDict

from ..errors import DecodeError
from .codes import UDP
from .eap import EapSession, FlowOwner
from .flow import DatagramReader, Flow
from .stream import Stream

CARRIER = "radius"

ACCESS_REQUEST = 1  # codes
ACCESS_ACCEPT = 2
ACCESS_REJECT = 3
ACCESS_CHALLENGE = 11
CODES = (ACCESS_REQUEST, ACCESS_ACCEPT, ACCESS_REJECT, ACCESS_CHALLENGE)

STATE = 24  # attributes
CALLING_STATION_ID = 31
EAP_MESSAGE = 79

HEADER = 20  # octets
CONVERSATION_COST = 1000  # octets that one costs, without its TLS
AUTHENTICATOR = 4  # its place in the header
EARLY_ANSWERS = 16  # that wait for their requests; past it the first one is read without
EARLY_NS = 1_000_000_000  # how long one waits


class RadiusPacket:
    """What a packet says: its EAP packet, from all attributes that hold a part of it, and whose it is."""

    def __init__(self, code: int, identifier: int, authenticator: bytes) -> None:
        self.code = code
        self.identifier = identifier
        self.authenticator = authenticator
        self.message = b""
        self.state = b""
        self.station = b""


class Conversation:
    """An EAP conversation, and the State that its next request has."""

    def __init__(self, session: EapSession) -> None:
        self.session = session
        self.state = b""


EarlyAnswer = tuple[RadiusPacket, Stream, int, int]  # its direction, number and time


class RadiusReader(DatagramReader):
    """The conversations of one UDP flow: by the State that is to come, by station, and by open identifier.

    `requests` maps an identifier to the authenticator and the conversation of its latest request, `answers` to the
    authenticator of what answered that. `early` maps one to an answer that waits for its request.
    """

    def __init__(self, table: FlowOwner) -> None:
        self.table = table
        self.states: OrderedDict[bytes, Conversation] = OrderedDict()
        self.stations: OrderedDict[bytes, Conversation] = OrderedDict()
        self.requests: dict[int, tuple[bytes, Conversation]] = {}
        self.answers: dict[int, bytes] = {}
        self.early: OrderedDict[int, EarlyAnswer] = OrderedDict()
        self.flow: Flow | None = None

    def accept(self, flow: Flow, stream: Stream, data: bytes, position: int, end: int) -> None:
        """Take a packet to its conversation."""
        flow.carrier = CARRIER
        self.flow = flow
        try:
            packet = parse_radius(data, position, end)
        except DecodeError as error:
            flow.problem(error)
            return
        if packet is None or not packet.message:
            return
        if self.early:
            self.read_early(flow, EARLY_ANSWERS, stream.time_ns - EARLY_NS)
        if packet.code != ACCESS_REQUEST:
            if self.is_early(packet):
                self.end_waiting(flow, packet.identifier)
                self.early[packet.identifier] = (packet, stream, stream.number, stream.time_ns)
            else:
                self.read(flow, stream, packet, stream.number, stream.time_ns)
            return
        if packet.state:
            for identifier in [each for each in self.early if self.early[each][0].state == packet.state]:
                self.bridge(flow, stream, packet, identifier)
        self.read(flow, stream, packet, stream.number, stream.time_ns)
        self.end_waiting(flow, packet.identifier)

    def read(self, flow: Flow, stream: Stream, packet: RadiusPacket, number: int, time_ns: int) -> None:
        """Read a packet's EAP into its conversation."""
        conversation = self.find(flow, stream, packet)
        flow.held = CONVERSATION_COST * (len(self.states) + len(self.stations) + len(self.requests) + len(self.early))
        try:
            conversation.session.read(packet.message, number, time_ns)
        except DecodeError as error:
            flow.problem(error)

    def is_early(self, packet: RadiusPacket) -> bool:
        """Whether no request is there that an answer may be for."""
        if packet.identifier not in self.requests:
            return True
        return self.answers.get(packet.identifier, packet.authenticator) != packet.authenticator

    def bridge(self, flow: Flow, stream: Stream, packet: RadiusPacket, identifier: int) -> None:
        """Read an early answer, whose request was not captured, in front of the request that has its State."""
        conversation = self.stations.get(packet.station) or self.begin(flow, stream)
        self.requests[identifier] = (b"", conversation)
        self.answers.pop(identifier, None)
        self.end_waiting(flow, identifier)

    def end_waiting(self, flow: Flow, identifier: int) -> None:
        """Read an early answer, if there is one; where its request has not come, without."""
        answer = self.early.pop(identifier, None)
        if answer is not None:
            self.read(flow, answer[1], answer[0], answer[2], answer[3])

    def read_early(self, flow: Flow, room: int, before_ns: int) -> None:
        """Read the answers that came before a time, or that there is no room for, without their requests."""
        while self.early:
            identifier = next(iter(self.early))
            if len(self.early) <= room and self.early[identifier][3] >= before_ns:
                return
            self.end_waiting(flow, identifier)

    def finish(self) -> None:
        """The flow is over: no request comes that an answer waits for."""
        if self.flow is not None:
            self.read_early(self.flow, 0, 0)
            self.flow = None

    def find(self, flow: Flow, stream: Stream, packet: RadiusPacket) -> Conversation:
        """The conversation of a packet."""
        if packet.code != ACCESS_REQUEST:
            known = self.requests.get(packet.identifier)
            conversation = known[1] if known is not None else self.begin(flow, flow.streams[1 - stream.reader.side])
            if self.answers.get(packet.identifier) == packet.authenticator:  # sent again
                return conversation
            self.answers[packet.identifier] = packet.authenticator
            self.states.pop(conversation.state, None)
            conversation.state = packet.state
            if packet.code == ACCESS_CHALLENGE and packet.state:
                self.remember(self.states, packet.state, conversation)
            return conversation
        known = self.requests.get(packet.identifier)
        if known is not None and known[0] == packet.authenticator:  # sent again
            return known[1]
        found = None
        if packet.state:
            found = self.states.get(packet.state) or self.stations.get(packet.station)
        conversation = found or self.begin(flow, stream)
        self.requests[packet.identifier] = (packet.authenticator, conversation)
        self.answers.pop(packet.identifier, None)
        if packet.station:
            self.remember(self.stations, packet.station, conversation)
        return conversation

    def remember(self, known: OrderedDict[bytes, Conversation], key: bytes, conversation: Conversation) -> None:
        """Keep a conversation under `key`; the one that was kept first goes when there are too many."""
        if len(known) >= self.table.limits.conversations and key not in known:
            known.popitem(last=False)
        known[key] = conversation

    def begin(self, flow: Flow, stream: Stream) -> Conversation:
        """A conversation whose requests `stream` carries."""
        session = EapSession(self.table, stream.key, UDP)
        session.vlans = flow.vlans
        session.tunnels = [CARRIER] if flow.tunnels is None else [*flow.tunnels, CARRIER]
        return Conversation(session)


def open_radius(table: FlowOwner, data: bytes, position: int, end: int) -> RadiusReader | None:
    """A reader for a flow whose datagram is RADIUS with EAP in it, else None; `table` takes the connections inside."""
    if end - position < HEADER or data[position] > ACCESS_CHALLENGE:
        return None
    if data[position + 2] << 8 | data[position + 3] != end - position:
        return None
    try:
        packet = parse_radius(data, position, end)
    except DecodeError:
        return None
    return RadiusReader(table) if packet is not None and packet.message else None


def parse_radius(data: bytes, position: int, end: int) -> RadiusPacket | None:
    """Parse a packet of the codes that carry EAP; None for another. Octets behind its length are padding.

    Raises DecodeError when a length leaves its block.
    """
    if end - position < HEADER:
        raise DecodeError(CARRIER, "truncated", end - position, f"a header of {HEADER} octets")
    if data[position] not in CODES:
        return None
    length = data[position + 2] << 8 | data[position + 3]
    if length < HEADER or length > end - position:
        raise DecodeError(CARRIER, "bad_length", 2, f"a length of {HEADER} to {end - position} octets")
    authenticator = data[position + AUTHENTICATOR : position + HEADER]
    packet = RadiusPacket(data[position], data[position + 1], authenticator)
    end = position + length
    at = position + HEADER
    while at < end:
        size = data[at + 1] if end - at >= 2 else 0
        if size < 2 or size > end - at:
            raise DecodeError(CARRIER, "bad_length", at - position, "an attribute of at least 2 octets in the packet")
        kind = data[at]
        if kind == EAP_MESSAGE:
            packet.message += data[at + 2 : at + size]
        elif kind == STATE:
            packet.state = data[at + 2 : at + size]
        elif kind == CALLING_STATION_ID:
            packet.station = data[at + 2 : at + size]
        at += size
    return packet
