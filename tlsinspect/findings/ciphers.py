"""Rules about cipher suites: each negotiated and merely offered."""

from __future__ import annotations

import numpy as np

from .. import registry
from ..registry.suites import AEAD_MODES, SMALL_BLOCKS
from ..statistics.rows import Mask
from ..tables import distinct
from ..wire.codes import ENCRYPT_THEN_MAC
from .facts import LEGACY_VERSIONS, Facts
from .rule import Rule, suite_rules

OUTDATED = ("DES", "DES_40", "IDEA", "RC2_128", "RC2_40", "RC2_56")
SWEET32_OCTETS = 8 << 32  # 2^32 blocks of 8 octets
MARKS = registry.RECOMMENDED["cipher_suite"]
CHAINED_VERSIONS = (0x0300, 0x0301)
SPLIT_OCTETS = 48  # a record with one octet of data, a MAC of up to 32 octets and padding
SPLIT_OCTETS_SHA384 = 64  # the same with a MAC of 48 octets
FOUND_BEFORE = ("RSA", "RSA_PSK", "DH", "ECDH", "NULL")  # key exchanges of CIP-09 and CIP-10, and none at all


def find_volume(facts: Facts) -> Mask:
    """More octets than a block cipher of 64 bits bears under one key: each side has its own (RFC 5246 section 6.3).

    Behind a renegotiation keys are others, and how much each protected is not known.
    """
    octets = np.maximum(facts.number("client_application_bytes"), facts.number("server_application_bytes"))
    one_key = ~facts.known("renegotiation_packet")
    return np.asarray(facts.among("cipher", *SMALL_BLOCKS) & one_key & (octets > SWEET32_OCTETS), np.bool_)


def find_mac_then_encrypt(facts: Facts) -> Mask:
    """CBC without the server's encrypt_then_mac."""
    cbc = facts.among("cipher_mode", "CBC") & facts.among("version", *LEGACY_VERSIONS)
    return cbc & facts.whole_answer() & ~facts.has("server_extensions", [ENCRYPT_THEN_MAC])


def find_unsplit(facts: Facts) -> Mask:
    """CBC with chained initialization vectors whose first record of data is too long for one octet (BEAST)."""
    chained = facts.among("cipher_mode", "CBC") & facts.among("version", *CHAINED_VERSIONS)
    most = np.where(facts.among("mac", "SHA384"), SPLIT_OCTETS_SHA384, SPLIT_OCTETS)
    return chained & (facts.number("client_first_record_length") > most)


def find_better_mutual(facts: Facts) -> Mask:
    """Suites without forward secrecy or AEAD where the same server chose one with both, which is offered here too."""
    good = facts.says("forward_secrecy") & facts.among("cipher_mode", *AEAD_MODES)
    below13 = facts.among("version", *LEGACY_VERSIONS)
    servers = facts.named("service").dictionary_encode(null_encoding="encode").indices.to_numpy().astype(np.int64)
    proven = distinct((servers << 16 | facts.number("cipher_suite"))[good & below13])
    values, starts = facts.lists("cipher_suites")
    found = np.zeros(len(servers), np.bool_)
    if not len(proven):
        return found
    worse = np.flatnonzero(facts.known("cipher_suite") & below13 & ~good)
    counts = starts[worse + 1] - starts[worse]
    rows = np.repeat(worse, counts)
    places = np.repeat(starts[worse] - np.cumsum(counts) + counts, counts) + np.arange(len(rows))
    pairs = servers[rows] << 16 | values.to_numpy(zero_copy_only=False)[places]
    found[rows[np.isin(pairs, proven)]] = True
    return found


RULES = (
    *suite_rules(
        "CIP-01", "Suite without encryption", "critical", lambda _, suite: suite.cipher == "NULL",
        "remove the suites whose name has NULL, TLS_SHA256_SHA256 and TLS_SHA384_SHA384; the content is readable by "
        "everyone on the way.", ("RFC 9325 section 4.1",),
    ),
    *suite_rules(
        "CIP-02", "Suite without authentication", "critical", lambda _, suite: suite.authentication == "anon",
        "remove the suites whose name has anon; anybody on the way can stand in for the server.",
        ("RFC 9325 section 5.1", "RFC 5246 appendix F.1.1.1"),
    ),
    *suite_rules(
        "CIP-03", "Export-grade suite", "critical", lambda _, suite: suite.export,
        "remove the suites whose name has EXPORT.", ("RFC 9325 section 4.1", "CVE-2015-0204", "CVE-2015-4000"),
    ),
    *suite_rules(
        "CIP-04", "DES, RC2 or IDEA", "high", lambda _, suite: suite.cipher in OUTDATED and not suite.export,
        "remove the suites with DES, RC2 and IDEA.", ("RFC 5469", "RFC 6176", "RFC 9325 section 4.1"),
    ),
    *suite_rules(
        "CIP-05", "RC4", "high", lambda _, suite: suite.cipher.startswith("RC4") and not suite.export,
        "remove the suites with RC4.", ("RFC 7465",),
    ),
    *suite_rules(
        "CIP-06", "3DES", "medium", lambda _, suite: suite.cipher == "3DES_EDE",
        "remove the suites with 3DES; use AES-GCM or ChaCha20-Poly1305.", ("CVE-2016-2183",),
    ),
    Rule(
        "CIP-06-VOLUME", "More than 32 GiB of one side with a block of 64 bits", "high", find_volume,
        ("cipher_suite_name", "client_application_bytes", "server_application_bytes"),
        "Remove suites with blocks of 64 bits; until then limit how much one connection carries.",
        ("CVE-2016-2183",),
    ),
    Rule(
        "CIP-07", "CBC without encrypt_then_mac", "low", find_mac_then_encrypt,
        ("version_name", "cipher_suite_name"),
        "Prefer AES-GCM or ChaCha20-Poly1305; CBC only with encrypt_then_mac.",
        ("RFC 7366", "CVE-2013-0169"),
    ),
    Rule(
        "CIP-08", "CBC in TLS 1.0 or SSL 3.0 without split records (BEAST)", "medium", find_unsplit,
        ("version_name", "cipher_suite_name", "client_first_record_length"),
        "Move to TLS 1.2 or newer; until then update the client, so that it splits records.",
        ("CVE-2011-3389", "RFC 7457 section 2.3"), packet="client_first_record_packet", confidence="likely",
    ),
    *suite_rules(
        "CIP-09", "Static RSA key exchange", "medium",
        lambda _, suite: suite.key_exchange in ("RSA", "RSA_PSK") and not suite.export,
        "use ECDHE: without forward secrecy whoever gets the key later reads what was recorded.",
        ("RFC 9325 section 4.1", "RFC 10015", "CVE-2017-13099"),
    ),
    *suite_rules(
        "CIP-10", "Static Diffie-Hellman key exchange", "medium",
        lambda _, suite: suite.key_exchange in ("DH", "ECDH"),
        "use ECDHE.", ("RFC 9325 section 4.1", "RFC 10015"),
    ),
    *suite_rules(
        "CIP-11", "Finite-field DHE", "low",
        lambda _, suite: suite.key_exchange in ("DHE", "DHE_PSK") and suite.authentication != "anon",
        "prefer ECDHE.", ("RFC 9325 section 4.1", "RFC 10015"),
    ),
    *suite_rules(
        "CIP-12", "Suite that IANA marks as discouraged", "medium", lambda code, _: MARKS.get(code) == "D",
        "use suites whose Recommended column says Y.", ("RFC 9847",),
    ),
    *suite_rules(
        "CIP-13", "Suite with HMAC-MD5", "medium", lambda _, suite: suite.mac == "MD5",
        "use AEAD suites.", ("RFC 6151",),
    ),
    Rule(
        "CIP-13-SHA1", "Suite with HMAC-SHA-1 negotiated", "info",
        lambda facts: facts.chosen_suite(lambda _, suite: suite.mac == "SHA"), ("version_name", "cipher_suite_name"),
        "On the server: prefer AEAD suites. HMAC-SHA-1 itself is not broken.", ("NIST SP 800-131A",),
    ),
    Rule(
        "CIP-14", "Server chose a weaker suite than it could", "low", find_better_mutual,
        ("version_name", "cipher_suite_name"),
        "Let the server's order count, AEAD with ECDHE first: it knows such a suite, and the client offered it.",
        ("RFC 9325 section 4.2.1",), confidence="likely",
    ),
    *suite_rules(
        "CIP-16", "Suite with a tag of 64 bits (CCM_8)", "low", lambda _, suite: suite.cipher_mode == "CCM_8",
        "use GCM or CCM with the whole tag, unless the devices are constrained.", ("RFC 6655", "RFC 8446 appendix B.4"),
    ),
    *suite_rules(
        "CIP-18", "Pre-shared key, Kerberos, GOST or TLCP without forward secrecy", "medium",
        lambda _, suite: suite.forward_secrecy is False and suite.key_exchange not in FOUND_BEFORE and not suite.export,
        "use ECDHE, with a pre-shared key ECDHE_PSK: whoever gets the one key later reads what was recorded.",
        ("RFC 9325 section 4.1",),
    ),
)  # fmt: skip
