"""tlsinspect validate."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path

import pytest
from command_line import run
from made_certificates import make_certificate
from samples import CAPTURES, DEMO, inspect
from tls_vectors import server_name
from traffic import converse, tls12_turns, write_pcap

EXPIRED = CAPTURES / "handshakes/certificate-expired.pcap"


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """The authority that signed the certificates of the demo, as a file."""
    return authority_of("demo.pcapng", tmp_path)


def authority_of(capture: str, tmp_path: Path) -> Path:
    """The authority that was sent along in a capture, as a file."""
    table = inspect(capture).certificates
    path = tmp_path / "authority.pem"
    path.write_text(table[table["is_ca"].eq(True) & ~table["self_signed"]]["pem"].iloc[0])
    return path


def test_it_counts_verdicts_and_names_packets() -> None:
    told = run("validate", DEMO)
    assert told.exit_code == 0
    assert told.output.startswith("Judged against Mozilla's roots")
    assert " 11  self_signed " in told.output
    assert "203.0.113.20:443 (selfsigned.test): 3 connections, packets 300, 556, 740\n" in told.output
    assert "232 connections, as TLS 1.3 encrypts it" in told.output


def test_of_several_captures_packets_are_told_with_theirs() -> None:
    revoked, *others = ("certificate-stapled-revoked", "client-certificate-tls12", "client-certificate-none")
    told = run("validate", *(CAPTURES / f"handshakes/{name}.pcap" for name in (revoked, *others))).output
    proof = "; ".join(f"7 of {name}.pcap" for name in (*others, revoked))  # in the order of their times
    assert f"(www.example): 3 connections, packets {proof}\n" in told
    assert "packet 11 of client-certificate-tls12.pcap\n" in told
    assert f"revoked: 198.51.100.10:443 (www.example): 1 connection, packet 7 of {revoked}.pcap\n" in told
    told = run("validate", DEMO, CAPTURES / f"handshakes/{revoked}.pcap").output
    assert ", packets 300, 556, 740 of demo.pcapng\n" in told


def test_trust_and_time_change_the_verdicts(authority: Path) -> None:
    rows = run("validate", DEMO, "--trust", authority, "--trust-only", "--format", "jsonl").output.splitlines()
    verdicts = [json.loads(row)["verdict"] for row in rows]
    assert verdicts.count("valid") > 100
    assert {"name_mismatch", "not_yet_valid", "self_signed"} <= set(verdicts)
    late = run("validate", DEMO, "--trust", authority, "--at", "2099-01-01", "--format", "csv").output
    assert "expired" in late
    assert "not_yet_valid" not in late


def test_findings_and_policies_are_judged_by_the_same_trust_and_time(tmp_path: Path) -> None:
    wrong_name = CAPTURES / "handshakes/certificate-wrong-name.pcap"
    authority = authority_of("handshakes/certificate-wrong-name.pcap", tmp_path)
    trusted = ("--trust", authority, "--trust-only")
    for options, found in (((), ["CRT-07", "CRT-04"]), (trusted, ["CRT-04"])):
        rows = run("findings", wrong_name, "--format", "jsonl", *options).output.splitlines()
        ids = [row["id"] for row in map(json.loads, rows)]
        assert [each for each in ("CRT-07", "CRT-01", "CRT-04") if each in ids] == found
    late = run("findings", wrong_name, "--format", "jsonl", "--at", "2099-01-01", *trusted).output
    assert "CRT-01" in late
    check = run("check", wrong_name, "--policy", "pci-dss-4.0.1", "--format", "csv", *trusted).output
    verdicts = {row["id"]: row["verdict"] for row in csv.DictReader(check.splitlines())}
    assert (verdicts["pci-certificate-trust"], verdicts["pci-certificate-name"]) == ("pass", "fail")


def test_wrong_options_are_one_line(tmp_path: Path) -> None:
    told = run("validate", EXPIRED, "--trust", tmp_path / "gone.pem")
    assert told.exit_code == 2
    assert "gone.pem: No such file" in told.output
    assert run("validate", EXPIRED, "--trust-only").exit_code == 2
    refused = run("validate", EXPIRED, "--at", "yesterday")
    assert refused.exit_code == 2
    assert "'yesterday' is no time, such as 2026-03-31 or 2026-03-31T12:00:00" in refused.stderr


def test_the_frame_is_exported_like_others() -> None:
    rows = run("export", EXPIRED, "--table", "validation", "--format", "jsonl").output.splitlines()
    assert [json.loads(row)["verdict"] for row in rows] == ["expired"]


def test_nothing_from_the_network_reaches_the_terminal_as_it_came(tmp_path: Path) -> None:
    hostile = make_certificate("\x1b[31mred\nline", "a.test", validity=(datetime(2020, 1, 1), datetime(2021, 1, 1)))
    packets = converse(*tls12_turns(server_name(b"\x1b[31m.example"), hostile))
    told = run("validate", write_pcap(tmp_path / "made.pcap", packets))
    assert told.exit_code == 0
    assert "\x1b" not in told.output
    assert "red\\0Aline was valid until 2021-01-01" in told.output


def test_the_timestamps_in_certificates_are_told_with_a_list_of_logs(tmp_path: Path) -> None:
    path = tmp_path / "log_list.json"
    path.write_text('{"operators": [{"name": "Operator", "logs": [{"description": "Log", "key": "AAAA"}]}]}')
    told = run("validate", DEMO, "--ct-logs", path)
    assert told.exit_code == 0
    count = int(inspect("demo.pcapng").certificates["sct_count"].sum())
    assert f"\n{count} SCTs" in told.output
    rows = run("validate", DEMO, "--ct-logs", path, "--format", "jsonl").output.splitlines()
    assert [json.loads(row)["reason"] for row in rows] == ["unknown_log"] * count
    assert run("validate", DEMO, "--ct-logs", tmp_path / "gone.json").exit_code == 2
