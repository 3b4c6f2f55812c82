"""Text -> tokens of a filter, each with its place, so that every mistake can be pointed at."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..arguments import is_unicode
from ..errors import FilterError

LONGEST_EXPRESSION = 4096
"""Characters of a filter."""

NANOSECONDS = {
    "ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9,
}  # fmt: skip
"""Unit of a duration -> nanoseconds."""

KEYWORDS = ("and", "or", "not", "in", "is", "null", "true", "false")
ALSO_NULL = ("none", "missing")

PATTERN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?P<unit>[A-Za-z_]\w*)?
    |(?P<name>[A-Za-z_][A-Za-z_0-9]*)
    |(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<sign>==|!=|<=|>=|<|>|\+|-|\*|/|\(|\)|\[|\]|,|\.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)

WRONG_SIGNS = {
    "=": "one = compares nothing here; write ==",
    "&": "write and, not &",
    "|": "write or, not |",
    "!": "write not, or != between two values",
    "~": "for a regular expression write server_name.matches('...')",
    "'": "this text does not end; a ' is missing",
    '"': 'this text does not end; a " is missing',
    ":": "a time, or an address with colons, stands in quotes",
    ";": "a filter is one expression; join conditions with and",
}


class Token(NamedTuple):
    """`kind` is number, duration (nanoseconds), text, name, sign, end, or the keyword itself."""

    kind: str
    value: str | int | float
    start: int
    end: int


def scan(text: str) -> list[Token]:
    """Tokens of `text`, the last one of kind "end"; raises FilterError where none begins."""
    if len(text) > LONGEST_EXPRESSION:
        raise FilterError(
            text,
            LONGEST_EXPRESSION,
            len(text),
            f"a filter has at most {LONGEST_EXPRESSION} characters, not {len(text)}",
        )
    tokens = []
    place = 0
    while place < len(text):
        match = PATTERN.match(text, place)
        if match is None:
            raise FilterError(
                text, place, place + 1, WRONG_SIGNS.get(text[place], "this character has no meaning here")
            )
        if match["space"] is None:
            tokens.append(token_of(text, match))
        place = match.end()
    return [*tokens, Token("end", "", len(text), len(text) + 1)]


def token_of(text: str, match: re.Match[str]) -> Token:
    """The token that was matched."""
    start, end = match.span()
    if match["number"] is not None:
        return number_token(text, match)
    if match["name"] is not None:
        word = match["name"].lower()
        if word in KEYWORDS:
            return Token(word, word, start, end)
        return Token("null", word, start, end) if word in ALSO_NULL else Token("name", match["name"], start, end)
    if match["text"] is not None:
        if not is_unicode(match["text"]):
            raise FilterError(text, start, end, "this text has octets that are no UTF-8, and no column has such")
        return Token("text", re.sub(r"\\([\\'\"])", r"\1", match["text"][1:-1]), start, end)
    return Token("sign", match["sign"], start, end)


def number_token(text: str, match: re.Match[str]) -> Token:
    """A number, or with a unit behind it a duration."""
    start, end = match.span()
    digits, unit = match["number"], match["unit"]
    value: int | float = int(digits, 16) if digits[:2] in ("0x", "0X") else float(digits)
    if digits.isdecimal():
        value = int(digits)
    if unit is not None:
        if unit not in NANOSECONDS:
            units = ", ".join(NANOSECONDS)
            reason = f"{unit!r} is no unit of time; there are {units}. A text or a time stands in quotes"
            raise FilterError(text, match.start("unit"), end, reason)
        value = round(value * NANOSECONDS[unit]) if value < 2**63 else 2**63
    if value >= 2**63:
        raise FilterError(text, start, end, "this number is larger than any value of a column")
    return Token("number" if unit is None else "duration", value, start, end)
