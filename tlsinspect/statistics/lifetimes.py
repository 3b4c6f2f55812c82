"""Certificates in time: how long they are valid, against which limit, and how long they had left.

In: the frames. Out: categories of certificates, and tables with one row per certificate.
The limits are those of the CA/Browser Forum's Baseline Requirements; they bind
publicly trusted authorities only, and whether one is that is not known here.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..policies import load_policy
from .observations import Frames, leaf_of, rows_of, with_tls
from .rows import Columns, FrameColumns, columns_of, values_of
from .series import build_result

if TYPE_CHECKING:
    import pandas as pd


def read_limits() -> tuple[tuple[datetime, int], ...]:
    """Issued from this day on -> at most so many days: the Baseline Requirements' limits, in their order."""
    limits = [each for each in load_policy("cabf-br").requirements if each.about == "certificate_lifetime"]
    return tuple(
        (datetime(*each.start.timetuple()[:3], tzinfo=UTC), each.most) for each in limits if each.start and each.most
    )


LIMITS = read_limits()
COUNTED_IN_DAYS = datetime(2018, 3, 2, tzinfo=UTC)
"""The first limit in days: those before are in months, and held to the most days that so many months can have."""
LIMIT_DAYS = tuple(sorted(days for start, days in LIMITS if start >= COUNTED_IN_DAYS))
WITHIN, LONGER = "within the limit", "longer than the limit"
BEFORE_LIMITS = f"issued before {LIMITS[0][0]:%Y-%m-%d}"
LIFETIME_ORDER = (
    f"up to {LIMIT_DAYS[0]} days",
    *(f"{low + 1} to {high} days" for low, high in pairwise(LIMIT_DAYS)),
    f"more than {LIMIT_DAYS[-1]} days",
)
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # when a connection starts whose packets have no times
NAME_BINS: tuple[tuple[int, str], ...] = ((0, "no name"), (1, "1 name"), (2, "2 names"), (10, "3 to 10 names"))
NAME_BINS += ((100, "11 to 100 names"), (2**62, "more than 100 names"))
NAME_ORDER = tuple(name for _, name in NAME_BINS)


def whole_days(validity_days: float) -> int:
    """A validity as the Baseline Requirements count it: a part of a day is a day (section 6.3.2)."""
    return math.ceil(round(validity_days * 86400) / 86400)


def limit_at(issued: datetime) -> int | None:
    """The most days that a certificate issued then may be valid; None before there was such a limit."""
    return next((days for start, days in reversed(LIMITS) if issued >= start), None)


def judge_lifetime(issued: datetime, validity_days: float) -> str:
    """Within the limit of its day of issue, longer, or from before the limits."""
    limit = limit_at(issued)
    if limit is None:
        return BEFORE_LIMITS
    return WITHIN if whole_days(validity_days) <= limit else LONGER


def lifetime_limit(certificates: Columns) -> list[str | None]:
    """Each certificate's validity against the CA/Browser limit of its day of issue."""
    return [
        None if days is None or issued is None else judge_lifetime(issued, days)
        for issued, days in zip(*values_of(certificates, "not_before", "validity_days"), strict=True)
    ]


def lifetime(certificates: Columns) -> list[str | None]:
    """Each certificate's validity in steps that end at the CA/Browser limits."""
    [days] = values_of(certificates, "validity_days")
    return [None if value is None else lifetime_step(value) for value in days]


def lifetime_step(validity_days: float) -> str:
    """The step of LIFETIME_ORDER that a validity falls into."""
    days = whole_days(validity_days)
    return LIFETIME_ORDER[sum(days > limit for limit in LIMIT_DAYS)]


def names_covered(certificates: Columns) -> list[str | None]:
    """How many names and addresses each certificate's subjectAltName holds, in steps."""
    lists = values_of(certificates, "san_dns", "san_ip")
    return [
        None if dns is None or ip is None else names_step(len(dns) + len(ip)) for dns, ip in zip(*lists, strict=True)
    ]


def names_step(count: int) -> str:
    """The step of NAME_ORDER that a number of names falls into."""
    return next(name for most, name in NAME_BINS if count <= most)


def sent_certificates(frames: Frames) -> pd.DataFrame:
    """The rows of the certificates frame that servers sent as their own, each once."""
    leaves = set(leaf_of(frames, rows_of(frames, with_tls)).drop_null().to_pylist())
    rows = frames.certificates.drop_duplicates("sha256")
    return rows[rows["sha256"].isin(leaves)]


def build_lifetimes(frames: Frames) -> pd.DataFrame:
    """One row per server certificate with dates: issued, days, limit_days (null without one), category, sha256."""
    rows = values_of(FrameColumns(sent_certificates(frames)), "not_before", "validity_days", "sha256")
    columns: dict[str, list[Any]] = {name: [] for name in ("issued", "days", "limit_days", "category", "sha256")}
    for issued, days, sha256 in zip(*rows, strict=True):
        if issued is not None and days is not None:
            values = (issued, whole_days(days), limit_at(issued), judge_lifetime(issued, days), sha256)
            for name, value in zip(columns, values, strict=True):
                columns[name].append(value)
    return build_result(columns)


def build_remaining_days(frames: Frames) -> pd.DataFrame:
    """One row per connection with a time that shows a server certificate with dates: sha256, time, remaining_days.

    Days from the start of the connection to not_after, negative for an expired certificate. Connections whose packets
    have no times are left out.
    """
    rows = rows_of(frames, with_tls)
    leaves = leaf_of(frames, rows).to_pylist()
    known = zip(*values_of(columns_of(frames, "certificates"), "sha256", "not_after"), strict=True)
    ends = dict(reversed(list(known)))
    columns: dict[str, list[Any]] = {"sha256": [], "time": [], "remaining_days": []}
    for sha256, time in zip(leaves, *values_of(rows, "time_start"), strict=True):
        end = ends.get(sha256)
        if end is not None and time is not None and time != NO_TIME:
            columns["sha256"].append(sha256)
            columns["time"].append(time)
            columns["remaining_days"].append((end - time).total_seconds() / 86400)
    return build_result(columns)
