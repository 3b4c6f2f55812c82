"""Looks: what of a connection decides which categories it is of, as a text that like connections share.

In: record batches of connections. Out: the same with the columns of LOOKS, which a store's files have beside those of
the table. Few texts stand for many connections, so that counting reads a number for each connection where it would
read lists of code points and the reasons for all that is missing.
"""

from __future__ import annotations

from .catalogue import CIRCUMSTANCES, EXPLAINED, FAMILIES, LOOKS, Part
from .columns import add_looks, has_looks, is_complete, look_fields, read_looks

__all__ = [
    "CIRCUMSTANCES",
    "EXPLAINED",
    "FAMILIES",
    "LOOKS",
    "Part",
    "add_looks",
    "has_looks",
    "is_complete",
    "look_fields",
    "read_looks",
]
