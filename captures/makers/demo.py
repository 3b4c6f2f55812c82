"""demo.pcapng: some hundred real connections, moved apart so that they fill six hours.

Every connection is recorded as it happens; the clients run side by side and in order, which takes
a minute or two. Then all packets of a connection are moved in time by one and the same amount, to
where the table of visits wants that visit. Nothing else of a packet is changed.
"""

from __future__ import annotations

import math
import random
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from capture_files import Packet, build_pcapng, read_pcap
from demo_visits import SERVICES, VISITS, Visits
from manifest import FOLDER, Entry
from network import HOSTS, Background, set_tcp_timestamps, start
from recording import build_entry, store
from scenario import Client, Places, Scenario, Server, run_client, start_recorder, wait_for_port, wait_until_quiet

HOURS = 6
SECOND = 1_000_000_000
COMMENT = (
    "Real connections of real programs in namespaces of one machine, made by captures/makers. The packets of "
    "each connection were moved in time together; nothing else was changed."
)
SHOWS = (
    "Six hours with every version from SSL 3.0 to TLS 1.3, weak and post-quantum key exchange, resumption, "
    "client certificates, bad certificates, failing handshakes, a scanner, TLS on odd ports, other protocols "
    "on 443, STARTTLS, DTLS and QUIC"
)
CHECKS = (
    "tls.handshake.type == 2 && tls.handshake.version == 0x0300",
    "tls.handshake.type == 2 && tls.handshake.extensions.supported_version == 0x0304",
    "tls.handshake.type == 2 && tls.handshake.extensions_key_share_group == 4588",
    "tls.handshake.type == 2 && tls.handshake.extensions_key_share_selected_group",
    "tls.handshake.type == 13",
    "tls.alert_message.desc == 70",
    'tcp.port == 443 && frame contains "SSH-2.0"',
    "http && tcp.dstport == 443",
    "tls && tcp.dstport == 80",
    "tls && ipv6",
    "quic",
    "dtls",
)
RECORDING = Scenario(
    "demo", "", (), (), (), filter="tcp or udp port 443 or udp port 4433", recorder_options=("-B", "16384")
)

Endpoint = tuple[bytes, int]


@dataclass(frozen=True)
class Visited:
    """One visit that took place: who, from when to when, and where it is to be moved (all in ns)."""

    client_ips: tuple[bytes, bytes]
    begin: int
    end: int
    wanted: int


def make_demo(places: Places) -> Entry:
    """Run every visit of the table, write the capture, state its facts."""
    raw = places.work / "demo.pcap"
    first = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=1)
    plan = plan_visits(random.Random(443), int(first.timestamp()) * SECOND)
    visited = record_visits(plan, places, raw)
    checked = raw.with_suffix(".pcapng")
    checked.write_bytes(build_pcapng(move_connections(read_pcap(raw)[1], visited), COMMENT, interface="br-clients"))
    target = FOLDER / "demo.pcapng"
    programs = [service.command for service in SERVICES] + [visits.client.command for visits in VISITS]
    entry = build_entry("demo", checked, target, shows=SHOWS, commands=programs, checks=CHECKS)
    store(checked, target)
    return replace(entry, commands=["see makers/demo_visits.py"])


def record_visits(
    plan: dict[str, list[tuple[int, Client]]], places: Places, raw: Path, services: Sequence[Server] = SERVICES
) -> list[Visited]:
    """Start every service, make the visits while tcpdump records, say when each took place."""
    visited: list[Visited] = []
    running: list[Background] = []
    set_tcp_timestamps(False)
    recorder = start_recorder(RECORDING, raw, places)
    try:
        for server in services:
            log = places.work / f"demo-{server.host}-{server.port}.log"
            running.append(start(server.host, places.fill(server.command), log, places.environment(), stdin=True))
        for server in services:
            wait_for_port(server, places.work / f"demo-{server.host}-{server.port}.log")
        run_plan(plan, places, visited)
        wait_until_quiet(raw)
    finally:
        for program in running:
            program.stop()
        time.sleep(0.2)
        recorder.terminate()
        recorder.wait(5)
        set_tcp_timestamps(True)
    return visited


def plan_visits(
    chance: random.Random, first: int, table: Sequence[Visits] = VISITS, hours: float = HOURS
) -> dict[str, list[tuple[int, Client]]]:
    """For each client host the visits in the order of their wanted times (ns), within `hours` from `first`."""
    plan: dict[str, list[tuple[int, Client]]] = defaultdict(list)
    for row, visits in enumerate(table):
        for number in range(visits.count):
            share = place_visit(visits, row, number, chance)
            plan[visits.client.host].append((first + int(share * hours * 3600 * SECOND), visits.client))
    for entries in plan.values():
        entries.sort(key=lambda entry: entry[0])
    return plan


def place_visit(visits: Visits, row: int, number: int, chance: random.Random) -> float:
    """Where in the recorded span one repetition lies, 0 to 1."""
    drawn = chance.random()
    if visits.shape == "growing":
        return 0.08 + 0.91 * math.pow(drawn, 0.6)
    if visits.shape == "fading":
        return 0.01 + 0.9 * (1 - math.sqrt(drawn))
    if visits.shape == "regular":
        return (number + 0.5 + 0.04 * (drawn - 0.5)) / visits.count
    if visits.shape == "burst":
        return (visits.hour + (row % 40) * 0.004 + 0.002 * drawn) / HOURS
    return 0.01 + 0.98 * drawn


def run_plan(plan: dict[str, list[tuple[int, Client]]], places: Places, visited: list[Visited]) -> None:
    """Let every client host make its visits, one after the other, all hosts at once."""

    def live(host: str) -> None:
        addresses = socket.inet_aton(HOSTS[host].ipv4), socket.inet_pton(socket.AF_INET6, HOSTS[host].ipv6)
        for wanted, client in plan[host]:
            begin = time.time_ns()
            run_client(client, places, places.work / f"demo-{host}.log")
            time.sleep(0.15)
            visited.append(Visited(addresses, begin, time.time_ns(), wanted))

    threads = [threading.Thread(target=live, args=(host,)) for host in plan]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def move_connections(packets: list[Packet], visited: list[Visited]) -> list[Packet]:
    """Move each connection to the wanted time of the visit that opened it; sorted by the new time."""
    shifts: dict[tuple[int, frozenset[Endpoint]], int] = {}
    moved = []
    for packet in packets:
        protocol, source, destination, opening = parse_endpoints(packet.data)
        key = protocol, frozenset((source, destination))
        if opening or key not in shifts:
            visit = find_visit(packet.time_ns, source[0], visited)
            shifts[key] = visit.wanted - visit.begin
        moved.append(Packet(packet.time_ns + shifts[key], packet.data, packet.wire_length))
    moved.sort(key=lambda packet: packet.time_ns)
    return moved


def find_visit(time_ns: int, client_ip: bytes, visited: list[Visited]) -> Visited:
    """The visit during which a client sent a packet."""
    for visit in visited:
        if visit.begin <= time_ns <= visit.end and client_ip in visit.client_ips:
            return visit
    raise RuntimeError(f"no visit explains a packet of {client_ip.hex()} at {time_ns}")


def parse_endpoints(frame: bytes) -> tuple[int, Endpoint, Endpoint, bool]:
    """IP protocol, source, destination and whether this is a SYN, of TCP or UDP on Ethernet."""
    if frame[12:14] == b"\x08\x00":
        protocol, addresses, start = frame[23], (frame[26:30], frame[30:34]), 14 + (frame[14] & 15) * 4
    else:
        protocol, addresses, start = frame[20], (frame[22:38], frame[38:54]), 54
    source_port, destination_port = struct.unpack_from("!HH", frame, start)
    opening = protocol == socket.IPPROTO_TCP and frame[start + 13] & 0x12 == 0x02
    return protocol, (addresses[0], source_port), (addresses[1], destination_port), opening
