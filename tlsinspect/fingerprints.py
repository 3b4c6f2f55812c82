"""JA3, JA3S and JA4: pure functions of hellos.

Goes in: hellos as parsed. Comes out: the fingerprint and the text it is the hash
of. GREASE values (RFC 8701) are left out where the method says so. JA4's client
fingerprint only: the rest of its family is under another licence.
"""

from __future__ import annotations

from hashlib import md5, sha256

from .wire.codes import ALPN, SERVER_NAME
from .wire.messages import ClientHello, ServerHello, parse_alpn
from .wire.octets import cut

JA4_EMPTY = "000000000000"
SERVER_NAME_PAIR = SERVER_NAME.to_bytes(2, "big")
UNLISTED = frozenset({SERVER_NAME_PAIR, ALPN.to_bytes(2, "big")})  # counted by JA4, not listed
DECIMALS: dict[bytes, str] = {}  # what decimals() has written already
DTLS_VERSIONS = 0xFE00  # from here on a version is of DTLS, and the higher the number the older
JA4_VERSIONS = {
    0x0304: "13",
    0x0303: "12",
    0x0302: "11",
    0x0301: "10",
    0x0300: "s3",
    0x0002: "s2",
    0xFEFF: "d1",
    0xFEFD: "d2",
    0xFEFC: "d3",
}


def pairs(vector: bytes | None) -> list[bytes]:
    """The 2-octet numbers of a vector as they stand there, without GREASE; an odd last octet is dropped."""
    found: list[bytes] = []
    if vector is None:
        return found
    for at in range(0, len(vector) - 1, 2):
        high = vector[at]
        if high & 0x0F != 0x0A or high != vector[at + 1]:
            found.append(cut(vector, at, at + 2))
    return found


def decimals(found: list[bytes]) -> str:
    """Numbers as JA3 writes them."""
    texts = []
    for pair in found:
        text = DECIMALS.get(pair)
        if text is None:
            text = str(pair[0] << 8 | pair[1])
            DECIMALS[pair] = text  # at most 65,536 of them
        texts.append(text)
    return "-".join(texts)


def hexes(found: list[bytes]) -> str:
    """Numbers as JA4 writes them."""
    return b"".join(found).hex(",", 2)


def ja3_text(hello: ClientHello) -> str:
    """version,ciphers,extensions,groups,point formats: each list in wire order, in decimal."""
    formats = "-".join([str(octet) for octet in hello.ec_point_formats or b""])
    return (
        f"{hello.legacy_version},{decimals(pairs(hello.cipher_suites))},{decimals(pairs(hello.extension_types))},"
        f"{decimals(pairs(hello.supported_groups))},{formats}"
    )


def ja3s_text(hello: ServerHello) -> str:
    """version,cipher,extensions of the ServerHello, in decimal."""
    types = hello.extension_types
    extensions = [cut(types, at, at + 2) for at in range(0, len(types), 2)]
    return f"{hello.legacy_version},{hello.cipher_suite},{decimals(extensions)}"


def md5_hex(text: str) -> str:
    """MD5, which JA3 is made with; no security rests on it."""
    return md5(text.encode("ascii"), usedforsecurity=False).hexdigest()


def ja4_texts(hello: ClientHello, transport: str) -> tuple[str, str]:
    """JA4 and its raw form; `transport` is t (TCP), q (QUIC) or d (DTLS).

    Suites and extensions are sorted, server_name and ALPN counted but not listed,
    signature algorithms in wire order. An empty list hashes to twelve zeros.
    """
    suites = pairs(hello.cipher_suites)
    extensions = pairs(hello.extension_types)
    algorithms = pairs(hello.signature_algorithms)
    head = (
        f"{transport}{ja4_version(hello)}{'d' if SERVER_NAME_PAIR in extensions else 'i'}"
        f"{min(len(suites), 99):02d}{min(len(extensions), 99):02d}{ja4_alpn(hello.alpn)}"
    )
    listed = [kind for kind in extensions if kind not in UNLISTED]
    suites_text = hexes(sorted(suites))
    extensions_text = hexes(sorted(listed))
    if algorithms:
        extensions_text += "_" + hexes(algorithms)
    return (
        f"{head}_{ja4_hash(suites_text)}_{ja4_hash(extensions_text)}",
        f"{head}_{suites_text}_{extensions_text}",
    )


def ja4_hash(text: str) -> str:
    """The first twelve hex digits of SHA-256, or zeros for an empty list."""
    return sha256(text.encode("ascii")).hexdigest()[:12] if text else JA4_EMPTY


def ja4_version(hello: ClientHello) -> str:
    """The highest version offered, GREASE left out; 00 for what has no code."""
    offered = [pair[0] << 8 | pair[1] for pair in pairs(hello.supported_versions)]
    if not offered:
        highest = hello.legacy_version
    elif hello.legacy_version >= DTLS_VERSIONS:
        highest = min(offered)
    else:
        highest = max(offered)
    return JA4_VERSIONS.get(highest, "00")


def ja4_alpn(vector: bytes | None) -> str:
    """First and last character of the first protocol; of its hex form where one is not alphanumeric."""
    names = parse_alpn(vector) if vector else []
    if not names or not names[0]:
        return "00"
    name = names[0]
    first = name[0]
    last = name[len(name) - 1]
    if is_alphanumeric(first) and is_alphanumeric(last):
        return chr(first) + chr(last)
    return f"{first:02x}"[:1] + f"{last:02x}"[1:]


def is_alphanumeric(octet: int) -> bool:
    """ASCII letters and digits."""
    return 48 <= octet <= 57 or 65 <= octet <= 90 or 97 <= octet <= 122
