"""Rules about the key exchange's groups and sizes, and about the server's signature."""

from __future__ import annotations

from collections.abc import Sequence

from ..registry import GROUPS, group_name
from ..registry.suites import group_facts
from ..statistics.rows import Mask
from .facts import Facts
from .rule import Offered, Rule

TLS13, DTLS13 = 0x0304, 0xFEFC
EXPLICIT_CURVES = (0xFF01, 0xFF02)  # arbitrary_explicit_prime_curves and _char2_curves
SMALL_CURVES = [
    code for code in GROUPS if group_facts(code).key_exchange == "ECDHE" and 0 < (group_facts(code).bits or 0) < 224
]
BINARY_CURVES = [code for code, name in GROUPS.items() if name.startswith("sect") and code not in SMALL_CURVES]
POST_QUANTUM = [code for code in GROUPS if group_facts(code).post_quantum]
BEFORE_ML_KEM = [code for code in POST_QUANTUM if "mlkem" not in GROUPS[code].lower()]  # drafts of Kyber, and CECPQ2


def find_unshared(facts: Facts) -> Mask:
    """Post-quantum groups that are announced without a key share.

    A second ClientHello has but the share that was asked for; of one that may be it, early data is not known.
    """
    shares = (facts.length("key_share_groups") > 0) & ~facts.has("key_share_groups", POST_QUANTUM)
    shares &= facts.known("early_data_offered")
    return facts.has("supported_groups", POST_QUANTUM) & shares


def offered(codes: Sequence[int]) -> Offered:
    """Some groups, where they are in supported_groups."""
    return Offered("supported_groups", lambda code: code in codes, group_name)


RULES = (
    Rule(
        "KEX-01", "Diffie-Hellman prime of 1024 bits or less", "high",
        lambda facts: (facts.number("dh_prime_bits") > 0) & (facts.number("dh_prime_bits") <= 1024),
        ("cipher_suite_name", "dh_prime_bits"), "Use ECDHE, or a prime of at least 2048 bits.",
        ("CVE-2015-4000", "RFC 9325 section 4.5"), packet="server_key_exchange_packet",
    ),
    Rule(
        "KEX-01-SHORT", "Diffie-Hellman prime of less than 2048 bits", "medium",
        lambda facts: (facts.number("dh_prime_bits") > 1024) & (facts.number("dh_prime_bits") < 2048),
        ("cipher_suite_name", "dh_prime_bits"), "Use ECDHE, or a prime of at least 2048 bits.",
        ("RFC 9325 section 4.5",), packet="server_key_exchange_packet",
    ),
    Rule(
        "KEX-04", "Curve of less than 224 bits", "high", lambda facts: facts.among("group", *SMALL_CURVES),
        ("group_name",), "Use X25519 or P-256.",
        ("RFC 8422", "RFC 9325 section 4.5"), packet="server_key_exchange_packet",
    ),
    Rule(
        "KEX-04-OFFER", "Curve of less than 224 bits offered", "medium",
        lambda facts: facts.has("supported_groups", SMALL_CURVES) & ~facts.among("group", *SMALL_CURVES),
        (offered(SMALL_CURVES), "ja4"), "Take the small curves out of the client's list.",
        ("RFC 8422",), "client", "client_hello_packet",
    ),
    Rule(
        "KEX-04-EXPLICIT", "Curve spelled out instead of named", "high",
        lambda facts: facts.among("group", *EXPLICIT_CURVES), ("group_name", "cipher_suite_name"),
        "Use X25519 or P-256: a client cannot tell whether the parameters are those of a safe curve.",
        ("RFC 8422 section 5.4",), packet="server_key_exchange_packet",
    ),
    Rule(
        "KEX-04-EXPLICIT-OFFER", "Curves spelled out instead of named offered", "medium",
        lambda facts: facts.has("supported_groups", EXPLICIT_CURVES) & ~facts.among("group", *EXPLICIT_CURVES),
        (offered(EXPLICIT_CURVES), "ja4"), "Take them out of the client's list: a server could choose weak parameters.",
        ("RFC 8422 section 5.1.1",), "client", "client_hello_packet",
    ),
    Rule(
        "KEX-04-BINARY", "Curve over a binary field", "low", lambda facts: facts.among("group", *BINARY_CURVES),
        ("group_name", "cipher_suite_name"), "Use X25519 or P-256: these curves are deprecated.",
        ("RFC 8422 section 5.1.1",), packet="server_key_exchange_packet",
    ),
    Rule(
        "KEX-06", "TLS 1.3 without post-quantum key exchange", "info",
        lambda facts: facts.among("version", TLS13, DTLS13) & facts.says("post_quantum", False)
        & ~facts.among("key_exchange", "PSK"),
        ("group_name",), "Plan for X25519MLKEM768: what is recorded today a quantum computer may read later.",
        ("NIST IR 8547 (draft)",),
    ),
    Rule(
        "KEX-07", "Post-quantum group of the time before ML-KEM negotiated", "low",
        lambda facts: facts.among("group", *BEFORE_ML_KEM), ("group_name",),
        "Move to X25519MLKEM768: drafts with Kyber, and experiments, are obsolete.",
        ("draft-tls-westerbaan-xyber768d00",),
    ),
    Rule(
        "KEX-07-OFFER", "Post-quantum group of the time before ML-KEM offered", "info",
        lambda facts: facts.has("supported_groups", BEFORE_ML_KEM) & ~facts.among("group", *BEFORE_ML_KEM),
        (offered(BEFORE_ML_KEM), "ja4"), "Update the client.",
        ("draft-tls-westerbaan-xyber768d00",), "client", "client_hello_packet",
    ),
    Rule(
        "KEX-08", "HelloRetryRequest costs a round trip", "info", lambda facts: facts.says("hello_retry_request"),
        ("group_name",), "Let clients send a key share for the group that the server prefers.",
        ("RFC 8446 section 4.1.4",), packet="hello_retry_request_packet",
    ),
    Rule(
        "KEX-09", "TLS 1.3 with a pre-shared key alone", "medium",
        lambda facts: facts.among("version", TLS13, DTLS13) & facts.among("key_exchange", "PSK"),
        ("key_exchange", "cipher_suite_name"), "Use psk_dhe_ke: psk_ke has no forward secrecy.",
        ("RFC 8446 section 2.2",),
    ),
    Rule(
        "KEX-10", "Post-quantum group announced without a key share", "info", find_unshared,
        (offered(POST_QUANTUM), "ja4"),
        "Nothing is wrong; a server that wants the group has to ask for another ClientHello.",
        ("RFC 8446 section 4.2.8",), "client", "client_hello_packet",
    ),
)  # fmt: skip
