"""What growth.py measures: a capture by its parts, and the runs on each."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from measure import Measured, Size


@dataclass
class Part:
    """A part of a capture: what it holds, and the runs of each program on it."""

    size: Size
    runs: dict[str, list[Measured]] = field(default_factory=dict)

    def count(self, axis: str) -> int:
        """How many packets or connections it has."""
        return int(getattr(self.size, axis))

    def seconds(self, name: str) -> float:
        """The median of a program's runs."""
        return statistics.median(run.seconds for run in self.runs[name])

    def megabytes(self, name: str) -> float:
        """The most memory that the largest process of a program held."""
        return max(run.megabytes for run in self.runs[name])


@dataclass(frozen=True)
class Growth:
    """A capture by its parts, the smallest first; `axis` says what grows: packets or connections."""

    name: str
    axis: str
    parts: Sequence[Part]
