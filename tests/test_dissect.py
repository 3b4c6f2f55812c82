"""Link types that only scapy knows, and what it is not allowed to do meanwhile."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from tlsinspect.dissect import LinkDissector, link_type_name

IPV6 = bytes.fromhex(
    "6000000000190640"
    "20010db8000000000000000000000001"
    "20010db8000000000000000000000002"
    "c00101bb00000000000000005010200000000000"
    "68656c6c6f"
)
MAC_802_15_4 = bytes.fromhex("0198 01 cdab 0200 cdab 0100")
UNCOMPRESSED = b"\x41" + IPV6
COMPRESSED = bytes.fromhex("7a00 06") + IPV6[8:]  # traffic class and flow label left out, hop limit 64

IEEE802_15_4_NOFCS = 230
RAW = 101


@pytest.fixture(scope="module")
def dissector() -> LinkDissector:
    return LinkDissector()


@pytest.mark.parametrize("payload", [UNCOMPRESSED, COMPRESSED])
def test_find_ip_reads_ipv6_over_802_15_4(dissector: LinkDissector, payload: bytes) -> None:
    assert dissector.find_ip(IEEE802_15_4_NOFCS, MAC_802_15_4 + payload) == IPV6


def test_find_ip_gives_none_for_a_frame_without_ip(dissector: LinkDissector) -> None:
    assert dissector.find_ip(IEEE802_15_4_NOFCS, bytes.fromhex("020001")) is None


def test_find_ip_gives_none_for_a_link_type_that_scapy_does_not_know(dissector: LinkDissector) -> None:
    assert dissector.find_ip(147, IPV6) is None


def test_frame_cut_short_anywhere_gives_octets_or_none(dissector: LinkDissector) -> None:
    frame = MAC_802_15_4 + COMPRESSED
    for end in range(len(frame)):
        found = dissector.find_ip(IEEE802_15_4_NOFCS, frame[:end])
        assert found is None or found[0] >> 4 == 6


def test_scapy_says_nothing_and_its_logger_is_left_as_it_was(
    dissector: LinkDissector, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    logger = logging.getLogger("scapy")
    level = logger.level
    dissector.find_ip(IEEE802_15_4_NOFCS, MAC_802_15_4 + UNCOMPRESSED)
    assert (logger.level, caplog.text, capfd.readouterr()) == (level, "", ("", ""))


def test_scapy_is_not_imported_before_it_is_needed() -> None:
    check = "import sys, tlsinspect.dissect as d; d.LinkDissector(); sys.exit('scapy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


@pytest.mark.parametrize(("code", "name"), [(1, "ETHERNET"), (113, "LINUX_SLL"), (999, "LINKTYPE_999")])
def test_link_type_name_names_every_number(code: int, name: str) -> None:
    assert link_type_name(code) == name
