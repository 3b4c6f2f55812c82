"""Whole certificates, field by field: sound, odd and broken on purpose."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from hashlib import sha1, sha256

import pytest
from certificates.both_readers import parse_by_both
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tlsinspect.certificates import CertificateFacts, parse_certificate, pem_of
from tlsinspect.columns import CERTIFICATES

Make = Callable[..., bytes]
Keys = dict[str, CertificateIssuerPrivateKeyTypes]
SECOND = 10**9
OF_ANY_OCTETS = {"sha256", "sha1", "issue"}  # there whatever the certificate says
ADDED_ELSEWHERE = {"first_seen", "last_seen", "connections", "pem"}


def test_facts_are_the_declared_columns() -> None:
    declared = {column.name for column in CERTIFICATES}
    assert {field.name for field in fields(CertificateFacts)} == declared - ADDED_ELSEWHERE


def test_every_fact_of_a_sound_certificate(issue: Make, private_keys: Keys) -> None:
    key = private_keys["RSA"]
    der = issue((x509.SubjectAlternativeName([x509.DNSName("www.example.org")]), False), signer=key)
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    start = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * SECOND
    assert parse_by_both(der) == CertificateFacts(
        sha256=sha256(der).hexdigest(),
        sha1=sha1(der).hexdigest(),
        spki_sha256=sha256(spki).hexdigest(),
        version=3,
        serial="7f01",
        subject="CN=www.example.org",
        issuer="CN=Test CA 1,O=Trust\\, Inc.,C=US",
        subject_common_name="www.example.org",
        san_dns=["www.example.org"],
        san_ip=[],
        san_email=[],
        san_uri=[],
        not_before=start,
        not_after=start + (90 * 86400 - 1) * SECOND,
        validity_days=90.0,
        key_type="RSA",
        key_bits=2048,
        exponent="65537",
        curve=None,
        signature_algorithm="sha256WithRSAEncryption",
        is_ca=False,
        path_length=None,
        key_usage=[],
        extended_key_usage=[],
        policies=[],
        ocsp_urls=[],
        issuer_urls=[],
        crl_urls=[],
        must_staple=False,
        sct_count=0,
        self_signed=False,
        issue=None,
    )


def test_post_quantum_certificate_is_named(issue: Make) -> None:
    mldsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.mldsa")
    facts = parse_by_both(issue(public_key=mldsa.MLDSA65PrivateKey.generate().public_key()))
    assert (facts.key_type, facts.key_bits, facts.issue) == ("ML-DSA-65", 1952 * 8, None)


def test_self_signed_means_same_name_and_not_a_verified_signature(assemble: Make) -> None:
    name = bytes.fromhex("300c310a300806035504030c0161")
    other_string_type = bytes.fromhex("300c310a30080603550403130161")
    assert parse_by_both(assemble(issuer=name, subject=name)).self_signed is True
    assert parse_by_both(assemble(issuer=name, subject=other_string_type)).self_signed is False


def test_self_signed_is_not_said_of_a_certificate_that_names_another_key(assemble: Make, encode: Make) -> None:
    name = bytes.fromhex("300c310a300806035504030c0161")

    def with_keys(*pairs: tuple[str, bytes]) -> bytes:
        extensions = [encode(0x30, encode(6, bytes.fromhex(oid)), encode(4, value)) for oid, value in pairs]
        optional = encode(0xA3, encode(0x30, *extensions))
        return assemble(issuer=name, subject=name, optional=optional)  # type: ignore[no-any-return]

    own, other = ("551d0e", encode(4, b"own key")), encode(0x30, encode(0x80, b"other key"))
    assert parse_by_both(with_keys(own, ("551d23", other))).self_signed is False
    assert parse_by_both(with_keys(own, ("551d23", encode(0x30, encode(0x80, b"own key"))))).self_signed is True
    assert parse_by_both(with_keys(own)).self_signed is True
    assert parse_by_both(with_keys(("551d23", other))).self_signed is True
    assert parse_certificate(with_keys(("551d0e", b"\4\xff"), ("551d23", other))).self_signed is True


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ("3000", "RSASSA-PSS-SHA1"),
        ("300fa00d300b0609608648016503040201", "RSASSA-PSS-SHA256"),
        ("300fa00d300b06096086480165030402ff", "RSASSA-PSS"),  # digits that break off
        ("300aa00830060604550402ff", "RSASSA-PSS"),
        ("3008a006300406025504", "RSASSA-PSS-2.5.4"),
        ("", "RSASSA-PSS"),
    ],
)
def test_the_name_of_a_pss_signature_says_its_hash(parameters: str, name: str, assemble: Make, encode: Make) -> None:
    algorithm = encode(0x30, bytes.fromhex("06092a864886f70d01010a"), bytes.fromhex(parameters))
    assert parse_certificate(assemble(algorithm=algorithm)).signature_algorithm == name


def test_pem_turns_back_into_the_certificate(assemble: Make) -> None:
    for der in [assemble(), b"", b"\0" * 48, b"\0" * 49]:
        first, *body, last, end = pem_of(der).split("\n")
        assert (first, last, end) == ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "")
        assert all(len(line) == 64 for line in body[:-1])
        assert base64.b64decode("".join(body)) == der


@pytest.mark.parametrize(
    ("contents", "serial", "sound"),
    [
        ("7f", "7f", True),
        ("0080", "80", True),
        ("0abc", "0abc", True),
        ("00", "00", False),
        ("80", "-80", False),
        ("ff7f", "-81", False),
        ("7f" * 20, "7f" * 20, True),
        ("7f" * 21, "7f" * 21, False),
    ],
)
def test_serial_of_any_sign_and_size(assemble: Make, encode: Make, contents: str, serial: str, sound: bool) -> None:
    facts = parse_by_both(assemble(serial=encode(2, bytes.fromhex(contents))))
    assert facts.serial == serial
    assert (facts.issue is None) is sound
    assert facts.subject == "CN=a"


@pytest.mark.parametrize(
    ("encoded", "version", "issues"),
    [
        ("", 1, 0),
        ("a003020100", 1, 0),
        ("a003020101", 2, 0),
        ("a003020109", 10, 1),
        ("a0030201ff", 0, 1),
        ("a0020500", None, 1),
        ("a0070205ffffffffff", None, 1),
    ],
)
def test_version(assemble: Make, encoded: str, version: int | None, issues: int) -> None:
    facts = parse_by_both(assemble(version=bytes.fromhex(encoded)))
    assert (facts.version, facts.serial, facts.is_ca) == (version, "02", False)
    assert (facts.issue or "").count("version: bad_value") == issues


def test_version_1_certificate_with_extensions_keeps_them_and_says_so(assemble: Make) -> None:
    usage = bytes.fromhex("a30f300d300b0603551d0f040403020780")
    facts = parse_by_both(assemble(version=b"", optional=usage))
    assert (facts.version, facts.key_usage) == (1, ["digitalSignature"])
    assert facts.issue is not None
    assert facts.issue.endswith("expected version 3 where there are extensions")


def parse_with_times(assemble: Make, encode: Make, *times: tuple[int, bytes]) -> CertificateFacts:
    """Return the facts of a certificate with this validity."""
    return parse_by_both(assemble(validity=encode(0x30, *(encode(tag, text) for tag, text in times))))


def test_never_expiring_certificate_is_held_to_64_bits_but_its_days_are_exact(assemble: Make, encode: Make) -> None:
    facts = parse_with_times(assemble, encode, (0x18, b"00010101000000Z"), (0x18, b"99991231235959Z"))
    assert (facts.not_before, facts.not_after) == (-(2**63 - 1), 2**63 - 1)
    assert facts.validity_days == 3_652_059.0
    assert facts.issue is None


def test_validity_that_ends_before_it_starts_is_negative(assemble: Make, encode: Make) -> None:
    facts = parse_with_times(assemble, encode, (0x17, b"260103000000Z"), (0x17, b"260101235959Z"))
    assert facts.validity_days == -1.0


@pytest.mark.parametrize("text", [b"2601010000Z", b"260101020000+0200"])
def test_time_of_another_form_is_read_and_noted(assemble: Make, encode: Make, text: bytes) -> None:
    facts = parse_with_times(assemble, encode, (0x17, text), (0x17, b"260101235959Z"))
    assert facts.validity_days == 1.0
    assert facts.issue is not None
    assert facts.issue.startswith("not_before: bad_value at offset ")


def test_time_that_does_not_exist_leaves_the_other(assemble: Make, encode: Make) -> None:
    facts = parse_with_times(assemble, encode, (0x17, b"260101000000Z"), (0x17, b"269999000000Z"))
    assert facts.not_before == int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * SECOND
    assert (facts.not_after, facts.validity_days) == (None, None)
    assert (facts.subject, facts.key_type) == ("CN=a", "Ed25519")


@pytest.mark.parametrize(
    ("field", "columns"),
    [
        ("serial", {"serial"}),
        ("algorithm", {"signature_algorithm"}),
        ("issuer", {"issuer"}),
        ("validity", {"not_before", "not_after", "validity_days"}),
        ("subject", {"subject", "subject_common_name"}),
        ("key", {"key_type", "key_bits"}),
    ],
)
@pytest.mark.parametrize("octets", [b"\x13\x03abc", b"\x30\x02\x30\x05", b"\x05\x00"])
def test_refused_field_takes_no_other_with_it(assemble: Make, field: str, columns: set[str], octets: bytes) -> None:
    sound, broken = parse_by_both(assemble()), parse_by_both(assemble(**{field: octets}))
    assert broken.issue is not None
    for name in {each.name for each in fields(CertificateFacts)} - OF_ANY_OCTETS - {"spki_sha256"}:
        assert getattr(broken, name) == (None if name in columns else getattr(sound, name)), name
    assert (broken.spki_sha256 == sound.spki_sha256) is (field != "key")


def test_signature_algorithms_have_to_agree(assemble: Make) -> None:
    facts = parse_by_both(assemble(outer_algorithm=bytes.fromhex("300506032b6570")))
    assert facts.signature_algorithm == "ecdsa-with-SHA256"
    assert facts.issue is not None
    assert facts.issue.startswith("signatureValue: bad_value at offset ")


def test_unknown_signature_algorithm_shows_its_digits(assemble: Make) -> None:
    assert parse_by_both(assemble(algorithm=bytes.fromhex("300506032a0304"))).signature_algorithm == "1.2.3.4"


def test_octets_after_the_certificate_are_noted(assemble: Make) -> None:
    facts = parse_by_both(assemble() + b"\0")
    assert facts.serial == "02"
    assert facts.issue is not None
    assert facts.issue.startswith("certificate: trailing_data at offset 0")


def test_octets_after_the_signature_are_noted(assemble: Make) -> None:
    facts = parse_by_both(assemble(signature=bytes.fromhex("030200000500")))
    assert facts.serial == "02"
    assert facts.issue is not None
    assert facts.issue.startswith("signatureValue: trailing_data at offset ")


@pytest.mark.parametrize(
    "der", [b"", b"\x30", b"\x30\x80", b"\x30\x03\x02\x01\x01", b"GET / HTTP/1.1\r\n", b"\xff" * 64]
)
def test_what_is_no_certificate_keeps_its_hashes(der: bytes) -> None:
    facts = parse_by_both(der)
    assert facts.sha256 == sha256(der).hexdigest()
    assert facts.issue is not None
    assert all(getattr(facts, each.name) is None for each in fields(facts) if each.name not in OF_ANY_OCTETS)


def test_issues_cannot_be_made_long_by_a_certificate(encode: Make, with_extension: Make) -> None:
    addresses = encode(0x30, *[encode(0x87, b"\1\2\3")] * 1000)
    facts = parse_by_both(with_extension(*[("551d11", addresses)] * 50, *[("551d0f", b"\xff")] * 50))
    assert facts.san_ip is not None
    assert len(facts.san_ip) == 1000
    assert len(facts.issue or "") < 300
