"""Compliance: connections judged by a policy, and what would break if it were enforced.

In: the connections and certificates tables, a policy. Out: frames with the proof.
"""

from __future__ import annotations

from .agreement import OUTCOMES
from .baseline import Known, apply_baseline, read_baseline, render_baseline
from .check import VERDICTS, Check, check_policy
from .quantum import Ledger, build_ledger
from .whatif import WhatIf, build_whatif

__all__ = [
    "OUTCOMES",
    "VERDICTS",
    "Check",
    "Known",
    "Ledger",
    "WhatIf",
    "apply_baseline",
    "build_ledger",
    "build_whatif",
    "check_policy",
    "read_baseline",
    "render_baseline",
]
