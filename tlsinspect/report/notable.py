"""Notable connections: which are weak or failed, why, and where the proof is.

In: the frames. Out: one row per server and set of remarks, with an example that can
be found again: its packet number and a Wireshark display filter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..display_filter import display_filter
from ..export.rows import plain_column
from ..policy import BROKEN_CLASSES, BROKEN_VERSIONS, LEAST_DH_PRIME_BITS, OLD_VERSIONS
from ..statistics import Frames
from ..statistics.categories import VALIDATIONS, describe_cause, suite_class
from ..statistics.observations import has_failed, name_of, with_tls
from ..statistics.rows import (
    Columns,
    Mask,
    Rows,
    among,
    columns_of,
    mask_of,
    one_piece,
    renamed,
    says,
    text_column,
    where,
)
from ..statistics.wording import endpoint, located
from ..tables import distinct, joined
from ..tables.starts import start_of

if TYPE_CHECKING:
    import pandas as pd

UPGRADES = {
    "stripped": "stripped on the way",
    "refused": "refused by the server",
    "requested": "asked for in vain",
    "offered": "offered and not taken",
}
NO_PACKET = ""  # it is the dialogue that shows it
NO_REMARK = -1
SERVER = ("server_ip", "server_port", "server_name")
KEPT = (
    *("connection_id", "capture", "time_start", "client_ip", "client_port", "server_ip", "server_port", "transport"),
    *("server_name", "client_hello_packet", "server_hello_packet", "certificate_packet", "failure_packet"),
    *("later_captures", "later_packets"),
)

Describe = Callable[[Columns], pa.Array]


@dataclass(frozen=True)
class Remark:
    """Something worth a remark: `describe` says for each row what it is, null where it is not the case.

    The lower the rank, the earlier it is shown. `packet` is the column of the packet that proves it.
    """

    rank: int
    describe: Describe
    reference: str
    packet: str = "server_hello_packet"


@dataclass(frozen=True)
class Notable:
    """Connections to one server that deserve the same remarks, and the first of them as an example.

    `rank` is that of the gravest remark: 0 is the gravest of all.
    """

    rank: int
    remarks: tuple[str, ...]
    references: tuple[str, ...]
    server: str
    server_name: str
    connections: int
    clients: int
    capture: str
    packet: int | None
    nanoseconds: int | None
    display_filter: str

    @property
    def time(self) -> pd.Timestamp | None:
        """When the first of them started."""
        import pandas as pd

        return None if self.nanoseconds is None else pd.Timestamp(self.nanoseconds, tz="UTC")


def by_value(column: str, values: tuple[str, ...], text: str) -> Describe:
    """A remark on some values of a column; {} in the text stands for the value."""
    texts = {value: text.format(value) for value in values}

    def describe(rows: Columns) -> pa.Array:
        return renamed(text_column(rows, column), texts)

    return describe


def by_mask(mask: Callable[[Columns], Mask], text: str) -> Describe:
    """A remark on the rows for which a condition holds."""

    def describe(rows: Columns) -> pa.Array:
        return where(mask(rows), text, None)

    return describe


def by_class(classes: tuple[str, ...]) -> Describe:
    """A remark on kinds of record protection."""

    def describe(rows: Columns) -> pa.Array:
        names = text_column(rows, "cipher_suite_name")
        kinds = {name: suite_class(name) for name in names.unique().drop_null().to_pylist()}
        return renamed(names, {name: kind for name, kind in kinds.items() if kind in classes})

    return describe


def certificate(rows: Columns) -> pa.Array:
    """A remark on what dates and names say against the server's certificate."""
    faults = {value: f"certificate {words}" for value, words in VALIDATIONS.items() if value != "leaf_ok"}
    return renamed(text_column(rows, "validation"), faults)


def failure(rows: Columns) -> pa.Array:
    """A remark on handshakes that failed, not on those that the capture's end cut off."""
    return where(~has_failed(rows), None, describe_cause(rows))


def upgrade(statuses: tuple[str, ...]) -> Describe:
    """A remark on dialogues in the clear that spoke of an upgrade to TLS and never made it."""
    words = {status: UPGRADES[status] for status in statuses}

    def describe(rows: Columns) -> pa.Array:
        said = renamed(text_column(rows, "starttls_status"), words)
        return pc.binary_join_element_wise(text_column(rows, "starttls_protocol"), "in the clear, TLS", said, " ")

    return describe


def compressed(rows: Columns) -> Mask:
    """Rows in which the server agreed to compression."""
    return mask_of(pc.greater(one_piece(rows.column("compression_method")), 0))


def below(column: str, least: int) -> Callable[[Columns], Mask]:
    """Rows in which a number is smaller."""
    return lambda rows: mask_of(pc.less(one_piece(rows.column(column)), least))


WEAKNESSES = (
    Remark(0, by_class(BROKEN_CLASSES), "RFC 9325 4.1, RFC 7465"),
    Remark(1, by_value("version_name", BROKEN_VERSIONS, "{}"), "RFC 6176, RFC 7568"),
    Remark(2, by_value("authentication", ("anon",), "no authentication"), "RFC 9325 5.1"),
    Remark(2, upgrade(("stripped",)), "RFC 3207 6, RFC 7457 2.1", NO_PACKET),
    Remark(3, by_mask(compressed, "TLS compression"), "RFC 9325 3.3"),
    Remark(4, certificate, "RFC 5280, RFC 9525", "certificate_packet"),
    Remark(5, by_value("version_name", OLD_VERSIONS, "{}"), "RFC 8996"),
    Remark(5, upgrade(("refused", "requested", "offered")), "RFC 8314 3, RFC 7457 2.1", NO_PACKET),
    Remark(6, by_class(("64-bit blocks (3DES, IDEA)",)), "CVE-2016-2183"),
    Remark(7, by_mask(below("dh_prime_bits", LEAST_DH_PRIME_BITS), "small DH prime"), "RFC 9325 4.5"),
    Remark(8, by_mask(lambda rows: says(rows, "forward_secrecy", False), "no forward secrecy"), "RFC 9325 4.1"),
)
FAILURES = (Remark(0, failure, "RFC 8446 6", "failure_packet"),)


def find_notable(frames: Frames, about: Sequence[Remark] = WEAKNESSES) -> list[Notable]:
    """Find the connections that deserve remarks of some kind, the gravest first, then the most frequent."""
    rows = Rows(frames, remarkable(frames))
    patterns, codes = pair_up(rows, about)
    found = pa.array(np.flatnonzero(codes != NO_REMARK))
    places = (rows.column("server_ip"), rows.column("server_port"), name_of(rows))
    groups = joined([codes[found], *(numbers_of(each.take(found)) for each in places)])
    _, firsts, members, counts = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    clients = distinct(members << 32 | numbers_of(rows.column("client_ip").take(found)) + 1) >> 32
    clients_of = np.bincount(clients, minlength=len(counts)).tolist()
    examples = zip(*(plain_column(rows.column(name).take(found.take(pa.array(firsts)))) for name in KEPT), strict=True)
    made = [
        (patterns[pattern], dict(zip(KEPT, values, strict=True)), first, count, clients)
        for pattern, values, first, count, clients in zip(
            codes[found][firsts].tolist(), examples, firsts.tolist(), counts.tolist(), clients_of, strict=True
        )
    ]
    made.sort(key=lambda each: (each[0][0][0], -each[3], str(tuple(each[1][name] for name in SERVER)), each[2]))
    return [
        build_notable([(about[place], text) for place, text in remarks], example, count, clients)
        for remarks, example, _, count, clients in made
    ]


def remarkable(frames: Frames) -> Mask:
    """The connections that carried TLS, and those that might have: an upgrade was spoken of."""
    return with_tls(frames) | among(columns_of(frames, "connections"), "starttls_status", UPGRADES)


def pair_up(rows: Rows, about: Sequence[Remark]) -> tuple[list[list[tuple[int, str]]], NDArray[np.int64]]:
    """The different remarks that rows deserve, as (place among those that are made, text), the gravest first.

    And which of these each row deserves: NO_REMARK for none.
    """
    texts = [remark.describe(rows).dictionary_encode() for remark in about]
    numbers = [numbers_of(each) for each in texts]
    _, firsts, codes = np.unique(joined(numbers), return_index=True, return_inverse=True)
    said = [
        [(place, texts[place].dictionary[number].as_py()) for place, number in enumerate(kind) if number >= 0]
        for kind in zip(*(each[firsts].tolist() for each in numbers), strict=True)
    ]
    silent = np.array([not remarks for remarks in said], np.bool_)
    return said, np.where(silent[codes], NO_REMARK, codes)


def numbers_of(column: pa.Array) -> NDArray[np.int64]:
    """The place of each value among the distinct ones, -1 where there is none."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    numbers: NDArray[np.int64] = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def build_notable(
    remarks: list[tuple[Remark, str]], example: dict[str, Any], connections: int, clients: int
) -> Notable:
    """One row of the connections that share it, of which the first is the example."""
    declared = [remark for remark, _ in remarks]
    packets = (example.get(name) for name in (declared[0].packet, "server_hello_packet", "client_hello_packet"))
    packet, capture = located(next((packet for packet in packets if packet is not None), None), start_of(example))
    return Notable(
        rank=declared[0].rank,
        remarks=tuple(text for _, text in remarks),
        references=tuple(dict.fromkeys(remark.reference for remark in declared)),
        server=endpoint(example["server_ip"], example["server_port"]),
        server_name=example["server_name"] or "",
        connections=connections,
        clients=clients,
        capture=capture or example["capture"] or "",
        packet=packet,
        nanoseconds=example["time_start"],
        display_filter=display_filter(example),
    )


def build_notable_frame(notable: list[Notable]) -> pd.DataFrame:
    """All rows as a table, lists as text."""
    import pandas as pd

    columns: dict[str, tuple[pa.DataType, list[Any]]] = {
        "remarks": (pa.string(), ["; ".join(each.remarks) for each in notable]),
        "references": (pa.string(), [", ".join(each.references) for each in notable]),
        "server": (pa.string(), [each.server for each in notable]),
        "server_name": (pa.string(), [each.server_name for each in notable]),
        "connections": (pa.int64(), [each.connections for each in notable]),
        "clients": (pa.int64(), [each.clients for each in notable]),
        "capture": (pa.string(), [each.capture for each in notable]),
        "packet": (pa.int64(), [each.packet for each in notable]),
        "time": (pa.timestamp("ns", "UTC"), [each.nanoseconds for each in notable]),
        "display_filter": (pa.string(), [each.display_filter for each in notable]),
    }
    table = pa.table({name: pa.array(values, type_, from_pandas=True) for name, (type_, values) in columns.items()})
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return frame
