"""Arrow IPC files (Feather version 2), lz4-compressed: typed columns as other programs hold them in memory."""

from __future__ import annotations

from typing import BinaryIO

import pyarrow as pa


class ArrowWriter:
    """Writes a record batch for each that comes."""

    def __init__(self, out: BinaryIO, schema: pa.Schema) -> None:
        self.writer = pa.ipc.new_file(out, schema, options=pa.ipc.IpcWriteOptions(compression="lz4"))

    def write(self, rows: pa.RecordBatch) -> None:
        """Write some rows."""
        self.writer.write_batch(rows)

    def close(self) -> None:
        """Write the footer."""
        self.writer.close()
