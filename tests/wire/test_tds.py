"""TLS inside TDS packets: the handshake is taken out, whatever the cuts, and what follows it is read as it is."""

from __future__ import annotations

import pytest
import tls_vectors as tls
from hypothesis import given, settings
from hypothesis import strategies as st
from tcp_segments import Talk

from tlsinspect.connection import Connection
from tlsinspect.connection_builder import ConnectionBuilder
from tlsinspect.wire.codes import ACK, DETECTING
from tlsinspect.wire.stream import Stream
from tlsinspect.wire.tds import TdsReader, is_prelogin

OFF, ON, NOT_SUPPORTED = 0, 1, 2
CCS = tls.CHANGE_CIPHER_SPEC
HELLO = tls.handshake(tls.message(1, tls.client_hello(tls.server_name(b"sql"))), version=0x0301)
FLIGHT = tls.handshake(
    tls.message(2, tls.server_hello()),
    tls.message(11, tls.certificate(b"leaf" * 2000)),
    tls.message(12, tls.ecdhe_exchange()),
    tls.message(14),
)
KEYS = tls.handshake(tls.message(16, b"\x04keys")) + CCS + tls.ENCRYPTED_FINISHED
FINISHED = CCS + tls.ENCRYPTED_FINISHED


def packet(kind: int, data: bytes, status: int = 1) -> bytes:
    """One TDS packet."""
    return bytes([kind, status]) + (8 + len(data)).to_bytes(2, "big") + b"\x00\x00\x01\x00" + data


def packets(kind: int, data: bytes, size: int = 4088) -> bytes:
    """A message in packets of at most `size` octets of data; the last one says that it is."""
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(packet(kind, piece, int(piece is pieces[-1])) for piece in pieces)


def prelogin(encryption: int, kind: int = 0x12) -> bytes:
    """A PRELOGIN message with the options VERSION and ENCRYPTION, or the answer to one."""
    return packet(kind, bytes.fromhex("00 000b 0006 01 0011 0001 ff") + bytes(6) + bytes([encryption]))


def dialogue(size: int = 4088, encryption: int = ON) -> tuple[bytes, ...]:
    """PRELOGIN of both sides, then the handshake, in turns."""
    return (
        prelogin(encryption),
        prelogin(encryption, 0x04),
        packets(0x12, HELLO, size),
        packets(0x12, FLIGHT, size),
        packets(0x12, KEYS, size),
        packets(0x12, FINISHED, size),
    )


def connection_of(*turns: bytes) -> Connection:
    return ConnectionBuilder(frozenset({443})).build(Talk().open().say(*turns).close().only())


def assert_whole(connection: Connection) -> None:
    """The connection is that of the handshake."""
    assert connection.handshake_history == "CsxknGIi"
    assert connection.certificate_sha256s is not None
    assert connection.problems == []
    assert (connection.protocol, connection.starttls_protocol, connection.starttls_status) == ("tls", "tds", "used")
    assert connection.established is True


@pytest.mark.parametrize("size", [4088, 504, 61, 5])
def test_a_handshake_is_read_whatever_the_packets_cut(size: int) -> None:
    connection = connection_of(*dialogue(size), tls.application(100), tls.application(200))
    assert_whole(connection)
    assert (connection.client_application_bytes, connection.server_application_bytes) == (100, 200)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 600), st.lists(st.integers(1, 300), min_size=1, max_size=20))
def test_a_handshake_is_read_whatever_the_segments_cut(size: int, cuts: list[int]) -> None:
    talk = Talk().open()
    for turn, said in enumerate((*dialogue(size), tls.application(100), tls.application(200))):
        at = number = 0
        while at < len(said):
            length = len(said) if turn < 2 else cuts[number % len(cuts)]  # a PRELOGIN comes whole
            talk.segment(turn % 2, ACK, said[at : at + length])
            at += length
            number += 1
    assert_whole(ConnectionBuilder(frozenset()).build(talk.close().only()))


def test_clear_text_behind_a_login_that_alone_was_encrypted_is_not_taken_for_records() -> None:
    turns = dialogue(encryption=OFF)
    connection = connection_of(*turns, tls.application(300), packet(0x04, b"\xe3token"), packet(0x01, b"SELECT 1"))
    assert_whole(connection)
    assert (connection.client_application_bytes, connection.server_application_bytes) == (300, 0)


def test_the_server_alone_is_read_too() -> None:
    talk = Talk()
    for said in dialogue()[1::2]:
        talk.segment(1, ACK, said)
    connection = ConnectionBuilder(frozenset()).build(talk.only())
    assert connection.handshake_history == "sxkni"
    assert (connection.starttls_protocol, connection.starttls_status) == ("tds", "used")


def test_a_hole_within_a_packet_costs_the_message_that_it_is_in() -> None:
    turns = list(dialogue())
    talk = Talk().open().say(*turns[:3])
    talk.segment(1, ACK, turns[3][:1000])
    talk.lose(1, 500)
    talk.segment(1, ACK, turns[3][1500:])
    connection = ConnectionBuilder(frozenset()).build(
        talk.say(*turns[4:], tls.application(9), tls.application(9)).only()
    )
    assert connection.handshake_history is not None
    assert sorted(connection.handshake_history) == sorted("CsxknGIi")
    assert connection.established is True


def test_a_hole_over_the_end_of_a_packet_does_not_end_the_reading() -> None:
    turns = list(dialogue())
    talk = Talk().open().say(*turns[:3])
    talk.segment(1, ACK, turns[3][:4000])
    talk.lose(1, 2000)
    talk.segment(1, ACK, turns[3][6000:])
    connection = ConnectionBuilder(frozenset()).build(
        talk.say(*turns[4:], tls.application(9), tls.application(9)).only()
    )
    assert connection.gap
    assert connection.handshake_history is not None and {*connection.handshake_history} >= set("CsxGI")
    assert (connection.client_application_bytes, connection.server_application_bytes) == (9, 9)


def test_without_tls_behind_it_the_connection_is_tds_and_nothing_else() -> None:
    connection = connection_of(
        prelogin(NOT_SUPPORTED), prelogin(OFF, 0x04), packet(0x10, bytes(90)), packet(4, b"\xad")
    )
    assert (connection.protocol, connection.starttls_status) == ("tds", "offered")
    assert connection.problems == []


def test_a_length_that_is_shorter_than_its_header_ends_the_packets() -> None:
    connection = connection_of(prelogin(ON) + b"\x12\x01\x00\x07\x00\x00\x01\x00" + HELLO, prelogin(ON, 4))
    assert connection.protocol == "tls"
    connection = connection_of(prelogin(ON) + b"\x12\x01\x00\x07\x00\x00\x01\x00", prelogin(ON, 4))
    assert connection.protocol == "tds"


def test_only_a_prelogin_makes_a_reader_of_packets() -> None:
    said = prelogin(ON)
    assert is_prelogin(said, 0, len(said))
    assert not any(is_prelogin(said, 0, cut) for cut in range(9))
    for place, octet in ((0, 0x11), (1, 0), (4, 1), (5, 1), (7, 1), (8, 1)):
        assert not is_prelogin(said[:place] + bytes([octet]) + said[place + 1 :], 0, len(said)), place


def test_the_reader_takes_the_place_of_the_one_before_it_in_its_peer() -> None:
    flow = Talk().open().say(prelogin(ON)).wire.table.streams
    streams: list[Stream] = list(flow.values())
    assert isinstance(streams[0].reader, TdsReader)
    assert streams[1].reader.peer is streams[0].reader
    assert streams[0].reader.peer is streams[1].reader
    assert streams[0].reader.mode == DETECTING


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=120), st.binary(max_size=120))
def test_any_octets_behind_a_prelogin_are_survived(client: bytes, server: bytes) -> None:
    connection_of(prelogin(ON), prelogin(ON, 4), client, server, HELLO, FLIGHT)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 5), st.integers(0, 9000))
def test_a_dialogue_that_is_cut_anywhere_is_survived(turn: int, length: int) -> None:
    turns = list(dialogue(700))
    turns[turn] = turns[turn][:length]
    connection_of(*turns, tls.application(5))
