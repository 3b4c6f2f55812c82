"""OpenVPN: the TLS of its control channel, over UDP and TCP.

Goes in: the datagrams of one UDP flow, or the octets of a TCP connection, in which each
packet has a length of 2 octets in front. Comes out: the octets of TLS, in the order of their
packet ids and once however often they were sent, to the RecordReader of their direction.
What --tls-auth puts in front is stepped over: its length is found in the first packet. What
--tls-crypt sealed is left as it is. Data packets are not looked at.
Spec: https://openvpn.net/community-docs/openvpn-protocol.html
"""

from __future__ import annotations

from ..errors import DecodeError
from .codes import ABSENT, FOUND, WAITING
from .flow import DatagramReader, Flow
from .hello import is_hello
from .numbered import NumberedPackets
from .packet import unsigned32
from .stream import Framing, Stream

CARRIER = "openvpn"

CLIENT_RESET_V1 = 1
SERVER_RESET_V1 = 2
SOFT_RESET = 3
CONTROL = 4
ACKNOWLEDGE = 5
DATA_V1 = 6
CLIENT_RESET_V2 = 7
SERVER_RESET_V2 = 8
DATA_V2 = 9
CLIENT_RESET_V3 = 10  # with a wrapped client key (--tls-crypt-v2)
CONTROL_WRAPPED = 11

OPENINGS = (
    CLIENT_RESET_V1, SERVER_RESET_V1, SOFT_RESET, CONTROL, CLIENT_RESET_V2, SERVER_RESET_V2, CLIENT_RESET_V3,
)  # fmt: skip

SESSION_ID = 8  # octets
SEALED = -1
WRAPPINGS = (0, 24, 28, 36, 40, 56, 72)
"""Octets between session id and acknowledgments: none, or an HMAC (MD5, SHA-1, SHA-224 to SHA-512) and a replay id."""

SEALED_RESET = 54  # octets of a reset under --tls-crypt: opcode, session id, replay id, tag of 32 octets, 5 of content
SEALED_TIME_MINIMUM = 0x40000000  # seconds; OpenVPN is younger than January 2004
SESSION_ZEROS = 2  # zero octets of a random session id that are believed: flags and counts of DNS have three and more

ACKNOWLEDGED_LIMIT = 8  # packet ids in one packet
FIRST_ID_LIMIT = 1 << 16  # a packet id that is believed when a capture begins within the handshake
SHORTEST_HELLO = 11  # octets: record header, message header, version
RESET_LIMIT = 256  # octets of a reset without a client's key: at most 13, ids of others, and an HMAC or a tag
CONTROL_LIMIT = 4096  # octets of a control packet; OpenVPN keeps them within the MTU of the path


class ControlChannel(NumberedPackets):
    """One direction's control packets, and the session id that they have."""

    def __init__(self) -> None:
        super().__init__(0xFFFFFFFF, -1)
        self.session_id = b""


class OpenVpnReader(DatagramReader):
    """Where both directions of a session stand. `wrapping` is one of WRAPPINGS, or SEALED."""

    def __init__(self, wrapping: int) -> None:
        self.wrapping = wrapping
        self.key_id = -1
        self.channels = (ControlChannel(), ControlChannel())
        self.flow: Flow | None = None

    def accept(self, flow: Flow, stream: Stream, data: bytes, position: int, end: int) -> None:
        """Read a packet; only control packets of the session's first key matter."""
        if self.flow is None:
            self.flow = flow
            flow.carrier = CARRIER
        opcode = data[position] >> 3 if position < end else 0
        if self.wrapping == SEALED or not is_control(opcode) or opcode == ACKNOWLEDGE:
            return
        key_id = data[position] & 7
        if self.key_id < 0:
            self.key_id = key_id
        elif self.key_id != key_id:
            return
        at = find_payload(data, position, end, self.wrapping)
        if at < 0 or end - position > CONTROL_LIMIT:
            flow.problem(DecodeError(CARRIER, "bad_length", 0, f"packet ids within at most {CONTROL_LIMIT} octets"))
            return
        channel: ControlChannel = self.channels[stream.reader.side]
        if not channel.session_id:
            channel.session_id = data[position + 1 : position + 1 + SESSION_ID]
        channel.take(stream, unsigned32(data, at - 4, True), data[at:end])

    def starts_anew(self, stream: Stream, data: bytes, position: int, end: int) -> bool:
        """A reset with another session id or key id: TLS begins anew.

        From version 2.6 on OpenVPN seals renegotiations under a key of the session: these tell nothing
        and stay with the connection.
        """
        if end - position <= SESSION_ID:
            return False
        opcode = data[position] >> 3
        if opcode == SOFT_RESET:
            return 0 <= self.key_id != data[position] & 7 and find_wrapping(data, position, end) >= 0
        if opcode not in (CLIENT_RESET_V1, CLIENT_RESET_V2):
            return False
        known = self.channels[stream.reader.side].session_id
        return len(known) > 0 and known != data[position + 1 : position + 1 + SESSION_ID]

    def finish_side(self, stream: Stream) -> None:
        """No more packets of `stream` come."""
        channel: ControlChannel = self.channels[stream.reader.side]
        channel.finish(stream)

    def finish(self) -> None:
        """The flow is over; see DatagramReader."""
        if self.flow is not None:
            for stream in self.flow.streams:
                self.finish_side(stream)
            self.flow = None


class OpenVpnFraming(Framing):
    """One direction of OpenVPN over TCP: `skipped` octets of a data packet are still to come.

    `lost` is set behind a hole, until a packet of the same session is found.
    """

    def __init__(self, session: OpenVpnReader, flow: Flow) -> None:
        super().__init__()
        self.session = session
        self.flow = flow
        self.skipped = 0
        self.lost = False

    def feed(self, stream: Stream, data: bytes, position: int, end: int) -> None:
        """Take the next octets and read the packets that are whole."""
        if self.partial:
            data = self.partial + data[position:end]
            position = 0
            end = len(data)
            self.partial = b""
        while position < end:
            if self.lost:
                position = self.find_packet(stream, data, position, end)
                continue
            if self.skipped:
                taken = min(self.skipped, end - position)
                self.skipped -= taken
                position += taken
                continue
            if end - position < 3:
                self.partial = data[position:end]
                return
            length = data[position] << 8 | data[position + 1]
            opcode = data[position + 2] >> 3
            if length == 0 or not CLIENT_RESET_V1 <= opcode <= CONTROL_WRAPPED:
                self.lost = True
                self.flow.problem(DecodeError(CARRIER, "bad_value", 0, "a length and an opcode (1 to 11)"))
            elif length > CONTROL_LIMIT or not is_control(opcode):
                self.skipped = length + 2
            elif end - position < length + 2:
                self.partial = data[position:end]
                return
            else:
                self.session.accept(self.flow, stream, data, position + 2, position + 2 + length)
                position += length + 2

    def skip(self, stream: Stream, length: int) -> None:
        """Step over a hole; past the end of a data packet the place is lost."""
        taken = min(self.skipped, length)
        self.skipped -= taken
        if taken < length:
            self.partial = b""
            self.lost = True

    def find_packet(self, stream: Stream, data: bytes, position: int, end: int) -> int:
        """The next control packet of the session; `end` when there is none."""
        channel: ControlChannel = self.session.channels[stream.reader.side]
        if not channel.session_id:
            return end
        found = data.find(channel.session_id, position, end)
        if found < position + 3 or not is_control(data[found - 1] >> 3):
            return end
        self.lost = False
        return found - 3

    def finish(self, stream: Stream) -> None:
        """The stream is over; see Framing."""
        self.session.finish_side(stream)
        self.session.flow = None


def open_openvpn(data: bytes, position: int, end: int) -> OpenVpnReader | None:
    """A reader for the flow when its datagram is a reset of OpenVPN's, or a control packet with a hello in it."""
    if position == end or data[position] >> 3 not in OPENINGS:
        return None
    wrapping = find_wrapping(data, position, end)
    return OpenVpnReader(wrapping) if wrapping > -2 else None


def frame_openvpn(flow: Flow, data: bytes, position: int, end: int) -> int:
    """Frame both directions of a TCP connection when the first octets of one are a packet of OpenVPN's; see Framer."""
    given = end - position
    if given < 2:
        return WAITING if data[position] <= CONTROL_LIMIT >> 8 else ABSENT
    length = data[position] << 8 | data[position + 1]
    if not 0 < length <= CONTROL_LIMIT:
        return ABSENT
    if given > 2:
        opcode = data[position + 2] >> 3
        if opcode not in OPENINGS or (length > RESET_LIMIT and opcode not in (CONTROL, CLIENT_RESET_V3)):
            return ABSENT
    if length > given - 2:
        return WAITING
    reader = open_openvpn(data, position + 2, position + 2 + length)
    if reader is None:
        return ABSENT
    for stream in flow.streams:
        framing = OpenVpnFraming(reader, flow)
        if stream.framing is not None:
            framing.partial = stream.framing.partial
        stream.framing = framing
    flow.carrier = CARRIER
    return FOUND


def is_control(opcode: int) -> bool:
    """A packet that has a session id."""
    return CLIENT_RESET_V1 <= opcode <= CONTROL_WRAPPED and opcode not in (DATA_V1, DATA_V2)


def find_wrapping(data: bytes, position: int, end: int) -> int:
    """What stands between session id and acknowledgments: one of WRAPPINGS or SEALED; -2 for no packet of OpenVPN's.

    A reset tells by its length and the zeros at its end, where its packet id is.
    """
    opcode = data[position] >> 3
    key_id = data[position] & 7
    if opcode != CONTROL:
        zeros = data.count(b"\0", position + 1, position + 1 + SESSION_ID)
        if (opcode == SOFT_RESET) == (key_id == 0) or zeros > SESSION_ZEROS:
            return -2
    for wrapping in WRAPPINGS:
        at = find_payload(data, position, end, wrapping)
        if at < 0:
            continue
        number = unsigned32(data, at - 4, True)
        if opcode == CONTROL:
            if number < FIRST_ID_LIMIT and end - at >= SHORTEST_HELLO and is_hello(data, at):
                return wrapping
        elif number == 0 and at == end and opcode != CLIENT_RESET_V3:
            return wrapping
    if opcode in (CLIENT_RESET_V2, SERVER_RESET_V2, CLIENT_RESET_V3) and end - position >= SEALED_RESET:
        number = unsigned32(data, position + 1 + SESSION_ID, True) & 0xF0FFFF00  # 0x0F000001 is where some count from
        time = unsigned32(data, position + 5 + SESSION_ID, True)
        if number == 0 and time >= SEALED_TIME_MINIMUM:
            return SEALED
    return -2


def find_payload(data: bytes, position: int, end: int, wrapping: int) -> int:
    """The place behind a control packet's packet id; -1 when acknowledgments or packet id do not fit."""
    at = position + 1 + SESSION_ID + wrapping
    if at >= end:
        return -1
    count = data[at]
    if count > ACKNOWLEDGED_LIMIT:
        return -1
    at += 5 + (4 * count + SESSION_ID if count else 0)
    return at if at <= end else -1
