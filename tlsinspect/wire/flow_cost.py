"""What a connection costs in memory, by estimate.

Goes in: a Flow. Comes out: octets. Measured on 64-bit CPython: the objects count, not only their octets.
"""

from __future__ import annotations

from .codes import FLOW_COST
from .flow import Flow
from .packet import Packet
from .record import RecordReader
from .stream import Stream

HELLO_COST = 2000  # that the fields of a hello take beside its octets
SEGMENT_COST = 230  # that an early segment takes beside its payload
PIECE_COST = 120  # any other piece of octets
MESSAGE_COST = 200  # a message or alert that is noted
PROBLEM_COST = 700
KEPT_COST = 400  # a packet that is kept, beside its octets


def flow_cost(flow: Flow) -> int:
    """Octets of memory that a connection holds."""
    cost = FLOW_COST + flow.held + len(flow.problems) * PROBLEM_COST
    cost += (len(flow.messages) + len(flow.alerts)) * MESSAGE_COST
    for packet in flow.first_segments or ():
        cost += kept_cost(packet)
    if flow.client_hello is not None:
        stream: Stream = flow.streams[flow.hello_side]
        octets = stream.octets  # a hello that breaks off claims more
        cost += HELLO_COST + 2 * min(flow.client_hello.raw_length, octets)
        if flow.retried_hello is not None:
            cost += HELLO_COST + 2 * min(flow.retried_hello.raw_length, octets)
    if flow.retry is not None:
        cost += HELLO_COST + len(flow.retry.extension_types)
    if flow.server_hello is not None:
        cost += HELLO_COST + len(flow.server_hello.extension_types)
        if flow.server_hello.timestamps is not None:
            cost += len(flow.server_hello.timestamps)
    if flow.certificate_status is not None:
        cost += len(flow.certificate_status)
    if flow.server_key_exchange is not None:
        cost += len(flow.server_key_exchange)
    return cost + stream_cost(flow.streams[0]) + stream_cost(flow.streams[1])


def kept_cost(packet: Packet) -> int:
    """Octets that a packet takes which is kept."""
    return KEPT_COST + len(packet.data)


def stream_cost(stream: Stream) -> int:
    """Octets that a direction keeps for later."""
    reader: RecordReader = stream.reader
    cost = stream.pending_bytes + len(stream.head)
    if stream.head_packets is not None:
        cost += len(stream.head_packets) * PIECE_COST
    if stream.pending is not None:
        cost += len(stream.pending) * SEGMENT_COST
    if stream.compared is not None:
        cost += min(stream.next_place, stream.limits.compared_octets) + len(stream.compared) * PIECE_COST
    if reader.chain is not None:
        cost += len(reader.chain)
    if reader.parts is not None:
        cost += reader.parts_length + len(reader.parts) * PIECE_COST
    return cost + len(reader.partial)
