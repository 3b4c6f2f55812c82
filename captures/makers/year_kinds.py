"""KINDS: of what a made-up year consists, and how often each kind occurs when it begins and when it ends.

A kind is one recorded connection. What was agreed in it is said here as its maker asked for it, in the words of
the program's statistics; nothing of the program is asked, so that it can be held to what stands here.
"""

from __future__ import annotations

from typing import NamedTuple

HIDDEN = "hidden"
"""Applies, but cannot be seen: TLS 1.3 encrypts certificates, and no resumed session repeats them."""


class Kind(NamedTuple):
    """A recorded connection, its part of the traffic at first and at last, and how many hosts have it.

    Empty fields do not apply: static RSA has no group.
    """

    name: str
    sample: str
    first: int
    last: int
    clients: int
    servers: int
    version: str
    cipher: str
    exchange: str
    group: str
    port: str = "443/tcp"
    key: str = HIDDEN
    lifetime: str = HIDDEN
    resumption: str = "full handshake"

    @property
    def carrier(self) -> str:
        """What carries TLS."""
        return "QUIC" if self.port.endswith("udp") else "TLS over TCP"

    @property
    def forward_secrecy(self) -> str:
        """Whether the server's key alone would open it later."""
        return "not forward secret" if self.exchange in ("RSA", "PSK") else "forward secret"

    @property
    def post_quantum(self) -> str:
        """Whether the key exchange has a post-quantum part."""
        return "post-quantum" if self.exchange == "hybrid" else "classical"


GCM, CBC = "AES-GCM", "CBC"
MONTHS, YEARS = "48 to 100 days", "399 to 825 days"  # the lab's certificates are made for 90 days or 800

KINDS = (
    Kind("tls13", "tls13.pcapng", 30, 30, 23, 9, "TLS 1.3", GCM, "ECDHE", "x25519"),
    Kind("hybrid", "hybrid-openssl40.pcapng", 3, 35, 31, 7, "TLS 1.3", GCM, "hybrid", "X25519MLKEM768"),
    Kind("quic", "quic-aioquic.pcapng", 0, 10, 13, 3, "TLS 1.3", GCM, "ECDHE", "secp256r1", "443/udp"),
    Kind("mail", "starttls-smtp.pcap", 5, 5, 4, 2, "TLS 1.3", GCM, "ECDHE", "x25519", "587/tcp"),
    Kind("psk", "psk-tls13-without-exchange.pcap", 2, 2, 3, 1, "TLS 1.3", GCM, "PSK", "",
         resumption="resumed by PSK"),
    Kind("tls12", "tls12.pcap", 38, 11, 19, 8, "TLS 1.2", GCM, "ECDHE", "x25519", key="RSA 2048", lifetime=MONTHS),
    Kind("ecdsa", "suite-ecdhe-ecdsa-aes128-gcm.pcap", 8, 6, 11, 4, "TLS 1.2", GCM, "ECDHE", "x25519",
         key="EC secp256r1", lifetime=MONTHS),
    Kind("static", "suite-rsa-aes128-cbc-sha.pcap", 8, 1, 7, 3, "TLS 1.2", CBC, "RSA", "", key="RSA 2048",
         lifetime=MONTHS),
    Kind("rc4", "suite-rsa-rc4-sha.pcap", 2, 0, 2, 1, "TLS 1.2", "RC4", "RSA", "", key="RSA 2048",
         lifetime=YEARS),
    Kind("tls10", "tls10.pcap", 4, 0, 5, 2, "TLS 1.0", CBC, "ECDHE", "x25519", key="RSA 2048", lifetime=MONTHS),
)  # fmt: skip
