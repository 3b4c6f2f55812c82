"""Zeek's logs: what another program reads in them, and that nothing leaves its field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from parsezeeklogs import ParseZeekLogs
from samples import CAPTURES, inspect

from tlsinspect.export.zeek import FIELDS, build_logs
from tlsinspect.export.zeek.field import text_of
from tlsinspect.export.zeek.names import cipher_text, name_text, quic_version_text, version_text
from tlsinspect.export.zeek.x509 import serial_text

Log = list[dict[str, Any]]


def read_log(path: Path) -> Log:
    """A log as a reader of Zeek's text format from elsewhere has it."""
    return [json.loads(line) for line in ParseZeekLogs(str(path), output_format="json", safe_headers=False) if line]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Log]:
    """The logs of the demo capture, written by the command and read by another program."""
    folder = tmp_path_factory.mktemp("zeek") / "logs"
    result = run("export", CAPTURES / "demo.pcapng", "--format", "zeek", "-o", folder)
    assert (result.exit_code, result.stdout.split()) == (0, [f"{folder}/{name}.log" for name in FIELDS])
    return {name: read_log(folder / f"{name}.log") for name in FIELDS}


def test_a_reader_of_zeek_logs_finds_every_connection_with_tls(logs: dict[str, Log]) -> None:
    connections = inspect("demo.pcapng").connections
    spoken = connections[connections["handshake_history"].notna()]
    assert len(logs["ssl"]) == len(spoken)
    found = {(row["id.orig_h"], row["id.orig_p"], row["ssl_history"]) for row in logs["ssl"]}
    assert found == set(zip(spoken["client_ip"], spoken["client_port"], spoken["handshake_history"], strict=True))


def test_a_reader_of_zeek_logs_finds_values_with_their_types(logs: dict[str, Log]) -> None:
    row = next(row for row in logs["ssl"] if row.get("server_name") == "cashdesk.test" and row["established"])
    assert {name: row.get(name) for name in ("version", "cipher", "curve", "resumed", "next_protocol")} == {
        "version": "SSLv3",
        "cipher": "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
        "curve": "secp256r1",
        "resumed": False,
        "next_protocol": None,
    }


def test_rows_of_one_quic_connection_join_by_uid(logs: dict[str, Log]) -> None:
    names = {row["uid"]: row.get("server_name") for row in logs["ssl"]}
    assert len(names) == len(logs["ssl"])
    assert [names[row["uid"]] for row in logs["quic"]] == [row.get("server_name") for row in logs["quic"]]


def test_every_fingerprint_of_a_chain_is_in_the_log_of_certificates(logs: dict[str, Log]) -> None:
    known = {row["fingerprint"] for row in logs["x509"]}
    named = {name for row in logs["ssl"] for name in row.get("cert_chain_fps", []) if len(name) == 64}
    assert named and named <= known


def test_json_logs_hold_the_same_without_what_is_not_set(tmp_path: Path) -> None:
    assert run("export", CAPTURES / "demo.pcapng", "--format", "zeek-json", "-o", tmp_path).exit_code == 0
    for name, rows in build_logs(inspect("demo.pcapng")).items():
        lines = [json.loads(line) for line in (tmp_path / f"{name}.log").read_text().splitlines()]
        assert [row["uid" if "uid" in row else "fingerprint"] for row in lines] == [
            row["uid" if "uid" in row else "fingerprint"] for row in rows
        ]
        assert all(value is not None for row in lines for value in row.values())
        assert [set(row) for row in lines] == [{key for key, value in row.items() if value is not None} for row in rows]


@pytest.mark.parametrize(
    ("value", "type_", "text"),
    [
        (None, "string", "-"),
        ("-", "string", r"\x2d"),
        ("", "string", "(empty)"),
        ("(empty)", "string", r"\x28empty)"),
        ("a\tb\nc\\d", "string", r"a\x09b\x0ac\\d"),
        ("é", "string", "é"),
        ("\u202e", "string", r"\xe2\x80\xae"),
        (["a,b", "c"], "vector[string]", r"a\x2cb,c"),
        ([], "vector[string]", "(empty)"),
        ([1, 2], "vector[count]", "1,2"),
        (True, "bool", "T"),
        (1_416_942_644_508_914_999, "time", "1416942644.508914"),
        (-1_500_000_000, "time", "-2.500000"),
    ],
)
def test_a_value_is_written_as_zeek_writes_it(value: Any, type_: str, text: str) -> None:
    assert text_of(value, type_) == text


def test_names_are_those_of_zeek_and_openssl() -> None:
    assert [version_text(version) for version in (2, 0x0303, 0x7F17, 0xFEFC, 0x0399, None)] == [
        "SSLv2", "TLSv12", "TLSv13-draft23", "DTLSv13", "unknown-921", None,
    ]  # fmt: skip
    assert [cipher_text(suite) for suite in (0x010080, 0x1301, 0xABCD)] == [
        "SSLv20_CK_RC4_128_WITH_MD5", "TLS_AES_128_GCM_SHA256", "unknown-43981",
    ]  # fmt: skip
    assert [quic_version_text(version) for version in (1, 0x6B3343CF, 0xFF00001D, 0x51303433)] == [
        "1", "quicv2", "draft-29", "unknown-51303433",
    ]  # fmt: skip
    assert name_text(r"O=Société\, SA") == r"O=Soci\C3\A9t\C3\A9\, SA"
    assert name_text("CN=a,STREET=b+STREET=c,O=xSTREET=d") == "CN=a,street=b+street=c,O=xSTREET=d"
    assert [serial_text(serial) for serial in ("1", "f0af", "-80")] == ["01", "F0AF", "-80"]


def test_a_certificate_is_logged_again_after_a_day_and_in_another_role() -> None:
    rows = build_logs(inspect("demo.pcapng"))["x509"]
    last: dict[tuple[str, bool, bool], int] = {}
    for row in rows:
        key = row["fingerprint"], row["host_cert"], row["client_cert"]
        assert row["ts"] - last.get(key, 0) >= 86_400 * 10**9
        last[key] = row["ts"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "zeek"), "name a folder with -o"),
        (
            ("--format", "zeek", "-o", "x", "--table", "alerts"),
            "--table and --rows are for csv, jsonl, parquet, arrow, sqlite, duckdb",
        ),
        (
            ("--format", "eve", "--rows", "packet > 3"),
            "--table and --rows are for csv, jsonl, parquet, arrow, sqlite, duckdb",
        ),
    ],
)
def test_what_a_format_has_no_place_for_is_refused(options: tuple[str, ...], said: str) -> None:
    result = run("export", CAPTURES / "demo.pcapng", *options)
    assert result.exit_code == 2
    assert said in result.stderr


def test_only_the_selected_connections_are_logged(tmp_path: Path) -> None:
    run("export", CAPTURES / "demo.pcapng", "--format", "zeek", "-o", tmp_path, "--where", "version_name == 'SSL 3.0'")
    assert {row["version"] for row in read_log(tmp_path / "ssl.log")} == {"SSLv3"}
    assert not (tmp_path / "quic.log").exists()
