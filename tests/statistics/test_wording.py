"""Numbers in words, and the declared questions."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from tests.synthetic import NOON, make_connection, make_frames, make_old_connection
from tlsinspect.columns import CONNECTIONS, UNKNOWN_REASONS
from tlsinspect.protocols import SILENT
from tlsinspect.statistics import STATISTICS, UNITS, build_shares, build_timeline
from tlsinspect.statistics.observations import CAPTURE_END, REASON_NOT_STATED
from tlsinspect.statistics.timeline import Counts
from tlsinspect.statistics.wording import (
    REASONS,
    basis,
    bytes_text,
    count_text,
    duration_text,
    interval_text,
    milliseconds_text,
    period_text,
    share_of_text,
    share_text,
    statement,
    timeline_statement,
)


@pytest.mark.parametrize(
    ("count", "denominator", "text"),
    [
        (0, 9, "0%"),
        (9, 9, "100%"),
        (1, 3, "33%"),
        (1, 999, "<1%"),
        (998, 999, ">99%"),
        (1, 3000, "<0.1%"),
        (2999, 3000, ">99.9%"),
        (1234, 3000, "41.1%"),
        (0, 0, "n/a"),
    ],
)
def test_share_text_never_rounds_to_none_or_all(count: int, denominator: int, text: str) -> None:
    assert share_text(count, denominator) == text


def test_share_of_text_says_none_and_all_in_words() -> None:
    assert share_of_text(0, 5, "servers") == "no servers"
    assert share_of_text(5, 5, "servers") == "all servers"
    assert share_of_text(1, 5, "servers") == "20% of servers"
    assert share_of_text(1, 1, "connections", "it") == "the one connection that shows it"
    assert share_of_text(0, 1, "connections", "it") == "none of the one connection that shows it"


@pytest.mark.parametrize(
    ("octets", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_499, "999 kB"), (999_600, "1.0 MB"), (3_140_000_000, "3.1 GB")],
)
def test_bytes_text_has_two_or_three_digits(octets: int, text: str) -> None:
    assert bytes_text(octets) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (3.24, "3.2 s"),
        (59, "59 s"),
        (90, "2 min"),
        (20714, "5 h 45 min"),
        (172800, "2 d"),
        (180000, "2 d 2 h"),
    ],
)
def test_duration_text_has_two_parts_at_most(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_period_text_does_not_say_the_day_twice() -> None:
    start = pd.Timestamp("2026-03-01 08:00", tz="UTC")
    assert period_text(start, start + pd.Timedelta(hours=6)) == "2026-03-01 08:00 to 14:00 UTC"
    assert period_text(start, start + pd.Timedelta(days=1)) == "2026-03-01 08:00 to 2026-03-02 08:00 UTC"
    assert period_text(start, start) == "2026-03-01 08:00 UTC"
    assert period_text(None, None) == ""


def test_count_text_minds_number_and_unit() -> None:
    assert count_text(1, UNITS["servers"]) == "1 server"
    assert count_text(1200, UNITS["connections"]) == "1,200 connections"
    assert count_text(1200, UNITS["bytes"]) == "1.2 kB"


def test_statement_speaks_of_the_focus() -> None:
    frames = make_frames(connections=[make_connection(0), make_old_connection(1), make_old_connection(2)])
    shares = build_shares("versions", frames)
    assert statement(shares) == "TLS 1.3 was agreed for 33% of connections"
    assert basis(shares) == "of 3 connections"


def test_statement_and_basis_own_up_to_much_that_is_unknown() -> None:
    unknown = make_old_connection(9, version_name=None, gap=True, unknown_reasons=[("version", "gap")])
    frames = make_frames(connections=[make_connection(0), make_old_connection(1), make_old_connection(2), unknown])
    shares = build_shares("versions", frames)
    assert statement(shares) == "TLS 1.3 was agreed for 33% of the 3 connections that show it"
    assert basis(shares) == "of 3 connections; 1 connection more unknown (25%)"


@pytest.mark.parametrize(
    ("low", "high", "denominator", "text"),
    [
        (0.551, 0.684, 90, "55 to 68%"),
        (0.9972, 0.9997, 1343, "99.7 to >99.9%"),
        (0.0002, 0.0131, 1343, "<0.1 to 1.3%"),
        (0.0, 0.0411, 90, "0 to 4%"),
        (0.9959, 1.0, 935, ">99 to 100%"),
    ],
)
def test_interval_text_has_the_digits_of_its_share(low: float, high: float, denominator: int, text: str) -> None:
    assert interval_text(low, high, denominator) == text


def test_timeline_statement_compares_the_halves_of_what_was_counted() -> None:
    rows = [make_old_connection(0, time_start=NOON - timedelta(days=9000))]
    rows += [make_old_connection(at, time_start=NOON + timedelta(days=at)) for at in range(40, 49)]
    rows += [make_connection(at, time_start=NOON + timedelta(days=at)) for at in range(400, 410)]
    timeline = build_timeline("versions", make_frames(connections=rows))
    assert timeline_statement(timeline) == "TLS 1.3: 0% of the earlier half of connections, 100% of the later half"


def test_timeline_statement_names_no_halves_where_one_would_be_small() -> None:
    rows = [make_old_connection(at) for at in range(9)] + [make_connection(9, time_start=NOON + timedelta(days=9))]
    timeline = build_timeline("versions", make_frames(connections=rows))
    assert timeline_statement(timeline) == "TLS 1.3: 10% of connections"


def test_timeline_statement_gives_a_bucket_to_the_half_in_which_its_middle_lies() -> None:
    days = [0] * 4 + [9] * 3 + [18] * 3
    rows = [make_connection(at, time_start=NOON + timedelta(days=day)) for at, day in enumerate(days)]
    rows[:4] = [make_old_connection(at, time_start=NOON) for at in range(4)]
    timeline = build_timeline("versions", make_frames(connections=rows))
    assert timeline_statement(timeline) == "TLS 1.3: 0% of the earlier half of connections, 100% of the later half"


def test_timeline_statement_counts_a_host_that_comes_again_once_in_each_half() -> None:
    """Two clients come every hour, one of them with TLS 1.3, and a third one in the later half."""
    pairs = [(make_connection, "192.0.2.1"), (make_old_connection, "192.0.2.2")]
    rows = [
        make(at, client_ip=client, time_start=NOON + timedelta(hours=at)) for at in range(10) for make, client in pairs
    ]
    rows.append(make_connection(9, client_ip="192.0.2.3", time_start=NOON + timedelta(hours=9)))
    timeline = build_timeline("versions", make_frames(connections=rows), unit="clients")
    assert [timeline.whole, *timeline.halves] == [Counts(2, 3, 0), Counts(1, 2, 0), Counts(2, 3, 0)]
    assert timeline_statement(timeline) == (
        "TLS 1.3: 50% of clients in the earlier half of connections, 67% of those in the later half"
    )


def test_timeline_statement_of_one_moment_has_no_halves() -> None:
    timeline = build_timeline("versions", make_frames(connections=[make_connection(0)]))
    assert timeline_statement(timeline) == "TLS 1.3: 100% of connections"
    assert "nothing to show" in timeline_statement(build_timeline("versions", make_frames()))


@pytest.mark.parametrize(("milliseconds", "text"), [(0.0421, "0.0421 ms"), (33.12, "33.1 ms"), (1423.4, "1,420 ms")])
def test_milliseconds_text_has_three_digits(milliseconds: float, text: str) -> None:
    assert milliseconds_text(milliseconds) == text


def test_statement_leaves_the_case_of_a_network_name_alone() -> None:
    shares = build_shares("server_names", make_frames(connections=[make_connection(0)]))
    assert statement(shares) == "www.example was asked for by all connections"


def test_statement_without_an_answer_says_so() -> None:
    assert statement(build_shares("versions", make_frames())) == "Versions agreed: nothing to show of 0 connections"


@pytest.mark.parametrize("name", STATISTICS)
def test_every_declared_statistic_is_complete(name: str) -> None:
    declared = STATISTICS[name]
    assert declared.question.endswith("?")
    assert declared.caveat.endswith(".")
    assert "{share}" in declared.statement
    assert declared.column in {column.name for column in CONNECTIONS}
    assert set(declared.units) <= set(UNITS)
    assert not declared.order or not declared.focus or declared.focus in declared.order


def test_every_reason_for_not_knowing_has_words() -> None:
    assert set(REASONS) == {*UNKNOWN_REASONS, CAPTURE_END, REASON_NOT_STATED, SILENT}
