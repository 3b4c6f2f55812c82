"""What a policy leaves of TLS's negotiation: which versions, suites, groups and sizes may still be agreed on.

In: a policy, a day. Out: the sets that remain, for each version. Requirements about certificates, extensions and
what a client merely offers are left out: they do not decide whether a handshake comes to an agreement.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache

from .. import registry
from ..columns import SEVERITIES
from ..policies import Policy, Requirement
from ..policies.read import ANY_KEY
from ..registry.suites import SuiteFacts, group_facts, suite_facts
from ..registry.versions import is_tls13
from .judge import SYMMETRIC, TRIPLE_DES

SUITE_TESTS: dict[str, Callable[[int, SuiteFacts, Requirement], str]] = {
    "cipher_suite": lambda code, _, __: registry.CIPHER_SUITES[code],
    "cipher_suite_mark": lambda code, _, __: registry.RECOMMENDED["cipher_suite"].get(code, ""),
    "cipher": lambda _, suite, __: suite.cipher,
    "cipher_mode": lambda _, suite, __: suite.cipher_mode,
    "mac": lambda _, suite, __: suite.mac,
    "authentication": lambda _, suite, __: suite.authentication,
    "key_exchange": lambda _, suite, __: suite.key_exchange,
}
DECIDED_ELSEWHERE = ("key_exchange", "authentication")  # than in the suites of TLS 1.3
GROUP_ABOUTS = ("group", "group_mark", "curve_bits", "dh_bits", "post_quantum", "key_exchange")
NEGOTIATION = frozenset({"version", *SUITE_TESTS, *GROUP_ABOUTS, "cipher_strength", "forward_secrecy"})


class Remaining:
    """What may still be agreed on; `taken` are the requirements that say so, `left` those that do not decide it."""

    def __init__(self, policy: Policy, day: date, least: str = "info") -> None:
        """Take the requirements that bind on a day and are of a severity or a higher one; ValueError for none."""
        if least not in SEVERITIES:
            raise ValueError(f"severity {least!r} is none of {', '.join(SEVERITIES)}")
        wanted = SEVERITIES[SEVERITIES.index(least) :]
        binding = [each for each in policy.requirements if each.binds(day) and each.severity in wanted]
        self.taken = [each for each in binding if each.about in NEGOTIATION]
        self.left = [each for each in binding if each.about not in NEGOTIATION]
        self.suites = lru_cache(maxsize=None)(self.find_suites)
        self.groups = lru_cache(maxsize=None)(self.find_groups)

    def asked_of(self, version: int, *abouts: str) -> list[Requirement]:
        """The requirements about some things that apply to a version."""
        name = registry.version_name(version)
        return [each for each in self.taken if each.about in abouts and (not each.versions or name in each.versions)]

    def allows_version(self, version: int) -> bool:
        """Whether a version may be agreed on."""
        name = registry.version_name(version)
        return all(fits(name, each) for each in self.asked_of(version, "version"))

    def find_suites(self, version: int, maybe: bool = False) -> frozenset[int]:
        """The suites that may be agreed on in a version; with `maybe` also those that an extension would allow."""
        asked = [
            each
            for each in self.asked_of(version, *SUITE_TESTS, "cipher_strength", "forward_secrecy", "post_quantum")
            if not (maybe and each.unless_extension)
        ]
        tls13 = is_tls13(version)
        return frozenset(
            code
            for code in registry.CIPHER_SUITES
            if belongs(code, tls13) and all(suite_fits(code, suite_facts(code), each) for each in asked)
        )

    def find_groups(self, version: int) -> frozenset[int]:
        """The groups that may be agreed on in a version."""
        asked = self.asked_of(version, *GROUP_ABOUTS)
        return frozenset(code for code in registry.GROUPS if all(group_fits(code, each) for each in asked))

    def least_prime(self, version: int) -> int:
        """The least size of a finite-field Diffie-Hellman prime."""
        return max((each.least[ANY_KEY] for each in self.asked_of(version, "dh_bits")), default=0)

    def allows_psk_alone(self, version: int) -> bool:
        """Whether TLS 1.3 may use a pre-shared key without a key exchange."""
        asked = self.asked_of(version, "key_exchange", "forward_secrecy")
        return all(each.about == "key_exchange" and fits("PSK", each) for each in asked)


def belongs(code: int, tls13: bool) -> bool:
    """Whether a suite can be used in TLS 1.3, or before it."""
    suite = suite_facts(code)
    return suite.cipher != "" and (suite.key_exchange == "") == tls13


def fits(name: str, asked: Requirement) -> bool:
    """Whether a name is allowed, or not forbidden."""
    if asked.allow:
        return name in asked.allow
    return name not in asked.forbid


def suite_fits(code: int, suite: SuiteFacts, asked: Requirement) -> bool:
    """Whether a suite meets a requirement, as far as the suite alone decides it."""
    if asked.about == "cipher_strength":
        return TRIPLE_DES.get(suite.key_bits or 0, suite.key_bits or 0) >= asked.least[ANY_KEY]
    if asked.about == "forward_secrecy":
        return suite.forward_secrecy is not False
    if asked.about == "post_quantum":
        return suite.key_exchange in ("", "CECPQ1", *SYMMETRIC)
    name = SUITE_TESTS[asked.about](code, suite, asked)
    return (name == "" and asked.about in DECIDED_ELSEWHERE) or fits(name, asked)


def group_fits(code: int, asked: Requirement) -> bool:
    """Whether a group meets a requirement."""
    group = group_facts(code)
    if asked.about == "group":
        return fits(registry.GROUPS[code], asked)
    if asked.about == "group_mark":
        return fits(registry.RECOMMENDED["group"].get(code, ""), asked)
    if asked.about == "post_quantum":
        return group.post_quantum
    if asked.about == "key_exchange":
        return fits(group.key_exchange, asked)
    kind = "DHE" if asked.about == "dh_bits" else "ECDHE"
    return group.key_exchange != kind or group.bits is None or group.bits >= asked.least[ANY_KEY]
