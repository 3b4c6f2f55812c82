"""Names of code points: registered, GREASE, unknown."""

from __future__ import annotations

import pytest

from tlsinspect import registry


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        (0x1301, "TLS_AES_128_GCM_SHA256"),
        (0x00FF, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"),
        (0xC0AA, "TLS_PSK_DHE_WITH_AES_128_CCM_8"),
        (0x006E, "TLS_ASCONAEAD128_ASCONHASH256"),
        (0xCC13, "OLD_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        (0xFEFE, "SSL_RSA_FIPS_WITH_DES_CBC_SHA"),
        (0x010080, "SSL_CK_RC4_128_WITH_MD5"),
        (0x0A0A, "GREASE (0x0A0A)"),
        (0xFAFA, "GREASE (0xFAFA)"),
        (0x1A2B, "0x1A2B"),
        (0x000A0B0C, "0x0A0B0C"),
    ],
)
def test_cipher_suite_name_is_ianas_or_says_the_number(code: int, name: str) -> None:
    assert registry.cipher_suite_name(code) == name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0x0002, "SSL 2.0"),
        (0x0300, "SSL 3.0"),
        (0x0301, "TLS 1.0"),
        (0x0302, "TLS 1.1"),
        (0x0303, "TLS 1.2"),
        (0x0304, "TLS 1.3"),
        (0x7F0E, "TLS 1.3 (draft 14)"),
        (0x7F17, "TLS 1.3 (draft 23)"),
        (0x7F1C, "TLS 1.3 (draft 28)"),
        (0x7F1D, "DTLS 1.3 (draft 29)"),
        (0x7F2B, "DTLS 1.3 (draft 43)"),
        (0x7F2C, "0x7F2C"),
        (0x7E01, "TLS 1.3 (Google experiment 1)"),
        (0x7E04, "TLS 1.3 (Google experiment 4)"),
        (0x7E00, "0x7E00"),
        (0xFB14, "TLS 1.3 (Facebook draft 20)"),
        (0xFB1D, "0xFB1D"),
        (0xFB17, "TLS 1.3 (Facebook draft 23)"),
        (0xFB1A, "TLS 1.3 (Facebook draft 26)"),
        (0x0100, "DTLS 1.0 (OpenSSL pre 0.9.8f)"),
        (0xFEFF, "DTLS 1.0"),
        (0xFEFD, "DTLS 1.2"),
        (0xFEFC, "DTLS 1.3"),
        (0x5A5A, "GREASE (0x5A5A)"),
    ],
)
def test_version_name_tells_drafts_from_standards(code: int, name: str) -> None:
    assert registry.version_name(code) == name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0x0017, "secp256r1"),
        (0x001D, "x25519"),
        (0x11EB, "SecP256r1MLKEM768"),
        (0x11EC, "X25519MLKEM768"),
        (0x11ED, "SecP384r1MLKEM1024"),
        (0x0200, "MLKEM512"),
        (0x0202, "MLKEM1024"),
        (0x6399, "X25519Kyber768Draft00"),
        (0x0100, "ffdhe2048"),
        (0x8A8A, "GREASE (0x8A8A)"),
        (0x4588, "0x4588"),
    ],
)
def test_group_name_is_ianas_or_says_the_number(code: int, name: str) -> None:
    assert registry.group_name(code) == name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0x0000, "server_name"),
        (0x0017, "extended_main_secret"),
        (0x0028, "key_share_old"),
        (0x0033, "key_share"),
        (0x0035, "connection_id (deprecated)"),
        (0x3374, "next_protocol_negotiation"),
        (0x4469, "application_settings_old"),
        (0x44CD, "application_settings"),
        (0x7550, "channel_id"),
        (0xFE0D, "encrypted_client_hello"),
        (0xFF01, "renegotiation_info"),
        (0xFFCE, "encrypted_server_name"),
        (0xBABA, "GREASE (0xBABA)"),
    ],
)
def test_extension_name_knows_registered_and_deployed_ones(code: int, name: str) -> None:
    assert registry.extension_name(code) == name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0x0804, "rsa_pss_rsae_sha256"),
        (0x0403, "ecdsa_secp256r1_sha256"),
        (0x0904, "mldsa44"),
        (0x0906, "mldsa87"),
        (0x091C, "slhdsa_shake_256f"),
        (0x0202, "dsa_sha1"),
        (0x0301, "rsa_sha224"),
        (0x0101, "rsa_md5"),
        (0xFFFF, "0xFFFF"),
    ],
)
def test_signature_scheme_name_covers_the_pairs_of_tls12(code: int, name: str) -> None:
    assert registry.signature_scheme_name(code) == name


def test_one_octet_names_drop_the_suffix_of_what_tls13_reserved() -> None:
    assert registry.handshake_type_name(12) == "server_key_exchange"
    assert registry.alert_name(100) == "no_renegotiation"
    assert registry.alert_name(117) == "general_error"
    assert registry.content_type_name(26) == "ACK"


def test_unknown_one_octet_code_shows_two_hex_digits() -> None:
    assert registry.alert_name(200) == "0xC8"
    assert registry.handshake_type_name(0x5A) == "0x5A"
    assert registry.content_type_name(0) == "0x00"
    assert registry.compression_method_name(2) == "0x02"


def test_grease_is_exactly_the_sixteen_values_of_rfc8701() -> None:
    expected = {0x0A0A + step * 0x1010 for step in range(16)}
    assert {code for code in range(0x10000) if registry.is_grease(code)} == expected


def test_no_registered_code_point_is_grease() -> None:
    for table in (registry.CIPHER_SUITES, registry.GROUPS, registry.EXTENSIONS, registry.SIGNATURE_SCHEMES):
        assert not [hex(code) for code in table if registry.is_grease(code)]


def test_alpn_text_is_harmless_and_unambiguous() -> None:
    assert registry.alpn_text(b"http/1.1") == "http/1.1"
    assert registry.alpn_text(b"\x1b[31m") == "\\x1b[31m"
    assert registry.alpn_text(b"\\x1b") == "\\x5cx1b"
    assert registry.alpn_text("ü".encode()) == "\\xc3\\xbc"
    assert registry.alpn_text(b"\xaa\xaa") == "GREASE (0xAAAA)"
    assert registry.alpn_text(b"") == ""
    assert registry.ALPN_PROTOCOLS[b"h2"] == "HTTP/2 over TLS"


@pytest.mark.parametrize(
    ("kind", "code", "mark"),
    [
        ("cipher_suite", 0x1301, "Y"),
        ("cipher_suite", 0xC013, "N"),
        ("cipher_suite", 0x002F, "D"),  # RFC 10015: RSA key exchange
        ("cipher_suite", 0x009E, "D"),  # RFC 10015: was Y until 2026
        ("cipher_suite", 0xC007, "D"),  # RFC 9847: RC4
        ("cipher_suite", 0x0A0A, ""),
        ("cipher_suite", 0x1A2B, ""),
        ("group", 0x11EC, "Y"),
        ("group", 0x11EB, "N"),
        ("group", 0x6399, "D"),
        ("group", 0x0013, "D"),
        ("extension", 4, "D"),
        ("extension", 9, "N"),  # RFC 6091 is informational
        ("extension", 40, "D"),
        ("signature_scheme", 0x0201, "N"),
        ("hash_algorithm", 2, "D"),
        ("psk_key_exchange_mode", 0, "Y"),
    ],
)
def test_recommended_follows_rfc9847_and_its_successors(kind: str, code: int, mark: str) -> None:
    assert registry.RECOMMENDED[kind].get(code, "") == mark


def test_hpke_names_say_what_encrypted_client_hello_is_sealed_with() -> None:
    assert [registry.hpke_kdf_name(code) for code in (1, 3, 0x1234)] == ["HKDF-SHA256", "HKDF-SHA512", "0x1234"]
    assert [registry.hpke_aead_name(code) for code in (1, 3, 0)] == ["AES-128-GCM", "ChaCha20Poly1305", "0x0000"]
