"""Every statistic of the catalogue, in every unit, held to counts of what Wireshark's dissectors read in the demo.

Nothing of ours counts on that side: see truths.py and certificate_truths.py.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Hashable, Iterator

import pytest
from samples import ROOT, inspect

from tests.statistics import certificate_truths
from tests.statistics.truths import TRUTHS
from tests.tshark_streams import Stream, read_streams
from tlsinspect.statistics import STATISTICS, build_shares_by_unit

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed: run make tools")
Counts = dict[str, int]
ABOUT_ALL_CONNECTIONS = "protocols"


def test_every_statistic_has_a_truth_to_be_held_to() -> None:
    assert certificate_truths.TRUTHS is TRUTHS
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
