"""What a handshake gives away beside what it negotiates: columns of the connections table that findings compare."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ..connection import Connection
from .arrow import Columns, Shared, hex_array, number_array, text_array


def build_trace_columns(batch: Sequence[Connection]) -> Columns:
    """Hashes of public values and of signatures' numbers, primes, names of ticket keys, and what heartbeats betray."""
    return {
        "client_key_share_id": text_array([connection.client_key_share_id for connection in batch]),
        "server_key_share_id": text_array([connection.server_key_share_id for connection in batch]),
        "server_nonce_id": text_array([connection.server_nonce_id for connection in batch]),
        "server_key_exchange": hex_column([connection.server_key_exchange for connection in batch]),
        "dh_prime": hex_column([connection.dh_prime for connection in batch]),
        "ticket_key_name": hex_column([connection.ticket_key_name for connection in batch]),
        "client_first_record_length": count_column([connection.client_first_record_length for connection in batch]),
        "clear_credentials": Shared([connection.clear_credentials for connection in batch]).texts(),
        "starttls_injection": Shared([connection.starttls_injection for connection in batch]).texts(),
        "renegotiation": Shared([connection.renegotiation for connection in batch]).texts(),
        "heartbleed": Shared([connection.heartbleed for connection in batch]).texts(),
        "heartbleed_packet": count_column([connection.heartbleed_packet for connection in batch]),
    }


def hex_column(values: list[bytes | None]) -> pa.Array:
    """A column of octets as hexadecimal text."""
    return hex_array(values, np.array([value is None for value in values], np.bool_))


def count_column(values: list[int | None]) -> pa.Array:
    """A column of numbers of which few are there."""
    missing = np.array([value is None for value in values], np.bool_)
    return number_array(np.array([value or 0 for value in values], np.int64), pa.int64(), missing)
