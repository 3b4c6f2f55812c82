"""What a page needs to explore connections: rows as columns of codes.

In: an Inspection. Out: one object of JSON types, small because every distinct text
stands in it once. Texts from the network have their control characters escaped; the
page shows them as text and never as markup.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..charts import CHARTS
from ..charts.bars import PAIR_STATISTICS
from ..export.text import short_text
from ..statistics import STATISTICS
from ..statistics.categories import describe_outcome
from ..statistics.rows import FrameColumns
from ..statistics.shares import observe
from ..tables.arrow import Shared
from .findings import described_rules, rules_of_rows

if TYPE_CHECKING:
    import pandas as pd

    from .inspected import Inspected

MOST_CONNECTIONS = 50_000  # in the page; tables/connections.csv has all
MOST_CERTIFICATES = 20_000  # in the page; tables/certificates.csv has all
EXPORTS = {"connections": "tables/connections.csv", "certificates": "tables/certificates.csv"}

TEXTS = (
    *("connection_id", "capture", "client_ip", "server_ip", "transport", "protocol", "server_name", "version_name"),
    *("cipher_suite_name", "group_name", "alpn", "validation", "issuer", "ja3", "ja4"),
)
NUMBERS = ("client_port", "server_port", "client_bytes", "server_bytes", "tcp_rtt_ms", "hello_ms", "handshake_ms")
UNKNOWN = 0  # what stands for an answer that is not known, where every known one is a text
CERTIFICATE_FIELDS = (
    *("sha256", "subject", "issuer", "not_before", "not_after", "key_type", "key_bits", "signature_algorithm"),
    *("san_dns", "serial", "self_signed", "connections"),
)


def build_explorer(inspection: Inspected, rows: pd.DataFrame) -> dict[str, Any]:
    """Everything that the page's script works with but the stories; `rows` are the first connections, or all of them.

    A column is {"values": distinct values, "codes": a place in them for each row, -1 for none}; numbers, times
    (milliseconds since 1970) and packets are plain lists with a place for each row.
    """
    certificates = inspection.certificates.head(MOST_CERTIFICATES)
    places = {sha256: place for place, sha256 in enumerate(listed(certificates["sha256"]))}
    columns = {name: encode(listed(rows[name])) for name in TEXTS}
    columns["outcome"] = encode(describe_outcome(FrameColumns(rows)).to_pylist())
    return {
        "total": len(inspection.connections),
        "certificates_total": len(inspection.certificates),
        "exports": EXPORTS,
        "start": [None if time is None else time.timestamp() * 1000 for time in listed(rows["time_start"])],
        "columns": columns,
        "numbers": {name: listed(rows[name]) for name in NUMBERS},
        "chains": {side: encode_chain(rows[column], places) for side, column in CHAIN_COLUMNS.items()},
        "certificates": build_certificate_rows(certificates),
        "certificate_fields": CERTIFICATE_FIELDS,
        "statistics": {name: encode_statistic(name, inspection, len(rows)) for name in chart_statistics()},
        "questions": {name: STATISTICS[name].question for name in PAIR_STATISTICS},
        "findings": encode(rules_of_rows(inspection, len(rows))),
        "rules": described_rules(inspection),
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
    return short_text(value) if isinstance(value, str) else value


def hashable(category: Any) -> Hashable:
    """A category, or the several that one row may have in some statistics as a tuple."""
    return category if category is None or isinstance(category, str) else tuple(category)


def clean_category(value: Any) -> Any:
    """A category, or each of several, without control characters, cut."""
    return tuple(map(clean, value)) if isinstance(value, tuple) else clean(value)


def encode(values: Iterable[Hashable]) -> dict[str, list[Any]]:
    """Distinct values, clean, in the order in which they come, and each row's place among them; -1 for None."""
    places: dict[Hashable, int] = {}
    codes = [-1 if value is None else places.setdefault(value, len(places)) for value in values]
    return {"values": [clean_category(value) for value in places], "codes": codes}


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


def encode_statistic(name: str, inspection: Inspected, most: int) -> dict[str, list[Any]]:
    """The category of the first rows in one statistic, UNKNOWN where it is not known; none where it does not apply."""
    observed = observe(STATISTICS[name], inspection)
    among = observed.rows.mask[:most]
    count = int(among.sum())
    known, numbers = distinct_categories(observed.category.slice(0, count))
    none = known.index(None) if None in known else len(known)
    known[none : none + 1] = [UNKNOWN]
    numbers = np.where((numbers == none) & ~observed.applies[:count], -1, numbers)
    shown, first = np.unique(numbers[numbers >= 0], return_index=True)
    order = shown[np.argsort(first)]
    places = np.full(len(known) + 1, -1)
    places[order] = np.arange(len(order))
    codes = np.full(len(among), -1)
    codes[among] = places[numbers]
    return {"values": [clean_category(known[number]) for number in order.tolist()], "codes": codes.tolist()}


def distinct_categories(categories: pa.Array) -> tuple[list[Any], NDArray[np.int32]]:
    """The different categories of rows, or the several of one row as a tuple, and which of them each row has."""
    if pa.types.is_list(categories.type):
        several = Shared(map(hashable, categories.to_pylist()))
        return several.keys, several.positions
    encoded = categories.dictionary_encode(null_encoding="encode")
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
