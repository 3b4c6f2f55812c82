"""A connection that goes on in the next capture: its packets count on, and each leads to the capture that it is in."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import tls_vectors as tls
from command_line import run
from rotated_captures import assert_same_rows, read_records, write_capture
from samples import CAPTURES, DEMO, inspect
from traffic import converse, tls12_turns, write_pcap

import tlsinspect
from tlsinspect.connection import Connection
from tlsinspect.errors import DecodeError
from tlsinspect.extraction.choose import comments_of
from tlsinspect.packet_numbers import NUMBERED, PacketNumbers, place_in
from tlsinspect.tables.starts import Start, start_of

NAME = "handshakes/certificate-expired-refused.pcap"
RECORDS = read_records(CAPTURES / NAME)


def in_parts(folder: Path, *cuts: int, records: list[bytes] = RECORDS) -> list[Path]:
    """The packets in files that end behind so many."""
    ends = [0, *cuts, len(records)]
    return [
        write_capture(folder / f"{number}.pcap", records[ends[number] : ends[number + 1]])
        for number in range(len(ends) - 1)
    ]


def numbered(capture: int, *starts: int, **numbers: Any) -> Connection:
    """A connection with packet numbers of captures that begin behind `starts`, once they are settled."""
    connection = Connection()
    connection.capture = capture
    for name, number in numbers.items():
        setattr(connection, name, number)
    counted = PacketNumbers()
    for place, before in enumerate(starts):
        counted.begin(place, before)
    counted.settle(connection)
    return connection


def test_numbers_count_from_the_capture_in_which_the_connection_starts() -> None:
    made = numbered(1, 0, 10, 30, first_packet=11, client_hello_packet=14, ticket_packet=30)
    assert (made.first_packet, made.client_hello_packet, made.ticket_packet, made.later) == (1, 4, 20, None)


def test_a_later_capture_is_named_with_the_number_of_its_first_packet() -> None:
    error = DecodeError("handshake", "truncated", 0, "more")
    made = numbered(
        1, 0, 10, 30, 60, 90,
        first_packet=30, server_hello_packet=31, failure_packet=None, certificate_packet=0,
        alerts=[(5, 91, 0, 2, 40)], messages=[(1, 5, 60, 0, 22, 1, 10)], problems=[(error, 0)],
    )  # fmt: skip
    assert (made.first_packet, made.server_hello_packet) == (20, 21)
    assert (made.failure_packet, made.certificate_packet) == (None, 0)
    assert made.alerts[0][1] == 81 and made.messages[0][2] == 50 and made.problems == [(error, 0)]
    assert made.later == ((2, 21), (4, 81))  # none of its packets is in the fourth
    assert [place_in(made.capture, made.later, packet) for packet in (0, 20, 21, 50, 81)] == [
        (1, 0),
        (1, 20),
        (2, 1),
        (2, 30),
        (4, 1),
    ]


def test_captures_without_packets_hold_none_of_a_connection() -> None:
    made = PacketNumbers()
    made.begin(0, 0)
    made.begin(3, 7)  # the two between could not be read
    connection = Connection()
    connection.first_packet, connection.client_hello_packet = 7, 8
    made.settle(connection)
    assert connection.later == ((3, 8),)


def test_every_packet_column_of_a_connection_is_counted() -> None:
    names = {name for name in dir(Connection()) if name.endswith("_packet")}
    assert names == set(NUMBERED)


@pytest.mark.parametrize("cuts", list(combinations(range(1, len(RECORDS)), 2)), ids=str)
def test_a_connection_in_three_captures_has_the_numbers_of_one(cuts: tuple[int, int], tmp_path: Path) -> None:
    parts = in_parts(tmp_path, *cuts)
    found, whole = tlsinspect.read(parts), inspect(NAME)
    assert_same_rows(found, whole)
    [row], [wanted] = (each.connections.to_dict("records") for each in (found, whole))
    start, ends = start_of(row), dict(zip([part.name for part in parts], (0, *cuts), strict=True))
    for name in NUMBERED:
        if isinstance(wanted[name], int):
            assert row[name] == wanted[name]
            capture, number = start.place(row[name])
            assert ends[capture] + number == wanted[name]


def test_all_packets_of_a_capture_that_was_rotated_lead_to_where_they_are(tmp_path: Path) -> None:
    records = read_records(DEMO)[:1500]
    whole = tlsinspect.read(in_parts(tmp_path, records=records))
    (tmp_path / "parts").mkdir()
    assert_same_rows(tlsinspect.read(in_parts(tmp_path / "parts", 200, 201, 700, 1400, records=records)), whole)


def test_a_damaged_message_in_the_second_capture_is_a_problem_there(tmp_path: Path) -> None:
    opened, flight, *_ = tls12_turns(b"", b"leaf")
    broken = tls.handshake(tls.message(16, b"\x00\x01")) + tls.record(99, b"what is no record")
    packets = list(converse(opened, flight, broken, tls.alert(2, 50)))
    paths = [write_pcap(tmp_path / "a.pcap", packets[:5]), write_pcap(tmp_path / "b.pcap", packets[5:])]
    whole = tlsinspect.read(write_pcap(tmp_path / "whole.pcap", packets)).problems
    assert len(whole) and (whole["packet"] > 5).all()
    found = tlsinspect.read(paths).problems
    assert found["capture"].tolist() == ["b.pcap"] * len(whole)
    assert found["packet"].tolist() == (whole["packet"] - 5).tolist()


def test_packets_that_cannot_be_read_have_the_numbers_of_their_own_capture(tmp_path: Path) -> None:
    packets = list(converse(*tls12_turns(b"", b"leaf")))
    time, frame = packets[0]
    short = frame[:16] + (30).to_bytes(2, "big") + frame[18:]  # of the IP packet, which has half a TCP header
    piece = frame[:20] + b"\x20\x00" + frame[22:]  # a first fragment
    write_pcap(tmp_path / "a.pcap", packets)
    write_pcap(tmp_path / "b.pcap", [(time, frame), (time, short), (time, piece)])
    problems = tlsinspect.read([tmp_path / "a.pcap", tmp_path / "b.pcap"]).problems
    found = [(row["capture"], row["layer"], row["packet"]) for row in problems.to_dict("records") if row["packet"]]
    assert found == [("b.pcap", "tcp", 2), ("b.pcap", "ipv4", 3)]


class TestToldPlaces:
    """What commands say of the certificate, which is in the second packet of the second file."""

    @pytest.fixture
    def parts(self, tmp_path: Path) -> list[Path]:
        return in_parts(tmp_path, 5)

    @pytest.mark.parametrize(
        ("command", "told"),
        [
            (("findings",), ", packet 2 of 1.pcap; subject CN=expired.test"),
            (("validate",), "packet 2 of 1.pcap"),
            (("summary",), "packet 2 of 1.pcap"),
            (("answers",), "in packet 5 of 1.pcap"),  # the alert
            (("quantum",), ", packet 1 of 1.pcap"),  # the ServerHello
            (("check", "--policy", "mozilla-modern"), ", packet 1 of 1.pcap; version_name TLS 1.2"),
        ],
    )
    def test_a_command_names_the_file_that_the_packet_is_in(
        self, parts: list[Path], command: tuple[str, ...], told: str
    ) -> None:
        assert told in " ".join(run(*command, *parts).output.split())

    def test_cases_and_events_have_file_and_number(self, parts: list[Path]) -> None:
        shown = run("answers", *parts, "--cases", "handshakes", "--format", "json").output.splitlines()
        cases = [json.loads(line) for line in shown]
        assert [(case["capture"], case["packet"]) for case in cases] == [("1.pcap", 5)]
        [event] = [json.loads(line) for line in run("export", *parts, "--format", "eve").output.splitlines()]
        assert (event["pcap_filename"], event["pcap_cnt"]) == ("0.pcap", 4)
        behind = in_parts(parts[0].parent, 3)
        [event] = [json.loads(line) for line in run("export", *behind, "--format", "eve").output.splitlines()]
        assert (event["pcap_filename"], event["pcap_cnt"]) == ("1.pcap", 1)
        parts = in_parts(parts[0].parent, 5)
        log = json.loads(run("check", *parts, "--policy", "mozilla-modern", "--format", "sarif").output)
        results = log["runs"][0]["results"]
        places = {
            (place["physicalLocation"]["artifactLocation"]["uri"].rpartition("/")[2], *result["properties"]["packets"])
            for result in results
            for place in result["locations"]
        }
        assert places <= {("0.pcap", 4), ("1.pcap", 1), ("1.pcap", 2)} and ("1.pcap", 2) in places

    def test_comments_of_extracted_packets_stand_at_the_packet_that_proves_them(self, parts: list[Path]) -> None:
        comments = comments_of(tlsinspect.read(parts))
        assert any("CRT-01" in text for text in comments["1.pcap", 2])
        assert not any("CRT-" in text for place, texts in comments.items() if place != ("1.pcap", 2) for text in texts)

    def test_show_tells_where_it_goes_on_and_finds_it_by_either_number(self, parts: list[Path]) -> None:
        for text in ("#7", "#2"):  # as counted on, and in the second file
            shown = " ".join(run("show", *parts, text).output.split())
            assert "capture: 0.pcap; then 1.pcap, whose first packet is 6 here" in shown
            assert "(packet 5 of a later capture)" in shown and "packet 7 0.001068 s <- server Certificate" in shown
        assert run("show", *parts, "#3").exit_code == 2

    def test_without_a_later_capture_a_start_is_the_place_of_every_packet(self) -> None:
        assert Start("a.pcap").place(900) == ("a.pcap", 900)
