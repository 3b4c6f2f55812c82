"""Scenarios: versions of QUIC, resumption and refusals."""

from __future__ import annotations

from scenario import Client, Scenario, Server
from scenarios_datagrams import QUIC, build_datagrams

FIRST_HELLO = "quic && tls.handshake.type == 1"
ANSWER = "quic && tls.handshake.type == 2"


def build_quic(
    name: str, shows: str, *checks: str, server: str = "", client: str = "", absent: tuple[str, ...] = ()
) -> Scenario:
    """One aioquic server and one client, with these options."""
    scenario = build_datagrams(
        name,
        shows,
        Server(
            "modern",
            f"{QUIC} server :: 443 --certificate {{pki}}/quantum.crt {{pki}}/quantum.key{server}",
            443,
            "udp",
        ),
        Client("tablet", f"{QUIC} client quantum.example 443 --authority {{pki}}/bundle.crt{client}"),
        *checks,
    )
    return Scenario(**{**vars(scenario), "absent": absent})


QUIC_VERSIONS = (
    build_quic(
        "quic-v2",
        "QUIC version 2",
        "quic.version == 0x6b3343cf",
        FIRST_HELLO,
        ANSWER,
        client=" --versions 6b3343cf",
        absent=("quic.version == 1",),
    ),
    build_quic(
        "quic-compatible-version",
        "a client begins with version 1 and the server goes on with version 2",
        "quic.version == 1 && tls.handshake.type == 1",
        "quic.version == 0x6b3343cf",
        client=" --versions 6b3343cf 1 --begin 1",
    ),
    build_quic(
        "quic-version-negotiation",
        "the client's version is a reserved one: the server lists those that it speaks",
        "quic.version == 0x1a2a3a4a",
        "quic.supported_version == 1",
        "quic.version == 1 && quic.long.packet_type == 0",
        client=" --versions 1a2a3a4a 1",
    ),
    build_quic(
        "quic-large-hello",
        "a ClientHello over several Initial packets",
        "quic.crypto.offset > 1000",
        ANSWER,
        client=" --large-hello",
    ),
    build_quic(
        "quic-early-data",
        "a resumed session with 0-RTT packets, between the same two ports as the first one",
        "quic.long.packet_type == 1",
        "tls.handshake.extensions.psk.identities.length > 0",
        client=" --visits 2 --local-port 50443",
    ),
    build_quic(
        "quic-alert",
        "no application protocol in common: the server closes with a TLS alert",
        "quic.cc.error_code == 0x178",
        FIRST_HELLO,
        client=" --alpn no-such-protocol",
        absent=(ANSWER,),
    ),
)
