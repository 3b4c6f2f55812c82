"""Connections counted by port and by capture."""

from __future__ import annotations

import pickle

from tlsinspect.connection import Connection
from tlsinspect.tally import Tally


def connection(port: int, protocol: str, capture: int = 0, client: int = 1, server: int = 10) -> Connection:
    made = Connection()
    made.server_port, made.protocol, made.capture = port, protocol, capture
    made.client_bytes, made.server_bytes = client, server
    return made


def counted(*connections: Connection) -> Tally:
    tally = Tally()
    for each in connections:
        tally.count(each)
    return tally


def test_whether_a_connection_carried_tls_is_said() -> None:
    tally = Tally()
    said = {name: tally.count(connection(443, name)) for name in ("tls", "dtls", "quic", "gquic", "ssl2", "http", "")}
    assert said == {"tls": True, "dtls": True, "quic": True, "gquic": True, "ssl2": True, "http": False, "": False}


def test_ports_are_counted_over_all_captures() -> None:
    tally = counted(
        connection(443, "tls"), connection(443, "tls", 1, 5, 6), connection(443, "http"), connection(25, "tls")
    )
    assert tally.by_port() == {
        (443, "tcp", "tls"): (2, 22), (443, "tcp", "http"): (1, 11), (25, "tcp", "tls"): (1, 11)
    }  # fmt: skip


def test_captures_are_counted_over_all_ports() -> None:
    tally = counted(connection(443, "tls"), connection(25, "tls"), connection(80, "http"), connection(80, "http", 2))
    assert tally.by_capture() == {0: (3, 2), 2: (1, 0)}


def test_tallies_add_up() -> None:
    one, other = counted(connection(443, "tls")), counted(connection(443, "tls"), connection(80, "http", 1))
    one.add(pickle.loads(pickle.dumps(other)))
    one.note((443, "tcp", "silent", 0), 3, 0)
    assert one.by_port() == {(443, "tcp", "tls"): (2, 22), (80, "tcp", "http"): (1, 11), (443, "tcp", "silent"): (3, 0)}
    assert one.by_capture() == {0: (5, 2), 1: (1, 0)}
    assert other.by_capture() == {0: (1, 1), 1: (1, 0)}
