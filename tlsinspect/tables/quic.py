"""Connection records -> the columns that only QUIC has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from ..columns import CONNECTIONS
from ..connection import Connection
from ..registry.quic import quic_version_name
from ..wire.quic_frames import parse_transport_parameters
from .arrow import TYPES, text_array, value_array

QUIC_PREFIX = "quic_"
COLUMN_TYPES = {column.name: TYPES[column.type] for column in CONNECTIONS if column.name.startswith(QUIC_PREFIX)}


def build_quic_columns(batch: Sequence[Connection]) -> dict[str, pa.Array]:
    """Build the columns; all of them are missing where a connection is not QUIC."""
    rows = [None if connection.quic is None else quic_values(connection) for connection in batch]
    if not any(rows):
        return {name: pa.nulls(len(batch), data_type) for name, data_type in COLUMN_TYPES.items()}
    return {
        name: value_array([None if row is None else row[name] for row in rows], data_type)
        for name, data_type in COLUMN_TYPES.items()
    }


def with_google_names(names: pa.Array, batch: Sequence[Connection]) -> pa.Array:
    """The server_name column with the names that Google's handshake asked for, where there is no ClientHello."""
    asked = [None if connection.quic is None else connection.quic.server_name for connection in batch]
    if not any(asked):
        return names
    pairs = zip(names.to_pylist(), asked, strict=True)
    return text_array([known if name is None else name.decode("ascii", "backslashreplace") for known, name in pairs])


def quic_values(connection: Connection) -> dict[str, Any]:
    """The values of one connection that is QUIC."""
    facts = connection.quic
    assert facts is not None
    client = facts.connection_ids[connection.client_side]
    server = facts.connection_ids[1 - connection.client_side]
    hello = connection.client_hello
    parameters = None if hello is None else hello.transport_parameters
    return {
        "quic_version": None if facts.version < 0 else facts.version,
        "quic_version_name": None if facts.version < 0 else quic_version_name(facts.version),
        "quic_destination_connection_id": None if client is None else client[0].hex(),
        "quic_source_connection_id": None if client is None else client[1].hex(),
        "quic_server_connection_id": None if server is None else server[1].hex(),
        "quic_version_negotiation": facts.version_negotiation,
        "quic_retry": facts.retry,
        "quic_0rtt": facts.zero_rtt,
        "quic_transport_parameters": None if parameters is None else parse_transport_parameters(parameters),
        "quic_error": None if facts.close_error < 0 else facts.close_error,
    }
