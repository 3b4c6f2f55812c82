"""The reader against the cryptography package, on sound, damaged and odd certificates: where both read, they agree."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from certificates.both_readers import is_refused, parse_by_both
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from tlsinspect.certificates import CertificateFacts
from tlsinspect.errors import KINDS

Make = Callable[..., bytes]
Keys = dict[str, CertificateIssuerPrivateKeyTypes]
OF_ANY_OCTETS = {"sha256", "sha1", "issue"}  # there whatever the certificate says
SUBJECT_ALT_NAME, BASIC_CONSTRAINTS = "551d11", "551d13"


@pytest.fixture(scope="session")
def varied(issue: Make, private_keys: Keys) -> list[bytes]:
    """Sound certificates with every key, and one with every extension."""
    names = x509.SubjectAlternativeName(
        [x509.DNSName("www.example.org"), x509.DNSName("*.example.org"), x509.IPAddress(ip_address("2001:db8::7"))]
    )
    url = x509.UniformResourceIdentifier("http://ca.example/x")
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, url)
    timestamps = bytes.fromhex("0433 0031 002f 00" + "11" * 32 + "0000018bcfe56800 0000 0403 0000")
    everything = [
        (names, False),
        (x509.BasicConstraints(ca=True, path_length=1), True),
        (x509.KeyUsage(True, False, True, False, False, False, False, False, False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), None)]), False),
        (x509.AuthorityInformationAccess([access]), False),
        (x509.CRLDistributionPoints([x509.DistributionPoint([url], None, None, None)]), False),
        (x509.TLSFeature([x509.TLSFeatureType.status_request]), False),
        (x509.SubjectKeyIdentifier(b"\1" * 20), False),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), timestamps), False),
    ]
    usual = [issue((names, False), signer=key) for key in private_keys.values()]
    return [*usual, issue(*everything, subject=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA1")]))]


def test_sound_certificates_have_no_issue_by_either(varied: list[bytes]) -> None:
    for der in varied:
        assert not is_refused(der)
        assert parse_by_both(der).issue is None


def test_every_extension_gives_its_facts(varied: list[bytes]) -> None:
    facts = parse_by_both(varied[-1])
    assert (facts.subject, facts.san_dns) == ("CN=CA1", ["www.example.org", "*.example.org"])
    assert (facts.san_ip, facts.is_ca, facts.path_length) == (["2001:db8::7"], True, 1)
    assert (facts.key_usage, facts.extended_key_usage) == (["digitalSignature", "keyEncipherment"], ["serverAuth"])
    assert (facts.policies, facts.must_staple, facts.sct_count) == (["2.23.140.1.2.1"], True, 1)
    assert (facts.ocsp_urls, facts.crl_urls, facts.issuer_urls) == (["http://ca.example/x"],) * 2 + ([],)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("RSA exponent 3", ("RSA", 1024, "3", None, "sha256WithRSAEncryption")),
        ("DSA", ("DSA", 1024, None, None, "dsa-with-SHA256")),
        ("secp521r1", ("EC", 521, None, "secp521r1", "ecdsa-with-SHA256")),
        ("brainpoolP256r1", ("EC", 256, None, "brainpoolP256r1", "ecdsa-with-SHA256")),
        ("Ed25519", ("Ed25519", 256, None, None, "Ed25519")),
        ("Ed448", ("Ed448", 456, None, None, "Ed448")),
    ],
)
def test_key_and_signature_have_the_same_names_by_both(
    issue: Make, private_keys: Keys, kind: str, expected: tuple[Any, ...]
) -> None:
    der = issue(signer=private_keys[kind])
    facts = parse_by_both(der)
    assert not is_refused(der)
    found = (facts.key_type, facts.key_bits, facts.exponent, facts.curve, facts.signature_algorithm)
    assert found == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1403" + "4dfc6c", "CN=Mül"),  # T61String, one octet per character
        ("1404" + "4dc3bc6c", "CN=MÃ¼l"),  # the same, though it happens to be UTF-8
        ("0403" + "616263", "CN=#0403616263"),  # OCTET STRING is no text
        ("0303" + "006162", "CN=#0303006162"),  # nor is BIT STRING
        ("1e04" + "00610062", "CN=ab"),
        ("0c05" + "612c20620a", "CN=a\\, b\\0A"),
    ],
)
def test_name_has_one_spelling_whatever_its_string_type(assemble: Make, encode: Make, value: str, text: str) -> None:
    attribute = encode(0x30, bytes.fromhex("0603550403"), bytes.fromhex(value))
    der = assemble(subject=encode(0x30, encode(0x31, attribute)))
    assert not is_refused(der)
    assert parse_by_both(der).subject == text


def test_certificate_of_version_1_is_read_by_both(assemble: Make) -> None:
    assert not is_refused(assemble(version=b""))
    assert parse_by_both(assemble(version=b"")).version == 1


def odd_certificates(assemble: Make, encode: Make, with_extension: Make) -> Iterator[tuple[bytes, str | None]]:
    """Yield certificates that the package accepts, each with the start of its issue."""
    masked = encode(0x30, encode(0x87, b"\xc0\0\2\0\xff\xff\xff\0"))
    empty_extensions = encode(0xA3, encode(0x30))
    yield assemble(serial=encode(2, b"\x7f" * 21)), "serialNumber: bad_value at offset "
    yield assemble(outer_algorithm=bytes.fromhex("300506032b6570")), "signatureValue: bad_value at offset "
    yield assemble(version=b"", optional=empty_extensions), "version: bad_value at offset "
    yield with_extension((SUBJECT_ALT_NAME, masked)), "subjectAltName: bad_length at offset "
    constraints = bytes.fromhex("30090101ff02047fffffff")
    yield with_extension((BASIC_CONSTRAINTS, constraints)), None
    constraints = bytes.fromhex("300a0101ff02050080000000")
    yield with_extension((BASIC_CONSTRAINTS, constraints)), "basicConstraints: bad_value at offset "


def test_certificates_with_an_issue_are_refused_by_the_second_reader(
    assemble: Make, encode: Make, with_extension: Make
) -> None:
    for der, issue in odd_certificates(assemble, encode, with_extension):
        x509.load_der_x509_certificate(der)
        facts = parse_by_both(der)
        assert is_refused(der) is (issue is not None)
        assert (facts.issue or "").startswith(issue or "")
        assert (facts.issue is None) is (issue is None)


def test_octets_after_the_list_of_timestamps_are_noted(encode: Make, with_extension: Make) -> None:
    timestamp = bytes.fromhex("002f 00" + "11" * 32 + "0000018bcfe56800 0000 0403 0000")
    sound, odd = (encode(4, b"\0\x31", timestamp, after) for after in (b"", b"\0"))
    assert parse_by_both(with_extension(("2b06010401d679020402", sound))).sct_count == 1
    facts = parse_by_both(with_extension(("2b06010401d679020402", odd)))
    assert facts.sct_count is None
    assert (facts.issue or "").startswith("SCT list: bad_length at offset ")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
def test_curve_that_is_spelled_out_stays_explicit_though_it_has_a_name(assemble: Make) -> None:
    options = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-pkeyopt", "ec_param_enc:explicit"]
    private = subprocess.run(["openssl", "genpkey", *options], capture_output=True, check=True).stdout
    public = subprocess.run(
        ["openssl", "pkey", "-pubout", "-outform", "DER"], input=private, capture_output=True, check=True
    ).stdout
    der = assemble(key=public)
    facts = parse_by_both(der)
    assert is_refused(der)
    assert (facts.curve, facts.key_bits) == ("explicit", 256)


def run_python(*arguments: str) -> int:
    """Run Python anew, with this tree's package; its exit status."""
    return subprocess.run([sys.executable, *arguments], cwd=Path(__file__).parent.parent.parent, check=False).returncode


def test_cryptography_is_not_imported_to_read_a_certificate(assemble: Make) -> None:
    read = f"tlsinspect.certificates.parse_certificate(bytes.fromhex('{assemble().hex()}'))"
    program = f"import sys, tlsinspect.certificates; {read}; sys.exit('cryptography' in sys.modules)"
    assert run_python("-c", program) == 0


def read_facts(facts: CertificateFacts) -> dict[str, Any]:
    """Return the facts that were read, but not those that every octet changes."""
    values = {field.name: getattr(facts, field.name) for field in fields(facts) if field.name not in OF_ANY_OCTETS}
    return {name: value for name, value in values.items() if value is not None}


def test_certificate_cut_short_at_every_octet_never_says_anything_else(varied: list[bytes]) -> None:
    for der in (varied[0], varied[-1]):
        whole = parse_by_both(der)
        known = 0
        for length in range(len(der)):
            part = parse_by_both(der[:length])
            read = read_facts(part)
            assert all(value == getattr(whole, name) for name, value in read.items())
            assert len(read) >= known
            assert part.issue is not None
            known = len(read)
        assert known == len(read_facts(whole))


def assert_harmless(facts: CertificateFacts) -> None:
    """Fail where a fact could not be stored, shown on a line or explained."""
    for field in fields(facts):
        value = getattr(facts, field.name)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, int) and not isinstance(each, bool):
                assert -(2**63) < each < 2**63, field.name
            elif isinstance(each, str):
                assert each.isprintable(), field.name
                each.encode("utf-8")
    for issue in facts.issue.split("; ") if facts.issue else []:
        assert issue.split(": ")[1].split(" ")[0] in KINDS


def test_every_flipped_octet_reads_the_same_by_both(varied: list[bytes]) -> None:
    taken = 0
    for der in (varied[3], varied[-1]):
        for place in range(len(der)):
            for mask in (0x01, 0x80):
                flipped = der[:place] + bytes((der[place] ^ mask,)) + der[place + 1 :]
                assert_harmless(parse_by_both(flipped))
                taken += not is_refused(flipped)
    assert taken > 500


@given(data=st.data())
def test_damage_of_any_kind_reads_the_same_by_both(varied: list[bytes], data: st.DataObject) -> None:
    der = bytearray(data.draw(st.sampled_from(varied)))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(der) - 1))
        width = data.draw(st.integers(0, 3))
        der[place : place + width] = data.draw(st.binary(max_size=4))
        if not der:
            break
    assert_harmless(parse_by_both(bytes(der)))


EXTENSIONS = (
    *("551d0f", "551d11", "551d13", "551d1f", "551d20", "551d25"),
    *("2b06010505070101", "2b06010505070118", "2b06010401d679020402"),
)
EXTENSION_VALUES = st.recursive(
    st.tuples(st.sampled_from((1, 2, 3, 4, 6, 0x0C, 0x16, 0x81, 0x82, 0x86, 0x87)), st.binary(max_size=20)),
    lambda inner: st.tuples(st.sampled_from((4, 0x30, 0x31, 0xA0, 0xA1, 0xA4)), st.lists(inner, max_size=4)),
    max_leaves=8,
)


@given(
    identifier=st.sampled_from(EXTENSIONS),
    value=EXTENSION_VALUES,
)
def test_extension_of_any_contents_reads_the_same_by_both(
    encode: Make, with_extension: Make, identifier: str, value: tuple[int, Any]
) -> None:
    def build(element: tuple[int, Any]) -> bytes:
        tag, contents = element
        return encode(tag, contents if isinstance(contents, bytes) else b"".join(map(build, contents)))

    assert_harmless(parse_by_both(with_extension((identifier, build(value)))))


@given(st.binary(max_size=200))
def test_any_octets_raise_nothing(der: bytes) -> None:
    assert_harmless(parse_by_both(der))
    assert_harmless(parse_by_both(b"\x30\x82\x04\x00\x30\x82\x03\x00" + der))
