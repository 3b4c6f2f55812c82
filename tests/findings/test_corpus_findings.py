"""What is found in captures of others that were made to show it, where they lie beside the project."""

from __future__ import annotations

import pytest
from samples import ROOT

import tlsinspect
from tlsinspect.columns import SEVERITIES

CAPTURES = ROOT.parent / "shared" / "corpus" / "captures"
TRACES = "zeek+zeek/testing/btest/Traces/tls/"
EXPECTED = {
    TRACES + "heartbleed.pcap": "EXT-06-ATTEMPT EXT-05",
    TRACES + "heartbleed-encrypted-success.pcap": "EXT-06-LONGER EXT-05 VER-04",
    TRACES + "ecdhe.pcap": "CRT-10 CIP-07",
    TRACES + "dtls1_0.pcap": "VER-11",
    TRACES + "https-to-http.pcap": "",
    "FoxIO-LLC+ja4/pcap/badcurveball.pcap": "CRT-22",
    "Lekensteyn+wireshark-notes/tls/tls-null.pcapng": "CIP-01",
}
"""Capture -> rules that have to be among what is found; with none of them, nothing above low is found."""
pytestmark = pytest.mark.skipif(not CAPTURES.exists(), reason="no corpus beside the project")


@pytest.mark.parametrize("capture", EXPECTED)
def test_a_capture_of_others_shows_what_it_is_known_for(capture: str) -> None:
    findings = tlsinspect.read(CAPTURES / capture).findings
    assert set(EXPECTED[capture].split()) <= set(findings["id"])
    if not EXPECTED[capture]:
        assert set(findings["severity"]) <= set(SEVERITIES[: SEVERITIES.index("medium")])
