"""From a recorded pcap to a capture in the collection: check it, store it, state its facts."""

from __future__ import annotations

import shutil
from pathlib import Path

from capture_files import build_pcapng, read_pcap
from manifest import FOLDER, Entry, hash_file
from oracle import count_packets
from programs_used import list_programs
from scenario import Places, Scenario, record


def make_handshake(scenario: Scenario, places: Places) -> Entry:
    """Record one scenario, let tshark confirm what it shows, store it.

    Raises RuntimeError when tshark does not see what the scenario claims; nothing is stored then.
    """
    raw = places.work / f"{scenario.name}.pcap"
    record(scenario, places, raw)
    target = FOLDER / scenario.folder / f"{scenario.name}.{scenario.suffix}"
    if scenario.suffix == "pcapng":
        link_type, packets = read_pcap(raw)
        checked = raw.with_suffix(".pcapng")
        checked.write_bytes(build_pcapng(packets, scenario.shows, link_type, scenario.interface))
    else:
        checked = raw
    entry = build_entry(
        scenario.name,
        checked,
        target,
        shows=scenario.shows,
        commands=[
            *scenario.before,
            *(f"{server.host}: {server.command}" for server in scenario.servers),
            *(f"{client.host}: {client.command}" for client in scenario.clients),
        ],
        checks=scenario.checks,
        absent=scenario.absent,
        keys=places.work / f"{scenario.name}.keys" if scenario.key_log else None,
    )
    enough = entry.tls_connections >= scenario.connections if scenario.or_more else False
    if entry.tls_connections != scenario.connections and not enough:
        raise RuntimeError(f"tshark sees TLS in {entry.tls_connections} connections, not in {scenario.connections}")
    store(checked, target)
    if scenario.key_log:
        shutil.copy(places.work / f"{scenario.name}.keys", target.with_suffix(".keys"))
    return entry


def build_entry(
    name: str,
    path: Path,
    target: Path,
    *,
    shows: str,
    commands: list[str],
    checks: tuple[str, ...],
    absent: tuple[str, ...] = (),
    keys: Path | None = None,
    verified: bool = True,
) -> Entry:
    """The manifest entry of a capture, after its checks; raises RuntimeError when one fails.

    A file that tshark cannot read is not verified: its entry counts no packets and no connections.
    """
    if not verified:
        size = path.stat().st_size
        return Entry(name, str(target.relative_to(FOLDER)), shows, [], commands, [], hash_file(path), size, 0, 0)
    counts, connections = count_packets(path, "frame.encap_type", *checks, *absent, keys=keys)
    wanted = counts[1 : len(checks) + 1]
    failed = [f"no packet matches {check}" for check, count in zip(checks, wanted, strict=True) if not count]
    unwanted = counts[len(checks) + 1 :]
    failed += [f"a packet matches {check}" for check, count in zip(absent, unwanted, strict=True) if count]
    if failed:
        raise RuntimeError("; ".join(failed))
    return Entry(
        name=name,
        path=str(target.relative_to(FOLDER)),
        shows=shows,
        programs=list_programs(commands),
        commands=commands,
        checks=[*checks, *(f"!({check})" for check in absent)],
        sha256=hash_file(path),
        bytes=path.stat().st_size,
        packets=counts[0],
        tls_connections=connections,
    )


def store(path: Path, target: Path) -> None:
    """Copy a finished capture into the collection."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)
