"""Addresses as text."""

from __future__ import annotations

from socket import AF_INET, AF_INET6, inet_ntop

from hypothesis import given
from hypothesis import strategies as st

from tlsinspect.wire.addresses import address_text

GROUPS = st.sampled_from((0, 0, 0, 1, 0x20, 0x300, 0x2001, 0xFFFF))


@given(st.lists(GROUPS, min_size=8, max_size=8))
def test_ipv6_addresses_are_written_as_the_system_writes_them(groups: list[int]) -> None:
    packed = b"".join(group.to_bytes(2, "big") for group in groups)
    assert address_text(packed) == inet_ntop(AF_INET6, packed)


@given(st.binary(min_size=4, max_size=4))
def test_ipv4_addresses_are_written_as_the_system_writes_them(packed: bytes) -> None:
    assert address_text(packed) == inet_ntop(AF_INET, packed)
