"""Rules about how hosts behave: what is rare, regular or one-sided. None of them is a proof."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..connection import CARRIES_TLS
from ..pivots.beacons import LEAST_INTERVAL_S, REGULAR_SCORE
from ..statistics.rows import Mask
from .facts import Facts, Numbers
from .rule import Rule

LEAST_REGULAR = 20  # visits: twice as many as the beacons table asks for, as fewer look regular by chance
MANY = 10  # addresses of one certificate, certificates of one server
LEAST_CLIENTS = 20  # in the captures, from which a fingerprint of a single client is rare
ONE_WAY_FACTOR, ONE_WAY_OCTETS = 10, 10_000_000
SECOND_NS = 10**9


def quantile(values: NDArray[np.float64], starts: Numbers, sizes: Numbers, share: float) -> NDArray[np.float64]:
    """A quantile of each group of sorted values, between two of them by their distance (as numpy's default)."""
    place = (sizes - 1) * share
    low = np.floor(place).astype(np.int64)
    first, second = values[starts + low], values[starts + np.minimum(low + 1, sizes - 1)]
    return np.asarray(first + (second - first) * (place - low))


def find_beacons(facts: Facts) -> Mask:
    """Connections of a client to one destination that begin as by a timer: the score is that of the beacons table."""
    found = np.zeros(len(facts.connections), np.bool_)
    destinations = pc.coalesce(pc.utf8_lower(facts.column("server_name")), facts.column("server_ip"))
    client, destination = (
        column.dictionary_encode(null_encoding="encode").indices.to_numpy()
        for column in (facts.column("client_ip"), destinations)
    )
    rows = np.flatnonzero(facts.among("protocol", *CARRIES_TLS) & facts.known("time_start"))
    times = facts.number("time_start")
    order = rows[np.lexsort([key[rows] for key in (times, facts.number("server_port"), destination, client)])]
    if not len(order):
        return found
    keys = np.stack([client[order], destination[order], facts.number("server_port")[order]])
    other = np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0))
    later = np.append(True, np.diff(times[order]) >= LEAST_INTERVAL_S * SECOND_NS)
    pairs, visits = np.cumsum(other) - 1, np.flatnonzero(other | later)
    counts = np.bincount(pairs[visits])
    often = counts >= LEAST_REGULAR
    visits, counts = visits[often[pairs[visits]]], counts[often]
    if not len(counts):
        return found
    groups = np.repeat(np.arange(len(counts)), counts)
    intervals = np.diff(times[order[visits]])[groups[1:] == groups[:-1]] / SECOND_NS
    owners = np.repeat(np.arange(len(counts)), counts - 1)
    intervals = intervals[np.lexsort((intervals, owners))]
    starts = np.append(0, np.cumsum(counts - 1)[:-1])
    first, third = (quantile(intervals, starts, counts - 1, share) for share in (0.25, 0.75))
    regular = np.flatnonzero(often)[1 - (third - first) / (third + first) >= REGULAR_SCORE]
    found[order[np.isin(pairs, regular)]] = True
    return found


def find_rare_and_nameless(facts: Facts) -> Mask:
    """A fingerprint of a single client of many, that asks for no name and is shown a self-signed certificate."""
    clients = len(pc.unique(facts.column("client_ip").drop_null()))
    if clients < LEAST_CLIENTS:
        return np.zeros(len(facts.connections), np.bool_)
    rare = facts.known("ja4") & ~facts.shared("ja4", "client_ip")
    nameless = facts.whole_hello() & ~facts.known("server_name") & facts.among("protocol", "tls", "quic")
    own = facts.certificate(lambda table: table["self_signed"].combine_chunks())
    return np.asarray(rare & nameless & own, np.bool_)


def find_one_way(facts: Facts) -> Mask:
    """Finished handshakes after which the client sent ten times what it received, and more than ten megabytes."""
    sent, received = facts.number("client_application_bytes"), facts.number("server_application_bytes")
    seen = facts.says("established") & (received >= 0) & ~facts.says("one_sided") & ~facts.says("gap")
    return np.asarray(seen & (sent >= ONE_WAY_OCTETS) & (sent >= ONE_WAY_FACTOR * received), np.bool_)


RULES = (
    Rule(
        "IR-06", "Rare client, no name, self-signed certificate", "high", find_rare_and_nameless,
        ("ja4", "subject"), "Find out which program this is: each of the three is common, all together are not.",
        ("docs/pivots.md",), "client", "client_hello_packet", "likely",
    ),
    Rule(
        "IR-05", "Connections as regular as by a timer", "medium", find_beacons, ("server_name", "ja4"),
        "Find out which program this is: updates and monitoring do it too. See tlsinspect beacons.",
        ("docs/pivots.md",), "client", "client_hello_packet", "likely",
    ),
    Rule(
        "IR-04", "One certificate at many addresses", "info",
        lambda facts: facts.shared("leaf certificate_sha256s", "server_ip", MANY), ("server_name", "subject"),
        "Nothing is wrong with a service of many servers; whoever has the key of one of them has that of all.",
        ("docs/pivots.md",), "certificate", "certificate_packet",
    ),
    Rule(
        "IR-04-SERVER", "One server with many certificates", "info",
        lambda facts: facts.shared("server", "leaf certificate_sha256s", MANY), ("server_name", "issuer"),
        "Nothing is wrong with a host of many names; a device that inspects TLS looks alike: see who issued them.",
        ("docs/pivots.md",), packet="certificate_packet", confidence="likely",
    ),
    Rule(
        "IR-10", "Client sent far more than it received", "info", find_one_way,
        ("client_application_bytes", "server_application_bytes", "server_name"),
        "Nothing is wrong with a backup or an upload; otherwise find out what left.",
        ("docs/pivots.md",), "client", "client_hello_packet",
    ),
)  # fmt: skip
