"""What a proxy's opening carries behind it: the header or dialogue is taken off both sides.

Goes in: the first octets of each side. Comes out: the name of the outermost proxy,
and what is left of the sides. User names and passwords that are passed over on the way
are kept nowhere.
Spec: RFC 9110 section 9.3.6, RFC 1928, RFC 1929, SOCKS 4 and 4A, the PROXY protocol (HAProxy) 1 and 2.
"""

from __future__ import annotations

from typing import NamedTuple

from ..protocols import name_protocol

PROXY_V2 = b"\r\n\r\n\x00\r\nQUIT\n"
PROXY_LIMIT = 4  # proxies in a row
SOCKS5_ADDRESS_LENGTHS = {1: 4, 4: 16}
SOCKS4_GRANTED = 0x5A


class Sides(NamedTuple):
    """What client and server said."""

    client: bytes
    server: bytes


def peel(client: bytes, server: bytes) -> tuple[str, Sides]:
    """Take off proxies; returns the outermost one's name, "" without one, and what the sides said behind the last."""
    outermost = ""
    sides = Sides(client, server)
    for _ in range(PROXY_LIMIT):
        name = name_protocol(*sides) if sides.client else ""
        inner = PEELERS[name](*sides) if name in PEELERS else None
        if inner is None:
            break
        outermost = outermost or name
        sides = inner
    return outermost, sides


def peel_proxy(client: bytes, server: bytes) -> Sides | None:
    """A PROXY header: a line, or a binary block with its length. The server says nothing to it."""
    if not client.startswith(PROXY_V2):
        _, end, rest = client.partition(b"\r\n")
        return Sides(rest, server) if end else None
    length = 16 + int.from_bytes(client[14:16], "big")
    return Sides(client[length:], server) if len(client) >= 16 else None


def peel_connect(client: bytes, server: bytes) -> Sides | None:
    """CONNECT and an answer of class 2; None when the proxy refused."""
    _, end, rest = client.partition(b"\r\n\r\n")
    head, answered, server_rest = server.partition(b"\r\n\r\n")
    if not end or (server and not (answered and head[8:10] == b" 2")):
        return None
    return Sides(rest, server_rest)


def peel_socks4(client: bytes, server: bytes) -> Sides | None:
    """A request with a user name, with 4A a host name too, and an answer of 8 octets."""
    named = client[4:7] == b"\x00\x00\x00" and client[7:8] != b"\x00"
    end = client.find(b"\x00", 8) + 1
    if named and end:
        end = client.find(b"\x00", end) + 1
    if not end or (server and (len(server) < 8 or server[1] != SOCKS4_GRANTED)):
        return None
    return Sides(client[end:], server[8:])


def peel_socks5(client: bytes, server: bytes) -> Sides | None:
    """Methods, perhaps a user name and password (RFC 1929), a request; None where it was not granted."""
    at = 2 + client[1]
    answered = 2
    if client[at : at + 1] == b"\x01":
        password = at + 2 + int.from_bytes(client[at + 1 : at + 2], "big")
        at = password + 1 + int.from_bytes(client[password : password + 1], "big")
        answered = 4
    end = socks5_end(client, at)
    reply = socks5_end(server, answered) if server else 0
    if not end or (server and not (reply and server[answered + 1] == 0)):
        return None
    return Sides(client[end:], server[reply:])


def socks5_end(data: bytes, at: int) -> int:
    """Where a request or reply that begins at `at` ends; 0 where it is not whole."""
    if len(data) < at + 5 or data[at] != 5:
        return 0
    kind = data[at + 3]
    length = 1 + data[at + 4] if kind == 3 else SOCKS5_ADDRESS_LENGTHS.get(kind, len(data))
    end = at + 4 + length + 2
    return end if end <= len(data) else 0


PEELERS = {"proxy": peel_proxy, "http_connect": peel_connect, "socks4": peel_socks4, "socks5": peel_socks5}
