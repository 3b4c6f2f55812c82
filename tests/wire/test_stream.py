"""TCP reassembly of one direction: whatever order segments come in, octets go out once and in order."""

from __future__ import annotations

import pytest
import tls_vectors as tls
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsinspect.wire.codes import LOST, READING
from tlsinspect.wire.record import Listener, RecordReader
from tlsinspect.wire.stream import Stream, may_start_record

Call = tuple[object, ...]

FIRST = 1000  # sequence number of the first octet
PENDING_SEGMENT_LIMIT = 1024
PENDING_BYTE_LIMIT = 1 << 20
HELLO = tls.handshake(tls.message(1, tls.client_hello(tls.server_name(b"name"))))
SESSION = HELLO + tls.handshake(tls.message(16, b"key")) + tls.application(200) + tls.application(300) + tls.alert(1, 0)


class Recorder(Listener):
    """Writes down what the records say, and during which packet."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.packets: list[tuple[int, int]] = []
        self.stream: Stream | None = None

    def write(self, *call: object) -> None:
        self.calls.append(call)
        if self.stream is not None:
            self.packets.append((self.stream.number, self.stream.time_ns))

    def handshake(self, reader: RecordReader, kind: int, body: bytes, length: int) -> None:
        self.write("handshake", kind, body, length)

    def alert(self, reader: RecordReader, level: int, description: int) -> None:
        self.write("alert", level, description)

    def application_data(self, reader: RecordReader, length: int) -> None:
        self.write("application_data", length)


def stream_of(recorder: Recorder | None = None, first: int = FIRST) -> Stream:
    stream = Stream(recorder or Recorder(), 0, b"key")
    stream.start(first)
    return stream


def send(stream: Stream, payload: bytes, place: int = 0, missing: int = 0, first: int = FIRST) -> None:
    """Accept a segment whose first octet is the stream's octet `place`; the packets are numbered and 10 ns apart."""
    stream.number += 1
    stream.time_ns = stream.number * 10
    data = b"header" + payload + b"padding"
    stream.accept(data, 6, 6 + len(payload), missing, (first + place) & 0xFFFFFFFF)


def told(*segments: tuple[int, int], first: int = FIRST) -> tuple[list[Call], Stream]:
    """Send slices of SESSION, each (start, end), then end the stream."""
    recorder = Recorder()
    stream = stream_of(recorder, first)
    for start, end in segments:
        send(stream, SESSION[start:end], start, first=first)
    stream.finish()
    return recorder.calls, stream


WHOLE = told((0, len(SESSION)))[0]
END = len(SESSION)


class TestOrder:
    def test_segments_in_order_are_delivered_as_they_come(self) -> None:
        calls, stream = told((0, 100), (100, 250), (250, END))
        assert [call[0] for call in calls] == [
            "handshake",
            "handshake",
            "application_data",
            "application_data",
            "alert",
        ]
        assert calls == WHOLE
        assert (stream.out_of_order, stream.retransmitted, stream.gap, stream.next_place) == (0, 0, False, END)
        assert stream.next_sequence == FIRST + END

    @pytest.mark.parametrize(
        ("ahead", "gap"), [(0, False), (-1, False), (1, True), (1 << 24, True), ((1 << 24) + 1, False)]
    )
    def test_a_fin_tells_of_octets_in_front_of_it_that_nothing_came_behind(self, ahead: int, gap: bool) -> None:
        calls, stream = told((0, END))
        stream.fin = True
        stream.fin_sequence = (FIRST + END + ahead) & 0xFFFFFFFF
        stream.finish()
        assert stream.gap is gap
        assert calls == WHOLE

    def test_a_segment_that_comes_early_waits(self) -> None:
        recorder = Recorder()
        stream = stream_of(recorder)
        send(stream, SESSION[50:], 50)
        assert recorder.calls == []
        assert (stream.out_of_order, stream.pending_bytes) == (1, END - 50)
        send(stream, SESSION[:50])
        assert recorder.calls == WHOLE
        assert (stream.pending or [], stream.pending_bytes, stream.gap) == ([], 0, False)

    def test_segments_in_reverse_are_delivered_in_order(self) -> None:
        calls, stream = told((300, END), (200, 300), (100, 200), (0, 100))
        assert calls == WHOLE
        assert (stream.out_of_order, stream.retransmitted, stream.gap) == (3, 0, False)

    def test_two_holes_are_filled_one_after_the_other(self) -> None:
        assert told((200, END), (100, 150), (150, 200), (0, 100))[0] == WHOLE

    def test_without_a_start_the_first_segment_is_the_beginning(self) -> None:
        recorder = Recorder()
        stream = Stream(recorder, 0, b"key")
        send(stream, SESSION)
        assert recorder.calls == WHOLE
        assert stream.started
        assert not stream.syn

    def test_what_lies_before_the_beginning_is_left_out(self) -> None:
        recorder = Recorder()
        stream = Stream(recorder, 0, b"key")
        send(stream, SESSION[100:], 100)
        send(stream, SESSION[:100], 0)
        assert stream.retransmitted == 1
        assert stream.next_place == END - 100
        assert not stream.overlap_conflict

    @pytest.mark.parametrize("first", [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFF80])
    def test_sequence_numbers_wrap(self, first: int) -> None:
        calls, stream = told((200, END), (0, 100), (100, 200), (0, 50), first=first)
        assert calls == WHOLE
        assert stream.next_sequence == (first + END) & 0xFFFFFFFF
        assert stream.next_place == END
        assert (stream.out_of_order, stream.retransmitted) == (1, 1)

    def test_places_go_on_where_sequence_numbers_wrap_twice(self) -> None:
        stream = stream_of()
        for _ in range(5):
            stream.deliver(b"", 0, 0, 0x7FFFFFFF)
        assert stream.next_place == 5 * 0x7FFFFFFF
        assert stream.next_sequence == (FIRST + 5 * 0x7FFFFFFF) & 0xFFFFFFFF


class TestOverlap:
    def test_a_retransmission_is_counted_and_not_delivered_again(self) -> None:
        calls, stream = told((0, 100), (0, 100), (100, END), (50, 150))
        assert calls == WHOLE
        assert (stream.retransmitted, stream.overlap_conflict) == (2, False)

    def test_the_new_end_of_an_overlapping_segment_is_delivered(self) -> None:
        calls, stream = told((0, 100), (60, END))
        assert calls == WHOLE
        assert (stream.retransmitted, stream.overlap_conflict) == (1, False)

    def test_the_new_end_of_an_overlapping_segment_fills_a_hole(self) -> None:
        calls, stream = told((0, 100), (150, END), (60, 170))
        assert calls == WHOLE
        assert not stream.overlap_conflict

    def test_early_segments_may_overlap_each_other(self) -> None:
        calls, stream = told((100, 200), (150, 300), (120, 180), (90, 320), (310, END), (0, 95))
        assert calls == WHOLE
        assert (stream.retransmitted, stream.overlap_conflict, stream.gap) == (1, False, False)

    def test_an_early_segment_that_came_already_is_a_retransmission(self) -> None:
        _, stream = told((100, 200), (100, 200), (120, 180), (0, END))
        assert (stream.out_of_order, stream.retransmitted) == (1, 2)

    def test_where_a_retransmission_differs_the_first_copy_counts(self) -> None:
        recorder = Recorder()
        stream = stream_of(recorder)
        send(stream, HELLO[:60])
        send(stream, b"\xee" * 60)
        send(stream, HELLO[60:], 60)
        assert recorder.calls == WHOLE[:1]
        assert stream.overlap_conflict

    def test_a_difference_in_any_part_of_a_retransmission_is_seen(self) -> None:
        for place in (0, 59, 60, 99):
            stream = stream_of()
            send(stream, SESSION[:60])
            send(stream, SESSION[60:100], 60)
            changed = bytearray(SESSION[:120])
            changed[place] ^= 1
            send(stream, bytes(changed))
            assert stream.overlap_conflict, place

    @pytest.mark.parametrize("other", [b"\x00", b"\xff"])
    def test_of_two_early_copies_the_first_counts(self, other: bytes) -> None:
        recorder = Recorder()
        stream = stream_of(recorder)
        send(stream, HELLO[40:80], 40)
        send(stream, other * 40, 40)
        send(stream, other * 30, 60)
        send(stream, HELLO[:40])
        assert stream.overlap_conflict
        assert stream.next_place == 90

    def test_of_two_early_copies_the_first_is_delivered(self) -> None:
        for other in (b"\x00", b"\xff"):
            recorder = Recorder()
            stream = stream_of(recorder)
            send(stream, HELLO[40:], 40)
            send(stream, other * 60, 20)
            send(stream, HELLO[:40])
            (call,) = recorder.calls
            body = call[2]
            assert isinstance(body, bytes)
            assert body == HELLO[9:20] + other * 20 + HELLO[40:]
            assert stream.overlap_conflict

    def test_a_segment_in_turn_gives_way_to_the_copy_that_came_early(self) -> None:
        recorder = Recorder()
        stream = stream_of(recorder)
        send(stream, HELLO[40:60], 40)
        send(stream, HELLO[:40] + b"\xee" * 20 + HELLO[60:])
        assert recorder.calls == WHOLE[:1]
        assert stream.overlap_conflict
        assert (stream.out_of_order, stream.retransmitted) == (1, 0)

    @pytest.mark.parametrize("octet", [b"\x00", SESSION[99:100]])
    def test_the_octet_of_a_keep_alive_is_no_retransmission_and_no_conflict(self, octet: bytes) -> None:
        stream = stream_of()
        send(stream, SESSION[:100])
        send(stream, octet, 99)
        assert (stream.retransmitted, stream.overlap_conflict) == (0, False)

    @pytest.mark.parametrize("lacking", [0, 30])
    def test_nor_is_it_behind_a_hole(self, lacking: int) -> None:
        stream = stream_of()
        send(stream, SESSION[40:100], 40, lacking)
        send(stream, b"\x00", 99 + lacking)
        send(stream, SESSION[:40])
        assert (stream.out_of_order, stream.retransmitted, stream.overlap_conflict) == (1, 0, False)
        assert stream.next_place == 100 + lacking

    def test_the_octet_of_a_window_probe_is_delivered_once(self) -> None:
        calls, stream = told((0, 100), (100, 101), (100, END))
        assert calls == WHOLE
        assert (stream.retransmitted, stream.overlap_conflict) == (1, False)


class TestHoles:
    def test_at_the_end_holes_are_stepped_over(self) -> None:
        calls, stream = told((0, len(HELLO)), (END - 300, END))
        assert calls[0] == WHOLE[0]
        assert calls[-1] == ("alert", 1, 0)
        assert stream.gap
        assert stream.next_place == END

    def test_a_hole_in_application_data_loses_no_record(self) -> None:
        calls, stream = told((0, 200), (250, END))
        assert calls == WHOLE
        assert stream.gap

    def test_several_holes_at_the_end_are_stepped_over_one_by_one(self) -> None:
        calls, stream = told((0, 200), (END - 7, END), (250, 280))
        assert calls == [*WHOLE[:2], ("application_data", 200), ("alert", 1, 0)]
        assert (stream.next_place, stream.pending or [], stream.pending_bytes) == (END, [], 0)

    def test_an_acknowledged_hole_is_given_up_once_four_segments_wait(self) -> None:
        recorder = Recorder()
        stream = stream_of(recorder)
        send(stream, SESSION[:200])
        for start in range(250, 280, 10):
            send(stream, SESSION[start : start + 10], start)
            stream.acknowledge(FIRST + 280)
        assert not stream.gap
        send(stream, SESSION[280:], 280)
        assert not stream.gap
        stream.acknowledge(FIRST + END)
        assert stream.gap
        assert recorder.calls == WHOLE

    def test_acknowledging_what_was_delivered_gives_nothing_up(self) -> None:
        stream = stream_of()
        send(stream, SESSION[:200])
        for start in range(250, 300, 10):
            send(stream, SESSION[start : start + 10], start)
        stream.acknowledge(FIRST + 200)
        stream.acknowledge(FIRST + 100)
        assert not stream.gap
        assert len(stream.pending) == 5

    def test_too_many_early_segments_give_up_the_hole(self) -> None:
        stream = stream_of()
        for number in range(PENDING_SEGMENT_LIMIT):
            send(stream, b"x", 10 + number)
        assert (stream.gap, len(stream.pending)) == (False, 1024)
        send(stream, b"x", 10 + PENDING_SEGMENT_LIMIT)
        assert (stream.gap, len(stream.pending), stream.pending_bytes) == (True, 0, 0)
        assert stream.next_place == 10 + PENDING_SEGMENT_LIMIT + 1

    def test_too_many_early_octets_give_up_the_hole(self) -> None:
        stream = stream_of()
        send(stream, bytes(PENDING_BYTE_LIMIT), 10)
        assert not stream.gap
        send(stream, b"x", 10 + PENDING_BYTE_LIMIT)
        assert stream.gap
        assert stream.pending_bytes == 0

    def test_a_segment_that_fills_a_hole_after_it_was_given_up_is_a_retransmission(self) -> None:
        stream = stream_of()
        send(stream, bytes(PENDING_BYTE_LIMIT + 1), 10)
        send(stream, b"x" * 10)
        assert (stream.gap, stream.retransmitted) == (True, 1)

    def test_what_waited_for_a_segment_is_told_during_that_segment(self) -> None:
        recorder = Recorder()
        recorder.stream = stream = stream_of(recorder)
        send(stream, SESSION[50:], 50)
        send(stream, SESSION[:50])
        assert recorder.packets == [(2, 20)] * 5
        assert stream.number == 2

    def test_what_breaks_off_at_a_hole_is_told_during_the_packet_with_its_last_octets(self) -> None:
        recorder = Recorder()
        recorder.stream = stream = stream_of(recorder)
        send(stream, SESSION[:20])
        send(stream, SESSION[20:40], 20)
        send(stream, SESSION[150:], 150)
        stream.finish()
        assert recorder.calls[0][0] == "handshake" and recorder.packets[0] == (2, 20)
        recorder = Recorder()
        recorder.stream = stream = stream_of(recorder)
        send(stream, SESSION[:20])
        stream.number, stream.time_ns = 9, 90
        stream.finish()
        assert recorder.packets == [(1, 10)] and stream.number == 9

    def test_what_lies_behind_a_hole_is_told_during_the_packet_that_it_came_with(self) -> None:
        recorder = Recorder()
        recorder.stream = stream = stream_of(recorder)
        send(stream, SESSION[:200])
        send(stream, SESSION[250:-7], 250)
        send(stream, SESSION[-7:], END - 7)
        send(stream, SESSION[:100])
        stream.finish()
        assert list(zip([call[0] for call in recorder.calls], recorder.packets, strict=True)) == [
            ("handshake", (1, 10)),
            ("handshake", (1, 10)),
            ("application_data", (1, 10)),
            ("application_data", (2, 20)),
            ("alert", (3, 30)),
        ]
        assert stream.number == 4


class TestMissingOctets:
    def test_octets_that_the_capture_cut_off_are_stepped_over(self) -> None:
        recorder = Recorder()
        stream = stream_of(recorder)
        send(stream, SESSION[:200], 0, 50)
        send(stream, SESSION[250:], 250)
        assert recorder.calls == WHOLE
        assert (stream.truncated, stream.gap, stream.next_place) == (True, False, END)

    def test_a_segment_of_which_nothing_was_captured_counts(self) -> None:
        recorder = Recorder()
        stream = stream_of(recorder)
        send(stream, SESSION[:200])
        send(stream, b"", 200, 50)
        send(stream, SESSION[250:], 250)
        assert recorder.calls == WHOLE
        assert stream.truncated

    def test_an_early_segment_with_octets_cut_off_waits_like_another(self) -> None:
        recorder = Recorder()
        stream = stream_of(recorder)
        send(stream, SESSION[310:330], 310, 20)
        send(stream, SESSION[350:], 350)
        send(stream, SESSION[:310])
        assert recorder.calls == WHOLE
        assert (stream.truncated, stream.gap) == (True, False)

    def test_a_retransmission_goes_on_where_the_cut_off_octets_end(self) -> None:
        recorder = Recorder()
        stream = stream_of(recorder)
        send(stream, SESSION[:200], 0, 50)
        send(stream, SESSION[200:210], 200, 60)
        send(stream, SESSION[270:], 270)
        assert recorder.calls == WHOLE
        assert stream.next_place == END
        assert (stream.retransmitted, stream.overlap_conflict) == (1, False)

    def test_a_hello_that_was_cut_off_hands_over_its_beginning(self) -> None:
        recorder = Recorder()
        stream = stream_of(recorder)
        send(stream, HELLO[:60], 0, len(HELLO) - 60)
        assert recorder.calls == [("handshake", 1, HELLO[9:60], len(HELLO) - 9)]


class TestHead:
    def test_the_first_octets_of_clear_text_are_kept(self) -> None:
        stream = stream_of()
        send(stream, b"EHLO me\r\n")
        send(stream, b"STARTTLS\r\n", 9)
        send(stream, HELLO, 19)
        assert stream.head == b"EHLO me\r\nSTARTTLS\r\n"
        assert stream.reader.mode == READING

    def test_no_more_than_1024_octets_are_kept(self) -> None:
        stream = stream_of()
        send(stream, b"a" * 800)
        send(stream, b"b" * 800, 800)
        send(stream, b"c" * 200, 1600)
        assert stream.head == b"a" * 800 + b"b" * 224

    def test_clear_text_that_begins_like_a_record_is_kept_and_the_beginning_of_a_hello_is_not(self) -> None:
        stream = stream_of()
        send(stream, b"\x99greeting")
        send(stream, b"\x15\x00\x00", 9)
        send(stream, HELLO[:3], 12)
        assert stream.head == b"\x99greeting\x15\x00\x00"
        send(stream, HELLO[3:], 15)
        assert stream.head == b"\x99greeting\x15\x00\x00"
        assert stream.reader.mode == READING

    def test_what_looks_like_tls_is_not_kept(self) -> None:
        assert told((0, END))[1].head == b""
        assert [octet for octet in range(128) if may_start_record(octet)] == [20, 21, 22, 23, 24]
        assert may_start_record(0x80)
        assert may_start_record(0xFF)


class TestEnd:
    def test_a_stream_that_ends_within_a_message_hands_over_its_beginning(self) -> None:
        assert told((0, 50))[0] == [("handshake", 1, HELLO[9:50], len(HELLO) - 9)]

    def test_a_stream_without_segments_ends_without_a_word(self) -> None:
        calls, stream = told()
        assert calls == []
        assert not stream.gap

    def test_a_released_stream_keeps_its_counters_and_nobody_listening(self) -> None:
        recorder = Recorder()
        stream = stream_of(recorder)
        send(stream, SESSION)
        stream.release()
        assert stream.reader.listener is not recorder
        assert not stream.compared
        assert (stream.reader.application_bytes, stream.next_place) == (500, END)

    def test_octets_are_kept_for_comparison_only_until_application_data_follows(self) -> None:
        stream = stream_of(Recorder())
        send(stream, tls.application(50))
        assert stream.compared
        stream.accept(tls.application(50), 0, 55, 0, stream.next_sequence)
        assert not stream.compared

    def test_the_place_is_lost_where_a_hole_swallowed_a_header(self) -> None:
        _, stream = told((0, 150), (END - 100, END - 50))
        assert stream.reader.mode == LOST


@st.composite
def segments_of_session(draw: st.DrawFn) -> list[tuple[int, int]]:
    """SESSION cut somewhere, in any order, with duplicates and overlapping copies."""
    cuts = sorted(draw(st.sets(st.integers(1, END - 1), max_size=8)))
    pieces = list(zip([0, *cuts], [*cuts, END], strict=True))
    copies = draw(st.lists(st.tuples(st.integers(0, END - 1), st.integers(1, 200)), max_size=6))
    pieces += [(start, min(start + length, END)) for start, length in copies]
    return list(draw(st.permutations(pieces)))


@settings(max_examples=120, deadline=None)
@given(segments_of_session(), st.sampled_from([FIRST, 0xFFFFFF80, 0x7FFFFF80]))
def test_any_order_with_any_copies_tells_the_same(segments: list[tuple[int, int]], first: int) -> None:
    calls, stream = told(*segments, first=first)
    assert calls == WHOLE
    assert (stream.gap, stream.overlap_conflict, stream.next_place) == (False, False, END)
    assert (stream.pending or [], stream.pending_bytes) == ([], 0)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 600), st.binary(max_size=60), st.integers(0, 30)), max_size=15),
    st.lists(st.integers(0, 700), max_size=3),
)
def test_any_segments_end_behind_the_last_of_them(
    segments: list[tuple[int, bytes, int]], acknowledgements: list[int]
) -> None:
    stream = stream_of()
    last = 0
    for place, payload, missing in segments:
        send(stream, payload, place, missing)
        last = max(last, place + len(payload) + missing)
    for place in acknowledgements:
        stream.acknowledge(FIRST + place)
    stream.finish()
    assert not stream.pending
    assert stream.pending_bytes == 0
    assert stream.next_place <= last
