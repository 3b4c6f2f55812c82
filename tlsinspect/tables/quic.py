"""Connection records -> the columns that only QUIC has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from ..columns import CONNECTIONS
from ..connection import Connection
from ..registry.quic import quic_version_name
from ..wire.quic_frames import parse_transport_parameters
from .arrow import TYPES, Shared, Types, value_array

QUIC_PREFIX = "quic_"
COLUMN_TYPES = {column.name: TYPES[column.type] for column in CONNECTIONS if column.name.startswith(QUIC_PREFIX)}


def build_quic_columns(count: int, found: Sequence[tuple[int, Connection]]) -> dict[str, pa.Array]:
    """Build the columns of `count` rows, of which those `found` are QUIC; all are missing where a row is not."""
    if not found:
        return {name: pa.nulls(count, data_type) for name, data_type in COLUMN_TYPES.items()}
    values: dict[str, list[Any]] = {name: [None] * count for name in COLUMN_TYPES}
    for place, connection in found:
        for name, value in quic_values(connection).items():
            values[name][place] = value
    return {name: value_array(values[name], data_type) for name, data_type in COLUMN_TYPES.items()}


def with_google_names(names: pa.Array, found: Sequence[tuple[int, Connection]], types: Types) -> pa.Array:
    """The server_name column with the names that Google's handshake asked for, where there is no ClientHello."""
    asked = [(place, each.quic.server_name) for place, each in found if each.quic and each.quic.server_name is not None]
    if not asked:
        return names
    known = names.to_pylist()
    for place, name in asked:
        known[place] = name.decode("ascii", "backslashreplace")
    return Shared(known).texts(types)


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
