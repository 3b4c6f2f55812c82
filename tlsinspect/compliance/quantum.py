"""The quantum ledger: what was recorded today and could be read later, by what protects its secrets.

In: the connections table. Out: a Ledger: connections, bytes and names by class, and the servers to migrate first. What
an observer stores today a quantum computer may open once there is one (harvest now, decrypt later); a key exchange
without forward secrecy opens already when the server's one key leaks, and no key exchange protects what is not
encrypted, or under keys that are short enough to be tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..connection import SSL2
from ..findings.build import encoded
from ..findings.facts import Facts
from ..findings.key_exchange import POST_QUANTUM
from ..statistics.categories import SMALL_KEY_BITS
from ..statistics.interval import share_columns
from ..statistics.rows import Mask
from ..statistics.wording import number_text
from ..tables import judgement_schema, to_frame
from .judge import tls_rows

if TYPE_CHECKING:
    import pandas as pd

CLASSES = ("no forward secrecy", "classical forward secrecy", "post-quantum", "unknown")
NO_SECRECY, CLASSICAL, QUANTUM_SAFE, UNKNOWN = range(4)
COLUMNS = ("no_secrecy", "classical", "post_quantum", "unknown")  # of the servers frame, in the order of CLASSES
NAMES_SHOWN = 5  # of a server


@dataclass(frozen=True, eq=False)
class Ledger:
    """What could be read later: connections by what protects their secrets, and the servers to migrate first.

    The frames have the columns that docs/columns.md lists under quantum. `classes` has a row per class of protection
    and one for what is unknown; `servers` one per server that is not all post-quantum, the first to migrate first: by
    the bytes and connections that hang on one long-lived key, then by those with classical forward secrecy.
    """

    class_table: pa.Table
    server_table: pa.Table

    def __repr__(self) -> str:
        """How many connections each class has, on one line."""
        counts = dict(zip(CLASSES, self.class_table["connections"].to_pylist(), strict=True))
        shown = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        servers = number_text(self.server_table.num_rows, "server")
        return f"<Ledger of {number_text(sum(counts.values()), 'connection')}: {shown}; {servers} to migrate>"

    @cached_property
    def classes(self) -> pd.DataFrame:
        """A row per class of protection."""
        return to_frame(self.class_table)

    @cached_property
    def servers(self) -> pd.DataFrame:
        """A row per server to migrate, the first to migrate first."""
        return to_frame(self.server_table)


def build_ledger(connections: pa.Table) -> Ledger:
    """Count the connections with TLS by what protects their secrets, and rank the servers."""
    facts = Facts(connections, pa.table({"sha256": pa.array([], pa.string())}))
    classes = classify(facts)
    octets = application_octets(facts)
    return Ledger(build_classes(facts, classes, octets), build_servers(facts, classes, octets))


def classify(facts: Facts) -> NDArray[np.int64]:
    """The class of each connection's protection, by its place in CLASSES.

    It is -1 where there is no TLS, and where the handshake was refused, or ended, before keys were agreed on.
    """
    safe, secret = facts.says("post_quantum"), facts.says("forward_secrecy")
    plain = facts.says("forward_secrecy", False)
    open_now = facts.chosen_suite(lambda _, suite: suite.key_bits is not None and suite.key_bits <= SMALL_KEY_BITS)
    found = np.select(
        [open_now, safe, plain, secret & facts.known("post_quantum")],
        [NO_SECRECY, QUANTUM_SAFE, NO_SECRECY, CLASSICAL],
        UNKNOWN,
    )
    chosen = facts.known("server_hello_packet") & (facts.known("cipher_suite") | ~facts.among("protocol", SSL2))
    refused = ~chosen & facts.says("established", False) & ~facts.among("failure", "capture_end")
    return np.where(tls_rows(facts) & ~refused, found, -1)


def application_octets(facts: Facts) -> NDArray[np.int64]:
    """The encrypted content of both sides, in octets."""
    sides = [np.maximum(facts.number(f"{side}_application_bytes"), 0) for side in ("client", "server")]
    return np.asarray(sides[0] + sides[1])


def build_classes(facts: Facts, classes: NDArray[np.int64], octets: NDArray[np.int64]) -> pa.Table:
    """A row per class."""
    counts = [int((classes == code).sum()) for code in range(len(CLASSES))]
    known = sum(counts[:UNKNOWN])
    sizes = [int(octets[classes == code].sum()) for code in range(len(CLASSES))]
    shares = share_columns(counts[:UNKNOWN], [known] * UNKNOWN)
    columns: dict[str, list[Any]] = {
        "protection": list(CLASSES), "connections": counts, "bytes": sizes,
        "denominator": [known] * UNKNOWN + [None], **{name: [*values, None] for name, values in shares.items()},
        "byte_share": [size / total if (total := sum(sizes[:UNKNOWN])) else None for size in sizes[:UNKNOWN]] + [None],
    }  # fmt: skip
    for name, column in (("names", "name"), ("servers", "server"), ("clients", "client_ip")):
        values = facts.named(column)
        columns[name] = [
            pc.count_distinct(values.filter(pa.array(classes == code))).as_py() for code in range(len(CLASSES))
        ]
    schema = judgement_schema("quantum.classes")
    return pa.table([pa.array(columns[name], schema.field(name).type) for name in schema.names], schema=schema)


def build_servers(facts: Facts, classes: NDArray[np.int64], octets: NDArray[np.int64]) -> pa.Table:
    """A row per server with something that a quantum computer opens, the first to migrate first."""
    names, places = encoded(facts, "server", lambda: facts.named("server"))
    ready = facts.has("supported_groups", POST_QUANTUM) & ((classes == NO_SECRECY) | (classes == CLASSICAL))
    counts = [np.bincount(places[classes == code], minlength=len(names)) for code in range(len(CLASSES))]
    sizes = [summed(places, octets, classes == code, len(names)) for code in range(len(CLASSES))]
    offered = np.bincount(places[ready], minlength=len(names))
    exposed = np.flatnonzero(counts[NO_SECRECY] + counts[CLASSICAL])
    keys = (counts[CLASSICAL], sizes[CLASSICAL], counts[NO_SECRECY], sizes[NO_SECRECY])
    ranked = exposed[np.lexsort([-key[exposed] for key in keys])].tolist()
    asked = names_asked(facts, places, (classes == NO_SECRECY) | (classes == CLASSICAL))
    firsts = first_rows(places, classes)
    rows = [
        {
            "server": names[place].as_py(), "names": asked.get(place, []),
            **{f"{name}_connections": int(counts[code][place]) for code, name in enumerate(COLUMNS)},
            **{f"{name}_bytes": int(sizes[code][place]) for code, name in enumerate(COLUMNS)},
            "offered_connections": int(offered[place]),
            "connection_id": facts.column("connection_id")[firsts[place]].as_py(),
            "packet": facts.column("server_hello_packet")[firsts[place]].as_py(),
        }
        for place in ranked
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, judgement_schema("quantum.servers"))


def summed(places: NDArray[Any], octets: NDArray[np.int64], rows: Mask, size: int) -> NDArray[np.int64]:
    """The octets of some rows, by place."""
    total = np.zeros(size, np.int64)
    np.add.at(total, places[rows], octets[rows])
    return total


def first_rows(places: NDArray[Any], classes: NDArray[np.int64]) -> dict[int, int]:
    """For each place its first connection of the least protected class."""
    exposed = np.flatnonzero((classes == NO_SECRECY) | (classes == CLASSICAL))
    order = exposed[np.argsort(classes[exposed], kind="stable")]
    distinct, firsts = np.unique(places[order], return_index=True)
    return dict(zip(distinct.tolist(), order[firsts].tolist(), strict=True))


def names_asked(facts: Facts, places: NDArray[Any], rows: Mask) -> dict[int, list[str]]:
    """For each server the names that it was asked for, the most frequent first, the first few."""
    table = pa.table({"place": pa.array(places[rows]), "name": facts.named("name").filter(pa.array(rows))})
    counted = table.filter(pc.is_valid(table["name"])).group_by(["place", "name"]).aggregate([("name", "count")])
    found: dict[int, list[str]] = {}
    for row in counted.sort_by([("name_count", "descending"), ("name", "ascending")]).to_pylist():
        own = found.setdefault(row["place"], [])
        if len(own) < NAMES_SHOWN:
            own.append(row["name"])
    return found
