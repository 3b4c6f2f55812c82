"""The record of one certificate, and how the lenient reader spells its values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from .der import NANOSECONDS, hold_time

MAX_SERIAL_OCTETS = 20  # RFC 5280 section 4.1.2.2
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
    self_signed: bool | None = None  # the same octets as subject and issuer, no other key named; not verified
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


def spell_serial(serial: int) -> str:
    """Return a serial number as CertificateFacts has it."""
    digits = f"{abs(serial):x}"
    return "-" * (serial < 0) + digits.zfill(len(digits) + len(digits) % 2)


def nanoseconds(moment: datetime) -> int:
    """Return a time as nanoseconds since 1970-01-01 UTC, within what 64 bits hold; without a time zone it is UTC."""
    aware = moment.replace(tzinfo=moment.tzinfo or UTC)
    return hold_time((aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000)


def length_in_days(not_before: int, not_after: int) -> float:
    """Return how many days a validity has, given its ends in nanoseconds; both ends count."""
    return (not_after - not_before + NANOSECONDS) / DAY
