"""A policy and the connections -> which requirements are met, which are not, and where the proof is.

In: the connections and certificates tables, a policy, a day. Out: a Check. Every requirement is asked once, of all
connections together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .. import registry
from ..arguments import utc_day
from ..columns import SEVERITIES
from ..findings.build import encoded, find_rows
from ..findings.facts import Facts
from ..findings.rule import Rule
from ..policies import KINDS, Policy, Requirement
from ..statistics.interval import share_columns
from ..statistics.rows import Mask
from ..tables import distinct, judgement_schema, to_frame
from .judge import SESSION_JUDGES, codes_of, tls_rows
from .judge_certificates import CERTIFICATE_JUDGES, certificate_column

if TYPE_CHECKING:
    import pandas as pd

JUDGES = SESSION_JUDGES | CERTIFICATE_JUDGES
VERDICTS = ("not_applicable", "not_observable", "pass", "fail")
NOT_APPLICABLE, NOT_OBSERVABLE, PASS, FAIL = range(4)
Verdicts = NDArray[np.int8]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EXAMPLES = 5  # subjects, packets and connections that a requirement's row names


@dataclass(frozen=True)
class Check:
    """What a policy says of the connections.

    `at` is the day on which it was judged, `at_is` which day that is, such as "the day of the last connection", or ""
    where somebody named it. The frames have the columns that docs/columns.md lists under check: `requirements` has a
    row per requirement, `failures` one per requirement and server, client or certificate that does not meet it,
    `connections` one per connection with TLS, `hosts` one per server and client with something to fix, the first to
    fix first.
    `stale` names entries of the baseline that nothing matches any more.
    """

    policy: Policy
    at: date
    at_is: str
    facts: Facts = field(repr=False)
    verdicts: dict[str, Verdicts] = field(repr=False)
    failure_table: pa.Table = field(repr=False)
    stale: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """How many requirements of which policy fail, on one line."""
        verdicts = self.requirement_table["verdict"].to_pylist()
        failing = f"{verdicts.count('fail'):,} of {len(verdicts):,} requirements fail"
        return f"<Check of {self.policy.name}, as on {self.at}: {failing}>"

    @cached_property
    def requirements(self) -> pd.DataFrame:
        """A row per requirement, in the order of the policy."""
        return to_frame(self.requirement_table)

    @cached_property
    def failures(self) -> pd.DataFrame:
        """A row per requirement and subject that does not meet it, the worst first."""
        return to_frame(self.failure_table)

    @cached_property
    def connections(self) -> pd.DataFrame:
        """A row per connection with TLS: its verdict, and one column per requirement, named by its id."""
        return to_frame(self.connection_table)

    @cached_property
    def hosts(self) -> pd.DataFrame:
        """A row per server and client with something to fix, the first to fix first."""
        return to_frame(self.host_table)

    @cached_property
    def requirement_table(self) -> pa.Table:
        """The requirements as an Arrow table."""
        return build_requirements(self)

    @cached_property
    def host_table(self) -> pa.Table:
        """The hosts as an Arrow table."""
        return build_hosts(self)

    @cached_property
    def connection_table(self) -> pa.Table:
        """The connections as an Arrow table."""
        return build_connections(self)

    @cached_property
    def overall(self) -> Verdicts:
        """The verdict on each connection with TLS: fail where any requirement fails, then what could not be seen."""
        return overall_verdicts(self)

    def worst(self) -> str:
        """The highest severity of a failure that the baseline does not know; "" where there is none."""
        new = self.failure_table.filter(pc.invert(self.failure_table["known"]))
        found = {SEVERITIES.index(severity) for severity in pc.unique(new["severity"]).to_pylist()}
        return SEVERITIES[max(found)] if found else ""


def check_policy(
    connections: pa.Table,
    certificates: pa.Table,
    policy: Policy,
    at: date | None = None,
    others: Callable[[str], pa.Table] | None = None,
) -> Check:
    """Judge the connections by a policy, on the day `at`, or on that of the last connection.

    Where there is none, it is that on which the captures end, or today. A certificate's lifetime is held to the limit
    of the day on which it was issued, unless `at` is given. `others` makes the validation table, without which no chain
    can be seen to be trusted, and the captures table.
    """
    facts = Facts(connections, certificates, others)
    day, which = last_day(connections, facts.other("captures")) if at is None else (utc_day(at), "")
    verdicts = {each.id: judge(facts, each, day, at is not None) for each in policy.requirements}
    rows = [row for each in policy.requirements for row in find_rows(as_rule(each, verdicts[each.id]), facts)]
    rows.sort(key=lambda row: (-SEVERITIES.index(row["severity"]), -row["connections"]))
    clauses = {each.id: each for each in policy.requirements}
    for row in rows:
        asked = clauses[row["id"]]
        row.update(policy=policy.name, clause=asked.clause, text=asked.text, known=False, reason=None)
    table = pa.Table.from_pylist(rows, judgement_schema("check.failures"))
    return Check(policy, day, which, facts, verdicts, table)


def last_day(connections: pa.Table, captures: pa.Table | None = None) -> tuple[date, str]:
    """A day in UTC, and which it is: that of the last connection, else on which the captures end, at last today.

    Packets without times have 0 for one, and tell no day.
    """
    ends = {"the day of the last connection": connections["time_start"]}
    if captures is not None:
        ends["the day on which the captures end"] = captures["time_end"]
    for which, times in ends.items():
        last = pc.max(times.cast(pa.int64())).as_py()
        if last:
            return (EPOCH + timedelta(microseconds=last // 1000)).date(), which
    return datetime.now(UTC).date(), "today, as the captures tell no day"


def as_rule(asked: Requirement, verdicts: Verdicts) -> Rule:
    """A requirement that some connections do not meet, as a rule that finds them."""
    kind = KINDS[asked.about]
    return Rule(
        asked.id, asked.text, asked.severity, lambda _: verdicts == FAIL, kind.evidence, asked.text, (asked.clause,),
        kind.subject, kind.packet,
    )  # fmt: skip


def judge(facts: Facts, asked: Requirement, day: date, day_given: bool) -> Verdicts:
    """The verdict of one requirement on each connection."""
    judged = JUDGES[asked.about](facts, asked)
    applies, known, good = judged.applies & in_force(facts, asked, day, day_given), judged.known, judged.good
    if asked.versions:
        seen = facts.known("version")
        among = np.isin(facts.number("version"), codes_of(registry.VERSIONS, asked.versions))
        applies = applies & np.where(seen, among, may_be_among(facts, asked.versions))
        known = known & (seen | (asked.about in ("client_version", "client_extension")))
    if asked.unless_extension:
        excused = facts.has("server_extensions", codes_of(registry.EXTENSIONS, frozenset({asked.unless_extension})))
        known = known & (good | excused | facts.whole_answer())
        good = good | (known & excused)
    return np.select(
        [~applies, ~known, good], [NOT_APPLICABLE, NOT_OBSERVABLE, PASS], FAIL
    ).astype(np.int8)  # fmt: skip


def may_be_among(facts: Facts, versions: frozenset[str]) -> Mask:
    """Connections that may have one of these versions, as far as it is TLS or DTLS that they carry."""
    datagrams = {name.startswith("DTLS") for name in versions}
    return np.where(facts.among("protocol", "dtls"), True in datagrams, False in datagrams)


def in_force(facts: Facts, asked: Requirement, day: date, day_given: bool) -> Mask:
    """Connections on which a requirement binds: all on a day, those with certificates issued while it did, or none."""
    if asked.about != "certificate_lifetime" or day_given:
        return np.full(facts.connections.num_rows, asked.binds(day))
    issued = pc.fill_null(certificate_column(facts, "not_before").cast(pa.int64()), -1).to_numpy()
    unseen = issued == -1
    binding = np.full(len(issued), asked.binds(day)) & unseen
    since = -(2**63) if asked.start is None else nanoseconds(asked.start)
    until = 2**63 - 1 if asked.end is None else nanoseconds(asked.end)
    return np.asarray(binding | (~unseen & (issued >= since) & (issued < until)), np.bool_)


def nanoseconds(day: date) -> int:
    """The start of a day, UTC."""
    return (datetime(day.year, day.month, day.day, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1) * 1000


def overall_verdicts(check: Check) -> Verdicts:
    """Each connection's verdict over all requirements; not_applicable where it has no TLS."""
    every = np.stack(list(check.verdicts.values()))
    worst = np.select(
        [(every == FAIL).any(0), (every == NOT_OBSERVABLE).any(0), (every == PASS).any(0)],
        [FAIL, NOT_OBSERVABLE, PASS], NOT_APPLICABLE,
    )  # fmt: skip
    return np.where(tls_rows(check.facts), worst, NOT_APPLICABLE).astype(np.int8)


def build_requirements(check: Check) -> pa.Table:
    """A row per requirement."""
    rows: list[dict[str, Any]] = []
    failures: dict[str, list[dict[str, Any]]] = {}
    for row in check.failure_table.to_pylist():
        failures.setdefault(row["id"], []).append(row)
    for asked in check.policy.requirements:
        counts = np.bincount(check.verdicts[asked.id], minlength=len(VERDICTS)).tolist()
        found = failures.get(asked.id, [])
        firsts = [row for row in found if row["subject"] is not None][:EXAMPLES]
        rows.append(
            {
                "policy": check.policy.name, "id": asked.id, "clause": asked.clause, "text": asked.text,
                "about": asked.about, "severity": asked.severity, "verdict": verdict_of(counts),
                "from": iso(asked.start), "until": iso(asked.end), "in_force": binds_somewhere(check, asked, counts),
                "passed": counts[PASS], "failed": counts[FAIL], "not_observable": counts[NOT_OBSERVABLE],
                "not_applicable": counts[NOT_APPLICABLE], "denominator": counts[PASS] + counts[FAIL],
                "subjects": [row["subject"] for row in firsts],
                "connection_ids": [row["connection_ids"][0] for row in firsts],
                "packets": [row["packets"][0] for row in firsts],
            }
        )  # fmt: skip
    shares = share_columns([row["failed"] for row in rows], [row["denominator"] for row in rows])
    for place, row in enumerate(rows):
        row.update({name: values[place] for name, values in shares.items()})
    return pa.Table.from_pylist(rows, judgement_schema("check.requirements"))


def verdict_of(counts: Sequence[int]) -> str:
    """One word for a requirement: fail where any connection fails it, then what was seen."""
    return next((VERDICTS[code] for code in (FAIL, PASS, NOT_OBSERVABLE) if counts[code]), VERDICTS[NOT_APPLICABLE])


def binds_somewhere(check: Check, asked: Requirement, counts: Sequence[int]) -> bool:
    """Whether a requirement is in force: on the day, or for certificates of another day."""
    return asked.binds(check.at) or sum(counts[NOT_OBSERVABLE:]) > 0


def iso(day: date | None) -> str | None:
    """A day as text."""
    return None if day is None else day.isoformat()


def build_hosts(check: Check) -> pa.Table:
    """A row per server and client with something to fix: by the worst severity, then by connections."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for kind, column in (("server", "server"), ("client", "client_ip")):
        names, places = encoded(check.facts, kind, partial(check.facts.named, column))
        failing = np.zeros(len(places), np.bool_)
        for asked in check.policy.requirements:
            if (KINDS[asked.about].subject == "client") != (kind == "client"):
                continue
            rows = check.verdicts[asked.id] == FAIL
            failing |= rows
            for place in distinct(places[rows]).tolist():
                row = found.setdefault((kind, names[place].as_py()), {"severity": "info", "requirements": []})
                row["severity"] = max(row["severity"], asked.severity, key=SEVERITIES.index)
                row["requirements"].append(asked.id)
        for place, count in Counter(places[failing].tolist()).items():
            found[kind, names[place].as_py()]["connections"] = count
    rows = [{"kind": kind, "host": host, **row} for (kind, host), row in found.items()]
    rows.sort(key=lambda row: (-SEVERITIES.index(row["severity"]), -row["connections"], str(row["host"])))
    return pa.Table.from_pylist(rows, judgement_schema("check.hosts"))


def build_connections(check: Check) -> pa.Table:
    """A row per connection with TLS."""
    facts = check.facts
    chosen = pa.array(tls_rows(facts))
    ids = [asked.id for asked in check.policy.requirements]
    every = np.stack([check.verdicts[name] for name in ids], axis=1)
    ranks = np.array([SEVERITIES.index(asked.severity) for asked in check.policy.requirements])
    worst = np.where(every == FAIL, ranks, -1).max(1)
    columns: dict[str, Any] = {
        name: facts.column(name) for name in ("connection_id", "capture", "time_start", "client_ip", "server_name")
    }
    columns["server"] = facts.named("server")
    columns["verdict"] = pa.array(VERDICTS).take(pa.array(check.overall))
    columns["severity"] = pa.array([None, *SEVERITIES], pa.string()).take(pa.array(worst + 1))
    for name, code in (("failed", FAIL), ("not_observable", NOT_OBSERVABLE)):
        columns[name] = named_lists(every == code, ids)
    for field_name in ("client_hello_packet", "server_hello_packet", "certificate_packet"):
        columns[field_name] = facts.column(field_name)
    schema = judgement_schema("check.connections")
    table = pa.table([columns[name] for name in schema.names], schema=schema)
    for place, name in enumerate(ids):
        words = pa.DictionaryArray.from_arrays(pa.array(every[:, place]), pa.array(VERDICTS))
        table = table.append_column(name, words)
    return table.filter(chosen)


def named_lists(cells: Mask, names: Sequence[str]) -> pa.Array:
    """For each row the names of the columns that are set, as a list."""
    offsets = np.concatenate([[0], np.cumsum(cells.sum(1))]).astype(np.int32)
    values = pa.array(names, pa.string()).take(pa.array(np.nonzero(cells)[1]))
    return pa.ListArray.from_arrays(pa.array(offsets), values)
