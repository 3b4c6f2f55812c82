"""quic.log: a row per QUIC connection.

Goes in: an Inspection. Comes out: rows by field name. `history` stays unset: the order of QUIC's packets is not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..rows import Row, iter_tls
from .field import Field
from .names import quic_version_text
from .ssl import ENDS, end_fields

if TYPE_CHECKING:
    from ...inspection import Inspection

FIELDS = (
    *ENDS,
    Field("version", "string"),
    Field("client_initial_dcid", "string"),
    Field("client_scid", "string"),
    Field("server_scid", "string"),
    Field("server_name", "string"),
    Field("client_protocol", "string"),
    Field("history", "string"),
)

COLUMNS = (
    "connection_id", "time_start", "client_ip", "client_port", "server_ip", "server_port", "quic_version",
    "quic_destination_connection_id", "quic_source_connection_id", "quic_server_connection_id", "server_name",
    "alpn_offered",
)  # fmt: skip


def build_quic(inspection: Inspection) -> Iterator[Row]:
    """The rows, in the order in which the connections started."""
    for row in iter_tls(inspection, COLUMNS):
        if row["protocol"] == "quic":
            yield end_fields(row, row["time_start"]) | {
                "version": quic_version_text(row["quic_version"]),
                "client_initial_dcid": row["quic_destination_connection_id"],
                "client_scid": row["quic_source_connection_id"],
                "server_scid": row["quic_server_connection_id"],
                "server_name": row["server_name"],
                "client_protocol": row["alpn_offered"][0] if row["alpn_offered"] else None,
            }
