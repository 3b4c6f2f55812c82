"""Variants of one TLS 1.2 connection: what a network, or a capture point, does to its segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from capture_files import Packet, build_pcap
from segments import ACK, FIN, RST, Segment, build_packet, cut_segment, parse_segment
from variant import HELLOS, Variant, rewrite_packets

MILLISECOND = 1_000_000
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE = HELLOS
Rewritten = Callable[[list[Segment]], Iterable[Segment]]


def rewrite_segments(rewrite: Rewritten) -> Callable[[list[Packet]], bytes]:
    """A builder that rewrites the segments of the base."""

    def build(packets: list[Packet]) -> list[Packet]:
        return [build_packet(segment) for segment in rewrite([parse_segment(packet) for packet in packets])]

    return rewrite_packets(build)


def list_server_data(segments: list[Segment]) -> list[int]:
    """Where in the list the server's segments with payload are."""
    return [at for at, segment in enumerate(segments) if segment.payload and not segment.from_client]


def swap_first_flight(segments: list[Segment]) -> list[Segment]:
    """The first two data segments of the server change places; the times stay where they were."""
    first, second, *_ = list_server_data(segments)
    swapped = list(segments)
    swapped[first] = replace(segments[second], time_ns=segments[first].time_ns)
    swapped[second] = replace(segments[first], time_ns=segments[second].time_ns)
    return swapped


def reverse_pieces(segments: list[Segment]) -> Iterable[Segment]:
    """Every payload arrives in pieces of 200 bytes, the last piece first."""
    for segment in segments:
        starts = range(0, max(len(segment.payload), 1), 200)
        for step, start in enumerate(reversed(starts)):
            yield cut_segment(segment, start, start + 200, step * 1000)


def retransmit_all(segments: list[Segment]) -> list[Segment]:
    """Every data segment comes again, 2 ms later."""
    again = [replace(segment, time_ns=segment.time_ns + 2 * MILLISECOND) for segment in segments if segment.payload]
    return sorted([*segments, *again], key=lambda segment: segment.time_ns)


def overlap_pieces(segments: list[Segment]) -> Iterable[Segment]:
    """Pieces of 300 bytes, each beginning 100 bytes before the last one ended; the bytes agree."""
    for segment in segments:
        starts = range(0, max(len(segment.payload), 1), 200)
        for step, start in enumerate(starts):
            yield cut_segment(segment, start, start + 300, step * 1000)


def overlap_with_other_bytes(segments: list[Segment]) -> Iterable[Segment]:
    """After each data segment its middle comes again with every bit turned over."""
    for segment in segments:
        yield segment
        if len(segment.payload) > 60:
            middle = cut_segment(segment, 20, 60, 1000)
            yield replace(middle, payload=bytes(byte ^ 0xFF for byte in middle.payload))


def drop_certificate_segment(segments: list[Segment]) -> list[Segment]:
    """The second data segment of the server never reached the capture point."""
    lost = list_server_data(segments)[1]
    return [segment for at, segment in enumerate(segments) if at != lost]


def drop_client_hello(segments: list[Segment]) -> list[Segment]:
    """The first data segment of the client never reached the capture point."""
    lost = next(at for at, segment in enumerate(segments) if segment.payload and segment.from_client)
    return [segment for at, segment in enumerate(segments) if at != lost]


def cut_hello_to_bytes(segments: list[Segment]) -> Iterable[Segment]:
    """The client's first payload arrives byte by byte."""
    hello = next(segment for segment in segments if segment.payload and segment.from_client)
    for segment in segments:
        if segment is hello:
            yield from (cut_segment(hello, at, at + 1, at * 1000) for at in range(len(hello.payload)))
        else:
            yield segment


def cut_small(segments: list[Segment]) -> Iterable[Segment]:
    """No segment carries more than 23 bytes."""
    for segment in segments:
        for step, start in enumerate(range(0, max(len(segment.payload), 1), 23)):
            yield cut_segment(segment, start, start + 23, step * 1000)


def wrap_sequence(segments: list[Segment]) -> list[Segment]:
    """Both sides' sequence numbers pass 2^32 inside their first flights."""
    client = -next(segment.sequence for segment in segments if segment.from_client) - 100
    server = -next(segment.sequence for segment in segments if not segment.from_client) - 700
    return [
        replace(
            segment,
            sequence=segment.sequence + (client if segment.from_client else server),
            acknowledgement=segment.acknowledgement + (server if segment.from_client else client),
        )
        if segment.flags & ACK
        else replace(segment, sequence=segment.sequence + client)
        for segment in segments
    ]


def turn_time_back(segments: list[Segment]) -> list[Segment]:
    """The clock is set back by two seconds in the middle of the handshake; the order stays."""
    middle = list_server_data(segments)[0]
    return [
        replace(segment, time_ns=segment.time_ns - (2000 * MILLISECOND if at >= middle else 0))
        for at, segment in enumerate(segments)
    ]


def see_all_twice(segments: list[Segment]) -> Iterable[Segment]:
    """A mirror port that sees every packet on its way in and on its way out."""
    for segment in segments:
        yield segment
        yield replace(segment, time_ns=segment.time_ns + 4000)


def add_keep_alives(segments: list[Segment]) -> Iterable[Segment]:
    """Before each data segment a keep-alive of the old kind: one byte, one sequence number too low."""
    for segment in segments:
        if segment.payload:
            yield replace(segment, sequence=segment.sequence - 1, payload=b"\0", flags=ACK)
        yield segment


def reset_after_hello(segments: list[Segment]) -> list[Segment]:
    """Somebody on the way resets the connection right behind the client's hello, in both names."""
    at = next(at for at, segment in enumerate(segments) if segment.payload and segment.from_client)
    hello, answer = segments[at], segments[at + 1]
    to_server = replace(hello, payload=b"", sequence=hello.sequence + len(hello.payload), flags=RST | ACK)
    return [*segments[: at + 1], replace(answer, flags=RST | ACK), replace(to_server, time_ns=answer.time_ns + 1000)]


def reuse_port(packets: list[Packet]) -> bytes:
    """The same connection again an hour later, from the same port, with other sequence numbers."""
    first = [parse_segment(packet) for packet in packets]
    again = [
        replace(
            segment,
            time_ns=segment.time_ns + 3_600_000 * MILLISECOND,
            sequence=segment.sequence + 0x31415926,
            acknowledgement=(segment.acknowledgement + 0x31415926) if segment.flags & ACK else 0,
        )
        for segment in first
    ]
    return build_pcap(build_packet(segment) for segment in [*first, *again])


def reuse_port_without_close(packets: list[Packet]) -> bytes:
    """As before, but the first connection was never seen to end."""
    ended = [at for at, packet in enumerate(packets) if parse_segment(packet).flags & (FIN | RST)]
    return reuse_port(packets[: ended[0]])


TCP_VARIANTS = (
    Variant("tcp-out-of-order", "two server segments in the wrong order", rewrite_segments(swap_first_flight)),
    Variant("tcp-reversed", "every payload in pieces, the last piece first", rewrite_segments(reverse_pieces)),
    Variant("tcp-retransmitted", "every data segment twice, 2 ms apart", rewrite_segments(retransmit_all)),
    Variant("tcp-overlapping", "pieces that overlap, with the same bytes", rewrite_segments(overlap_pieces)),
    Variant(
        "tcp-overlap-conflict",
        "bytes that come again as other bytes: the first ones are the true ones",
        rewrite_segments(overlap_with_other_bytes),
        checks=HELLOS[:2],
    ),
    Variant(
        "tcp-missing-segment",
        "the server's second segment is missing, and with it most of the certificates",
        rewrite_segments(drop_certificate_segment),
        checks=("tcp.analysis.lost_segment or tcp.analysis.ack_lost_segment", CLIENT_HELLO),
    ),
    Variant(
        "tcp-missing-hello",
        "the client's hello is missing",
        rewrite_segments(drop_client_hello),
        checks=(SERVER_HELLO, CERTIFICATE),
        absent=(CLIENT_HELLO,),
    ),
    Variant("tcp-small-segments", "no segment carries more than 23 bytes", rewrite_segments(cut_small)),
    Variant("tcp-hello-in-bytes", "the client's hello byte by byte", rewrite_segments(cut_hello_to_bytes)),
    Variant("tcp-sequence-wrap", "sequence numbers pass 2^32 in the handshake", rewrite_segments(wrap_sequence)),
    Variant(
        "tcp-without-opening",
        "the capture begins after the three-way handshake",
        rewrite_packets(lambda packets: packets[3:]),
        absent=("tcp.flags.syn == 1",),
    ),
    Variant(
        "tcp-midstream",
        "the capture begins after the TLS handshake",
        rewrite_packets(lambda packets: packets[-9:]),
        checks=("tls.app_data",),
        absent=(CLIENT_HELLO, SERVER_HELLO),
    ),
    Variant(
        "tcp-client-only",
        "only the client's packets",
        rewrite_segments(lambda segments: [segment for segment in segments if segment.from_client]),
        checks=(CLIENT_HELLO,),
        absent=(SERVER_HELLO,),
    ),
    Variant(
        "tcp-server-only",
        "only the server's packets",
        rewrite_segments(lambda segments: [segment for segment in segments if not segment.from_client]),
        checks=(SERVER_HELLO, CERTIFICATE),
        absent=(CLIENT_HELLO,),
    ),
    Variant(
        "tcp-without-close", "the capture ends before the connection", rewrite_packets(lambda packets: packets[:-5])
    ),
    Variant("tcp-time-backwards", "the clock is set back by two seconds", rewrite_segments(turn_time_back)),
    Variant("tcp-mirrored-twice", "a mirror port sees every packet twice", rewrite_segments(see_all_twice)),
    Variant("tcp-keep-alives", "keep-alives of one byte before each data segment", rewrite_segments(add_keep_alives)),
    Variant(
        "tcp-injected-resets",
        "resets in both directions right behind the hello",
        rewrite_segments(reset_after_hello),
        checks=(CLIENT_HELLO, "tcp.flags.reset == 1"),
        absent=(SERVER_HELLO,),
    ),
    Variant("tcp-port-reused", "two connections between the same addresses and ports", reuse_port, connections=2),
    Variant(
        "tcp-port-reused-unclosed",
        "two connections between the same addresses and ports, the first never closed",
        reuse_port_without_close,
        connections=2,
    ),
)
