"""Connection records -> the columns that only QUIC has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from ..columns import CONNECTIONS
from ..connection import Connection
from ..quic_keys import VERSIONS
from ..registry.quic import quic_version_name
from ..wire.codes import EARLY_DATA
from ..wire.quic_facts import QuicFacts
from ..wire.quic_frames import parse_transport_parameters
from .arrow import TYPES, Shared, Types, value_array
from .hellos import decode_name

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
        known[place] = decode_name(name)
    return Shared(known).texts(types)


def quic_values(connection: Connection) -> dict[str, Any]:
    """The values of one connection that is QUIC."""
    facts = connection.quic
    assert facts is not None
    first = first_destination(connection, facts)
    client = facts.connection_ids[connection.client_side]
    server = facts.connection_ids[1 - connection.client_side]
    hello = connection.client_hello
    parameters = None if hello is None else hello.transport_parameters
    return {
        "quic_version": None if facts.version < 0 else facts.version,
        "quic_version_name": None if facts.version < 0 else quic_version_name(facts.version),
        "quic_destination_connection_id": None if first is None else first.hex(),
        "quic_source_connection_id": None if client is None else client[1].hex(),
        "quic_server_connection_id": None if server is None else server[1].hex(),
        "quic_version_negotiation": versions_listed(connection, facts),
        "quic_retry": retried(connection, facts),
        "quic_0rtt": sent_early(connection, facts),
        "quic_transport_parameters": None if parameters is None else parse_transport_parameters(parameters),
        "quic_error": None if facts.close_error < 0 else facts.close_error,
    }


def first_destination(connection: Connection, facts: QuicFacts) -> bytes | None:
    """The destination connection id of the client's first packet; None where that one was not captured.

    Where the version has no keys here, or the packet was cut, nothing says that a packet is not the first, but that it
    names the server's own connection id. In Google's QUIC both sides name the one that the client has chosen.
    """
    client = facts.connection_ids[connection.client_side]
    server = facts.connection_ids[1 - connection.client_side]
    if facts.google and client is not None:
        return client[0]
    if facts.first_destination is not None or client is None:
        return facts.first_destination if facts.begins or not facts.retry else None
    if (facts.version in VERSIONS and not connection.truncated) or (server is not None and client[0] == server[1]):
        return None
    return client[0]


def retried(connection: Connection, facts: QuicFacts) -> bool | None:
    """Whether the server sent a Retry; None where it may have, and the capture lacks it.

    What keys of the client's first packet open was not sent behind one. Google's own handshake has none.
    """
    if facts.retry or facts.google:
        return facts.retry
    answered = facts.opened[1 - connection.client_side]
    return False if answered and facts.begins else None


def versions_listed(connection: Connection, facts: QuicFacts) -> bool | None:
    """Whether the server answered with a list of versions; None where it may have, and the capture lacks it."""
    if facts.version_negotiation or facts.google:
        return facts.version_negotiation
    answered = facts.opened[1 - connection.client_side]
    return False if answered and not facts.versions_differ else None


def sent_early(connection: Connection, facts: QuicFacts) -> bool | None:
    """Whether the client sent 0-RTT packets; None where it may have, and the capture lacks them.

    Who sends any offers early data (RFC 9001 section 4.6.1).
    """
    hello = connection.client_hello
    if facts.zero_rtt or facts.google:
        return facts.zero_rtt
    return False if hello is not None and hello.complete and not hello.seen >> EARLY_DATA & 1 else None
