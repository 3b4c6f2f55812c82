"""Statistics of the demo capture, held to counts of what Wireshark's dissectors read in it.

Nothing of ours counts here: tshark reads the packets, and a Counter of this module does the rest.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from samples import ROOT, inspect
from scapy.layers.tls.crypto.suites import _tls_cipher_suites

from tests.tshark_oracle import Expected, read_oracle
from tlsinspect.statistics import build_shares

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
VERSIONS = {
    0x0002: "SSL 2.0", 0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3",
    0xFEFF: "DTLS 1.0", 0xFEFD: "DTLS 1.2", 0xFEFC: "DTLS 1.3",
}  # fmt: skip
GROUPS = {
    23: "secp256r1", 24: "secp384r1", 25: "secp521r1", 29: "x25519", 30: "x448", 256: "ffdhe2048", 257: "ffdhe3072",
    4587: "SecP256r1MLKEM768", 4588: "X25519MLKEM768", 4589: "SecP384r1MLKEM1024",
}  # fmt: skip
HYBRID = (4587, 4588, 4589)
ECDHE_OR_DHE = ("TLS_ECDHE_", "TLS_DHE_", "TLS_DH_anon_", "TLS_ECDH_anon_")


@pytest.fixture(scope="module")
def read() -> list[Expected]:
    """What tshark reads of each connection with a hello."""
    return [expected for several in read_oracle(ROOT / "captures" / "demo.pcapng").values() for expected in several]


def counted(name: str, values: Iterable[str]) -> tuple[dict[str, int], dict[str, int]]:
    """What a statistic says of the demo, and what the values say, for the categories that are among the values."""
    truth = dict(Counter(values))
    table = build_shares(name, inspect("demo.pcapng")).table
    ours = dict(zip(table["category"], table["count"], strict=True))
    return {category: ours.get(category, 0) for category in truth}, truth


def is_grease(code: int) -> bool:
    """Reserved to be ignored (RFC 8701)."""
    return code & 0x0F0F == 0x0A0A and code >> 8 == code & 0xFF


def chosen(read: list[Expected], column: str) -> list[Any]:
    """The values of a column where a server chose one."""
    return [each[column] for each in read if each.get(column) is not None]


def suite_names(read: list[Expected]) -> list[str]:
    """The cipher suites that servers chose, by the names that scapy gives them."""
    return [_tls_cipher_suites[code] for code in chosen(read, "cipher_suite")]


def test_versions_are_those_that_tshark_reads(read: list[Expected]) -> None:
    ours, truth = counted("versions", (VERSIONS[code] for code in chosen(read, "version")))
    assert ours == truth
    assert sum(truth.values()) > 400


def test_offered_versions_are_those_that_tshark_reads(read: list[Expected]) -> None:
    newest = []
    for each in read:
        listed = [code for code in each.get("supported_versions") or () if not is_grease(code)]
        legacy = each.get("client_legacy_version")
        if legacy is not None and legacy < 0xFE00:
            newest.append(VERSIONS[max(listed)] if listed else VERSIONS[legacy])
    ours, truth = counted("versions_offered", newest)
    assert ours["TLS 1.3"] == truth["TLS 1.3"]
    assert {name: ours[name] for name in ("TLS 1.0", "TLS 1.1", "TLS 1.2", "SSL 3.0")} == {
        name: truth[name] for name in ("TLS 1.0", "TLS 1.1", "TLS 1.2", "SSL 3.0")
    }


def test_cipher_suites_are_those_that_tshark_reads(read: list[Expected]) -> None:
    ours, truth = counted("cipher_suites", suite_names(read))
    assert ours == truth


def test_forward_secrecy_follows_from_the_suites_that_tshark_reads(read: list[Expected]) -> None:
    def secrecy(each: Expected) -> str:
        if each["version"] in (0x0304, 0xFEFC):
            return "forward secret" if each.get("group") is not None else "not forward secret"
        name = _tls_cipher_suites[each["cipher_suite"]]
        return "forward secret" if name.startswith(ECDHE_OR_DHE) else "not forward secret"

    ours, truth = counted("forward_secrecy", (secrecy(each) for each in read if each.get("cipher_suite") is not None))
    assert ours == truth


def test_classes_of_ciphers_follow_from_the_suites_that_tshark_reads(read: list[Expected]) -> None:
    def kind(name: str) -> str:
        if "EXPORT" in name or "_DES_" in name:
            return "DES or export grade"
        if "GCM" in name:
            return "AES-GCM"
        if "CHACHA20" in name:
            return "ChaCha20-Poly1305"
        if "CCM" in name:
            return "other AEAD"
        if "RC4" in name:
            return "RC4"
        return "64-bit blocks (3DES, IDEA)" if "3DES" in name or "IDEA" in name else "CBC" if "CBC" in name else "other"

    ours, truth = counted("cipher_classes", map(kind, suite_names(read)))
    assert ours == truth


def test_groups_are_those_that_tshark_reads(read: list[Expected]) -> None:
    ours, truth = counted("groups", (GROUPS[code] for code in chosen(read, "group")))
    assert ours == truth
    hybrid = sum(code in HYBRID for code in chosen(read, "group"))
    assert build_shares("post_quantum", inspect("demo.pcapng")).count_of("post-quantum") == hybrid > 0


def test_offered_groups_are_those_that_tshark_reads(read: list[Expected]) -> None:
    offered = (set(each["supported_groups"]) for each in read if each.get("supported_groups"))
    ours, truth = counted("groups_offered", (GROUPS[code] for codes in offered for code in codes if code in GROUPS))
    assert ours == truth


def test_names_asked_for_are_those_that_tshark_reads(read: list[Expected]) -> None:
    ours, truth = counted("server_names", (name.lower() for name in chosen(read, "server_name") if name))
    assert ours == truth


def test_application_protocols_are_those_that_tshark_reads(read: list[Expected]) -> None:
    ours, truth = counted("alpn", chosen(read, "alpn"))
    assert ours == truth
