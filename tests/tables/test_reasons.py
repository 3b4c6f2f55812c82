"""Why a value is missing, for each way in which it can be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tls_vectors import RANDOM, alert, alpn, client_hello, handshake, message, server_hello
from traffic import Packet, converse, pcap, tls12_turns, tls13_turns, write_without_times

import tlsinspect

HELLO = handshake(message(1, client_hello()))
TICKET = b"\x00\x23\x00\x04tick"


def reasons_of(path: Path, packets: list[Packet], snaplen: int = 262_144) -> dict[str, str]:
    path = path / "made.pcap"
    path.write_bytes(pcap(packets, snaplen))
    [reasons] = tlsinspect.read(path).connections["unknown_reasons"]
    return dict(reasons)


def test_certificate_and_alpn_of_tls13_are_encrypted(tmp_path: Path) -> None:
    reasons = reasons_of(tmp_path, converse(*tls13_turns(alpn(b"h2"))))
    encrypted = {name for name, reason in reasons.items() if reason == "encrypted"}
    assert {"certificate_sha256s", "subject", "alpn", "authentication", "ocsp_status"} <= encrypted
    assert "cipher_suite" not in reasons


def test_what_the_client_left_out_was_not_offered(tmp_path: Path) -> None:
    reasons = reasons_of(tmp_path, converse(*tls12_turns()))
    assert reasons["server_name"] == reasons["supported_versions"] == reasons["alpn_offered"] == "not_offered"
    assert reasons["alpn"] == "not_offered"
    assert reasons["dh_prime_bits"] == reasons["failure"] == reasons["last_alert"] == "not_applicable"


def test_certificate_of_a_resumed_session_is_missing_because_it_was_resumed(tmp_path: Path) -> None:
    hello = handshake(message(1, client_hello(TICKET, session_id=RANDOM)))
    answer = (
        handshake(message(2, server_hello(session_id=RANDOM)))
        + bytes.fromhex("140303000101")
        + b"\x16\x03\x03\x00\x28"
        + b"\x8f" * 40
    )
    reasons = reasons_of(
        tmp_path, converse(hello, answer, bytes.fromhex("140303000101") + b"\x16\x03\x03\x00\x28" + b"\x8f" * 40)
    )
    assert reasons["certificate_sha256s"] == reasons["subject"] == "resumed"
    assert "resumed" not in reasons


def test_how_long_a_handshake_took_is_missing_because_of_what_it_lacks(tmp_path: Path) -> None:
    packets = converse(*tls12_turns())
    server_alone = [packet for packet in packets if packet[1][26:30] == packets[1][1][26:30]]
    for taken, reason in ((server_alone, "one_sided"), (packets[:3] + packets[4:], "gap")):
        reasons = reasons_of(tmp_path, taken)
        assert (reasons["hello_ms"], reasons["handshake_ms"]) == (reason, reason)
        assert reasons.get("tcp_rtt_ms") == (None if reason == "gap" else reason)
    assert reasons_of(tmp_path, packets[:1] + packets[2:])["tcp_rtt_ms"] == "not_captured"
    assert reasons_of(tmp_path, packets[3:])["tcp_rtt_ms"] == "midstream"
    without_data = reasons_of(tmp_path, converse(*tls12_turns()[:4]))
    assert "hello_ms" not in without_data and without_data["handshake_ms"] == "not_applicable"
    refused = reasons_of(tmp_path, converse(HELLO, alert(2, 40)))
    assert (refused["hello_ms"], refused["handshake_ms"]) == ("not_applicable", "not_applicable")


def test_what_lies_in_front_of_a_hello_is_why_it_may_be_the_second(tmp_path: Path) -> None:
    packets = converse(*tls13_turns())
    for taken, reason in ((packets, None), (packets[3:], "midstream"), (packets[3:5] + packets[6:], "gap")):
        assert reasons_of(tmp_path, taken).get("early_data_offered") == reason


def test_packets_without_times_show_no_durations(tmp_path: Path) -> None:
    path = write_without_times(tmp_path / "made.pcapng", converse(*tls12_turns()))
    [row] = tlsinspect.read(path).connections.to_dict("records")
    reasons = dict(row["unknown_reasons"])
    assert row["established"] and row["tcp_rtt_ms"] is row["hello_ms"] is row["handshake_ms"] is None
    assert reasons["tcp_rtt_ms"] == reasons["hello_ms"] == reasons["handshake_ms"] == "not_captured"


def test_how_a_handshake_ended_of_which_the_last_messages_are_in_a_hole_has_the_hole_for_a_reason(
    tmp_path: Path,
) -> None:
    first, flight, last, answer = tls12_turns()[:4]
    goodbye = b"\x15\x03\x03\x00\x1a" + b"\x99" * 26
    packets = converse(first, flight, last, answer, goodbye, goodbye)
    reasons = reasons_of(
        tmp_path, [packet for packet in packets if last not in packet.frame and answer not in packet.frame]
    )
    assert reasons["established"] == reasons["established_evidence"] == reasons["handshake_ms"] == "gap"


def test_server_side_is_one_sided_when_only_the_client_was_captured(tmp_path: Path) -> None:
    packets = [packet for packet in converse(HELLO, b"", closed=False) if packet.frame[26:30] == bytes([192, 0, 2, 1])]
    reasons = reasons_of(tmp_path, packets)
    assert reasons["cipher_suite"] == reasons["version"] == reasons["server_random"] == "one_sided"
    assert reasons["established"] == "one_sided"
    assert "client_random" not in reasons


def test_answer_behind_the_end_of_the_capture_is_not_captured(tmp_path: Path) -> None:
    reasons = reasons_of(tmp_path, converse(HELLO, closed=False))
    assert reasons["cipher_suite"] == reasons["certificate_sha256s"] == "not_captured"


def test_answer_that_never_came_is_not_missing(tmp_path: Path) -> None:
    reasons = reasons_of(tmp_path, converse(HELLO))
    assert reasons["cipher_suite"] == reasons["certificate_sha256s"] == "not_applicable"


def test_hello_behind_a_hole_is_a_gap(tmp_path: Path) -> None:
    long_answer = handshake(message(2, server_hello()), message(11, b"\x00\x07\xd0" + b"c" * 2000))
    packets = converse(HELLO, long_answer, b"data", closed=False)
    server_segments = [at for at, packet in enumerate(packets) if packet.frame[26:30] == bytes([198, 51, 100, 1])]
    del packets[server_segments[1]]
    reasons = reasons_of(tmp_path, packets)
    assert reasons["cipher_suite"] == "gap"


def test_hellos_before_the_capture_began_are_midstream(tmp_path: Path) -> None:
    data = b"\x17\x03\x03\x00\x64" + b"x" * 100
    reasons = reasons_of(tmp_path, converse(data * 3, data * 3, opened=False, closed=False))
    assert reasons["client_random"] == reasons["cipher_suite"] == "midstream"


def test_what_the_capture_length_cut_off_is_snaplen(tmp_path: Path) -> None:
    reasons = reasons_of(tmp_path, converse(*tls12_turns()), snaplen=90)
    assert reasons["cipher_suite"] == "snaplen"


def test_hello_that_cannot_be_parsed_is_malformed(tmp_path: Path) -> None:
    broken = handshake(message(2, b"\x03\x03" + RANDOM + b"\x21"))
    reasons = reasons_of(tmp_path, converse(HELLO, broken))
    assert reasons["cipher_suite"] == "malformed"


def test_connection_without_tls_has_no_tls_to_know(tmp_path: Path) -> None:
    reasons = reasons_of(tmp_path, converse(b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"))
    assert set(reasons.values()) == {"not_applicable"}
    assert {"client_random", "cipher_suite", "subject", "ja3"} <= set(reasons)


def test_alert_in_place_of_an_answer_leaves_no_choice_to_know(tmp_path: Path) -> None:
    reasons = reasons_of(tmp_path, converse(HELLO, alert(2, 40)))
    assert reasons["cipher_suite"] == "not_applicable"
    assert "last_alert" not in reasons and "failure" not in reasons


def test_what_stood_behind_the_malformed_part_of_a_hello_is_not_said_to_be_missing_from_it(tmp_path: Path) -> None:
    broken = handshake(message(1, client_hello(b"\x00\x10\x00\x09\x00")))
    reasons = reasons_of(tmp_path, converse(broken, alert(2, 50)))
    assert reasons["alpn_offered"] == reasons["server_name"] == "malformed"
    assert "cipher_suites" not in reasons


def test_what_stood_behind_the_cut_of_a_hello_is_snaplen(tmp_path: Path) -> None:
    reasons = reasons_of(tmp_path, converse(handshake(message(1, client_hello(alpn(b"h2"))))), snaplen=110)
    assert reasons["alpn_offered"] == "snaplen"
    assert "client_random" not in reasons


def test_flags_that_a_cut_hello_does_not_show_are_missing_and_those_it_shows_are_there(tmp_path: Path) -> None:
    path = tmp_path / "made.pcap"
    hello = handshake(message(1, client_hello(b"\x00\x17\x00\x00" + alpn(b"h2") + b"\xff\x01\x00\x01\x00")))
    path.write_bytes(pcap(converse(hello), 54 + len(hello) - 8))
    [row] = tlsinspect.read(path).connections.to_dict("records")
    assert row["extended_master_secret"] is True
    for name in ("renegotiation_info", "psk_offered", "session_ticket_offered", "grease", "fallback_scsv"):
        assert row[name] is None
        assert dict(row["unknown_reasons"])[name] == "snaplen"


def server_cut_after(path: Path, turns: tuple[bytes, ...], octets: int) -> dict[str, Any]:
    path = path / "made.pcap"
    path.write_bytes(pcap(converse(*turns), 54 + 44 + turns[1][43] + octets))
    [row] = tlsinspect.read(path).connections.to_dict("records")
    return dict(row)


@pytest.mark.parametrize("octets", [0, 3])  # up to the session id, and up to the compression method
def test_a_server_hello_cut_before_its_version_does_not_say_it(tmp_path: Path, octets: int) -> None:
    row = server_cut_after(tmp_path, tls13_turns(), octets)
    assert (row["version"], row["psk_selected"], row["resumed"]) == (None, None, None)
    assert dict(row["unknown_reasons"])["version"] == "snaplen"


def test_a_suite_of_tls12_says_the_version_of_a_cut_server_hello_and_nothing_of_its_extensions(tmp_path: Path) -> None:
    answer = handshake(message(2, server_hello(b"\xff\x01\x00\x01\x00")))
    row = server_cut_after(tmp_path, (HELLO, answer), 3)
    assert (row["version"], row["psk_selected"]) == (0x0303, None)
    assert dict(row["unknown_reasons"])["alpn"] == "snaplen"


def test_a_whole_server_hello_without_room_for_another_version_has_the_one_that_it_names(tmp_path: Path) -> None:
    answer = b"\x03\x03" + bytes(range(32)) + b"\x00\x13\x01\x00" + b"\x00"  # a stray octet where extensions would be
    (tmp_path / "made.pcap").write_bytes(pcap(converse(HELLO, handshake(message(2, answer)))))
    [row] = tlsinspect.read(tmp_path / "made.pcap").connections.to_dict("records")
    assert (row["version"], row["cipher_suite"]) == (0x0303, 0x1301)


def test_durations_and_ends_of_a_captured_half_are_one_sided(tmp_path: Path) -> None:
    packets = converse(*tls12_turns())
    for address, missing in (
        (bytes([192, 0, 2, 1]), ("tcp_rtt_ms", "hello_ms", "failure", "resumed", "resumption")),
        (bytes([198, 51, 100, 1]), ("tcp_rtt_ms", "hello_ms", "handshake_ms")),
    ):
        reasons = reasons_of(tmp_path, [packet for packet in packets if packet.frame[26:30] == address])
        assert {name: reasons[name] for name in missing} == dict.fromkeys(missing, "one_sided")


def test_what_came_before_the_capture_has_that_for_a_reason_in_every_column(tmp_path: Path) -> None:
    data = b"\x17\x03\x03\x00\x64" + b"x" * 100
    reasons = reasons_of(tmp_path, converse(data * 3, data * 3, opened=False, closed=False))
    missing = ("tcp_rtt_ms", "hello_ms", "handshake_ms", "handshake_history", "resumed", "resumption")
    assert {name: reasons[name] for name in missing} == dict.fromkeys(missing, "midstream")
    assert reasons["failure"] == "not_applicable"


def test_a_whole_connection_lacks_only_what_does_not_apply(tmp_path: Path) -> None:
    reasons = reasons_of(tmp_path, converse(*tls12_turns()))
    assert reasons["resumption"] == reasons["failure"] == "not_applicable"
    assert not {"tcp_rtt_ms", "hello_ms", "handshake_ms", "handshake_history", "resumed"} & set(reasons)


@pytest.mark.parametrize("suite", [0x001E, 0xC018, 0xC01D, 0xC0B0, 0xC0FF])  # KRB5, anon, SRP, ECCPWD, ECJPAKE
def test_a_suite_without_certificates_lacks_none(tmp_path: Path, suite: int) -> None:
    first, _, last, answer, *data = tls12_turns()
    flight = handshake(message(2, server_hello(suite=suite)), message(14))
    reasons = reasons_of(tmp_path, converse(first, flight, last, answer, *data))
    assert reasons["certificate_sha256s"] == reasons["subject"] == "not_applicable"
