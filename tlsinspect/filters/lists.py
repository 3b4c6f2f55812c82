"""What is asked of the items of list columns, of all rows at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def any_item(lists: pa.Array, hits: pa.Array) -> pa.Array:
    """For each row whether one of its items is hit; `hits` has an entry per item. Null where there is no list."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    ends = np.cumsum(lengths)
    counts = np.zeros(len(hits) + 1, np.int64)
    np.cumsum(pc.fill_null(hits, False).to_numpy(zero_copy_only=False), out=counts[1:])
    found = counts[ends] > counts[ends - lengths]
    return pa.array(found, mask=pc.is_null(lists).to_numpy(zero_copy_only=False))


def holds(lists: pa.Array, wanted: Any) -> pa.Array:
    """For each row whether its list holds a value: one for all rows, or an array with one for each."""
    items = pc.list_flatten(lists)
    if not isinstance(wanted, pa.Array):
        return any_item(lists, pc.equal(items, wanted))
    found = any_item(lists, pc.equal(items, wanted.take(pc.list_parent_indices(lists))))
    return pc.if_else(pc.is_valid(wanted), found, pa.scalar(None, pa.bool_()))
