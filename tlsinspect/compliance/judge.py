"""Connections against one requirement: to which it applies, of which it can be seen, and which meet it.

In: the facts, a requirement. Out: three masks over all rows at once. What was not seen is never met and never
failed: it is not observable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .. import registry
from ..connection import CARRIES_TLS
from ..findings.build import encoded
from ..findings.facts import MISSING, Facts, Numbers, ranks_of
from ..policies import Requirement
from ..policies.read import ANY_KEY
from ..registry.suites import group_facts
from ..registry.versions import DTLS
from ..statistics.rows import Mask
from ..wire.codes import TLCP_VERSION

CURVE_EXCHANGES = ("ECDHE", "ECDHE_PSK", "hybrid", "KEM", "CECPQ1")
PRIME_EXCHANGES = ("DHE", "DHE_PSK")
SIGNED = ("RSA", "ECDSA", "DSS")
TRIPLE_DES = {168: 112}  # meet-in-the-middle: RFC 9325 section 4.1
PROTOCOL_VERSION_ALERT = 70
SYMMETRIC = ("PSK", "KRB5")  # key exchanges without public keys: a quantum computer breaks none of them
WHOLE = {"client_extensions": Facts.whole_hello, "server_extensions": Facts.whole_answer}


class Judged(NamedTuple):
    """Masks over the connections: the requirement applies, what it asks for was seen, and it is met."""

    applies: Mask
    known: Mask
    good: Mask


def codes_of(table: dict[int, str], names: frozenset[str]) -> list[int]:
    """The numbers that have one of the names."""
    return [code for code, name in table.items() if name in names]


def tls_rows(facts: Facts) -> Mask:
    """The connections that carried TLS."""
    mask: Mask = facts.once("tls", lambda: facts.among("protocol", *CARRIES_TLS))
    return mask


def wanted_rows(facts: Facts, column: str, asked: Requirement) -> Mask:
    """Rows whose text is among those allowed, or not among those forbidden."""
    if asked.allow:
        return facts.among(column, *asked.allow)
    return facts.known(column) & ~facts.among(column, *asked.forbid)


def wanted_codes(facts: Facts, column: str, table: dict[int, str], asked: Requirement) -> Mask:
    """Rows whose number has an allowed name, or no forbidden one."""
    if asked.allow:
        return among_codes(facts, column, codes_of(table, asked.allow))
    return facts.known(column) & ~among_codes(facts, column, codes_of(table, asked.forbid))


def among_codes(facts: Facts, column: str, codes: list[int]) -> Mask:
    """Rows whose number is one of these; a 2-octet column cannot hold a 3-octet number."""
    return np.isin(facts.number(column), np.array(codes, np.int64))


def judge_version(facts: Facts, asked: Requirement) -> Judged:
    """The version in force."""
    known = facts.known("version")
    return Judged(tls_rows(facts), known, known & wanted_codes(facts, "version", registry.VERSIONS, asked))


def newest_offered(facts: Facts) -> Numbers:
    """The newest version of TLS or DTLS that each client offers, as far as it can be told; MISSING where it cannot."""

    def make() -> Numbers:
        newest = np.where(facts.length("supported_versions") == 0, facts.legacy_version(), MISSING)
        for code in (0xFEFF, 0xFEFD, 0xFEFC, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304):
            newest[facts.has("supported_versions", [code])] = code
        return newest

    numbers: Numbers = facts.once("newest offered", make)
    return numbers


def services(facts: Facts) -> Numbers:
    """A number for each row's server: its address, port and transport, as QUIC's may be another than that of TCP."""
    return encoded(facts, "service", lambda: facts.named("service"))[1]


def at_same_server(facts: Facts, rows: Mask) -> Mask:
    """All connections to a server to which one of the rows goes."""
    places = services(facts)
    some = np.zeros(int(places.max(initial=-1)) + 1, np.bool_)
    some[places[rows]] = True
    return some[places]


def passed_over(facts: Facts, codes: list[int]) -> Mask:
    """Connections in which one of these versions or a newer one was offered, and an older one chosen."""
    newest, version = newest_offered(facts), facts.number("version")
    found = np.zeros(len(version), np.bool_)
    for of_datagrams in (False, True):
        wanted = np.array([code for code in codes if (code >> 8 == DTLS) == of_datagrams], np.int64)
        if len(wanted):
            least = ranks_of(wanted).min()
            older = (version > 0) & ((version >> 8 == DTLS) == of_datagrams) & (ranks_of(version) < least)
            found |= older & ((newest >> 8 == DTLS) == of_datagrams) & (ranks_of(newest) >= least)
    return found


def judge_server_version(facts: Facts, asked: Requirement) -> Judged:
    """What a server is proven to speak.

    Required: shown by a connection in which it was chosen; refuted by one in which it was offered and an older one
    chosen, as a server has to take the newest that it knows (RFC 5246 section 7.4.1.3, RFC 8446 section 4.2.1).
    Forbidden: refuted by a connection that has it; shown by a client with nothing newer that was refused.
    """
    names = asked.require or asked.forbid
    codes = codes_of(registry.VERSIONS, names)
    version = facts.number("version")
    spoken = at_same_server(facts, np.isin(version, codes))
    if asked.require:
        declined = at_same_server(facts, passed_over(facts, codes) & tls_rows(facts)) & ~spoken
        return Judged(tls_rows(facts), spoken | declined, spoken)
    refused = facts.among("last_alert", PROTOCOL_VERSION_ALERT) & facts.among("last_alert_sender", "server")
    declined = at_same_server(facts, refused & np.isin(newest_offered(facts), codes)) & ~spoken
    return Judged(tls_rows(facts), spoken | declined, declined)


def judge_client_version(facts: Facts, asked: Requirement) -> Judged:
    """The versions that a client offers; one that lists none offers up to its legacy_version; its lowest is unknown."""
    seen = facts.known("client_hello_packet") & (facts.legacy_version() != MISSING)
    listed = facts.length("supported_versions") > 0
    codes = codes_of(registry.VERSIONS, asked.require or asked.forbid)
    only = facts.legacy_version()
    named = np.where(listed, facts.has("supported_versions", codes), np.isin(only, codes))
    if asked.require:
        return Judged(tls_rows(facts), seen, named)
    lower = ~listed & (only > min(codes)) & (only != TLCP_VERSION) & ~named
    return Judged(tls_rows(facts), seen & ~lower, ~named)


def judge_suite(facts: Facts, asked: Requirement) -> Judged:
    """The cipher suite chosen."""
    good = wanted_codes(facts, "cipher_suite", registry.CIPHER_SUITES, asked)
    return Judged(tls_rows(facts), facts.known("cipher_suite"), good)


def judge_mark(column: str, kind: str) -> Callable[[Facts, Requirement], Judged]:
    """IANA's Recommended mark of what was chosen; a number without one is neither recommended nor discouraged."""

    def judge(facts: Facts, asked: Requirement) -> Judged:
        marks = registry.RECOMMENDED[kind]
        codes = [code for code, mark in marks.items() if mark in (asked.allow or asked.forbid)]
        found, known = among_codes(facts, column, codes), facts.known(column)
        applies = tls_rows(facts) if column == "cipher_suite" else group_rows(facts)
        return Judged(applies, known, found if asked.allow else known & ~found)

    return judge


def judge_client_suites(facts: Facts, asked: Requirement) -> Judged:
    """The cipher suites that a client offers; a cut hello may have offered more than are seen."""
    offered = facts.has("cipher_suites", codes_of(registry.CIPHER_SUITES, asked.forbid))
    whole = facts.whole_hello() | (facts.length("compression_methods") > 0)  # which come after the suites
    return Judged(tls_rows(facts), (facts.length("cipher_suites") > 0) & (offered | whole), ~offered)


def judge_text(column: str) -> Callable[[Facts, Requirement], Judged]:
    """What a column of the connections says of the session."""

    def judge(facts: Facts, asked: Requirement) -> Judged:
        return Judged(tls_rows(facts), facts.known(column), wanted_rows(facts, column, asked))

    return judge


def judge_authentication(facts: Facts, asked: Requirement) -> Judged:
    """The suite's kind of authentication; TLS 1.3 decides it elsewhere, but never leaves it out."""
    decided = facts.chosen_suite(lambda _, suite: suite.authentication != "")
    wanted = asked.allow or asked.forbid
    found = facts.chosen_suite(lambda _, suite: suite.authentication in wanted)
    known = facts.known("cipher_suite")
    return Judged(tls_rows(facts), known & (decided | bool(asked.forbid)), found if asked.allow else ~found)


def judge_strength(facts: Facts, asked: Requirement) -> Judged:
    """The bulk cipher's strength in bits."""
    least = asked.least[ANY_KEY]
    good = facts.chosen_suite(lambda _, suite: TRIPLE_DES.get(suite.key_bits or 0, suite.key_bits or 0) >= least)
    known = facts.chosen_suite(lambda _, suite: suite.key_bits is not None)
    return Judged(tls_rows(facts), known, good)


def judge_truth(column: str) -> Callable[[Facts, Requirement], Judged]:
    """A column that has to be true."""
    return lambda facts, _: Judged(tls_rows(facts), facts.known(column), facts.says(column))


def judge_post_quantum(facts: Facts, _: Requirement) -> Judged:
    """A post-quantum part in the key exchange; not asked where no public keys are exchanged."""
    applies = tls_rows(facts) & ~facts.among("key_exchange", *SYMMETRIC)
    return Judged(applies, facts.known("post_quantum"), facts.says("post_quantum"))


def group_rows(facts: Facts) -> Mask:
    """Connections whose key exchange has a named group, or may have; a prime without a name has none."""
    curve = facts.among("key_exchange", *CURVE_EXCHANGES) | ~facts.known("key_exchange")
    prime = facts.among("key_exchange", *PRIME_EXCHANGES) & facts.known("group")
    return tls_rows(facts) & (curve | prime)


def judge_group(facts: Facts, asked: Requirement) -> Judged:
    """The named group of the key exchange."""
    return Judged(group_rows(facts), facts.known("group"), wanted_codes(facts, "group", registry.GROUPS, asked))


def judge_curve(facts: Facts, asked: Requirement) -> Judged:
    """The size of the elliptic curve."""
    curves = [code for code in registry.GROUPS if group_facts(code).key_exchange in ("ECDHE", "hybrid")]
    sized = [code for code in curves if group_facts(code).bits is not None]
    large = [code for code in sized if (group_facts(code).bits or 0) >= asked.least[ANY_KEY]]
    applies = facts.among("key_exchange", "ECDHE", "ECDHE_PSK", "hybrid") | ~facts.known("key_exchange")
    return Judged(tls_rows(facts) & applies, among_codes(facts, "group", sized), among_codes(facts, "group", large))


def prime_bits(facts: Facts) -> Numbers:
    """The size of the Diffie-Hellman prime, sent or named; MISSING where there is none."""

    def make() -> Numbers:
        bits = facts.number("dh_prime_bits").copy()
        for code in registry.GROUPS:
            if group_facts(code).key_exchange == "DHE":
                bits[(facts.number("group") == code) & (bits < 0)] = group_facts(code).bits or MISSING
        return bits

    numbers: Numbers = facts.once("prime bits", make)
    return numbers


def judge_prime(facts: Facts, asked: Requirement) -> Judged:
    """The size of the finite-field Diffie-Hellman prime."""
    applies = facts.among("key_exchange", *PRIME_EXCHANGES) | ~facts.known("key_exchange")
    bits = prime_bits(facts)
    return Judged(tls_rows(facts) & applies, bits >= 0, bits >= asked.least[ANY_KEY])


def judge_handshake_signature(facts: Facts, asked: Requirement) -> Judged:
    """The scheme of the ServerKeyExchange's signature; there is none where the key exchange needs none."""
    exchange = facts.among("key_exchange", *CURVE_EXCHANGES, *PRIME_EXCHANGES) | ~facts.known("key_exchange")
    unsigned = facts.chosen_suite(lambda _, suite: suite.authentication not in (*SIGNED, ""))
    good = wanted_codes(facts, "server_signature_algorithm", registry.SIGNATURE_SCHEMES, asked)
    return Judged(tls_rows(facts) & exchange & ~unsigned, facts.known("server_signature_algorithm"), good)


def judge_list(column: str, table: dict[int, str], packet: str) -> Callable[[Facts, Requirement], Judged]:
    """A list of a hello: one of the required is in it, or none of the forbidden; a cut hello may have had more.

    A whole one without signature_algorithms asks for none of them: SHA-1 is what is left (RFC 5246 section 7.4.1.4.1).
    """

    def judge(facts: Facts, asked: Requirement) -> Judged:
        found = facts.has(column, codes_of(table, asked.require or asked.forbid))
        seen = facts.known(packet) & facts.known(column)
        if column in WHOLE:
            seen &= found | WHOLE[column](facts)
        if column == "signature_algorithms" and asked.require:
            seen |= facts.known(packet) & facts.known("client_extensions") & facts.whole_hello()
        return Judged(tls_rows(facts), seen, found if asked.require else ~found)

    return judge


def judge_compression(facts: Facts, asked: Requirement) -> Judged:
    """The compression method chosen is null."""
    return Judged(tls_rows(facts), facts.known("compression_method"), facts.number("compression_method") == 0)


SESSION_JUDGES: dict[str, Callable[[Facts, Requirement], Judged]] = {
    "version": judge_version,
    "server_version": judge_server_version,
    "client_version": judge_client_version,
    "cipher_suite": judge_suite,
    "cipher_suite_mark": judge_mark("cipher_suite", "cipher_suite"),
    "client_cipher_suite": judge_client_suites,
    "key_exchange": judge_text("key_exchange"),
    "authentication": judge_authentication,
    "cipher": judge_text("cipher"),
    "cipher_mode": judge_text("cipher_mode"),
    "mac": judge_text("mac"),
    "cipher_strength": judge_strength,
    "forward_secrecy": judge_truth("forward_secrecy"),
    "post_quantum": judge_post_quantum,
    "group": judge_group,
    "group_mark": judge_mark("group", "group"),
    "curve_bits": judge_curve,
    "dh_bits": judge_prime,
    "handshake_signature": judge_handshake_signature,
    "client_signature": judge_list("signature_algorithms", registry.SIGNATURE_SCHEMES, "client_hello_packet"),
    "server_extension": judge_list("server_extensions", registry.EXTENSIONS, "server_hello_packet"),
    "client_extension": judge_list("client_extensions", registry.EXTENSIONS, "client_hello_packet"),
    "compression": judge_compression,
}
