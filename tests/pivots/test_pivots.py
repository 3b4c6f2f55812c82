"""Pivots: what hosts, names, certificates and fingerprints did, and what comes at regular intervals."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from command_line import run
from samples import CAPTURES, DEMO, inspect
from synthetic import NOON, make_connection

from tlsinspect.cli.pivots import NOTHING
from tlsinspect.columns import PIVOTS
from tlsinspect.filters.complete import complete
from tlsinspect.pivots import build_pivot
from tlsinspect.pivots.beacons import LEAST_CONNECTIONS, REGULAR_SCORE, regularity
from tlsinspect.pivots.preference import find_preference
from tlsinspect.pivots.timeline import MOST_INTERVALS
from tlsinspect.report.pivots import VIEWS, render_pivot
from tlsinspect.tables import arrow_schema

A, B, C = 0xC02F, 0xC030, 0x009C


def pivot(name: str, connections: list[dict[str, Any]], certificates: list[dict[str, Any]] | None = None) -> list[Any]:
    made = pa.Table.from_pylist(connections, arrow_schema("connections"))
    known = pa.Table.from_pylist(certificates or [], arrow_schema("certificates"))
    rows: list[Any] = build_pivot(name, made, known).to_pylist()
    return rows


@pytest.mark.parametrize("name", PIVOTS)
def test_a_pivot_has_the_declared_columns_with_and_without_connections(name: str) -> None:
    declared = [column.name for column in PIVOTS[name]]
    assert list(inspect("demo.pcapng").pivot(name).columns) == declared
    assert list(inspect("variants/format-no-packets.pcap").pivot(name).columns) == declared
    assert pivot(name, []) == []


def test_names_count_clients_and_say_where_issuers_and_keys_differ() -> None:
    certificates = [
        {"sha256": "1" * 64, "spki_sha256": "a" * 64, "issuer": "CN=One"},
        {"sha256": "2" * 64, "spki_sha256": "b" * 64, "issuer": "CN=Proxy"},
    ]
    common: dict[str, Any] = {"server_name": "Bank.example", "version_name": "TLS 1.2"}
    connections = [
        make_connection(1, **common, issuer="CN=One", certificate_sha256s=["1" * 64, "9" * 64]),
        make_connection(2, **common, issuer="CN=Proxy", certificate_sha256s=["2" * 64], client_ip="192.0.2.2"),
        make_connection(3, **common, certificate_sha256s=None, issuer=None, established=False),
        make_connection(4, server_name="rare.example"),
        make_connection(5, server_name="bank.example", protocol="http"),
    ]
    rare, bank = pivot("names", connections, certificates)
    assert rare["server_name"] == "rare.example"
    assert (bank["server_name"], bank["connections"], bank["established"], bank["clients"]) == ("bank.example", 3, 2, 2)
    assert (bank["issuers"], bank["keys"]) == (["CN=One", "CN=Proxy"], ["a" * 64, "b" * 64])
    assert (bank["several_issuers"], bank["several_keys"], bank["with_certificate"]) == (True, True, 2)
    assert not rare["several_issuers"]
    [line] = [line for line in render_pivot("names", table_of("names", [rare, bank]), 0) if "bank" in line]
    assert "2 issuers, 2 keys" in line


def table_of(name: str, rows: list[Any]) -> pa.Table:
    schema = inspect("demo.pcapng").pivot_arrow(name).schema
    return pa.Table.from_pylist(rows, schema)


def test_hosts_tell_what_a_server_takes_and_a_client_offers() -> None:
    connections = [
        make_connection(1, version_name="TLS 1.3", supported_versions=[0x0A0A, 0x0304, 0x0303], cipher_suites=[0x1301]),
        make_connection(2, version_name="TLS 1.0", supported_versions=None, client_legacy_version=0x0301,
                        cipher_suites=[0x000A]),
    ]  # fmt: skip
    rows = {row["role"]: row for row in pivot("hosts", connections)}
    server, client = rows["server"], rows["client"]
    assert (server["lowest_version"], server["highest_version"], server["port"]) == ("TLS 1.0", "TLS 1.3", 443)
    assert server["versions"] == client["versions"] == ["TLS 1.3", "TLS 1.0"]
    assert client["offered_versions"] == ["TLS 1.3", "TLS 1.2", "TLS 1.0"]
    assert sorted(client["offered_suites"]) == ["TLS_AES_128_GCM_SHA256", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"]
    assert server["offered_versions"] is None
    assert client["port"] is None


def test_versions_of_hosts_stand_by_age_whatever_they_are_called() -> None:
    spoken = ["TLS 1.0", "DTLS 1.2", "TLS 1.3 (draft 9)", "TLCP 1.1", "TLS 1.3 (draft 28)", "TLS 1.2", "DTLS 1.0"]
    rows = pivot("hosts", [make_connection(place, version_name=name) for place, name in enumerate(spoken)])
    for row in rows:
        assert row["versions"] == [
            "TLS 1.3 (draft 28)", "TLS 1.3 (draft 9)", "TLS 1.2", "DTLS 1.2", "DTLS 1.0", "TLS 1.0", "TLCP 1.1",
        ]  # fmt: skip
        assert (row["lowest_version"], row["highest_version"]) == ("TLS 1.0", "TLS 1.3 (draft 28)")
    alone = pivot("hosts", [make_connection(1, version_name="TLCP 1.1")])
    assert {row["lowest_version"] for row in alone} == {"TLCP 1.1"}


def test_quic_at_a_port_is_another_server_than_tcp_there() -> None:
    """Each follows an order of its own; as one server they would follow none."""
    aes128, aes256 = 0x1301, 0x1302
    choices = [
        ("tcp", [aes128, aes256], aes256), ("tcp", [aes128], aes128),
        ("udp", [aes128, aes256], aes128), ("udp", [aes256, aes128], aes256),
    ]  # fmt: skip
    connections = [
        make_connection(place, transport=transport, cipher_suites=offered, cipher_suite=suite, ja3=str(place))
        for place, (transport, offered, suite) in enumerate(choices)
    ]
    servers = [row for row in pivot("hosts", connections) if row["role"] == "server"]
    assert [(row["transport"], row["connections"], row["suite_order"]) for row in servers] == [
        ("tcp", 2, "server"), ("udp", 2, "client"),
    ]  # fmt: skip
    lines = list(render_pivot("hosts", table_of("hosts", servers), 0))
    assert [line.split()[1] for line in lines[1:]] == ["198.51.100.1:443", "198.51.100.1:443/udp"]


def test_long_addresses_are_whole_where_a_line_has_room_for_them() -> None:
    ends = {
        "client_ip": "2001:db8:1111:2222:3333:4444:5555:6666",
        "server_ip": "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff",
    }
    connections = [
        row | ends | {"server_port": 65535, "server_name": None} for row in beat([60.0 * n for n in range(12)])
    ]
    server = f"[{ends['server_ip']}]:65535"
    for name in ("hosts", "beacons"):
        table = table_of(name, pivot(name, connections))
        text = "\n".join(render_pivot(name, table, 0))
        assert f"  {ends['client_ip']}  " in text and f"  {server}  " in text
        assert max(len(line) for line in render_pivot(name, table, 0, 100)) <= 100
    assert server in "\n".join(render_pivot("hosts", table_of("hosts", pivot("hosts", connections)), 0, 100))


@pytest.mark.parametrize(
    ("choices", "order", "suites", "evidence"),
    [
        ([((A, B), A, 5)], None, [A], 0),  # B may not be known to it
        ([((A, B), B, 5), ((A,), A, 1)], "server", [B, A], 5),
        ([((A, B), A, 2), ((B, A), B, 3)], "client", [B, A], 5),
        ([((A, B), A, 2), ((A, B), B, 2)], "mixed", [A, B], 4),
        ([((A, B), B, 1), ((B, A), B, 1), ((C, A), A, 9), ((C,), C, 1)], "server", [B, A, C], 11),
        ([((0x1302, 0x1301, A), 0x1301, 1), ((A, B), A, 1), ((0x1302,), 0x1302, 1)], "server", [0x1301, 0x1302, A], 1),
    ],
)
def test_the_order_of_suites_is_what_choices_prove(
    choices: list[Any], order: str | None, suites: list[int], evidence: int
) -> None:
    assert find_preference(choices) == (suites, order, evidence)


def test_certificates_with_the_same_key_are_counted() -> None:
    certificates = [{"sha256": digit * 64, "spki_sha256": "a" * 64, "subject": f"CN={digit}"} for digit in "12"]
    connections = [
        make_connection(1, certificate_sha256s=["1" * 64]),
        make_connection(2, certificate_sha256s=["2" * 64], client_certificate_sha256s=["1" * 64]),
    ]
    rows = pivot("certificate_uses", connections, certificates)
    assert {(row["side"], row["subject"], row["same_key"]) for row in rows} == {
        ("server", "CN=1", 1), ("server", "CN=2", 1), ("client", "CN=1", 1)
    }  # fmt: skip


def beat(seconds: list[float]) -> list[dict[str, Any]]:
    return [make_connection(n, time_start=NOON + timedelta(seconds=each)) for n, each in enumerate(seconds)]


def test_a_timer_is_regular_and_bursts_and_chance_are_not() -> None:
    [timer] = pivot("beacons", beat([60.0 * each for each in range(12) if each != 5]))
    assert (timer["score"], timer["regular"], timer["interval_s"], timer["connections"]) == (1.0, True, 60.0, 11)
    [burst] = pivot("beacons", beat([each / 100 for each in range(12)]))
    assert (burst["visits"], burst["score"], burst["regular"]) == (1, 0.0, False)
    assert (burst["interval_s"], burst["deviation_s"], burst["size_regularity"]) == (None, None, None)
    _, line = render_pivot("beacons", table_of("beacons", [burst]), 0)
    assert line.split()[3:6] == ["12", "1", "2026-03-01"]
    assert pivot("beacons", beat([60.0 * each for each in range(LEAST_CONNECTIONS - 1)])) == []
    generator = np.random.default_rng(7)
    chance = [regularity(generator.exponential(60, LEAST_CONNECTIONS - 1)) for _ in range(1000)]
    jitter = [regularity(60 * generator.uniform(0.8, 1.2, LEAST_CONNECTIONS - 1)) for _ in range(1000)]
    assert np.mean(np.array(chance) >= REGULAR_SCORE) < 0.04
    assert np.mean(np.array(jitter) >= REGULAR_SCORE) > 0.99


def test_a_timer_is_regular_whatever_the_number_of_connections_each_time() -> None:
    starts = [60.0 * each + later for each in range(LEAST_CONNECTIONS) for later in (0, 0.4, 1.2)[: 1 + each % 3]]
    [timer] = pivot("beacons", beat(starts))
    assert (timer["visits"], timer["score"], timer["interval_s"], timer["deviation_s"]) == (10, 1.0, 60.0, 0.0)
    assert timer["connections"] == len(starts)
    pairs = beat([60.0 * each + later for each in range(LEAST_CONNECTIONS) for later in (0, 0.4)])
    sized = [row | {"client_bytes": 500 + 2500 * (place % 2)} for place, row in enumerate(pairs)]
    assert pivot("beacons", sized)[0]["size_regularity"] == 1.0  # each visit carries as much as the one before
    [few] = pivot("beacons", pairs[2:])
    assert (few["visits"], few["score"], few["regular"]) == (LEAST_CONNECTIONS - 1, 0.0, False)
    [apart] = pivot("beacons", beat([1.0 * each for each in range(LEAST_CONNECTIONS)]))
    assert (apart["visits"], apart["regular"]) == (LEAST_CONNECTIONS, True)  # a second is no sooner than a second


def test_the_timeline_names_each_new_thing_once_and_has_few_intervals() -> None:
    rows = inspect("demo.pcapng").pivot_arrow("timeline").to_pylist()
    names = [name for row in rows for name in row["new_names"]]
    assert sorted(names) == sorted(inspect("demo.pcapng").pivot("names")["server_name"])
    assert len(rows) <= MOST_INTERVALS
    assert len({row["time"] for row in rows}) == len(rows)
    far = [make_connection(1), make_connection(2, time_start=NOON + timedelta(days=3000))]
    assert len(pivot("timeline", far)) <= MOST_INTERVALS


def test_weeks_of_the_timeline_start_on_monday() -> None:
    for days in (400, 3000):  # of a week each, and of several
        rows = pivot("timeline", [make_connection(at, time_start=NOON + timedelta(days=at)) for at in (0, 3, days)])
        assert rows[0]["width_s"] % (7 * 86400) == 0
        assert {row["time"].weekday() for row in rows} == {0}
        assert rows[0]["time"] <= NOON < rows[1]["time"]
        assert sum(row["connections"] for row in rows) == 3


def test_the_investigation_of_a_beacon_runs_as_typed() -> None:
    found = run("beacons", DEMO, "--rows", "regular and server_port != 993")
    lines = found.stdout.splitlines()
    assert found.exit_code == 0, found.stderr
    assert lines[0].split()[:4] == ["score", "client", "destination", "connections"]
    assert [line.split()[1:5] for line in lines[1:]] == [
        ["regular", "192.0.2.21", "www.example:443", "44"],  # two at each time
        ["regular", "192.0.2.40", "broker.test:8883", "27"],
    ]
    uses = run("certificates", DEMO, "--where", "server_name == 'broker.test'", "--format", "jsonl")
    [certificate] = [json.loads(line) for line in uses.stdout.splitlines()]
    assert (certificate["connections"], certificate["server_names"]) == (8, ["broker.test"])  # the others resume
    assert "35 of 536 connections selected" in uses.stderr


@pytest.mark.parametrize("command", ["hosts", "certificates"])
def test_a_pivot_lists_the_first_rows_and_says_how_many_there_are_more(command: str) -> None:
    done = run(command, DEMO, "--most", 3)
    lines = done.stdout.splitlines()
    assert done.exit_code == 0, done.stderr
    assert len(lines) == 5
    table = {"certificates": "certificate_uses"}.get(command, command)
    assert lines[4] == f"{len(inspect('demo.pcapng').pivot(table)) - 3} more rows; --most 0 lists all"


def test_texts_from_the_network_reach_no_terminal_and_narrow_ones_get_fewer_columns() -> None:
    [row] = pivot("names", [make_connection(1, server_name="\x1b[2Jevil.example\u202e")])
    text = "\n".join(render_pivot("names", table_of("names", [row]), 0))
    assert "\x1b" not in text
    assert "\u202e" not in text
    for name in VIEWS:
        table = inspect("demo.pcapng").pivot_arrow(name)
        assert all(len(line) <= width for width in (80, 100) for line in render_pivot(name, table, 0, width))
        *_, every = render_pivot(name, table, 0)
        *_, last = render_pivot(name, table, 0, 80)
        assert "more column" not in every and last.endswith("in a wider terminal, or with --format csv")


@pytest.mark.parametrize("width", [0, 80, 100])
def test_hosts_say_versions_whole_on_a_narrow_terminal_too(width: int) -> None:
    versions = [("TLS 1.2", 0x0303), ("DTLS 1.2", 0xFEFD)]
    rows = [make_connection(place, version_name=name, version=code) for place, (name, code) in enumerate(versions)]
    text = "\n".join(render_pivot("hosts", table_of("hosts", pivot("hosts", rows)), 0, width))
    assert "  DTLS 1.2 to TLS 1.2" in text


def test_filters_know_the_columns_of_pivots() -> None:
    assert complete("several_i", "names") == ["several_issuers"]
    wrong = run("names", DEMO, "--rows", "clint > 1")
    assert wrong.exit_code == 2
    assert "there is no column clint in names; did you mean clients?" in wrong.stderr
    assert len(inspect("demo.pcapng").select("hosts", "role == 'server' and highest_version == 'TLS 1.0'")) == 2


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("names", "handshakes/tls12.pcap", "--rows", "several_keys"), "what --rows asks for is true of none of 1 row"),
        (("beacons", "handshakes/tls12.pcap"), "no client has ten connections to one destination"),
        (("certificates", "handshakes/tls13.pcapng"), "no certificate was in the clear"),
        (("names", "handshakes/http-on-443.pcap"), "there is no connection with TLS"),
        (("hosts", "handshakes/tls12.pcap", "--where", "server_port == 1"), "no connection with TLS was selected"),
        (("timeline", "handshakes/tls12.pcap", "--since", "2030-01-01"), "no connection with TLS was selected"),
    ],
)
def test_why_there_is_nothing_to_list_is_said(words: tuple[str, ...], why: str) -> None:
    command, sample, *options = words
    assert run(command, CAPTURES / sample, *options).stdout == f"Nothing to list: {why}.\n"


def test_every_pivot_says_why_it_is_empty() -> None:
    assert NOTHING.keys() == VIEWS.keys()
