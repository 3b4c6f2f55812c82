"""Names as text: RFC 4514's own rules, and nothing in it that could forge a line, a page or a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from time import process_time

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from tlsinspect.certificates import escape_text
from tlsinspect.certificates.der import parse_element
from tlsinspect.certificates.names import ip_text, parse_name
from tlsinspect.errors import DecodeError

Encode = Callable[..., bytes]
UTF8 = 0x0C


def name_text(*relative_names: bytes) -> tuple[str, str | None]:
    """Read a Name made of these encoded RDNs, with other octets around it."""
    body = b"".join(relative_names)
    data = b"????" + b"\x30\x82" + len(body).to_bytes(2, "big") + body + b"????"
    return parse_name(parse_element(data, 4, len(data)))


def common_name(encode: Encode, contents: bytes, tag: int = UTF8) -> str:
    """Return how a Name with this one common name reads."""
    attribute = encode(0x30, bytes.fromhex("0603550403"), encode(tag, contents))
    return name_text(encode(0x31, attribute))[0]


def test_last_rdn_comes_first_and_comma_has_no_space() -> None:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.JURISDICTION_COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "example"),
            x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@example.org"),
            x509.NameAttribute(NameOID.COMMON_NAME, "first"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Müller"),
        ]
    )
    data = name.public_bytes()
    assert parse_name(parse_element(data, 0, len(data))) == (
        "CN=Müller,CN=first,emailAddress=a@example.org,DC=example,jurisdictionC=DE,C=DE",
        "Müller",
    )


def test_rdn_of_two_attributes_is_joined_by_plus(encode: Encode) -> None:
    attributes = [
        encode(0x30, bytes.fromhex(type_), encode(UTF8, value))
        for type_, value in (("060355040a", b"Acme"), ("0603550403", b"host"))
    ]
    assert name_text(encode(0x31, *attributes)) == ("O=Acme+CN=host", "host")


def test_empty_name_is_empty_text() -> None:
    assert name_text() == ("", None)


def test_name_of_any_length_is_read(encode: Encode) -> None:
    for length in (1000, 1024, 5000):
        assert common_name(encode, b"x" * length) == "CN=" + "x" * length


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Foo, Inc.", "Foo\\, Inc."),
        ('a"b+c;d<e>f\\g', 'a\\"b\\+c\\;d\\<e\\>f\\\\g'),
        ("#1 = one", "\\#1 = one"),
        (" x ", "\\ x\\ "),
        (" ", "\\ "),
        ("", ""),
        ("a\0b", "a\\00b"),
        ("a\r\nb\tc", "a\\0D\\0Ab\\09c"),
        ("\x1b[31mred", "\\1B[31mred"),
        ("\x7f\x85", "\\7F\\C2\\85"),
        ("gpj\u202eexe", "gpj\\E2\\80\\AEexe"),
        ("zero\u200bwidth\ufeff", "zero\\E2\\80\\8Bwidth\\EF\\BB\\BF"),
        ("line\u2028break", "line\\E2\\80\\A8break"),
        ("日本", "日本"),
    ],
)
def test_value_is_escaped_as_rfc_4514_has_it(encode: Encode, value: str, text: str) -> None:
    assert common_name(encode, value.encode()) == f"CN={text}"


def test_octets_that_are_not_utf8_show_as_themselves(encode: Encode) -> None:
    assert common_name(encode, b"M\xfcller") == "CN=M\\FCller"
    assert common_name(encode, b"M\xfcller", tag=0x14) == "CN=Müller"
    assert common_name(encode, b"\xed\xa0\x80") == "CN=\\ED\\A0\\80"


def test_value_that_is_no_text_is_hex_of_its_der(encode: Encode) -> None:
    assert common_name(encode, b"\x01\xfe", tag=0x04) == "CN=#040201FE"
    assert common_name(encode, b"\xd8\x00", tag=0x1E) == "CN=#1E02D800"


def test_unknown_type_is_digits_and_hex(encode: Encode) -> None:
    attribute = encode(0x30, bytes.fromhex("06032a0304"), encode(UTF8, b"ab"))
    assert name_text(encode(0x31, attribute)) == ("1.2.3.4=#0C026162", None)


def test_common_name_alone_is_escaped_but_not_quoted(encode: Encode) -> None:
    attribute = encode(0x30, bytes.fromhex("0603550403"), encode(UTF8, b"a, \\b\n"))
    assert name_text(encode(0x31, attribute)) == ("CN=a\\, \\\\b\\0A", "a, \\\\b\\0A")


@pytest.mark.parametrize(
    ("octets", "offset"), [("310430020600", 10), ("310630040600 0c00", 12), ("3107300506035504030c", 10), ("0c0161", 8)]
)
def test_broken_rdn_names_its_place_in_the_certificate(octets: str, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        name_text(bytes.fromhex(octets))
    assert caught.value.offset == offset


@given(st.text())
def test_escaped_text_is_harmless_and_can_be_turned_back(text: str) -> None:
    escaped = escape_text(text)
    assert escaped.isprintable()
    assert all(unicodedata.category(character)[0] != "C" for character in escaped)
    octets, position = bytearray(), 0
    while position < len(escaped):
        if escaped[position] != "\\":
            octets += escaped[position].encode()
            position += 1
        elif escaped[position + 1] == "\\":
            octets += b"\\"
            position += 2
        else:
            octets.append(int(escaped[position + 1 : position + 3], 16))
            position += 3
    assert octets.decode() == text


@given(st.binary())
def test_any_octets_become_text_that_any_encoder_takes(octets: bytes) -> None:
    escaped = escape_text(octets.decode("utf-8", "surrogateescape"))
    assert escaped.encode("utf-8").decode().isprintable()


def test_a_text_of_every_character_is_escaped_as_each_is_alone() -> None:
    characters = [chr(code) for code in range(0x30000) if not 0xD800 <= code < 0xE000]
    assert escape_text("".join(characters)) == "".join(map(escape_text, characters))


def test_millions_of_unprintable_characters_take_no_time() -> None:
    start = process_time()
    assert len(escape_text("\1\udcff" * 2_000_000)) == 12_000_000
    assert process_time() - start < 1  # it took some seconds, one call for each character


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("c0000201", "192.0.2.1"),
        ("20010db8" + "00" * 11 + "01", "2001:db8::1"),
        ("00" * 10 + "ffffc0000201", "::ffff:192.0.2.1"),
        ("c00002", "#C00002"),
        ("", "#"),
    ],
)
def test_ip_text(octets: str, text: str) -> None:
    assert ip_text(bytes.fromhex(octets)) == text
