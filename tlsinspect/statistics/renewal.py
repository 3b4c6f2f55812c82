"""Certificates that end soon: few days are left, and less than a third of their life.

In: dates in nanoseconds, or the certificates. Out: what is left, or which they are.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..policy import ENDING_SOON
from .rows import Columns, Mask

NO_DATE = -1
SOON_NS = ENDING_SOON.days * 86_400 * 10**9
Times = NDArray[np.int64]


def time_left(begin: Times, end: Times, seen: Times) -> Times:
    """What certificates have left of a life of which less than a third is left; -1 of all others. Nanoseconds.

    Those that live for a week or a few weeks are renewed as late as that, so few days left are no news there. Where
    there is no beginning (NO_DATE), the days left are all that counts.
    """
    ends = (end != NO_DATE) & (seen != NO_DATE) & (end >= seen)
    left = np.where(ends, end, 0) - np.where(ends, seen, 0)
    lived = seen - np.maximum(begin, 0)
    late = (begin == NO_DATE) | (left <= (lived - 1) // 2)
    return np.where(ends & late, left, -1)


def ends_soon(certificates: Columns) -> Mask:
    """Which certificates have less than ENDING_SOON left when they are last seen, by time_left."""
    begin, end, seen = (nanoseconds_of(certificates.column(name)) for name in ("not_before", "not_after", "last_seen"))
    left = time_left(begin, end, seen)
    return np.asarray((left >= 0) & (left < SOON_NS), np.bool_)


def nanoseconds_of(times: pa.Array | pa.ChunkedArray) -> Times:
    """A column of times as numbers, NO_DATE where there is none."""
    return np.asarray(pc.fill_null(times.cast(pa.int64()), NO_DATE).to_numpy(), np.int64)
