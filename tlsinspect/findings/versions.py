"""Rules about protocol versions."""

from __future__ import annotations

import numpy as np

from ..policy import SENTINEL_OLDER, SENTINEL_TLS12
from ..registry import version_name
from ..statistics.rows import Mask
from .facts import Facts
from .rule import Offered, Rule

SSL2, SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0002, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
DTLS10, DTLS12, DTLS13 = 0xFEFF, 0xFEFD, 0xFEFC
OPENSSL_DTLS10 = 0x0100  # what OpenSSL called DTLS 1.0 before 0.9.8f
DRAFTS = range(0x7F00, 0x8000)
NEWER = "Move the server to TLS 1.3, or at least TLS 1.2, and switch the older version off."


def find_old_client(facts: Facts) -> Mask:
    """ClientHellos that offer nothing newer than TLS 1.1, or DTLS 1.0, which is the same over datagrams."""
    old = np.isin(facts.legacy_version(), (SSL2, SSL3, TLS10, TLS11, DTLS10, OPENSSL_DTLS10))
    plain: Mask = (facts.length("supported_versions") == 0) & old
    return plain | facts.has_only("supported_versions", [SSL3, TLS10, TLS11, DTLS10])


def find_sentinel(facts: Facts) -> Mask:
    """ServerHellos that say "I could do better" to a client that could, too (RFC 8446 4.1.3, RFC 9147 5.3)."""
    found = np.zeros(len(facts.connections), np.bool_)
    plain = facts.length("supported_versions") == 0
    for newest, middle, older in ((TLS13, TLS12, (TLS10, TLS11)), (DTLS13, DTLS12, (DTLS10, OPENSSL_DTLS10))):
        offers_newest = facts.has("supported_versions", [newest])
        offers_middle = facts.has("supported_versions", [newest, middle]) | (plain & (facts.legacy_version() == middle))
        found |= (
            facts.text_matches("server_random", f"{SENTINEL_TLS12}$") & facts.among("version", middle) & offers_newest
        )
        found |= (
            facts.text_matches("server_random", f"{SENTINEL_OLDER}$") & facts.among("version", *older) & offers_middle
        )
    return found


def find_passed_over(facts: Facts) -> Mask:
    """Connections in which TLS 1.3 or DTLS 1.3 was offered, and an older version taken."""
    stream = facts.has("supported_versions", [TLS13]) & facts.among("version", SSL3, TLS10, TLS11, TLS12)
    older = facts.among("version", DTLS10, OPENSSL_DTLS10, DTLS12)
    return stream | (facts.has("supported_versions", [DTLS13]) & older)


def negotiated(identifier: str, name: str, severity: str, codes: tuple[int, ...], *references: str) -> Rule:
    """A version in force, by all numbers that stand for it."""
    return Rule(
        identifier,
        f"{name} negotiated",
        severity,
        lambda facts: facts.among("version", *codes),
        ("version_name", "cipher_suite_name"),
        NEWER.replace("TLS", "DTLS") if name.startswith("DTLS") else NEWER,
        references,
    )


def offered(identifier: str, what: str, severity: str, codes: range | list[int], *references: str) -> Rule:
    """A version in supported_versions that was not taken."""
    return Rule(
        identifier,
        f"{what} offered",
        severity,
        lambda facts: facts.has("supported_versions", codes) & ~facts.among("version", *codes),
        (Offered("supported_versions", lambda code: code in codes, version_name), "ja4"),
        "Switch the version off in the client.",
        references,
        "client",
        "client_hello_packet",
    )


RULES = (
    negotiated("VER-01", "SSL 2.0", "critical", (SSL2,), "RFC 6176", "CVE-2016-0800"),
    Rule(
        "VER-02",
        "ClientHello in the format of SSL 2.0",
        "medium",
        lambda facts: facts.length("sslv2_cipher_kinds") > 0,
        ("protocol", "version_name"),
        "Update the client: it still announces SSL 2.0.",
        ("RFC 6176",),
        "client",
        "client_hello_packet",
    ),
    negotiated("VER-03", "SSL 3.0", "high", (SSL3,), "RFC 7568", "CVE-2014-3566"),
    offered("VER-03-OFFER", "SSL 3.0", "medium", [SSL3], "RFC 7568"),
    negotiated("VER-04", "TLS 1.0", "high", (TLS10,), "RFC 8996"),
    offered("VER-04-OFFER", "TLS 1.0", "medium", [TLS10], "RFC 8996"),
    negotiated("VER-05", "TLS 1.1", "medium", (TLS11,), "RFC 8996"),
    offered("VER-05-OFFER", "TLS 1.1", "low", [TLS11], "RFC 8996"),
    Rule(
        "VER-06",
        "Draft of TLS or DTLS 1.3 negotiated",
        "low",
        lambda facts: facts.among("version", *DRAFTS),
        ("version_name",),
        "Update both sides to the version as published.",
        ("RFC 8446", "RFC 9147"),
    ),
    offered("VER-06-OFFER", "Draft of TLS or DTLS 1.3", "info", DRAFTS, "RFC 8446", "RFC 9147"),
    Rule(
        "VER-07",
        "Client offers nothing newer than TLS 1.1",
        "medium",
        find_old_client,
        ("client_legacy_version", "ja4"),
        "Update the client: servers that follow current advice refuse it.",
        ("RFC 8996", "RFC 9325 section 3.1.1"),
        "client",
        "client_hello_packet",
    ),
    Rule(
        "VER-08",
        "Downgrade sentinel although the client offered a newer version",
        "high",
        find_sentinel,
        ("version_name", "server_random"),
        "Look for a device that rewrites ClientHellos on the way; a client that checks the sentinel aborts.",
        ("RFC 8446 section 4.1.3",),
    ),
    Rule(
        "VER-09",
        "Client tries again with a lower version (TLS_FALLBACK_SCSV)",
        "low",
        lambda facts: facts.says("fallback_scsv"),
        ("client_legacy_version", "failure"),
        "Find out why its first attempt failed: see the connections before this one.",
        ("RFC 7507",),
        "client",
        "client_hello_packet",
    ),
    Rule(
        "VER-09-REFUSED",
        "Server refused a fallback (inappropriate_fallback)",
        "medium",
        lambda facts: facts.among("last_alert", 86),
        ("last_alert_name", "last_alert_sender"),
        "Find out what broke the client's first attempt: the network, or somebody on it.",
        ("RFC 7507",),
        packet="last_alert_packet",
    ),
    Rule(
        "VER-10",
        "TLS 1.3 offered, an older version chosen",
        "info",
        find_passed_over,
        ("version_name",),
        "Switch TLS 1.3 on at the server.",
        ("RFC 9325 section 3.1.1",),
    ),
    negotiated("VER-11", "DTLS 1.0", "medium", (DTLS10, OPENSSL_DTLS10), "RFC 8996"),
)
