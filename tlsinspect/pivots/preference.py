"""Whose order of cipher suites a server follows, as far as its own choices prove it.

A suite is known once the server has chosen it. A connection that offers two or more known suites of the same kind
(those of TLS 1.3, or those before) shows a preference: what was chosen stands above the other known ones. Where that
is not the first that the client named, the server has an order of its own; where the client's order alone turns it
around, it follows the client. A server with certificates of two key types may seem to do either: what it can use
depends on the client's signature algorithms too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

TLS13_SUITES = range(0x1300, 0x1400)

Choice = tuple[tuple[int, ...], int, int]


class Preference(NamedTuple):
    """The suites in order, whose order it is ("server", "client", "mixed", None where nothing shows), and how often."""

    suites: list[int]
    order: str | None
    evidence: int


def find_preference(choices: Iterable[Choice]) -> Preference:
    """The preference of one server from what it was offered, what it chose, and in how many connections."""
    choices = list(choices)
    chosen: Counter[int] = Counter()
    for _, suite, count in choices:
        chosen[suite] += count
    beats: set[tuple[int, int]] = set()
    evidence, against_client = 0, False
    for offered, suite, count in choices:
        ranking = [code for code in offered if code in chosen and (code in TLS13_SUITES) == (suite in TLS13_SUITES)]
        if len(ranking) < 2:
            continue
        evidence += count
        against_client = against_client or ranking[0] != suite
        beats.update((suite, other) for other in ranking if other != suite)
    turned = any((second, first) in beats for first, second in beats)
    order = {(True, False): "server", (False, True): "client", (True, True): "mixed"}.get((against_client, turned))
    wins = {code: len(below(code, beats)) if order == "server" else 0 for code in chosen}
    suites = sorted(chosen, key=lambda code: (code not in TLS13_SUITES, -wins[code], -chosen[code], code))
    return Preference(suites, order, evidence)


def below(suite: int, beats: set[tuple[int, int]]) -> set[int]:
    """The suites that one stands above, by way of others too."""
    found: set[int] = set()
    waiting = [suite]
    while waiting:
        first = waiting.pop()
        following = {other for winner, other in beats if winner == first} - found
        found |= following
        waiting += following
    return found
