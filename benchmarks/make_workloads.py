"""Makes captures to measure with, out of the recorded connections in captures/.

    python benchmarks/make_workloads.py mixed mixed.pcap
    python benchmarks/make_workloads.py handshakes handshakes.pcap --scale 0.05 --seed 2

Writes a pcap and prints what is in it as JSON: the truth that readers are held to. The
same captures and arguments give the same file. Workloads:

    mixed       web traffic: connections of all sizes, some in the clear, name look-ups
    handshakes  many short connections
    bulk        a few connections that move gigabytes
    quic        QUIC connections: Initial packets protected anew for connection ids of
                their own, hellos over several packets, Retry, versions 1 and 2
    small       a mixed workload of about a megabyte
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import random
import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from conversations import Conversation, Recorded, load_conversations
from quic_conversations import QuicConversation, load_quic_conversations
from quic_replay import QuicReplay
from replay import Pool, Replay, Visit, build_pool, endpoints_of, lookup_frames, server_letters
from workloads import WORKLOADS, Workload

CAPTURES = Path(__file__).resolve().parent.parent / "captures"
START_US = 1_790_000_000 * 1_000_000
SERVERS = 20_000
REORDERED_SHARE = 0.01
PLAIN_SHARE = 0.08
LOOKUP_SHARE = 0.5
SNAPLEN = 262_144

Frames = Iterator[tuple[int, bytes]]


class Maker:
    """Plans a workload's visits, and counts what they hold."""

    def __init__(self, workload: Workload, scale: float, seed: int) -> None:
        self.workload = workload
        self.scale = scale
        self.chance = random.Random(seed)
        conversations = [] if workload.quic else load_conversations(CAPTURES)
        self.tls: Sequence[Conversation | QuicConversation] = (
            load_quic_conversations(CAPTURES)
            if workload.quic
            else [one for one in conversations if one.protocol == "tls" and (one.insert_at or not workload.needs_data)]
        )
        self.plain = [one for one in conversations if one.protocol == "http"]
        self.pools: dict[bytes, Pool] = {}
        self.counts: Counter[str] = Counter()
        self.names: set[bytes] = set()
        self.certificates: set[tuple[bytes, int]] = set()

    def plan(self) -> list[tuple[int, Frames]]:
        """Everything that happens, as (start in microseconds, frames)."""
        workload = self.workload
        connections = workload.connections
        if not workload.scaled_bodies:
            connections = max(1, round(connections * self.scale))
        found: list[tuple[int, Frames]] = []
        for number in range(connections):
            plain = workload.mixed and self.chance.random() < PLAIN_SHARE
            choices: Sequence[Conversation | QuicConversation] = self.plain if plain else self.tls
            conversation = self.chance.choice(choices)
            visit = self.visit(number, conversation)
            self.count(conversation, visit)
            found.append((visit.start_us, self.replay(conversation, visit).frames()))
            if workload.mixed and conversation.name and self.chance.random() < LOOKUP_SHARE:
                start = visit.start_us - 10_000
                name = server_letters(visit.server) + b"." + conversation.name
                found.append((start, lookup_frames(name, visit.endpoints, start, self.chance)))
        return sorted(found, key=lambda planned: planned[0])

    def replay(self, conversation: Conversation | QuicConversation, visit: Visit) -> Replay | QuicReplay:
        """What plays a conversation."""
        if isinstance(conversation, QuicConversation):
            return QuicReplay(conversation, visit)
        return Replay(conversation, visit, self.pool(conversation.record_version))

    def visit(self, number: int, conversation: Recorded) -> Visit:
        """Draw who visits whom, and when; a few servers have most of the visitors."""
        workload, chance = self.workload, self.chance
        server = int(SERVERS * chance.random() ** 3)
        octets = workload.body(chance)
        return Visit(
            endpoints=endpoints_of(number, server, conversation),
            server=server,
            start_us=START_US + chance.randrange(workload.seconds * 1_000_000),
            body_octets=math.ceil(octets * self.scale) if workload.scaled_bodies else octets,
            reordered=chance.random() < REORDERED_SHARE,
            segments_per_ack=workload.segments_per_ack,
            pause_us=workload.pause_us,
            seed=chance.getrandbits(64),
        )

    def pool(self, record_version: bytes) -> Pool:
        """Data for connections of a version; plain for those without TLS."""
        if record_version not in self.pools:
            header = b"\x17" + record_version if record_version else b""
            self.pools[record_version] = build_pool(header, self.chance)
        return self.pools[record_version]

    def count(self, conversation: Recorded, visit: Visit) -> None:
        """Add what a visit holds to the truth."""
        self.counts["connections"] += 1
        self.counts["tls_connections"] += conversation.protocol != "http"
        self.counts["reordered_connections"] += visit.reordered and conversation.swap_at is not None
        self.counts.update(conversation.holds)
        if conversation.name:
            self.counts["names"] += 1
            letters = server_letters(visit.server)[: len(conversation.name.split(b".")[0])]
            self.names.add(letters + conversation.name[len(letters) :])
        if conversation.leaf:
            self.certificates.add((conversation.leaf, visit.server))


def write_capture(out: BinaryIO, planned: list[tuple[int, Frames]]) -> tuple[int, int]:
    """Write the frames of all replays in order of time; returns how many there are, and their octets."""
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAPLEN, 1))
    waiting: list[tuple[int, int, bytes, Frames]] = []
    packets = octets = begun = 0
    while waiting or begun < len(planned):
        if begun < len(planned) and (not waiting or planned[begun][0] <= waiting[0][0]):
            frames = planned[begun][1]
            time_us, frame = next(frames)
            heapq.heappush(waiting, (time_us, begun, frame, frames))
            begun += 1
            continue
        time_us, order, frame, frames = waiting[0]
        seconds, microseconds = divmod(time_us, 1_000_000)
        out.write(struct.pack("<IIII", seconds, microseconds, len(frame), len(frame)))
        out.write(frame)
        packets += 1
        octets += len(frame)
        following = next(frames, None)
        if following is None:
            heapq.heappop(waiting)
        else:
            heapq.heapreplace(waiting, (following[0], order, following[1], frames))
    return packets, octets


def make_workload(name: str, path: Path, scale: float = 1.0, seed: int = 1) -> dict[str, object]:
    """Write a workload and return its truth: counts of packets, connections, messages, names and certificates."""
    maker = Maker(WORKLOADS[name], scale, seed)
    with path.open("wb", buffering=1 << 20) as out:
        packets, octets = write_capture(out, maker.plan())
    counted = ("connections", "tls_connections", "reordered_connections", "retries")
    held = ("client_hellos", "server_hellos", "names", "server_certificates", "client_certificates")
    return {
        "workload": name,
        "scale": scale,
        "seed": seed,
        "transport": "udp" if maker.workload.quic else "tcp",
        "packets": packets,
        "wire_bytes": octets,
        **{key: maker.counts[key] for key in (*counted, *held)},
        "distinct_names": len(maker.names),
        "distinct_leaf_certificates": len(maker.certificates),
    }


def main() -> None:
    """Read the arguments, write the capture, print the truth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", choices=list(WORKLOADS))
    parser.add_argument("output", type=Path)
    parser.add_argument("--scale", type=float, default=1.0, help="how large, 1 being the full size (default: 1)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another capture (default: 1)")
    arguments = parser.parse_args()
    print(json.dumps(make_workload(arguments.workload, arguments.output, arguments.scale, arguments.seed)))


if __name__ == "__main__":
    main()
