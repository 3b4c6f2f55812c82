"""Sample captures judged by the policies: what each was made to show, counted by tshark beforehand."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pandas as pd
import pytest
from samples import ROOT, inspect

from tlsinspect.compliance import Check

EXPECTED = {
    "suite-dhe-1024-bit.pcap": ("bcp195", "dhe dh-bits"),
    "suite-anonymous-dh-export-rc4-40.pcap": ("pci-dss-4.0.1", "versions client-versions authentication strength rc4"),
    "certificate-sha1.pcap": ("bcp195", "server-tls13 certificate-hash"),
    "certificate-rsa1024.pcap": ("bcp195", "server-tls13 rsa-bits"),
    "certificate-expired.pcap": ("pci-dss-4.0.1", "client-versions certificate-trust certificate-dates"),
    "certificate-wrong-name.pcap": ("pci-dss-4.0.1", "client-versions certificate-trust certificate-name"),
    "certificate-stapled-revoked.pcap": ("pci-dss-4.0.1", "client-versions certificate-trust certificate-status"),
    "dtls10.pcap": ("pci-dss-4.0.1", "versions client-versions certificate-trust"),
    "early-data.pcap": ("nist-sp800-52r2", "early-data"),
    "heartbeat.pcap": ("bsi-tr-02102-2", "suites groups key-bits heartbeat"),
    "ssl3.pcap": ("bcp195", "ssl client-tls12 rc4 static-rsa"),
    "curl-nginx.pcapng": ("bcp195", ""),
    "suite-anonymous-ecdh-aes256-cbc.pcap": ("bcp195", "authentication"),
    "suite-psk-aes128-ccm8.pcap": ("bcp195", "forward-secrecy"),
    "psk-tls13-without-exchange.pcap": ("bcp195", "forward-secrecy"),
    "psk-tls13.pcap": ("bcp195", ""),
}
"""Capture -> policy, and what of it fails, without the policy's prefix."""

SERVER_HELLOS = {  # tshark -Y tls.handshake.type==2, by version and suite
    "bcp195-ssl": 8,
    "bcp195-old-tls": 36 + 19,
    "bcp195-static-rsa": 3 + 2 + 9 + 8 + 5,
    "bcp195-dhe": 32,
    "bcp195-rc4": 3 + 7,
    "bcp195-128-bits": 3 + 2 + 12,
}


@pytest.mark.parametrize("capture", EXPECTED)
def test_a_sample_fails_what_it_was_made_to_fail_and_nothing_else(capture: str) -> None:
    policy, wanted = EXPECTED[capture]
    rows = inspect(f"handshakes/{capture}").check(policy).requirement_table.to_pylist()
    assert [row["id"].partition("-")[2] for row in rows if row["verdict"] == "fail"] == wanted.split()


def test_a_key_alone_is_recommended_by_the_bsi_until_the_end_of_2026() -> None:
    key_alone = inspect("handshakes/psk-tls13-without-exchange.pcap")
    for day, verdict in ((date(2026, 12, 31), ""), (date(2027, 1, 1), "fail")):
        rows = {row["id"]: row for row in key_alone.check("bsi-tr-02102-2", at=day).requirement_table.to_pylist()}
        assert (rows["bsi-psk-ke"]["verdict"] if rows["bsi-psk-ke"]["in_force"] else "") == verdict


NEW_YORK = timezone(timedelta(hours=-5))


@pytest.mark.parametrize(
    "time",
    [
        datetime(2027, 1, 1, 3),
        datetime(2026, 12, 31, 22, tzinfo=NEW_YORK),
        pd.Timestamp("2026-12-31T22:00", tz="America/New_York"),
    ],
)
def test_of_a_time_its_day_in_utc_counts(time: datetime) -> None:
    key_alone, day = inspect("handshakes/psk-tls13-without-exchange.pcap"), date(2027, 1, 1)
    check = key_alone.check("bsi-tr-02102-2", at=time)
    assert check.at == day
    assert check.requirement_table.equals(key_alone.check("bsi-tr-02102-2", at=day).requirement_table)
    assert key_alone.whatif("bsi-tr-02102-2", at=time).at == day


def test_what_is_no_day_or_time_is_refused() -> None:
    inspection = inspect("handshakes/psk-tls13-without-exchange.pcap")
    with pytest.raises(TypeError, match="'2027-01-01' is no date"):
        inspection.check("bcp195", at="2027-01-01")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="is no time"):
        inspection.validate(at=date(2027, 1, 1))  # type: ignore[arg-type]


def test_python_of_the_guide_runs() -> None:
    page = (ROOT / "docs" / "policies-and-whatif.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {"inspection": inspect("demo.pcapng")}
    exec(source, names)
    assert isinstance(names["check"], Check)


@pytest.fixture(scope="module")
def demo() -> Check:
    return inspect("demo.pcapng").check("bcp195")


def test_failures_are_as_many_as_tshark_counts(demo: Check) -> None:
    rows = {row["id"]: row for row in demo.requirement_table.to_pylist()}
    assert {name: rows[name]["failed"] for name in SERVER_HELLOS} == SERVER_HELLOS
    assert {row["passed"] + row["failed"] + row["not_observable"] + row["not_applicable"] for row in rows.values()} == {
        inspect("demo.pcapng").arrow("connections").num_rows
    }


def test_packets_of_a_failure_are_server_hellos_of_that_connection(demo: Check) -> None:
    frame = inspect("demo.pcapng").connections.set_index("connection_id")
    old = next(row for row in demo.failure_table.to_pylist() if row["id"] == "bcp195-ssl")
    assert old["packets"] == frame.loc[old["connection_ids"], "server_hello_packet"].tolist()
    assert set(frame.loc[old["connection_ids"], "version_name"]) == {"SSL 3.0"}


def test_the_first_host_to_fix_is_the_gravest(demo: Check) -> None:
    first = demo.host_table.to_pylist()[0]
    assert (first["host"], first["severity"], first["connections"]) == ("203.0.113.10:4433", "critical", 19)


def test_the_same_capture_in_2029_breaks_the_limit_of_47_days() -> None:
    inspection = inspect("demo.pcapng")
    today = {row["id"]: row for row in inspection.check("cabf-br").requirement_table.to_pylist()}
    later = {row["id"]: row for row in inspection.check("cabf-br", date(2029, 3, 15)).requirement_table.to_pylist()}
    assert not today["cabf-47-days"]["in_force"] and not later["cabf-200-days"]["in_force"]
    certificates = inspection.certificates.set_index("sha256")
    leaves = [chain[0] for chain in inspection.connections["certificate_sha256s"].dropna() if len(chain)]
    used = certificates.loc[leaves]
    used = used[~used["self_signed"]]
    long = int((used["validity_days"] > 47).sum())
    assert (later["cabf-47-days"]["failed"], later["cabf-47-days"]["denominator"]) == (long, len(used))
