"""Connection records -> the messages, alerts and problems tables, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from .. import registry
from ..connection import Connection
from ..errors import DecodeError
from ..packet_numbers import place_in
from ..wire.codes import HANDSHAKE
from .arrow import arrow_schema, value_array
from .context import Context

Rows = Iterable[tuple[Any, ...]]


def build_rows(table: str, rows: Rows) -> pa.RecordBatch:
    """A record batch of one of the declared tables from rows in the order of its columns."""
    schema = arrow_schema(table)
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.RecordBatch.from_arrays(
        [value_array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema=schema
    )


def build_messages(batch: Sequence[Connection], _: Context) -> pa.RecordBatch:
    """Build the messages table's rows."""
    return build_rows("messages", iter_messages(batch))


def iter_messages(batch: Sequence[Connection]) -> Rows:
    """A row for each message that was noted."""
    for connection in batch:
        for number, time_ns, packet, side, record_type, kind, length in connection.messages:
            if kind >= 0:
                name = registry.handshake_type_name(kind)
            else:
                name = "encrypted_handshake" if record_type == HANDSHAKE else registry.content_type_name(record_type)
            sender = "client" if side == connection.client_side else "server"
            record = registry.content_type_name(record_type)
            yield connection.connection_id, number, time_ns, packet, sender, record, name, length


def build_alerts(batch: Sequence[Connection], _: Context) -> pa.RecordBatch:
    """Build the alerts table's rows."""
    return build_rows("alerts", iter_alerts(batch))


def iter_alerts(batch: Sequence[Connection]) -> Rows:
    """A row for each alert."""
    for connection in batch:
        for time_ns, packet, side, level, description in connection.alerts:
            sender = "client" if side == connection.client_side else "server"
            if level < 0:
                yield connection.connection_id, time_ns, packet, sender, None, None, "encrypted"
            else:
                yield (
                    connection.connection_id,
                    time_ns,
                    packet,
                    sender,
                    level,
                    description,
                    registry.alert_name(description),
                )


def build_problems(batch: Sequence[Connection], context: Context) -> pa.RecordBatch:
    """Build the problems table's rows for problems inside connections."""
    rows = []
    for connection in batch:
        capture = context.captures[connection.capture]
        for error, packet in connection.problems:
            place, number = place_in(connection.capture, connection.later, packet)
            rows.append(problem_row(error, context.captures[place], number or None, connection.connection_id, 1))
        if connection.gap:
            lost = "segments" if connection.transport == "tcp" else "datagrams"
            hole = DecodeError(connection.transport, "gap", 0, f"{lost} that were sent and not captured")
            rows.append(problem_row(hole, capture, None, connection.connection_id, 1))
    return build_rows("problems", rows)


def problem_row(
    error: DecodeError, capture: str, packet: int | None, connection_id: str | None, count: int
) -> tuple[str, str, str, int | None, int, str, str | None, int]:
    """One row of the problems table."""
    return capture, error.layer, error.kind, packet, error.offset, error.expected, connection_id, count
