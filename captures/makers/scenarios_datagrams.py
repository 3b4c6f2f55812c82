"""Scenarios: TLS over UDP. DTLS and QUIC."""

from __future__ import annotations

from demo_visits import stream
from scenario import Client, Scenario, Server

SERVER = (
    "openssl s_server -accept 4433 -cert {pki}/www-rsa.crt -cert_chain {pki}/intermediate.crt -key {pki}/www-rsa.key "
    "-quiet -listen"
)
CLIENT = "openssl s_client -connect www.example:4433 -servername www.example -CAfile {pki}/bundle.crt"
QUIC = "{python} {programs}/quic_peer.py"


def build_datagrams(
    name: str, shows: str, server: Server, client: Client, *checks: str, key_log: bool = False, suffix: str = "pcap"
) -> Scenario:
    """One server and one client over UDP."""
    return Scenario(
        name, shows, (server,), (client,), checks, connections=0, filter="udp", key_log=key_log, suffix=suffix
    )


DATAGRAMS = (
    build_datagrams(
        "dtls12",
        "DTLS 1.2 with the cookie exchange",
        Server("web", f"{SERVER} -dtls1_2", 4433, "udp"),
        Client("sensor", f"{CLIENT} -dtls1_2", ("hello\n", "Q\n")),
        "dtls.handshake.type == 3",
        "dtls.handshake.type == 2 && dtls.handshake.version == 0xfefd",
        "dtls.handshake.type == 11",
    ),
    build_datagrams(
        "dtls10",
        "DTLS 1.0",
        Server("web", f"{SERVER} -dtls1 -cipher ALL:@SECLEVEL=0", 4433, "udp"),
        Client("sensor", f"{CLIENT} -dtls1 -cipher ALL:@SECLEVEL=0", ("hello\n", "Q\n")),
        "dtls.handshake.type == 2 && dtls.handshake.version == 0xfeff",
    ),
    build_datagrams(
        "dtls12-fragments",
        "DTLS 1.2 over a path of 512 bytes: handshake messages in fragments",
        Server("web", f"{SERVER} -dtls1_2 -mtu 512", 4433, "udp"),
        Client("sensor", f"{CLIENT} -dtls1_2 -mtu 512", ("hello\n", "Q\n")),
        "dtls.handshake.fragment_offset > 0",
    ),
    build_datagrams(
        "dtls12-psk",
        "DTLS 1.2 with a pre-shared key, as small devices use it",
        Server(
            "web",
            "openssl s_server -accept 5684 -nocert -quiet -dtls1_2 -psk 0011223344556677 -cipher PSK-AES128-CCM8",
            5684,
            "udp",
        ),
        Client(
            "sensor",
            "openssl s_client -connect www.example:5684 -dtls1_2 -psk 0011223344556677 -cipher PSK-AES128-CCM8",
            ("hello\n", "Q\n"),
        ),
        "dtls.handshake.type == 2 && dtls.handshake.ciphersuite == 0xc0a8",
    ),
    build_datagrams(
        "quic-aioquic",
        "QUIC between aioquic and aioquic; key log beside it",
        Server("modern", f"{QUIC} server :: 443 --certificate {{pki}}/quantum.crt {{pki}}/quantum.key", 443, "udp"),
        Client(
            "tablet",
            f"{QUIC} client quantum.example 443 --authority {{pki}}/bundle.crt --keys {{work}}/quic-aioquic.keys",
        ),
        "quic && tls.handshake.type == 1",
        "quic && tls.handshake.type == 2",
        "tls.handshake.type == 11",
        key_log=True,
        suffix="pcapng",
    ),
    build_datagrams(
        "quic-retry",
        "QUIC with a Retry packet: the server makes the client prove its address",
        Server(
            "modern", f"{QUIC} server :: 443 --certificate {{pki}}/quantum.crt {{pki}}/quantum.key --retry", 443, "udp"
        ),
        Client("tablet", f"{QUIC} client quantum.example 443 --authority {{pki}}/bundle.crt"),
        "quic.long.packet_type == 3",
        suffix="pcapng",
    ),
    build_datagrams(
        "quic-chromium",
        "HTTP/3 between Chromium and Caddy: a hello in two Initial packets",
        Server("stream", "caddy run --config {work}/Caddyfile-quic --adapter caddyfile", 443, "udp"),
        stream("desktop", "https://stream.example/"),
        "quic && tls.handshake.type == 1",
        "quic && tls.handshake.type == 2",
        suffix="pcapng",
    ),
)
