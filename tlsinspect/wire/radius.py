"""EAP in RADIUS: the conversations that one access server has with one authentication server.

Goes in: the datagrams of a UDP flow. Comes out: a Flow for each conversation with TLS in it,
with the addresses and ports of the UDP flow. What tells conversations apart is the server's
State, which the next request repeats, and the identifier that an answer has from its request;
where an answer was not captured, the station that is calling.
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


class RadiusReader(DatagramReader):
    """The conversations of one UDP flow: by the State that is to come, by station, and by open identifier.

    `requests` maps an identifier to the authenticator and the conversation of its latest request, `answers` to the
    authenticator of what answered that.
    """

    def __init__(self, table: FlowOwner) -> None:
        self.table = table
        self.states: OrderedDict[bytes, Conversation] = OrderedDict()
        self.stations: OrderedDict[bytes, Conversation] = OrderedDict()
        self.requests: dict[int, tuple[bytes, Conversation]] = {}
        self.answers: dict[int, bytes] = {}

    def accept(self, flow: Flow, stream: Stream, data: bytes, position: int, end: int) -> None:
        """Take a packet to its conversation."""
        flow.carrier = CARRIER
        try:
            packet = parse_radius(data, position, end)
            if packet is None or not packet.message:
                return
            conversation = self.find(flow, stream, packet)
            flow.held = CONVERSATION_COST * (len(self.states) + len(self.stations) + len(self.requests))
            conversation.session.read(packet.message, stream.number, stream.time_ns)
        except DecodeError as error:
            flow.problem(error)

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
