"""Chains, certificates and offers, which follow from the connections."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest
from made_certificates import make_certificate
from tls_vectors import (
    alpn,
    client_hello,
    extension,
    handshake,
    message,
    server_name,
    supported_versions,
    u16,
    vector16,
)
from traffic import NOON_NS, converse, tls12_turns, tls13_turns, write_pcap, write_without_times

import tlsinspect
from tlsinspect import Inspection

LEAF = make_certificate("www.example", "www.example", "example")
AUTHORITY = make_certificate("Test Authority")
DAY_NS = 86_400 * 10**9


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Inspection:
    """The same chain in two connections a day apart, and one connection of TLS 1.3."""
    packets = [
        *converse(*tls12_turns(server_name(b"www.example"), LEAF, AUTHORITY)),
        *converse(
            *tls12_turns(server_name(b"other.test"), LEAF, AUTHORITY),
            client=("192.0.2.1", 50001),
            start_ns=NOON_NS + DAY_NS,
        ),
        *converse(*tls13_turns(), client=("192.0.2.1", 50002), start_ns=NOON_NS + 2 * DAY_NS),
    ]
    return tlsinspect.read(write_pcap(tmp_path_factory.mktemp("chains") / "made.pcap", packets))


def test_chains_list_each_certificate_at_its_place(twice: Inspection) -> None:
    ids = twice.connections["connection_id"].tolist()
    hashes = [sha256(LEAF).hexdigest(), sha256(AUTHORITY).hexdigest()]
    rows = twice.chains.sort_values(["connection_id", "position"]).values.tolist()
    assert rows == sorted([name, "server", place, hashes[place]] for name in ids[:2] for place in (0, 1))


def test_a_certificate_is_one_row_however_often_it_was_sent(twice: Inspection) -> None:
    certificates = twice.certificates.set_index("subject_common_name")
    assert sorted(certificates.index) == ["Test Authority", "www.example"]
    leaf = certificates.loc["www.example"]
    assert leaf["connections"] == 2
    assert (leaf["last_seen"] - leaf["first_seen"]) == pd.Timedelta(days=1)
    assert leaf["san_dns"] == ["www.example", "example"]
    assert leaf["key_type"] == "Ed25519"
    assert leaf["not_before"] == datetime(2025, 6, 1, tzinfo=UTC)


def test_leaf_facts_stand_in_the_connection(twice: Inspection) -> None:
    first, second, third = (twice.connections.iloc[place] for place in range(3))
    assert first["certificate_sha256s"] == [sha256(LEAF).hexdigest(), sha256(AUTHORITY).hexdigest()]
    assert (first["subject"], first["issuer"]) == ("CN=www.example", "CN=Test Authority")
    assert (first["san_count"], first["name_matches"], first["validation"]) == (2, True, "leaf_ok")
    assert (second["name_matches"], second["validation"]) == (False, "name_mismatch")
    assert third["subject"] is pd.NA


@pytest.mark.parametrize(
    ("der", "validation"),
    [
        (make_certificate("a.test", validity=(datetime(2020, 1, 1), datetime(2021, 1, 1))), "expired"),
        (make_certificate("a.test", validity=(datetime(2027, 1, 1), datetime(2028, 1, 1))), "not_yet_valid"),
        (make_certificate("a.test", "www.example", issuer="a.test"), "self_signed"),
    ],
)
def test_validation_says_what_dates_and_issuer_say(tmp_path: Path, der: bytes, validation: str) -> None:
    packets = converse(*tls12_turns(server_name(b"www.example"), der))
    [found] = tlsinspect.read(write_pcap(tmp_path / "made.pcap", packets)).connections["validation"]
    assert found == validation


def test_dates_are_not_judged_where_packets_have_no_time(tmp_path: Path) -> None:
    expired = make_certificate("www.example", "www.example", validity=(datetime(2020, 1, 1), datetime(2021, 1, 1)))
    packets = converse(*tls12_turns(server_name(b"www.example"), expired))
    inspection = tlsinspect.read(write_without_times(tmp_path / "made.pcapng", packets))
    [connection] = inspection.connections.to_dict("records")
    assert connection["name_matches"] and connection["validation"] is None
    assert dict(connection["unknown_reasons"])["validation"] == "not_captured"
    assert not set(inspection.findings["id"]) & {"CRT-01", "CRT-02"}
    assert list(inspection.problems["expected"]) == ["times of packets, which Simple Packet Blocks do not have"]
    [certificate] = inspection.certificates.to_dict("records")
    assert certificate["first_seen"] is certificate["last_seen"] is None


def test_a_certificate_is_seen_at_the_times_that_are_known(tmp_path: Path) -> None:
    """One of two captures has no times."""
    turns = tls12_turns(server_name(b"www.example"), LEAF)
    without = write_without_times(tmp_path / "without.pcapng", converse(*turns, client=("192.0.2.7", 50007)))
    inspection = tlsinspect.read([without, write_pcap(tmp_path / "with.pcap", converse(*turns))])
    [certificate] = inspection.certificates.to_dict("records")
    assert certificate["connections"] == 2
    assert NOON_NS <= certificate["first_seen"].value == certificate["last_seen"].value < NOON_NS + DAY_NS


def test_a_certificate_that_is_none_keeps_its_row_and_says_so(tmp_path: Path) -> None:
    inspection = tlsinspect.read(write_pcap(tmp_path / "made.pcap", converse(*tls12_turns(b"", b"not DER"))))
    [row] = inspection.certificates.to_dict("records")
    assert row["sha256"] == sha256(b"not DER").hexdigest()
    assert row["issue"]
    assert row["subject"] is None


def test_offers_keep_order_and_name_every_code(tmp_path: Path) -> None:
    offered = (
        extension(10, vector16(u16(0x3A3A, 29)))
        + extension(13, vector16(u16(0x0403, 0x0201)))
        + alpn(b"h2", b"http/1.1")
        + supported_versions(0x0304)
    )
    hello = handshake(message(1, client_hello(offered, u16(0x1301, 0x0005, 0x4A4A))))
    offers = tlsinspect.read(write_pcap(tmp_path / "made.pcap", converse(hello))).offers
    rows = offers.drop(columns="connection_id").astype(object).where(offers.notna(), None).values.tolist()
    assert rows == [
        ["cipher_suite", 0, 0x1301, "TLS_AES_128_GCM_SHA256", "Y"],
        ["cipher_suite", 1, 0x0005, "TLS_RSA_WITH_RC4_128_SHA", "D"],
        ["cipher_suite", 2, 0x4A4A, "GREASE (0x4A4A)", None],
        ["group", 0, 0x3A3A, "GREASE (0x3A3A)", None],
        ["group", 1, 29, "x25519", "Y"],
        ["signature_algorithm", 0, 0x0403, "ecdsa_secp256r1_sha256", "Y"],
        ["signature_algorithm", 1, 0x0201, "rsa_pkcs1_sha1", "N"],
        ["extension", 0, 10, "supported_groups", "Y"],
        ["extension", 1, 13, "signature_algorithms", "Y"],
        ["extension", 2, 16, "application_layer_protocol_negotiation", "Y"],
        ["extension", 3, 43, "supported_versions", "Y"],
        ["version", 0, 0x0304, "TLS 1.3", None],
        ["alpn", 0, None, "h2", None],
        ["alpn", 1, None, "http/1.1", None],
    ]
