"""QUIC put together for tests: packets that are protected as a client or a server would.

Functions return octets as they would be sent. Keys are derived with another
implementation (HKDF of the cryptography package) than the one that is tested.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from tls_vectors import alpn, client_hello, extension, message, server_name, tls13_server_hello
from traffic import CLIENT, NOON_NS, SERVER, STEP_NS, Endpoint, Packet

from tlsinspect.quic_keys import VERSIONS

V1, V2 = 0x00000001, 0x6B3343CF
INITIAL, ZERO_RTT, HANDSHAKE, RETRY = 0, 1, 2, 3
DCID = bytes.fromhex("8394c8f03e515708")
CLIENT_ID = bytes.fromhex("c1c2c3c4")
SERVER_ID = bytes.fromhex("f067a5502a4262b5")
DATAGRAM = 1200


def varint(number: int) -> bytes:
    """A variable-length integer in as few octets as it takes."""
    for size, prefix in ((1, 0), (2, 1), (4, 2), (8, 3)):
        if number < 1 << (8 * size - 2):
            return (number | prefix << (8 * size - 2)).to_bytes(size, "big")
    raise ValueError(number)


def crypto(offset: int, octets: bytes) -> bytes:
    """A CRYPTO frame."""
    return b"\x06" + varint(offset) + varint(len(octets)) + octets


def acknowledge(largest: int = 0) -> bytes:
    """An ACK frame with one range."""
    return b"\x02" + varint(largest) + b"\x00\x00\x00"


def close(error: int, frame: int = 0, reason: bytes = b"") -> bytes:
    """A CONNECTION_CLOSE frame."""
    return b"\x1c" + varint(error) + varint(frame) + varint(len(reason)) + reason


def quic_hello(name: bytes = b"quic.example", *extensions: bytes, random: bytes = bytes(32)) -> bytes:
    """A ClientHello message with server name, ALPN and transport parameters."""
    parameters = extension(57, varint(1) + b"\x02\x67\x10" + varint(15) + b"\x00" + varint(27) + b"\x00")
    chosen = server_name(name) + alpn(b"h3") + extension(43, b"\x02\x03\x04") + parameters + b"".join(extensions)
    return message(1, client_hello(chosen, random=random))


def quic_answer(psk: bool = False) -> bytes:
    """A ServerHello message."""
    return message(2, tls13_server_hello(psk=psk))


def derive(secret: bytes, label: str, length: int) -> bytes:
    """HKDF-Expand-Label with an empty context."""
    name = b"tls13 " + label.encode()
    info = length.to_bytes(2, "big") + bytes([len(name)]) + name + b"\x00"
    return HKDFExpand(SHA256(), length, info).derive(secret)


def seal(
    header: bytes, number: int, number_size: int, payload: bytes, origin: bytes, sender: str, version: int
) -> bytes:
    """Protect a packet whose header ends where the packet number begins (RFC 9001 section 5)."""
    salt, labels = VERSIONS[version]
    extract = HMAC(salt, SHA256())
    extract.update(origin)
    secret = derive(extract.finalize(), f"{sender} in", 32)
    iv = int.from_bytes(derive(secret, f"{labels} iv", 12), "big")
    digits = (number & (1 << 8 * number_size) - 1).to_bytes(number_size, "big")
    nonce = (iv ^ number).to_bytes(12, "big")
    sealed = AESGCM(derive(secret, f"{labels} key", 16)).encrypt(nonce, payload, header + digits)
    sample = (digits + sealed)[4:20]
    mask = Cipher(AES128(derive(secret, f"{labels} hp", 16)), ECB()).encryptor().update(sample)
    hidden = bytes([octet ^ key for octet, key in zip(digits, mask[1:], strict=False)])
    return bytes([header[0] ^ mask[0] & 0x0F]) + header[1:] + hidden + sealed


def long_header(kind: int, version: int, destination: bytes, source: bytes, low: int = 0) -> bytes:
    """First octet, version and connection ids; `low` are the last four bits."""
    moved = (kind + 1) % 4 if version in (V2, 0x709A50C4) else kind
    first = bytes([0xC0 | moved << 4 | low])
    ids = bytes([len(destination)]) + destination + bytes([len(source)]) + source
    if 0xFF000011 <= version <= 0xFF000015:
        nibbles = (len(destination) - 3 if destination else 0) << 4 | (len(source) - 3 if source else 0)
        ids = bytes([nibbles]) + destination + source
    return first + version.to_bytes(4, "big") + ids


def initial(
    payload: bytes,
    destination: bytes = DCID,
    source: bytes = CLIENT_ID,
    *,
    origin: bytes | None = None,
    sender: str = "client",
    number: int = 0,
    number_size: int = 2,
    version: int = V1,
    token: bytes = b"",
    size: int = DATAGRAM,
    quic_bit: bool = True,
) -> bytes:
    """An Initial packet, padded to `size` octets; `origin` is what the keys come from, else the destination."""
    start = long_header(INITIAL, version, destination, source, number_size - 1)
    if not quic_bit:
        start = bytes([start[0] & 0xBF]) + start[1:]
    start += varint(len(token)) + token
    payload = payload.ljust(max(size - len(start) - 2 - number_size - 16, 4), b"\x00")
    header = start + (0x4000 | number_size + len(payload) + 16).to_bytes(2, "big")
    return seal(header, number, number_size, payload, destination if origin is None else origin, sender, version)


def protected(kind: int, destination: bytes, source: bytes, length: int = 100, version: int = V1) -> bytes:
    """A 0-RTT or Handshake packet of which nobody here has the keys."""
    return long_header(kind, version, destination, source, 1) + varint(length) + b"\xa5" * length


def short(destination: bytes = SERVER_ID, length: int = 40) -> bytes:
    """A packet with a short header, and `length` octets behind the connection id."""
    return b"\x55" + destination + b"\xa5" * length


def retry(destination: bytes = CLIENT_ID, source: bytes = b"retry-id", version: int = V1) -> bytes:
    """A Retry packet."""
    return long_header(RETRY, version, destination, source) + b"token" + b"\x77" * 16


def negotiation(versions: Sequence[int], destination: bytes = CLIENT_ID, source: bytes = DCID) -> bytes:
    """A Version Negotiation packet."""
    listed = b"".join(version.to_bytes(4, "big") for version in versions)
    return long_header(INITIAL, 0, destination, source) + listed


def datagram(source: Endpoint, target: Endpoint, payload: bytes) -> bytes:
    """An Ethernet frame with one UDP datagram over IPv4."""
    ports = source[1].to_bytes(2, "big") + target[1].to_bytes(2, "big")
    udp = ports + (8 + len(payload)).to_bytes(2, "big") + bytes(2) + payload
    addresses = b"".join(bytes(map(int, end[0].split("."))) for end in (source, target))
    head = b"\x45\x00" + (20 + len(udp)).to_bytes(2, "big") + bytes(4) + b"\x40\x11" + bytes(2) + addresses
    return bytes(12) + b"\x08\x00" + head + udp


def exchange(
    turns: Iterable[tuple[str, bytes]],
    client: Endpoint = CLIENT,
    server: Endpoint = SERVER,
    start_ns: int = NOON_NS,
) -> list[Packet]:
    """Datagrams in the order in which they are sent; a turn is ("client" or "server", payload)."""
    ends = {"client": (client, server), "server": (server, client)}
    return [
        Packet(start_ns + number * STEP_NS, datagram(*ends[sender], payload))
        for number, (sender, payload) in enumerate(turns)
    ]


def handshake_turns(
    hello: bytes | None = None, origin: bytes = DCID, version: int = V1, psk: bool = False
) -> list[tuple[str, bytes]]:
    """A whole handshake and data both ways, as much of it as is seen."""
    offer = crypto(0, quic_hello() if hello is None else hello)
    answer = acknowledge() + crypto(0, quic_answer(psk))
    flight = initial(
        answer, CLIENT_ID, SERVER_ID, origin=origin, sender="server", version=version, size=200
    ) + protected(HANDSHAKE, CLIENT_ID, SERVER_ID, 900, version)
    finish = (
        initial(acknowledge(), SERVER_ID, CLIENT_ID, origin=origin, number=1, version=version, size=60)
        + protected(HANDSHAKE, SERVER_ID, CLIENT_ID, 80, version)
        + short(SERVER_ID, 60)
    )
    return [
        ("client", initial(offer, origin, version=version)),
        ("server", flight),
        ("client", finish),
        ("server", short(CLIENT_ID, 300)),
        ("client", short(SERVER_ID, 200)),
    ]
