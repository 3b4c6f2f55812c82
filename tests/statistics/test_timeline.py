"""Shares over time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.synthetic import NOON, MadeFrames, make_connection, make_frames, make_old_connection
from tlsinspect.statistics import build_timeline


def made_at(*offsets: timedelta, **values: Any) -> MadeFrames:
    """Connections that start so long after noon."""
    rows = [make_connection(at, time_start=NOON + offset, **values) for at, offset in enumerate(offsets)]
    return make_frames(connections=rows)


def test_a_bucket_without_connections_is_a_gap_and_not_zero() -> None:
    table = build_timeline("versions", made_at(timedelta(0), timedelta(seconds=2))).table
    assert table["denominator"].tolist() == [1, 0, 1]
    assert table["share"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("span", "width", "buckets"),
    [
        (timedelta(0), "1 s", 1),
        (timedelta(seconds=38), "1 s", 39),
        (timedelta(seconds=39), "2 s", 20),
        (timedelta(minutes=30), "1 min", 31),
        (timedelta(hours=6), "10 min", 37),
        (timedelta(days=3), "2 h", 37),
        (timedelta(days=30), "1 day", 31),
        (timedelta(days=200), "1 week", 30),
        (timedelta(days=730), "1 month", 24),
        (timedelta(days=3000), "3 months", 34),
        (timedelta(days=7305), "1 year", 21),
    ],
)
def test_buckets_have_a_nameable_width_and_are_no_more_than_forty(span: timedelta, width: str, buckets: int) -> None:
    timeline = build_timeline("versions", made_at(timedelta(0), span))
    assert (timeline.width, len(timeline.table)) == (width, buckets)


@pytest.mark.parametrize("span", [timedelta(minutes=7), timedelta(days=90), timedelta(days=1000)])
def test_buckets_hold_every_connection_once(span: timedelta) -> None:
    timeline = build_timeline("versions", made_at(*(span * step / 99 for step in range(100))))
    assert timeline.table["denominator"].sum() == 100
    assert timeline.table["time"].is_monotonic_increasing


def test_a_timeline_speaks_of_the_statistics_focus_unless_told_otherwise() -> None:
    frames = make_frames(connections=[make_connection(0), make_old_connection(0)])
    assert build_timeline("versions", frames).table["share"].tolist() == [0.5]
    assert build_timeline("versions", frames, "SSL 3.0").table["share"].tolist() == [0.0]


def test_a_timeline_of_a_statistic_without_focus_needs_a_category() -> None:
    with pytest.raises(ValueError, match="name one"):
        build_timeline("ja4", make_frames())


def test_a_timeline_counts_distinct_servers_per_bucket() -> None:
    timeline = build_timeline("versions", made_at(*[timedelta(0)] * 5), unit="servers")
    assert timeline.table["denominator"].tolist() == [1]


def test_unknown_connections_are_counted_beside_the_share() -> None:
    unknown = {"version_name": None, "unknown_reasons": [("version", "gap")], "gap": True}
    table = build_timeline("versions", made_at(timedelta(0), **unknown)).table
    assert (table["denominator"].tolist(), table["unknown"].tolist()) == ([0], [1])


def test_a_timeline_of_nothing_has_no_buckets() -> None:
    assert len(build_timeline("versions", make_frames()).table) == 0


def test_a_unit_in_which_the_statistic_is_not_counted_is_refused() -> None:
    with pytest.raises(ValueError, match="weak_offers is not counted by certificates, but by"):
        build_timeline("weak_offers", make_frames(), unit="certificates")
