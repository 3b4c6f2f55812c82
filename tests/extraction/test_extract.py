"""Extraction: the packets of some connections, as they were, and what Wireshark makes of them."""

from __future__ import annotations

import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from struct import pack
from typing import Any

import eap_traffic
import pytest
from command_line import run
from cryptography import x509
from samples import CAPTURES, inspect
from traffic import write_pcap

import tlsinspect
from tlsinspect.capture import CaptureSource
from tlsinspect.columns import CONNECTIONS
from tlsinspect.display_filter import display_filter
from tlsinspect.extraction import extract_packets, with_finding
from tlsinspect.extraction.certificates import file_name
from tlsinspect.extraction.choose import comments_of
from tlsinspect.extraction.packets import RawPacket, iter_packets, read_options, ticks_of
from tlsinspect.extraction.secrets import TLS_KEY_LOG, own_secrets
from tlsinspect.wire.packet import Interface

PLACES = ("capture", *(column.name for column in CONNECTIONS if column.name.endswith("_packet")))
NEEDS_TSHARK = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed: run make tools")


def tshark(path: Path, *arguments: str) -> list[str]:
    command = ["tshark", "-r", str(path), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    complaints = [line for line in result.stderr.splitlines() if not line.startswith("Running as user")]
    assert (result.returncode, complaints) == (0, [])
    return result.stdout.splitlines()


def rows_of(inspection: tlsinspect.Inspection) -> dict[str, dict[str, Any]]:
    rows = inspection.arrow("connections").drop_columns(list(PLACES)).to_pylist()
    return {row["connection_id"]: row for row in rows}


def copied(packet: RawPacket) -> tuple[Any, ...]:
    interface = packet.interface
    kind = (interface.link_type, interface.tsresol, interface.tsoffset, interface.name)
    return packet.frame, packet.wire_length, packet.ticks, kind


@pytest.mark.parametrize(
    "sample",
    ["handshakes/eap-tls-radius.pcap", "handshakes/eap-tls-lan.pcap", "handshakes/quic-aioquic.pcapng",
     "variants/ip-fragments-reversed.pcap", "variants/ipv6-fragments.pcap", "variants/link-qinq.pcap",
     "variants/format-ng-interfaces.pcapng", "variants/format-ng-big-endian.pcapng",
     "variants/format-ng-simple-packets.pcapng", "variants/format-nanoseconds.pcap",
     "variants/format-ng-sections.pcapng",
     "variants/format-ng-obsolete-packets.pcapng", "variants/tcp-time-backwards.pcap",
     "variants/format-zstandard.pcap.zst", "variants/tunnel-vxlan.pcap", "variants/sctp-dtls-reversed.pcap"],
)  # fmt: skip
def test_the_extracted_packets_are_those_of_the_capture_and_say_the_same(sample: str, tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    with path.open("wb") as out:
        extracted = extract_packets(inspect(sample), out)
    assert rows_of(tlsinspect.read(path)) == rows_of(inspect(sample)) != {}
    written = [copied(packet) for packet in iter_packets(CaptureSource(path))]
    original = [copied(packet) for packet in iter_packets(CaptureSource(CAPTURES / sample))]
    assert len(written) == extracted.packets
    assert written == [packet for packet in original if packet in written]


def test_of_two_stations_on_a_lan_one_is_extracted_without_the_other(tmp_path: Path) -> None:
    turns = [*eap_traffic.identity(0), *eap_traffic.method_turns(*eap_traffic.FLIGHTS)]
    stations = (eap_traffic.STATION, b"\x02\x00\x00\x00\x00\x09")
    frames = [eap_traffic.eapol(turn, station) for turn in turns for station in stations]
    both = tlsinspect.read(write_pcap(tmp_path / "both.pcap", eap_traffic.timed(frames)))
    assert len(both.connections) == 2
    for number, id_ in enumerate(both.connections.sort_values("client_hello_packet")["connection_id"]):
        with (tmp_path / "one.pcapng").open("wb") as out:
            extract_packets(both.where(f"connection_id == '{id_}'"), out)
        written = [packet.frame for packet in iter_packets(CaptureSource(tmp_path / "one.pcapng"))]
        assert written == frames[number::2]


@NEEDS_TSHARK
def test_a_packet_without_a_time_keeps_that_of_the_packet_before_it(tmp_path: Path) -> None:
    first, second, *others = sample_frames()
    blocks = [enhanced(first, 5_000_000), simple(second), *(enhanced(frame, 6_000_000) for frame in others)]
    lines = extracted_fields(tmp_path, blocks, "frame.time_epoch")
    assert lines == ["5.000000000", "5.000000000"] + ["6.000000000"] * len(others)


def test_a_time_that_the_units_of_an_interface_do_not_reach_is_none() -> None:
    assert [ticks_of(Interface(1, 0, 6, offset, ""), 5 * 10**9) for offset in (0, 4, 6)] == [5_000_000, 1_000_000, 0]
    assert ticks_of(Interface(1, 0, 30, 0, ""), 5 * 10**9) == 0


@NEEDS_TSHARK
def test_the_drops_of_obsolete_packet_blocks_become_an_option(tmp_path: Path) -> None:
    first, second, *others = sample_frames()
    blocks = [obsolete(first, 7), obsolete(second, 0xFFFF), *(obsolete(frame, 0) for frame in others)]
    assert extracted_fields(tmp_path, blocks, "frame.drop_count") == ["7", ""] + ["0"] * len(others)


@pytest.mark.parametrize(
    ("code", "written", "read"),
    [
        (1, "6869", "6869"),
        (2, "12340001", "01003412"),
        (3, "0201020304", "0201020304"),
        (4, "0000000000000009", "0900000000000000"),
        (5, "000000000000004d", "4d00000000000000"),
        (6, "00000003", "03000000"),
        (7, "010000000000000002", "010200000000000000"),
        (7, "02fffffffffffffffe", "02feffffffffffffff"),
        (7, "000102", "000102"),
        (7, "", ""),
        (8, "0000000a0000000b", "0a0000000b000000"),
        (2988, "00007ed968690001", "d97e000068690001"),
        (19373, "00007ed901", "d97e000001"),
        (4, "0102", "0201"),
    ],
)
def test_options_of_a_big_endian_section_keep_their_values(code: int, written: str, read: str) -> None:
    value = bytes.fromhex(written)
    data = pack(">HH", code, len(value)) + value + bytes(-len(value) % 4)
    assert read_options(data, 0, len(data), True) == [(code, bytes.fromhex(read))]


@NEEDS_TSHARK
def test_an_interface_keeps_its_description_beside_the_name_of_the_capture(tmp_path: Path) -> None:
    options = pack("<HH", 2, 4) + b"eth0" + pack("<HH", 3, 8) + b"Uplink 2"
    described = block(1, pack("<HHI", 1, 0, 0) + options + bytes(4))
    blocks = [described, *(enhanced(frame, 0, interface=1) for frame in sample_frames())]
    assert set(extracted_fields(tmp_path, blocks, "frame.interface_description")) == {"Uplink 2, in in.pcapng"}


def sample_frames() -> list[bytes]:
    return [packet.frame for packet in iter_packets(CaptureSource(CAPTURES / "handshakes/alpn-http11.pcap"))]


def enhanced(frame: bytes, microseconds: int, interface: int = 0) -> bytes:
    return block(6, pack("<IIIII", interface, 0, microseconds, len(frame), len(frame)) + frame)


def obsolete(frame: bytes, dropped: int) -> bytes:
    return block(2, pack("<HHIIII", 0, dropped, 0, 1, len(frame), len(frame)) + frame)


def simple(frame: bytes) -> bytes:
    return block(3, pack("<I", len(frame)) + frame)


def block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = pack("<I", len(body) + 12)
    return pack("<I", kind) + length + body + length


def extracted_fields(folder: Path, blocks: list[bytes], field: str) -> list[str]:
    """What tshark says of the packets of these blocks, once they were extracted."""
    capture, path = folder / "in.pcapng", folder / "out.pcapng"
    section = block(0x0A0D0D0A, pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(1, pack("<HHI", 1, 0, 0))
    capture.write_bytes(section + b"".join(blocks))
    with path.open("wb") as out:
        extract_packets(tlsinspect.read(capture), out)
    return tshark(path, "-T", "fields", "-e", field)


def test_one_connection_among_many_comes_out_alone_with_its_tcp_handshake(tmp_path: Path) -> None:
    connection = inspect("demo.pcapng").connections.query("version_name == 'TLS 1.0'").iloc[0]
    path = tmp_path / "one.pcapng"
    done = run("extract", CAPTURES / "demo.pcapng", "--connection", connection["connection_id"], "-o", path)
    packets = connection["client_packets"] + connection["server_packets"]
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith(f"{path}: {packets} packets of 1 connection, ")
    ours = rows_of(tlsinspect.read(path))
    assert ours == {connection["connection_id"]: rows_of(inspect("demo.pcapng"))[connection["connection_id"]]}


@NEEDS_TSHARK
def test_tshark_sees_the_same_handshake_and_the_findings_as_comments(tmp_path: Path) -> None:
    row = inspect("demo.pcapng").connections.query("cipher_suite_name.str.contains('EXPORT')").iloc[0].to_dict()
    path = tmp_path / "one.pcapng"
    assert run("extract", CAPTURES / "demo.pcapng", "--connection", row["connection_id"], "-o", path).exit_code == 0
    fields = ["frame.time_epoch", "frame.len", "frame.protocols", "tcp.flags.str", "tls.handshake.type",
              "tls.handshake.random", "tls.handshake.ciphersuite", "x509sat.printableString"]  # fmt: skip
    shown = ["-T", "fields", *(word for field in fields for word in ("-e", field))]
    seen = tshark(path, *shown)
    assert seen == tshark(CAPTURES / "demo.pcapng", "-Y", display_filter(row), *shown)
    assert "S" in seen[0].split("\t")[3]
    comments = [
        line.split("\t")
        for line in tshark(
            path, "-T", "fields", "-e", "tls.handshake.type", "-e", "frame.comment", "-Y", "frame.comment"
        )
    ]
    assert any(types.startswith("2") and "critical: CIP-03: Export-grade" in text for types, text in comments)


@NEEDS_TSHARK
def test_tshark_decrypts_with_the_secrets_that_came_along(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    done = run(
        "extract", CAPTURES / "variants" / "format-ng-secrets.pcapng", "--where", "version is not null", "-o", path
    )
    assert "1 line of decryption secrets" in done.stdout
    assert any("GET /" in line for line in tshark(path, "-Y", "http"))


def test_the_later_readings_tell_how_far_they_are() -> None:
    told: list[tuple[int, int | None]] = []
    extract_packets(inspect("demo.pcapng"), BytesIO(), lambda done, total: told.append((done, total)))
    size = (CAPTURES / "demo.pcapng").stat().st_size
    assert told == sorted(told) and len(told) > 2
    assert {total for _, total in told} == {2 * size} and told[-1][0] == 2 * size


def test_only_secrets_of_the_connections_come_along() -> None:
    mine, other = "ab" * 32, "cd" * 32
    own = f"CLIENT_RANDOM {mine.upper()} 01\n"
    log = f"# comment\n{own}CLIENT_RANDOM {other} 02\nRSA 0011223344556677 03\nCLIENT {mine}\n"
    assert own_secrets(TLS_KEY_LOG, log.encode(), {mine}) == own.encode()
    assert own_secrets(0x57474B4C, log.encode(), {mine}) == b""


def test_a_finding_chooses_every_connection_that_it_is_about() -> None:
    inspection = inspect("demo.pcapng")
    old = set(inspection.connections.query("version_name == 'TLS 1.0'")["connection_id"])
    assert set(with_finding(inspection, "ver-04")) == old
    out = BytesIO()
    assert extract_packets(inspection.only(sorted(old)), out).connections == len(old)
    with pytest.raises(tlsinspect.TlsInspectError, match="did you mean VER-04"):
        with_finding(inspection, "VER04")


def test_every_connection_of_a_finding_has_its_comment() -> None:
    chosen = inspect("demo.pcapng").where("version_name == 'TLS 1.0'")
    packets = chosen.connections["server_hello_packet"].tolist()
    comments = comments_of(chosen)
    assert len(packets) > 20
    assert all("tlsinspect: high: VER-04: TLS 1.0 negotiated" in comments["demo.pcapng", packet] for packet in packets)


def test_certificates_become_files_that_others_read(tmp_path: Path) -> None:
    done = run(
        "extract", CAPTURES / "demo.pcapng", "--connection", "old.test", "--certificates", tmp_path / "new" / "dir"
    )
    assert done.exit_code == 0, done.stderr
    pems = sorted((tmp_path / "new" / "dir").glob("*.pem"))
    assert any(path.name.startswith("old.test-") for path in pems)
    for path in pems:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        assert certificate == x509.load_der_x509_certificate(path.with_name(f"{path.stem}.der").read_bytes())
    assert str(len(pems)) in done.stdout


def test_where_no_certificate_is_in_the_clear_the_reason_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "found"
    done = run("extract", CAPTURES / "handshakes" / "tls13.pcapng", "--where", "established", "--certificates", folder)
    assert (done.exit_code, done.stdout) == (0, f"{folder}: no certificate, as TLS 1.3 encrypts it (1 connection)\n")


@pytest.mark.parametrize(
    ("name", "safe"),
    [("www.example", "www.example"),
     ("*.example", "example"), ("../../etc/passwd", "etc_passwd"), (None, "certificate"),
     ("\x1b[2J/", "2J"), ("...", "certificate"), ("a" * 100, "a" * 48), ("CON", "CON")],
)  # fmt: skip
def test_no_certificate_chooses_a_path(name: str | None, safe: str) -> None:
    assert file_name(name, "0123456789abcdef" * 4) == f"{safe}-0123456789abcdef"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["demo.pcapng", "-o", "x.pcapng"], "say which connections"),
        (["demo.pcapng", "--finding", "CIP-03"], "say where to"),
        (["demo.pcapng", "--connection", "no.such.name", "-o", "x.pcapng"], "'no.such.name' is no packet"),
        (["demo.pcapng", "--connection", "#9", "-o", "x.pcapng"], "; the nearest that does is packet 7 or 10"),
        (["demo.pcapng", "--connection", "999999", "-o", "x.pcapng"], "; the nearest that does is packet "),
        (["demo.pcapng", "--connection", "EXAMPLE", "-o", "x.pcapng"], "; did you mean www.example?"),
        (["demo.pcapng", "--connection", "wwww.exampl", "-o", "x.pcapng"], "; did you mean www.example?"),
        (["demo.pcapng", "--connection", "198.51.100.99", "-o", "x.pcapng"], "'tlsinspect hosts' list what there is"),
        (["demo.pcapng", "--where", "server_name == 'no.such'", "-o", "x.pcapng"], "no connection was chosen"),
        (["demo.pcapng", "--where", "true", "-o", "demo.pcapng"], "would be overwritten"),
        (["-", "--where", "true", "-o", "x.pcapng"], "can be read only once"),
    ],
)
def test_what_cannot_be_extracted_is_said(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = (CAPTURES / "handshakes" / "tls12.pcap").read_bytes()
    (tmp_path / "demo.pcapng").write_bytes(sample)
    monkeypatch.chdir(tmp_path)
    result = run("extract", *arguments, input=sample)
    assert result.exit_code == 2
    assert told in result.stderr
    assert not (tmp_path / "x.pcapng").exists()
    assert (tmp_path / "demo.pcapng").read_bytes() == sample
