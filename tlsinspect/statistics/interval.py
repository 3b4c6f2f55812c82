"""A share's interval: Wilson's score interval, vectorised.

In: counts and denominators. Out: the bounds between which the share of a large
population would plausibly lie, if these connections were a random sample of it.
They are not: connections of one client resemble each other, so the truth is wider.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

CONFIDENCE = 0.95
Z_95 = 1.959963984540054  # the normal distribution's 97.5 % quantile

Columns = dict[str, list[float | None]]


def wilson_interval(count: int, denominator: int, z: float = Z_95) -> tuple[float, float]:
    """Return the Wilson score interval of `count` in `denominator` as fractions; NaN, NaN for nothing of nothing.

    Unlike the textbook interval it stays within 0 and 1 and is honest for 0 of n and for small n.
    Raises ValueError for a count outside 0 .. denominator.
    Reference: E. B. Wilson, Journal of the American Statistical Association 22 (1927) 209-212.
    """
    if not 0 <= count <= denominator:
        raise ValueError(f"a count of {count} in {denominator}")
    if denominator == 0:
        return math.nan, math.nan
    share = count / denominator
    weight = z * z / denominator
    centre = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(share * (1 - share) / denominator + weight / (4 * denominator))
    low = 0.0 if count == 0 else max(0.0, centre - half)
    high = 1.0 if count == denominator else min(1.0, centre + half)
    return low, high


def share_columns(counts: Sequence[int], denominators: Sequence[int], interval: bool = True) -> Columns:
    """Return the columns share, low and high for counts and their denominators.

    All are None where a denominator is 0; low and high are None throughout without `interval`.
    """
    pairs = list(zip(counts, denominators, strict=True))
    bounds = [wilson_interval(count, total) if interval and total else (None, None) for count, total in pairs]
    return {
        "share": [count / total if total else None for count, total in pairs],
        "low": [low for low, _ in bounds],
        "high": [high for _, high in bounds],
    }
