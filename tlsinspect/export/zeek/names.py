"""The names that Zeek has for what we have numbers or other names for.

Versions, groups and alerts are IANA's numbers with Zeek's spelling; names of algorithms and curves in certificates are
OpenSSL's, as Zeek has them from there.
"""

from __future__ import annotations

import re

from ...certificates.object_identifiers import PSS_HASHES
from ...registry import ALERTS, CIPHER_SUITES, GROUPS, cipher_suite_name

VERSIONS = {
    0x0002: "SSLv2",
    0x0300: "SSLv3",
    0x0301: "TLSv10",
    0x0302: "TLSv11",
    0x0303: "TLSv12",
    0x0304: "TLSv13",
    0xFEFF: "DTLSv10",
    0xFEFD: "DTLSv12",
    0xFEFC: "DTLSv13",
}
STREET = re.compile(r"(?:(?<=^)|(?<=[,+]))STREET=")  # the one attribute that OpenSSL spells otherwise
DRAFT_OCTET = 0x7F  # TLS 1.3 drafts are 0x7F and the draft's number

QUIC_VERSIONS = {0x00000001: "1", 0x6B3343CF: "quicv2"}
QUIC_DRAFT = 0xFF000000

KEY_ALGORITHMS = {
    "RSA": "rsaEncryption",
    "RSASSA-PSS": "rsassaPss",
    "EC": "id-ecPublicKey",
    "DSA": "dsaEncryption",
    "Ed25519": "ED25519",
    "Ed448": "ED448",
}
KEY_TYPES = {"RSA": "rsa", "RSASSA-PSS": "rsa", "EC": "ecdsa", "DSA": "dsa", "Ed25519": "ED25519", "Ed448": "ED448"}
SIGNATURE_ALGORITHMS = {
    "RSASSA-PSS": "rsassaPss",
    **{f"RSASSA-PSS-{name}": "rsassaPss" for name in PSS_HASHES.values()},
    "dsa-with-SHA1": "dsaWithSHA1",
    "dsa-with-SHA": "dsaWithSHA",
    "dsa-with-SHA224": "dsa_with_SHA224",
    "dsa-with-SHA256": "dsa_with_SHA256",
    "Ed25519": "ED25519",
    "Ed448": "ED448",
}
CURVES = {"secp256r1": "prime256v1", "secp192r1": "prime192v1"}


def version_text(version: int | None) -> str | None:
    """A version's name: TLSv12, TLSv13-draft23, ..."""
    if version is None:
        return None
    if version >> 8 == DRAFT_OCTET:
        return f"TLSv13-draft{version & 0xFF}"
    return VERSIONS.get(version) or f"unknown-{version}"


def cipher_text(suite: int | None) -> str | None:
    """A cipher suite's name; SSL 2.0's cipher kinds have a prefix of their own."""
    if suite is None:
        return None
    if suite > 0xFFFF:
        return cipher_suite_name(suite).replace("SSL_CK_", "SSLv20_CK_", 1)
    return CIPHER_SUITES.get(suite) or f"unknown-{suite}"


def curve_text(group: int | None) -> str | None:
    """A group's name."""
    return None if group is None else GROUPS.get(group) or f"unknown-{group}"


def alert_text(alert: int | None) -> str | None:
    """An alert's name."""
    return None if alert is None else ALERTS.get(alert) or f"unknown-{alert}"


def quic_version_text(version: int | None) -> str | None:
    """A QUIC version's name."""
    if version is None:
        return None
    if version & ~0xFF == QUIC_DRAFT:
        return f"draft-{version & 0xFF}"
    return QUIC_VERSIONS.get(version) or f"unknown-{version:x}"


def name_text(name: str | None) -> str | None:
    r"""A distinguished name as OpenSSL writes RFC 2253: what is not ASCII as \XX for each octet of its UTF-8."""
    if name is None:
        return None
    name = STREET.sub("street=", name)
    if name.isascii():
        return name
    octets = name.encode("utf-8", "surrogatepass")
    return "".join(chr(octet) if octet < 0x80 else f"\\{octet:02X}" for octet in octets)
