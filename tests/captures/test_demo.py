"""The demo's connections are moved in time as wholes, to where the table wants them."""

from __future__ import annotations

import random
import socket
import struct

import pytest
from capture_files import Packet
from demo import Visited, move_connections, parse_endpoints, place_visit, plan_visits
from demo_visits import VISITS, Visits
from network import HOSTS
from scenario import Client

CLIENT, SERVER = socket.inet_aton("192.0.2.10"), socket.inet_aton("198.51.100.10")
SYN, ACK = 0x02, 0x10


def build_frame(source: bytes, destination: bytes, ports: tuple[int, int], flags: int) -> bytes:
    """The shortest TCP segment over IPv4 on Ethernet; checksums are of no account here."""
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, 6, 0, source, destination)
    return bytes(12) + b"\x08\x00" + ip + struct.pack("!HHIIBBHHH", *ports, 0, 0, 0x50, flags, 0, 0, 0)


def test_move_connections_moves_every_packet_of_a_connection_by_the_same_amount() -> None:
    there = build_frame(CLIENT, SERVER, (50000, 443), SYN)
    back = build_frame(SERVER, CLIENT, (443, 50000), ACK)
    visit = Visited((CLIENT, b""), begin=100, end=200, wanted=5100)
    moved = move_connections([Packet(110, there, 54), Packet(150, back, 54), Packet(900, back, 54)], [visit])
    assert [packet.time_ns for packet in moved] == [5110, 5150, 5900]


def test_move_connections_tells_two_uses_of_one_port_apart() -> None:
    opening = build_frame(CLIENT, SERVER, (50000, 443), SYN)
    visits = [Visited((CLIENT, b""), 100, 200, 7000), Visited((CLIENT, b""), 300, 400, 2000)]
    moved = move_connections([Packet(110, opening, 54), Packet(310, opening, 54)], visits)
    assert [packet.time_ns for packet in moved] == [2010, 7010]


def test_move_connections_refuses_a_packet_that_no_visit_explains() -> None:
    opening = build_frame(CLIENT, SERVER, (50000, 443), SYN)
    with pytest.raises(RuntimeError, match="no visit explains"):
        move_connections([Packet(500, opening, 54)], [Visited((CLIENT, b""), 100, 200, 0)])


def test_parse_endpoints_reads_addresses_ports_and_the_opening_flag() -> None:
    frame = build_frame(CLIENT, SERVER, (50000, 443), SYN)
    assert parse_endpoints(frame) == (6, (CLIENT, 50000), (SERVER, 443), True)
    assert parse_endpoints(build_frame(SERVER, CLIENT, (443, 50000), SYN | ACK))[3] is False


@pytest.mark.parametrize("shape", ["steady", "growing", "fading", "regular", "burst"])
def test_place_visit_stays_inside_the_recorded_span(shape: str) -> None:
    visits = Visits(Client("desktop", "true"), 50, shape, hour=3.5)
    chance = random.Random(1)
    places = [place_visit(visits, row, number, chance) for row in range(50) for number in range(50)]
    assert min(places) >= 0
    assert max(places) < 1


def test_growing_visits_lie_later_than_fading_ones() -> None:
    chance = random.Random(1)
    means = []
    for shape in ("growing", "fading"):
        visits = Visits(Client("desktop", "true"), 200, shape)
        means.append(sum(place_visit(visits, 0, number, chance) for number in range(200)) / 200)
    assert means[0] > means[1] + 0.1


def test_plan_holds_every_visit_in_the_order_of_its_time() -> None:
    plan = plan_visits(random.Random(1), 0)
    assert sum(len(visits) for visits in plan.values()) == sum(visits.count for visits in VISITS)
    assert all(visits == sorted(visits, key=lambda visit: visit[0]) for visits in plan.values())
    assert set(plan) <= set(HOSTS)
