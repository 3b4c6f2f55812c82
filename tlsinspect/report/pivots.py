"""Pivots as lines of text: a heading, a row each, and how many are left out.

In: a table of PIVOTS. Out: text of fixed columns. Texts from the network are escaped; what is cut has an ellipsis.
A narrow terminal gets fewer columns, a pipe all of these; CSV, JSON Lines and Parquet have every column whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from ..export.text import cut_text, escape_control
from ..statistics.wording import bytes_text, duration_text, endpoint, number_text, transport_text

DIGITS = 16  # of a hash
ADDRESS = 39  # characters of an IPv6 address at most
ENDPOINT = ADDRESS + 12  # the same in brackets, with its port and its transport
RANGE = len("DTLS 1.3 (draft 43) to DTLS 1.3")  # versions, the longest
GAP = "  "

Row = dict[str, Any]


class Cell(NamedTuple):
    """A column of text: its title, its width (below 0: set to the right), and what it says of a row.

    Where what its rows say is longer and a line has room for it, it is wider, up to `most` characters.
    """

    title: str
    width: int
    text: Callable[[Row], str]
    most: int = 0


def number(name: str, title: str = "") -> Cell:
    """A column of numbers."""
    title = title or name
    return Cell(title, -max(len(title), 7), lambda row: f"{row[name]:,}")


def text(name: str, title: str, width: int) -> Cell:
    """A column of texts."""
    return Cell(title, width, lambda row: row[name] or "")


def some(name: str, title: str, width: int) -> Cell:
    """As many values of a list as there is room for, and how many more there are."""

    def say(row: Row) -> str:
        values = row[name] or []
        said = ""
        for place, value in enumerate(values):
            longer = f"{said}, {value}" if said else value
            rest = len(values) - place - 1
            if said and len(longer) + (len(f", {rest:,} more") if rest else 0) > width:
                return f"{said}, {rest + 1:,} more"
            said = longer
        return said

    return Cell(title, width, say)


def size(name: str, title: str) -> Cell:
    """How many values a list has."""
    return Cell(title, -max(len(title), 5), lambda row: f"{len(row[name] or []):,}")


def time(name: str, title: str) -> Cell:
    """A time in UTC, to the second."""
    return Cell(title, 19, lambda row: f"{row[name]:%Y-%m-%d %H:%M:%S}")


def pause(seconds: float | None) -> str:
    """A time between visits; nothing where there was one visit."""
    return "" if seconds is None else duration_text(seconds)


def version_range(row: Row) -> str:
    """The oldest and the newest version."""
    low, high = row["lowest_version"], row["highest_version"]
    return (low if low == high else f"{low} to {high}") if low else "none agreed"


def host(row: Row) -> str:
    """A client's address, or a server's with its port, and its transport where that is not TCP."""
    if row["port"] is None:
        return str(row["host"])
    return endpoint(row["host"], row["port"]) + transport_text(row["transport"])


def several(row: Row) -> str:
    """What a name has several of."""
    said = {"issuers": row["several_issuers"], "keys": row["several_keys"]}
    return ", ".join(f"{len(row[name])} {name}" for name, found in said.items() if found)


SEEN = (time("first_seen", "first seen"), time("last_seen", "last seen"))

VIEWS: dict[str, tuple[Cell, ...]] = {
    "hosts": (
        text("role", "role", 6), Cell("host", 27, host, ENDPOINT), number("connections"), number("established"),
        number("peers"), Cell("versions", 18, version_range, RANGE), text("suite_order", "order", 6),
        some("server_names", "names", 36), *SEEN,
    ),
    "names": (
        text("server_name", "server name", 32), number("connections"), number("established"), number("clients"),
        some("versions", "versions", 20), Cell("several", 17, several), some("issuers", "issuers", 34), *SEEN,
    ),
    "certificate_uses": (
        Cell("SHA-256", DIGITS, lambda row: row["sha256"][:DIGITS]), text("side", "side", 6),
        text("subject", "subject", 32), text("issuer", "issuer", 34), number("connections"), number("clients"),
        some("server_names", "names asked for", 32), *SEEN,
    ),
    "fingerprints": (
        text("kind", "kind", 4), text("fingerprint", "fingerprint", 36), number("connections"), number("established"),
        number("clients"), number("servers"), some("versions", "versions", 16), some("server_names", "names", 36),
        *SEEN,
    ),
    "beacons": (
        Cell("score", -5, lambda row: f"{row['score']:.2f}"),
        Cell("", 7, lambda row: "regular" if row["regular"] else ""),
        Cell("client", 16, lambda row: str(row["client_ip"]), ADDRESS),
        Cell("destination", 28, lambda row: endpoint(row["destination"], row["server_port"]), ENDPOINT),
        number("connections"), number("visits"), Cell("every", -10, lambda row: pause(row["interval_s"])),
        Cell("give or take", -12, lambda row: pause(row["deviation_s"])),
        Cell("sizes", -5, lambda row: "" if row["visits"] < 2 else f"{row['size_regularity']:.2f}"), *SEEN,
    ),
    "timeline": (
        time("time", "time"), number("connections"), number("established"), number("clients"),
        Cell("bytes", -8, lambda row: bytes_text(row["bytes"])), size("new_clients", "new clients"),
        size("new_servers", "new servers"), size("new_certificates", "new certificates"), size("new_ja4", "new JA4"),
        some("new_names", "new names", 24),
    ),
}  # fmt: skip


EXPENDABLE = (
    *(
        "last seen",
        "sizes",
        "visits",
        "established",
        "give or take",
        "issuers",
        "issuer",
        "bytes",
        "servers",
        "side",
        "first seen",
    ),
    *("new clients", "new JA4", "order", "names", "names asked for", "versions"),
    *("new certificates", "new servers", "score"),
)
"""Titles of columns that a narrow terminal is spared, in this order."""


def render_pivot(name: str, table: pa.Table, most: int, width: int = 0) -> Iterator[str]:
    """Lines of text; the first `most` rows, 0 for all; of `width` characters, as far as that can be, 0 for any."""
    rows = table.slice(0, most or None).to_pylist()
    wide = fitting(tuple(widened(cell, rows) for cell in VIEWS[name]), width)
    cells = wide if not width or breadth(tuple(wide), []) <= width else fitting(VIEWS[name], width)
    yield layout([(cell.title, cell.width) for cell in cells])
    for row in rows:
        yield layout([(escape_control(cell.text(row)), cell.width) for cell in cells])
    left_out = table.num_rows - most if most else 0
    if left_out > 0:
        yield f"{number_text(left_out, 'more row')}; --most 0 lists all"
    spared = len(VIEWS[name]) - len(cells)
    if spared:
        yield f"{number_text(spared, 'more column')} in a wider terminal, or with --format csv"


def widened(cell: Cell, rows: list[Row]) -> Cell:
    """A column as wide as its rows need, within its limits."""
    if not cell.most:
        return cell
    longest = max(len(escape_control(cell.text(row))) for row in rows)
    return cell._replace(width=max(cell.width, min(longest, cell.most)))


def fitting(cells: tuple[Cell, ...], width: int) -> list[Cell]:
    """The columns that fit a line of `width` characters: those of EXPENDABLE go, and come back while room is left."""
    gone: list[str] = []
    for title in EXPENDABLE:
        if not width or breadth(cells, gone) <= width:
            break
        gone.append(title)
    for title in reversed(gone.copy()):
        if breadth(cells, [each for each in gone if each != title]) <= width:
            gone.remove(title)
    return [cell for cell in cells if cell.title not in gone]


def breadth(cells: tuple[Cell, ...], gone: list[str]) -> int:
    """Characters of a line without the columns that are gone."""
    widths = [abs(cell.width) for cell in cells if cell.title not in gone]
    return sum(widths) + len(GAP) * (len(widths) - 1)


def layout(cells: list[tuple[str, int]]) -> str:
    """Texts in columns of their widths."""
    parts = [
        cut_text(said, -width).rjust(-width) if width < 0 else cut_text(said, width).ljust(width)
        for said, width in cells
    ]
    return GAP.join(parts).rstrip()
