"""DER elements: literal octets, what is read although it should not be there, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsinspect.certificates import der
from tlsinspect.certificates.der import Element, iter_elements, parse_element, parse_elements
from tlsinspect.errors import DecodeError


def element(text: str) -> Element:
    """Return the element that fills these octets."""
    data = bytes.fromhex(text)
    return parse_element(data, 0, len(data))


def test_parse_element_reads_lengths_of_every_form() -> None:
    for header, size in (("0403", 3), ("048103", 3), ("0484000001f0", 496), ("04820100", 256)):
        found = element(header + "00" * size)
        assert (found.tag, found.end - found.start) == (der.OCTET_STRING, size)
        assert found.contents == bytes(size)
        assert found.encoding == found.data


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "truncated"),
        ("04", "truncated"),
        ("0482", "truncated"),
        ("0401", "truncated"),
        ("048400ffffff", "truncated"),
        ("0480", "bad_length"),
        ("04850000000001", "bad_length"),
        ("1f1f0100", "unsupported"),
    ],
)
def test_parse_element_refuses_what_leaves_its_block_or_x509_does_not_use(text: str, kind: str) -> None:
    with pytest.raises(DecodeError) as caught:
        element(text)
    assert (caught.value.kind, caught.value.offset) == (kind, 0)


def test_elements_have_to_fill_their_block() -> None:
    good = element("3006 020101 020102")
    assert [part.contents for part in iter_elements(good)] == [b"\x01", b"\x02"]
    for text in ("3004 020101 02", "3005 020101 0201", "3005 020101 0280"):
        with pytest.raises(DecodeError) as caught:
            list(iter_elements(element(text)))
        assert caught.value.offset == 5


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_elements_come_out_as_they_went_in(contents: list[bytes]) -> None:
    inner = b"".join(b"\x04\x82" + len(each).to_bytes(2, "big") + each for each in contents)
    outer = b"\x30\x82" + len(inner).to_bytes(2, "big") + inner
    assert [part.contents for part in iter_elements(parse_element(outer, 0, len(outer)))] == contents


@given(st.binary(max_size=40))
def test_any_octets_give_elements_or_a_decode_error(data: bytes) -> None:
    try:
        parts = list(iter_elements(Element(data, der.SEQUENCE, 0, 0, len(data))))
    except DecodeError as error:
        assert 0 <= error.offset < len(data)
    else:
        assert b"".join(part.encoding for part in parts) == data


def test_parse_elements_counts() -> None:
    two = element("3006 020101 020102")
    assert len(parse_elements(two, 1, 2)) == 2
    for least, most in ((0, 1), (3, 4)):
        with pytest.raises(DecodeError, match="found 2"):
            parse_elements(two, least, most)


def test_parse_enclosed_refuses_octets_after_the_element() -> None:
    assert der.parse_enclosed(element("0403020107")).contents == b"\x07"
    with pytest.raises(DecodeError, match="trailing_data"):
        der.parse_enclosed(element("040402010700"))


@pytest.mark.parametrize(
    ("text", "number"),
    [("020100", 0), ("0201ff", -1), ("02020080", 128), ("02020001", 1), ("020501ffffffff", 0x1FFFFFFFF)],
)
def test_parse_integer_keeps_sign_and_size(text: str, number: int) -> None:
    assert der.parse_integer(element(text)) == number


def test_parse_small_integer_refuses_what_a_frame_may_not_hold() -> None:
    assert der.parse_small_integer(element("02047fffffff")) == 2**31 - 1
    with pytest.raises(DecodeError, match="bad_value"):
        der.parse_small_integer(element("0205007fffffff"))


def test_parse_bit_string_returns_unused_bits() -> None:
    assert der.parse_bit_string(element("03020780")) == (b"\x80", 7)
    assert der.parse_bit_string(element("030100")) == (b"", 0)


@pytest.mark.parametrize("text", ["0300", "030101", "03020880", "0401ff"])
def test_parse_bit_string_refuses(text: str) -> None:
    with pytest.raises(DecodeError):
        der.parse_bit_string(element(text))


@pytest.mark.parametrize(("text", "flag"), [("010100", False), ("0101ff", True), ("010101", True)])
def test_parse_boolean_takes_any_octet(text: str, flag: bool) -> None:
    assert der.parse_boolean(element(text)) is flag


@pytest.mark.parametrize("text", ["0100", "01020000", "020101", "0200"])
def test_values_of_wrong_size_or_tag_are_refused(text: str) -> None:
    for parse in (der.parse_boolean, der.parse_object_identifier):
        with pytest.raises(DecodeError):
            parse(element(text))


@pytest.mark.parametrize(
    ("text", "dotted"),
    [
        ("0603550403", "2.5.4.3"),
        ("06082a864886f70d0101", "1.2.840.113549.1.1"),
        ("06010a", "0.10"),
        ("0603883703", "2.999.3"),
        ("0602 8037", "1.15"),
    ],
)
def test_parse_object_identifier(text: str, dotted: str) -> None:
    assert der.parse_object_identifier(element(text)) == dotted


@pytest.mark.parametrize("text", ["0600", "060188", "068181" + "01" * 129])
def test_parse_object_identifier_refuses_parts_of_arcs_and_what_is_too_long(text: str) -> None:
    with pytest.raises(DecodeError, match="whole arcs"):
        der.parse_object_identifier(element(text))


def test_parse_object_identifier_prints_the_longest_arc_that_is_let_in() -> None:
    longest = element("068180" + "ff" * 127 + "7f")
    assert der.parse_object_identifier(longest) == f"2.{2**896 - 81}"


def time_ns(tag: int, text: str) -> int:
    """Read `text` as a time of the given type."""
    return der.parse_time(Element(text.encode(), tag, 0, 0, len(text)))


@pytest.mark.parametrize(
    ("tag", "text", "moment"),
    [
        (der.UTC_TIME, "700101000000Z", datetime(1970, 1, 1)),
        (der.UTC_TIME, "491231235959Z", datetime(2049, 12, 31, 23, 59, 59)),
        (der.UTC_TIME, "500101000000Z", datetime(1950, 1, 1)),
        (der.UTC_TIME, "2601020304Z", datetime(2026, 1, 2, 3, 4)),
        (der.UTC_TIME, "260101000000+0130", datetime(2025, 12, 31, 22, 30)),
        (der.UTC_TIME, "2601010000-0130", datetime(2026, 1, 1, 1, 30)),
        (der.GENERALIZED_TIME, "20500101000000Z", datetime(2050, 1, 1)),
        (der.GENERALIZED_TIME, "99991231235959Z", datetime(9999, 12, 31, 23, 59, 59)),
        (der.GENERALIZED_TIME, "00010101000000Z", datetime(1, 1, 1)),
        (der.GENERALIZED_TIME, "20260101000000.5Z", datetime(2026, 1, 1, 0, 0, 0, 500_000)),
    ],
)
def test_parse_time(tag: int, text: str, moment: datetime) -> None:
    since = moment - datetime(1970, 1, 1)
    assert time_ns(tag, text) == (since.days * 86400 + since.seconds) * 10**9 + since.microseconds * 1000


def test_parse_time_reads_an_offset_past_either_end_of_the_calendar() -> None:
    first = time_ns(der.GENERALIZED_TIME, "00010101000000Z")
    assert time_ns(der.GENERALIZED_TIME, "00010101000000+9999") == first - (99 * 60 + 99) * 60 * 10**9
    last = time_ns(der.GENERALIZED_TIME, "99991231235959Z")
    assert time_ns(der.GENERALIZED_TIME, "99991231235959-9999") == last + (99 * 60 + 99) * 60 * 10**9


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (der.UTC_TIME, ""),
        (der.UTC_TIME, "260101000000"),
        (der.UTC_TIME, "261301000000Z"),
        (der.UTC_TIME, "260229000000Z"),
        (der.UTC_TIME, "260101240000Z"),
        (der.UTC_TIME, "260101000060Z"),
        (der.UTC_TIME, "20260101000000Z"),
        (der.UTC_TIME, "260101000000Z\n"),
        (der.UTC_TIME, "26010100000\u0661Z"),
        (der.GENERALIZED_TIME, "00000101000000Z"),
        (der.GENERALIZED_TIME, "260101000000Z"),
        (der.OCTET_STRING, "260101000000Z"),
    ],
)
def test_parse_time_refuses_what_is_no_time(tag: int, text: str) -> None:
    with pytest.raises(DecodeError, match="bad_value"):
        time_ns(tag, text)


@given(st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2049, 12, 31)))
def test_parse_time_agrees_with_datetime(moment: datetime) -> None:
    expected = int(moment.replace(microsecond=0, tzinfo=UTC).timestamp()) * 10**9
    assert time_ns(der.UTC_TIME, moment.strftime("%y%m%d%H%M%SZ")) == expected
    assert time_ns(der.GENERALIZED_TIME, moment.strftime("%Y%m%d%H%M%SZ")) == expected


@pytest.mark.parametrize(
    ("text", "string"),
    [
        ("0c03 c3a941", "éA"),
        ("1402 e941", "éA"),
        ("1e04 00e90041", "éA"),
        ("1c08 000000e900000041", "éA"),
        ("1302 4142", "AB"),
        ("0c02 e941", "\udce9A"),
        ("1602 ff41", "\udcffA"),
        ("0c00", ""),
    ],
)
def test_parse_string_decodes_each_type(text: str, string: str) -> None:
    assert der.parse_string(element(text)) == string


@pytest.mark.parametrize("text", ["1e03 00e900", "1e02 d800", "1c04 00110000", "0402 4142"])
def test_parse_string_refuses_what_is_no_text(text: str) -> None:
    with pytest.raises(DecodeError, match="bad_value"):
        der.parse_string(element(text))


@given(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**40), max_size=8))
def test_object_identifiers_are_encoded_as_they_are_read(first: int, second: int, rest: list[int]) -> None:
    dotted = ".".join(map(str, (first, second, *rest)))
    encoding = der.encode_object_identifier(dotted)
    assert der.parse_object_identifier(parse_element(encoding, 0, len(encoding))) == dotted


def test_object_identifiers_are_encoded_as_the_standards_print_them() -> None:
    assert der.encode_object_identifier("1.3.6.1.4.1.11129.2.4.2").hex() == "060a2b06010401d679020402"
    assert der.encode_object_identifier("2.999.3").hex() == "0603883703"


def test_times_beyond_64_bits_are_the_nearest() -> None:
    assert [der.hold_time(time) for time in (2**63 - 1, 2**63, -(2**63) + 1, -(2**63) - 5, 0)] == [
        2**63 - 1, 2**63 - 1, -(2**63) + 1, -(2**63) + 1, 0,
    ]  # fmt: skip
