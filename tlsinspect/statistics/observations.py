"""Observations: for one question, one row per connection to which it could apply.

In: the frames. Out: for every row its category, or why that is unknown, or that
the question does not apply to it, and the keys by which rows are counted.
categories.py says what counts as what; shares.py and timeline.py count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from ..protocols import SILENT  # why nobody knows what would have been spoken, too
from .memory import once
from .rows import (
    KEY,
    Columns,
    Mask,
    Rows,
    among,
    columns_of,
    known,
    look_up,
    looked_up,
    mask_of,
    one_piece,
    says,
    where,
)

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

EXCLUDING_REASONS = ("not_applicable", "not_offered")
REASON_NOT_STATED = "not_stated"
CAPTURE_END = "capture_end"  # of `failure`


class Frames(Protocol):
    """What statistics need of an Inspection: these frames, as COLUMNS declares them."""

    @property
    def connections(self) -> pd.DataFrame: ...

    @property
    def certificates(self) -> pd.DataFrame: ...

    @property
    def chains(self) -> pd.DataFrame: ...

    @property
    def ports(self) -> pd.DataFrame: ...


Scope = Callable[[Frames], Mask]
Categorise = Callable[[Frames, Rows], "pa.Array"]
Describe = Callable[[Frames, "pd.DataFrame"], "pd.Series[str]"]


def by_frame(describe: Describe) -> Categorise:
    """Categories that are made from a frame of the rows."""

    def categorise(frames: Frames, rows: Rows) -> pa.Array:
        import pyarrow as pa

        return one_piece(pa.array(describe(frames, rows.frame)))

    categorise.__doc__ = describe.__doc__
    return categorise


def with_tls(frames: Frames) -> Mask:
    """The connections that carried TLS, on whatever port."""
    from ..connection import CARRIES_TLS

    return once(frames, with_tls, lambda: among(columns_of(frames, "connections"), "protocol", CARRIES_TLS))


def with_alert(frames: Frames) -> Mask:
    """The TLS connections in which an alert could be read."""
    return with_tls(frames) & known(columns_of(frames, "connections"), "last_alert")


def on_tls_ports(frames: Frames) -> Mask:
    """The connections to the ports that were asked for as TLS ports, whatever they carried."""
    import pyarrow as pa

    ports = columns_of(frames, "ports")
    asked = one_piece(ports.column("server_port")).filter(pa.array(says(ports, "tls_port")))
    return among(columns_of(frames, "connections"), "server_port", asked.unique().to_pylist())


def tls_connections(frames: Frames) -> pd.DataFrame:
    """The connections that carried TLS, on whatever port."""
    return once(frames, tls_connections, lambda: frames.connections[with_tls(frames)])


def connections_on_tls_ports(frames: Frames) -> pd.DataFrame:
    """The connections to the ports that were asked for as TLS ports, whatever they carried."""
    return frames.connections[on_tls_ports(frames)]


@dataclass(frozen=True)
class Observations:
    """What is known of one question, row for row.

    `category` is null where it is unknown, and a list where a row can be of several (see offers.py);
    `reason` says why it is null. `applies` is false where the question has no answer.
    """

    rows: Rows
    category: pa.Array
    reason: pa.Array
    applies: Mask

    def key(self, name: str) -> pa.Array:
        """What rows are counted by: one of KEYS; null where there is none."""
        made, place = self.rows.made, f"{KEY}{name}"
        if place not in made:
            made[place] = KEYS[name](self.rows)
        return made[place]

    def __getstate__(self) -> dict[str, Any]:
        """Pickled, they have what they are counted by, and no longer the frames."""
        for name in KEYS:
            self.key(name)
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The same as a frame: category, reason, applies, and KEYS."""
        import pyarrow as pa

        from ..tables.arrow import to_frame

        columns = {name: self.key(name) for name in KEYS} | {"category": self.category, "reason": self.reason}
        return to_frame(pa.table(columns)).assign(applies=self.applies)


def build_observations(
    frames: Frames, scope: Scope, categorise: Categorise, columns: Sequence[str], chosen_by_server: bool
) -> Observations:
    """Build one observation per row of the scope; a reason is the first that unknown_reasons has for the `columns`.

    A question does not apply where the reason says so or, if `chosen_by_server`, the handshake ended before the
    server chose anything.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = rows_of(frames, scope)
    category = categorise(frames, rows)
    answered = mask_of(pc.is_valid(category))
    reason = pc.coalesce(*(unknown_reasons(rows, column) for column in columns))
    applies = ~mask_of(pc.is_in(reason, value_set=pa.array(EXCLUDING_REASONS)))
    if chosen_by_server:
        applies &= ~once(frames, (scope, nothing_chosen), lambda: nothing_chosen(rows))
    applies |= answered
    reason = where(answered, None, pc.fill_null(reason, REASON_NOT_STATED))
    return Observations(rows, category, reason, applies)


def rows_of(frames: Frames, scope: Scope) -> Rows:
    """The rows of a scope."""
    return once(frames, (scope, Rows), lambda: Rows(frames, scope(frames)))


def octets_of(rows: Rows) -> pa.Array:
    """The payload that both sides sent."""
    import pyarrow.compute as pc

    return pc.add(pc.fill_null(rows.column("client_bytes"), 0), pc.fill_null(rows.column("server_bytes"), 0))


def server_of(rows: Columns) -> pa.Array:
    """Address and port of each row's server as one text, IPv6 in brackets: what wording.endpoint says of one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    address = rows.column("server_ip")
    bracketed = pc.if_else(
        pc.match_substring(address, ":"), pc.binary_join_element_wise("[", address, "]", ""), address
    )
    return pc.binary_join_element_wise(bracketed, rows.column("server_port").cast(pa.string()), ":")


def name_of(rows: Columns) -> pa.Array:
    """The name that the client asked for, in small letters: names of hosts have no case (RFC 6066 section 3)."""
    import pyarrow.compute as pc

    return pc.utf8_lower(rows.column("server_name"))


KEYS: dict[str, Callable[[Rows], pa.Array]] = {
    "bytes": octets_of,
    "server": server_of,
    "client": lambda rows: rows.column("client_ip"),
    "name": name_of,
    "certificate": lambda rows: leaf_of(rows.frames, rows),
    "time": lambda rows: rows.column("time_start"),
}


def nothing_chosen(rows: Columns) -> Mask:
    """Rows whose handshake ended before a ServerHello although nothing is missing from the capture, nor its end."""
    flawed = says(rows, "gap") | says(rows, "midstream") | says(rows, "one_sided") | says(rows, "truncated")
    return ~flawed & ~known(rows, "server_hello_packet") & known(rows, "failure") & ~is_cut_off(rows)


def is_cut_off(rows: Columns) -> Mask:
    """Rows whose packets end before the handshake does: it is not known to have failed."""
    return among(rows, "failure", (CAPTURE_END,))


def has_failed(rows: Columns) -> Mask:
    """Rows whose handshake was refused, reset or closed before it was over."""
    return says(rows, "established", False) & ~is_cut_off(rows)


def unknown_reasons(rows: Columns, column: str) -> pa.Array:
    """The reason that each row gives for not knowing `column`; null without one.

    A handshake that the capture cuts off is not `established`, and how it ended is unknown all the same; so is what
    would have been spoken where nobody spoke.
    """
    reasons = looked_up(rows, "unknown_reasons", column)
    if column == "protocol":
        return where(among(rows, column, (SILENT,)), SILENT, reasons)
    return where(is_cut_off(rows), CAPTURE_END, reasons) if column == "established" else reasons


def leaf_of(frames: Frames, rows: Columns) -> pa.Array:
    """The SHA-256 of each row's server certificate; null where none was seen."""
    owners, leaves = once(frames, leaves_by_connection, lambda: leaves_by_connection(frames))
    return look_up(one_piece(rows.column("connection_id")), owners, leaves)


def leaves_by_connection(frames: Frames) -> tuple[Any, Any]:
    """The connection_ids of those whose servers sent a certificate of their own, and its SHA-256."""
    import pyarrow as pa

    chains = columns_of(frames, "chains")
    mask = pa.array(among(chains, "position", (0,)) & among(chains, "side", ("server",)))
    return tuple(one_piece(chains.column(name)).filter(mask) for name in ("connection_id", "sha256"))
