"""STATISTICS: every question that a capture is asked, declared once.

Charts, reports, the command line and the documentation are made from it. To add
a question, add a row; observations.py and shares.py do the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from ..arguments import pick
from ..registry import group_name, signature_scheme_name
from . import categories, lifetimes, offers, progress, sizes
from .categories import by_column, by_flag, by_leaf
from .observations import Categorise, Scope, by_frame, on_tls_ports, with_alert, with_tls


class Unit(NamedTuple):
    """What is counted: rows, octets, or the distinct values of a column of the observations.

    A thing that showed several categories counts once in each, so that such shares can sum to more than 1:
    they say how many servers still do something, not what most of them do.
    """

    name: str
    singular: str
    plural: str
    meaning: str
    key: str = ""


UNITS: dict[str, Unit] = {
    unit.name: unit
    for unit in (
        Unit("connections", "connection", "connections", "every connection counts once"),
        Unit(
            "bytes",
            "byte",
            "bytes",
            "connections weighed by the payload that both sides sent; no interval, as bytes are no sample",
        ),
        Unit(
            "servers", "server", "servers", "an address and port counts once in each category that it showed", "server"
        ),
        Unit("clients", "client", "clients", "an address counts once in each category that it showed", "client"),
        Unit(
            "names",
            "server name",
            "server names",
            "a name asked for counts once in each category that it showed",
            "name",
        ),
        Unit(
            "certificates",
            "certificate",
            "certificates",
            "a server's certificate counts once, however often it was sent",
            "certificate",
        ),
    )
}
CONNECTION_UNITS = ("connections", "bytes", "servers", "clients", "names")
CERTIFICATE_UNITS = ("certificates", *CONNECTION_UNITS)

VERSION_ORDER = (
    *("TLS 1.3", "TLS 1.2", "TLS 1.1", "TLS 1.0", "SSL 3.0", "SSL 2.0"),
    *("DTLS 1.3", "DTLS 1.2", "DTLS 1.0"),
)
TLS_1_3_KIN = (("its drafts", "TLS 1.3 ("), ("DTLS 1.3", "DTLS 1.3"))
CIPHER_CLASS_ORDER = (
    *("AES-GCM", "ChaCha20-Poly1305", "other AEAD", "CBC", "other stream cipher"),
    *("64-bit blocks (3DES, IDEA)", "RC4", "DES or export grade", "no encryption"),
)
SECRECY_ORDER = ("forward secret, post-quantum", "forward secret, classical", "not forward secret")


@dataclass(frozen=True)
class Statistic:
    """One question, how each row answers it, and how to read the answer.

    `statement` is a sentence with {category} and {share} ("62% of connections") to fill in; it speaks of
    `focus`, or of the largest category. `kin` are the words for categories that are a kind of `focus`, and how these
    begin: it says the share with them, too. `column` is where unknown_reasons says why there is no answer, and `also`
    where it says so of rows that have a value there. `order` puts categories that have a natural order into it; others
    are sorted by size.
    """

    name: str
    title: str
    question: str
    statement: str
    caveat: str
    column: str
    categorise: Categorise
    scope: Scope = with_tls
    chosen_by_server: bool = True
    focus: str = ""
    kin: tuple[tuple[str, str], ...] = ()
    order: tuple[str, ...] = ()
    units: tuple[str, ...] = CONNECTION_UNITS
    also: str = ""

    def __repr__(self) -> str:
        """Its name and its question, on one line."""
        return f"<Statistic {self.name}: {self.question}>"

    @property
    def explained(self) -> tuple[str, ...]:
        """The columns whose reasons are the statistic's, the first one first."""
        return (self.column, self.also) if self.also else (self.column,)

    def __reduce__(self) -> tuple[Any, ...]:
        """By its name, so that processes can hand shares back: functions that count cannot be pickled."""
        return find_statistic, (self.name,)


def find_statistic(name: str) -> Statistic:
    """One of STATISTICS; raises KeyError for another."""
    return pick(STATISTICS, name, "statistic")


STATISTICS: dict[str, Statistic] = {
    statistic.name: statistic
    for statistic in (
        Statistic(
            "versions",
            "Versions agreed",
            "Which protocol versions are in use?",
            "TLS 1.3 was agreed for {share}",
            "The version in force, from the ServerHello. A handshake that ended before one agreed on nothing.",
            "version",
            by_column("version_name"),
            focus="TLS 1.3",
            kin=TLS_1_3_KIN,
            order=VERSION_ORDER,
        ),
        Statistic(
            "versions_offered",
            "Best version offered",
            "What is the best version that clients can speak?",
            "Clients offered TLS 1.3 for {share}",
            "From supported_versions, failing that the ClientHello's version field. A scanner offers less on purpose.",
            "supported_versions",
            by_frame(categories.offered_version),
            chosen_by_server=False,
            focus="TLS 1.3",
            kin=TLS_1_3_KIN,
            order=VERSION_ORDER,
        ),
        Statistic(
            "version_pairs",
            "Version offered and version agreed",
            "Who agrees on what: which best offer ends in which version?",
            "{category} is the way of {share}",
            "The diagonal is the best that the client could get. Right of it is TLS that something held back: the "
            "server, or a device between.",
            "version",
            by_frame(categories.version_pair),
            also="supported_versions",
        ),
        Statistic(
            "version_limit",
            "Who decides against TLS 1.3",
            "Is it the clients or the servers that hold TLS 1.3 back?",
            "The client offered less than TLS 1.3: {share}",
            "A server that chose less may be unable or unwilling: one connection cannot tell. Drafts and DTLS 1.3 "
            "count as TLS 1.3.",
            "version",
            by_frame(categories.version_limit),
            also="supported_versions",
            focus="client offered less",
            order=("TLS 1.3 agreed", "server chose less", "client offered less"),
        ),
        Statistic(
            "cipher_suites",
            "Cipher suites agreed",
            "Which ciphers were agreed?",
            "{category} is the suite of {share}",
            "TLS 1.3 suites name only the record protection; the key exchange is agreed apart.",
            "cipher_suite",
            by_column("cipher_suite_name"),
        ),
        Statistic(
            "cipher_classes",
            "Kinds of record protection",
            "How are the records protected?",
            "{category} protects {share}",
            "CBC is weak mostly by how old versions use it (Lucky 13, BEAST); encrypt_then_mac is not weighed in.",
            "cipher_suite",
            by_frame(categories.cipher_class),
            order=CIPHER_CLASS_ORDER,
        ),
        Statistic(
            "aead",
            "AEAD algorithms",
            "Which authenticated encryption protects the records?",
            "{category} protects {share}",
            "Only connections that agreed on an AEAD. Servers often choose by the client's hardware: ChaCha20 for "
            "phones without AES instructions is a choice for speed, not a weakness.",
            "cipher_suite",
            by_frame(categories.aead),
            scope=categories.with_aead,
        ),
        Statistic(
            "weak_offers",
            "Weak kinds of suites offered",
            "Which clients still offer suites that nobody should choose?",
            "Offers without a weak kind: {share}",
            "An offer is no use: what was agreed stands under the kinds of record protection. A scanner offers "
            "everything on purpose. Kinds: RFC 9325 sections 4.1 and 5.1.",
            "cipher_suites",
            by_frame(offers.weak_offers),
            chosen_by_server=False,
            focus=offers.NO_WEAK_KIND,
            also="psk_offered",
        ),
        Statistic(
            "key_exchange",
            "Key exchange",
            "How do the sides agree on keys?",
            "{category} agreed the keys of {share}",
            "With RSA, the server's key opens a recording; with (EC)DHE it does not. Hybrid adds a post-quantum KEM.",
            "key_exchange",
            by_column("key_exchange"),
        ),
        Statistic(
            "groups",
            "Groups of the key exchange",
            "On which curves, primes and KEMs do key exchanges rest?",
            "{category} is the group of {share}",
            "Left out: key exchanges without a group (static RSA, PSK alone) and resumptions without a new exchange.",
            "group",
            by_column("group_name"),
        ),
        Statistic(
            "groups_offered",
            "Groups offered",
            "Which groups could clients use for the key exchange?",
            "{category} was offered for {share}",
            "What is offered is not what a key share is sent for. SSL 2.0 and clients without the extension have none.",
            "supported_groups",
            by_frame(offers.by_offer("supported_groups", group_name)),
            chosen_by_server=False,
        ),
        Statistic(
            "forward_secrecy",
            "Forward secrecy",
            "Would the server's private key be enough to read the session later?",
            "{share} have forward secrecy",
            "Says nothing about session ticket keys: who has these can read what was resumed under them in TLS 1.2.",
            "forward_secrecy",
            by_flag("forward_secrecy", "forward secret", "not forward secret"),
            focus="forward secret",
            order=("forward secret", "not forward secret"),
        ),
        Statistic(
            "post_quantum",
            "Post-quantum key exchange",
            "How much of the traffic would resist a later quantum computer?",
            "{share} have a post-quantum key exchange",
            "About the key exchange only. Certificates' signatures are another matter, and less urgent.",
            "post_quantum",
            by_flag("post_quantum", "post-quantum", "classical"),
            focus="post-quantum",
            order=("post-quantum", "classical"),
        ),
        Statistic(
            "post_quantum_limit",
            "Who decides against post-quantum",
            "Is it the clients or the servers that hold post-quantum key exchange back?",
            "No post-quantum group in the offer: {share}",
            "About the key exchange only. A server that chose a classical group may be unable or unwilling.",
            "post_quantum",
            by_frame(offers.post_quantum_limit),
            also="supported_groups",
            focus="client offered none",
            order=("post-quantum agreed", "server chose classical", "client offered none"),
        ),
        Statistic(
            "secrecy",
            "Secrecy against a later attacker",
            "What would open today's recording: a stolen key, a quantum computer, or neither?",
            "Without forward secrecy: {share}",
            "Recorded now, decrypted later: the share without any forward secrecy is open to whoever gets the key. "
            "What is not encrypted, or with keys of 64 bits or less, counts among it.",
            "forward_secrecy",
            by_frame(categories.secrecy),
            also="post_quantum",
            focus="not forward secret",
            order=SECRECY_ORDER,
        ),
        Statistic(
            "key_types",
            "Keys of server certificates",
            "Which keys do servers prove themselves with?",
            "{category} is the key of {share}",
            "TLS 1.3 encrypts certificates and resumption leaves them out: counted are those sent in the clear.",
            "certificate_sha256s",
            by_leaf(categories.key_type),
            units=CERTIFICATE_UNITS,
        ),
        Statistic(
            "signature_algorithms",
            "Signatures on server certificates",
            "How do authorities sign?",
            "{category} signs {share}",
            "The signature that the issuer made on the server's certificate, not the one made in the handshake.",
            "certificate_sha256s",
            by_leaf(categories.signature_algorithm),
            units=CERTIFICATE_UNITS,
        ),
        Statistic(
            "lifetimes",
            "Lifetimes of certificates",
            "How long are certificates made to last?",
            "A lifetime of {category}: {share}",
            "From not_before to not_after, both included, a part of a day as one. Steps end at the CA/Browser limits.",
            "certificate_sha256s",
            by_leaf(lifetimes.lifetime),
            order=lifetimes.LIFETIME_ORDER,
            units=CERTIFICATE_UNITS,
        ),
        Statistic(
            "lifetime_limit",
            "Lifetimes against the CA/Browser limits",
            "Do certificates keep the limit that was in force when they were issued?",
            "Within the limit of the day of issue: {share}",
            "The limits bind publicly trusted authorities; a private one may do as it likes, and whether an authority "
            "is public is not judged here. The day of issue is taken from not_before, which can be dated back.",
            "certificate_sha256s",
            by_leaf(lifetimes.lifetime_limit),
            focus=lifetimes.WITHIN,
            order=(lifetimes.WITHIN, lifetimes.LONGER, lifetimes.BEFORE_LIMITS),
            units=CERTIFICATE_UNITS,
        ),
        Statistic(
            "names_per_certificate",
            "Names per certificate",
            "How many names does one certificate cover?",
            "{category} on the certificate: {share}",
            "DNS names and IP addresses of the subjectAltName; a wildcard is one name. Without any, a name may still "
            "stand in the common name, which no client of today looks at (RFC 9525).",
            "certificate_sha256s",
            by_leaf(lifetimes.names_covered),
            order=lifetimes.NAME_ORDER,
            units=CERTIFICATE_UNITS,
        ),
        Statistic(
            "authorities",
            "Certificate authorities",
            "Who issued the certificates?",
            "Most common issuer: {category}, {share}",
            "The issuer's organization as the certificate states it. Nobody checked the signature against a root.",
            "certificate_sha256s",
            by_leaf(categories.authority),
            units=CERTIFICATE_UNITS,
        ),
        Statistic(
            "validation",
            "Certificates in date and in name",
            "Do certificates hold up: in date, and made for the name asked for?",
            "Certificate with nothing against it: {share}",
            "What dates and names say at capture time. Trust in the authority and revocation are not judged.",
            "validation",
            by_frame(categories.validation),
            focus="nothing against it",
            also="name_matches",
        ),
        Statistic(
            "resumption",
            "Resumption",
            "How many connections spare themselves the full handshake?",
            "A full handshake was made for {share}",
            "In TLS 1.3 a PSK may also come from outside; the wire does not tell it from a resumption.",
            "resumed",
            by_frame(categories.resumption),
            focus="full handshake",
            order=("full handshake", *categories.RESUMPTIONS.values(), "resumed"),
            also="version",
        ),
        Statistic(
            "handshake_signatures",
            "Signatures of servers in the handshake",
            "With which algorithm does the server sign the key exchange?",
            "{category} signed {share}",
            "From the ServerKeyExchange, so for (EC)DHE up to TLS 1.2 only: TLS 1.3 encrypts it.",
            "server_signature_algorithm",
            by_column("server_signature_algorithm_name"),
        ),
        Statistic(
            "signatures_offered",
            "Signature algorithms offered",
            "Which signatures do clients accept?",
            "{category} was offered for {share}",
            "The signature_algorithms extension. Clients list old ones long after servers stopped using them.",
            "signature_algorithms",
            by_frame(offers.by_offer("signature_algorithms", signature_scheme_name)),
            chosen_by_server=False,
        ),
        Statistic(
            "extensions_offered",
            "Extensions offered",
            "What do clients ask for?",
            "{category} was sent for {share}",
            "Extensions of the first ClientHello as it is readable: with Encrypted ClientHello, of the outer one.",
            "client_extensions",
            by_frame(offers.extensions_offered),
            chosen_by_server=False,
            also="psk_offered",
        ),
        Statistic(
            "hello_sizes",
            "ClientHellos against one packet",
            "Does the ClientHello fit one packet?",
            "The ClientHello fits one packet for {share}",
            "Over TCP: the message and one record header against 1,500 octets less IP and TCP headers without options. "
            "Where the path carries less, or TCP has options, fewer fit. QUIC and DTLS split by rules of their own.",
            "client_hello_length",
            by_frame(sizes.hello_fits),
            scope=sizes.over_tcp,
            chosen_by_server=False,
            focus=sizes.FITS,
            order=(sizes.FITS, sizes.TOO_LARGE),
        ),
        Statistic(
            "alpn",
            "Application protocols",
            "What is spoken inside?",
            "{category} was agreed for {share}",
            "ALPN, where the server's choice is in the clear: TLS 1.3 encrypts it.",
            "alpn",
            by_column("alpn"),
        ),
        Statistic(
            "protocols",
            "What TLS ports carry",
            "Do the ports that are asked for as TLS ports carry only TLS?",
            "TLS is spoken on {share} to TLS ports",
            "Told from the first octets. DTLS, QUIC and SSL 2.0 count as TLS; octets that belong to nothing known here "
            "are not TLS. Where nobody spoke, what would have been is unknown.",
            "protocol",
            by_frame(categories.carried),
            scope=on_tls_ports,
            chosen_by_server=False,
            focus="tls",
        ),
        Statistic(
            "transports",
            "What carries TLS",
            "How much of TLS runs over QUIC, how much over TCP?",
            "{category} is the way of {share}",
            "By connection: browsers try both and may keep one of them unused. A capture point behind a filter of UDP "
            "sees no QUIC, whatever the clients can do.",
            "protocol",
            by_frame(categories.transport),
            chosen_by_server=False,
            focus="QUIC",
            order=("QUIC", "TLS over TCP", "DTLS", categories.OTHER_TRANSPORT),
        ),
        Statistic(
            "server_ports",
            "Ports with TLS",
            "On which ports is TLS spoken?",
            "TLS is spoken on {category} by {share}",
            "The servers' ports of connections that carried TLS. TLS in an upgrade (STARTTLS) counts on its port.",
            "server_port",
            by_frame(categories.server_port),
            chosen_by_server=False,
        ),
        Statistic(
            "outcomes",
            "How handshakes ended",
            "Do handshakes succeed, and what stops those that do not?",
            "The handshake was finished for {share}",
            "TLS 1.3 encrypts most alerts, so that some failures look like a plain close.",
            "established",
            categories.outcome,
            chosen_by_server=False,
            focus="established",
        ),
        Statistic(
            "failure_steps",
            "Failed handshakes by the last step seen",
            "How far do handshakes come that fail?",
            "Last step seen: {category}, for {share}",
            "Only what is in the clear: TLS 1.3 encrypts everything after the ServerHello, so that later failures show "
            "as that step. The side that sent the last message is not always the one that gave up.",
            "handshake_history",
            by_frame(progress.last_step),
            scope=progress.with_failure,
            chosen_by_server=False,
            order=progress.STEP_ORDER,
        ),
        Statistic(
            "alerts",
            "Alerts",
            "Which alerts were sent in the clear?",
            "{category} is the commonest alert, seen on {share}",
            "The last alert of each connection that had one in the clear; close_notify is not a failure.",
            "last_alert",
            by_column("last_alert_name"),
            scope=with_alert,
            chosen_by_server=False,
        ),
        Statistic(
            "ja4",
            "Client fingerprints (JA4)",
            "Which client software is it, going by the shape of its hello?",
            "{category} is the fingerprint of {share}",
            "A fingerprint stands for a library and its settings, not for one program, and can be imitated.",
            "ja4",
            by_column("ja4"),
            chosen_by_server=False,
        ),
        Statistic(
            "server_names",
            "Server names",
            "Which names can an observer read although the rest is encrypted?",
            "{category} was asked for by {share}",
            "The server_name extension as sent: with Encrypted ClientHello it is the public name only.",
            "server_name",
            categories.server_name,
            chosen_by_server=False,
            units=("connections", "bytes", "servers", "clients"),
        ),
    )
}
