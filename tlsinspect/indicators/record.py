"""One thing that a list warns of, and all that was read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

from ..capture import printable

MOST_INDICATORS = 5_000_000
"""Indicators kept of all lists; what comes after is counted as not used."""

LONGEST_REASON = 300
"""Characters of what a list says, of why or since when something is on it, that are kept."""

MOST_REASONS = 20
"""Different reasons why entries of a file are not used that are told apart."""

KINDS = ("name", "suffix", "address", "network", "sha1", "sha256", "ja3", "ja3s", "ja4")
"""What can be matched; a suffix is a name with everything below it."""

LONGEST_NAME = 255
"""Characters of a name in Unicode: RFC 1035 section 2.3.4 allows no more octets."""

NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.)+[a-z][a-z0-9-]{1,62}")
JA4 = re.compile(r"[tqd](?:[0-9]{2}|[sd][1-3])[di][0-9]{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}")
HEX = re.compile(r"[0-9a-f]+")
HASH_LENGTHS = {40: "sha1", 64: "sha256"}


class Indicator(NamedTuple):
    """What is warned of, by which list, since when (as written there, "" where it does not say), and why."""

    kind: str
    value: str
    list: str
    date: str
    reason: str


@dataclass
class ListFacts:
    """One file: what it is, how many indicators of it are used, and how many of its entries are not, by reason."""

    name: str
    format: str
    used: int = 0
    unused: dict[str, int] = field(default_factory=dict)

    def skip(self, reason: str) -> None:
        """Count an entry that is not used."""
        reason = cut(reason)
        if reason not in self.unused and len(self.unused) >= MOST_REASONS:
            reason = "other reasons"
        self.unused[reason] = self.unused.get(reason, 0) + 1


class Indicators:
    """All lists together: `by_kind` maps a kind and a value to what the lists say of it."""

    def __init__(self) -> None:
        self.lists: list[ListFacts] = []
        self.by_kind: dict[str, dict[str, list[Indicator]]] = {kind: {} for kind in KINDS}
        self.count = 0

    def __repr__(self) -> str:
        """Which lists they are of, and how many, on one line."""
        lists = ", ".join(facts.name for facts in self.lists) or "no list"
        return printable(f"<Indicators of {lists}: {self.count:,} used>")

    def add(self, facts: ListFacts, kind: str, value: str, date: str = "", reason: str = "") -> None:
        """Take an entry; one that is not of the form of its kind is counted as not used."""
        normal = normalise(kind, value.strip())
        if normal is None:
            facts.skip("no value of its kind")
        elif self.count >= MOST_INDICATORS:
            facts.skip(f"more than {MOST_INDICATORS:,} indicators")
        else:
            indicator = Indicator(*normal, facts.name, cut(date), cut(reason))
            self.by_kind[indicator.kind].setdefault(indicator.value, []).append(indicator)
            self.count += 1
            facts.used += 1

    def add_as(self, facts: ListFacts, kind: str, value: str, reason: str) -> None:
        """Take an entry that was taken already as what else it may be."""
        normal = normalise(kind, value)
        if normal is not None:
            self.by_kind[kind].setdefault(normal[1], []).append(Indicator(*normal, facts.name, "", cut(reason)))


def cut(text: str) -> str:
    """A text as it is kept: at most LONGEST_REASON characters, half of a surrogate pair of JSON's as its escape."""
    text = text[: 2 * LONGEST_REASON].strip().encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"


def normalise(kind: str, value: str) -> tuple[str, str] | None:
    """Kind and value as they are compared; None where the value is not of that kind.

    A hash may have colons; a name may begin with a dot or with *., and then stands for everything below it too; a star
    elsewhere means what is not known here. Names in Unicode are compared as what is sent of them, A-labels, and JA4,
    which may hold letters of ALPN, in lower case.
    """
    lower = value.lower()
    if kind in ("name", "suffix"):
        wide = lower.startswith((".", "*."))
        lower = a_labels((lower[1:] if wide else lower).strip("."))
        whole = NAME.fullmatch(f"x.{lower}" if wide else lower) is not None  # *.test is below a single label
        return ("suffix" if wide else kind, lower) if whole else None
    if kind in ("address", "network"):
        return normal_address(lower)
    if kind == "ja4":
        return (kind, lower) if JA4.fullmatch(lower) else None
    digits = lower.replace(":", "")
    length = {"sha1": 40, "sha256": 64}.get(kind, 32)
    return (kind, digits) if len(digits) == length and HEX.fullmatch(digits) else None


def a_labels(name: str) -> str:
    """A name with its labels in Unicode as A-labels, by Python's codec (IDNA 2003: RFC 3490); "" where that fails."""
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii") if len(name) <= LONGEST_NAME else ""
    except UnicodeError:
        return ""


def normal_address(text: str) -> tuple[str, str] | None:
    """An address or a network as Python writes them; None where it is neither, and for an address with a zone, which
    is one of a single host (RFC 4007 section 11).
    """
    try:
        if "/" not in text:
            return None if "%" in text else ("address", str(plain_address(text)))
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    first, varying = plain_address(str(network.network_address)), network.max_prefixlen - network.prefixlen
    return ("network", f"{first}/{first.max_prefixlen - varying}") if varying else ("address", str(first))


def plain_address(text: str) -> IPv4Address | IPv6Address:
    """An address, of IPv4 also where it is written as one of IPv6 (::ffff:192.0.2.1: RFC 4291 section 2.5.5.2)."""
    address = ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def kind_of(value: str) -> str | None:
    """The kind of a value that stands alone, by its form; of 32 hexadecimal digits JA3, as a certificate's MD5 is not
    known here. None where it has no form that is known.
    """
    lower = value.lower()
    digits = lower.replace(":", "") if lower.count(":") in (0, 15, 19, 31) else lower
    if HEX.fullmatch(digits) and len(digits) in (32, *HASH_LENGTHS):
        return HASH_LENGTHS.get(len(digits), "ja3")
    if normal_address(lower) is not None:
        return "address"
    if JA4.fullmatch(lower):
        return "ja4"
    return "name" if normalise("name", lower) else None
