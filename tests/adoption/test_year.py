"""A year that was made with a known mix: every share that is computed is held to what was made."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from make_year import plan_year, write_year
from year_kinds import HIDDEN, KINDS

from tlsinspect.adoption import SERIES, Adoption, build_adoption
from tlsinspect.looks import has_looks
from tlsinspect.store import ingest, open_store

Row = dict[str, str]
SERIES_OF = {
    "versions": "version", "versions-offered": "offered", "version-limit": "version_limit", "cipher-classes": "cipher",
    "aead": "aead", "weak-offers": "weak_offer", "key-exchange": "exchange", "forward-secrecy": "forward_secrecy",
    "groups": "group", "groups-offered": "offered_groups", "post-quantum": "post_quantum",
    "post-quantum-limit": "post_quantum_limit", "extensions-offered": "offered_extensions", "certificate-keys": "key",
    "certificate-signatures": "signature", "lifetimes": "lifetime", "authorities": "authority",
    "resumption": "resumption", "transports": "carrier", "ports": "port",
}  # fmt: skip
"""Series -> the column of truth.csv that it has to show."""
START = datetime(2025, 1, 1, tzinfo=UTC)
CONNECTIONS = 240


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The captures of the year, and a store of them."""
    place = tmp_path_factory.mktemp("year")
    paths = write_year(place, plan_year(START, 365, CONNECTIONS, every=8), "month")
    assert ingest(paths, place / "store").connections == CONNECTIONS
    return place


@pytest.fixture(scope="module")
def truth(folder: Path) -> list[Row]:
    """What was made."""
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def adoption(folder: Path) -> Adoption:
    """What is found, by month."""
    return build_adoption(open_store(folder / "store"), "month")


def things_of(row: Row, unit: str, place: int) -> str:
    """What a connection counts as."""
    return {"clients": row["client"], "servers": row["server"], "names": row["server_name"]}.get(unit, str(place))


def expected(truth: list[Row], column: str, unit: str) -> dict[tuple[str, str], int]:
    """(month, category) -> how many connections, octets, clients, servers or names showed it."""
    seen: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for place, row in enumerate(truth):
        if row[column] not in ("", HIDDEN):
            for category in row[column].split(";"):
                seen[row["time"][:7], category][things_of(row, unit, place)] = weight_of(row, unit)
    return {key: sum(things.values()) for key, things in seen.items()}


def weight_of(row: Row, unit: str) -> int:
    """What a connection, or whatever it counts as, counts for."""
    return int(row["octets"]) if unit == "bytes" else 1


def test_every_series_is_held_to_what_was_made() -> None:
    assert SERIES_OF.keys() == SERIES.keys()


@pytest.mark.parametrize("unit", ["connections", "bytes", "clients", "servers", "names"])
@pytest.mark.parametrize("series", SERIES_OF)
def test_every_share_of_every_month_is_what_was_made(
    adoption: Adoption, truth: list[Row], series: str, unit: str
) -> None:
    table = adoption.table(series, unit)
    table = table[table["count"].fillna(0) > 0]
    found = {
        (f"{time:%Y-%m}", category): int(count)
        for time, category, count in zip(table["time"], table["category"], table["count"], strict=True)
    }
    wanted = expected(truth, SERIES_OF[series], unit)
    assert found == wanted
    if unit in ("connections", "bytes"):
        known: Counter[str] = Counter()
        for row in truth:
            known[row["time"][:7]] += weight_of(row, unit) * (row[SERIES_OF[series]] not in ("", HIDDEN))
        for time, category, share in zip(table["time"], table["category"], table["share"], strict=True):
            month = f"{time:%Y-%m}"
            assert share == pytest.approx(wanted[month, category] / known[month])


@pytest.mark.parametrize("series", [name for name, each in SERIES.items() if each.family == "certificate"])
def test_what_cannot_be_seen_is_counted_as_unknown(adoption: Adoption, truth: list[Row], series: str) -> None:
    hidden = Counter(row["time"][:7] for row in truth if row[SERIES_OF[series]] == HIDDEN)
    months = adoption.table(series).drop_duplicates("time")
    assert {
        f"{time:%Y-%m}": int(count) for time, count in zip(months["time"], months["unknown"], strict=True)
    } == hidden


def test_intervals_of_a_year_hold_the_shares_that_were_aimed_at(adoption: Adoption) -> None:
    table = adoption.table("versions")
    new = table[table["category"] == "TLS 1.3"].reset_index(drop=True)
    total = [sum(getattr(kind, end) for kind in KINDS) for end in ("first", "last")]
    aimed = [
        sum(getattr(kind, end) for kind in KINDS if kind.version == "TLS 1.3") / all_of_it
        for end, all_of_it in zip(("first", "last"), total, strict=True)
    ]
    for place, share in zip((0, len(new) - 1), aimed, strict=True):
        assert new["low"][place] <= share <= new["high"][place]


def test_a_store_keeps_the_looks_of_its_connections_and_shows_them_in_no_table(folder: Path) -> None:
    connections = open_store(folder / "store").dataset("connections")
    assert all(has_looks(each.physical_schema) for each in connections.get_fragments())
    assert not has_looks(connections.schema)


def test_the_same_plan_makes_the_same_files(tmp_path: Path) -> None:
    plan = plan_year(START, 20, 6)
    first, again = (write_year(tmp_path / name, plan) for name in ("one", "two"))
    assert [path.name for path in first] == [path.name for path in again]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
