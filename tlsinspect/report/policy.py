"""The page's policy section: BCP 195 requirement by requirement, and what could be read later.

In: an Inspection. Out: a record of sentences and tables, which templates/policy.html lays out. `tlsinspect check`
and `tlsinspect quantum` have all rows of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..compliance import Check, build_ledger, check_policy
from ..compliance.quantum import UNKNOWN
from ..compliance.quantum_text import EXPLANATION
from ..compliance.text import SHOWN_HOSTS, rank_of, total_line
from ..policies import load_policy
from ..statistics.wording import bytes_text, interval_text, located, number_text, place_text, share_text
from ..tables.starts import Start, starts_of
from .tables import Cell, Table

if TYPE_CHECKING:
    import pandas as pd

    from .inspected import Inspected

POLICY = "bcp195"
MOST_SERVERS = 20  # of the quantum ledger
SHA256_DIGITS = 64
MOST_NAMES = 3  # of a server
FAILED = (
    ("requirement", ""), ("severity", ""), ("connections that fail", "number"), ("95% interval", "number"),
    ("not observable", "number"), ("first to look at", ""),
)  # fmt: skip
HOSTS = (("host", ""), ("severity", ""), ("connections", "number"), ("requirements", "words"))
CLASSES = (
    ("protection", ""), ("connections", "number"), ("content", "number"), ("names", "number"), ("servers", "number"),
    ("clients", "number"),
)  # fmt: skip
SERVERS = (
    ("server", ""), ("without forward secrecy", "number"), ("classical", "number"), ("client offers better", "number"),
    ("packet", "number"),
)  # fmt: skip


@dataclass(frozen=True)
class PolicySection:
    """What a policy says of the connections, and the quantum ledger."""

    name: str
    title: str
    document: str
    summary: str
    failed: Table
    others: Sequence[tuple[str, str]]  # a heading, and the requirements that it is true of
    hosts: Table
    ledger_note: str
    classes: Table
    servers: Table
    frames: dict[str, pd.DataFrame]  # file below tables/, without .csv -> what it holds


def build_policy_section(inspection: Inspected) -> PolicySection:
    """Judge the connections by a policy, and count what could be read later."""
    connections = inspection.on_demand("connections")
    check = check_policy(connections, inspection.arrow("certificates"), load_policy(POLICY), others=inspection.arrow)
    ledger = build_ledger(connections)
    rows = ledger.class_table.to_pylist()
    servers = ledger.server_table.slice(0, MOST_SERVERS).to_pylist()
    named = [check.requirement_table["connection_ids"], ledger.server_table["connection_id"]]
    several = inspection.on_demand("captures").num_rows > 1
    starts = {name: start for ids in named for name, start in starts_of(connections, ids).items()} if several else {}
    left_out = max(ledger.server_table.num_rows - MOST_SERVERS, 0)
    return PolicySection(
        name=check.policy.name,
        title=check.policy.title,
        document=f"{check.policy.document}, {check.policy.edition}; judged as on {check.at.isoformat()}.",
        summary=total_line(check),
        failed=failed_table(check, starts),
        others=other_requirements(check),
        hosts=hosts_table(check),
        ledger_note=EXPLANATION,
        classes=Table(CLASSES, [class_cells(row, rows) for row in rows] if check.connection_table.num_rows else []),
        servers=Table(SERVERS, [server_cells(row, starts) for row in servers], "tables/quantum-servers.csv", left_out),
        frames={
            "policy-requirements": check.requirements,
            "policy-failures": check.failures,
            "policy-hosts": check.hosts,
            "quantum-classes": ledger.classes,
            "quantum-servers": ledger.servers,
        },
    )


def failed_table(check: Check, starts: Mapping[str, Start]) -> Table:
    """The requirements that some connection fails, the gravest first."""
    rows = [row for row in check.requirement_table.to_pylist() if row["verdict"] == "fail"]
    return Table(FAILED, [failed_cells(row, starts) for row in sorted(rows, key=rank_of)])


def failed_cells(row: dict[str, Any], starts: Mapping[str, Start]) -> list[Cell]:
    """One requirement that is failed: its share, and where to look."""
    packet = place_text(row["packets"][0], starts.get(row["connection_ids"][0])).removeprefix(", ")
    return [
        (row["text"], f"{row['id']}: {row['clause']}"),
        row["severity"],
        f"{row['failed']:,} of {row['denominator']:,}, {share_text(row['failed'], row['denominator'])}",
        interval_text(row["low"], row["high"], row["denominator"]),
        f"{row['not_observable']:,}",
        (short_subject(row["subjects"][0]) if row["subjects"] else "", packet),
    ]


def short_subject(subject: str) -> str:
    """A server, a client, or the start of a certificate's SHA-256."""
    return f"certificate {subject[:16]}…" if len(subject) == SHA256_DIGITS else subject


def other_requirements(check: Check) -> list[tuple[str, str]]:
    """The requirements that nothing fails, by what was seen."""
    words = (("pass", "Passed"), ("not_observable", "Not observable"), ("not_applicable", "Not applicable"))
    rows = check.requirement_table.to_pylist()
    texts = [(title, " ".join(row["text"] for row in rows if row["verdict"] == verdict)) for verdict, title in words]
    return [(title, text) for title, text in texts if text]


def hosts_table(check: Check) -> Table:
    """The hosts to fix first."""
    rows = check.host_table.slice(0, SHOWN_HOSTS).to_pylist()
    cells: list[list[Cell]] = [
        [
            (row["host"] or "unknown", row["kind"]), row["severity"], f"{row['connections']:,}",
            ", ".join(row["requirements"]),
        ]
        for row in rows
    ]  # fmt: skip
    return Table(HOSTS, cells, "tables/policy-hosts.csv", check.host_table.num_rows - len(rows))


def class_cells(row: dict[str, Any], rows: list[dict[str, Any]]) -> list[Cell]:
    """One class of protection."""
    total = sum(each["bytes"] for each in rows[:UNKNOWN])
    share = ""
    if row["share"] is not None:
        interval = interval_text(row["low"], row["high"], row["denominator"])
        share = f"{share_text(row['connections'], row['denominator'])} (95%: {interval})"
    content = share_text(row["bytes"], total) if row["byte_share"] is not None else ""
    counts = [f"{row[name]:,}" for name in ("names", "servers", "clients")]
    return [row["protection"], (f"{row['connections']:,}", share), (bytes_text(row["bytes"]), content), *counts]


def server_cells(row: dict[str, Any], starts: Mapping[str, Start]) -> list[Cell]:
    """One server to migrate."""
    amounts: list[Cell] = [
        (number_text(row[f"{name}_connections"], "connection"), bytes_text(row[f"{name}_bytes"]))
        if row[f"{name}_connections"]
        else ""
        for name in ("no_secrecy", "classical")
    ]
    names = ", ".join(row["names"][:MOST_NAMES])
    ready = f"{row['offered_connections']:,}" if row["offered_connections"] else ""
    packet, capture = located(row["packet"], starts.get(row["connection_id"]))
    place = "" if packet is None else (str(packet), capture) if capture else str(packet)
    return [(row["server"] or "unknown", names), *amounts, ready, place]
