"""Make dated captures of a year in which the use of TLS changes: `python captures/makers/make_year.py FOLDER`.

Out of recorded connections (KINDS), each shifted in time and given other addresses and ports; not an octet of
TLS is touched. Beside the captures lies truth.csv with a row per connection: what adoption charts of the year
have to show. The same arguments give the same files. Needs no root and no other program.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path

from capture_files import Packet, build_pcap
from scapy.utils import RawPcapNgReader, RawPcapReader
from segments import ETHERNET_LENGTH, sum_words
from year_kinds import KINDS, Kind

HANDSHAKES = Path(__file__).parent.parent / "handshakes"
IPV4 = b"\x08\x00"  # EtherType
TCP, UDP = 6, 17
UDP_HEADER = 8
CHECKSUM_AT = {TCP: 16, UDP: 6}
FIRST_PORT, PORTS = 20_000, 40_000
FILE_FORMATS = {"day": "%Y-%m-%d", "month": "%Y-%m"}
COLUMNS = (
    "time", "kind", "client", "server", "octets", "version", "cipher", "exchange", "group", "forward_secrecy",
    "post_quantum", "carrier", "port", "key", "lifetime", "signature", "authority", "resumption", "aead",
    "version_limit", "post_quantum_limit", "offered", "offered_groups", "offered_extensions", "weak_offer",
    "server_name",
)  # fmt: skip


@dataclass(frozen=True)
class Visit:
    """One connection of the year."""

    time: datetime
    kind: Kind
    client: IPv4Address
    client_port: int
    server: IPv4Address


def plan_year(start: datetime, days: int, connections: int, every: int = 1) -> list[Visit]:
    """Spread connections evenly over every so many days; the mix moves in a straight line from first to last.

    Each kind gathers its share with every connection, and the one that is owed most is next: no chance is in it,
    and at every moment each kind is within one connection of its share.
    """
    owed = dict.fromkeys(KINDS, 0.0)
    visits = []
    for number in range(connections):
        part = number / max(connections - 1, 1)
        parts = {kind: kind.first + (kind.last - kind.first) * part for kind in KINDS}
        for kind, weight in parts.items():
            owed[kind] += weight / sum(parts.values())
        kind = max(owed, key=lambda each: owed[each])
        owed[kind] -= 1
        day, hours = divmod((number + 0.5) / connections * len(range(0, days, every)), 1)
        time = start + timedelta(days=day * every, seconds=round(hours * 86_400))
        visits.append(build_visit(time, kind, number))
    return visits


def build_visit(time: datetime, kind: Kind, number: int) -> Visit:
    """A connection with hosts of its kind's own, who take turns."""
    place = KINDS.index(kind)
    client = IPv4Address(f"10.{place}.0.1") + number % kind.clients
    server = IPv4Address(f"10.{100 + place}.0.1") + number % kind.servers
    return Visit(time, kind, client, FIRST_PORT + number % PORTS, server)


def build_packets(visit: Visit) -> list[Packet]:
    """The packets of a connection: those of its sample, at its time, between its hosts."""
    recorded = read_sample(visit.kind.sample)
    client = recorded[0].data[ETHERNET_LENGTH + 12 : ETHERNET_LENGTH + 16]  # who speaks first
    shift = round(visit.time.timestamp() * 1e6) * 1000 - recorded[0].time_ns
    return [
        Packet(packet.time_ns + shift, readdress(packet.data, client, visit), packet.wire_length)
        for packet in recorded
    ]  # fmt: skip


@cache
def read_sample(name: str) -> tuple[Packet, ...]:
    """The frames of a sample that are TCP or UDP over IPv4."""
    path = HANDSHAKES / name
    packets = []
    if path.suffix == ".pcapng":
        for data, facts in RawPcapNgReader(str(path)):
            ticks = (facts.tshigh << 32) | facts.tslow
            packets.append(Packet(ticks * 10**9 // facts.tsresol, data, facts.wirelen))
    else:
        for data, facts in RawPcapReader(str(path)):
            packets.append(Packet(facts.sec * 10**9 + facts.usec * 1000, data, facts.wirelen))
    return tuple(packet for packet in packets if is_transport(packet.data))


@cache
def count_octets(name: str) -> int:
    """The octets that TCP or UDP carries in a sample, both ways together: what the headers of its frames say."""
    octets = 0
    for packet in read_sample(name):
        header = (packet.data[ETHERNET_LENGTH] & 0x0F) * 4
        at = ETHERNET_LENGTH + header
        own = (packet.data[at + 12] >> 4) * 4 if packet.data[ETHERNET_LENGTH + 9] == TCP else UDP_HEADER
        octets += int.from_bytes(packet.data[ETHERNET_LENGTH + 2 : ETHERNET_LENGTH + 4], "big") - header - own
    return octets


def is_transport(frame: bytes) -> bool:
    """Whether a frame is TCP or UDP over IPv4."""
    return frame[12:14] == IPV4 and frame[ETHERNET_LENGTH + 9] in CHECKSUM_AT


def readdress(data: bytes, client: bytes, visit: Visit) -> bytes:
    """A frame with other addresses and another port of the client, its checksums made right."""
    frame = bytearray(data)
    at = ETHERNET_LENGTH + (frame[ETHERNET_LENGTH] & 0x0F) * 4
    sends = frame[ETHERNET_LENGTH + 12 : ETHERNET_LENGTH + 16] == client
    ends = (visit.client.packed, visit.server.packed)
    source, destination = ends if sends else ends[::-1]
    frame[ETHERNET_LENGTH + 12 : ETHERNET_LENGTH + 20] = source + destination
    own = at if sends else at + 2
    frame[own : own + 2] = visit.client_port.to_bytes(2, "big")
    protocol, length = (
        frame[ETHERNET_LENGTH + 9],
        int.from_bytes(frame[ETHERNET_LENGTH + 2 : ETHERNET_LENGTH + 4], "big"),
    )
    end = ETHERNET_LENGTH + length
    put_checksum(frame, ETHERNET_LENGTH + 10, frame[ETHERNET_LENGTH:at], b"")
    pseudo = source + destination + bytes((0, protocol)) + (end - at).to_bytes(2, "big")
    put_checksum(frame, at + CHECKSUM_AT[protocol], frame[at:end], pseudo, at)
    return bytes(frame)


def put_checksum(frame: bytearray, place: int, summed: bytes, before: bytes, start: int = ETHERNET_LENGTH) -> None:
    """Write the Internet checksum (RFC 1071) of some octets, in which it stands, with others before them."""
    octets = bytearray(summed)
    octets[place - start : place - start + 2] = bytes(2)
    frame[place : place + 2] = sum_words(before + octets).to_bytes(2, "big")


def write_year(folder: Path, visits: Sequence[Visit], files: str = "day") -> list[Path]:
    """Write a capture per day or month with connections, and truth.csv; return the captures."""
    folder.mkdir(parents=True, exist_ok=True)
    packets: dict[str, list[Packet]] = {}
    for visit in visits:
        packets.setdefault(f"{visit.time:{FILE_FORMATS[files]}}", []).extend(build_packets(visit))
    paths = []
    for name, content in packets.items():
        paths.append(folder / f"{name}.pcap")
        paths[-1].write_bytes(build_pcap(sorted(content, key=lambda packet: packet.time_ns), nanoseconds=True))
    write_truth(folder / "truth.csv", visits)
    return paths


def write_truth(path: Path, visits: Iterable[Visit]) -> None:
    """One row per connection: when, whose, and what was agreed."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(COLUMNS)
        for visit in visits:
            server = f"{visit.server} {visit.kind.port.partition('/')[0]}"
            own = (visit.time.isoformat(), visit.kind.name, visit.client, server, count_octets(visit.kind.sample))
            rows.writerow([*own, *(getattr(visit.kind, name) for name in COLUMNS[len(own) :])])


def main() -> None:
    """Read the arguments, write the year."""
    parser = argparse.ArgumentParser(description=str(__doc__), formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--start", type=datetime.fromisoformat, default=datetime(2025, 1, 1), help="the first day")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--every", type=int, default=1, help="traffic on every so many days only")
    parser.add_argument("--connections", type=int, default=10_000, help="in all")
    parser.add_argument("--files", choices=FILE_FORMATS, default="day", help="one capture for each")
    chosen = parser.parse_args()
    visits = plan_year(chosen.start.replace(tzinfo=UTC), chosen.days, chosen.connections, chosen.every)
    for path in write_year(chosen.folder, visits, chosen.files):
        print(path)


if __name__ == "__main__":
    main()
