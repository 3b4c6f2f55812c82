"""A row per client and per server: what it offered, what it chose, with whom, when.

A server is what answers at an address and port of one transport: QUIC at 443 is no proof of what TCP there can do.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..registry import cipher_suite_name, is_grease, version_name
from ..statistics.hellos import legacy_versions
from ..statistics.rows import one_piece
from ..tables.derived import explode
from .group import VALID, finish, grouped, newest_first, oldest_of
from .preference import Choice, find_preference

COUNTED = ("connections", "established", "first_seen", "last_seen", "bytes")
PLACE = ["server_ip", "server_port", "transport"]
LISTS = {"server_names": "name", "versions": "version_name", "ja4": "ja4", "ja3s": "ja3s"}


def build_hosts(rows: pa.Table, certificates: pa.Table) -> pa.Table:
    """The hosts table: those with few peers first."""
    clients = client_columns(rows)
    servers = server_columns(rows)
    both = {name: [*clients.get(name, []), *servers.get(name, [])] for name in (*clients, *servers)}
    for name, values in both.items():
        if name not in clients:
            both[name] = [*[None] * len(clients["host"]), *values]
        elif name not in servers:
            both[name] = [*values, *[None] * len(servers["host"])]
    order = ("peers", "connections", "first_seen", "host", "port", "transport")
    return finish("hosts", both, [(name, "ascending") for name in order])


def shared_columns(rows: pa.Table, keys: list[str], peer: str) -> dict[str, Any]:
    """The columns that clients and servers have in common, as lists."""
    own = "client_leaf" if peer == "server_ip" else "leaf"
    made = grouped(rows, keys, COUNTED, {**LISTS, "certificate_sha256s": own, "peer_list": peer})
    columns = {name: made[name].to_pylist() for name in made.column_names if name != "peer_list"}
    for name in ("first_seen", "last_seen"):
        columns[name] = made[name].cast(pa.int64()).to_pylist()
    columns["peers"] = pc.list_value_length(made["peer_list"]).to_pylist()
    columns["versions"] = newest_first(made["versions"])
    columns["highest_version"] = [names[0] if names else None for names in columns["versions"]]
    columns["lowest_version"] = [oldest_of(names) for names in columns["versions"]]
    return columns


def client_columns(rows: pa.Table) -> dict[str, Any]:
    """The rows of clients."""
    columns = shared_columns(rows, ["client_ip"], "server_ip")
    columns["host"] = columns.pop("client_ip")
    columns["role"] = ["client"] * len(columns["host"])
    chosen = named_lists(rows, "cipher_suite_name")
    columns["chosen_suites"] = [chosen.get(host, []) for host in columns["host"]]
    versions = offered_codes(rows, "supported_versions", legacy_versions(rows))
    suites = offered_codes(rows, "cipher_suites")
    columns["offered_versions"] = newest_first(
        pa.chunked_array([[[version_name(code) for code in versions.get(host, [])] for host in columns["host"]]],
                         pa.list_(pa.string()))
    )  # fmt: skip
    columns["offered_suites"] = [[cipher_suite_name(code) for code in suites.get(host, [])] for host in columns["host"]]
    return columns


def named_lists(rows: pa.Table, name: str) -> dict[str, list[str]]:
    """The distinct values of a column by client."""
    made = rows.group_by("client_ip", use_threads=False).aggregate([(name, "distinct", VALID)])
    return dict(zip(made["client_ip"].to_pylist(), made[f"{name}_distinct"].to_pylist(), strict=True))


def offered_codes(rows: pa.Table, name: str, instead: pa.Array | None = None) -> dict[str, list[int]]:
    """The distinct codes that each client offered, but for GREASE; `instead` has those of rows without a list."""
    places, _, codes = explode(rows, name)
    hosts = one_piece(rows["client_ip"])
    parts = [pa.table({"host": hosts.take(places), "code": codes.cast(pa.int64())})]
    if instead is not None:
        without = pc.and_(pc.is_null(one_piece(rows[name])), pc.is_valid(instead))
        parts.append(pa.table({"host": hosts.filter(without), "code": instead.filter(without)}))
    made = pa.concat_tables(parts).group_by("host", use_threads=False).aggregate([("code", "distinct", VALID)])
    pairs = zip(made["host"].to_pylist(), made["code_distinct"].to_pylist(), strict=True)
    return {host: [code for code in codes if not is_grease(code)] for host, codes in pairs}


def server_columns(rows: pa.Table) -> dict[str, Any]:
    """The rows of servers, with what their choices prove."""
    columns = shared_columns(rows, PLACE, "client_ip")
    columns["host"], columns["port"] = columns.pop("server_ip"), columns.pop("server_port")
    columns["role"] = ["server"] * len(columns["host"])
    choices = choices_of(rows)
    places = zip(columns["host"], columns["port"], columns["transport"], strict=True)
    found = [find_preference(choices[place]) for place in places]
    columns["chosen_suites"] = [[cipher_suite_name(code) for code in each.suites] for each in found]
    columns["suite_order"] = [each.order for each in found]
    columns["suite_order_evidence"] = [each.evidence for each in found]
    return columns


def choices_of(rows: pa.Table) -> dict[tuple[str, int, str], list[Choice]]:
    """What each server was offered and chose; hellos that offer the same are looked at once."""
    numbered = rows.append_column("place", pa.array(range(rows.num_rows), pa.int64()))
    numbered = numbered.filter(pc.and_(pc.is_valid(rows["cipher_suite"]), pc.is_valid(rows["cipher_suites"])))
    keys = [*PLACE, "ja3", "cipher_suite"]
    made = numbered.group_by(keys, use_threads=False).aggregate([("place", "min"), ("place", "count")])
    offers = rows["cipher_suites"].take(made["place_min"]).to_pylist()
    choices: dict[tuple[str, int, str], list[Choice]] = defaultdict(list)
    for row, offered in zip(made.to_pylist(), offers, strict=True):
        place = (row["server_ip"], row["server_port"], row["transport"])
        choices[place].append((tuple(offered), row["cipher_suite"], row["place_count"]))
    return choices
