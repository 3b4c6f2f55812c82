"""What a ClientHello offers of which the capture may have only the beginning.

In: columns of connections, or one row. Out: whether the hello was cut, and what its version field then says. What a
cut hello lacks it may have had: a question about it has no answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .observations import CAPTURE_END
from .rows import Columns, Mask, among, known, one_piece, says

if TYPE_CHECKING:
    import pyarrow as pa


def cut_hellos(columns: Columns) -> Mask:
    """Rows whose ClientHello the capture has only in part.

    `psk_offered` tells: pre_shared_key is the last extension (RFC 8446 section 4.2.11), and whether it was sent is
    known where all of a hello is there.
    """
    short = known(columns, "client_hello_packet") & ~known(columns, "psk_offered")
    ended = among(columns, "failure", (CAPTURE_END,))
    return short & (says(columns, "truncated") | says(columns, "gap") | ended)


def is_cut_hello(row: Mapping[Any, Any]) -> bool:
    """The same of one row."""
    short = row["client_hello_packet"] is not None and row["psk_offered"] is None
    return short and (row["truncated"] is True or row["gap"] is True or row["failure"] == CAPTURE_END)


def legacy_versions(columns: Columns) -> pa.Array:
    """The version field of each ClientHello, by which a hello without supported_versions offers.

    Null where the hello was cut, and supported_versions, which would overrule it, may have been lost.
    Spec: RFC 8446 section 4.2.1.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    lost = cut_hellos(columns) & ~known(columns, "supported_versions")
    field = one_piece(columns.column("client_legacy_version")).cast(pa.int64())
    return pc.if_else(pa.array(lost), pa.scalar(None, pa.int64()), field)


def legacy_version_of(row: Mapping[Any, Any]) -> int | None:
    """The same of one row."""
    lost = row["supported_versions"] is None and is_cut_hello(row)
    return None if lost else row["client_legacy_version"]
