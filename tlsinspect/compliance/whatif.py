"""What would break if a policy were enforced: shares, and who would fail.

In: the connections table, a policy, a day. Out: a WhatIf. The share that fails is a lower bound, and so is that which
works: see agreement.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ..arguments import utc_day
from ..findings.build import encoded
from ..findings.facts import MISSING, Facts, Numbers
from ..policies import Policy, Requirement
from ..statistics.interval import share_columns
from ..statistics.wording import number_text
from ..tables import judgement_schema, to_frame
from .agreement import FAILS, LEFT_OUT, OLD_SERVER, OUTCOMES, REASONS, Codes, judge_connections
from .check import last_day
from .judge import tls_rows
from .remaining import Remaining

if TYPE_CHECKING:
    import pandas as pd

UNITS = ("connections", "clients", "servers")
BADNESS = (0, 2, 1)  # of works, fails and unknown


@dataclass(frozen=True)
class WhatIf:
    """What would become of the connections.

    The frames have the columns that docs/columns.md lists under whatif: `shares` has a row per unit (connections,
    clients, servers) and outcome, `hosts` one per client, server and fingerprint with connections that fail,
    `connections` one per connection with TLS. `taken` are the requirements that decide, `left` those that are not
    about what is agreed on.
    """

    policy: Policy
    at: date
    taken: tuple[Requirement, ...]
    left: tuple[Requirement, ...]
    facts: Facts = field(repr=False)
    outcomes: Codes = field(repr=False)
    reasons: Codes = field(repr=False)

    def __repr__(self) -> str:
        """How many connections what change would break, on one line."""
        counts = {row["outcome"]: row for row in self.share_table.to_pylist() if row["unit"] == "connections"}
        failing = f"{counts['fails']['count']:,} of {number_text(counts['fails']['denominator'], 'connection')} fail"
        return f"<WhatIf {self.policy.title}, as on {self.at}: {failing}>"

    @cached_property
    def shares(self) -> pd.DataFrame:
        """A row per unit and outcome."""
        return to_frame(self.share_table)

    @cached_property
    def hosts(self) -> pd.DataFrame:
        """A row per client, server, JA4 and JA3 with connections that would fail, those with most first."""
        return to_frame(self.host_table)

    @cached_property
    def connections(self) -> pd.DataFrame:
        """A row per connection with TLS and what would become of it."""
        return to_frame(self.connection_table)

    @cached_property
    def share_table(self) -> pa.Table:
        """The shares as an Arrow table."""
        return build_shares(self)

    @cached_property
    def host_table(self) -> pa.Table:
        """The hosts as an Arrow table."""
        return build_hosts(self)

    @cached_property
    def connection_table(self) -> pa.Table:
        """The connections as an Arrow table."""
        return build_connections(self)


def build_whatif(
    connections: pa.Table,
    policy: Policy,
    at: date | None = None,
    least: str = "info",
    captures: pa.Table | None = None,
) -> WhatIf:
    """Ask what would break if the requirements of a policy that bind on a day were enforced.

    The day is `at`, or that of the last connection; where there is none, that on which the `captures` end, or today.
    `least` is the lowest severity of the requirements that count; raises ValueError for what is none.
    """
    day = last_day(connections, captures)[0] if at is None else utc_day(at)
    remaining = Remaining(policy, day, least)
    facts = Facts(connections, pa.table({"sha256": pa.array([], pa.string())}))
    outcomes, reasons = judge_connections(facts, remaining)
    return WhatIf(policy, day, tuple(remaining.taken), tuple(remaining.left), facts, outcomes, reasons)


def build_shares(made: WhatIf) -> pa.Table:
    """A row per unit and outcome; a client or server fails where any of its connections does."""
    rows = []
    for unit in UNITS:
        counts = [0] * 3
        judged = made.outcomes != LEFT_OUT
        if unit == "connections":
            counts = np.bincount(made.outcomes[judged], minlength=3)[:3].tolist()
        else:
            keys = unit_keys(made.facts, unit)
            for code in worst_of(keys[judged], made.outcomes[judged]).values():
                counts[code] += 1
        total = sum(counts)
        shares = share_columns(counts, [total] * 3)
        rows += [
            {"unit": unit, "outcome": OUTCOMES[code], "count": counts[code], "denominator": total,
             **{name: values[code] for name, values in shares.items()}}
            for code in range(3)
        ]  # fmt: skip
    return pa.Table.from_pylist(rows, judgement_schema("whatif.shares"))


def unit_keys(facts: Facts, unit: str) -> Numbers:
    """A number for each row's client or server."""
    if unit == "clients":
        return encoded(facts, "client", lambda: facts.column("client_ip"))[1]
    return encoded(facts, "server", lambda: facts.named("server"))[1]


def worst_of(keys: Numbers, outcomes: Codes) -> dict[int, int]:
    """The outcome of each unit: fails where any of its connections does, works where all do."""
    if not len(keys):
        return {}
    worst = np.full(int(keys.max()) + 1, MISSING)
    np.maximum.at(worst, keys, np.array(BADNESS)[outcomes])
    return {key: BADNESS.index(worst[key]) for key in np.flatnonzero(worst != MISSING).tolist()}


def build_hosts(made: WhatIf) -> pa.Table:
    """A row per client, server, JA4 and JA3 with connections that would fail, those with most first."""
    facts, rows = made.facts, []
    columns = {"client": "client_ip", "server": "server", "ja4": "ja4", "ja3": "ja3"}
    fails = made.outcomes == FAILS
    for kind, column in columns.items():
        names, places = encoded(facts, kind, partial(facts.named, column))
        blamed = fails & (made.reasons != OLD_SERVER) if kind in ("ja4", "ja3") else fails
        counts = {code: np.bincount(places[made.outcomes == code], minlength=len(names)) for code in range(3)}
        found = np.flatnonzero(blamed)
        distinct, firsts, own = np.unique(places[found], return_index=True, return_inverse=True)
        cells = np.bincount(own * len(REASONS) + made.reasons[found], minlength=len(distinct) * len(REASONS))
        reasons = cells.reshape(-1, len(REASONS)).argmax(1).tolist()
        for place, first, reason in zip(distinct.tolist(), found[firsts].tolist(), reasons, strict=True):
            if (name := names[place].as_py()) is not None:
                rows.append(
                    {"kind": kind, "host": name, **{OUTCOMES[code]: int(counts[code][place]) for code in range(3)},
                     "why": REASONS[reason], "connection_id": facts.column("connection_id")[first].as_py(),
                     "packet": facts.column("client_hello_packet")[first].as_py()}
                )  # fmt: skip
    order = list(columns)
    rows.sort(key=lambda row: (order.index(row["kind"]), -row["fails"], row["host"]))
    return pa.Table.from_pylist(rows, judgement_schema("whatif.hosts"))


def build_connections(made: WhatIf) -> pa.Table:
    """A row per connection with TLS."""
    facts = made.facts
    schema = judgement_schema("whatif.connections")
    columns = {
        "server": lambda: facts.named("server"),
        "outcome": lambda: pa.array(OUTCOMES).take(pa.array(made.outcomes)),
        "why": lambda: pa.array([None, *REASONS[1:]], pa.string()).take(pa.array(made.reasons)),
    }
    arrays: list[Any] = [columns[name]() if name in columns else facts.column(name) for name in schema.names]
    return pa.table(arrays, schema=schema).filter(pa.array(tls_rows(facts)))
