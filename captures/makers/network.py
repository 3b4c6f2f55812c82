"""A network of client and server hosts, each in a Linux network namespace of its own.

In: the tables of networks, hosts and names below. Out: namespaces joined by one router, in which
any program can be started. Nothing leaves the machine: the router has no way out, so what a
program sends to any other address is refused at once.

All addresses are documentation addresses (RFC 5737, RFC 3849), MAC addresses too (RFC 7042).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PREFIX = "cap-"
ROUTER = f"{PREFIX}router"
RESOLVER_FOLDER = Path("/etc/netns")


@dataclass(frozen=True)
class Network:
    """One Ethernet segment; the router owns host number 1 in it."""

    name: str
    ipv4: str
    ipv6: str
    number: int


@dataclass(frozen=True)
class Host:
    """One machine: its segment, its number in it and the names by which others reach it."""

    name: str
    network: Network
    number: int
    names: tuple[str, ...] = ()
    names_ipv6: tuple[str, ...] = ()

    @property
    def ipv4(self) -> str:
        """The IPv4 address, dotted."""
        return f"{self.network.ipv4}.{self.number}"

    @property
    def ipv6(self) -> str:
        """The IPv6 address, compressed."""
        return f"{self.network.ipv6}::{self.number:x}"

    @property
    def namespace(self) -> str:
        """The name of the namespace, as `ip netns` lists it."""
        return f"{PREFIX}{self.name}"

    @property
    def mac(self) -> str:
        """A documentation MAC address, unique in the whole network."""
        return f"00:00:5e:00:53:{self.network.number * 0x40 + self.number % 0x40:02x}"


CLIENTS = Network("clients", "192.0.2", "2001:db8:1", 0)
SERVERS = Network("servers", "198.51.100", "2001:db8:2", 1)
OTHERS = Network("others", "203.0.113", "2001:db8:3", 2)
NETWORKS = (CLIENTS, SERVERS, OTHERS)

HOSTS = {
    host.name: host
    for host in (
        Host("desktop", CLIENTS, 10),
        Host("laptop", CLIENTS, 11),
        Host("tablet", CLIENTS, 12),
        Host("build", CLIENTS, 20),
        Host("monitor", CLIENTS, 21),
        Host("partner", CLIENTS, 22),
        Host("legacy", CLIENTS, 30),
        Host("printer", CLIENTS, 31),
        Host("sensor", CLIENTS, 40),
        Host("scanner", CLIENTS, 60),
        Host(
            "web",
            SERVERS,
            10,
            ("www.example", "shop.example", "blog.example", "static.example", "many.example", "unknown.example"),
            ("www6.example", "shop6.example"),
        ),
        Host("api", SERVERS, 20, ("api.example", "bank.example"), ("api6.example",)),
        Host("mail", SERVERS, 25, ("mail.example",), ("mail6.example",)),
        Host("modern", SERVERS, 30, ("modern.example", "quantum.example"), ("modern6.example",)),
        Host("stream", SERVERS, 40, ("stream.example",)),
        Host("old", OTHERS, 10, ("old.test", "cashdesk.test", "ancient.test")),
        Host(
            "lab",
            OTHERS,
            20,
            (
                "expired.test",
                "selfsigned.test",
                "wrongname.test",
                "future.test",
                "sha1.test",
                "rsa1024.test",
                "incomplete.test",
                "wild.apps.test",
                "ed25519.test",
                "p384.test",
                "rsa4096.test",
            ),
        ),
        Host("device", OTHERS, 30, ("device.test", "broker.test")),
        Host("shell", OTHERS, 31, ("shell.test",)),
        Host("plain", OTHERS, 32, ("plain.test",)),
        Host("silent", OTHERS, 33, ("silent.test",)),
    )
}


@dataclass
class Background:
    """A program running inside a host; stopped by its own id."""

    process: subprocess.Popen[bytes]
    log: Path
    closed: bool = False

    def stop(self, seconds: float = 3.0) -> None:
        """End the program and wait for it, at most the given seconds before it is killed."""
        if self.closed:
            return
        self.closed = True
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def open_network() -> Iterator[None]:
    """Build every namespace; on leaving, remove them with all that they hold."""
    remove_network()
    try:
        build_router()
        for host in HOSTS.values():
            build_host(host)
        write_names()
        yield
    finally:
        remove_network()


def build_router() -> None:
    """Make the router: one bridge a segment, forwarding between them, a default of refusal."""
    run_ip("netns", "add", ROUTER)
    inside_router("ip", "link", "set", "lo", "up")
    for setting in ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv6.conf.default.accept_dad=0"):
        inside_router("sysctl", "-qw", setting)
    for network in NETWORKS:
        bridge = bridge_name(network)
        inside_router("ip", "link", "add", bridge, "type", "bridge", "mcast_snooping", "0")
        inside_router("ip", "link", "set", bridge, "address", f"00:00:5e:00:53:{network.number * 0x40 + 1:02x}", "up")
        inside_router("ip", "address", "add", f"{network.ipv4}.1/24", "dev", bridge)
        inside_router("ip", "address", "add", f"{network.ipv6}::1/64", "dev", bridge, "nodad")


def build_host(host: Host) -> None:
    """Make one host and plug it into its segment; segments on the wire stay within the MTU."""
    run_ip("netns", "add", host.namespace)
    port = f"p-{host.name}"
    run_ip("link", "add", port, "netns", ROUTER, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
    inside_router("ip", "link", "set", port, "master", bridge_name(host.network), "up")
    inside_router("ethtool", "-K", port, "gro", "off", "tso", "off", "gso", "off", "tx", "off")
    for command in (
        ("sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0"),
        ("ethtool", "-K", "eth0", "gro", "off", "tso", "off", "gso", "off", "tx", "off"),
        ("ip", "link", "set", "lo", "up"),
        ("ip", "link", "set", "eth0", "address", host.mac, "up"),
        ("ip", "address", "add", f"{host.ipv4}/24", "dev", "eth0"),
        ("ip", "address", "add", f"{host.ipv6}/64", "dev", "eth0", "nodad"),
        ("ip", "route", "add", "default", "via", f"{host.network.ipv4}.1"),
        ("ip", "-6", "route", "add", "default", "via", f"{host.network.ipv6}::1"),
    ):
        check(inside(host.namespace, *command))


def write_names() -> None:
    """Give every host the same hosts file and no name server (`ip netns exec` mounts them)."""
    lines = ["127.0.0.1 localhost", "::1 localhost"]
    for host in HOSTS.values():
        lines += [f"{host.ipv4} {name}" for name in host.names]
        lines += [f"{host.ipv6} {name}" for name in host.names_ipv6]
    for host in HOSTS.values():
        folder = RESOLVER_FOLDER / host.namespace
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "hosts").write_text("\n".join(lines) + "\n")
        (folder / "resolv.conf").write_text("# no name server\n")
        (folder / "nsswitch.conf").write_text("hosts: files\n")


def remove_network() -> None:
    """Remove every namespace and resolver folder whose name carries our prefix."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        name = line.split()[0]
        if name.startswith(PREFIX):
            run_ip("netns", "delete", name)
    for folder in RESOLVER_FOLDER.glob(f"{PREFIX}*"):
        shutil.rmtree(folder)


def set_tcp_timestamps(enabled: bool) -> None:
    """Turn the TCP timestamp option of every host on or off (RFC 7323)."""
    for host in HOSTS.values():
        check(inside(host.namespace, "sysctl", "-qw", f"net.ipv4.tcp_timestamps={int(enabled)}"))


def start(host: str, command: list[str], log: Path, environment: dict[str, str], stdin: bool = False) -> Background:
    """Start a program inside a host, in the folder of the log file, where its output goes."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            inside(HOSTS[host].namespace, *command),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            cwd=log.parent,
        )
    return Background(process, log)


def find_owner(name: str) -> str:
    """The host that a DNS name belongs to."""
    return next(host.name for host in HOSTS.values() if name in host.names + host.names_ipv6)


def bridge_name(network: Network) -> str:
    """The interface of the router that sees the whole segment."""
    return f"br-{network.name}"


def inside(namespace: str, *command: str) -> list[str]:
    """The argument vector that runs a command in a namespace."""
    return ["ip", "netns", "exec", namespace, *command]


def inside_router(*command: str) -> None:
    """Run one set-up command in the router."""
    check(inside(ROUTER, *command))


def run_ip(*arguments: str) -> None:
    """Run one `ip` command outside any namespace."""
    check(["ip", *arguments])


def check(command: list[str]) -> None:
    """Run a command; an error shows what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
