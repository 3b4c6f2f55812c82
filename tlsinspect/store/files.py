"""Rows out of a store's Parquet files; a file that is gone or damaged is a StoreError of one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa

from ..errors import StoreError

if TYPE_CHECKING:
    import pyarrow.dataset as ds


def read_rows(dataset: ds.Dataset, columns: Sequence[str]) -> pa.Table:
    """Some columns of a dataset; raises StoreError for a file that cannot be read."""
    with files_read():
        return dataset.to_table(columns=list(columns))


def iter_rows(dataset: ds.Dataset, columns: Sequence[str], **options: int) -> Iterator[pa.RecordBatch]:
    """The same, a batch at a time; `options` are those of to_batches."""
    with files_read():
        yield from dataset.to_batches(columns=list(columns), **options)


@contextmanager
def files_read() -> Iterator[None]:
    """Raise StoreError for what Arrow says of a file."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise StoreError("a file of the store", f"cannot be read: {error}".splitlines()[0]) from error
