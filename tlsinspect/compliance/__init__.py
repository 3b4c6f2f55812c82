"""Compliance: connections judged by a policy, and what would break if it were enforced.

In: the connections and certificates tables, a policy. Out: frames with the proof.
"""

from __future__ import annotations

from .baseline import Known, apply_baseline, read_baseline, render_baseline
from .check import VERDICTS, Check, check_policy

__all__ = [
    "VERDICTS",
    "Check",
    "Known",
    "apply_baseline",
    "check_policy",
    "read_baseline",
    "render_baseline",
]
