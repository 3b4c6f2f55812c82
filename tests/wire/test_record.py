"""TLS records of one direction: what is called for them, in any cut, over holes, and where TLS begins."""

from __future__ import annotations

import random

import pytest
import tls_vectors as tls
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsinspect.errors import DecodeError
from tlsinspect.wire.codes import DETECTING, LOST, OTHER, READING
from tlsinspect.wire.record import Listener, RecordReader, is_begun_chain, is_hello, is_record_chain, is_record_header

Call = tuple[object, ...]

MESSAGE_LENGTH_LIMIT = 1 << 20
RECORD_LENGTH_LIMIT = 18432
CLIENT_HELLO = tls.handshake(tls.message(1, tls.client_hello(tls.server_name(b"name"))), version=0x0301)
SERVER_FLIGHT = tls.handshake(
    tls.message(2, tls.server_hello()), tls.message(11, tls.certificate(b"leaf")), tls.message(14)
)
CLOSE = tls.alert(1, 0)
SESSION = CLIENT_HELLO + tls.handshake(tls.message(16, b"key")) + tls.CHANGE_CIPHER_SPEC + tls.ENCRYPTED_FINISHED
SESSION += tls.application(300) + tls.application(5) + tls.record(21, b"\x11" * 26)
TLCP_HELLO = tls.handshake(tls.message(1, tls.client_hello(None, tls.u16(0xE013), version=0x0101)), version=0x0101)
TLCP_DATA = tls.record(23, b"\xa5" * 50, version=0x0101)


class Recorder(Listener):
    """Writes down what it is called with; a ChangeCipherSpec encrypts what follows, as in TLS 1.2."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.tls13 = False

    def handshake(self, reader: RecordReader, kind: int, body: bytes, length: int) -> None:
        self.calls.append(("handshake", kind, body, length))

    def sslv2_hello(self, reader: RecordReader, body: bytes, length: int) -> None:
        self.calls.append(("sslv2_hello", body))

    def sslv2_message(self, reader: RecordReader, kind: int, body: bytes, length: int) -> None:
        self.calls.append(("sslv2_message", kind, body, length))

    def change_cipher_spec(self, reader: RecordReader) -> None:
        self.calls.append(("change_cipher_spec",))
        reader.encrypted = not self.tls13

    def alert(self, reader: RecordReader, level: int, description: int) -> None:
        self.calls.append(("alert", level, description))

    def encrypted_handshake(self, reader: RecordReader, length: int) -> None:
        self.calls.append(("encrypted_handshake", length))

    def application_data(self, reader: RecordReader, length: int) -> None:
        self.calls.append(("application_data", length))

    def heartbeat(self, reader: RecordReader, length: int) -> None:
        self.calls.append(("heartbeat", length))

    def problem(self, error: DecodeError) -> None:
        self.calls.append(("problem", error.layer, error.kind))


def reader_with(recorder: Recorder) -> RecordReader:
    """A reader that has found TLS in its peer, so that any record header begins its own."""
    reader = RecordReader(recorder, 0)
    peer = RecordReader(recorder, 1)
    peer.mode = READING
    reader.peer = peer
    return reader


def read(*pieces: bytes | int, known: bool = False) -> tuple[list[Call], RecordReader]:
    """Feed pieces, and holes as their lengths; `known` says that the peer speaks TLS."""
    recorder = Recorder()
    reader = reader_with(recorder) if known else RecordReader(recorder, 0)
    for piece in pieces:
        if isinstance(piece, int):
            reader.skip(piece)
        else:
            reader.feed(b"header" + piece + b"\x16\x03\x01", 6, 6 + len(piece))  # as it lies in a packet
    reader.finish()
    return recorder.calls, reader


def hello_call(stream: bytes = CLIENT_HELLO) -> Call:
    """The call for the message in a hello's record."""
    return ("handshake", stream[5], stream[9:], len(stream) - 9)


class TestRecords:
    def test_a_session_is_told_in_order(self) -> None:
        calls, reader = read(SESSION)
        assert calls == [
            hello_call(),
            ("handshake", 16, b"key", 3),
            ("change_cipher_spec",),
            ("encrypted_handshake", 40),
            ("application_data", 300),
            ("application_data", 5),
            ("alert", -1, -1),
        ]
        assert (reader.application_bytes, reader.application_records) == (305, 2)

    def test_one_octet_at_a_time_tells_the_same(self) -> None:
        assert read(*[SESSION[at : at + 1] for at in range(len(SESSION))])[0] == read(SESSION)[0]

    def test_a_cut_anywhere_tells_the_same(self) -> None:
        whole = read(SESSION)[0]
        for cut in range(1, len(SESSION)):
            assert read(SESSION[:cut], SESSION[cut:])[0] == whole, cut

    def test_many_messages_in_a_record_are_told_one_by_one(self) -> None:
        calls, _ = read(SERVER_FLIGHT, known=True)
        assert [call[1] for call in calls] == [2, 11, 14]
        assert calls[1] == ("handshake", 11, tls.certificate(b"leaf"), 10)
        assert calls[2] == ("handshake", 14, b"", 0)

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 50])
    def test_a_message_over_many_records_is_told_once(self, size: int) -> None:
        messages = SERVER_FLIGHT[5:]
        records = b"".join(tls.record(22, messages[at : at + size]) for at in range(0, len(messages), size))
        assert read(records, known=True)[0] == read(SERVER_FLIGHT, known=True)[0]

    def test_other_records_between_the_parts_of_a_message_do_not_disturb_it(self) -> None:
        message = tls.message(11, b"c" * 30)
        calls, _ = read(
            tls.record(22, message[:10]) + tls.record(24, b"beat") + tls.record(22, message[10:]), known=True
        )
        assert calls == [("heartbeat", 4), ("handshake", 11, b"c" * 30, 30)]

    def test_empty_records_tell_their_length(self) -> None:
        calls, reader = read(CLIENT_HELLO + tls.application(0) + tls.record(24, b"") + tls.application(1))
        assert calls[1:] == [("application_data", 0), ("heartbeat", 0), ("application_data", 1)]
        assert (reader.application_bytes, reader.application_records) == (1, 2)

    def test_application_data_is_counted_but_not_told_once_nobody_watches(self) -> None:
        recorder = Recorder()
        reader = reader_with(recorder)
        reader.watching = False
        reader.feed(tls.application(100) + CLOSE, 0, 105 + 7)
        assert recorder.calls == [("alert", 1, 0)]
        assert reader.application_bytes == 100

    def test_a_record_may_be_as_long_as_any_version_allows(self) -> None:
        longest = tls.record(23, bytes(RECORD_LENGTH_LIMIT))
        assert read(CLIENT_HELLO + longest)[0][1:] == [("application_data", 18432)]
        assert read(CLIENT_HELLO + tls.record(23, bytes(RECORD_LENGTH_LIMIT + 1)))[0][1] == (
            "problem",
            "record",
            "bad_value",
        )

    def test_the_record_at_hand_is_known_while_a_message_is_told(self) -> None:
        seen: list[tuple[int, int, int]] = []

        class Watcher(Recorder):
            def handshake(self, reader: RecordReader, kind: int, body: bytes, length: int) -> None:
                seen.append((reader.record_type, reader.record_version, reader.record_length))

        RecordReader(Watcher(), 0).feed(CLIENT_HELLO, 0, len(CLIENT_HELLO))
        assert seen == [(22, 0x0301, len(CLIENT_HELLO) - 5)]


class TestEncryption:
    def test_handshake_records_behind_a_change_of_cipher_are_not_read(self) -> None:
        calls, _ = read(CLIENT_HELLO + tls.CHANGE_CIPHER_SPEC + tls.handshake(tls.message(20, b"finished")))
        assert calls[1:] == [("change_cipher_spec",), ("encrypted_handshake", 12)]

    def test_a_change_of_cipher_that_changes_nothing_leaves_the_second_hello_readable(self) -> None:
        recorder = Recorder()
        recorder.tls13 = True
        reader = RecordReader(recorder, 0)
        stream = CLIENT_HELLO + tls.CHANGE_CIPHER_SPEC + CLIENT_HELLO
        reader.feed(stream, 0, len(stream))
        assert recorder.calls == [hello_call(), ("change_cipher_spec",), hello_call()]

    def test_an_encrypted_message_that_looks_too_long_is_taken_for_what_it_is(self) -> None:
        calls, _ = read(CLIENT_HELLO + tls.record(22, b"\x8f\xff\xff\xff" + bytes(36)) + CLOSE)
        assert calls[1:] == [("encrypted_handshake", 40), ("alert", 1, 0)]


class TestAlerts:
    def test_an_alert_in_the_clear_tells_level_and_description(self) -> None:
        assert read(tls.alert(2, 40), known=True)[0] == [("alert", 2, 40)]

    def test_an_alert_is_put_together_from_pieces(self) -> None:
        alert = tls.alert(2, 70)
        assert read(alert[:6], alert[6:], known=True)[0] == [("alert", 2, 70)]

    def test_an_alert_behind_a_change_of_cipher_is_encrypted_whatever_its_length(self) -> None:
        assert read(CLIENT_HELLO + tls.CHANGE_CIPHER_SPEC + CLOSE)[0][-1] == ("alert", -1, -1)

    @pytest.mark.parametrize(
        ("record", "call"),
        [
            (tls.CHANGE_CIPHER_SPEC, ("change_cipher_spec",)),
            (tls.ENCRYPTED_FINISHED, ("encrypted_handshake", 40)),
            (tls.record(21, b"\x11" * 26), ("alert", -1, -1)),
        ],
    )
    def test_what_is_encrypted_or_not_read_is_told_of_with_its_last_octet(self, record: bytes, call: Call) -> None:
        recorder = Recorder()
        reader = RecordReader(recorder, 0)
        start = CLIENT_HELLO + (b"" if record == tls.CHANGE_CIPHER_SPEC else tls.CHANGE_CIPHER_SPEC)
        reader.feed(start, 0, len(start))
        told = len(recorder.calls)
        for at in range(len(record)):
            assert len(recorder.calls) == told
            reader.feed(record, at, at + 1)
        assert recorder.calls[told:] == [call]

    def test_the_end_of_an_encrypted_record_may_be_missing(self) -> None:
        start = CLIENT_HELLO + tls.CHANGE_CIPHER_SPEC
        assert read(start, tls.ENCRYPTED_FINISHED[:20])[0][2:] == [("encrypted_handshake", 40)]
        calls = read(start, tls.ENCRYPTED_FINISHED[:20], len(tls.ENCRYPTED_FINISHED) - 20, tls.application(5))[0]
        assert calls[2:] == [("encrypted_handshake", 40), ("application_data", 5)]

    def test_a_change_of_cipher_without_content_is_told_of(self) -> None:
        assert read(CLIENT_HELLO, tls.record(20, b""), tls.ENCRYPTED_FINISHED)[0][1:] == [
            ("change_cipher_spec",),
            ("encrypted_handshake", 40),
        ]

    @pytest.mark.parametrize(
        ("content", "call"), [(b"\1\0", ("alert", 1, 0)), (b"\2\x28", ("alert", 2, 40)), (b"\3\0", ("alert", -1, -1))]
    )
    def test_an_alert_that_is_not_encrypted_stands_in_front_of_its_mac(self, content: bytes, call: Call) -> None:
        record = tls.record(21, content + b"\x5a" * 20)
        for cut in range(len(record) + 1):
            recorder = Recorder()
            reader = reader_with(recorder)
            reader.encrypted = reader.readable = True
            reader.feed(record, 0, cut)
            reader.feed(record, cut, len(record))
            assert recorder.calls == [call]

    def test_an_alert_of_another_length_is_encrypted(self) -> None:
        assert read(tls.record(21, b"\x33" * 24), known=True)[0] == [("alert", -1, -1)]

    @pytest.mark.parametrize(
        "records", [("01000228",), ("01000228015a01000228",), ("02", "28"), ("010002", "28"), ("01", "0002", "280100")]
    )
    def test_alerts_in_the_clear_may_share_records_or_go_over_two(self, records: tuple[str, ...]) -> None:
        octets = bytes.fromhex("".join(records))
        stream = b"".join(tls.record(21, bytes.fromhex(record)) for record in records) + CLOSE
        told = [("alert", octets[at], octets[at + 1]) for at in range(0, len(octets), 2)]
        for cut in range(len(stream)):
            assert read(stream[:cut], stream[cut:], known=True)[0] == [*told, ("alert", 1, 0)], cut

    def test_a_short_record_of_what_are_no_alerts_is_encrypted(self) -> None:
        for content in (b"\x33", b"\x02\x28\x33", b"\x02\x28\x00\x28", b"\x33" * 11, b""):
            assert read(tls.record(21, content) + CLOSE, known=True)[0] == [("alert", -1, -1), ("alert", 1, 0)], content
        assert read(tls.record(21, b"\x01\x00" * 6), known=True)[0] == [("alert", -1, -1)]
        assert read(tls.alert(3, 40), known=True)[0] == [("alert", 3, 40)]

    def test_a_heartbeat_without_its_header_leaves_nothing_to_an_alert(self) -> None:
        assert read(tls.record(24, b"\x01") + CLOSE, known=True)[0] == [("heartbeat", 1), ("alert", 1, 0)]

    def test_half_an_alert_is_not_told(self) -> None:
        assert read(tls.record(21, b"\x02"), 7, CLOSE, known=True)[0] == [("alert", 1, 0)]
        alert = tls.alert(2, 70)
        assert read(alert[:6], 1, CLOSE, known=True)[0] == [("alert", 1, 0)]


class TestBadHeaders:
    @pytest.mark.parametrize("header", ["13 0303 0010", "19 0303 0010", "17 0203 0010", "17 0003 0010", "17 0303 4801"])
    def test_a_header_that_is_none_loses_the_place_until_the_next_boundary(self, header: str) -> None:
        stream = CLIENT_HELLO + bytes.fromhex(header) + b"\x55" * 20
        calls, reader = read(stream, b"\x66" * 50, tls.application(40))
        assert calls[1:] == [("problem", "record", "bad_value"), ("application_data", 40)]
        assert reader.mode == READING

    def test_a_bad_header_in_two_pieces_is_noted_too(self) -> None:
        calls, reader = read(CLIENT_HELLO + b"\x17\x03", b"\x03\xff\xff more", known=True)
        assert calls[1:] == [("problem", "record", "bad_value")]
        assert reader.mode == LOST

    def test_half_a_message_before_a_bad_header_is_handed_over_and_not_mixed_with_the_next(self) -> None:
        half = tls.record(22, tls.message(11, b"c" * 30)[:14])
        calls, _ = read(half + b"garbage", tls.handshake(tls.message(14)) + CLOSE, known=True)
        assert calls == [
            ("handshake", 11, b"c" * 10, 30),
            ("problem", "record", "bad_value"),
            ("handshake", 14, b"", 0),
            ("alert", 1, 0),
        ]


class TestHoles:
    def test_a_hole_in_application_data_keeps_the_place(self) -> None:
        data = tls.application(1000)
        calls, reader = read(CLIENT_HELLO + data[:100], 500, data[600:] + CLOSE)
        assert calls[1:] == [("application_data", 1000), ("alert", 1, 0)]
        assert reader.application_bytes == 1000

    def test_a_hole_up_to_the_record_end_keeps_the_place(self) -> None:
        data = tls.application(1000)
        assert read(CLIENT_HELLO + data[:100], 905, CLOSE)[0][1:] == [("application_data", 1000), ("alert", 1, 0)]

    def test_a_hole_over_a_header_loses_the_place_until_a_piece_begins_with_one(self) -> None:
        data = tls.application(1000)
        calls, reader = read(CLIENT_HELLO + data[:100], 1200, b"\x77" * 300, tls.application(60))
        assert calls[1:] == [("application_data", 1000), ("application_data", 60)]
        assert reader.mode == READING

    def test_a_hole_behind_the_first_octets_of_a_header_loses_the_place(self) -> None:
        calls, reader = read(CLIENT_HELLO + tls.application(50)[:3], 52)
        assert calls == [hello_call()]
        assert reader.mode == LOST

    def test_behind_a_hole_application_data_is_found_inside_a_piece(self) -> None:
        calls, _ = read(CLIENT_HELLO, 1000, b"\x77" * 99 + tls.application(60))
        assert calls[1:] == [("application_data", 60)]

    def test_behind_a_hole_a_header_is_found_behind_any_number_of_random_octets(self) -> None:
        noise = random.Random(7).randbytes(60_000).replace(b"\x17\x03\x03", b"\x17\x03\x09")
        calls, _ = read(CLIENT_HELLO, 1000, b"\x77" + noise + tls.application(60))
        assert calls[-1] == ("application_data", 60)

    @pytest.mark.parametrize("noise", [b"\x03", b"\x77\x03", b"\x17\x03\x04\0\1"])
    def test_behind_a_hole_a_piece_full_of_what_might_be_headers_is_looked_at_no_further(self, noise: bytes) -> None:
        piece = b"\x77" + noise * (1400 // len(noise))
        calls, reader = read(CLIENT_HELLO, 1000, piece + tls.application(60), tls.application(60))
        assert calls[1:] == [("application_data", 60)]
        assert reader.mode == READING

    def test_behind_a_hole_two_headers_that_lead_to_each_other_are_found_inside_a_piece(self) -> None:
        records = tls.record(23, b"\x77" * 30, 0x0301) + tls.record(21, b"\x77" * 20, 0x0301)
        calls, _ = read(CLIENT_HELLO, 1000, b"\x77" * 99 + records)
        assert calls[1:] == [("application_data", 30), ("alert", -1, -1)]

    def test_behind_a_hole_an_old_header_alone_in_a_piece_is_not_believed(self) -> None:
        calls, reader = read(CLIENT_HELLO, 1000, b"\x77" * 99 + tls.record(23, bytes(30), 0x0301) + b"\x77" * 9)
        assert calls == [hello_call()]
        assert reader.mode == LOST

    def test_a_message_with_a_hole_hands_over_its_beginning(self) -> None:
        calls, _ = read(CLIENT_HELLO[:40], 30)
        assert calls == [("handshake", 1, CLIENT_HELLO[9:40], len(CLIENT_HELLO) - 9)]

    def test_the_messages_behind_a_hole_in_the_same_record_are_read(self) -> None:
        record = tls.handshake(tls.message(11, b"c" * 100), tls.message(12, b"key"), tls.message(14))
        calls, _ = read(record[:50], 20, record[70:], CLOSE, known=True)
        assert calls == [
            ("handshake", 11, b"c" * 41, 100),
            ("handshake", 12, b"key", 3),
            ("handshake", 14, b"", 0),
            ("alert", 1, 0),
        ]

    def test_a_hole_that_ends_with_the_message_leaves_the_next_message_readable(self) -> None:
        record = tls.handshake(tls.message(11, b"c" * 100), tls.message(14))
        calls, _ = read(record[:50], 59, record[109:], known=True)
        assert calls == [("handshake", 11, b"c" * 41, 100), ("handshake", 14, b"", 0)]

    def test_a_hole_past_the_message_gives_up_the_record_but_not_the_next_one(self) -> None:
        record = tls.handshake(tls.message(11, b"c" * 100), tls.message(12, b"key"), tls.message(14))
        calls, _ = read(record[:50], 61, record[111:] + tls.handshake(tls.message(14)), known=True)
        assert calls == [("handshake", 11, b"c" * 41, 100), ("handshake", 14, b"", 0)]

    def test_the_rest_of_a_broken_message_in_the_next_record_is_stepped_over(self) -> None:
        message = tls.message(11, b"c" * 200)
        first, second = tls.record(22, message[:104]), tls.record(22, message[104:] + tls.message(14))
        calls, _ = read(first[:50], 10, first[60:] + second, known=True)
        assert calls == [("handshake", 11, b"c" * 41, 200), ("handshake", 14, b"", 0)]

    def test_two_holes_in_one_message_are_stepped_over(self) -> None:
        record = tls.handshake(tls.message(11, b"c" * 100), tls.message(14))
        calls, _ = read(record[:30], 10, record[40:60], 20, record[80:], known=True)
        assert calls == [("handshake", 11, b"c" * 21, 100), ("handshake", 14, b"", 0)]

    def test_a_message_whose_header_is_in_the_hole_is_left_out(self) -> None:
        record = tls.handshake(tls.message(11, b"c" * 100))
        calls, _ = read(record[:7], 20, record[27:] + tls.handshake(tls.message(14)), known=True)
        assert calls == [("handshake", 14, b"", 0)]

    def test_after_the_place_was_lost_nothing_is_owed_to_the_broken_message(self) -> None:
        record = tls.record(22, tls.message(11, b"c" * 9000)[:5000])
        calls, _ = read(record[:50], 6000, tls.handshake(tls.message(14)), known=True)
        assert calls == [("handshake", 11, b"c" * 41, 9000), ("handshake", 14, b"", 0)]

    def test_a_hole_before_anything_was_found_is_nothing(self) -> None:
        calls, reader = read(CLIENT_HELLO[:6], 20)
        assert calls == []
        assert reader.mode == DETECTING

    def test_the_end_hands_over_the_beginning_of_a_message(self) -> None:
        assert read(CLIENT_HELLO[:30])[0] == [("handshake", 1, CLIENT_HELLO[9:30], len(CLIENT_HELLO) - 9)]

    def test_the_end_within_a_message_header_tells_nothing(self) -> None:
        assert read(tls.record(22, b"\x0b\x00\x00"), known=True)[0] == []


class TestLongMessages:
    def test_a_message_up_to_the_limit_is_read(self) -> None:
        message = tls.message(11, bytes(MESSAGE_LENGTH_LIMIT))
        records = b"".join(tls.record(22, message[at : at + 16384]) for at in range(0, len(message), 16384))
        calls, _ = read(records, known=True)
        assert [(call[0], call[1], call[3]) for call in calls] == [("handshake", 11, MESSAGE_LENGTH_LIMIT)]

    def test_a_message_past_the_limit_is_noted_and_stepped_over(self) -> None:
        message = tls.message(11, bytes(MESSAGE_LENGTH_LIMIT + 1))
        records = b"".join(tls.record(22, message[at : at + 16384]) for at in range(0, len(message), 16384))
        calls, _ = read(records + tls.handshake(tls.message(14)), known=True)
        assert calls == [("problem", "handshake", "limit"), ("handshake", 14, b"", 0)]


class TestDetection:
    def test_a_hello_of_either_side_begins_tls(self) -> None:
        assert read(CLIENT_HELLO)[0] == [hello_call()]
        assert [call[1] for call in read(SERVER_FLIGHT)[0]] == [2, 11, 14]

    def test_clear_text_before_the_hello_is_not_read(self) -> None:
        calls, reader = read(b"EHLO me\r\nSTARTTLS\r\n", CLIENT_HELLO)
        assert calls == [hello_call()]
        assert reader.mode == READING

    def test_a_hello_in_the_middle_of_a_segment_is_found(self) -> None:
        assert read(b"CONNECT host:443 HTTP/1.1\r\n\r\n" + CLIENT_HELLO)[0] == [hello_call()]

    def test_a_hello_split_in_its_header_is_found(self) -> None:
        for cut in range(1, 11):
            assert read(CLIENT_HELLO[:cut], CLIENT_HELLO[cut:])[0] == [hello_call()], cut

    @pytest.mark.parametrize("size", range(1, 7))
    def test_a_hello_in_records_of_few_octets_is_found_wherever_the_piece_ends(self, size: int) -> None:
        content = CLIENT_HELLO[5:]
        parts = [content[at : at + size] for at in range(0, len(content), size)]
        stream = b"".join(tls.handshake(part, version=0x0301) for part in parts)
        for cut in range(1, 40):
            assert read(stream[:cut], stream[cut:])[0] == [hello_call()], cut
            assert read(stream[:cut], stream[cut : cut + 1], stream[cut + 1 :])[0] == [hello_call()], cut

    def test_in_the_middle_of_a_connection_the_header_behind_a_record_may_be_in_two_pieces(self) -> None:
        two = tls.application(50) + tls.application(60)
        for cut in range(56, 61):
            assert read(two[:cut], two[cut:])[0] == [("application_data", 50), ("application_data", 60)], cut
        assert read(two[:56] + b"\x02", two[57:])[0] == []

    def test_a_stream_that_stays_clear_text_is_no_tls(self) -> None:
        calls, reader = read(
            b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03 is how a record begins", b"\x16", b"\x03\x01\x02 not"
        )
        assert calls == []
        assert reader.mode == DETECTING

    def test_clear_text_is_searched_for_a_hello_up_to_a_limit_but_its_beginnings_always(self) -> None:
        text = b"x" * 8192
        hidden = b"text" + CLIENT_HELLO
        assert read(text[:8191], hidden)[0] == [hello_call()]
        assert read(text, hidden)[0] == []
        assert read(text, text, CLIENT_HELLO)[0] == [hello_call()]

    def test_in_the_middle_of_a_connection_records_that_lead_to_each_other_begin_tls(self) -> None:
        assert read(tls.application(50) + tls.application(60))[0] == [
            ("application_data", 50),
            ("application_data", 60),
        ]
        assert read(tls.application(50) + tls.application(60) + tls.application(70)[:20])[1].mode == READING

    def test_in_the_middle_of_a_connection_one_record_that_fills_the_piece_begins_tls(self) -> None:
        assert read(tls.application(50))[0] == [("application_data", 50)]
        assert read(tls.application(50)[:-1])[1].mode == DETECTING

    def test_a_record_begins_tls_wherever_the_peer_speaks_it(self) -> None:
        assert read(tls.application(50)[:20], known=True)[0] == [("application_data", 50)]

    @pytest.mark.parametrize("text", [b"\x00\x5a\x99\xb5\x0a\xb4\x9c\xf9", b"HTTP/1.1 200 OK\r\n\r\n", b"\xf9"])
    def test_a_hello_behind_clear_text_is_found_where_the_peer_speaks_it_already(self, text: bytes) -> None:
        hello = tls.handshake(tls.message(2, tls.server_hello()))
        for cut in range(len(text)):
            recorder = Recorder()
            reader = RecordReader(recorder, 0)
            peer = reader.peer = RecordReader(recorder, 1)
            if cut:
                reader.feed(text[:cut], 0, cut)  # what comes before the peer's hello
            peer.mode = READING
            for piece in (text[cut:] + hello[:20], hello[20:]):
                reader.feed(piece, 0, len(piece))
            assert [call[:2] for call in recorder.calls] == [("handshake", 2)], cut

    def test_an_alert_in_any_pieces_is_read_where_the_other_side_is_no_tls(self) -> None:
        alert = tls.alert(2, 70)
        for first in range(len(alert)):
            for second in range(first, len(alert)):
                calls, _ = read(alert[:first], alert[first:second], alert[second:])
                assert calls == [("alert", 2, 70)], (first, second)

    def test_text_that_begins_like_an_alert_is_none(self) -> None:
        for text in (b"\x15", b"\x15\x03", b"\x15\x03\x03\x00"):
            calls, reader = read(text, b" and text", CLIENT_HELLO)
            assert (calls, reader.mode) == ([hello_call()], READING)

    def test_random_octets_are_not_taken_for_tls(self) -> None:
        generator = random.Random(1)
        for _ in range(300):
            reader = read(*[generator.randbytes(generator.randint(1, 1460)) for _ in range(5)])[1]
            assert reader.mode == DETECTING

    @pytest.mark.parametrize(("place", "octet"), [(0, 0x17), (1, 2), (2, 5), (3, 0x49), (5, 3), (6, 0x20), (9, 2)])
    def test_a_hello_with_one_octet_out_of_place_is_none(self, place: int, octet: int) -> None:
        assert is_hello(CLIENT_HELLO, 0)
        assert not is_hello(CLIENT_HELLO[:place] + bytes([octet]) + CLIENT_HELLO[place + 1 :], 0)

    def test_a_hello_too_short_for_its_random_is_none(self) -> None:
        assert not is_hello(tls.handshake(tls.message(1, b"\x03\x03" + bytes(35))), 0)
        assert is_hello(tls.handshake(tls.message(2, tls.server_hello())), 0)

    def test_only_a_server_answers_with_a_draft_as_legacy_version(self) -> None:
        assert is_hello(tls.handshake(tls.message(2, b"\x7f\x12" + bytes(40))), 0)
        assert not is_hello(tls.handshake(tls.message(1, b"\x7f\x12" + bytes(40))), 0)

    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            ("16", True), ("16 03", True), ("18 0303 4800", True), ("14 03ff 0001", True), ("16 03 01 ff", True),
            ("13", False), ("19 03", False), ("16 02", False), ("17 0303 4801", False),
        ],
    )  # fmt: skip
    def test_as_much_of_a_header_as_there_is_must_fit(self, data: str, expected: bool) -> None:
        octets = bytes.fromhex(data)
        assert bool(is_record_header(octets, 0, len(octets))) is expected

    def test_a_hello_of_tlcp_begins_tls_and_its_records_follow(self) -> None:
        for cut in range(len(TLCP_HELLO)):
            calls, reader = read(TLCP_HELLO[:cut], TLCP_HELLO[cut:] + TLCP_DATA)
            assert calls == [hello_call(TLCP_HELLO), ("application_data", 50)], cut
            assert reader.record_version == 0x0101

    def test_behind_a_hole_in_tlcp_a_piece_that_begins_with_its_header_is_read(self) -> None:
        calls, reader = read(TLCP_HELLO, 100, TLCP_DATA[:20])
        assert (calls[1:], reader.mode) == ([("application_data", 50)], READING)

    def test_the_answer_to_tlcp_may_be_tlcp_or_an_alert_of_tls(self) -> None:
        for answer, told in ((TLCP_DATA, ("application_data", 50)), (tls.alert(2, 70), ("alert", 2, 70))):
            for cut in range(len(answer)):
                recorder = Recorder()
                reader = reader_with(recorder)
                assert reader.peer is not None
                reader.peer.record_version = 0x0101
                reader.feed(answer[:cut], 0, cut)
                reader.feed(answer[cut:], 0, len(answer) - cut)
                assert recorder.calls == [told]

    def test_records_of_tlcp_are_none_where_nobody_began_it(self) -> None:
        assert read(TLCP_DATA + TLCP_DATA)[1].mode == DETECTING
        assert read(TLCP_DATA, known=True)[0] == []
        assert read(CLIENT_HELLO, TLCP_DATA)[0] == [hello_call(), ("problem", "record", "bad_value")]
        assert read(TLCP_HELLO, TLCP_DATA[:3] + b"\x48\x01")[0][1:] == [("problem", "record", "bad_value")]

    @pytest.mark.parametrize(("place", "octet"), [(1, 3), (2, 0), (2, 3), (5, 3), (9, 3), (10, 3)])
    def test_a_hello_of_tlcp_with_one_octet_out_of_place_is_none(self, place: int, octet: int) -> None:
        assert is_hello(TLCP_HELLO, 0)
        assert not is_hello(TLCP_HELLO[:place] + bytes([octet]) + TLCP_HELLO[place + 1 :], 0)

    @pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1400])
    def test_a_record_that_begins_what_was_captured_may_come_in_pieces(self, size: int) -> None:
        said = tls.ENCRYPTED_FINISHED + tls.alert(1, 0) + tls.application(16000) + tls.application(50)
        pieces = [said[at : at + size] for at in range(0, len(said), size)]
        calls, reader = read(*pieces)
        assert [call for call in calls if call[0] == "alert"] == [("alert", 1, 0)]
        assert (reader.application_bytes, reader.application_records) == (16050, 2)
        large = tls.application(16000)
        calls, reader = read(*[large[at : at + size] for at in range(0, len(large), size)])
        assert reader.application_bytes == 16000

    @pytest.mark.parametrize("size", [3, 4, 7, 1400])
    @pytest.mark.parametrize("said", [tls.application(60) + b"other", b"\x17\x03\x05" + bytes(80), b"\x17\x03\x03"])
    def test_what_only_begins_like_a_record_is_none(self, said: bytes, size: int) -> None:
        calls, reader = read(*[said[at : at + size] for at in range(0, len(said), size)])
        assert (calls, reader.mode) == ([], DETECTING)

    def test_a_chain_is_two_headers_or_one_record_that_ends_with_the_piece(self) -> None:
        one = tls.application(9)
        for data, expected in (
            (one, True),
            (one + one[:5], True),
            (one + one[:4], False),
            (one + b"other", False),
            (b"", False),
        ):
            assert bool(is_record_chain(data, 0, len(data))) is expected, data

    def test_a_chain_has_begun_where_the_piece_ends_within_its_first_headers(self) -> None:
        one = tls.application(9)
        for data, expected in (
            (one[:1], True),
            (one[:7], True),
            (one + one[:1], True),
            (one + one[:4], True),
            (one, False),
            (one + b"\x17\x03\x09\x00\x05", False),
            (b"\x17\x03\x03\x00\x00", False),
        ):
            assert bool(is_begun_chain(data, 0, len(data))) is expected, data


class TestSslv2Hello:
    def test_an_old_hello_that_offers_tls_is_told_and_records_follow(self) -> None:
        calls, reader = read(tls.sslv2_hello(0x0301) + tls.handshake(tls.message(16, b"key")))
        assert calls == [("sslv2_hello", tls.sslv2_hello(0x0301)[3:]), ("handshake", 16, b"key", 3)]
        assert (reader.mode, reader.record_version) == (READING, 0x0303)

    def test_an_old_hello_in_pieces_tells_the_same(self) -> None:
        stream = tls.sslv2_hello(0x0303) + tls.handshake(tls.message(16, b"key"))
        whole = read(stream)[0]
        for cut in range(1, len(stream)):
            assert read(stream[:cut], stream[cut:])[0] == whole, cut
        assert read(*[stream[at : at + 1] for at in range(len(stream))])[0] == whole

    def test_what_follows_a_hello_of_ssl_2_are_its_records_and_no_tls(self) -> None:
        calls, reader = read(tls.sslv2_hello(2) + b"\x80\x0b" + CLIENT_HELLO[:11], b"\x80\x0b" + CLIENT_HELLO[:11])
        assert calls == [("sslv2_hello", tls.sslv2_hello(2)[3:]), *[("encrypted_handshake", 11)] * 2]
        assert reader.mode == OTHER

    @pytest.mark.parametrize(
        ("place", "octet"), [(0, 0x2E), (1, 0x00), (2, 4), (3, 4), (5, 1), (6, 5), (8, 15), (10, 17)]
    )
    def test_an_old_hello_whose_lengths_disagree_is_none(self, place: int, octet: int) -> None:
        hello = tls.sslv2_hello()
        changed = hello[:place] + bytes([octet]) + hello[place + 1 :]
        calls, reader = read(changed, bytes(1200))
        assert calls == []
        assert reader.mode == DETECTING

    def test_an_old_hello_longer_than_the_limit_is_none(self) -> None:
        assert read(tls.sslv2_hello(kinds=bytes(999)))[0] != []
        assert read(tls.sslv2_hello(kinds=bytes(1002)))[0] == []

    def test_an_old_hello_without_ciphers_is_none(self) -> None:
        assert read(tls.sslv2_hello(kinds=b""))[0] == []


STREAMS = [SESSION, SERVER_FLIGHT + tls.application(40), tls.sslv2_hello() + SESSION[len(CLIENT_HELLO) :]]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(STREAMS), st.data())
def test_any_cutting_of_a_stream_tells_the_same(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=12)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert read(*pieces)[0] == read(stream)[0]


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(STREAMS),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4),
    st.integers(1, 99),
)
def test_a_changed_stream_is_read_to_its_end_in_any_pieces(
    stream: bytes, changes: list[tuple[int, int]], size: int
) -> None:
    changed = bytearray(stream)
    for place, octet in changes:
        changed[place % len(changed)] = octet
    calls, reader = read(*[bytes(changed[at : at + size]) for at in range(0, len(changed), size)])
    assert reader.mode in (DETECTING, READING, LOST, OTHER)
    for call in calls:
        if call[0] == "handshake":
            assert len(call[2]) <= call[3] <= MESSAGE_LENGTH_LIMIT  # type: ignore[arg-type,operator]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(STREAMS), st.integers(0, 500), st.integers(1, 500))
def test_a_hole_anywhere_changes_no_call_before_it(stream: bytes, start: int, length: int) -> None:
    start %= len(stream)
    end = min(start + length, len(stream))
    before = read(stream[:start])[0]
    calls = read(stream[:start], end - start, stream[end:])[0]
    whole = read(stream)[0]
    common = [one for one, other in zip(before, whole, strict=False) if one == other]
    assert calls[: len(common)] == common
