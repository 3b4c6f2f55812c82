"""Policies: what standards ask of TLS, as data with the clause that each requirement comes from.

In: a name or a TOML file. Out: a Policy. Nothing is judged here.
"""

from __future__ import annotations

from .read import load_policy, policy_names
from .record import KINDS, READINGS, Kind, Policy, Requirement, Source

__all__ = ["KINDS", "READINGS", "Kind", "Policy", "Requirement", "Source", "load_policy", "policy_names"]
