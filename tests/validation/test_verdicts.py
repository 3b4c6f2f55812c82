"""Each verdict on a chain that deserves it, and openssl's word on the same chain at the same time."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st
from made_chains import (
    LEAF,
    MIDDLE,
    NOON_NS,
    ROOT,
    UNKNOWN_EXTENSION,
    issue,
    judge,
    key_of,
    make_validator,
    named,
    openssl_codes,
)  # fmt: skip

from tlsinspect.certificates import parse_certificate, pem_of
from tlsinspect.certificates.der import iter_elements, parse_element
from tlsinspect.wire.limits import Limits

PAST = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
FUTURE = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
OTHER_ROOT = issue("Other Root", "Other Root", authority=True)
CLIENT_USE = [ExtendedKeyUsageOID.CLIENT_AUTH]
NUMBER = x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))


def middle(*extensions: tuple[x509.ExtensionType, bool], **options: object) -> bytes:
    """An intermediate like MIDDLE, with something different."""
    return issue("Middle", "Root", *extensions, **{"authority": True, **options})  # type: ignore[arg-type]


def usage(**bits: bool) -> x509.KeyUsage:
    """A key usage with some bits."""
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: bits.get(name, False) for name in names})


def only_below(*permitted: x509.GeneralName) -> tuple[x509.ExtensionType, bool]:
    """Name constraints that permit some names."""
    return x509.NameConstraints(permitted, None), True


def network(text: str) -> x509.IPAddress:
    """A network, for name constraints."""
    return x509.IPAddress(ip_network(text))


def subject_key(octet: bytes) -> tuple[x509.ExtensionType, bool]:
    """A subjectKeyIdentifier."""
    return x509.SubjectKeyIdentifier(octet * 20), False


def authority_key(octet: bytes) -> tuple[x509.ExtensionType, bool]:
    """An authorityKeyIdentifier."""
    return x509.AuthorityKeyIdentifier(octet * 20, None, None), False


def tampered(der: bytes) -> bytes:
    """A certificate whose last octet of the signature is another."""
    return der[:-1] + bytes([der[-1] ^ 1])


NO_USAGE = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.15"), bytes.fromhex("03020700"))
CUT_USAGE = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.15"), bytes.fromhex("03020304"))
NO_PURPOSE = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.37"), bytes.fromhex("3000"))


def encode(tag: int, *parts: bytes) -> bytes:
    """The DER of one element."""
    contents = b"".join(parts)
    length = len(contents)
    octets = bytes([length]) if length < 128 else b"\x82" + length.to_bytes(2, "big")
    return bytes([tag]) + octets + contents


def spelled_out() -> bytes:
    """A leaf whose key spells out the parameters of its curve, P-256 (FIPS 186-4 D.1.2.3)."""
    prime = bytes.fromhex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")
    order = bytes.fromhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
    minus_three = prime[:-1] + b"\xfc"
    constant = bytes.fromhex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b")
    base = ec.derive_private_key(1, ec.SECP256R1()).public_key()
    field = encode(0x30, bytes.fromhex("06072a8648ce3d0101"), encode(2, b"\0" + prime))
    curve = encode(0x30, encode(4, minus_three), encode(4, constant))
    parameters = encode(
        0x30, encode(2, b"\1"), field, curve, encode(4, point_of(base)), encode(2, b"\0" + order), encode(2, b"\1")
    )
    kind = encode(0x30, bytes.fromhex("06072a8648ce3d0201"), parameters)
    key = encode(0x30, kind, encode(3, b"\0" + point_of(key_of("a").public_key())))
    signed, algorithm, _ = iter_elements(parse_element(named_curve := issue("a", "Middle"), 0, len(named_curve)))
    parts = [part.encoding for part in iter_elements(signed)]
    signed_octets = encode(0x30, *parts[:6], key, *parts[7:])
    signature = key_of("Middle").sign(signed_octets, ec.ECDSA(hashes.SHA256()))
    return encode(0x30, signed_octets, algorithm.encoding, encode(3, b"\0" + signature))


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """A point as octets, not compressed."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


CASES = {
    # name: chain, verdict, place of the certificate at fault, errors of openssl of which one is due
    "sound": ([LEAF, MIDDLE], "valid", None, set()),
    "with its root": ([LEAF, MIDDLE, ROOT], "valid", None, set()),
    "leaf expired": ([issue("a", "Middle", names=["a.test"], validity=PAST), MIDDLE], "expired", 0, {10}),
    "issuer expired": ([LEAF, middle(validity=PAST)], "expired", 1, {10}),
    "leaf not yet valid": ([issue("a", "Middle", validity=FUTURE), MIDDLE], "not_yet_valid", 0, {9}),
    "self-signed": ([issue("a", "a", names=["a.test"])], "self_signed", 0, {18}),
    "root of another": ([issue("a", "Other Root"), OTHER_ROOT], "untrusted_root", 1, {19}),
    "no root": ([issue("a", "Far"), issue("Far", "Farther", authority=True)], "untrusted_root", 1, {2, 20, 21}),
    "leaf alone": ([LEAF], "incomplete_chain", 0, {20, 21}),
    "wrong order": (
        [issue("a", "Low"), MIDDLE, issue("Low", "Middle", authority=True)], "wrong_order", 1, set(),
    ),
    "tampered leaf": ([tampered(LEAF), MIDDLE], "bad_signature", 0, {7}),
    "signed by another": ([issue("a", "Middle", signer="Eve"), MIDDLE], "bad_signature", 0, {7}),
    "issuer is no authority": ([LEAF, middle(authority=False)], "constraint_violated", 1, {24, 79}),
    "issuer without constraints": ([LEAF, middle(authority=None)], "constraint_violated", 1, {24, 79}),
    "issuer may not sign": (
        [LEAF, middle((usage(digital_signature=True), True))], "constraint_violated", 1, {24, 32, 79, 20},
    ),
    "too deep": (
        [issue("a", "Low"), issue("Low", "Middle", authority=True), middle(path_length=0)],
        "constraint_violated", 2, {25},
    ),
    "for clients": ([issue("a", "Middle", uses=CLIENT_USE), MIDDLE], "constraint_violated", 0, {26}),
    "issuer for clients": ([LEAF, middle(uses=CLIENT_USE)], "constraint_violated", 1, {26, 79}),
    "leaf key for nothing of TLS": (
        [issue("a", "Middle", (usage(crl_sign=True), True)), MIDDLE], "constraint_violated", 0, {26},
    ),
    "leaf key for nothing at all": (
        [issue("a", "Middle", (NO_USAGE, True)), MIDDLE], "constraint_violated", 0, {20, 26},
    ),
    "leaf for nobody": ([issue("a", "Middle", (NO_PURPOSE, False)), MIDDLE], "constraint_violated", 0, {26}),
    "issuer may do nothing": ([LEAF, middle((NO_USAGE, True))], "constraint_violated", 1, {20, 24, 32, 79}),
    "issuer with a use behind the last bit": (
        [LEAF, middle((CUT_USAGE, True))], "constraint_violated", 1, {20, 24, 32, 79},
    ),
    "issuer for nobody": ([LEAF, middle((NO_PURPOSE, False))], "constraint_violated", 1, {26, 79}),
    "curve spelled out": ([spelled_out(), MIDDLE], "constraint_violated", 0, {94}),
    "unknown critical": ([issue("a", "Middle", (UNKNOWN_EXTENSION, True)), MIDDLE], "constraint_violated", 0, {34}),
    "unknown, not critical": ([issue("a", "Middle", (UNKNOWN_EXTENSION, False)), MIDDLE], "valid", None, set()),
    "name not permitted": ([LEAF, middle(only_below(x509.DNSName("other.test")))], "constraint_violated", 0, {47}),
    "name permitted": (
        [issue("a", "Middle", names=["x.other.test"]), middle(only_below(x509.DNSName("other.test")))],
        "valid", None, set(),
    ),
    "name excluded": (
        [LEAF, middle((x509.NameConstraints(None, [x509.DNSName("example")]), True))], "constraint_violated", 0, {48},
    ),
    "common name not permitted": (
        [issue("www.example", "Middle"), middle(only_below(x509.DNSName("other.test")))],
        "constraint_violated", 0, {47},
    ),
    "subject not permitted": (
        [LEAF, middle(only_below(x509.DirectoryName(named("other"))))], "constraint_violated", 0, {47},
    ),
    "address permitted": (
        [LEAF, middle(only_below(x509.DNSName("example"), network("192.0.2.0/24")))], "valid", None, set(),
    ),
    "address not permitted": ([LEAF, middle(only_below(network("198.51.100.0/24")))], "constraint_violated", 0, {47}),
    "address excluded": (
        [issue("a", "Middle", names=["2001:db8::1"]),
         middle((x509.NameConstraints(None, [network("2001:db8::/32")]), True))],
        "constraint_violated", 0, {48},
    ),
    "only addresses permitted, and it has none": (
        [issue("a", "Middle", names=["a.test"]), middle(only_below(network("192.0.2.0/24")))], "valid", None, set(),
    ),
    "constraints on a kind of name that it has not": ([LEAF, middle(only_below(NUMBER))], "valid", None, set()),
    "constraints on a kind of name that is not understood": (
        [issue("a", "Middle", (x509.SubjectAlternativeName([NUMBER]), False)), middle(only_below(NUMBER))],
        "constraint_violated", 0, {51},
    ),
    "one of two names not permitted": (
        [issue("a", "Middle", names=["a.test", "b.other"]), middle(only_below(x509.DNSName("test")))],
        "constraint_violated", 0, {47},
    ),
    "for any use, which is not for servers": (
        [issue("a", "Middle", uses=[ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]), MIDDLE],
        "constraint_violated", 0, {26},
    ),
    "unknown critical in the issuer": (
        [LEAF, middle((UNKNOWN_EXTENSION, True))], "constraint_violated", 1, {34},
    ),
    "key identifiers differ": (
        [issue("a", "Middle", authority_key(b"x")), middle(subject_key(b"y"))], "incomplete_chain", 0, {20},
    ),
    "self-issued authorities do not count": (
        [issue("a", "Middle", authority_key(b"2"), signer="Second"),
         issue("Middle", "Middle", subject_key(b"2"), authority_key(b"1"), authority=True, key="Second"),
         middle(subject_key(b"1"), path_length=0)], "valid", None, set(),
    ),
    "expired intermediate beside a good one": ([LEAF, middle(validity=PAST), MIDDLE], "valid", None, set()),
    "not even DER": ([b"not DER"], "malformed", 0, None),
    "cut in the middle": ([LEAF[:200], MIDDLE], "malformed", 0, None),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_chain_gets_the_verdict_that_it_deserves_and_openssl_agrees(case: str, tmp_path: Path) -> None:
    chain, verdict, place, errors = CASES[case]
    found = judge(chain)
    assert (found.faults[0].verdict if found.faults else "valid") == verdict
    if found.faults:
        assert place is not None
        assert found.faults[0].sha256 == parse_certificate(chain[place]).sha256
        assert found.faults[0].text
    if errors is not None and shutil.which("openssl"):
        (tmp_path / "roots.pem").write_text(pem_of(ROOT))
        codes = openssl_codes(tmp_path, chain, tmp_path / "roots.pem", NOON_NS)
        assert codes & errors if errors else not codes


def root(*extensions: tuple[x509.ExtensionType, bool], **options: object) -> bytes:
    """A root like ROOT, with something different."""
    return issue("Root", "Root", *extensions, **{"authority": True, **options})  # type: ignore[arg-type]


def old_root() -> bytes:
    """ROOT as a certificate of version 1: without a version, without extensions."""
    body, algorithm, _ = iter_elements(parse_element(ROOT, 0, len(ROOT)))
    fields = [field for field in iter_elements(body) if field.tag not in (0xA0, 0xA3)]
    signed = wrap(0x30, *(field.encoding for field in fields))
    signature = key_of("Root").sign(signed, ec.ECDSA(hashes.SHA256()))
    return wrap(0x30, signed, algorithm.encoding, wrap(0x03, b"\0", signature))


def wrap(tag: int, *parts: bytes) -> bytes:
    """DER."""
    contents = b"".join(parts)
    length = [len(contents)] if len(contents) < 128 else [0x82, *len(contents).to_bytes(2, "big")]
    return bytes([tag, *length]) + contents


ROOTS = {
    # name: root, verdict, errors of openssl of which one is due
    "expired": (root(validity=PAST), "expired", {10}),
    "not yet valid": (root(validity=FUTURE), "not_yet_valid", {9}),
    "no authority below": (root(path_length=0), "constraint_violated", {25}),
    "unknown critical": (root((UNKNOWN_EXTENSION, True)), "constraint_violated", {34}),
    "for other names": (root(only_below(x509.DNSName("other.test"))), "constraint_violated", {47}),
    "for clients": (root(uses=CLIENT_USE), "constraint_violated", {26}),
    "no authority": (root(authority=False), "constraint_violated", {79}),
    "version 3 without constraints": (root(authority=None), "constraint_violated", {79}),
    "version 3 that only may sign": (root((usage(key_cert_sign=True), True), authority=None), "valid", set()),
    "version 1": (old_root(), "valid", set()),
}


@pytest.mark.parametrize("case", ROOTS)
def test_a_trusted_root_is_held_to_what_openssl_holds_it_to(case: str, tmp_path: Path) -> None:
    anchor, verdict, errors = ROOTS[case]
    found = judge([LEAF, MIDDLE], trusted=[anchor])
    assert (found.faults[0].verdict if found.faults else "valid") == verdict
    if shutil.which("openssl"):
        (tmp_path / "roots.pem").write_text(pem_of(anchor))
        codes = openssl_codes(tmp_path, [LEAF, MIDDLE], tmp_path / "roots.pem", NOON_NS)
        assert codes & errors if errors else not codes


@pytest.mark.parametrize(
    ("chain", "code"),
    [
        ([LEAF, middle(key="Other"), MIDDLE], 7),  # the first issuer of the name has another key
        ([issue("Middle", "Middle", names=["a.test"], key="a"), MIDDLE], 18),  # the leaf has its issuer's name
    ],
)
def test_a_path_is_found_where_openssl_goes_by_names_alone(chain: list[bytes], code: int, tmp_path: Path) -> None:
    assert judge(chain).faults == ()
    if shutil.which("openssl"):
        (tmp_path / "roots.pem").write_text(pem_of(ROOT))
        assert openssl_codes(tmp_path, chain, tmp_path / "roots.pem", NOON_NS) == {code}


def test_certificate_policies_are_not_processed_as_by_openssl_unless_it_is_told_to(tmp_path: Path) -> None:
    asked = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)])
    chain = [LEAF, middle((x509.PolicyConstraints(0, None), True), (asked, False))]
    (tmp_path / "roots.pem").write_text(pem_of(ROOT))
    assert not judge(chain).faults
    assert openssl_codes(tmp_path, chain, tmp_path / "roots.pem", NOON_NS) == set()
    assert openssl_codes(tmp_path, chain, tmp_path / "roots.pem", NOON_NS, None, "-policy_check") == {43}


def test_both_ends_of_the_validity_belong_to_it() -> None:
    end = int(PAST[1].timestamp()) * 10**9
    chain = [issue("a", "Middle", names=["a.test"], validity=PAST), MIDDLE]
    assert judge(chain, end).faults == ()
    assert judge(chain, end + 1).faults[0].verdict == "expired"


def test_an_intermediate_from_another_connection_completes_the_path_and_is_told() -> None:
    found = judge([LEAF], others=[MIDDLE])
    assert [fault.verdict for fault in found.faults] == ["incomplete_chain"]
    assert "CN=Middle" in found.faults[0].text
    assert found.path == tuple(parse_certificate(der).sha256 for der in (LEAF, MIDDLE, ROOT))
    assert found.anchor == "CN=Root"


@pytest.mark.parametrize("damaged", [b"not DER", MIDDLE[:200]])
def test_of_an_intermediate_that_cannot_be_read_it_is_not_said_that_it_was_not_sent(damaged: bytes) -> None:
    (fault,) = judge([LEAF, damaged]).faults
    assert fault.verdict == "incomplete_chain"
    assert "place 1 of the chain is damaged" in fault.text and "not sent" not in fault.text
    (other,) = judge([LEAF, damaged], others=[MIDDLE]).faults
    assert "cannot be read or was not sent (what was sent at place 1 of the chain is damaged)" in other.text
    (missing,) = judge([LEAF]).faults
    assert "which was not sent" in missing.text and "damaged" not in missing.text


def test_a_second_path_saves_a_chain_whose_first_leads_nowhere() -> None:
    crossed = issue("Middle", "Gone Root", authority=True)
    assert judge([LEAF, crossed, MIDDLE]).faults == ()
    assert judge([LEAF, crossed, MIDDLE]).remarks == ("unneeded_sent",)


def test_a_trusted_leaf_is_valid_although_it_signed_itself() -> None:
    own = issue("a", "a", names=["a.test"])
    assert judge([own], trusted=[own]).faults == ()


def test_names_that_differ_in_case_and_spaces_are_the_same_issuer() -> None:
    leaf = issue("a", "MIDDLE", names=["a.test"], signer="Middle")
    assert judge([leaf, MIDDLE]).faults == ()


def test_a_sound_path_that_the_web_would_refuse_says_why() -> None:
    found = judge([issue("a", "Middle"), MIDDLE])
    assert found.faults == ()
    assert found.objection == "no DNS name and no IP address in subjectAltName"


def test_authorities_that_certify_each_other_do_not_go_round() -> None:
    ring = [issue("One", "Two", authority=True), issue("Two", "One", authority=True)]
    found = judge([issue("a", "One"), *ring])
    assert found.faults[0].verdict in ("untrusted_root", "incomplete_chain")


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("chain_depth", Limits(chain_depth=2)),
        ("chain_paths", Limits(chain_paths=1)),
        ("chain_signatures", Limits(chain_signatures=1)),
    ],
)
def test_a_search_that_a_limit_ends_is_no_verdict_but_the_limit(name: str, limits: Limits) -> None:
    many = [issue("Middle", f"Gone {number}", authority=True) for number in range(3)]
    low = issue("Low", "Middle", authority=True)
    found = judge([issue("a", "Low"), low, *many], limits=limits)
    assert found.faults[0].verdict == "limit"
    assert f"limit {name}" in found.faults[0].text


def test_a_chain_is_judged_alike_whatever_was_judged_before() -> None:
    chain = [issue("a", "Low"), issue("Low", "Middle", authority=True), MIDDLE]
    validator = make_validator(chain, limits=Limits(chain_signatures=2))
    names = [parse_certificate(der).sha256 for der in chain]
    found = [validator.judge(names, NOON_NS) for _ in range(3)]
    assert found[0].faults[0].text.startswith("limit chain_signatures")
    assert found == found[:1] * 3


def test_what_was_sent_and_is_in_the_rest_of_the_capture_too_is_tried_once() -> None:
    names = ["Own Root", *(f"Step {number}" for number in range(8))]
    steps = [issue(name, issuer, authority=True) for issuer, name in pairwise(names)]
    found = judge([issue("a", names[-1]), *reversed(steps)], others=[issue("Own Root", "Own Root", authority=True)])
    assert [fault.verdict for fault in found.faults] == ["untrusted_root"]
    assert len(found.path) == 10


def test_keys_beyond_the_limits_are_refused_before_anything_is_computed() -> None:
    import huge_keys  # made of numbers alone, which takes no time

    for words, certificate in (("key_bits", huge_keys.MODULUS), ("exponent_bits", huge_keys.EXPONENT)):
        found = judge([issue("a", "Huge"), certificate], trusted=[ROOT])
        assert found.faults[0].verdict == "limit"
        assert f"limit {words}" in found.faults[0].text


def test_ten_thousand_names_under_constraints_cost_a_limit_and_no_more() -> None:
    leaf = issue("a", "Middle", names=[f"a{number}.test" for number in range(10_000)])
    authority = middle((x509.NameConstraints([x509.DNSName("test"), x509.DNSName("b.test")], None), True))
    assert judge([leaf, authority]).faults == ()
    found = judge([leaf, authority], limits=Limits(name_comparisons=10_000))
    assert found.faults[0].verdict == "limit"
    assert "name_comparisons" in found.faults[0].text


def test_a_certificate_that_is_cut_anywhere_is_a_verdict_and_no_error() -> None:
    for end in range(0, min(len(LEAF), len(MIDDLE)), 5):
        assert judge([LEAF[:end], MIDDLE]).faults[0].verdict == "malformed"
        assert judge([LEAF, MIDDLE[:end]]).faults


@given(st.lists(st.tuples(st.integers(0, len(LEAF) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_damaged_certificate_is_never_valid(changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(LEAF)
    for place, octet in changes:
        damaged[place] = octet
    found = judge([bytes(damaged), MIDDLE])
    assert bool(found.faults) == (damaged != LEAF)
