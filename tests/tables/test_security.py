"""What suite, version, group and pre-shared key mean together."""

from __future__ import annotations

import pytest

from tlsinspect.tables.security import session_security


@pytest.mark.parametrize(
    ("suite", "tls13", "group", "psk", "expected"),
    [
        (0x0005, False, None, False, ("RSA", "RSA", "RC4_128", "STREAM", "SHA", 128, False, False)),
        (0x002F, False, None, False, ("RSA", "RSA", "AES_128", "CBC", "SHA", 128, False, False)),
        (0xC02B, False, 23, False, ("ECDHE", "ECDSA", "AES_128", "GCM", "AEAD", 128, True, False)),
        (0x009E, False, None, False, ("DHE", "RSA", "AES_128", "GCM", "AEAD", 128, True, False)),
        (0x1301, True, 29, False, ("ECDHE", None, "AES_128", "GCM", "AEAD", 128, True, False)),
        (0x1302, True, 0x11EC, False, ("hybrid", None, "AES_256", "GCM", "AEAD", 256, True, True)),
        (0x1302, True, 256, False, ("DHE", None, "AES_256", "GCM", "AEAD", 256, True, False)),
        (0x1303, True, 29, True, ("ECDHE", "PSK", "CHACHA20_POLY1305", "POLY1305", "AEAD", 256, True, False)),
        (0x1301, True, None, True, ("PSK", "PSK", "AES_128", "GCM", "AEAD", 128, False, False)),
        (0x1301, True, 0xFE00, False, (None, None, "AES_128", "GCM", "AEAD", 128, True, None)),
        (0x1301, True, None, False, (None, None, "AES_128", "GCM", "AEAD", 128, None, None)),
    ],
)
def test_security_follows_from_the_parts(
    suite: int, tls13: bool, group: int | None, psk: bool, expected: tuple[object, ...]
) -> None:
    assert session_security(suite, tls13, group, psk) == expected


@pytest.mark.parametrize(("suite", "expected"), [(0xC02B, "EdDSA"), (0xC009, "EdDSA"), (0xC02F, "RSA"), (0x1301, None)])
def test_a_suite_with_ecdsa_is_used_with_eddsa_where_the_key_exchange_is_signed_so(
    suite: int, expected: str | None
) -> None:
    security = session_security(suite, suite == 0x1301, 29, False, True)
    assert security is not None
    assert security.authentication == expected


def test_unknown_suite_says_nothing_it_does_not_know() -> None:
    security = session_security(0x1A2B, False, None, False)
    assert security is not None
    assert (security.key_exchange, security.cipher, security.key_bits, security.forward_secrecy) == (
        None,
        None,
        None,
        None,
    )


def test_hello_without_a_suite_has_no_security() -> None:
    assert session_security(-1, False, None, False) is None
