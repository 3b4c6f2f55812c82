"""ClientHellos against one packet, the last step of failed handshakes, traffic over time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.synthetic import NOON, make_connection, make_failed_connection, make_frames
from tlsinspect.statistics import build_hello_sizes, build_shares, build_traffic
from tlsinspect.statistics.progress import NOT_STARTED, STEP_ORDER, step_reached


@pytest.mark.parametrize(
    ("length", "address", "fits"),
    [(1455, "192.0.2.1", True), (1456, "192.0.2.1", False), (1435, "2001:db8::1", True), (1436, "2001:db8::1", False)],
)
def test_one_packet_holds_1500_octets_less_headers(length: int, address: str, fits: bool) -> None:
    row = make_connection(0, client_hello_length=length, client_ip=address)
    shares = build_shares("hello_sizes", make_frames(connections=[row]))
    assert shares.count_of("fits one packet") == fits
    assert shares.denominator == 1


def test_sizes_over_udp_are_left_out_and_unseen_ones_unknown() -> None:
    rows = [
        make_connection(0, transport="udp", protocol="quic", client_hello_length=300),
        make_connection(1, client_hello_length=None, unknown_reasons=[("client_hello_length", "gap")]),
    ]
    shares = build_shares("hello_sizes", make_frames(connections=rows))
    assert (shares.denominator, shares.unknown) == (0, 1)


def test_sizes_are_a_distribution_of_each_kind() -> None:
    rows = [make_connection(at, client_hello_length=length) for at, length in enumerate([500, 200, 200, 300])]
    rows.append(make_connection(9, client_hello_length=1700, key_share_groups=[0x11EC, 0x001D]))
    table = build_hello_sizes(make_frames(connections=rows))
    assert table["octets"].tolist() == [1700, 200, 300, 500]
    assert table["count"].tolist() == [1, 2, 1, 1]
    assert table["share"].tolist() == [1.0, 0.5, 0.75, 1.0]


@pytest.mark.parametrize(
    ("history", "step"),
    [
        ("l", NOT_STARTED), ("", NOT_STARTED), ("C", "ClientHello"), ("Cl", "ClientHello"), ("CsL", "ServerHello"),
        ("Cj", "HelloRetryRequest or HelloVerifyRequest"), ("CvCs", "ServerHello"),
        ("Csx", "server's certificate or key exchange"), ("CsxknL", "ServerHelloDone"),
        ("CsxknGl", "client's key exchange"), ("CsxknGIl", "ChangeCipherSpec"),
    ],
)  # fmt: skip
def test_the_last_step_is_what_the_letters_show(history: str, step: str) -> None:
    assert step_reached(history) == step


def test_steps_are_counted_of_failed_handshakes_in_their_order() -> None:
    rows = [make_connection(0, handshake_history="CsxkneGIitIDd")]
    rows += [make_failed_connection(at, handshake_history=text) for at, text in enumerate(["CsxknL", "Cl", "Cl"], 1)]
    table = build_shares("failure_steps", make_frames(connections=rows)).table
    assert table["category"].tolist() == [STEP_ORDER[1], "ServerHelloDone"]
    assert table["count"].tolist() == [2, 1]


@pytest.mark.parametrize(("history", "version"), [("CsiL", 0x0304), ("Cji", None)])
def test_a_change_of_ciphers_is_no_step_of_tls_1_3(history: str, version: int | None) -> None:
    rows = [make_failed_connection(0, handshake_history=history, version=version)]
    [step] = build_shares("failure_steps", make_frames(connections=rows)).table["category"]
    assert step != "ChangeCipherSpec"


def test_traffic_counts_where_connections_start_and_keeps_empty_buckets() -> None:
    starts = [0, 1, 60, 61, 62]
    rows = [
        make_connection(at, time_start=NOON + timedelta(seconds=start), client_bytes=at, server_bytes=10)
        for at, start in enumerate(starts)
    ]
    width, table = build_traffic(make_frames(connections=[*rows, make_connection(9, protocol="http")]))
    assert width == "2 s"
    assert len(table) == 32
    assert table["connections"].tolist() == [2, *[0] * 29, 2, 1]
    assert table["bytes"].tolist() == [21, *[0] * 29, 25, 14]


def test_traffic_of_nothing_is_an_empty_table() -> None:
    assert len(build_traffic(make_frames())[1]) == 0
