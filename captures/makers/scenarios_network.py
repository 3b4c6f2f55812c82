"""Scenarios: the same handshake under other network conditions and at other capture points, recorded so."""

from __future__ import annotations

from scenario import REQUEST, Client, Scenario, Server
from scenarios_versions import RSA_SERVER, S_CLIENT, TARGET
from variant import HELLOS

SERVER = Server("web", f"{RSA_SERVER} -tls1_2")
CLIENT = Client("desktop", f"{S_CLIENT} {TARGET}", (REQUEST,))
FORGET = ("router: nft delete table ip conditions",)


def build_condition(name: str, shows: str, rule: str, *checks: str) -> Scenario:
    """A rule of nftables in the router acts on what the server sends."""
    chain = "type filter hook forward priority 0;"
    return Scenario(
        f"recorded-{name}",
        shows,
        (SERVER,),
        (CLIENT,),
        (*HELLOS, *checks),
        folder="variants",
        before=(
            f"router: nft 'table ip conditions {{ chain forward {{ {chain} ip saddr 198.51.100.10 {rule}; }}; }};'",
        ),
        after=FORGET,
    )


NETWORK = (
    build_condition(
        "loss",
        "every third long packet of the server is lost, and sent again",
        "meta length > 300 numgen inc mod 3 == 0 drop",
        "tcp.analysis.retransmission or tcp.analysis.out_of_order",
    ),
    build_condition(
        "duplicates",
        "every packet of the server arrives twice",
        "dup to 192.0.2.10 device br-clients",
        "tcp.analysis.retransmission or tcp.analysis.duplicate_ack",
    ),
    Scenario(
        "recorded-small-segments",
        "a client that takes segments of 120 bytes at most",
        (SERVER,),
        (CLIENT,),
        (*HELLOS, "tcp.options.mss_val == 120", "tls.handshake.type == 11"),
        folder="variants",
        before=("desktop: ip route change default via 192.0.2.1 advmss 120",),
        after=("desktop: ip route change default via 192.0.2.1",),
    ),
    Scenario(
        "recorded-cut-packets",
        "recorded with a snapshot length of 128 bytes: the hello is whole only in part, the certificates are not there",
        (SERVER,),
        (CLIENT,),
        ("frame.cap_len < frame.len", "tcp.len > 0"),
        ("tls.handshake.type == 11",),
        folder="variants",
        recorder_options=("-s", "128"),
    ),
    Scenario(
        "recorded-offload",
        "recorded on the server, whose network card computes checksums and cuts segments: checksums not yet right, "
        "packets longer than the line allows",
        (SERVER,),
        (CLIENT,),
        (*HELLOS, "frame.len > 1514"),
        folder="variants",
        interface="eth0",
        watcher="web",
        before=("web: ethtool -K eth0 tx on tso on gso on gro on",),
        after=("web: ethtool -K eth0 tx off tso off gso off gro off",),
    ),
    Scenario(
        "recorded-any-sll",
        "recorded on all interfaces of a host, Linux cooked",
        (SERVER,),
        (CLIENT,),
        (*HELLOS, "sll"),
        folder="variants",
        interface="any",
        watcher="desktop",
        recorder_options=("-y", "LINUX_SLL"),
    ),
    Scenario(
        "recorded-any-sll2",
        "recorded on all interfaces of a host, Linux cooked version 2",
        (SERVER,),
        (CLIENT,),
        (*HELLOS, "sll"),
        folder="variants",
        interface="any",
        watcher="desktop",
        recorder_options=("-y", "LINUX_SLL2"),
    ),
    Scenario(
        "recorded-loopback",
        "client and server on one host, over its loopback interface",
        (SERVER,),
        (Client("web", CLIENT.command, CLIENT.typed),),
        HELLOS,
        folder="variants",
        interface="lo",
        watcher="web",
    ),
    Scenario(
        "recorded-fast-open",
        "TCP Fast Open: the second connection has its hello in the SYN",
        (Server("web", "nginx -p {work} -c {work}/web.conf"),),
        (
            Client("desktop", "curl -s --tcp-fastopen --tls-max 1.2 --cacert {pki}/bundle.crt https://blog.example/"),
            Client("desktop", "curl -s --tcp-fastopen --tls-max 1.2 --cacert {pki}/bundle.crt https://blog.example/"),
        ),
        (*HELLOS, "tcp.flags.syn == 1 && tcp.len > 0"),
        folder="variants",
        connections=2,
        before=(
            "web: sysctl -qw net.ipv4.tcp_fastopen=3 net.ipv4.tcp_fastopen_blackhole_timeout_sec=0",
            "desktop: sysctl -qw net.ipv4.tcp_fastopen=3",
        ),
        after=("web: sysctl -qw net.ipv4.tcp_fastopen=1", "desktop: sysctl -qw net.ipv4.tcp_fastopen=1"),
    ),
    Scenario(
        "recorded-port-reused",
        "two connections from the same port, one right after the other",
        (SERVER,),
        (
            Client("desktop", f"{S_CLIENT} {TARGET} -bind 192.0.2.10:50443", (REQUEST,)),
            Client("desktop", f"{S_CLIENT} {TARGET} -bind 192.0.2.10:50443", (REQUEST,)),
        ),
        HELLOS,
        folder="variants",
        connections=2,
    ),
)
