"""The quantum ledger as lines for people: a row per class, then the servers to migrate first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..statistics.wording import bytes_text, interval_text, number_text, place_text, share_text
from ..tables.starts import Start
from .quantum import CLASSES, UNKNOWN, Ledger

SHOWN = 20  # servers that are listed; CSV and JSON have all
SHOWN_NAMES = 2
CELL = 22  # the width of a number of connections, where none is large
EXPLANATION = (
    "What is recorded today can be opened later: without forward secrecy by whoever gets the server's key or the "
    "pre-shared one, and by anybody where the suite encrypts nothing or with keys of 64 bits or less; with a classical "
    "key exchange by a quantum computer. Content is what application_data records "
    "carried, in TLS 1.3 the encrypted part of the handshake too."
)


def render_ledger(ledger: Ledger, starts: Mapping[str, Start]) -> Iterator[str]:
    """Lines; texts from the network in them are as they came: escape them.

    `starts`, where there are several captures, says in which one each connection starts, and where it goes on.
    """
    rows = ledger.class_table.to_pylist()
    if not sum(row["connections"] for row in rows):
        yield "There is no connection with TLS."
        return
    width = max(CELL, *(len(connections_cell(row)) + 1 for row in rows))
    yield f"{'Protection':25}{'connections':>{width}}{'content':>15}{'names':>7}{'servers':>9}"
    for row in rows:
        counts = f"{row['names']:>7,}{row['servers']:>9,}"
        yield f"{row['protection']:25}{connections_cell(row):>{width}}{content_cell(row, rows):>15}{counts}"
    servers = ledger.server_table.slice(0, SHOWN).to_pylist()
    if servers:
        yield ""
        yield f"Migrate first, of {number_text(ledger.server_table.num_rows, 'server')} with something to migrate"
        yield from (server_line(row, starts) for row in servers)
        if ledger.server_table.num_rows > SHOWN:
            yield f"  and {ledger.server_table.num_rows - SHOWN:,} more; --format csv lists all"
    yield ""
    yield EXPLANATION


def connections_cell(row: dict[str, Any]) -> str:
    """A number of connections, its share and interval."""
    if row["share"] is None:
        return f"{row['connections']:,}"
    share = share_text(row["connections"], row["denominator"])
    return f"{row['connections']:,}  {share} ({interval_text(row['low'], row['high'], row['denominator'])})"


def content_cell(row: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """An amount of content and its share."""
    total = sum(each["bytes"] for each in rows[:UNKNOWN])
    share = f"  {share_text(row['bytes'], total)}" if row["protection"] != CLASSES[UNKNOWN] and total else ""
    return bytes_text(row["bytes"]) + share


def server_line(row: dict[str, Any], starts: Mapping[str, Start]) -> str:
    """A server: what hangs on its one key, what is classical, whether its clients are ready."""
    parts = [
        f"{number_text(row[f'{name}_connections'], 'connection')} and {bytes_text(row[f'{name}_bytes'])} {words}"
        for name, words in (("no_secrecy", "without forward secrecy"), ("classical", "classical"))
        if row[f"{name}_connections"]
    ]
    if row["offered_connections"]:
        parts.append(f"in {row['offered_connections']:,} the client offers post-quantum")
    more = len(row["names"]) - SHOWN_NAMES
    names = ", ".join(row["names"][:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")
    place = place_text(row["packet"], starts.get(row["connection_id"]))
    return f"  {row['server']}{f' {names}' if names else ''}: {'; '.join(parts)}{place}"
