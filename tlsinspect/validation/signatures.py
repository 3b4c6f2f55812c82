"""Signatures under a certificate's key, with what they may cost bounded before anything is computed.

A key that is larger than the limits allow is refused by its numbers alone: an RSA operation costs
as much as the modulus and the exponent that a stranger chose. Every answer is kept.
Spec: RFC 3279, RFC 4055, RFC 5758, RFC 8410, RFC 9881.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ..certificates import CertificateFacts
from ..certificates.der import (
    SEQUENCE,
    Element,
    iter_elements,
    parse_element,
    parse_elements,
    parse_enclosed,
    parse_object_identifier,
    parse_small_integer,
)
from ..certificates.lenient import parse_algorithm
from ..certificates.object_identifiers import EXPLICIT, RSASSA_PSS
from ..errors import DecodeError
from ..wire.limits import Limits
from .candidate import Candidate

State = Literal["good", "bad", "unsupported", "limit"]
Answer = tuple[State, str]
GOOD: Answer = ("good", "")
BAD: Answer = ("bad", "the signature does not fit the key")
NOT_FOR_THIS: Answer = ("bad", "the key is for RSASSA-PSS alone, with the parameters that it names, and not for this")

HASHES: dict[str, tuple[str, type[hashes.HashAlgorithm]]] = {
    "1.2.840.113549.1.1.4": ("RSA", hashes.MD5),
    "1.2.840.113549.1.1.5": ("RSA", hashes.SHA1),
    "1.3.14.3.2.29": ("RSA", hashes.SHA1),
    "1.2.840.113549.1.1.14": ("RSA", hashes.SHA224),
    "1.2.840.113549.1.1.11": ("RSA", hashes.SHA256),
    "1.2.840.113549.1.1.12": ("RSA", hashes.SHA384),
    "1.2.840.113549.1.1.13": ("RSA", hashes.SHA512),
    "1.2.840.10045.4.1": ("EC", hashes.SHA1),
    "1.2.840.10045.4.3.1": ("EC", hashes.SHA224),
    "1.2.840.10045.4.3.2": ("EC", hashes.SHA256),
    "1.2.840.10045.4.3.3": ("EC", hashes.SHA384),
    "1.2.840.10045.4.3.4": ("EC", hashes.SHA512),
    "1.2.840.10040.4.3": ("DSA", hashes.SHA1),
    "2.16.840.1.101.3.4.3.1": ("DSA", hashes.SHA224),
    "2.16.840.1.101.3.4.3.2": ("DSA", hashes.SHA256),
}
MGF1 = "1.2.840.113549.1.1.8"
PSS_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "1.3.14.3.2.26": hashes.SHA1,
    "2.16.840.1.101.3.4.2.4": hashes.SHA224,
    "2.16.840.1.101.3.4.2.1": hashes.SHA256,
    "2.16.840.1.101.3.4.2.2": hashes.SHA384,
    "2.16.840.1.101.3.4.2.3": hashes.SHA512,
}
PSS_FIELDS = (0xA0, 0xA1, 0xA2, 0xA3)  # hashAlgorithm, maskGenAlgorithm, saltLength, trailerField
PSS_SALT, PSS_TRAILER = 20, 1  # where they are left out; the hash is SHA-1 then
MOST_SALT = 512  # octets; the signature of the largest key has no room for more
WHOLE_MESSAGE = frozenset({"Ed25519", "Ed448", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"})  # key and signature in one
ON_CURVES = frozenset({"EC", "Ed25519", "Ed448"})
KEY_ERRORS = (ValueError, TypeError, UnsupportedAlgorithm, OverflowError)


class Pss(NamedTuple):
    """What an RSASSA-PSS signature is made with: hash, hash of the mask, octets of salt."""

    digest: type[hashes.HashAlgorithm]
    mask: type[hashes.HashAlgorithm]
    salt: int


class SignatureChecker:
    """Checks signatures, each once."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.answers: dict[tuple[str, str], Answer] = {}
        self.keys: dict[bytes, Any] = {}

    def check(self, child: Candidate, issuer: Candidate) -> Answer:
        """Whether the issuer's key signed the child."""
        place = (child.sha256, issuer.sha256)
        if place not in self.answers:
            self.answers[place] = self.check_new(child, issuer)
        return self.answers[place]

    def check_new(self, child: Candidate, issuer: Candidate) -> Answer:
        """The same, computed."""
        if child.algorithm != child.inner_algorithm:
            return "bad", "the algorithm beside the signature is not the one that was signed"
        return self.verify(issuer.facts, issuer.spki, child.algorithm, child.signature, child.signed)

    def verify(
        self,
        facts: CertificateFacts,
        spki: bytes,
        algorithm: bytes,
        signature: bytes,
        message: bytes,
    ) -> Answer:
        """Whether the key `spki`, described by `facts`, made `signature` over `message`."""
        refused = self.refuse_key(facts)
        if refused is not None:
            return refused
        if spki not in self.keys:
            self.keys[spki] = load_key(spki)
        key = self.keys[spki]
        name = algorithm_of(algorithm)
        if key is None:
            return "unsupported", f"the issuer's key ({facts.key_type}) cannot be used here"
        if facts.key_type == "RSASSA-PSS" and not pss_key_allows(spki, algorithm):
            return NOT_FOR_THIS
        try:
            verified = verify_with(key, facts.key_type or "", algorithm, signature, message)
        except InvalidSignature:
            return BAD
        except KEY_ERRORS:
            verified = False
        return GOOD if verified else ("unsupported", f"signature algorithm {name} cannot be checked here")

    def refuse_key(self, facts: CertificateFacts) -> Answer | None:
        """The limit that a key exceeds, by its numbers, or that an RSA key has none that can be read."""
        if facts.key_bits is not None and facts.key_bits > self.limits.key_bits:
            return "limit", f"limit key_bits: the issuer's key has {facts.key_bits} bits"
        if not (facts.key_type or "").startswith("RSA"):
            return None
        if facts.key_bits is None:
            return "unsupported", f"the issuer's key ({facts.key_type}) cannot be read"
        if facts.exponent is None or abs(int(facts.exponent)).bit_length() > self.limits.exponent_bits:
            return "limit", "limit exponent_bits: the exponent of the issuer's key is too long"
        return None


def load_key(spki: bytes) -> Any:
    """The key of a SubjectPublicKeyInfo; None where the package refuses it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_der_public_key(spki)
    except KEY_ERRORS:
        return None


def is_no_point(facts: CertificateFacts, spki: bytes) -> bool:
    """Whether a key on a curve that the package knows is no point of it."""
    if facts.key_type not in ON_CURVES or facts.curve == EXPLICIT:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            load_der_public_key(spki)
    except ValueError:
        return True
    except KEY_ERRORS:
        return False
    return False


def verify_with(key: Any, key_type: str, algorithm: bytes, signature: bytes, message: bytes) -> bool:
    """Verify by an AlgorithmIdentifier; True where it is good, False where the algorithm does not go with the key.

    Raises InvalidSignature, and KEY_ERRORS where the package refuses.
    """
    name = algorithm_of(algorithm)
    kind, digest = HASHES.get(name, ("", hashes.SHA256))
    pss = pss_parameters(algorithm) if name == RSASSA_PSS else None
    if pss is not None and isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, message, padding.PSS(padding.MGF1(pss.mask()), pss.salt), pss.digest())
    elif kind == "RSA" and isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, message, padding.PKCS1v15(), digest())
    elif kind == "EC" and isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, message, ec.ECDSA(digest()))
    elif kind == "DSA" and isinstance(key, dsa.DSAPublicKey):
        key.verify(signature, message, digest())
    elif key_type in WHOLE_MESSAGE and not kind and name != RSASSA_PSS:
        key.verify(signature, message)
    else:
        return False
    return True


@lru_cache(256)
def algorithm_of(encoding: bytes) -> str:
    """The OID of an AlgorithmIdentifier; "" where it cannot be read."""
    try:
        whole = parse_element(encoding, 0, len(encoding)).expect(SEQUENCE)
        return parse_object_identifier(parse_elements(whole, 1, 2)[0])
    except DecodeError:
        return ""


def signature_name(encoding: bytes) -> str | None:
    """The name of an AlgorithmIdentifier, as certificates have it; None where it cannot be read."""
    try:
        return parse_algorithm(parse_element(encoding, 0, len(encoding)))
    except DecodeError:
        return None


@lru_cache(256)
def pss_parameters(algorithm: bytes) -> Pss | None:
    """What the AlgorithmIdentifier of an RSASSA-PSS signature or key names (RFC 4055 section 3.1).

    None where they cannot be read, are left out as a whole, or ask for what the package does not have.
    """
    try:
        whole = parse_element(algorithm, 0, len(algorithm)).expect(SEQUENCE)
        given = {each.tag: parse_enclosed(each) for each in iter_elements(parse_elements(whole, 2, 2)[1])}
        digest = pss_hash(given.get(PSS_FIELDS[0]))
        mask = pss_hash(None)
        if PSS_FIELDS[1] in given:
            name, of_mask = parse_elements(given[PSS_FIELDS[1]].expect(SEQUENCE), 2, 2)
            mask = pss_hash(of_mask if parse_object_identifier(name) == MGF1 else name)
        salt = parse_small_integer(given[PSS_FIELDS[2]]) if PSS_FIELDS[2] in given else PSS_SALT
        trailer = parse_small_integer(given[PSS_FIELDS[3]]) if PSS_FIELDS[3] in given else PSS_TRAILER
    except (DecodeError, KeyError):
        return None
    if trailer != PSS_TRAILER or not 0 <= salt <= MOST_SALT or not set(given) <= set(PSS_FIELDS):
        return None
    return Pss(digest, mask, salt)


def pss_key_allows(spki: bytes, algorithm: bytes) -> bool:
    """Whether a key for RSASSA-PSS alone is for such a signature, by the parameters of both (RFC 4055 section 3.3).

    The key's, where it has any, bind hash and mask, and its salt is the least that there may be.
    """
    try:
        identifier = parse_elements(parse_element(spki, 0, len(spki)), 2, 2)[0]
        bound = len(parse_elements(identifier, 1, 2)) == 2
    except DecodeError:
        return False
    if algorithm_of(algorithm) != RSASSA_PSS:
        return False
    allowed, used = pss_parameters(identifier.encoding), pss_parameters(algorithm)
    if not bound or used is None:  # without parameters of its own a signature is not checked at all
        return True
    return allowed is not None and allowed[:2] == used[:2] and allowed.salt <= used.salt


def pss_hash(given: Element | None) -> type[hashes.HashAlgorithm]:
    """The hash that an AlgorithmIdentifier names; SHA-1 without one. Raises KeyError for another, DecodeError."""
    if given is None:
        return hashes.SHA1
    return PSS_HASHES[parse_object_identifier(parse_elements(given.expect(SEQUENCE), 1, 2)[0])]
