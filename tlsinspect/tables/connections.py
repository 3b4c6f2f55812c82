"""Connection records -> the connections table, a batch at a time.

What many rows share (names of numbers, facts of suites and certificates) is
worked out once per distinct value and taken from there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from .. import registry
from ..connection import Connection
from .arrow import ENCODED_TYPES, TYPES, Columns, Shared, Types, arrow_schema, number_array
from .context import Context
from .failures import build_failure_columns
from .gathering import MISSING, NUMBERS, OCTETS, TEXTS, Gathered, Session
from .hellos import build_client_columns, build_server_columns, names_of
from .leaf import build_leaf_columns
from .quic import build_quic_columns, with_google_names
from .reasons import build_unknown_reasons
from .records import Records, client_hellos_of, connections_of, durations_of, gather, server_hellos_of
from .security import SECURITY_COLUMNS, session_security

SHARED_TEXTS = (
    "transport", "protocol", "starttls_protocol", "starttls_status", "resumption", "established_evidence", "failure",
    "last_alert_sender", "handshake_history", "ocsp_status", "clear_credentials", "starttls_injection",
    "renegotiation", "heartbleed",
)  # fmt: skip
NEVER_NEGATIVE = frozenset(NUMBERS) - {"time_start", "time_end"}  # whose MISSING is no value

NAMED = {
    "group_name": ("group", registry.group_name),
    "server_signature_algorithm_name": ("server_signature_algorithm", registry.signature_scheme_name),
    "last_alert_name": ("last_alert", registry.alert_name),
    "version_name": ("version", registry.version_name),
}


FINGERPRINTS = {"fingerprint": ("ja3", "ja3_string", "ja4", "ja4_raw"), "server_fingerprint": ("ja3s", "ja3s_string")}


def build_connections(batch: Sequence[Connection], context: Context) -> pa.RecordBatch:
    """Build the connections table's rows for a batch of connections."""
    return build_gathered(gather(batch), context)


def build_gathered(gathered: Gathered, context: Context, encoded: bool = False) -> pa.RecordBatch:
    """Build the connections table's rows for connections that were taken apart.

    With `encoded`, columns whose texts come again and again are dictionary-encoded, the same in every batch.
    """
    gathered.settle()
    types = ENCODED_TYPES if encoded else TYPES
    rows, client_hellos, server_hellos = (
        of(gathered, types) for of in (connections_of, client_hellos_of, server_hellos_of)
    )
    schema = arrow_schema("connections")
    columns = build_plain(rows)
    for name, milliseconds in durations_of(gathered).items():
        columns[name] = number_array(milliseconds, pa.float64(), np.isnan(milliseconds))
    columns["capture"] = Shared(rows.numbers["capture"].tolist()).column(context.captures.__getitem__, types["string"])
    later = rows.shared["later"]
    columns["later_captures"] = later.column(
        lambda places: None if places is None else [context.captures[number] for number, _ in places],
        schema.field("later_captures").type,
    )
    columns["later_packets"] = later.column(
        lambda places: None if places is None else [packet for _, packet in places], schema.field("later_packets").type
    )
    for name, (source, name_of) in NAMED.items():
        columns[name] = names_of(rows.numbers[source], name_of, types)
    columns.update(build_client_columns(client_hellos))
    columns["server_name"] = with_google_names(columns["server_name"], gathered.quic, types)
    columns.update(build_quic_columns(rows.count, gathered.quic))
    columns.update(build_server_columns(server_hellos))
    columns.update(build_security(gathered.sessions, types))
    columns.update(build_fingerprints(rows))
    columns.update(build_leaf_columns(rows, client_hellos, context))
    columns.update(build_failure_columns(rows.count, gathered.failed, columns, types))
    columns["unknown_reasons"] = build_unknown_reasons(gathered.circumstances, columns, types)
    arrays = [columns[name] for name in schema.names]
    if encoded:
        return pa.RecordBatch.from_arrays(arrays, names=schema.names)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def build_plain(rows: Records) -> Columns:
    """The columns that a Connection has as they are."""
    schema = arrow_schema("connections")
    columns: Columns = {}
    for name, values in rows.numbers.items():
        missing = values == MISSING if name in NEVER_NEGATIVE else None
        if name != "capture":
            columns[name] = number_array(values, schema.field(name).type, missing)
    for name in TEXTS:
        columns[name] = rows.runs[name].texts()
    for name in OCTETS:
        columns[name] = rows.runs[name].hex()
    for name in SHARED_TEXTS:
        columns[name] = rows.shared[name].texts(rows.types)
    for name in ("tunnels", "vlans"):
        columns[name] = rows.shared[name].column(lambda value: value, schema.field(name).type)
    return columns


def build_security(sessions: Sequence[Session | None], types: Types) -> Columns:
    """Key exchange, authentication, cipher and what they are worth."""
    shared = Shared(sessions)
    facts = [session_security(*key) if key else None for key in shared.keys]
    return {
        name: shared.spread([getattr(fact, name) if fact else None for fact in facts], types[type_name])
        for name, type_name in SECURITY_COLUMNS.items()
    }


def build_fingerprints(rows: Records) -> Columns:
    """JA3, JA3S and JA4 with the texts that they are hashes of."""
    columns: Columns = {}
    for attribute, names in FINGERPRINTS.items():
        shared = rows.shared[attribute]
        for position, name in enumerate(names):
            columns[name] = shared.spread([key[position] if key else None for key in shared.keys], rows.types["string"])
    return columns
