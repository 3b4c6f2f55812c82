"""Apache Parquet, zstd-compressed; batches are gathered to row groups of a useful size."""

from __future__ import annotations

from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP_ROWS = 8_192
ENCODED_GROUP_ROWS = 16_384  # which take half of the memory
BATCH_ROWS = 4_096  # encoded at a time; with fewer it takes longer
GROUP_OCTETS = 48 << 20  # several times what so many ordinary rows hold

ALL_DIFFERENT = frozenset({"connection_id", "community_id", "client_random", "server_random"})
"""Texts of which no two rows are alike: a dictionary of their values would be made for nothing."""


class ParquetWriter:
    """Writes typed columns as they are; texts by a dictionary, with statistics of the flat columns.

    Rows are of `schema`, or all of them have the same texts dictionary-encoded, of which the file says nothing.
    """

    def __init__(self, out: BinaryIO, schema: pa.Schema) -> None:
        self.out = out
        self.schema = schema
        self.writer: pq.ParquetWriter | None = None
        self.waiting: list[pa.RecordBatch] = []
        self.rows = 0
        self.octets = 0

    def write(self, rows: pa.RecordBatch) -> None:
        """Take some rows; they are written once there are enough for a row group."""
        self.waiting.append(rows)
        self.rows += rows.num_rows
        self.octets += rows.nbytes
        enough = ROW_GROUP_ROWS if rows.schema == self.schema else ENCODED_GROUP_ROWS
        if self.rows >= enough or self.octets > GROUP_OCTETS:
            self.write_group()

    def write_group(self) -> None:
        """Write what waits as one row group."""
        if self.waiting:
            # A row group is written by its first dictionary; rows with another one are texts again.
            rows = pa.Table.from_batches(self.waiting).unify_dictionaries()
            self.opened(rows.schema).write_table(rows, row_group_size=self.rows)
        self.waiting = []
        self.rows = 0
        self.octets = 0

    def opened(self, rows: pa.Schema) -> pq.ParquetWriter:
        """The writer of Arrow's library, opened for rows of this schema.

        Where they are encoded, Arrow's schema is not stored, as readers would then make dictionaries of their own: all
        types of COLUMNS are Parquet's own as well.
        """
        if self.writer is None:
            texts = [path for field in rows if holds_texts(field.type) for path in column_paths(field)]
            plain = rows == self.schema
            self.writer = pq.ParquetWriter(
                self.out,
                self.schema if plain else rows,
                store_schema=plain,
                compression="zstd",
                compression_level=1,
                write_batch_size=BATCH_ROWS,
                use_dictionary=[path for path in texts if path not in ALL_DIFFERENT],
                write_statistics=[field.name for field in rows if not pa.types.is_nested(field.type)],
            )
        return self.writer

    def close(self) -> None:
        """Write the rest and the footer."""
        self.write_group()
        self.opened(self.schema).close()

    def abandon(self) -> None:
        """Write no more, and no footer either: the file is given up."""
        self.waiting = []
        if self.writer is not None:
            self.writer.is_open = False


def holds_texts(data_type: pa.DataType) -> bool:
    """True for texts, and lists, maps and dictionaries of texts."""
    if pa.types.is_list(data_type) or pa.types.is_dictionary(data_type):
        data_type = data_type.value_type
    return bool(pa.types.is_string(data_type) or pa.types.is_map(data_type))


def column_paths(field: pa.Field) -> list[str]:
    """The names that Parquet gives to a column: a nested one by its leaves."""
    if pa.types.is_map(field.type):
        return [f"{field.name}.key_value.key", f"{field.name}.key_value.value"]
    return [f"{field.name}.list.element" if pa.types.is_nested(field.type) else field.name]
