"""Where in the clear text it shows what became of an upgrade to TLS.

Goes in: a protocol, one of STATUSES, the first octets of each side. Comes out: whether the server said it, and the
offset in what that side said.
"""

from __future__ import annotations

import re

from .binary import SSL_REQUEST, START_TLS
from .status import NOT_OFFERED, OFFERED, STRIPPED, USED, Status
from .text import OVERWRITTEN

Place = tuple[bool, int]  # said by the server; offset
WORDS = {
    "smtp": rb"STARTTLS",
    "imap": rb"STARTTLS",
    "pop3": rb"STLS",
    "ftp": rb"AUTH\b[^\r\n]*(?:TLS|SSL)",
    "nntp": rb"STARTTLS",
    "sieve": rb"STARTTLS",
    "irc": rb"STARTTLS|\btls\b",
    "xmpp": rb"<starttls",
    "http": rb"\r\nupgrade:[^\r\n]*\btls/1\.",
    "ldap": re.escape(START_TLS),
    "postgresql": re.escape(SSL_REQUEST),
}
"""What announces an upgrade and asks for it; in the other protocols the first message does."""
OVERWRITTEN_LINE = rb"^" + OVERWRITTEN + rb"\r?$"


def place_of(name: str, status: Status, client: bytes, server: bytes, behind: tuple[int, int]) -> Place | None:
    """Where a status shows: the announcement, the request, the overwritten line; None where nothing was said of it.

    `behind` are the octets in front of what client and server said.
    """
    if status is None or status == NOT_OFFERED:
        return None
    by_server, at = place_in(name, status, client, server)
    return by_server, at + behind[by_server]


def place_in(name: str, status: str, client: bytes, server: bytes) -> Place:
    """The same, counted from the beginning of what they said."""
    if status == STRIPPED:
        place = last_octet(OVERWRITTEN_LINE, server, -1)
        return (True, place) if place >= 0 else (False, last_octet(OVERWRITTEN_LINE, client, 0))
    if name not in WORDS:
        return status == OFFERED, 0
    if status == OFFERED:
        return True, last_octet(WORDS[name], server, 0)
    return False, last_octet(WORDS[name], client, 0, status == USED)


def last_octet(pattern: bytes, said: bytes, otherwise: int, last: bool = False) -> int:
    """The last octet of the first match, or of the last one; `otherwise` without any."""
    ends = [found.end() for found in re.finditer(pattern, said, re.IGNORECASE | re.MULTILINE)]
    return ends[-1 if last else 0] - 1 if ends else otherwise
