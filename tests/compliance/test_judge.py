"""Each kind of requirement passes, fails and is not observable on connections made for it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from synthetic import NOON, make_connection

from tlsinspect.compliance import VERDICTS, Check, check_policy
from tlsinspect.policies import KINDS, Policy, Requirement
from tlsinspect.tables import arrow_schema

TLS12: dict[str, Any] = {
    "version": 0x0303, "version_name": "TLS 1.2", "cipher_suite": 0xC02F, "cipher_suites": [0x1301, 0xC02F],
    "server_extensions": [23, 0xFF01], "client_extensions": [0, 10, 13], "compression_method": 0,
    "certificate_sha256s": ["ab"], "certificate_packet": 7, "server_signature_algorithm": 0x0401,
    "signature_algorithms": [0x0403, 0x0804], "psk_selected": False,
}  # fmt: skip
CERTIFICATE: dict[str, Any] = {
    "sha256": "ab", "key_type": "RSA", "key_bits": 2048, "signature_algorithm": "sha256WithRSAEncryption",
    "validity_days": 90.0, "not_before": NOON - timedelta(days=30), "not_after": NOON + timedelta(days=60),
    "san_dns": ["www.example"], "san_ip": [], "self_signed": False,
}  # fmt: skip
UNSEEN: dict[str, Any] = dict.fromkeys(
    (
        "version", "version_name", "cipher_suite", "key_exchange", "cipher", "cipher_mode", "mac", "group",
        "forward_secrecy", "post_quantum", "client_legacy_version", "supported_versions", "client_hello_packet",
        "server_hello_packet", "name_matches", "client_certificate_requested", "established",
    )
)  # fmt: skip
CLIENTS: dict[str, Any] = {
    "established": True,
    "client_certificate_requested": True,
    "client_certificate_sha256s": ["ab"],
}
NO_CHAIN: dict[str, Any] = {"certificate_sha256s": None, "certificate_packet": None}
ECDSA = CERTIFICATE | {"key_type": "EC", "key_bits": 256, "curve": "secp256r1"}


def stapled(verdict: str, position: int | None = 0) -> dict[str, Any]:
    """A connection with a stapled OCSP response about the certificate at a place of the chain."""
    return {"ocsp_status": "present", "stapled": [{"verdict": verdict, "certificate_position": position}]}


# about -> what is asked for, what of a connection passes, what fails; a "certificate" stands for one's own
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "version": ({"forbid": {"TLS 1.0"}}, {}, {"version": 0x0301}),
    "server_version": ({"require": {"TLS 1.3"}}, {"version": 0x0304}, {"version": 0x0303}),
    "client_version": ({"forbid": {"TLS 1.0"}}, {}, {"supported_versions": [0x0304, 0x0301]}),
    "cipher_suite": (
        {"allow": {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}}, {}, {"cipher_suite": 0x0005},
    ),
    "cipher_suite_mark": ({"forbid": {"D"}}, {}, {"cipher_suite": 0x0005}),
    "client_cipher_suite": (
        {"forbid": {"TLS_RSA_WITH_RC4_128_SHA"}}, {}, {"cipher_suites": [0x1301, 0x0005]},
    ),
    "key_exchange": ({"forbid": {"RSA"}}, {}, {"key_exchange": "RSA"}),
    "authentication": ({"forbid": {"anon"}}, {"cipher_suite": 0x1301}, {"cipher_suite": 0x0034}),
    "cipher": ({"forbid": {"RC4_128"}}, {}, {"cipher": "RC4_128"}),
    "cipher_mode": ({"forbid": {"CBC"}}, {}, {"cipher_mode": "CBC"}),
    "mac": ({"allow": {"AEAD"}}, {}, {"mac": "SHA"}),
    "cipher_strength": ({"least": {"": 113}}, {}, {"cipher_suite": 0x000A}),
    "forward_secrecy": ({}, {}, {"forward_secrecy": False}),
    "post_quantum": ({}, {"post_quantum": True}, {"post_quantum": False}),
    "group": ({"allow": {"x25519"}}, {}, {"group": 23}),
    "group_mark": ({"allow": {"Y"}}, {}, {"group": 22}),
    "curve_bits": ({"least": {"": 224}}, {}, {"group": 19}),
    "dh_bits": (
        {"least": {"": 2048}}, {"key_exchange": "DHE", "group": 256}, {"key_exchange": "DHE", "dh_prime_bits": 1024},
    ),
    "handshake_signature": ({"forbid": {"rsa_pkcs1_sha1"}}, {}, {"server_signature_algorithm": 0x0201}),
    "client_signature": (
        {"forbid": {"rsa_pkcs1_sha1"}}, {}, {"signature_algorithms": [0x0403, 0x0201]},
    ),
    "server_extension": ({"require": {"renegotiation_info"}}, {}, {"server_extensions": [23]}),
    "client_extension": ({"forbid": {"early_data"}}, {}, {"client_extensions": [0, 42]}),
    "compression": ({}, {}, {"compression_method": 1}),
    "certificate_key_type": ({"allow": {"RSA"}}, {}, {"certificate": ECDSA}),
    "certificate_key_bits": ({"least": {"RSA": 2048}}, {}, {"certificate": CERTIFICATE | {"key_bits": 2047}}),
    "certificate_curve": (
        {"allow": {"secp256r1"}}, {"certificate": ECDSA}, {"certificate": ECDSA | {"curve": "secp256k1"}},
    ),
    "certificate_signature": (
        {"forbid": {"sha1*"}}, {}, {"certificate": CERTIFICATE | {"signature_algorithm": "sha1WithRSAEncryption"}},
    ),
    "certificate_lifetime": ({"most": 90}, {}, {"certificate": CERTIFICATE | {"validity_days": 90.1}}),
    "certificate_dates": ({}, {}, {"certificate": CERTIFICATE | {"not_after": NOON}}),
    "certificate_name": ({}, {"name_matches": True}, {"name_matches": False}),
    "certificate_trust": ({}, {}, {"faults": ["untrusted_root"]}),
    "client_certificate_path": ({}, CLIENTS, CLIENTS | {"faults": ["untrusted_root", "expired"]}),
    "certificate_status": ({}, stapled("good"), stapled("revoked")),
    "certificate_names": ({}, {}, {"certificate": CERTIFICATE | {"san_dns": []}}),
}  # fmt: skip


def asks(about: str, **more: Any) -> Requirement:
    """A requirement about something."""
    wanted = {name: frozenset(value) if isinstance(value, set) else value for name, value in more.items()}
    return Requirement(id=about, clause="1", text="Made.", about=about, severity="high", **wanted)


def check(requirement: Requirement, *changes: dict[str, Any], at: date | None = None) -> Check:
    """Connections that are clean but for the changes, judged by one requirement."""
    rows, certificates, judged, responses = [], [CERTIFICATE], [], []
    for number, change in enumerate(changes, 1):
        own = dict(change)
        unseen = "certificate_unknown" if "certificate_packet" in own else None
        judged.append({"faults": own.pop("faults", []), "reason": unseen})
        responses += [{"connection_id": f"{number:016x}"} | each for each in own.pop("stapled", [])]
        if certificate := own.pop("certificate", None):
            certificates.append(certificate | {"sha256": f"c{number}"})
            own["certificate_sha256s"] = [f"c{number}"]
        rows.append(make_connection(number, **(TLS12 | own)))
    return check_policy(
        pa.Table.from_pylist(rows, arrow_schema("connections")),
        pa.Table.from_pylist(certificates, arrow_schema("certificates")),
        Policy("made", "Made", "Rules", "1", "https://rules.example/", "", (requirement,)),
        at,
        lambda table: pa.Table.from_pylist(responses if table == "ocsp" else judged, arrow_schema(table)),
    )


def verdicts(made: Check) -> list[str]:
    """The words for its only requirement."""
    (codes,) = made.verdicts.values()
    return [VERDICTS[code] for code in codes]


@pytest.mark.parametrize("about", KINDS)
def test_a_requirement_passes_fails_and_is_not_observable(about: str) -> None:
    asked, passes, fails = CASES[about]
    lists = ("cipher_suites", "server_extensions", "client_extensions", "signature_algorithms", "certificate_sha256s")
    alone = dict.fromkeys((*lists, "server_signature_algorithm", "compression_method", "certificate_packet"))
    server = {"server_ip": "198.51.100.2"}
    made = check(asks(about, **asked), passes, fails | server, UNSEEN | alone | {"server_ip": "198.51.100.3"})
    assert verdicts(made) == ["pass", "fail", "not_observable"]


@pytest.mark.parametrize(
    ("about", "asked", "found", "words"),
    [
        ("client_extension", {"require": {"server_name"}}, [0], ("not_observable", "pass")),
        ("client_extension", {"forbid": {"server_name"}}, [0], ("not_observable", "fail")),
        ("client_cipher_suite", {"forbid": {"TLS_RSA_WITH_RC4_128_SHA"}}, [5], ("not_observable", "fail")),
    ],
)
def test_of_a_cut_hello_only_what_is_there_is_observed(
    about: str, asked: dict[str, Any], found: list[int], words: tuple[str, str]
) -> None:
    cut: dict[str, Any] = {"truncated": True, "psk_offered": None, "cipher_suites": [0x1301], "client_extensions": [10]}
    column = "client_extensions" if about == "client_extension" else "cipher_suites"
    assert verdicts(check(asks(about, **asked), cut, cut | {column: found})) == list(words)


def test_of_a_server_hello_that_was_cut_only_the_extensions_that_are_there_are_observed() -> None:
    cut = {"truncated": True, "psk_selected": None, "server_extensions": [23]}
    found = cut | {"server_extensions": [15]}
    needs, bans = ({"require": {"renegotiation_info"}}, {"forbid": {"heartbeat"}})
    assert verdicts(check(asks("server_extension", **needs), cut, {"server_extensions": [23]})) == [
        "not_observable",
        "fail",
    ]
    assert verdicts(check(asks("server_extension", **bans), cut, found)) == ["not_observable", "fail"]
    asked = asks("cipher_mode", forbid={"CBC"}, unless_extension="encrypt_then_mac")
    chained = cut | {"cipher_mode": "CBC"}
    made = check(asked, chained, chained | {"server_extensions": [22]}, cut | {"cipher_mode": "GCM"})
    assert verdicts(made) == ["not_observable", "pass", "pass"]


def test_the_suites_of_a_hello_that_was_cut_behind_them_are_observed() -> None:
    cut = {"truncated": True, "psk_offered": None, "compression_methods": [0]}
    asked = asks("client_cipher_suite", forbid={"TLS_RSA_WITH_RC4_128_SHA"})
    assert verdicts(check(asked, cut, cut | {"compression_methods": []})) == ["pass", "not_observable"]


@pytest.mark.parametrize(
    ("about", "asked"),
    [
        ("client_version", {"forbid": {"TLS 1.2"}}),
        ("client_version", {"require": {"TLS 1.3"}}),
        ("server_version", {"require": {"TLS 1.2"}}),
    ],
)
def test_versions_that_a_cut_hello_may_have_offered_are_not_observable(about: str, asked: dict[str, Any]) -> None:
    cut = {"version": 0x0302, "supported_versions": None, "truncated": True, "psk_offered": None}
    assert verdicts(check(asks(about, **asked), cut, cut | {"psk_offered": False, "server_ip": "198.51.100.2"})) == [
        "not_observable",
        "fail",
    ]


def test_a_whole_hello_that_names_no_signatures_asks_for_none_with_sha256() -> None:
    sha256, none = asks("client_signature", require={"rsa_pkcs1_sha256"}), {"signature_algorithms": None}
    cut = none | {"truncated": True, "psk_offered": None}
    made = check(sha256, {"signature_algorithms": [0x0201, 0x0401]}, {"signature_algorithms": [0x0201]}, none, cut)
    assert verdicts(made) == ["pass", "fail", "fail", "not_observable"]
    assert verdicts(check(asks("client_signature", forbid={"rsa_pkcs1_sha1"}), none)) == ["not_observable"]


def test_what_is_no_tls_is_not_judged() -> None:
    made = check(asks("version", forbid={"TLS 1.0"}), {"protocol": "ssh", "version": None})
    assert verdicts(made) == ["not_applicable"] and made.connection_table.num_rows == 0


def test_tlcp_is_offered_without_older_versions() -> None:
    tlcp = {"supported_versions": None, "client_legacy_version": 0x0101, "version": 0x0101}
    for about in ("client_version", "version"):
        assert verdicts(check(asks(about, forbid={"SSL 2.0", "SSL 3.0", "TLS 1.0"}), tlcp)) == ["pass"]


def test_of_a_pre_shared_key_alone_a_quantum_computer_breaks_nothing() -> None:
    classical: dict[str, Any] = {"post_quantum": False}
    exchanges = [classical | {"key_exchange": name} for name in ("PSK", "KRB5", "ECDHE_PSK", "RSA_PSK", "GOST")]
    made = check(asks("post_quantum"), *exchanges)
    assert verdicts(made) == ["not_applicable", "not_applicable", "fail", "fail", "fail"]


def test_a_certificate_that_was_sent_is_judged_whatever_the_suite_says_of_certificates() -> None:
    asked = asks("certificate_key_bits", least={"RSA": 2048})
    weak = {"certificate": CERTIFICATE | {"key_bits": 1024}}
    with_rsa_psk, with_psk = {"cipher_suite": 0x00AC}, {"cipher_suite": 0x00A8, "certificate_sha256s": None}
    made = check(asked, with_rsa_psk | weak, with_psk | {"certificate_packet": None})
    assert verdicts(made) == ["fail", "not_applicable"]


def test_nobody_relies_on_the_signature_of_a_certificate_on_itself() -> None:
    weak = {"certificate": CERTIFICATE | {"signature_algorithm": "sha1WithRSAEncryption"}}
    alone = {"certificate": weak["certificate"] | {"self_signed": True}}
    made = check(asks("certificate_signature", forbid={"sha1*"}), weak, alone)
    assert verdicts(made) == ["fail", "not_applicable"]


def test_a_static_key_exchange_has_no_group_and_no_signature() -> None:
    static = {"key_exchange": "RSA", "group": None, "server_signature_algorithm": None}
    for about, asked in (("group", {"allow": {"x25519"}}), ("handshake_signature", {"forbid": {"rsa_pkcs1_sha1"}})):
        assert verdicts(check(asks(about, **asked), static)) == ["not_applicable"]


def test_a_clients_chain_of_an_authority_that_is_not_known_is_left_open() -> None:
    asked = asks("client_certificate_path")
    sent = [CLIENTS | {"faults": [fault]} for fault in ("untrusted_root", "wrong_order", "bad_signature")]
    none, unasked = CLIENTS | {"client_certificate_sha256s": []}, {"client_certificate_requested": False}
    refused = sent[2] | {"established": False}
    made = check(asked, *sent, none, unasked, refused, refused | {"failure": "capture_end"})
    assert verdicts(made) == ["not_observable", "pass", "fail", *["not_applicable"] * 3, "not_observable"]
    assert made.hosts["kind"].tolist() == ["server"]


def test_a_certificate_of_which_no_response_holds_is_neither_revoked_nor_good() -> None:
    left_open = [stapled(verdict) for verdict in ("unchecked", "expired", "unknown", "bad_signature")]
    of_its_issuer = [stapled("good", 1), stapled("revoked", 1)]
    both = {"ocsp_status": "present", "stapled": stapled("good")["stapled"] + stapled("revoked", 1)["stapled"]}
    made = check(asks("certificate_status"), *left_open, *of_its_issuer, both, {"cipher_suite": 0x0034} | NO_CHAIN)
    assert verdicts(made) == [*["not_observable"] * 5, "fail", "fail", "not_applicable"]


def test_a_server_is_proven_by_another_of_its_connections() -> None:
    asked = asks("server_version", require={"TLS 1.3"})
    assert verdicts(check(asked, {"supported_versions": [0x0303]})) == ["not_observable"]
    assert verdicts(check(asked, {"supported_versions": [0x0303]}, {"version": 0x0304})) == ["pass", "pass"]
    declined, quic = {"supported_versions": [0x0304, 0x0303]}, {"version": 0x0304, "transport": "udp"}
    assert verdicts(check(asked, declined, quic)) == ["fail", "pass"]
    both, datagrams = asks("server_version", require={"TLS 1.3", "DTLS 1.3"}), {"transport": "udp", "protocol": "dtls"}
    newer, older = ({"version": code, "supported_versions": [0xFEFC, 0xFEFD]} | datagrams for code in (0xFEFC, 0xFEFD))
    assert verdicts(check(both, older)) == ["fail"]
    assert verdicts(check(both, older, newer)) == ["pass", "pass"]
    assert verdicts(check(both, older | {"supported_versions": [0xFEFD]})) == ["not_observable"]
    only = {"version": 0xFEFD, "supported_versions": [], "client_legacy_version": 0xFEFD} | datagrams
    assert verdicts(check(both, only)) == ["not_observable"]
    assert verdicts(check(asks("server_version", require={"DTLS 1.3"}), declined)) == ["not_observable"]
    forbidden = asks("server_version", forbid={"TLS 1.0"})
    refused = {
        "version": None, "supported_versions": None, "client_legacy_version": 0x0301, "last_alert": 70,
        "last_alert_sender": "server",
    }  # fmt: skip
    assert verdicts(check(forbidden, {}, refused)) == ["pass", "pass"]
    assert verdicts(check(forbidden, {}, {"version": 0x0301})) == ["fail", "fail"]
    assert verdicts(check(forbidden, {})) == ["not_observable"]


def test_a_requirement_of_some_versions_says_nothing_of_others_and_waits_for_the_version() -> None:
    asked = asks("server_extension", require={"renegotiation_info"}, versions={"TLS 1.2"})
    made = check(asked, {"version": 0x0304, "server_extensions": []}, {"version": None}, {"server_extensions": []})
    assert verdicts(made) == ["not_applicable", "not_observable", "fail"]


def test_a_requirement_of_versions_of_tls_alone_says_nothing_of_dtls_whose_version_is_not_seen() -> None:
    unseen: dict[str, Any] = {"version": None, "supported_versions": [0x0303]}
    dtls = {"version": None, "supported_versions": [0xFEFD], "protocol": "dtls", "transport": "udp"}
    for versions, words in (
        ({"TLS 1.2", "TLS 1.3"}, ["fail", "not_applicable"]),
        ({"DTLS 1.2", "DTLS 1.3"}, ["not_applicable", "fail"]),
        ({"TLS 1.3", "DTLS 1.3"}, ["fail", "fail"]),
    ):
        made = check(asks("client_version", require={"TLS 1.3", "DTLS 1.3"}, versions=versions), unseen, dtls)
        assert verdicts(made) == words


def test_an_extension_that_makes_up_for_it_lets_pass() -> None:
    asked = asks("cipher_mode", forbid={"CBC"}, unless_extension="encrypt_then_mac")
    made = check(asked, {"cipher_mode": "CBC", "server_extensions": [22]}, {"cipher_mode": "CBC"})
    assert verdicts(made) == ["pass", "fail"]


def test_a_requirement_of_the_future_binds_on_its_day() -> None:
    asked = asks("post_quantum", start=date(2036, 1, 1))
    assert verdicts(check(asked, {})) == ["not_applicable"]
    assert verdicts(check(asked, {}, at=date(2036, 1, 1))) == ["fail"]
    row = check(asked, {}).requirement_table.to_pylist()[0]
    assert (row["in_force"], row["from"], row["share"]) == (False, "2036-01-01", None)


@pytest.mark.parametrize(("issued", "word"), [(date(2026, 3, 14), "not_applicable"), (date(2026, 3, 15), "fail")])
def test_a_lifetime_is_held_to_the_limit_of_its_day_of_issue(issued: date, word: str) -> None:
    begins = datetime(issued.year, issued.month, issued.day, tzinfo=NOON.tzinfo)
    certificate = CERTIFICATE | {"not_before": begins, "validity_days": 201.0}
    asked = asks("certificate_lifetime", most=200, start=date(2026, 3, 15))
    assert verdicts(check(asked, {"certificate": certificate})) == [word]
    assert verdicts(check(asked, {"certificate": certificate}, at=date(2030, 1, 1))) == ["fail"]


def test_the_frames_count_name_and_prove() -> None:
    made = check(asks("version", forbid={"TLS 1.0"}), {}, {"version": 0x0301, "server_ip": "2001:db8::1"}, UNSEEN)
    (row,) = made.requirement_table.to_pylist()
    counts = (row["passed"], row["failed"], row["not_observable"], row["denominator"], row["share"])
    assert counts == (1, 1, 1, 2, 0.5) and 0 < row["low"] < 0.5 < row["high"] < 1
    assert (row["subjects"], row["packets"], row["verdict"]) == (["[2001:db8::1]:443"], [26], "fail")
    (host,) = made.host_table.to_pylist()
    assert host == {
        "kind": "server", "host": "[2001:db8::1]:443", "severity": "high", "requirements": ["version"],
        "connections": 1,
    }  # fmt: skip
    frame = made.connections
    assert frame["version"].tolist() == frame["verdict"].tolist() == ["pass", "fail", "not_observable"]
    assert [list(names) for names in frame["failed"]] == [[], ["version"], []]
    assert made.worst() == "high"


def test_an_empty_capture_is_judged_without_a_word() -> None:
    made = check(asks("version", forbid={"TLS 1.0"}))
    assert made.worst() == "" and made.connection_table.num_rows == made.host_table.num_rows == 0
    assert made.requirement_table.to_pylist()[0]["verdict"] == "not_applicable"
