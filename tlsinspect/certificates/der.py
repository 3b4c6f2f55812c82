"""Reads DER elements: bytes in, tags, numbers, times and text out; every refusal is a DecodeError.

Lenient where an analyst wants the value all the same (lengths longer than they
need be, negative numbers, times with an offset), strict where reading on would
mean guessing (indefinite lengths, contents that leave their block).
Spec: ITU-T X.690; times as in RFC 5280 section 4.1.2.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import NoReturn

from ..errors import DecodeError
from ..wire.octets import cut

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
UTF8_STRING = 0x0C
SEQUENCE = 0x30
SET = 0x31
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18

# One octet per character was what T61String meant in practice; the others are subsets of UTF-8.
STRING_ENCODINGS = {
    UTF8_STRING: "utf-8",
    0x12: "utf-8",  # NumericString
    0x13: "utf-8",  # PrintableString
    0x14: "latin-1",  # T61String
    0x16: "utf-8",  # IA5String
    0x1A: "utf-8",  # VisibleString
    0x1B: "utf-8",  # GeneralString
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
}
MAX_IDENTIFIER_OCTETS = 128  # keeps an arc far below the digits at which Python refuses to print an int
MAX_SMALL_OCTETS = 4
NANOSECONDS = 1_000_000_000
MAX_TIME = 2**63 - 1
EPOCH = datetime(1970, 1, 1)
TIME_PARTS = ("month", "day", "hour", "minute", "second")
AFTER_YEAR = (
    rb"(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?"
    rb"(?:\.(?P<fraction>\d+))?(?:Z|(?P<sign>[+-])(?P<hours>\d\d)(?P<minutes>\d\d))"
)
TIMES = {
    UTC_TIME: re.compile(rb"(?P<year>\d\d)" + AFTER_YEAR),
    GENERALIZED_TIME: re.compile(rb"(?P<year>\d{4})" + AFTER_YEAR),
}


class Element:
    """One tag, length and contents within `data`; places count octets from the start of `data`.

    `offset` is that of the identifier octet, `start` that of the first octet of the contents, `end` one past the last.
    """

    def __init__(self, data: bytes, tag: int, offset: int, start: int, end: int) -> None:
        self.data = data
        self.tag = tag
        self.offset = offset
        self.start = start
        self.end = end

    @property
    def contents(self) -> bytes:
        """The octets after tag and length."""
        return cut(self.data, self.start, self.end)

    @property
    def encoding(self) -> bytes:
        """The octets with tag and length."""
        return cut(self.data, self.offset, self.end)

    def error(self, kind: str, expected: str) -> DecodeError:
        """Return a DecodeError at this element."""
        return DecodeError("der", kind, self.offset, expected)

    def fail(self, kind: str, expected: str) -> NoReturn:
        """Raise DecodeError at this element."""
        raise self.error(kind, expected)

    def expect(self, tag: int) -> Element:
        """Return this element after checking its tag."""
        if self.tag != tag:
            self.fail("bad_value", f"tag 0x{tag:02X}, found 0x{self.tag:02X}")
        return self


def parse_header(data: bytes, offset: int, limit: int) -> Element:
    """Read tag and length at `offset`; the end that they claim may lie beyond `limit`.

    Raises DecodeError when the header itself leaves the block, and for what X.509
    does not use: indefinite lengths, lengths of more than 4 octets, tags above 30.
    """
    start = offset + 2
    if start > limit:
        raise DecodeError("der", "truncated", offset, f"tag and length, {limit - offset} octets left")
    tag = data[offset]
    length = data[offset + 1]
    if tag & 0x1F == 0x1F:
        raise DecodeError("der", "unsupported", offset, "a tag number below 31")
    if length >= 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4:
            raise DecodeError("der", "bad_length", offset, f"a length of 1 to 4 octets, found {octets}")
        start += octets
        if start > limit:
            raise DecodeError("der", "truncated", offset, f"a length of {octets} octets")
        length = 0
        for place in range(start - octets, start):
            length = length << 8 | data[place]
    return make_element(data, tag, offset, start, start + length)


def make_element(data: bytes, tag: int, offset: int, start: int, end: int) -> Element:
    """Make an Element; compiled, without the call of __init__ and the numbers that it would be given as objects."""
    element = Element.__new__(Element)
    element.data = data
    element.tag = tag
    element.offset = offset
    element.start = start
    element.end = end
    return element


def parse_element(data: bytes, offset: int, limit: int) -> Element:
    """Read the element at `offset`, which has to end at or before `limit`."""
    element = parse_header(data, offset, limit)
    if element.end > limit:
        element.fail("truncated", f"{element.end - element.start} octets of contents, {limit - element.start} left")
    return element


def iter_elements(outer: Element) -> Iterator[Element]:
    """Yield the elements inside `outer`, which have to fill it exactly."""
    position = outer.start
    while position < outer.end:
        element = parse_element(outer.data, position, outer.end)
        position = element.end
        yield element


def parse_elements(outer: Element, least: int, most: int) -> list[Element]:
    """Return the elements inside `outer`, of which there have to be `least` to `most`."""
    elements = []
    position = outer.start
    while position < outer.end:
        element = parse_element(outer.data, position, outer.end)
        position = element.end
        elements.append(element)
    if not least <= len(elements) <= most:
        count = str(least) if least == most else f"{least} to {most}"
        outer.fail("bad_value", f"{count} elements, found {len(elements)}")
    return elements


def parse_enclosed(outer: Element) -> Element:
    """Return the one element that an OCTET STRING wraps."""
    element = parse_element(outer.data, outer.start, outer.end)
    if element.end != outer.end:
        element.fail("trailing_data", f"the end of the block, {outer.end - element.end} octets are left")
    return element


def parse_integer(element: Element) -> int:
    """Return an INTEGER of any size and either sign."""
    element.expect(INTEGER)
    if element.start == element.end:
        element.fail("truncated", "at least one octet")
    return int.from_bytes(cut(element.data, element.start, element.end), "big", signed=True)


def parse_small_integer(element: Element) -> int:
    """Return an INTEGER of at most 4 octets, which any frame can hold."""
    if element.end - element.start > MAX_SMALL_OCTETS:
        element.fail("bad_value", f"a number of at most {MAX_SMALL_OCTETS} octets")
    return parse_integer(element)


def parse_boolean(element: Element) -> bool:
    """Return a BOOLEAN; any octet but zero is true."""
    if element.expect(BOOLEAN).end - element.start != 1:
        element.fail("bad_length", "one octet")
    return element.data[element.start] != 0


def parse_bit_string(element: Element) -> tuple[bytes, int]:
    """Return the octets of a BIT STRING and how many bits of the last one do not count."""
    if element.expect(BIT_STRING).start == element.end:
        element.fail("truncated", "at least one octet")
    unused = element.data[element.start]
    bits = element.data[element.start + 1 : element.end]
    if unused > 7 or (unused and not bits):
        element.fail("bad_value", "0 to 7 unused bits")
    return bits, unused


def parse_object_identifier(element: Element) -> str:
    """Return an OBJECT IDENTIFIER in dotted form."""
    try:
        element.expect(OBJECT_IDENTIFIER)
        return _dotted(cut(element.data, element.start, element.end))
    except ValueError:
        element.fail("bad_value", f"whole arcs in 1 to {MAX_IDENTIFIER_OCTETS} octets")


@lru_cache(maxsize=1024)
def _dotted(contents: bytes) -> str:
    if not contents or contents[len(contents) - 1] & 0x80 or len(contents) > MAX_IDENTIFIER_OCTETS:
        raise ValueError
    arcs = []
    arc = 0
    for octet in contents:
        arc = arc << 7 | octet & 0x7F
        if octet < 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)  # X.690 8.19.4: the first two arcs share one number
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def encode_object_identifier(dotted: str) -> bytes:
    """Return the encoding of an OBJECT IDENTIFIER of at most 127 octets, from its dotted form. Spec: X.690 8.19."""
    first, second, *rest = map(int, dotted.split("."))
    contents = bytearray()
    for arc in (40 * first + second, *rest):
        sevens = [arc >> shift & 0x7F for shift in range(0, max(arc.bit_length(), 1), 7)]
        contents += bytes([*(seven | 0x80 for seven in sevens[:0:-1]), sevens[0]])
    return bytes((OBJECT_IDENTIFIER, len(contents))) + contents


def parse_time(element: Element) -> int:
    """Return a UTCTime or GeneralizedTime in nanoseconds since 1970-01-01 UTC, of any year 1 to 9999.

    Reads what RFC 5280 rules out as well: no seconds, a fraction, an offset from UTC.
    """
    if element.tag not in TIMES:
        element.fail("bad_value", f"a UTCTime or GeneralizedTime, found tag 0x{element.tag:02X}")
    try:
        return _nanoseconds(element.tag, cut(element.data, element.start, element.end))
    except ValueError as error:
        element.fail("bad_value", str(error))


@lru_cache(maxsize=4096)  # certificates of one authority begin and end at the same times
def _nanoseconds(tag: int, contents: bytes) -> int:
    match = TIMES[tag].fullmatch(contents)
    if match is None:
        raise ValueError("a time as digits with a zone")
    year = int(match["year"])
    if tag == UTC_TIME:
        year += 1900 if year >= 50 else 2000  # RFC 5280 section 4.1.2.5.1
    month, day, hour, minute, second = (int(match[part] or 0) for part in TIME_PARTS)
    try:
        since_epoch = datetime(year, month, day, hour, minute, second) - EPOCH
    except ValueError:
        raise ValueError("a time that exists") from None
    seconds = since_epoch.days * 86400 + since_epoch.seconds
    if match["sign"]:
        offset = int(match["hours"]) * 3600 + int(match["minutes"]) * 60
        seconds += offset if match["sign"] == b"-" else -offset
    return seconds * NANOSECONDS + int((match["fraction"] or b"0")[:9].ljust(9, b"0"))


def is_plain_time(element: Element) -> bool:
    """Whether a time is written as RFC 5280 section 4.1.2.5 wants it: digits down to seconds, and Z."""
    octets = cut(element.data, element.start, element.end)
    return len(octets) == (13 if element.tag == UTC_TIME else 15) and octets.endswith(b"Z") and octets[:-1].isdigit()


def hold_time(time: int) -> int:
    """Return a time in nanoseconds, or what 64 bits have nearest to it."""
    if -MAX_TIME <= time <= MAX_TIME:
        return time
    return MAX_TIME if time > 0 else -MAX_TIME


def parse_string(element: Element) -> str:
    """Return the text of any of ASN.1's string types.

    Octets that are not UTF-8 where UTF-8 is due stay as Python's lone surrogates
    (PEP 383), so that an escape can show them. Raises DecodeError for other types.
    """
    encoding = STRING_ENCODINGS.get(element.tag)
    if encoding is None:
        element.fail("bad_value", f"a string, found tag 0x{element.tag:02X}")
    try:
        octets = cut(element.data, element.start, element.end)
        return octets.decode(encoding, "surrogateescape" if encoding == "utf-8" else "strict")
    except UnicodeDecodeError:
        element.fail("bad_value", f"{encoding} text")
