"""Keys of QUIC's Initial packets: everybody who sees the client's first packet can derive them.

Goes in: a version and the client's first destination connection id. Comes out: the
protection of both directions. Spec: RFC 9001 sections 5.2 to 5.4, RFC 9369 section 3.3;
drafts and experiments differ in salt and labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .quic_protection import AesProtection

Pads = tuple[bytes, bytes]
INNER, OUTER = (bytes(octet ^ pad for octet in range(256)) for pad in (0x36, 0x5C))

CACHE_LIMIT = 1024  # connections whose keys are kept; a packet of an older one has them derived again

SALT_V1 = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")  # and drafts 33, 34
SALT_V2 = bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9")
SALT_V2_DRAFT = bytes.fromhex("a707c203a59b47184a1d62ca570406ea7ae3e5d3")
SALT_DRAFT_29 = bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899")
SALT_DRAFT_23 = bytes.fromhex("c3eef712c72ebb5a11a7d2432bb46365bef9f502")
SALT_DRAFT_21 = bytes.fromhex("7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a")
SALT_DRAFT_17 = bytes.fromhex("ef4fb0abb47470c41befcf8031334fae485e09a0")
SALT_Q050 = bytes.fromhex("504574efd066fe2f9d945cfcdbd3a7f0d3b56b45")
SALT_T050 = bytes.fromhex("7ff579e5acd072915580304c43a2367c60488310")
SALT_T051 = bytes.fromhex("7a4edef4e7ccee5fa4506c19124fc8ccda6e033d")

QUIC = "quic"
QUIC_V2 = "quicv2"

DRAFT_SALTS = (
    (0xFF000011, 0xFF000014, SALT_DRAFT_17),
    (0xFF000015, 0xFF000016, SALT_DRAFT_21),
    (0xFF000017, 0xFF00001C, SALT_DRAFT_23),
    (0xFF00001D, 0xFF000020, SALT_DRAFT_29),
    (0xFF000021, 0xFF000022, SALT_V1),
)

VERSIONS = {
    0x00000001: (SALT_V1, QUIC),
    0x6B3343CF: (SALT_V2, QUIC_V2),
    0x709A50C4: (SALT_V2_DRAFT, QUIC_V2),
    0xFF020000: (SALT_V2_DRAFT, QUIC_V2),
    0xFACEB001: (SALT_DRAFT_21, QUIC),
    0xFACEB002: (SALT_DRAFT_23, QUIC),
    0xFACEB00E: (SALT_DRAFT_23, QUIC),
    0x51303530: (SALT_Q050, QUIC),
    0x54303530: (SALT_T050, QUIC),
    0x54303531: (SALT_T051, QUIC),
} | {version: (salt, QUIC) for first, last, salt in DRAFT_SALTS for version in range(first, last + 1)}

CANDIDATES = ((SALT_V1, QUIC), (SALT_DRAFT_29, QUIC), (SALT_DRAFT_23, QUIC), (SALT_V2, QUIC_V2))


class QuicKeys:
    """Derives Initial keys, and remembers those of the latest connections; see InitialKeys."""

    def __init__(self) -> None:
        self.cache: dict[tuple[int, bytes], tuple[Protections, ...]] = {}

    def derive(self, version: int, connection_id: bytes) -> tuple[Protections, ...]:
        """The pairs of protections (client's, server's) that a version may use; none for one that is not known."""
        key = (version, connection_id)
        pairs = self.cache.get(key)
        if pairs is None:
            if len(self.cache) >= CACHE_LIMIT:
                del self.cache[next(iter(self.cache))]
            pairs = tuple([Protections(salt, labels, connection_id) for salt, labels in salts(version)])
            self.cache[key] = pairs
        return pairs


def salts(version: int) -> tuple[tuple[bytes, str], ...]:
    """Salt and labels of a version; for a reserved or an unknown one those that it may have taken over."""
    return (VERSIONS[version],) if version in VERSIONS else CANDIDATES


class Protections(Sequence["AesProtection"]):
    """The client's and the server's protection (RFC 9001 section 5.2), each made when it is first asked for.

    Whoever sends a flood of packets that no key opens makes us derive the client's; nobody answers them.
    """

    def __init__(self, salt: bytes, labels: str, connection_id: bytes) -> None:
        self.labels = labels
        self.secret = authenticate(salt_pads(salt), connection_id)
        self.made: list[AesProtection | None] = [None, None]

    def __len__(self) -> int:
        return 2

    def __getitem__(self, role: Any) -> Any:
        made = self.made[role]
        if made is None:
            from .quic_protection import AesProtection  # cryptography is dear to import, and no QUIC may come

            secret = expand(pads_of(self.secret), ("client in", "server in")[role], 32)
            made = self.made[role] = AesProtection(*packet_keys(secret, self.labels))
        return made


def packet_keys(secret: bytes, labels: str) -> tuple[bytes, bytes, bytes]:
    """Key, IV and header protection key of one direction. Spec: RFC 9001 section 5.1."""
    pads = pads_of(secret)
    return expand(pads, f"{labels} key", 16), expand(pads, f"{labels} iv", 12), expand(pads, f"{labels} hp", 16)


def expand(pads: Pads, label: str, length: int) -> bytes:
    """HKDF-Expand-Label with an empty context, of at most one block. Spec: RFC 8446 section 7.1, RFC 5869."""
    return authenticate(pads, expansion(label, length))[:length]


def authenticate(pads: Pads, message: bytes) -> bytes:
    """HMAC-SHA-256 under the key of some pads, in half the time of hmac.digest. Spec: RFC 2104 section 2."""
    inner, outer = pads
    return sha256(outer + sha256(inner + message).digest()).digest()


def pads_of(key: bytes) -> Pads:
    """What HMAC-SHA-256 puts in front of what it hashes, of a key of at most a block of 64 octets."""
    block = key.ljust(64, b"\0")
    return block.translate(INNER), block.translate(OUTER)


salt_pads = cache(pads_of)  # there are a handful of salts


@cache
def expansion(label: str, length: int) -> bytes:
    """What HKDF-Expand hashes: HkdfLabel and the number of the only block."""
    name = b"tls13 " + label.encode("ascii")
    return length.to_bytes(2, "big") + bytes([len(name)]) + name + b"\x00\x01"
