"""The columns as arrays that rules ask: each is made once, and every question is asked of all rows at once.

What is missing answers no question with yes: a rule never fires on what was not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..certificates.facts import nanoseconds
from ..registry.suites import SuiteFacts, suite_facts
from ..registry.versions import DTLS, LOW_OCTET
from ..statistics.hellos import cut_hellos, legacy_versions
from ..statistics.observations import name_of, server_of
from ..statistics.rows import Mask, mask_of, one_piece
from ..tables import distinct
from ..wire.limits import DEFAULT_LIMITS, Limits
from .groups import Lists

KEY_END = 16  # of the characters of a random by which the same one is looked for; the first eight may be a time
Numbers = NDArray[np.int64]
MISSING = -1
STREAM_VERSIONS = (0x0300, 0x0301, 0x0302, 0x0303)
LEGACY_VERSIONS = (*STREAM_VERSIONS, 0x0100, 0xFEFF, 0xFEFD)
"""SSL 3.0 to TLS 1.2, DTLS 1.0 (which OpenSSL called 0x0100 before 0.9.8f) and 1.2: what stands in a ServerHello there
TLS 1.3 encrypts or has no more."""
SECOND_BEST = {
    "server_key_exchange_packet": ("server_hello_packet",),
    "certificate_packet": ("server_hello_packet",),
    "certificate_status_packet": ("certificate_packet", "server_hello_packet"),
    "ticket_packet": ("server_hello_packet",),
    "hello_retry_request_packet": ("server_hello_packet",),
}
"""Which packets show it where the one that a rule names is not there: in TLS 1.3 a ServerHello holds the key share."""


class Tables(Protocol):
    """What has the tables of COLUMNS; `at` is when they are judged, without a time zone in UTC, None: as they start."""

    at: datetime | None

    @property
    def limits(self) -> Limits: ...

    def arrow(self, table: str) -> pa.Table: ...

    def on_demand(self, table: str) -> pa.Table: ...


class Facts:
    """The connections and certificates tables, as rules see them.

    `others` makes the validation table of these connections, in their order, and the ocsp, scts and problems
    tables; without it, no rule fires that asks for one. What is judged by time is judged at each
    connection's start, or `at` one time for all, in nanoseconds since 1970-01-01 UTC. `limits` bound the arithmetic.
    """

    def __init__(
        self,
        connections: pa.Table,
        certificates: pa.Table,
        others: Callable[[str], pa.Table] | None = None,
        at: int | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.connections = connections
        self.certificates = certificates
        self.others = others
        self.at = at
        self.limits = limits
        self.made: dict[str, Any] = {}

    @classmethod
    def of(cls, source: Tables) -> Facts:
        """Those of an Inspection, or of what has its tables and its time of judgement."""
        moment = None if source.at is None else nanoseconds(source.at)
        return cls(source.on_demand("connections"), source.arrow("certificates"), source.arrow, moment, source.limits)

    def other(self, table: str) -> pa.Table | None:
        """One of the other tables; None where they are not known."""
        if self.others is None:
            return None
        made = self.others
        return self.once(f"table {table}", lambda: made(table))

    def times(self) -> Numbers:
        """The moment, in nanoseconds, that each row is judged at; MISSING where it is not known."""
        return self.number("time_start") if self.at is None else np.full(len(self.connections), self.at, np.int64)

    def timed(self) -> Mask:
        """Rows with a moment to judge them at: packets without times have 0."""
        return np.asarray(self.times() > 0, np.bool_)

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, made once."""
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def column(self, name: str) -> pa.Array:
        """A column of the connections table, or one of TOLD, in one piece."""
        make = TOLD.get(name)
        return self.once(name, lambda: whole(self.connections, name) if make is None else make(self))

    def number(self, name: str) -> Numbers:
        """A column of numbers; MISSING where there is none."""
        return np.asarray(
            self.once(f"number {name}", lambda: pc.fill_null(self.column(name).cast(pa.int64()), MISSING).to_numpy())
        )

    def packets(self, packet: str | Callable[[Facts], Numbers]) -> Numbers:
        """The packet to look at in each row: a rule's, or the second best; the ClientHello's; the first."""

        def make() -> Numbers:
            if isinstance(packet, str):
                found, others = self.number(packet), SECOND_BEST.get(packet, ())
            else:
                found, others = packet(self), ()
            for other in (*others, "client_hello_packet", "first_packet"):
                found = np.where(found > 0, found, self.number(other))
            return found

        return np.asarray(self.once(f"packets {packet}", make))

    def known(self, name: str) -> Mask:
        """Rows in which a column has a value."""
        return mask_of(pc.is_valid(self.column(name)))

    def says(self, name: str, truth: bool = True) -> Mask:
        """Rows in which a column of truth values has this one."""
        return mask_of(pc.equal(self.column(name), truth))

    def among(self, name: str, *values: Any) -> Mask:
        """Rows in which a column, of few different values, has one of these."""
        kinds, codes = self.once(f"kinds {name}", lambda: kinds_of(self.column(name)))
        return np.asarray(np.array([*(kind in values for kind in kinds), False], np.bool_)[codes])

    def text_matches(self, name: str, pattern: str) -> Mask:
        """Rows in which a text matches a regular expression (RE2)."""
        return mask_of(pc.match_substring_regex(self.column(name), pattern))

    def lists(self, name: str) -> tuple[pa.Array, Numbers]:
        """A column of lists as all its values, and where each row's begin (rows + 1 entries)."""
        return self.once(f"lists {name}", lambda: flatten(self.column(name)))  # type: ignore[no-any-return]

    def length(self, name: str) -> Numbers:
        """How many values each row's list has; 0 where there is none."""
        return np.diff(self.lists(name)[1])

    def has(self, name: str, codes: Iterable[int]) -> Mask:
        """Rows whose list holds one of the codes."""
        return self.rows_with(name, self.wanted(codes))

    def has_only(self, name: str, codes: Iterable[int]) -> Mask:
        """Rows whose list is not empty and holds nothing else than the codes."""
        return np.asarray((self.length(name) > 0) & ~self.rows_with(name, ~self.wanted(codes)), np.bool_)

    def wanted(self, codes: Iterable[int]) -> Mask:
        """For each number of 2 octets, whether it is one of the codes."""
        wanted = np.zeros(1 << 16, np.bool_)
        wanted[[code for code in codes if code < 1 << 16]] = True
        return wanted

    def rows_with(self, name: str, wanted: Mask) -> Mask:
        """Rows whose list holds a wanted number."""
        numbers, owners, kinds, places = self.once(f"codes {name}", lambda: distinct_lists(*self.lists(name)))
        found = np.zeros(kinds, np.bool_)
        found[owners[wanted[numbers]]] = True
        return np.asarray(found[places], np.bool_)

    def offers(self, name: str, passes: Callable[[int], Any]) -> tuple[list[int], Lists]:
        """The numbers in the lists of a column that pass, in ascending order, and which each row has, as their places
        among these."""
        numbers, owners, kinds, places = self.once(f"codes {name}", lambda: distinct_lists(*self.lists(name)))
        codes = self.once(f"codes of {name}", lambda: distinct(numbers).tolist())
        passing = [code for code in codes if passes(code)]
        hits = np.flatnonzero(self.wanted(passing)[numbers])
        pairs = distinct(owners[hits].astype(np.int64) << 16 | numbers[hits])  # a hello may name one twice
        starts = np.searchsorted(pairs, np.arange(kinds + 1) << 16)
        return passing, Lists(places, starts, np.searchsorted(passing, pairs & 0xFFFF), len(passing))

    def chosen_suite(self, test: Callable[[int, SuiteFacts], Any]) -> Mask:
        """Rows whose chosen suite passes the test."""
        codes = self.once("suites", lambda: pc.unique(self.column("cipher_suite")).drop_null().to_pylist())
        return self.among("cipher_suite", *(code for code in codes if test(code, suite_facts(code))))

    def offers_suite(self, test: Callable[[int, SuiteFacts], Any]) -> Mask:
        """Rows in which a suite that passes the test was offered."""
        codes = self.once("offered", lambda: pc.unique(self.lists("cipher_suites")[0]).to_pylist())
        return self.has("cipher_suites", (code for code in codes if test(code, suite_facts(code))))

    def repeated(self, name: str) -> Mask:
        """Rows whose text stands in another connection too; the same connection read twice does not count."""
        column = self.column(name)
        rows = pa.array(may_repeat(column))
        texts = column.take(rows)
        often = several(texts, self.column("connection_id").take(rows))
        found = np.zeros(len(column), np.bool_)
        found[rows.to_numpy()[mask_of(pc.is_in(texts, value_set=often))]] = True
        return found

    def shared(self, key: str, value: str, least: int = 2, among: Mask | None = None) -> Mask:
        """Rows whose text `key` stands with at least `least` different texts `value`, of the rows in `among`.

        Both are columns, or what NAMED makes of them; what is missing is nobody's.
        """
        keys, values = self.named(key), self.named(value)
        wanted = pc.and_(pc.is_valid(keys), pc.is_valid(values))
        if among is not None:
            wanted = pc.and_(wanted, pa.array(among))
        often = several(keys.filter(wanted), values.filter(wanted), least)
        return np.asarray(mask_of(pc.is_in(keys, value_set=often)) & mask_of(wanted), np.bool_)

    def named(self, name: str) -> pa.Array:
        """A column of texts, or one of NAMED."""
        return self.once(f"named {name}", lambda: NAMED[name](self)) if name in NAMED else self.column(name)

    def validation_has(self, column: str, *values: str, side: str = "validation") -> Mask:
        """Rows of whose validation (or client_validation) a list (faults, remarks) has one of these values."""
        table = self.other(side)
        if table is None:
            return np.zeros(len(self.connections), np.bool_)
        lists = self.once(f"{side} table {column}", lambda: flatten(whole(table, column)))
        hits = np.zeros(len(lists[0]) + 1, np.int64)
        np.cumsum(mask_of(pc.is_in(lists[0], value_set=pa.array(values, pa.string()))), out=hits[1:])
        return np.asarray(hits[lists[1][1:]] > hits[lists[1][:-1]], np.bool_)

    def public(self) -> Mask:
        """Rows whose path ends at a root that is trusted by the public, not by the reader's word alone."""
        table = self.other("validation")
        if table is None:
            return np.zeros(len(self.connections), np.bool_)
        return mask_of(whole(table, "publicly_trusted"))

    def trusted(self, side: str = "validation") -> Mask:
        """Rows whose path ends at what is trusted, by everybody or by the reader's word; of clients' chains, too."""
        table = self.other(side)
        if table is None:
            return np.zeros(len(self.connections), np.bool_)
        return mask_of(pc.is_valid(whole(table, "anchor")))

    def nothing_lost(self) -> Mask:
        """Rows of which no segment is missing, nor the end of one: in the others a message may have gone unseen."""
        return np.asarray(~self.says("gap") & ~self.says("truncated"), np.bool_)

    def whole_hello(self) -> Mask:
        """Rows whose ClientHello is there to its end: of a cut one it is not known what it lacks."""
        return np.asarray(
            self.once("whole hello", lambda: self.known("client_hello_packet") & ~cut_hellos(self)), np.bool_
        )

    def legacy_version(self) -> Numbers:
        """The version field of each ClientHello; MISSING where a cut one may have said better in an extension."""
        return np.asarray(self.once("legacy version", lambda: pc.fill_null(legacy_versions(self), MISSING).to_numpy()))

    def whole_answer(self) -> Mask:
        """Rows whose ServerHello is there to its end: only then psk_selected, which comes last, is known."""
        return self.known("server_hello_packet") & self.known("psk_selected")

    def leaf(self, side: str) -> pa.Array:
        """SHA-256 of the first certificate that a side sent; `side` is the column of its chain."""
        return self.once(f"leaf {side}", lambda: first_of(*self.lists(side)))

    def certificate(self, test: Callable[[pa.Table], pa.Array], side: str = "certificate_sha256s") -> Mask:
        """Rows in which a side's own certificate passes a test of the certificates table."""
        places = self.once(f"places {side}", lambda: pc.fill_null(self.place(side), MISSING).to_numpy())
        passed = np.append(mask_of(pa.chunked_array([test(self.certificates)]).combine_chunks()), False)
        return np.asarray(passed[places], np.bool_)

    def place(self, side: str) -> pa.Array:
        """The row of the certificates table with a side's own certificate."""
        return self.once(
            f"place {side}", lambda: pc.index_in(self.leaf(side), value_set=whole(self.certificates, "sha256"))
        )

    def chain(self, test: Callable[[pa.Table], pa.Array]) -> Mask:
        """Rows in which any certificate that the server sent passes a test of the certificates table."""
        values, starts = self.lists("certificate_sha256s")
        bad = self.certificates["sha256"].combine_chunks().filter(test(self.certificates))
        counts = np.zeros(len(values) + 1, np.int64)
        np.cumsum(mask_of(pc.is_in(values, value_set=whole(pa.table([bad], ["sha256"]), "sha256"))), out=counts[1:])
        return np.asarray(counts[starts[1:]] > counts[starts[:-1]], np.bool_)


# A service is what answers at an address and port of one transport: QUIC at 443 is no proof of what TCP there can do.
NAMED: dict[str, Callable[[Facts], pa.Array]] = {
    "server": server_of,
    "service": lambda facts: pc.binary_join_element_wise(
        facts.named("server"), pc.fill_null(facts.column("transport"), ""), "/"
    ),
    "client and service": lambda facts: pc.binary_join_element_wise(
        facts.column("client_ip"), facts.named("service"), " "
    ),
    "leaf certificate_sha256s": lambda facts: facts.leaf("certificate_sha256s"),
    "name": name_of,
}

TOLD: dict[str, Callable[[Facts], pa.Array]] = {
    "sct_operators": lambda facts: judged(facts, "sct_operators", pa.list_(pa.string())),
    "detail": lambda facts: judged(facts, "detail", pa.string()),
    "client_subject": lambda facts: whole(facts.certificates, "subject").take(
        facts.place("client_certificate_sha256s")
    ),
}
"""Columns of the validation table that evidence names, and the subject of clients' certificates."""


def judged(facts: Facts, name: str, kind: pa.DataType) -> pa.Array:
    """A column of the validation table, of this type; null where that table is not known."""
    table = facts.other("validation")
    return pa.nulls(len(facts.connections), kind) if table is None else whole(table, name)


def whole(table: pa.Table, name: str) -> pa.Array:
    """A table's column in one piece."""
    return one_piece(table.column(name))


def kinds_of(column: pa.Array) -> tuple[list[Any], Numbers]:
    """The different values of a column, and which of them each row has: -1 where it has none."""
    encoded = column.dictionary_encode()
    return encoded.dictionary.to_pylist(), pc.fill_null(encoded.indices, -1).to_numpy()


def may_repeat(texts: pa.Array) -> NDArray[np.intp]:
    """Rows whose text may stand in another one too, as eight of its characters do, or as it is too short to tell."""
    lengths = pc.fill_null(pc.binary_length(texts), 0).to_numpy()
    rows = np.flatnonzero(lengths >= KEY_END)
    keys = pc.binary_slice(texts.take(pa.array(rows)).cast(pa.binary()), KEY_END - 8, KEY_END)
    _, places, counts = np.unique(
        np.frombuffer(b"".join(keys.to_pylist()), np.uint64), return_inverse=True, return_counts=True
    )
    return np.sort(np.append(rows[counts[places] > 1], np.flatnonzero((lengths > 0) & (lengths < KEY_END))))


def several(keys: pa.Array, values: pa.Array, least: int = 2) -> pa.Array:
    """Those of `keys` that stand with at least `least` different `values`; what is missing counts for nothing.

    Arrow's group_by says the same, and loads two more libraries first.
    """
    both = pc.and_(pc.is_valid(keys), pc.is_valid(values))
    kinds = keys.filter(both).dictionary_encode()
    codes = kinds.indices.to_numpy().astype(np.int64)
    often = np.bincount(codes, minlength=len(kinds.dictionary)) >= least  # of all texts few come so often
    rows = often[codes]
    others = values.filter(both).filter(pa.array(rows)).dictionary_encode()
    pairs = distinct(codes[rows] << 32 | others.indices.to_numpy())
    counts = np.bincount(pairs >> 32, minlength=len(kinds.dictionary))
    return kinds.dictionary.filter(pa.array(counts >= least))


def ranks_of(codes: Numbers) -> Numbers:
    """Versions as numbers that are larger for the newer one: those of DTLS count downwards (RFC 9147 section 5.3)."""
    return np.where(codes >> 8 == DTLS, codes ^ LOW_OCTET, codes)


def flatten(lists: pa.Array) -> tuple[pa.Array, Numbers]:
    """A list column as all values, and where each row's begin."""
    starts = np.zeros(len(lists) + 1, np.int64)
    np.cumsum(pc.fill_null(pc.list_value_length(lists), 0).to_numpy(), out=starts[1:])
    return pc.list_flatten(lists), starts


def distinct_lists(values: pa.Array, starts: Numbers) -> tuple[Numbers, Numbers, int, Numbers]:
    """Lists of numbers, of which most come again and again: the numbers of the distinct ones, to which list each
    belongs, how many lists there are, and which one each row has."""
    numbers = values.to_numpy(zero_copy_only=False)
    width = numbers.dtype.itemsize
    octets = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(starts) - 1, [None, pa.py_buffer(starts * width), pa.py_buffer(numbers.tobytes())]
    )
    encoded = octets.dictionary_encode()
    lengths = pc.binary_length(encoded.dictionary).to_numpy() // width
    owners = np.repeat(np.arange(len(lengths)), lengths)
    joined = b"".join(encoded.dictionary.to_pylist())
    return np.frombuffer(joined, numbers.dtype), owners, len(lengths), encoded.indices.to_numpy()


def first_of(values: pa.Array, starts: Numbers) -> pa.Array:
    """The first value of each row's list."""
    empty = starts[1:] == starts[:-1]
    return values.take(pa.array(np.where(empty, 0, starts[:-1]), mask=empty))
