"""Whether servers' keys made the signatures of their key exchanges, and whether a faulty one gives its key away.

A fault while a signature with RSA is computed by the Chinese remainder theorem makes one that is right modulo one of
the key's primes only: so it and what should have been signed have that prime in common with the modulus (D. Boneh, R.
DeMillo, R. Lipton, On the importance of checking cryptographic protocols for faults, 1997). That is seen with PKCS #1
v1.5 alone, whose padding is known.
"""

from __future__ import annotations

import hashlib
import math
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..errors import DecodeError
from ..registry.suites import SignatureFacts, signature_facts
from ..statistics.rows import Mask
from ..wire.messages import parse_server_key_exchange
from .facts import Facts, whole
from .keys import key_info, moduli_of
from .rule import Rule

UNCHECKED, VALID, INVALID, REVEALING = range(4)
FAULTS_LIMIT = 64  # signatures that are not valid in which a prime is looked for; it is in nearly each, if in any
WITH_SCHEME = (0x0303, 0xFEFD)  # TLS 1.2 and DTLS 1.2 name hash and algorithm
BEFORE_SCHEMES = {
    "RSA": SignatureFacts("RSA", ""),
    "EC": SignatureFacts("ECDSA", "SHA1"),
    "DSA": SignatureFacts("DSA", "SHA1"),
}
"""What keys sign with in TLS 1.1 and before, by their type; "" is MD5 and SHA-1 together.

Spec: RFC 4346 section 7.4.3, RFC 8422 section 5.4.
"""
ALSO_CHECKED = {"EC": 521, "DSA": 3072, "Ed25519": 256, "Ed448": 456}
"""Types of keys beside RSA, and the most bits that are computed with: longer ones are in no use, and take long."""
DIGEST_INFO = {  # RFC 8017 section 9.2, note 1
    "MD5": "3020300c06082a864886f70d020505000410",
    "SHA1": "3021300906052b0e03021a05000414",
    "SHA224": "302d300d06096086480165030402040500041c",
    "SHA256": "3031300d060960864801650304020105000420",
    "SHA384": "3041300d060960864801650304020205000430",
    "SHA512": "3051300d060960864801650304020305000440",
}
ROWS = ("server_key_exchange", "client_random", "server_random", "version", "key_exchange")


class RsaKey:
    """A public key; `public` is None where the package does not compute with it."""

    def __init__(self, modulus: int, exponent: int) -> None:
        from cryptography.hazmat.primitives.asymmetric import rsa

        self.modulus, self.exponent = modulus, exponent
        self.octets = (modulus.bit_length() + 7) // 8
        self.public: Any = None
        with suppress(ValueError, OverflowError):  # of keys that are too short, or even
            self.public = rsa.RSAPublicNumbers(exponent, modulus).public_key()

    def recovers(self, signature: bytes) -> bytes | None:
        """What was signed with PKCS #1 v1.5, without its padding; None where the padding is not right."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import padding

        try:
            recovered: bytes = self.public.recover_data_from_signature(signature, padding.PKCS1v15(), None)
        except (InvalidSignature, ValueError):
            return None
        return recovered

    def verifies_pss(self, signature: bytes, message: bytes, hash_name: str) -> bool:
        """Whether a signature with RSASSA-PSS is valid, as RFC 8446 section 4.2.3 has it."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        digest = getattr(hashes, hash_name)()
        try:
            self.public.verify(signature, message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        except (InvalidSignature, ValueError):
            return False
        return True

    def shares_prime(self, signature: bytes, signed: bytes) -> bool:
        """Whether a signature that is not valid is right modulo one of the key's primes."""
        padded = b"\0\1" + b"\xff" * (self.octets - len(signed) - 3) + b"\0" + signed
        number = pow(int.from_bytes(signature, "big"), self.exponent, self.modulus) - int.from_bytes(padded, "big")
        return 1 < math.gcd(number, self.modulus) < self.modulus


def verify_other(public: Any, scheme: SignatureFacts, signature: bytes, message: bytes) -> int:
    """What is known of a signature with another algorithm than RSA: VALID, INVALID, or UNCHECKED.

    It is not checked where the key (None: there is none) is for another algorithm, or the package refuses.
    Spec: RFC 8422 section 5.10.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519

    from ..validation.signatures import KEY_ERRORS

    digest = getattr(hashes, scheme.hash, None)
    try:
        if scheme.algorithm == "ECDSA" and isinstance(public, ec.EllipticCurvePublicKey) and digest is not None:
            public.verify(signature, message, ec.ECDSA(digest()))
        elif scheme.algorithm == "DSA" and isinstance(public, dsa.DSAPublicKey) and digest is not None:
            public.verify(signature, message, digest())
        elif (scheme.algorithm == "ED25519" and isinstance(public, ed25519.Ed25519PublicKey)) or (
            scheme.algorithm == "ED448" and isinstance(public, ed448.Ed448PublicKey)
        ):
            public.verify(signature, message)
        else:
            return UNCHECKED
    except InvalidSignature:
        return INVALID
    except KEY_ERRORS:
        return UNCHECKED
    return VALID


def signed_by(body: bytes, finite_field: bool, scheme: bool) -> tuple[bytes, int, bytes] | None:
    """What of a ServerKeyExchange is signed, its scheme (-1 before TLS 1.2), the signature; None if it is broken."""
    try:
        parsed = parse_server_key_exchange(body, finite_field, False, scheme)
    except DecodeError:
        return None
    signature = parsed.signature
    if signature is None:
        return None
    start = len(body) - len(signature) - 2
    if int.from_bytes(body[start : start + 2], "big") != len(signature):
        return None
    return body[: start - 2 if scheme else start], parsed.signature_algorithm, signature


def digest_of(message: bytes, hash_name: str) -> bytes:
    """What is padded and signed with PKCS #1 v1.5: DigestInfo and hash, or without a name MD5 and SHA-1 (RFC 4346)."""
    if not hash_name:
        parts = (hashlib.new(name, message, usedforsecurity=False).digest() for name in ("md5", "sha1"))
        return b"".join(parts)
    digest = hashlib.new(hash_name.lower(), message, usedforsecurity=False).digest()
    return bytes.fromhex(DIGEST_INFO[hash_name]) + digest


def load_other(pem: str) -> Any:
    """The public key of a certificate; None where the package refuses it."""
    from ..validation.signatures import load_key

    try:
        return load_key(key_info(pem).encoding)
    except (DecodeError, IndexError):
        return None


class Judge:
    """Judges signatures; primes are looked for in the first that are not valid."""

    def __init__(self, facts: Facts) -> None:
        self.limits = facts.limits
        self.moduli = moduli_of(facts)
        self.exponents = facts.certificates["exponent"].to_pylist()
        self.types = facts.certificates["key_type"].to_pylist()
        self.bits = facts.certificates["key_bits"].to_pylist()
        self.encoded = facts.certificates["pem"]
        self.keys: dict[int, RsaKey | None] = {}
        self.others: dict[int, Any] = {}
        self.left = FAULTS_LIMIT

    def key(self, place: int) -> RsaKey | None:
        """The key of a row of the certificates table."""
        if place not in self.keys:
            modulus, exponent = self.moduli[place], int(self.exponents[place] or 0)
            usable = modulus is not None and 0 < exponent.bit_length() <= self.limits.exponent_bits
            key = RsaKey(modulus, exponent) if modulus is not None and usable else None
            self.keys[place] = key if key is not None and key.public is not None else None
        return self.keys[place]

    def other(self, place: int) -> Any:
        """The key of such a row that is of another type; None where it is of none that is checked, or too long."""
        if place not in self.others:
            self.others[place] = None
            most = min(ALSO_CHECKED.get(self.types[place], 0), self.limits.key_bits)
            if 0 < (self.bits[place] or 0) <= most:
                self.others[place] = load_other(self.encoded[place].as_py())
        return self.others[place]

    def judge(self, place: int, body: bytes, randoms: bytes, version: int, kind: str) -> int:
        """UNCHECKED, VALID, INVALID or REVEALING. Spec: RFC 5246 sections 4.7 and 7.4.3, RFC 8422 section 5.4."""
        parts = signed_by(body, kind == "DHE", version in WITH_SCHEME)
        if parts is None:
            return UNCHECKED
        signed, code, signature = parts
        scheme = signature_facts(code) if version in WITH_SCHEME else BEFORE_SCHEMES.get(self.types[place])
        if scheme is None:
            return UNCHECKED
        if self.types[place] == "RSA":
            return self.judge_rsa(self.key(place), scheme, signature, randoms + signed)
        return verify_other(self.other(place), scheme, signature, randoms + signed)

    def judge_rsa(self, key: RsaKey | None, scheme: SignatureFacts, signature: bytes, message: bytes) -> int:
        """The same for a signature that an RSA key is to have made."""
        if key is None:
            return UNCHECKED
        if scheme.algorithm == "RSA_PSS":
            return VALID if key.verifies_pss(signature, message, scheme.hash) else INVALID
        if scheme.algorithm != "RSA" or scheme.hash not in ("", *DIGEST_INFO):
            return UNCHECKED
        digest = digest_of(message, scheme.hash)
        if key.octets < len(digest) + 11:
            return UNCHECKED
        if key.recovers(signature) == digest:
            return VALID
        self.left -= 1
        return REVEALING if self.left >= 0 and key.shares_prime(signature, digest) else INVALID


def judge_exchanges(facts: Facts) -> NDArray[np.int8]:
    """What is known of each connection's signature."""

    def make() -> NDArray[np.int8]:
        judgements = np.zeros(len(facts.connections), np.int8)
        leaves = pc.index_in(facts.leaf("certificate_sha256s"), value_set=whole(facts.certificates, "sha256"))
        rows = np.flatnonzero(facts.known("server_key_exchange") & leaves.is_valid().to_numpy(False))
        if len(rows):
            judge = Judge(facts)
            columns = [facts.column(name).take(rows).to_pylist() for name in ROWS]
            for row, place, values in zip(rows, leaves.take(rows).to_pylist(), zip(*columns, strict=True), strict=True):
                body, client_random, server_random, version, kind = values
                if client_random and server_random and version is not None:
                    randoms = bytes.fromhex(client_random + server_random)
                    judgements[row] = judge.judge(place, bytes.fromhex(body), randoms, version, kind)
        return judgements

    made: NDArray[np.int8] = facts.once("exchanges", make)
    return made


def find_judged(judgement: int, facts: Facts) -> Mask:
    """Connections whose signature is judged so."""
    return np.asarray(judge_exchanges(facts) == judgement, np.bool_)


def find_unchecked(facts: Facts) -> Mask:
    """Connections in which a server with a certificate signed its key exchange, and that was not checked."""
    signed = facts.among("authentication", "RSA", "ECDSA", "EdDSA", "DSS") & facts.among("key_exchange", "ECDHE", "DHE")
    seen = facts.known("certificate_sha256s") & facts.known("server_key_share_id") & facts.known("client_random")
    return np.asarray(signed & seen & (judge_exchanges(facts) == UNCHECKED), np.bool_)


EVIDENCE = ("version_name", "server_signature_algorithm_name")
RULES = (
    Rule(
        "SIG-04", "Signature of the key exchange that is not valid", "critical", partial(find_judged, INVALID),
        EVIDENCE,
        "Find out who is at fault: the server, somebody in between, the recording. A client that went on with such a "
        "handshake does not check.",
        ("RFC 5246 section 7.4.3", "RFC 8422 section 5.4"), packet="server_key_exchange_packet", confidence="likely",
    ),
    Rule(
        "SIG-04-KEY", "Faulty RSA signature that gives the private key away", "critical",
        partial(find_judged, REVEALING), EVIDENCE,
        "Replace key and certificate: whoever records such a handshake computes the key. Then mend the server, which "
        "has to check its signatures before it sends them.",
        ("RFC 8017 section 5.2.1",), packet="server_key_exchange_packet",
    ),
    Rule(
        "CAP-09", "Signatures of key exchanges that were not checked", "info", find_unchecked, EVIDENCE,
        "Raise `--limit exchanges_octets`. Keys that OpenSSL refuses, DSA beyond 3072 bits, curves beyond 521, broken "
        "signatures, and algorithms that are none of RSA, DSA, ECDSA and EdDSA stay unchecked.",
        ("docs/limits.md",), "capture", packet="server_key_exchange_packet",
    ),
)  # fmt: skip
