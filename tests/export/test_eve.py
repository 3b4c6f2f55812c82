"""Suricata's EVE: the events, with the names and spellings of Suricata."""

from __future__ import annotations

import json
from typing import Any

from command_line import run
from samples import CAPTURES, inspect

from tlsinspect.export.distinguished import common_order, serial_octets, split_name
from tlsinspect.export.eve import iter_eve, version_text


def events(sample: str) -> list[dict[str, Any]]:
    result = run("export", CAPTURES / sample, "--format", "eve")
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_an_event_of_a_handshake_has_what_suricata_logs() -> None:
    [event] = events("handshakes/client-certificate-tls12.pcap")
    row = inspect("handshakes/client-certificate-tls12.pcap").connections.iloc[0]
    assert (event["event_type"], event["proto"], event["src_ip"], event["src_port"], event["dest_port"]) == (
        "tls", "TCP", row["client_ip"], row["client_port"], row["server_port"],
    )  # fmt: skip
    assert event["community_id"] == row["community_id"]
    tls = event["tls"]
    assert (tls["version"], tls["sni"]) == ("TLS 1.2", row["server_name"])
    assert tls["client_handshake"]["ciphers"] == list(row["cipher_suites"])
    assert tls["server_handshake"]["cipher"] == row["cipher_suite"]
    assert tls["ja3"] == {"hash": row["ja3"], "string": row["ja3_string"]}
    assert tls["client"]["subject"] != tls["subject"]
    leaf = inspect("handshakes/client-certificate-tls12.pcap").certificates.set_index("sha256").loc
    assert tls["fingerprint"].replace(":", "") == leaf[row["certificate_sha256s"][0]]["sha1"]
    assert f"{leaf[row['certificate_sha256s'][0]]['not_after']:%Y-%m-%dT%H:%M:%S}" == tls["notafter"]


def test_quic_has_events_of_its_own_with_the_extensions_of_the_hello() -> None:
    [event] = events("handshakes/quic-v2.pcap")
    row = inspect("handshakes/quic-v2.pcap").connections.iloc[0]
    quic = event["quic"]
    assert (event["event_type"], quic["version"], quic["sni"]) == ("quic", "2", row["server_name"])
    assert [each["type"] for each in quic["extensions"]] == list(row["client_extensions"])
    assert {"name": "server_name", "type": 0, "values": [row["server_name"]]} in quic["extensions"]


def test_each_flow_has_an_id_that_stays_and_that_javascript_can_hold() -> None:
    ids = [event["flow_id"] for event in iter_eve(inspect("demo.pcapng"))]
    assert len(set(ids)) == len(ids)
    assert max(ids) < 2**51
    assert ids == [event["flow_id"] for event in iter_eve(inspect("demo.pcapng"))]


def test_names_are_turned_around_and_lose_their_backslashes() -> None:
    assert common_order(r"CN=www.example,O=Example\, Inc.,C=XX") == "C=XX, O=Example, Inc., CN=www.example"
    assert split_name(r"CN=a\\,O=b") == [r"CN=a\\", "O=b"]
    assert common_order(r"CN=a\0Ab") == r"CN=a\0Ab"


def test_serial_numbers_keep_the_octet_before_a_high_bit() -> None:
    assert [serial_octets(serial) for serial in ("55", "8a07", "38b", None)] == ["55", "008A07", "038B", None]


def test_versions_are_spelled_as_suricata_spells_them() -> None:
    assert [version_text(version) for version in (None, 0x0301, 0x0304, 0x7F13, 0xFEFD)] == [
        "UNDETERMINED", "TLSv1", "TLS 1.3", "TLS 1.3 draft-19", "0xfefd",
    ]  # fmt: skip
