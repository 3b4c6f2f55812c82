"""The array builders that the tables share."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsinspect.columns import COLUMNS
from tlsinspect.tables.arrow import Shared, Vectors, array_of, arrow_schema, empty_table, octet_lists, to_frame

rows_of_vectors = st.lists(st.none() | st.binary(max_size=9), max_size=6)


def numbers_of(vector: bytes) -> list[int]:
    return [int.from_bytes(vector[at : at + 2], "big") for at in range(0, len(vector) - 1, 2)]


@given(rows_of_vectors)
def test_vectors_give_the_numbers_of_each_row_and_drop_an_odd_octet(vectors: list[bytes | None]) -> None:
    expected = [None if vector is None else numbers_of(vector) for vector in vectors]
    assert Vectors(vectors).lists().to_pylist() == expected


@given(rows_of_vectors, st.integers(0, 0xFFFF))
def test_vectors_contain_tells_each_row_by_itself(vectors: list[bytes | None], wanted: int) -> None:
    made = Vectors(vectors)
    expected = [vector is not None and wanted in numbers_of(vector) for vector in vectors]
    assert made.contain(made.numbers == wanted).tolist() == expected


def test_vectors_know_the_sixteen_grease_values_and_no_other() -> None:
    every = Vectors([b"".join(number.to_bytes(2, "big") for number in range(0x10000))])
    grease = [int(number) for number in every.numbers[every.is_grease()]]
    assert grease == [0x0A0A + 0x1010 * step for step in range(16)]


@given(rows_of_vectors)
def test_octet_lists_give_each_octet(vectors: list[bytes | None]) -> None:
    assert octet_lists(vectors).to_pylist() == [None if vector is None else list(vector) for vector in vectors]


def test_shared_makes_each_distinct_value_once() -> None:
    made: list[object] = []

    def make(key: object) -> str | None:
        made.append(key)
        return None if key is None else f"<{key}>"

    column = Shared(["a", None, "a", "b", None]).column(make, pa.string())
    assert column.to_pylist() == ["<a>", None, "<a>", "<b>", None]
    assert made == ["a", None, "b"]


def test_array_of_refuses_a_value_beyond_the_declared_type() -> None:
    assert array_of("connections", "client_port", [443, None]).to_pylist() == [443, None]
    with pytest.raises((pa.ArrowInvalid, OverflowError)):
        array_of("connections", "client_port", [65536])


@pytest.mark.parametrize("table", COLUMNS)
def test_empty_table_has_the_schema_and_makes_a_frame(table: str) -> None:
    empty = empty_table(table)
    assert empty.schema == arrow_schema(table)
    assert list(to_frame(empty).columns) == [column.name for column in COLUMNS[table]]
