"""Versions: which of two is newer, and which numbers stand for TLS 1.3.

In: a version as it stood on the wire. Out: what tells it from others.
"""

from __future__ import annotations

from . import version_name

TLS_1_3 = 0x0304
ABOVE_ALL_CODES = 0x10000
DTLS, LOW_OCTET = 0xFE, 0xFF


def is_tls13(code: int) -> bool:
    """Tell whether a version is TLS 1.3, one of its drafts and experiments, or DTLS 1.3."""
    return version_name(code).startswith(("TLS 1.3", "DTLS 1.3"))


def version_rank(code: int) -> int:
    """A number that is larger for the newer of two versions; that of TLS 1.3 is larger than those of its drafts.

    The versions of DTLS count downwards. Spec: RFC 9147 section 5.3.
    """
    if code == TLS_1_3:
        return ABOVE_ALL_CODES
    return code ^ LOW_OCTET if code >> 8 == DTLS else code
