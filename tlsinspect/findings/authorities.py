"""Rules about who issued a server's certificate, and what public authorities have bound themselves to."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..certificates.facts import nanoseconds
from ..statistics.lifetimes import LIMITS, whole_days
from ..statistics.rows import Mask
from .certificates import NAMES, SERVER, rule, server
from .facts import Facts, whole

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


class Distrust(NamedTuple):
    """Who is no longer trusted: the issuer's organization, for certificates issued and seen from these days on."""

    organizations: tuple[str, ...]
    issued_from: datetime
    seen_from: datetime
    source: str


DISTRUSTED = (
    Distrust(("DigiNotar",), ALWAYS, datetime(2011, 8, 30, tzinfo=UTC), "Mozilla, August 2011"),
    Distrust(("WoSign CA Limited", "StartCom Ltd.", "StartCom CA"), datetime(2016, 10, 22, tzinfo=UTC), ALWAYS,
             "Mozilla, October 2016"),
    Distrust(("Symantec Corporation", "GeoTrust Inc.", "GeoTrust, Inc.", "thawte, Inc.", "Thawte, Inc.",
              "VeriSign, Inc."), ALWAYS, datetime(2018, 10, 16, tzinfo=UTC), "Chrome 70, October 2018"),
    Distrust(("TrustCor Systems S. de R.L.",), datetime(2022, 12, 1, tzinfo=UTC), ALWAYS, "Mozilla, December 2022"),
    Distrust(("Entrust, Inc.", "AffirmTrust"), datetime(2024, 12, 1, tzinfo=UTC), ALWAYS, "Mozilla, July 2024"),
    Distrust(("Chunghwa Telecom Co., Ltd.", "行政院", "NetLock Kft.", "NETLOCK Kft.", "NETLOCK Ltd."),
             datetime(2025, 8, 1, tzinfo=UTC), ALWAYS, "Chrome 139, August 2025"),
)  # fmt: skip
INSPECTORS = (
    "AO Kaspersky Lab", "Avast Web/Mail Shield Root", "AVG Web/Mail Shield Root",
    "Bitdefender Personal CA.Net-Defender", "Blue Coat", "Charles Proxy CA", "Cisco Umbrella",
    "DO_NOT_TRUST_FiddlerRoot", "ESET SSL Filter CA", "FortiGate CA", "Fortinet",
    "Kaspersky Anti-Virus Personal Root Certificate", "mitmproxy", "Netskope", "OWASP Zed Attack Proxy Root CA",
    "PortSwigger", "Sophos SSL CA", "Superfish, Inc.", "Zscaler",
)  # fmt: skip
"""What products that inspect TLS call themselves, at the start of their authority's common name or organization."""
POST_QUANTUM_SIGNATURE = r"(?i)^(ml|slh)-dsa"
RANDOM_SERIALS_SINCE = datetime(2016, 9, 30, tzinfo=UTC)
"""When public authorities had to put 64 random bits into each serial number (CA/Browser Forum Ballot 164)."""
SMALL_SERIAL = 1 << 32  # no number with 64 random bits is below it, but for one in four thousand million
CLOSE_SERIALS = 1 << 16  # nor are two of one authority so near: all but the last bits would have come twice
SERVER_ONLY_ANNOUNCED = datetime(2025, 2, 15, tzinfo=UTC)  # Chrome Root Program Policy 1.6


def escaped(text: str) -> str:
    """A value as it stands in a name of RFC 4514, as a regular expression."""
    return re.escape(text.replace(",", "\\,"))


def issued(table: pa.Table) -> NDArray[np.int64]:
    """When each certificate was issued, in nanoseconds; -1 where that is not known."""
    return np.asarray(pc.fill_null(table["not_before"].cast(pa.int64()).combine_chunks(), -1).to_numpy())


def find_distrusted(facts: Facts) -> Mask:
    """Certificates of authorities that had been distrusted when these were issued and seen."""
    found = np.zeros(len(facts.connections), np.bool_)
    for each in DISTRUSTED:
        seen = facts.times() >= nanoseconds(each.seen_from)
        if seen.any():
            found |= facts.certificate(partial(is_of, distrust=each)) & seen
    return found


def is_of(table: pa.Table, distrust: Distrust) -> pa.Array:
    """Certificates that these organizations issued since they are distrusted."""
    pattern = rf"(?:^|[,+])O=(?:{'|'.join(map(escaped, distrust.organizations))})(?:[,+]|$)"
    late = pa.array(issued(table) >= nanoseconds(distrust.issued_from))
    return pc.and_kleene(pc.match_substring_regex(table["issuer"], pattern).combine_chunks(), late)


def find_inspected(facts: Facts) -> Mask:
    """Certificates made by what inspects TLS on the way, by its name."""
    pattern = rf"(?i)(?:^|[,+])(?:CN|O)=(?:{'|'.join(map(escaped, INSPECTORS))})"

    def is_made_by_them(table: pa.Table) -> pa.Array:
        named = pc.match_substring_regex(table["issuer"], pattern)
        return pc.and_kleene(named, pc.invert(table["self_signed"])).combine_chunks()

    return np.asarray(facts.certificate(is_made_by_them) & ~facts.public(), np.bool_)


def is_too_long(table: pa.Table) -> pa.Array:
    """Certificates that are valid for longer than public authorities were allowed to on their day of issue."""
    days = np.array([whole_days(each) if each is not None else 0 for each in table["validity_days"].to_pylist()])
    starts = np.array([nanoseconds(start) for start, _ in LIMITS])
    most = np.array([np.iinfo(np.int64).max, *(limit for _, limit in LIMITS)])
    return pa.array(days > most[np.searchsorted(starts, issued(table), side="right")], pa.bool_())


def find_guessable_serial(facts: Facts) -> Mask:
    """Publicly trusted certificates whose serial numbers cannot have 64 random bits: small, or close to another's.

    A number of 7 octets alone proves nothing: one in 256 random numbers of 8 octets begins with 00.
    """
    public = facts.public()
    leaves = facts.leaf(SERVER).filter(pa.array(public))
    table = facts.certificates
    bound = pc.and_(pc.is_in(whole(table, "sha256"), value_set=leaves), pc.is_valid(whole(table, "serial")))
    bound = pc.and_(bound, pa.array(issued(table) >= nanoseconds(RANDOM_SERIALS_SINCE)))
    rows = table.select(["issuer", "serial", "sha256"]).filter(bound).to_pylist()
    rows = sorted((row["issuer"] or "", int(row["serial"], 16), row["sha256"]) for row in rows)
    found = {name for _, serial, name in rows if serial < SMALL_SERIAL}
    for (issuer, serial, name), (next_issuer, next_serial, next_name) in pairwise(rows):
        if issuer == next_issuer and 0 < next_serial - serial < CLOSE_SERIALS:
            found |= {name, next_name}
    names = pa.array(sorted(found), pa.string())
    return np.asarray(
        facts.certificate(lambda each: pc.is_in(whole(each, "sha256"), value_set=names)) & public, np.bool_
    )


def is_for_both(table: pa.Table) -> pa.Array:
    """Certificates for servers and clients alike, issued since the end of that was announced."""
    uses = pc.binary_join(pc.fill_null(table["extended_key_usage"].combine_chunks(), []), " ")
    both = pc.and_(pc.match_substring(uses, "serverAuth"), pc.match_substring(uses, "clientAuth"))
    return pc.and_(both, pa.array(issued(table) >= nanoseconds(SERVER_ONLY_ANNOUNCED)))


def is_post_quantum(table: pa.Table) -> pa.Array:
    """Certificates that are signed with ML-DSA or SLH-DSA."""
    return pc.match_substring_regex(table["signature_algorithm"], POST_QUANTUM_SIGNATURE).combine_chunks()


def public(test: Callable[[pa.Table], pa.Array]) -> Callable[[Facts], Mask]:
    """Connections whose server's certificate passes a test and leads to a publicly trusted root."""
    return lambda facts: np.asarray(facts.certificate(test) & facts.public(), np.bool_)


RULES = (
    rule("CRT-16-SERIAL", "Publicly trusted certificate whose serial number can be guessed", "low",
         find_guessable_serial, NAMES,
         "Ask the authority why: since the end of September 2016 each number needs 64 random bits, so that nobody can "
         "prepare a certificate whose signature fits another. This one is below 2^32, or next to another of the same "
         "issuer's.", "CA/Browser Forum Baseline Requirements section 7.1"),
    rule("CRT-17", "Publicly trusted certificate that is valid for too long", "low", public(is_too_long), NAMES,
         "Browsers refuse it: have it issued anew. It is held to the limit of its day of issue: 60 months from July "
         "2012, 39 from July 2016, 825 days from March 2018, 398 from September 2020, 200 from March 2026, then 100 "
         "and 47.",
         "CA/Browser Forum Baseline Requirements section 6.3.2"),
    rule("CRT-21", "Publicly trusted certificate for servers and clients alike", "info", public(is_for_both), NAMES,
         "If clients show it too, give them one of a private authority: public ones stop issuing such certificates.",
         "Chrome Root Program Policy 1.8"),
    rule("CRT-28", "Certificate of an authority that browsers have distrusted", "medium", find_distrusted, NAMES,
         "Have it issued by another authority: " + "; ".join(
             f"{each.organizations[0]} ({each.source})" for each in DISTRUSTED) + ".", "Mozilla Root Store Policy"),
    rule("CRT-30", "Issuer has the name of a product that inspects TLS", "low", find_inspected, NAMES,
         "If the product is not yours, find out who reads this traffic. On a device of that maker's own it is what it "
         "came with: replace it.", "RFC 5280 section 4.1.2.4", confidence="likely"),
    rule("CRT-32", "Certificate with a post-quantum signature", "info", server(is_post_quantum), NAMES,
         "Nothing is wrong.", "RFC 9881", "RFC 9909"),
)  # fmt: skip
