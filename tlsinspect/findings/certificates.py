"""Rules about the certificate that a side sent as its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..certificates.object_identifiers import EXPLICIT, OLD_SIGNATURE, RSA_KEYS, SHA1_SIGNATURE
from ..policy import ENDING_SOON, LEAST_CURVE_BITS, LEAST_RSA_BITS
from ..registry.suites import SuiteFacts
from ..statistics.renewal import time_left
from ..statistics.rows import Mask
from .facts import LEGACY_VERSIONS, MISSING, Facts, Numbers, several, whole
from .rule import Rule

SERVER, CLIENT = "certificate_sha256s", "client_certificate_sha256s"
PACKET = "certificate_packet"
DAY_NS = 24 * 3600 * 10**9
MANY_NAMES = 100
FEW_DAYS, SOON_DAYS, MONTH_DAYS = 7, 14, ENDING_SOON.days
OTHER_USES = ("serverAuth", "anyExtendedKeyUsage")
USES = {
    "digitalSignature": ("ECDHE", "DHE", "SRP"),
    "keyEncipherment": ("RSA", "RSA_PSK"),
    "keyAgreement": ("ECDH", "DH"),
}
CERTIFIED = ("RSA", "ECDSA", "DSS", "PSK")  # of PSK those exchanges alone that have a certificate too
SMALL_EXPONENT = (  # below 65537, or even
    r"^(\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-6]|\d*[02468])$"
)


def server(test: Callable[[pa.Table], pa.Array]) -> Callable[[Facts], Mask]:
    """Connections whose server's own certificate passes a test."""
    return lambda facts: facts.certificate(test)


def is_signed_with(pattern: str) -> Callable[[pa.Table], pa.Array]:
    """Certificates that another signed with such an algorithm: a signature under one's own key protects nothing."""

    def test(table: pa.Table) -> pa.Array:
        own = pc.fill_null(table["self_signed"], False)
        found = pc.match_substring_regex(table["signature_algorithm"], pattern)
        return pc.and_kleene(found, pc.invert(own)).combine_chunks()

    return test


def is_weak_key(table: pa.Table) -> pa.Array:
    """RSA keys and curves below LEAST_KEY_BITS, and every DSA key."""
    kind, bits = table["key_type"], table["key_bits"]
    rsa = pc.and_kleene(pc.is_in(kind, value_set=pa.array(RSA_KEYS, pa.string())), pc.less(bits, LEAST_RSA_BITS))
    curve = pc.and_kleene(pc.equal(kind, "EC"), pc.less(bits, LEAST_CURVE_BITS))
    return pc.or_kleene(pc.or_kleene(rsa, curve), pc.equal(kind, "DSA")).combine_chunks()


def is_small_exponent(table: pa.Table) -> pa.Array:
    """RSA exponents below 65537, and even ones, which are wrong."""
    return pc.match_substring_regex(table["exponent"], SMALL_EXPONENT).combine_chunks()


def lacks_server_use(table: pa.Table) -> pa.Array:
    """Extended key usages without serverAuth; none at all allows every use."""
    uses = table["extended_key_usage"].combine_chunks()
    joined = pc.binary_join(pc.fill_null(uses, []), " ")
    named = pc.match_substring_regex(joined, "|".join(OTHER_USES))
    return pc.and_(pc.greater(pc.binary_length(joined), 0), pc.invert(named))


def lacks_use(use: str) -> Callable[[pa.Table], pa.Array]:
    """Key usages without one of them; no such extension allows every use."""

    def test(table: pa.Table) -> pa.Array:
        joined = pc.binary_join(pc.fill_null(table["key_usage"].combine_chunks(), []), " ")
        return pc.and_(pc.greater(pc.binary_length(joined), 0), pc.invert(pc.match_substring(joined, use)))

    return test


def is_own_word(column: str, side: str, facts: Facts) -> Mask:
    """Self-signed certificates that are not trusted themselves; DTLS for WebRTC has no others."""
    found = facts.certificate(lambda table: table["self_signed"].combine_chunks(), column)
    found = found & ~facts.among("protocol", "dtls")
    return np.asarray(found & ~facts.trusted(side) if found.any() else found, np.bool_)


def is_exchange(exchanges: tuple[str, ...], _: int, suite: SuiteFacts) -> bool:
    """Suites with one of these key exchanges and a certificate whose own key takes part in it."""
    return suite.key_exchange in exchanges and suite.authentication in CERTIFIED and not suite.export


def find_other_use(facts: Facts) -> Mask:
    """Key exchanges for which the key usage of the server's certificate has no bit (RFC 5246 section 7.4.2).

    What an export suite encrypts to may be another key than the certificate's, which then signs it.
    """
    found = np.zeros(len(facts.connections), np.bool_)
    for use, exchanges in USES.items():
        found |= facts.chosen_suite(partial(is_exchange, exchanges)) & facts.certificate(lacks_use(use))
    return np.asarray(found & facts.among("version", *LEGACY_VERSIONS), np.bool_)


def has_no_names(table: pa.Table) -> pa.Array:
    """No subjectAltName with a name that is read; one with a URI alone, such as SPIFFE's, is no mistake."""
    known = [pc.list_value_length(table[kind]) for kind in ("san_dns", "san_ip")]
    others = [pc.fill_null(pc.list_value_length(table[kind]), 0) for kind in ("san_email", "san_uri")]
    return pc.equal(pc.add(pc.add(*known), pc.add(*others)), 0).combine_chunks()


def date_of(facts: Facts, name: str) -> Numbers:
    """A date of each row's certificate, in nanoseconds; MISSING where there is none."""
    places = facts.once(
        "leaf places of dates",
        lambda: pc.index_in(facts.leaf(SERVER), value_set=facts.certificates["sha256"].combine_chunks()),
    )
    dates = facts.certificates[name].combine_chunks().take(places).cast(pa.int64())
    return np.asarray(facts.once(f"dates {name}", lambda: pc.fill_null(dates, MISSING).to_numpy()))


def is_dated(facts: Facts, name: str) -> Mask:
    """Rows with a certificate that has this date, and a moment to judge it at."""
    return np.asarray(facts.known(PACKET) & (date_of(facts, name) != MISSING) & facts.timed(), np.bool_)


def ends_within(facts: Facts, low: int, high: int) -> Mask:
    """Certificates with so many days left when they were seen, and less than a third of their life: see time_left."""
    left = time_left(date_of(facts, "not_before"), date_of(facts, "not_after"), facts.times())
    return np.asarray(is_dated(facts, "not_after") & (left >= low * DAY_NS) & (left < high * DAY_NS), np.bool_)


def has_expired(facts: Facts) -> Mask:
    """Certificates whose time was over."""
    return np.asarray(is_dated(facts, "not_after") & (date_of(facts, "not_after") < facts.times()), np.bool_)


def is_early(facts: Facts) -> Mask:
    """Certificates whose time had not come."""
    return np.asarray(is_dated(facts, "not_before") & (date_of(facts, "not_before") > facts.times()), np.bool_)


def rule(
    identifier: str,
    title: str,
    severity: str,
    find: Callable[[Facts], Mask],
    evidence: tuple[str, ...],
    advice: str,
    *references: str,
    confidence: str = "certain",
) -> Rule:
    """A rule about the server's own certificate."""
    return Rule(identifier, title, severity, find, evidence, advice, references, "certificate", PACKET, confidence)


NAMES = ("subject", "issuer")
RENEW = "Replace the certificate."
RENEW_LATE = "Replace the certificate: it has less than a third of its life left."


def find_same_serial(facts: Facts) -> Mask:
    """Certificates whose issuer and serial number stand in a different one too."""
    table = facts.certificates
    numbers = pc.binary_join_element_wise(whole(table, "issuer"), whole(table, "serial"), "\n")  # which no name has
    often = several(numbers, whole(table, "sha256"))
    return facts.certificate(lambda rows: pc.is_in(numbers, value_set=often))


def has_name(pattern: str) -> Callable[[pa.Table], pa.Array]:
    """Certificates one of whose DNS names matches."""

    def test(table: pa.Table) -> pa.Array:
        joined = pc.binary_join(pc.fill_null(table["san_dns"].combine_chunks(), []), " ")
        return pc.match_substring_regex(joined, pattern)

    return test


RULES = (
    rule("CRT-01", "Certificate expired when it was used", "high", has_expired, NAMES, RENEW,
         "RFC 5280 section 4.1.2.5"),
    rule("CRT-02", "Certificate not yet valid when it was used", "medium",
         is_early, NAMES, "Correct the clocks, or wait until it is valid.", "RFC 5280 section 4.1.2.5"),
    rule("CRT-03-7", "Certificate expires within 7 days", "medium", lambda facts: ends_within(facts, 0, FEW_DAYS),
         NAMES, RENEW_LATE, "RFC 5280 section 4.1.2.5"),
    rule("CRT-03-14", "Certificate expires within 14 days", "low",
         lambda facts: ends_within(facts, FEW_DAYS, SOON_DAYS), NAMES, RENEW_LATE, "RFC 5280 section 4.1.2.5"),
    rule("CRT-03-30", f"Certificate expires within {MONTH_DAYS} days", "info",
         lambda facts: ends_within(facts, SOON_DAYS, MONTH_DAYS), NAMES, RENEW_LATE, "RFC 5280 section 4.1.2.5"),
    rule("CRT-04", "Certificate does not cover the name that was asked for", "high",
         lambda facts: facts.says("name_matches", False), ("server_name", "subject"),
         "Give the server a certificate with the name that clients ask for in its subjectAltName.", "RFC 9525"),
    rule("CRT-05", "Certificate without subjectAltName", "medium", server(has_no_names), NAMES,
         "Put the names into subjectAltName: clients no longer read the common name.", "RFC 9525 section 1.3"),
    rule("CRT-06", "Self-signed certificate", "medium", partial(is_own_word, SERVER, "validation"), NAMES,
         "Use a certificate from an authority that the clients trust. If they trust this one itself, judge by it "
         "(--trust).", "RFC 5280 section 6.1"),
    rule("CRT-09", "Weak key in the certificate", "high", server(is_weak_key), NAMES,
         "Use RSA with 2048 bits or more, or P-256.", "RFC 9325 section 4.5"),
    rule("CRT-10-MD5", "Certificate signed with MD5 or older", "critical", server(is_signed_with(OLD_SIGNATURE)), NAMES,
         RENEW, "RFC 6151"),
    rule("CRT-10", "Certificate signed with SHA-1", "high", server(is_signed_with(SHA1_SIGNATURE)), NAMES, RENEW,
         "RFC 9325 section 4.5"),
    rule("CRT-11", "Small or even RSA exponent", "medium", server(is_small_exponent), NAMES, RENEW, "NIST FIPS 186-5"),
    rule("CRT-16", "Issuer and serial number of another certificate", "medium", find_same_serial, NAMES,
         "Issue it anew: an authority uses no serial number twice, and browsers refuse the second certificate.",
         "RFC 5280 section 4.1.2.2"),
    rule("CRT-18", "Certificate that ends before it begins", "medium",
         server(lambda table: pc.less(table["not_after"], table["not_before"]).combine_chunks()), NAMES, RENEW,
         "RFC 5280 section 4.1.2.5"),
    rule("CRT-19", "Authority's certificate used by a server", "medium",
         server(lambda table: pc.and_kleene(table["is_ca"], pc.invert(table["self_signed"])).combine_chunks()), NAMES,
         "Issue a certificate of the server's own.", "RFC 5280 section 4.2.1.9"),
    rule("CRT-20", "Certificate not meant for servers", "medium", server(lacks_server_use), NAMES,
         "Issue a certificate with the extended key usage serverAuth.", "RFC 5280 section 4.2.1.12"),
    rule("CRT-20-USAGE", "Certificate whose key usage does not allow the key exchange", "medium", find_other_use,
         ("cipher_suite_name", *NAMES), "Issue a certificate with the key usage digitalSignature for ECDHE and DHE, "
         "keyEncipherment for key exchange by RSA, or choose suites that go with the one that it has: clients that "
         "look at it refuse this one.", "RFC 5246 section 7.4.2"),
    rule("CRT-22", "Elliptic curve parameters spelled out in the chain", "high",
         lambda facts: facts.chain(lambda table: pc.equal(table["curve"], EXPLICIT).combine_chunks()), NAMES,
         "Use a named curve.", "RFC 5480 section 2.1.1", "CVE-2020-0601"),
    rule("CRT-25", "Certificate asks for a stapled OCSP response, and there is none", "medium",
         lambda facts: facts.certificate(lambda table: table["must_staple"].combine_chunks())
         & facts.among("ocsp_status", "absent") & facts.says("status_request") & facts.nothing_lost(), NAMES,
         "Switch OCSP stapling on at the server.", "RFC 7633"),
    rule("CRT-26", "Certificate for all names of a top-level domain", "high",
         server(has_name(r"(?:^| )\*\.[^. ]+(?: |$)")), NAMES,
         "Issue certificates for the names that the server has.", "RFC 9525 section 7.1"),
    rule("CRT-26-MANY", "Certificate with more than 100 names", "info",
         server(lambda table: pc.greater(pc.list_value_length(table["san_dns"]), MANY_NAMES).combine_chunks()), NAMES,
         "Nothing is wrong; whoever has this one key can stand in for all of them.", "RFC 5280 section 4.2.1.6"),
    rule("CRT-27", "X.509 version 1 certificate", "medium",
         server(lambda table: pc.equal(table["version"], 1).combine_chunks()), NAMES, RENEW,
         "RFC 5280 section 4.1.2.1"),
    rule("CRT-33", "Certificate that breaks the format", "low",
         server(lambda table: pc.is_valid(table["issue"]).combine_chunks()), NAMES,
         "Look at the issue column of the certificates frame.", "RFC 5280"),
    Rule("CRT-31", "Client's certificate is self-signed", "medium",
         partial(is_own_word, CLIENT, "client_validation"),
         ("client_certificate_requested",), "Issue the clients' certificates from an authority of your own.",
         ("RFC 5280 section 6.1",), "client_certificate", "client_certificate_packet"),
)  # fmt: skip
