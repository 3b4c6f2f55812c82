"""Sound and damaged certificates against the cryptography package: where both read a fact, it is the same one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import datetime
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from tlsinspect.certificates import CertificateFacts, escape_text, parse_certificate
from tlsinspect.certificates.names import ip_text
from tlsinspect.certificates.object_identifiers import SIGNATURE_ALGORITHMS
from tlsinspect.errors import KINDS

Make = Callable[..., bytes]
Keys = dict[str, CertificateIssuerPrivateKeyTypes]
OF_ANY_OCTETS = {"sha256", "sha1", "pem", "issue"}  # there whatever the certificate says
SHORT_NAMES = {NameOID.COMMON_NAME: "CN", NameOID.COUNTRY_NAME: "C", NameOID.ORGANIZATION_NAME: "O"}
REFUSALS = (
    ValueError,
    KeyError,  # from a name with an unusual string type
    TypeError,  # from a name with a BIT STRING
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


def second_opinion(der: bytes) -> dict[str, Any]:
    """Return the facts that the cryptography package reads; none where it refuses the certificate."""
    try:
        certificate = x509.load_der_x509_certificate(der)
    except REFUSALS:
        return {}
    readers: dict[str, Callable[[], Any]] = {
        "version": lambda: certificate.version.value + 1,
        "serial": lambda: certificate.serial_number,
        "not_before": lambda: time_ns(certificate.not_valid_before_utc),
        "not_after": lambda: time_ns(certificate.not_valid_after_utc),
        "subject": lambda: plain_name(certificate.subject),
        "issuer": lambda: plain_name(certificate.issuer),
        "key_bits": lambda: certificate.public_key().key_size,  # type: ignore[union-attr]
    }
    found: dict[str, Any] = {}
    for name, read in readers.items():
        try:
            found[name] = read()
        except (*REFUSALS, AttributeError):  # a key of one size only has no key_size
            continue
    try:
        return found | extension_opinion(certificate.extensions)
    except REFUSALS:
        return found


def extension_opinion(extensions: x509.Extensions) -> dict[str, Any]:
    """Return the facts of the extensions that differ most between certificates."""
    found: dict[str, Any] = {"san_dns": [], "san_ip": [], "is_ca": False, "path_length": None, "sct_count": 0}
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.SubjectAlternativeName):
            found["san_dns"] = [escape_text(name) for name in value.get_values_for_type(x509.DNSName)]
            addresses = value.get_values_for_type(x509.IPAddress)
            found["san_ip"] = [ip_text(ip.packed) for ip in addresses if isinstance(ip, IPv4Address | IPv6Address)]
        elif isinstance(value, x509.BasicConstraints):
            found["is_ca"], found["path_length"] = value.ca, value.path_length
        elif isinstance(value, x509.PrecertificateSignedCertificateTimestamps):
            found["sct_count"] = len(list(value))
    return found


def time_ns(moment: datetime) -> int:
    """Return a time in nanoseconds, as far as 64 bits go."""
    return min(int(moment.timestamp()) * 10**9, 2**63 - 1)


def plain_name(name: x509.Name) -> str:
    """Return a name that needs no escape; ValueError for others."""
    if any(not str(attribute.value).isalnum() or attribute.oid not in SHORT_NAMES for attribute in name):
        raise ValueError
    return ",".join("+".join(f"{SHORT_NAMES[each.oid]}={each.value!s}" for each in rdn) for rdn in reversed(name.rdns))


def compare(der: bytes) -> tuple[CertificateFacts, int]:
    """Fail where both read a fact and differ; returns our facts and how many were compared."""
    facts = parse_certificate(der)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = second_opinion(der)
    for name, value in theirs.items():
        ours = getattr(facts, name)
        if name in ("subject", "issuer") and "=#" in ours:
            continue  # octets that are no text stay hex here and are called text there
        assert (int(ours, 16) if name == "serial" else ours) == value, name
    return facts, len(theirs)


@pytest.fixture(scope="session")
def varied(issue: Make, private_keys: Keys) -> list[bytes]:
    """Sound certificates with every key, and one with every extension."""
    names = x509.SubjectAlternativeName(
        [x509.DNSName("www.example.org"), x509.DNSName("*.example.org"), x509.IPAddress(ip_address("2001:db8::7"))]
    )
    url = x509.UniformResourceIdentifier("http://ca.example/x")
    everything = [
        (names, False),
        (x509.BasicConstraints(ca=True, path_length=1), True),
        (x509.KeyUsage(True, False, True, False, False, False, False, False, False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), None)]), False),
        (
            x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, url)]),
            False,
        ),
        (x509.CRLDistributionPoints([x509.DistributionPoint([url], None, None, None)]), False),
        (x509.TLSFeature([x509.TLSFeatureType.status_request]), False),
        (x509.SubjectKeyIdentifier(b"\1" * 20), False),
    ]
    usual = [issue((names, False), signer=key) for key in private_keys.values()]
    return [*usual, issue(*everything, subject=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA1")]))]


def test_sound_certificates_read_as_the_cryptography_package_reads_them(varied: list[bytes]) -> None:
    for der in varied:
        facts, compared = compare(der)
        assert compared >= 9
        assert facts.issue is None
        certificate = x509.load_der_x509_certificate(der)
        assert facts.signature_algorithm == SIGNATURE_ALGORITHMS[certificate.signature_algorithm_oid.dotted_string]
        spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert facts.spki_sha256 == sha256(spki).hexdigest()


def read_facts(facts: CertificateFacts) -> Iterator[tuple[str, Any]]:
    """Yield the facts that were read, but not those that every octet changes."""
    for field in fields(facts):
        value = getattr(facts, field.name)
        if value is not None and field.name not in OF_ANY_OCTETS:
            yield field.name, value


def test_certificate_cut_short_at_every_octet_never_says_anything_else(varied: list[bytes]) -> None:
    for der in (varied[0], varied[-1]):
        whole = parse_certificate(der)
        known = 0
        for length in range(len(der)):
            part = parse_certificate(der[:length])
            read = dict(read_facts(part))
            assert all(value == getattr(whole, name) for name, value in read.items())
            assert len(read) >= known
            assert part.issue is not None
            known = len(read)
        assert known == len(dict(read_facts(whole)))


def assert_harmless(facts: CertificateFacts) -> None:
    """Fail where a fact could not be stored, shown on a line or explained."""
    for field in fields(facts):
        value = getattr(facts, field.name)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, int) and not isinstance(each, bool):
                assert -(2**63) < each < 2**63, field.name
            elif isinstance(each, str) and field.name != "pem":
                assert each.isprintable(), field.name
                each.encode("utf-8")
    for issue in facts.issue.split("; ") if facts.issue else []:
        assert issue.split(": ")[1].split(" ")[0] in KINDS


def test_every_flipped_octet_agrees_with_the_cryptography_package_where_it_reads_it(varied: list[bytes]) -> None:
    compared = 0
    for der in (varied[3], varied[-1]):
        for place in range(len(der)):
            for mask in (0x01, 0x80):
                flipped = der[:place] + bytes((der[place] ^ mask,)) + der[place + 1 :]
                facts, count = compare(flipped)
                assert_harmless(facts)
                compared += count
    assert compared > 10_000


@given(data=st.data())
def test_damage_of_any_kind_raises_nothing(varied: list[bytes], data: st.DataObject) -> None:
    der = bytearray(data.draw(st.sampled_from(varied)))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(der) - 1))
        width = data.draw(st.integers(0, 3))
        der[place : place + width] = data.draw(st.binary(max_size=4))
        if not der:
            break
    assert_harmless(compare(bytes(der))[0])


@given(st.binary(max_size=200))
def test_any_octets_raise_nothing(der: bytes) -> None:
    assert_harmless(parse_certificate(der))
    assert_harmless(parse_certificate(b"\x30\x82\x04\x00\x30\x82\x03\x00" + der))
