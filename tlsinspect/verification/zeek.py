"""A second opinion from Zeek's logs: each row beside the row that our own export has for the same connection.

Goes in: an Inspection, and logs that Zeek wrote of the same traffic. Comes out: a Verification for each log.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..export.identity import zeek_uid
from ..export.rows import iter_rows
from ..export.zeek import build_logs
from ..export.zeek.ssl import SAME_LISTS
from .logs import Entry, compare, endpoint, same
from .places import packet_of
from .record import PRESENCE, Difference, Row, Tally, Verification, conclude
from .zeek_log import ZeekLog, read_zeek_log
from .zeek_reasons import ZEEK_REASONS

if TYPE_CHECKING:
    from ..inspection import Inspection

ABOUT = frozenset({"ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p"})
ROLE = ("fingerprint", "host_cert", "client_cert")
COLUMNS = (
    "connection_id", "capture", "time_start", "time_end", "client_ip", "client_port", "server_ip", "server_port",
    "transport", "protocol", "starttls_protocol", "tunnels", "quic_retry", "gap", "truncated", "midstream", "one_sided",
    "version", "key_exchange", "established", "hello_retry_request", "handshake_history", "client_hello_packet",
    "server_hello_packet", "certificate_packet", "certificate_sha256s", "client_certificate_sha256s",
)  # fmt: skip
PLACES = SAME_LISTS | {
    "client_initial_dcid": "quic_destination_connection_id",
    "client_scid": "quic_source_connection_id",
    "client_protocol": "alpn_offered",
    "cert_chain_fps": "certificate_sha256s",
    "sigalgs": "signature_algorithms",
    "hashalgs": "signature_algorithms",
}
"""Fields, and the column that says where they are seen."""


def verify_zeek(inspection: Inspection, logs: Sequence[str | os.PathLike[str]]) -> list[Verification]:
    """Compare with ssl.log, x509.log or quic.log of Zeek's, as text or JSON.

    Rows find their connection by addresses, ports and time: they may be of more traffic than the captures, and what
    lies outside the times of a log is not missed in it. Raises ToolError for a file that is no such log.
    """
    read = [(Path(path), read_zeek_log(Path(path))) for path in logs]
    return [compare_zeek(inspection, log, path.name) for path, log in read]


def compare_zeek(inspection: Inspection, log: ZeekLog, source: str) -> Verification:
    """Compare with one log."""
    ours = build_logs(inspection)[log.name]
    connections = list(iter_rows(inspection.on_demand("connections"), COLUMNS))
    if log.name == "x509":
        return conclude(source, compare_certificates(ours, log.rows, by_certificate(connections)), "certificate")
    by_uid = {zeek_uid(row["connection_id"]): row for row in connections}
    tally = compare(
        [entry_of(row, by_uid[row["uid"]]) for row in ours],
        [entry_of(row, None) for row in log.rows],
        ZEEK_REASONS,
        lambda field, row: packet_of(PLACES.get(field, field), row),
    )
    return conclude(source, tally)


def entry_of(row: Row, connection: Row | None) -> Entry:
    """A row of ssl.log or quic.log."""
    ends = endpoint(row["id.orig_h"], row["id.orig_p"]), endpoint(row["id.resp_h"], row["id.resp_p"])
    values = {name: value for name, value in row.items() if name not in ABOUT}
    return Entry(ends, row.get("ts"), values, connection)


def by_certificate(connections: Iterable[Row]) -> dict[str, Row]:
    """Of each certificate, a connection that carried it."""
    found: dict[str, Row] = {}
    for row in connections:
        for sha256 in (*(row["certificate_sha256s"] or ()), *(row["client_certificate_sha256s"] or ())):
            found.setdefault(sha256, row)
    return found


def compare_certificates(ours: list[Row], theirs: list[Row], carriers: dict[str, Row]) -> Tally:
    """Compare the rows of x509.log, which are found by fingerprint and role; each certificate once."""
    tally = Tally(ZEEK_REASONS)
    known = {role_of(row): row for row in ours}
    for role, row in {role_of(row): row for row in theirs}.items():
        sha256 = str(role[0])
        carrier = carriers.get(sha256)
        place = packet_of("certificate_sha256s", carrier)
        if role not in known:
            tally.differ(Difference(sha256, PRESENCE, 0, 1, carrier, place))
            continue
        tally.matched += 1
        for field, value in row.items():
            found = known[role].get(field)
            if field == "ts":
                continue
            if same(found, value):
                tally.facts += value is not None
            else:
                tally.differ(Difference(sha256, field, found, value, carrier, place))
    return tally


def role_of(row: Row) -> tuple[object, ...]:
    """What makes a row of x509.log one of its kind."""
    return tuple(row.get(name) for name in ROLE)
