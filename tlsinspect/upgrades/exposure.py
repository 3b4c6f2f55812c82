"""What was said in the clear and should have come behind TLS: by which command credentials were sent, and who spoke on
between the agreement on TLS and its first record.

Goes in: what the two sides said in the clear. Comes out: words of this file. Of credentials nothing is kept.
Spec: RFC 4954 (SMTP), 9051 6.2.2 and 6.2.3 (IMAP), 1939 7 and 5034 (POP3), 959 (FTP), 4643 (NNTP), 5804 2.1
(ManageSieve), 1459 4.1.1 (IRC), 6120 6.4.2 (XMPP), 7617 (HTTP), 4513 5.1.3 (LDAP).
"""

from __future__ import annotations

import re

from .binary import ber_content, iter_ldap

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
SIDES = {(True, False): "client", (False, True): "server", (True, True): "both"}


def sent_credentials(name: str, client: bytes) -> str | None:
    """The command or mechanism by which the client sent credentials that can be read; None where it sent none."""
    if name == "ldap":
        return SIMPLE_BIND_NAME if any(map(is_simple_bind, iter_ldap(client))) else None
    pattern = CREDENTIALS.get(name)
    if pattern is None or (name == "ftp" and ANONYMOUS.search(client)):
        return None
    commands = client.partition(b"\nDATA\r\n")[0] if name == "smtp" else client
    found = re.search(rb"^" + pattern, commands, re.IGNORECASE | re.MULTILINE)
    return next(word for word in found.groups() if word).decode("ascii").upper() if found else None


def sent_to_proxy(proxy: str, client: bytes, server: bytes) -> str | None:
    """The same of the outermost proxy: Basic (RFC 7617), or a user name and password (RFC 1929)."""
    if proxy == "http_connect":
        return sent_credentials("http", client.partition(b"\r\n\r\n")[0])
    return SOCKS_LOGIN if proxy == "socks5" and server.startswith(b"\x05\x02") else None


def is_simple_bind(message: tuple[bytes, int, bytes]) -> bool:
    """Whether an LDAP message is a BindRequest with a name and a password."""
    _, operation, content = message
    found = SIMPLE_BIND.match(content)
    if operation != BIND_REQUEST or found is None:
        return False
    start, end = ber_content(content, found.end() - 1)
    password, stop = ber_content(content, end) if content[end : end + 1] == SIMPLE else (0, 0)
    return end > start and stop > password


def spoke_on(name: str, client: bytes, server: bytes) -> str | None:
    """Who said more in the clear behind the request for TLS, or the answer that agreed to it: client, server, both."""
    if name not in REQUESTS:
        return None
    behind = [rest_behind(pattern, said) for pattern, said in zip(REQUESTS[name], (client, server), strict=True)]
    return None if behind[0] is None else SIDES.get((bool(behind[0]), bool(behind[1])))


def rest_behind(pattern: bytes, said: bytes) -> bytes | None:
    """What follows the last place that a pattern matches, up to TLS; None where it matches nowhere."""
    ends = [found.end() for found in re.finditer(pattern, said, re.IGNORECASE | re.MULTILINE)]
    return FIRST_RECORD.split(said[ends[-1] :], maxsplit=1)[0].strip() if ends else None
