"""Findings: what is wrong, how bad, where the proof stands, what to do.

In: the connections and certificates tables. Out: the findings table. Rules are declared in one module per
topic; each is asked once, of all connections together.
"""

from __future__ import annotations

from . import (
    authorities,
    behaviour,
    certificates,
    chains,
    ciphers,
    clocks,
    exchanges,
    extensions,
    key_exchange,
    keys,
    patterns,
    ports,
    quality,
    randoms,
    signatures,
    staples,
    versions,
)
from .build import build_findings
from .facts import Facts
from .rule import CaptureRule, Rule

RULES: tuple[Rule, ...] = tuple(
    rule
    for topic in (
        versions,
        ciphers,
        key_exchange,
        keys,
        signatures,
        exchanges,
        extensions,
        randoms,
        ports,
        certificates,
        chains,
        authorities,
        staples,
        behaviour,
        clocks,
        patterns,
        quality,
    )
    for rule in topic.RULES
)
CAPTURE_RULES: tuple[CaptureRule, ...] = quality.CAPTURE_RULES

__all__ = ["CAPTURE_RULES", "RULES", "CaptureRule", "Facts", "Rule", "build_findings"]
