"""KINDS: of what a made-up year consists, and how often each kind occurs when it begins and when it ends.

A kind is one recorded connection. What was agreed in it is said here as its maker asked for it, in the words of
the program's statistics; nothing of the program is asked, so that it can be held to what stands here.
"""

from __future__ import annotations

from typing import NamedTuple

HIDDEN = "hidden"
"""Applies, but cannot be seen: TLS 1.3 encrypts certificates, and no resumed session repeats them."""


class Hello(NamedTuple):
    """What a client offers, by IANA's names, as tshark 4 reads it: its best version, and lists parted by ";"."""

    version: str
    groups: str
    extensions: str
    weak: str = "no weak kind"


CURVES = "x25519;secp256r1;x448;secp521r1;secp384r1"
FFDHE = "ffdhe2048;ffdhe3072;ffdhe4096;ffdhe6144;ffdhe8192"
BRAINPOOL = ";".join(f"brainpoolP{bits}r1{later}" for bits in (256, 384, 512) for later in ("", "tls13"))
HYBRIDS = "X25519MLKEM768;SecP256r1MLKEM768;curveSM2MLKEM768;curveSM2"
RSA_EXTENSIONS = "server_name;session_ticket;encrypt_then_mac;extended_main_secret;signature_algorithms"
OLD_EXTENSIONS = (
    "server_name;ec_point_formats;supported_groups;session_ticket;encrypt_then_mac;extended_main_secret"
)  # fmt: skip
TLS_1_2_EXTENSIONS = f"{OLD_EXTENSIONS};signature_algorithms"
TLS_1_3_EXTENSIONS = f"{TLS_1_2_EXTENSIONS};supported_versions;psk_key_exchange_modes;key_share"
QUIC_EXTENSIONS = "application_layer_protocol_negotiation;key_share;quic_transport_parameters;server_name;" + (
    "signature_algorithms;supported_groups;supported_versions"
)
ANONYMOUS = "no authentication (anon)"

OPENSSL = Hello("TLS 1.3", f"{CURVES};{FFDHE}", TLS_1_3_EXTENSIONS)
OPENSSL_OF_ALL = OPENSSL._replace(weak=ANONYMOUS)
OPENSSL_4 = Hello(
    "TLS 1.3",
    f"{HYBRIDS};{CURVES};ffdhe2048;ffdhe3072",
    f"{TLS_1_3_EXTENSIONS};renegotiation_info;application_layer_protocol_negotiation",
)
AIOQUIC = Hello("TLS 1.3", "secp256r1;secp384r1;x25519;x448", QUIC_EXTENSIONS)
CHROMIUM = Hello(
    "TLS 1.3",
    "X25519MLKEM768;x25519;secp256r1;secp384r1",
    f"{QUIC_EXTENSIONS};psk_key_exchange_modes;encrypted_client_hello;application_settings;"
    "compress_certificate;trust_anchors",
)
TLSLITE = Hello(
    "TLS 1.3",
    f"{CURVES};{BRAINPOOL};{FFDHE}",
    f"{TLS_1_3_EXTENSIONS};record_size_limit;cert_type;compress_certificate;padding;pre_shared_key",
    "3DES",
)
TLS_1_2 = Hello("TLS 1.2", CURVES, TLS_1_2_EXTENSIONS)
TLS_1_2_OF_ALL = TLS_1_2._replace(weak=ANONYMOUS)
TLS_1_2_RSA = Hello("TLS 1.2", "", RSA_EXTENSIONS)
TLS_1_2_RC4 = Hello("TLS 1.2", "", f"{RSA_EXTENSIONS};cert_type;record_size_limit", "RC4")
TLS_1_0 = Hello("TLS 1.0", CURVES, OLD_EXTENSIONS, ANONYMOUS)


class Kind(NamedTuple):
    """A recorded connection, its part of the traffic at first and at last, and how many hosts have it.

    `server_name` is that of the hello, as tshark 4 reads it; several kinds have the same.
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
    aead: str
    hello: Hello
    server_name: str = "www.example"
    port: str = "443/tcp"
    key: str = HIDDEN
    lifetime: str = HIDDEN
    signature: str = HIDDEN
    authority: str = HIDDEN
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

    @property
    def version_limit(self) -> str:
        """Whose doing it is that the version is not TLS 1.3."""
        if self.version == "TLS 1.3":
            return "TLS 1.3 agreed"
        return "server chose less" if self.hello.version == "TLS 1.3" else "client offered less"

    @property
    def post_quantum_limit(self) -> str:
        """Whose doing it is that the key exchange is classical."""
        if self.exchange == "hybrid":
            return "post-quantum agreed"
        return "server chose classical" if "MLKEM" in self.hello.groups else "client offered none"

    @property
    def offered(self) -> str:
        """The best version offered."""
        return self.hello.version

    @property
    def offered_groups(self) -> str:
        """All groups offered."""
        return self.hello.groups

    @property
    def offered_extensions(self) -> str:
        """All extensions offered."""
        return self.hello.extensions

    @property
    def weak_offer(self) -> str:
        """The weak kinds of suites offered."""
        return self.hello.weak


GCM, CBC = "AES-GCM", "CBC"
AES_128, AES_256 = "AES-128-GCM", "AES-256-GCM"
MONTHS, YEARS, DECADE = "48 to 100 days", "399 to 825 days", "more than 825 days"  # the lab's: 90 days, 800, ten years
RSA, EC = "RSA 2048", "EC secp256r1"
SHA_256, SHA_1 = "sha256WithRSAEncryption", "sha1WithRSAEncryption"
LAB = "Example Capture Authority"

KINDS = (
    Kind("tls13", "tls13.pcapng", 30, 30, 23, 9, "TLS 1.3", GCM, "ECDHE", "x25519", AES_256, OPENSSL),
    Kind("hybrid", "hybrid-openssl40.pcapng", 3, 35, 31, 7, "TLS 1.3", GCM, "hybrid", "X25519MLKEM768", AES_256,
         OPENSSL_4, "modern.example"),
    Kind("quic", "quic-aioquic.pcapng", 0, 6, 13, 3, "TLS 1.3", GCM, "ECDHE", "secp256r1", AES_256, AIOQUIC,
         "quantum.example", "443/udp"),
    Kind("chromium", "quic-chromium.pcapng", 0, 4, 9, 3, "TLS 1.3", GCM, "ECDHE", "x25519", AES_128, CHROMIUM,
         "stream.example", "443/udp"),
    Kind("mail", "starttls-smtp.pcap", 5, 5, 4, 2, "TLS 1.3", GCM, "ECDHE", "x25519", AES_256, OPENSSL, "mail.example",
         "587/tcp"),
    Kind("psk", "psk-tls13-without-exchange.pcap", 2, 2, 3, 1, "TLS 1.3", GCM, "PSK", "", AES_128, TLSLITE,
         "old.test", resumption="resumed by PSK"),
    Kind("tls12", "tls12.pcap", 35, 9, 19, 8, "TLS 1.2", GCM, "ECDHE", "x25519", AES_256, TLS_1_2_OF_ALL, key=RSA,
         lifetime=MONTHS, signature=SHA_256, authority=LAB),
    Kind("sha1", "certificate-sha1.pcap", 2, 0, 4, 2, "TLS 1.2", GCM, "ECDHE", "x25519", AES_256, OPENSSL_OF_ALL,
         "sha1.test", key=RSA, lifetime=MONTHS, signature=SHA_1, authority=LAB),
    Kind("own", "certificate-self-signed.pcap", 1, 2, 3, 1, "TLS 1.2", GCM, "ECDHE", "x25519", AES_256, OPENSSL_OF_ALL,
         "selfsigned.test", key=RSA, lifetime=DECADE, signature=SHA_256, authority="self-signed"),
    Kind("ecdsa", "suite-ecdhe-ecdsa-aes128-gcm.pcap", 8, 6, 11, 4, "TLS 1.2", GCM, "ECDHE", "x25519", AES_128, TLS_1_2,
         key=EC, lifetime=MONTHS, signature=SHA_256, authority=LAB),
    Kind("static", "suite-rsa-aes128-cbc-sha.pcap", 8, 1, 7, 3, "TLS 1.2", CBC, "RSA", "", "", TLS_1_2_RSA, key=RSA,
         lifetime=MONTHS, signature=SHA_256, authority=LAB),
    Kind("rc4", "suite-rsa-rc4-sha.pcap", 2, 0, 2, 1, "TLS 1.2", "RC4", "RSA", "", "", TLS_1_2_RC4, "old.test", key=RSA,
         lifetime=YEARS, signature=SHA_256, authority=LAB),
    Kind("tls10", "tls10.pcap", 4, 0, 5, 2, "TLS 1.0", CBC, "ECDHE", "x25519", "", TLS_1_0, key=RSA, lifetime=MONTHS,
         signature=SHA_256, authority=LAB),
)  # fmt: skip
