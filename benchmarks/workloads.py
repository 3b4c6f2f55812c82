"""WORKLOADS: what is measured on, declared once."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

LARGEST_BODY = 40_000_000


@dataclass(frozen=True)
class Workload:
    """How much of what: `body` draws the octets that a server sends in a connection.

    With `scaled_bodies`, --scale makes the bodies smaller and not the connections fewer. With
    `quic`, all connections are QUIC, over UDP.
    """

    connections: int
    seconds: int
    body: Callable[[random.Random], int]
    segments_per_ack: int = 2
    pause_us: int = 400
    mixed: bool = False
    needs_data: bool = False
    scaled_bodies: bool = False
    quic: bool = False


def web_body(chance: random.Random) -> int:
    """Most answers are small and most octets are in large ones: median 33 kB, mean 77 kB."""
    return min(round(chance.lognormvariate(10.4, 1.3)), LARGEST_BODY)


WORKLOADS = {
    "mixed": Workload(24_000, 900, web_body, mixed=True),
    "handshakes": Workload(100_000, 400, lambda chance: chance.randrange(300, 2800)),
    "bulk": Workload(
        24,
        2,
        lambda chance: chance.randrange(41_000_000, 123_000_000),
        segments_per_ack=8,
        pause_us=60,
        needs_data=True,
        scaled_bodies=True,
    ),
    "quic": Workload(20_000, 100, lambda chance: chance.randrange(300, 8000), quic=True),
    "small": Workload(15, 60, web_body, mixed=True),
}
