"""The tables of the page: every cell a text, an empty one where there is nothing.

In: an Inspection's frames, or statistics of it. Out: Table, which the template lays
out. A long table is cut on the page; the CSV beside it has all rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..certificates.object_identifiers import OLD_SIGNATURE, SHA1_SIGNATURE
from ..charts import Content
from ..policy import LEAST_KEY_BITS
from ..statistics import Shares, build_port_shares
from ..statistics.wording import REASONS, bytes_text, count_text, duration_text, interval_text, number_text, share_text
from .notable import Notable

if TYPE_CHECKING:
    import pandas as pd

    from .inspected import Inspected

MOST_ROWS = 100  # of a table on the page
MOST_CAPTURES = 12
MOST_CATEGORIES = 20  # of a table below a chart
COLUMN_KINDS = {
    **dict.fromkeys(("statistic", "unit", "category", "version_name", "protocol", "transport"), ""),
    **dict.fromkeys(("time", "issued"), "dates"),
    "sha256": "code",
}
FRACTION_COLUMNS = ("share", "low", "high")
PLAIN_NUMBER_COLUMNS = ("server_port",)

Cell = str | tuple[str, str]


@dataclass(frozen=True)
class Table:
    """A table as it is shown: titled columns, rows of text, the file with all rows, and how many are left out here.

    A column's kind is "number", "code", "dates", "words" for several texts in one, or "" for plain text: how its
    cells are set. A cell may have a second line of detail.
    """

    columns: tuple[tuple[str, str], ...]
    rows: list[list[Cell]]
    file: str = ""
    left_out: int = 0


def cut_table(columns: tuple[tuple[str, str], ...], rows: list[list[Cell]], file: str, total: int) -> Table:
    """A table of the first rows of `total`."""
    return Table(columns, rows[:MOST_ROWS], file, max(total - MOST_ROWS, 0))


def units_table(shares: dict[str, Shares], chart: str) -> Table:
    """Each category's share in every unit that it is counted in, and the interval in the first."""
    first, *others = shares.values()
    categories = records_of(first.table)
    rows: list[list[Cell]] = [
        [
            row["category"],
            share_cell(first, row["category"]),
            interval_text(row["low"], row["high"], row["denominator"]) if row["low"] is not None else "",
            *(share_cell(each, row["category"]) for each in others),
        ]
        for row in categories[:MOST_CATEGORIES]
    ]
    for label, cell in (("known", known_cell), ("unknown", unknown_cell)):
        rows.append([label, cell(first), "", *(cell(each) for each in others)])
    titles = (f"of {first.unit.plural}", "95% interval", *(f"of {each.unit.plural}" for each in others))
    columns = (("", ""), *((title, "number") for title in titles))
    return Table(columns, rows, f"charts/{chart}.csv", max(len(categories) - MOST_CATEGORIES, 0))


def known_cell(shares: Shares) -> str:
    """What the shares are of."""
    return count_text(shares.denominator, shares.unit)


def share_cell(shares: Shares, category: str) -> str:
    """A category's share and count."""
    count = shares.count_of(category)
    number = bytes_text(count) if shares.unit.name == "bytes" else f"{count:,}"
    return f"{share_text(count, shares.denominator)} ({number})" if shares.denominator else ""


def unknown_cell(shares: Shares) -> str:
    """What is unknown, and its share of all to which the question applies."""
    if not shares.unknown:
        return "none"
    return (
        f"{count_text(shares.unknown, shares.unit)} ({share_text(shares.unknown, shares.denominator + shares.unknown)})"
    )


def numbers_table(content: Content) -> Table:
    """A chart's numbers as they are, for charts that show no shares of a whole."""
    table = content.numbers
    columns = tuple((name.replace("_", " "), COLUMN_KINDS.get(name, "number")) for name in map(str, table.columns))
    rows: list[list[Cell]] = [
        [number_cell(name, value) for name, value in row.items()] for row in records_of(table.head(MOST_ROWS))
    ]
    return cut_table(columns, rows, f"charts/{content.name}.csv", len(table))


def number_cell(name: str, value: Any) -> str:
    """A number, time or text of a table of results."""
    if value is None:
        return ""
    if name in FRACTION_COLUMNS:
        return f"{100 * value:.1f}%"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.2f}"
    if hasattr(value, "strftime"):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return f"{value:,}" if isinstance(value, int) and name not in PLAIN_NUMBER_COLUMNS else str(value)


def records_of(table: pd.DataFrame) -> list[dict[Any, Any]]:
    """The rows of a frame, missing values as None; lists stay lists."""
    values = {name: column_values(table[name]) for name in table.columns}
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def column_values(column: pd.Series[Any]) -> list[Any]:
    """The values of a column, missing ones as None, times as pandas has them."""
    return [None if missing else value for value, missing in zip(column, column.isna(), strict=True)]


def captures_table(inspection: Inspected) -> Table:
    """The input files; of many those with the most TLS connections."""
    columns = (
        ("file", ""),
        ("packets", "number"),
        ("TLS", "number"),
        ("starts", "dates"),
        ("quality", ""),
        ("SHA-256", "code"),
    )
    captures = inspection.captures
    if len(captures) > MOST_CAPTURES:
        captures = captures.sort_values("tls_connections", ascending=False, kind="stable")
    rows: list[list[Cell]] = [
        [
            (
                row["capture"] or "",
                ", ".join(filter(None, (row["format"], row["compression"], *(row["link_types"] or [])))),
            ),
            (f"{row['packets'] or 0:,}", bytes_text(row["bytes"] or 0)),
            (f"{row['tls_connections'] or 0:,}", f"of {number_text(row['connections'] or 0, 'connection')}"),
            start_and_length(row["time_start"], row["time_end"]),
            row["quality"] or "",
            row["sha256"] or "",
        ]
        for row in records_of(captures.head(MOST_CAPTURES))
    ]
    return Table(columns, rows, "tables/captures.csv", max(len(captures) - MOST_CAPTURES, 0))


def start_and_length(start: Any, end: Any) -> Cell:
    """When something starts, and for how long it goes on."""
    if start is None or end is None:
        return ""
    return f"{start:%Y-%m-%d %H:%M:%S} UTC", f"for {duration_text((end - start).total_seconds())}"


def failures_table(failures: list[Notable]) -> Table:
    """Handshakes that failed, by server and cause, the most frequent first."""
    columns = (
        ("why, and how it ended", ""),
        ("server", ""),
        ("connections", "number"),
        ("first packet", "number"),
        ("Wireshark display filter of the first", "code"),
    )
    rows: list[list[Cell]] = [
        [
            "; ".join(each.remarks),
            (each.server_name or "(no name)", each.server),
            (f"{each.connections:,}", "from 1 client" if each.clients == 1 else f"from {each.clients:,} clients"),
            ("" if each.packet is None else str(each.packet), each.capture),
            each.display_filter,
        ]
        for each in failures[:MOST_ROWS]
    ]
    return cut_table(columns, rows, "tables/failures.csv", len(failures))


def certificates_table(inspection: Inspected) -> Table:
    """Certificates: those of servers first, the most seen first."""
    columns = (
        ("subject, issuer", ""),
        ("key, signature", ""),
        ("valid", "dates"),
        ("names", "number"),
        ("remarks", ""),
        ("connections", "number"),
        ("SHA-256, first 16 digits", "code"),
    )
    frame = inspection.certificates.sort_values(["is_ca", "connections", "sha256"], ascending=[True, False, True])
    rows: list[list[Cell]] = [
        [
            (row["subject_common_name"] or row["subject"] or "", row["issuer"] or ""),
            (f"{row['key_type'] or ''} {row['curve'] or row['key_bits'] or ''}", row["signature_algorithm"] or ""),
            (f"{day(row['not_before'])} to {day(row['not_after'])}", days_text(row["validity_days"])),
            names_text(row["san_dns"], row["san_ip"]),
            certificate_remarks(row),
            f"{row['connections'] or 0:,}",
            (row["sha256"] or "")[:16],
        ]
        for row in records_of(frame.head(MOST_ROWS))
    ]
    return cut_table(columns, rows, "tables/certificates.csv", len(frame))


def days_text(days: float | None) -> str:
    """How long a certificate is valid; empty where its dates cannot be read."""
    return "" if days is None else f"{days:,.0f} days"


def names_text(dns: list[str] | None, addresses: list[str] | None) -> str:
    """How many names a certificate has; empty where they cannot be read."""
    return "" if dns is None or addresses is None else f"{len(dns) + len(addresses):,}"


def day(time: Any) -> str:
    """The day of a time."""
    return f"{time:%Y-%m-%d}" if time is not None else ""


def certificate_remarks(row: dict[Any, Any]) -> str:
    """What stands out about a certificate, judged by when it was seen."""
    seen = row["first_seen"] is not None and row["last_seen"] is not None
    signed = "" if row["self_signed"] else row["signature_algorithm"] or ""  # one's own signature protects nothing
    remarks = {
        "expired": seen and row["not_after"] is not None and row["last_seen"] > row["not_after"],
        "not yet valid": seen and row["not_before"] is not None and row["first_seen"] < row["not_before"],
        "self-signed": row["self_signed"],
        "small key": row["key_bits"] and row["key_bits"] < LEAST_KEY_BITS.get(row["key_type"], 0),
        "broken signature hash": re.search(f"{OLD_SIGNATURE}|{SHA1_SIGNATURE}", signed),
        "CA": row["is_ca"],
        "cannot be read in full": row["issue"],
    }
    return ", ".join(text for text, holds in remarks.items() if holds)


def ports_table(inspection: Inspected) -> Table:
    """What every port carried, TLS or not."""
    columns = (
        ("port", ""),
        ("asked for as a TLS port", ""),
        ("carried", ""),
        ("connections", "number"),
        ("share of the port", "number"),
        ("95% interval", "number"),
    )
    shares = build_port_shares(inspection)
    rows: list[list[Cell]] = [
        [
            f"{row['server_port']}/{row['transport']}",
            "yes" if row["tls_port"] else "no",
            row["protocol"] or "",
            f"{row['count']:,}",
            share_text(row["count"], row["denominator"]),
            interval_text(row["low"], row["high"], row["denominator"]) if row["denominator"] else "",
        ]
        for row in records_of(shares.head(MOST_ROWS))
    ]
    return cut_table(columns, rows, "tables/ports.csv", len(shares))


def problems_table(inspection: Inspected) -> Table:
    """What could not be read, the most frequent first; what is the same but for its place is one row."""
    columns = (
        ("times", "number"),
        ("layer", ""),
        ("kind", ""),
        ("expected", ""),
        ("file", ""),
        ("first packet", "number"),
        ("offset", "number"),
    )
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in records_of(inspection.problems):
        alike = found.setdefault(
            tuple(row[name] for name in ("capture", "layer", "kind", "expected")), row | {"count": 0}
        )
        count = alike["count"] + (row["count"] or 1)
        known = row["packet"] is not None and (alike["packet"] is None or row["packet"] < alike["packet"])
        alike.update(row if known else {}, count=count)
    problems = sorted(found.values(), key=lambda row: -row["count"])
    rows: list[list[Cell]] = [
        [
            f"{row['count']:,}",
            row["layer"] or "",
            (row["kind"] or "").replace("_", " "),
            row["expected"] or "",
            row["capture"] or "",
            "" if row["packet"] is None else str(row["packet"]),
            "" if row["offset"] is None else str(row["offset"]),
        ]
        for row in problems[:MOST_ROWS]
    ]
    return cut_table(columns, rows, "tables/problems.csv", len(problems))


def unknown_table(shares: list[Shares]) -> Table:
    """For every question how many connections do not answer it, and why."""
    columns = (("question", ""), ("connections", "number"), ("share", "number"), ("why", "words"))
    rows: list[list[Cell]] = [
        [
            each.statistic.question,
            f"{each.unknown:,}",
            share_text(each.unknown, each.denominator + each.unknown),
            "; ".join(f"{REASONS.get(reason, reason)} ({count:,})" for reason, count in each.unknown_reasons.items()),
        ]
        for each in shares
        if each.unknown
    ]
    return Table(columns, rows)
