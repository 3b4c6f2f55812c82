"""The array builders that the tables share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsinspect.columns import COLUMNS
from tlsinspect.tables.arrow import (
    ENCODED_TYPES,
    TYPES,
    Runs,
    Shared,
    arrow_schema,
    chosen_texts,
    empty_table,
    joined,
    number_array,
    spread,
    text_array,
    to_frame,
    value_array,
)
from tlsinspect.tables.pack import Octets
from tlsinspect.tables.vectors import Vectors

ROOT = Path(__file__).parents[2]
rows_of_vectors = st.lists(st.none() | st.binary(max_size=9), max_size=6)


def runs_of(values: Sequence[bytes | None]) -> Runs:
    column = Octets(len(values))
    column.waiting.extend(values)
    column.settle()
    return Runs.of(column)


def numbers_of(vector: bytes) -> list[int]:
    return [int.from_bytes(vector[at : at + 2], "big") for at in range(0, len(vector) - 1, 2)]


@given(rows_of_vectors)
def test_vectors_give_the_numbers_of_each_row_and_drop_an_odd_octet(vectors: list[bytes | None]) -> None:
    expected = [None if vector is None else numbers_of(vector) for vector in vectors]
    assert Vectors(runs_of(vectors)).lists().to_pylist() == expected


@given(rows_of_vectors, st.integers(0, 0xFFFF))
def test_vectors_contain_tells_each_row_by_itself(vectors: list[bytes | None], wanted: int) -> None:
    made = Vectors(runs_of(vectors))
    expected = [vector is not None and wanted in numbers_of(vector) for vector in vectors]
    assert made.contain(made.numbers == wanted).tolist() == expected


def test_vectors_know_the_sixteen_grease_values_and_no_other() -> None:
    every = Vectors(runs_of([b"".join(number.to_bytes(2, "big") for number in range(0x10000))]))
    grease = [int(number) for number in every.numbers[every.is_grease()]]
    assert grease == [0x0A0A + 0x1010 * step for step in range(16)]


@given(rows_of_vectors)
def test_runs_are_what_each_row_has_as_lists_and_as_hexadecimal_text(vectors: list[bytes | None]) -> None:
    runs = runs_of(vectors)
    absent = np.arange(len(vectors)) % 3 == 1
    hidden = [None if gone else vector for vector, gone in zip(vectors, absent, strict=True)]
    assert runs.rows() == vectors
    assert runs.hex().to_pylist() == [None if vector is None else vector.hex() for vector in vectors]
    emptied = runs_of([b"" if gone else vector for vector, gone in zip(vectors, absent, strict=True)])
    assert emptied.hex(absent).to_pylist() == [None if vector is None else vector.hex() for vector in hidden]
    assert emptied.lists(absent).to_pylist() == [None if vector is None else list(vector) for vector in hidden]


def test_shared_makes_each_distinct_value_once() -> None:
    made: list[object] = []

    def make(key: object) -> str | None:
        made.append(key)
        return None if key is None else f"<{key}>"

    column = Shared(["a", None, "a", "b", None]).column(make, pa.string())
    assert column.to_pylist() == ["<a>", None, "<a>", "<b>", None]
    assert made == ["a", None, "b"]


@given(st.lists(st.tuples(*[st.integers(-1, most) for most in (2, 300, 1 << 40, 1 << 40)]), min_size=1))
def test_joined_numbers_are_the_same_for_the_same_rows_and_in_their_order(rows: list[tuple[int, ...]]) -> None:
    made = joined(np.array(column) for column in zip(*rows, strict=True)).tolist()
    assert [row for _, row in sorted(zip(made, rows, strict=True))] == sorted(rows)
    assert len(set(made)) == len(set(rows))


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=5),
    "bool": st.booleans(),
    "uint8": st.integers(0, 0xFF),
    "uint16": st.integers(0, 0xFFFF),
    "uint32": st.integers(0, 0xFFFFFFFF),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float64": st.floats(allow_nan=False),
}
VALUES["timestamp"] = VALUES["int64"]
VALUES |= {
    f"list<{name}>": st.lists(VALUES[name], max_size=4) for name in ("uint8", "uint16", "uint32", "int64", "string")
}
VALUES["map"] = st.lists(st.tuples(VALUES["string"], VALUES["string"]), max_size=3)


@given(st.data(), st.sampled_from(sorted(TYPES)))
def test_value_array_is_what_pyarrow_itself_makes(data: st.DataObject, name: str) -> None:
    values = data.draw(st.lists(st.none() | VALUES[name], max_size=12))
    made = value_array(values, TYPES[name])
    made.validate(full=True)
    assert made.equals(pa.array(values, TYPES[name]))


@given(st.data(), st.sampled_from(sorted(TYPES)))
def test_spread_is_what_take_gives(data: st.DataObject, name: str) -> None:
    values = data.draw(st.lists(st.none() | VALUES[name], min_size=1, max_size=6))
    array = value_array(values, TYPES[name])
    positions = data.draw(st.lists(st.integers(0, len(array) - 1), max_size=12))
    places = np.array(positions, np.int32)
    made = chosen_texts(values, places, TYPES[name]) if name == "string" else spread(array, places)
    made.validate(full=True)
    assert made.equals(array.take(pa.array(positions, pa.int32())))


@given(st.data(), st.sampled_from(["string", "map"]))
def test_encoded_columns_hold_each_text_once_and_decode_to_the_plain_ones(data: st.DataObject, name: str) -> None:
    values = data.draw(st.lists(st.none() | VALUES[name], min_size=1, max_size=6))
    positions = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=12))
    column = Shared(positions)
    chosen = [values[key] for key in column.keys]
    made = column.spread(chosen, ENCODED_TYPES[name])
    made.validate(full=True)
    assert made.type == ENCODED_TYPES[name]
    assert made.to_pylist() == column.spread(chosen, TYPES[name]).to_pylist()
    for part in (made,) if name == "string" else (made.keys, made.items):
        texts = part.dictionary.to_pylist()
        assert len(set(texts)) == len(texts)
        assert None not in texts


def test_encoded_text_may_be_the_same_for_several_keys() -> None:
    column = Shared([3, 1, 2, 1, 0]).spread(["b", "a", "b", None], ENCODED_TYPES["string"])
    assert (column.dictionary.to_pylist(), column.indices.to_pylist()) == (["b", "a"], [0, 1, 0, 1, None])


def test_encoded_rows_without_text_have_a_place_within_the_dictionary() -> None:
    column = Shared([0, 1, 1]).spread(["a", None], ENCODED_TYPES["string"])
    assert np.frombuffer(column.indices.buffers()[1], np.int32).tolist() == [0, 0, 0]


def test_number_array_refuses_a_value_beyond_the_declared_type() -> None:
    missing = np.array([False, True])
    assert number_array(np.array([443, -1]), pa.uint16(), missing).to_pylist() == [443, None]
    with pytest.raises(OverflowError):
        number_array(np.array([65536]), pa.uint16())


def test_text_array_takes_any_text() -> None:
    texts = ["", "m\u00fcnchen.test", None, "\U0001f512"]
    assert text_array(texts).to_pylist() == texts


def test_building_tables_imports_neither_pandas_nor_the_compute_library() -> None:
    program = (
        "import sys, tlsinspect.inspection as i\n"
        "list(i.open_reading(sys.argv[1], i.TLS_PORTS, ['connections', 'messages', 'alerts', 'problems']))\n"
        "print([name for name in ('pandas', 'pyarrow.compute', 'matplotlib') if name in sys.modules])"
    )
    capture = str(ROOT / "captures" / "demo.pcapng")
    run = subprocess.run([sys.executable, "-c", program, capture], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("table", COLUMNS)
def test_empty_table_has_the_schema_and_makes_a_frame(table: str) -> None:
    empty = empty_table(table)
    assert empty.schema == arrow_schema(table)
    assert list(to_frame(empty).columns) == [column.name for column in COLUMNS[table]]
