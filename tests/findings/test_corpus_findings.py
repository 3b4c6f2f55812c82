"""What is found in captures of others that were made to show it, where they lie beside the project."""

from __future__ import annotations

import pytest
from samples import ROOT

import tlsinspect
from tlsinspect.columns import SEVERITIES

CAPTURES = ROOT.parent / "shared" / "corpus" / "captures"
TRACES = "zeek+zeek/testing/btest/Traces/"
SURICATA = "OISF+suricata-verify/tests/"
NOTES = "Lekensteyn+wireshark-notes/"
ARKIME = "arkime+arkime/tests/pcap/"
EXPECTED = {
    TRACES + "tls/heartbleed-encrypted.pcap": "EXT-05-UNASKED",
    TRACES + "tls/heartbleed.pcap": "EXT-06-ATTEMPT EXT-05",
    TRACES + "tls/heartbleed-encrypted-success.pcap": "EXT-06-LONGER EXT-05 VER-04",
    TRACES + "tls/ecdhe.pcap": "CRT-10 CIP-07",
    TRACES + "tls/dtls1_0.pcap": "VER-11",
    TRACES + "tls/tls-early-alert.pcap": "CRT-01 CRT-10",
    TRACES + "tls/pop3-starttls.pcap": "CRT-10-MD5 EXT-01 KEX-01 CRT-08",
    TRACES + "tls/ml-dsa-44-cert.pcap": "CRT-32 CRT-06",
    TRACES + "tls/chrome-1250-tls-x25519-kyber.pcap": "KEX-07",
    TRACES + "tls/hrr.pcap": "KEX-08",
    TRACES + "tls/tls13draft16-ff52.a01.pcap": "VER-06",
    TRACES + "rdp/rdpeudp2-handshake-success.pcap": "CRT-27 CRT-06 VER-04",
    SURICATA + "tls/tls13-draft22/tls13_draft22.pcap": "VER-06 KEX-08",
    SURICATA + "tls/tls-glupteba/input.pcap": "CRT-01 KEX-01 SIG-04",
    SURICATA + "tls/tls-store-02/tls-client-auth.pcap": "CRT-07",
    SURICATA + "sslv2-tls-upgrade-01/ssl-v2-s1.pcap": "VER-02 VER-04 CRT-10-MD5",
    SURICATA + "protocol-change-failed-event/input.pcap": "PRT-03-UNUSED",
    "FoxIO-LLC+ja4/pcap/badcurveball.pcap": "CRT-22",
    NOTES + "tls/tls-null.pcapng": "CIP-01",
    NOTES + "tls/broken/dump.pcapng": "CIP-03 CIP-04 CIP-06 CIP-09 CIP-10 KEX-01",
    NOTES + "ssl3/sslv2.pcapng": "VER-01 CIP-04 CRT-06",
    NOTES + "tls/imap-ssl.pcapng": "EXT-04",
    ARKIME + "openssl-ssl3.pcap": "VER-03 CIP-05",
    ARKIME + "openssl-tls1.pcap": "VER-04 CIP-05",
    ARKIME + "openssl-tls1_1.pcap": "VER-05",
    ARKIME + "ssl-selfsign.pcap": "CRT-06 CRT-31 VER-03",
    "fkie-cad+pcapFS/tests/crypto/all_ciphers_test/all_ciphers.pcap": "CIP-02 CIP-05 CIP-09 CIP-14 IR-09",
    "0xxon+cve-2020-13777/testing/Traces/gnutls-tls1.2-vulnerable.pcap": "EXT-12-ZERO CRT-06",
    "andrewf+pcap2har/tests/github.pcap": "EXT-01 CIP-08 EXT-03 VER-04",
    TRACES + "tls/https-to-http.pcap": "",
    TRACES + "tls/signed_certificate_timestamp.pcap": "",
    TRACES + "tls/ecdsa-cert.pcap": "",
    TRACES + "quic/quicv2-http3-443.pcap": "",
    TRACES + "tls/dtls13-wolfssl.pcap": "",
    "syncsynchalt+illustrated-tls13/captures/capture.pcap": "EXT-17-PATTERN EXT-17-PATTERN-CLIENT",
    "adulau+ssldump/samples/tls1.3_session_resumption.pcap": "",
}
"""Capture -> rules that have to be among what is found; with none of them, nothing above low is
found in what was agreed on."""
pytestmark = pytest.mark.skipif(not CAPTURES.exists(), reason="no corpus beside the project")


@pytest.mark.parametrize("capture", EXPECTED)
def test_a_capture_of_others_shows_what_it_is_known_for(capture: str) -> None:
    findings = tlsinspect.read(CAPTURES / capture).findings
    assert set(EXPECTED[capture].split()) <= set(findings["id"])
    if not EXPECTED[capture]:
        agreed = findings[~findings["id"].str.endswith("-OFFER")]
        assert set(agreed["severity"]) <= set(SEVERITIES[: SEVERITIES.index("medium")])
