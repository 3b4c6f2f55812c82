"""Adoption: stored connections -> what share of them did what, day by day, week by week or month by month.

In: a store, or pyarrow datasets of connections and certificates. Out: an Adoption with the series of SERIES,
each a statistic of STATISTICS in every period; the dates and published figures to see them beside.
"""

from __future__ import annotations

from .build import build_adoption, count_adoption
from .catalogue import BY, SERIES, Series
from .count import Count
from .marks import Event, Figure, load_events, load_figures
from .series import Adoption, Period

__all__ = [
    "BY",
    "SERIES",
    "Adoption",
    "Count",
    "Event",
    "Figure",
    "Period",
    "Series",
    "build_adoption",
    "count_adoption",
    "load_events",
    "load_figures",
]
