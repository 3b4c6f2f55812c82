"""What is found in the sample captures: what each was made to show, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import tls_vectors as tls
from samples import SAMPLES, inspect
from traffic import CLIENT, NOON_NS, Packet, converse, write_pcap

import tlsinspect

EXPECTED = {
    capture: set(rules.split())
    for capture, _, rules in (
        line.partition(": ") for line in (Path(__file__).parent / "expected.txt").read_text("ascii").splitlines()
    )
}
"""Capture -> the rules that fire; every line was gone through."""
COMMON = EXPECTED["variants/format-ng.pcapng"]
ALIKE = [capture for capture in EXPECTED if capture.startswith("variants/") and EXPECTED[capture] == COMMON]
"""The same connection recorded in many ways; the goldens say that all of it is read alike."""
FOUND = [capture for capture in EXPECTED if capture not in ALIKE[3:]]


def test_every_capture_has_its_line() -> None:
    assert list(EXPECTED) == sorted(SAMPLES)


@pytest.mark.parametrize("capture", FOUND)
def test_a_sample_shows_what_it_was_made_for_and_nothing_else(capture: str) -> None:
    assert set(inspect(capture).arrow("findings")["id"].to_pylist()) == EXPECTED[capture]


@pytest.mark.parametrize("capture", FOUND)
def test_a_finding_names_a_packet_of_every_connection_that_it_names(capture: str) -> None:
    inspection = inspect(capture)
    last = inspection.arrow("captures")["packets"].to_pylist()[0]
    for row in inspection.arrow("findings").to_pylist():
        packets, named = row["packets"], len(row["connection_ids"])
        assert len(packets) == named or not named, row["id"]
        assert all(number is not None and 1 <= number <= last for number in packets), (row["id"], packets)


@pytest.mark.parametrize(
    ("capture", "rule", "column"),
    [
        ("handshakes/alert-inappropriate-fallback.pcap", "VER-09-REFUSED", "last_alert_packet"),
        ("handshakes/certificate-stapled-revoked.pcap", "CRT-24", "certificate_status_packet"),
        ("handshakes/client-certificate-refused.pcap", "CRT-31-DATES", "client_certificate_packet"),
        ("handshakes/early-data-refused.pcap", "KEX-08", "hello_retry_request_packet"),
        ("handshakes/http-on-443.pcap", "PRT-02", "clear_text_packet"),
        ("handshakes/renegotiation-client.pcap", "EXT-04", "renegotiation_packet"),
        ("handshakes/suite-dhe-1024-bit.pcap", "KEX-01", "server_key_exchange_packet"),
    ],
)
def test_a_finding_names_the_packet_that_shows_it(capture: str, rule: str, column: str) -> None:
    inspection = inspect(capture)
    findings = [row for row in inspection.arrow("findings").to_pylist() if row["id"] == rule]
    rows = {row["connection_id"]: row for row in inspection.arrow("connections").to_pylist()}
    assert findings
    for row in findings:
        shown = [rows[each][column] for each in row["connection_ids"]]
        assert row["packets"] == shown and None not in shown
        assert shown != [rows[each]["client_hello_packet"] for each in row["connection_ids"]]


def test_findings_are_ordered_by_severity_and_name_packets_of_the_capture() -> None:
    inspection = inspect("demo.pcapng")
    findings = inspection.findings
    ranks = ["critical", "high", "medium", "low", "info"]
    places = [ranks.index(severity) for severity in findings["severity"]]
    assert places == sorted(places) and len(set(places)) == len(ranks)
    packets = {packet for row in findings["packets"] for packet in row if packet is not None}
    assert packets and max(packets) <= inspection.captures["packets"].sum()


def test_a_session_that_the_server_resumes_for_another_name_is_told_with_its_packet(tmp_path: Path) -> None:
    def talk(name: bytes, number: int, offered: bytes = b"", full: bool = False) -> list[Packet]:
        hello = tls.handshake(tls.message(1, tls.client_hello(tls.server_name(name), session_id=offered)))
        finished = tls.CHANGE_CIPHER_SPEC + tls.ENCRYPTED_FINISHED
        flight = tls.handshake(tls.message(2, tls.server_hello(session_id=b"s" * 32)))
        rest = (finished, tls.application(), tls.application())
        if full:
            keys = tls.handshake(tls.message(16, b"\x04keys")) + finished
            flight, rest = (
                flight + tls.handshake(tls.message(11, tls.certificate(b"a")), tls.message(14)),
                (keys, *rest),
            )
        else:
            flight += finished
        return converse(hello, flight, *rest, client=(CLIENT[0], 50_000 + number), start_ns=NOON_NS + number * 10**9)

    first, same, other = (
        talk(b"a.example", 0, full=True),
        talk(b"A.example", 1, b"s" * 32),
        talk(b"b.example", 2, b"s" * 32),
    )
    path = write_pcap(tmp_path / "made.pcap", [*first, *same, *other])
    [row] = [row for row in tlsinspect.read(path).arrow("findings").to_pylist() if row["id"] == "EXT-21"]
    assert (row["subject"], row["connections"], row["packets"]) == ("198.51.100.1:443", 1, [len(first + same) + 5])
    assert row["evidence"].startswith("server_name b.example (1); server_session_id 7373")
