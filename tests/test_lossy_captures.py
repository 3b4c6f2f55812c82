"""What a capture that lacks something still says: chains that a hole cuts, copies that differ, one side alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import tls_vectors as tls
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from tcp_segments import CLIENT, SERVER, Talk, Wire
from traffic import (
    ACK,
    FIN,
    NOON_NS,
    STEP_NS,
    SYN,
    Packet,
    converse,
    pcap,
    segment,
    tls12_turns,
    tls13_turns,
    write_pcap,
)

import tlsinspect
from tlsinspect.cli import main
from tlsinspect.connection import Connection
from tlsinspect.connection_builder import ConnectionBuilder
from tlsinspect.wire.codes import RST
from tlsinspect.wire.flow_table import FlowTable

LEAF, ISSUER, ROOT = b"leaf" * 300, b"issuer" * 200, b"root" * 250
HELLO, FLIGHT, KEYS, FINISHED, SENT, ANSWERED = tls12_turns(tls.server_name(b"name"), LEAF, ISSUER, ROOT)
REST = (KEYS, FINISHED, SENT, ANSWERED)


def digests(*ders: bytes) -> tuple[str, ...] | None:
    return tuple(sha256(der).hexdigest() for der in ders) or None


def built(talk: Talk) -> Connection:
    return ConnectionBuilder(frozenset({443})).build(talk.only())


class TestCutChain:
    @pytest.mark.parametrize(
        ("behind", "kept"),
        [
            (LEAF, (LEAF,)),
            (ISSUER, (LEAF, ISSUER)),
            (LEAF[:-1], ()),
            (ISSUER[:-1], (LEAF,)),
            (ROOT[:-1], (LEAF, ISSUER)),
        ],
    )
    def test_the_certificates_before_a_hole_are_kept_with_a_problem(
        self, behind: bytes, kept: tuple[bytes, ...]
    ) -> None:
        place = FLIGHT.find(behind) + len(behind)
        talk = Talk().open().say(HELLO)
        talk.segment(1, ACK, FLIGHT[:place])
        talk.lose(1, 40)
        talk.segment(1, ACK, FLIGHT[place + 40 :])
        connection = built(talk.say(*REST))
        assert connection.certificate_sha256s == digests(*kept)
        assert connection.gap
        assert connection.established is True
        assert [(error.layer, error.kind) for error, _ in connection.problems] == [("handshake", "truncated")]
        assert connection.certificate_state == ("" if kept else "gap")

    def test_a_capture_length_cuts_a_chain_in_the_same_way(self) -> None:
        place = FLIGHT.find(ISSUER) + len(ISSUER)
        talk = Talk().open().say(HELLO)
        talk.segment(1, ACK, FLIGHT, missing=len(FLIGHT) - place)
        connection = built(talk.say(*REST))
        assert connection.certificate_sha256s == digests(LEAF, ISSUER)
        assert connection.truncated and not connection.gap

    @settings(max_examples=60, deadline=None)
    @given(st.integers(FLIGHT.find(LEAF) - 3, len(FLIGHT) - 1), st.integers(1, 600))
    def test_a_hole_anywhere_in_the_chain_keeps_what_is_whole_in_front_of_it(self, place: int, length: int) -> None:
        talk = Talk().open().say(HELLO)
        talk.segment(1, ACK, FLIGHT[:place])
        talk.lose(1, min(length, len(FLIGHT) - place))
        if place + length < len(FLIGHT):
            talk.segment(1, ACK, FLIGHT[place + length :])
        connection = built(talk.say(*REST))
        whole = [der for der in (LEAF, ISSUER, ROOT) if FLIGHT.find(der) + len(der) <= place]
        if place < FLIGHT.find(ROOT) + len(ROOT):
            assert connection.certificate_sha256s == digests(*whole)
        assert connection.established is True

    def test_a_chain_that_lies_about_its_end_keeps_what_comes_before(self) -> None:
        body = tls.vector24(tls.vector24(LEAF) + b"\x00\x00\x09short")
        flight = tls.handshake(tls.message(2, tls.server_hello()), tls.message(11, body))
        connection = built(Talk().open().say(HELLO, flight))
        assert connection.certificate_sha256s == digests(LEAF)
        assert [(error.kind, packet) for error, packet in connection.problems] == [("truncated", 5)]

    def test_each_connection_with_such_a_chain_has_the_problem(self) -> None:
        body = tls.vector24(tls.vector24(LEAF) + b"\x00\x00\x09short")
        flight = tls.handshake(tls.message(2, tls.server_hello()), tls.message(11, body))
        wire = Wire()
        for port in (1000, 1001):
            Talk(wire, ("192.0.2.1", port)).open().say(HELLO, flight)
        builder = ConnectionBuilder(frozenset())
        assert [len(builder.build(flow).problems) for flow in wire.finish()] == [1, 1]


def overlapping(last_wins: bool, *pieces: tuple[int, bytes]) -> Connection:
    """A connection whose server's flight begins to arrive with its second octet; the first comes at the end."""
    table = FlowTable()
    table.last_wins = last_wins
    talk = Talk(Wire(table)).open().say(HELLO)
    first = talk.sent[1]
    for place, payload in (*pieces, (0, FLIGHT[:1])):
        talk.segment(1, ACK, payload, sequence=first + place)
    talk.sent[1] = first + len(FLIGHT)
    return ConnectionBuilder(frozenset()).build(talk.say(*REST).only())


class TestOverlap:
    FORGED = FLIGHT.replace(LEAF, b"evil" * 300)

    def test_of_copies_that_wait_the_first_counts_or_the_last(self) -> None:
        for last_wins, leaf in ((False, LEAF), (True, b"evil" * 300)):
            connection = overlapping(last_wins, (1, FLIGHT[1:]), (1, self.FORGED[1:]))
            assert connection.overlap_conflict
            assert connection.certificate_sha256s == digests(leaf, ISSUER, ROOT)

    def test_what_the_last_copy_does_not_have_stays(self) -> None:
        place = FLIGHT.find(LEAF)
        for last_wins, leaf in ((False, LEAF), (True, LEAF[:100] + b"evil" * 10 + LEAF[140:])):
            connection = overlapping(last_wins, (1, FLIGHT[1:]), (place + 100, b"evil" * 10))
            assert connection.overlap_conflict
            assert connection.certificate_sha256s == digests(leaf, ISSUER, ROOT)

    def test_a_copy_over_several_segments_counts_for_all_of_them(self) -> None:
        cuts = range(1, len(FLIGHT), 500)
        pieces = [(at, FLIGHT[at : at + 500]) for at in cuts]
        for last_wins, leaf in ((False, LEAF), (True, b"evil" * 300)):
            connection = overlapping(last_wins, *pieces, (1, self.FORGED[1:]))
            assert connection.certificate_sha256s == digests(leaf, ISSUER, ROOT)

    def test_what_was_in_turn_was_read_and_stays_whatever_comes_last(self) -> None:
        for last_wins in (False, True):
            table = FlowTable()
            table.last_wins = last_wins
            talk = Talk(Wire(table)).open().say(HELLO, FLIGHT)
            talk.segment(1, ACK, self.FORGED, sequence=talk.sent[1] - len(FLIGHT))
            connection = ConnectionBuilder(frozenset()).build(talk.say(*REST).only())
            assert connection.overlap_conflict
            assert connection.certificate_sha256s == digests(LEAF, ISSUER, ROOT)

    def test_equal_copies_are_no_conflict(self) -> None:
        for last_wins in (False, True):
            connection = overlapping(last_wins, (1, FLIGHT[1:]), (200, FLIGHT[200:900]))
            assert not connection.overlap_conflict
            assert connection.certificate_sha256s == digests(LEAF, ISSUER, ROOT)

    @settings(max_examples=80, deadline=None)
    @given(st.lists(st.tuples(st.integers(1, 300), st.integers(1, 200), st.integers(0, 255)), max_size=12))
    def test_the_last_copies_win_octet_by_octet(self, copies: list[tuple[int, int, int]]) -> None:
        expected = bytearray(500)
        table = FlowTable()
        table.last_wins = True
        talk = Talk(Wire(table)).open()
        first = talk.sent[0]
        talk.segment(0, ACK, bytes(499), sequence=first + 1)
        for place, length, octet in copies:
            expected[place : place + length] = bytes([octet]) * length
            talk.segment(0, ACK, bytes([octet]) * length, sequence=first + place)
        pieces = sorted(talk.wire.table.flows.__iter__().__next__().streams[0].pending)
        assert b"".join(piece[1] for piece in pieces) == bytes(expected[1:])
        assert all(one[0] + len(one[1]) == two[0] for one, two in itertools.pairwise(pieces))

    def test_the_option_reaches_the_reading(self, tmp_path: Path) -> None:
        packets = converse(HELLO, closed=False)
        for place, payload in ((1, FLIGHT[1:]), (1, self.FORGED[1:]), (0, FLIGHT[:1])):
            frame = segment(SERVER, CLIENT, ACK, 2001 + place, 1001 + len(HELLO), payload)
            packets.append(Packet(NOON_NS + STEP_NS * 10 * len(packets), frame))
        path = write_pcap(tmp_path / "overlap.pcap", packets)
        first, last = tlsinspect.read(path), tlsinspect.read(path, overlap="last")
        assert first.connections["overlap_conflict"].tolist() == last.connections["overlap_conflict"].tolist() == [True]
        assert next(iter(first.connections["certificate_sha256s"][0])) == sha256(LEAF).hexdigest()
        assert next(iter(last.connections["certificate_sha256s"][0])) == sha256(b"evil" * 300).hexdigest()
        with pytest.raises(ValueError, match="neither"):
            tlsinspect.read(path, overlap="newest")  # type: ignore[arg-type]
        for overlap, leaf in (("first", LEAF), ("last", b"evil" * 300)):
            result = CliRunner().invoke(main, ["export", str(path), "--table", "chains", "--overlap", overlap])
            assert sha256(leaf).hexdigest() in result.output
        assert CliRunner().invoke(main, ["summary", str(path), "--overlap", "newest"]).exit_code == 2


class TestOneSide:
    def row_of(self, tmp_path: Path, turns: tuple[bytes, ...], side: int) -> dict[str, object]:
        """The row of a capture that holds one side of a connection, and its reasons."""
        source = (CLIENT, SERVER)[side][0]
        from ipaddress import ip_address

        packets = [packet for packet in converse(*turns) if packet.frame[26:30] == ip_address(source).packed]
        (row,) = tlsinspect.read(write_pcap(tmp_path / "side.pcap", packets)).connections.to_dict("records")
        return {**row, "reasons": dict(row["unknown_reasons"])}

    @pytest.mark.parametrize("turns", [tls12_turns(b"", LEAF), tls13_turns(tls.supported_versions(0x0304))])
    def test_a_client_alone_says_what_it_offered_and_nothing_of_the_choice(
        self, tmp_path: Path, turns: tuple[bytes, ...]
    ) -> None:
        row = self.row_of(tmp_path, turns, 0)
        reasons = row["reasons"]
        assert isinstance(reasons, dict)
        assert row["one_sided"] is True
        assert row["ja4"] and row["cipher_suites"] is not None
        for column in ("version", "cipher_suite", "group", "ja3s", "certificate_sha256s", "subject", "resumed"):
            assert reasons[column] == "one_sided", column
        for column in ("server_name", "psk_key_exchange_modes"):
            assert reasons[column] == "not_offered", column

    def test_a_server_alone_says_what_it_chose_and_nothing_of_the_offer(self, tmp_path: Path) -> None:
        row = self.row_of(tmp_path, tls12_turns(b"", LEAF), 1)
        reasons = row["reasons"]
        assert isinstance(reasons, dict)
        assert row["one_sided"] is True
        assert (row["version"], row["cipher_suite"]) == (0x0303, 0xC02F)
        assert row["certificate_sha256s"] is not None
        for column in ("client_random", "cipher_suites", "server_name", "ja3", "ja4", "grease", "client_hello_packet"):
            assert reasons[column] == "one_sided", column
        assert reasons["name_matches"] == "one_sided"

    def test_a_server_alone_of_tls_1_3_has_its_certificate_encrypted(self, tmp_path: Path) -> None:
        row = self.row_of(tmp_path, tls13_turns(), 1)
        reasons = row["reasons"]
        assert isinstance(reasons, dict)
        assert reasons["certificate_sha256s"] == "encrypted"
        assert reasons["client_random"] == "one_sided"
        assert reasons["client_certificate_sha256s"] == "encrypted"


class TestLostEnd:
    """What is lost in front of a FIN, which nothing but its number tells of."""

    def test_the_answer_may_be_lost(self) -> None:
        talk = Talk().open().say(HELLO)
        assert built(talk.lose(1, 7).close(1, 0)).gap

    def test_nothing_is_lost_where_the_fin_is_due(self) -> None:
        assert not built(Talk().open().say(HELLO).close(1, 0)).gap
        talk = Talk().open().say(HELLO)
        talk.segment(1, ACK | FIN, FLIGHT)
        assert not built(talk).gap
        talk = Talk().open().say(HELLO)
        due = talk.sent[1]
        talk.segment(1, ACK | FIN, sequence=due + len(FLIGHT))
        talk.segment(1, ACK, FLIGHT, sequence=due)
        assert not built(talk).gap

    def test_what_the_other_side_has_had_was_sent(self) -> None:
        talk = Talk().open().say(HELLO).lose(1, 7)
        talk.segment(0, ACK)
        assert built(talk).gap
        assert built(Talk().open().say(HELLO).lose(1, len(FLIGHT)).say(KEYS)).gap
        assert built(Talk().open().lose(0, len(HELLO)).say(b"", FLIGHT)).gap
        talk = Talk().open().say(HELLO).lose(1, 100)
        talk.segment(0, ACK)
        talk.sent[1] -= 99  # an acknowledgement that was overtaken
        talk.segment(0, ACK)
        assert built(talk).gap

    def test_nothing_is_lost_that_comes_later_or_is_a_fin_or_was_never_sent(self) -> None:
        talk = Talk().open().say(HELLO)
        due = talk.sent[1]
        talk.lose(1, len(FLIGHT)).segment(0, ACK)
        talk.segment(1, ACK, FLIGHT, sequence=due)
        assert not built(talk).gap
        talk = Talk().open().say(HELLO).lose(1, 1)
        talk.segment(0, ACK)
        assert not built(talk).gap
        assert not built(Talk().open().say(HELLO).lose(1, 1 << 24).say(b"\x00")).gap
        talk = Talk().open().say(HELLO).lose(1, 7)
        talk.segment(0, ACK | RST)
        assert not built(talk).gap

    def test_a_syn_ack_tells_where_its_client_begins(self) -> None:
        for lost in (b"", HELLO):
            talk = Talk()
            talk.sent[0] += 1
            talk.segment(1, SYN | ACK)
            connection = built(talk.lose(0, len(lost)).say(HELLO[len(lost) :], FLIGHT, KEYS, FINISHED))
            assert (connection.gap, connection.midstream) == (lost != b"", False)
            assert (connection.established, connection.client_state) == (True, "gap" if lost else "")
        talk = Talk()
        talk.segment(1, SYN | ACK)  # as a stray one
        talk.sent[0] += 1 << 24
        assert not built(talk.say(HELLO, FLIGHT)).gap

    @pytest.mark.parametrize("lost", [0, 40])
    def test_the_acknowledgement_of_a_syn_ack_tells_where_its_server_begins(self, lost: int) -> None:
        talk = Talk()
        talk.segment(0, SYN)
        talk.sent[1] += 1
        talk.segment(0, ACK)
        talk.say(HELLO).lose(1, lost)
        connection = built(talk.say(b"", FLIGHT[lost:], KEYS, FINISHED, SENT, ANSWERED))
        assert (connection.gap, connection.server_state) == (lost > 0, "gap" if lost else "")
        assert (connection.established, connection.clear_text_packet) == (True, -1)

    def test_what_was_acknowledged_before_the_capture_is_no_loss(self) -> None:
        talk = Talk()
        talk.segment(0, ACK)
        talk.say(HELLO).lose(1, 100)
        connection = built(talk.say(b"", FLIGHT, KEYS, FINISHED, SENT, ANSWERED))
        assert connection.midstream
        assert not connection.gap

    def test_what_was_acknowledged_and_comes_late_is_no_loss(self) -> None:
        talk = Talk()
        talk.segment(0, SYN)
        talk.sent[1] += 1
        talk.say(HELLO).lose(1, len(FLIGHT))
        talk.segment(0, ACK, KEYS)
        talk.segment(1, ACK, FLIGHT, sequence=talk.sent[1] - len(FLIGHT))
        connection = built(talk.say(b"", FINISHED, SENT, ANSWERED))
        assert not connection.gap
        assert connection.server_hello is not None

    @pytest.mark.parametrize(("lost", "cause"), [(False, "ended_after_hello"), (True, "ended_early")])
    def test_no_handshake_is_unanswered_whose_answer_may_be_lost(self, lost: bool, cause: str, tmp_path: Path) -> None:
        packets = converse(HELLO, tls.alert(2, 40)) if lost else converse(HELLO)
        kept = [packet for packet in packets if not packet.frame.endswith(tls.alert(2, 40))]
        assert len(packets) - len(kept) == lost
        kept[-2:] = kept[:-3:-1]  # the server closes first
        [row] = tlsinspect.read(write_pcap(tmp_path / "lost.pcap", kept)).arrow("connections").to_pylist()
        assert (row["failure_cause"], row["gap"]) == (cause, lost)


class TestNoMoreThanItShows:
    """What lacks packets says nothing that the whole would contradict, and stays sure of what is proved."""

    def row_of(self, tmp_path: Path, packets: Iterable[Packet], snaplen: int = 262_144) -> dict[str, Any]:
        """The row of a capture's only connection; `reasons` says why what it lacks is missing."""
        path = tmp_path / "lossy.pcap"
        path.write_bytes(pcap(packets, snaplen))
        [row] = tlsinspect.read(path).arrow("connections").to_pylist()
        return {**row, "reasons": dict(row["unknown_reasons"])}

    def test_the_rest_of_a_lost_record_is_no_answer_without_tls(self, tmp_path: Path) -> None:
        rest = b"\xc7certificate" * 40
        for lost in (b"", bytes(1200)):
            packets = converse(HELLO, lost + rest, tls.alert(2, 45))
            kept = [packet for packet in packets if not (lost and bytes(1000) in packet.frame)]
            assert len(packets) - len(kept) == bool(lost)
            row = self.row_of(tmp_path, kept)
            assert row["gap"] is bool(lost)
            assert (row["failure_cause"] == "not_tls") is not bool(lost)
        row = self.row_of(tmp_path, converse(HELLO, rest, tls.alert(2, 45))[3:])
        assert (row["midstream"], row["gap"], row["failure_cause"] == "not_tls") == (True, False, False)

    def test_who_leaves_may_have_said_why_in_what_is_lost(self, tmp_path: Path) -> None:
        for alert, cause in ((b"", "client_left_after_flight"), (tls.alert(2, 48), "ended_early")):
            packets = [each for each in converse(HELLO, FLIGHT, alert) if not (alert and each.frame.endswith(alert))]
            row = self.row_of(tmp_path, packets)
            assert (row["established"], row["failure"], row["failure_cause"]) == (False, "closed", cause)
            assert ("without an alert" in row["failure_reason"]) is not bool(alert)

    def test_nobody_is_silent_whose_octets_are_lost(self) -> None:
        assert built(Talk().open().close()).protocol == "silent"
        assert built(Talk().open().lose(0, len(HELLO)).close()).protocol == "unknown"

    def test_a_stapled_response_that_may_be_lost_is_not_absent(self, tmp_path: Path) -> None:
        hello = tls12_turns(tls.extension(5, b"\x01" + bytes(4)))[0]
        for extensions, status in ((tls.extension(5), None), (tls.extension(17), None), (b"", "absent")):
            first = (tls.message(2, tls.server_hello(extensions=extensions)), tls.message(11, tls.certificate(LEAF)))
            row = self.row_of(tmp_path, converse(hello, tls.handshake(*first), closed=False))
            assert row["ocsp_status"] == status
            assert row["reasons"].get("ocsp_status") == (None if status else "not_captured")
            last = (tls.message(12, tls.ecdhe_exchange()), tls.message(14))
            turns = (hello, tls.handshake(*first, *last), *REST)
            assert self.row_of(tmp_path, converse(*turns))["ocsp_status"] == "absent"

    def test_a_first_record_may_be_of_tls_1_3(self) -> None:
        versions = tls.supported_versions(0x0304, 0x0303)
        for hello, length in ((tls12_turns(versions)[0], None), (HELLO, 100)):
            talk = Talk().open().say(hello).lose(1, len(FLIGHT)).say(tls.CHANGE_CIPHER_SPEC + tls.application(100))
            assert built(talk).client_first_record_length == length

    def test_a_server_of_unknown_version_finishes_nothing_by_sealed_records(self) -> None:
        versions = tls.supported_versions(0x0304, 0x0303)
        for hello, established in ((tls12_turns(versions)[0], None), (HELLO, True)):
            talk = Talk().open().say(hello).lose(1, 90).say(b"", tls.application(900), tls.alert(2, 48)).close(0)
            assert built(talk).established is (established or False)

    def test_a_false_start_is_no_surer_where_the_client_has_holes(self) -> None:
        for lost in (0, len(HELLO)):
            talk = Talk().open()
            talk = talk.lose(0, lost) if lost else talk.say(HELLO)
            assert built(talk.say(b"", FLIGHT, KEYS, b"", SENT).close(0)).established is False

    @pytest.mark.parametrize("lost", [0, 1])
    @pytest.mark.parametrize("first", [0, 1])
    def test_the_first_of_a_renegotiation_is_told_by_packets(self, lost: int, first: int) -> None:
        again = tls.record(22, b"\x8f" * 200)
        talk = Talk().open()
        talk = talk.lose(0, len(HELLO)).say(b"", FLIGHT) if lost == 0 else talk.say(HELLO).lose(1, len(FLIGHT))
        talk.say(KEYS, FINISHED, *([again, again] if first == 0 else [b"", again, again]), SENT, ANSWERED)
        connection = built(talk)
        assert connection.renegotiation == (("client", "server")[first] if first == lost else None)
        assert connection.renegotiation_packet == 7

    def test_the_rest_of_a_message_behind_a_hole_is_no_finished(self) -> None:
        rest = tls.record(22, b"\xf3" * 300) + tls.handshake(tls.message(14))
        talk = Talk().open().say(HELLO).lose(1, 900).say(b"", rest, KEYS, FINISHED)
        connection = built(talk.say(SENT, ANSWERED))
        assert (connection.established, connection.renegotiation_packet) == (True, -1)

    @pytest.mark.parametrize("late", [True, False])
    def test_rests_of_messages_behind_a_hole_are_no_renegotiation(self, late: bool) -> None:
        rests = tls.record(22, b"\xf3" * 300) * 2
        talk = Talk().open().say(HELLO)
        talk = talk.say(b"", FLIGHT, KEYS).lose(1, 90).say(b"", rests + FINISHED) if late else talk.lose(1, 900)
        talk = talk if late else talk.say(b"", rests, KEYS)
        assert built(talk.say(SENT)).renegotiation_packet == -1

    def test_a_close_notify_behind_lost_messages_is_no_failure(self) -> None:
        plain = tls12_turns()[1].replace(b"\xc0\x2f", b"\x00\x3b", 1)
        finished = tls.CHANGE_CIPHER_SPEC + tls.ENCRYPTED_FINISHED
        leave = tls.record(21, b"\x01\x00" + bytes(20))
        talk = Talk().open().say(HELLO, plain, KEYS).lose(1, len(finished)).say(leave)
        connection = built(talk)
        assert (connection.established, connection.outcome_state) == (None, "gap")

    def test_a_retry_whose_second_hello_was_taken_for_a_finished_may_be_lost(self) -> None:
        versions = tls.supported_versions(0x0304) + tls.key_share(29)
        hello = tls12_turns(versions)[0]
        talk = Talk().open().say(hello).lose(1, len(tls.retry_request()) + 9).say(tls.CHANGE_CIPHER_SPEC + hello)
        answer = tls.handshake(tls.message(2, tls.tls13_server_hello()))
        connection = built(talk.say(b"", answer + tls.application(900)))
        assert (connection.hello_retry_request, connection.established) == (None, False)
        talk = Talk()
        talk.segment(0, SYN)
        talk.say(hello).lose(1, len(tls.retry_request()) + 10).lose(0, 50)
        assert built(talk.say(hello[50:], answer)).hello_retry_request is None

    def test_a_certificate_verify_shows_that_a_certificate_was_asked_for(self) -> None:
        verify = tls.handshake(tls.message(16, b"\x04keys"), tls.message(15, b"\x04\x03\x00\x00"))
        finished = tls.CHANGE_CIPHER_SPEC + tls.ENCRYPTED_FINISHED
        talk = Talk().open().say(HELLO, FLIGHT, verify + finished, finished)
        assert built(talk).client_certificate_requested is True

    @pytest.mark.parametrize(("kept", "known"), [(60, False), (120, True)])
    def test_a_session_id_that_was_cut_off_is_neither_empty_nor_new(
        self, kept: int, known: bool, tmp_path: Path
    ) -> None:
        session = b"s" * 32
        hello = tls.handshake(tls.message(1, tls.client_hello(session_id=session)))
        answer = tls.handshake(tls.message(2, tls.server_hello(session_id=session)))
        finished = tls.CHANGE_CIPHER_SPEC + tls.ENCRYPTED_FINISHED
        row = self.row_of(tmp_path, converse(hello, answer + finished, finished, SENT), 54 + kept)
        assert row["session_id"] == (session.hex() if known else None)
        assert row["server_session_id"] == (session.hex() if known else None)
        assert row["resumed"] is (True if known else None)
        if not known:
            assert {row["reasons"][name] for name in ("session_id", "server_session_id", "resumed")} == {"snaplen"}

    def test_a_pre_shared_key_is_not_alone_where_a_key_share_may_be_cut_off(self, tmp_path: Path) -> None:
        chosen = tls.selected_version(0x0304) + tls.extension(41, tls.u16(0))
        share = tls.extension(51, tls.u16(29) + tls.vector16(b"key!" * 8))
        answer = tls.handshake(tls.message(2, tls.server_hello(chosen + share, 0x1301)))
        turns = (tls13_turns(tls.supported_versions(0x0304))[0], answer, *tls13_turns()[2:])
        for snaplen, exchange in ((54 + answer.find(share) + 2, None), (262_144, "ECDHE")):
            row = self.row_of(tmp_path, converse(*turns), snaplen)
            assert (row["version"], row["psk_selected"], row["key_exchange"]) == (0x0304, True, exchange)
            assert row["forward_secrecy"] is (True if exchange else None)

    def test_a_client_that_stands_in_front_of_its_servers_hello_has_finished(self) -> None:
        def told(extension: bytes, *own: bytes) -> Connection:
            hello, answer, _, _ = tls13_turns(extension)
            return built(Talk().open().say(hello, b"", *own).say(b"", answer, b"", tls.application(500)).close())

        finished = tls.CHANGE_CIPHER_SPEC + tls.application(58) + tls.application()
        connection = told(b"", finished)
        assert (connection.established, connection.established_evidence) == (True, "finished")
        connection = told(b"", tls.application(19))
        assert (connection.established, connection.failure, connection.sealed_alert) == (False, "closed", "client")
        assert told(tls.extension(42), finished).established is False

    def test_who_is_heard_without_a_syn_ack_may_have_said_what_is_lost(self) -> None:
        for lost, gap in ((0, False), (1, True)):
            talk = Talk()
            talk.segment(0, SYN)
            talk.sent[1] += lost + lost * len(FLIGHT)
            if not lost:
                talk.segment(1, SYN | ACK)
            connection = built(talk.say(HELLO + KEYS).close(1, 0))
            assert (connection.gap, connection.established) == (gap, None if gap else False)
        refused = Talk()
        refused.segment(0, SYN)
        assert not built(refused.reset(1)).gap
