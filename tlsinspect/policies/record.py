"""A policy and its requirements as records, and the closed list of what a requirement can be about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from .. import registry
from ..certificates.object_identifiers import (
    CURVES,
    EXPLICIT,
    KEY_TYPES,
    PSS_HASHES,
    RSASSA_PSS,
    SIGNATURE_ALGORITHMS,
)
from ..errors import printable
from ..registry.suites import CIPHERS, KEY_EXCHANGES, SSL2_CIPHERS, group_facts, suite_facts

NEGOTIATED, OFFERED, CERTIFICATE = "server_hello_packet", "client_hello_packet", "certificate_packet"
STATUS = "certificate_status_packet"
MARKS = {"Y": "recommended", "N": "not recommended", "D": "discouraged"}


class Kind(NamedTuple):
    """One thing that a requirement can be about.

    `keys` are those that a requirement of this kind may have, exactly one of them; `names` gives every name that
    stands for something there, `dotted` whether what has no name comes as the digits of its object identifier. Who has
    to change is the `subject`, the number of the packet that proves it stands in the connections column `packet`, and
    what it shows in the columns `evidence`.
    """

    meaning: str
    keys: tuple[str, ...]
    names: Callable[[], Iterable[str]] | None = None
    subject: str = "server"
    packet: str = NEGOTIATED
    evidence: tuple[str, ...] = ("version_name", "cipher_suite_name")
    dotted: bool = False


def suite_parts(part: str) -> Callable[[], set[str]]:
    """Every value that a part of a cipher suite can have."""
    return lambda: {getattr(suite_facts(code), part) for code in registry.CIPHER_SUITES} - {""}


def key_exchanges() -> set[str]:
    """Every value of the key_exchange column."""
    of_groups = {group_facts(code).key_exchange for code in registry.GROUPS}
    return ({exchange for exchange, _, _ in KEY_EXCHANGES.values()} | of_groups) - {""}


def ciphers() -> set[str]:
    """Every value of the cipher column."""
    return {name for name, _, _ in (*CIPHERS.values(), *SSL2_CIPHERS.values())}


def curves() -> set[str]:
    """Every value of a certificate's curve that is no object identifier."""
    return {name for name, _ in CURVES.values()} | {EXPLICIT}


def signature_algorithms() -> set[str]:
    """Every value of a certificate's signature_algorithm that has no object identifier in it."""
    of_pss = {f"{SIGNATURE_ALGORITHMS[RSASSA_PSS]}-{name}" for name in PSS_HASHES.values()}
    return {*SIGNATURE_ALGORITHMS.values()} | of_pss


READINGS = {
    "text": "the clause's own words, in full",
    "excerpt": "sentences of it, or a table, quoted elsewhere",
    "digest": "somebody else's summary of it",
}


class Source(NamedTuple):
    """What a requirement was held against: a key of READINGS, what was read, and on which day."""

    kind: str
    name: str
    checked: date


LIST, OPPOSITE = ("allow", "forbid"), ("require", "forbid")
KINDS: dict[str, Kind] = {
    "version": Kind("the version in force", LIST, registry.VERSIONS.values, evidence=("version_name",)),
    "server_version": Kind(
        "what the server is proven to speak, by any connection of the capture over the same transport", OPPOSITE,
        registry.VERSIONS.values, evidence=("version_name",),
    ),
    "client_version": Kind(
        "the versions that the client offers", OPPOSITE, registry.VERSIONS.values, "client", OFFERED,
        ("client_legacy_version", "ja4"),
    ),
    "cipher_suite": Kind("the cipher suite chosen", LIST, registry.CIPHER_SUITES.values),
    "cipher_suite_mark": Kind("IANA's Recommended mark of the cipher suite chosen", LIST, MARKS.keys),
    "client_cipher_suite": Kind(
        "the cipher suites that the client offers", ("forbid",), registry.CIPHER_SUITES.values, "client", OFFERED,
        ("version_name", "ja4"),
    ),
    "key_exchange": Kind("the key exchange", LIST, key_exchanges, evidence=("version_name", "key_exchange")),
    "authentication": Kind("how the cipher suite authenticates the server", LIST, suite_parts("authentication")),
    "cipher": Kind("the bulk cipher", LIST, ciphers),
    "cipher_mode": Kind("the mode of the bulk cipher", LIST, suite_parts("cipher_mode")),
    "mac": Kind("the hash of the record's HMAC, AEAD where there is none", LIST, suite_parts("mac")),
    "cipher_strength": Kind("security of the bulk cipher in bits, 112 of 3DES", ("least",)),
    "forward_secrecy": Kind("forward secrecy", (), evidence=("version_name", "key_exchange")),
    "post_quantum": Kind(
        "a post-quantum part in the key exchange, unless it has no public keys", (),
        evidence=("version_name", "group_name"),
    ),
    "group": Kind("the named group of the key exchange", LIST, registry.GROUPS.values, evidence=("group_name",)),
    "group_mark": Kind("IANA's Recommended mark of the group", LIST, MARKS.keys, evidence=("group_name",)),
    "curve_bits": Kind("size of the elliptic curve in bits", ("least",), evidence=("group_name",)),
    "dh_bits": Kind(
        "size of the finite-field Diffie-Hellman prime in bits", ("least",),
        evidence=("cipher_suite_name", "dh_prime_bits"),
    ),
    "handshake_signature": Kind(
        "the server's signature in its ServerKeyExchange", LIST, registry.SIGNATURE_SCHEMES.values,
        evidence=("server_signature_algorithm_name",),
    ),
    "client_signature": Kind(
        "the signature schemes that the client takes", OPPOSITE, registry.SIGNATURE_SCHEMES.values, "client", OFFERED,
        ("ja4",),
    ),
    "server_extension": Kind("the extensions of the ServerHello", OPPOSITE, registry.EXTENSIONS.values),
    "client_extension": Kind(
        "the extensions of the ClientHello", OPPOSITE, registry.EXTENSIONS.values, "client", OFFERED,
        ("version_name", "ja4"),
    ),
    "compression": Kind("that nothing is compressed", (), evidence=("version_name", "compression_method")),
    "certificate_key_type": Kind(
        "the kind of key of the server's certificate", LIST, KEY_TYPES.values, "certificate", CERTIFICATE,
        ("subject", "issuer"), dotted=True,
    ),
    "certificate_key_bits": Kind(
        "the size of that key, by its kind", ("least",), None, "certificate", CERTIFICATE, ("subject", "issuer")
    ),
    "certificate_curve": Kind(
        "the curve of that key, where it is an EC key", LIST, curves, "certificate", CERTIFICATE,
        ("subject", "issuer"), dotted=True,
    ),
    "certificate_signature": Kind(
        "how the server's certificate is signed, unless by itself", LIST, signature_algorithms, "certificate",
        CERTIFICATE, ("subject", "issuer"), dotted=True,
    ),
    "certificate_lifetime": Kind(
        "how many days the server's certificate is valid in all, unless self-signed", ("most",), None, "certificate",
        CERTIFICATE, ("subject", "issuer"),
    ),
    "certificate_trust": Kind(
        "that the server's chain leads to a trusted root and stands: one of Mozilla's, or of those given", (), None,
        "certificate", CERTIFICATE, ("subject", "issuer"),
    ),
    "certificate_status": Kind(
        "that no certificate of the server's chain is revoked: seen where an OCSP response that holds is stapled", (),
        None, "certificate", STATUS, ("subject", "issuer", "ocsp_status"),
    ),
    "certificate_dates": Kind(
        "that the server's certificate is in date when it is used", (), None, "certificate", CERTIFICATE,
        ("subject", "validation"),
    ),
    "certificate_name": Kind(
        "that the server's certificate is for the name asked for", (), None, "certificate", CERTIFICATE,
        ("server_name", "subject"),
    ),
    "client_certificate_path": Kind(
        "that a client's chain that the server took stands: signatures, dates, purpose; whom it trusts is not seen", (),
        None, "client_certificate", OFFERED, ("client_certificate_requested", "established"),
    ),
    "certificate_names": Kind(
        "that the server's certificate has a name or address in subjectAltName", (), None, "certificate", CERTIFICATE,
        ("subject", "issuer"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Requirement:
    """One requirement: `about` is a key of KINDS; it binds on days from `start` on and before `end`.

    One of `allow`, `forbid` and `require` (names), `least` (a number, or one for each kind of key) and `most` says
    what it asks for. It is asked of connections with one of `versions` only, where these are given, and not of those
    whose server negotiated the extension `unless_extension`. `checked` names the policy's sources that clause and
    threshold were held against; where it is empty, nobody has.
    """

    id: str
    clause: str
    text: str
    about: str
    severity: str
    start: date | None = None
    end: date | None = None
    allow: frozenset[str] = frozenset()
    forbid: frozenset[str] = frozenset()
    require: frozenset[str] = frozenset()
    least: dict[str, int] = field(default_factory=dict)
    most: int | None = None
    versions: frozenset[str] = frozenset()
    unless_extension: str = ""
    checked: tuple[str, ...] = ()

    def binds(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return (self.start is None or day >= self.start) and (self.end is None or day < self.end)


@dataclass(frozen=True)
class Policy:
    """A named policy: where it comes from, what it leaves out, and its requirements in the order of the file.

    `sources` are what the requirements were held against, by the names that Requirement.checked uses.
    """

    name: str
    title: str
    document: str
    edition: str
    url: str
    note: str
    requirements: tuple[Requirement, ...]
    sources: dict[str, Source] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Its name, its title and how much it asks for, on one line."""
        told = f"{self.name}: {self.title} ({self.edition}), {len(self.requirements)} requirements"
        return f"<Policy {printable(told)}>"

    def dates(self) -> list[date]:
        """The days on which what it asks for changes, in order."""
        days = {day for each in self.requirements for day in (each.start, each.end) if day is not None}
        return sorted(days)
