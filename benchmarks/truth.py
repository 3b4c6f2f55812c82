"""Holds what programs found to what a workload holds: TLS over TCP or QUIC, hello for hello.

A truth is a JSON object with the counts of KINDS; the short keys of ALIASES are understood
too. Its `transport` says what is counted: TCP unless it is "udp", which is QUIC.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

KINDS = ("client_hellos", "server_hellos", "names", "server_certificates", "client_certificates")
ALIASES = {
    "nch": "client_hellos",
    "nsh": "server_hellos",
    "conns_with_sni": "names",
    "scerts": "server_certificates",
    "ccerts": "client_certificates",
}

TCP, UDP = "tcp", "udp"

Counts = dict[str, int]


def read_truth(path: Path) -> Counts:
    """Read the counts of a truth file; raises KeyError where one is missing."""
    stated = json.loads(path.read_text())
    named = {ALIASES.get(key, key): value for key, value in stated.items()}
    return {kind: int(named[kind]) for kind in KINDS}


def read_transport(path: Path) -> str:
    """Read over which transport the messages of a truth file travel."""
    transport = json.loads(path.read_text()).get("transport", TCP)
    if transport not in (TCP, UDP):
        raise ValueError(f"{path.name}: the transport {transport!r} is neither {TCP!r} nor {UDP!r}")
    return str(transport)


def count_tlsinspect(connections: Path, messages: Path, transport: str = TCP) -> Counts:
    """Count in two tables that tlsinspect exported as Parquet."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    def count(types: Any, name: str) -> int:
        return pc.sum(pc.equal(types, name)).as_py() or 0

    columns = ["connection_id", "server_name", "certificate_sha256s", "client_certificate_sha256s"]
    table = pq.read_table(connections, columns=columns, filters=[("transport", "=", transport)])
    said = pq.read_table(messages, columns=["connection_id", "message_type"])
    types = said.filter(pc.is_in(said["connection_id"], table["connection_id"]))["message_type"]
    chains = [pc.sum(pc.list_value_length(table[name])).as_py() or 0 for name in columns[2:]]
    return {
        "client_hellos": count(types, "client_hello"),
        "server_hellos": count(types, "server_hello") + count(types, "hello_retry_request"),
        "names": len(table) - table["server_name"].null_count,
        "server_certificates": chains[0],
        "client_certificates": chains[1],
    }


def count_tshark(fields: Path, names: tuple[str, ...], transport: str = TCP) -> Counts:
    """Count in the fields that tshark printed, a line for each frame with handshake messages."""
    counts = dict.fromkeys(KINDS, 0)
    clients: dict[str, str] = {}
    named: set[str] = set()
    for row in iter_rows(fields, names):
        types = row["tls.handshake.type"].split(",")
        stream, port = row[f"{transport}.stream"], row[f"{transport}.srcport"]
        if not stream:
            continue
        if "1" in types:
            clients.setdefault(stream, port)
            if row["tls.handshake.extensions_server_name"]:
                named.add(stream)
        counts["client_hellos"] += types.count("1")
        counts["server_hellos"] += types.count("2") + types.count("6")
        certificates = len(row["tls.handshake.certificate"].split(",")) if row["tls.handshake.certificate"] else 0
        counts["client_certificates" if clients.get(stream) == port else "server_certificates"] += certificates
    return counts | {"names": len(named)}


def iter_rows(fields: Path, names: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """The lines of tshark's output as fields by name."""
    with fields.open(errors="replace") as lines:
        for line in lines:
            yield dict(zip(names, line.rstrip("\n").split("\t"), strict=True))
