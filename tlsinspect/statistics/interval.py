"""A share's interval: Wilson's score interval, vectorised.

In: counts and denominators. Out: the bounds between which the share of a large
population would plausibly lie, if these connections were a random sample of it.
They are not: connections of one client resemble each other, so the truth is wider.
Where it is known which connections are whose, clustered_size says how much wider.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Z_95 = 1.959963984540054  # the normal distribution's 97.5 % quantile

Columns = dict[str, list[float | None]]


def wilson_interval(count: float, denominator: float, z: float = Z_95) -> tuple[float, float]:
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


def clustered_size(
    counts: NDArray[np.float64],
    squares: NDArray[np.float64],
    products: NDArray[np.float64],
    totals: NDArray[np.float64],
) -> NDArray[np.float64]:
    """How many independent connections the share of each category is worth, given what the hosts have of it.

    By category: `counts` is the sum over all hosts of what a host has of it, `squares` the sum of its square,
    `products` the sum of it times all that the host has; `totals` is the latter, by host. The variance is that of
    a ratio of sums over hosts (linearised: Cochran, Sampling Techniques, 1977, section 11.8); the size is that of a
    simple random sample of the same variance (Kish, Survey Sampling, 1965, section 8.2), and never above the
    number of connections. A share of none or all has no variance to go by: then it is as if the connections of a
    host were all alike. There are two hosts or more.
    """
    import numpy as np

    hosts, number = len(totals), totals.sum()
    share = counts / number
    alike = (totals**2).sum()
    unlike = np.maximum(squares - 2 * share * products + share**2 * alike, 0)
    variance = hosts / (hosts - 1) * unlike / number**2
    inside = (counts > 0) & (counts < number)
    size = np.full(len(counts), number**2 / alike)
    size[inside] = share[inside] * (1 - share[inside]) / np.maximum(variance[inside], 1e-300)
    clipped: NDArray[np.float64] = np.clip(size, 1, number)
    return clipped


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
