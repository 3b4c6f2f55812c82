"""Tables that follow from the connections table: chains, offers, certificates."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pyarrow as pa

from .. import registry
from ..certificates import CertificateFacts, pem_of
from .arrow import TYPES, Shared, arrow_schema, distinct, number_array, text_array, value_array
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


def build_staples(connections: pa.Table, context: Context) -> pa.Table:
    """Build the staples table: what servers stapled to their certificates, each once."""
    import pyarrow.compute as pc  # dear to import

    kinds = dict.fromkeys(pc.unique(pc.list_flatten(connections["ocsp_sha256s"])).to_pylist(), "ocsp")
    kinds |= dict.fromkeys(pc.unique(connections["sct_list_sha256"].drop_null()).to_pylist(), "sct_list")
    found = [(sha256, kind, context.staples[sha256]) for sha256, kind in sorted(kinds.items())]
    columns = (
        text_array([sha256 for sha256, _, _ in found]),
        text_array([kind for _, kind, _ in found]),
        pa.array([len(octets) for _, _, octets in found], pa.int64()),
        text_array([b64encode(octets).decode("ascii") for _, _, octets in found]),
    )
    return pa.table(columns, schema=arrow_schema("staples"))


def build_certificates(connections: pa.Table, context: Context) -> pa.Table:
    """Build the certificates table: facts, and when and how often each was seen."""
    seen = Sightings(connections)
    order = sorted(range(len(seen.keys)), key=lambda place: (seen.first[place], seen.keys[place]))
    facts = [context.certificate(seen.keys[place]) for place in order]
    extra = {
        "first_seen": number_array(seen.first[order], TYPES["timestamp"], ~seen.timed[order]),
        "last_seen": number_array(seen.last[order], TYPES["timestamp"], ~seen.timed[order]),
        "connections": number_array(seen.connections[order], pa.int64()),
        "pem": text_array([pem_of(context.certificates[fact.sha256]) for fact in facts]),
    }
    declared = {field.name for field in fields(CertificateFacts)}
    schema = arrow_schema("certificates")
    columns = []
    for field in schema:
        if field.name in extra:
            columns.append(extra[field.name])
        elif field.name in declared:
            columns.append(value_array([getattr(fact, field.name) for fact in facts], field.type))
    return pa.table(columns, schema=schema)


class Sightings:
    """Each distinct certificate of the connections: `keys` are SHA-256s, the arrays say when and how often it was seen.

    Times are ns, of those connections that have one; `timed` says whether any has. `connections` counts those in which
    it was sent, by either side.
    """

    def __init__(self, connections: pa.Table) -> None:
        sides = [explode(connections, name) for name in ("certificate_sha256s", "client_certificate_sha256s")]
        rows = np.concatenate([rows.to_numpy() for rows, _, _ in sides]).astype(np.int64)
        hashes = pa.concat_arrays([values for _, _, values in sides]).dictionary_encode()
        positions = hashes.indices.to_numpy()
        self.keys: list[str] = hashes.dictionary.to_pylist()
        starts = connections.column("time_start").cast(pa.int64()).to_numpy()
        self.first = np.full(len(self.keys), np.iinfo(np.int64).max)
        self.last = np.full(len(self.keys), np.iinfo(np.int64).min)
        timed = starts[rows] != 0
        np.minimum.at(self.first, positions[timed], starts[rows[timed]])
        np.maximum.at(self.last, positions[timed], starts[rows[timed]])
        self.timed = self.first <= self.last
        pairs = distinct(positions.astype(np.int64) << 32 | rows)
        self.connections = np.bincount(pairs >> 32, minlength=len(self.keys)).astype(np.int64)
