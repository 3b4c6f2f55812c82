"""What a stream carries, told from its first octets: the names of the `protocol` column.

Goes in: up to 256 octets of each side. Comes out: a name. Only openings that a
protocol's specification fixes are recognised; the rest is "unknown".
"""

from __future__ import annotations

SILENT = "silent"
UNKNOWN = "unknown"

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
    ("postgresql", b"\x00\x00\x00\x08\x04\xd2\x16\x2f"),
    ("rtsp", b"DESCRIBE rtsp:"),
    ("rtsp", b"OPTIONS rtsp:"),
    ("sip", b"OPTIONS sip:"),
    ("sip", b"REGISTER sip:"),
    ("sip", b"INVITE sip:"),
    ("bittorrent", b"\x13BitTorrent protocol"),
    ("tpkt", b"\x03\x00\x00"),
    ("tds", b"\x12\x01\x00"),
    ("socks5", b"\x05\x01\x00"),
    ("socks5", b"\x05\x02\x00"),
    ("socks5", b"\x05\x03\x00"),
    ("socks4", b"\x04\x01"),
    ("smb", b"\x00"),
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


def name_protocol(client: bytes, server: bytes) -> str:
    """Name what a connection carries from the first octets of its sides."""
    if not client and not server:
        return SILENT
    return name_dialogue(client, server) or name_greeting(client, server) or UNKNOWN


def name_dialogue(client: bytes, server: bytes) -> str:
    """Protocols in which the client speaks first or its commands tell."""
    for name, opening in CLIENT_OPENINGS:
        if client.startswith(opening) and is_plausible(name, client, server):
            return name
    if client.startswith(HTTP_METHODS):
        return "http"
    if b"<stream:stream" in client or b"<stream:stream" in server:
        return "xmpp"
    if client[:1] == b"\x30" and b"1.3.6.1.4.1.1466.20037" in client:
        return "ldap"
    if client[:1] == b"\x30" and len(client) > 6 and client[2:4] == b"\x02\x01":
        return "ldap"
    if is_dns(client):
        return "dns"
    return ""


def name_greeting(client: bytes, server: bytes) -> str:
    """Protocols in which the server speaks first; without a greeting that is known, USER is a word of IRC."""
    if server[:4] in (b"220 ", b"220-"):
        if client[:5].upper() in (b"EHLO ", b"HELO ", b"LHLO "):
            return "smtp"
        return "ftp" if client[:5].upper() in (b"USER ", b"AUTH ") or b"FTP" in server.upper() else "smtp"
    for name, opening in SERVER_OPENINGS:
        if server.startswith(opening):
            return name
    if len(server) > 5 and server[3] == 0 and server[4] in (9, 10) and int.from_bytes(server[:3], "little") < 1024:
        return "mysql"
    return "irc" if client[:5] in (b"NICK ", b"USER ") or client[:7] == b"CAP LS " else ""


def is_plausible(name: str, client: bytes, server: bytes) -> bool:
    """A second look where an opening is short."""
    if name == "tpkt":
        return len(client) >= 7 and client[3] <= len(client) and client[5] in (0xE0, 0xD0, 0xF0)
    if name == "smb":
        return client[4:8] in (b"\xffSMB", b"\xfeSMB")
    if name == "tds":
        return len(client) > 8
    if name == "socks4":
        return len(client) >= 9 and client.endswith(b"\x00")
    if name == "redis":
        return client[1:2].isdigit() and b"\r\n$" in client[2:6]
    if name == "mqtt":
        return b"\x00\x04MQTT" in client[2:10] or b"\x00\x06MQIsdp" in client[2:12]
    return not name.startswith("socks5") or len(client) == 2 + client[1] or server[:1] == b"\x05"


def is_dns(client: bytes) -> bool:
    """A DNS message over TCP (RFC 7766): a length that fits, one question, no answer."""
    return (
        len(client) >= 14
        and int.from_bytes(client[:2], "big") == len(client) - 2
        and client[4] & 0xF8 == 0
        and client[6:8] == b"\x00\x01"
    )
