"""Observations: for one question, one row per connection to which it could apply.

In: the frames. Out: for every row its category, or why that is unknown, or that
the question does not apply to it, and the keys by which rows are counted.
categories.py says what counts as what; shares.py and timeline.py count.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from .memory import once
from .series import arrow_series, is_false, is_true, look_up, text_dtype

if TYPE_CHECKING:
    import pandas as pd

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


Scope = Callable[[Frames], "pd.DataFrame"]
Categorise = Callable[[Frames, "pd.DataFrame"], "pd.Series[str]"]


def tls_connections(frames: Frames) -> pd.DataFrame:
    """The connections that carried TLS, on whatever port."""
    from tlsinspect.connection import CARRIES_TLS

    rows = frames.connections
    return once(frames, tls_connections, lambda: rows[is_true(rows["protocol"].isin(CARRIES_TLS))])


def connections_with_alert(frames: Frames) -> pd.DataFrame:
    """The TLS connections in which an alert could be read."""
    rows = tls_connections(frames)
    return rows[rows["last_alert"].notna()]


def connections_on_tls_ports(frames: Frames) -> pd.DataFrame:
    """The connections to the ports that were asked for as TLS ports, whatever they carried."""
    ports = frames.ports
    asked = ports.loc[is_true(ports["tls_port"]), "server_port"]
    rows = frames.connections
    return rows[is_true(rows["server_port"].isin(asked))]


def build_observations(
    frames: Frames, scope: Scope, categorise: Categorise, column: str, chosen_by_server: bool
) -> pd.DataFrame:
    """Build one observation per row of the scope: category, reason, applies, and what rows are counted by.

    `category` is null where it is unknown, and a list where a row can be of several (see offers.py);
    `reason` says why it is null, from the row's unknown_reasons of `column`. `applies` is false where the
    question has no answer: the reason says so or, if
    `chosen_by_server`, the handshake ended before the server chose anything. The other columns are
    bytes (octets), server, client, name, certificate (null where there is none) and time (UTC).
    """
    rows, keys = once(frames, (scope, count_keys), lambda: count_keys(frames, scope))
    category = categorise(frames, rows)
    known = category.notna()
    reason = unknown_reasons(rows, column)
    applies = ~is_true(reason.isin(EXCLUDING_REASONS))
    if chosen_by_server:
        applies &= ~once(frames, (scope, nothing_chosen), lambda: nothing_chosen(rows))
    applies |= known
    reason = reason.fillna(REASON_NOT_STATED).where(~known, None)
    return keys.assign(category=category, reason=reason, applies=applies)


def count_keys(frames: Frames, scope: Scope) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of the scope, and what they are counted by."""
    import pandas as pd

    rows = scope(frames).reset_index(drop=True)
    keys = {
        "bytes": rows["client_bytes"].fillna(0) + rows["server_bytes"].fillna(0),
        "server": rows["server_ip"] + " " + rows["server_port"].astype(text_dtype()),
        "client": rows["client_ip"],
        "name": rows["server_name"].str.lower(),
        "certificate": leaf_of(frames, rows),
        "time": rows["time_start"],
    }
    return rows, pd.DataFrame(keys)


def one_per_category(observations: pd.DataFrame) -> pd.DataFrame:
    """The observations with one row for each of their categories: those with a list are split, the rest stay."""
    if observations["category"].dtype == text_dtype():
        return observations
    split = observations.explode("category")
    return split[split["category"].notna()]


def nothing_chosen(rows: pd.DataFrame) -> pd.Series[bool]:
    """Rows whose handshake ended before a ServerHello although nothing is missing from the capture."""
    whole = ~(is_true(rows["gap"]) | is_true(rows["midstream"]) | is_true(rows["one_sided"]))
    return whole & ~is_true(rows["truncated"]) & rows["server_hello_packet"].isna() & rows["failure"].notna()


def is_cut_off(rows: pd.DataFrame) -> pd.Series[bool]:
    """Rows whose packets end before the handshake does: it is not known to have failed."""
    return is_true(rows["failure"] == CAPTURE_END)


def has_failed(rows: pd.DataFrame) -> pd.Series[bool]:
    """Rows whose handshake was refused, reset or closed before it was over."""
    return is_false(rows["established"]) & ~is_cut_off(rows)


def unknown_reasons(rows: pd.DataFrame, column: str) -> pd.Series[str]:
    """The reason that each row gives for not knowing `column`; null without one.

    A handshake that the capture cuts off is not `established`, and how it ended is unknown all the same.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    reasons = arrow_series(pc.map_lookup(pa.array(rows["unknown_reasons"]), column, "first"), rows)
    return reasons.mask(is_cut_off(rows), CAPTURE_END) if column == "established" else reasons


def leaf_of(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """The SHA-256 of each row's server certificate; null where none was seen."""
    return look_up(rows["connection_id"], once(frames, leaves_by_connection, lambda: leaves_by_connection(frames)))


def leaves_by_connection(frames: Frames) -> pd.Series[str]:
    """The SHA-256 of the server's own certificate by connection_id."""
    chains = frames.chains
    leaves = chains[is_true(chains["position"] == 0) & is_true(chains["side"] == "server")]
    return leaves.drop_duplicates("connection_id").set_index("connection_id")["sha256"]
