"""What a stream carries, told from its first octets: the names of the `protocol` column.

Goes in: the first octets of each side, HEAD_LIMIT of wire/stream.py at most. Comes
out: a name. Only openings that a protocol's specification fixes are recognised; the
rest is "unknown".
"""

from __future__ import annotations

import re
from collections.abc import Callable

SILENT = "silent"
UNKNOWN = "unknown"
RDP_REQUEST = 1

HTTP_METHODS = (
    b"GET ", b"POST ", b"HEAD ", b"PUT ", b"DELETE ", b"OPTIONS ", b"TRACE ", b"PATCH ", b"PROPFIND ", b"REPORT ",
)  # fmt: skip

CLIENT_OPENINGS = (
    ("http_connect", b"CONNECT "),
    ("http2", b"PRI * HTTP/2.0\r\n"),
    ("proxy", b"PROXY TCP"),
    ("proxy", b"PROXY UNKNOWN"),
    ("proxy", b"\r\n\r\n\x00\r\nQUIT\n"),
    ("ssh", b"SSH-"),
    ("postgresql", b"\x00\x00"),
    ("rtsp", b"DESCRIBE rtsp:"),
    ("rtsp", b"OPTIONS rtsp:"),
    ("sip", b"OPTIONS sip:"),
    ("sip", b"REGISTER sip:"),
    ("sip", b"INVITE sip:"),
    ("bittorrent", b"\x13BitTorrent protocol"),
    ("rdp", b"\x03\x00\x00"),
    ("tpkt", b"\x03\x00\x00"),
    ("tds", b"\x12\x01\x00"),
    ("tds", b"\x10\x01"),
    ("socks5", b"\x05"),
    ("socks4", b"\x04\x01"),
    ("socks4", b"\x04\x02"),
    ("smb", b"\x00"),
    ("smb", b"\x81\x00\x00\x44 "),
    ("rfb", b"RFB 0"),
    ("redis", b"*"),
    ("mqtt", b"\x10"),
)

SERVER_OPENINGS = (
    ("ssh", b"SSH-"),
    ("http", b"HTTP/1."),
    ("imap", b"* OK"),
    ("imap", b"* PREAUTH"),
    ("pop3", b"+OK"),
    ("nntp", b"200 "),
    ("nntp", b"201 "),
    ("sieve", b'"IMPLEMENTATION"'),
    ("rfb", b"RFB 0"),
)


def by_first_octet(openings: tuple[tuple[str, bytes], ...]) -> dict[bytes, list[tuple[str, bytes]]]:
    """Openings by their first octet, in order: most streams have none of them."""
    found: dict[bytes, list[tuple[str, bytes]]] = {}
    for name, opening in openings:
        found.setdefault(opening[:1], []).append((name, opening))
    return found


CLIENT_OPENINGS_BY_OCTET = by_first_octet(CLIENT_OPENINGS)
SERVER_OPENINGS_BY_OCTET = by_first_octet(SERVER_OPENINGS)

FTP_COMMANDS = (b"USER ", b"AUTH ", b"FEAT\r", b"HOST ", b"OPTS ", b"SYST\r")
COMMANDS = {  # first commands that only one protocol knows
    b"EHLO": "smtp", b"HELO": "smtp", b"LHLO": "smtp", b"STLS": "pop3", b"CAPA": "pop3", b"APOP": "pop3",
    b"AUTH TLS": "ftp", b"AUTH SSL": "ftp", b"FEAT": "ftp", b"CAPABILITIES": "nntp", b"MODE": "nntp",
}  # fmt: skip


def name_protocol(client: bytes, server: bytes) -> str:
    """Name what a connection carries from the first octets of its sides."""
    if not client and not server:
        return SILENT
    return name_dialogue(client, server) or name_greeting(client, server) or UNKNOWN


def name_dialogue(client: bytes, server: bytes) -> str:
    """Protocols in which the client speaks first or its commands tell."""
    for name, opening in CLIENT_OPENINGS_BY_OCTET.get(client[:1], ()):
        if client.startswith(opening) and is_plausible(name, client, server):
            return name
    if client.startswith(HTTP_METHODS):
        return "http"
    if b"<stream:stream" in client or b"<stream:stream" in server:
        return "xmpp"
    if is_ldap(client):
        return "ldap"
    if is_dns(client):
        return "dns"
    return ""


def name_greeting(client: bytes, server: bytes) -> str:
    """Protocols in which the server speaks first; without a greeting that is known, USER is a word of IRC."""
    if not server:
        return "irc" if is_irc(client, server) else name_commands(client)
    if server[:4] in (b"220 ", b"220-"):
        if client[:5].upper() in (b"EHLO ", b"HELO ", b"LHLO "):
            return "smtp"
        if client[:5].upper() in FTP_COMMANDS:
            return "ftp"
        return "ftp" if b"FTP" in server.upper() and b"SMTP" not in server.upper() else "smtp"
    for name, opening in SERVER_OPENINGS_BY_OCTET.get(server[:1], ()):
        if server.startswith(opening):
            return name
    if server[:2] == b"\x04\x01" and server[4:9] == b"\x00\x00\x01\x00\x00":
        return "tds"
    if len(server) > 5 and server[3] == 0 and server[4] in (9, 10) and int.from_bytes(server[:3], "little") < 1024:
        return "mysql"
    return "irc" if is_irc(client, server) else ""


def name_commands(client: bytes) -> str:
    """Protocols in which the server speaks first, where only the client is in the capture."""
    if not client[:1].isalnum():
        return ""
    words = client.partition(b"\r\n")[0].upper().split(b" ")
    if len(words) == 2 and words[1] in (b"CAPABILITY", b"STARTTLS") and words[0].isalnum():
        return "imap"
    return COMMANDS.get(words[0] if words[0] != b"AUTH" else b" ".join(words), "")


def is_plausible(name: str, client: bytes, server: bytes) -> bool:
    """A second look where an opening is short."""
    look = SECOND_LOOKS.get(name)
    return look is None or look(client, server)


def is_connection_request(client: bytes, _: bytes) -> bool:
    """A TPKT packet with a COTP connection request, confirm or data. Spec: RFC 1006 section 6, X.224 section 13."""
    return len(client) >= 7 and client[3] <= len(client) and client[5] in (0xE0, 0xD0, 0xF0)


def is_rdp(client: bytes, server: bytes) -> bool:
    """A connection request with a cookie, a routing token or RDP_NEG_REQ, or nothing. Spec: MS-RDPBCGR 2.2.1.1."""
    if not is_connection_request(client, server) or client[5] != 0xE0:
        return False
    data = client[11 : int.from_bytes(client[2:4], "big")]
    return (
        not data or b"Cookie: " in data or b"mstshash=" in data or read_rdp_negotiation(data, RDP_REQUEST) is not None
    )


def read_rdp_negotiation(data: bytes, kind: int) -> int | None:
    """The protocols (or the failure) of an RDP_NEG structure behind the cookie; None without one.

    Spec: MS-RDPBCGR 2.2.1.1.1 (request, type 1), 2.2.1.2.1 (response, 2), 2.2.1.2.2 (failure, 3).
    """
    if data[:1] != bytes([kind]):
        data = data.partition(b"\r\n")[2]
    if len(data) < 8 or data[0] != kind or data[2:4] != b"\x08\x00":
        return None
    return int.from_bytes(data[4:8], "little")


def is_socks5(client: bytes, server: bytes) -> bool:
    """A list of methods, and nothing more, or more that follows an answer. Spec: RFC 1928 section 3."""
    if len(client) < 3 or not 0 < client[1] <= len(client) - 2 or len(set(client[2 : 2 + client[1]])) != client[1]:
        return False
    return server[:1] == b"\x05" if server else len(client) == 2 + client[1]


def is_socks4(client: bytes, server: bytes) -> bool:
    """A request with a user name that ends, and that is answered so if it is answered. Spec: SOCKS 4."""
    return b"\x00" in client[8:] and server[:1] in (b"", b"\x00")


def is_postgresql(client: bytes, _: bytes) -> bool:
    """A StartupMessage of version 3, SSLRequest, GSSENCRequest or CancelRequest. Spec: PostgreSQL 16, 55.7."""
    length, code = int.from_bytes(client[:4], "big"), client[4:8]
    if code in (b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"):
        return length == 8
    if code == b"\x04\xd2\x16\x2e":
        return length == 16
    return code[:2] == b"\x00\x03" and len(client) > 12 and client[8:13] in (b"user\x00", b"datab", b"appli", b"clien")


SECOND_LOOKS: dict[str, Callable[[bytes, bytes], bool]] = {
    "rdp": is_rdp,
    "tpkt": is_connection_request,
    "smb": lambda client, _: client[:1] == b"\x81" or client[4:8] in (b"\xffSMB", b"\xfeSMB"),
    "tds": lambda client, _: len(client) > 8 and client[4:6] == b"\x00\x00",
    "socks4": is_socks4,
    "socks5": is_socks5,
    "postgresql": is_postgresql,
    "redis": lambda client, _: client[1:2].isdigit() and b"\r\n$" in client[2:6],
    "mqtt": lambda client, _: b"\x00\x04MQTT" in client[2:10] or b"\x00\x06MQIsdp" in client[2:12],
}


def is_irc(client: bytes, server: bytes) -> bool:
    """The first words of a client, or a server's notice or numeric; USER has four parameters. Spec: RFC 2812.

    FTP and POP3 know USER too, with one parameter.
    """
    if client.startswith((b"NICK ", b"CAP LS")):
        return True
    if client.startswith(b"USER ") and client.partition(b"\n")[0].count(b" ") >= 4:
        return True
    if not server:
        return False
    words = server.partition(b"\r\n")[0].split(b" ")
    told = words[0].startswith(b":") and len(words) > 2 and (words[1] == b"NOTICE" or re.fullmatch(rb"\d{3}", words[1]))
    return bool(told) or words[:2] == [b"NOTICE", b"AUTH"]


def is_ldap(client: bytes) -> bool:
    """An LDAPMessage: a SEQUENCE that begins with a messageID and an application tag. Spec: RFC 4511 section 4.1.1."""
    if client[:1] != b"\x30" or len(client) < 7:
        return False
    at = 2 + (client[1] & 0x7F if client[1] & 0x80 else 0)
    if client[at : at + 1] != b"\x02" or len(client) < at + 3 or not 1 <= client[at + 1] <= 4:
        return False
    operation = client[at + 2 + client[at + 1] : at + 3 + client[at + 1]]
    return len(operation) == 1 and operation[0] & 0xC0 == 0x40


def is_dns(client: bytes) -> bool:
    """A DNS message over TCP (RFC 7766): a length that fits, one question, no answer."""
    return (
        len(client) >= 14
        and int.from_bytes(client[:2], "big") == len(client) - 2
        and client[4] & 0xF8 == 0
        and client[6:8] == b"\x00\x01"
    )
