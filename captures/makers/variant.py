"""A variant: a recorded capture, rewritten by a script to how it would look under other conditions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from capture_files import Packet, build_pcap, read_pcap
from manifest import FOLDER, Entry, hash_file
from recording import build_entry, store
from scenario import Places

Rewrite = Callable[[list[Packet]], list[Packet]]
BASE = "tls12"
HELLOS = ("tls.handshake.type == 1", "tls.handshake.type == 2", "tls.handshake.type == 11")


@dataclass(frozen=True)
class Variant:
    """One rewritten capture.

    `build` makes the whole file of the packets of the base, an Ethernet pcap in handshakes/; `compress`
    packs it afterwards, and what is checked is what was there before. `suffix` is the end of the file
    name. `checks` and `connections` are as in a Scenario; `verified` is false for a file that tshark
    cannot read.
    """

    name: str
    shows: str
    build: Callable[[list[Packet]], bytes]
    base: str = BASE
    suffix: str = "pcap"
    checks: tuple[str, ...] = HELLOS
    absent: tuple[str, ...] = ()
    connections: int = 1
    verified: bool = True
    compress: Callable[[bytes], bytes] | None = None


def rewrite_packets(rewrite: Rewrite) -> Callable[[list[Packet]], bytes]:
    """A builder that rewrites the packets and writes an ordinary pcap."""
    return lambda packets: build_pcap(rewrite(packets))


def make_variant(variant: Variant, places: Places) -> Entry:
    """Build a variant of the base that is in the collection, check it, store it, state its facts."""
    _, packets = read_pcap(FOLDER / "handshakes" / f"{variant.base}.pcap")
    path = places.work / variant.name
    path.write_bytes(variant.build(packets))
    target = FOLDER / "variants" / f"{variant.name}.{variant.suffix}"
    entry = build_entry(
        variant.name,
        path,
        target,
        shows=variant.shows,
        commands=[f"rewritten from handshakes/{variant.base}.pcap"],
        checks=variant.checks,
        absent=variant.absent,
        verified=variant.verified,
    )
    if variant.verified and entry.tls_connections != variant.connections:
        raise RuntimeError(f"tshark sees TLS in {entry.tls_connections} connections, not in {variant.connections}")
    store(path, target)
    if variant.compress:
        target.write_bytes(variant.compress(path.read_bytes()))
        entry = replace(entry, sha256=hash_file(target), bytes=target.stat().st_size)
    return entry
