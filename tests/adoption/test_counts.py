"""What is counted by patterns is what the statistics count connection by connection."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from adoption_tables import by_day, dataset, on_days, table, with_column
from pandas.testing import assert_frame_equal
from samples import inspect
from traffic import converse, tls12_turns, write_pcap

import tlsinspect
from tlsinspect.adoption import SERIES, Adoption, count_adoption
from tlsinspect.adoption.build import count_part
from tlsinspect.adoption.divide import divide, join_parts
from tlsinspect.adoption.scan import iter_batches
from tlsinspect.looks import FAMILIES
from tlsinspect.looks.encode import Encoder
from tlsinspect.statistics import STATISTICS, build_shares_by_unit
from tlsinspect.statistics.interval import clustered_size
from tlsinspect.statistics.memory import remember

FIRST = date(2025, 1, 6)  # a Monday


@pytest.fixture(scope="module")
def demo() -> Adoption:
    """The demo capture, counted as a store would be."""
    return count_adoption(dataset("connections"), dataset("certificates"), "day")


@pytest.fixture(scope="module")
def frames() -> Any:
    """Its frames, for the statistics."""
    return remember(inspect("demo.pcapng"))


def counts_of(adoption: Adoption, series: str, unit: str) -> dict[str, int]:
    """Category -> count, over all periods."""
    counted = adoption.table(series, unit)
    return dict(counted[counted["category"].notna()].groupby("category")["count"].sum().items())


@pytest.mark.parametrize("series", SERIES)
def test_every_series_counts_what_its_statistic_counts(demo: Adoption, frames: Any, series: str) -> None:
    for unit, shares in build_shares_by_unit(SERIES[series].statistic, frames).items():
        expected = {row.category: row.count for row in shares.table.itertuples() if row.count}  # type: ignore[comparison-overlap]
        counted = demo.table(series, unit).drop_duplicates("time")
        assert counts_of(demo, series, unit) == expected, unit
        assert (counted["denominator"].sum(), counted["unknown"].sum()) == (shares.denominator, shares.unknown), unit


def test_every_series_is_of_a_statistic_and_a_family_and_drawn_beside_its_own_topics() -> None:
    for name, series in SERIES.items():
        assert series.name == name and series.statistic in STATISTICS and series.family in FAMILIES


def test_a_handshake_that_the_capture_cuts_off_before_a_choice_is_unknown(tmp_path: Path) -> None:
    hello = tls12_turns()[0]
    read = tlsinspect.read(write_pcap(tmp_path / "cut.pcap", converse(hello, closed=False)))
    counted = count_adoption(ds.dataset(read.arrow("connections")), ds.dataset(read.arrow("certificates")), "day")
    for series in ("versions", "cipher-classes", "groups", "version-limit"):
        assert counted.table(series)[["denominator", "unknown"]].to_numpy().tolist() == [[0, 1]], series


def test_files_by_day_count_as_one_table_does(demo: Adoption, tmp_path: Path) -> None:
    rows = table("connections")
    days = [FIRST + timedelta(days=2 * (place % 20)) for place in range(rows.num_rows)]
    stored = count_adoption(by_day(tmp_path, rows, days), dataset("certificates"), "week")
    assert [len(period.days) for period in stored.observed] == [4, 3, 4, 3, 4, 2]
    for series in SERIES:
        for unit in ("connections", "bytes"):
            assert counts_of(stored, series, unit) == counts_of(demo, series, unit)


def test_processes_count_together_what_one_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlsinspect.adoption.divide.LEAST_ROWS", 1)
    rows = table("connections").slice(0, 120)
    files = by_day(tmp_path, rows, [date(2025, 1 + place % 5, 6) for place in range(rows.num_rows)])
    parts = divide(files, "month", 2)
    assert [part.count_rows() for part in parts] == [48, 24, 24, 24]
    counted = [count_part(part, dataset("certificates"), "month") for part in parts]
    alone, together = count_part(files, dataset("certificates"), "month"), join_parts("month", counted[::-1])
    columns = ["time", "category", "count", "denominator", "unknown", "low"]
    for series in SERIES:
        for unit in ("connections", "clients"):
            first, second = (each.table(series, unit)[columns].sort_values(columns[:2]) for each in (alone, together))
            assert_frame_equal(first.reset_index(drop=True), second.reset_index(drop=True))


def test_files_are_read_in_the_order_of_their_days(tmp_path: Path) -> None:
    days = [FIRST + timedelta(days=place) for place in (3, 1, 2)]
    files = by_day(tmp_path, table("connections").slice(0, 3), days)
    read = [day for day, _ in iter_batches(files, ["time_start"])]
    assert read == [(day - date(1970, 1, 1)).days for day in sorted(days)]


def test_a_month_without_connections_is_a_row_without_a_share() -> None:
    rows = on_days(table("connections").slice(0, 40), [FIRST] * 20 + [date(2025, 3, 3)] * 20)
    counted = count_adoption(ds.dataset(rows), dataset("certificates"), "month").table("versions")
    empty = counted[counted["time"].dt.month == 2]
    assert len(empty) == 1
    assert empty["share"].isna().all() and empty["denominator"].tolist() == [0]
    assert counted["time"].drop_duplicates().dt.month.tolist() == [1, 2, 3]


def test_first_and_last_month_say_that_they_are_not_whole() -> None:
    days = [date(2025, 1, 1), date(2025, 2, 10), date(2025, 3, 30)] * 10
    counted = count_adoption(ds.dataset(on_days(table("connections").slice(0, 30), days)), dataset("certificates"))
    partial = counted.table("transports").drop_duplicates("time")["partial"].tolist()
    assert partial == [False, False, True]  # January begins on its first day; March misses its last


def test_few_connections_are_called_thin_and_few_hosts_have_no_interval() -> None:
    rows = with_column(table("connections").slice(0, 200), "client_ip", pa.array(["10.0.0.1"] * 200))
    one_host = with_column(rows, "server_ip", pa.array(["10.0.0.2"] * 200))
    one_client = with_column(one_host, "server_port", pa.array([443] * 200))
    counted = count_adoption(ds.dataset(one_client), dataset("certificates"), "day").table("transports")
    assert counted["low"].isna().all() and not counted["thin"].any()
    thin = count_adoption(ds.dataset(rows.slice(0, 20)), dataset("certificates"), "day").table("transports")
    assert thin["thin"].all()


def test_several_categories_together_have_no_interval_and_each_of_them_has() -> None:
    rows = with_column(table("connections"), "client_ip", pa.array([f"10.0.0.{n % 20}" for n in range(536)]))
    counted = count_adoption(ds.dataset(rows), dataset("certificates"), "month")
    folded = counted.table("versions", top=2)
    assert folded["category"].tolist() == ["TLS 1.3", "TLS 1.2", "other (4 more)"]
    assert folded["low"].isna().tolist() == folded["high"].isna().tolist() == [False, False, True]
    assert counted.table("versions")["low"].notna().all()


def test_hosts_that_are_alike_inside_widen_the_interval() -> None:
    totals = np.full(20, 50.0)
    mixed, apart = np.full(20, 25.0), np.repeat([50.0, 0.0], 10)
    sizes = [
        clustered_size(*(np.array([value]) for value in (own.sum(), (own**2).sum(), (own * totals).sum())), totals)[0]
        for own in (mixed, apart)
    ]
    assert sizes[0] == 1000  # every host is as the whole is: each connection tells something of its own
    assert sizes[1] == pytest.approx(19)  # every host is of one kind: 20 hosts are about 20 observations


def test_a_share_of_none_is_worth_no_more_than_hosts_that_are_alike_inside() -> None:
    totals, nothing = np.full(20, 50.0), np.zeros(1)
    assert clustered_size(nothing, nothing, nothing, totals)[0] == 20


def test_lists_count_as_the_same_whatever_their_order_and_grease() -> None:
    encoder = Encoder()
    lists = pa.array([[1, 2, 0x1A1A], [0xFAFA, 2, 1], [1, 2], [], None, [2, 2]], pa.list_(pa.uint16()))
    first, second, *others = encoder.sets(lists).tolist()
    assert first == second
    assert len({first, *others}) == 5


def test_texts_are_the_same_where_they_are_the_same_as_dictionaries_and_in_slices() -> None:
    encoder = Encoder()
    texts = pa.array(["b", "", "ba", "ab", None, "x" * 600, "x" * 344 + "y" + "x" * 255, "b"])
    plain = encoder.texts(texts).tolist()
    assert plain[0] == plain[-1] and len(set(plain)) == 7
    assert encoder.texts(texts.dictionary_encode()).tolist() == plain
    assert encoder.texts(pa.concat_arrays([pa.array(["qq"]), texts]).slice(1)).tolist() == plain
