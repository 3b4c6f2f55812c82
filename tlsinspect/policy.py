"""What answers, remarks and findings judge by, each with the clause that it comes from.

What BCP 195 says stands in policies/bcp195.toml alone, and is taken from there.
"""

from __future__ import annotations

from datetime import timedelta

from .certificates.object_identifiers import RSA_KEYS
from .policies import load_policy
from .policies.read import ANY_KEY

BCP195 = {asked.id: asked for asked in load_policy("bcp195").requirements}

BROKEN_VERSIONS = tuple(sorted(BCP195["bcp195-ssl"].forbid))
OLD_VERSIONS = tuple(sorted(BCP195["bcp195-old-tls"].forbid | BCP195["bcp195-old-dtls"].forbid))
FORBIDDEN_VERSIONS = (*BROKEN_VERSIONS, *OLD_VERSIONS)

BROKEN_CLASSES = ("no encryption", "DES or export grade", "RC4")  # RFC 9325 section 4.1, RFC 7465
WEAK_CLASSES = (*BROKEN_CLASSES, "64-bit blocks (3DES, IDEA)")  # CVE-2016-2183

LEAST_DH_PRIME_BITS = BCP195["bcp195-dh-bits"].least[ANY_KEY]
LEAST_CURVE_BITS = BCP195["bcp195-curve-bits"].least[ANY_KEY]
LEAST_RSA_BITS = BCP195["bcp195-rsa-bits"].least["RSA"]
LEAST_KEY_BITS = dict.fromkeys((*RSA_KEYS, "DSA"), LEAST_RSA_BITS) | {"EC": LEAST_CURVE_BITS}
"""Kind of key -> the least size, of curves that of a key as of a key exchange."""

ENDING_SOON = timedelta(days=30)  # of our own: a third of 90 days, when automatic renewal is due

SENTINEL_TLS12 = "444f574e47524401"  # "DOWNGRD" and 1, the end of a server's random: RFC 8446 section 4.1.3
SENTINEL_OLDER = "444f574e47524400"
