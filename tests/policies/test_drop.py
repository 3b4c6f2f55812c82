"""Terms that somebody would switch off, however they are spelled."""

from __future__ import annotations

import pytest

from tlsinspect.errors import PolicyError
from tlsinspect.policies.drop import parse_drop


@pytest.mark.parametrize(
    ("term", "about", "names"),
    [
        ("TLS 1.0", "version", {"SSL 2.0", "SSL 3.0", "TLS 1.0"}),
        ("tlsv1.1", "version", {"SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1"}),
        ("SSLv3", "version", {"SSL 2.0", "SSL 3.0"}),
        ("DTLS 1.0", "version", {"DTLS 1.0 (OpenSSL pre 0.9.8f)", "DTLS 1.0"}),
        ("TLS 1.3", "version", {"TLS 1.3"}),
        ("cbc", "cipher_mode", {"CBC"}),
        ("RSA key exchange", "key_exchange", {"RSA"}),
        ("static RSA kex", "key_exchange", {"RSA"}),
        ("DHE", "key_exchange", {"DHE"}),
        ("anon", "authentication", {"anon"}),
        ("SHA-1", "mac", {"SHA"}),
        ("3DES", "cipher", {"3DES_EDE"}),
        ("RC4", "cipher", {"RC4_128", "RC4_64", "RC4_56", "RC4_40"}),
        ("P-256", "group", {"secp256r1"}),
        ("x25519", "group", {"x25519"}),
        ("TLS_AES_128_GCM_SHA256", "cipher_suite", {"TLS_AES_128_GCM_SHA256"}),
    ],
)
def test_a_term_names_what_is_meant(term: str, about: str, names: set[str]) -> None:
    (asked,) = parse_drop(f" {term} ,").requirements
    assert (asked.about, asked.forbid) == (about, names)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("RSA", "say 'RSA key exchange'"), ("foo", "'foo' means nothing here"), (" , ", "names nothing")],
)
def test_a_term_that_means_nothing_or_two_things_is_refused_with_what_would_do(text: str, reason: str) -> None:
    with pytest.raises(PolicyError, match=reason):
        parse_drop(text)
