"""Statistics of the demo capture, held to counts of what Wireshark's dissectors read in it.

Nothing of ours counts here: tshark reads the packets, and a Counter of this module does the rest.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import Certificate, ExtensionNotFound, SubjectAlternativeName, load_der_x509_certificate
from cryptography.x509.oid import NameOID
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
FIRST_EPHEMERAL = 32768
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


def test_pairs_and_limits_of_versions_follow_from_what_tshark_reads(read: list[Expected]) -> None:
    pairs = []
    for each in read:
        listed = [code for code in each.get("supported_versions") or () if not is_grease(code)]
        if (
            each.get("version") is not None
            and each["version"] < 0xFE00
            and each.get("client_legacy_version", 0) >= 0x0300
        ):
            pairs.append((max(listed) if listed else each["client_legacy_version"], each["version"]))
    assert len(pairs) > 400
    ours, truth = counted("version_pairs", (f"{VERSIONS[offered]} → {VERSIONS[agreed]}" for offered, agreed in pairs))
    assert ours == truth
    shares = build_shares("version_limit", inspect("demo.pcapng"))
    assert shares.count_of("TLS 1.3 agreed") == sum(agreed == 0x0304 for _, agreed in pairs)
    assert shares.count_of("server chose less") == sum(offered == 0x0304 > agreed for offered, agreed in pairs)


def test_key_exchange_and_aead_follow_from_the_suites_that_tshark_reads(read: list[Expected]) -> None:
    older = [_tls_cipher_suites[each["cipher_suite"]] for each in read if each.get("version", 0x0304) != 0x0304]
    table = build_shares("key_exchange", inspect("demo.pcapng")).table
    ours = dict(zip(table["category"], table["count"], strict=True))
    newer = [each for each in read if each.get("version") == 0x0304]
    hybrid = sum(each.get("group") in HYBRID for each in newer)
    alone = sum(each.get("group") is None for each in newer)
    assert ours["hybrid"] == hybrid
    assert ours["RSA"] == sum(name.startswith("TLS_RSA_") for name in older)
    assert ours["PSK"] == sum(name.startswith("TLS_PSK_") for name in older) + alone
    assert ours["DHE"] == sum(name.startswith("TLS_DHE_") for name in older)
    kinds = {"AES_256_GCM": "AES-256-GCM", "AES_128_GCM": "AES-128-GCM", "CHACHA20": "ChaCha20-Poly1305"}
    found = [kinds[kind] for name in suite_names(read) for kind in kinds if kind in name]
    ours, truth = counted("aead", found)
    assert ours == truth


def test_limits_of_post_quantum_follow_from_the_groups_that_tshark_reads(read: list[Expected]) -> None:
    chose = [each for each in read if each.get("cipher_suite") is not None]
    could = [each for each in chose if set(each.get("supported_groups") or ()) & set(HYBRID)]
    agreed = sum(each.get("group") in HYBRID for each in chose)
    shares = build_shares("post_quantum_limit", inspect("demo.pcapng"))
    assert shares.count_of("post-quantum agreed") == agreed
    assert shares.count_of("server chose classical") == len(could) - agreed


def test_signatures_offered_are_those_that_tshark_reads(read: list[Expected]) -> None:
    names = {
        0x0403: "ecdsa_secp256r1_sha256",
        0x0804: "rsa_pss_rsae_sha256",
        0x0401: "rsa_pkcs1_sha256",
        0x0807: "ed25519",
    }
    offered = (set(each.get("signature_algorithms") or ()) for each in read)
    ours, truth = counted("signatures_offered", (names[code] for codes in offered for code in codes if code in names))
    assert ours == truth


@pytest.fixture(scope="module")
def certificates() -> list[Certificate]:
    """The first certificates of the servers, each once, as tshark cuts and cryptography reads them."""
    fields = ("tcp.srcport", "udp.srcport", "tls.handshake.certificate", "dtls.handshake.certificate")
    command = ["tshark", "-r", str(ROOT / "captures" / "demo.pcapng"), "-o", "tcp.reassemble_out_of_order:TRUE"]
    command += ["-Y", "tls.handshake.type == 11 || dtls.handshake.type == 11", "-T", "fields"]
    command += [part for name in fields for part in ("-e", name)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = set()
    for line in lines:
        tcp, udp, *chains = line.split("\t")
        chain = next(filter(None, chains), "")
        if chain and int((tcp or udp).split(",")[0]) < FIRST_EPHEMERAL:
            found.add(chain.split(",")[0])
    return [load_der_x509_certificate(bytes.fromhex(text.replace(":", ""))) for text in sorted(found)]


def test_certificates_count_as_cryptography_reads_them(certificates: list[Certificate]) -> None:
    def key(certificate: Certificate) -> str:
        public = certificate.public_key()
        return f"RSA {public.key_size}" if isinstance(public, RSAPublicKey) else f"EC {public.curve.name}"  # type: ignore[union-attr]

    def authority(certificate: Certificate) -> str:
        if certificate.issuer == certificate.subject:
            return "self-signed"
        return str(certificate.issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value)

    def names(certificate: Certificate) -> str:
        try:
            alternative = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
        except ExtensionNotFound:
            return "no name"
        number = len(set(map(str, alternative)))
        return f"{number} name{'s' if number > 1 else ''}" if number < 3 else "3 to 10 names"

    def lifetime(certificate: Certificate) -> str:
        time = certificate.not_valid_after_utc - certificate.not_valid_before_utc + timedelta(seconds=1)
        days = time / timedelta(days=1)  # both ends are within it (RFC 5280 section 4.1.2.5)
        for most, text in ((47, "up to 47 days"), (100, "48 to 100 days"), (200, "101 to 200 days")):
            if days <= most:
                return text
        return "201 to 398 days" if days <= 398 else "399 to 825 days" if days <= 825 else "more than 825 days"

    for statistic, describe in (
        ("key_types", key),
        ("authorities", authority),
        ("names_per_certificate", names),
        ("lifetimes", lifetime),
    ):
        ours, truth = counted(statistic, map(describe, certificates))
        assert (statistic, ours) == (statistic, truth)
    hashes = Counter(certificate.signature_hash_algorithm.name for certificate in certificates)  # type: ignore[union-attr]
    shares = build_shares("signature_algorithms", inspect("demo.pcapng"))
    assert shares.count_of("md5WithRSAEncryption") == hashes["md5"]
    assert shares.count_of("sha1WithRSAEncryption") == hashes["sha1"]
    assert shares.denominator == len(certificates)
