"""QUIC in the frames: protocol, columns, fingerprints, outcome, and why a value is missing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from quic_traffic import (
    CLIENT_ID,
    DCID,
    HANDSHAKE,
    SERVER_ID,
    V1,
    V2,
    ZERO_RTT,
    close,
    crypto,
    exchange,
    handshake_turns,
    initial,
    long_header,
    negotiation,
    protected,
    quic_answer,
    quic_hello,
    retry,
    short,
)
from samples import inspect
from tls_vectors import extension
from traffic import converse, tls12_turns, write_pcap

import tlsinspect
from tlsinspect.connection import Connection
from tlsinspect.quic_keys import VERSIONS
from tlsinspect.tables.arrow import ENCODED_TYPES, TYPES
from tlsinspect.tables.quic import build_quic_columns, with_google_names
from tlsinspect.wire.quic_facts import QuicFacts

HELLO = crypto(0, quic_hello())
OPENING = ("client", initial(HELLO))


def rows_of(tmp_path: Path, *turns: tuple[str, bytes], **more: Any) -> list[dict[str, Any]]:
    """The connections of these datagrams."""
    inspection = tlsinspect.read(write_pcap(tmp_path / "quic.pcap", exchange(turns, **more)))
    return [{str(name): value for name, value in row.items()} for row in inspection.connections.to_dict("records")]


def row_of(tmp_path: Path, *turns: tuple[str, bytes], **more: Any) -> dict[str, Any]:
    """The only connection of these datagrams."""
    (row,) = rows_of(tmp_path, *turns, **more)
    return row


def reason(row: dict[str, Any], column: str) -> str | None:
    """Why a column is missing."""
    return dict(row["unknown_reasons"]).get(column)


def test_a_handshake_fills_the_columns(tmp_path: Path) -> None:
    row = row_of(tmp_path, *handshake_turns())
    assert (row["transport"], row["protocol"], row["version_name"]) == ("udp", "quic", "TLS 1.3")
    assert (row["quic_version"], row["quic_version_name"]) == (V1, "1")
    assert row["quic_destination_connection_id"] == DCID.hex()
    assert row["quic_source_connection_id"] == CLIENT_ID.hex()
    assert row["quic_server_connection_id"] == SERVER_ID.hex()
    assert (row["quic_retry"], row["quic_version_negotiation"], row["quic_0rtt"]) == (False, False, False)
    assert list(row["quic_transport_parameters"]) == [1, 15, 27]
    assert row["quic_error"] is None
    assert row["client_record_version"] is None
    assert row["server_name"] == "quic.example"
    assert (row["established"], row["established_evidence"]) == (True, "finished")
    assert (row["client_application_bytes"], row["server_application_bytes"]) == (260, 300)
    assert row["hello_ms"] == 1.0
    assert row["handshake_ms"] == 2.0
    assert reason(row, "certificate_sha256s") == "encrypted"
    assert not row["midstream"]


RETRIED = (
    OPENING,
    ("server", retry()),
    ("client", initial(HELLO, b"retry-id", number=1, token=b"token")),
    ("server", initial(crypto(0, quic_answer()), CLIENT_ID, SERVER_ID, origin=b"retry-id", sender="server")),
    ("client", protected(HANDSHAKE, SERVER_ID, CLIENT_ID) + short()),
)
ANSWERS = ("quic_retry", "quic_version_negotiation", "quic_0rtt", "quic_destination_connection_id")


def subsets(turns: Sequence[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """What is left of a connection that lacks some of its datagrams."""
    for count in range(1, len(turns)):
        yield from map(list, itertools.combinations(turns, count))


@pytest.mark.parametrize("turns", [RETRIED, handshake_turns()[:5]])
def test_what_lost_datagrams_may_have_held_is_not_denied(tmp_path: Path, turns: Sequence[tuple[str, bytes]]) -> None:
    whole = row_of(tmp_path, *turns)
    for left in subsets(turns):
        for row in rows_of(tmp_path, *left):
            unseen = turns[0] not in left and turns[1] not in left  # nothing but a token is left of the Retry
            for column in ANSWERS[: 3 if unseen else 4] if row["protocol"] == "quic" else ():
                assert row[column] == whole[column] or (row[column] is None and reason(row, column)), (left, column)


def test_a_token_that_the_first_packet_lacks_comes_of_a_retry(tmp_path: Path) -> None:
    assert row_of(tmp_path, *RETRIED[:1], *RETRIED[2:])["quic_retry"]
    assert row_of(tmp_path, RETRIED[2], RETRIED[0], *RETRIED[3:])["quic_retry"]
    assert row_of(tmp_path, RETRIED[0], RETRIED[2])["quic_retry"]


@pytest.mark.parametrize(("number", "retried", "why"), [(0, False, None), (1, None, "not_captured")])
def test_a_token_in_the_first_packet_may_be_of_an_earlier_connection(
    tmp_path: Path, number: int, retried: bool | None, why: str | None
) -> None:
    opening = ("client", initial(HELLO, token=b"token", number=number))
    row = row_of(tmp_path, opening, *handshake_turns()[1:])
    assert (row["quic_retry"], reason(row, "quic_retry")) == (retried, why)
    assert row["quic_destination_connection_id"] == DCID.hex()


@pytest.mark.parametrize(("side", "sealed"), [("client", "one_sided"), ("server", "sealed")])
def test_of_one_side_alone_nothing_is_said_of_the_other(tmp_path: Path, side: str, sealed: str) -> None:
    row = row_of(tmp_path, *[turn for turn in handshake_turns() if turn[0] == side])
    assert (row["quic_retry"], row["quic_version_negotiation"]) == (None, None)
    assert reason(row, "quic_retry") == reason(row, "quic_version_negotiation") == sealed
    assert (row["quic_0rtt"], reason(row, "quic_0rtt")) == ((False, None) if side == "client" else (None, "one_sided"))


def test_0_rtt_packets_that_were_offered_may_be_lost(tmp_path: Path) -> None:
    hello = quic_hello(b"quic.example", extension(42, b""))
    row = row_of(tmp_path, *handshake_turns(hello))
    assert (row["early_data_offered"], row["quic_0rtt"], reason(row, "quic_0rtt")) == (True, None, "not_captured")
    sent = ("client", initial(crypto(0, hello)) + protected(ZERO_RTT, DCID, CLIENT_ID))
    assert row_of(tmp_path, sent, *handshake_turns(hello)[1:])["quic_0rtt"] is True


def test_a_client_that_goes_on_in_another_version_may_have_been_sent_a_list(tmp_path: Path) -> None:
    row = row_of(tmp_path, ("client", initial(HELLO, version=V2)), *handshake_turns())
    assert (row["quic_version_negotiation"], reason(row, "quic_version_negotiation")) == (None, "not_captured")


def test_a_reserved_version_that_gave_way_to_another_may_have_been_answered_with_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list and the second hello are lost, and the connection ids stay the same."""
    monkeypatch.setitem(VERSIONS, 0x1A2A3A4A, VERSIONS[V1])
    first = ("client", initial(HELLO, version=0x1A2A3A4A))
    row = row_of(tmp_path, first, *handshake_turns()[1:])
    assert (row["quic_version"], row["quic_version_negotiation"]) == (V1, None)
    assert reason(row, "quic_version_negotiation") == "not_captured"


def test_an_alert_may_be_in_what_was_not_captured(tmp_path: Path) -> None:
    refusal = initial(close(0x0128), CLIENT_ID, SERVER_ID, origin=DCID, sender="server")
    for turns, why in (([OPENING], "one_sided"), ([("server", refusal)], "one_sided")):
        row = row_of(tmp_path, *turns)
        missing = ("last_alert", "last_alert_name", "last_alert_sender")
        assert {name: reason(row, name) for name in missing} == dict.fromkeys(missing, why)
        assert (row["quic_error"], reason(row, "quic_error")) == (None, why if turns[0][0] == "client" else "sealed")
    assert reason(row_of(tmp_path, *handshake_turns()), "last_alert") == "not_applicable"


def test_the_same_hello_has_another_ja4_over_quic_than_over_tcp(tmp_path: Path) -> None:
    hello = quic_hello()
    quic = row_of(tmp_path, *handshake_turns(hello))
    record = b"\x16\x03\x01" + len(hello).to_bytes(2, "big") + hello
    path = write_pcap(tmp_path / "tcp.pcap", [*exchange(handshake_turns(hello)), *converse(record)])
    tcp, again = tlsinspect.read(path).connections.sort_values("transport").to_dict("records")
    assert quic["ja4"].startswith("q13d02")
    assert again["ja4"] == quic["ja4"]
    assert tcp["ja4"] == "t" + quic["ja4"][1:]
    assert tcp["ja3"] == quic["ja3"]


def test_the_columns_of_quic_are_missing_elsewhere_without_a_reason(tmp_path: Path) -> None:
    path = write_pcap(tmp_path / "tcp.pcap", converse(*tls12_turns()))
    (row,) = tlsinspect.read(path).connections.to_dict("records")
    assert all(value is None for name, value in row.items() if str(name).startswith("quic_"))
    assert not any(name.startswith("quic_") for name, _ in row["unknown_reasons"])


def test_without_its_first_packets_the_capture_begins_in_the_middle_of_a_connection(tmp_path: Path) -> None:
    later = [("client", protected(HANDSHAKE, SERVER_ID, CLIENT_ID)), ("client", short()), ("server", short(CLIENT_ID))]
    row = row_of(tmp_path, *later)
    assert row["midstream"]
    missing = ("version", "server_name", "cipher_suite", "hello_ms", "handshake_ms", "handshake_history")
    assert {name: reason(row, name) for name in missing} == dict.fromkeys(missing, "midstream")
    row = row_of(tmp_path, *handshake_turns()[1:])
    assert (row["midstream"], reason(row, "cipher_suite")) == (True, "sealed")


def test_a_first_packet_that_cannot_be_opened_is_there(tmp_path: Path) -> None:
    assert not row_of(tmp_path, ("client", initial(HELLO, origin=b"another!")), *handshake_turns()[1:])["midstream"]
    assert not row_of(tmp_path, ("client", initial(HELLO)[:600]))["midstream"]
    assert not row_of(tmp_path, handshake_turns()[1])["midstream"]


@pytest.mark.parametrize(
    ("error", "failure", "alert"), [(0x0100 + 40, "alert", 40), (0x0A, "closed", None), (None, "capture_end", None)]
)
def test_a_close_says_how_a_handshake_failed(
    tmp_path: Path, error: int | None, failure: str, alert: int | None
) -> None:
    payload = b"\x01" if error is None else close(error)
    answer = initial(payload, CLIENT_ID, SERVER_ID, origin=DCID, sender="server")
    row = row_of(tmp_path, OPENING, ("server", answer))
    assert (row["established"], row["failure"]) == (False, failure)
    assert row["last_alert"] == alert
    assert row["last_alert_sender"] == (None if alert is None else "server")
    assert row["quic_error"] == error


@pytest.mark.parametrize(
    ("answer", "words"), [(negotiation([V1]), "a list of its versions"), (retry(source=SERVER_ID), "a Retry")]
)
def test_an_answer_that_asks_for_another_beginning_is_one(tmp_path: Path, answer: bytes, words: str) -> None:
    row = row_of(tmp_path, OPENING, ("server", answer))
    assert row["failure"] == "capture_end"
    assert row["failure_reason"].startswith(f"The capture ends after the server answered with {words}")


def test_half_a_connection_says_which_half_is_missing(tmp_path: Path) -> None:
    row = row_of(tmp_path, OPENING)
    assert (row["one_sided"], row["established"]) == (True, None)
    assert reason(row, "cipher_suite") == "one_sided"
    assert reason(row, "quic_server_connection_id") == "one_sided"


def test_of_a_server_alone_the_hello_cannot_be_opened(tmp_path: Path) -> None:
    row = row_of(tmp_path, *[turn for turn in handshake_turns() if turn[0] == "server"])
    assert (row["protocol"], row["quic_version_name"]) == ("quic", "1")
    assert (row["client_ip"], row["server_port"]) == ("192.0.2.1", 443)
    assert row["quic_server_connection_id"] == SERVER_ID.hex()
    assert reason(row, "cipher_suites") == "one_sided"
    assert reason(row, "cipher_suite") == "sealed"
    assert reason(row, "alpn") == reason(row, "certificate_sha256s") == "encrypted"


def test_a_version_that_nobody_can_open_is_a_row(tmp_path: Path) -> None:
    head = long_header(0, 0x12345678, DCID, CLIENT_ID) + b"\x00" + (0x4000 | 1178).to_bytes(2, "big")
    row = row_of(
        tmp_path,
        ("client", head + b"\xa5" * 1178),
        ("server", protected(HANDSHAKE, CLIENT_ID, SERVER_ID, 90, 0x12345678)),
    )
    assert (row["protocol"], row["quic_version_name"]) == ("quic", "0x12345678")
    assert reason(row, "cipher_suites") == "sealed"
    assert reason(row, "cipher_suite") == "sealed"
    assert reason(row, "alpn") == reason(row, "certificate_sha256s") == "encrypted"
    assert row["established"] is None


def test_the_clients_data_shows_a_handshake_that_could_not_be_read(tmp_path: Path) -> None:
    turns = handshake_turns()
    row = row_of(tmp_path, ("client", protected(HANDSHAKE, SERVER_ID, CLIENT_ID)), turns[3], turns[4])
    assert (row["established"], row["established_evidence"]) == (True, "application_data")


def test_google_s_quic_is_named_and_has_the_name_that_was_asked_for(tmp_path: Path) -> None:
    greeting = b"CHLO\x01\x00\x00\x00SNI\x00" + (14).to_bytes(4, "little") + b"google.example"
    packet = b"\x09" + DCID + b"Q043\x01" + bytes(16) + greeting
    row = row_of(tmp_path, ("client", packet), *handshake_turns()[:0])
    assert (row["protocol"], row["quic_version_name"], row["server_name"]) == ("gquic", "Q043", "google.example")
    assert reason(row, "cipher_suites") == "not_applicable"
    assert row["established"] is None


def test_the_connection_id_of_google_s_quic_is_the_one_that_both_sides_name() -> None:
    asked = Connection()
    asked.quic = QuicFacts()
    asked.quic.google = True
    asked.quic.connection_ids = [(b"chosen", b""), (b"", b"chosen")]
    assert build_quic_columns(1, [(0, asked)])["quic_destination_connection_id"].to_pylist() == [b"chosen".hex()]


def test_names_of_google_s_quic_stand_in_their_own_rows() -> None:
    asked = Connection()
    asked.quic = QuicFacts()
    asked.quic.server_name = b"google.ex\xe4mple"
    for types in (TYPES, ENCODED_TYPES):
        names = pa.array(["one.example", None, None], types["string"])
        made = with_google_names(names, [(1, asked)], types)
        assert (made.type, made.to_pylist()) == (names.type, ["one.example", "google.ex\\xe4mple", None])
    asked.quic.server_name = None
    assert with_google_names(names, [(1, asked)], TYPES) is names


def test_a_missing_piece_is_a_gap(tmp_path: Path) -> None:
    row = row_of(tmp_path, ("client", initial(crypto(20, quic_hello()[20:]))))
    assert row["gap"]
    assert reason(row, "cipher_suites") == "gap"


def test_quic_is_a_row_on_any_port(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, *handshake_turns(), server=("198.51.100.1", 4433))
    assert row["protocol"] == "quic"


def test_other_datagrams_on_a_tls_port_are_rows_of_what_they_are(tmp_path: Path) -> None:
    assert row_of(tmp_path, ("client", b"\x00" * 40))["protocol"] == "unknown"
    assert rows_of(tmp_path, ("client", short()), server=("198.51.100.1", 5000)) == []


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (
            "handshakes/quic-aioquic.pcapng",
            {"quic_version_name": "1", "quic_retry": False, "server_name": "quantum.example"},
        ),
        (
            "handshakes/quic-retry.pcapng",
            {"quic_version_name": "1", "quic_retry": True, "server_name": "quantum.example"},
        ),
        ("handshakes/quic-chromium.pcapng", {"quic_version_name": "1", "quic_source_connection_id": ""}),
    ],
)
def test_recorded_connections_are_read_whole(sample: str, expected: dict[str, Any]) -> None:
    (row,) = inspect(sample).connections.to_dict("records")
    assert {name: row[name] for name in expected} == expected
    assert (row["protocol"], row["version_name"], row["established"]) == ("quic", "TLS 1.3", True)
    assert row["ja4"].startswith("q13d")
    assert inspect(sample).problems.empty
