"""A row per server name, per certificate and per fingerprint."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .group import finish, grouped, newest_first

RARE = [("clients", "ascending"), ("connections", "ascending"), ("first_seen", "ascending")]
COUNTED = ("connections", "established", "clients", "first_seen", "last_seen")


def build_names(rows: pa.Table, certificates: pa.Table) -> pa.Table:
    """The names table: those that few clients asked for first."""
    lists = {
        "servers": "server", "versions": "version_name", "alpn": "alpn", "certificate_sha256s": "leaf",
        "issuers": "issuer", "keys": "key", "ja4": "ja4",
    }  # fmt: skip
    made = grouped(rows, ["name"], COUNTED, lists)
    columns: dict[str, Any] = {name: made[name] for name in made.column_names}
    columns["server_name"] = columns.pop("name")
    columns["versions"] = newest_first(made["versions"])
    columns["several_issuers"] = pc.greater(pc.list_value_length(made["issuers"]), 1)
    columns["several_keys"] = pc.greater(pc.list_value_length(made["keys"]), 1)
    seen = Counter(rows.filter(pc.is_valid(rows["leaf"]))["name"].to_pylist())
    columns["with_certificate"] = [seen[name] for name in made["name"].to_pylist()]
    return finish("names", columns, [*RARE, ("server_name", "ascending")])


def build_certificate_uses(rows: pa.Table, certificates: pa.Table) -> pa.Table:
    """The certificate_uses table: those that few clients met first."""
    parts = []
    for side, leaf in (("server", "leaf"), ("client", "client_leaf")):
        lists = {"servers": "server", "server_names": "name"}
        made = grouped(rows, [leaf], ("connections", "clients", "first_seen", "last_seen"), lists)
        made = made.rename_columns(["sha256" if name == leaf else name for name in made.column_names])
        parts.append(made.append_column("side", pa.array([side] * made.num_rows, pa.string())))
    made = pa.concat_tables(parts).combine_chunks()
    known = certificates["sha256"].combine_chunks()
    places = pc.index_in(made["sha256"], value_set=known)
    columns: dict[str, Any] = {name: made[name] for name in made.column_names}
    for name in ("subject", "issuer", "self_signed", "not_after", "spki_sha256"):
        columns[name] = certificates[name].take(places)
    keys = columns["spki_sha256"].to_pylist()
    pairs = {(key, sha256) for key, sha256 in zip(keys, made["sha256"].to_pylist(), strict=True)}
    holders = Counter(key for key, _ in pairs)
    columns["same_key"] = [None if key is None else holders[key] - 1 for key in keys]
    return finish("certificate_uses", columns, [*RARE, ("sha256", "ascending"), ("side", "ascending")])


def build_fingerprints(rows: pa.Table, certificates: pa.Table) -> pa.Table:
    """The fingerprints table: JA4, JA3S, JA3, of each those of few clients first."""
    parts = []
    for kind in ("ja3", "ja4", "ja3s"):
        lists = {"client_ips": "client_ip", "server_list": "server", "server_names": "name", "versions": "version_name"}
        made = grouped(rows, [kind], COUNTED, lists)
        made = made.rename_columns(["fingerprint" if name == kind else name for name in made.column_names])
        parts.append(made.append_column("kind", pa.array([kind] * made.num_rows, pa.string())))
    made = pa.concat_tables(parts)
    columns: dict[str, Any] = {name: made[name] for name in made.column_names}
    columns["servers"] = pc.list_value_length(columns.pop("server_list"))
    columns["versions"] = newest_first(made["versions"])
    return finish("fingerprints", columns, [("kind", "descending"), *RARE, ("fingerprint", "ascending")])
