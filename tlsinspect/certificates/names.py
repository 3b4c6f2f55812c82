"""Names in a certificate as text that is harmless to show: distinguished names, general names, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_ntop

from ..errors import DecodeError
from ..wire.octets import cut
from .der import (
    SEQUENCE,
    SET,
    Element,
    parse_element,
    parse_elements,
    parse_object_identifier,
    parse_string,
)
from .object_identifiers import NAME_ATTRIBUTES

COMMON_NAME = "2.5.4.3"
SPECIALS = '"+,;<>\\'  # RFC 4514 section 2.4
ESCAPED_BY_BACKSLASH = str.maketrans({special: "\\" + special for special in SPECIALS})
SPECIAL = re.compile(f"[{re.escape(SPECIALS)}]")
URI_TAG = 0x86
GENERAL_NAME_TAGS = frozenset((0xA0, 0x81, 0x82, 0xA3, 0xA4, 0xA5, URI_TAG, 0x87, 0x88))


class Escapes(dict[int, str]):
    """What stands for each character, made when it first comes: a name may have a million unprintable ones."""

    def __missing__(self, code: int) -> str:
        """The character itself, or its octets of UTF-8."""
        if len(self) >= MAX_ESCAPES:
            self.clear()
        character = chr(code)
        octets = character.encode("utf-8", "surrogateescape")
        self[code] = character if character.isprintable() else "".join(f"\\{octet:02X}" for octet in octets)
        return self[code]


ESCAPES = Escapes()
MAX_ESCAPES = 4096
MAX_KEPT_OCTETS = 1024  # bounds the memory that names of hostile certificates can hold


def parse_name(name: Element) -> tuple[str, str | None]:
    """Return a Name as RFC 4514 text and its most specific common name, escaped; None without one.

    The last RDN comes first, "," without a space stands between RDNs and "+"
    within one. Types have the short names of NAME_ATTRIBUTES; another type is
    its dotted OID, and its value "#" and the hex of its DER, as is a value that
    is no text. Spec: RFC 4514 section 2, RFC 5280 section 4.1.2.4.
    """
    name.expect(SEQUENCE)
    encoding = cut(name.data, name.offset, name.end)
    read = _name_text if len(encoding) <= MAX_KEPT_OCTETS else _spell_name
    try:
        return read(encoding)
    except DecodeError as error:
        raise DecodeError("der", error.kind, name.offset + error.offset, error.expected) from None


@lru_cache(maxsize=1024)  # few authorities issue most certificates: a quarter off the time of each
def _name_text(encoding: bytes) -> tuple[str, str | None]:
    return _spell_name(encoding)


def _spell_name(encoding: bytes) -> tuple[str, str | None]:
    common_name = None
    names = []
    outer = parse_element(encoding, 0, len(encoding))
    position = outer.start
    while position < outer.end:
        relative_name = parse_element(encoding, position, outer.end)
        position = relative_name.end
        attributes = []
        at = relative_name.expect(SET).start
        while at < relative_name.end:
            attribute = parse_element(encoding, at, relative_name.end)
            at = attribute.end
            part = cut(encoding, attribute.offset, at)
            spell = _attribute_text if len(part) <= MAX_KEPT_OCTETS else _spell_attribute
            try:
                text, common = spell(part)
            except DecodeError as error:
                raise DecodeError("der", error.kind, attribute.offset + error.offset, error.expected) from None
            attributes.append(text)
            common_name = common_name if common is None else common
        names.append(attributes[0] if len(attributes) == 1 else "+".join(attributes))
    names.reverse()
    return ",".join(names), common_name


@lru_cache(maxsize=4096)  # names share all but their last part
def _attribute_text(encoding: bytes) -> tuple[str, str | None]:
    return _spell_attribute(encoding)


def _spell_attribute(encoding: bytes) -> tuple[str, str | None]:
    """Type and value as text, and the value alone where it is a common name."""
    attribute = parse_element(encoding, 0, len(encoding))
    identifier, value = parse_elements(attribute.expect(SEQUENCE), 2, 2)
    type_ = parse_object_identifier(identifier)
    text = _parse_text(value)
    common_name = escape_text(text) if type_ == COMMON_NAME and text is not None else None
    if text is None or type_ not in NAME_ATTRIBUTES:
        return f"{NAME_ATTRIBUTES.get(type_, type_)}={_hex(value.encoding)}", common_name
    return f"{NAME_ATTRIBUTES[type_]}={_escape_value(text)}", common_name


def escape_text(text: str) -> str:
    r"""Return `text` with each backslash doubled and each unprintable character as \XX per UTF-8 octet.

    Unprintable are control, format, private and unassigned characters and every
    space but U+0020: what could forge a line, hide or turn text around. A lone
    surrogate that stands for an undecodable octet (PEP 383) becomes that octet's \XX.
    """
    return _escape_unprintable(text.replace("\\", "\\\\") if "\\" in text else text)


def parse_general_text(name: Element) -> str:
    """Return a GeneralName that is an IA5String, escaped; octets above 0x7F are read as UTF-8."""
    octets = cut(name.data, name.start, name.end)
    return escape_text(octets.decode("ascii") if octets.isascii() else octets.decode("utf-8", "surrogateescape"))


def uris(names: Iterable[Element]) -> list[str]:
    """Return those of `names`, all GeneralNames, that are URIs, escaped."""
    return [parse_general_text(name) for name in names if name.tag == URI_TAG]


def ip_text(octets: bytes) -> str:
    """Return 4 octets as IPv4 text, 16 as IPv6 text (RFC 5952), others as "#" and hex."""
    if len(octets) == 4:
        return inet_ntop(AF_INET, octets)
    if len(octets) == 16:
        return inet_ntop(AF_INET6, octets)
    return _hex(octets)


def _parse_text(value: Element) -> str | None:
    try:
        return parse_string(value)
    except DecodeError:
        return None


def _escape_value(text: str) -> str:
    escaped = text.translate(ESCAPED_BY_BACKSLASH) if SPECIAL.search(text) else text
    if text[:1] in (" ", "#"):
        escaped = "\\" + escaped
    if text[1:].endswith(" "):
        escaped = escaped[: len(escaped) - 1] + "\\ "
    return _escape_unprintable(escaped)


def _escape_unprintable(text: str) -> str:
    return text if text.isprintable() else text.translate(ESCAPES)


def _hex(octets: bytes) -> str:
    return "#" + octets.hex().upper()
