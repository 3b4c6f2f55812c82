"""What is stapled in the sample captures, and what openssl and Wireshark say of the same octets."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from samples import CAPTURES, inspect
from tls_vectors import handshake
from traffic import converse, write_pcap

import tlsinspect

FOLDER = "handshakes/"
VERDICTS = {
    "certificate-stapled.pcap": "good",
    "curl-nginx-stapled.pcapng": "good",
    "certificate-stapled-revoked.pcap": "revoked",
    "certificate-stapled-expired.pcap": "expired",
    "certificate-stapled-forged.pcap": "bad_signature",
}
TLS13, KEYS = "certificate-stapled-tls13.pcap", "certificate-stapled-tls13.keys"
OPENSSL = {"this_update": "This Update", "next_update": "Next Update", "produced_at": "Produced At",
           "revocation_time": "Revocation Time"}  # fmt: skip


def row_of(sample: str) -> dict[str, Any]:
    """The only row of its ocsp table."""
    [row] = inspect(FOLDER + sample).arrow("ocsp").to_pylist()
    return row


@pytest.mark.parametrize("sample", VERDICTS)
def test_a_sample_has_its_verdict(sample: str) -> None:
    row = row_of(sample)
    assert (row["verdict"], row["certificate_position"]) == (VERDICTS[sample], 0)
    assert row["certificate_status"] == ("revoked" if "revoked" in sample else "good")
    assert row["signature_valid"] == ("forged" not in sample)


@pytest.mark.parametrize("sample", VERDICTS)
def test_openssl_reads_the_same_status_and_times(sample: str, tmp_path: Path) -> None:
    row = row_of(sample)
    path = tmp_path / "response.der"
    path.write_bytes(inspect(FOLDER + sample).reading.context.staples[row["response_sha256"]])
    command = ["openssl", "ocsp", "-respin", str(path), "-resp_text", "-noverify"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.search(r"Cert Status: (\w+)", text)[1] == row["certificate_status"]  # type: ignore[index]
    assert row["response_status"] in re.search(r"OCSP Response Status: (\w+)", text)[1]  # type: ignore[index]
    assert row["serial"] == re.search(r"Serial Number: (\w+)", text)[1].lower()  # type: ignore[index]
    for column, label in OPENSSL.items():
        found = re.search(f"{label}: (.+) GMT", text)
        told = found and datetime.strptime(found[1], "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
        assert row[column] == told, column


def test_wireshark_reads_the_same_revocation() -> None:
    sample = "certificate-stapled-revoked.pcap"
    fields = ("thisUpdate", "nextUpdate", "producedAt", "revocationTime", "serialNumber", "responseStatus")
    asked = [part for field in fields for part in ("-e", f"ocsp.{field}")]
    command = ["tshark", "-r", str(CAPTURES / FOLDER / sample), "-Y", "ocsp.revoked_element", "-T", "fields", *asked]
    environment = os.environ | {"TZ": "UTC"}
    output = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    told = output.strip().split("\t")
    row = row_of(sample)
    times = [row[name] for name in ("this_update", "next_update", "produced_at", "revocation_time")]
    read = [datetime.strptime(text.partition(".")[0], "%b %d, %Y %H:%M:%S").replace(tzinfo=UTC) for text in told[:4]]
    assert read == times
    assert (told[4].removeprefix("0x").lower(), told[5]) == (row["serial"], "0")


def test_a_staple_of_tls13_is_unseen_and_nothing_is_made_of_that() -> None:
    inspection = inspect(FOLDER + TLS13)
    row = inspection.arrow("connections").to_pylist()[0]
    assert (row["status_request"], row["ocsp_status"], dict(row["unknown_reasons"])["ocsp_status"]) == (
        True, None, "encrypted",
    )  # fmt: skip
    assert inspection.arrow("ocsp").num_rows == 0
    assert inspection.arrow("validation")["verdict"].to_pylist() == ["not_observable"]
    assert not {"CRT-24", "CRT-25"} & set(inspection.findings["id"])


def test_what_tls13_staples_is_judged_where_its_messages_can_be_read(tmp_path: Path) -> None:
    sent = {443: b"", 0: b""}  # by port: the server's octets, the client's
    for source, payload in tcp_payloads(CAPTURES / FOLDER / TLS13):
        sent[source if source == 443 else 0] += payload
    secret = re.search(r"SERVER_HANDSHAKE_TRAFFIC_SECRET \w+ (\w+)", (CAPTURES / FOLDER / KEYS).read_text())[1]  # type: ignore[index]
    opened = open_handshake(iter_records(sent[443]), bytes.fromhex(secret))
    turns = (next(iter_records(sent[0])), next(iter_records(sent[443])) + handshake(opened))
    inspection = tlsinspect.read(write_pcap(tmp_path / "opened.pcap", converse(*turns)))
    at = inspect(FOLDER + TLS13).connections["time_start"].iloc[0].to_pydatetime()
    [row] = inspection.trusting(at=at).arrow("ocsp").to_pylist()
    assert (row["verdict"], row["certificate_status"], row["certificate_position"]) == ("revoked", "revoked", 0)
    assert (row["signature_valid"], row["revocation_reason"]) == (True, "keyCompromise")
    assert inspection.connections["version_name"].tolist() == ["TLS 1.3"]


def tcp_payloads(path: Path) -> Iterator[tuple[int, bytes]]:
    """Source port and payload of each TCP segment of a pcap file over IPv4 with no options."""
    data, place = path.read_bytes(), 24
    while place < len(data):
        length = int.from_bytes(data[place + 8 : place + 12], "little")
        frame = data[place + 16 : place + 16 + length]
        place += 16 + length
        packet = frame[14 : 14 + int.from_bytes(frame[16:18], "big")]
        yield int.from_bytes(packet[20:22], "big"), packet[20 + (packet[32] >> 4) * 4 :]


def iter_records(stream: bytes) -> Iterator[bytes]:
    """The TLS records of a stream, each with its head."""
    while stream:
        length = 5 + int.from_bytes(stream[3:5], "big")
        yield stream[:length]
        stream = stream[length:]


def open_handshake(records: Iterable[bytes], secret: bytes) -> bytes:
    """The server's handshake messages under TLS_AES_256_GCM_SHA384, by its secret. Spec: RFC 8446 sections 5.2, 7.3."""
    key, iv = (expand_label(secret, label, length) for label, length in ((b"key", 32), (b"iv", 12)))
    opened = b""
    for number, record in enumerate(record for record in records if record[0] == 23):
        nonce = (int.from_bytes(iv, "big") ^ number).to_bytes(12, "big")
        try:
            inner = AESGCM(key).decrypt(nonce, record[5:], record[:5])
        except InvalidTag:  # from here on other keys
            break
        opened += inner.rstrip(b"\0")[:-1]
    return opened


def expand_label(secret: bytes, label: bytes, length: int) -> bytes:
    """HKDF-Expand-Label with an empty context. Spec: RFC 8446 section 7.1."""
    info = length.to_bytes(2, "big") + bytes([6 + len(label)]) + b"tls13 " + label + b"\0"
    return HKDFExpand(SHA384(), length, info).derive(secret)


def test_timestamps_of_the_extension_are_read_in_their_order() -> None:
    inspection = inspect(FOLDER + "certificate-timestamps.pcap")
    rows = inspection.arrow("scts").to_pylist()
    assert [(row["source"], row["position"], row["reason"]) for row in rows] == [
        ("tls_extension", 0, "unknown_log"),
        ("tls_extension", 1, "unknown_log"),
    ]
    start = inspection.connections["time_start"].iloc[0]
    assert all(0 <= (start - row["time"]).total_seconds() < 300 for row in rows)
    assert len({row["log_id"] for row in rows}) == 2
