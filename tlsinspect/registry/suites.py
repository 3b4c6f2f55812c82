"""What a name says: the parts of a cipher suite, the kind of a group, the parts of a signature scheme.

In: a code point. Out: a small record of facts, read off the registered name by
the tables below. A code without a name gives the empty record, never an error.
Facts only: whether 3DES or a 160-bit curve is acceptable is for a policy to say.

The labels
- key_exchange: NULL, RSA, DH and ECDH (static), DHE and ECDHE (ephemeral), PSK, DHE_PSK,
  ECDHE_PSK, RSA_PSK, KRB5, SRP, ECCPWD, ECJPAKE, GOST, CECPQ1, KEA, TLCP's ECC, IBC and IBSDH,
  and "" where TLS 1.3 decides it elsewhere. IANA's DH_anon and ECDH_anon send an ephemeral
  key (RFC 5246 section 7.4.3), so they are DHE and ECDHE with authentication "anon".
- authentication: NULL, RSA, DSS, ECDSA, anon, PSK, KRB5, SRP, ECCPWD, ECJPAKE, GOST, SM2, SM9, "".
- cipher: the algorithm with its key size, as IANA spells it: AES_128, 3DES_EDE, RC4_40, NULL.
- cipher_mode: CBC, STREAM, CNT and CTR for unauthenticated ciphers; GCM, CCM, CCM_8, POLY1305,
  MGM, AEGIS and ASCON for AEAD ciphers, whose mac is "AEAD"; NULL for the cipher NULL.
- mac: the HMAC's hash (MD5, SHA, SHA256, SHA384, SM3, GOSTR3411), IMIT, OMAC, AEAD or NULL.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .generated import CIPHER_SUITES, GROUPS, SIGNATURE_SCHEMES


class SuiteFacts(NamedTuple):
    """The parts of one cipher suite.

    `key_bits` is the length of the key that an attacker must find: 40 for EXPORT, 56 for DES,
    168 for 3DES (of which meet-in-the-middle leaves 112), 0 without encryption, None when not known.
    `forward_secrecy` follows from the kind of key exchange, however small its parameters; None
    where the suite does not say, as in TLS 1.3, where psk_ke would undo it.
    """

    key_exchange: str
    authentication: str
    cipher: str
    cipher_mode: str
    mac: str
    key_bits: int | None
    forward_secrecy: bool | None
    export: bool


class GroupFacts(NamedTuple):
    """The kind of one supported group.

    `key_exchange` is ECDHE, DHE, hybrid, KEM or "". `bits` is the size of the classical part (of the
    KEM when there is none): of the field or prime, 253 for x25519. `kem_parameter` is 512, 768 or 1024
    for ML-KEM and Kyber. Both are None when the name does not tell.
    """

    key_exchange: str
    bits: int | None
    post_quantum: bool
    kem_parameter: int | None


class SignatureFacts(NamedTuple):
    """The parts of one signature scheme: RSA, RSA_PSS, ECDSA, ED25519, ML_DSA ... and the hash.

    `hash` is "INTRINSIC" where the algorithm brings its own and "" where the name does not tell.
    """

    algorithm: str
    hash: str


NO_SUITE_FACTS = SuiteFacts("", "", "", "", "", None, None, False)
NO_GROUP_FACTS = GroupFacts("", None, False, None)
NO_SIGNATURE_FACTS = SignatureFacts("", "")

# Name before _WITH_, less _EXPORT, _EXPORT1024 and _FIPS -> key exchange, authentication, forward secrecy.
KEY_EXCHANGES: dict[str, tuple[str, str, bool | None]] = {
    "NULL": ("NULL", "NULL", False),
    "RSA": ("RSA", "RSA", False),
    "DH_DSS": ("DH", "DSS", False),
    "DH_RSA": ("DH", "RSA", False),
    "DH_anon": ("DHE", "anon", True),
    "DHE_DSS": ("DHE", "DSS", True),
    "DHE_RSA": ("DHE", "RSA", True),
    "ECDH_ECDSA": ("ECDH", "ECDSA", False),
    "ECDH_RSA": ("ECDH", "RSA", False),
    "ECDH_anon": ("ECDHE", "anon", True),
    "ECDHE_ECDSA": ("ECDHE", "ECDSA", True),
    "ECDHE_RSA": ("ECDHE", "RSA", True),
    "PSK": ("PSK", "PSK", False),
    "DHE_PSK": ("DHE_PSK", "PSK", True),
    "PSK_DHE": ("DHE_PSK", "PSK", True),
    "ECDHE_PSK": ("ECDHE_PSK", "PSK", True),
    "RSA_PSK": ("RSA_PSK", "PSK", False),
    "KRB5": ("KRB5", "KRB5", False),
    "SRP_SHA": ("SRP", "SRP", True),
    "SRP_SHA_RSA": ("SRP", "RSA", True),
    "SRP_SHA_DSS": ("SRP", "DSS", True),
    "ECCPWD": ("ECCPWD", "ECCPWD", True),
    "ECJPAKE": ("ECJPAKE", "ECJPAKE", True),
    "GOSTR341094": ("GOST", "GOST", False),
    "GOSTR341001": ("GOST", "GOST", False),
    "GOSTR341112_256": ("GOST", "GOST", False),
    "CECPQ1_RSA": ("CECPQ1", "RSA", True),
    "CECPQ1_ECDSA": ("CECPQ1", "ECDSA", True),
    "FORTEZZA_KEA": ("KEA", "DSS", None),
}
# TLCP (GB/T 38636-2020) has no _WITH_; its ECDHE, ECC and RSA names collide with the ones above.
TLCP_KEY_EXCHANGES: dict[str, tuple[str, str, bool | None]] = {
    "ECDHE": ("ECDHE", "SM2", True),
    "ECC": ("ECC", "SM2", False),
    "IBSDH": ("IBSDH", "SM9", True),
    "IBC": ("IBC", "SM9", False),
    "RSA": ("RSA", "RSA", False),
}
TLS13_KEY_EXCHANGE: tuple[str, str, bool | None] = ("", "", None)

AEAD_MODES = frozenset({"GCM", "CCM", "CCM_8", "POLY1305", "MGM", "AEGIS", "ASCON"})

# Name of the cipher inside a suite's name -> cipher, mode, key bits.
CIPHERS: dict[str, tuple[str, str, int]] = {
    **{
        f"{algorithm}_{bits}_{mode}": (f"{algorithm}_{bits}", mode, bits)
        for algorithm in ("AES", "CAMELLIA", "ARIA")
        for bits in (128, 256)
        for mode in ("CBC", "GCM", "CCM", "CCM_8")
    },
    "NULL": ("NULL", "NULL", 0),
    # RFC 9150: integrity only; the first hash is the record's HMAC.
    "SHA256": ("NULL", "NULL", 0),
    "SHA384": ("NULL", "NULL", 0),
    "CHACHA20_POLY1305": ("CHACHA20_POLY1305", "POLY1305", 256),
    "AEGIS_128L": ("AEGIS_128L", "AEGIS", 128),
    "AEGIS_256": ("AEGIS_256", "AEGIS", 256),
    "ASCONAEAD128": ("ASCONAEAD128", "ASCON", 128),
    "SM1": ("SM1", "CBC", 128),
    "SM4_CBC": ("SM4", "CBC", 128),
    "SM4_GCM": ("SM4", "GCM", 128),
    "SM4_CCM": ("SM4", "CCM", 128),
    "3DES_EDE_CBC": ("3DES_EDE", "CBC", 168),
    "DES_CBC": ("DES", "CBC", 56),
    "DES_CBC_40": ("DES_40", "CBC", 40),
    "DES40_CBC": ("DES_40", "CBC", 40),
    "IDEA_CBC": ("IDEA", "CBC", 128),
    "SEED_CBC": ("SEED", "CBC", 128),
    "RC2_CBC": ("RC2_128", "CBC", 128),
    "RC2_CBC_40": ("RC2_40", "CBC", 40),
    "RC2_CBC_56": ("RC2_56", "CBC", 56),
    "RC4_128": ("RC4_128", "STREAM", 128),
    "RC4_40": ("RC4_40", "STREAM", 40),
    "RC4_56": ("RC4_56", "STREAM", 56),
    "SALSA20": ("SALSA20", "STREAM", 256),
    "ESTREAM_SALSA20": ("ESTREAM_SALSA20", "STREAM", 256),
    "28147_CNT": ("GOST_28147", "CNT", 256),
    "KUZNYECHIK_CTR": ("KUZNYECHIK", "CTR", 256),
    "MAGMA_CTR": ("MAGMA", "CTR", 256),
    "KUZNYECHIK_MGM": ("KUZNYECHIK", "MGM", 256),
    "MAGMA_MGM": ("MAGMA", "MGM", 256),
    "FORTEZZA_CBC": ("SKIPJACK", "CBC", 80),
}
SMALL_BLOCKS = (
    "3DES_EDE", "DES", "DES_40", "IDEA", "RC2_128", "RC2_40", "RC2_56", "GOST_28147", "MAGMA", "SKIPJACK",
)  # fmt: skip
"""Ciphers whose blocks have 64 bits."""
# SSL 2.0's spelling, which counts DES's parity bits and names the size before the export limit.
SSL2_CIPHERS: dict[str, tuple[str, str, int]] = {
    "RC4_128": ("RC4_128", "STREAM", 128),
    "RC4_128_EXPORT40": ("RC4_40", "STREAM", 40),
    "RC4_64": ("RC4_64", "STREAM", 64),
    "RC2_128_CBC": ("RC2_128", "CBC", 128),
    "RC2_128_CBC_EXPORT40": ("RC2_40", "CBC", 40),
    "IDEA_128_CBC": ("IDEA", "CBC", 128),
    "DES_64_CBC": ("DES", "CBC", 56),
    "DES_192_EDE3_CBC": ("3DES_EDE", "CBC", 168),
}


@lru_cache(maxsize=4096)
def suite_facts(code: int) -> SuiteFacts:
    """Return the parts of a cipher suite (two octets) or SSL 2.0 cipher kind (three octets).

    Unknown and GREASE codes and the signalling values (_SCSV) give NO_SUITE_FACTS.
    """
    name = CIPHER_SUITES.get(code, "")
    return NO_SUITE_FACTS if not name or name.endswith("_SCSV") else parse_suite_name(name)


def parse_suite_name(name: str) -> SuiteFacts:
    """Take a registered suite name apart. Raises KeyError for a name that the tables do not cover."""
    if name.startswith("SSL_CK_"):
        cipher_name, _, mac = name.removeprefix("SSL_CK_").partition("_WITH_")
        return SuiteFacts("RSA", "RSA", *_cipher_parts(SSL2_CIPHERS[cipher_name], mac), False, "EXPORT" in name)

    body = name.removeprefix("OLD_").removeprefix("TLS_").removeprefix("SSL_")
    exchange_name, separator, protection = body.partition("_WITH_")
    if not separator:
        exchange_name, protection = _split_tlcp_name(name) or ("", body)
    cipher_name, mac = _split_protection(protection)
    cipher = CIPHERS[cipher_name]
    exchange, authentication, forward_secrecy = _find_key_exchange(exchange_name, bool(separator), cipher[1])
    parts = _cipher_parts(cipher, mac)
    return SuiteFacts(exchange, authentication, *parts, forward_secrecy, "EXPORT" in exchange_name)


def _find_key_exchange(exchange_name: str, has_with: bool, cipher_mode: str) -> tuple[str, str, bool | None]:
    if not exchange_name or cipher_mode == "MGM":  # RFC 9367 kept TLS 1.2's spelling for TLS 1.3 suites
        return TLS13_KEY_EXCHANGE
    if not has_with:
        return TLCP_KEY_EXCHANGES[exchange_name]
    return KEY_EXCHANGES[re.sub(r"_(EXPORT(1024)?|(OLD)?FIPS)$", "", exchange_name)]


def _split_tlcp_name(name: str) -> tuple[str, str] | None:
    exchange_name, _, protection = name.partition("_")
    return (exchange_name, protection) if exchange_name in TLCP_KEY_EXCHANGES else None


def _split_protection(protection: str) -> tuple[str, str]:
    """Split "AES_128_CCM_8_SHA256" into ("AES_128_CCM_8", "SHA256"): the longest known cipher wins."""
    words = protection.split("_")
    for count in range(len(words), 0, -1):
        cipher_name = "_".join(words[:count])
        if cipher_name in CIPHERS:
            return cipher_name, "_".join(words[count:])
    raise KeyError(protection)


def _cipher_parts(cipher: tuple[str, str, int], mac: str) -> tuple[str, str, str, int]:
    name, mode, key_bits = cipher
    return name, mode, "AEAD" if mode in AEAD_MODES else mac.replace("SHA1", "SHA"), key_bits


# Classical part of a group's name, in lower case -> bits. Brainpool, secp, sect and GC names carry theirs.
CLASSICAL_BITS = {"x25519": 253, "x448": 448, "curvesm2": 256, "cecpq2": 253}


@lru_cache(maxsize=1024)
def group_facts(code: int) -> GroupFacts:
    """Return the kind of a supported group; unknown and GREASE codes give NO_GROUP_FACTS."""
    name = GROUPS.get(code, "").lower()
    if not name:
        return NO_GROUP_FACTS
    kem = re.search(r"(?:mlkem|kyber)(\d+)", name)
    kem_parameter = int(kem[1]) if kem else None
    classical = re.sub(r"_?(?:mlkem|kyber)\d+_?", "", name)
    if name.startswith("ffdhe"):
        return GroupFacts("DHE", int(name.removeprefix("ffdhe")), False, None)
    if kem and not classical:
        return GroupFacts("KEM", kem_parameter, True, kem_parameter)
    bits = next((bits for part, bits in CLASSICAL_BITS.items() if classical.startswith(part)), None)
    if bits is None and (digits := re.search(r"\d{3}", classical)):
        bits = int(digits[0])
    post_quantum = kem is not None or classical == "cecpq2"
    return GroupFacts("hybrid" if post_quantum else "ECDHE", bits, post_quantum, kem_parameter)


# Beginning of a scheme's name -> algorithm and hash; no hash given: the rest of the name has it.
SIGNATURE_ALGORITHM_NAMES: tuple[tuple[str, str, str | None], ...] = (
    ("rsa_pss_", "RSA_PSS", None),
    ("rsa_", "RSA", None),
    ("ecdsa_", "ECDSA", None),
    ("dsa_", "DSA", None),
    ("anonymous_", "anonymous", None),
    ("sm2sig_", "SM2", None),
    ("eccsi_", "ECCSI", None),
    ("iso_", "IBS", ""),
    ("ed25519", "ED25519", "INTRINSIC"),
    ("ed448", "ED448", "INTRINSIC"),
    ("mldsa", "ML_DSA", "INTRINSIC"),
    ("slhdsa_", "SLH_DSA", "INTRINSIC"),
    ("gostr34102012_256", "GOST", "GOSTR34112012_256"),
    ("gostr34102012_512", "GOST", "GOSTR34112012_512"),
    ("gostr34102001", "GOST", "GOSTR3411"),
)


@lru_cache(maxsize=1024)
def signature_facts(code: int) -> SignatureFacts:
    """Return algorithm and hash of a SignatureScheme or of TLS 1.2's pair of hash and signature.

    Unknown and GREASE codes give NO_SIGNATURE_FACTS.
    """
    name = SIGNATURE_SCHEMES.get(code, "")
    for start, algorithm, fixed_hash in SIGNATURE_ALGORITHM_NAMES:
        if name.startswith(start):
            hash_name = name.removesuffix("_legacy").rpartition("_")[2].upper() if fixed_hash is None else fixed_hash
            return SignatureFacts(algorithm, hash_name)
    return NO_SIGNATURE_FACTS
