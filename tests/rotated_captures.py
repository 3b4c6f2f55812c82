"""A capture as a program that rotates would have written it, and tables compared without what rotation changes."""

from __future__ import annotations

import struct
from contextlib import closing
from itertools import accumulate
from pathlib import Path

import pyarrow as pa

from tlsinspect import Inspection
from tlsinspect.capture import CaptureSource
from tlsinspect.columns import COLUMNS
from tlsinspect.tables.starts import Start, starts_of
from tlsinspect.wire.capfile import open_reader
from tlsinspect.wire.packet import Packet

HEADER = struct.Struct("<IHHiIII")
RECORD = struct.Struct("<IIII")
NANOSECOND_MAGIC = 0xA1B23C4D
ETHERNET = 1
FILE_COLUMNS = {"capture", "later_captures", "later_packets", "failure_reason"}
"""Columns that name files, or packets in words."""

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
    """A table in an order of its own, with packets counted through all files, without the names of these."""
    rows: pa.Table = inspection.arrow(table)
    connections = inspection.arrow("connections")
    starts = starts_of(connections, connections["connection_id"])
    in_front = packets_in_front(inspection)
    packets = [column.name for column in COLUMNS[table] if column.unit == "packet number" and column.type == "int64"]
    for name in packets if rows.num_rows else ():
        if table == "problems":  # in the file that the row names
            counted = zip(map(Start, rows["capture"].to_pylist()), rows[name].to_pylist(), strict=True)
        else:
            counted = zip(map(starts.get, rows["connection_id"].to_pylist()), rows[name].to_pylist(), strict=True)
        numbers = [
            None if packet is None or start is None else in_front[start.place(packet)[0]] + start.place(packet)[1]
            for start, packet in counted
        ]
        rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(numbers, pa.int64()))
    kept = rows.select([name for name in rows.schema.names if name not in FILE_COLUMNS])
    return kept.sort_by([(name, "ascending") for name in KEYS[table]]).combine_chunks()


def packets_in_front(inspection: Inspection) -> dict[str, int]:
    """Of each file the packets of those whose names sort in front of it."""
    counts = inspection.arrow("captures").select(["capture", "packets"]).sort_by("capture").to_pylist()
    in_front = accumulate((row["packets"] for row in counts), initial=0)
    return {row["capture"]: number for row, number in zip(counts, in_front, strict=False)}


def assert_same_rows(found: Inspection, wanted: Inspection) -> None:
    """Both have the same rows in every table that captures are the source of."""
    for table in KEYS:
        assert rows_of(found, table).equals(rows_of(wanted, table)), table
