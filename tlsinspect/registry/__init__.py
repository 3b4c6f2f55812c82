"""Registries: numbers <-> names, generated from vendored tables (see data/README.md).

In: a code point as it stood on the wire. Out: its registered name. No name is
ever missing: an unknown number shows as "0x1A2B", a GREASE value (RFC 8701) as
"GREASE (0x0A0A)". The tables themselves are plain dicts for vectorised look-up.
Whether a suite, group or scheme is any good is not said here: suites.py has the
facts, a policy has the judgement.
"""

from __future__ import annotations

from collections.abc import Mapping

from .generated import (
    ALERTS,
    ALPN_PROTOCOLS,
    CERTIFICATE_COMPRESSION_ALGORITHMS,
    CERTIFICATE_STATUS_TYPES,
    CERTIFICATE_TYPES,
    CIPHER_SUITES,
    CLIENT_CERTIFICATE_TYPES,
    COMPRESSION_METHODS,
    CONTENT_TYPES,
    EC_CURVE_TYPES,
    EC_POINT_FORMATS,
    EXTENSIONS,
    GROUPS,
    HANDSHAKE_TYPES,
    HASH_ALGORITHMS,
    HPKE_AEADS,
    HPKE_KDFS,
    HPKE_KEMS,
    IP_PROTOCOLS,
    LINKTYPES,
    PSK_KEY_EXCHANGE_MODES,
    RECOMMENDED,
    SIGNATURE_ALGORITHMS,
    SIGNATURE_SCHEMES,
    VERSIONS,
)

__all__ = [
    "ALERTS",
    "ALPN_PROTOCOLS",
    "CERTIFICATE_COMPRESSION_ALGORITHMS",
    "CERTIFICATE_STATUS_TYPES",
    "CERTIFICATE_TYPES",
    "CIPHER_SUITES",
    "CLIENT_CERTIFICATE_TYPES",
    "COMPRESSION_METHODS",
    "CONTENT_TYPES",
    "EC_CURVE_TYPES",
    "EC_POINT_FORMATS",
    "EXTENSIONS",
    "GROUPS",
    "HANDSHAKE_TYPES",
    "HASH_ALGORITHMS",
    "HPKE_AEADS",
    "HPKE_KDFS",
    "HPKE_KEMS",
    "IP_PROTOCOLS",
    "LINKTYPES",
    "PSK_KEY_EXCHANGE_MODES",
    "RECOMMENDED",
    "SIGNATURE_ALGORITHMS",
    "SIGNATURE_SCHEMES",
    "VERSIONS",
    "alert_name",
    "alpn_text",
    "cipher_suite_name",
    "compression_method_name",
    "content_type_name",
    "extension_name",
    "group_name",
    "handshake_type_name",
    "hpke_aead_name",
    "hpke_kdf_name",
    "is_grease",
    "is_grease_alpn",
    "signature_scheme_name",
    "version_name",
]

ESCAPED_OCTETS = {
    octet: f"\\x{octet:02x}" for octet in range(256) if not 0x20 <= octet < 0x7F or octet == ord("\\")
}  # what str.translate makes of octets that are not shown


def is_grease(code: int) -> bool:
    """Tell whether a two-octet cipher suite, extension, group or scheme is reserved GREASE.

    Spec: RFC 8701 section 2: both octets equal, 0x0A, 0x1A ... 0xFA.
    """
    return code & 0x0F0F == 0x0A0A and code >> 8 == code & 0xFF


def is_grease_alpn(identifier: bytes) -> bool:
    """Tell whether an ALPN protocol identifier is reserved GREASE. Spec: RFC 8701 section 2."""
    return len(identifier) == 2 and is_grease(identifier[0] << 8 | identifier[1])


def _two_octet_name(names: Mapping[int, str], code: int) -> str:
    if code in names:
        return names[code]
    return f"GREASE (0x{code:04X})" if is_grease(code) else f"0x{code:04X}"


def _one_octet_name(names: Mapping[int, str], code: int) -> str:
    return names.get(code) or f"0x{code:02X}"


def cipher_suite_name(code: int) -> str:
    """Name a cipher suite by IANA's name; SSL 2.0's three-octet cipher kinds share the table.

    An unknown suite is "0x1A2B", an unknown SSL 2.0 kind "0x0A0B0C".
    """
    if code > 0xFFFF:
        return CIPHER_SUITES.get(code) or f"0x{code:06X}"
    return _two_octet_name(CIPHER_SUITES, code)


def extension_name(code: int) -> str:
    """Name an ExtensionType; 23 is extended_main_secret since RFC 9846."""
    return _two_octet_name(EXTENSIONS, code)


def group_name(code: int) -> str:
    """Name a supported group (NamedGroup, formerly NamedCurve)."""
    return _two_octet_name(GROUPS, code)


def signature_scheme_name(code: int) -> str:
    """Name a SignatureScheme, or TLS 1.2's pair of hash and signature octets ("rsa_sha224")."""
    return _two_octet_name(SIGNATURE_SCHEMES, code)


def version_name(code: int) -> str:
    """Name a protocol version: "TLS 1.2", "TLS 1.3 (draft 23)", "DTLS 1.2".

    Facebook's experiments are 0xFB and the draft that they follow, Google's 0x7E and a
    count; those that are not registered here are named by that rule. NSS numbers the drafts of DTLS 1.3 as those of
    TLS 1.3, whose last is 28.
    """
    if 0x7F1D <= code <= 0x7F2B:
        return f"DTLS 1.3 (draft {code & 0xFF})"
    if code not in VERSIONS and 0xFB0E <= code <= 0xFB1C:
        return f"TLS 1.3 (Facebook draft {code & 0xFF})"
    if code not in VERSIONS and 0x7E01 <= code <= 0x7E0F:
        return f"TLS 1.3 (Google experiment {code & 0xFF})"
    return _two_octet_name(VERSIONS, code)


def alert_name(code: int) -> str:
    """Name an AlertDescription, without the suffix _RESERVED of what TLS 1.3 dropped."""
    return _one_octet_name(ALERTS, code)


def handshake_type_name(code: int) -> str:
    """Name a HandshakeType, without the suffix _RESERVED of what TLS 1.3 dropped."""
    return _one_octet_name(HANDSHAKE_TYPES, code)


def content_type_name(code: int) -> str:
    """Name a record's ContentType."""
    return _one_octet_name(CONTENT_TYPES, code)


def compression_method_name(code: int) -> str:
    """Name a CompressionMethod. Spec: RFC 3749 section 2."""
    return _one_octet_name(COMPRESSION_METHODS, code)


def hpke_kdf_name(code: int) -> str:
    """Name an HPKE key derivation function. Spec: RFC 9180 section 7.2."""
    return _two_octet_name(HPKE_KDFS, code)


def hpke_aead_name(code: int) -> str:
    """Name an HPKE AEAD. Spec: RFC 9180 section 7.3."""
    return _two_octet_name(HPKE_AEADS, code)


def alpn_text(identifier: bytes) -> str:
    """Show an ALPN protocol identifier as harmless text.

    Printable ASCII stays, every other octet and the backslash become \\xNN, so that the
    text is unambiguous and safe on a terminal; GREASE is labelled. ALPN_PROTOCOLS has the
    protocols' full names.
    """
    if is_grease_alpn(identifier):
        return f"GREASE (0x{identifier.hex().upper()})"
    return identifier.decode("latin-1").translate(ESCAPED_OCTETS)
