"""What the timestamps of a certificate amount to: the terms of browsers by date of issue, and what stays unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from made_chains import LEAF, MIDDLE, NOON, ROOT, make_validator

from tlsinspect.certificates import parse_certificate
from tlsinspect.tables import arrow_schema
from tlsinspect.validation import build_validation
from tlsinspect.validation.text import render_transparency
from tlsinspect.validation.transparency import (
    Transparency,
    judge_transparency,
    known_terms,
    months_between,
)

BEFORE, AFTER = datetime(2022, 4, 14, tzinfo=UTC), datetime(2022, 4, 15, tzinfo=UTC)
DIGICERT, CLOUDFLARE, GOOGLE = "DigiCert", "Cloudflare", "Google"
Row = dict[str, Any]


def stamp(log: str, operator: str | None, **more: Any) -> Row:
    """A timestamp that counts."""
    return {"certificate_sha256": "ab", "source": "certificate", "log_id": log, "log_operator": operator} | more


def amount(issued: datetime, stamps: list[Row], days: float = 90) -> Transparency:
    """What these timestamps of a certificate amount to, that was issued then and is valid for so long."""
    rows = [{"time": issued, "valid": True} | row for row in stamps]
    end = issued + timedelta(days=days) - timedelta(seconds=1)
    certificate = {"sha256": "ab", "not_before": issued, "not_after": end, "validity_days": float(days)}
    found = judge_transparency(
        pa.Table.from_pylist(rows, arrow_schema("scts")),
        pa.Table.from_pylist([certificate], arrow_schema("certificates")),
    )
    return found["ab"]


@pytest.mark.parametrize(
    ("issued", "operators", "verdict"),
    [
        (AFTER, [GOOGLE, GOOGLE], "few_operators"),
        (AFTER, [CLOUDFLARE, DIGICERT], "enough"),
        (BEFORE, [CLOUDFLARE, DIGICERT], "operator_missing"),
        (BEFORE, [GOOGLE, GOOGLE], "few_operators"),
        (BEFORE, [GOOGLE, DIGICERT], "enough"),
        (AFTER, [GOOGLE], "few_logs"),
        (AFTER, [GOOGLE, None], "unknown"),
        (BEFORE, [CLOUDFLARE, DIGICERT, None], "unknown"),
        (AFTER, [CLOUDFLARE, DIGICERT, None], "enough"),
        (datetime(2018, 4, 30, tzinfo=UTC), [GOOGLE, GOOGLE], None),
    ],
)
def test_operators_are_asked_for_by_the_date_of_issue(
    issued: datetime, operators: list[str | None], verdict: str | None
) -> None:
    found = amount(issued, [stamp(str(place), operator) for place, operator in enumerate(operators)])
    assert found.verdict == verdict
    assert found.operators == tuple(sorted({operator for operator in operators if operator}))
    assert found.logs == len(operators)


@pytest.mark.parametrize(
    ("issued", "days", "logs"),
    [
        (AFTER, 180, 2), (AFTER, 180.5, 3), (AFTER, 398, 3),
        (datetime(2021, 4, 21, tzinfo=UTC), 181, 3),  # Apple's terms came a year before Chrome's
        (datetime(2021, 4, 20, tzinfo=UTC), 181, 2), (datetime(2019, 1, 1, tzinfo=UTC), 455, 2),
        (datetime(2019, 1, 1, tzinfo=UTC), 457, 3), (datetime(2019, 1, 1, tzinfo=UTC), 822, 3),
        (datetime(2019, 1, 1, tzinfo=UTC), 823, 4), (datetime(2019, 1, 1, tzinfo=UTC), 1190, 5),
    ],
)  # fmt: skip
def test_logs_are_counted_by_how_long_the_certificate_is_valid(issued: datetime, days: float, logs: int) -> None:
    stamps = [stamp(str(place), DIGICERT if place else GOOGLE) for place in range(logs)]
    assert amount(issued, stamps, days).verdict == "enough"
    assert amount(issued, stamps[:-1], days).faults[:1] == ("few_logs",)
    assert amount(issued, [*stamps[:-1], stamps[0]], days).faults[:1] == ("few_logs",)


@pytest.mark.parametrize(
    "near",
    [{"valid": False}, {"log_objection": "retired"}, {"log_objection": "interval"}, {"log_objection": "pending"}],
)
def test_what_does_not_count_has_neither_log_nor_operator(near: Row) -> None:
    stamps = [stamp("0", GOOGLE), stamp("1", GOOGLE), stamp("2", DIGICERT) | near]
    assert amount(AFTER, stamps) == Transparency(2, (GOOGLE,), "few_operators", ("few_operators",))
    assert amount(AFTER, [*stamps[:2], stamp("2", DIGICERT, valid=None, reason="no_issuer")]).verdict == "enough"


def test_a_timestamp_beside_the_certificate_needs_only_two_logs_of_two_operators() -> None:
    stamps = [stamp("0", GOOGLE), stamp("1", DIGICERT, source="tls_extension")]
    assert amount(AFTER, stamps, 365).verdict == "enough"
    assert amount(AFTER, [stamps[0], stamps[1] | {"log_operator": GOOGLE}], 365).faults == ("few_operators",)


def test_a_list_that_was_not_read_to_its_end_is_unknown() -> None:
    cut = stamp("", None, log_id=None, valid=None, reason="limit")
    assert amount(AFTER, [stamp("0", GOOGLE), cut]) == Transparency(1, (GOOGLE,), "unknown", ())


def test_chrome_counts_from_the_first_timestamp_and_apple_from_not_before() -> None:
    early = [stamp("0", CLOUDFLARE, time=BEFORE), stamp("1", DIGICERT)]
    assert amount(AFTER, early).verdict == "operator_missing"
    terms = [(each.browser, each.dated_by, each.operators, each.one_of) for each in known_terms()]
    assert terms == [
        ("Chrome", "first_timestamp", 2, "Google"), ("Chrome", "first_timestamp", 2, None),
        ("Apple", "not_before", 1, None), ("Apple", "not_before", 2, None),
    ]  # fmt: skip


def test_months_are_counted_by_the_numbers_of_days() -> None:
    start, *ends = (
        int(datetime(*day, tzinfo=UTC).timestamp()) * 10**9
        for day in ((2019, 1, 31), (2020, 4, 30), (2020, 4, 1), (2020, 5, 31))
    )
    assert [months_between(start, end) for end in ends] == [(14, True), (14, True), (16, False)]
    assert months_between(start, start - 1) == (0, False)


@pytest.mark.parametrize("public", [True, False])
def test_connections_tell_operators_always_and_a_verdict_where_the_certificate_is_publicly_trusted(
    public: bool,
) -> None:
    leaf, middle = (parse_certificate(der).sha256 for der in (LEAF, MIDDLE))
    rows = [
        {"certificate_sha256s": [leaf, middle], "time_start": NOON},
        {"certificate_sha256s": [middle], "time_start": NOON},
    ]
    validator = make_validator([LEAF, MIDDLE])
    validator.trust.public = frozenset({parse_certificate(ROOT).sha256} if public else ())
    stamps = {leaf: Transparency(2, (GOOGLE,), "few_operators", ("few_operators",))}
    connections = pa.Table.from_pylist(rows, arrow_schema("connections"))
    first, second = build_validation(connections, validator, None, stamps).to_pylist()
    assert (first["publicly_trusted"], first["sct_logs"], first["sct_operators"]) == (public, 2, [GOOGLE])
    assert (first["sct_verdict"], first["sct_faults"]) == (
        ("few_operators", ["few_operators"]) if public else (None, None)
    )
    assert [second[name] for name in ("sct_logs", "sct_operators", "sct_verdict", "sct_faults")] == [None] * 4


def test_people_read_what_is_wrong_first_and_of_whom_the_logs_are() -> None:
    rows: list[Row] = [
        {"sct_verdict": "enough", "sct_operators": [DIGICERT, GOOGLE]},
        {"sct_verdict": "enough", "sct_operators": [DIGICERT, GOOGLE]},
        {"sct_verdict": "few_operators", "sct_operators": [GOOGLE]},
        {"sct_verdict": None, "sct_operators": [GOOGLE]},
    ]
    lines = list(render_transparency(pa.Table.from_pylist(rows, arrow_schema("validation"))))
    assert lines[2:] == [
        "  1 connection: of one log operator alone (Google)",
        "  2 connections: enough (DigiCert, Google)",
    ]
    assert list(render_transparency(pa.Table.from_pylist(rows[3:], arrow_schema("validation")))) == []
