"""Lists of names, addresses, certificates and fingerprints that somebody warns of -> findings where they are met.

In: files in the formats that such lists come in, and the connections. Out: rows of the findings table. A list is
never trusted further than that: what it says is shown as its words, and a fingerprint alone, which many programs
share, is never more than medium.
"""

from __future__ import annotations

from .match import add_matches, match_indicators
from .read import read_indicators
from .record import Indicator, Indicators, ListFacts

__all__ = ["Indicator", "Indicators", "ListFacts", "add_matches", "match_indicators", "read_indicators"]
