"""What captures have: for each way that TLS and captures come in, a sample or a test of ours that has it.

The names are those by which the features of a large corpus of others' captures are listed, so that each
has a witness here. SAMPLES_OF names a sample capture and what must be true of one of its connections, TESTS_OF
a test; the vectors below are for what neither had.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tls_vectors as tls
from samples import CAPTURES, MANIFEST, ROOT, inspect
from traffic import converse, tls12_turns, tls13_turns, write_pcap

import tlsinspect

Row = dict[str, Any]
HANDSHAKES, VARIANTS = "handshakes/", "variants/"


def version(name: str) -> Callable[[Row], bool]:
    """The negotiated version."""
    return lambda row: row["version_name"] == name


def record_version(number: int) -> Callable[[Row], bool]:
    """The version in the record of the ClientHello."""
    return lambda row: row["client_record_version"] == number


def upgraded(name: str) -> Callable[[Row], bool]:
    """The protocol that was upgraded to TLS."""
    return lambda row: row["starttls_protocol"] == name


def tunneled(name: str) -> Callable[[Row], bool]:
    """An encapsulation around the packets."""
    return lambda row: has(row["tunnels"], name)


def told(column: str, value: Any = True) -> Callable[[Row], bool]:
    """A column with this value."""
    return lambda row: row[column] is not None and row[column] == value


def alerted(number: int) -> Callable[[Row], bool]:
    """The last alert in the clear."""
    return told("last_alert", number)


def has(values: Any, value: Any) -> bool:
    """A list that is there and holds the value."""
    return values is not None and hasattr(values, "__len__") and value in list(values)


def any_row(row: Row) -> bool:
    """That it is read is enough."""
    return row is not None


def seen(text: str) -> Callable[[Row], bool]:
    """Letters of the handshake's history."""
    return lambda row: isinstance(row["handshake_history"], str) and text in row["handshake_history"]


SAMPLES_OF: dict[str, tuple[str, Callable[[Row], bool]]] = {
    "alert": (HANDSHAKES + "alert-unknown-ca.pcap", alerted(48)),
    "alert-desc-40": (HANDSHAKES + "alert-handshake-failure.pcap", alerted(40)),
    "alert-desc-46": (HANDSHAKES + "alert-certificate-unknown.pcap", alerted(46)),
    "alert-desc-47": (HANDSHAKES + "alert-illegal-parameter.pcap", alerted(47)),
    "alert-desc-48": (HANDSHAKES + "alert-unknown-ca.pcap", alerted(48)),
    "alert-desc-50": (HANDSHAKES + "alert-decode-error.pcap", alerted(50)),
    "alert-desc-70": (HANDSHAKES + "alert-protocol-version.pcap", alerted(70)),
    "alert-desc-112": (HANDSHAKES + "alert-unrecognized-name.pcap", alerted(112)),
    "alpn": (HANDSHAKES + "alpn-http11.pcap", lambda row: has(row["alpn_offered"], "http/1.1")),
    "alpn-selected": (HANDSHAKES + "alpn-http11.pcap", told("alpn", "http/1.1")),
    "certificate-request": (HANDSHAKES + "client-certificate-tls12.pcap", told("client_certificate_requested")),
    "ch-over-several-segments": (VARIANTS + "tcp-hello-in-bytes.pcap", version("TLS 1.2")),
    "ch-sslv3": (HANDSHAKES + "ssl3.pcap", told("client_legacy_version", 0x0300)),
    "client-certificate": (
        HANDSHAKES + "client-certificate-tls12.pcap",
        lambda row: len(row["client_certificate_sha256s"]) > 0,
    ),
    "client-hello-only-stream": (VARIANTS + "tcp-client-only.pcap", told("one_sided")),
    "dtls-fragmented-hs": (HANDSHAKES + "dtls12-fragments.pcap", version("DTLS 1.2")),
    "dtls-hello-verify": (HANDSHAKES + "dtls12.pcap", seen("CvC")),
    "dtls-rec-1.0": (HANDSHAKES + "dtls10.pcap", record_version(0xFEFF)),
    "early-data": (HANDSHAKES + "early-data.pcap", told("early_data_offered")),
    "empty-certificate": (
        HANDSHAKES + "client-certificate-none.pcap",
        lambda row: (
            hasattr(row["client_certificate_sha256s"], "__len__") and not len(row["client_certificate_sha256s"])
        ),
    ),
    "file-cut": (VARIANTS + "format-cut.pcap", any_row),
    "grease": (HANDSHAKES + "chromium-hybrid.pcapng", told("grease")),
    "gz": (VARIANTS + "format-gzip.pcap.gz", any_row),
    "heartbeat": (HANDSHAKES + "heartbeat.pcap", told("heartbeat_mode", 1)),
    "hello-retry-request": (HANDSHAKES + "hello-retry-request.pcap", told("hello_retry_request")),
    "ip-in-ip": (VARIANTS + "tunnel-ipip.pcap", tunneled("ipip")),
    "ipv6": (HANDSHAKES + "ipv6.pcap", lambda row: ":" in row["client_ip"]),
    "link-chdlc": (VARIANTS + "link-cisco-hdlc.pcap", any_row),
    "link-ethernet": (HANDSHAKES + "tls12.pcap", any_row),
    "link-ipv4": (VARIANTS + "link-ipv4.pcap", any_row),
    "link-null": (VARIANTS + "link-null-little.pcap", any_row),
    "link-ppp": (VARIANTS + "link-ppp.pcap", any_row),
    "link-raw": (VARIANTS + "link-raw.pcap", any_row),
    "link-sll": (VARIANTS + "recorded-any-sll.pcap", any_row),
    "link-sll2": (VARIANTS + "recorded-any-sll2.pcap", any_row),
    "neg-dtls1.0": (HANDSHAKES + "dtls10.pcap", version("DTLS 1.0")),
    "neg-dtls1.2": (HANDSHAKES + "dtls12.pcap", version("DTLS 1.2")),
    "neg-sslv2": (HANDSHAKES + "ssl2.pcap", told("protocol", "ssl2")),
    "neg-sslv3": (HANDSHAKES + "ssl3.pcap", version("SSL 3.0")),
    "neg-tls1.0": (HANDSHAKES + "tls10.pcap", version("TLS 1.0")),
    "neg-tls1.1": (HANDSHAKES + "tls11.pcap", version("TLS 1.1")),
    "neg-tls1.2": (HANDSHAKES + "tls12.pcap", version("TLS 1.2")),
    "neg-tls1.3": (HANDSHAKES + "tls13.pcapng", version("TLS 1.3")),
    "new-session-ticket": (HANDSHAKES + "resumption-ticket.pcap", seen("t")),
    "no-sni": (HANDSHAKES + "no-server-name.pcap", lambda row: not isinstance(row["server_name"], str)),
    "ocsp-stapling": (HANDSHAKES + "certificate-stapled.pcap", told("ocsp_status", "present")),
    "one-side-has-payload": (HANDSHAKES + "silence-after-hello.pcap", told("server_bytes", 0)),
    "one-sided": (VARIANTS + "tcp-server-only.pcap", told("one_sided")),
    "over-geneve": (VARIANTS + "tunnel-geneve.pcap", tunneled("geneve")),
    "over-gre": (VARIANTS + "tunnel-gre.pcap", tunneled("gre")),
    "over-gtp": (VARIANTS + "tunnel-gtp.pcap", tunneled("gtp")),
    "over-http": (HANDSHAKES + "proxy-connect.pcap", upgraded("http_connect")),
    "over-mpls": (VARIANTS + "link-mpls.pcap", tunneled("mpls")),
    "over-openvpn": (HANDSHAKES + "openvpn-tls-auth.pcap", upgraded("openvpn")),
    "over-ppp": (VARIANTS + "link-ppp.pcap", any_row),
    "over-pppoes": (VARIANTS + "link-pppoe.pcap", tunneled("pppoe")),
    "over-sll": (VARIANTS + "recorded-any-sll.pcap", any_row),
    "over-vlan": (VARIANTS + "link-vlan.pcap", lambda row: len(row["vlans"]) == 1),
    "over-wlan": (VARIANTS + "link-wireless.pcap", any_row),
    "pcap": (HANDSHAKES + "tls12.pcap", any_row),
    "pcap-bigendian": (VARIANTS + "format-big-endian.pcap", any_row),
    "pcapng": (HANDSHAKES + "tls13.pcapng", any_row),
    "pcapng-dsb": (VARIANTS + "format-ng-secrets.pcapng", any_row),
    "pcapng-multi-interface": (VARIANTS + "format-ng-interfaces.pcapng", any_row),
    "pcapng-multi-section": (VARIANTS + "format-ng-sections.pcapng", any_row),
    "pcapng-nanosecond": (HANDSHAKES + "chromium-hybrid.pcapng", any_row),
    "pcapng-nrb": (VARIANTS + "format-ng-names.pcapng", any_row),
    "port-443/8443": (HANDSHAKES + "tls-on-8443.pcap", told("server_port", 8443)),
    "pq-group-negotiated": (HANDSHAKES + "hybrid-openssl40.pcapng", told("post_quantum")),
    "pq-group-offered": (HANDSHAKES + "hybrid-openssl40.pcapng", lambda row: has(row["supported_groups"], 4588)),
    "psk-offered": (HANDSHAKES + "resumption-tls13.pcap", told("psk_offered")),
    "psk-resumed": (HANDSHAKES + "resumption-tls13.pcap", told("resumption", "psk")),
    "qinq": (VARIANTS + "link-qinq.pcap", lambda row: len(row["vlans"]) == 2),
    "quic-0rtt": (HANDSHAKES + "quic-early-data.pcap", told("quic_0rtt")),
    "quic-crypto-fragmented": (HANDSHAKES + "quic-large-hello.pcap", told("protocol", "quic")),
    "quic-retry": (HANDSHAKES + "quic-retry.pcapng", told("quic_retry")),
    "quic-v1": (HANDSHAKES + "quic-aioquic.pcapng", told("quic_version", 1)),
    "quic-v2": (HANDSHAKES + "quic-v2.pcap", told("quic_version_name", "2")),
    "rec-sslv3": (HANDSHAKES + "ssl3.pcap", record_version(0x0300)),
    "rec-tls1.0": (HANDSHAKES + "tls12.pcap", record_version(0x0301)),
    "rec-tls1.1": (HANDSHAKES + "tls11.pcap", version("TLS 1.1")),
    "rec-tls1.2": (HANDSHAKES + "tls12.pcap", version("TLS 1.2")),
    "server-hello-only-stream": (VARIANTS + "tcp-server-only.pcap", told("one_sided")),
    "session-resumed-tls12": (HANDSHAKES + "resumption-session-id.pcap", told("resumption", "session_id")),
    "session-ticket-ext": (HANDSHAKES + "resumption-ticket.pcap", told("session_ticket_offered")),
    "several-hs-in-record": (HANDSHAKES + "tls12.pcap", any_row),
    "snaplen-truncated": (VARIANTS + "recorded-cut-packets.pcap", told("truncated")),
    "sslv2": (HANDSHAKES + "ssl2.pcap", told("protocol", "ssl2")),
    "sslv2-compat-hello": (HANDSHAKES + "ssl2-format-hello.pcap", record_version(2)),
    "sslv2-hello": (HANDSHAKES + "ssl2.pcap", record_version(2)),
    "starttls:ftp": (HANDSHAKES + "starttls-ftp.pcap", upgraded("ftp")),
    "starttls:imap": (HANDSHAKES + "starttls-imap.pcap", upgraded("imap")),
    "starttls:pgsql": (HANDSHAKES + "starttls-postgres.pcap", upgraded("postgresql")),
    "starttls:pop": (HANDSHAKES + "starttls-pop3.pcap", upgraded("pop3")),
    "starttls:smtp": (HANDSHAKES + "starttls-smtp.pcap", upgraded("smtp")),
    "starttls:xmpp": (HANDSHAKES + "starttls-xmpp.pcap", upgraded("xmpp")),
    "starttls-or-embedded": (HANDSHAKES + "starttls-smtp.pcap", upgraded("smtp")),
    "tcp-mid-stream": (VARIANTS + "tcp-midstream.pcap", told("midstream")),
    "tcp-missing-segment": (VARIANTS + "tcp-missing-segment.pcap", told("gap")),
    "tcp-other-port": (HANDSHAKES + "tls-on-31337.pcap", told("server_port", 31337)),
    "tcp-out-of-order": (VARIANTS + "tcp-out-of-order.pcap", lambda row: row["out_of_order"] > 0),
    "tcp-retransmission": (VARIANTS + "tcp-retransmitted.pcap", lambda row: row["retransmitted"] > 0),
    "tls1.3-decrypted": (HANDSHAKES + "tls13.pcapng", version("TLS 1.3")),
    "udp-other-port": (HANDSHAKES + "dtls12.pcap", told("server_port", 4433)),
    "zstd": (VARIANTS + "format-ng-zstandard.pcapng.zst", any_row),
}

TESTS_OF: dict[str, tuple[str, str]] = {
    "dtls-rec-1.2": ("wire/test_dtls.py", "test_it_is_read_in_every_version_and_in_fragments_of_any_size"),
    "dtls-rec-openssl-bad": ("wire/test_dtls.py", "test_it_is_read_in_every_version_and_in_fragments_of_any_size"),
    "neg-dtls-openssl-bad": ("wire/test_dtls.py", "test_it_is_read_in_every_version_and_in_fragments_of_any_size"),
    "neg-dtls1.3": ("wire/test_dtls.py", "test_dtls13_is_told_by_its_extension_and_its_records_are_counted"),
    "ech": ("wire/test_messages.py", "ech_config_id"),
    "gquic": ("wire/test_gquic.py", "test_version_id_and_name_are_read_from_the_public_header_and_the_greeting"),
    "malformed": ("wire/test_messages.py", "test_a_random_that_is_cut_off_is_refused"),
    "over-cmd": ("wire/test_link.py", "Cisco metadata"),
    "over-rdpudp": ("wire/test_rdpudp.py", "test_the_handshake_inside_is_read_whatever_parts_packets_have"),
    "quic-draft-22": ("wire/test_quic.py", "test_both_hellos_are_read_in_every_version_whose_salt_is_known"),
    "quic-draft-29": ("wire/test_quic.py", "test_both_hellos_are_read_in_every_version_whose_salt_is_known"),
    "quic-google-0x54303531": ("wire/test_quic.py", "test_google_frames_with_tls_in_them_are_read"),
    "quic-mvfst": ("wire/test_quic.py", "test_both_hellos_are_read_in_every_version_whose_salt_is_known"),
    "tcp-acked-unseen": ("wire/test_flow.py", "test_an_acknowledgement_gives_up_a_hole_of_the_other_side"),
    "tls1.3-draft-offered": ("wire/test_messages.py", "test_drafts_and_experiments_of_tls_1_3_are_selected_like_it"),
}
VECTORS_OF = (
    "alert-desc-0", "alpn-not-alnum", "certificate-odd", "compression-negotiated", "compression-offered",
    "neg-other-version", "neg-tls1.3-draft", "no-extensions", "over-socks", "sni-is-ip", "socks-proxy",
    "starttls:ldap", "starttls:mysql", "tls1.3-draft-16", "tls1.3-draft-18", "tls1.3-draft-19",
    "tls1.3-draft-22", "tls1.3-draft-23", "tls1.3-draft-28",
)  # fmt: skip


def read_row(tmp_path: Path, *turns: bytes) -> Row:
    """The only connection of a capture in which two ends say this."""
    path = write_pcap(tmp_path / "made.pcap", converse(*turns))
    (row,) = tlsinspect.read(path).connections.to_dict("records")
    return row


@pytest.mark.parametrize("feature", SAMPLES_OF)
def test_a_sample_has_the_feature(feature: str) -> None:
    sample, holds = SAMPLES_OF[feature]
    assert sample in MANIFEST and (CAPTURES / sample).exists()
    assert any(holds(row) for row in inspect(sample).connections.to_dict("records"))


@pytest.mark.parametrize("feature", TESTS_OF)
def test_a_test_has_the_feature(feature: str) -> None:
    path, name = TESTS_OF[feature]
    assert name in (ROOT / "tests" / path).read_text()


@pytest.mark.parametrize("draft", [16, 18, 19, 22, 23, 28])
def test_drafts_of_tls13_are_negotiated_by_name(draft: int, tmp_path: Path) -> None:
    number = 0x7F00 | draft
    offer = tls.supported_versions(number) + tls.key_share(29)
    share = tls.extension(51 if draft > 22 else 40, tls.u16(29) + tls.vector16(b"key!"))
    if draft < 22:  # neither session id nor compression
        answer = tls.u16(number) + tls.SERVER_RANDOM + tls.u16(0x1301) + tls.vector16(share)
    else:
        extensions = tls.vector16(tls.selected_version(number) + share)
        answer = tls.u16(0x0303) + tls.SERVER_RANDOM + b"\x00" + tls.u16(0x1301) + b"\x00" + extensions
    turns = tls13_turns(offer)
    row = read_row(tmp_path, turns[0], tls.handshake(tls.message(2, answer)) + tls.application(900), *turns[2:])
    assert (row["version"], row["version_name"]) == (number, f"TLS 1.3 (draft {draft})")
    assert (row["cipher_suite_name"], row["group_name"]) == ("TLS_AES_128_GCM_SHA256", "x25519")


def test_a_version_that_nobody_knows_shows_its_number(tmp_path: Path) -> None:
    turns = tls12_turns()
    odd = turns[1].replace(b"\x03\x03" + tls.SERVER_RANDOM, b"\x03\x09" + tls.SERVER_RANDOM)
    row = read_row(tmp_path, turns[0], odd, *turns[2:])
    assert (row["version"], row["version_name"]) == (0x0309, "0x0309")


def test_a_hello_of_old_has_no_extensions(tmp_path: Path) -> None:
    old = tls.client_hello(None, suites=tls.u16(0x002F), version=0x0301)
    row = read_row(tmp_path, tls.handshake(tls.message(1, old), version=0x0301), *tls12_turns()[1:])
    assert list(row["client_extensions"]) == []
    assert row["ja3_string"] == "769,47,,,"


def test_an_alpn_that_is_not_alphanumeric_shows_in_ja4_by_its_hex_digits(tmp_path: Path) -> None:
    row = read_row(tmp_path, *tls12_turns(tls.alpn(b"\xabh\xcd")))
    assert row["ja4"].split("_")[0].endswith("ad")


def test_an_address_may_stand_in_the_place_of_a_name(tmp_path: Path) -> None:
    row = read_row(tmp_path, *tls12_turns(tls.server_name(b"192.0.2.80")))
    assert row["server_name"] == "192.0.2.80"


def test_compression_that_was_negotiated_is_told(tmp_path: Path) -> None:
    turns = tls12_turns()
    hello = tls.handshake(tls.message(1, tls.client_hello(compression=b"\x01\x00")))
    row = read_row(tmp_path, hello, turns[1].replace(b"\xc0\x2f\x00", b"\xc0\x2f\x01", 1), *turns[2:])
    assert list(row["compression_methods"]) == [1, 0]
    assert row["compression_method"] == 1


def test_a_close_in_the_clear_is_told(tmp_path: Path) -> None:
    row = read_row(tmp_path, tls12_turns()[0], tls.alert(1, 0))
    assert (row["last_alert"], row["last_alert_name"]) == (0, "close_notify")


def test_a_certificate_that_is_none_is_kept_with_a_problem(tmp_path: Path) -> None:
    path = write_pcap(tmp_path / "odd.pcap", converse(*tls12_turns(b"", b"no certificate")))
    inspection = tlsinspect.read(path)
    assert len(inspection.connections["certificate_sha256s"][0]) == 1
    assert inspection.certificates["subject"].isna().all()


LDAP_REQUEST = bytes.fromhex("301d 020101 7718 8016") + b"1.3.6.1.4.1.1466.20037"
LDAP_RESPONSE = bytes.fromhex("300c 020101 7807 0a0100 0400 0400")
MYSQL_GREETING = bytes.fromhex("4a0000 00 0a") + b"8.0.36\0" + bytes(66)
MYSQL_REQUEST = bytes.fromhex("200000 01") + bytes.fromhex("05ae0f00") + bytes(28)
SOCKS5 = (b"\x05\x01\x00", b"\x05\x00", b"\x05\x01\x00\x03\x0bwww.example\x01\xbb", b"\x05\x00\x00\x01" + bytes(6))
SOCKS4 = (b"\x04\x01\x01\xbb\xc6\x33\x64\x01user\x00", b"\x00\x5a" + bytes(6))


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("ldap", (LDAP_REQUEST, LDAP_RESPONSE)),
        ("mysql", (b"", MYSQL_GREETING, MYSQL_REQUEST, b"")),
        ("socks5", SOCKS5),
        ("socks4", SOCKS4),
    ],
)
def test_what_was_upgraded_is_named(name: str, before: tuple[bytes, ...], tmp_path: Path) -> None:
    row = read_row(tmp_path, *before, *tls12_turns())
    assert (row["protocol"], row["starttls_protocol"]) == ("tls", name)
    assert row["established"] is True


def test_every_feature_of_the_corpus_has_a_witness() -> None:
    listing = ROOT.parent / "shared" / "corpus" / "captures.tsv"
    if not listing.exists():
        pytest.skip("no corpus beside the project")
    named: set[str] = set()
    for line in listing.read_text().splitlines()[1:]:
        features = line.split("\t")[3]
        named.update(re.split(r",\s*", features) if not features.startswith("no TLS") else [])
    witnesses = set(SAMPLES_OF) | set(TESTS_OF) | set(VECTORS_OF)
    assert named - {""} <= witnesses
