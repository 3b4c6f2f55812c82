"""A second opinion from Suricata's eve.json: each event of type tls or quic beside our own of the same connection.

Goes in: an Inspection, and events that Suricata wrote of the same traffic. Comes out: a Verification. What an event of
theirs does not have, such as a fingerprint that was not switched on, is not compared.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any

from ..export.eve import iter_eve
from ..export.identity import flow_id
from ..export.rows import iter_rows
from .eve_reasons import EVE_REASONS
from .lines import add_row, iter_lines, parse_object, refusing
from .logs import Entry, compare, endpoint
from .places import packet_of
from .record import Row, Verification, conclude
from .zeek import COLUMNS

if TYPE_CHECKING:
    from ..inspection import Inspection

KINDS = ("tls", "quic")
NOT_COMPARED = frozenset({"certificate", "chain", "cyu", "ua", "from_proto"})
"""Parts of `tls` and `quic` that are long, or that depend on how Suricata found the connection."""
COMPARED = ("community_id",)
EVENT_TYPES: dict[str, type | UnionType] = {
    "src_ip": str, "dest_ip": str, "src_port": int | None, "dest_port": int | None, "timestamp": str | None,
    "tls": dict | None, "quic": dict | None,
}  # fmt: skip
"""What is read of an event; None where it need not be there."""
PLACES = {
    "sni": "server_name", "ja3": "ja3", "ja4": "ja4", "client_alpns": "alpn_offered", "extensions": "client_extensions",
    "client_handshake": "cipher_suites", "subject": "subject", "issuerdn": "subject", "serial": "subject",
    "fingerprint": "subject", "notbefore": "subject", "notafter": "subject", "subjectaltname": "subject",
}  # fmt: skip
"""Parts, and the column that says where they are seen; the others are seen in the ServerHello."""


def verify_eve(inspection: Inspection, path: str | os.PathLike[str]) -> Verification:
    """Compare with an eve.json; raises ToolError for a file that holds no events."""
    return compare_eve(inspection, read_events(Path(path)), Path(path).name)


def read_events(path: Path) -> list[Entry]:
    """The events of type tls and quic."""
    entries: list[Entry] = []
    with refusing(path, "eve.json"):
        for line in iter_lines(path):
            if not line.strip():
                continue
            event = parse_object(line)
            if "event_type" not in event:
                raise ValueError("a line is no event")
            if event["event_type"] in KINDS:
                check_event(event)
                add_row(entries, entry_of(event, None))
    return entries


def check_event(event: Row) -> None:
    """Raise ValueError for an event of which no entry can be made."""
    for name, wanted in EVENT_TYPES.items():
        value = event.get(name)
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise ValueError(f"an event has a {name} that is none, or lacks it")


def compare_eve(inspection: Inspection, theirs: list[Entry], source: str) -> Verification:
    """Compare with these events."""
    connections = {
        flow_id(row["connection_id"]): row for row in iter_rows(inspection.on_demand("connections"), COLUMNS)
    }
    ours = [entry_of(event, connections[event["flow_id"]]) for event in iter_eve(inspection)]
    return conclude(source, compare(ours, theirs, EVE_REASONS, place_of))


def place_of(field: str, row: Row | None) -> int | None:
    """The packet that shows a field."""
    part = field.split(".")[1] if "." in field else field
    return packet_of(PLACES.get(part, "version"), row)


def entry_of(event: Row, connection: Row | None) -> Entry:
    """An event."""
    ends = endpoint(event["src_ip"], event.get("src_port")), endpoint(event["dest_ip"], event.get("dest_port"))
    values = {name: event[name] for name in COMPARED if name in event}
    for kind in KINDS:
        values |= flatten(event.get(kind) or {}, kind)
    time = event.get("timestamp")
    return Entry(ends, None if time is None else nanoseconds(time), values, connection)


def flatten(part: dict[str, Any], path: str) -> Row:
    """The values of an object by their dotted path; lists stay whole, of extensions their types."""
    return dict(iter_values(part, path))


def iter_values(part: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """Each value below an object."""
    for name, value in part.items():
        if name in NOT_COMPARED:
            continue
        if isinstance(value, dict):
            yield from iter_values(value, f"{path}.{name}")
        elif name == "extensions" and path == "quic" and isinstance(value, list):
            if all(isinstance(each, dict) and "type" in each for each in value):
                yield f"{path}.{name}", [each["type"] for each in value]
        else:
            yield f"{path}.{name}", value


def nanoseconds(text: str) -> int:
    """A time of an event; raises ValueError for what is none."""
    return int(datetime.fromisoformat(text).timestamp() * 1_000_000) * 1000
