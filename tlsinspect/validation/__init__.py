"""Validation: does a server's or client's chain lead to a root that is trusted, at this time, for this name?

In: the connections table, the certificates of the run, a trust store. Out: the validation
and client_validation tables, a verdict per connection. Every chain is looked at once for each span of time in which
its answer is the same. What hostile certificates can cost is bounded by named limits.
Spec: RFC 5280 section 6, RFC 9525.
"""

from __future__ import annotations

from ..columns.verdicts import STAPLE_VERDICTS, VERDICTS
from .build import build_client_validation, build_validation
from .logs import Log, known_logs, load_logs
from .record import Judgement
from .staples import build_ocsp
from .trust import AsOf, Trust, load_trust
from .validator import Validator, open_validator

__all__ = [
    "STAPLE_VERDICTS", "VERDICTS", "AsOf", "Judgement", "Log", "Trust", "Validator", "build_client_validation",
    "build_ocsp", "build_validation", "known_logs", "load_logs", "load_trust", "open_validator",
]  # fmt: skip
