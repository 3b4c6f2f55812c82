"""What is stapled in the sample captures, and what openssl and Wireshark say of the same octets."""

from __future__ import annotations

import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from samples import CAPTURES, inspect

FOLDER = "handshakes/"
VERDICTS = {
    "certificate-stapled.pcap": "good",
    "curl-nginx-stapled.pcapng": "good",
    "certificate-stapled-revoked.pcap": "revoked",
    "certificate-stapled-expired.pcap": "expired",
    "certificate-stapled-forged.pcap": "bad_signature",
}
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
