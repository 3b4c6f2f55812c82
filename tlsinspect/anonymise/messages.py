"""Handshake messages in the clear -> messages of the same type, length and structure that identify nobody.

Versions, suites, groups, schemes, types of extensions and all lengths stay; randoms, ids, keys, signatures, tickets,
names and certificates become pseudonyms. Extensions and messages that are not listed keep type and length alone.
Spec: RFC 8446 section 4, RFC 5246 section 7.4, RFC 6066, RFC 7301, RFC 9849.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..registry import ALPN_PROTOCOLS, is_grease_alpn
from ..registry.suites import suite_facts
from ..wire.codes import CLIENT_HELLO, SERVER_HELLO
from .certificates import anonymise_certificate, scrub_timestamp_list
from .copier import Copier, Rule, copy, hide_all, keep_all
from .der import scrub_octets
from .primes import other_prime
from .pseudonyms import Pseudonyms

TLS_1_2 = 0x0303
SHORT_GENERATOR = 2  # octets; a longer one may be somebody's own
LONGEST_PLAIN = 1024  # octets of an extension that stays
PLAIN_EXTENSIONS = frozenset({1, 10, 11, 13, 15, 19, 20, 22, 23, 27, 28, 34, 42, 43, 45, 49, 50})


class Said:
    """What a server's messages say that decides how others are read."""

    def __init__(self) -> None:
        self.version = 0
        self.suite = 0


def rewrite_message(kind: int, body: bytes, said: Said, own: Pseudonyms) -> bytes:
    """The body of a message of this type, of the same length; a ServerHello is noted in `said`."""
    rule = RULES.get(kind)
    return copy(body, hide_all if rule is None else partial(rule, said=said), own)


def client_hello(copier: Copier, said: Said) -> None:
    copier.keep(2)
    copier.hide(32)
    copier.vector(1, hide_all)
    copier.vector(2, keep_all)
    copier.vector(1, keep_all)
    if copier.left():
        copier.vector(2, partial(extensions, rules=CLIENT_EXTENSIONS))


def server_hello(copier: Copier, said: Said) -> None:
    said.version = int.from_bytes(copier.keep(2), "big")
    copier.put(copier.own.random(copier.take(32)))
    copier.vector(1, hide_all)
    said.suite = int.from_bytes(copier.keep(2), "big")
    copier.keep(1)
    if copier.left():
        copier.vector(2, partial(extensions, rules=SERVER_EXTENSIONS))


def extensions(copier: Copier, rules: dict[int, Rule]) -> None:
    """A list of extensions: types and lengths stay, contents under the rule of their type."""
    while copier.left():
        kind = int.from_bytes(copier.keep(2), "big")
        copier.vector(2, plain if kind in PLAIN_EXTENSIONS else rules.get(kind, hide_all))


def plain(copier: Copier) -> None:
    """Lists of code points."""
    if copier.left() <= LONGEST_PLAIN:
        copier.keep_all()


def server_names(copier: Copier) -> None:
    copier.vector(2, lambda names: names.each(partial(server_name, names)))


def server_name(names: Copier) -> None:
    names.keep(1)
    names.vector(2, host_name)


def host_name(copier: Copier) -> None:
    """A name in ASCII, label by label; any other as letters."""
    octets = copier.take(copier.left())
    made = copier.own.name(octets.decode("ascii")) if octets.isascii() else copier.own.letters(octets)
    copier.put(made.encode("ascii"))


def protocols(copier: Copier) -> None:
    copier.vector(2, protocol_list)


def protocol_list(copier: Copier) -> None:
    copier.each(lambda: copier.vector(1, protocol))


def protocol(copier: Copier) -> None:
    """An ALPN name; see Pseudonyms.protocol for those that nobody registered."""
    name = copier.take(copier.left())
    copier.put(name if name in ALPN_PROTOCOLS or is_grease_alpn(name) else copier.own.protocol(name))


def status_request(copier: Copier) -> None:
    """OCSP without a responder and without extensions, as all send it."""
    if copier.data == b"\x01\0\0\0\0":
        copier.keep_all()


def padding(copier: Copier) -> None:
    copier.zero(copier.left())


def client_key_shares(copier: Copier) -> None:
    copier.vector(2, lambda shares: shares.each(partial(key_share, shares)))


def key_share(copier: Copier) -> None:
    """A group and a public value; of a HelloRetryRequest the group alone."""
    copier.keep(2)
    if copier.left():
        copier.vector(2, hide_all)


def offered_keys(copier: Copier) -> None:
    """Pre-shared keys: identities, their ages, binders."""
    copier.vector(2, lambda identities: identities.each(partial(identity, identities)))
    copier.vector(2, lambda binders: binders.each(lambda: binders.vector(1, hide_all)))


def identity(copier: Copier) -> None:
    copier.vector(2, ticket)
    copier.zero(4)


def ticket(copier: Copier) -> None:
    copier.put(copier.own.ticket(copier.take(copier.left())))


def sealed_hello(copier: Copier) -> None:
    """An encrypted ClientHello: kind, algorithms and lengths stay."""
    if copier.keep(1) == b"\0":
        copier.keep(5)
        copier.vector(2, hide_all)
        copier.vector(2, hide_all)


def authorities(copier: Copier) -> None:
    copier.vector(2, lambda names: names.each(lambda: names.vector(2, structure)))


def structure(copier: Copier) -> None:
    """DER of which nothing but the structure stays."""
    copier.put(scrub_octets(copier.take(copier.left()), copier.own))


def timestamps(copier: Copier) -> None:
    copier.put(scrub_timestamp_list(copier.take(copier.left()), copier.own))


def hidden_vector(copier: Copier, width: int) -> None:
    copier.vector(width, hide_all)


COMMON_EXTENSIONS: dict[int, Rule] = {
    16: protocols,
    18: timestamps,
    35: ticket,
    44: partial(hidden_vector, width=2),
    0xFF01: partial(hidden_vector, width=1),
}
CLIENT_EXTENSIONS: dict[int, Rule] = {
    **COMMON_EXTENSIONS,
    0: server_names,
    5: status_request,
    21: padding,
    41: offered_keys,
    47: authorities,
    51: client_key_shares,
    17513: protocols,
    17613: protocols,
    0xFE0D: sealed_hello,
}
SERVER_EXTENSIONS: dict[int, Rule] = {**COMMON_EXTENSIONS, 41: keep_all, 51: key_share, 13172: protocol_list}


def certificates(copier: Copier, said: Said) -> None:
    copier.vector(3, lambda chain: chain.each(lambda: chain.vector(3, certificate)))


def certificate(copier: Copier) -> None:
    copier.put(anonymise_certificate(copier.take(copier.left()), copier.own))


def certificate_request(copier: Copier, said: Said) -> None:
    copier.vector(1, keep_all)
    if said.version >= TLS_1_2:
        copier.vector(2, keep_all)
    authorities(copier)


def server_key_exchange(copier: Copier, said: Said) -> None:
    """The server's public value, by the suite's key exchange, and its signature."""
    kind = suite_facts(said.suite).key_exchange
    if "PSK" in kind:
        copier.vector(2, hide_all)
    if kind.startswith("ECDHE"):
        if copier.keep(1) != b"\x03":
            return
        copier.keep(2)
        copier.vector(1, hide_all)
    elif kind.startswith("DHE"):
        copier.vector(2, prime)
        copier.vector(2, generator)
        copier.vector(2, hide_all)
    elif kind == "RSA":
        copier.vector(2, hide_all)
        copier.vector(2, keep_all)
    else:
        return
    if copier.left():
        signature(copier, said)


def prime(copier: Copier) -> None:
    copier.put(other_prime(copier.take(copier.left()), copier.own))


def generator(copier: Copier) -> None:
    if copier.left() <= SHORT_GENERATOR:
        copier.keep_all()


def signature(copier: Copier, said: Said) -> None:
    """The algorithm, where the version says it, and the signature."""
    if said.version >= TLS_1_2:
        copier.keep(2)
    copier.vector(2, signature_value)


def signature_value(copier: Copier) -> None:
    """A signature; of two numbers in DER (ECDSA, DSA) both become others."""
    structure(copier)


def client_key_exchange(copier: Copier, said: Said) -> None:
    """One public value or encrypted secret, whose length stands in one octet, in two, or (SSL 3.0) nowhere."""
    rest = copier.left()
    for width in (1, 2):
        if int.from_bytes(copier.data[:width], "big") == rest - width:
            copier.vector(width, hide_all)
            return


def new_ticket(copier: Copier, said: Said) -> None:
    copier.keep(4)
    copier.vector(2, ticket)


def certificate_status(copier: Copier, said: Said) -> None:
    copier.keep(1)
    copier.vector(3, structure)


RULES: dict[int, Callable[..., None]] = {
    CLIENT_HELLO: client_hello,
    SERVER_HELLO: server_hello,
    4: new_ticket,
    11: certificates,
    12: server_key_exchange,
    13: certificate_request,
    15: signature,
    16: client_key_exchange,
    22: certificate_status,
}
