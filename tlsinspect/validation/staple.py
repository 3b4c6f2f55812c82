"""A stapled OCSP response, a chain and a time -> what the response is worth.

What the response states is worth nothing before it is known who signed it: the issuer of the certificate,
or a responder to whom the issuer gave a certificate for this (id-kp-OCSPSigning).
Spec: RFC 6960 sections 2.2, 3.2, 4.1.1 and 4.2.2.2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Literal, NamedTuple

from ..certificates import parse_certificate
from ..certificates.der import hold_time, parse_bit_string, parse_element, parse_elements
from ..columns.verdicts import STAPLE_VERDICTS
from ..errors import DecodeError
from .candidate import Candidate
from .checks import critical_words, date_text, who
from .ocsp import Response, Statement, parse_response
from .record import Fault
from .validator import Validator

STAPLE_RANKS = {name: rank for rank, name in enumerate(STAPLE_VERDICTS)}
NIST_HASHES = "2.16.840.1.101.3.4.2"
HASHES = {
    "1.3.14.3.2.26": ("sha1", hashlib.sha1), "1.2.840.113549.2.5": ("md5", hashlib.md5),
    f"{NIST_HASHES}.1": ("sha256", hashlib.sha256), f"{NIST_HASHES}.2": ("sha384", hashlib.sha384),
    f"{NIST_HASHES}.3": ("sha512", hashlib.sha512), f"{NIST_HASHES}.4": ("sha224", hashlib.sha224),
    f"{NIST_HASHES}.7": ("sha3-224", hashlib.sha3_224), f"{NIST_HASHES}.8": ("sha3-256", hashlib.sha3_256),
    f"{NIST_HASHES}.9": ("sha3-384", hashlib.sha3_384), f"{NIST_HASHES}.10": ("sha3-512", hashlib.sha3_512),
}  # fmt: skip
OCSP_SIGNING = "OCSPSigning"
UNDATED = "the packets have no times, so whether the response was in date is not known"
CLOCK_SKEW = 300 * 10**9  # nanoseconds; what openssl ocsp allows
RECENT = 24 * 3600 * 10**9  # nanoseconds; how old Firefox takes a response to be at most that has no nextUpdate


class Signer(NamedTuple):
    """Who signed: how it came to it, its certificate, whether the signature is good, and what is wrong."""

    kind: Literal["issuer", "delegated"] | None = None
    certificate: Candidate | None = None
    valid: bool | None = None
    fault: Fault | None = None


class Staple(NamedTuple):
    """A response as it relates to one chain: what does not depend on the time of the judgement.

    `statement` is the one about `certificate`, at `position` of the chain; where there is none, the first one.
    """

    response: Response | None
    statement: Statement | None
    certificate: Candidate | None
    position: int | None
    signer: Signer
    faults: tuple[Fault, ...]

    def changes(self) -> Iterator[int]:
        """Times in nanoseconds at which the judgement may change."""
        if self.statement is not None:
            yield hold_time(self.statement.this_update - CLOCK_SKEW)
            yield hold_time(end_of(self.statement) + CLOCK_SKEW + 1)
        if self.signer.kind == "delegated" and self.signer.certificate is not None:
            facts = self.signer.certificate.facts
            yield from (time for time in (facts.not_before, hold_time((facts.not_after or 0) + 1)) if time is not None)

    def judge(self, time: int | None) -> tuple[Fault, ...]:
        """What is to be said at a time, the gravest first; "good" or "unchecked" where nothing speaks against it.

        Without a time no date is judged, and what says good is "unchecked".
        """
        found = [*self.faults]
        statement, certificate = self.statement, self.certificate
        if statement is not None and certificate is not None:
            found += find_time_faults(statement, self.signer, time) if time is not None else ()
            if statement.status == "revoked":
                found.append(Fault("revoked", certificate.sha256, revoked_text(statement)))
            elif statement.status == "unknown":
                found.append(Fault("unknown", certificate.sha256, "the responder does not know the certificate"))
            if not found and time is None:
                found.append(Fault("unchecked", certificate.sha256, UNDATED))
            elif not found:
                found.append(Fault("good", certificate.sha256, good_text(statement, self.signer)))
        return tuple(sorted(found, key=lambda fault: STAPLE_RANKS[fault.verdict]))


def read_staple(der: bytes, chain: Sequence[str], validator: Validator) -> Staple:
    """Read a response and look for the certificate of a chain that it is about, and for its signer."""
    most = validator.limits.staple_statements
    try:
        response = parse_response(der, most)
    except DecodeError as error:
        text = f"it cannot be read: {error.kind} at octet {error.offset}, expected {error.expected}"
        return Staple(None, None, None, None, Signer(), (Fault("malformed", None, text),))
    if response.status != "successful":
        text = f"the responder answered {response.status}"
        return Staple(response, None, None, None, Signer(), (Fault("unsuccessful", None, text),))
    sent = [validator.candidate(sha256) for sha256 in chain[: validator.limits.chain_certificates]]
    for position, certificate in enumerate(sent):
        issuers = find_issuers(certificate, validator)
        for statement in response.statements:
            if is_about(statement, certificate, issuers):
                signer = find_signer(response, certificate, issuers, validator)
                faults = (signer.fault,) if signer.fault is not None else ()
                return Staple(response, statement, certificate, position, signer, faults)
    first = response.statements[0] if response.statements else None
    if response.total > most:
        fault = Fault("limit", None, f"limit staple_statements: it has {response.total} statements")
    else:
        shown = f"serial number {first.serial:x}"[:80] if first is not None else "none at all"
        fault = Fault("wrong_certificate", None, f"it is about no certificate that the server sent: {shown}")
    return Staple(response, first, None, None, Signer(), (fault,))


def find_issuers(certificate: Candidate, validator: Validator) -> list[Candidate]:
    """The certificates, trusted or seen, whose key signed this one."""
    known = (*validator.trust.by_subject.get(certificate.issuer, ()), *validator.other_issuers(certificate))
    tried = islice(known, validator.limits.chain_signatures)
    return [each for each in tried if validator.checker.check(certificate, each)[0] == "good"]


def is_about(statement: Statement, certificate: Candidate, issuers: Sequence[Candidate]) -> bool:
    """Whether a CertID is a certificate's; its issuer's key is compared where it was seen. Spec: section 4.1.1."""
    if statement.serial != certificate.serial or statement.hash_algorithm not in HASHES:
        return False
    digest = HASHES[statement.hash_algorithm][1]
    if digest(certificate.issuer_encoding, usedforsecurity=False).digest() != statement.issuer_name_hash:
        return False
    keys = (digest(key_bits(each), usedforsecurity=False).digest() for each in issuers)
    return not issuers or statement.issuer_key_hash in keys


def key_bits(candidate: Candidate) -> bytes:
    """The value of subjectPublicKey, without tag, length and the number of unused bits."""
    try:
        whole = parse_element(candidate.spki, 0, len(candidate.spki))
        return parse_bit_string(parse_elements(whole, 2, 2)[1])[0]
    except DecodeError:
        return b""


def find_signer(
    response: Response, certificate: Candidate, issuers: Sequence[Candidate], validator: Validator
) -> Signer:
    """Who signed the response, and whether he may for this certificate."""
    if not issuers:
        text = f"{who(certificate)}: no certificate of its issuer was seen, so the signature cannot be checked"
        return Signer(fault=Fault("unchecked", certificate.sha256, text))
    for issuer in issuers:
        if is_responder(response, issuer):
            return check_signature(response, "issuer", issuer, validator)
    for der in response.certificates:
        facts = parse_certificate(der)
        candidate = Candidate(der, facts.sha256, facts)
        if candidate.problem is None and is_responder(response, candidate):
            return check_delegate(response, candidate, issuers, validator)
    text = f"neither the issuer nor a certificate that came with it is the responder that it names: {named(response)}"
    return Signer(fault=Fault("unauthorized_responder", certificate.sha256, text))


def is_responder(response: Response, candidate: Candidate) -> bool:
    """Whether the responder's id means this certificate."""
    if response.responder_key_hash is not None:
        return hashlib.sha1(key_bits(candidate), usedforsecurity=False).digest() == response.responder_key_hash
    return response.responder_name == candidate.subject


def check_signature(
    response: Response, kind: Literal["issuer", "delegated"], candidate: Candidate, validator: Validator
) -> Signer:
    """Whether the key of a certificate made the signature."""
    state, text = validator.checker.verify(
        candidate.facts, candidate.spki, response.algorithm, response.signature, response.signed
    )
    if state == "good":
        return Signer(kind, candidate, True)
    if state == "bad":
        words = f"the signature does not fit the key of {who(candidate)}"
        return Signer(kind, candidate, False, Fault("bad_signature", candidate.sha256, words))
    return Signer(kind, candidate, None, Fault("limit" if state == "limit" else "unchecked", candidate.sha256, text))


def check_delegate(
    response: Response, candidate: Candidate, issuers: Sequence[Candidate], validator: Validator
) -> Signer:
    """A responder with a certificate of its own: signature, who issued that, and what it is for."""
    signer = check_signature(response, "delegated", candidate, validator)
    if signer.fault is not None:
        return signer
    if not any(validator.checker.check(candidate, issuer)[0] == "good" for issuer in issuers):
        words = "was not issued by the issuer of the server's certificate"
    elif OCSP_SIGNING not in (candidate.facts.extended_key_usage or ()):
        words = "is not for signing OCSP responses (id-kp-OCSPSigning)"
    else:
        words = critical_words(candidate)
    if words:
        return signer._replace(fault=Fault("unauthorized_responder", candidate.sha256, f"{who(candidate)} {words}"))
    return signer


def find_time_faults(statement: Statement, signer: Signer, time: int) -> Iterator[Fault]:
    """What the time says; clocks may be some minutes apart."""
    if time > end_of(statement) + CLOCK_SKEW:
        yield Fault("expired", None, expired_text(statement))
    if time < statement.this_update - CLOCK_SKEW:
        yield Fault("not_yet_valid", None, f"it holds from {date_text(statement.this_update)} on")
    if signer.kind == "delegated" and signer.certificate is not None:
        facts = signer.certificate.facts
        if facts.not_after is not None and time > facts.not_after:
            words = f"the certificate of the responder was valid until {date_text(facts.not_after)}"
            yield Fault("unauthorized_responder", signer.certificate.sha256, words)
        elif facts.not_before is not None and time < facts.not_before:
            words = f"the certificate of the responder is valid from {date_text(facts.not_before)} on"
            yield Fault("unauthorized_responder", signer.certificate.sha256, words)


def end_of(statement: Statement) -> int:
    """Until when it holds: without nextUpdate newer information is there at any time. Spec: section 4.2.2.1."""
    return statement.this_update + RECENT if statement.next_update is None else statement.next_update


def expired_text(statement: Statement) -> str:
    """Since when there is something newer."""
    if statement.next_update is None:
        return f"it is of {date_text(statement.this_update)}, and newer information was to be had at any time"
    return f"newer information was due on {date_text(statement.next_update)}"


def revoked_text(statement: Statement) -> str:
    """When and why."""
    when = f" on {date_text(statement.revocation_time)}" if statement.revocation_time is not None else ""
    return f"the certificate was revoked{when}" + (
        f" ({statement.revocation_reason})" if statement.revocation_reason else ""
    )


def good_text(statement: Statement, signer: Signer) -> str:
    """What a good response says."""
    by = "the issuer" if signer.kind == "issuer" else "a responder that the issuer has authorized"
    until = f" to {date_text(statement.next_update)}" if statement.next_update is not None else " on"
    return f"signed by {by}, for {date_text(statement.this_update)}{until}"


def named(response: Response) -> str:
    """The responder's id in a sentence."""
    return response.responder or f"key {(response.responder_key_hash or b'').hex()[:40]}"
