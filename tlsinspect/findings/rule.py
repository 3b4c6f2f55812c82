"""One rule: what is judged, how bad it is, where the proof stands, what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from .. import registry
from ..columns import SEVERITIES
from ..registry.suites import SuiteFacts, suite_facts
from ..statistics.rows import Mask
from .facts import Facts, Numbers


@dataclass(frozen=True)
class Offered:
    """Of what a ClientHello offers in a list, those that a rule is about, as evidence: by `name`, not all of them.

    `column` is one of the connections frame that holds lists of numbers; `passes` says which of them are meant.
    """

    column: str
    passes: Callable[[int], Any]
    name: Callable[[int], str]

    def __str__(self) -> str:
        return self.column


@dataclass(frozen=True)
class Rule:
    """A judgement about connections, declared once.

    `find` gives, of all connections at once, those that the rule is about; what is unknown is not.
    `evidence` are columns of the connections frame whose values prove it, or what is Offered. `packet` is the column
    with the number of the packet that shows it, or what finds that number for each (Facts.packets says what stands in
    for it). Rows of the findings frame are about one `subject` each, of build.SUBJECTS.
    """

    id: str
    title: str
    severity: str
    find: Callable[[Facts], Mask]
    evidence: tuple[str | Offered, ...]
    advice: str
    references: tuple[str, ...]
    subject: str = "server"
    packet: str | Callable[[Facts], Numbers] = "server_hello_packet"
    confidence: str = "certain"


@dataclass(frozen=True)
class CaptureRule:
    """A judgement about captures, whatever connections are in them: `find` is given the problems table.

    `evidence` are columns of that table.
    """

    id: str
    title: str
    severity: str
    find: Callable[[pa.Table], Mask]
    evidence: tuple[str, ...]
    advice: str
    references: tuple[str, ...]
    subject: str = "capture"
    confidence: str = "certain"


def suite_rules(
    identifier: str,
    what: str,
    severity: str,
    test: Callable[[int, SuiteFacts], Any],
    advice: str,
    references: tuple[str, ...],
) -> tuple[Rule, Rule]:
    """A kind of cipher suite that was negotiated, and the same merely offered, which is a step less severe."""
    lower = SEVERITIES[max(0, SEVERITIES.index(severity) - 1)]
    return (
        Rule(
            identifier,
            f"{what} negotiated",
            severity,
            lambda facts: facts.chosen_suite(test),
            ("version_name", "cipher_suite_name"),
            f"On the server: {advice}",
            references,
        ),
        Rule(
            f"{identifier}-OFFER",
            f"{what} offered",
            lower,
            lambda facts: facts.offers_suite(test) & ~facts.chosen_suite(test),
            (Offered("cipher_suites", lambda code: test(code, suite_facts(code)), registry.cipher_suite_name), "ja4"),
            f"In the client: {advice}",
            references,
            "client",
            "client_hello_packet",
        ),
    )
