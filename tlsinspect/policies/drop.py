"""What somebody would switch off, in a few words -> a policy that forbids it.

"TLS 1.0,CBC,RSA key exchange": versions, and with each those before it, modes, ciphers and their families, key
exchanges, HMACs, groups and cipher suites by their names, however they are spelled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .. import registry
from ..errors import PolicyError
from .record import KINDS, Policy, Requirement

OTHER_NAMES = {
    "sha1": ("mac", "SHA"), "hmacsha1": ("mac", "SHA"), "anonymous": ("authentication", "anon"),
    "staticrsa": ("key_exchange", "RSA"), "rsa": None, "p256": ("group", "secp256r1"), "p384": ("group", "secp384r1"),
    "p521": ("group", "secp521r1"), "tripledes": ("cipher", "3DES_EDE"),
}  # fmt: skip
KEY_EXCHANGE = re.compile(r"(?i)\s*(static\s+)?(.*?)[\s_-]+(key[\s_-]*(exchange|transport)|kex|kx)\s*")
DROP = "drop"  # the name of such a policy
VERSION_ORDERS = (
    ("SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"),
    ("DTLS 1.0 (OpenSSL pre 0.9.8f)", "DTLS 1.0", "DTLS 1.2", "DTLS 1.3"),
)  # fmt: skip
SEARCHED = ("version", "cipher_mode", "key_exchange", "authentication", "mac", "group", "cipher_suite")
KNOWN_TERMS = (
    "versions (TLS 1.0: it and all before it), modes (CBC), ciphers (3DES), key exchanges (RSA key exchange), "
    "HMACs (SHA-1), groups (x25519) and cipher suites"
)


def parse_drop(text: str) -> Policy:
    """Make a policy of terms with commas between them. Raises PolicyError for one that means nothing."""
    terms = [term.strip() for term in text.split(",") if term.strip()]
    if not terms:
        raise PolicyError("--drop", f"names nothing; it takes {KNOWN_TERMS}")
    requirements = []
    for number, term in enumerate(terms, 1):
        about, names = find_term(term)
        requirements.append(
            Requirement(f"drop-{number}", "--drop", f"{term} is switched off.", about, "high", forbid=names)
        )
    return Policy(DROP, f"Without {', '.join(terms)}", "what you would switch off", "now", "", "", tuple(requirements))


def find_term(term: str) -> tuple[str, frozenset[str]]:
    """What a term is about, and the names that it stands for."""
    exchange = KEY_EXCHANGE.fullmatch(term)
    if exchange:
        found = same_name(exchange[2], names_of("key_exchange"))
        if found:
            return "key_exchange", frozenset({found})
    key = plain(term)
    if key == "rsa":
        raise PolicyError("--drop", f"{term!r} is a key exchange or a kind of certificate; say 'RSA key exchange'")
    if key == "export":
        return "cipher_suite", frozenset(name for name in registry.CIPHER_SUITES.values() if "EXPORT" in name)
    other = OTHER_NAMES.get(key)
    if other:
        return other[0], frozenset({other[1]})
    for about in SEARCHED:
        found = same_name(term, names_of(about)) or same_name(f"{term}.0", names_of(about))
        if found:
            return about, older(found) if about == "version" else frozenset({found})
    family = frozenset(name for name in names_of("cipher") if plain(name).startswith(key))
    if family:
        return "cipher", family
    raise PolicyError("--drop", f"{term!r} means nothing here; it takes {KNOWN_TERMS}")


def older(name: str) -> frozenset[str]:
    """A version and those before it: who switches one off switches those off, too. The newest stands for itself."""
    order = next((order for order in VERSION_ORDERS if name in order[:-1]), (name,))
    return frozenset(order[: order.index(name) + 1])


def names_of(about: str) -> list[str]:
    """Every name that a kind of requirement knows."""
    names = KINDS[about].names
    return sorted(names()) if names else []


def same_name(term: str, names: Iterable[str]) -> str | None:
    """The name that is spelled like a term, but for case, spaces, dots and dashes."""
    return next((name for name in names if plain(name) == plain(term)), None)


def plain(text: str) -> str:
    """A name's letters and digits: "TLSv1.0", "tls 1.0" and "TLS 1.0" are the same."""
    letters = re.sub(r"[^a-z0-9]", "", text.lower())
    return re.sub(r"^(d?tls|ssl)v(?=\d)", r"\1", letters)
