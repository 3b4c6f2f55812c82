"""Signatures of key exchanges are verified with the server's key, and a faulty one with RSA betrays it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tls_vectors as tls
from samples import SAMPLES, inspect
from signed_exchanges import (
    RSA_PSS_SHA256,
    RSA_SHA256,
    Signer,
    certificate_of,
    exchange,
    modulus,
    rsa_certificate,
    rsa_key,
    signers,
)
from traffic import NOON_NS, converse, write_pcap

import tlsinspect
from tlsinspect.findings import Facts, exchanges
from tlsinspect.findings.exchanges import (
    FAULTS_LIMIT,
    INVALID,
    REVEALING,
    UNCHECKED,
    VALID,
    RsaKey,
    digest_of,
    find_unchecked,
    judge_exchanges,
    signed_by,
)  # fmt: skip
from tlsinspect.inspection import Inspection
from tlsinspect.wire.limits import Limits

HELLO = tls.client_hello()
ANSWER = tls.server_hello(suite=0xC02F)
OLD_ANSWER = tls.server_hello(suite=0xC013, version=0x0301)
RANDOMS = HELLO[2:34] + ANSWER[2:34]


def read_flights(
    folder: Path, *exchanges: bytes, answer: bytes = ANSWER, certificate: bytes | None = None, **options: Any
) -> Inspection:
    """A capture in which each connection has one of these ServerKeyExchange messages."""
    packets = []
    for place, body in enumerate(exchanges):
        chain = tls.certificate(certificate or rsa_certificate())
        messages = ((2, answer), (11, chain), (12, body), (14, b""))
        flight = tls.handshake(*(tls.message(kind, content) for kind, content in messages))
        turns = (tls.handshake(tls.message(1, HELLO)), flight)
        packets += converse(*turns, client=("192.0.2.1", 50000 + place), start_ns=NOON_NS + place * 10**9)
    return tlsinspect.read(write_pcap(folder / "made.pcap", packets), **options)


@pytest.mark.parametrize("scheme", [RSA_SHA256, RSA_PSS_SHA256, None])
def test_signatures_are_right_or_wrong(tmp_path: Path, scheme: int | None) -> None:
    answer = OLD_ANSWER if scheme is None else ANSWER
    others = bytes(32) + RANDOMS[32:]
    bodies = exchange(RANDOMS, scheme), exchange(others, scheme), exchange(RANDOMS, scheme)[:-1]
    judged = judge_exchanges(Facts.of(read_flights(tmp_path, *bodies, answer=answer)))
    assert judged.tolist() == [VALID, INVALID, UNCHECKED]


def test_a_second_handshake_in_the_clear_leaves_the_signature_of_the_first(tmp_path: Path) -> None:
    turns = []
    for hello in (HELLO, HELLO[:2] + bytes(32) + HELLO[34:]):
        body = exchange(hello[2:34] + ANSWER[2:34])
        messages = ((2, ANSWER), (11, tls.certificate(rsa_certificate())), (12, body), (14, b""))
        turns += [tls.handshake(tls.message(1, hello))]
        turns += [tls.handshake(*(tls.message(kind, content) for kind, content in messages))]
    inspection = tlsinspect.read(write_pcap(tmp_path / "made.pcap", converse(*turns)))
    assert judge_exchanges(Facts.of(inspection)).tolist() == [VALID]


@pytest.mark.parametrize("signer", signers(), ids=lambda signer: f"{signer.suite:04x}-{signer.scheme}")
def test_signatures_of_other_keys_than_rsa_are_right_or_wrong_too(tmp_path: Path, signer: Signer) -> None:
    answer = tls.server_hello(suite=signer.suite, version=0x0301 if signer.scheme is None else 0x0303)
    bodies = signer.exchange(RANDOMS), signer.exchange(bytes(64)), signer.exchange(RANDOMS)[:-1]
    read = read_flights(tmp_path, *bodies, answer=answer, certificate=certificate_of(signer.key))
    eddsa = read.connections["authentication"].eq("EdDSA")
    assert eddsa.tolist() == [signer.scheme in (0x0807, 0x0808)] * 3
    assert read.where("authentication == 'EdDSA'").connections.equals(read.connections[eddsa])
    facts = Facts.of(read)
    assert judge_exchanges(facts).tolist() == [VALID, INVALID, UNCHECKED]
    assert find_unchecked(facts).tolist() == [False, False, True]


def test_a_signature_that_does_not_go_with_the_key_is_not_checked(tmp_path: Path) -> None:
    curve, _, _, edwards, *_ = signers()
    answer = tls.server_hello(suite=curve.suite)
    bodies = curve._replace(scheme=0x0807).exchange(RANDOMS), curve._replace(scheme=0x0603).exchange(RANDOMS)
    judged = judge_exchanges(
        Facts.of(read_flights(tmp_path, *bodies, answer=answer, certificate=certificate_of(curve.key)))
    )
    assert judged.tolist() == [UNCHECKED, INVALID]  # another algorithm; the right one with another hash
    facts = Facts.of(read_flights(tmp_path, edwards.exchange(RANDOMS), answer=answer))
    assert judge_exchanges(facts).tolist() == [UNCHECKED]  # the certificate has an RSA key


def test_keys_that_are_longer_than_any_in_use_are_not_computed_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    curve = signers()[0]
    for most, judged in ((256, VALID), (255, UNCHECKED)):
        monkeypatch.setitem(exchanges.ALSO_CHECKED, "EC", most)
        facts = Facts.of(
            read_flights(
                tmp_path,
                curve.exchange(RANDOMS),
                answer=tls.server_hello(suite=curve.suite),
                certificate=certificate_of(curve.key),
            )
        )
        assert judge_exchanges(facts).tolist() == [judged]


@pytest.mark.parametrize("scheme", [RSA_SHA256, None])
def test_a_fault_of_the_signer_gives_a_prime_of_its_key(tmp_path: Path, scheme: int | None) -> None:
    answer = OLD_ANSWER if scheme is None else ANSWER
    inspection = read_flights(tmp_path, exchange(RANDOMS, scheme, fault=4), exchange(RANDOMS, scheme), answer=answer)
    assert judge_exchanges(Facts.of(inspection)).tolist() == [REVEALING, VALID]
    (row,) = [row for row in inspection.arrow("findings").to_pylist() if row["id"].startswith("SIG-04")]
    assert (row["id"], row["severity"], row["connections"], row["subject"]) == (
        "SIG-04-KEY", "critical", 1, "198.51.100.1:443",
    )  # fmt: skip


def test_what_a_faulty_signature_betrays_is_a_prime_and_nothing_else_does() -> None:
    key = RsaKey(modulus(), 65537)
    for fault, revealed in ((0, False), (1, True), (1 << 300, True)):
        signed, _, signature = signed_by(exchange(RANDOMS, RSA_SHA256, fault), False, True) or (b"", 0, b"")
        assert key.shares_prime(signature, digest_of(RANDOMS + signed, "SHA256")) == revealed
    assert not key.shares_prime(b"\x01" * 128, digest_of(b"", "SHA256"))


def test_signatures_beyond_the_limits_are_not_checked_and_counted(tmp_path: Path) -> None:
    body = exchange(RANDOMS)
    for limits, checked in (
        (Limits(exchanges_octets=2 * len(body)), 2),
        (Limits(exchange_octets=len(body) - 1), 0),
        (Limits(key_bits=1023), 0),
        (Limits(exponent_bits=16), 0),
    ):
        facts = Facts.of(read_flights(tmp_path, body, body, body, limits=limits))
        assert (judge_exchanges(facts) == VALID).sum() == checked
        assert find_unchecked(facts).sum() == 3 - checked


def test_primes_are_looked_for_in_the_first_signatures_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert FAULTS_LIMIT > 1
    monkeypatch.setattr("tlsinspect.findings.exchanges.FAULTS_LIMIT", 1)
    bodies = [exchange(RANDOMS, fault=fault) for fault in (1, 2)]
    assert judge_exchanges(Facts.of(read_flights(tmp_path, *bodies))).tolist() == [REVEALING, INVALID]


def test_every_signature_of_the_samples_is_valid() -> None:
    judged = [judge_exchanges(Facts.of(inspect(name))) for name in SAMPLES if name.startswith("handshakes/")]
    assert sum((each == VALID).sum() for each in judged) > 30
    assert not any((each > VALID).any() for each in judged)


def test_the_key_of_the_tests_is_one_of_two_primes() -> None:
    numbers = rsa_key().private_numbers()
    assert numbers.p * numbers.q == modulus()
