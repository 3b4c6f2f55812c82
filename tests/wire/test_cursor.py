"""Reading numbers and length-prefixed vectors, and never past the end of the block at hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsinspect.errors import DecodeError
from tlsinspect.wire.cursor import Cursor

EIGHT = bytes.fromhex("0102030405060708")


def cursor_over(data: bytes) -> Cursor:
    return Cursor(data, "layer", 0, len(data))


def test_numbers_are_big_endian_and_reading_advances() -> None:
    cursor = cursor_over(bytes.fromhex("01 0203 040506 0708090a"))
    assert [cursor.read_u8(), cursor.read_u16(), cursor.read_u24(), cursor.read_u32()] == [
        1,
        0x0203,
        0x040506,
        0x0708090A,
    ]
    assert cursor.position == 10
    assert cursor.remaining() == 0


def test_the_largest_numbers_stay_positive() -> None:
    cursor = cursor_over(b"\xff" * 10)
    assert [cursor.read_u8(), cursor.read_u16(), cursor.read_u24(), cursor.read_u32()] == [
        255,
        65535,
        16777215,
        4294967295,
    ]


@pytest.mark.parametrize(("read", "length"), [("read_u8", 1), ("read_u16", 2), ("read_u24", 3), ("read_u32", 4)])
def test_a_number_that_is_cut_short_is_refused(read: str, length: int) -> None:
    for available in range(length):
        with pytest.raises(DecodeError) as caught:
            getattr(cursor_over(EIGHT[:available]), read)()
        assert (caught.value.layer, caught.value.kind) == ("layer", "truncated")


def test_read_bytes_takes_exactly_the_length() -> None:
    cursor = cursor_over(EIGHT)
    assert cursor.read_bytes(3) == b"\x01\x02\x03"
    assert cursor.read_bytes(0) == b""
    assert cursor.remaining() == 5


@pytest.mark.parametrize(
    ("read", "data"),
    [
        ("read_vector8", bytes.fromhex("03 616263 ff")),
        ("read_vector16", bytes.fromhex("0003 616263 ff")),
        ("read_vector24", bytes.fromhex("000003 616263 ff")),
    ],
)
def test_a_vector_is_what_its_length_says(read: str, data: bytes) -> None:
    cursor = cursor_over(data)
    assert getattr(cursor, read)() == b"abc"
    assert cursor.read_u8() == 255


@pytest.mark.parametrize(
    ("read", "data"), [("read_vector8", "04616263"), ("read_vector16", "0004616263"), ("read_vector24", "010000616263")]
)
def test_a_vector_longer_than_its_block_is_refused_and_says_what_was_expected(read: str, data: str) -> None:
    with pytest.raises(DecodeError, match="octets, 3 left"):
        getattr(cursor_over(bytes.fromhex(data)), read)()


def test_an_error_names_the_place_in_the_data() -> None:
    cursor = Cursor(EIGHT, "handshake", 2, 8)
    cursor.read_u32()
    with pytest.raises(DecodeError) as caught:
        cursor.read_u24()
    assert caught.value.offset == 6
    assert str(caught.value) == "handshake: truncated at offset 6: expected 3 octets, 2 left"


def test_a_read_stops_at_the_limit_even_where_there_is_more_data() -> None:
    cursor = Cursor(EIGHT, "layer", 0, 4)
    cursor.read_bytes(4)
    with pytest.raises(DecodeError):
        cursor.read_u8()


def test_entering_a_block_confines_reads_to_it() -> None:
    cursor = cursor_over(EIGHT)
    outer = cursor.enter(3)
    assert cursor.remaining() == 3
    with pytest.raises(DecodeError):
        cursor.read_bytes(4)
    cursor.read_u24()
    cursor.leave(outer)
    assert cursor.remaining() == 5


def test_entering_a_block_longer_than_the_outer_one_is_refused() -> None:
    cursor = cursor_over(EIGHT)
    cursor.enter(4)
    with pytest.raises(DecodeError):
        cursor.enter(5)


def test_leaving_a_block_that_was_not_used_up_is_refused_with_what_is_left() -> None:
    cursor = cursor_over(EIGHT)
    outer = cursor.enter(5)
    cursor.read_u16()
    with pytest.raises(DecodeError, match="3 octets are left") as caught:
        cursor.leave(outer)
    assert caught.value.kind == "trailing_data"
    assert caught.value.offset == 2


def test_an_empty_block_is_entered_and_left() -> None:
    cursor = cursor_over(b"")
    cursor.leave(cursor.enter(0))
    assert cursor.remaining() == 0


@given(
    st.binary(max_size=40),
    st.lists(st.sampled_from(["read_u8", "read_u16", "read_u24", "read_u32", "read_vector8", "read_vector16"])),
)
def test_no_sequence_of_reads_leaves_the_block(data: bytes, reads: list[str]) -> None:
    cursor = cursor_over(data)
    for read in reads:
        try:
            getattr(cursor, read)()
        except DecodeError as error:
            assert error.offset <= len(data)
        assert 0 <= cursor.position <= len(data)
        assert cursor.remaining() == len(data) - cursor.position
