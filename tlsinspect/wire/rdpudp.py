"""RDP over UDP, version 3: the TLS of its reliable channel.

Goes in: the datagrams of one UDP flow. Comes out: the octets of TLS, in the order of their channel
sequence numbers, to the RecordReader of their direction. What the older versions carry is not read.
Spec: [MS-RDPEUDP] section 2.2.2 (how it begins), [MS-RDPEUDP2] sections 2.2.1 and 3.1.1.1.5.
"""

from __future__ import annotations

from ..errors import DecodeError
from .flow import DatagramReader, Flow
from .numbered import NumberedPackets
from .stream import Stream

CARRIER = "rdpudp"

SYN = 0x0001  # flags of the older header
ACK = 0x0004
CORRELATION_ID = 0x0800
SYN_EXTENDED = 0x1000
FIRST_HEADER = 16  # octets: the older header, initial sequence number, and the MTU of both directions
CORRELATION = 32
MTU_MINIMUM, MTU_MAXIMUM = 1132, 1232
VERSION_3 = 0x0101

HAS_ACK = 0x001  # flags of the newer header
HAS_DATA = 0x004
HAS_VECTOR = 0x008
HAS_ACK_OF_ACKS = 0x010
HAS_OVERHEAD = 0x040
HAS_DELAY = 0x100
DATA_PACKET = 0  # type in the prefix; 8 is a dummy


class RdpUdpReader(DatagramReader):
    """Where both directions stand; `version` is what the server chose, -1 before, `begun` says that data came."""

    def __init__(self) -> None:
        self.version = -1
        self.begun = False
        self.channels = (NumberedPackets(0xFFFF, 1), NumberedPackets(0xFFFF, 1))
        self.flow: Flow | None = None

    def accept(self, flow: Flow, stream: Stream, data: bytes, position: int, end: int) -> None:
        """Read a packet."""
        if self.flow is None:
            self.flow = flow
            flow.carrier = CARRIER
        if is_first(data, position, end):
            if data[position + 7] & ACK:
                self.version = find_version(data, position, end)
            return
        if self.version != VERSION_3 or end - position < 8:
            return
        prefix = data[position + 7]
        if prefix >> 1 & 0x0F != DATA_PACKET or prefix >> 5 != 7:
            return
        # The prefix is sent in the place of the eighth octet, and that one in front.
        packet = data[position + 1 : position + 7] + data[position : position + 1] + data[position + 8 : end]
        at = find_body(packet)
        if at > len(packet):
            flow.problem(DecodeError(CARRIER, "truncated", len(packet), "the parts that the header's flags announce"))
        elif at > 0:
            self.begun = True
            channel: NumberedPackets = self.channels[stream.reader.side]
            channel.take(stream, packet[at - 2] | packet[at - 1] << 8, packet[at:])

    def starts_anew(self, stream: Stream, data: bytes, position: int, end: int) -> bool:
        """A client that begins again after data came; before, its first packet was sent twice, or is out of order."""
        return self.begun and is_first(data, position, end) and not data[position + 7] & ACK

    def finish(self) -> None:
        """The flow is over; see DatagramReader."""
        if self.flow is not None:
            for stream, channel in zip(self.flow.streams, self.channels, strict=True):
                channel.finish(stream)
            self.flow = None


def open_rdpudp(data: bytes, position: int, end: int) -> RdpUdpReader | None:
    """A reader for the flow when its datagram is one of the two with which RDP over UDP begins."""
    return RdpUdpReader() if is_first(data, position, end) else None


def is_first(data: bytes, position: int, end: int) -> bool:
    """A SYN of the client, which acknowledges nothing, or of the server; both are padded to the MTU."""
    if not MTU_MINIMUM <= end - position <= MTU_MAXIMUM or not data[position + 7] & SYN:
        return False
    answers = data[position + 7] & ACK != 0
    for at in (position + 12, position + 14):
        if not MTU_MINIMUM <= data[at] << 8 | data[at + 1] <= MTU_MAXIMUM:
            return False
    return answers != (data[position : position + 4] == b"\xff\xff\xff\xff") and data[end - 1] == 0


def find_version(data: bytes, position: int, end: int) -> int:
    """The version that the first packet of a server names; 1 where it names none. Spec: [MS-RDPEUDP] 2.2.2.9."""
    flags = data[position + 6] << 8 | data[position + 7]
    if not flags & SYN_EXTENDED:
        return 1
    at = position + FIRST_HEADER + (CORRELATION if flags & CORRELATION_ID else 0)
    return data[at + 2] << 8 | data[at + 3] if end - at >= 4 and data[at + 1] & 1 else 1


def find_body(packet: bytes) -> int:
    """The place of the data, behind their channel sequence number; 0 where a packet has none.

    Past the packet's end where its parts leave it.
    """
    flags = packet[0] | (packet[1] & 0x0F) << 8
    size = len(packet)
    if not flags & HAS_DATA:
        return 0
    at = 2
    if flags & HAS_ACK:
        at += 7 + (packet[at + 6] & 0x0F if size > at + 6 else 0)
    at += (1 if flags & HAS_OVERHEAD else 0) + (3 if flags & HAS_DELAY else 0) + (2 if flags & HAS_ACK_OF_ACKS else 0)
    at += 2  # data sequence number
    if flags & HAS_VECTOR:
        coded = packet[at + 2] if size > at + 2 else 0
        at += 3 + (coded & 0x7F) + (4 if coded & 0x80 else 0)
    return at + 2
