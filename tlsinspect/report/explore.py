"""What a page needs to explore connections: rows as columns of codes.

In: an Inspection. Out: one object of JSON types, small because every distinct text
stands in it once. Texts from the network have their control characters escaped; the
page shows them as text and never as markup.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any

from .. import registry
from ..charts import CHARTS
from ..display_filter import display_filter
from ..export.text import escape_control
from ..statistics import STATISTICS
from ..statistics.categories import describe_outcome
from ..statistics.shares import observe
from .tables import Inspected

if TYPE_CHECKING:
    import pandas as pd

MOST_CONNECTIONS = 50_000  # in the page; tables/connections.csv has all
MOST_CERTIFICATES = 20_000  # in the page; tables/certificates.csv has all
MOST_STEPS = 40  # of a connection; `tlsinspect export --table messages` has all
LONGEST_TEXT = 200  # characters
EXPORTS = {"connections": "tables/connections.csv", "certificates": "tables/certificates.csv"}

TEXTS = (
    *("connection_id", "capture", "client_ip", "server_ip", "transport", "protocol", "server_name", "version_name"),
    *("cipher_suite_name", "group_name", "server_signature_algorithm_name", "alpn", "key_exchange", "authentication"),
    *("resumption", "validation", "subject", "issuer", "starttls_protocol", "starttls_status", "last_alert_name"),
    *("ja3", "ja3s", "ja4"),
)
NUMBERS = (
    *("client_port", "server_port", "client_bytes", "server_bytes", "client_hello_packet", "server_hello_packet"),
    *("certificate_packet", "tcp_rtt_ms", "hello_ms", "handshake_ms"),
)
FLAGS = ("forward_secrecy", "post_quantum", "resumed", "gap", "midstream", "one_sided", "truncated")
LISTS: dict[str, Callable[[Any], str]] = {
    "supported_versions": registry.version_name,
    "cipher_suites": registry.cipher_suite_name,
    "supported_groups": registry.group_name,
    "signature_algorithms": registry.signature_scheme_name,
    "client_extensions": registry.extension_name,
    "alpn_offered": str,
}
CERTIFICATE_FIELDS = (
    *("sha256", "subject", "issuer", "not_before", "not_after", "key_type", "key_bits", "signature_algorithm"),
    *("san_dns", "serial", "self_signed", "connections"),
)


def build_explorer(inspection: Inspected, most: int = MOST_CONNECTIONS) -> dict[str, Any]:
    """Everything that the page's script works with; the first `most` connections, and how many there are.

    A column is {"values": distinct values, "codes": a place in them for each row, -1 for none}; numbers, times
    (milliseconds since 1970) and packets are plain lists with a place for each row.
    """
    rows = inspection.connections.head(most)
    certificates = inspection.certificates.head(MOST_CERTIFICATES)
    places = {sha256: place for place, sha256 in enumerate(listed(certificates["sha256"]))}
    columns = {name: encode(map(clean, listed(rows[name]))) for name in TEXTS}
    columns |= {name: encode(listed(rows[name])) for name in FLAGS}
    columns["outcome"] = encode(map(clean, listed(describe_outcome(rows))))
    return {
        "total": len(inspection.connections),
        "certificates_total": len(inspection.certificates),
        "exports": EXPORTS,
        "start": [None if time is None else time.timestamp() * 1000 for time in listed(rows["time_start"])],
        "columns": columns,
        "numbers": {name: listed(rows[name]) for name in NUMBERS},
        "lists": {name: encode_lists(rows[name], name_of) for name, name_of in LISTS.items()},
        "chains": {side: encode_chain(rows[column], places) for side, column in CHAIN_COLUMNS.items()},
        "certificates": build_certificate_rows(certificates),
        "certificate_fields": CERTIFICATE_FIELDS,
        "filters": encode(filters_of(rows)),
        "statistics": {name: encode_statistic(name, inspection, rows) for name in chart_statistics()},
        "steps": build_steps(inspection.messages, listed(rows["connection_id"])),
        "most_steps": MOST_STEPS,
    }


CHAIN_COLUMNS = {"server": "certificate_sha256s", "client": "client_certificate_sha256s"}


def chart_statistics() -> list[str]:
    """The statistics that charts draw, each once."""
    return [name for name in dict.fromkeys(chart.statistic for chart in CHARTS.values()) if name in STATISTICS]


def listed(series: pd.Series[Any]) -> list[Any]:
    """The values of a column, None where there is none."""
    values: list[Any] = series.astype(object).where(series.notna(), None).tolist()
    return values


def clean(value: Any) -> Any:
    """A text without control characters, cut; anything else as it is."""
    if not isinstance(value, str):
        return value
    return escape_control(value if len(value) <= LONGEST_TEXT else value[: LONGEST_TEXT - 1] + "…")


def clean_category(value: Any) -> Any:
    """A category, or the several that one row may have in some statistics."""
    return clean(value) if value is None or isinstance(value, str) else tuple(map(clean, value))


def encode(values: Iterable[Hashable]) -> dict[str, list[Any]]:
    """Distinct values in the order in which they come, and each row's place among them; -1 for None."""
    places: dict[Hashable, int] = {}
    codes = [-1 if value is None else places.setdefault(value, len(places)) for value in values]
    return {"values": list(places), "codes": codes}


def encode_lists(series: pd.Series[Any], name_of: Callable[[Any], str]) -> dict[str, list[Any]]:
    """A column of lists; each distinct list is named once."""
    column = encode(None if value is None else tuple(value) for value in listed(series))
    return column | {"values": [[clean(name_of(code)) for code in codes] for codes in column["values"]]}


def encode_chain(series: pd.Series[Any], places: dict[str, int]) -> dict[str, list[Any]]:
    """A column of chains, each certificate as its place among the certificates; -1 for one that is left out."""
    column = encode(None if value is None else tuple(value) for value in listed(series))
    return column | {"values": [[places.get(sha256, -1) for sha256 in chain] for chain in column["values"]]}


def build_certificate_rows(certificates: pd.DataFrame) -> list[list[Any]]:
    """A list per certificate in the order of CERTIFICATE_FIELDS; times as dates."""
    columns = []
    for name in CERTIFICATE_FIELDS:
        values = listed(certificates[name])
        if name.startswith("not_"):
            values = [None if value is None else value.date().isoformat() for value in values]
        elif name == "san_dns":
            values = [None if value is None else ", ".join(map(str, value)) for value in values]
        columns.append([clean(value) for value in values])
    return [list(row) for row in zip(*columns, strict=True)]


def filters_of(rows: pd.DataFrame) -> list[str]:
    """Each connection's Wireshark display filter."""
    names = ("client_ip", "client_port", "server_ip", "server_port", "transport")
    columns = [listed(rows[name]) for name in names]
    return [display_filter(dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True)]


def encode_statistic(name: str, inspection: Inspected, rows: pd.DataFrame) -> dict[str, list[Any]]:
    """The category of each row in one statistic; none where the question does not apply or is not answered."""
    statistic = STATISTICS[name]
    observed = observe(statistic, inspection)
    ids = listed(statistic.scope(inspection)["connection_id"])
    categories = listed(observed["category"].where(observed["applies"], None))
    by_id = dict(zip(ids, map(clean_category, categories), strict=True))
    return encode(by_id.get(each) for each in listed(rows["connection_id"]))


def build_steps(messages: pd.DataFrame, ids: list[str]) -> dict[str, Any]:
    """The messages of each connection: kinds as one code a row, packets and milliseconds since the first as lists."""
    place = {each: number for number, each in enumerate(ids)}
    steps: list[list[tuple[str, int | None, Any]]] = [[] for _ in ids]
    left_out = [0] * len(ids)
    names = ("connection_id", "sender", "message_type", "packet", "time")
    for id_, sender, kind, packet, time in zip(*(listed(messages[name]) for name in names), strict=True):
        row = place.get(id_)
        if row is None:
            continue
        if len(steps[row]) == MOST_STEPS:
            left_out[row] += 1
        else:
            steps[row].append((f"{sender or '?'} {clean(kind) or '?'}", packet, time))
    return {
        "kinds": encode(tuple(kind for kind, _, _ in row) for row in steps),
        "packets": [[packet for _, packet, _ in row] for row in steps],
        "times": [[milliseconds(row[0][2], time) for _, _, time in row] for row in steps],
        "left_out": left_out,
    }


def milliseconds(first: Any, time: Any) -> float | None:
    """Milliseconds between two times, to the microsecond; none where a time is missing."""
    if first is None or time is None:
        return None
    return round(float((time - first).total_seconds()) * 1000, 3)


def as_json(value: Any) -> str:
    """JSON that can stand in a page's script element: nothing in it ends the element or starts another."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c").replace(">", "\\u003e")
