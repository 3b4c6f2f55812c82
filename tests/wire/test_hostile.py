"""Traffic that tries to exhaust a reader: what it holds stays within limits, what it costs grows with the packets.

The loads are those of benchmarks/hostile.py, smaller, and against limits that are smaller too. Work is
counted in lines that Python executes, so the kernel has to be plain; how much is held shows in both variants.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import tls_vectors as vectors
from tcp_segments import Talk
from tls_vectors import extension, handshake, message, retry_request
from tls_vectors import record as record_of
from traffic import pcap

from tlsinspect.quic_keys import QuicKeys
from tlsinspect.wire import record
from tlsinspect.wire.capfile import open_reader
from tlsinspect.wire.carriers import open_carrier
from tlsinspect.wire.dtls import open_dtls
from tlsinspect.wire.flow import Flow
from tlsinspect.wire.flow_table import FlowTable
from tlsinspect.wire.ip import FragmentTable
from tlsinspect.wire.limits import Limits
from tlsinspect.wire.quic_opener import QuicOpener
from tlsinspect.wire.walk import Walk

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "benchmarks"))
from hostile_loads import LOADS, client_hello, segment, stranger

PURE = str(record.__file__).endswith(".py")
STEP = 100  # packets between two looks
OCTETS = 400_000
LIMITS = Limits(
    connections=300,
    connection_octets=OCTETS,
    messages=50,
    early_segments=100,
    message_octets=200_000,
    fragmented_datagrams=50,
    datagram_fragments=100,
    fragment_octets=50_000,
    dtls_fragments=100,
    conversations=100,
)
PACKETS = {"quic-initials": 400, "quic-pieces": 200, "endless-messages": 300, "endless-long": 300, "endless-short": 60}
UNCOUNTED = {"endless-messages", "endless-long", "quic-initials", "quic-pieces"}  # of which making them is most
SHOWN = {
    "half-open": "evicted",
    "one-packet": "evicted",
    "one-hello": "outweighed",
    "descending": "gap",
    "random": "gap",
    "never-first": "gap",
    "gaps": "gap",
    "endless-messages": "handshake: a message of at most 200000 octets",
    "endless-long": "handshake: a message of at most 200000 octets",
    "endless-short": "handshake: at most 50 messages",
    "fragments": "ipv4: at most 50 incomplete datagrams",
    "tiny-fragments": "ipv4: at most 100 fragments of a datagram",
    "quic-initials": "outweighed",
    "quic-pieces": "quic: at most 256 pieces of CRYPTO frames",
    "dtls-fragments": "dtls: at most 100 fragments of a message",
    "eap": "eapol: at most 100 supplicants followed at once",
    "radius": "outweighed",
    "openvpn": "gap",
}


class NoDissector:
    """For captures of Ethernet, where nothing is left to dissect."""

    def find_ip(self, link_type: int, frame: bytes) -> bytes | None:
        raise AssertionError(link_type)


@dataclass
class Outcome:
    """What a load came to: `held` and `connections` are the most that was seen between two steps."""

    walk: Walk
    flows: list[Flow]
    held: int
    connections: int


def read_frames(frames: Iterator[bytes], limits: Limits = LIMITS) -> Outcome:
    """Read frames that are 1 ms apart, and look at what is held after each step."""
    octets = pcap([(1_790_000_000 * 10**9 + number * 10**6, frame) for number, frame in enumerate(frames)])
    openers = (open_dtls, QuicOpener(QuicKeys()), open_carrier)
    table = FlowTable(frozenset({443}), openers, limits=limits)
    walk = Walk(open_reader(iter([octets])), table, FragmentTable(limits), NoDissector())
    held = connections = 0
    more = True
    while more:
        more = walk.advance(STEP)
        held = max(held, table.held())
        connections = max(connections, table.open_count())
        assert len(table.closing) <= len(table.flows) + STEP
        assert walk.fragments.cost <= limits.fragment_octets
    table.finish()
    walk.fragments.close()
    return Outcome(walk, table.finished, held, connections)


def read_load(name: str, packets: int) -> Outcome:
    return read_frames(LOADS[name].frames(packets, random.Random(1)))


def signs(outcome: Outcome) -> set[str]:
    """What says that a limit cut something off."""
    table = outcome.walk.table
    found = {"evicted"} if table.evicted else set()
    found |= {"outweighed"} if table.outweighed else set()
    errors = [error for flow in outcome.flows for error, _ in flow.problems]
    errors += [error for error, _, _ in outcome.walk.fragments.take_problems()]
    for error in errors:
        if error.kind == "limit":
            found.add(f"{error.layer}: {error.expected}")
    if any(stream.gap for flow in outcome.flows for stream in flow.streams):
        found.add("gap")
    return found


@pytest.mark.parametrize("name", LOADS)
def test_what_a_load_makes_us_hold_stays_within_the_limits(name: str) -> None:
    outcome = read_load(name, PACKETS.get(name, 3000))
    assert outcome.connections <= LIMITS.connections
    assert outcome.held <= OCTETS * 1.3


@pytest.mark.parametrize("name", SHOWN)
def test_what_a_limit_cuts_off_a_load_shows(name: str) -> None:
    found = signs(read_load(name, PACKETS.get(name, 3000)))
    assert any(sign.startswith(SHOWN[name]) for sign in found), found


def test_the_hello_behind_a_retry_request_counts_as_held() -> None:
    talk = Talk().open().say(handshake(message(1, vectors.client_hello())), handshake(message(2, retry_request())))
    before = talk.wire.table.held()
    talk.say(handshake(message(1, vectors.client_hello(extension(0x1234, bytes(60_000))))))
    assert talk.wire.table.held() > before + 2 * 60_000


def test_a_hello_that_breaks_off_is_not_held_for_all_that_it_claims() -> None:
    talk = Talk().open().say(record_of(22, b"\1" + (1_000_000).to_bytes(3) + vectors.client_hello()))
    talk.wire.table.streams[next(iter(talk.wire.table.streams))].reader.skip(1)
    (flow,) = talk.wire.table.flows
    assert flow.client_hello is not None and flow.client_hello.raw_length == 1_000_000
    assert talk.wire.table.held() < 20_000


def test_a_hello_that_comes_an_octet_at_a_time_is_read() -> None:
    outcome = read_load("drip", 1200)
    assert signs(outcome) == set()
    assert [flow.client_hello is not None and flow.client_hello.complete for flow in outcome.flows][:2] == [True, True]


def lines_of(name: str, packets: int) -> int:
    """How many lines of Python reading a load executes."""
    return lines_of_frames(list(LOADS[name].frames(packets, random.Random(1))))


def lines_of_frames(frames: list[bytes]) -> int:
    """How many lines of Python reading frames executes."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        read_frames(iter(frames))
    finally:
        sys.settrace(before)
    return count


@pytest.mark.skipif(not PURE, reason="lines are counted of plain Python")
@pytest.mark.parametrize("name", sorted(set(LOADS) - UNCOUNTED))
def test_the_work_grows_with_the_packets_and_not_faster(name: str) -> None:
    packets = PACKETS.get(name, 1500) // 2
    assert lines_of(name, 2 * packets) <= 2.3 * lines_of(name, packets)


@pytest.mark.skipif(not PURE, reason="lines are counted of plain Python")
@pytest.mark.parametrize("segments", [4, 16, 64])
def test_connections_that_begin_at_their_end_cost_no_more_than_twice_others(segments: int) -> None:
    sealed = record_of(23, bytes(30))
    connections = [
        [segment(framer, 1 + place * len(sealed), sealed) for place in range(segments)]
        for framer in (stranger(chance, 443) for chance in [random.Random(1)] for _ in range(640 // segments))
    ]
    backwards = [frame for frames in connections for frame in reversed(frames)]
    assert lines_of_frames(backwards) <= 2.3 * lines_of_frames([frame for frames in connections for frame in frames])


def test_retransmissions_are_compared_with_few_pieces() -> None:
    outcome = read_load("repeated", 100)
    (flow,) = outcome.flows
    assert flow.streams[0].retransmitted == 0
    chance = random.Random(1)
    framer = stranger(chance, 443)
    hello = client_hello(chance, b"example")
    frames = [segment(framer, at, hello[at : at + 1]) for at in range(len(hello))]
    walk = Walk(open_reader(iter([pcap(list(enumerate(frames)))])), FlowTable(), FragmentTable(), NoDissector())
    walk.advance(len(frames))
    (stream, _) = next(iter(walk.table.flows)).streams
    assert b"".join([octets for _, octets in stream.compared]) == hello
    assert len(stream.compared) <= len(hello) // 512 + 1


def test_connections_that_closed_are_let_go_of_although_no_time_passes() -> None:
    chance = random.Random(1)
    frames = []
    for _ in range(2000):
        framer = stranger(chance, 443)
        frames += [segment(framer, 1, b"", 2), segment(framer, 2, b"", 4)]
    table = FlowTable(limits=LIMITS)
    walk = Walk(open_reader(iter([pcap([(0, frame) for frame in frames])])), table, FragmentTable(), NoDissector())
    walk.advance(len(frames))
    assert len(table.closing) <= LIMITS.connections
