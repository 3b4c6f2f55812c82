"""The values of a filter: their kinds, and what a text means where a time or an address stands opposite."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

import pyarrow as pa

from ..wire.addresses import address_text
from .hints import NO_HINT, Hint
from .scan import NANOSECONDS
from .tree import Node

Network = IPv4Network | IPv6Network

KINDS = {
    "string": "text", "bool": "truth", "timestamp": "time", "map": "reasons",
    "list<string>": "texts",
    "list<uint8>": "numbers", "list<uint16>": "numbers", "list<uint32>": "numbers", "list<int64>": "numbers",
    "uint8": "number", "uint16": "number", "uint32": "number", "int64": "number", "float64": "number",
}  # fmt: skip
"""Arrow type of a column -> kind of value."""

WORDS = {
    "text": "a text", "number": "a number", "truth": "true or false", "time": "a time", "duration": "a duration",
    "texts": "a list of texts", "numbers": "a list of numbers", "reasons": "a map", "null": "null", "list": "a list",
}  # fmt: skip

ARROW_TYPES = {"time": pa.timestamp("ns", tz="UTC"), "duration": pa.duration("ns")}
UNIT_NANOSECONDS = {"ms": NANOSECONDS["ms"], "seconds": NANOSECONDS["s"], "days": NANOSECONDS["d"]}
"""Unit of a column -> nanoseconds, so that it can be compared with a duration."""

TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?", re.ASCII | re.I
)
ADDRESSES_KEPT = 65_536  # of which it is remembered whether they are inside


class Rows:
    """The rows that a filter is asked of, with each column in one piece."""

    def __init__(self, rows: pa.Table | pa.RecordBatch) -> None:
        self.rows = rows
        self.made: dict[str, pa.Array] = {}

    def column(self, name: str) -> pa.Array:
        """A column in one piece."""
        if name not in self.made:
            column = self.rows.column(name)
            if isinstance(column, pa.ChunkedArray):
                column = column.combine_chunks()
            self.made[name] = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column
        return self.made[name]


Make = Callable[[Rows], Any]


@dataclass(frozen=True)
class Value:
    """What a part of a filter gives: `make` an array with an entry per row, or one Arrow scalar.

    `literal` is the value as written, None where it is none; `unit` and `order` are those of a column, `address` says
    that its texts are addresses. `hint` is that of a condition.
    """

    node: Node
    kind: str
    make: Make
    literal: Any = None
    unit: str = ""
    order: tuple[str, ...] = ()
    address: bool = False
    hint: Hint = NO_HINT


def literal_value(node: Node, kind: str, literal: Any) -> Value:
    """A value as written."""
    data_type = ARROW_TYPES.get(kind)
    scalar = pa.scalar(literal) if data_type is None else pa.scalar(literal, data_type)
    return Value(node, kind, lambda rows: scalar, literal)


def as_time(value: Value) -> Value | None:
    """A text as the time that it means, in nanoseconds since 1970; None where it is no ISO 8601 time.

    Without a zone it is UTC, as everywhere.
    """
    match = TIME.fullmatch(str(value.literal).strip())
    if match is None:
        return None
    day, minute, second, fraction, zone = match.groups()
    written = f"{day}T{minute or '00:00'}:{second or '00'}"
    offset = "+00:00" if zone is None or zone.upper() in ("Z", "UTC") else zone
    try:
        moment = datetime.fromisoformat(written + offset)
    except ValueError:
        return None
    seconds = int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    nanoseconds = seconds * 10**9 + int((fraction or "0").ljust(9, "0"))
    if not -(2**63) <= nanoseconds < 2**63:
        return None
    return literal_value(value.node, "time", nanoseconds)


def in_unit(value: Value, unit: str) -> Value:
    """A duration as a number of milliseconds, seconds or days."""
    return literal_value(value.node, "number", value.literal / UNIT_NANOSECONDS[unit])


def as_address(value: Value) -> Value | None:
    """An address as it is written in columns; None where the text is none."""
    try:
        written = address_text(ip_address(value.literal).packed)
        return replace(literal_value(value.node, "text", written), address=True)
    except ValueError:
        return None


def as_network(text: str) -> Network | None:
    """An address or a network; bits behind the prefix do not matter. None where it is neither."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def membership_of(networks: list[Network]) -> Callable[[pa.Array], pa.Array]:
    """A function: which of a column's addresses are inside one of the networks, null where there is no address."""

    @lru_cache(maxsize=ADDRESSES_KEPT)
    def is_inside(text: str) -> bool | None:
        try:
            address = ip_address(text)
        except ValueError:
            return None
        return any(address.version == network.version and address in network for network in networks)

    def find(column: pa.Array) -> pa.Array:
        encoded = column.dictionary_encode()
        inside = pa.array([is_inside(text) for text in encoded.dictionary.to_pylist()], pa.bool_())
        return inside.take(encoded.indices)

    return find
