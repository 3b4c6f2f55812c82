"""SSL 2.0: its messages, its certificate, its end, in any cut, over holes, and with lengths that lie."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
import tls_vectors as tls
from hypothesis import given, settings
from hypothesis import strategies as st
from tcp_segments import Talk
from traffic import converse, write_pcap

import tlsinspect
from tlsinspect.connection import Connection
from tlsinspect.connection_builder import ConnectionBuilder
from tlsinspect.errors import DecodeError
from tlsinspect.wire.codes import ABSENT, ACK, FOUND, WAITING
from tlsinspect.wire.sslv2 import client_hello_end, find_answer, parse_sslv2_server_hello

KINDS = bytes.fromhex("010080 0700c0")
RC4, DES3 = 0x010080, 0x0700C0
CONNECTION_ID = b"connection ident"
CERTIFICATE = b"certificate" * 30
HELLO = tls.sslv2_hello(2, KINDS)


def record(message: bytes, padding: int | None = None) -> bytes:
    """A record with a 2-octet header, or with 3 octets and padding."""
    if padding is None:
        return (0x8000 | len(message)).to_bytes(2, "big") + message
    return (len(message) + padding).to_bytes(2, "big") + bytes([padding]) + message + bytes(padding)


def server_hello(hit: int = 0, certificate: bytes = CERTIFICATE, kinds: bytes = KINDS) -> bytes:
    """A SERVER-HELLO message."""
    lengths = tls.u16(len(certificate), len(kinds), len(CONNECTION_ID))
    return bytes([4, hit, int(certificate != b"")]) + tls.u16(2) + lengths + certificate + kinds + CONNECTION_ID


MASTER_KEY = record(b"\x02" + DES3.to_bytes(3, "big") + tls.u16(0, 64, 8) + bytes(72))
SEALED = record(b"\x99" * 40)
FULL = (HELLO, record(server_hello()), MASTER_KEY, SEALED, SEALED, SEALED, SEALED, SEALED)
RESUMED = (HELLO, record(server_hello(1, b"", b"")), SEALED, SEALED + SEALED)


def connection_of(*turns: bytes) -> Connection:
    """A connection that opens, takes turns and closes."""
    return ConnectionBuilder(frozenset({443})).build(Talk().open().say(*turns).close().only())


def facts(connection: Connection) -> tuple[object, ...]:
    """What a handshake comes to."""
    hello = connection.server_hello
    return (
        connection.protocol, connection.version, connection.handshake_history, connection.certificate_sha256s,
        connection.established, connection.resumed, None if hello is None else (hello.cipher_suite, hello.random),
        [error.kind for error, _ in connection.problems],
    )  # fmt: skip


WHOLE = (
    "ssl2", 2, "CsG", (sha256(CERTIFICATE).hexdigest(),), True, False, (DES3, CONNECTION_ID), [],
)  # fmt: skip


def test_a_handshake_has_its_certificate_its_cipher_and_its_end() -> None:
    connection = connection_of(*FULL)
    assert facts(connection) == WHOLE
    assert connection.established_evidence == "finished"
    assert connection.client_hello is not None and connection.client_hello.cipher_kinds == KINDS
    assert connection.server_hello is not None and connection.server_hello.cipher_kinds == KINDS
    assert connection.server_fingerprint is None
    assert connection.client_application_bytes is None
    assert connection.client_certificate_requested is None
    assert (connection.client_hello_packet, connection.server_hello_packet, connection.certificate_packet) == (4, 5, 5)


def test_a_cut_anywhere_reads_the_same() -> None:
    for turn, said in enumerate(FULL[:4]):
        for cut in range(1, len(said)):
            talk = Talk().open().say(*FULL[:turn])
            talk.segment(turn % 2, ACK, said[:cut])
            talk.segment(turn % 2, ACK, said[cut:])
            talk.say(*([b""] * ((turn + 1) % 2)), *FULL[turn + 1 :])
            assert facts(ConnectionBuilder(frozenset()).build(talk.only())) == WHOLE, (turn, cut)


def test_one_octet_at_a_time_reads_the_same() -> None:
    talk = Talk().open()
    for turn, said in enumerate(FULL):
        for octet in said:
            talk.segment(turn % 2, ACK, bytes([octet]))
    assert facts(ConnectionBuilder(frozenset()).build(talk.only())) == WHOLE


def test_a_session_that_is_resumed_has_no_certificate_and_says_no_cipher() -> None:
    connection = connection_of(*RESUMED)
    assert facts(connection) == ("ssl2", 2, "Cs", None, True, True, (-1, CONNECTION_ID), [])
    assert (connection.resumption, connection.certificate_state) == ("session_id", "resumed")


def test_padded_records_are_read_without_their_padding() -> None:
    turns = list(FULL)
    turns[2] = record(MASTER_KEY[2:], 7)
    turns[3] = record(b"\x99" * 40, 8)
    assert facts(connection_of(*turns)) == WHOLE


@pytest.mark.parametrize(("code", "alert"), [(1, 40), (2, 41), (4, 42), (6, 43), (99, 40)])
def test_an_error_is_the_alert_that_says_the_same(code: int, alert: int) -> None:
    error = record(b"\x00" + tls.u16(code))
    for turns, sender in (((HELLO, error), "server"), ((HELLO, record(server_hello()), error), "client")):
        connection = connection_of(*turns)
        assert (connection.protocol, connection.last_alert, connection.last_alert_sender) == ("ssl2", alert, sender)
        assert (connection.established, connection.failure) == (False, "alert")


def test_a_tls_client_that_finds_an_ssl_2_server_speaks_ssl_2() -> None:
    turns = (tls.sslv2_hello(0x0301, KINDS + bytes.fromhex("00002f")), *FULL[1:])
    assert facts(connection_of(*turns)) == WHOLE


def test_an_ssl_2_hello_in_front_of_tls_stays_tls() -> None:
    flight = tls.handshake(tls.message(2, tls.server_hello()), tls.message(11, tls.certificate(b"leaf")))
    connection = connection_of(tls.sslv2_hello(0x0301, KINDS + bytes.fromhex("00002f")), flight)
    assert (connection.protocol, connection.version, connection.handshake_history) == ("tls", 0x0303, "Csx")
    assert connection.client_hello is not None
    assert connection.client_hello.cipher_kinds == KINDS + bytes.fromhex("00002f")


def test_an_ssl_2_hello_is_read_behind_the_answer_that_the_capture_has_in_front_of_it() -> None:
    flight = tls.handshake(tls.message(2, tls.server_hello()), tls.message(11, tls.certificate(b"leaf")))
    hello = tls.sslv2_hello(0x0301, KINDS + bytes.fromhex("00002f"))
    connection = connection_of(b"", flight, hello)
    assert (connection.protocol, connection.version, connection.handshake_history) == ("tls", 0x0303, "sxC")
    assert connection.client_hello is not None
    assert connection.client_hello.cipher_kinds == KINDS + bytes.fromhex("00002f")
    assert connection.client_side == 0


def test_an_alert_of_tls_in_answer_to_ssl_2_is_read() -> None:
    connection = connection_of(HELLO, tls.record(21, bytes([2, 70]), 0x0300))
    assert (connection.protocol, connection.last_alert, connection.established) == ("ssl2", 70, False)


def test_a_server_alone_is_read() -> None:
    talk = Talk()
    for said in FULL[1::2]:
        talk.segment(1, ACK, said)
    connection = ConnectionBuilder(frozenset({443})).build(talk.only())
    assert (connection.protocol, connection.version, connection.handshake_history) == ("ssl2", 2, "s")
    assert connection.certificate_sha256s == WHOLE[3]
    assert connection.established is None
    assert connection.client_state == "one_sided"


def test_a_server_hello_that_a_hole_cuts_keeps_what_is_there() -> None:
    answer = record(server_hello())
    talk = Talk().open().say(HELLO)
    talk.segment(1, ACK, answer[:-10])
    talk.lose(1, 10)
    talk.say(MASTER_KEY, SEALED, SEALED, SEALED, SEALED, SEALED)
    connection = ConnectionBuilder(frozenset()).build(talk.only())
    assert connection.certificate_sha256s == WHOLE[3]
    assert connection.gap and connection.established
    assert [error.layer for error, _ in connection.problems] == ["sslv2"]


def test_a_hole_over_a_header_ends_the_reading_of_its_side() -> None:
    talk = Talk().open().say(HELLO)
    talk.segment(1, ACK, record(server_hello())[:100])
    talk.lose(1, 500)
    talk.say(b"", SEALED, MASTER_KEY, SEALED, SEALED, SEALED)
    connection = ConnectionBuilder(frozenset()).build(talk.only())
    assert connection.protocol == "ssl2"
    assert connection.certificate_sha256s is None
    assert connection.certificate_state == "gap"


@pytest.mark.parametrize("hello", [HELLO, tls.sslv2_hello(0x0301, KINDS + bytes.fromhex("00002f"))])
def test_a_hello_that_the_capture_cut_off_says_what_came_of_it(hello: bytes) -> None:
    flight = record(server_hello()) if hello == HELLO else tls.handshake(tls.message(2, tls.server_hello()))
    keys = MASTER_KEY if hello == HELLO else tls.handshake(tls.message(16, b"key"))
    for came in range(1, len(hello)):
        talk = Talk().open()
        talk.segment(0, ACK, hello, missing=len(hello) - came)
        flow = talk.say(b"", flight, keys).only()
        assert (flow.client_hello is not None) == (came >= 11), came
        if flow.client_hello is not None:
            assert (
                flow.client_hello.cipher_kinds
                == (KINDS + bytes.fromhex("00002f"))[: (came - 11) // 3 * 3][: len(hello) - 27]
            )
            assert not flow.client_hello.whole
            assert [error.kind for error, _ in flow.problems] == ["truncated"]
            assert flow.history == "CsG"


def test_an_empty_record_is_a_problem_and_ends_the_reading() -> None:
    connection = connection_of(HELLO, record(server_hello()), b"\x80\x00" + MASTER_KEY)
    assert [(error.layer, error.kind) for error, _ in connection.problems] == [("sslv2", "bad_length")]
    connection = connection_of(HELLO, record(server_hello()), b"\x00\x05\x05" + MASTER_KEY)
    assert [(error.layer, error.kind) for error, _ in connection.problems] == [("sslv2", "bad_length")]


def test_a_server_hello_body_is_cut_at_each_octet() -> None:
    body = server_hello()[1:]
    for length in range(len(body)):
        if length < 10:
            with pytest.raises(DecodeError):
                parse_sslv2_server_hello(body[:length])
        else:
            hello, certificate = parse_sslv2_server_hello(body[:length])
            assert [error.kind for error in hello.problems] == ["truncated"]
            assert certificate == (CERTIFICATE if length >= 10 + len(CERTIFICATE) else b"")


def test_only_lengths_that_add_up_make_a_hello() -> None:
    answer = record(server_hello())
    assert find_answer(answer, 0, len(answer), False) == FOUND
    assert {find_answer(answer, 0, cut, True) for cut in range(1, 13)} == {WAITING}
    assert {find_answer(answer, 0, cut, False) for cut in range(1, 13)} == {ABSENT}
    assert find_answer(b"\x80\x03\x00\x00\x01", 0, 5, True) == FOUND
    assert find_answer(b"\x80\x03\x00\x00\x01", 0, 5, False) == ABSENT
    for place, octet in ((0, 0x01), (1, 0), (2, 5), (3, 2), (4, 2), (6, 3), (8, 0), (10, 7), (12, 0), (12, 33)):
        assert find_answer(answer[:place] + bytes([octet]) + answer[place + 1 :], 0, len(answer), True) == ABSENT, place
    assert client_hello_end(HELLO, 0, len(HELLO)) == len(HELLO)
    assert all(client_hello_end(HELLO, 0, cut) > cut for cut in range(1, len(HELLO)))
    assert client_hello_end(HELLO[:2] + b"\x03" + HELLO[3:], 0, len(HELLO)) == 0


def test_the_frames_hold_the_three_octets(tmp_path: Path) -> None:
    inspection = tlsinspect.read(write_pcap(tmp_path / "ssl2.pcap", converse(*FULL)))
    (row,) = inspection.connections.to_dict("records")
    assert (row["protocol"], row["version"], row["version_name"]) == ("ssl2", 2, "SSL 2.0")
    assert (row["cipher_suite"], row["cipher_suite_name"]) == (DES3, "SSL_CK_DES_192_EDE3_CBC_WITH_MD5")
    assert list(row["sslv2_cipher_kinds"]) == [RC4, DES3]
    assert list(row["sslv2_server_cipher_kinds"]) == [RC4, DES3]
    assert (row["key_exchange"], row["cipher"], row["key_bits"]) == ("RSA", "3DES_EDE", 168)
    assert row["server_random"] == CONNECTION_ID.hex()
    reasons = dict(row["unknown_reasons"])
    assert reasons["compression_method"] == reasons["client_certificate_requested"] == "not_applicable"
    assert inspection.messages["message_type"].tolist()[:3] == ["client_hello", "server_hello", "client_key_exchange"]
    assert len(inspection.certificates) == 1


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 5), st.data())
def test_octets_that_lie_are_survived(turn: int, data: st.DataObject) -> None:
    turns = [bytearray(said) for said in FULL]
    place = data.draw(st.integers(0, len(turns[turn]) - 1))
    turns[turn][place] = data.draw(st.integers(0, 255))
    connection_of(*map(bytes, turns))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=4), st.sampled_from([HELLO, record(server_hello())]))
def test_any_octets_behind_a_hello_are_survived(pieces: list[bytes], first: bytes) -> None:
    connection_of(first, *pieces)
    connection_of(b"", first, *pieces)
