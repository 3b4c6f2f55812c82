"""Each verdict on a chain that deserves it, and openssl's word on the same chain at the same time."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st
from made_chains import LEAF, MIDDLE, NOON_NS, ROOT, UNKNOWN_EXTENSION, issue, judge, named, openssl_codes

from tlsinspect.certificates import parse_certificate, pem_of
from tlsinspect.wire.limits import Limits

PAST = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
FUTURE = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
OTHER_ROOT = issue("Other Root", "Other Root", authority=True)
CLIENT_USE = [ExtendedKeyUsageOID.CLIENT_AUTH]


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


def tampered(der: bytes) -> bytes:
    """A certificate whose last octet of the signature is another."""
    return der[:-1] + bytes([der[-1] ^ 1])


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
