"""What is found in the sample captures: what each was made to show, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
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


def test_every_capture_has_its_line() -> None:
    assert list(EXPECTED) == sorted(SAMPLES)


@pytest.mark.parametrize("capture", [capture for capture in EXPECTED if capture not in ALIKE[3:]])
def test_a_sample_shows_what_it_was_made_for_and_nothing_else(capture: str) -> None:
    assert set(inspect(capture).arrow("findings")["id"].to_pylist()) == EXPECTED[capture]


@pytest.mark.parametrize("capture", [capture for capture in EXPECTED if capture not in ALIKE[3:]])
def test_every_finding_names_a_packet_of_each_connection_that_it_names(capture: str) -> None:
    findings = inspect(capture).arrow("findings")
    last = pc.sum(inspect(capture).arrow("captures")["packets"]).as_py()
    for ids, packets in zip(findings["connection_ids"].to_pylist(), findings["packets"].to_pylist(), strict=True):
        assert all(packet is not None and 1 <= packet <= last for packet in packets)
        assert len(packets) == len(ids) or not ids


def test_findings_are_ordered_by_severity_and_name_packets_of_the_capture() -> None:
    inspection = inspect("demo.pcapng")
    findings = inspection.findings
    ranks = ["critical", "high", "medium", "low", "info"]
    places = [ranks.index(severity) for severity in findings["severity"]]
    assert places == sorted(places) and len(set(places)) == len(ranks)
    packets = {packet for row in findings["packets"] for packet in row if packet is not None}
    assert packets and max(packets) <= inspection.captures["packets"].sum()
