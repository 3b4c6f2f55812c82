"""Measures hostile loads beside ordinary traffic: what a packet costs, how much memory is held, what is said of it.

    python benchmarks/hostile.py
    python benchmarks/hostile.py half-open drip --scale 0.1 --markdown docs/benchmarks.md
    python benchmarks/hostile.py --write half-open half-open.pcap

Each capture is read in a process of its own, to batches of the connections table. What counts are
the ratios to ordinary traffic in the same run, and the peak: of the whole process, libraries included.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from hostile_loads import LOADS
from make_workloads import SNAPLEN, START_US, make_workload
from results import put_between_markers

ORDINARY = "handshakes"
ORDINARY_SCALE = 0.05
STEP_US = 7  # between packets
REPEATS = 3


def write_load(name: str, path: Path, scale: float = 1.0, seed: int = 1) -> int:
    """Write a load as a pcap; returns how many packets it has. The same arguments give the same file."""
    load = LOADS[name]
    packets = 0
    with path.open("wb", buffering=1 << 20) as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAPLEN, 1))
        for frame in load.frames(max(1, round(load.packets * scale)), random.Random(seed)):
            seconds, microseconds = divmod(START_US + packets * STEP_US, 1_000_000)
            out.write(struct.pack("<IIII", seconds, microseconds, len(frame), len(frame)) + frame)
            packets += 1
    return packets


def read_here(capture: Path) -> dict[str, object]:
    """Read a capture in this process: seconds of the processor, peak in MB, and the limits that cut something off."""
    from tlsinspect.opening import TLS_PORTS, open_reading

    reading = open_reading(str(capture), TLS_PORTS, ["connections", "problems"])
    rows = 0
    limits: dict[str, int] = {}
    flags = set()
    before = resource.getrusage(resource.RUSAGE_SELF)
    for batch in reading:
        if batch.table == "connections":
            rows += batch.rows.num_rows
            flags.update(
                name for name in ("gap", "truncated", "overlap_conflict") if True in batch.rows[name].to_pylist()
            )
        else:
            count_limits(batch.rows.to_pylist(), limits)
    count_limits(reading.totals.build("problems", reading.sources).to_pylist(), limits)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "megabytes": peak_of_this_process() / 1e6,
        "packets": sum(facts["packets"] for facts in reading.totals.captures),
        "connections": sum(count for count, _ in reading.totals.tally.by_capture().values()),
        "rows": rows,
        "limits": limits,
        "flags": sorted(flags),
    }


def peak_of_this_process() -> int:
    """Octets of memory at the most; what getrusage says counts the process that this one was forked from, too."""
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def count_limits(rows: list[dict[str, object]], limits: dict[str, int]) -> None:
    """Count the problems that a limit made."""
    for row in rows:
        if row["kind"] == "limit":
            text = f"{row['layer']}: {row['expected']}"
            limits[text] = limits.get(text, 0) + int(str(row["count"] or 1))


def measure(capture: Path) -> dict[str, object]:
    """The quickest of some readings, each in a process of its own."""
    found = []
    for _ in range(REPEATS):
        done = subprocess.run(
            [sys.executable, __file__, "--read", str(capture)], check=True, capture_output=True, text=True
        )
        found.append(json.loads(done.stdout))
    return min(found, key=lambda one: float(one["seconds"]))


def describe(name: str, found: dict[str, object], ordinary: dict[str, object]) -> str:
    """A row of the table."""
    seconds, packets, connections = (float(str(found[key])) for key in ("seconds", "packets", "connections"))
    usual = float(str(ordinary["seconds"]))
    by_packet = seconds / packets / (usual / float(str(ordinary["packets"])))
    by_connection = seconds / max(connections, 1) / (usual / float(str(ordinary["connections"])))
    limits = found["limits"]
    said = [f"{count:,} x {text}" for text, count in limits.items()] if isinstance(limits, dict) else []
    flags = found["flags"]
    said += [f"`{flag}`" for flag in flags] if isinstance(flags, list) else []
    megabytes = float(str(found["megabytes"]))
    return (
        f"| {name} | {packets:,.0f} | {connections:,.0f} | {by_packet:.2f} | {by_connection:.2f} "
        f"| {megabytes:.0f} | {'; '.join(said)} |"
    )


def compare(names: list[str], scale: float, folder: Path) -> str:
    """A Markdown table of ordinary traffic and the loads."""
    lines = [
        "| load | packets | connections | a packet costs | a connection costs | peak MB | cut off |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    capture = folder / "ordinary.pcap"
    make_workload(ORDINARY, capture, ORDINARY_SCALE)
    ordinary = measure(capture)
    lines.append(describe(f"ordinary ({ORDINARY})", ordinary, ordinary))
    for name in names:
        capture = folder / f"{name}.pcap"
        write_load(name, capture, scale)
        lines.append(describe(name, measure(capture), ordinary))
        print(lines[-1], file=sys.stderr, flush=True)
        capture.unlink()
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and put the table on a page; or only write a load, or read a capture here."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loads", nargs="*", metavar="LOAD", help=f"{', '.join(LOADS)} (default: all)")
    parser.add_argument("--scale", type=float, default=1.0, help="how large, 1 being the full size (default: 1)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="put the table between the markers of this file")
    parser.add_argument("--write", nargs=2, metavar=("LOAD", "FILE"), help="only write a load as a capture")
    parser.add_argument("--read", type=Path, metavar="FILE", help="only read a capture, and print what it took as JSON")
    arguments = parser.parse_args()
    if arguments.write:
        print(write_load(arguments.write[0], Path(arguments.write[1]), arguments.scale), "packets")
        return
    if arguments.read:
        print(json.dumps(read_here(arguments.read)))
        return
    with tempfile.TemporaryDirectory() as folder:
        text = compare(arguments.loads or list(LOADS), arguments.scale, Path(folder))
    print(text)
    if arguments.markdown:
        put_between_markers(arguments.markdown, "hostile", text)


if __name__ == "__main__":
    main()
