"""What would break: shown by both sides, proven by another connection, or not known."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from samples import inspect
from synthetic import make_connection, make_failed_connection, make_old_connection

from tlsinspect import registry
from tlsinspect.compliance import OUTCOMES, WhatIf, build_whatif
from tlsinspect.compliance.whatif_text import render_whatif
from tlsinspect.policies import load_policy
from tlsinspect.policies.drop import parse_drop
from tlsinspect.tables import arrow_schema

CBC, GCM, CHACHA = 0xC013, 0xC02F, 0xCCA8
TLS12: dict[str, Any] = {
    "version": 0x0303, "version_name": "TLS 1.2", "supported_versions": [0x0303], "cipher_suite": CBC,
    "cipher_suites": [GCM, CBC], "supported_groups": [29], "cipher_mode": "CBC", "ja4": "t12", "ja3": "00",
}  # fmt: skip
PROOF: dict[str, Any] = TLS12 | {"cipher_suite": GCM, "cipher_mode": "GCM"}


def ask(text: str, *changes: dict[str, Any]) -> WhatIf:
    """Connections that are TLS 1.2 with CBC but for the changes, without what the text names."""
    rows = [make_connection(number, **(TLS12 | change)) for number, change in enumerate(changes, 1)]
    return build_whatif(pa.Table.from_pylist(rows, arrow_schema("connections")), parse_drop(text))


def outcomes(made: WhatIf) -> list[tuple[str, str | None]]:
    """Each connection's outcome and reason."""
    rows = made.connection_table.to_pylist()
    return [(row["outcome"], row["why"]) for row in rows]


def test_what_was_agreed_on_and_remains_works() -> None:
    assert outcomes(ask("CBC", PROOF)) == [("works", None)]


def test_a_server_that_is_asked_for_in_capitals_is_the_same_server() -> None:
    assert outcomes(ask("CBC", {}, PROOF | {"server_name": "WWW.Example"})) == [("works", None)] * 2


def test_a_client_with_nothing_that_remains_fails() -> None:
    assert outcomes(ask("CBC", {"cipher_suites": [CBC]})) == [
        ("fails", "the client offers no cipher suite that remains")
    ]
    old = {"version": 0x0301, "supported_versions": None, "client_legacy_version": 0x0301}
    assert outcomes(ask("TLS 1.1", old)) == [("fails", "the client offers no version that remains")]
    assert outcomes(ask("x25519", {})) == [("fails", "the client offers no group that remains")]


@pytest.mark.parametrize(
    ("version", "supported", "kept", "dropped"),
    [
        (0x0100, None, 0x002F, 0x0035),  # what OpenSSL took for DTLS 1.0
        (0x0101, None, 0xE053, 0xE013),  # TLCP
        (0x7F12, [0x7F12], 0x1303, 0x1301),  # draft 18 of TLS 1.3
    ],
)
def test_a_version_that_follows_no_other_remains_unless_it_is_dropped(
    version: int, supported: list[int] | None, kept: int, dropped: int
) -> None:
    own = {"version": version, "client_legacy_version": version, "supported_versions": supported, "group": 29,
           "cipher_suites": [kept, dropped], "cipher_suite": dropped, "key_exchange": "ECDHE"}  # fmt: skip
    name = registry.CIPHER_SUITES[dropped]
    assert outcomes(ask(name, own)) == [("unknown", "whether the server takes another offer was not seen")]
    assert outcomes(ask(name, own, own | {"cipher_suite": kept})) == [("works", None)] * 2
    without = ("fails", "the client offers no cipher suite that remains")
    assert outcomes(ask(name, own | {"cipher_suites": [dropped]})) == [without]
    without = ("fails", "the client offers no version that remains")
    assert outcomes(ask(registry.version_name(version), own)) == [without]


def test_large_numbers_do_not_run_into_each_other() -> None:
    hosts = [{"client_ip": f"192.0.{at // 250}.{at % 250}", "cipher_suites": [CBC]} for at in range(1200)]
    fails = next(line for line in render_whatif(ask("CBC", *hosts, PROOF), {}) if line.startswith("fail"))
    told = [part.strip() for part in fails.removeprefix("fail, at least").split("  ") if part]
    assert told[:4] == ["1,200", "99.9% (99.5 to >99.9%)", "1,200", "100% (99.7 to 100%)"]


def test_another_connection_of_the_server_proves_what_it_takes() -> None:
    unknown = ("unknown", "whether the server takes another offer was not seen")
    assert outcomes(ask("CBC", {})) == [unknown]
    assert outcomes(ask("CBC", {}, PROOF | {"client_ip": "192.0.2.9"})) == [("works", None)] * 2


@pytest.mark.parametrize(
    "other",
    [
        {"server_ip": "198.51.100.9"},
        {"server_name": "other.example"},
        {"transport": "udp", "protocol": "quic"},
        {"cipher_suite": CHACHA, "cipher_suites": [CHACHA]},
        {"group": 24, "supported_groups": [24]},
        {"version": 0x0304, "supported_versions": [0x0304], "cipher_suite": 0x1301, "cipher_suites": [0x1301]},
        {"established": False},
    ],
)
def test_what_another_server_or_another_offer_shows_proves_nothing(other: dict[str, Any]) -> None:
    made = ask("CBC", {}, PROOF | {"client_ip": "192.0.2.9"} | other)
    wanted = "works" if other == {"established": False} else "unknown"
    assert outcomes(made)[0][0] == wanted


def test_a_server_that_took_an_older_version_than_was_offered_knows_none_newer() -> None:
    modest = {"supported_versions": [0x0304, 0x0303], "cipher_suites": [0x1301, GCM]}
    capped = ("fails", "the server's newest version is older than what remains")
    assert outcomes(ask("TLS 1.2", modest)) == [capped]
    newer = {"version": 0x0304, "cipher_suite": 0x1301}
    both = outcomes(ask("TLS 1.2", modest, modest | newer))
    assert both == [("works", None), ("works", None)]
    quic = {"transport": "udp", "protocol": "quic"}
    assert outcomes(ask("TLS 1.2", modest, modest | newer | quic)) == [capped, ("works", None)]


def test_encrypt_then_mac_lets_cbc_pass_where_the_policy_says_so() -> None:
    rows = [make_connection(1, **TLS12, server_extensions=[22]), make_connection(2, **TLS12, server_extensions=[])]
    made = build_whatif(pa.Table.from_pylist(rows, arrow_schema("connections")), load_policy("bcp195"))
    assert [outcome for outcome, _ in outcomes(made)] == ["works", "unknown"]


@pytest.mark.parametrize(
    ("suite", "outcome"),
    [("TLS_ECDHE_RSA_WITH_SALSA20_SHA1", "fails"), ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "works")],
)
def test_a_suite_without_a_mark_is_not_recommended(suite: str, outcome: str) -> None:
    code = next(code for code, name in registry.CIPHER_SUITES.items() if name == suite)
    row = make_connection(1, **(TLS12 | {"cipher_suite": code, "cipher_suites": [code]}))
    table = pa.Table.from_pylist([row], arrow_schema("connections"))
    assert [each for each, _ in outcomes(build_whatif(table, load_policy("iana-recommended")))] == [outcome]


@pytest.mark.parametrize(
    ("suite", "exchange", "outcome"),
    [(0x00A8, "PSK", "works"), (0xC037, "ECDHE_PSK", "fails"), (0x00AC, "RSA_PSK", "fails")],
)
def test_a_pre_shared_key_alone_works_on_when_what_a_quantum_computer_breaks_is_ended(
    suite: int, exchange: str, outcome: str
) -> None:
    change = {"cipher_suite": suite, "cipher_suites": [suite], "key_exchange": exchange, "post_quantum": False}
    table = pa.Table.from_pylist([make_connection(1, **(TLS12 | change))], arrow_schema("connections"))
    made = build_whatif(table, load_policy("nist-ir8547"), date(2036, 1, 1))
    assert [each for each, _ in outcomes(made)] == [outcome]


def test_small_primes_and_unseen_groups_are_not_taken_for_granted() -> None:
    prime = {"cipher_suite": 0x009E, "cipher_suites": [0x009E], "key_exchange": "DHE", "group": None}
    rows = [
        make_connection(number, **(TLS12 | prime | {"dh_prime_bits": bits, "server_ip": f"198.51.100.{number}"}))
        for number, bits in enumerate((1024, 2048, None), 1)
    ]
    made = build_whatif(pa.Table.from_pylist(rows, arrow_schema("connections")), load_policy("mozilla-intermediate"))
    assert [outcome for outcome, _ in outcomes(made)] == ["unknown", "works", "unknown"]


@pytest.mark.parametrize(("offered", "outcome"), [([29, 23], "works"), ([29, 19], "unknown"), (None, "unknown")])
def test_the_group_of_a_resumed_session_is_one_of_those_offered(offered: list[int] | None, outcome: str) -> None:
    resumed = PROOF | {"group": None, "resumed": True, "supported_groups": offered}
    rows = [make_connection(1, **resumed)]
    made = build_whatif(pa.Table.from_pylist(rows, arrow_schema("connections")), load_policy("bcp195"))
    assert [word for word, _ in outcomes(made)] == [outcome]


def test_failed_and_unseen_connections_are_left_out_or_unknown() -> None:
    rows = [
        make_failed_connection(1), make_connection(2, client_hello_packet=None, client_legacy_version=None),
        make_old_connection(3, cipher_suites=[5]), make_connection(4, protocol="ssh"),
    ]  # fmt: skip
    made = build_whatif(pa.Table.from_pylist(rows, arrow_schema("connections")), parse_drop("RC4"))
    assert [outcome for outcome, _ in outcomes(made)] == ["left_out", "works", "fails"]
    shares = {(row["unit"], row["outcome"]): row for row in made.share_table.to_pylist()}
    assert (shares["connections", "fails"]["count"], shares["connections", "fails"]["denominator"]) == (1, 2)


def test_a_client_fails_where_any_of_its_connections_does_and_is_named_with_its_fingerprint() -> None:
    made = ask("CBC", PROOF, {"cipher_suites": [CBC]}, PROOF | {"client_ip": "192.0.2.9", "ja4": "other"})
    shares = {(row["unit"], row["outcome"]): row["count"] for row in made.share_table.to_pylist()}
    assert [shares["clients", outcome] for outcome in OUTCOMES[:3]] == [1, 1, 0]
    hosts = {row["kind"]: row for row in made.host_table.to_pylist()}
    assert (hosts["client"]["host"], hosts["client"]["fails"], hosts["client"]["works"]) == ("192.0.2.1", 1, 1)
    assert hosts["ja4"]["host"] == "t12" and hosts["server"]["packet"] == 24


def test_nobody_offers_or_takes_anything_in_an_empty_capture() -> None:
    made = ask("CBC")
    assert made.connection_table.num_rows == 0 and made.host_table.num_rows == 0
    assert [row["share"] for row in made.share_table.to_pylist()] == [None] * 9


def test_a_sample_of_known_mix_splits_as_its_hellos_say() -> None:
    """Of demo.pcapng tshark counts 240 established TLS 1.3 connections; 4 of them agree on SecP384r1MLKEM1024."""
    made = inspect("demo.pcapng").whatif("mozilla-modern")
    connections = inspect("demo.pcapng").connections
    settled = connections[connections["established"].fillna(True) & connections["version"].notna()]
    rows = {(row["unit"], row["outcome"]): row["count"] for row in made.share_table.to_pylist()}
    newest = int((settled["version"] == 0x0304).sum())
    assert rows["connections", "works"] == newest - 4 and rows["connections", "unknown"] == 4
    assert rows["connections", "fails"] == len(settled) - newest


def test_a_policy_of_another_day_drops_more() -> None:
    inspection = inspect("demo.pcapng")
    now, later = (inspection.whatif("nist-ir8547", at=day) for day in (date(2026, 1, 1), date(2036, 1, 1)))
    counts = [made.share_table.to_pylist()[1]["count"] for made in (now, later)]
    assert counts[0] < counts[1] and len(now.taken) < len(later.taken)
    with pytest.raises(ValueError, match="one of the two"):
        inspection.whatif()
    with pytest.raises(ValueError, match="severity 'severe' is none of info, low"):
        inspection.whatif("bcp195", severity_at_least="severe")
