"""Chains of certificates that no library would make, encoded by hand, with openssl's word on each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from made_chains import NOON_NS, judge, key_of, make_validator, openssl_codes

from tlsinspect.certificates import parse_certificate, pem_of
from tlsinspect.certificates.der import encode_object_identifier, iter_elements, parse_element
from tlsinspect.validation.candidate import Candidate
from tlsinspect.validation.staple import find_issuers
from tlsinspect.wire.limits import DEFAULT_LIMITS

BASIC_CONSTRAINTS, ALTERNATIVE_NAME, NAME_CONSTRAINTS = "2.5.29.19", "2.5.29.17", "2.5.29.30"
KEY = "2.5.29.14"
MAIL, DNS, URI, IP = 0x81, 0x82, 0x86, 0x87
PERMITTED, EXCLUDED = 0xA0, 0xA1
RSA, PSS, MGF1 = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.8"
SHA256, SHA512 = "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.3"
RSA_KEY = rsa.generate_private_key(65537, 2048)


def encode(tag: int, *parts: bytes) -> bytes:
    """The DER of one element."""
    contents = b"".join(parts)
    length = len(contents).to_bytes(3, "big").lstrip(b"\0") or b"\0"
    return bytes([tag]) + (length if len(contents) < 128 else bytes([0x80 + len(length)]) + length) + contents


def identifier(kind: str, *parameters: bytes) -> bytes:
    """An AlgorithmIdentifier."""
    return encode(0x30, encode_object_identifier(kind), *parameters)


ECDSA = identifier("1.2.840.10045.4.3.2")
RSA_SHA256 = identifier("1.2.840.113549.1.1.11", b"\5\0")


def name(*attributes: tuple[str, int, bytes]) -> bytes:
    """A Name, of types, tags and texts."""
    return encode(
        0x30,
        *(
            encode(0x31, encode(0x30, encode_object_identifier(kind), encode(tag, text)))
            for kind, tag, text in attributes
        ),
    )


def common(text: str) -> bytes:
    """A Name of a common name alone."""
    return name(("2.5.4.3", 0x0C, text.encode()))


def extension(kind: str, value: bytes, critical: bool = False) -> bytes:
    """An Extension."""
    return encode(0x30, encode_object_identifier(kind), encode(1, b"\xff") * critical, encode(4, value))


AUTHORITY = extension(BASIC_CONSTRAINTS, encode(0x30, encode(1, b"\xff")), critical=True)


def public(who: str) -> bytes:
    """The SubjectPublicKeyInfo of a key of made_chains."""
    return key_of(who).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def certificate(
    subject: str | bytes,
    issuer: str,
    *extensions: bytes,
    key: bytes = b"",
    algorithm: bytes = ECDSA,
    sign: Callable[[bytes], bytes] | None = None,
    start: bytes = encode(0x17, b"200101000000Z"),
    end: bytes = encode(0x17, b"400101000000Z"),
) -> bytes:
    """A certificate of version 3, signed by `sign` or else with the issuer's key of made_chains."""
    subject_name = common(subject) if isinstance(subject, str) else subject
    signed = encode(
        0x30, encode(0xA0, encode(2, b"\2")), encode(2, b"\x11"), algorithm, common(issuer), encode(0x30, start, end),
        subject_name, key or public(subject if isinstance(subject, str) else "leaf"),
        encode(0xA3, encode(0x30, *extensions)) if extensions else b"",
    )  # fmt: skip
    signature = sign(signed) if sign else key_of(issuer).sign(signed, ec.ECDSA(hashes.SHA256()))
    return encode(0x30, signed, algorithm, encode(3, b"\0" + signature))


ROOT = certificate("Root", "Root", AUTHORITY)


def verdicts(folder: Path, chain: list[bytes], *errors: int, root: bytes = ROOT) -> list[str]:
    """The verdicts on a chain, once openssl has said one of `errors`, or nothing where there are none."""
    if shutil.which("openssl"):
        (folder / "roots.pem").write_text(pem_of(root))
        codes = openssl_codes(folder, chain, folder / "roots.pem", NOON_NS)
        assert codes & set(errors) if errors else not codes
    return [fault.verdict for fault in judge(chain, trusted=[root]).faults]


def pss(digest: str, salt: int) -> bytes:
    """RSASSA-PSS with its parameters."""
    mask = identifier(MGF1, identifier(digest))
    return identifier(
        PSS, encode(0x30, encode(0xA0, identifier(digest)), encode(0xA1, mask), encode(0xA2, encode(2, bytes([salt]))))
    )


def sign_pkcs1(octets: bytes) -> bytes:
    """A PKCS #1 v1.5 signature."""
    return RSA_KEY.sign(octets, padding.PKCS1v15(), hashes.SHA256())


def sign_pss(octets: bytes) -> bytes:
    """An RSASSA-PSS signature with SHA-256 and a salt of 32 octets."""
    return RSA_KEY.sign(octets, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


PSS_KEYS = {
    # name: the key's AlgorithmIdentifier, the signature's, how to sign, errors of openssl
    "any PSS": (identifier(PSS), pss(SHA256, 32), sign_pss, []),
    "less salt": (pss(SHA256, 16), pss(SHA256, 32), sign_pss, []),
    "more salt": (pss(SHA256, 33), pss(SHA256, 32), sign_pss, [7]),
    "another hash": (pss(SHA512, 32), pss(SHA256, 32), sign_pss, [7]),
    "PKCS #1": (identifier(PSS), RSA_SHA256, sign_pkcs1, [20]),
    "PKCS #1 by a bound key": (pss(SHA256, 32), RSA_SHA256, sign_pkcs1, [20]),
    "PKCS #1 by any key": (identifier(RSA, b"\5\0"), RSA_SHA256, sign_pkcs1, []),
}


@pytest.mark.parametrize("case", PSS_KEYS)
def test_a_key_for_pss_alone_makes_no_other_signature_and_none_beside_its_parameters(case: str, tmp_path: Path) -> None:
    kind, algorithm, sign, errors = PSS_KEYS[case]
    numbers = RSA_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    key = encode(0x30, kind, encode(3, b"\0" + numbers))
    root = certificate("RSA Root", "RSA Root", AUTHORITY, key=key, algorithm=algorithm, sign=sign)
    leaf = certificate("leaf", "RSA Root", algorithm=algorithm, sign=sign)
    assert verdicts(tmp_path, [leaf], *errors, root=root) == (["bad_signature"] if errors else [])


def below(side: int, tag: int, base: bytes, *more: bytes) -> bytes:
    """Name constraints of one subtree, permitted (0xA0) or excluded (0xA1)."""
    return encode(0x30, encode(side, encode(0x30, encode(tag, base), *more)))


def constrained(constraints: bytes, *names: tuple[int, bytes], subject: bytes = b"\x30\0") -> list[bytes]:
    """A chain of a leaf with alternative names below an authority with constraints."""
    alternatives = encode(0x30, *(encode(tag, text) for tag, text in names))
    leaf = certificate(
        subject, "Middle", *([extension(ALTERNATIVE_NAME, alternatives, critical=True)] if names else [])
    )
    return [leaf, certificate("Middle", "Root", AUTHORITY, extension(NAME_CONSTRAINTS, constraints, critical=True))]


ADDRESS, NETWORK = b"\xc0\0\2\1", b"\xc0\0\2\0\xff\xff\xff\0"
CONSTRAINED = {
    # name: chain, error of openssl, 0 for none
    "mail without a host": (constrained(below(EXCLUDED, MAIL, b"example"), (MAIL, b"a")), 53),
    "mail of an excluded host behind @": (constrained(below(EXCLUDED, MAIL, b"@example"), (MAIL, b"a@Example")), 48),
    "mail of another local part": (constrained(below(PERMITTED, MAIL, b"a@example"), (MAIL, b"A@example")), 47),
    "mail of that local part": (constrained(below(PERMITTED, MAIL, b"a@example"), (MAIL, b"a@EXAMPLE")), 0),
    "mail of a host": (constrained(below(PERMITTED, MAIL, b"Example"), (MAIL, b"a@eXAMPLE")), 0),
    "mail of a host below": (constrained(below(PERMITTED, MAIL, b".example"), (MAIL, b"a@b.example")), 0),
    "mail of no host below": (constrained(below(PERMITTED, MAIL, b".example"), (MAIL, b"a@example")), 47),
    "URI without a host": (constrained(below(EXCLUDED, URI, b"example"), (URI, b"urn:a")), 53),
    "URI of that host": (constrained(below(PERMITTED, URI, b"EXAMPLE"), (URI, b"http://example:80/")), 0),
    "URI of a host below": (constrained(below(EXCLUDED, URI, b".example"), (URI, b"http://a.EXAMPLE/")), 48),
    "address of three octets": (constrained(below(EXCLUDED, IP, NETWORK), (IP, ADDRESS[:3])), 53),
    "address within": (constrained(below(PERMITTED, IP, NETWORK), (IP, ADDRESS)), 0),
    "network of seven octets": (constrained(below(EXCLUDED, IP, NETWORK[:7]), (IP, ADDRESS)), 53),
    "common name with NUL": (constrained(below(EXCLUDED, DNS, b"test"), subject=common("a.test\0.b")), 53),
    "common name without NUL": (constrained(below(EXCLUDED, DNS, b"example"), subject=common("a.test")), 0),
    "subtree without a base": (constrained(encode(0x30, encode(EXCLUDED, b"\x30\0")), (DNS, b"a.test")), 20),
    "the same side twice": (
        constrained(encode(0x30, 2 * below(EXCLUDED, DNS, b"example")[2:]), (DNS, b"a.test")), 20,
    ),
    "a base of no kind": (constrained(below(EXCLUDED, 0x8F, b"example"), (DNS, b"a.test")), 20),
    "a maximum": (constrained(below(EXCLUDED, DNS, b"example", encode(0x81, b"\1")), (DNS, b"a.test")), 49),
}  # fmt: skip


@pytest.mark.parametrize("case", CONSTRAINED)
def test_what_cannot_be_compared_with_name_constraints_does_not_pass_them(case: str, tmp_path: Path) -> None:
    chain, error = CONSTRAINED[case]
    assert verdicts(tmp_path, chain, *[error] * bool(error)) == (["constraint_violated"] if error else [])


@pytest.mark.parametrize("tag", [MAIL, DNS, URI])
def test_a_long_name_is_brought_into_its_form_once_and_not_for_each_constraint(tag: int) -> None:
    bases = (encode(0x30, encode(tag, b"b%d" % number)) for number in range(50_000))
    constraints = encode(0x30, encode(PERMITTED, *bases))
    chain = constrained(constraints, (tag, b"http://a@" + b"A" * 600_000))
    start = process_time()
    assert [fault.verdict for fault in judge(chain).faults] == ["constraint_violated"]
    assert process_time() - start < 3  # it is some tenths of a second; it was a minute and more


def test_a_long_constraint_is_not_copied_for_each_name() -> None:
    constraints = encode(0x30, encode(EXCLUDED, encode(0x30, encode(DNS, b"b" * 500_000))))
    chain = constrained(constraints, *[(DNS, b"a.b")] * 150_000)
    start = process_time()
    assert judge(chain).faults == ()
    assert process_time() - start < 2  # it is some tenths of a second, compiled


@pytest.mark.parametrize("length", ["0201ff", "0200", "0205ff00000000", "0401ff"])
def test_an_authority_whose_path_length_cannot_be_read_issues_nothing(length: str, tmp_path: Path) -> None:
    constraints = encode(0x30, bytes.fromhex("0101ff" + length))
    middle = certificate("Middle", "Root", extension(BASIC_CONSTRAINTS, constraints, critical=True))
    assert verdicts(tmp_path, [certificate("leaf", "Middle"), middle], 20, 25) == ["malformed"]


@pytest.mark.parametrize(
    "written",
    ["2001010000Z", "200101000000.5Z", "200101000000+0000", "202001010000Z", "20200101000000.5Z", "202001010000.5Z"],
)
def test_a_time_that_is_not_written_as_it_should_be_dates_no_certificate(written: str, tmp_path: Path) -> None:
    tag = 0x18 if written.startswith("2020") else 0x17
    chain = [certificate("leaf", "Root", start=encode(tag, written.encode()))]
    assert verdicts(tmp_path, chain, 13) == ["malformed"]
    facts = parse_certificate(chain[0])
    assert facts.not_before is not None
    assert "not_before: bad_value" in (facts.issue or "")


def test_an_alternative_name_of_the_issuer_that_is_critical_is_not_understood(tmp_path: Path) -> None:
    leaf = certificate("leaf", "Root", extension("2.5.29.18", encode(0x30, encode(DNS, b"a.test")), critical=True))
    assert verdicts(tmp_path, [leaf], 34) == ["constraint_violated"]


AUTHORITY_KEYS = {
    # name: contents of authorityKeyIdentifier below a root with the key identifier "key", verdict, error of openssl
    "its key": (encode(0x80, b"key"), [], 0),
    "an empty key": (encode(0x80), ["incomplete_chain"], 20),
    "two keys": (encode(0x80, b"other") + encode(0x80, b"key"), ["malformed"], 20),
    "serial number in front": (
        encode(0x82, b"\x11") + encode(0xA1, encode(0xA4, common("Root"))), ["malformed"], 20,
    ),
    "issuer and serial number": (encode(0xA1, encode(0xA4, common("Root"))) + encode(0x82, b"\x11"), [], 0),
    "another serial number": (
        encode(0xA1, encode(0xA4, common("Root"))) + encode(0x82, b"\x12"), ["incomplete_chain"], 20,
    ),
    "nothing": (b"", [], 0),
    "what nobody knows": (encode(0x85, b"key"), ["malformed"], 20),
}  # fmt: skip


@pytest.mark.parametrize("case", AUTHORITY_KEYS)
def test_the_issuer_is_known_by_identifiers_that_are_whole(case: str, tmp_path: Path) -> None:
    contents, found, error = AUTHORITY_KEYS[case]
    root = certificate("Root", "Root", AUTHORITY, extension(KEY, encode(4, b"key")))
    leaf = certificate("leaf", "Root", extension("2.5.29.35", encode(0x30, contents)))
    assert verdicts(tmp_path, [leaf], *[error] * bool(error), root=root) == found
    odd = certificate("leaf", "Root", extension(KEY, b"\5\0"))
    assert verdicts(tmp_path, [odd], 20, root=root) == ["malformed"]


@pytest.mark.parametrize("factor", [-1, 0])
def test_a_key_without_numbers_is_no_limit(factor: int, tmp_path: Path) -> None:
    modulus = factor * RSA_KEY.public_key().public_numbers().n
    numbers = encode(0x30, encode(2, modulus.to_bytes(257, "big", signed=True)), encode(2, b"\1\0\1"))
    key = encode(0x30, identifier(RSA, b"\5\0"), encode(3, b"\0" + numbers))
    root = certificate("RSA Root", "RSA Root", AUTHORITY, key=key, algorithm=RSA_SHA256, sign=sign_pkcs1)
    leaf = certificate("leaf", "RSA Root", algorithm=RSA_SHA256, sign=sign_pkcs1)
    assert verdicts(tmp_path, [leaf], 7, 20, root=root) == ["unsupported"]


def rewrite(der: bytes, old: bytes, new: bytes) -> bytes:
    """A certificate with octets changed that are there once, and signed anew by the root."""
    assert der.count(old) == 1 and len(old) == len(new)
    signed = next(iter_elements(parse_element(der, 0, len(der)))).encoding.replace(old, new)
    signature = key_of("Root").sign(signed, ec.ECDSA(hashes.SHA256()))
    return encode(0x30, signed, ECDSA, encode(3, b"\0" + signature))


NAMED = certificate(
    "leaf",
    "Root",
    extension(ALTERNATIVE_NAME, encode(0x30, encode(DNS, b"a.test"))),
    extension(KEY, encode(4, b"key")),
)
POINT = key_of("leaf").public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
DAMAGED = {
    # name: octets of NAMED, what stands there instead, error of openssl (None: one without a number)
    "a version that is no number": (bytes.fromhex("a003020102"), bytes.fromhex("a003040102"), None),
    "an extension that is no string of octets": (b"\x04\x05\x04\x03key", b"\x80\x05\x04\x03key", None),
    "a name of no kind": (b"\x82\x06a.test", b"\x8f\x06a.test", 20),
    "a key that is no point": (POINT, POINT[:-1] + bytes([POINT[-1] ^ 1]), None),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_openssl_cannot_read_of_a_certificate_ends_its_chain(case: str, tmp_path: Path) -> None:
    old, new, error = DAMAGED[case]
    assert verdicts(tmp_path, [NAMED]) == []
    chain = [rewrite(NAMED, old, new)]
    found = [fault.verdict for fault in judge(chain, trusted=[ROOT]).faults]
    assert found == ["malformed"]
    if error is not None:
        assert verdicts(tmp_path, chain, error) == found


def test_of_many_authorities_with_one_name_the_one_with_the_key_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 2 * DEFAULT_LIMITS.chain_signatures
    keys = [b"key %d" % number for number in range(count)]
    middles = [
        certificate(
            "Middle",
            "Root",
            AUTHORITY,
            extension(KEY, encode(4, key)),
            key=b"" if key == keys[-1] else public(str(key)),
        )
        for key in keys
    ]
    leaf = certificate("leaf", "Middle", extension("2.5.29.35", encode(0x30, encode(0x80, keys[-1]))))
    compared: list[bytes] = []
    may_issue = Candidate.may_issue
    monkeypatch.setattr(Candidate, "may_issue", lambda self, child: compared.append(self.der) or may_issue(self, child))
    validator = make_validator([leaf, *middles], trusted=[ROOT])
    found = validator.judge([parse_certificate(leaf).sha256], NOON_NS)
    assert [fault.verdict for fault in found.faults] == ["incomplete_chain"]
    assert found.anchor == "CN=Root"
    assert len(compared) < 10
    candidate = validator.candidate(parse_certificate(leaf).sha256)
    assert [issuer.der for issuer in find_issuers(candidate, validator)] == [middles[-1]]


def test_an_authority_without_key_identifier_is_found_by_its_name() -> None:
    middle = certificate("Middle", "Root", AUTHORITY)
    leaf = certificate("leaf", "Middle", extension("2.5.29.35", encode(0x30, encode(0x80, b"key"))))
    validator = make_validator([leaf, middle], trusted=[ROOT])
    assert validator.judge([parse_certificate(leaf).sha256], NOON_NS).anchor == "CN=Root"
