"""Scenarios: TLS inside the packets of another protocol. OpenVPN's control channel, and EAP."""

from __future__ import annotations

from network import CLIENTS, bridge_name
from scenario import Client, Scenario, Server

OPENVPN = "openvpn --dev null --verb 3 --port 1194 --ca {pki}/bundle.crt"
OPENVPN_SERVER = f"{OPENVPN} --tls-server --dh none --cert {{pki}}/www-rsa.crt --key {{pki}}/www-rsa.key"
OPENVPN_CLIENT = (
    f"{OPENVPN} --tls-client --remote 198.51.100.10 --nobind --cert {{pki}}/client-rsa.crt --key {{pki}}/client-rsa.key"
)
EAP_HELLO = "eap && tls.handshake.type == 1"
EAP_ANSWER = "eap && tls.handshake.type == 2"


def build_openvpn(
    name: str, shows: str, *checks: str, both: str = "", server: str = "", client: str = "", transport: str = "udp"
) -> Scenario:
    """One OpenVPN server and one client; `both` are options of either."""
    protocols = ("tcp-server", "tcp-client") if transport == "tcp" else ("udp", "udp")
    commands = (f"{OPENVPN_SERVER} {both} {server}", f"{OPENVPN_CLIENT} {both} {client}")
    first, second = (f"{' '.join(text.split())} --proto {each}" for text, each in zip(commands, protocols, strict=True))
    return Scenario(
        name,
        shows,
        (Server("web", first, 1194, transport),),
        (Client("laptop", second, seconds=4),),
        checks,
        connections=0,
        or_more=True,
        filter="port 1194",
    )


def build_radius(name: str, shows: str, method: str, *checks: str) -> Scenario:
    """One RADIUS server, and an access server that lets one station authenticate."""
    return Scenario(
        name,
        shows,
        (Server("api", "hostapd {work}/radius-server.conf", 1812, "udp"),),
        (Client("build", f"eapol_test -c {{work}}/supplicant-{method}.conf -a 198.51.100.20 -s radius -N 31:s:desk"),),
        checks,
        connections=0,
        filter="udp port 1812",
    )


CARRIERS = (
    build_openvpn(
        "openvpn-udp",
        "OpenVPN over UDP: TLS 1.3 in the control channel",
        "openvpn && tls.handshake.type == 1",
        "openvpn && tls.handshake.type == 2",
    ),
    build_openvpn(
        "openvpn-tls-auth",
        "OpenVPN over UDP with an HMAC in front of each control packet, and TLS 1.2",
        "openvpn.hmac",
        both="--tls-auth {work}/openvpn.key --tls-version-max 1.2",
    ),
    build_openvpn(
        "openvpn-renegotiation",
        "OpenVPN over UDP with a second TLS session after 3 seconds, which OpenVPN 2.6 encrypts",
        "openvpn.opcode == 3",
        server="--reneg-sec 3",
        client="--reneg-sec 3",
    ),
    build_openvpn(
        "openvpn-tcp",
        "OpenVPN over TCP, with an HMAC of SHA-256 in front of each control packet",
        "openvpn.opcode == 7",
        both="--tls-auth {work}/openvpn.key --auth SHA256",
        transport="tcp",
    ),
    build_openvpn(
        "openvpn-tls-crypt",
        "OpenVPN over UDP with an encrypted control channel: no TLS can be seen",
        "openvpn.opcode == 7",
        both="--tls-crypt {work}/openvpn.key",
    ),
    build_radius("eap-tls-radius", "EAP-TLS in RADIUS, in fragments", "tls", EAP_HELLO, EAP_ANSWER),
    build_radius("peap-radius", "PEAP in RADIUS", "peap", EAP_HELLO, EAP_ANSWER),
    build_radius("eap-ttls-radius", "EAP-TTLS in RADIUS", "ttls", EAP_HELLO, EAP_ANSWER),
    Scenario(
        "eap-tls-lan",
        "EAP-TLS between a station and a port of a LAN (IEEE 802.1X): no IP at all",
        (Server("build", "hostapd {work}/authenticator.conf", 0),),
        (Client("desktop", "wpa_supplicant -D wired -i eth0 -c {work}/supplicant-wired.conf", seconds=8),),
        ("eapol && tls.handshake.type == 1", "eapol && tls.handshake.type == 2", "eap.code == 3"),
        connections=0,
        filter="ether proto 0x888e",
        # Bridges keep frames to the group address of IEEE 802.1X to themselves unless told otherwise.
        before=(f"router: ip link set {bridge_name(CLIENTS)} type bridge group_fwd_mask 8",),
        after=(f"router: ip link set {bridge_name(CLIENTS)} type bridge group_fwd_mask 0",),
    ),
)
