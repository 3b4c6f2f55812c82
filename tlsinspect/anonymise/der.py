"""DER elements -> DER of the same tags and lengths, in which nothing stays but what is asked to.

`scrub` is the rule for everything of which no more is known: tags, lengths, truth values, object identifiers and
small numbers stay, and all else becomes a pseudonym of the same length. Spec: ITU-T X.690.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from ..certificates.der import (
    BIT_STRING,
    BOOLEAN,
    GENERALIZED_TIME,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    STRING_ENCODINGS,
    UTC_TIME,
    Element,
    iter_elements,
    parse_element,
)
from ..errors import DecodeError
from .pseudonyms import Pseudonyms

NULL, ENUMERATED = 0x05, 0x0A
CONSTRUCTED = 0x20
SMALL_NUMBER = 1  # octets of an INTEGER that is no secret: a version, a count
HALF_DAY = 43_200
PRIVATE_ENTERPRISE = bytes.fromhex("2b06010401")  # 1.3.6.1.4.1: who asked IANA for a number
STANDARD_ARCS = tuple(
    bytes.fromhex(prefix)
    for prefix in (
        *("55", "2b060105", "2b65", "2b0e03", "2b8104", "2b2403"),  # X.500, IETF, RFC 8410, OIW, SEC 2, TeleTrusT
        *("2a864886f70d", "2a8648ce38", "2a8648ce3d", "2a8648ce3e"),  # PKCS, ANSI X9.57, X9.62, X9.42
        *("60864801650304", "2a85030202", "2a85030701", "2a811ccf55"),  # NIST, GOST, ShangMi
        *("0992268993f22c6401", "67810c", "678105", "0400"),  # RFC 4519, CA/Browser Forum, TCG, ETSI
        *("2b060104018237", "2b06010401d679", "60864801" + "86f842"),  # Microsoft, Google, Netscape
    )
)
"""What object identifiers begin with that everybody uses; others may name who asked for the number."""
KNOWN_POLICIES = (bytes.fromhex("67810c01"), bytes.fromhex("551d20"))  # CA/Browser Forum 2.23.140.1, anyPolicy
TIME_TEXT = re.compile(rb"(\d{12}|\d{14})Z")
TIME_STYLE = "%Y%m%d%H%M%SZ"
UTC_LENGTH = 13  # octets of a UTCTime
FIRST_UTC_YEAR = 1950
FOUR_OCTETS_EACH, TWO_OCTETS_EACH = 0x1C, 0x1E  # UniversalString, BMPString


def header_of(element: Element) -> bytes:
    """Tag and length, as they stand."""
    return element.data[element.offset : element.start]


def read_all(data: bytes) -> Element:
    """The one element that fills these octets; raises DecodeError."""
    element = parse_element(data, 0, len(data))
    if element.end != len(data):
        element.fail("trailing_data", "the end of the block")
    return element


def scrub(element: Element, own: Pseudonyms) -> bytes:
    """An element of which nothing is known but that it is DER."""
    if element.tag & CONSTRUCTED:
        return header_of(element) + b"".join(scrub(each, own) for each in iter_elements(element))
    return header_of(element) + scrub_contents(element, own)


def scrub_contents(element: Element, own: Pseudonyms) -> bytes:
    """The contents of a primitive element."""
    contents, tag = element.contents, element.tag
    if tag in (BOOLEAN, NULL, ENUMERATED):
        return contents
    if tag == OBJECT_IDENTIFIER:
        return scrub_identifier(contents, own)
    if tag == INTEGER:
        return contents if len(contents) <= SMALL_NUMBER else scrub_integer(contents, own)
    if tag == BIT_STRING:
        return contents[:1] + own.octets(contents[1:])
    if tag in (UTC_TIME, GENERALIZED_TIME):
        return no_time(contents)
    if tag in STRING_ENCODINGS:
        return scrub_string(tag, contents, own)
    if tag == OCTET_STRING and contents[:1] == b"\x30":  # most likely more DER
        return scrub_octets(contents, own)
    return own.octets(contents)


def scrub_identifier(contents: bytes, own: Pseudonyms) -> bytes:
    """An object identifier: one of an enterprise or authority names it, unless everybody uses it."""
    if contents.startswith(STANDARD_ARCS):
        return contents
    kept = len(PRIVATE_ENTERPRISE) if contents.startswith(PRIVATE_ENTERPRISE) else 1
    return contents[:kept] + turn_arcs(contents[kept:], own)


def scrub_policy(contents: bytes, own: Pseudonyms) -> bytes:
    """The object identifier of a certificate policy: the authority's own ones name the authority."""
    if contents.startswith(KNOWN_POLICIES):
        return contents
    return contents[:1] + turn_arcs(contents[1:], own)


def turn_arcs(arcs: bytes, own: Pseudonyms) -> bytes:
    """Other arcs of as many octets: each octet keeps the bit that says whether its arc goes on."""
    return bytes(old & 0x80 | (new & 0x7F or 1) for old, new in zip(arcs, own.octets(arcs), strict=True))


def scrub_integer(contents: bytes, own: Pseudonyms) -> bytes:
    """A number of as many octets, of the same sign, and as long as it looks."""
    made = bytearray(own.octets(contents))
    lead = 1 if contents[0] in (0x00, 0xFF) else 0  # a first octet that only says the sign
    made[:lead] = contents[:lead]
    if lead:
        made[1] = made[1] & 0x7F | contents[1] & 0x80
    else:
        made[0] = contents[0] & 0x80 | (made[0] & 0x7F or 1)
        if made[0] == 0xFF:
            made[0] = 0xFE
    return bytes(made)


def scrub_string(tag: int, contents: bytes, own: Pseudonyms) -> bytes:
    """A text of as many octets, host names and the like in their shape."""
    encoding = STRING_ENCODINGS[tag]
    width = {TWO_OCTETS_EACH: 2, FOUR_OCTETS_EACH: 4}.get(tag, 1)
    try:
        text = contents.decode(encoding)
        made = (
            own.text(text).encode(encoding) if width == 1 else own.letters(text.encode())[: len(text)].encode(encoding)
        )
    except UnicodeError:
        made = b""
    if len(made) == len(contents):
        return made
    return own.letters(contents[: len(contents) // width]).encode(encoding)[: len(contents)].ljust(len(contents), b"0")


def scrub_time(contents: bytes, shift: int) -> bytes:
    """A time moved by seconds; one that cannot be, or is not written as RFC 5280 asks, becomes the start of 2000."""
    return move_time(contents, shift) or no_time(contents)


def no_time(contents: bytes) -> bytes:
    """The start of 2000, in as many octets."""
    return (b"000101000000Z" if len(contents) < 15 else b"20000101000000Z")[: len(contents)].ljust(len(contents), b"0")


def move_time(contents: bytes, shift: int) -> bytes:
    """A time moved by seconds, its day alone where by none; empty where the same form cannot say it.

    Two digits of a year stand for 1950 to 2049 (RFC 5280 section 4.1.2.5.1).
    """
    if not TIME_TEXT.fullmatch(contents):
        return b""
    short = len(contents) == UTC_LENGTH
    century = b"" if not short else b"19" if contents >= b"50" else b"20"
    try:
        moment = datetime.strptime((century + contents).decode("ascii"), TIME_STYLE).replace(tzinfo=UTC)
        moment = moment + timedelta(seconds=shift) if shift else moment.replace(hour=0, minute=0, second=0)
    except (ValueError, OverflowError):
        return b""
    if short and not FIRST_UTC_YEAR <= moment.year < FIRST_UTC_YEAR + 100:
        return b""
    made = moment.strftime(TIME_STYLE).encode("ascii")[len(century) :]
    return made if len(made) == len(contents) else b""


def scrub_octets(data: bytes, own: Pseudonyms) -> bytes:
    """Octets that are DER, scrubbed; any others as a pseudonym."""
    try:
        return scrub(read_all(data), own)
    except (DecodeError, RecursionError):
        return own.octets(data)
