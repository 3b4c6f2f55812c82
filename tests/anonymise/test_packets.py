"""Packets that are shared: nothing of the original's is in them, and they show the same handshake."""

from __future__ import annotations

import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from anonymise.originals import leaks, octets_of
from command_line import run
from samples import CAPTURES, inspect
from tls_vectors import server_name
from traffic import converse, tls12_turns, write_pcap

import tlsinspect
from tlsinspect.anonymise import Pseudonyms, anonymise
from tlsinspect.anonymise.copier import Copier, copy, keep_all
from tlsinspect.anonymise.frames import Side, checksum, move_options
from tlsinspect.anonymise.messages import RULES, Said, rewrite_message
from tlsinspect.anonymise.records import rewrite_stream
from tlsinspect.capture import CaptureSource
from tlsinspect.extraction import share_packets
from tlsinspect.extraction.packets import iter_packets

OWN = Pseudonyms(bytes(range(32)))
NEEDS_TSHARK = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed: run make tools")
SAMPLES = (
    *("handshakes/client-certificate-tls12.pcap", "handshakes/certificate-stapled.pcap", "handshakes/ipv6.pcap"),
    *("handshakes/hello-retry-request.pcap", "handshakes/resumption-ticket.pcap", "handshakes/suite-dhe-1024-bit.pcap"),
    *("handshakes/suite-dhe-psk-aes256-gcm.pcap", "handshakes/chromium-hybrid.pcapng", "handshakes/ssl3.pcap"),
    *("handshakes/alert-unknown-ca.pcap", "variants/tunnel-vxlan.pcap", "variants/tcp-reversed.pcap"),
    *("variants/ip-fragments-reversed.pcap", "variants/tcp-sequence-wrap.pcap", "handshakes/renegotiation-client.pcap"),
)
SAME = (
    *("connection_id", "community_id", "client_ip", "server_ip", "server_name", "version", "cipher_suite"),
    *("cipher_suites", "client_extensions", "server_extensions", "supported_groups", "supported_versions"),
    *("key_share_groups", "signature_algorithms", "alpn", "alpn_offered", "ja3", "ja4", "ja3s", "client_random"),
    *("server_random", "session_id", "server_session_id", "ticket_key_name", "certificate_sha256s", "subject"),
    *("client_certificate_sha256s", "issuer", "established", "failure_cause", "dh_prime", "handshake_history"),
    *("server_signature_algorithm", "hello_retry_request", "client_hello_length", "tcp_rtt_ms", "time_start"),
)


def shared(sample: str, path: Path) -> Path:
    with path.open("wb") as out:
        share_packets(inspect(sample), out, OWN)
    return path


@pytest.mark.parametrize("sample", SAMPLES)
def test_shared_packets_say_what_the_shared_table_says_and_hold_no_original(sample: str, tmp_path: Path) -> None:
    path = shared(sample, tmp_path / "shared.pcapng")
    octets = path.read_bytes()
    assert leaks(octets, octets_of(inspect(sample))) == []
    assert leaks(octets, application_octets(sample)) == []
    expected = anonymise(inspect(sample), OWN).arrow("connections").select(SAME).to_pylist()
    assert tlsinspect.read(path).arrow("connections").select(SAME).to_pylist() == expected != []


def application_octets(sample: str) -> set[bytes]:
    """Pieces of every long payload from behind its records' headers: what no message in the clear can explain."""
    pieces: set[bytes] = set()
    for packet in iter_packets(CaptureSource(CAPTURES / sample)):
        at = packet.frame.find(b"\x17\x03")
        if at > 0 and len(packet.frame) - at > 40:
            pieces |= {packet.frame[place : place + 12] for place in range(at + 5, len(packet.frame) - 12, 12)}
    return {piece for piece in pieces if len(set(piece)) > 6}


def test_the_scan_for_application_octets_finds_them_in_the_original() -> None:
    octets = (CAPTURES / SAMPLES[0]).read_bytes()
    assert len(leaks(octets, application_octets(SAMPLES[0]))) > 5


def tshark(path: Path, *arguments: str) -> list[str]:
    result = subprocess.run(["tshark", "-r", str(path), *arguments], capture_output=True, text=True, check=False)
    complaints = [line for line in result.stderr.splitlines() if not line.startswith("Running as user")]
    assert (result.returncode, complaints) == (0, [])
    return result.stdout.splitlines()


@NEEDS_TSHARK
def test_tshark_sees_the_same_handshake_and_right_checksums(tmp_path: Path) -> None:
    sample = CAPTURES / "handshakes" / "certificate-stapled.pcap"
    path = tmp_path / "shared.pcapng"
    command = ["extract", sample, "--where", "true", "--anonymise", tmp_path / "key", "-o", path]
    assert run(*command).exit_code == 0
    fields = (
        *("tls.record.version", "tls.record.length", "tls.handshake.type", "tls.handshake.length"),
        *("tls.handshake.version", "tls.handshake.ciphersuite", "tls.handshake.extension.type"),
        *("tls.handshake.extensions_supported_group", "tls.handshake.sig_hash_alg", "tcp.len", "x509ce.keyUsage"),
    )
    shown = ["-T", "fields", *(word for field in fields for word in ("-e", field)), "-Y", "tls.handshake.type"]
    assert tshark(path, *shown) == tshark(sample, *shown) != []
    checked = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    assert tshark(path, *checked, "-Y", "tcp.checksum.status == 0 || ip.checksum.status == 0") == []
    assert tshark(path, *checked, "-Y", "tcp.checksum.status == 1 && ip.checksum.status == 1") != []
    assert tshark(path, "-Y", "_ws.malformed") == []


def test_what_cannot_be_rewritten_is_left_out_and_counted(tmp_path: Path) -> None:
    names = ("quic-aioquic.pcapng", "starttls-smtp.pcap", "tls12.pcap", "http-on-443.pcap")
    command = ["extract", *(CAPTURES / "handshakes" / name for name in names), "--where", "true"]
    done = run(*command, "--anonymise", tmp_path / "key", "-o", tmp_path / "out.pcapng")
    assert done.exit_code == 0, done.output
    assert "of 1 connection, with pseudonyms" in done.stdout
    for reason in ("not over TCP", "an upgrade to TLS from clear text", "another protocol than TLS"):
        assert f"left out: 1 connection: {reason}" in done.stderr


def test_of_two_connections_with_the_same_ports_one_is_shared_without_the_other(tmp_path: Path) -> None:
    once = converse(*tls12_turns(server_name(b"one.example")))
    again = converse(*tls12_turns(server_name(b"two.example")), start_ns=once[-1].time_ns + 30 * 10**9)
    both = tlsinspect.read(write_pcap(tmp_path / "both.pcap", [*once, *again]))
    assert len(both.connections) == 2
    for id_, packets in zip(both.connections["connection_id"], (once, again), strict=True):
        alone = tlsinspect.read(write_pcap(tmp_path / "alone.pcap", packets))
        of_both, of_one = (
            share_packets(inspection, BytesIO(), OWN) for inspection in (both.where(f"connection_id == '{id_}'"), alone)
        )
        assert of_both == of_one and of_one.connections == 1


def test_secrets_never_follow_and_certificates_have_pseudonyms(tmp_path: Path) -> None:
    sample = CAPTURES / "variants" / "format-ng-secrets.pcapng"
    command = ["extract", sample, "--where", "true", "--anonymise", tmp_path / "key"]
    done = run(*command, "-o", tmp_path / "out.pcapng", "--certificates", tmp_path / "certificates")
    assert done.exit_code == 0, done.output
    octets = (tmp_path / "out.pcapng").read_bytes()
    assert b"CLIENT_RANDOM" not in octets and b"CLIENT_RANDOM" in sample.read_bytes()
    files = sorted((tmp_path / "certificates").iterdir())
    original = octets_of(tlsinspect.read(sample))
    assert not any(leaks(path.read_bytes() + path.name.encode(), original) for path in files)


@pytest.mark.parametrize("kind", sorted(RULES))
def test_messages_keep_their_length_wherever_they_are_cut_or_broken(kind: int) -> None:
    said = Said()
    said.version, said.suite = 0x0303, 0xC02F
    for body in (b"", b"\xff" * 70, bytes(70), bytes(range(256)), b"\x03\x03" + bytes(range(100, 200))):
        for end in range(0, len(body), 7):
            assert len(rewrite_message(kind, body[:end], said, OWN)) == end


def test_streams_keep_their_length_and_start_as_zeros() -> None:
    secret = b"GET /secret HTTP/1.0\r\n\r\n"
    record = b"\x17\x03\x03" + len(secret).to_bytes(2, "big") + secret
    for data in (secret, record, record + secret, b"\x16\x03\x01\x00\x20" + secret, b"\x16\x03\x01\xff\xff" + secret):
        made = rewrite_stream(data, Said(), OWN)
        assert len(made) == len(data) and b"secret" not in made and b"GET" not in made
    assert rewrite_stream(record, Said(), OWN) == record[:5] + bytes(len(secret))


def test_a_copier_hides_what_its_rule_does_not_reach() -> None:
    def rule(copier: Copier) -> None:
        copier.keep(2)
        copier.vector(1, keep_all)

    made = copy(b"ab\x02cdsecret", rule, OWN)
    assert made[:5] == b"ab\x02cd" and len(made) == 11 and b"secret" not in made
    cut = copy(b"ab\x7fsecret", rule, OWN)
    assert len(cut) == 9


def test_options_that_tell_of_a_host_become_nothing() -> None:
    side = Side(b"\x0a\0\0\x01", 443, 1000, 5000)
    timestamps = bytes([8, 10]) + b"12345678"
    selective = bytes([5, 10]) + (1100).to_bytes(4, "big") + (1200).to_bytes(4, "big")
    made = move_options(b"\x01\x01" + timestamps + b"\x01\x01" + selective + b"\x08", side)
    assert made[:14] == b"\x01" * 14 and made[14:24] == bytes([5, 10]) + (5100).to_bytes(4, "big") + (5200).to_bytes(
        4, "big"
    )
    assert made[24:] == b"\x01"
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0x220D  # RFC 1071 section 3: ones' complement of ddf2
