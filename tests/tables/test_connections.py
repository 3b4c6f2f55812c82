"""The connections frame, row by row, from conversations whose every octet is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tls_vectors import (
    CHANGE_CIPHER_SPEC,
    ENCRYPTED_FINISHED,
    RANDOM,
    SERVER_RANDOM,
    alert,
    alpn,
    application,
    client_hello,
    extension,
    handshake,
    key_share,
    message,
    retry_request,
    selected_version,
    server_hello,
    server_name,
    supported_versions,
    tls13_server_hello,
    u16,
    vector8,
    vector16,
)
from traffic import NOON_NS, STEP_NS, Packet, converse, tls12_turns, tls13_turns, write_pcap

import tlsinspect

GREASE_SUITES = u16(0x1A1A, 0x1301, 0xC02F, 0x00FF)
OFFER = (
    extension(0x2A2A)
    + server_name(b"www.example")
    + extension(10, vector16(u16(0x3A3A, 29, 23)))
    + extension(11, vector8(b"\x00\x01"))
    + extension(13, vector16(u16(0x0403, 0x0804)))
    + alpn(b"h2", b"http/1.1")
    + extension(23)
    + extension(35)
    + key_share(0x3A3A, 29)
    + extension(45, vector8(b"\x01"))
    + supported_versions(0x4A4A, 0x0304, 0x0303)
)


def read_row(path: Path, packets: list[Packet]) -> pd.Series[Any]:
    connections = tlsinspect.read(write_pcap(path / "made.pcap", packets)).connections
    assert len(connections) == 1
    return connections.iloc[0]


def test_client_hello_is_kept_as_offered_with_grease_in_wire_order(tmp_path: Path) -> None:
    hello = handshake(message(1, client_hello(OFFER, GREASE_SUITES, session_id=b"\xee" * 32)), version=0x0301)
    row = read_row(tmp_path, converse(hello, handshake(message(2, tls13_server_hello()))))
    assert row["cipher_suites"] == [0x1A1A, 0x1301, 0xC02F, 0x00FF]
    assert row["client_extensions"] == [0x2A2A, 0, 10, 11, 13, 16, 23, 35, 51, 45, 43]
    assert row["supported_groups"] == [0x3A3A, 29, 23]
    assert row["key_share_groups"] == [0x3A3A, 29]
    assert row["supported_versions"] == [0x4A4A, 0x0304, 0x0303]
    assert row["signature_algorithms"] == [0x0403, 0x0804]
    assert row["ec_point_formats"] == [0, 1]
    assert row["psk_key_exchange_modes"] == [1]
    assert row["compression_methods"] == [0]
    assert row["alpn_offered"] == ["h2", "http/1.1"]
    assert row["server_name"] == "www.example"
    assert row["client_random"] == RANDOM.hex()
    assert row["session_id"] == "ee" * 32
    assert (row["client_record_version"], row["client_legacy_version"]) == (0x0301, 0x0303)
    assert row["client_hello_length"] == len(hello) - 5
    assert row["grease"]
    assert row["renegotiation_info"]
    assert row["extended_master_secret"]
    assert not row["encrypt_then_mac"]
    assert not row["session_ticket_offered"]
    assert row["ja3_string"] == "771,4865-49199-255,0-10-11-13-16-23-35-51-45-43,29-23,0-1"
    assert row["ja4"].startswith("t13d0310h2_")


@pytest.mark.parametrize(
    ("extensions", "suites", "column", "value"),
    [
        (extension(35, b"tick"), u16(0x1301), "session_ticket_offered", True),
        (extension(41, b"\0\0\0\0"), u16(0x1301), "psk_offered", True),
        (extension(42), u16(0x1301), "early_data_offered", True),
        (extension(5, b"\x01\0\0\0\0"), u16(0x1301), "status_request", True),
        (extension(17, vector16(b"\x02" + vector16(bytes(4)))), u16(0xC02F), "status_request", True),
        (extension(16, b"\0\x03\x02h2"), u16(0xC02F), "status_request", False),
        (extension(22), u16(0x1301), "encrypt_then_mac", True),
        (extension(0xFF01, b"\x00"), u16(0x1301), "renegotiation_info", True),
        (extension(15, b"\x01"), u16(0x1301), "heartbeat_mode", 1),
        (extension(27, vector8(u16(2, 3))), u16(0x1301), "certificate_compression", [2, 3]),
        (extension(34, vector16(u16(0x0403))), u16(0x1301), "delegated_credential", True),
        (extension(28, u16(16385)), u16(0x1301), "record_size_limit", 16385),
        (b"", u16(0x1301, 0x5600), "fallback_scsv", True),
        (
            extension(0xFE0D, b"\x00" + u16(1, 1) + b"\x07" + vector16(b"k") + vector16(b"p")),
            b"\x13\x01",
            "ech_config_id",
            7,
        ),
        *(
            (
                extension(0xFE0D, b"\x00" + u16(1, 3) + b"\x07" + vector16(b"key") + vector16(b"sealed")),
                u16(0x1301),
                *pair,
            )
            for pair in (
                ("ech_type", "outer"),
                ("ech_kdf", 1),
                ("ech_kdf_name", "HKDF-SHA256"),
                ("ech_aead", 3),
                ("ech_aead_name", "ChaCha20Poly1305"),
                ("ech_enc_length", 3),
                ("ech_payload_length", 6),
            )
        ),
        (extension(0xFE0D, b"\x01"), u16(0x1301), "ech_type", "inner"),
        (extension(0xFFCE, b"esni"), u16(0x1301), "ech_type", "esni"),
        (b"", u16(0x1301), "grease", False),
        (extension(0x0A1A), u16(0x1301, 0x1A2A), "grease", False),
    ],
)
def test_each_offer_has_its_column(
    tmp_path: Path, extensions: bytes, suites: bytes, column: str, value: object
) -> None:
    row = read_row(tmp_path, converse(handshake(message(1, client_hello(extensions, suites)))))
    assert row[column] == value


def test_tls12_handshake_says_what_was_chosen(tmp_path: Path) -> None:
    row = read_row(tmp_path, converse(*tls12_turns(server_name(b"www.example"))))
    assert (row["version"], row["version_name"]) == (0x0303, "TLS 1.2")
    assert (row["cipher_suite"], row["cipher_suite_name"]) == (0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
    assert (row["group"], row["group_name"]) == (23, "secp256r1")
    assert row["server_signature_algorithm"] == 0x0403
    assert row["server_signature_algorithm_name"] == "ecdsa_secp256r1_sha256"
    assert row["server_random"] == SERVER_RANDOM.hex()
    assert (row["key_exchange"], row["authentication"], row["cipher_mode"], row["key_bits"]) == (
        "ECDHE",
        "RSA",
        "GCM",
        128,
    )
    assert row["forward_secrecy"] and not row["post_quantum"]
    assert row["established"] and row["established_evidence"] == "finished"
    assert not row["resumed"]
    assert row["handshake_history"] == "CsxknGIi"
    assert row["client_application_bytes"] == 100
    assert row["server_application_bytes"] == 500


def test_tls13_handshake_names_the_group_of_the_key_share(tmp_path: Path) -> None:
    row = read_row(tmp_path, converse(*tls13_turns(supported_versions(0x0304) + key_share(29))))
    assert (row["version"], row["version_name"]) == (0x0304, "TLS 1.3")
    assert (row["cipher_suite_name"], row["group_name"]) == ("TLS_AES_128_GCM_SHA256", "x25519")
    assert row["key_exchange"] == "ECDHE" and row["forward_secrecy"]
    assert row["established"] and row["failure"] is pd.NA


def test_hello_retry_request_is_told_and_the_first_hello_counts(tmp_path: Path) -> None:
    first = handshake(message(1, client_hello(supported_versions(0x0304) + key_share(29))))
    second = handshake(message(1, client_hello(supported_versions(0x0304) + key_share(23))))
    asked = handshake(message(2, retry_request(23))) + CHANGE_CIPHER_SPEC
    answered = handshake(message(2, tls13_server_hello(23)))
    row = read_row(tmp_path, converse(first, asked, second, answered))
    assert row["hello_retry_request"]
    assert row["key_share_groups"] == [29]
    assert row["group"] == 23
    assert row["client_hello_packet"] == 4


def test_unknown_suite_and_group_show_their_number(tmp_path: Path) -> None:
    odd = handshake(message(2, server_hello(suite=0x1A2B)))
    row = read_row(tmp_path, converse(handshake(message(1, client_hello())), odd))
    assert (row["cipher_suite"], row["cipher_suite_name"]) == (0x1A2B, "0x1A2B")


def test_a_number_without_a_name_is_why_it_is_not_known_what_protects(tmp_path: Path) -> None:
    told = ("key_exchange", "forward_secrecy", "post_quantum")
    opened, _, *rest = tls13_turns(supported_versions(0x0304))
    for answer, why in (
        (tls13_server_hello(0xFE00), dict.fromkeys(("key_exchange", "post_quantum"), "unnamed")),
        (tls13_server_hello(29), {}),
        (server_hello(selected_version(0x0304), 0x1301), dict.fromkeys(told, "not_applicable")),  # no group
        (server_hello(suite=0x1A2B), dict.fromkeys(("key_exchange", "forward_secrecy"), "unnamed")),
    ):
        row = read_row(tmp_path, converse(opened, handshake(message(2, answer)) + application(900), *rest))
        reasons = dict(row["unknown_reasons"])
        assert {name: reasons[name] for name in told if name in reasons} == why


def test_fatal_alert_ends_the_handshake_and_names_its_sender(tmp_path: Path) -> None:
    row = read_row(tmp_path, converse(handshake(message(1, client_hello())), alert(2, 70)))
    assert (row["established"], row["failure"]) == (False, "alert")
    assert (row["last_alert"], row["last_alert_name"], row["last_alert_sender"]) == (70, "protocol_version", "server")


def test_resumption_by_session_id_and_by_ticket_are_told_apart(tmp_path: Path) -> None:
    flight = CHANGE_CIPHER_SPEC + ENCRYPTED_FINISHED
    answer = handshake(message(2, server_hello(session_id=RANDOM))) + flight
    by_id = read_row(tmp_path, converse(handshake(message(1, client_hello(session_id=RANDOM))), answer, flight))
    hello = handshake(message(1, client_hello(extension(35, b"tick"), session_id=RANDOM)))
    by_ticket = read_row(tmp_path, converse(hello, answer, flight))
    assert (by_id["resumed"], by_id["resumption"]) == (True, "session_id")
    assert (by_ticket["resumed"], by_ticket["resumption"]) == (True, "ticket")


def test_times_count_from_the_packets(tmp_path: Path) -> None:
    row = read_row(tmp_path, converse(*tls12_turns()))
    assert row["time_start"].value == NOON_NS
    assert row["tcp_rtt_ms"] == STEP_NS / 10**6
    assert row["hello_ms"] == STEP_NS / 10**6
    assert row["handshake_ms"] == 4 * STEP_NS / 10**6


def test_packets_and_payload_octets_are_counted_per_side(tmp_path: Path) -> None:
    turns = tls12_turns()
    row = read_row(tmp_path, converse(*turns))
    assert row["client_bytes"] == sum(map(len, turns[0::2]))
    assert row["server_bytes"] == sum(map(len, turns[1::2]))
    assert (row["client_packets"], row["server_packets"]) == (6, 5)


def test_roles_follow_the_hello_when_the_ports_are_the_wrong_way_round(tmp_path: Path) -> None:
    packets = converse(*tls12_turns(), client=("198.51.100.9", 443), server=("192.0.2.9", 50001))
    row = read_row(tmp_path, packets)
    assert (row["client_port"], row["server_port"]) == (443, 50001)


def test_server_speaks_first_when_the_client_takes_its_hello_from_the_other_side(tmp_path: Path) -> None:
    packets = converse(b"", *tls12_turns(), client=("192.0.2.1", 50000), server=("198.51.100.1", 443))
    row = read_row(tmp_path, packets)
    assert (row["client_ip"], row["server_ip"]) == ("198.51.100.1", "192.0.2.1")
    assert row["handshake_history"] == "CsxknGIi"


def test_ipv6_addresses_are_written_as_text(tmp_path: Path) -> None:
    packets = converse(*tls12_turns(), client=("2001:db8::1", 50000), server=("2001:db8::2", 443))
    row = read_row(tmp_path, packets)
    assert (row["client_ip"], row["server_ip"]) == ("2001:db8::1", "2001:db8::2")
    assert row["community_id"].startswith("1:")


def test_community_id_is_that_of_its_specification(tmp_path: Path) -> None:
    # The specification's own example of TCP over IPv4: 128.232.110.120:34855 > 66.35.250.204:80.
    packets = converse(*tls12_turns(), client=("128.232.110.120", 34855), server=("66.35.250.204", 80))
    assert read_row(tmp_path, packets)["community_id"] == "1:LQU9qZlK+B5F3KDmev6m5PMibrg="


def test_plain_http_on_a_tls_port_is_a_row_without_tls(tmp_path: Path) -> None:
    row = read_row(tmp_path, converse(b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    assert row["protocol"] == "http"
    assert row[["cipher_suites", "version", "established", "ja3", "resumed"]].isna().all()


def test_starttls_is_named_after_the_protocol_that_was_upgraded(tmp_path: Path) -> None:
    turns = (b"", b"220 mail.example ESMTP\r\n", b"EHLO x\r\nSTARTTLS\r\n", b"220 go ahead\r\n", *tls12_turns())
    row = read_row(tmp_path, converse(*turns, server=("198.51.100.1", 25)))
    assert (row["protocol"], row["starttls_protocol"]) == ("tls", "smtp")
    assert row["server_port"] == 25


def test_application_data_without_a_handshake_is_established_midstream(tmp_path: Path) -> None:
    row = read_row(tmp_path, converse(application() * 2, application() * 2, opened=False, closed=False))
    assert row["midstream"]
    assert row["established"] and row["established_evidence"] == "application_data"
    assert row[["version", "client_hello_packet"]].isna().all()
