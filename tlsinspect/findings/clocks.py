"""Clocks that are wrong: gmt_unix_time, the first four octets of the randoms of TLS 1.2 and before.

Much of what implements TLS fills it with random octets, and nothing says who does. So an offset counts only where most
of one host's randoms agree on it, in several different seconds: by chance not even two of them do.
Spec: RFC 5246 section 7.4.1.2.
"""

from __future__ import annotations

from binascii import unhexlify
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..statistics.rows import Mask
from ..tables import distinct
from .facts import Facts
from .rule import Rule

SECOND = 10**9  # nanoseconds
LEAST = 3  # different seconds that have to agree
AGREEMENT = 30  # seconds around the median
TOLERANCE = 300  # seconds by which a clock may be off
DIGITS = 8  # of four octets


def find_wrong_clocks(host: str, column: str, facts: Facts) -> Mask:
    """Connections of hosts whose clock is off; `host` names them, as Facts.named has it, `column` is their random."""
    randoms, hosts = facts.column(column), facts.named(host)
    found = np.zeros(len(randoms), np.bool_)
    known = pc.and_(pc.equal(pc.binary_length(randoms), 8 * DIGITS), pc.is_valid(hosts))
    rows = np.flatnonzero(pc.fill_null(pc.and_(known, pc.is_valid(facts.column("time_start"))), False).to_numpy(False))
    if len(rows) < LEAST:
        return found
    codes = hosts.take(rows).dictionary_encode().indices.to_numpy().astype(np.int64)
    often = np.flatnonzero((np.bincount(codes) >= LEAST)[codes])
    if not len(often):
        return found
    rows, codes = rows[often], np.unique(codes[often], return_inverse=True)[1]
    digits = pc.binary_slice(randoms.take(rows).cast(pa.binary()), 0, DIGITS)
    told = np.frombuffer(unhexlify(b"".join(digits.to_pylist())), ">u4").astype(np.int64)
    offsets = told - facts.number("time_start")[rows] // SECOND
    order = np.lexsort((offsets, codes))
    counts = np.bincount(codes)
    medians = offsets[order][np.cumsum(counts) - counts + counts // 2]
    agreed = np.flatnonzero((np.abs(offsets - medians[codes]) <= AGREEMENT) & (np.abs(medians) > TOLERANCE)[codes])
    seconds = distinct(codes[agreed] << 32 | told[agreed]) >> 32
    enough = np.bincount(seconds, minlength=len(counts)) >= LEAST
    most = 2 * np.bincount(codes[agreed], minlength=len(counts)) > counts
    found[rows[agreed[(enough & most)[codes[agreed]]]]] = True
    return found


RULES = (
    Rule(
        "EXT-18", "Server's clock is off", "info", partial(find_wrong_clocks, "server", "server_random"),
        ("server_random", "version_name"),
        "Set the clock: it decides which certificates and tickets are valid. Times in its logs are off too.",
        ("RFC 5246 section 7.4.1.2",), confidence="likely",
    ),
    Rule(
        "EXT-18-CLIENT", "Client's clock is off", "info", partial(find_wrong_clocks, "client_ip", "client_random"),
        ("client_random", "ja4"),
        "Set the clock: it decides which certificates the client takes for valid. Times in its logs are off too.",
        ("RFC 5246 section 7.4.1.2",), "client", "client_hello_packet", "likely",
    ),
)  # fmt: skip
