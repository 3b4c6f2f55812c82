"""Kinds and sizes of public keys, by the cryptography package, by OpenSSL and by hand."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from certificates.both_readers import parse_by_both
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tlsinspect.certificates.der import parse_element
from tlsinspect.certificates.draft import Draft
from tlsinspect.certificates.public_key import parse_public_key

Encode = Callable[..., bytes]
RSA = "06092a864886f70d010101"
EC = "06072a8648ce3d0201"
PRIME_FIELD = bytes.fromhex("06072a8648ce3d0101")


def key_facts(info: bytes) -> dict[str, Any]:
    """Return what a SubjectPublicKeyInfo says about its key."""
    draft = Draft()
    parse_public_key(parse_element(info, 0, len(info)), draft)
    assert draft.facts.pop("spki_sha256") == sha256(info).hexdigest()
    return draft.facts


def integer(encode: Encode, number: int) -> bytes:
    """Return the DER of an INTEGER."""
    return encode(2, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def key_info(encode: Encode, algorithm: str, key: bytes, parameters: bytes = b"") -> bytes:
    """Return a SubjectPublicKeyInfo whose BIT STRING wraps `key`."""
    return encode(0x30, encode(0x30, bytes.fromhex(algorithm), parameters), encode(3, b"\0", key))


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("RSA", {"key_type": "RSA", "key_bits": 2048, "exponent": "65537"}),
        ("RSA exponent 3", {"key_type": "RSA", "key_bits": 1024, "exponent": "3"}),
        ("DSA", {"key_type": "DSA", "key_bits": 1024}),
        ("secp256r1", {"key_type": "EC", "key_bits": 256, "curve": "secp256r1"}),
        ("secp384r1", {"key_type": "EC", "key_bits": 384, "curve": "secp384r1"}),
        ("secp521r1", {"key_type": "EC", "key_bits": 521, "curve": "secp521r1"}),
        ("brainpoolP256r1", {"key_type": "EC", "key_bits": 256, "curve": "brainpoolP256r1"}),
        ("Ed25519", {"key_type": "Ed25519", "key_bits": 256}),
        ("Ed448", {"key_type": "Ed448", "key_bits": 456}),
    ],
)
def test_keys_of_every_kind(
    private_keys: dict[str, CertificateIssuerPrivateKeyTypes], kind: str, facts: dict[str, Any]
) -> None:
    public = private_keys[kind].public_key()
    assert key_facts(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)) == facts


@pytest.mark.parametrize(
    ("algorithm", "octets", "facts"),
    [
        ("060960864801650304" + "0311", 1312, {"key_type": "ML-DSA-44", "key_bits": 10496}),
        ("060960864801650304" + "0402", 1184, {"key_type": "ML-KEM-768", "key_bits": 9472}),
        ("060960864801650304" + "0314", 32, {"key_type": "SLH-DSA-SHA2-128s", "key_bits": 256}),
        ("06082a85030701010101", 66, {"key_type": "GOST", "key_bits": 256}),
        ("06082a85030701010102", 131, {"key_type": "GOST", "key_bits": 512}),
        ("06032b656e", 32, {"key_type": "X25519", "key_bits": 256}),
        ("06032a0304", 32, {"key_type": "1.2.3.4"}),
    ],
)
def test_keys_that_need_no_parsing(encode: Encode, algorithm: str, octets: int, facts: dict[str, Any]) -> None:
    assert key_facts(key_info(encode, algorithm, bytes(octets))) == facts


def test_explicit_prime_curve_shows_as_explicit(encode: Encode) -> None:
    field = encode(0x30, PRIME_FIELD, integer(encode, 2**224 - 63))
    parameters = encode(0x30, integer(encode, 1), field, encode(0x30), encode(4, b"\4"), integer(encode, 7))
    facts = key_facts(key_info(encode, EC, b"\4" + bytes(56), parameters))
    assert facts == {"key_type": "EC", "key_bits": 224, "curve": "explicit"}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
@pytest.mark.parametrize("bits", [160, 192, 224, 256, 320, 384, 512])
@pytest.mark.parametrize("kind", ["r", "t"])
def test_both_brainpool_curves_of_a_size_have_their_names(encode: Encode, kind: str, bits: int) -> None:
    name = f"brainpoolP{bits}{kind}1"
    asked = ["openssl", "ecparam", "-name", name, "-outform", "DER"]
    identifier = subprocess.run(asked, check=True, capture_output=True).stdout
    facts = key_facts(key_info(encode, EC, b"\4" + bytes(bits // 4), identifier))
    assert facts == {"key_type": "EC", "key_bits": bits, "curve": name}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
@pytest.mark.parametrize(("curve", "bits"), [("prime256v1", 256), ("sect233k1", 233)])
def test_explicit_curves_that_openssl_writes(curve: str, bits: int) -> None:
    options = ["-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-pkeyopt", "ec_param_enc:explicit"]
    private = subprocess.run(["openssl", "genpkey", *options], capture_output=True, check=True).stdout
    public = subprocess.run(
        ["openssl", "pkey", "-pubout", "-outform", "DER"], input=private, capture_output=True, check=True
    ).stdout
    assert key_facts(public) == {"key_type": "EC", "key_bits": bits, "curve": "explicit"}


def test_unknown_curve_shows_its_digits(encode: Encode) -> None:
    parameters = bytes.fromhex("06032a0304")
    facts = key_facts(key_info(encode, EC, b"\4" + bytes(64), parameters))
    assert facts == {"key_type": "EC", "curve": "1.2.3.4", "key_bits": None}


def test_dsa_key_may_inherit_its_parameters(encode: Encode) -> None:
    assert key_facts(key_info(encode, "06072a8648ce380401", integer(encode, 5))) == {"key_type": "DSA"}


def test_diffie_hellman_key_has_the_size_of_its_prime(encode: Encode, assemble: Encode) -> None:
    parameters = encode(0x30, integer(encode, 2**2048 - 1), integer(encode, 2))
    info = key_info(encode, "06092a864886f70d010301", integer(encode, 5), parameters)
    assert key_facts(info) == {"key_type": "DH", "key_bits": 2048}
    facts = parse_by_both(assemble(key=info))
    assert (facts.key_type, facts.key_bits, facts.issue) == ("DH", 2048, None)


def refused(certificate: bytes) -> tuple[str | None, int | None, str | None, str]:
    """Return key type, size and exponent of a certificate, and why the rest was refused."""
    facts = parse_by_both(certificate)
    assert facts.spki_sha256 is not None
    return facts.key_type, facts.key_bits, facts.exponent, facts.issue or ""


def test_negative_modulus_is_refused_and_the_type_stays(encode: Encode, assemble: Encode) -> None:
    key = key_info(encode, RSA, encode(0x30, encode(2, b"\x80" + bytes(127)), integer(encode, 3)), b"\5\0")
    *facts, issue = refused(assemble(key=key))
    assert facts == ["RSA", None, None]
    assert issue.startswith("subjectPublicKeyInfo: bad_value at offset ")
    assert issue.endswith("a positive modulus")


def test_exponent_too_long_to_print_is_refused_and_the_size_stays(encode: Encode, assemble: Encode) -> None:
    key = key_info(encode, RSA, encode(0x30, integer(encode, 2**1024), integer(encode, 2**100_000)), b"\5\0")
    *facts, issue = refused(assemble(key=key))
    assert facts == ["RSA", 1025, None]
    assert "limit" in issue


@pytest.mark.parametrize("parameters", [b"", b"\5\0", b"\x30\0", b"\x30\x03\x02\x01\x01"])
def test_ec_key_without_a_curve_is_refused(encode: Encode, assemble: Encode, parameters: bytes) -> None:
    key_type, key_bits, _, issue = refused(assemble(key=key_info(encode, EC, b"\4" + bytes(64), parameters)))
    assert (key_type, key_bits) == ("EC", None)
    assert "subjectPublicKeyInfo: bad_value" in issue


def test_curves_of_cryptography_have_the_same_name_and_size() -> None:
    for curve in (ec.SECP192R1(), ec.SECP224R1(), ec.SECP256K1(), ec.BrainpoolP384R1(), ec.BrainpoolP512R1()):
        public = ec.generate_private_key(curve).public_key()
        facts = key_facts(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
        assert facts == {"key_type": "EC", "key_bits": curve.key_size, "curve": curve.name}
