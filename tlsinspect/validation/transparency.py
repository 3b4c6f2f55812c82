"""The timestamps of each certificate together -> are they what browsers ask for: how many logs, of which operators.

In: the scts and certificates tables. Out: a Transparency for each certificate that has timestamps. What is asked for
stands in data/ct_policies.toml, by date of issue, with its sources. A timestamp counts unless it is known not to: its
log did not sign it, or log_objection says why not. Where one may be of an operator that is not known, it is unknown
whether there are too few.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from ..columns.verdicts import SCT_FAULTS

DATA = Path(__file__).parent / "data" / "ct_policies.toml"
NANOSECONDS = 10**9
FEW_LOGS, FEW_OPERATORS, ONE_MISSING = SCT_FAULTS
Row = dict[str, Any]


class Step(NamedTuple):
    """So many logs for certificates that are valid for less than, or up to, a time; None: whatever is left."""

    logs: int
    months_below: int | None = None
    months: int | None = None
    days: int | None = None

    def fits(self, life: Lifetime) -> bool:
        """The certificate belongs to this step, or to one before."""
        if self.months_below is not None:
            return life.months < self.months_below
        if self.months is not None:
            return (life.months, life.partial) <= (self.months, False)
        return self.days is None or life.days <= self.days


class Lifetime(NamedTuple):
    """How long a certificate is valid: days with both ends (RFC 5280 section 4.1.2.5), and months as calendars count.

    `months` are whole ones, and `partial` says that some days are left, as Chrome counts them.
    """

    days: float
    months: int
    partial: bool


class Terms(NamedTuple):
    """What a browser asks for; `since` and `until` in nanoseconds since 1970-01-01 UTC."""

    browser: str
    since: int
    until: int | None
    dated_by: str
    embedded: tuple[Step, ...]
    beside: int
    operators: int
    one_of: str | None

    def holds(self, first_timestamp: int | None, not_before: int) -> bool:
        """They are asked of a certificate that was issued then."""
        issued = not_before if self.dated_by == "not_before" else first_timestamp
        return issued is not None and self.since <= issued and (self.until is None or issued < self.until)


class Transparency(NamedTuple):
    """What the timestamps of a certificate amount to.

    `logs` are those whose timestamps count, `operators` who runs them. `verdict` is enough, the gravest of `faults`,
    unknown, or None where nobody asked for anything when it was issued.
    """

    logs: int
    operators: tuple[str, ...]
    verdict: str | None
    faults: tuple[str, ...]


@cache
def known_terms() -> tuple[Terms, ...]:
    """The terms of the list that comes with the package."""
    with DATA.open("rb") as file:
        rows = tomllib.load(file)["terms"]
    return tuple(
        Terms(
            row["browser"], midnight(row["since"]), midnight(row["until"]) if "until" in row else None,
            row["dated_by"], tuple(Step(**step) for step in row["embedded"]), row["beside"], row["operators"],
            row.get("one_of"),
        )
        for row in rows
    )  # fmt: skip


def midnight(day: date) -> int:
    """The beginning of a day as nanoseconds since 1970-01-01 UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * NANOSECONDS


def judge_transparency(scts: pa.Table, certificates: pa.Table) -> dict[str, Transparency]:
    """A Transparency for each certificate with timestamps, by its SHA-256."""
    by_certificate: dict[str, list[Row]] = {}
    columns = ("certificate_sha256", "source", "log_id", "log_operator", "log_objection", "valid", "reason")
    kept = scts.select(columns).append_column("time", scts["time"].cast(pa.int64()))
    for row in kept.to_pylist():
        by_certificate.setdefault(row["certificate_sha256"], []).append(row)
    if not by_certificate:
        return {}
    names = ("sha256", "not_before", "not_after", "validity_days")
    dates = (certificates[name].cast(pa.int64()) if name[:4] == "not_" else certificates[name] for name in names)
    found = {}
    for name, *rest in zip(*(column.to_pylist() for column in dates), strict=True):
        if name in by_certificate:
            found[name] = judge(by_certificate[name], *rest)
    return found


def judge(rows: list[Row], not_before: int | None, not_after: int | None, days: float | None) -> Transparency:
    """What the rows of one certificate in the scts table amount to."""
    worth = [row for row in rows if row["valid"] is not False and row["log_objection"] is None]
    logs = {row["log_id"] for row in worth if row["log_id"] is not None}
    operators = tuple(sorted({row["log_operator"] for row in worth if row["log_operator"] is not None}))
    first = min((row["time"] for row in worth if row["time"] is not None), default=None)
    if not_before is None or not_after is None or days is None or any(row["reason"] == "limit" for row in rows):
        return Transparency(len(logs), operators, "unknown", ())
    asked = [terms for terms in known_terms() if terms.holds(first or not_before, not_before)]
    if not asked:
        return Transparency(len(logs), operators, None, ())
    life = Lifetime(days, *months_between(not_before, not_after))
    beside = any(row["source"] != "certificate" for row in worth)
    needed = max(terms.beside if beside else required(terms.embedded, life) for terms in asked)
    faults = [FEW_LOGS] if len(logs) < needed else []
    lacking = find_operator_faults(asked, operators) if len(logs) > 1 else []  # one log is one operator
    stranger = any(row["log_id"] is not None and row["log_operator"] is None for row in worth)
    if lacking and not stranger:
        faults += lacking
    verdict = faults[0] if faults else "unknown" if lacking else "enough"
    return Transparency(len(logs), operators, verdict, tuple(faults))


def find_operator_faults(asked: Iterable[Terms], operators: tuple[str, ...]) -> list[str]:
    """What these operators lack."""
    if len(operators) < max(terms.operators for terms in asked):
        return [FEW_OPERATORS]
    lacking = any(terms.one_of is not None and terms.one_of not in operators for terms in asked)
    return [ONE_MISSING] if lacking else []


def required(steps: Iterable[Step], life: Lifetime) -> int:
    """How many logs a certificate of such a lifetime needs."""
    return next(step.logs for step in steps if step.fits(life))


def months_between(start: int, end: int) -> tuple[int, bool]:
    """Whole months between two times in nanoseconds, and whether days are left: by their numbers, as Chrome does."""
    if end < start:
        return 0, False
    first, last = (datetime.fromtimestamp(time // NANOSECONDS, UTC) for time in (start, end))
    months = (last.year - first.year) * 12 + last.month - first.month
    return months - (last.day < first.day), last.day != first.day
