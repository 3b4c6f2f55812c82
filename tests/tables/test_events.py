"""Messages, alerts and problems: one row per thing that happened."""

from __future__ import annotations

from pathlib import Path

from tls_vectors import alert, client_hello, handshake, message, record
from traffic import NOON_NS, STEP_NS, converse, tls12_turns, write_pcap

import tlsinspect

HELLO = handshake(message(1, client_hello()))


def test_messages_come_in_order_with_sender_record_and_length(tmp_path: Path) -> None:
    messages = tlsinspect.read(write_pcap(tmp_path / "made.pcap", converse(*tls12_turns()))).messages
    columns = ["number", "packet", "sender", "record_type", "message_type"]
    assert messages[columns].values.tolist() == [
        [1, 4, "client", "handshake", "client_hello"],
        [2, 5, "server", "handshake", "server_hello"],
        [3, 5, "server", "handshake", "certificate"],
        [4, 5, "server", "handshake", "server_key_exchange"],
        [5, 5, "server", "handshake", "server_hello_done"],
        [6, 6, "client", "handshake", "client_key_exchange"],
        [7, 6, "client", "change_cipher_spec", "change_cipher_spec"],
        [8, 6, "client", "handshake", "encrypted_handshake"],
        [9, 7, "server", "change_cipher_spec", "change_cipher_spec"],
        [10, 7, "server", "handshake", "encrypted_handshake"],
        [11, 8, "client", "application_data", "application_data"],
        [12, 9, "server", "application_data", "application_data"],
    ]
    assert messages["length"].tolist()[0] == len(client_hello())
    assert messages["time"].iloc[0].value == NOON_NS + 3 * STEP_NS


def test_alerts_keep_level_number_and_name_also_of_unknown_ones(tmp_path: Path) -> None:
    packets = converse(HELLO, alert(1, 112), b"", alert(2, 254))
    alerts = tlsinspect.read(write_pcap(tmp_path / "made.pcap", packets)).alerts
    assert alerts[["packet", "sender", "level", "description", "name"]].values.tolist() == [
        [5, "server", 1, 112, "unrecognized_name"],
        [6, "server", 2, 254, "0xFE"],
    ]


def test_encrypted_alert_is_a_row_without_numbers(tmp_path: Path) -> None:
    packets = converse(*tls12_turns(), record(21, b"\x9c" * 26))
    [row] = tlsinspect.read(write_pcap(tmp_path / "made.pcap", packets)).alerts.to_dict("records")
    assert row["name"] == "encrypted"
    assert row["level"] is None and row["description"] is None


def test_malformed_message_is_a_problem_with_packet_and_offset(tmp_path: Path) -> None:
    broken = handshake(message(1, client_hello(b"\x00\x10\x00\x03\x00\x05h")))
    inspection = tlsinspect.read(write_pcap(tmp_path / "made.pcap", converse(broken)))
    [problem] = inspection.problems.to_dict("records")
    assert (problem["capture"], problem["layer"], problem["packet"]) == ("made.pcap", "handshake", 4)
    assert problem["offset"] > 40
    assert problem["connection_id"] == inspection.connections["connection_id"].iloc[0]
    assert problem["expected"]


def test_a_hole_in_a_connection_is_a_problem(tmp_path: Path) -> None:
    packets = converse(HELLO, b"s" * 2000, b"data")
    del packets[4]
    inspection = tlsinspect.read(write_pcap(tmp_path / "made.pcap", packets))
    assert inspection.connections["gap"].tolist() == [True]
    assert inspection.problems[["layer", "kind"]].values.tolist() == [["tcp", "gap"]]


def test_malformed_packets_of_one_kind_are_one_problem_with_a_count(tmp_path: Path) -> None:
    packets = converse(HELLO)
    short = [packet._replace(frame=packet.frame[:40]) for packet in packets]
    [problem] = tlsinspect.read(write_pcap(tmp_path / "made.pcap", short)).problems.to_dict("records")
    assert (problem["count"], problem["packet"]) == (len(packets), 1)
