"""Every statistic, in every unit, and every table of charts, held to what Wireshark's dissectors read in the demo.

Nothing of ours counts on that side: see truths.py and certificate_truths.py. All in one module, because what
tshark reads is read once a process.
"""

from __future__ import annotations

import math
import shutil
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator
from datetime import UTC, datetime
from hashlib import sha256

import pandas as pd
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from samples import ROOT, inspect

from tests.statistics.certificate_truths import DAY, days, leaves, lifetime_limit, limit, load
from tests.statistics.truths import (
    HYBRID,
    PRE_SHARED_KEY,
    TLS_1_3,
    TRUTHS,
    VERSIONS,
    first_finished_of_tls13,
    first_short_header,
    hello_lengths,
    is_finished,
    is_quic,
)
from tests.tshark_streams import APPLICATION_DATA, Stream, read_streams
from tlsinspect import statistics as ours
from tlsinspect.statistics import STATISTICS, build_shares_by_unit, timing

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed: run make tools")
Counts = dict[str, int]
ABOUT_ALL_CONNECTIONS = "protocols"
CLIENT_HELLO, SERVER_HELLO = 1, 2
SYN, SYN_ACK = 0x02, 0x12
HELD_ELSEWHERE = {"build_shares", "build_shares_by_unit"}
EQUAL = pytest.approx


def test_every_statistic_has_a_truth_to_be_held_to() -> None:
    assert set(TRUTHS) == set(STATISTICS)


@pytest.mark.parametrize("name", STATISTICS)
def test_a_statistic_counts_what_tshark_reads(name: str) -> None:
    streams = read_streams(ROOT / "captures" / "demo.pcapng")
    about = [stream for stream in streams if stream.has_tls or name == ABOUT_ALL_CONNECTIONS]
    seen = [(stream, each) for stream in about for each in TRUTHS[name]([stream])]
    assert seen
    for unit, shares in build_shares_by_unit(name, inspect("demo.pcapng")).items():
        ours = dict(zip(shares.table["category"], shares.table["count"], strict=True))
        assert (unit, ours, shares.denominator) == (unit, *count(seen, unit))


def count(seen: list[tuple[Stream, str | set[str]]], unit: str) -> tuple[Counts, int]:
    """How many units showed each category, and how many showed any."""
    showed: dict[str, dict[Hashable, int]] = defaultdict(dict)
    weighed: dict[Hashable, int] = {}
    for place, (stream, several) in enumerate(seen):
        weight = stream.octets if unit == "bytes" else 1
        for key in keys(stream, unit, place):
            weighed[key] = weight
            for category in {several} if isinstance(several, str) else several:
                showed[category][key] = weight
    return {category: sum(keys.values()) for category, keys in showed.items()}, sum(weighed.values())


def keys(stream: Stream, unit: str, place: int) -> Iterator[Hashable]:
    """What a connection counts as; nothing where it has no name or no certificate."""
    name = stream.hello.get("server_name")
    found = {"servers": stream.server, "clients": stream.client[0], "names": name and name.lower(),
             "certificates": stream.leaf}.get(unit, place)  # fmt: skip
    if found is not None:
        yield found


@pytest.fixture(scope="module")
def streams() -> list[Stream]:
    """The connections with TLS."""
    return [stream for stream in read_streams(ROOT / "captures" / "demo.pcapng") if stream.has_tls]


def test_every_table_has_a_truth_to_be_held_to() -> None:
    tests = "".join(name for name in globals() if name.startswith("test_"))
    tables = {name for name in ours.__all__ if name.startswith("build_")} - HELD_ELSEWHERE
    assert {name for name in tables if name.removeprefix("build_") not in tests} == set()


def test_port_shares(streams: list[Stream]) -> None:
    for unit in ("connections", "bytes"):
        table = ours.build_port_shares(inspect("demo.pcapng"), unit)
        found: Counter[tuple[int, str]] = Counter()
        for row in table[table["protocol"].isin(["tls", "dtls", "quic", "ssl2"])].itertuples():
            found[row.server_port, row.transport] += row.count
        truth: Counter[tuple[int, str]] = Counter()
        for stream in streams:
            truth[stream.server[1], stream.transport] += stream.octets if unit == "bytes" else 1
        assert (unit, found) == (unit, truth)


@pytest.mark.parametrize(
    ("column", "measure"),
    [
        ("tcp_rtt_ms", lambda stream: between(by_flags(stream, SYN), by_flags(stream, SYN_ACK))),
        ("hello_ms", lambda stream: between(of_hello(stream, CLIENT_HELLO), of_hello(stream, SERVER_HELLO))),
        ("handshake_ms", lambda stream: between(of_hello(stream, CLIENT_HELLO), of_data(stream))),
    ],
)
def test_handshake_quantiles_and_handshake_ecdf(
    streams: list[Stream], column: str, measure: Callable[[Stream], float | None]
) -> None:
    times = defaultdict(list)
    for stream in streams:
        time = measure(stream) if "version" in stream.hello else None
        if time is not None and not is_resumed(stream) and (column != "handshake_ms" or is_finished(stream)):
            times[VERSIONS[stream.hello["version"]]].append(time)
    table = ours.build_handshake_quantiles(inspect("demo.pcapng"), column).set_index("version_name")
    assert dict(table["connections"]) == {name: len(values) for name, values in times.items()}
    assert dict(table["median"]) == {name: EQUAL(statistics.median(values), abs=1e-3) for name, values in times.items()}
    points = ours.build_handshake_ecdf(inspect("demo.pcapng"), column)
    for name, values in times.items():
        mine = points[points["version_name"] == name]["milliseconds"].tolist()
        assert len(values) <= timing.MOST_POINTS
        assert mine == [EQUAL(value, abs=1e-3) for value in sorted(values)], name


def between(start: float | None, end: float | None) -> float | None:
    """Milliseconds from one time to the other; None where one is missing."""
    return None if start is None or end is None else (end - start) * 1000


def by_flags(stream: Stream, flags: int) -> float | None:
    """When a packet with exactly these TCP flags was first seen."""
    return next((packet.time for packet in stream.packets if stream.transport == "tcp" and packet.flags == flags), None)


def of_hello(stream: Stream, kind: int) -> float | None:
    """When a hello was complete; a HelloRetryRequest is none."""
    hello = stream.hello.get("client_hello_packet" if kind == CLIENT_HELLO else "server_hello_packet")
    return stream.times.get(hello)


def of_data(stream: Stream) -> float | None:
    """When the first application data was seen; of TLS 1.3 the client's Finished, of QUIC its short header."""
    if is_quic(stream):
        return first_short_header(stream)
    if stream.hello["version"] == TLS_1_3:
        return first_finished_of_tls13(stream)
    return next((packet.time for packet in stream.packets if APPLICATION_DATA in packet.numbers["records"]), None)


def is_resumed(stream: Stream) -> bool:
    """Whether a session was resumed."""
    return PRE_SHARED_KEY in stream.hello["server_extensions"] or any(packet.resumed for packet in stream.packets)


def test_hello_sizes(streams: list[Stream]) -> None:
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for stream, octets in hello_lengths(streams):
        able = not HYBRID.isdisjoint(stream.hello.get("key_share_groups") or ())
        found["post-quantum key share" if able else "no post-quantum key share"][octets] += 1
    table = ours.build_hello_sizes(inspect("demo.pcapng"))
    for kind, sizes in found.items():
        part, total = table[table["category"] == kind], sizes.total()
        assert dict(zip(part["octets"], part["count"], strict=True)) == dict(sizes)
        assert dict(zip(part["octets"], part["share"], strict=True)) == {
            octets: EQUAL(sum(sizes[each] for each in sizes if each <= octets) / total) for octets in sizes
        }
    assert set(table["category"]) == set(found)


def test_lifetimes(streams: list[Stream]) -> None:
    table = ours.build_lifetimes(inspect("demo.pcapng"))
    rows = {row.sha256: row for row in table.itertuples()}
    truth = {sha256(each.public_bytes(Encoding.DER)).hexdigest(): each for each in leaves(streams)}
    assert set(rows) == set(truth)
    for digest, certificate in truth.items():
        row, most = rows[digest], limit(certificate)
        assert row.issued == certificate.not_valid_before_utc
        assert (row.days, row.category) == (math.ceil(days(certificate)), lifetime_limit(certificate))
        assert (None if pd.isna(row.limit_days) else row.limit_days) == most


def test_remaining_days(streams: list[Stream]) -> None:
    table = ours.build_remaining_days(inspect("demo.pcapng"))
    truth = [
        (load(each.leaf).not_valid_after_utc - datetime.fromtimestamp(each.packets[0].time, UTC)) / DAY
        for each in streams
        if each.leaf
    ]
    assert sorted(table["remaining_days"]) == [EQUAL(each, abs=1e-6) for each in sorted(truth)]


def test_traffic_and_timeline(streams: list[Stream]) -> None:
    width, table = ours.build_traffic(inspect("demo.pcapng"))
    minutes = 10
    assert width == f"{minutes} min"
    begun = Counter(bucket(stream, minutes) for stream in streams)
    octets: Counter[datetime] = Counter()
    newest: Counter[datetime] = Counter()
    agreed: Counter[datetime] = Counter()
    for stream in streams:
        octets[bucket(stream, minutes)] += stream.octets
        agreed[bucket(stream, minutes)] += "version" in stream.hello
        newest[bucket(stream, minutes)] += stream.hello.get("version") == TLS_1_3
    assert {row.time: (row.connections, row.bytes) for row in table.itertuples() if row.connections} == {
        time: (count, octets[time]) for time, count in begun.items()
    }
    line = ours.build_timeline("versions", inspect("demo.pcapng"))
    assert line.width == width
    assert {row.time: (row.count, row.denominator) for row in line.table.itertuples() if row.denominator} == {
        time: (newest[time], count) for time, count in agreed.items() if count
    }


def bucket(stream: Stream, minutes: int) -> datetime:
    """The start of the stretch of time in which a connection begins."""
    start = stream.packets[0].time
    return datetime.fromtimestamp(start - start % (minutes * 60), UTC)
