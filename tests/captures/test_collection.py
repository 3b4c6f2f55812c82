"""The sample captures are what their manifest says, and nothing else."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from capture_files import read_pcap
from make_captures import JOBS
from manifest import FOLDER, README, Entry, hash_file, read_manifest

ENTRIES = list(read_manifest().values())
DOCUMENTATION = [
    ipaddress.ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]
RECORDED = [entry for entry in ENTRIES if entry.path.startswith("handshakes/") and entry.path.endswith(".pcap")]


def list_addresses(path: Path) -> set[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Every source and destination of an Ethernet capture without tags."""
    addresses: set[ipaddress.IPv4Address | ipaddress.IPv6Address] = set()
    for packet in read_pcap(path)[1]:
        frame = packet.data
        if frame[12:14] == b"\x08\x00":
            addresses |= {ipaddress.IPv4Address(frame[26:30]), ipaddress.IPv4Address(frame[30:34])}
        elif frame[12:14] == b"\x86\xdd":
            addresses |= {ipaddress.IPv6Address(frame[22:38]), ipaddress.IPv6Address(frame[38:54])}
    return addresses


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_capture_has_the_hash_that_the_manifest_states(entry: Entry) -> None:
    assert hash_file(FOLDER / entry.path) == entry.sha256


def test_every_declared_capture_was_made() -> None:
    assert {entry.name for entry in ENTRIES} == set(JOBS)


def test_every_stored_capture_is_declared() -> None:
    stored = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.pcap*") if "__pycache__" not in path.parts}
    assert stored == {entry.path for entry in ENTRIES}


def test_readme_names_every_capture_with_its_hash() -> None:
    readme = README.read_text()
    assert [entry.name for entry in ENTRIES if f"]({entry.path})" not in readme or entry.sha256 not in readme] == []


def test_collection_stays_below_eight_megabytes() -> None:
    assert sum(entry.bytes for entry in ENTRIES) < 8_000_000


def test_variants_stay_below_forty_kilobytes_each() -> None:
    assert [entry.name for entry in ENTRIES if entry.path.startswith("variants/") and entry.bytes > 40_000] == []


@pytest.mark.parametrize("entry", RECORDED, ids=lambda entry: entry.name)
def test_recorded_capture_holds_documentation_addresses_only(entry: Entry) -> None:
    strangers = [
        address
        for address in list_addresses(FOLDER / entry.path)
        if not any(address in network for network in DOCUMENTATION)
    ]
    assert strangers == []


def test_demo_holds_some_hundred_connections() -> None:
    assert 300 <= read_manifest()["demo"].tls_connections <= 600
