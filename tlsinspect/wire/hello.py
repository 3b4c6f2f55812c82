"""What the first record of TLS looks like.

Goes in: octets. Comes out: whether a hello begins there. Spec: RFC 8446 sections 4 and 5.1, GB/T 38636-2020 (TLCP).
"""

from __future__ import annotations

from .codes import CLIENT_HELLO, HANDSHAKE, RECORD_LENGTH_LIMIT, SERVER_HELLO

SHORTEST_HELLO = 38  # octets of a ServerHello without session id and extensions
LONGEST_HELLO = 1 << 20  # octets; what says that it has more is taken for no hello


def is_hello(data: bytes, position: int) -> bool:
    """A handshake record that starts with a ClientHello or a ServerHello.

    Looks at HELLO_HEADER octets: the message's length and version must fit. Both versions of TLCP are 1.1.
    """
    if data[position] != HANDSHAKE:
        return False
    tlcp = data[position + 1] == 1 and data[position + 2] == 1
    if not tlcp and (data[position + 1] != 3 or data[position + 2] > 4):
        return False
    record = data[position + 3] << 8 | data[position + 4]
    kind = data[position + 5]
    if record < 1 or record > RECORD_LENGTH_LIMIT or kind not in (CLIENT_HELLO, SERVER_HELLO):
        return False
    message = data[position + 6] << 16 | data[position + 7] << 8 | data[position + 8]
    if message < SHORTEST_HELLO or message > LONGEST_HELLO:
        return False
    if tlcp:
        return data[position + 9] == 1 and data[position + 10] == 1
    return data[position + 9] == 3 or (kind == SERVER_HELLO and is_draft(data[position + 9]))


def may_begin_hello(data: bytes, position: int, end: int) -> bool:
    """Whether octets that are too few for `is_hello`, the first of a handshake record, may be those of a hello."""
    length = end - position
    if length > 5 and data[position + 5] not in (CLIENT_HELLO, SERVER_HELLO):
        return False
    if length == 1 or data[position + 1] == 3:
        return True
    return data[position + 1] == 1 and (length == 2 or data[position + 2] == 1)


def is_draft(octet: int) -> bool:
    """The first octet of a version of TLS 1.3 while it was made: drafts, and what Google and Facebook tried."""
    return octet in (0x7F, 0x7E, 0xFB)
