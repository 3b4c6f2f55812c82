"""What other connections of the captures tell about a handshake that was not finished.

In: the row of the connection, and the connections frame. Out: sentences, each of which counts what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

from ..registry import cipher_suite_name, group_name, signature_scheme_name, version_name
from ..statistics.hellos import legacy_version_of
from ..statistics.observations import is_cut_off
from ..statistics.rows import FrameColumns
from ..statistics.series import is_true
from ..statistics.wording import duration_text, milliseconds_text, number_text

if TYPE_CHECKING:
    import pandas as pd

Row = dict[Any, Any]
MOST_NAMED = 4
COME_BACK_SECONDS = 60.0
SILENT_SECONDS = 1.0  # shorter pauses say nothing
ABOUT_OFFERS = frozenset(
    {
        "no_common_version",
        "no_common_parameters",
        "insufficient_security",
        "ended_after_hello",
        "large_hello_unanswered",
    }
)
OFFERS: tuple[tuple[str, str, str, Callable[[int], str]], ...] = (  # what, offered, chosen, name
    ("cipher suites", "cipher_suites", "cipher_suite", cipher_suite_name),
    ("groups", "supported_groups", "group", group_name),
    ("signature schemes", "signature_algorithms", "server_signature_algorithm", signature_scheme_name),
)

COMPARED = (
    "connection_id", "capture", "client_ip", "server_ip", "server_port", "transport", "time_start", "time_end",
    "established", "failure", "client_hello_packet", "client_hello_length", "version",
    *(chosen for _, _, chosen, _ in OFFERS),
)  # fmt: skip


def find_clues(row: Row, connections: pd.DataFrame) -> Iterator[str]:
    """Sentences about the same server, the same client, and what came afterwards.

    Of the connections only the columns COMPARED are looked at.
    """
    other = is_true(connections["connection_id"] != row["connection_id"])
    same_server = connections[other & alike(row, connections, "server_ip", "server_port", "transport")]
    tried = with_known_end(same_server)
    done = tried[is_true(tried["established"])]
    if len(tried):
        yield f"The same server finished {len(done):,} of {number_text(len(tried), 'other handshake')} seen here."
    if row["failure_cause"] in ABOUT_OFFERS and len(done):
        yield from compare_offers(row, done)
    if row["failure_cause"] == "large_hello_unanswered":
        yield from compare_sizes(row, done)
    yield from other_servers(row, connections, other)
    yield from second_attempt(row, same_server)
    yield from silence(row, connections, other)


def alike(row: Row, connections: pd.DataFrame, *names: str) -> pd.Series[bool]:
    """A mask: the connections that have what this one has in some columns."""
    return is_true(reduce(and_, (connections[name] == row[name] for name in names)))


def with_known_end(connections: pd.DataFrame) -> pd.DataFrame:
    """Those of which it is known whether the handshake was finished."""
    return connections[connections["established"].notna() & ~is_cut_off(FrameColumns(connections))]


def compare_offers(row: Row, done: pd.DataFrame) -> Iterator[str]:
    """What the server agreed on with others, and whether this client offers any of it."""
    yield from compare("versions", offered_versions(row), done["version"], version_name)
    for what, offered, chosen, name in OFFERS:
        if row[offered] is not None:
            yield from compare(what, set(row[offered]), done[chosen], name)


def offered_versions(row: Row) -> set[int]:
    """The versions that a client offers; none where they are not known."""
    if row["supported_versions"] is not None:
        return set(row["supported_versions"])
    newest = legacy_version_of(row)
    return set() if newest is None else set(range(0x0300, newest + 1))


def compare(what: str, offered: set[int], chosen: pd.Series[Any], name: Callable[[int], str]) -> Iterator[str]:
    """One sentence: what was chosen elsewhere, and how much of it is offered here."""
    codes = [int(code) for code in chosen.dropna().value_counts().index]
    if not codes or not offered:
        return
    common = [code for code in codes if code in offered]
    said = ", ".join(name(code) for code in codes[:MOST_NAMED])
    more = f" and {len(codes) - MOST_NAMED} more" if len(codes) > MOST_NAMED else ""
    here = f"this client offers {len(common)} of these {len(codes)}" if common else "this client offers none of these"
    yield f"With others the server agreed on the {what} {said}{more}; {here}."


def compare_sizes(row: Row, done: pd.DataFrame) -> Iterator[str]:
    """The largest ClientHello that this server answered."""
    sizes = done["client_hello_length"].dropna()
    if len(sizes):
        yield (
            f"The largest ClientHello that this server answered here has {int(sizes.max()):,} octets; "
            f"this one has {row['client_hello_length']:,}."
        )


def other_servers(row: Row, connections: pd.DataFrame, other: pd.Series[bool]) -> Iterator[str]:
    """How the same client fared with other servers; `other` is a mask of the other connections."""
    elsewhere = connections[other & alike(row, connections, "client_ip") & ~alike(row, connections, "server_ip")]
    tried = with_known_end(elsewhere)
    if len(tried):
        done = int(is_true(tried["established"]).sum())
        yield f"The same client finished {done:,} of {number_text(len(tried), 'handshake')} with other servers."


def second_attempt(row: Row, same_server: pd.DataFrame) -> Iterator[str]:
    """Whether the client came back soon, and what became of that."""
    import pandas as pd

    later = same_server[alike(row, same_server, "client_ip") & is_true(same_server["time_start"] > row["time_start"])]
    if later.empty:
        return
    found = later.sort_values("time_start").iloc[0]
    pause = (found["time_start"] - row["time_start"]).total_seconds()
    if pause > COME_BACK_SECONDS:
        return
    packet = found["client_hello_packet"]
    where = "" if pd.isna(packet) else f" (packet {int(packet)})"
    ended = "how that ended is unknown"
    if len(with_known_end(later.loc[[found.name]])):
        ended = "that handshake was finished" if found["established"] else "that one was not finished either"
    waited = duration_text(pause) if pause >= 1 else milliseconds_text(1000 * pause)
    yield f"The client came back {waited} later{where}: {ended}."


def silence(row: Row, connections: pd.DataFrame, other: pd.Series[bool]) -> Iterator[str]:
    """How long the capture goes on after the connection's last packet; `other` is a mask of the other connections."""
    if row["failure"] not in ("capture_end", "closed"):
        return
    rest = connections["time_end"][other & alike(row, connections, "capture")]
    if rest.empty:
        return
    seconds = (rest.max() - row["time_end"]).total_seconds()
    if seconds >= SILENT_SECONDS:
        yield f"Other connections go on for {duration_text(seconds)} after this one's last packet."
