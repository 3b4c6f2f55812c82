"""Apache Parquet, zstd-compressed; batches are gathered to row groups of a useful size."""

from __future__ import annotations

from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP_ROWS = 16_384

ALL_DIFFERENT = frozenset(
    {"connection_id", "community_id", "time_start", "time_end", "time", "client_random", "server_random"}
)
"""Columns of which no two rows are alike: a dictionary of their values would be made for nothing."""


class ParquetWriter:
    """Writes typed columns as they are."""

    def __init__(self, out: BinaryIO, schema: pa.Schema) -> None:
        repeated = [path for path in column_paths(schema) if path.split(".")[0] not in ALL_DIFFERENT]
        self.writer = pq.ParquetWriter(
            out, schema, compression="zstd", compression_level=1, use_dictionary=repeated or False
        )
        self.waiting: list[pa.RecordBatch] = []
        self.rows = 0

    def write(self, rows: pa.RecordBatch) -> None:
        """Take some rows; they are written once there are enough for a row group."""
        self.waiting.append(rows)
        self.rows += rows.num_rows
        if self.rows >= ROW_GROUP_ROWS:
            self.write_group()

    def write_group(self) -> None:
        """Write what waits as one row group."""
        if self.waiting:
            self.writer.write_table(pa.Table.from_batches(self.waiting), row_group_size=self.rows)
        self.waiting = []
        self.rows = 0

    def close(self) -> None:
        """Write the rest and the footer."""
        self.write_group()
        self.writer.close()


def column_paths(schema: pa.Schema) -> list[str]:
    """The names that Parquet gives to the columns of a schema: nested ones by their leaves."""
    paths = []
    for field in schema:
        if pa.types.is_map(field.type):
            paths += [f"{field.name}.key_value.key", f"{field.name}.key_value.value"]
        elif pa.types.is_nested(field.type):
            paths.append(f"{field.name}.list.element")
        else:
            paths.append(field.name)
    return paths
