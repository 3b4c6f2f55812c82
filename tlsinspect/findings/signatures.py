"""Rules about signatures in the handshake."""

from __future__ import annotations

from ..registry import SIGNATURE_SCHEMES
from ..registry.suites import signature_facts
from .rule import Rule

WEAK_HASHES = [code for code in SIGNATURE_SCHEMES if signature_facts(code).hash in ("MD5", "SHA1")]

RULES = (
    Rule(
        "SIG-01", "Server signed its key exchange with MD5 or SHA-1", "high",
        lambda facts: facts.among("server_signature_algorithm", *WEAK_HASHES),
        ("server_signature_algorithm_name",), "Make the server sign with SHA-256 or better.",
        ("RFC 9155",), packet="server_key_exchange_packet",
    ),
    Rule(
        "SIG-02", "Client accepts only signatures with MD5 or SHA-1", "low",
        lambda facts: facts.has_only("signature_algorithms", WEAK_HASHES),
        ("ja4",), "Update the client.", ("RFC 9155",), "client", "client_hello_packet",
    ),
)  # fmt: skip
