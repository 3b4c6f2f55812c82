"""Frames made up for tests: typed as COLUMNS says, every column null unless a test names it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa

from tlsinspect.columns import COLUMNS
from tlsinspect.tables.arrow import arrow_schema, to_frame
from tlsinspect.wire.limits import DEFAULT_LIMITS, Limits

Row = dict[str, Any]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


UNSEEN = {"verdict": "not_observable", "detail": "nothing was captured", "faults": [], "remarks": []}


@dataclass
class MadeFrames:
    """What an Inspection offers: its frames."""

    connections: pd.DataFrame
    certificates: pd.DataFrame
    chains: pd.DataFrame
    staples: pd.DataFrame
    offers: pd.DataFrame
    messages: pd.DataFrame
    alerts: pd.DataFrame
    ports: pd.DataFrame
    problems: pd.DataFrame
    captures: pd.DataFrame
    findings: pd.DataFrame
    validation: pd.DataFrame
    client_validation: pd.DataFrame
    ocsp: pd.DataFrame
    scts: pd.DataFrame
    tables: dict[str, pa.Table]
    arguments: str = "made.pcapng"
    selection: str = ""
    days: str = ""
    at: datetime | None = None
    limits: Limits = DEFAULT_LIMITS

    def arrow(self, table: str) -> pa.Table:
        """One of the tables as Arrow."""
        return self.tables[table]

    on_demand = arrow


def make_frames(**rows: list[Row]) -> MadeFrames:
    """Frames with the given rows; chains, ports and validation follow from connections, others are empty."""
    connections = rows.get("connections", [])
    if "chains" not in rows:
        rows["chains"] = [entry for row in connections for entry in chain_rows(row)]
    if "validation" not in rows:
        rows["validation"] = [UNSEEN | {"connection_id": row.get("connection_id")} for row in connections]
    if "ports" not in rows:
        rows["ports"] = port_rows(connections)
    tables = {name: pa.Table.from_pylist(rows.get(name, []), schema=arrow_schema(name)) for name in COLUMNS}
    return MadeFrames(**{name: to_frame(table) for name, table in tables.items()}, tables=tables)


def make_connection(number: int, **values: Any) -> Row:
    """A TLS 1.3 connection that went well, of which `values` say what is different."""
    row: Row = {
        "connection_id": f"{number:016x}",
        "capture": "made.pcapng",
        "time_start": NOON + timedelta(seconds=number),
        "time_end": NOON + timedelta(seconds=number + 1),
        "client_ip": "192.0.2.1",
        "client_port": 50000 + number % 10000,
        "server_ip": "198.51.100.1",
        "server_port": 443,
        "transport": "tcp",
        "protocol": "tls",
        "client_bytes": 1000,
        "server_bytes": 4000,
        "gap": False,
        "midstream": False,
        "one_sided": False,
        "truncated": False,
        "client_hello_packet": 10 * number + 4,
        "server_hello_packet": 10 * number + 6,
        "client_legacy_version": 0x0303,
        "supported_versions": [0x0A0A, 0x0304, 0x0303],
        "server_name": "www.example",
        "cipher_suite": 0x1301,
        "cipher_suite_name": "TLS_AES_128_GCM_SHA256",
        "version": 0x0304,
        "version_name": "TLS 1.3",
        "key_exchange": "ECDHE",
        "group": 29,
        "group_name": "x25519",
        "cipher": "AES_128",
        "cipher_mode": "GCM",
        "mac": "AEAD",
        "key_bits": 128,
        "forward_secrecy": True,
        "post_quantum": False,
        "resumed": False,
        "established": True,
        "unknown_reasons": [],
    }
    return row | values


def make_old_connection(number: int, **values: Any) -> Row:
    """A TLS 1.0 connection with static RSA and RC4, between sides that know no better."""
    old: Row = {
        "client_legacy_version": 0x0301,
        "supported_versions": None,
        "cipher_suite": 0x0005,
        "cipher_suite_name": "TLS_RSA_WITH_RC4_128_SHA",
        "version": 0x0301,
        "version_name": "TLS 1.0",
        "key_exchange": "RSA",
        "group": None,
        "group_name": None,
        "cipher": "RC4_128",
        "cipher_mode": "STREAM",
        "mac": "SHA",
        "forward_secrecy": False,
        "unknown_reasons": [("group", "not_applicable"), ("supported_versions", "not_offered")],
    }
    return make_connection(number, **(old | values))


def make_failed_connection(number: int, **values: Any) -> Row:
    """A connection whose ClientHello was answered with an alert."""
    chosen = (
        "server_hello_packet", "cipher_suite", "cipher_suite_name", "version", "version_name", "key_exchange", "group",
        "group_name", "cipher", "cipher_mode", "mac", "key_bits", "forward_secrecy", "post_quantum", "resumed",
    )  # fmt: skip
    failed: Row = dict.fromkeys(chosen) | {
        "established": False,
        "failure": "alert",
        "last_alert": 70,
        "last_alert_name": "protocol_version",
        "last_alert_sender": "server",
        "unknown_reasons": [(name, "not_captured") for name in chosen],
    }
    return make_connection(number, **(failed | values))


def chain_rows(row: Row) -> list[Row]:
    """The rows of the chains frame for a connection's certificates."""
    hashes = row.get("certificate_sha256s") or []
    return [
        {"connection_id": row["connection_id"], "side": "server", "position": place, "sha256": sha256}
        for place, sha256 in enumerate(hashes)
    ]


def port_rows(connections: list[Row]) -> list[Row]:
    """The rows of the ports frame that follow from connections; 443 and 8443 are TLS ports."""
    counts: dict[tuple[int, str, str], list[int]] = {}
    for row in connections:
        total = counts.setdefault((row["server_port"], row["transport"], row["protocol"]), [0, 0])
        total[0] += 1
        total[1] += row["client_bytes"] + row["server_bytes"]
    return [
        {
            "server_port": port,
            "transport": transport,
            "protocol": protocol,
            "tls_port": port in (443, 8443),
            "connections": number,
            "bytes": octets,
            "share": number / sum(count[0] for key, count in counts.items() if key[:2] == (port, transport)),
        }
        for (port, transport, protocol), (number, octets) in counts.items()
    ]
