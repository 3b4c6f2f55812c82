"""Connections of an Inspection -> their Stories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..connection import CARRIES_TLS
from ..display_filter import display_filter, time_filter
from ..statistics.observations import CAPTURE_END
from ..statistics.series import is_true
from ..statistics.wording import REASONS, bytes_text, duration_text, endpoint, milliseconds_text
from ..tables.starts import start_of
from . import words
from .certificates import build_certificates
from .clues import COMPARED, find_clues
from .facts import build_chosen, build_offered
from .record import Fact, Inspected, Story
from .steps import build_steps

if TYPE_CHECKING:
    import pandas as pd

Row = dict[Any, Any]
BATCH = 2048  # connections of which the rows of other frames are made at once
MOST_COMPARED = 200  # handshakes not finished that are compared with all other connections
NOT_COMPARED = f"Told of the first {MOST_COMPARED} only; 'tlsinspect show' compares any with all other connections."
SAME = ("client_ip", "client_port", "server_ip", "server_port", "transport")


def build_story(inspected: Inspected, connection_id: str) -> Story:
    """Tell one connection; raises KeyError for an id that is not among the connections."""
    found = inspected.connections[is_true(inspected.connections["connection_id"] == connection_id)]
    if found.empty:
        raise no_connection(connection_id)
    return next(iter_stories(inspected, found))


def no_connection(connection_id: str) -> KeyError:
    """What to raise for an id that is not among the connections."""
    told = "find_connections takes packet numbers, names, addresses and the start of an id"
    return KeyError(f"there is no connection {connection_id!r}; {told}")


def iter_stories(
    inspected: Inspected, connections: pd.DataFrame, most_compared: int = MOST_COMPARED
) -> Iterator[Story]:
    """Tell connections in their order, some or all rows of the connections frame.

    What other frames have is made for BATCH of them at a time, so that memory stays small. The first
    `most_compared` handshakes that were not finished are compared with other connections; the rest say that they
    are not.
    """
    compared = 0
    others: pd.DataFrame | None = None
    shared = shared_endpoints(inspected.connections[list(SAME)])
    certificates: dict[str, Row] = {}
    ids = connections["connection_id"].tolist()
    rows = {name: Index(getattr(inspected, name), "connection_id", ids) for name in frames_told(connections)}
    known = Index(inspected.certificates, "sha256", inspected.chains["sha256"])
    for first in range(0, len(connections), BATCH):
        found = connections.iloc[first : first + BATCH]
        of = {name: each.find(ids[first : first + BATCH]) for name, each in rows.items()}
        seen = {place["sha256"] for chain in of["chains"].values() for place in chain} - certificates.keys()
        certificates.update((name, each) for name, (each, *_) in known.find(seen).items())
        for row in plain_rows(found):
            id_ = row["connection_id"]
            row["unknown_reasons"] = dict(row["unknown_reasons"] or ())
            compared += bool(row["failure"])
            clues: tuple[str, ...] = ()
            if row["failure"]:
                if others is None:
                    others = inspected.connections[list(COMPARED)]
                compare = compared <= most_compared
                clues = tuple(find_clues(row, others)) if compare else (NOT_COMPARED,)
            material = Material(
                messages=of["messages"].get(id_, []),
                alerts=of["alerts"].get(id_, []),
                chain=of["chains"].get(id_, []),
                problems=of["problems"].get(id_, []),
                verdicts=of["validation"].get(id_, []),
                clients=of.get("client_validation", {}).get(id_, []),
                staples=of["ocsp"].get(id_, []),
                certificates=certificates,
                clues=clues,
            )
            yield tell(row, material, tuple(row[name] for name in SAME) in shared)


def frames_told(connections: pd.DataFrame) -> list[str]:
    """The frames that the stories of these connections take rows of: of clients' chains only where there are some."""
    asked = connections["client_certificate_sha256s"].notna().any()
    names = ["messages", "alerts", "chains", "problems", "validation", "ocsp"]
    return [*names, *(["client_validation"] if asked else [])]


@dataclass(frozen=True)
class Material:
    """What belongs to one connection: rows of other frames, certificates by SHA-256, and what others tell about it."""

    messages: list[Row]
    alerts: list[Row]
    chain: list[Row]
    problems: list[Row]
    verdicts: list[Row]
    clients: list[Row]
    staples: list[Row]
    certificates: dict[str, Row]
    clues: tuple[str, ...]


def tell(row: Row, material: Material, shares_endpoints: bool) -> Story:
    """One connection's story; with `shares_endpoints` its display filter has to name its time too."""
    return Story(
        connection_id=row["connection_id"],
        title=title(row),
        facts=tuple(fact for fact in build_facts(row) if fact.value),
        steps=build_steps(row, material.messages, material.alerts),
        offered=build_offered(row),
        chosen=build_chosen(row),
        certificates=build_certificates(row, material.chain, material.certificates),
        staples=tuple(map(staple_text, material.staples)),
        outcome=outcome(row),
        clues=material.clues,
        trust=trust_text(material.verdicts) if row["certificate_sha256s"] is not None else "",
        client_trust=client_trust_text(row["client_certificate_sha256s"], material.clients),
        unseen=tuple(unseen(row, material.problems)),
        display_filter=exact_filter(row, shares_endpoints),
    )


class Index:
    """The rows of a frame by what a column has in them: all of it is gone through once."""

    def __init__(self, frame: pd.DataFrame, column: str, keys: Iterable[str]) -> None:
        """`keys` are all that will be asked for."""
        self.frame, self.column = frame, column
        self.keys = {key: place for place, key in enumerate(dict.fromkeys(keys))}
        found = pc.index_in(pa.array(frame[column]), value_set=pa.array([*self.keys], pa.string()))
        places = found.fill_null(-1).to_numpy(zero_copy_only=False)
        self.order = np.argsort(places, kind="stable")
        self.places = places[self.order]

    def find(self, keys: Iterable[str]) -> dict[str, list[Row]]:
        """The rows that have one of these keys as dicts, by key; what has no row is not there."""
        wanted = np.array([self.keys[key] for key in dict.fromkeys(keys)], np.int64)
        bounds = zip(np.searchsorted(self.places, wanted), np.searchsorted(self.places, wanted, "right"), strict=True)
        rows = [place for first, end in bounds for place in self.order[first:end].tolist()]
        found: dict[str, list[Row]] = {}
        for row in plain_rows(self.frame.iloc[rows]):
            found.setdefault(row[self.column], []).append(row)
        return found


def shared_endpoints(connections: pd.DataFrame) -> set[tuple[Any, ...]]:
    """The addresses and ports that several connections have; only these columns are given."""
    repeated = connections[connections.duplicated(keep=False)]
    return {tuple(row.values()) for row in plain_rows(repeated)}


def plain_rows(frame: pd.DataFrame) -> list[Row]:
    """Rows as dicts of Python values, nulls as None."""
    names, columns = list(frame.columns), [plain_values(frame[name]) for name in frame.columns]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def plain_values(column: pd.Series[Any]) -> list[Any]:
    """A column as Python has it: lists for lists, pairs for maps, pandas' timestamps, None for nulls."""
    values = pa.array(column)
    if pa.types.is_temporal(values.type):  # of which Arrow makes one after the other
        return column.to_numpy(dtype=object, na_value=None).tolist()  # type: ignore[no-any-return, call-overload]
    return values.to_pylist()  # type: ignore[no-any-return]


def title(row: Row) -> str:
    """Who speaks to whom, and in what."""
    name = f"{row['server_name']} at " if row["server_name"] else ""
    carried = row["version_name"] or row["protocol"]
    return f"{row['client_ip'] or '?'} to {name}{endpoint(row['server_ip'], row['server_port'])}: {carried}"


def build_facts(row: Row) -> list[Fact]:
    """Where and when, how much, and what it is wrapped in."""
    sizes = f"{bytes_text(row['client_bytes'] or 0)} from the client, {bytes_text(row['server_bytes'] or 0)} back"
    return [
        Fact("time", time_text(row["time_start"], row["time_end"])),
        Fact("client", endpoint(row["client_ip"], row["client_port"])),
        Fact("server", endpoint(row["server_ip"], row["server_port"])),
        Fact("transport", transport(row)),
        Fact("payload", sizes),
        Fact("STARTTLS", " ".join(filter(None, (row["starttls_protocol"], row["starttls_status"])))),
        Fact("tunnels", ", ".join(row["tunnels"] or ())),
        Fact("VLANs", ", ".join(map(str, row["vlans"] or ()))),
        Fact("capture", captures_text(row)),
        Fact("id", row["connection_id"]),
    ]


def captures_text(row: Row) -> str:
    """The capture that it starts in, and those that hold more of it: packet numbers count on in them."""
    later = [f"{capture}, whose first packet is {first} here" for capture, first in start_of(row).later]
    return "; then ".join([row["capture"] or "", *later])


def time_text(start: pd.Timestamp | None, end: pd.Timestamp | None) -> str:
    """When it was, and for how long; empty where the capture has no times."""
    if start is None or end is None or not end.value:
        return ""
    seconds = (end - start).total_seconds()
    if seconds < 0:
        return f"{start:%Y-%m-%d %H:%M:%S.%f} UTC; the recorder's clock was set back meanwhile"
    length = duration_text(seconds) if seconds >= 1 else milliseconds_text(1000 * seconds)
    return f"{start:%Y-%m-%d %H:%M:%S.%f} UTC, for {length}"


def transport(row: Row) -> str:
    """What carries it: "tcp", "udp, QUIC version 1"."""
    version = row["quic_version_name"]
    return f"{row['transport']}, QUIC version {version}" if version else str(row["transport"])


def outcome(row: Row) -> str:
    """How it ended, in a sentence or two."""
    if row["protocol"] not in CARRIES_TLS:
        return not_tls(row)
    if row["established"] is True:
        evidence = words.EVIDENCE.get(row["established_evidence"], "as the messages show")
        took = row["handshake_ms"]
        time = "" if took is None else f" It took {milliseconds_text(took)} to the first application data."
        return f"The handshake succeeded: {evidence}.{time} {amounts(row)}"
    if row["failure"] is None:
        return "Whether the handshake succeeded cannot be said."
    meaning = words.ALERTS.get(row["last_alert_name"] or "") if row["failure"] == "alert" else None
    advice = f"What most likely helps: {row['failure_advice']}" if row["failure_advice"] else ""
    said = [row["failure_reason"], f"The alert means: {meaning}" if meaning else "", advice]
    lead = [] if row["failure"] == CAPTURE_END else ["The handshake was not finished."]
    return " ".join([*lead, *filter(None, said)])


def amounts(row: Row) -> str:
    """How much each side sent encrypted, and what that is: of TLS 1.3 it has the end of the handshake in it, too."""
    numbers = [row[f"{side}_application_bytes"] for side in ("client", "server")]
    if numbers == [None, None]:
        return "How much application data followed is not known."
    sent, got = (bytes_text(number or 0) for number in numbers)
    if row["protocol"] == "quic":
        return f"{sent} in 0-RTT and 1-RTT packets from the client, {got} from the server."
    if "1.3" in (row["version_name"] or ""):
        return f"{sent} in encrypted records from the client, {got} from the server, with the rest of the handshake."
    return f"{sent} of application data from the client, {got} from the server."


def trust_text(verdicts: list[Row]) -> str:
    """The verdict on the server's chain, in a sentence."""
    for row in verdicts:
        lead = words.TRUSTED.get(row["verdict"], "A client that trusts Mozilla's roots refuses the server's chain")
        return f"{lead} ({row['verdict'].replace('_', ' ')}): {row['detail']}."
    return ""


def client_trust_text(chain: list[str] | None, verdicts: list[Row]) -> str:
    """The verdict on the chain that the client sent, or that it sent none although it was asked, in a sentence."""
    if chain is not None and not chain:
        return "The client was asked for a certificate and sent none."
    for row in verdicts if chain else ():
        refused = "A server that trusts Mozilla's roots and no authority of its own refuses the client's chain"
        lead = words.CLIENT_TRUSTED.get(row["verdict"], refused)
        return f"{lead} ({row['verdict'].replace('_', ' ')}): {row['detail']}."
    return ""


def staple_text(row: Row) -> str:
    """What a stapled OCSP response is worth, in a sentence."""
    return f"{words.STAPLED[row['verdict']]}: {row['detail']}."


def not_tls(row: Row) -> str:
    """What it is if it is not TLS."""
    if row["protocol"] == "silent":
        return "Nobody said anything: it is not TLS, and nothing else either."
    if row["protocol"] == "unknown":
        return "This is not TLS that anybody could recognise, and no other protocol that is known here."
    return f"This is not TLS: it is {row['protocol']}, by its first octets, in the clear."


def unseen(row: Row, problems: Sequence[Row]) -> list[str]:
    """What this capture cannot show of the connection."""
    lines = [text for column, text in words.FLAWS.items() if row[column] is True]
    reason = row["unknown_reasons"].get("certificate_sha256s")
    if reason not in (None, "not_applicable", "not_offered"):
        lines.append(f"No server certificate: {REASONS[reason]}.")
    told = Counter(problem_text(problem, row["capture"]) for problem in problems)
    return [*lines, *(f"{text}." if count == 1 else f"{text} ({count} times)." for text, count in told.items())]


def problem_text(problem: Row, capture: str | None) -> str:
    """What could not be read, and in which packet: of which capture, where it is another than the connection's."""
    place = f" in packet {problem['packet']}" if problem["packet"] is not None else ""
    if place and problem["capture"] != capture:
        place += f" of {problem['capture']}"
    return f"{problem['layer']}: {problem['kind']}{place}, expected {problem['expected']}"


def exact_filter(row: Row, shares_endpoints: bool) -> str:
    """A display filter for this connection alone: with its time where the same ports were used again."""
    shown = display_filter(row)
    return f"{shown} && {time_filter(row)}" if shown and shares_endpoints else shown
