r"""Distinguished names of RFC 4514, as our tables have them, in the spelling that other tools use.

"CN=www.example.com,O=Example\, Inc.,C=US" is "C=US, O=Example, Inc., CN=www.example.com" in Suricata.
"""

from __future__ import annotations

import re

SEPARATOR = re.compile(r"(?<!\\)((?:\\\\)*),")
ESCAPED = re.compile(r'\\([ "#+,;<=>\\])')  # RFC 4514 section 2.4; \XX stays: it stands for what cannot be shown


def split_name(name: str) -> list[str]:
    """The parts of a name, the most specific first, as they are spelled in it."""
    parts, start = [], 0
    for found in SEPARATOR.finditer(name):
        parts.append(name[start : found.end(1)])
        start = found.end()
    return [*parts, name[start:]]


def common_order(name: str) -> str:
    """A name from the country downwards, parts behind ", ", without the backslashes that RFC 4514 asks for."""
    return ", ".join(ESCAPED.sub(r"\1", part) for part in reversed(split_name(name)))


def colons(octets: str | None) -> str | None:
    """Hex digits with a colon between each two."""
    return None if octets is None else ":".join(octets[place : place + 2] for place in range(0, len(octets), 2))


def serial_octets(serial: str | None) -> str | None:
    """A serial number as the octets of its DER integer: capital hex digits, a zero octet before a high bit."""
    if serial is None or serial.startswith("-"):
        return serial
    digits = ("0" if len(serial) % 2 else "") + serial.upper()
    return ("00" if int(digits[:1] or "0", 16) >= 8 else "") + digits
