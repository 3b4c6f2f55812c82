"""Handshake times and the truth about ports."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from tests.synthetic import make_connection, make_frames, make_old_connection
from tlsinspect.statistics import build_handshake_ecdf, build_handshake_quantiles, build_port_shares
from tlsinspect.statistics.timing import MOST_POINTS


def test_quantiles_are_those_of_each_version() -> None:
    rows = [make_connection(at, handshake_ms=float(at), tcp_rtt_ms=10.0) for at in range(101)]
    rows += [make_old_connection(200, handshake_ms=7.0, tcp_rtt_ms=0.0)]
    table = build_handshake_quantiles(make_frames(connections=rows))
    assert table["version_name"].tolist() == ["TLS 1.3", "TLS 1.0"]
    assert table[["p05", "median", "p95"]].iloc[0].tolist() == [5.0, 50.0, 95.0]
    assert table["median_round_trips"].isna().tolist() == [False, True]
    assert table["median_round_trips"].iloc[0] == 5.0


def test_resumed_handshakes_are_left_out_unless_asked_for() -> None:
    frames = make_frames(connections=[make_connection(1, handshake_ms=1.0, resumed=True)])
    assert len(build_handshake_quantiles(frames)) == 0
    assert len(build_handshake_quantiles(frames, full_only=False)) == 1


def test_distribution_ends_at_one_and_rises() -> None:
    rows = [make_connection(at, hello_ms=float(at % 7)) for at in range(20)]
    table = build_handshake_ecdf(make_frames(connections=rows), "hello_ms")
    assert table["share"].iloc[-1] == 1.0
    assert table["milliseconds"].is_monotonic_increasing
    assert table["share"].is_monotonic_increasing


def test_a_share_is_of_all_times_that_are_at_most_so_long() -> None:
    rows = [make_connection(at, hello_ms=milliseconds) for at, milliseconds in enumerate((2.0, 1.0, 2.0, 3.0, 2.0))]
    table = build_handshake_ecdf(make_frames(connections=rows), "hello_ms")
    assert table["milliseconds"].tolist() == [1.0, 2.0, 2.0, 2.0, 3.0]
    assert table["share"].tolist() == [0.2, 0.8, 0.8, 0.8, 1.0]


def test_many_times_become_few_points_with_both_ends() -> None:
    rows = [make_connection(at, hello_ms=float(at)) for at in range(1000)]
    table = build_handshake_ecdf(make_frames(connections=rows), "hello_ms")
    assert len(table) == MOST_POINTS
    assert table["milliseconds"].iloc[[0, -1]].tolist() == [0.0, 999.0]


def test_times_that_are_not_declared_are_refused() -> None:
    with pytest.raises(KeyError):
        build_handshake_ecdf(make_frames(), "key_bits")


def test_ports_show_what_each_carries_with_tls_ports_first() -> None:
    rows = [make_connection(at) for at in range(3)] + [make_connection(9, protocol="ssh")]
    rows += [make_connection(at, server_port=993) for at in range(20, 30)]
    table = build_port_shares(make_frames(connections=rows))
    assert table["server_port"].tolist() == [443, 443, 993]
    assert table["protocol"].tolist() == ["tls", "ssh", "tls"]
    assert table["share"].tolist() == [0.75, 0.25, 1.0]


def test_ports_by_bytes_have_no_interval() -> None:
    table = build_port_shares(make_frames(connections=[make_connection(1)]), "bytes")
    assert (table["count"].tolist(), table["low"].isna().all()) == ([5000], True)


def test_ports_are_not_counted_by_clients() -> None:
    with pytest.raises(KeyError):
        build_port_shares(make_frames(), "clients")


def test_no_traffic_gives_empty_tables() -> None:
    assert len(build_port_shares(make_frames())) == 0
    assert len(build_handshake_ecdf(make_frames())) == 0


def test_ports_of_several_captures_are_counted_together() -> None:
    frames = make_frames(connections=[make_connection(1), make_connection(2, server_port=993)])
    table = build_port_shares(replace(frames, ports=pd.concat([frames.ports] * 2)))
    assert table[["server_port", "count", "denominator", "share"]].to_numpy().tolist() == [
        [443, 2, 2, 1],
        [993, 2, 2, 1],
    ]
