"""What was said in the clear and should have come behind TLS: by which command credentials were sent, and who spoke on
between the agreement on TLS and its first record.

Goes in: what the two sides said in the clear. Comes out: words of this file, and where in what was said the proof
stands. Of credentials nothing is kept.
Spec: RFC 4954 (SMTP), 9051 6.2.2 and 6.2.3 (IMAP), 1939 7 and 5034 (POP3), 959 (FTP), 4643 (NNTP), 5804 2.1
(ManageSieve), 1459 4.1.1 (IRC), 6120 6.4.2 (XMPP), 7617 (HTTP), 4513 5.1.3 (LDAP).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..wire.stream import Stream
from .binary import LdapMessage, ber_content, iter_ldap

READABLE = rb"(PLAIN|LOGIN|XOAUTH2|OAUTHBEARER)\b"  # SASL mechanisms that send what can be read and sent again
RESPONSE = rb"(?:[ \t]+[^\s=*]|[ \t]*\r?\n(?!(?:QUIT|STARTTLS|STLS|RSET|NOOP)\b)[A-Za-z0-9+/=]+\r?\n)"
CREDENTIALS = {  # at the beginning of a line
    "smtp": rb"AUTH +" + READABLE + RESPONSE,
    "imap": rb"\S+ +(?:AUTHENTICATE +" + READABLE + RESPONSE + rb"|(LOGIN) +\S)",
    "pop3": rb"(?:AUTH +" + READABLE + RESPONSE + rb"|(PASS) +\S)",
    "ftp": rb"(PASS) +\S",
    "nntp": rb"AUTHINFO +(?:SASL +" + READABLE + RESPONSE + rb"|(PASS) +\S)",
    "sieve": rb'AUTHENTICATE +"' + READABLE + rb'" +\S',
    "irc": rb"(PASS) +\S",
    "http": rb"(?:Proxy-)?Authorization: *(BASIC) +\S",
    "xmpp": rb"[^\n]*<auth\b[^>]*mechanism=['\"]" + READABLE + rb"[^>]*>[^<]",
}
ANONYMOUS = re.compile(rb"^USER +(?:anonymous|ftp)\s*$", re.IGNORECASE | re.MULTILINE)
REQUESTS = {  # of TLS, and the answer that agrees; the last one counts
    "smtp": (rb"^STARTTLS[ \t]*\r?\n", rb"^220 [^\n]*\n"),
    "imap": (rb"^\S+ +STARTTLS[ \t]*\r?\n", rb"^\S+ OK\b[^\n]*\n"),
    "pop3": (rb"^STLS[ \t]*\r?\n", rb"^\+OK[^\n]*\n"),
    "ftp": (rb"^AUTH +(?:TLS|SSL|TLS-C|TLS-P)[ \t]*\r?\n", rb"^[23]34 [^\n]*\n"),
    "nntp": (rb"^STARTTLS[ \t]*\r?\n", rb"^382[^\n]*\n"),
    "sieve": (rb"^STARTTLS[ \t]*\r?\n", rb"^OK\b[^\n]*\n"),
    "xmpp": (rb"<starttls\b[^>]*(?:/>|></starttls>)", rb"<proceed\b[^>]*(?:/>|></proceed>)"),
}
FIRST_RECORD = re.compile(rb"\x16\x03[\x00-\x04]")
SIMPLE_BIND = re.compile(rb"\x02\x01[\x02\x03]\x04", re.DOTALL)
BIND_REQUEST, SIMPLE = 0x60, b"\x80"
SIMPLE_BIND_NAME, SOCKS_LOGIN = "SIMPLE BIND", "SOCKS LOGIN"
Heard = tuple[Stream, Stream]  # client and server


class Exposure(NamedTuple):
    """What was exposed, or by whom, and the place of the proof in what the client said, or in what the server said."""

    word: str
    at: int
    of_server: bool = False


def sent_credentials(name: str, client: bytes) -> Exposure | None:
    """The command or mechanism by which the client sent credentials that can be read; None where it sent none."""
    if name == "ldap":
        bind = next(filter(is_simple_bind, iter_ldap(client)), None)
        return None if bind is None else Exposure(SIMPLE_BIND_NAME, bind.at)
    pattern = CREDENTIALS.get(name)
    if pattern is None or (name == "ftp" and ANONYMOUS.search(client)):
        return None
    commands = client.partition(b"\nDATA\r\n")[0] if name == "smtp" else client
    found = re.search(rb"^" + pattern, commands, re.IGNORECASE | re.MULTILINE)
    if found is None:
        return None
    return Exposure(next(word for word in found.groups() if word).decode("ascii").upper(), found.end() - 1)


def sent_to_proxy(proxy: str, client: bytes, server: bytes) -> Exposure | None:
    """The same of the outermost proxy: Basic (RFC 7617), or a user name and password (RFC 1929)."""
    if proxy == "http_connect":
        return sent_credentials("http", client.partition(b"\r\n\r\n")[0])
    if proxy == "socks5" and server.startswith(b"\x05\x02"):
        return Exposure(SOCKS_LOGIN, 2 + client[1])  # behind the list of methods
    return None


def is_simple_bind(message: LdapMessage) -> bool:
    """Whether an LDAP message is a BindRequest with a name and a password."""
    content = message.content
    found = SIMPLE_BIND.match(content)
    if message.operation != BIND_REQUEST or found is None:
        return False
    start, end = ber_content(content, found.end() - 1)
    password, stop = ber_content(content, end) if content[end : end + 1] == SIMPLE else (0, 0)
    return end > start and stop > password


def spoke_on(name: str, client: bytes, server: bytes, behind: tuple[int, int], heard: Heard | None) -> Exposure | None:
    """Who said more in the clear behind the request for TLS, or the answer that agreed to it: client, server, both.

    Nothing is said of the server where `heard` does not show that its last line of an answer's form is the answer.
    `behind` are the octets in front of what client and server said.
    """
    if name not in REQUESTS:
        return None
    request, agreement = REQUESTS[name]
    asked, agreed = last_end(request, client), last_end(agreement, server)
    if asked < 0:
        return None
    more = place_behind(client, asked)
    if heard is None or agreed < 0 or not answers(*heard, behind[0] + asked - 1, behind[1] + agreed - 1):
        answered = -1
    else:
        answered = place_behind(server, agreed)
    if more >= 0:
        return Exposure("both" if answered >= 0 else "client", more)
    return None if answered < 0 else Exposure("server", answered, of_server=True)


def answers(client: Stream, server: Stream, request: int, answer: int) -> bool:
    """Whether one octet of the server came behind one of the client, and no later answer can be missing."""
    if server.gap or server.head_is_full():
        return False
    return 0 <= client.head_packet(request) < server.head_packet(answer)


def last_end(pattern: bytes, said: bytes) -> int:
    """Where the last match of a pattern ends; -1 without one."""
    ends = [found.end() for found in re.finditer(pattern, said, re.IGNORECASE | re.MULTILINE)]
    return ends[-1] if ends else -1


def place_behind(said: bytes, end: int) -> int:
    """Where more follows the octets up to `end`; -1 if nothing does but TLS."""
    rest = FIRST_RECORD.split(said[end:], maxsplit=1)[0]
    more = rest.lstrip()
    return end + len(rest) - len(more) if more else -1
