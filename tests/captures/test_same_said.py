"""What was said does not depend on how it was recorded: all handshakes, rewritten as one capture, give equal rows."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from capture_files import ETHERNET, Packet, build_pcap, read_pcap
from manifest import FOLDER
from segments import ACK, FIN, RST, SYN, build_packet, cut_segment, parse_segment

import tlsinspect

Rows = list[dict[str, Any]]

TABLES = ("connections", "alerts", "chains")
COUNTED = re.compile(
    "connection_id|capture|later_captures|first_packet|.*_packets?|packet|time|time_start|time_end|.*_ms|out_of_order|retransmitted"
    "|(client|server)_bytes"
)
"""Columns that say when and in how many packets something was recorded."""
PAUSE_NS = 2_000_000_000
SHORT_NS = 1000
FEW = 7  # packets of a file
CARRIED = ("openvpn-tcp", "starttls-postgres")  # whose first packet has to come in one segment
NOT_OF_QUIC = ("client_application_bytes", "server_application_bytes")
"""What a datagram of QUIC that comes again changes: the numbers by which it would be known are encrypted."""


@cache
def recorded() -> list[Packet]:
    """The handshakes of Ethernet captures, one after the other."""
    packets: list[Packet] = []
    begin = 1_795_500_000_000_000_000  # 2026-11-24, when the certificates are valid
    for path in sorted((FOLDER / "handshakes").glob("*.pcap")):
        link_type, own = read_pcap(path)
        if link_type == ETHERNET and path.stem not in CARRIED:
            packets += [replace(packet, time_ns=packet.time_ns - own[0].time_ns + begin) for packet in own]
            begin = packets[-1].time_ns + PAUSE_NS
    return packets


def read_rows(folder: Path, *files: Iterable[Packet]) -> dict[str, Rows]:
    """The rows of each table, without what was counted, in an order that does not depend on it."""
    paths = [folder / f"made-{number}.pcap" for number in range(len(files))]
    for path, packets in zip(paths, files, strict=True):
        path.write_bytes(build_pcap(packets, nanoseconds=True))
    inspection = tlsinspect.read(paths, processes=1)
    places = ("client_ip", "client_port", "server_ip", "server_port", "time_start")
    connections = inspection.arrow("connections").sort_by([(place, "ascending") for place in places])
    order = {text: number for number, text in enumerate(connections["connection_id"].to_pylist())}
    found = {}
    for table in TABLES:
        found[table] = [
            {"connection": order[row["connection_id"]]}
            | {name: without_numbers(value) for name, value in row.items() if not COUNTED.fullmatch(name)}
            for row in inspection.arrow(table).to_pylist()
        ]
        found[table].sort(key=lambda row: (row["connection"], repr(row)))
    for row in found["connections"]:
        for name in NOT_OF_QUIC if row["protocol"] == "quic" else ():
            del row[name]
    return found


def without_numbers(value: Any) -> Any:
    """A sentence without the number of its packet."""
    return re.sub(r"packet \d+( of a later capture)?|[\d.]+ m?s\b", "...", value) if isinstance(value, str) else value


def doubled(packets: list[Packet]) -> list[Packet]:
    """Each packet twice, as a mirror port records what comes in and goes out."""
    return [each for packet in packets for each in (packet, replace(packet, time_ns=packet.time_ns + SHORT_NS))]


def doubled_late(packets: list[Packet]) -> list[Packet]:
    """Each packet again, behind the third that follows it."""
    copies = [(at + again * 3.5, packet) for at, packet in enumerate(packets) for again in (0, 1)]
    return in_time([packet for _, packet in sorted(copies, key=lambda copy: copy[0])])


def in_time(packets: list[Packet]) -> list[Packet]:
    """The same packets, none before the one in front of it."""
    now = 0
    kept = []
    for packet in packets:
        now = max(now + SHORT_NS, packet.time_ns)
        kept.append(replace(packet, time_ns=now))
    return kept


def in_pieces(packets: list[Packet]) -> list[Packet]:
    """TCP segments in pieces of any size, from one octet on."""
    chance = random.Random(7)
    kept: list[Packet] = []
    for packet in packets:
        if not is_segment(packet):
            kept.append(packet)
            continue
        segment = parse_segment(packet)
        at = 0
        while at < len(segment.payload):
            end = min(at + chance.choice((1, 2, 5, 30, 400)), len(segment.payload))
            kept.append(build_packet(cut_segment(segment, at, end)))
            at = end
        if not segment.payload:
            kept.append(packet)
    return in_time(kept)


def kept_alive(packets: list[Packet]) -> list[Packet]:
    """TCP segments, each with a keep-alive behind it, whose octet is garbage (RFC 9293 section 3.8.4)."""
    closed: set[bytes] = set()
    kept: list[Packet] = []
    for packet in packets:
        kept.append(packet)
        if not is_segment(packet):
            continue
        segment, sender = parse_segment(packet), packet.data[26:38]
        if segment.flags & SYN:
            closed.discard(sender)
        elif segment.flags & (FIN | RST):
            closed.add(sender)
        elif sender not in closed:
            last = segment.sequence + len(segment.payload) - 1
            kept.append(build_packet(replace(segment, payload=b"\0", sequence=last, flags=ACK)))
    return in_time(kept)


def is_segment(packet: Packet) -> bool:
    """Whether it is TCP over IPv4 in an Ethernet frame without tags."""
    return packet.data[12:15] == b"\x08\x00\x45" and packet.data[23] == 6


def compare(before: dict[str, Rows], after: dict[str, Rows]) -> None:
    """Fail at the first row that differs."""
    for table in TABLES:
        assert len(after[table]) == len(before[table]), table
        for expected, row in zip(before[table], after[table], strict=True):
            assert row == expected


@pytest.mark.parametrize("rewrite", [doubled, doubled_late, in_pieces, kept_alive])
def test_rows_stay_the_same(rewrite: Callable[[list[Packet]], list[Packet]], tmp_path: Path) -> None:
    before = read_rows(tmp_path, recorded())
    assert len(before["connections"]) > 150
    compare(before, read_rows(tmp_path, rewrite(recorded())))


def test_rows_stay_the_same_where_a_connection_is_in_many_files(tmp_path: Path) -> None:
    packets = recorded()
    files = [packets[start : start + FEW] for start in range(0, len(packets), FEW)]
    compare(read_rows(tmp_path, packets), read_rows(tmp_path, *files))
