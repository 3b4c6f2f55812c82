"""What a second opinion comes to: facts that agree, and differences, each with a reason or without.

A fact is one value of one connection or certificate that both sides give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from ..statistics.wording import endpoint
from ..tables import judgement_schema, to_frame

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]
Endpoint = tuple[str, int]
Ends = tuple[Endpoint, Endpoint]

PRESENCE = "connection"
"""The field of a difference that is about the connection itself: only one side has it."""


class Difference(NamedTuple):
    """Where both do not say the same; `row` is our connection or certificate, None where we have none such."""

    subject: str
    field: str
    ours: Any
    theirs: Any
    row: Row | None = None
    packet: int | None = None
    reason: str | None = None


class Reason(NamedTuple):
    """Why differences of these fields may be, where `applies` says so; no fields are all fields."""

    text: str
    fields: tuple[str, ...]
    applies: Callable[[Difference], bool]


@dataclass
class Tally:
    """What has been compared so far, by somebody whose reasons these are."""

    reasons: Sequence[Reason]
    facts: int = 0
    matched: int = 0
    found: list[Difference] = field(default_factory=list)

    def agree(self) -> None:
        """Count a value that is the same."""
        self.facts += 1

    def differ(self, difference: Difference) -> None:
        """Keep a difference, with the first reason that applies to it."""
        for reason in self.reasons:
            if (not reason.fields or difference.field in reason.fields) and reason.applies(difference):
                difference = difference._replace(reason=reason.text)
                break
        self.found.append(difference)


@dataclass(frozen=True)
class Verification:
    """A second opinion on a capture.

    `source` is who gives it; `matched` counts what both know, of the kind that `thing` names, `facts` the values of it
    that are the same. `differences` is a frame with the columns that docs/columns.md lists under verify, a row for
    each value that is not; `unexplained` those of them for which no reason is known.
    """

    source: str
    matched: int
    facts: int
    difference_table: pa.Table = field(repr=False)
    thing: str = "connection"

    @cached_property
    def differences(self) -> pd.DataFrame:
        """A row per difference, those without a reason first."""
        return to_frame(self.difference_table)

    @cached_property
    def unexplained(self) -> pd.DataFrame:
        """The differences without a reason."""
        return self.differences[self.differences["reason"].isna()]


def conclude(source: str, tally: Tally, thing: str = "connection") -> Verification:
    """Make a Verification of what was compared."""
    rows = [row_of(each, source) for each in sorted(tally.found, key=lambda each: each.reason is not None)]
    table = pa.Table.from_pylist(rows, judgement_schema("verify.differences"))
    return Verification(source, tally.matched, tally.facts, table, thing)


def row_of(found: Difference, source: str) -> Row:
    """A difference as a row of the frame."""
    row = found.row or {}
    return {
        "source": source,
        "capture": row.get("capture"),
        "connection_id": row.get("connection_id"),
        "packet": found.packet,
        "subject": text_of(found.subject),
        "field": found.field,
        "ours": text_of(found.ours),
        "theirs": text_of(found.theirs),
        "reason": found.reason,
    }


def text_of(value: Any) -> str | None:
    """A value as text; lists as their elements, half of a surrogate pair, which JSON may have, as its escape."""
    if value is None:
        return None
    texts = value if isinstance(value, list | tuple) else [value]
    text = ", ".join("none" if each is None else str(each) for each in texts)
    return text.encode("utf-8", "backslashreplace").decode()


def subject_of(ends: Ends) -> str:
    """A connection by its ends."""
    return " -> ".join(endpoint(*end) for end in ends)


def ends_of(row: Row) -> Ends:
    """The ends of a connection, the client first."""
    return (row["client_ip"], row["client_port"]), (row["server_ip"], row["server_port"])


def by_ends(rows: Iterable[Row]) -> dict[Ends, list[Row]]:
    """Connections by their ends, in the order in which they come."""
    found: dict[Ends, list[Row]] = {}
    for row in rows:
        found.setdefault(ends_of(row), []).append(row)
    return found
