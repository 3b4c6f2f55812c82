"""The parts of suites, groups and signature schemes, against tables and against OpenSSL."""

from __future__ import annotations

import re
import ssl

import pytest

from tlsinspect.registry import CIPHER_SUITES, GROUPS, SIGNATURE_SCHEMES
from tlsinspect.registry.suites import (
    AEAD_MODES,
    NO_GROUP_FACTS,
    NO_SIGNATURE_FACTS,
    NO_SUITE_FACTS,
    GroupFacts,
    SignatureFacts,
    SuiteFacts,
    group_facts,
    parse_suite_name,
    signature_facts,
    suite_facts,
)

SIGNALLING = {0x00FF, 0x5600}


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        (0x0000, SuiteFacts("NULL", "NULL", "NULL", "NULL", "NULL", 0, False, False)),
        (0x0002, SuiteFacts("RSA", "RSA", "NULL", "NULL", "SHA", 0, False, False)),
        (0x0003, SuiteFacts("RSA", "RSA", "RC4_40", "STREAM", "MD5", 40, False, True)),
        (0x0005, SuiteFacts("RSA", "RSA", "RC4_128", "STREAM", "SHA", 128, False, False)),
        (0x0006, SuiteFacts("RSA", "RSA", "RC2_40", "CBC", "MD5", 40, False, True)),
        (0x0007, SuiteFacts("RSA", "RSA", "IDEA", "CBC", "SHA", 128, False, False)),
        (0x0009, SuiteFacts("RSA", "RSA", "DES", "CBC", "SHA", 56, False, False)),
        (0x000A, SuiteFacts("RSA", "RSA", "3DES_EDE", "CBC", "SHA", 168, False, False)),
        (0x0014, SuiteFacts("DHE", "RSA", "DES_40", "CBC", "SHA", 40, True, True)),
        (0x0019, SuiteFacts("DHE", "anon", "DES_40", "CBC", "SHA", 40, True, True)),
        (0x0029, SuiteFacts("KRB5", "KRB5", "DES_40", "CBC", "MD5", 40, False, True)),
        (0x0031, SuiteFacts("DH", "RSA", "AES_128", "CBC", "SHA", 128, False, False)),
        (0x0062, SuiteFacts("RSA", "RSA", "DES", "CBC", "SHA", 56, False, True)),
        (0x006F, SuiteFacts("", "", "ASCONAEAD128", "ASCON", "AEAD", 128, None, False)),
        (0x0081, SuiteFacts("GOST", "GOST", "GOST_28147", "CNT", "IMIT", 256, False, False)),
        (0x0095, SuiteFacts("RSA_PSK", "PSK", "AES_256", "CBC", "SHA", 256, False, False)),
        (0x009F, SuiteFacts("DHE", "RSA", "AES_256", "GCM", "AEAD", 256, True, False)),
        (0x00C7, SuiteFacts("", "", "SM4", "CCM", "AEAD", 128, None, False)),
        (0x1301, SuiteFacts("", "", "AES_128", "GCM", "AEAD", 128, None, False)),
        (0x1303, SuiteFacts("", "", "CHACHA20_POLY1305", "POLY1305", "AEAD", 256, None, False)),
        (0x1305, SuiteFacts("", "", "AES_128", "CCM_8", "AEAD", 128, None, False)),
        (0x1306, SuiteFacts("", "", "AEGIS_256", "AEGIS", "AEAD", 256, None, False)),
        (0xC002, SuiteFacts("ECDH", "ECDSA", "RC4_128", "STREAM", "SHA", 128, False, False)),
        (0xC015, SuiteFacts("ECDHE", "anon", "NULL", "NULL", "SHA", 0, True, False)),
        (0xC01B, SuiteFacts("SRP", "RSA", "3DES_EDE", "CBC", "SHA", 168, True, False)),
        (0xC024, SuiteFacts("ECDHE", "ECDSA", "AES_256", "CBC", "SHA384", 256, True, False)),
        (0xC02F, SuiteFacts("ECDHE", "RSA", "AES_128", "GCM", "AEAD", 128, True, False)),
        (0xC037, SuiteFacts("ECDHE_PSK", "PSK", "AES_128", "CBC", "SHA256", 128, True, False)),
        (0xC051, SuiteFacts("RSA", "RSA", "ARIA_256", "GCM", "AEAD", 256, False, False)),
        (0xC0AB, SuiteFacts("DHE_PSK", "PSK", "AES_256", "CCM_8", "AEAD", 256, True, False)),
        (0xC0B0, SuiteFacts("ECCPWD", "ECCPWD", "AES_128", "GCM", "AEAD", 128, True, False)),
        (0xC0B4, SuiteFacts("", "", "NULL", "NULL", "SHA256", 0, None, False)),
        (0xC100, SuiteFacts("GOST", "GOST", "KUZNYECHIK", "CTR", "OMAC", 256, False, False)),
        (0xC103, SuiteFacts("", "", "KUZNYECHIK", "MGM", "AEAD", 256, None, False)),
        (0xCC14, SuiteFacts("ECDHE", "ECDSA", "CHACHA20_POLY1305", "POLY1305", "AEAD", 256, True, False)),
        (0xE011, SuiteFacts("ECDHE", "SM2", "SM4", "CBC", "SM3", 128, True, False)),
        (0xE41E, SuiteFacts("DHE", "RSA", "ESTREAM_SALSA20", "STREAM", "SHA", 256, True, False)),
        (0xFEFF, SuiteFacts("RSA", "RSA", "3DES_EDE", "CBC", "SHA", 168, False, False)),
        (0x020080, SuiteFacts("RSA", "RSA", "RC4_40", "STREAM", "MD5", 40, False, True)),
        (0x060040, SuiteFacts("RSA", "RSA", "DES", "CBC", "MD5", 56, False, False)),
        (0x0700C0, SuiteFacts("RSA", "RSA", "3DES_EDE", "CBC", "MD5", 168, False, False)),
    ],
)
def test_suite_facts_take_a_name_apart(code: int, facts: SuiteFacts) -> None:
    assert suite_facts(code) == facts


@pytest.mark.parametrize("code", [*SIGNALLING, 0x0A0A, 0x1A2B, 0x7F0000])
def test_suite_facts_of_unknown_grease_and_signalling_codes_are_empty(code: int) -> None:
    assert suite_facts(code) is NO_SUITE_FACTS


@pytest.mark.parametrize("code", sorted(set(CIPHER_SUITES) - SIGNALLING), ids=lambda code: CIPHER_SUITES[code])
def test_no_suite_falls_through_and_its_facts_agree_with_its_name(code: int) -> None:
    name, facts = CIPHER_SUITES[code], suite_facts(code)
    assert facts.cipher and facts.cipher_mode and facts.mac and facts.key_bits is not None
    assert (facts.mac == "AEAD") == (facts.cipher_mode in AEAD_MODES)
    assert (facts.key_bits == 0) == (facts.cipher == "NULL")
    assert facts.export == ("EXPORT" in name)
    assert not facts.export or facts.key_bits in (40, 56)
    assert facts.export or facts.key_bits != 40
    assert (facts.authentication == "anon") == ("_anon_" in name)
    if sizes := re.search(r"(?:AES|ARIA|CAMELLIA)_(\d+)", name):
        assert facts.key_bits == int(sizes[1])
    if facts.key_exchange in ("DHE", "ECDHE", "DHE_PSK", "ECDHE_PSK"):
        assert facts.forward_secrecy is True
    if facts.key_exchange in ("RSA", "DH", "ECDH", "PSK", "RSA_PSK"):
        assert facts.forward_secrecy is False
    if facts.key_exchange == "":
        assert facts.authentication == "" and facts.forward_secrecy is None


def test_parse_suite_name_rejects_a_name_that_its_tables_do_not_cover() -> None:
    with pytest.raises(KeyError):
        parse_suite_name("TLS_RSA_WITH_ROT13_SHA")
    with pytest.raises(KeyError):
        parse_suite_name("TLS_PIGEON_WITH_AES_128_CBC_SHA")


OPENSSL_EXCHANGES = {
    "kx-rsa": {"RSA"},
    "kx-dhe": {"DHE"},
    "kx-ecdhe": {"ECDHE"},
    "kx-psk": {"PSK"},
    "kx-dhe-psk": {"DHE_PSK"},
    "kx-ecdhe-psk": {"ECDHE_PSK"},
    "kx-rsa-psk": {"RSA_PSK"},
    "kx-srp": {"SRP"},
    "kx-any": {""},
}
OPENSSL_AUTHENTICATIONS = {
    "auth-rsa": {"RSA", "PSK"},  # OpenSSL counts the certificate of RSA_PSK
    "auth-dss": {"DSS"},
    "auth-ecdsa": {"ECDSA"},
    "auth-psk": {"PSK"},
    "auth-null": {"anon"},
    "auth-srp": {"SRP"},
    "auth-any": {""},
}


def test_suite_facts_agree_with_the_openssl_of_this_python() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    suites = context.get_ciphers()
    assert len(suites) > 30
    for suite in suites:
        facts = suite_facts(suite["id"] & 0xFFFF)
        assert facts.key_bits == suite["alg_bits"], suite["name"]
        assert (facts.mac == "AEAD") == suite["aead"], suite["name"]
        assert facts.key_exchange in OPENSSL_EXCHANGES[suite["kea"]], suite["name"]
        assert facts.authentication in OPENSSL_AUTHENTICATIONS[suite["auth"]], suite["name"]


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        (0x0001, GroupFacts("ECDHE", 163, False, None)),
        (0x0017, GroupFacts("ECDHE", 256, False, None)),
        (0x0019, GroupFacts("ECDHE", 521, False, None)),
        (0x001A, GroupFacts("ECDHE", 256, False, None)),
        (0x001D, GroupFacts("ECDHE", 253, False, None)),
        (0x001E, GroupFacts("ECDHE", 448, False, None)),
        (0x0026, GroupFacts("ECDHE", 512, False, None)),
        (0x0029, GroupFacts("ECDHE", 256, False, None)),
        (0x0100, GroupFacts("DHE", 2048, False, None)),
        (0x0104, GroupFacts("DHE", 8192, False, None)),
        (0x0202, GroupFacts("KEM", 1024, True, 1024)),
        (0x11EA, GroupFacts("hybrid", 253, True, 512)),
        (0x11EB, GroupFacts("hybrid", 256, True, 768)),
        (0x11EC, GroupFacts("hybrid", 253, True, 768)),
        (0x11ED, GroupFacts("hybrid", 384, True, 1024)),
        (0x6399, GroupFacts("hybrid", 253, True, 768)),
        (0x4138, GroupFacts("hybrid", 253, True, None)),
        (0xFF01, GroupFacts("ECDHE", None, False, None)),
        (0x0A0A, NO_GROUP_FACTS),
        (0x1234, NO_GROUP_FACTS),
    ],
)
def test_group_facts_tell_kind_and_size(code: int, facts: GroupFacts) -> None:
    assert group_facts(code) == facts


def test_every_group_has_a_kind_and_all_but_explicit_curves_a_size() -> None:
    assert {group_facts(code).key_exchange for code in GROUPS} == {"ECDHE", "DHE", "hybrid", "KEM"}
    assert {GROUPS[code] for code in GROUPS if group_facts(code).bits is None} == {
        "arbitrary_explicit_prime_curves",
        "arbitrary_explicit_char2_curves",
    }


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        (0x0101, SignatureFacts("RSA", "MD5")),
        (0x0202, SignatureFacts("DSA", "SHA1")),
        (0x0401, SignatureFacts("RSA", "SHA256")),
        (0x0403, SignatureFacts("ECDSA", "SHA256")),
        (0x0420, SignatureFacts("RSA", "SHA256")),
        (0x0603, SignatureFacts("ECDSA", "SHA512")),
        (0x0708, SignatureFacts("SM2", "SM3")),
        (0x0709, SignatureFacts("GOST", "GOSTR34112012_256")),
        (0x0705, SignatureFacts("IBS", "")),
        (0x0804, SignatureFacts("RSA_PSS", "SHA256")),
        (0x0807, SignatureFacts("ED25519", "INTRINSIC")),
        (0x081B, SignatureFacts("ECDSA", "SHA384")),
        (0x0905, SignatureFacts("ML_DSA", "INTRINSIC")),
        (0x0911, SignatureFacts("SLH_DSA", "INTRINSIC")),
        (0x0A0A, NO_SIGNATURE_FACTS),
        (0xFFFF, NO_SIGNATURE_FACTS),
    ],
)
def test_signature_facts_tell_algorithm_and_hash(code: int, facts: SignatureFacts) -> None:
    assert signature_facts(code) == facts


def test_no_signature_scheme_falls_through() -> None:
    assert not [name for code, name in SIGNATURE_SCHEMES.items() if signature_facts(code) == NO_SIGNATURE_FACTS]
