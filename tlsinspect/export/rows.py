"""What the exporters of other tools' formats read from an inspection: plain rows, times as nanoseconds.

Goes in: an Inspection. Comes out: dictionaries, made batch by batch, with the columns that were asked for alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ..connection import CARRIES_TLS

if TYPE_CHECKING:
    from ..inspection import Inspection

Row = dict[str, Any]

ROWS_AT_ONCE = 4096
CHAINS = ("certificate_sha256s", "client_certificate_sha256s")
CARRIERS = {"dtls": "dtls", "quic": "quic", "gquic": "quic"}
"""What other tools call the protocol of a connection; all that is not here is tls."""


def iter_rows(table: pa.Table, names: Sequence[str]) -> Iterator[Row]:
    """The rows of a table, with these columns; timestamps are nanoseconds since 1970."""
    for batch in table.select(list(names)).to_batches(ROWS_AT_ONCE):
        columns = [plain_column(batch.column(place)) for place in range(len(names))]
        for values in zip(*columns, strict=True):
            yield dict(zip(names, values, strict=True))


def plain_column(column: pa.Array) -> list[Any]:
    """A column's values; timestamps as whole numbers."""
    values: list[Any] = (column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column).to_pylist()
    return values


def iter_tls(inspection: Inspection, names: Sequence[str]) -> Iterator[Row]:
    """The connections that carried TLS, DTLS, QUIC or SSL 2.0, in the order in which they started."""
    needed = dict.fromkeys([*names, "protocol", "time_start", "connection_id"])
    connections = inspection.on_demand("connections").select(list(needed))
    ordered = connections.sort_by([("time_start", "ascending"), ("connection_id", "ascending")])
    return (row for row in iter_rows(ordered, [*names, "protocol"]) if row["protocol"] in CARRIES_TLS)


def certificates_by_hash(inspection: Inspection, names: Sequence[str]) -> dict[str, Row]:
    """The distinct certificates, by SHA-256."""
    return {row["sha256"]: row for row in iter_rows(inspection.arrow("certificates"), ["sha256", *names])}


def leaf_of(chain: list[str] | None, certificates: dict[str, Row]) -> Row | None:
    """A side's own certificate."""
    return certificates[chain[0]] if chain else None


def leaves(row: Row) -> list[str]:
    """The certificates of the two ends themselves."""
    return [row[chain][0] for chain in CHAINS if row[chain]]


def without_nothing(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


class MessageTimes:
    """When handshake messages were seen: the first of each connection, and the first Certificate of each side."""

    def __init__(self, inspection: Inspection) -> None:
        self.of_connection: dict[str, int] = {}
        self.of_certificate: dict[tuple[str, str], int] = {}
        for row in iter_rows(inspection.arrow("messages"), ("connection_id", "time", "sender", "message_type")):
            name, time = row["connection_id"], row["time"]
            self.of_connection[name] = min(time, self.of_connection.get(name, time))
            if row["message_type"] == "certificate":
                side = name, row["sender"]
                self.of_certificate[side] = min(time, self.of_certificate.get(side, time))

    def first(self, row: Row) -> int:
        """When the connection's first message was seen; without one, its first packet."""
        return self.of_connection.get(row["connection_id"]) or int(row["time_start"])

    def certificate(self, row: Row, side: str) -> int:
        """When the Certificate of a side was seen; without one, the connection's first packet."""
        return self.of_certificate.get((row["connection_id"], side)) or int(row["time_start"])
