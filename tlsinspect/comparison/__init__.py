"""Two inspections -> what is new in the second, what is gone, what changed, and which shares moved.

In: the same network at two times, as two Inspections. Out: two tables. A share that differs is only said to have
moved where that is more than the choice of clients explains: connections of one client are not independent.
"""

from __future__ import annotations

from .build import Comparison, compare

__all__ = ["Comparison", "compare"]
