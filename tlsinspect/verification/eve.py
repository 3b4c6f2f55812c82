"""A second opinion from Suricata's eve.json: each event of type tls or quic beside our own of the same connection.

Goes in: an Inspection, and events that Suricata wrote of the same traffic. Comes out: a Verification. What an event of
theirs does not have, such as a fingerprint that was not switched on, is not compared.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ToolError
from ..export.eve import iter_eve
from ..export.identity import flow_id
from ..export.rows import iter_rows
from .eve_reasons import EVE_REASONS
from .logs import Entry, compare, endpoint
from .places import packet_of
from .record import Row, Verification, conclude
from .zeek import COLUMNS
from .zeek_log import iter_lines

if TYPE_CHECKING:
    from ..inspection import Inspection

KINDS = ("tls", "quic")
NOT_COMPARED = frozenset({"certificate", "chain", "cyu", "ua", "from_proto"})
"""Parts of `tls` and `quic` that are long, or that depend on how Suricata found the connection."""
COMPARED = ("community_id",)
PLACES = {
    "sni": "server_name", "ja3": "ja3", "ja4": "ja4", "client_alpns": "alpn_offered", "extensions": "client_extensions",
    "client_handshake": "cipher_suites", "subject": "subject", "issuerdn": "subject", "serial": "subject",
    "fingerprint": "subject", "notbefore": "subject", "notafter": "subject", "subjectaltname": "subject",
}  # fmt: skip
"""Parts, and the column that says where they are seen; the others are seen in the ServerHello."""


def verify_eve(inspection: Inspection, path: str | os.PathLike[str]) -> Verification:
    """Compare with an eve.json; raises ToolError for a file that holds no events."""
    return compare_eve(inspection, read_events(Path(path)), Path(path).name)


def read_events(path: Path) -> list[Row]:
    """The events of type tls and quic."""
    try:
        events = [json.loads(line) for line in iter_lines(path) if line.strip()]
        if not all(isinstance(event, dict) and "event_type" in event for event in events):
            raise ValueError("a line is no event")
        return [event for event in events if event["event_type"] in KINDS]
    except OSError as error:
        raise ToolError(str(path), f"cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ToolError(str(path), f"is no eve.json: {error}") from None


def compare_eve(inspection: Inspection, events: list[Row], source: str) -> Verification:
    """Compare with these events."""
    connections = {
        flow_id(row["connection_id"]): row for row in iter_rows(inspection.on_demand("connections"), COLUMNS)
    }
    ours = [entry_of(event, connections[event["flow_id"]]) for event in iter_eve(inspection)]
    theirs = [entry_of(event, None) for event in events]
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
        values |= flatten(event.get(kind, {}), kind)
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
        elif name == "extensions" and path == "quic":
            if all("type" in each for each in value):
                yield f"{path}.{name}", [each["type"] for each in value]
        else:
            yield f"{path}.{name}", value


def nanoseconds(text: str) -> int:
    """A time of an event."""
    return int(datetime.fromisoformat(text).timestamp() * 1_000_000) * 1000
