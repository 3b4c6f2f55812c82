"""What a capture lacks of a connection: the first of several flaws is the one that counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .observations import is_cut_off
from .rows import Columns, says, where

if TYPE_CHECKING:
    import pyarrow as pa

FLAWS = {
    "gap": "segments are missing",
    "midstream": "begins before the capture",
    "one_sided": "one direction only",
    "truncated": "packets are cut",
}
CUT_OFF = "goes on after the capture"


def describe_flaws(rows: Columns) -> pa.Array:
    """The flaw of each row; null where there is none."""
    what = where(is_cut_off(rows), CUT_OFF, None)
    for column, text in reversed(FLAWS.items()):
        what = where(says(rows, column), text, what)
    return what
