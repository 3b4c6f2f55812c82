"""DTLS: datagrams in, the handshake messages of both sides out."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import tls_vectors as tls
from hypothesis import given, settings
from hypothesis import strategies as st
from tcp_segments import CLIENT, SERVER, Wire, ip_packet, noted, udp

from tlsinspect.connection_builder import ConnectionBuilder
from tlsinspect.errors import KINDS
from tlsinspect.wire.carried_dtls import open_carried_dtls
from tlsinspect.wire.dtls import DtlsReader, Window, open_dtls
from tlsinspect.wire.flow import Flow
from tlsinspect.wire.flow_table import FlowTable

DTLS10, DTLS12, BEFORE_STANDARD = 0xFEFF, 0xFEFD, 0x0100
OTHER_RANDOM = bytes(range(100, 132))
COOKIE = b"cookie of 20 octets!"
NUMBERS = itertools.count()

Turn = tuple[int, bytes]


def record(kind: int, content: bytes, version: int = DTLS12, epoch: int = 0, number: int | None = None) -> bytes:
    """A record; `number` is its sequence number, one that no other has where it is not given."""
    number = next(NUMBERS) if number is None else number
    return bytes([kind]) + tls.u16(version, epoch) + number.to_bytes(6, "big") + tls.vector16(content)


def fragments(kind: int, body: bytes, sequence: int, size: int = 1 << 16) -> list[bytes]:
    """A handshake message in fragments of `size` octets."""
    pieces = [(at, body[at : at + size]) for at in range(0, max(len(body), 1), size)]
    header = bytes([kind]) + len(body).to_bytes(3, "big") + tls.u16(sequence)
    return [header + at.to_bytes(3, "big") + tls.vector24(piece) for at, piece in pieces]


def hello(version: int = DTLS12, cookie: bytes = b"", extensions: bytes = b"", random: bytes = tls.RANDOM) -> bytes:
    """A ClientHello's body, with a cookie behind the session id."""
    suites = tls.vector16(tls.u16(0x1301, 0xC02F))
    start = tls.u16(version) + random + tls.vector8(b"") + tls.vector8(cookie) + suites + tls.vector8(b"\x00")
    extended = tls.server_name(b"dtls.example") + extensions
    return start + (tls.vector16(extended) if version != BEFORE_STANDARD else b"")


def server_hello(version: int = DTLS12) -> bytes:
    """A ServerHello's body; without extensions before the standard."""
    chosen = tls.u16(version) + tls.SERVER_RANDOM + tls.vector8(b"") + tls.u16(0xC02F) + b"\x00"
    return chosen + (tls.vector16(tls.extension(0xFF01, b"\x00")) if version != BEFORE_STANDARD else b"")


def handshake(version: int = DTLS12, size: int = 1 << 16, random: bytes = tls.RANDOM) -> list[Turn]:
    """A handshake with a cookie, each fragment in a datagram of its own."""

    def say(side: int, kind: int, body: bytes, sequence: int) -> list[Turn]:
        return [(side, record(22, piece, version)) for piece in fragments(kind, body, sequence, size)]

    finished = record(20, b"\x01", version) + record(22, bytes(40), version, epoch=1)
    return [
        *say(0, 1, hello(version, random=random), 0),
        *say(1, 3, tls.u16(version) + tls.vector8(COOKIE), 0),
        *say(0, 1, hello(version, COOKIE, random=random), 1),
        *say(1, 2, server_hello(version), 1),
        *say(1, 11, tls.certificate(b"leaf" * 200), 2),
        *say(1, 12, tls.ecdhe_exchange(), 3),
        *say(1, 14, b"", 4),
        *say(0, 16, b"key", 2),
        (0, finished),
        (1, finished),
        (0, record(23, bytes(60), version, 1)),
    ]


def hellos13(flight: bytes) -> list[Turn]:
    """The hellos of DTLS 1.3, which ask for connection ids of 8 and of 2 octets, and what the server adds."""
    group = tls.key_share(29) + tls.extension(54, tls.vector8(b"server's"))
    offered = hello(extensions=tls.supported_versions(0xFEFC, 0xFEFD) + group)
    extensions = tls.selected_version(0xFEFC) + tls.extension(51, tls.u16(29) + tls.vector16(b"key!"))
    extensions += tls.extension(54, tls.vector8(b"id"))
    answer = tls.u16(DTLS12) + tls.SERVER_RANDOM + tls.vector8(b"") + tls.u16(0x1301) + b"\x00"
    return [
        (0, record(22, fragments(1, offered, 0)[0])),
        (1, record(22, fragments(2, answer + tls.vector16(extensions), 0)[0]) + flight),
    ]


def ciphertext(epoch: int, size: int, connection_id: bytes = b"", length: bool = True) -> bytes:
    """An encrypted record of DTLS 1.3 with `size` octets behind its header."""
    first = 0x28 | (0x10 if connection_id else 0) | (0x04 if length else 0) | epoch
    return bytes([first]) + connection_id + tls.u16(7, *([size] if length else [])) + b"\xa5" * size


def datagrams(turns: list[Turn]) -> Flow:
    """The only flow of a capture with these datagrams."""
    (flow,) = associations(turns)
    return flow


def associations(turns: list[Turn]) -> list[Flow]:
    """The flows of a capture with these datagrams, in the order in which they began."""
    wire = Wire(FlowTable(openers=(open_dtls, open_carried_dtls)))
    for side, octets in turns:
        source, target = (CLIENT, SERVER) if side == 0 else (SERVER, CLIENT)
        wire.add_datagram(ip_packet(source, target, udp(source, target, octets)))
    return wire.finish()


class TestHandshake:
    @pytest.mark.parametrize("version", [DTLS10, DTLS12, BEFORE_STANDARD])
    @pytest.mark.parametrize("size", [1 << 16, 200, 50])
    def test_it_is_read_in_every_version_and_in_fragments_of_any_size(self, version: int, size: int) -> None:
        flow = datagrams(handshake(version, size))
        assert flow.history == "CvCsxknGIi"
        assert flow.client_hello is not None
        assert flow.client_hello.legacy_version == version
        assert flow.server_hello is not None
        assert flow.server_hello.version() == version
        assert flow.streams[1].reader.chain == tls.certificate(b"leaf" * 200)
        assert noted(flow, "finished_seen") == [True, True]
        assert flow.streams[0].reader.application_bytes == 60
        assert not flow.problems

    def test_fragments_in_any_order_and_sent_twice_are_put_together(self) -> None:
        turns = handshake(size=50)
        certificate = [turn for turn in turns if turn[0] == 1 and turn[1][13] == 11]
        first = turns.index(certificate[0])
        shuffled = turns[:first] + certificate[::-1] + certificate + turns[first + len(certificate) :]
        flow = datagrams(shuffled)
        assert flow.history == "CvCsxknGIi"
        assert flow.streams[1].retransmitted == len(certificate)

    def test_a_record_that_comes_again_counts_once(self) -> None:
        ended = [(side, record(21, bytes(26), epoch=1)) for side in (0, 1)]
        turns = [*handshake(), *ended]
        once = datagrams(turns)
        for late in (0, 3):  # the copy comes at once, or behind others
            order = [(at + copy * (late + 0.5), turn) for at, turn in enumerate(turns) for copy in (0, 1)]
            flow = datagrams([turn for _, turn in sorted(order, key=lambda each: each[0])])
            assert flow.history == once.history
            assert len(flow.messages) == len(once.messages)
            assert noted(flow, "application_bytes") == [60, 0]
            assert flow.streams[0].retransmitted > 3

    def test_a_message_without_its_end_counts_where_the_last_that_came_of_it_stands(self) -> None:
        turns = handshake(size=100)
        last = fragments(11, tls.certificate(b"leaf" * 200), 2, 100)[-1]
        flow = datagrams([turn for turn in turns if not turn[1].endswith(last)])
        assert flow.streams[1].reader.chain_cut
        whole = datagrams(turns).streams[1].reader.chain_packet
        assert flow.streams[1].reader.chain_packet == whole - 1
        assert flow.streams[1].time_ns > flow.time_server_hello

    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 200)), max_size=80))
    def test_a_window_knows_the_latest_records(self, records: list[tuple[int, int]]) -> None:
        window = Window()
        came: set[int] = set()
        epoch = -1
        for each, number in records:
            if each != epoch:
                epoch, came = each, set()
            too_old = bool(came) and number <= max(came) - 64
            assert window.is_repeated(each, number) == (number in came and not too_old)
            came.add(number)

    def test_of_what_the_capture_length_cuts_the_beginning_is_read(self) -> None:
        kept = 110  # octets of UDP's payload: of the hello all but the end of its extensions
        turns = handshake()
        for opened_by in (0, 1):  # the flow begins with a hello that is cut, or with the server's
            wire = Wire(FlowTable(openers=(open_dtls,)))
            for side, octets in turns[opened_by:]:
                source, target = (CLIENT, SERVER) if side == 0 else (SERVER, CLIENT)
                datagram = udp(source, target, octets)
                wire.add_datagram(ip_packet(source, target, datagram, missing=max(len(datagram) - kept, 0)))
            flow = wire.only()
            assert flow.history == ("CvCsxknGIi", "VcSXKNgiI")[opened_by]  # upper case for who spoke first
            assert flow.hello_side == opened_by
            assert flow.client_hello is not None
            assert flow.client_hello.random == tls.RANDOM
            assert flow.client_hello.cipher_suites == tls.u16(0x1301, 0xC02F)
            assert flow.server_hello is not None
            assert any(stream.truncated for stream in flow.streams)
            assert {(error.layer, error.kind) for error, _ in flow.problems} == {("handshake", "truncated")}

    @pytest.mark.parametrize("kept", range(8, 120))
    def test_cut_anywhere_no_record_is_called_wrong(self, kept: int) -> None:
        wire = Wire(FlowTable(openers=(open_dtls,)))
        for side, octets in [*handshake(), (1, record(21, b"\x02\x28")), (0, record(24, b"\x01\x00\x05hello"))]:
            source, target = (CLIENT, SERVER) if side == 0 else (SERVER, CLIENT)
            datagram = udp(source, target, octets)
            wire.add_datagram(ip_packet(source, target, datagram, missing=max(len(datagram) - kept, 0)))
        for flow in wire.finish():
            assert {(error.layer, error.kind) for error, _ in flow.problems} <= {("handshake", "truncated")}
            if flow.client_hello is not None:
                assert flow.hello_side == 0

    def test_a_flight_that_is_cut_anywhere_is_not_called_wrong(self) -> None:
        flight = record(22, b"".join(fragments(2, server_hello(), 0) + fragments(14, b"", 1)))
        for kept in range(len(flight)):
            wire = Wire(FlowTable(openers=(open_dtls,)))
            wire.add_datagram(ip_packet(CLIENT, SERVER, udp(CLIENT, SERVER, record(22, fragments(1, hello(), 0)[0]))))
            wire.add_datagram(ip_packet(SERVER, CLIENT, udp(SERVER, CLIENT, flight), missing=len(flight) - kept))
            flow = wire.only()
            assert {(error.layer, error.kind) for error, _ in flow.problems} <= {("handshake", "truncated")}
            assert flow.history == ("C" if kept < 25 else "Cs")

    def test_a_server_without_state_may_number_another_message_the_same(self) -> None:
        turns = handshake()
        turns[1] = (1, record(22, turns[1][1][13:], number=0))
        turns[3] = (1, record(22, turns[3][1][13:], number=0))
        assert datagrams(turns).history == "CvCsxknGIi"

    def test_a_flight_in_one_datagram_and_messages_in_one_record_are_read(self) -> None:
        messages = b"".join(fragments(2, server_hello(), 0) + fragments(14, b"", 1))
        flow = datagrams(
            [(0, record(22, fragments(1, hello(), 0)[0])), (1, record(22, messages) + record(22, messages))]
        )
        assert flow.history == "Csn"

    def test_a_message_that_lacks_a_fragment_gives_its_beginning(self) -> None:
        turns = handshake(size=50)
        certificate = [turn for turn in turns if turn[0] == 1 and turn[1][13] == 11]
        turns.remove(certificate[3])
        flow = datagrams(turns)
        assert flow.server_hello is not None
        assert [(error.layer, error.kind) for error, _ in flow.problems] == [("handshake", "truncated")]

    def test_a_server_that_counts_anew_behind_its_cookie_is_read(self) -> None:
        turns = []
        for side, octets in handshake():
            numbered = side == 1 and octets[0] == 22 and octets[13] not in (3, 20)
            sequence = int.from_bytes(octets[17:19], "big") - numbered
            turns.append((side, octets[:17] + tls.u16(sequence) + octets[19:] if numbered else octets))
        flow = datagrams(turns + turns[3:5])
        assert flow.history == "CvCsxknGIi"
        assert flow.server_hello is not None
        assert [stream.retransmitted for stream in flow.streams] == [0, 2]

    @pytest.mark.parametrize(
        ("first", "side", "midstream"),
        [(0, None, False), (1, None, True), (9, None, True), (1, 1, False), (9, 1, True)],
    )
    def test_without_a_hello_of_the_client_the_capture_starts_after_the_connection(
        self, first: int, side: int | None, midstream: bool
    ) -> None:
        turns = [turn for turn in handshake()[first:] if side in (None, turn[0])]
        if first:
            turns = [turn for turn in turns if (turn[1][0], turn[1][13]) != (22, 1)]
        connection = ConnectionBuilder(frozenset({443})).build(datagrams(turns))
        assert connection.midstream == midstream

    @pytest.mark.parametrize(
        ("lost", "size", "gaps"),
        [
            ([], 1 << 16, [False, False]),
            ([0], 1 << 16, [False, False]),  # nothing says what was before the first one
            ([0, 1], 1 << 16, [False, False]),
            ([3], 1 << 16, [False, True]),  # the ServerHello
            ([6], 1 << 16, [False, False]),  # the last one that is not encrypted
            ([2], 1 << 16, [True, False]),  # the second ClientHello
            ([5], 500, [False, True]),  # the second fragment of the certificate, which is not the last message
        ],
    )
    def test_a_hole_in_the_numbers_of_messages_is_a_gap(self, lost: list[int], size: int, gaps: list[bool]) -> None:
        turns = [turn for number, turn in enumerate(handshake(size=size)) if number not in lost]
        flow = datagrams(turns)
        assert [stream.gap for stream in flow.streams] == gaps
        if lost == [3]:
            assert ConnectionBuilder(frozenset({443})).build(flow).server_state == "gap"

    def test_dtls13_is_told_by_its_extension_and_its_records_are_counted(self) -> None:
        offered = hello(extensions=tls.supported_versions(0xFEFC, 0xFEFD) + tls.key_share(29))
        extensions = tls.vector16(tls.selected_version(0xFEFC) + tls.extension(51, tls.u16(29) + tls.vector16(b"key!")))
        answer = tls.u16(DTLS12) + tls.SERVER_RANDOM + tls.vector8(b"") + tls.u16(0x1301) + b"\x00" + extensions
        flow = datagrams(
            [
                (0, record(22, fragments(1, offered, 0)[0])),
                (1, record(22, fragments(2, answer, 0)[0]) + b"\x2e" + bytes(50)),
                (0, b"\x2e" + bytes(70)),
            ]
        )
        assert flow.tls13
        assert flow.server_hello is not None
        assert flow.server_hello.version() == 0xFEFC
        assert [stream.reader.application_records for stream in flow.streams] == [1, 1]
        connection = ConnectionBuilder(frozenset({443})).build(flow)
        assert connection.protocol == "dtls"
        assert connection.fingerprint is not None
        assert connection.fingerprint[2].startswith("dd3d02")

    def test_a_handshake_of_the_second_epoch_ends_a_renegotiation(self) -> None:
        repeated = handshake() + handshake()[-3:]
        again = [(0, record(22, bytes(250), epoch=1)), (1, record(22, bytes(900), epoch=1))]
        finished = [(side, record(20, b"\x01", epoch=1) + record(22, bytes(40), epoch=2)) for side in (0, 1)]
        for turns, packet in ((repeated, -1), (repeated + again, -1), (repeated + again + finished, 17)):
            connection = ConnectionBuilder(frozenset({443})).build(datagrams(turns))
            assert (connection.renegotiation, connection.renegotiation_packet) == (None, packet)

    def test_a_client_of_dtls13_finished_with_a_finished_or_data_and_not_with_an_ack(self) -> None:
        for label, reply, finished in (
            ("nothing", b"", False),
            ("an ACK of one record", ciphertext(2, 35), False),
            ("an ACK of three records, and a tag of 8 octets", ciphertext(2, 59), False),
            ("an alert", ciphertext(2, 19), False),
            ("Finished with SHA-256", ciphertext(2, 61), True),
            ("Finished with SHA-384", ciphertext(2, 77), True),
            ("Finished with CCM_8", ciphertext(2, 53), True),
            ("application data as long as an ACK", ciphertext(3, 51), True),
        ):
            flow = datagrams([*hellos13(ciphertext(2, 800)), *([(0, reply)] if reply else [])])
            assert noted(flow, "finished_seen") == [finished, finished], label
            assert (flow.sealed_alert_packet == 3) == (label == "an alert"), label

    def test_records_of_dtls13_are_counted_by_their_lengths(self) -> None:
        flow = datagrams(
            [
                *hellos13(ciphertext(2, 61) + ciphertext(2, 70, b"server's")),
                (0, ciphertext(2, 61, b"id") + ciphertext(3, 40, b"id") + ciphertext(3, 30, b"id", length=False)),
                (1, b"\x2e\0\0\xff\xff" + bytes(20)),
            ]
        )
        assert [stream.reader.application_bytes for stream in flow.streams] == [61 + 40 + 30, 61 + 70 + 20]
        assert [stream.reader.application_records for stream in flow.streams] == [3, 3]

    def test_an_ack_in_front_of_a_hello_is_stepped_over(self) -> None:
        acknowledged = record(26, tls.vector16(bytes(16)))
        turns = [(0, record(22, piece)) for piece in fragments(1, hello(), 0, 60)]
        turns[1:1] = [(1, acknowledged)]
        flow = datagrams([*turns, (1, acknowledged + record(22, fragments(2, server_hello(), 0)[0]))])
        assert flow.history == "Cs"
        assert not flow.problems
        assert datagrams([(1, acknowledged), *turns]).client_hello is not None

    def test_alerts_are_read_in_the_clear_and_noted_encrypted(self) -> None:
        clear, sealed = record(21, b"\x02\x28"), record(21, bytes(30), epoch=1)
        flow = datagrams([(0, record(22, fragments(1, hello(), 0)[0])), (1, clear), (0, sealed)])
        assert (flow.alerts[0][3], flow.alert_description, flow.alert_side) == (2, 40, 1)
        assert flow.alert_encrypted


def identified(connection_id: bytes, content: bytes, version: int = DTLS12) -> bytes:
    """A record with a connection id."""
    return bytes([25]) + tls.u16(version, 1) + next(NUMBERS).to_bytes(6, "big") + connection_id + tls.vector16(content)


def identified_handshake(client: bytes, server: bytes) -> list[Turn]:
    """A handshake in which each side asks to be written to with its connection id, and content of 60 and 70 octets."""
    asked, chosen = (tls.extension(54, tls.vector8(connection_id)) for connection_id in (client, server))
    answer = tls.u16(DTLS12) + tls.SERVER_RANDOM + tls.vector8(b"") + tls.u16(0x00A8) + b"\x00" + tls.vector16(chosen)
    return [
        (0, record(22, fragments(1, hello(extensions=asked), 0)[0])),
        (1, record(22, fragments(2, answer, 0)[0] + fragments(14, b"", 1)[0])),
        (0, record(22, fragments(16, b"key", 1)[0]) + record(20, b"\x01") + identified(server, bytes(40))),
        (1, record(20, b"\x01") + identified(client, bytes(40))),
        (0, identified(server, bytes(60))),
        (1, identified(client, bytes(30)) + identified(client, bytes(40))),
    ]


class TestConnectionIds:
    @pytest.mark.parametrize("lengths", [(2, 3), (8, 0), (1, 20), (255, 4)])
    def test_records_with_them_are_read(self, lengths: tuple[int, int]) -> None:
        client, server = (b"\xc5" * length for length in lengths)
        flow = datagrams(identified_handshake(client, server))
        assert flow.history == "CsnGIi"
        assert noted(flow, "finished_seen") == [True, True]
        assert noted(flow, "application_bytes") == [60, 70]
        assert ConnectionBuilder(frozenset()).build(flow).established_evidence == "finished"
        assert not flow.problems

    def test_their_length_is_found_where_no_hello_says_it(self) -> None:
        turns = identified_handshake(bytes([0, 3, 0, 9]), bytes(range(17)))
        assert noted(datagrams(turns[4:]), "application_bytes") == [60, 70]
        assert noted(datagrams(turns[3:]), "application_bytes") == [70, 60]
        assert noted(datagrams([*handshake(), *turns[4:]]), "application_bytes") == [120, 70]

    def test_what_a_hello_says_counts_where_another_length_fits_too(self) -> None:
        treacherous = tls.u16(2 + 2 + 60) + b"\xc5\xc5"
        turns = identified_handshake(b"", treacherous)
        assert datagrams(turns[:5]).streams[0].reader.application_bytes == 60
        assert datagrams([*turns[:2], turns[4]]).streams[0].reader.application_bytes == 60
        hellos, answer = identified_handshake(treacherous, b"")[:2], (1, identified(treacherous, bytes(60)))
        assert datagrams([*hellos, answer]).streams[1].reader.application_bytes == 60
        assert datagrams(turns[4:5]).streams[0].reader.application_bytes == 64

    def test_a_finished_that_is_sent_again_is_no_content(self) -> None:
        turns = identified_handshake(b"to client", b"to server")
        assert noted(datagrams([*turns[:4], turns[2], *turns[3:]]), "application_bytes") == [60, 70]

    def test_a_record_that_no_length_makes_fit_is_a_problem(self) -> None:
        turns = identified_handshake(b"to client", b"to server")
        flow = datagrams([*turns, (0, identified(b"to server", b"\xff" * 60)[:-1])])
        assert noted(flow, "application_bytes") == [60, 70]
        assert [(error.layer, error.kind) for error, _ in flow.problems] == [("dtls", "bad_value")]

    def test_cut_anywhere_or_of_another_version_they_begin_no_flow(self) -> None:
        whole = identified(b"\xc5" * 6, b"\xff" * 60)
        for length in range(len(whole)):
            assert open_dtls(whole[:length], 0, length) is None
        older = identified(b"\xc5" * 6, b"\xff" * 60, DTLS10)
        assert open_dtls(older, 0, len(older)) is None

    def test_hellos_cut_anywhere_are_read_without_failing(self) -> None:
        turns = identified_handshake(b"to client", b"to server")
        for number, kind in ((0, 1), (1, 2)):
            side, octets = turns[number]
            body = octets[13 + 12 :]
            for length in range(34, len(body)):
                broken = record(22, fragments(kind, body[:length], 0)[0])
                flow = datagrams([*turns[:number], (side, broken), *turns[number + 1 :]])
                assert {error.layer for error, _ in flow.problems} <= {"handshake"}
                assert flow.streams[0].reader.application_bytes == 60


def in_capwap(octets: bytes) -> bytes:
    """Behind CAPWAP's preamble."""
    return b"\x01\x00\x00\x00" + octets


def in_channel(octets: bytes) -> bytes:
    """As data of a TURN channel, padded."""
    return b"\x40\x01" + tls.vector16(octets) + bytes(-len(octets) % 4)


def in_indication(octets: bytes) -> bytes:
    """As a TURN indication: the peer's address, then the data."""
    attributes = bytes.fromhex("0012 0008 0001 1234 c0000203") + tls.u16(0x0013) + tls.vector16(octets)
    attributes += bytes(-len(octets) % 4)
    return b"\x00\x16" + tls.u16(len(attributes)) + b"\x21\x12\xa4\x42" + bytes(12) + attributes


def beat(kind: int, payload_length: int, size: int, epoch: int = 0) -> bytes:
    """A heartbeat record of `size` octets that says it has a payload of `payload_length`."""
    return record(24, (bytes([kind]) + tls.u16(payload_length)).ljust(size, b"p"), epoch=epoch)


@pytest.mark.parametrize(
    ("turns", "seen"),
    [
        ([(0, beat(1, 16384, 3))], "attempt"),
        ([(0, beat(1, 1200, 3)), (1, beat(2, 1200, 1219))], "success"),
        ([(0, beat(1, 5, 24)), (1, beat(2, 5, 24))], None),
        ([*handshake(), (0, beat(0, 0, 60, 1)), (1, beat(0, 0, 1200, 1))], "longer_answer"),
        ([*handshake(), (0, beat(1, 16384, 60, 1)), (1, beat(2, 0, 60, 1))], None),
    ],
)
def test_heartbleed_is_seen_in_datagrams_as_in_streams(turns: list[Turn], seen: str | None) -> None:
    flow = datagrams([(0, record(22, fragments(1, hello(), 0)[0])), *turns])
    connection = ConnectionBuilder(frozenset({443})).build(flow)
    assert connection.heartbleed == seen
    assert (connection.heartbleed_packet is None) == (seen is None)


class TestAnotherAssociation:
    @pytest.mark.parametrize("size", [1 << 16, 50])
    def test_a_hello_with_another_random_begins_one(self, size: int) -> None:
        first, second = associations(handshake(size=size) + handshake(size=size, random=OTHER_RANDOM))
        assert (first.history, second.history) == ("CvCsxknGIi", "CvCsxknGIi")
        assert first.client_hello is not None
        assert second.client_hello is not None
        assert (first.client_hello.random, second.client_hello.random) == (tls.RANDOM, OTHER_RANDOM)
        assert [flow.streams[0].reader.application_bytes for flow in (first, second)] == [60, 60]

    @pytest.mark.parametrize("wrap", [lambda octets: octets, in_capwap, in_channel])
    def test_it_does_so_where_the_one_before_was_never_answered(self, wrap: Callable[[bytes], bytes]) -> None:
        hellos = [hello(), hello(), hello(random=OTHER_RANDOM), hello(random=OTHER_RANDOM)]
        flows = associations([(0, wrap(record(22, fragments(1, body, 0)[0]))) for body in hellos])
        assert [(flow.history, flow.streams[0].retransmitted) for flow in flows] == [("C", 1), ("C", 1)]

    def test_a_hello_that_is_repeated_or_has_a_cookie_does_not(self) -> None:
        again = record(22, fragments(1, hello(), 0)[0])
        other = record(22, fragments(1, hello(cookie=COOKIE, random=OTHER_RANDOM), 1)[0])
        assert datagrams([*handshake(), (0, again), (0, other)]).streams[0].retransmitted == 2

    def test_the_other_sides_hello_does_so_behind_an_answer_only(self) -> None:
        crossing = [(0, record(22, fragments(1, hello(), 0)[0]))]
        crossing.append((1, record(22, fragments(1, hello(random=OTHER_RANDOM), 0)[0])))
        assert datagrams(crossing * 2).history == "Cc"
        assert [flow.hello_side for flow in associations(handshake() + crossing[1:])] == [0, 0]

    def test_a_hello_that_is_cut_or_sealed_does_not(self) -> None:
        (whole,) = fragments(1, hello(random=OTHER_RANDOM), 0)
        sealed = record(22, whole, epoch=1)
        for octets in [sealed, *(record(22, whole)[:length] for length in range(len(record(22, whole))))]:
            assert len(associations([*handshake(), (0, octets)])) == 1


class TestOutcome:
    def test_a_client_whose_data_is_seen_is_believed_where_datagrams_may_be_lost(self) -> None:
        turns = [
            turn for turn in handshake(size=200) if turn[0] == 0 or (turn[1][0] == 22 and turn[1][3:5] == bytes(2))
        ]
        flow = datagrams([*turns, (0, record(23, bytes(40), epoch=1))])
        connection = ConnectionBuilder(frozenset({443})).build(flow)
        assert (connection.established, connection.established_evidence) == (True, "application_data")

    def test_keys_without_the_messages_in_front_of_them_are_a_gap(self) -> None:
        alert = (1, record(21, bytes(40), epoch=1))
        whole = handshake()
        for turns, gaps in (
            ([*whole, alert], (False, False)),
            ([*whole[:-2], alert], (False, True)),
            ([*whole[:-4], alert], (True, True)),
            ([alert], (False, False)),
        ):
            flow = datagrams(turns)
            assert tuple(stream.gap for stream in flow.streams) == gaps
            connection = ConnectionBuilder(frozenset({443})).build(flow)
            assert connection.established is (True if gaps == (False, False) and len(turns) > 1 else None)


class TestCarried:
    @pytest.mark.parametrize(
        ("wrap", "carrier"), [(in_capwap, "capwap"), (in_channel, "turn"), (in_indication, "turn")]
    )
    def test_dtls_behind_a_header_is_read(self, wrap: Callable[[bytes], bytes], carrier: str) -> None:
        check = (0, b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12))
        turns = [(side, wrap(octets)) for side, octets in handshake(size=200)]
        flow = datagrams([check, *turns[:3], check, *turns[3:]])
        assert flow.history == "CvCsxknGIi"
        assert flow.carrier == carrier
        assert not flow.problems

    def test_indications_and_a_channel_may_take_turns(self) -> None:
        turns = handshake()
        mixed = [(side, (in_indication, in_channel)[n % 2](octets)) for n, (side, octets) in enumerate(turns)]
        assert datagrams(mixed).history == "CvCsxknGIi"

    @pytest.mark.parametrize("wrap", [in_capwap, in_channel, in_indication])
    def test_cut_anywhere_it_is_left_alone(self, wrap: Callable[[bytes], bytes]) -> None:
        whole = wrap(record(22, fragments(1, hello(), 0)[0] + b"pad!"[: -len(hello()) % 4]))
        for length in range(len(whole) - 4):
            assert open_carried_dtls(whole[:length], 0, length) is None

    @pytest.mark.parametrize(
        "octets", [in_channel(bytes(40)), in_indication(b""), in_capwap(b""), b"\x00\x16" + bytes(40)]
    )
    def test_other_content_is_left_alone(self, octets: bytes) -> None:
        assert open_carried_dtls(octets, 0, len(octets)) is None


class TestLimits:
    @pytest.mark.parametrize(
        "header",
        [
            "01 000010 0000 000000 000011",  # a fragment longer than its message
            "01 000010 0000 00000f 000002",  # and one that ends behind it
            "01 200000 0000 000000 000004",  # a message past the limit
            "01 0000",
        ],
    )
    def test_fragments_that_lie_are_problems(self, header: str) -> None:
        broken = record(22, bytes.fromhex(header) + bytes(4))
        flow = datagrams([(0, record(22, fragments(1, hello(), 0)[0])), (0, broken)])
        assert [error.layer for error, _ in flow.problems] == ["dtls"]

    def test_messages_that_are_never_completed_are_bounded(self) -> None:
        flood = [(0, record(22, fragments(1, bytes(60_000), number, 1000)[0])) for number in range(1000)]
        reader = DtlsReader()
        wire = Wire(FlowTable(openers=(lambda *_: reader,)))
        for _, octets in flood:
            wire.add_datagram(ip_packet(CLIENT, SERVER, udp(CLIENT, SERVER, octets)))
        assert len(reader.messages[0]) <= 32
        (flow,) = wire.table.flows
        assert {error.kind for error, _ in flow.problems} == {"limit"}

    @pytest.mark.parametrize(
        "octets",
        [
            b"",
            bytes(40),
            record(22, fragments(1, hello(), 0)[0])[:-1],
            record(22, fragments(1, hello(), 0)[0], version=0x0303),
            record(19, bytes(40)),
            record(23, bytes(40), BEFORE_STANDARD),
            record(22, fragments(14, b"", 0)[0], BEFORE_STANDARD),
            record(22, b"\x01"),
            record(22, fragments(1, hello(), 0)[0]) + b"\x00",
        ],
    )
    def test_other_datagrams_are_left_alone(self, octets: bytes) -> None:
        assert open_dtls(octets, 0, len(octets)) is None


def test_a_handshake_cut_anywhere_is_read_without_failing() -> None:
    turns = handshake(size=300)
    for number, (side, octets) in enumerate(turns[1:], 1):
        for length in range(0, len(octets), 7):
            flow = datagrams([*turns[:number], (side, octets[:length]), *turns[number + 1 :]])
            assert all(error.kind in KINDS for error, _ in flow.problems)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from([20, 21, 22, 23, 24, 25, 26]), st.binary(max_size=80)), max_size=9
    )
)
def test_any_records_behind_a_hello_are_read_without_failing(contents: list[tuple[int, int, bytes]]) -> None:
    turns = [(side, record(kind, content)) for side, kind, content in contents]
    flow = datagrams([(0, record(22, fragments(1, hello(), 0)[0])), *turns])
    assert flow.client_hello is not None
    assert all(error.kind in KINDS for error, _ in flow.problems)
