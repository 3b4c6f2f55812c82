"""Scenarios: one for each protocol version, with as little else as can be."""

from __future__ import annotations

from scenario import REQUEST, Client, Scenario, Server

S_CLIENT = "openssl s_client -ign_eof -CAfile {pki}/bundle.crt"
RSA_SERVER = (
    "openssl s_server -accept 443 -cert {pki}/www-rsa.crt -cert_chain {pki}/intermediate.crt "
    "-key {pki}/www-rsa.key -WWW -quiet"
)
EC_SERVER = RSA_SERVER.replace("www-rsa", "www")
TARGET = "-connect www.example:443 -servername www.example"


def build_openssl_version(name: str, option: str, code: int, title: str) -> Scenario:
    """A scenario in which both sides are held to one version by an option."""
    return Scenario(
        name,
        f"{title} between OpenSSL and OpenSSL, ECDHE with an RSA certificate",
        (Server("web", f"{RSA_SERVER} {option} -cipher ALL:@SECLEVEL=0"),),
        (Client("desktop", f"{S_CLIENT} {TARGET} {option} -cipher ALL:@SECLEVEL=0", (REQUEST,)),),
        (f"tls.handshake.type == 2 && tls.handshake.version == {code:#06x}", "tls.handshake.type == 11"),
        ("tls.handshake.extensions.supported_version",),
    )


VERSIONS = (
    Scenario(
        "ssl3",
        "SSL 3.0 with RC4 and RSA key exchange",
        (
            Server(
                "old",
                "{python} {programs}/tlslite_peer.py server 0.0.0.0 443 --maximum ssl3 --ciphers rc4 --exchanges rsa "
                "--certificate {pki}/old.crt {pki}/old.key",
            ),
        ),
        (Client("printer", "{python} {programs}/tlslite_peer.py client old.test 443 --maximum ssl3 --ciphers rc4"),),
        ("tls.handshake.type == 2 && tls.handshake.version == 0x0300", "tls.handshake.ciphersuite == 0x0005"),
    ),
    Scenario(
        "ssl2",
        "SSL 2.0: sslscan's hello and a scripted server's hello with certificate and suites; no server of today "
        "goes further",
        (Server("old", "{python} {programs}/ssl2_server.py 443 {pki}/ancient.crt"),),
        (Client("scanner", "sslscan --ssl2 old.test"),),
        ("tls.handshake.cipherspec == 0x010080", "tls.handshake.type == 4"),
        or_more=True,
    ),
    Scenario(
        "ssl2-format-hello",
        "a hello in the SSL 2.0 format that offers TLS 1.0",
        (
            Server(
                "old",
                "java {programs}/LegacyPeer.java server - 443 SSLv2Hello,TLSv1 TLS_RSA_WITH_AES_128_CBC_SHA "
                "{pki}/old.p12",
            ),
        ),
        (
            Client(
                "legacy",
                "java {programs}/LegacyPeer.java client old.test 443 SSLv2Hello,TLSv1 TLS_RSA_WITH_AES_128_CBC_SHA",
            ),
        ),
        ("tls.handshake.challenge", "tls.handshake.type == 2 && tls.handshake.version == 0x0301"),
    ),
    build_openssl_version("tls10", "-tls1", 0x0301, "TLS 1.0"),
    build_openssl_version("tls11", "-tls1_1", 0x0302, "TLS 1.1"),
    build_openssl_version("tls12", "-tls1_2", 0x0303, "TLS 1.2"),
    Scenario(
        "tls12-with-keys",
        "TLS 1.2 with a key log beside it",
        (Server("web", f"{RSA_SERVER} -tls1_2"),),
        (Client("desktop", f"{S_CLIENT} {TARGET} -keylogfile {{work}}/tls12-with-keys.keys", (REQUEST,)),),
        ("tls.handshake.type == 11", "http.request"),
        key_log=True,
    ),
    Scenario(
        "tls13",
        "TLS 1.3 between OpenSSL and OpenSSL, X25519 with an ECDSA certificate; key log beside it",
        (Server("web", EC_SERVER),),
        (Client("desktop", f"{S_CLIENT} {TARGET} -keylogfile {{work}}/tls13.keys", (REQUEST,)),),
        (
            "tls.handshake.type == 2 && tls.handshake.extensions.supported_version == 0x0304",
            "tls.handshake.type == 2 && tls.handshake.extensions_key_share_group == 29",
            "tls.handshake.type == 11",
            "http.request",
        ),
        suffix="pcapng",
        key_log=True,
    ),
)
