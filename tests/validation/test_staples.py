"""Stapled OCSP responses: made ones, each verdict once, and what cryptography and openssl say of the same."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from made_chains import (
    LEAF,
    MIDDLE,
    NOON,
    NOON_NS,
    ROOT,
    UNKNOWN_EXTENSION,
    YEARS,
    issue,
    key_of,
    make_validator,
    named,
)
from tls_vectors import certificate, ecdhe_exchange, handshake, message, server_hello, server_name
from traffic import converse, tls12_turns, write_pcap

import tlsinspect
from tlsinspect.certificates import parse_certificate, pem_of
from tlsinspect.certificates.der import iter_elements, parse_element
from tlsinspect.errors import DecodeError
from tlsinspect.validation import STAPLE_VERDICTS, Trust
from tlsinspect.validation.ocsp import parse_response
from tlsinspect.validation.staple import CLOCK_SKEW, is_about, key_bits, read_staple
from tlsinspect.wire.limits import DEFAULT_LIMITS, Limits

DAY = timedelta(days=1)
CHAIN = [parse_certificate(der).sha256 for der in (LEAF, MIDDLE)]
SIGNING = [ExtendedKeyUsageOID.OCSP_SIGNING]
OTHER = issue("other.example", "Middle", names=["other.example"])
FORGER = issue("Middle", "Root", authority=True, key="forger")
DELEGATE = issue("responder", "Middle", uses=SIGNING)
ODD_DELEGATE = issue("odd responder", "Middle", (UNKNOWN_EXTENSION, True), uses=SIGNING)
UNSUCCESSFUL = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)


def respond(
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    *,
    of: bytes = LEAF,
    issuer: bytes = MIDDLE,
    responder: bytes = MIDDLE,
    signer: str = "Middle",
    start: datetime = NOON - DAY,
    end: datetime | None = NOON + DAY,
    by_name: bool = False,
    sent: Sequence[bytes] = (),
    digest: hashes.HashAlgorithm | None = None,
) -> bytes:
    """A response about one certificate."""
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    made = ocsp.OCSPResponseBuilder().add_response(
        x509.load_der_x509_certificate(of), x509.load_der_x509_certificate(issuer), digest or hashes.SHA1(),
        status, start, end, NOON - 2 * DAY if revoked else None, x509.ReasonFlags.key_compromise if revoked else None,
    )  # fmt: skip
    encoding = ocsp.OCSPResponderEncoding.NAME if by_name else ocsp.OCSPResponderEncoding.HASH
    made = made.responder_id(encoding, x509.load_der_x509_certificate(responder))
    if sent:
        made = made.certificates([x509.load_der_x509_certificate(der) for der in sent])
    return made.sign(key_of(signer), hashes.SHA256()).public_bytes(Encoding.DER)


def judge(
    response: bytes, time: int | None = NOON_NS, seen: Sequence[bytes] = (LEAF, MIDDLE), **limits: int
) -> list[str]:
    """The verdicts on a response beside the chain of LEAF, as far as that was seen."""
    validator = make_validator(seen, limits=replace(DEFAULT_LIMITS, **limits))
    chain = [name for name in CHAIN if name in validator.certificates]
    return [fault.verdict for fault in read_staple(response, chain, validator).judge(time)]


CASES: dict[str, tuple[list[str], bytes]] = {
    "good": (["good"], respond()),
    "good, by name, SHA-256": (["good"], respond(by_name=True, digest=hashes.SHA256())),
    "good, SHA-224": (["good"], respond(digest=hashes.SHA224())),
    "without an end": (["good"], respond(end=None)),
    "delegated": (["good"], respond(responder=DELEGATE, signer="responder", sent=[DELEGATE])),
    "revoked": (["revoked"], respond(ocsp.OCSPCertStatus.REVOKED)),
    "unknown": (["unknown"], respond(ocsp.OCSPCertStatus.UNKNOWN)),
    "expired": (["expired"], respond(end=NOON - timedelta(hours=1))),
    "not yet": (["not_yet_valid"], respond(start=NOON + timedelta(hours=1))),
    "forged": (["bad_signature"], respond(responder=FORGER, signer="forger", by_name=True)),
    "forged revocation": (
        ["bad_signature", "revoked"],
        respond(ocsp.OCSPCertStatus.REVOKED, responder=FORGER, signer="forger", by_name=True),
    ),
    "of the leaf itself": (["unauthorized_responder"], respond(responder=LEAF, signer="www.example", sent=[LEAF])),
    "of nobody known": (["unauthorized_responder"], respond(responder=OTHER, signer="other.example")),
    "of another authority": (
        ["unauthorized_responder"],
        respond(responder=ROOT, signer="Root", sent=[issue("Root", "Root", uses=SIGNING)]),
    ),
    "of a responder with a critical extension that nobody knows": (
        ["unauthorized_responder"], respond(responder=ODD_DELEGATE, signer="odd responder", sent=[ODD_DELEGATE]),
    ),
    "about another": (["wrong_certificate"], respond(of=OTHER)),
    "about the issuer's": (["good"], respond(of=MIDDLE, issuer=ROOT, responder=ROOT, signer="Root")),
    "an error": (["unsuccessful"], UNSUCCESSFUL.public_bytes(Encoding.DER)),
    "no DER": (["malformed"], b"<html>"),
    "a tail": (["malformed"], respond() + b"\0"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_response_has_its_verdict(case: str) -> None:
    verdicts, response = CASES[case]
    assert judge(response) == verdicts


def signed_by(key: Any, sign: Callable[[bytes], bytes], algorithm: bytes) -> bytes:
    """A response of a responder that the issuer has authorized, with any key and signature."""
    made = x509.CertificateBuilder(
        named("Middle"), named("responder"), key.public_key(), x509.random_serial_number(), *YEARS
    ).add_extension(x509.ExtendedKeyUsage(SIGNING), False)
    responder = made.sign(key_of("Middle"), hashes.SHA256()).public_bytes(Encoding.DER)
    signed = parse_response(respond(responder=DELEGATE, signer="responder", by_name=True), 1).signed
    sent = nested(0xA0, nested(0x30, responder))
    basic = nested(0x30, signed, algorithm, nested(3, b"\0", sign(signed)), sent)
    kind = bytes.fromhex("06092b0601050507300101")
    return nested(0x30, b"\x0a\x01\x00", nested(0xA0, nested(0x30, kind, nested(4, basic))))


def pss(digest: hashes.HashAlgorithm, salt: int, named_salt: int | None = None) -> bytes:
    """A response that is signed with RSASSA-PSS; `named_salt` is the length that it claims instead."""
    name = nested(0x30, PSS_NAMES[digest.name], b"\5\0")
    mask = nested(0x30, bytes.fromhex("06092a864886f70d010108"), name)
    length = bytes([2, 1, salt if named_salt is None else named_salt])
    parameters = nested(0x30, nested(0xA0, name), nested(0xA1, mask), nested(0xA2, length))
    if digest.name == "sha1":  # the default of each
        parameters = b"\x30\0"
    sign = partial(RSA_KEY.sign, padding=padding.PSS(padding.MGF1(digest), salt), algorithm=digest)
    return signed_by(RSA_KEY, sign, nested(0x30, bytes.fromhex("06092a864886f70d01010a"), parameters))


RSA_KEY = rsa.generate_private_key(65537, 2048)
ED_KEY = ed25519.Ed25519PrivateKey.generate()
CURVE_KEY = ec.generate_private_key(ec.SECP384R1())
ED25519, ECDSA_SHA384 = bytes.fromhex("300506032b6570"), bytes.fromhex("300a06082a8648ce3d040303")
PSS_NAMES = {
    "sha1": bytes.fromhex("06052b0e03021a"), "sha256": bytes.fromhex("0609608648016503040201"),
    "sha384": bytes.fromhex("0609608648016503040202"),
}  # fmt: skip
SIGNATURES: dict[str, tuple[list[str], Callable[[], bytes]]] = {
    "PSS, SHA-256": (["good"], lambda: pss(hashes.SHA256(), 32)),
    "PSS, SHA-384, short salt": (["good"], lambda: pss(hashes.SHA384(), 20)),
    "PSS, all defaults": (["good"], lambda: pss(hashes.SHA1(), 20)),
    "PSS, another salt than it says": (["bad_signature"], lambda: pss(hashes.SHA256(), 32, 20)),
    "Ed25519": (["good"], lambda: signed_by(ED_KEY, ED_KEY.sign, ED25519)),
    "Ed25519, of something else": (["bad_signature"], lambda: signed_by(ED_KEY, lambda _: ED_KEY.sign(b""), ED25519)),
    "ECDSA, P-384": (
        ["good"],
        lambda: signed_by(CURVE_KEY, lambda text: CURVE_KEY.sign(text, ec.ECDSA(hashes.SHA384())), ECDSA_SHA384),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SIGNATURES)
def test_signatures_of_every_kind_are_checked_and_openssl_says_the_same(case: str, tmp_path: Path) -> None:
    verdicts, make = SIGNATURES[case]
    response = make()
    assert judge(response) == verdicts
    assert openssl_accepts(response, tmp_path) == (verdicts == ["good"])


@pytest.mark.parametrize("parameters", ["", "3006 a304 0202 0100", "3006 a204 0202 0201", "3005 a203 0201 ff"])
def test_a_pss_signature_whose_parameters_are_missing_or_nobody_has_is_not_checked(parameters: str) -> None:
    """None at all, another trailer than 1, a salt of 513 octets and one of -1."""
    identifier = nested(0x30, bytes.fromhex("06092a864886f70d01010a"), bytes.fromhex(parameters))
    assert judge(signed_by(RSA_KEY, lambda _: bytes(256), identifier)) == ["unchecked"]


@pytest.mark.parametrize(
    ("number", "digest"), [("1.2.840.113549.2.5", hashlib.md5), ("2.16.840.1.101.3.4.2.8", hashlib.sha3_256)]
)
def test_a_certificate_is_known_by_the_rarer_hashes_too(number: str, digest: Callable[[bytes], Any]) -> None:
    validator = make_validator((LEAF, MIDDLE))
    leaf, middle = map(validator.candidate, CHAIN)
    (statement,) = parse_response(respond(), 1).statements
    hashed = digest(leaf.issuer_encoding).digest(), digest(key_bits(middle)).digest()
    told = statement._replace(hash_algorithm=number, issuer_name_hash=hashed[0], issuer_key_hash=hashed[1])
    assert is_about(told, leaf, [middle])
    assert not is_about(told._replace(issuer_key_hash=hashed[0]), leaf, [middle])
    assert not is_about(told._replace(hash_algorithm="1.2.3"), leaf, [middle])


def test_every_verdict_has_a_case_here() -> None:
    told = {verdict for verdicts, _ in CASES.values() for verdict in verdicts}
    assert set(STAPLE_VERDICTS) - told == {"limit", "unchecked"}


def test_without_the_issuer_nothing_is_known_for_sure() -> None:
    assert judge(respond(), seen=[LEAF]) == ["unchecked"]
    assert judge(respond(ocsp.OCSPCertStatus.REVOKED), seen=[LEAF]) == ["revoked", "unchecked"]


def test_without_an_end_a_response_holds_for_a_day() -> None:
    for status, verdicts in (
        (ocsp.OCSPCertStatus.GOOD, ["expired"]),
        (ocsp.OCSPCertStatus.REVOKED, ["revoked", "expired"]),
    ):
        response, last = respond(status, start=NOON - 2 * DAY, end=None), NOON_NS - 24 * 3600 * 10**9 + CLOCK_SKEW
        assert judge(response, last) == (verdicts[:-1] or ["good"])
        assert judge(response, last + 1) == verdicts


def test_clocks_may_differ_by_minutes_and_no_more() -> None:
    response = respond()
    end = NOON_NS + 86_400 * 10**9 + CLOCK_SKEW
    assert (judge(response, end), judge(response, end + 1)) == (["good"], ["expired"])
    start = NOON_NS - 86_400 * 10**9 - CLOCK_SKEW
    assert (judge(response, start), judge(response, start - 1)) == (["good"], ["not_yet_valid"])


def test_without_a_time_what_says_good_is_not_known_to_be_in_date() -> None:
    assert judge(respond(), time=None) == ["unchecked"]
    assert judge(CASES["revoked"][1], time=None) == ["revoked"]


def test_a_responder_whose_certificate_has_expired_may_not_sign() -> None:
    brief = issue("responder", "Middle", uses=SIGNING, validity=(NOON - 2 * DAY, NOON - DAY / 2))
    response = respond(responder=brief, signer="responder", sent=[brief])
    assert judge(response) == ["unauthorized_responder"]
    assert judge(response, NOON_NS - 86_400 * 10**9) == ["good"]


def test_every_cut_of_a_response_is_malformed() -> None:
    whole = respond(sent=[DELEGATE])
    assert all(judge(whole[:size]) == ["malformed"] for size in range(0, len(whole), 5))


def test_damage_anywhere_never_escapes() -> None:
    whole = respond(ocsp.OCSPCertStatus.REVOKED, responder=DELEGATE, signer="responder", sent=[DELEGATE])
    for place in range(0, len(whole), 7):
        for octet in (0x00, 0x84):
            verdicts = judge(whole[:place] + bytes([octet]) + whole[place + 1 :])
            assert verdicts and set(verdicts) <= set(STAPLE_VERDICTS)


def nested(tag: int, *parts: bytes) -> bytes:
    """DER with a length of three octets."""
    contents = b"".join(parts)
    return bytes([tag]) + b"\x83" + len(contents).to_bytes(3, "big") + contents


def test_of_thousands_of_statements_the_first_are_read() -> None:
    found = parse_response(respond(of=OTHER), 1)
    responder, time, listed = iter_elements(parse_element(found.signed, 0, len(found.signed)))
    signed = nested(0x30, responder.encoding, time.encoding, nested(0x30, listed.contents * 1000))
    basic = nested(0x30, signed, found.algorithm, b"\x03\x02\x00\x00")
    kind = bytes.fromhex("06092b0601050507300101")
    whole = nested(0x30, b"\x0a\x01\x00", nested(0xA0, nested(0x30, kind, nested(4, basic))))
    assert (parse_response(whole, 64).total, len(parse_response(whole, 64).statements)) == (1000, 64)
    assert judge(whole) == ["limit"]
    assert judge(whole, staple_statements=1000) == ["wrong_certificate"]


@pytest.mark.parametrize("case", [case for case in CASES if case not in ("no DER", "a tail")])
def test_the_fields_are_those_that_cryptography_reads(case: str) -> None:
    response = CASES[case][1]
    ours, theirs = parse_response(response, 64), ocsp.load_der_ocsp_response(response)
    assert ours.status.lower() == theirs.response_status.name.lower().replace("_", "")
    if ours.status != "successful":
        return
    [statement] = ours.statements
    assert ours.total == len(list(theirs.responses)) == 1
    assert (statement.serial, statement.status) == (theirs.serial_number, theirs.certificate_status.name.lower())
    assert (statement.issuer_name_hash, statement.issuer_key_hash) == (theirs.issuer_name_hash, theirs.issuer_key_hash)
    assert (ours.signature, ours.signed) == (theirs.signature, theirs.tbs_response_bytes)
    assert ours.responder_key_hash == theirs.responder_key_hash
    assert ours.responder == (theirs.responder_name and theirs.responder_name.rfc4514_string())
    assert statement.this_update == nanoseconds(theirs.this_update_utc)
    assert statement.next_update == nanoseconds(theirs.next_update_utc)
    assert ours.produced_at == nanoseconds(theirs.produced_at_utc)
    assert statement.revocation_time == nanoseconds(theirs.revocation_time_utc)
    assert statement.revocation_reason == (theirs.revocation_reason and theirs.revocation_reason.value)


def nanoseconds(moment: datetime | None) -> int | None:
    """Nanoseconds since 1970-01-01 UTC."""
    return None if moment is None else int(moment.timestamp()) * 10**9


@pytest.mark.parametrize(
    "case",
    [
        "good",
        "good, by name, SHA-256",
        "delegated",
        "forged",
        "of the leaf itself",
        "of nobody known",
        "of a responder with a critical extension that nobody knows",
    ],
)
def test_openssl_says_the_same_of_the_signature(case: str, tmp_path: Path) -> None:
    verdicts, response = CASES[case]
    options = ["-sha256"] if "SHA-256" in case else []
    assert openssl_accepts(response, tmp_path, *options) == (verdicts == ["good"])


def openssl_accepts(response: bytes, tmp_path: Path, *options: str) -> bool:
    """Whether openssl ocsp is content with the signature of a response about LEAF."""
    (tmp_path / "response.der").write_bytes(response)
    (tmp_path / "root.pem").write_text(pem_of(ROOT))
    (tmp_path / "issuer.pem").write_text(pem_of(MIDDLE))
    (tmp_path / "leaf.pem").write_text(pem_of(LEAF))
    command = ["openssl", "ocsp", *options, "-respin", "response.der", "-issuer", "issuer.pem", "-cert", "leaf.pem",
               "-CAfile", "root.pem", "-verify_other", "issuer.pem", "-attime", str(NOON_NS // 10**9)]  # fmt: skip
    told = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    return "Response verify OK" in told.stderr


def stapled_turns(*statuses: bytes) -> tuple[bytes, ...]:
    """A TLS 1.2 handshake with these CertificateStatus bodies behind the certificates."""
    turns = tls12_turns(server_name(b"www.example"), LEAF, MIDDLE)
    flight = (message(2, server_hello()), message(11, certificate(LEAF, MIDDLE)))
    more = tuple(message(22, status) for status in statuses)
    return (turns[0], handshake(*flight, *more, message(12, ecdhe_exchange()), message(14)), *turns[2:])


def status_of(response: bytes) -> bytes:
    """A CertificateStatus body."""
    return b"\x01" + len(response).to_bytes(3, "big") + response


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tlsinspect.Inspection:
    """Handshakes with a good response, now and three days later, two at once, none, and one that breaks off."""
    both = respond(), respond(of=MIDDLE, issuer=ROOT, responder=ROOT, signer="Root")
    several = b"".join(len(each).to_bytes(3, "big") + each for each in (both[0], b"", both[1]))
    turns: list[tuple[tuple[bytes, ...], int]] = [
        (stapled_turns(status_of(respond())), 0),
        (stapled_turns(status_of(respond())), 3),
        (stapled_turns(b"\x02" + len(several).to_bytes(3, "big") + several), 0),
        (stapled_turns(), 0),
        (stapled_turns(status_of(respond())[:-9]), 0),
        (stapled_turns(b"\x07"), 0),
        (stapled_turns(status_of(bytes(3000))), 0),
    ]
    packets = []
    for number, (turn, days) in enumerate(turns):
        start = NOON_NS + days * 86_400 * 10**9 + number
        packets += converse(*turn, client=("192.0.2.1", 50_000 + number), start_ns=start)
    path = write_pcap(tmp_path_factory.mktemp("made") / "made.pcap", packets)
    return tlsinspect.read(path, limits=Limits(staple_octets=2000))


def rows_of(made: tlsinspect.Inspection, **asked: Any) -> list[tuple[int, int, str]]:
    """Client port less 50,000, position and verdict of each row."""
    table = made.trusting(Trust("the test's root", [ROOT]), **asked).arrow("ocsp").to_pylist()
    ports = dict(zip(made.connections["connection_id"], made.connections["client_port"], strict=True))
    return sorted((ports[row["connection_id"]] - 50_000, row["position"], row["verdict"]) for row in table)


def test_the_frame_has_a_row_per_response_judged_at_its_time(made: tlsinspect.Inspection) -> None:
    assert rows_of(made) == [(0, 0, "good"), (1, 0, "expired"), (2, 0, "good"), (2, 1, "good")]
    late = rows_of(made, at=datetime(2025, 6, 18, tzinfo=UTC))
    assert {verdict for _, _, verdict in late} == {"expired"}


def test_what_was_judged_before_is_judged_anew_by_other_trust(made: tlsinspect.Inspection) -> None:
    tables = ("validation", "ocsp", "scts", "findings")
    before = {name: made.arrow(name) for name in tables}
    other = made.trusting(Trust("the test's root", [ROOT]))
    assert {name for name in tables if other.arrow(name).equals(before[name])} == {"scts"}  # there are none


def test_a_row_names_certificate_signer_and_times(made: tlsinspect.Inspection) -> None:
    rows = made.trusting(Trust("the test's root", [ROOT])).arrow("ocsp").to_pylist()
    [row] = [row for row in rows if row["position"] == 1]
    assert (row["certificate_sha256"], row["certificate_position"]) == (CHAIN[1], 1)
    assert (row["signer"], row["signer_sha256"]) == ("issuer", parse_certificate(ROOT).sha256)
    assert (row["this_update"], row["next_update"]) == (NOON - DAY, NOON + DAY)
    assert row["signature_algorithm"] == "ecdsa-with-SHA256" and row["signature_valid"]


def test_what_never_ends_is_judged_too(tmp_path: Path) -> None:
    never = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    eternal = issue("responder", "Middle", uses=SIGNING, validity=(YEARS[0], never))
    responses = [respond(end=never), respond(responder=eternal, signer="responder", sent=[eternal])]
    packets = []
    for number, response in enumerate(responses):
        turns = stapled_turns(status_of(response))
        packets += converse(*turns, client=("192.0.2.1", 50_000 + number), start_ns=NOON_NS + number)
    assert rows_of(tlsinspect.read(write_pcap(tmp_path / "made.pcap", packets))) == [(0, 0, "good"), (1, 0, "good")]


def test_what_breaks_off_or_is_too_long_is_a_problem(made: tlsinspect.Inspection) -> None:
    table = made.connections.set_index("client_port").sort_index()
    assert list(table.loc[50_000:, "ocsp_status"]) == ["present"] * 3 + ["absent"] + ["present"] * 3
    assert [len(names) for names in table.loc[50_004:, "ocsp_sha256s"]] == [0, 0, 0]
    told = made.problems.merge(made.connections[["connection_id", "client_port"]]).sort_values("client_port")
    assert list(told["kind"]) == ["truncated", "unsupported", "limit"]


def test_all_different_responses_together_have_a_limit(tmp_path: Path) -> None:
    packets = []
    for number in range(4):
        response = respond(start=NOON - DAY - timedelta(minutes=number))
        client = ("192.0.2.1", 50_000 + number)
        packets += converse(*stapled_turns(status_of(response)), client=client, start_ns=NOON_NS + number)
    path = write_pcap(tmp_path / "many.pcap", packets)
    read = tlsinspect.read(path, limits=Limits(staples_octets=3 * len(respond()) + 99))
    assert len(read.ocsp) == 3
    assert list(read.problems["kind"]) == ["limit"]


def test_a_response_is_refused_by_its_first_octets() -> None:
    with pytest.raises(DecodeError):
        parse_response(b"", 64)
