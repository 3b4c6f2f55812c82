"""A dataset -> record batches in the order of days, texts as dictionaries.

In: any pyarrow dataset. Out: (day or None, batch). Texts of Parquet files are dictionaries already; read as
such they cost a tenth. Files of a store have the columns of LOOKS, which are read in place of lists and reasons.
Files know their day where they are partitioned by it; other datasets come as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from ..export.parquet import column_paths, holds_texts
from ..looks import has_looks, is_complete, look_fields
from ..store.files import files_read, iter_rows
from .catalogue import EPOCH

DAY = "day"
READAHEAD = 2  # batches of a file that are read before they are asked for


def iter_batches(
    dataset: ds.Dataset, columns: list[str], narrow: list[str] | None = None
) -> Iterator[tuple[int | None, pa.RecordBatch]]:
    """The batches of a dataset; the day, counted from 1970, is that of the batch's file, and never goes down.

    Of files that have the columns of LOOKS come those of `narrow` instead, where they are given.
    """
    files = sorted_files(dataset)
    if files is None:
        for batch in iter_rows(dataset, columns):
            yield None, batch
        return
    for each in files:  # one by one: a scanner of all reads ahead of who is slower, without a bound
        with files_read():
            is_narrow = narrow and has_looks(each.physical_schema) and is_complete(each.metadata)
        wanted = narrow if narrow and is_narrow else columns
        for batch in iter_rows(with_dictionaries(dataset, each, wanted), wanted, batch_readahead=READAHEAD):
            yield day_of(each), batch


def sorted_files(dataset: ds.Dataset) -> list[Any] | None:
    """The files of a dataset by their days; None where it is not one of Parquet files."""
    if not isinstance(dataset, ds.FileSystemDataset) or not isinstance(dataset.format, ds.ParquetFileFormat):
        return None
    return sorted(dataset.get_fragments(), key=lambda each: (-1 if day_of(each) is None else day_of(each), each.path))


def day_of(fragment: Any) -> int | None:
    """The day that a file's folder names, counted from 1970."""
    found = ds.get_partition_keys(fragment.partition_expression).get(DAY)
    if found is None:
        return None
    day = found if isinstance(found, date) else date.fromisoformat(str(found))
    return (day - EPOCH).days


def with_dictionaries(dataset: ds.FileSystemDataset, file: Any, columns: list[str]) -> ds.FileSystemDataset:
    """Some columns of a file, read so that texts come as dictionaries."""
    added = {field.name: field for field in look_fields()}
    fields = [added[name] if name in added else dataset.schema.field(name) for name in columns]
    texts = [field for field in fields if holds_texts(field.type)]
    schema = pa.schema([field.with_type(dictionary_type(field.type)) if field in texts else field for field in fields])
    form = ds.ParquetFileFormat(dictionary_columns=[path for field in texts for path in column_paths(field)])
    again = form.make_fragment(file.path, file.filesystem, file.partition_expression)
    return ds.FileSystemDataset([again], schema, form, dataset.filesystem)


def dictionary_type(kind: pa.DataType) -> pa.DataType:
    """A type with dictionaries in place of texts."""
    if pa.types.is_string(kind):
        return pa.dictionary(pa.int32(), kind)
    if pa.types.is_map(kind):
        return pa.map_(dictionary_type(kind.key_type), dictionary_type(kind.item_type))
    return pa.list_(dictionary_type(kind.value_type)) if pa.types.is_list(kind) else kind
