"""The loops over every row: values of records into the flat arrays that Arrow's columns are made of.

Goes in: lists of records or of their values. Comes out: numpy arrays that were
given, filled, and joined octets. Compiled, a value costs a few nanoseconds and no object.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..connection import Connection

NUMBERS = (
    "capture", "time_start", "time_end", "client_port", "server_port", "client_packets", "server_packets",
    "client_bytes", "server_bytes", "client_application_bytes", "server_application_bytes", "gap", "out_of_order",
    "retransmitted", "overlap_conflict", "midstream", "one_sided", "truncated", "client_hello_packet",
    "server_hello_packet", "certificate_packet", "client_record_version", "group", "server_signature_algorithm",
    "dh_prime_bits", "hello_retry_request", "ticket_lifetime_hint", "version", "resumed", "established", "last_alert",
    "client_certificate_requested",
)  # fmt: skip
"""The attributes of a Connection that pack_numbers reads, in its order."""

MISSING = -1  # stands for None among numbers that are never negative


def pack_numbers(batch: list[Connection], table: NDArray[np.int64]) -> None:
    """Fill `table`, a row per name of NUMBERS and a column per connection; None becomes MISSING."""
    for place in range(len(batch)):
        connection = batch[place]
        table[0, place] = connection.capture
        table[1, place] = connection.time_start
        table[2, place] = connection.time_end
        table[3, place] = connection.client_port
        table[4, place] = connection.server_port
        table[5, place] = connection.client_packets
        table[6, place] = connection.server_packets
        table[7, place] = connection.client_bytes
        table[8, place] = connection.server_bytes
        table[9, place] = number_of(connection.client_application_bytes)
        table[10, place] = number_of(connection.server_application_bytes)
        table[11, place] = connection.gap
        table[12, place] = connection.out_of_order
        table[13, place] = connection.retransmitted
        table[14, place] = connection.overlap_conflict
        table[15, place] = connection.midstream
        table[16, place] = connection.one_sided
        table[17, place] = connection.truncated
        table[18, place] = number_of(connection.client_hello_packet)
        table[19, place] = number_of(connection.server_hello_packet)
        table[20, place] = number_of(connection.certificate_packet)
        table[21, place] = number_of(connection.client_record_version)
        table[22, place] = number_of(connection.group)
        table[23, place] = number_of(connection.server_signature_algorithm)
        table[24, place] = number_of(connection.dh_prime_bits)
        table[25, place] = number_of(connection.hello_retry_request)
        table[26, place] = number_of(connection.ticket_lifetime_hint)
        table[27, place] = number_of(connection.version)
        table[28, place] = number_of(connection.resumed)
        table[29, place] = number_of(connection.established)
        table[30, place] = number_of(connection.last_alert)
        table[31, place] = number_of(connection.client_certificate_requested)


def number_of(value: Any) -> int:
    """The number itself, or MISSING for None."""
    return MISSING if value is None else int(value)


def pack_octets(values: list[bytes | None], lengths: NDArray[np.int32], missing: NDArray[np.uint8]) -> bytes:
    """Join what is there; fill the length of each value and whether it is None."""
    whole = []
    for place in range(len(values)):
        value = values[place]
        if value is None:
            missing[place] = True
        else:
            lengths[place] = len(value)
            whole.append(value)
    return b"".join(whole)


def pack_keys(values: list[Any], positions: NDArray[np.int32]) -> list[Any]:
    """Return the distinct values in order of appearance; fill which of them each value is."""
    index: dict[Any, int] = {}
    for place in range(len(values)):
        value = values[place]
        position = index.get(value)
        if position is None:
            position = len(index)
            index[value] = position
        positions[place] = position
    return list(index)
