"""How far the upgrade to TLS got in protocols of binary messages: one of STATUSES, or None where it did not come up.

Spec: RFC 4511 section 4.14 (LDAP), PostgreSQL 16 section 55.2.10, the MySQL client/server protocol
(connection phase), MS-TDS 2.2.6.5, MS-RDPBCGR 2.2.1.1 and 2.2.1.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..protocols import RDP_REQUEST, read_rdp_negotiation
from .status import NOT_OFFERED, OFFERED, REFUSED, REQUESTED, Status

START_TLS = b"1.3.6.1.4.1.1466.20037"
EXTENDED_REQUEST, EXTENDED_RESPONSE = 0x77, 0x78
RESULT_SUCCESS = b"\x0a\x01\x00"

SSL_REQUEST = b"\x04\xd2\x16\x2f"
GSS_REQUEST = b"\x04\xd2\x16\x30"

MYSQL_SSL = 0x0800  # CLIENT_SSL among the capability flags
MYSQL_SSL_REQUEST_LENGTH = 32

TDS_HEADER = 8
TDS_ENCRYPTION = 1  # option token
TDS_TERMINATOR = 0xFF
TDS_NOT_SUPPORTED = 2

RDP_RESPONSE, RDP_FAILURE = 2, 3
RDP_TLS_PROTOCOLS = 0x1F  # PROTOCOL_SSL, HYBRID, RDSTLS, HYBRID_EX, RDSAAD: all of them over TLS
RDP_DEMANDS = (1, 5)  # SSL_REQUIRED_BY_SERVER, HYBRID_REQUIRED_BY_SERVER


def ldap_status(client: bytes, server: bytes) -> Status:
    """LDAP: the StartTLS extended operation, or its OID among what the root entry says that it knows."""
    for number, operation, content, _ in iter_ldap(client):
        if operation == EXTENDED_REQUEST and START_TLS in content:
            for answered, answer, result, _ in iter_ldap(server):
                if answered == number and answer == EXTENDED_RESPONSE:
                    return REQUESTED if result.startswith(RESULT_SUCCESS) else REFUSED
            return REQUESTED
    return OFFERED if START_TLS in server else None


class LdapMessage(NamedTuple):
    """An LDAPMessage: its id, the tag of its operation, the content of that as far as it is there, and its place."""

    number: bytes
    operation: int
    content: bytes
    at: int


def iter_ldap(said: bytes) -> Iterator[LdapMessage]:
    """The messages at the beginning of a side."""
    at = 0
    while said[at : at + 1] == b"\x30":
        start, end = ber_content(said, at)
        if start < 0 or said[start : start + 1] != b"\x02":
            return
        begin, after = ber_content(said, start)
        inner, stop = ber_content(said, after) if 0 <= after < len(said) else (-1, -1)
        if inner < 0:
            return
        yield LdapMessage(said[begin:after], said[after], said[inner:stop], at)
        at = end


def ber_content(said: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at `at` begins and ends; (-1, -1) without a whole length."""
    if len(said) < at + 2:
        return -1, -1
    length, begin = said[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or len(said) < begin + count:
            return -1, -1
        length = int.from_bytes(said[begin : begin + count], "big")
        begin += count
    return begin, begin + length


def postgresql_status(client: bytes, server: bytes) -> Status:
    """PostgreSQL: SSLRequest is answered with S, N or an error; a GSSENCRequest before it with G or N."""
    at = answered = 0
    while client[at : at + 4] == b"\x00\x00\x00\x08":
        code, answer = client[at + 4 : at + 8], server[answered : answered + 1]
        if code == SSL_REQUEST:
            return REQUESTED if answer in (b"S", b"") else REFUSED
        if code != GSS_REQUEST:
            return None
        at += 8
        answered += 1
    return None


def mysql_status(client: bytes, server: bytes) -> Status:
    """MySQL: the flag CLIENT_SSL in the greeting, and in the client's first packet, which then has 32 octets."""
    version_end = server.find(b"\x00", 5)
    flags = version_end + 1 + 4 + 8 + 1  # behind thread id, scramble and filler
    short = len(client) >= 8 and int.from_bytes(client[:3], "little") == MYSQL_SSL_REQUEST_LENGTH
    if short and int.from_bytes(client[4:6], "little") & MYSQL_SSL:
        return REQUESTED
    if version_end < 0 or len(server) < flags + 2 or server[4] != 10:
        return None
    return OFFERED if int.from_bytes(server[flags : flags + 2], "little") & MYSQL_SSL else NOT_OFFERED


def tds_status(client: bytes, server: bytes) -> Status:
    """TDS: the option ENCRYPTION of both sides' PRELOGIN; anything but ENCRYPT_NOT_SUP is followed by TLS."""
    wish, answer = tds_encryption(client), tds_encryption(server)
    if wish is None or answer is None:
        return None
    if wish == TDS_NOT_SUPPORTED:
        return NOT_OFFERED if answer == TDS_NOT_SUPPORTED else OFFERED
    return REFUSED if answer == TDS_NOT_SUPPORTED else REQUESTED


def tds_encryption(said: bytes) -> int | None:
    """The value of ENCRYPTION in a PRELOGIN message; None without one."""
    at = TDS_HEADER
    while at + 5 <= len(said) and said[at] != TDS_TERMINATOR:
        if said[at] == TDS_ENCRYPTION:
            place = TDS_HEADER + int.from_bytes(said[at + 1 : at + 3], "big")
            return said[place] if place < len(said) else None
        at += 5
    return None


def rdp_status(client: bytes, server: bytes) -> Status:
    """RDP: the protocols that the client asks for, and the one that the server selects, or its failure code."""
    wish = read_rdp_negotiation(rdp_data(client), RDP_REQUEST) or 0
    selected = read_rdp_negotiation(rdp_data(server), RDP_RESPONSE)
    failure = read_rdp_negotiation(rdp_data(server), RDP_FAILURE)
    if wish & RDP_TLS_PROTOCOLS:
        if selected is not None and selected & RDP_TLS_PROTOCOLS:
            return REQUESTED
        return REFUSED if server else REQUESTED
    return OFFERED if failure in RDP_DEMANDS else None


def rdp_data(said: bytes) -> bytes:
    """What a connection request or confirm holds behind its fixed part."""
    return said[11 : int.from_bytes(said[2:4], "big")]
