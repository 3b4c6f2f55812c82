"""A capture as a program that rotates would have written it, and tables compared without what rotation changes."""

from __future__ import annotations

import struct
from contextlib import closing
from pathlib import Path

import pyarrow as pa

from tlsinspect import Inspection
from tlsinspect.capture import CaptureSource
from tlsinspect.columns import COLUMNS
from tlsinspect.wire.capfile import open_reader
from tlsinspect.wire.packet import Packet

HEADER = struct.Struct("<IHHiIII")
RECORD = struct.Struct("<IIII")
NANOSECOND_MAGIC = 0xA1B23C4D
ETHERNET = 1
FILE_COLUMNS = {"capture", "failure_reason"}
"""Columns that say in which file or packet something is; packet numbers count within a file too."""

KEYS = {
    "connections": ("connection_id",),
    "certificates": ("sha256",),
    "messages": ("connection_id", "number"),
    "alerts": ("connection_id", "time", "sender", "description"),
    "ports": ("server_port", "transport", "protocol"),
    "problems": ("connection_id", "layer", "kind", "expected"),
}
"""What orders the rows of each table that captures are the source of."""


def read_records(path: Path) -> list[bytes]:
    """The packets of an Ethernet capture as records of a pcap file with nanoseconds."""
    packet = Packet()
    records = []
    with closing(CaptureSource(path).blocks()) as blocks:
        reader = open_reader(blocks)
        while reader.read_packet(packet):
            octets = packet.data[packet.start : packet.end]
            head = RECORD.pack(*divmod(packet.time_ns, 1_000_000_000), len(octets), packet.wire_length)
            records.append(head + octets)
    return records


def write_capture(path: Path, records: list[bytes]) -> Path:
    """A pcap file of some records."""
    path.write_bytes(HEADER.pack(NANOSECOND_MAGIC, 2, 4, 0, 0, 1 << 18, ETHERNET) + b"".join(records))
    return path


def rotate(records: list[bytes], folder: Path, count: int) -> list[Path]:
    """Packets in `count` files, cut wherever that falls."""
    folder.mkdir(exist_ok=True)
    cuts = [len(records) * number // count for number in range(count + 1)]
    return [
        write_capture(folder / f"point-{number:03}.pcap", records[cuts[number] : cuts[number + 1]])
        for number in range(count)
    ]


def rows_of(inspection: Inspection, table: str) -> pa.Table:
    """A table in an order of its own, without the columns that say where in which file something is."""
    rows: pa.Table = inspection.arrow(table)
    places = {column.name for column in COLUMNS[table] if column.unit == "packet number"} | FILE_COLUMNS
    kept = rows.select([name for name in rows.schema.names if name not in places])
    return kept.sort_by([(name, "ascending") for name in KEYS[table]]).combine_chunks()


def assert_same_rows(found: Inspection, wanted: Inspection) -> None:
    """Both have the same rows in every table that captures are the source of."""
    for table in KEYS:
        assert rows_of(found, table).equals(rows_of(wanted, table)), table
