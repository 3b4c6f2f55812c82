"""The connections of a capture as tshark tells their packets: who sent what kind of record, and when.

One run of tshark for everything that read_oracle (the hellos' contents) does not say. Nothing of ours is asked.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from tshark_oracle import PREFERENCES, Endpoint, Expected, read_oracle

FIELDS = (
    "frame.number", "frame.time_epoch", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.stream", "udp.stream",
    "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport", "tcp.flags", "tcp.payload", "udp.payload",
    "frame.protocols", "tls.resumed", "tls.handshake.certificate", "dtls.handshake.certificate",
)  # fmt: skip
NUMBERS = {
    "messages": ("tls.handshake.type", "dtls.handshake.type"),
    "message_lengths": ("tls.handshake.length", "dtls.handshake.length"),
    "records": ("tls.record.content_type", "tls.record.opaque_type", "dtls.record.content_type"),
    "record_lengths": ("tls.record.length", "dtls.record.length"),
    "alerts": ("tls.alert_message.desc", "dtls.alert_message.desc"),
    "quic_long_headers": ("quic.header_form",),
    "extensions": ("tls.handshake.extension.type", "dtls.handshake.extension.type"),
    "extension_lengths": ("tls.handshake.extension.len", "dtls.handshake.extension.len"),
}
ALL_FIELDS = (*FIELDS, *(name for names in NUMBERS.values() for name in names))
OTHER_PORTS = ("tcp.port==4433,tls",)  # tshark looks for SSL 2.0 on the ports of TLS only
CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23


@dataclass(frozen=True)
class Packet:
    """One packet: number, seconds since 1970, whether the client sent it, and what tshark finds in it (NUMBERS)."""

    number: int
    time: float
    from_client: bool
    flags: int
    payload: bytes
    protocols: str
    resumed: bool
    certificates: list[bytes]
    numbers: dict[str, list[int]]


@dataclass
class Stream:
    """One connection: its ends, its packets, and the contents of its hellos (empty without one)."""

    transport: str
    client: Endpoint
    server: Endpoint
    packets: list[Packet] = field(default_factory=list)
    hello: Expected = field(default_factory=dict)

    def packets_from(self, client: bool) -> list[Packet]:
        """The packets of one side."""
        return [packet for packet in self.packets if packet.from_client == client]

    def first(self, kind: str, value: int, client: bool) -> Packet | None:
        """The first packet of a side with a record or message of this type."""
        return next((packet for packet in self.packets_from(client) if value in packet.numbers[kind]), None)

    def first_octets(self, client: bool) -> bytes:
        """The payload of the first packet of one side that has any."""
        return next((packet.payload for packet in self.packets_from(client) if packet.payload), b"")

    @cached_property
    def times(self) -> dict[int, float]:
        """When each packet was seen, by its number."""
        return {packet.number: packet.time for packet in self.packets}

    @cached_property
    def octets(self) -> int:
        """How many octets of payload both sides sent; the demo has no retransmissions."""
        return sum(len(packet.payload) for packet in self.packets)

    @cached_property
    def leaf(self) -> bytes | None:
        """The server's own certificate, where it is in the clear."""
        return next((packet.certificates[0] for packet in self.packets_from(False) if packet.certificates), None)

    @cached_property
    def has_tls(self) -> bool:
        """Whether tshark finds TLS, DTLS or QUIC."""
        known = ("messages", "records", "alerts")
        return any("quic" in packet.protocols or any(packet.numbers[name] for name in known) for packet in self.packets)


@cache
def read_streams(path: Path) -> list[Stream]:
    """All connections of a capture, in the order of their first packets."""
    command = ["tshark", "-r", str(path), "-T", "fields"]
    command += [part for name, value in PREFERENCES.items() for part in ("-o", f"{name}:{value}")]
    command += [part for rule in OTHER_PORTS for part in ("-d", rule)]
    command += [part for name in ALL_FIELDS for part in ("-e", name)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    streams: dict[str, Stream] = {}
    for line in output.splitlines():
        take_line(dict(zip(ALL_FIELDS, line.split("\t"), strict=True)), streams)
    hellos = {ends: list(several) for ends, several in read_oracle(path).items()}
    for stream in streams.values():
        waiting = hellos.get((stream.client, stream.server))
        if waiting:
            stream.hello = waiting.pop(0)
        elif is_ssl2_hello(octets := stream.first_octets(True)):
            suites = [code for code in read_ssl2_specs(octets) if code < 0x10000]
            stream.hello = {"client_legacy_version": int.from_bytes(octets[3:5]), "cipher_suites": suites}
    assert not any(hellos.values()), "hellos without a connection"
    return list(streams.values())


def take_line(line: dict[str, str], streams: dict[str, Stream]) -> None:
    """Add one packet to its connection. The client is who sent the first packet."""
    transport = "tcp" if line["tcp.stream"] else "udp"
    if not line[f"{transport}.stream"]:
        return
    source = line["ip.src"] or line["ipv6.src"], int(line[f"{transport}.srcport"])
    target = line["ip.dst"] or line["ipv6.dst"], int(line[f"{transport}.dstport"])
    stream = streams.setdefault(f"{transport} {line[f'{transport}.stream']}", Stream(transport, source, target))
    certificates = line["tls.handshake.certificate"] or line["dtls.handshake.certificate"]
    stream.packets.append(
        Packet(
            int(line["frame.number"]),
            float(line["frame.time_epoch"]),
            source == stream.client,
            int(line["tcp.flags"] or "0", 0),
            bytes.fromhex(line[f"{transport}.payload"]),
            line["frame.protocols"],
            bool(line["tls.resumed"]),
            [bytes.fromhex(text.replace(":", "")) for text in certificates.split(",") if text],
            {
                kind: [int(text, 0) for name in names for text in line[name].split(",") if text]
                for kind, names in NUMBERS.items()
            },
        )
    )


def is_ssl2_hello(octets: bytes) -> bool:
    """Whether these begin with a CLIENT-HELLO in the format of SSL 2.0 (RFC 5246 appendix E.2)."""
    return len(octets) > 5 and octets[0] & 0x80 != 0 and octets[2] == 1


def read_ssl2_specs(octets: bytes) -> list[int]:
    """The cipher specs of three octets in such a hello; none in another. Spec: RFC 5246 appendix E.2."""
    specs = octets[11 : 11 + int.from_bytes(octets[5:7])] if is_ssl2_hello(octets) else b""
    return [int.from_bytes(specs[place : place + 3]) for place in range(0, len(specs), 3)]
