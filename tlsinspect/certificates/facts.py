"""The record of one certificate, the draft that the lenient reader fills, and how it spells values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from ..errors import DecodeError
from .der import NANOSECONDS

MAX_SERIAL_OCTETS = 20  # RFC 5280 section 4.1.2.2
MAX_TIME = 2**63 - 1
DAY = 86_400 * NANOSECONDS


@dataclass(slots=True, frozen=True)
class CertificateFacts:
    """What one certificate says about itself; None where it could not be read.

    Lists are in wire order. An absent extension leaves an empty list, False or
    0. No text holds an unprintable character (see names.escape_text), yet markup
    stays markup: a page has to escape it.
    """

    sha256: str  # of the DER, lower-case hex, as every hash here
    sha1: str
    spki_sha256: str | None = None  # of the SubjectPublicKeyInfo with tag and length
    version: int | None = None  # 1 to 3 as people count; others too: the number on the wire plus 1
    serial: str | None = None  # lower-case hex, two digits per octet, no leading 00; "-" before a negative one
    subject: str | None = None  # RFC 4514 text (see names.parse_name)
    issuer: str | None = None
    subject_common_name: str | None = None  # the last one in wire order; escaped
    san_dns: list[str] | None = None
    san_ip: list[str] | None = None  # "#" and hex where it has neither 4 nor 16 octets
    san_email: list[str] | None = None
    san_uri: list[str] | None = None
    not_before: int | None = None  # nanoseconds since 1970-01-01 UTC; beyond 64 bits (1677 to 2262): the nearest
    not_after: int | None = None
    validity_days: float | None = None  # both ends count (RFC 5280 4.1.2.5); exact beyond 2262 as well
    key_type: str | None = None
    key_bits: int | None = None  # RSA modulus, DSA or DH prime, field of an EC curve, else the key as encoded
    exponent: str | None = None  # of an RSA key, decimal
    curve: str | None = None  # SEC 2 name, dotted OID, or "explicit" for spelled-out parameters
    signature_algorithm: str | None = None  # the one inside the signed part
    is_ca: bool | None = None
    path_length: int | None = None
    key_usage: list[str] | None = None
    extended_key_usage: list[str] | None = None
    policies: list[str] | None = None
    ocsp_urls: list[str] | None = None
    issuer_urls: list[str] | None = None
    crl_urls: list[str] | None = None
    must_staple: bool | None = None
    sct_count: int | None = None
    self_signed: bool | None = None  # subject and issuer are the same octets; the signature is not verified
    issue: str | None = None  # what was refused or breaks RFC 5280, "; " between; no text from the certificate


class LeafFacts(NamedTuple):
    """What is asked of the server's own certificate for each connection; the same as in CertificateFacts."""

    subject: str | None
    issuer: str | None
    san_dns: list[str] | None
    san_ip: list[str] | None
    not_before: int | None
    not_after: int | None
    sct_count: int | None
    self_signed: bool | None


class Draft:
    """The facts so far, the first issue of each part, and whether the block entered last lacks its end.

    `wanted` are the parts to read, of a certificate's fields and extensions; None for all.
    """

    def __init__(self, wanted: frozenset[str] | None = None) -> None:
        self.wanted = wanted
        self.facts: dict[str, Any] = {}
        self.issues: dict[str, str] = {}
        self.cut = False

    def wants(self, part: str) -> bool:
        """True for a part that is to be read."""
        return self.wanted is None or part in self.wanted

    def refuse(self, part: str, error: DecodeError) -> None:
        """Note an issue; only the first of each part, so that no certificate can make the text long."""
        self.issues.setdefault(part, str(DecodeError(part, error.kind, error.offset, error.expected)))


def spell_serial(serial: int) -> str:
    """Return a serial number as CertificateFacts has it."""
    digits = f"{abs(serial):x}"
    return "-" * (serial < 0) + digits.zfill(len(digits) + len(digits) % 2)


def hold_time(time: int) -> int:
    """Return a time in nanoseconds, or what 64 bits have nearest to it."""
    return max(-MAX_TIME, min(MAX_TIME, time))


def nanoseconds(moment: datetime) -> int:
    """Return a time as nanoseconds since 1970-01-01 UTC, within what 64 bits hold; without a time zone it is UTC."""
    aware = moment.replace(tzinfo=moment.tzinfo or UTC)
    return hold_time((aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000)


def length_in_days(not_before: int, not_after: int) -> float:
    """Return how many days a validity has, given its ends in nanoseconds; both ends count."""
    return (not_after - not_before + NANOSECONDS) / DAY
