"""Apache Parquet, zstd-compressed, one row group per batch."""

from __future__ import annotations

from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq


class ParquetWriter:
    """Writes typed columns as they are."""

    def __init__(self, out: BinaryIO, schema: pa.Schema) -> None:
        self.writer = pq.ParquetWriter(out, schema, compression="zstd", compression_level=1)

    def write(self, rows: pa.RecordBatch) -> None:
        """Write a row group."""
        self.writer.write_batch(rows)

    def close(self) -> None:
        """Write the footer."""
        self.writer.close()
