"""Colours of categories over time: a thing has here the colour that it has in every other chart.

What has none of its own, or one that another category of the chart has already, takes the next of TRENDS,
in the order of the categories, which does not depend on what is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


def trend_colours(series: str, categories: Sequence[str]) -> dict[str, Colour]:
    """The colour of each category of a series."""
    statistic = SERIES[series].statistic
    own = OWN_COLOURS.get(statistic, {})
    usual = colour_of(statistic)
    colours: dict[str, Colour] = {}
    for category in categories:
        if category.startswith(f"{OTHER} ("):
            colours[category] = REST
            continue
        colour = own.get(category) or usual(category)
        taken = colours.values()
        if colour in taken or (category not in own and colour in WITHOUT_MEANING):
            colour = next((each for each in TRENDS if each not in taken), REST)
        colours[category] = colour
    return colours


def colour_of(statistic: str) -> Callable[[str], Colour]:
    """How the chart of a statistic colours its categories."""
    return next((chart.colour for chart in CHARTS.values() if chart.statistic == statistic), lambda category: PLAIN)
