"""Colours of categories over time: a thing has here the colour that it has in every other chart.

What has none of its own, or one that another category of the chart has already, takes the next of TRENDS that is unlike
the colours that say something there, in the order of the categories, which does not depend on what is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import dist

from ..adoption import SERIES
from ..adoption.series import OTHER
from .catalogue import CHARTS
from .style import (
    BAD,
    FORWARD_SECRET,
    GOOD,
    NOT_FORWARD_SECRET,
    PLAIN,
    POST_QUANTUM,
    PROTOCOL_COLOURS,
    REST,
    TLS_1_1,
    TRENDS,
    VERSION_COLOURS,
    Colour,
)

OWN_COLOURS: dict[str, dict[str, Colour]] = {
    "transports": {"QUIC": PROTOCOL_COLOURS["quic"], "TLS over TCP": PROTOCOL_COLOURS["tls"]}
    | {"DTLS": PROTOCOL_COLOURS["dtls"]},
    "version_limit": {"TLS 1.3 agreed": VERSION_COLOURS["TLS 1.3"], "server chose less": BAD}
    | {"client offered less": TLS_1_1},
    "post_quantum": {"post-quantum": POST_QUANTUM, "classical": FORWARD_SECRET},
    "post_quantum_limit": {"post-quantum agreed": POST_QUANTUM, "server chose classical": BAD}
    | {"client offered none": TLS_1_1},
    "forward_secrecy": {"forward secret": FORWARD_SECRET, "not forward secret": NOT_FORWARD_SECRET},
}
WITHOUT_MEANING = (PLAIN, GOOD, BAD)  # of charts in which colours say good and bad: over time they say what is what

LEAST_APART = 50  # of two colours in red, green and blue, that a legend tells from each other


def trend_colours(series: str, categories: Sequence[str]) -> dict[str, Colour]:
    """The colour of each category of a series."""
    statistic = SERIES[series].statistic
    own = OWN_COLOURS.get(statistic, {})
    usual = colour_of(statistic)
    colours: dict[str, Colour] = {}
    for category in categories:
        colour = REST if category.startswith(f"{OTHER} (") else own.get(category) or usual(category)
        if colour not in colours.values() and (category in own or colour not in WITHOUT_MEANING):
            colours[category] = colour
    meant = list(colours.values())
    for category in categories:
        if category not in colours:
            colours[category] = free_colour(meant, list(colours.values()))
    return {category: colours[category] for category in categories}


def free_colour(meant: Sequence[Colour], taken: Sequence[Colour]) -> Colour:
    """The first of TRENDS that is not taken and unlike all that say something, or the one that is least like them."""
    free = [each for each in TRENDS if each not in taken]
    unlike = [min((apart(each, other) for other in meant), default=LEAST_APART) for each in free]
    clear = (each for each, distance in zip(free, unlike, strict=True) if distance >= LEAST_APART)
    return next(clear, free[unlike.index(max(unlike))] if free else REST)


def apart(one: Colour, other: Colour) -> float:
    """How unlike two colours are, on the ground on which they are more alike: from 0 to the 442 of black and white."""
    return min(
        dist(bytes.fromhex(first[1:]), bytes.fromhex(second[1:]))
        for first, second in ((one.light, other.light), (one.dark, other.dark))
    )


def colour_of(statistic: str) -> Callable[[str], Colour]:
    """How the chart of a statistic colours its categories."""
    return next((chart.colour for chart in CHARTS.values() if chart.statistic == statistic), lambda category: PLAIN)
