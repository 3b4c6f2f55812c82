"""Columns as text, for formats without types: times in ISO 8601, lists and maps as JSON."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import Any

import pyarrow as pa

from ..tables.arrow import Shared

LONGEST_TEXT = 255  # characters of a name on a page: a name of DNS is never cut (RFC 1035 section 2.3.4)
DIGEST_DIGITS = 16  # hexadecimal, of the SHA-256 by which texts that were cut differ
LONGEST_LINE = 4000  # characters of a line for people, of which a certificate could fill a megabyte
CUT = "…"  # an ellipsis takes the room of one character
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
CELL_END = re.compile(rf""";(?=["\s]*[{re.escape("".join(FORMULA_STARTS))}])""")
"""What ends a cell and begins a formula where decimals have a comma: spreadsheets part CSV by semicolons there."""


def times_as_text(column: pa.Array) -> pa.Array:
    """Timestamps as ISO 8601 in UTC with nanoseconds: 2026-03-01T12:00:00.000000000Z."""
    import pyarrow.compute as pc  # dear to import

    return pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")


def plain_values(column: pa.Array) -> list[Any]:
    """A column as JSON types: times and days in ISO 8601, maps, which Arrow gives as pairs, as objects."""
    if pa.types.is_timestamp(column.type):
        column = times_as_text(column)
    elif pa.types.is_date(column.type):
        column = column.cast(pa.string())
    values: list[Any] = column.to_pylist()
    if pa.types.is_map(column.type):
        return [None if value is None else dict(value) for value in values]
    return values


def nested_as_json(column: pa.Array) -> pa.Array:
    """Lists and maps as JSON text, ASCII only; distinct values are rendered once."""
    is_map = pa.types.is_map(column.type)
    keys = [None if value is None else tuple(value) for value in column.to_pylist()]
    make = dict if is_map else list
    return Shared(keys).column(
        lambda key: None if key is None else json.dumps(make(key), separators=(",", ":")), pa.string()
    )


class Escapes(dict[int, str]):
    """What str.translate puts for a code point: itself, or an escape where a terminal would act upon it."""

    def __missing__(self, code: int) -> str:
        """Work it out; kept for the code points that texts are made of."""
        shown = chr(code)
        if unicodedata.category(shown) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or code in UNSEEN:
            shown = shown.encode("unicode_escape").decode("ascii")
        if code < KEPT_BELOW:
            self[code] = shown
        return shown


UNSEEN = frozenset(
    (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, *range(0xFE00, 0xFE10), 0xFFA0)
) | frozenset(range(0xE0100, 0xE01F0))
"""Letters and marks of which nothing is drawn (Unicode's Default_Ignorable_Code_Point): two names that only they tell
apart look the same."""
KEPT_BELOW = 0x10000  # code points; hostile texts could have a million others
ESCAPES = Escapes()


def escape_control(text: str) -> str:
    """Text with control, format and line-separating characters as escapes, and those of which nothing is drawn.

    So a terminal acts upon nothing in it, and two names that differ look different, but for letters that look alike.
    """
    return text if text.isascii() and text.isprintable() else text.translate(ESCAPES)


def cut_text(text: str, most: int) -> str:
    """The text, cut in the middle to at most so many characters: its end often tells it from others."""
    if len(text) <= most:
        return text
    tail = (most - 1) // 3
    return text[: most - 1 - tail] + CUT + text[len(text) - tail :]


def line_text(text: str) -> str:
    """A text as a line for people: cut to LONGEST_LINE, without control characters."""
    return escape_control(cut_text(text, LONGEST_LINE))


def short_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text as a page shows and compares it: cut to so many characters, without control characters.

    What is cut ends in "#" and a digest of the whole, so that texts which differ in what was left out still differ.
    """
    if len(text) > longest:
        digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:DIGEST_DIGITS]
        text = f"{cut_text(text, longest - DIGEST_DIGITS - 2)} #{digest}"
    return escape_control(text)


def escape_cell(text: str) -> str:
    """A text for a spreadsheet: no control characters, and no formula (a quote goes before =, +, - and @).

    The full-width forms of these four start a formula too where the spreadsheet speaks an East Asian language. A quote
    goes behind a semicolon as well that one of them follows.
    """
    if ";" in text:
        text = CELL_END.sub(";'", text)
    return ("'" if text.startswith(FORMULA_STARTS) else "") + escape_control(text)
