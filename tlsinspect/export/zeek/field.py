"""A field of a Zeek log: its name, its type, and how a value of that type is written.

Goes in: plain values, times as nanoseconds. Comes out: what stands in a log in Zeek's own text format, or in JSON.
"""

from __future__ import annotations

from typing import Any, NamedTuple

UNSET = "-"
EMPTY = "(empty)"
SET_SEPARATOR = ","
NANOSECONDS = 1_000_000_000
ZEEK_TRUTH = {True: "T", False: "F"}


class Field(NamedTuple):
    """One column of a log; `type` is one of Zeek's: time, string, addr, port, count, bool, vector[string], ..."""

    name: str
    type: str


def text_of(value: Any, type_: str) -> str:
    """A value as Zeek's text format has it."""
    if value is None:
        return UNSET
    if type_.startswith(("vector", "set")):
        texts = [escape_element(text_of(item, type_[type_.index("[") + 1 : -1])) for item in value]
        return SET_SEPARATOR.join(texts) if texts else EMPTY
    if type_ == "bool":
        return ZEEK_TRUTH[value]
    if type_ == "time":
        return f"{value // NANOSECONDS}.{value % NANOSECONDS // 1000:06d}"
    return escape_text(value) if isinstance(value, str) else str(value)


def json_of(value: Any, type_: str) -> Any:
    """A value as Zeek's JSON has it: times are seconds since 1970."""
    return int(value // 1000) / 1_000_000 if type_ == "time" else value


def escape_text(text: str) -> str:
    r"""A text that stays within its field: control characters as \xNN, backslashes doubled; never a sign of nothing."""
    if text == UNSET:
        return r"\x2d"
    if text == "":
        return EMPTY
    if text == EMPTY:
        return r"\x28empty)"
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(escape_character(character) for character in text)


def escape_character(character: str) -> str:
    """A character as it may stand in a log."""
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    return "".join(f"\\x{octet:02x}" for octet in character.encode("utf-8", "surrogatepass"))


def escape_element(text: str) -> str:
    """A text within a vector or set, where the separator would start another."""
    return text.replace(SET_SEPARATOR, r"\x2c")
