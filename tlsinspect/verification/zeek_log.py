"""A log that Zeek wrote, as text or as JSON, with the values of its fields.

Goes in: a file, possibly gzip-compressed. Comes out: the log's name, its fields, and rows by field name. Values get the
types that our own export gives to the fields; what is not set is None; times are nanoseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from ..export.zeek import FIELDS
from ..export.zeek.field import NANOSECONDS, ZEEK_TRUTH
from .lines import add_row, iter_lines, parse_object, refusing
from .record import Row

ESCAPE = re.compile(r"\\(\\|x[0-9a-fA-F]{2})")
TELLING = {"x509": "certificate.serial", "quic": "client_initial_dcid", "ssl": "cipher"}
"""A field that only one of the logs has."""
TRUTH = {text: value for value, text in ZEEK_TRUTH.items()}
ENDS = ("id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p")
JSON_TYPES: dict[str, tuple[type, ...]] = {"count": (int,), "port": (int,), "bool": (bool,), "time": (int, float, str)}
"""What JSON has for a type of Zeek's; for the others a text."""
SECONDS = re.compile(r"-?\d{1,11}(\.\d+)?", re.ASCII)
LATEST = 10**11
"""Seconds since 1970 of which a time has fewer."""


class ZeekLog(NamedTuple):
    """A log: `name` is ssl, x509 or quic; `fields` are those that it has and we know."""

    name: str
    fields: tuple[str, ...]
    rows: list[Row]


class Header:
    """What the lines at the head of a log say."""

    def __init__(self) -> None:
        self.separator = "\t"
        self.set_separator = ","
        self.empty = "(empty)"
        self.unset = "-"
        self.path = ""
        self.fields: list[str] = []

    def take(self, line: str) -> None:
        """Note one line."""
        if line.startswith("#separator "):
            self.separator = unescape(line.removeprefix("#separator "))
            return
        name, *values = line.split(self.separator)
        if name == "#fields":
            self.fields = values
        elif name in ("#set_separator", "#empty_field", "#unset_field", "#path") and values:
            setattr(self, {"#empty_field": "empty", "#unset_field": "unset"}.get(name, name[1:]), values[0])


def read_zeek_log(path: Path) -> ZeekLog:
    """Read a log; raises ToolError for what is none of those that can be compared."""
    with refusing(path, "log of Zeek's"):
        lines = iter_lines(path)
        first = next(lines, "")
        read = read_objects if first.startswith("{") else read_fields
        return narrow(read(chain([first], lines)))


def read_fields(lines: Iterable[str]) -> tuple[str, list[str], list[Row], Callable[[Any, str], Any]]:
    """A log with separators."""
    header = Header()
    rows: list[Row] = []
    for line in lines:
        if line.startswith("#"):
            header.take(line)
        elif line:
            values = line.split(header.separator)
            if len(values) != len(header.fields):
                raise ValueError(f"a row has {len(values)} fields where {len(header.fields)} were announced")
            add_row(rows, dict(zip(header.fields, values, strict=True)))
    return header.path, header.fields, rows, lambda text, type_: value_of_text(text, type_, header)


def read_objects(lines: Iterable[str]) -> tuple[str, list[str], list[Row], Callable[[Any, str], Any]]:
    """A log of objects."""
    rows: list[Row] = []
    for line in lines:
        add_row(rows, parse_object(line))
    fields = list(dict.fromkeys(name for row in rows for name in row))
    path = next((str(row["_path"]) for row in rows if "_path" in row), "")
    return path, fields, rows, value_of_json


def narrow(read: tuple[str, list[str], list[Row], Callable[[Any, str], Any]]) -> ZeekLog:
    """The fields that can be compared, with typed values."""
    path, fields, rows, value_of = read
    name = path if path in FIELDS else next((name for name, field in TELLING.items() if field in fields), "")
    if not name:
        raise ValueError(f"its fields are those of none of {', '.join(FIELDS)}")
    types = {field.name: field.type for field in FIELDS[name] if field.name in fields}
    lacking = [] if name == "x509" else [field for field in ENDS if field not in types]
    if rows and lacking:
        raise ValueError(f"it lacks the field {lacking[0]}")
    typed = [{field: value_of(row.get(field), type_) for field, type_ in types.items()} for row in rows]
    return ZeekLog(name, tuple(types), typed)


def value_of_text(text: str, type_: str, header: Header) -> Any:
    """A value of a log with separators."""
    if text == header.unset:
        return None
    if type_.startswith(("vector", "set")):
        inner = type_[type_.index("[") + 1 : -1]
        return [] if text == header.empty else [scalar(each, inner) for each in text.split(header.set_separator)]
    return "" if text == header.empty else scalar(text, type_)


def scalar(text: str, type_: str) -> Any:
    """A single value."""
    if type_ in ("count", "port", "int"):
        return int(text)
    if type_ == "bool":
        return TRUTH[text]
    if type_ == "time":
        if SECONDS.fullmatch(text) is None:
            raise ValueError("a time is no number of seconds")
        return int(Decimal(text) * NANOSECONDS)
    return unescape(text)


def value_of_json(value: Any, type_: str) -> Any:
    """A value of a log of objects; raises ValueError for one that is not of its type."""
    if value is None:
        return None
    inner = type_[type_.index("[") + 1 : -1] if "[" in type_ else type_
    items = value if inner != type_ and isinstance(value, list) else [value]
    if (inner != type_) != isinstance(value, list) or not all(
        is_json_of(each, inner) for each in items if each is not None
    ):
        raise ValueError(f"a value is no {type_}")
    if type_ != "time":
        return value
    if isinstance(value, str):
        return int(datetime.fromisoformat(value).timestamp() * 1_000_000) * 1000
    if not abs(value) < LATEST:  # neither NaN nor infinite
        raise ValueError("a time is no number of seconds")
    return round(Decimal(repr(value)) * 1_000_000) * 1000


def is_json_of(value: Any, type_: str) -> bool:
    """Whether JSON has a value of one of Zeek's types."""
    return isinstance(value, JSON_TYPES.get(type_, (str,))) and isinstance(value, bool) == (type_ == "bool")


def unescape(text: str) -> str:
    r"""A text as it was before \xNN and \\ came into it; octets that are no UTF-8 stay as \xNN."""
    if "\\" not in text:
        return text
    octets = bytearray()
    place = 0
    for found in ESCAPE.finditer(text):
        octets += text[place : found.start()].encode("utf-8", "surrogatepass")
        octets += b"\\" if found[1] == "\\" else bytes([int(found[1][1:], 16)])
        place = found.end()
    octets += text[place:].encode("utf-8", "surrogatepass")
    return octets.decode("utf-8", "backslashreplace")
