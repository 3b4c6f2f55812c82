"""Limits are named once, cannot be changed afterwards, and refuse what makes no sense."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from tlsinspect.wire.limits import DEFAULT_LIMITS, LARGEST, LARGEST_SECONDS, MEANINGS, Limits, check_limit

DECLARED = Path(__file__).parent.parent.parent / "tlsinspect" / "wire" / "limits.pxd"


def test_every_limit_has_a_default_a_meaning_and_a_type_in_c() -> None:
    declared = DECLARED.read_text(encoding="utf-8").replace("cdef readonly long long", ",").replace("\n", "")
    names = {name.strip() for name in declared.partition(":")[2].split(",")} - {""}
    assert names == set(MEANINGS)
    assert all(getattr(DEFAULT_LIMITS, name) > 0 for name in MEANINGS)


def test_a_limit_cannot_be_changed_afterwards() -> None:
    with pytest.raises(AttributeError):
        DEFAULT_LIMITS.connections = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value"),
    [("connections", 0), ("messages", -1), ("early_octets", LARGEST + 1), ("idle_seconds", LARGEST_SECONDS + 1)],
)
def test_a_value_out_of_range_is_refused(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"limit {name}: {value} is not within 1 to"):
        Limits(**{name: value})


def test_a_name_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="limit 'flows' is none of connections,"):
        check_limit("flows", 1)


def test_limits_reach_another_process() -> None:
    limits = Limits(messages=7, connection_octets=LARGEST)
    assert pickle.loads(pickle.dumps(limits)) == limits
