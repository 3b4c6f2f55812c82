"""Every extension that gives facts: sound ones by the cryptography package, broken ones by hand."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

import pytest
from certificates.both_readers import parse_by_both
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from tlsinspect.certificates import CertificateFacts, parse_certificate

Make = Callable[..., bytes]
KEY_USAGE, SUBJECT_ALT_NAME, BASIC_CONSTRAINTS = "551d0f", "551d11", "551d13"
CRL_POINTS, POLICIES, EXTENDED_KEY_USAGE = "551d1f", "551d20", "551d25"
AUTHORITY_ACCESS, TLS_FEATURE, TIMESTAMPS = "2b06010505070101", "2b06010505070118", "2b06010401d679020402"


def test_subject_alternative_names_keep_wire_order(issue: Make) -> None:
    names = x509.SubjectAlternativeName(
        [
            x509.DNSName("b.example"),
            x509.IPAddress(ip_address("2001:db8::1")),
            x509.RFC822Name("a@example.org"),
            x509.DNSName("*.a.example"),
            x509.UniformResourceIdentifier("spiffe://example.org/x"),
            x509.IPAddress(ip_address("192.0.2.1")),
            x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
            x509.DirectoryName(x509.Name([])),
            x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\5\0"),
        ]
    )
    facts = parse_by_both(issue((names, False)))
    assert facts.san_dns == ["b.example", "*.a.example"]
    assert facts.san_ip == ["2001:db8::1", "192.0.2.1"]
    assert facts.san_email == ["a@example.org"]
    assert facts.san_uri == ["spiffe://example.org/x"]
    assert facts.issue is None


def test_a_thousand_names_are_all_there(issue: Make) -> None:
    names = [f"host{number}.example.org" for number in range(1000)]
    facts = parse_by_both(issue((x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)))
    assert facts.san_dns == names


def test_hostile_names_are_escaped(encode: Make, with_extension: Make) -> None:
    hostile = [b"good.example\0.evil.example", b"<script>", b"a\r\nb\x1b[2J", "m\xfcller".encode("latin-1"), b"a\\00"]
    names = encode(0x30, *(encode(0x82, name) for name in hostile), encode(0x86, b"javascript:\n"))
    facts = parse_by_both(with_extension((SUBJECT_ALT_NAME, names)))
    assert facts.san_dns == [
        "good.example\\00.evil.example",
        "<script>",
        "a\\0D\\0Ab\\1B[2J",
        "m\\FCller",
        "a\\\\00",
    ]
    assert facts.san_uri == ["javascript:\\0A"]


def test_address_of_odd_length_is_kept_and_noted(encode: Make, with_extension: Make) -> None:
    names = encode(0x30, encode(0x87, b"\xc0\0\2\1"), encode(0x87, b"\xc0\0\2\1\xff\xff\xff\0"))
    facts = parse_by_both(with_extension((SUBJECT_ALT_NAME, names)))
    assert facts.san_ip == ["192.0.2.1", "#C0000201FFFFFF00"]
    assert facts.issue is not None
    assert facts.issue.startswith("subjectAltName: bad_length at offset ")


def test_a_name_of_no_kind_is_noted_and_the_others_are_kept(encode: Make, with_extension: Make) -> None:
    names = encode(0x30, encode(0x82, b"a.test"), encode(0x8F, b"b.test"), encode(0xA5, b""))
    facts = parse_by_both(with_extension((SUBJECT_ALT_NAME, names)))
    assert facts.san_dns == ["a.test"]
    assert facts.issue is not None
    assert facts.issue.startswith("subjectAltName: bad_value at offset ")


@pytest.mark.parametrize(
    ("value", "is_ca", "path_length"),
    [
        (x509.BasicConstraints(ca=True, path_length=None), True, None),
        (x509.BasicConstraints(ca=True, path_length=0), True, 0),
        (x509.BasicConstraints(ca=True, path_length=3), True, 3),
        (x509.BasicConstraints(ca=False, path_length=None), False, None),
    ],
)
def test_basic_constraints(issue: Make, value: x509.BasicConstraints, is_ca: bool, path_length: int | None) -> None:
    facts = parse_by_both(issue((value, True)))
    assert (facts.is_ca, facts.path_length) == (is_ca, path_length)


def test_path_length_without_ca_is_kept(with_extension: Make) -> None:
    facts = parse_by_both(with_extension((BASIC_CONSTRAINTS, bytes.fromhex("3003020102"))))
    assert (facts.is_ca, facts.path_length) == (False, 2)


@pytest.mark.parametrize("length", ["0201ff", "0200", "02050101010101", "0205ff00000000", "0401ff", "020101 0500"])
def test_a_path_length_that_is_none_leaves_unknown_whether_it_is_an_authority(
    encode: Make, with_extension: Make, length: str
) -> None:
    facts = parse_by_both(with_extension((BASIC_CONSTRAINTS, encode(0x30, bytes.fromhex("0101ff" + length)))))
    assert (facts.is_ca, facts.path_length) == (None, None)
    assert facts.issue is not None
    assert facts.issue.startswith("basicConstraints: ")


@pytest.mark.parametrize(
    ("bits", "names"),
    [
        ("03020780", ["digitalSignature"]),
        ("03020640", ["nonRepudiation"]),
        ("030205a0", ["digitalSignature", "keyEncipherment"]),
        ("0303070880", ["keyAgreement", "decipherOnly"]),
        ("03020106", ["keyCertSign", "cRLSign"]),
        ("030100", []),
        ("030500" + "00ffffff", ["decipherOnly"]),
        ("03020304", []),
        ("030205ff", ["digitalSignature", "nonRepudiation", "keyEncipherment"]),
    ],
)
def test_key_usage_bits(with_extension: Make, bits: str, names: list[str]) -> None:
    assert parse_by_both(with_extension((KEY_USAGE, bytes.fromhex(bits)))).key_usage == names


def test_key_usage_of_cryptography(issue: Make) -> None:
    usage = x509.KeyUsage(True, True, True, True, True, True, True, False, True)
    assert parse_by_both(issue((usage, True))).key_usage == [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "decipherOnly",
    ]


def test_extended_key_usage_names_what_is_known(issue: Make) -> None:
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH, x509.ObjectIdentifier("1.2.3.4")]
    facts = parse_by_both(issue((x509.ExtendedKeyUsage(usages), False)))
    assert facts.extended_key_usage == ["serverAuth", "clientAuth", "1.2.3.4"]


def test_policies_are_identifiers(issue: Make) -> None:
    policies = [
        x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), None),
        x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), ["https://example.org/cps"]),
    ]
    assert parse_by_both(issue((x509.CertificatePolicies(policies), False))).policies == ["2.23.140.1.2.1", "1.2.3"]


def test_authority_information_access_is_told_apart_by_method(issue: Make) -> None:
    def access(method: x509.ObjectIdentifier, url: str) -> x509.AccessDescription:
        return x509.AccessDescription(method, x509.UniformResourceIdentifier(url))

    descriptions = [
        access(AuthorityInformationAccessOID.CA_ISSUERS, "http://a.example/ca.crt"),
        access(AuthorityInformationAccessOID.OCSP, "http://o.example"),
        access(AuthorityInformationAccessOID.OCSP, "http://p.example"),
        access(x509.ObjectIdentifier("1.2.3"), "http://q.example"),
        x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.DirectoryName(x509.Name([]))),
    ]
    facts = parse_by_both(issue((x509.AuthorityInformationAccess(descriptions), False)))
    assert facts.ocsp_urls == ["http://o.example", "http://p.example"]
    assert facts.issuer_urls == ["http://a.example/ca.crt"]


def test_crl_urls_come_from_full_names_only(issue: Make) -> None:
    def point(*names: x509.GeneralName) -> x509.DistributionPoint:
        return x509.DistributionPoint(names, None, None, None)

    relative = x509.RelativeDistinguishedName([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CA")])
    points = [
        point(x509.UniformResourceIdentifier("http://a.example/1.crl"), x509.DirectoryName(x509.Name([]))),
        x509.DistributionPoint(None, relative, None, None),
        x509.DistributionPoint(None, None, None, [x509.DirectoryName(x509.Name([]))]),
        point(x509.UniformResourceIdentifier("http://b.example/2.crl")),
    ]
    facts = parse_by_both(issue((x509.CRLDistributionPoints(points), False)))
    assert facts.crl_urls == ["http://a.example/1.crl", "http://b.example/2.crl"]


@pytest.mark.parametrize(
    ("features", "must_staple"),
    [
        ([x509.TLSFeatureType.status_request], True),
        ([x509.TLSFeatureType.status_request_v2], False),
        ([x509.TLSFeatureType.status_request_v2, x509.TLSFeatureType.status_request], True),
    ],
)
def test_must_staple_is_status_request(issue: Make, features: list[x509.TLSFeatureType], must_staple: bool) -> None:
    assert parse_by_both(issue((x509.TLSFeature(features), False))).must_staple is must_staple


@pytest.mark.parametrize(
    ("timestamps", "count"),
    [("0000", 0), ("0003 0001aa", 1), ("0007 0002aabb 0001cc", 2), ("0004 0000 0000", 2)],
)
def test_embedded_timestamps_are_counted(encode: Make, with_extension: Make, timestamps: str, count: int) -> None:
    facts = parse_by_both(with_extension((TIMESTAMPS, encode(4, bytes.fromhex(timestamps)))))
    assert (facts.sct_count, facts.issue) == (count, None)


@pytest.mark.parametrize("timestamps", ["", "00", "0001", "0001aa", "0003 0002aa", "0002 0001aa", "0004 0000aabb"])
def test_timestamp_list_that_lies_is_refused(encode: Make, with_extension: Make, timestamps: str) -> None:
    facts = parse_by_both(with_extension((TIMESTAMPS, encode(4, bytes.fromhex(timestamps)))))
    assert facts.sct_count is None
    assert facts.issue is not None
    assert facts.issue.startswith("SCT list: ")


def test_absent_extensions_leave_empty_facts(assemble: Make, encode: Make) -> None:
    empty_list = assemble(optional=encode(0xA3, encode(0x30)))
    with_unique_identifier = assemble(optional=encode(0x81, b"\0\1"))
    for certificate in (assemble(), empty_list, with_unique_identifier):
        facts = parse_by_both(certificate)
        assert facts.issue is None
        assert [facts.san_dns, facts.san_ip, facts.san_email, facts.san_uri] == [[], [], [], []]
        assert [facts.key_usage, facts.extended_key_usage, facts.policies] == [[], [], []]
        assert [facts.ocsp_urls, facts.issuer_urls, facts.crl_urls] == [[], [], []]
        assert (facts.is_ca, facts.must_staple, facts.sct_count, facts.path_length) == (False, False, 0, None)


@pytest.mark.parametrize(
    ("identifier", "columns"),
    [
        (KEY_USAGE, ["key_usage"]),
        (SUBJECT_ALT_NAME, ["san_dns", "san_ip", "san_email", "san_uri"]),
        (BASIC_CONSTRAINTS, ["is_ca", "path_length"]),
        (CRL_POINTS, ["crl_urls"]),
        (POLICIES, ["policies"]),
        (EXTENDED_KEY_USAGE, ["extended_key_usage"]),
        (AUTHORITY_ACCESS, ["ocsp_urls", "issuer_urls"]),
        (TLS_FEATURE, ["must_staple"]),
        (TIMESTAMPS, ["sct_count"]),
    ],
)
@pytest.mark.parametrize("value", ["", "30", "3003020101ff", "0c0161", "30040c0561"])
def test_refused_extension_leaves_its_facts_unknown_and_others_known(
    with_extension: Make, identifier: str, columns: list[str], value: str
) -> None:
    facts = parse_by_both(with_extension((identifier, bytes.fromhex(value)), ("551d0e", b"\4\0")))
    empty = {**as_dict(parse_by_both(with_extension()))}
    refused = as_dict(facts)
    assert facts.issue is not None
    assert facts.issue.count("at offset") == 1
    for column, absent in empty.items():
        if column not in ("sha256", "sha1", "issue"):
            assert refused[column] == (None if column in columns else absent), column


def test_an_identifier_that_is_spelled_at_length_is_the_same_and_one_that_is_none_ends_the_list(
    encode: Make, with_extension: Make
) -> None:
    names = encode(0x30, encode(0x82, b"a.example"))
    at_length = parse_certificate(with_extension((f"80{SUBJECT_ALT_NAME}", names)))
    assert (at_length.san_dns, at_length.issue) == (["a.example"], None)
    broken = parse_certificate(with_extension(("551d91", names), (SUBJECT_ALT_NAME, names)))
    assert broken.san_dns is None
    assert broken.issue is not None
    assert broken.issue.startswith("extensions: ")


def as_dict(facts: CertificateFacts) -> dict[str, object]:
    """Return the facts by name."""
    return {name: getattr(facts, name) for name in CertificateFacts.__slots__}


def test_first_of_two_equal_extensions_counts_and_the_second_is_noted(encode: Make, with_extension: Make) -> None:
    first, second = (encode(0x30, encode(0x82, name)) for name in (b"first.example", b"second.example"))
    pairs = [(SUBJECT_ALT_NAME, first), *[(SUBJECT_ALT_NAME, second)] * 500]
    facts = parse_by_both(with_extension(*pairs))
    assert facts.san_dns == ["first.example"]
    assert facts.issue is not None
    assert facts.issue.count("subjectAltName") == 1


def test_what_follows_the_extensions_is_noted(encode: Make, assemble: Make) -> None:
    usage = encode(0x30, encode(6, bytes.fromhex(KEY_USAGE)), encode(4, bytes.fromhex("03020780")))
    facts = parse_by_both(assemble(optional=encode(0xA3, encode(0x30, usage)) + b"\x05\x00"))
    assert facts.key_usage == ["digitalSignature"]
    assert facts.issue is not None
    assert facts.issue.startswith("extensions: trailing_data at offset ")


def test_list_that_breaks_off_keeps_what_came_before(encode: Make, assemble: Make, with_extension: Make) -> None:
    usage = encode(0x30, encode(6, bytes.fromhex(KEY_USAGE)), encode(4, bytes.fromhex("03020780")))
    facts = parse_by_both(assemble(optional=encode(0xA3, encode(0x30, usage, b"\x30\x05\x06"))))
    assert facts.key_usage == ["digitalSignature"]
    assert (facts.san_dns, facts.is_ca, facts.sct_count) == (None, None, None)
    assert facts.issue is not None
    assert facts.issue.startswith("extensions: truncated at offset ")
