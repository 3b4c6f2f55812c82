"""Whether each connection could still come to an agreement, from what both sides showed.

In: the connections, and what remains of the negotiation. Out: for each connection one of three words. It **works**
where what it agreed on remains, or where the client offered another combination of version, suite and group that
remains and the same server took in another connection of the capture. It **fails** where the client offered nothing
that remains, or where all that remains is newer than the newest version of a server, which has to take the newest
that both know (RFC 5246 section 7.4.1.3, RFC 8446 section 4.2.1). All else is **unknown**: what a server could do
besides is only ever proven, never refuted. So the share that fails is a lower bound, and works is one too.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .. import registry
from ..findings.build import encoded
from ..findings.facts import MISSING, Facts, Numbers
from ..registry.suites import group_facts, suite_facts
from ..registry.versions import is_tls13
from ..statistics.rows import Mask
from ..tables import distinct, joined
from ..wire.codes import ENCRYPT_THEN_MAC
from .judge import CURVE_EXCHANGES, PRIME_EXCHANGES, prime_bits, tls_rows
from .remaining import Remaining

OUTCOMES = ("works", "fails", "unknown", "left_out")
WORKS, FAILS, UNKNOWN, LEFT_OUT = range(4)
REASONS = (
    "", "the client offers no version that remains", "the client offers no cipher suite that remains",
    "the client offers no group that remains", "the server's newest version is older than what remains",
    "whether the server takes another offer was not seen", "the offer or the choice is not in the capture",
)  # fmt: skip
NO_VERSION, NO_SUITE, NO_GROUP, OLD_SERVER, NOT_SHOWN, NOT_SEEN = range(1, 7)
ORDERS = ((0x0002, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304), (0xFEFF, 0xFEFD, 0xFEFC))
"""Versions of which a client that names its newest alone may know the older ones; the oldest first."""
NEVER = 99  # a rank after all versions
Codes = NDArray[np.int8]


def judge_connections(facts: Facts, remaining: Remaining) -> tuple[Codes, Codes]:
    """The outcome of each connection, and why."""
    offer = Offer(facts, remaining)
    seen = facts.whole_hello() & facts.known("client_legacy_version")
    chosen = facts.known("version") & facts.known("cipher_suite")
    kept = keeps_choice(facts, remaining)
    fails = seen & ~kept & ~offer.possible
    capped = seen & chosen & ~kept & ~fails & (offer.lowest > newest_of_server(facts, offer))
    rest = tls_rows(facts) & seen & ~kept & ~fails & ~capped & chosen
    shown = works_elsewhere(facts, remaining, rest)
    outcomes = np.select([kept | shown, fails | capped], [WORKS, FAILS], UNKNOWN).astype(np.int8)
    left_out = ~tls_rows(facts) | facts.says("established", False)
    outcomes[left_out] = LEFT_OUT
    reasons = np.select(
        [
            left_out | (outcomes == WORKS), capped, fails & ~offer.any_version, fails & ~offer.any_suite, fails,
            ~seen | ~chosen,
        ],
        [0, OLD_SERVER, NO_VERSION, NO_SUITE, NO_GROUP, NOT_SEEN], NOT_SHOWN,
    )  # fmt: skip
    return outcomes, reasons.astype(np.int8)


def keeps_choice(facts: Facts, remaining: Remaining) -> Mask:
    """Connections whose own agreement remains, as far as it was seen whole."""
    versions = distinct(facts.number("version"))
    kept = np.zeros(len(facts.number("version")), np.bool_)
    for version in versions[versions > 0].tolist():
        if not remaining.allows_version(version):
            continue
        rows = facts.among("version", version)
        suite = np.isin(facts.number("cipher_suite"), list(remaining.suites(version)))
        maybe = np.isin(facts.number("cipher_suite"), list(remaining.suites(version, True)))
        suite |= maybe & facts.has("server_extensions", [ENCRYPT_THEN_MAC])
        kept |= rows & suite & keeps_exchange(facts, remaining, version)
    return kept


def keeps_exchange(facts: Facts, remaining: Remaining, version: int) -> Mask:
    """Connections of a version whose group or prime remains, or that have neither."""
    named, curve = facts.known("group"), facts.among("key_exchange", *CURVE_EXCHANGES)
    group = np.isin(facts.number("group"), list(remaining.groups(version)))
    group |= ~named & offers_only(facts, remaining.groups(version))
    if is_tls13(version):
        alone = facts.among("key_exchange", "PSK") & remaining.allows_psk_alone(version)
        return np.asarray((group & ~facts.among("key_exchange", "PSK")) | alone, np.bool_)
    prime = facts.among("key_exchange", *PRIME_EXCHANGES)
    large = prime_bits(facts) >= remaining.least_prime(version)
    large |= prime & (remaining.least_prime(version) == 0)
    neither = ~curve & ~prime & facts.known("key_exchange")
    return np.asarray(neither | (curve & group) | (prime & large & (group | ~named)), np.bool_)


def offers_only(facts: Facts, groups: frozenset[int]) -> Mask:
    """Clients that offer no curve but those that remain: in a resumed session, too, it was one of them."""
    curves = [code for code in registry.GROUPS if group_facts(code).key_exchange in CURVE_EXCHANGES]
    gone = [code for code in curves if code not in groups]
    some = (facts.length("supported_groups") > 0) | (not gone)
    return np.asarray(some & ~facts.has("supported_groups", gone), np.bool_)


class Offer:
    """What remains of each client's offer.

    `possible`: something may be agreed on, `any_version` and `any_suite`: that much of it is there; `lowest` is the
    rank of the oldest version in which it may, NEVER where there is none.
    """

    def __init__(self, facts: Facts, remaining: Remaining) -> None:
        size = facts.connections.num_rows
        self.possible, self.any_version, self.any_suite = (np.zeros(size, np.bool_) for _ in range(3))
        self.lowest = np.full(size, NEVER)
        for rank, version in (*ranked_versions(), *((0, version) for version in lone_versions(facts))):
            if not remaining.allows_version(version):
                continue
            offered = offers_version(facts, version, sure=False)
            suites = remaining.suites(version, True)
            some = offered & facts.has("cipher_suites", suites)
            fitting = some & suits_groups(facts, remaining, version, suites)
            self.any_version |= offered
            self.any_suite |= some
            self.possible |= fitting
            self.lowest = np.where(fitting, np.minimum(self.lowest, rank), self.lowest)


def ranked_versions() -> Iterator[tuple[int, int]]:
    """Every version with its place among those of its protocol, the oldest first."""
    for order in ORDERS:
        yield from enumerate(order)


def lone_versions(facts: Facts) -> list[int]:
    """The versions that hellos name and that stand in no order: TLCP, what OpenSSL took for DTLS 1.0, drafts."""
    named = distinct(np.append(facts.lists("supported_versions")[0].to_numpy(), facts.legacy_version()))
    ordered = [version for order in ORDERS for version in order]
    return [code for code in named.tolist() if code > 0 and code not in ordered and not registry.is_grease(code)]


def offers_version(facts: Facts, version: int, sure: bool) -> Mask:
    """Clients that offer a version: by name, or as far as legacy_version goes, of which only the newest is sure."""
    legacy, unnamed = facts.legacy_version(), facts.length("supported_versions") == 0
    order = next((order for order in ORDERS if version in order), (version,))
    newer = [version] if sure else list(order[order.index(version) :])
    return np.asarray(facts.has("supported_versions", [version]) | (unnamed & np.isin(legacy, newer)), np.bool_)


def suits_groups(facts: Facts, remaining: Remaining, version: int, suites: frozenset[int]) -> Mask:
    """Clients with a suite that remains together with a group that remains, where it needs one."""
    groups = facts.has("supported_groups", remaining.groups(version))
    if is_tls13(version):
        alone = facts.says("psk_offered") & remaining.allows_psk_alone(version)
        return np.asarray(groups | alone, np.bool_)
    curved = {code for code in suites if suite_facts(code).key_exchange in CURVE_EXCHANGES}
    unnamed = facts.length("supported_groups") == 0
    curve = facts.has("cipher_suites", curved) & (groups | unnamed)
    return np.asarray(facts.has("cipher_suites", suites - curved) | curve, np.bool_)


def server_keys(facts: Facts) -> Numbers:
    """A number for each row's server: one for each address, port, transport and name that it is asked for."""

    def names() -> pa.Array:
        name = pc.fill_null(facts.named("name"), "")
        return pc.binary_join_element_wise(facts.named("service"), name, "\t")

    return encoded(facts, "named service", names)[1]


def version_ranks(facts: Facts) -> Numbers:
    """The rank of each row's version; MISSING where it is unknown or a draft."""
    ranks = np.full(facts.connections.num_rows, MISSING)
    for rank, version in ranked_versions():
        ranks[facts.among("version", version)] = rank
    return ranks


def newest_of_server(facts: Facts, offer: Offer) -> Numbers:
    """The rank of the newest version that each row's server knows, where a newer one was offered to it in vain."""
    ranks, keys = version_ranks(facts), server_keys(facts)
    offered = np.full(len(ranks), MISSING)
    for rank, version in ranked_versions():
        named = facts.has("supported_versions", [version])
        plain = (facts.length("supported_versions") == 0) & (facts.legacy_version() == version)
        offered = np.where(named | plain, np.maximum(offered, rank), offered)
    newest = np.full(int(keys.max(initial=-1)) + 1, MISSING)
    np.maximum.at(newest, keys, ranks)
    capped = np.zeros(len(newest), np.bool_)
    capped[keys[(ranks >= 0) & (offered > ranks) & (ranks == newest[keys])]] = True
    return np.where(capped[keys], newest[keys], NEVER)


def works_elsewhere(facts: Facts, remaining: Remaining, rows: Mask) -> Mask:
    """Of some rows, those whose client offers a combination that remains and that its server took elsewhere."""
    shown = np.zeros(len(rows), np.bool_)
    if not rows.any():
        return shown
    kept, keys = keeps_choice(facts, remaining), server_keys(facts)
    wanted = np.zeros(int(keys.max(initial=-1)) + 1, np.bool_)
    wanted[keys[rows]] = True
    proof = kept & wanted[keys]
    columns = [column[proof] for column in (keys, *map(facts.number, ("version", "cipher_suite", "group")))]
    taken = np.stack(columns, axis=1)[np.unique(joined(columns), return_index=True)[1]]
    some = Facts(facts.connections.filter(pa.array(rows)), facts.certificates)
    places, own = np.flatnonzero(rows), keys[rows]
    for version, suite, group in np.unique(taken[:, 1:], axis=0).tolist():
        proven = taken[(taken[:, 1:] == (version, suite, group)).all(1), 0]
        offered = offers_version(some, version, sure=True) & some.has("cipher_suites", [suite])
        if group != MISSING:
            offered &= some.has("supported_groups", [group])
        elif suite_facts(suite).key_exchange in CURVE_EXCHANGES or is_tls13(version):
            continue  # its group was not seen: a resumed session
        if suite not in remaining.suites(version):
            offered &= some.says("encrypt_then_mac")
        shown[places[offered & np.isin(own, proven)]] = True
    return shown
