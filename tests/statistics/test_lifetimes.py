"""Lifetimes, days left and names of certificates, against dates worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.synthetic import NOON, MadeFrames, make_connection, make_frames
from tlsinspect.statistics import build_lifetimes, build_remaining_days, build_shares
from tlsinspect.statistics.lifetimes import BEFORE_LIMITS, LONGER, WITHIN, judge_lifetime, lifetime_step, names_step

DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """A day in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def days_between(start: datetime, end: datetime) -> float:
    """How long a certificate is valid: both ends count. Spec: RFC 5280 section 4.1.2.5."""
    return ((end - start).total_seconds() + 1) / 86400


def issued(sha256: str, start: datetime, days: int, **values: object) -> dict[str, object]:
    """A certificate of exactly so many days: its last second is one less than the last day's end."""
    end = start + days * DAY - timedelta(seconds=1)
    valid = {"not_before": start, "not_after": end, "validity_days": days_between(start, end)}
    return {"sha256": sha256, "san_dns": ["a.example"], "san_ip": []} | valid | values


@pytest.mark.parametrize(
    ("day", "days", "verdict"),
    [
        ("2012-06-30", 5000, BEFORE_LIMITS),
        ("2012-07-01", 1827, WITHIN),
        ("2016-06-30", 1827, WITHIN),
        ("2012-07-01", 1828, LONGER),
        ("2016-07-01", 1188, WITHIN),
        ("2016-07-01", 1189, LONGER),
        ("2018-03-01", 1188, WITHIN),
        ("2018-03-02", 825, WITHIN),
        ("2018-03-02", 826, LONGER),
        ("2020-08-31", 825, WITHIN),
        ("2020-09-01", 398, WITHIN),
        ("2020-09-01", 399, LONGER),
        ("2026-03-14", 398, WITHIN),
        ("2026-03-15", 200, WITHIN),
        ("2026-03-15", 201, LONGER),
        ("2027-03-15", 100, WITHIN),
        ("2027-03-15", 101, LONGER),
        ("2029-03-15", 47, WITHIN),
        ("2029-03-15", 48, LONGER),
    ],
)
def test_the_limit_is_that_of_the_day_of_issue(day: str, days: int, verdict: str) -> None:
    start = at(day)
    assert judge_lifetime(start, days_between(start, start + days * DAY - timedelta(seconds=1))) == verdict


def test_no_time_of_so_many_months_is_longer_than_its_days() -> None:
    """39 months hold up to 1,188 days, 60 up to 1,827."""
    first, days = at("2012-07-01"), (at("2018-03-02") - at("2012-07-01")).days
    for months, most in ((39, 1188), (60, 1827)):
        found = set()
        for day in (first + place * DAY for place in range(days)):
            years, month = divmod(day.month - 1 + months, 12)
            found.add((day.replace(year=day.year + years, month=month + 1, day=1) - day.replace(day=1)).days)
        assert max(found) == most


def test_a_second_more_is_a_day_more() -> None:
    start = at("2026-04-01")
    assert judge_lifetime(start, days_between(start, start + 200 * DAY)) == LONGER


@pytest.mark.parametrize(
    ("days", "step"),
    [
        (1, "up to 47 days"), (47, "up to 47 days"), (48, "48 to 100 days"), (100, "48 to 100 days"),
        (101, "101 to 200 days"), (398, "201 to 398 days"), (825, "399 to 825 days"), (826, "more than 825 days"),
    ],
)  # fmt: skip
def test_lifetimes_fall_into_steps_that_end_at_the_limits(days: float, step: str) -> None:
    assert lifetime_step(days) == step


@pytest.mark.parametrize(
    ("count", "step"),
    [(0, "no name"), (1, "1 name"), (2, "2 names"), (3, "3 to 10 names"), (10, "3 to 10 names"),
     (11, "11 to 100 names"), (100, "11 to 100 names"), (101, "more than 100 names")],
)  # fmt: skip
def test_names_fall_into_steps(count: int, step: str) -> None:
    assert names_step(count) == step


def frames() -> MadeFrames:
    """Three certificates: one sent twice, one of an authority, one expired."""
    rows = [
        make_connection(0, certificate_sha256s=["aa", "ca"], time_start=NOON),
        make_connection(1, certificate_sha256s=["aa", "ca"], time_start=NOON + DAY),
        make_connection(2, certificate_sha256s=["bb"], time_start=NOON),
        make_connection(3, unknown_reasons=[("certificate_sha256s", "encrypted")]),
    ]
    certificates = [
        issued("aa", NOON - 80 * DAY, 90, san_dns=["a.example", "*.a.example"], san_ip=["192.0.2.9"]),
        issued("ca", NOON - 800 * DAY, 3650),
        issued("bb", NOON - 500 * DAY, 398, san_dns=[]),
    ]
    return make_frames(connections=rows, certificates=certificates)


def test_only_what_servers_sent_as_their_own_counts() -> None:
    table = build_lifetimes(frames())
    assert table["sha256"].tolist() == ["aa", "bb"]
    assert table["days"].tolist() == [90, 398]
    assert table["limit_days"].tolist() == [398, 398]
    shares = build_shares("lifetime_limit", frames())
    assert (shares.count_of(WITHIN), shares.denominator) == (2, 2)
    assert build_shares("lifetimes", frames(), "connections").count_of("48 to 100 days") == 2
    assert build_shares("lifetimes", frames(), "connections").unknown_reasons == {"encrypted": 1}


def test_names_are_those_of_the_alternative_name_and_its_addresses() -> None:
    shares = build_shares("names_per_certificate", frames())
    assert (shares.count_of("3 to 10 names"), shares.count_of("no name")) == (1, 1)


def test_days_left_are_from_the_start_of_each_connection() -> None:
    table = build_remaining_days(frames())
    second = 1 / 86400
    assert table["remaining_days"].tolist() == pytest.approx([10 - second, 9 - second, -102 - second])


def test_days_left_are_of_no_connection_whose_packets_have_no_times() -> None:
    made = frames()
    made.connections["time_start"] = made.connections["time_start"].mask(made.connections.index == 1, EPOCH)
    assert build_remaining_days(made)["sha256"].tolist() == ["aa", "bb"]


def test_a_certificate_without_dates_is_in_no_table() -> None:
    bare = make_frames(
        connections=[make_connection(0, certificate_sha256s=["aa"])], certificates=[{"sha256": "aa", "san_dns": None}]
    )
    assert len(build_lifetimes(bare)) == len(build_remaining_days(bare)) == 0
    assert build_shares("lifetimes", bare).unknown == build_shares("names_per_certificate", bare).unknown == 1
