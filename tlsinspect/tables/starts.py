"""The capture in which a connection starts: its packets are counted there."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def captures_of(connections: pa.Table, ids: pa.ChunkedArray) -> dict[str, str]:
    """The capture of each connection that is named in a column of ids, or of lists of ids."""
    wanted = pc.unique(pc.list_flatten(ids) if pa.types.is_list(ids.type) else ids)
    named = connections.select(["connection_id", "capture"])
    named = named.filter(pc.is_in(named["connection_id"], value_set=wanted))
    return dict(zip(named["connection_id"].to_pylist(), named["capture"].to_pylist(), strict=True))
