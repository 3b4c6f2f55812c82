"""What a store keeps of the looks of its connections counts as their columns do, and is read in their place."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from adoption_tables import dataset, on_days, table, with_column
from pandas.testing import assert_frame_equal

from tlsinspect.adoption import SERIES, Adoption, count_adoption
from tlsinspect.adoption.build import KEY_COLUMNS, needed_columns
from tlsinspect.export.parquet import ParquetWriter
from tlsinspect.looks import EXPLAINED, LOOKS, add_looks, has_looks, look_fields, read_looks
from tlsinspect.looks.encode import Encoder
from tlsinspect.statistics import STATISTICS

FIRST = date(2025, 1, 6)
COLUMNS = ["time", "category", "count", "denominator", "unknown", "low"]


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    """The connections of the demo capture, on ten days."""
    found = table("connections")
    return on_days(found, [FIRST + timedelta(days=place % 10) for place in range(found.num_rows)])


@pytest.fixture(scope="module")
def looking(rows: pa.Table) -> pa.Table:
    """The same with the columns of LOOKS, made in batches as a store makes them."""
    encoder = Encoder()
    batches = rows.combine_chunks().to_batches(max_chunksize=100)
    return pa.Table.from_batches([add_looks(batch, encoder) for batch in batches])


def written(path: Path, rows: pa.Table) -> ds.Dataset:
    """A file as a store has it."""
    with path.open("wb") as out:
        writer = ParquetWriter(out, rows.schema)
        for batch in rows.to_batches():
            writer.write(batch)
        writer.close()
    return ds.dataset(path)


def counted(connections: ds.Dataset) -> Adoption:
    return count_adoption(connections, dataset("certificates"), "week")


def assert_same(one: Adoption, other: Adoption) -> None:
    for series in SERIES:
        for unit in ("connections", "clients"):
            first, second = (each.table(series, unit)[COLUMNS].sort_values(COLUMNS[:2]) for each in (one, other))
            assert_frame_equal(first.reset_index(drop=True), second.reset_index(drop=True))


def without(rows: pa.Table, names: list[str]) -> pa.Table:
    """The rows with nothing in some columns."""
    for name in names:
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, rows.schema.field(place), pa.nulls(rows.num_rows, rows.schema.field(place).type))
    return rows


def test_looks_count_as_the_columns_do_that_they_are_made_of_and_stand_for_them(
    rows: pa.Table, looking: pa.Table, tmp_path: Path
) -> None:
    spared = [name for name in needed_columns() if name not in KEY_COLUMNS]
    blank = written(tmp_path / "with.parquet", without(looking, spared))
    assert_same(counted(written(tmp_path / "without.parquet", rows)), counted(blank))


def test_files_with_looks_and_without_are_counted_together(rows: pa.Table, looking: pa.Table, tmp_path: Path) -> None:
    written(tmp_path / "1.parquet", rows.slice(0, 40))
    written(tmp_path / "2.parquet", looking.slice(40, 40))
    together = counted(ds.dataset(tmp_path, schema=rows.schema))
    assert together.totals("versions") == counted(ds.dataset(rows.slice(0, 80))).totals("versions")


def test_looks_that_are_made_of_something_else_are_not_read(looking: pa.Table, tmp_path: Path) -> None:
    assert has_looks(looking.schema)
    other = looking
    for field in look_fields():
        place = other.schema.get_field_index(field.name)
        other = other.set_column(place, field.with_metadata({b"made_of": b"[]"}), other[field.name])
    assert not has_looks(other.schema)
    assert not has_looks(looking.drop_columns([look_fields()[0].name]).schema)
    blank = counted(written(tmp_path / "other.parquet", without(other, ["version_name"]).slice(0, 60)))
    assert blank.table("versions")["denominator"].sum() == 0  # the column was asked, and it has nothing


def test_of_a_hello_of_a_thousand_suites_no_text_is_kept_and_its_file_is_counted_from_the_columns(
    rows: pa.Table, tmp_path: Path
) -> None:
    hellos = rows.slice(0, 60)
    suites = [
        list(range(4000)) if place == 7 else each for place, each in enumerate(hellos["cipher_suites"].to_pylist())
    ]
    hellos = with_column(hellos, "cipher_suites", pa.array(suites, pa.list_(pa.uint16()))).combine_chunks()
    looked = pa.Table.from_batches([add_looks(hellos.to_batches()[0], Encoder())])
    assert [looked[field.name].null_count for field in look_fields()] == [0, 0, 1]
    assert looked["look_offered"][7].as_py() is None
    stored = written(tmp_path / "long.parquet", without(looked, ["version_name"]))
    assert counted(stored).table("versions")["denominator"].sum() == 0  # the column was asked, and it has nothing
    plain = counted(ds.dataset(hellos)).totals("weak-offers")
    assert counted(written(tmp_path / "long.parquet", looked)).totals("weak-offers") == plain


def test_a_look_says_what_is_looked_at_and_like_connections_share_it(rows: pa.Table, looking: pa.Table) -> None:
    for name, parts in LOOKS.items():
        texts = looking[f"look_{name}"].to_pylist()
        assert len(set(texts)) < len(texts) / 2
        told = read_looks(name, texts)
        for part in parts:
            for there, said in zip(rows[part.column].to_pylist(), told[part.column].to_pylist(), strict=True):
                assert said == expected(there, part.looks_at), part


def expected(value: Any, looks_at: str) -> Any:
    """What a value is in a look."""
    if looks_at == "present":
        return None if value is None else 1
    if value is None or looks_at == "value":
        return value
    if looks_at == "set":
        return sorted({0x0A0A if code & 0x0F0F == 0x0A0A and code >> 8 == code & 0xFF else code for code in value})
    return [(column, reason) for column, reason in value if column in EXPLAINED]


def test_dictionaries_of_batches_become_one_in_a_row_group(looking: pa.Table, tmp_path: Path) -> None:
    written(tmp_path / "one.parquet", looking)
    groups = pq.ParquetFile(tmp_path / "one.parquet").metadata
    assert groups.num_row_groups == 1
    for place in range(groups.num_columns):
        column = groups.row_group(0).column(place)
        if column.path_in_schema.startswith("look_"):
            assert column.has_dictionary_page
            assert column.total_uncompressed_size < looking.nbytes / 10


def test_every_reason_that_a_series_asks_for_is_in_a_look() -> None:
    assert {name for series in SERIES.values() for name in STATISTICS[series.statistic].explained} <= set(EXPLAINED)
