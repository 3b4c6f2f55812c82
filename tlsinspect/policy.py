"""What answers, remarks and findings judge by, each with the clause that it comes from."""

from __future__ import annotations

from datetime import timedelta

BROKEN_VERSIONS = ("SSL 2.0", "SSL 3.0")  # RFC 6176, RFC 7568
OLD_VERSIONS = ("TLS 1.0", "TLS 1.1", "DTLS 1.0")  # RFC 8996
FORBIDDEN_VERSIONS = (*BROKEN_VERSIONS, *OLD_VERSIONS)

BROKEN_CLASSES = ("no encryption", "DES or export grade", "RC4")  # RFC 9325 section 4.1, RFC 7465
WEAK_CLASSES = (*BROKEN_CLASSES, "64-bit blocks (3DES, IDEA)")  # CVE-2016-2183

LEAST_DH_PRIME_BITS = 2048  # RFC 9325 section 4.5
ENDING_SOON = timedelta(days=30)  # of our own: the usual time in which certificates are renewed

SENTINEL_TLS12 = "444f574e47524401"  # "DOWNGRD" and 1, the end of a server's random: RFC 8446 section 4.1.3
SENTINEL_OLDER = "444f574e47524400"
