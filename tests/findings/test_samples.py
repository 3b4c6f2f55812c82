"""What is found in the sample captures: what each was made to show, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from samples import SAMPLES, inspect

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
