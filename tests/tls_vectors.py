"""TLS on the wire for tests: records and messages put together octet by octet, and two published ones.

Every function returns bytes as they would be sent. `RFC8448_...` are the hellos of
RFC 8448 section 3, message headers included.
"""

from __future__ import annotations

RANDOM = bytes(range(32))
SERVER_RANDOM = bytes(range(32, 64))
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

RFC8448_CLIENT_HELLO = bytes.fromhex(
    "010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7000006130113031302"
    "010000910000000b0009000006736572766572ff01000100000a00140012001d00170018001901000101010201030104"
    "002300000033002600240 01d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c"
    "002b0003020304000d0020001e040305030603020308040805080604010501060102010402050206020202"
    "002d00020101001c00024001".replace(" ", "")
)
RFC8448_SERVER_HELLO = bytes.fromhex(
    "020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100002e"
    "00330024001d0020c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304"
)


LONGEST_RECORD = 1 << 14  # RFC 8446 section 5.1


def u16(*numbers: int) -> bytes:
    """2-octet numbers."""
    return b"".join(number.to_bytes(2, "big") for number in numbers)


def vector8(content: bytes) -> bytes:
    """A vector with a 1-octet length."""
    return bytes([len(content)]) + content


def vector16(content: bytes) -> bytes:
    """A vector with a 2-octet length."""
    return len(content).to_bytes(2, "big") + content


def vector24(content: bytes) -> bytes:
    """A vector with a 3-octet length."""
    return len(content).to_bytes(3, "big") + content


def extension(kind: int, content: bytes = b"") -> bytes:
    """One extension: type, length, data."""
    return u16(kind) + vector16(content)


def server_name(name: bytes) -> bytes:
    """The server_name extension with one host_name."""
    return extension(0, vector16(b"\x00" + vector16(name)))


def key_share(*groups: int) -> bytes:
    """The client's key_share extension, each share 4 octets long."""
    return extension(51, vector16(b"".join(u16(group) + vector16(b"key!") for group in groups)))


def supported_versions(*versions: int) -> bytes:
    """The client's supported_versions extension."""
    return extension(43, vector8(u16(*versions)))


def selected_version(version: int) -> bytes:
    """The server's supported_versions extension."""
    return extension(43, u16(version))


def alpn(*names: bytes) -> bytes:
    """The ALPN extension."""
    return extension(16, vector16(b"".join(vector8(name) for name in names)))


def client_hello(
    extensions: bytes | None = b"",
    suites: bytes = u16(0x1301, 0xC02F),
    version: int = 0x0303,
    session_id: bytes = b"",
    compression: bytes = b"\x00",
    random: bytes = RANDOM,
) -> bytes:
    """A ClientHello body; `extensions` None leaves the block out, b"" an empty one in."""
    body = u16(version) + random + vector8(session_id) + vector16(suites) + vector8(compression)
    return body if extensions is None else body + vector16(extensions)


def server_hello(
    extensions: bytes | None = None,
    suite: int = 0xC02F,
    version: int = 0x0303,
    session_id: bytes = b"",
    compression: int = 0,
    random: bytes = SERVER_RANDOM,
) -> bytes:
    """A ServerHello body; `extensions` None leaves the block out."""
    body = u16(version) + random + vector8(session_id) + u16(suite) + bytes([compression])
    return body if extensions is None else body + vector16(extensions)


def tls13_server_hello(group: int = 29, session_id: bytes = b"", psk: bool = False, suite: int = 0x1301) -> bytes:
    """A ServerHello body of TLS 1.3 that chose `suite` and a key share of `group`."""
    chosen = selected_version(0x0304) + extension(51, u16(group) + vector16(b"key!"))
    return server_hello(chosen + (extension(41, u16(0)) if psk else b""), suite, session_id=session_id)


def retry_request(group: int = 23) -> bytes:
    """A HelloRetryRequest body of TLS 1.3 that asks for a key share of `group`."""
    return server_hello(selected_version(0x0304) + extension(51, u16(group)), 0x1301, random=RETRY_RANDOM)


def certificate(*ders: bytes) -> bytes:
    """A Certificate body of TLS 1.2 and before."""
    return vector24(b"".join(vector24(der) for der in ders))


def ecdhe_exchange(group: int = 23, scheme: int | None = 0x0403) -> bytes:
    """A ServerKeyExchange body with a named curve; `scheme` None leaves the algorithm out, as before TLS 1.2."""
    body = b"\x03" + u16(group) + vector8(b"point")
    return body + (b"" if scheme is None else u16(scheme)) + vector16(b"signature")


def message(kind: int, body: bytes = b"") -> bytes:
    """A handshake message."""
    return bytes([kind]) + vector24(body)


def record(kind: int, content: bytes, version: int = 0x0303) -> bytes:
    """A record."""
    return bytes([kind]) + u16(version) + vector16(content)


def handshake(*messages: bytes, version: int = 0x0303) -> bytes:
    """A handshake record with whole messages in it; several where that is too long for one."""
    content = b"".join(messages)
    starts = range(0, max(len(content), 1), LONGEST_RECORD)
    return b"".join(record(22, content[start : start + LONGEST_RECORD], version) for start in starts)


def application(length: int = 100) -> bytes:
    """An application_data record of `length` octets."""
    return record(23, b"\xa5" * length)


CHANGE_CIPHER_SPEC = record(20, b"\x01")
ENCRYPTED_FINISHED = record(22, b"\x8f" * 40)


def alert(level: int, description: int) -> bytes:
    """An alert record in the clear."""
    return record(21, bytes([level, description]))


def sslv2_hello(
    version: int = 0x0301,
    kinds: bytes = bytes.fromhex("00002f 010080"),
    session_id: bytes = b"",
    challenge: bytes = b"\xc4" * 16,
) -> bytes:
    """An SSL 2.0 ClientHello with its 2-octet header."""
    body = b"\x01" + u16(version, len(kinds), len(session_id), len(challenge)) + kinds + session_id + challenge
    return u16(0x8000 | len(body)) + body
