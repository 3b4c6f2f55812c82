"""Columns as text, for formats without types: times in ISO 8601, lists and maps as JSON."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..tables.arrow import Shared

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def times_as_text(column: pa.Array) -> pa.Array:
    """Timestamps as ISO 8601 in UTC with nanoseconds: 2026-03-01T12:00:00.000000000Z."""
    return pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")


def plain_value(value: Any) -> Any:
    """A nested value as JSON types; a map, which Arrow gives as pairs, as an object."""
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return dict(value)
    return value


def nested_as_json(column: pa.Array) -> pa.Array:
    """Lists and maps as JSON text; distinct values are rendered once."""
    is_map = pa.types.is_map(column.type)
    keys = [None if value is None else tuple(value) for value in column.to_pylist()]
    make = dict if is_map else list
    return Shared(keys).column(
        lambda key: None if key is None else json.dumps(make(key), separators=(",", ":"), ensure_ascii=False),
        pa.string(),
    )


def escape_control(text: str) -> str:
    """Text with control, format and line-separating characters as escapes: nothing that a terminal acts upon."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
        else character
        for character in text
    )


def escape_cell(text: str) -> str:
    """A text for a spreadsheet: no control characters, and no formula (a quote goes before =, +, - and @)."""
    return ("'" if text.startswith(FORMULA_STARTS) else "") + escape_control(text)
