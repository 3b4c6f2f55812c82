"""Sums and differences of times and durations, which end where 64 bits of nanoseconds do and never wrap around.

Certificates without an end are common (RFC 5280 section 4.1.2.5: the year 9999), and their column has the latest time
that there is: a day later is still not in the past.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

LATEST = pa.scalar((1 << 63) - 1, pa.int64())
EARLIEST = pa.scalar(-((1 << 63) - 1), pa.int64())


def added(left: Any, right: Any, data_type: pa.DataType) -> Any:
    """Arrays or scalars of nanoseconds added; the nearest that there is where the sum is out of range."""
    one, other = left.cast(pa.int64()), right.cast(pa.int64())
    made = pc.add(one, other)
    return held(one, made, pc.bit_wise_and(pc.bit_wise_xor(one, made), pc.bit_wise_xor(other, made))).cast(data_type)


def subtracted(left: Any, right: Any, data_type: pa.DataType) -> Any:
    """The same, `right` taken from `left`."""
    one, other = left.cast(pa.int64()), right.cast(pa.int64())
    made = pc.subtract(one, other)
    return held(one, made, pc.bit_wise_and(pc.bit_wise_xor(one, other), pc.bit_wise_xor(one, made))).cast(data_type)


def held(one: Any, made: Any, wrapped: Any) -> Any:
    """What was made, or where `wrapped` is negative the end of the range on the side of `one`."""
    return pc.if_else(pc.less(wrapped, 0), pc.if_else(pc.less(one, 0), EARLIEST, LATEST), made)
