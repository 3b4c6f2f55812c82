"""Slices of bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tlsinspect.wire.octets import cut


@given(st.binary(max_size=12), st.integers(-3, 15), st.integers(-3, 15))
def test_cut_gives_the_octets_between_two_places_and_none_from_outside(data: bytes, start: int, end: int) -> None:
    assert cut(data, start, end) == data[max(start, 0) : max(end, 0)]
