"""What is new, what is gone, and what is the same and yet changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ..statistics.wording import transport_text

if TYPE_CHECKING:
    from ..inspection import Inspection

Row = dict[str, Any]


class Thing(NamedTuple):
    """A kind of thing: what it is called, the pivot that has a row for each, what names it there, which rows count,
    what may change of it.
    """

    singular: str
    plural: str
    pivot: str
    name: Callable[[Row], str]
    counts: Callable[[Row], bool]
    compared: tuple[str, ...] = ()


THINGS: dict[str, Thing] = {
    "name": Thing(
        "server name",
        "server names",
        "names",
        lambda row: row["server_name"],
        lambda row: True,
        ("issuers", "keys", "servers"),
    ),
    "server": Thing(
        "server",
        "servers",
        "hosts",
        lambda row: f"{row['host']} port {row['port']}{transport_text(row['transport'])}",
        lambda row: row["role"] == "server",
        ("lowest_version", "highest_version"),
    ),
    "certificate": Thing(
        "certificate",
        "certificates",
        "certificate_uses",
        lambda row: f"{row['sha256'][:16]} {row['subject'] or ''} issued by {row['issuer'] or ''}",
        lambda row: row["side"] == "server",
    ),
    "client": Thing(
        "client", "clients", "hosts", lambda row: row["host"], lambda row: row["role"] == "client", ("ja4",)
    ),
    "ja4": Thing("JA4", "JA4", "fingerprints", lambda row: row["fingerprint"], lambda row: row["kind"] == "ja4"),
    "ja3s": Thing("JA3S", "JA3S", "fingerprints", lambda row: row["fingerprint"], lambda row: row["kind"] == "ja3s"),
}

ONLY_WHERE_BOTH = ("issuers", "keys", "lowest_version", "highest_version")
"""What is compared only where both sides know it: TLS 1.3 hides certificates."""


def find_changes(before: Inspection, after: Inspection) -> list[Row]:
    """Rows of the changes; `before` and `after` are what only one side has of the column that changed."""
    rows: list[Row] = []
    for kind, thing in THINGS.items():
        old, new = (
            {thing.name(row): row for row in each.pivot_arrow(thing.pivot).to_pylist() if thing.counts(row)}
            for each in (before, after)
        )
        rows += [change(kind, name, "new", None, None, row) for name, row in new.items() if name not in old]
        rows += [change(kind, name, "gone", None, None, row) for name, row in old.items() if name not in new]
        for name, row in new.items():
            if name in old:
                rows += compare_rows(kind, name, thing, old[name], row)
    return rows


def compare_rows(kind: str, name: str, thing: Thing, old: Row, new: Row) -> Iterator[Row]:
    """What is different of a thing that is in both."""
    for column in thing.compared:
        known = bool(old[column]) and bool(new[column])
        lost, gained = (as_set(one[column]) - as_set(other[column]) for one, other in ((old, new), (new, old)))
        if (lost or gained) and (known or column not in ONLY_WHERE_BOTH):
            yield change(kind, name, column, as_text(lost), as_text(gained), new)


def as_set(value: Any) -> frozenset[Any]:
    """A value, or the values of a list, without their order."""
    return frozenset(value or ()) if isinstance(value, list) or value is None else frozenset((value,))


def as_text(values: frozenset[Any]) -> str | None:
    """Values as one text; none where there are none."""
    return "; ".join(sorted(values)) or None


def change(kind: str, name: str, what: str, old: str | None, new: str | None, row: Row) -> Row:
    """A row of the changes."""
    return {
        "kind": kind, "thing": name, "change": what, "before": old, "after": new,
        "connections": row["connections"], "first_seen": row["first_seen"], "last_seen": row["last_seen"],
    }  # fmt: skip
