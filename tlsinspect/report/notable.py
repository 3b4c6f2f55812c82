"""Notable connections: which are weak or failed, why, and where the proof is.

In: the frames. Out: one row per server and set of remarks, with an example that can
be found again: its packet number and a Wireshark display filter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..display_filter import display_filter
from ..policy import BROKEN_CLASSES, BROKEN_VERSIONS, LEAST_DH_PRIME_BITS, OLD_VERSIONS
from ..statistics import Frames
from ..statistics.categories import VALIDATIONS, describe_cause, suite_class
from ..statistics.observations import has_failed
from ..statistics.series import is_false, is_true, text_series
from ..statistics.wording import endpoint

if TYPE_CHECKING:
    import pandas as pd

UPGRADES = {
    "stripped": "stripped on the way",
    "refused": "refused by the server",
    "requested": "asked for in vain",
    "offered": "offered and not taken",
}
NO_PACKET = ""  # it is the dialogue that shows it
KEPT = (
    *("connection_id", "capture", "time_start", "client_ip", "client_port", "server_ip", "server_port", "transport"),
    *("server_name", "client_hello_packet", "server_hello_packet", "certificate_packet", "failure_packet"),
)

Describe = Callable[["pd.DataFrame"], "pd.Series[str]"]


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
    time: pd.Timestamp
    display_filter: str


def by_value(column: str, values: tuple[str, ...], text: str) -> Describe:
    """A remark on some values of a column; {} in the text stands for the value."""

    def describe(rows: pd.DataFrame) -> pd.Series[str]:
        return text_series(rows[column].map({value: text.format(value) for value in values}), rows)

    return describe


def by_mask(mask: Callable[[pd.DataFrame], pd.Series[bool]], text: str) -> Describe:
    """A remark on the rows for which a condition holds."""

    def describe(rows: pd.DataFrame) -> pd.Series[str]:
        return text_series(text, rows).where(mask(rows), None)

    return describe


def by_class(classes: tuple[str, ...]) -> Describe:
    """A remark on kinds of record protection."""

    def describe(rows: pd.DataFrame) -> pd.Series[str]:
        names = rows["cipher_suite_name"].dropna().unique().tolist()
        kinds = {name: kind for name in names if (kind := suite_class(name)) in classes}
        return text_series(rows["cipher_suite_name"].map(kinds), rows)

    return describe


def certificate(rows: pd.DataFrame) -> pd.Series[str]:
    """A remark on what dates and names say against the server's certificate."""
    faults = {value: f"certificate {words}" for value, words in VALIDATIONS.items() if value != "leaf_ok"}
    return text_series(rows["validation"].map(faults), rows)


def failure(rows: pd.DataFrame) -> pd.Series[str]:
    """A remark on handshakes that failed, not on those that the capture's end cut off."""
    return describe_cause(rows).where(has_failed(rows), None)


def upgrade(statuses: tuple[str, ...]) -> Describe:
    """A remark on dialogues in the clear that spoke of an upgrade to TLS and never made it."""

    def describe(rows: pd.DataFrame) -> pd.Series[str]:
        texts = text_series(rows["starttls_protocol"], rows) + " in the clear, TLS "
        return (texts + text_series(rows["starttls_status"].map(UPGRADES), rows)).where(
            is_true(rows["starttls_status"].isin(statuses)), None
        )

    return describe


WEAKNESSES = (
    Remark(0, by_class(BROKEN_CLASSES), "RFC 9325 4.1, RFC 7465"),
    Remark(1, by_value("version_name", BROKEN_VERSIONS, "{}"), "RFC 6176, RFC 7568"),
    Remark(2, by_value("authentication", ("anon",), "no authentication"), "RFC 9325 4.1"),
    Remark(2, upgrade(("stripped",)), "RFC 3207 6, RFC 7457 2.1", NO_PACKET),
    Remark(3, by_mask(lambda rows: is_true(rows["compression_method"] > 0), "TLS compression"), "RFC 9325 3.3"),
    Remark(4, certificate, "RFC 5280, RFC 9525", "certificate_packet"),
    Remark(5, by_value("version_name", OLD_VERSIONS, "{}"), "RFC 8996"),
    Remark(5, upgrade(("refused", "requested", "offered")), "RFC 8314 3, RFC 7457 2.1", NO_PACKET),
    Remark(6, by_class(("64-bit blocks (3DES, IDEA)",)), "CVE-2016-2183"),
    Remark(
        7,
        by_mask(lambda rows: is_true(rows["dh_prime_bits"] < LEAST_DH_PRIME_BITS), "small DH prime"),
        "RFC 9325 4.2.1",
    ),
    Remark(8, by_mask(lambda rows: is_false(rows["forward_secrecy"]), "no forward secrecy"), "RFC 9325 4.1"),
)
FAILURES = (Remark(0, failure, "RFC 8446 6", "failure_packet"),)


def find_notable(frames: Frames, about: Sequence[Remark] = WEAKNESSES) -> list[Notable]:
    """Find the connections that deserve remarks of some kind, the gravest first, then the most frequent."""
    rows = remarkable(frames)
    remarks = pair_up(rows, about)
    if not remarks:
        return []
    kept = rows.loc[sorted(remarks), list(KEPT)]
    groups: dict[tuple[Any, ...], list[dict[Any, Any]]] = {}
    for number, row in zip(kept.index, kept.astype(object).where(kept.notna(), None).to_dict("records"), strict=True):
        key = (tuple(remarks[number]), row["server_ip"], row["server_port"], row["server_name"])
        groups.setdefault(key, []).append(row)
    order = sorted(groups.items(), key=lambda item: (item[0][0][0][0], -len(item[1]), str(item[0][1:])))
    return [build_notable([(about[place], text) for place, text in key[0]], members) for key, members in order]


def remarkable(frames: Frames) -> pd.DataFrame:
    """The connections that carried TLS, and those that might have: an upgrade was spoken of."""
    from ..connection import CARRIES_TLS

    rows = frames.connections
    wanted = is_true(rows["protocol"].isin(CARRIES_TLS)) | is_true(rows["starttls_status"].isin(UPGRADES))
    return rows[wanted].reset_index(drop=True)


def pair_up(rows: pd.DataFrame, about: Sequence[Remark]) -> dict[int, list[tuple[int, str]]]:
    """Row -> its remarks as (place among those that are made, text), the gravest first."""
    remarks: dict[int, list[tuple[int, str]]] = {}
    for place, remark in enumerate(about):
        for number, text in remark.describe(rows).dropna().items():
            remarks.setdefault(int(str(number)), []).append((place, text))
    return remarks


def build_notable(remarks: list[tuple[Remark, str]], members: list[dict[Any, Any]]) -> Notable:
    """One row from the connections that share it; the first of them is the example."""
    example = members[0]
    declared = [remark for remark, _ in remarks]
    packets = (example.get(name) for name in (declared[0].packet, "server_hello_packet", "client_hello_packet"))
    return Notable(
        rank=declared[0].rank,
        remarks=tuple(text for _, text in remarks),
        references=tuple(dict.fromkeys(remark.reference for remark in declared)),
        server=endpoint(example["server_ip"], example["server_port"]),
        server_name=example["server_name"] or "",
        connections=len(members),
        clients=len({member["client_ip"] for member in members}),
        capture=example["capture"] or "",
        packet=next((packet for packet in packets if packet is not None), None),
        time=example["time_start"],
        display_filter=display_filter(example),
    )


def build_notable_frame(notable: list[Notable]) -> pd.DataFrame:
    """All rows as a table, lists as text."""
    import pandas as pd
    import pyarrow as pa

    columns: dict[str, tuple[pa.DataType, list[Any]]] = {
        "remarks": (pa.string(), ["; ".join(each.remarks) for each in notable]),
        "references": (pa.string(), [", ".join(each.references) for each in notable]),
        "server": (pa.string(), [each.server for each in notable]),
        "server_name": (pa.string(), [each.server_name for each in notable]),
        "connections": (pa.int64(), [each.connections for each in notable]),
        "clients": (pa.int64(), [each.clients for each in notable]),
        "capture": (pa.string(), [each.capture for each in notable]),
        "packet": (pa.int64(), [each.packet for each in notable]),
        "time": (pa.timestamp("ns", "UTC"), [each.time for each in notable]),
        "display_filter": (pa.string(), [each.display_filter for each in notable]),
    }
    table = pa.table({name: pa.array(values, type_, from_pandas=True) for name, (type_, values) in columns.items()})
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return frame
