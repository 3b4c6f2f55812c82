"""Tables that follow from the connections table: chains, offers, certificates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pyarrow as pa

from .. import registry
from ..certificates import CertificateFacts, pem_of
from .arrow import Shared, arrow_schema
from .context import Context

NO_MARKS: dict[int, str] = {}
OFFER_KINDS: tuple[tuple[str, str, Callable[[int], str], dict[int, str]], ...] = (
    # kind, connections column, name of a code, IANA's Recommended marks
    ("cipher_suite", "cipher_suites", registry.cipher_suite_name, registry.RECOMMENDED["cipher_suite"]),
    ("group", "supported_groups", registry.group_name, registry.RECOMMENDED["group"]),
    (
        "signature_algorithm",
        "signature_algorithms",
        registry.signature_scheme_name,
        registry.RECOMMENDED["signature_scheme"],
    ),
    ("extension", "client_extensions", registry.extension_name, registry.RECOMMENDED["extension"]),
    ("version", "supported_versions", registry.version_name, NO_MARKS),
)


def explode(table: pa.Table, name: str) -> tuple[pa.Array, pa.Array, pa.Array]:
    """A list column as (row numbers, positions within the row, values)."""
    import pyarrow.compute as pc  # dear to import

    lists = table.column(name).combine_chunks()
    rows = pc.list_parent_indices(lists)
    values = pc.list_flatten(lists)
    parents = rows.to_numpy(zero_copy_only=False)
    starts = np.searchsorted(parents, parents, side="left")
    return rows, pa.array(np.arange(len(parents)) - starts, pa.int64()), values


def build_chains(connections: pa.Table) -> pa.Table:
    """Build the chains table from the connections table."""
    schema = arrow_schema("chains")
    parts = []
    for side, name in (("server", "certificate_sha256s"), ("client", "client_certificate_sha256s")):
        rows, positions, values = explode(connections, name)
        ids = connections.column("connection_id").combine_chunks().take(rows)
        parts.append(pa.table([ids, pa.array([side] * len(rows), pa.string()), positions, values], schema=schema))
    return pa.concat_tables(parts)


def build_offers(connections: pa.Table) -> pa.Table:
    """Build the offers table from the connections table."""
    schema = arrow_schema("offers")
    parts = []
    ids = connections.column("connection_id").combine_chunks()
    for kind, column, name_of, marks in OFFER_KINDS:
        rows, positions, codes = explode(connections, column)
        shared = Shared(codes.to_pylist())
        names = shared.column(name_of, pa.string())
        recommended = shared.column(marks.get, pa.string())
        kinds = pa.array([kind] * len(rows), pa.string())
        parts.append(pa.table([ids.take(rows), kinds, positions, codes, names, recommended], schema=schema))
    rows, positions, names = explode(connections, "alpn_offered")
    kinds = pa.array(["alpn"] * len(rows), pa.string())
    nothing = pa.nulls(len(rows))
    columns = [ids.take(rows), kinds, positions, nothing.cast(pa.uint16()), names, nothing.cast(pa.string())]
    parts.append(pa.table(columns, schema=schema))
    return pa.concat_tables(parts)


def build_certificates(connections: pa.Table, context: Context) -> pa.Table:
    """Build the certificates table: facts, and when and how often each was seen."""
    chains = build_chains(connections)
    times = connections.select(["connection_id", "time_start"])
    seen = chains.join(times, "connection_id").group_by("sha256")
    counted = seen.aggregate([("time_start", "min"), ("time_start", "max"), ("connection_id", "count_distinct")])
    counted = counted.sort_by([("time_start_min", "ascending"), ("sha256", "ascending")])
    facts = [context.certificate(sha256) for sha256 in counted.column("sha256").to_pylist()]
    extra = {
        "first_seen": counted.column("time_start_min"),
        "last_seen": counted.column("time_start_max"),
        "connections": counted.column("connection_id_count_distinct"),
        "pem": pa.array([pem_of(context.certificates[fact.sha256]) for fact in facts], pa.string()),
    }
    declared = {field.name for field in fields(CertificateFacts)}
    schema = arrow_schema("certificates")
    columns = []
    for field in schema:
        if field.name in extra:
            columns.append(extra[field.name])
        elif field.name in declared:
            columns.append(pa.array([getattr(fact, field.name) for fact in facts], field.type))
    return pa.table(columns, schema=schema)
