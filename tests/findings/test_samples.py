"""What is found in the sample captures: what each was made to show, and nothing else."""

from __future__ import annotations

import pytest
from samples import ROOT

import tlsinspect

EXPECTED = {
    "certificate-expired.pcap": "CRT-01 CRT-07 VER-10",
    "certificate-sha1.pcap": "CRT-07 CRT-10 VER-10",
    "certificate-md5.pcap": "CRT-04 CRT-05 CRT-07 CRT-09 CRT-10-MD5 VER-10",
    "certificate-rsa1024.pcap": "CRT-07 CRT-09 VER-10",
    "certificate-self-signed.pcap": "CRT-06 VER-10",
    "certificate-wrong-name.pcap": "CRT-04 CRT-07 VER-10",
    "certificate-not-yet-valid.pcap": "CRT-02 CRT-07 VER-10",
    "suite-dhe-1024-bit.pcap": "CIP-11 CIP-12 CRT-07 KEX-01 KEX-03",
    "ssl2.pcap": "CRT-05 CRT-08 CRT-09 CRT-10-MD5 VER-01 VER-02 VER-07 VER-12",
    "ssl3.pcap": "CIP-05 CIP-09 CIP-12 CRT-07 EXT-02 VER-03 VER-07",
    "psk-tls13-without-exchange.pcap": "KEX-06 KEX-09",
    "alert-inappropriate-fallback.pcap": "VER-07 VER-09 VER-09-REFUSED",
    "heartbeat.pcap": "CRT-07 EXT-05",
    "early-data.pcap": "EXT-10 KEX-06",
    "ssh-on-443.pcap": "PRT-01",
    "http-on-443.pcap": "PRT-02",
    "suite-anonymous-dh-export-rc4-40.pcap": "CIP-02 CIP-03 CIP-12 CIP-13 VER-04 VER-07",
    "client-certificate-self-signed.pcap": "CRT-07 CRT-31 VER-10",
    "delegated-credential-offer.pcap": "EXT-20 KEX-06",
    "hybrid-retry.pcapng": "KEX-08 KEX-10",
    "npn.pcap": "CRT-07 EXT-15 VER-10",
    "renegotiation-client.pcap": "CRT-07 EXT-04 VER-10",
    "sslscan-heartbleed.pcapng": "CIP-07 CIP-09 CIP-12 CRT-08 EXT-02 EXT-06-ATTEMPT EXT-13",
    "reset-after-hello.pcap": "IR-08",
    "certificate-incomplete-chain.pcap": "CRT-08 VER-10",
    "certificate-wrong-order.pcap": "CRT-07 CRT-08-ORDER CRT-08-ROOT VER-10",
}
"""Capture -> rules that fire, those about mere offers aside."""


@pytest.mark.parametrize("capture", EXPECTED)
def test_a_sample_shows_what_it_was_made_for_and_nothing_else(capture: str) -> None:
    findings = tlsinspect.read(ROOT / "captures" / "handshakes" / capture).findings
    found = {name for name in findings["id"] if not name.endswith("-OFFER")}
    assert found == set(EXPECTED[capture].split())


def test_findings_are_ordered_by_severity_and_name_packets_of_the_capture() -> None:
    inspection = tlsinspect.read(ROOT / "captures" / "demo.pcapng")
    findings = inspection.findings
    ranks = ["critical", "high", "medium", "low", "info"]
    places = [ranks.index(severity) for severity in findings["severity"]]
    assert places == sorted(places) and len(set(places)) == len(ranks)
    packets = {packet for row in findings["packets"] for packet in row if packet is not None}
    assert packets and max(packets) <= inspection.captures["packets"].sum()
