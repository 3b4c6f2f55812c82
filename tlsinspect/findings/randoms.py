"""Rules about the randoms of hellos: used twice, or with a pattern that no random number generator gives.

The first four octets may be a time (gmt_unix_time), the last eight of a server's the downgrade sentinel (RFC 8446
section 4.1.3): patterns are looked for in the twenty between. Random ones have no more than 8 different values less
than once in 10^15 times (test_randoms.py counts it), and go up or down by the same step once in 2^144 times.
"""

from __future__ import annotations

from binascii import unhexlify
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..statistics.rows import Mask, mask_of
from .facts import Facts, several
from .rule import Rule

DIGITS = 64  # of a random
FIRST, LAST = 8, 48  # of the digits that are looked at
OCTETS = (LAST - FIRST) // 2
FEW = 8  # different values among them
SAME_SESSION_NS = 10**9  # how much later the same packets may pass another point of recording


def find_repeated(random: str, other: str, facts: Facts) -> Mask:
    """Connections whose random stands in others, too, that are not the same session recorded at another point.

    On both sides of a NAT or a load balancer a session has other addresses, the same two randoms, and the same time.
    """
    found = facts.repeated(random)
    if not found.any():
        return found
    rows = pa.array(found)
    columns = {
        "random": facts.column(random),
        "other": pc.coalesce(facts.column(other), facts.column("connection_id")),
        "start": pc.fill_null(facts.column("time_start").cast(pa.int64()), 0),
        "end": pc.fill_null(facts.column("time_end").cast(pa.int64()), 0),
    }
    table = pa.table({name: column.filter(rows) for name, column in columns.items()})
    table = table.sort_by([(name, "ascending") for name in ("random", "other", "start")])
    randoms, others, starts, ends = (column.to_pylist() for column in table.columns)
    sessions: list[int] = []
    until = 0
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        alike = place and (randoms[place], others[place]) == (randoms[place - 1], others[place - 1])
        same = alike and start <= until + SAME_SESSION_NS
        sessions.append(sessions[-1] if same else place)
        until = max(until, end) if same else end
    often = several(table["random"].combine_chunks(), pa.array(sessions))
    return found & mask_of(pc.is_in(facts.column(random), value_set=often))


def find_patterns(column: str, facts: Facts) -> Mask:
    """Connections with a random of few different octets, or of octets that go up or down by one step."""
    randoms = facts.column(column)
    found = np.zeros(len(randoms), np.bool_)
    whole = mask_of(pc.equal(pc.binary_length(randoms), DIGITS))
    rows = np.flatnonzero(whole & ~facts.known("sslv2_cipher_kinds"))  # SSL 2.0 fills shorter ones up with zeros
    digits = pc.binary_slice(randoms.take(rows).cast(pa.binary()), FIRST, LAST)
    octets = np.frombuffer(unhexlify(b"".join(digits.to_pylist())), np.uint8).reshape(-1, OCTETS)
    places = np.flatnonzero(may_have_pattern(np.ascontiguousarray(octets.T)))
    found[rows[places[[has_pattern(octets[place]) for place in places]]]] = True
    return found


def may_have_pattern(columns: NDArray[np.uint8]) -> Mask:
    """Which randoms are worth a second look, nearly all that are random left out; octets by place, then by random."""
    marks = np.zeros(columns.shape[1], np.uint32)
    for octets in columns:
        marks |= np.uint32(1) << (octets & 31).astype(np.uint32)
    first, second, third = (columns[place + 1] - columns[place] for place in range(3))
    few = np.unpackbits(marks.view(np.uint8)).reshape(-1, 32).sum(axis=1, dtype=np.uint8) <= FEW
    return np.asarray(few | ((first == second) & (second == third)), np.bool_)


def has_pattern(octets: NDArray[np.uint8]) -> bool:
    """The exact test of one random."""
    return len(set(octets.tolist())) <= FEW or len(set((octets[1:] - octets[:-1]).tolist())) == 1


RULES = (
    Rule(
        "EXT-17", "The same server random in several connections", "high",
        partial(find_repeated, "server_random", "client_random"),
        ("server_random",), "Look for a broken random number generator, or for a replay.", ("RFC 8446 section 4.1.3",),
        confidence="likely",
    ),
    Rule(
        "EXT-17-CLIENT", "The same client random in several connections", "high",
        partial(find_repeated, "client_random", "server_random"),
        ("client_random", "ja4"),
        "Look for a broken random number generator, for a replay, or for a connection recorded on both sides of a NAT.",
        ("RFC 8446 section 4.1.2",), "client", "client_hello_packet", "likely",
    ),
    Rule(
        "EXT-17-PATTERN", "Server random with a pattern", "high", partial(find_patterns, "server_random"),
        ("server_random",), "Look for a broken random number generator: the server's keys may come from it too.",
        ("RFC 8446 section 4.1.3",), confidence="likely",
    ),
    Rule(
        "EXT-17-PATTERN-CLIENT", "Client random with a pattern", "medium", partial(find_patterns, "client_random"),
        ("client_random", "ja4"),
        "Find out what speaks: scanners write their hellos so. Else the client's keys may come from there too.",
        ("RFC 8446 section 4.1.2",), "client", "client_hello_packet", "likely",
    ),
)  # fmt: skip
