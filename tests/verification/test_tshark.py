"""`tlsinspect verify` with tshark: what a person types and reads, and what happens when tshark is not there."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path
from time import process_time

import pyarrow as pa
import pytest
from command_line import run
from made_chains import LEAF, MIDDLE
from samples import CAPTURES, inspect, write_cut
from tls_vectors import (
    alpn,
    certificate,
    ecdhe_exchange,
    extension,
    handshake,
    message,
    server_hello,
    server_name,
    vector24,
)
from traffic import converse, tls12_turns, write_pcap

import tlsinspect
from tlsinspect.errors import CaptureError
from tlsinspect.extraction import extract_packets
from tlsinspect.verification import Verification, tshark, verify_tshark
from tlsinspect.verification.record import Difference
from tlsinspect.verification.tshark_reasons import is_no_text

SAMPLE = "handshakes/tls12.pcap"
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed: run make tools")


@needs_tshark
def test_a_person_reads_how_much_agrees_and_what_is_explained() -> None:
    result = run("verify", CAPTURES / "handshakes/quic-retry.pcapng")
    first, second, third, *_ = result.stdout.splitlines()
    assert first.startswith("tshark ")
    assert first.endswith("facts agree in 1 connection; 0 differences without a known reason, 2 with one")
    assert second.startswith("  explained, 2 of client_hello_packet, client_random: a client that says something else")
    assert third.startswith("    packet 3: client_hello_packet of ")
    assert result.exit_code == 0


@needs_tshark
def test_a_value_that_differs_is_found_with_its_packet_in_notebooks_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inspection = tlsinspect.read(CAPTURES / SAMPLE)
    connections = inspection.arrow("connections")
    place = connections.schema.get_field_index("server_name")
    inspection.arrow_tables["connections"] = connections.set_column(place, "server_name", pa.array(["evil\x1b.test"]))

    async def cell() -> Verification:
        return verify_tshark(inspection)

    found = asyncio.run(cell())
    [row] = found.unexplained.to_dict("records")
    [ours] = inspect(SAMPLE).connections.to_dict("records")
    assert (row["field"], row["ours"], row["theirs"]) == ("server_name", "evil\x1b.test", ours["server_name"])
    assert (row["packet"], row["connection_id"]) == (ours["client_hello_packet"], ours["connection_id"])
    monkeypatch.setattr("tlsinspect.verification.verify_tshark", lambda _: found)
    result = run("verify", CAPTURES / SAMPLE)
    assert result.exit_code == 1
    assert "1 difference without a known reason" in result.stdout
    assert f"  packet {row['packet']}: server_name of {row['subject']}\n    here:   evil\\x1b.test\n" in result.stdout
    assert "server_name" in run("verify", CAPTURES / SAMPLE, "--format", "csv").stdout


@needs_tshark
def test_messages_that_share_a_record_end_before_it_does(tmp_path: Path) -> None:
    hello, _, *rest = tls12_turns(server_name(b"www.example"), LEAF, MIDDLE)
    chain = message(11, certificate(*[LEAF, MIDDLE] * 4))
    flight = handshake(message(2, server_hello()), chain, message(12, ecdhe_exchange()), message(14))
    inspection = tlsinspect.read(write_pcap(tmp_path / "made.pcap", converse(hello, flight, *rest)))
    found = verify_tshark(inspection)
    [row] = found.differences.to_dict("records")
    assert (row["field"], int(row["ours"]), int(row["theirs"])) == ("server_hello_packet", 5, 6)
    assert "completes its record" in row["reason"]


@needs_tshark
@pytest.mark.parametrize(
    ("sample", "octets", "fields"),
    [
        ("dtls12", 200, {"client_random", "cipher_suites", "server_name"}),
        ("tls12", 1000, {"group", "server_signature_algorithm"}),
        ("suite-dhe-export-des-40", 1000, {"dh_prime_bits"}),
    ],
)
def test_what_the_capture_length_cuts_is_explained(sample: str, octets: int, fields: set[str], tmp_path: Path) -> None:
    found = verify_tshark(tlsinspect.read(write_cut(f"handshakes/{sample}.pcap", octets, tmp_path / "cut.pcap")))
    assert found.matched == 1
    assert fields <= set(found.differences["field"])
    assert found.unexplained.to_dict("records") == []


@needs_tshark
@pytest.mark.parametrize("name", [b"\xba\xad", "日本.example".encode(), b"a\xff\x1bb", b"a\r\n\x00b"])
def test_names_that_are_no_text_are_explained(name: bytes, tmp_path: Path) -> None:
    turns = tls12_turns(server_name(name) + alpn(name, b"http/1.1"), LEAF)
    found = verify_tshark(tlsinspect.read(write_pcap(tmp_path / "made.pcap", converse(*turns))))
    assert set(found.differences["field"]) == {"server_name", "alpn_offered"}
    assert set(found.differences["reason"]) == {
        "tshark does not show octets that are no text, nor what stands behind a zero octet"
    }


@needs_tshark
@pytest.mark.parametrize("name", [b"\x1b[2J", b"back\\slash", b"line\r\nfeed", b"ZZ", b"\\xba"])
def test_names_that_are_spelled_with_escapes_agree(name: bytes, tmp_path: Path) -> None:
    turns = tls12_turns(server_name(name) + alpn(name, b"http/1.1"), LEAF)
    found = verify_tshark(tlsinspect.read(write_pcap(tmp_path / "made.pcap", converse(*turns))))
    assert found.matched == 1
    assert found.differences.to_dict("records") == []


@needs_tshark
def test_a_comment_that_is_no_text_stops_nothing(tmp_path: Path) -> None:
    source = inspect(SAMPLE)
    path = tmp_path / "commented.pcapng"
    with path.open("wb") as out:
        extract_packets(source, out)
    octets = path.read_bytes()
    assert b"tlsinspect:" in octets
    path.write_bytes(octets.replace(b"tlsinspect:", b"\xff\xfe\xc0\xffinsect:"))
    found = verify_tshark(tlsinspect.read(path))
    assert found.matched == 1
    assert found.unexplained.to_dict("records") == []


@pytest.mark.parametrize("theirs", [["h3", "http/1.1"], ["�"], ["�", "http/1.0"], ["a�", "http/1.1"]])
def test_other_differences_of_such_names_are_not(theirs: list[str]) -> None:
    assert is_no_text(Difference("made", "alpn_offered", ["\\xba\\xad", "http/1.1"], ["�", "http/1.1"]))
    assert not is_no_text(Difference("made", "alpn_offered", ["\\xba\\xad", "http/1.1"], theirs))
    assert not is_no_text(Difference("made", "server_name", None, "�"))
    assert not is_no_text(Difference("made", "server_name", "www.bank.example", "�"))


def test_a_name_of_many_octets_that_are_no_text_takes_no_longer() -> None:
    begun = process_time()
    ours, theirs = "\\xe9\\xe9" * 18, "�\\xe9" * 18
    assert is_no_text(Difference("made", "server_name", ours + "!", theirs + "!"))
    assert not is_no_text(Difference("made", "server_name", ours + "!", theirs + "?"))
    assert process_time() - begun < 1


@pytest.mark.skipif(shutil.which("editcap") is None, reason="editcap is not installed: run make tools")
def test_what_tshark_decrypts_is_explained(tmp_path: Path) -> None:
    sample, made = CAPTURES / "handshakes/key-update", tmp_path / "with-secrets.pcapng"
    secrets = f"tls,{sample.with_suffix('.keys')}"
    subprocess.run(["editcap", "--inject-secrets", secrets, sample.with_suffix(".pcap"), made], check=True)
    found = verify_tshark(tlsinspect.read(made))
    assert set(found.differences["field"]) == {"certificate_sha256s", "certificate_packet"}
    assert found.differences["reason"].str.contains("decrypts with the secrets").all()


@needs_tshark
def test_a_raw_public_key_is_no_certificate(tmp_path: Path) -> None:
    key = bytes.fromhex("3059 3013 0607 2a8648ce3d0201 0608 2a8648ce3d030107 034200 04") + bytes(64)
    hello, _, *rest = tls12_turns(extension(20, b"\x01\x02"))
    chosen = message(2, server_hello(extension(20, b"\x02")))
    flight = handshake(chosen, message(11, vector24(key)), message(12, ecdhe_exchange()), message(14))
    found = verify_tshark(tlsinspect.read(write_pcap(tmp_path / "key.pcap", converse(hello, flight, *rest))))
    assert found.differences[["field", "reason"]].to_numpy().tolist() == [
        ["certificate_sha256s", "tshark shows a raw public key as a certificate"]
    ]


@needs_tshark
def test_what_may_hide_a_capture_in_a_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "hidden.pcap.lz4").write_bytes(bytes.fromhex("04224d18") + bytes(20))
    shutil.copy(CAPTURES / SAMPLE, tmp_path)
    done = run("verify", tmp_path)
    assert done.exit_code == 0, done.output
    assert f"{tmp_path}/hidden.pcap.lz4: compressed with lz4: decompress it first; it is passed over" in done.stderr


def test_without_tshark_one_line_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    tshark.tshark_version.cache_clear()
    result = run("verify", CAPTURES / SAMPLE)
    assert result.exit_code == 2
    assert result.stderr == "tlsinspect: tshark: it is not installed; Debian has it as package tshark\n"


def test_standard_input_has_to_be_saved_first() -> None:
    result = run("verify", "-", input=(CAPTURES / SAMPLE).read_bytes())
    assert result.exit_code == 2
    assert result.stderr == "tlsinspect: -: tshark has to read the capture as well: save it to a file first\n"


def test_several_captures_read_as_one_are_refused() -> None:
    with pytest.raises(CaptureError, match="one capture at a time"):
        verify_tshark(tlsinspect.read([CAPTURES / SAMPLE, CAPTURES / "handshakes/dtls12.pcap"]))


@pytest.mark.parametrize("option", ["--since", "--until"])
def test_days_of_which_tshark_would_know_nothing_are_refused(option: str) -> None:
    result = run("verify", CAPTURES / SAMPLE, option, "2026-01-01")
    assert result.exit_code == 2
    assert "whole captures are compared" in result.stderr
