"""Text that comes from the network, on its way to terminals and spreadsheets."""

from __future__ import annotations

import json
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsinspect.export.text import (
    FORMULA_STARTS,
    escape_cell,
    escape_control,
    nested_as_json,
    plain_values,
    short_text,
    times_as_text,
)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("www.example", "www.example"),
        ("bücher.example", "bücher.example"),
        ("\x1b[2J\x1b]0;owned\x07", "\\x1b[2J\\x1b]0;owned\\x07"),
        ("a\r\nb\tc\x00", "a\\r\\nb\\tc\\x00"),
        ("\x9b31m\x85", "\\x9b31m\\x85"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("a\u2066b\u2069", "a\\u2066b\\u2069"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\U000e0041\ue000", "\\U000e0041\\ue000"),
        ("bank\u3164.example", "bank\\u3164.example"),
        ("ba\u034fnk\ufe0f\U000e0101", "ba\\u034fnk\\ufe0f\\U000e0101"),
        ("", ""),
    ],
)
def test_escape_control_shows_what_a_terminal_would_act_upon_or_not_draw(text: str, escaped: str) -> None:
    assert escape_control(text) == escaped


@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_escape_control_leaves_nothing_that_is_not_a_glyph_or_a_space(text: str) -> None:
    left = {unicodedata.category(character) for character in escape_control(text)}
    assert not left & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_escape_control_changes_nothing_the_second_time(text: str) -> None:
    assert escape_control(escape_control(text)) == escape_control(text)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])  # noqa: RUF001
def test_escape_cell_makes_no_formula(start: str) -> None:
    cell = escape_cell(f"{start}cmd|' /C calc'!A0")
    assert cell.startswith("'")
    assert cell.endswith("cmd|' /C calc'!A0")
    assert not escape_cell("www.example").startswith("'")


@given(st.text(st.sampled_from('a;=+-@"\t\n \uff1d'), max_size=12))
def test_no_cell_starts_as_a_formula_where_semicolons_part_cells(text: str) -> None:
    written = escape_cell(text).replace('"', '""')
    assert not [cell for cell in written.split(";")[1:] if cell.strip('" ').startswith(FORMULA_STARTS)]


def test_semicolons_without_a_formula_stay() -> None:
    assert escape_cell("a;b; c;'d;") == "a;b; c;'d;"
    assert escape_cell("x;=1;-y") == "x;'=1;'-y"


@given(st.text(max_size=20))
def test_no_cell_starts_as_a_formula(text: str) -> None:
    assert not escape_cell(text).startswith(FORMULA_STARTS)


def test_times_are_iso_8601_with_nanoseconds() -> None:
    column = pa.array([1_772_366_400_123_456_789, None, 0], pa.timestamp("ns", tz="UTC"))
    assert times_as_text(column).to_pylist() == [
        "2026-03-01T12:00:00.123456789Z",
        None,
        "1970-01-01T00:00:00.000000000Z",
    ]


def test_nested_values_are_json_whatever_stands_in_them() -> None:
    odd = ["h2", "\x1b\u202e\U000e0041\x85", "=1+1"]
    [text, nothing, empty] = nested_as_json(pa.array([odd, None, []], pa.list_(pa.string()))).to_pylist()
    assert json.loads(text) == odd
    assert escape_control(text) == text
    assert (nothing, empty) == (None, "[]")


def test_maps_are_objects_also_when_they_are_empty() -> None:
    column = pa.array([[("group", "gap")], [], None], pa.map_(pa.string(), pa.string()))
    assert nested_as_json(column).to_pylist() == ['{"group":"gap"}', "{}", None]
    assert plain_values(column) == [{"group": "gap"}, {}, None]


def test_short_text_keeps_apart_what_differs_in_what_it_cuts() -> None:
    longest = "a" * 63 + ".b" * 95  # a name of DNS with all the octets that it may have
    long = [f"{'a' * 200}{middle}{'b' * 200}" for middle in "xyz"] + ["\ud800" * 300]
    assert short_text(longest) == longest
    assert len({short_text(text) for text in long}) == len(long)
    assert {len(short_text(text)) for text in long[:3]} == {255}
