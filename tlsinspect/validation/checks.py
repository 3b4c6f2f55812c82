"""What speaks against a path, certificate by certificate, once it is built.

At least as strict as openssl verify -purpose sslserver, for clients sslclient. Spec: RFC 5280 sections 4.2 and 6.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from ..certificates.object_identifiers import (
    AUTHORITY_KEY_IDENTIFIER,
    BASIC_CONSTRAINTS,
    CERTIFICATE_POLICIES,
    CRL_DISTRIBUTION_POINTS,
    EXPLICIT,
    EXTENDED_KEY_USAGE,
    INHIBIT_ANY_POLICY,
    KEY_USAGE,
    NAME_CONSTRAINTS,
    NETSCAPE_CERTIFICATE_TYPE,
    OCSP_NO_CHECK,
    POLICY_CONSTRAINTS,
    POLICY_MAPPINGS,
    SUBJECT_ALTERNATIVE_NAME,
    SUBJECT_KEY_IDENTIFIER,
)
from .candidate import Candidate
from .constraints import check_names
from .record import Fault
from .signatures import is_no_point

UNDERSTOOD = frozenset(
    {
        SUBJECT_KEY_IDENTIFIER, KEY_USAGE, SUBJECT_ALTERNATIVE_NAME, BASIC_CONSTRAINTS, NAME_CONSTRAINTS,
        CRL_DISTRIBUTION_POINTS, CERTIFICATE_POLICIES, POLICY_MAPPINGS, AUTHORITY_KEY_IDENTIFIER,
        POLICY_CONSTRAINTS, EXTENDED_KEY_USAGE, INHIBIT_ANY_POLICY, OCSP_NO_CHECK, NETSCAPE_CERTIFICATE_TYPE,
    }
)  # fmt: skip
"""Extensions that a path may have as critical ones."""
NANOSECONDS = 10**9
EPOCH = datetime(1970, 1, 1)


class Purpose(NamedTuple):
    """What a chain is used for: extended key usages of the leaf and of what is above it, key usages, Netscape's bit."""

    holder: str
    of_leaf: frozenset[str]
    of_authority: frozenset[str]
    uses: frozenset[str]
    netscape_bit: int


SERVER = Purpose(
    "TLS servers",
    frozenset({"serverAuth"}),
    frozenset({"serverAuth", "nsSGC", "msSGC"}),  # server gated cryptography is as good there, as it is for openssl
    frozenset({"digitalSignature", "keyEncipherment", "keyAgreement"}),
    0x40,
)
CLIENT = Purpose(
    "TLS clients",
    frozenset({"clientAuth"}),
    frozenset({"clientAuth"}),
    frozenset({"digitalSignature", "keyAgreement"}),
    0x80,
)


def date_text(time: int) -> str:
    """A time in nanoseconds as words."""
    return f"{(EPOCH + timedelta(seconds=time // NANOSECONDS)).isoformat(' ')} UTC"


def find_faults(
    path: tuple[Candidate, ...], anchored: bool, time: int | None, name_comparisons: int, purpose: Purpose = SERVER
) -> Iterator[Fault]:
    """Everything that is wrong with a path at `time`, in nanoseconds (None: dates aside); not whether it is trusted.

    A root at its end is held to no more than a trusted one would be.
    """
    for place, each in enumerate(path):
        is_anchor = place == len(path) - 1 and (anchored or (each.self_issued and place > 0))
        if each.problem is not None and not (is_anchor and anchored):
            yield Fault("malformed", each.sha256, f"{who(each)} cannot be read: {each.problem}")
            continue
        if place == 0 and is_no_point(each.facts, each.spki):  # those above were used
            yield Fault("malformed", each.sha256, f"{who(each)} has a key that is no point of its curve")
        if time is not None:
            yield from find_date_faults(each, time)
        yield from find_use_faults(each, place, path, is_anchor, purpose)
    broken = check_names(path, name_comparisons)
    if broken is not None:
        place, words, cut = broken
        text = words if cut else f"{who(path[place])} has {words}"
        yield Fault("limit" if cut else "constraint_violated", path[place].sha256, text)


def who(candidate: Candidate) -> str:
    """A certificate in a sentence."""
    return candidate.facts.subject or "a certificate without subject"


def find_date_faults(each: Candidate, time: int) -> Iterator[Fault]:
    """Not yet, or no longer; both ends belong to the period (RFC 5280 section 4.1.2.5)."""
    start, end = each.facts.not_before, each.facts.not_after
    if end is not None and time > end:
        yield Fault("expired", each.sha256, f"{who(each)} was valid until {date_text(end)}")
    if start is not None and time < start:
        yield Fault("not_yet_valid", each.sha256, f"{who(each)} is valid from {date_text(start)} on")


def find_use_faults(
    each: Candidate, place: int, path: tuple[Candidate, ...], is_anchor: bool, purpose: Purpose
) -> Iterator[Fault]:
    """Extensions that rule out what the certificate is used for."""
    facts = each.facts
    for words in (
        critical_words(each),
        use_words(each, place, purpose),
        authority_words(each, place, is_anchor),
        curve_words(each),
    ):
        if words:
            yield Fault("constraint_violated", each.sha256, f"{who(each)} {words}")
    below = sum(not other.self_issued for other in path[1:place])
    if place and facts.path_length is not None and below > facts.path_length:
        words = f"allows {facts.path_length} authorities below it (path length), and there are {below}"
        yield Fault("constraint_violated", each.sha256, f"{who(each)} {words}")


def critical_words(each: Candidate) -> str:
    """A critical extension that nobody here understands, which forbids the use of the certificate."""
    unknown = [name for name, (critical, _) in each.extensions.items() if critical and name not in UNDERSTOOD]
    return f"has a critical extension that is not understood: {unknown[0]}" if unknown else ""


def curve_words(each: Candidate) -> str:
    """Parameters of a curve spelled out, which RFC 5480 section 2.1.1 forbids (CVE-2020-0601)."""
    return "spells out its curve's parameters" if each.facts.curve == EXPLICIT else ""


def use_words(each: Candidate, place: int, purpose: Purpose) -> str:
    """Purposes without that of the chain; those of an authority bind what is below it."""
    purposes, uses = each.facts.extended_key_usage or [], each.facts.key_usage or []
    asked = purpose.of_authority if place else purpose.of_leaf
    if EXTENDED_KEY_USAGE in each.extensions and asked.isdisjoint(purposes):
        return f"is not for {purpose.holder} (extended key usage {', '.join(purposes[:5]) or 'without any'})"
    if place == 0 and KEY_USAGE in each.extensions and purpose.uses.isdisjoint(uses):
        return f"is not for TLS (key usage {', '.join(uses) or 'without any'})"
    if NETSCAPE_CERTIFICATE_TYPE in each.extensions and not netscape_allows(
        each.extensions[NETSCAPE_CERTIFICATE_TYPE][1], 0x04 if place else purpose.netscape_bit
    ):
        return f"is not for {purpose.holder} (Netscape certificate type)"
    return ""


def netscape_allows(contents: bytes, bit: int) -> bool:
    """Whether the old certificate type, a BIT STRING, has the bit of a use."""
    bits = contents[3] if len(contents) > 3 else 0
    return bool(bits & bit)


def authority_words(each: Candidate, place: int, is_anchor: bool) -> str:
    """Why a certificate must not issue others; a trusted one of version 1 may."""
    if place == 0:
        return ""
    uses = each.facts.key_usage or []
    if KEY_USAGE in each.extensions and "keyCertSign" not in uses:
        return "must not sign certificates (key usage)"
    old = is_anchor and BASIC_CONSTRAINTS not in each.extensions and (each.facts.version == 1 or "keyCertSign" in uses)
    return "" if each.facts.is_ca or old else "is not an authority (basic constraints)"
