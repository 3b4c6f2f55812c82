"""LIMITS of everything that is kept while a capture is read, each with its name and default.

What a limit cuts off is a problem of kind `limit`, or a flag of the connection, never silence.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

LARGEST = 1 << 40
LARGEST_SECONDS = 1_000_000_000

MEANINGS = {
    "connections": "connections open at once; past it the tenth that has been idle longest is ended",
    "connection_octets": "octets that open connections hold together, by estimate; past it the quarter that has "
    "been idle longest is ended",
    "idle_seconds": "a connection without packets for so many seconds of capture time is over",
    "messages": "messages noted of one connection; later handshake messages are not read",
    "problems": "problems noted of one connection",
    "early_segments": "TCP segments, or SCTP chunks, of one direction behind a hole; past it the hole is given up",
    "early_octets": "octets of them",
    "compared_octets": "first octets of one direction that retransmissions are compared with",
    "message_octets": "octets of a handshake message; a longer one is stepped over",
    "fragmented_datagrams": "IP datagrams that wait for fragments; past it the oldest is given up",
    "datagram_fragments": "fragments of one of them",
    "fragment_octets": "octets that they hold together",
    "fragment_seconds": "an IP datagram that is not whole after so many seconds is given up",
    "quic_initials": "QUIC Initial packets of one flow that are opened",
    "crypto_octets": "octets of one direction's CRYPTO frames",
    "crypto_pieces": "pieces of them",
    "dtls_messages": "DTLS messages of one direction that wait for fragments",
    "dtls_octets": "octets of them",
    "dtls_fragments": "fragments of one of them",
    "early_packets": "packets of OpenVPN or of RDP over UDP, of one direction, that wait for an earlier one",
    "eap_octets": "octets of EAP fragments, of one direction, that wait for the last one",
    "eap_fragments": "EAP fragments of one direction that wait for the last one",
    "conversations": "supplicants of IEEE 802.1X, or RADIUS conversations of one UDP flow, followed at once",
    "staple_octets": "octets of a stapled OCSP response or list of SCTs; a longer one is not looked at",
    "staples_octets": "octets of all different ones together; later ones are not looked at",
    "staple_statements": "statements about single certificates that are read of one OCSP response",
    "chain_certificates": "certificates of one chain that validation looks at",
    "chain_depth": "certificates of one path that validation tries",
    "chain_paths": "paths that validation tries for one chain",
    "chain_signatures": "signatures that validation checks for one chain, and SCTs that it reads of one certificate",
    "key_bits": "bits of an RSA modulus or a DSA prime with which a signature is checked; longer moduli are not "
    "compared",
    "exponent_bits": "bits of an RSA exponent with which a signature is checked",
    "name_comparisons": "comparisons of names with name constraints along one path",
    "exchange_octets": "octets of a ServerKeyExchange whose signature is checked",
    "exchanges_octets": "octets of all of them together; later ones are not checked",
    "moduli_octets": "octets of different RSA moduli that are compared with each other, to find primes in common",
    "tested_primes": "different Diffie-Hellman primes that are tested",
    "prime_bits": "bits of one of them",
}


@dataclass(frozen=True)
class Limits:
    """How much is kept at most: octets, seconds and numbers of things, each as docs/limits.md says by its name.

    They are those of each worker process, where several read. Raises ValueError for a value below 1, or beyond 2^40
    (10^9 of seconds).
    """

    connections: int = 200_000
    connection_octets: int = 96 << 20
    idle_seconds: int = 3600
    messages: int = 512
    problems: int = 32
    early_segments: int = 1024
    early_octets: int = 1 << 20
    compared_octets: int = 1 << 14
    message_octets: int = 1 << 20
    fragmented_datagrams: int = 1024
    datagram_fragments: int = 256  # 64 KiB in the smallest that IPv6 links must take are 53
    fragment_octets: int = 16 << 20
    fragment_seconds: int = 60  # RFC 8200 section 4.5
    quic_initials: int = 64
    crypto_octets: int = 1 << 17  # hellos have a few thousand
    crypto_pieces: int = 256
    dtls_messages: int = 32
    dtls_octets: int = 1 << 18
    dtls_fragments: int = 1024
    early_packets: int = 64  # senders have about a dozen on their way
    eap_octets: int = 1 << 16  # RFC 5216 section 3.2 has no longer message
    eap_fragments: int = 2048
    conversations: int = 4096
    staple_octets: int = 1 << 16  # a response with its responder's certificate has some 2000
    staples_octets: int = 64 << 20
    staple_statements: int = 64  # RFC 5019 section 2.2.1 has one
    chain_certificates: int = 64
    chain_depth: int = 16
    chain_paths: int = 64
    chain_signatures: int = 64
    key_bits: int = 16384  # as OpenSSL (OPENSSL_RSA_MAX_MODULUS_BITS): some milliseconds
    exponent_bits: int = 64  # as OpenSSL for large moduli
    name_comparisons: int = 1 << 18
    exchange_octets: int = 1 << 13  # 329 with P-256 and a key of 2048 bits
    exchanges_octets: int = 1 << 20
    moduli_octets: int = 4 << 20  # 16,384 of 2048 bits: some seconds
    tested_primes: int = 32
    prime_bits: int = 4096  # a second for one that is a safe prime

    def __repr__(self) -> str:
        """Those that are not the default."""
        others = [each.name for each in fields(self) if getattr(self, each.name) != each.default]
        return f"Limits({', '.join(f'{name}={getattr(self, name)}' for name in others)})"

    def __post_init__(self) -> None:
        for name in MEANINGS:
            check_limit(name, getattr(self, name))


def check_limit(name: str, value: int) -> None:
    """Raise ValueError for a limit that nobody knows, and for a value out of range."""
    if name not in MEANINGS:
        raise ValueError(f"limit {name!r} is none of {', '.join(MEANINGS)}")
    largest = LARGEST_SECONDS if name.endswith("_seconds") else LARGEST
    if not 1 <= value <= largest:
        raise ValueError(f"limit {name}: {value} is not within 1 to {largest}")


DEFAULT_LIMITS = Limits()
