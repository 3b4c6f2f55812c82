"""A certificate's dates are held against the times at which it was seen, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tlsinspect.answers.cases import date_faults
from tlsinspect.tables.arrow import LARGEST, arrow_schema, to_frame

SEEN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS, SECOND = timedelta(days=30), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("not_before", "not_after", "fault"),
    [
        (SEEN - DAYS, SEEN + DAYS, None),
        (SEEN - 2 * DAYS, SEEN + DAYS - SECOND, "ending within 30 days"),
        (SEEN - 2 * DAYS + SECOND, SEEN + DAYS - SECOND, "ending within 30 days"),
        (SEEN - 2 * DAYS + 2 * SECOND, SEEN + DAYS - SECOND, None),
        (SEEN - DAYS / 5, SEEN + DAYS / 30, "ending within 30 days"),
        (SEEN - DAYS / 30, SEEN + DAYS / 5, None),
        (None, SEEN + DAYS / 5, "ending within 30 days"),
        (SEEN - DAYS, SEEN, "ending within 30 days"),
        (SEEN - DAYS, SEEN - SECOND, "expired"),
        (SEEN, SEEN + 2 * DAYS, None),
        (SEEN + SECOND, SEEN + 2 * DAYS, "not yet valid"),
        (None, None, None),
    ],
)
def test_dates_count_at_the_time_of_the_capture(
    not_before: datetime | None, not_after: datetime | None, fault: str | None
) -> None:
    row = {"not_before": not_before, "not_after": not_after, "first_seen": SEEN, "last_seen": SEEN}
    frame = to_frame(pa.Table.from_pylist([row], arrow_schema("certificates")))
    (found,) = date_faults(frame).astype(object).where(date_faults(frame).notna(), None)
    assert found == fault


@pytest.mark.parametrize(
    ("left", "fault"), [(0, "ending within 30 days"), (1, "ending within 30 days"), (-1, "expired")]
)
def test_the_last_times_that_there_are_count_as_others(left: int, fault: str) -> None:
    seen = LARGEST - 1
    row = {"not_before": seen - 10**15, "not_after": seen + left, "first_seen": seen, "last_seen": seen}
    frame = to_frame(pa.Table.from_pylist([row], arrow_schema("certificates")))
    assert date_faults(frame).tolist() == [fault]
