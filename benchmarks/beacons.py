"""How often series of connections are called regular, by simulation: python benchmarks/beacons.py [SERIES]

Prints the table of docs/pivots.md: kinds of intervals against numbers of connections.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from numpy.random import Generator, default_rng

from tlsinspect.pivots.beacons import REGULAR_SCORE, Floats, measure

SERIES, SEED = 4000, 1
MEAN_S = 60.0
CONNECTIONS = (10, 15, 20)
Draw = Callable[[Generator, int], Floats]


def timer(jitter: float, missed: float = 0.0) -> Draw:
    """Intervals of a timer: the mean, up to `jitter` of it more or less; a share of the connections is not seen."""

    def draw(chance: Generator, number: int) -> Floats:
        times: Floats = np.cumsum(MEAN_S * chance.uniform(1 - jitter, 1 + jitter, 4 * number))
        seen = times[chance.random(len(times)) >= missed][: number + 1]
        return np.diff(seen)

    return draw


KINDS: dict[str, Draw] = {
    "at random (exponential)": lambda chance, number: chance.exponential(MEAN_S, number),
    "evenly spread between 0 and twice their mean": lambda chance, number: chance.uniform(0, 2 * MEAN_S, number),
    "a timer with 20 % jitter": timer(0.2),
    "the same, 15 % of the connections missed": timer(0.2, 0.15),
    "a timer with 40 % jitter": timer(0.4),
}


def share_regular(draw: Draw, connections: int, series: int, chance: Generator) -> float:
    """The share of series that are called regular."""
    sizes = np.ones(connections)
    scores = (
        measure(np.concatenate([[0.0], np.cumsum(draw(chance, connections - 1))]), sizes).score for _ in range(series)
    )
    return sum(score >= REGULAR_SCORE for score in scores) / series


def main() -> None:
    """Print the table."""
    series = int(sys.argv[1]) if len(sys.argv) > 1 else SERIES
    chance = default_rng(SEED)
    for name, draw in KINDS.items():
        shares = [share_regular(draw, number, series, chance) for number in CONNECTIONS]
        print(f"| {name} | {' | '.join(f'{share:.1%}' for share in shares)} |")


if __name__ == "__main__":
    main()
