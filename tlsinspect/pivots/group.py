"""The connections with TLS, with the few columns that pivots need beside their own, and their grouping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..columns import table_columns
from ..connection import CARRIES_TLS
from ..registry import VERSIONS
from ..statistics.observations import server_of
from ..tables.arrow import TYPES

VALID = pc.CountOptions(mode="only_valid")
AGES = {"TLS 1.3": 0, "DTLS 1.3": 0, "TLS 1.2": 1, "DTLS 1.2": 1, "TLS 1.1": 2, "DTLS 1.0": 2, "TLS 1.0": 3}
AGES |= {"SSL 3.0": 4, "SSL 2.0": 5}
CODES = {name: code for code, name in VERSIONS.items()}
COUNTED = {
    "connections": ("connection_id", "count"),
    "established": ("done", "sum"),
    "clients": ("client_ip", "count_distinct"),
    "first_seen": ("time_start", "min"),
    "last_seen": ("time_start", "max"),
    "bytes": ("octets", "sum"),
}
"""Column of a pivot -> what of the connections it is made of, and how."""

USED = (
    "connection_id", "time_start", "client_ip", "server_ip", "server_port", "transport", "server_name", "protocol",
    "established",
    "client_bytes", "server_bytes", "version_name", "client_legacy_version", "supported_versions", "cipher_suite",
    "cipher_suite_name", "cipher_suites", "alpn", "ja3", "ja4", "ja3s", "issuer", "certificate_sha256s",
    "client_certificate_sha256s", "client_hello_packet", "psk_offered", "truncated", "gap", "failure",
)  # fmt: skip
"""The columns of the connections table that pivots are made of; no other is read from a store."""


def tls_rows(connections: pa.Table, certificates: pa.Table) -> pa.Table:
    """The connections with TLS, and beside the columns in USED: server (address and port), name (in lower case), done
    (1 where established), octets (of both sides), leaf and client_leaf (SHA-256), key (of the leaf).
    """
    carried = pc.is_in(connections["protocol"], value_set=pa.array(sorted(CARRIES_TLS)))
    rows = connections.select(USED).filter(carried).combine_chunks()
    added = {
        "server": server_of(rows),
        "name": pc.utf8_lower(rows["server_name"]),
        "done": pc.fill_null(rows["established"], False).cast(pa.int64()),
        "octets": pc.add(rows["client_bytes"], rows["server_bytes"]),
        "leaf": first_items(rows["certificate_sha256s"]),
        "client_leaf": first_items(rows["client_certificate_sha256s"]),
    }
    known = certificates["sha256"].combine_chunks()
    added["key"] = certificates["spki_sha256"].take(pc.index_in(added["leaf"], value_set=known))
    for name, column in added.items():
        rows = rows.append_column(name, column)
    return rows


def first_items(lists: pa.ChunkedArray) -> pa.Array:
    """The first item of each row's list; null where there is none."""
    column = pa.concat_arrays(lists.chunks) if lists.num_chunks else pa.array([], lists.type)
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    starts = np.cumsum(lengths) - lengths
    return pc.list_flatten(column).take(pa.array(np.where(lengths > 0, starts, 0), mask=lengths == 0))


def grouped(rows: pa.Table, keys: Sequence[str], counted: Sequence[str], lists: dict[str, str]) -> pa.Table:
    """A row per distinct keys, none of which is missing.

    `counted` are columns of COUNTED; `lists` maps a column to the one whose distinct values it lists.
    """
    for key in keys:
        rows = rows.filter(pc.is_valid(rows[key]))
    wanted = [(*COUNTED[name], VALID if COUNTED[name][1].startswith("count") else None) for name in counted]
    wanted += [(source, "distinct", VALID) for source in lists.values()]
    made = rows.group_by(list(keys), use_threads=False).aggregate(wanted)
    names = {f"{COUNTED[name][0]}_{COUNTED[name][1]}": name for name in counted}
    names |= {f"{source}_distinct": name for name, source in lists.items()}
    return made.rename_columns([names.get(name, name) for name in made.column_names])


def newest_first(versions: pa.ChunkedArray) -> list[list[str]]:
    """Lists of versions, the newest first; what is no version of SSL, TLS or DTLS comes last."""
    return [sorted(names, key=age_of) for names in versions.to_pylist()]


def age_of(name: str) -> tuple[int, bool, bool, int, str]:
    """A key that is larger for the older version.

    A version of DTLS is as old as the TLS that it was made from, and comes behind it (RFC 4347, 6347 and 9147, section
    1); a draft is older than what was published.
    """
    published, _, draft = name.partition(" (")
    return AGES.get(published, len(AGES)), bool(draft), name.startswith("DTLS"), -CODES.get(name, 0), name


def oldest_of(names: Sequence[str]) -> str | None:
    """The oldest of some versions, the newest of which comes first; TLCP's is no older TLS, and counts alone."""
    aged = [name for name in names if name.partition(" (")[0] in AGES]
    return next(iter((*reversed(aged), *names)), None)


def finish(table: str, columns: Mapping[str, object], order: Sequence[tuple[str, str]]) -> pa.Table:
    """The table of a pivot from its columns, in the order that sorts it; a column that is not given is null."""
    declared = table_columns(table)
    length = len(next(iter(columns.values())))  # type: ignore[arg-type]
    arrays = [fit(columns.get(column.name), TYPES[column.type], length) for column in declared]
    made = pa.table(arrays, schema=pa.schema([(column.name, TYPES[column.type]) for column in declared]))
    return made.sort_by(list(order))


def fit(values: object, data_type: pa.DataType, length: int) -> pa.Array:
    """Values as one array of a type."""
    if values is None:
        return pa.nulls(length, data_type)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], data_type)
    return values.cast(data_type) if isinstance(values, pa.Array) else pa.array(values, data_type)
