"""How ingestion scales: seconds, memory and disk against captures, and against workers.

    python benchmarks/scale.py WORKLOAD.pcap FOLDER --copies 1 2 4 --workers 1 2 4

WORKLOAD is a classic pcap file (benchmarks/make_workloads.py makes some). Copies of it, each moved on in time by its
own length and a second, are what one capture point would have rotated; they and the stores are made in FOLDER. A line
is the ingestion into a new store, in a process of its own; with --at-a-time N in as many as it takes for N captures
each, which are made before it and deleted after it, so that their sum may exceed what the disk holds.
"""

from __future__ import annotations

import argparse
import json
import shutil
import struct
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HEAD = 24
PROGRAM = """
import json, resource, sys, time
import tlsinspect
store, workers, *captures = sys.argv[1:]
begin = time.perf_counter()
done = tlsinspect.ingest(captures, store, workers=int(workers))
seconds = time.perf_counter() - begin
peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps({
    "octets": done.octets, "connections": done.connections, "seconds": seconds, "largest_process_mib": max(peaks),
    "processor_seconds": sum(each.ru_utime + each.ru_stime for each in times),
}))
"""


def move(source: Path, target: Path, seconds: int) -> None:
    """Copy a capture, with all packets later by some seconds."""
    data = bytearray(source.read_bytes())
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    time_and_length = struct.Struct(f"{order}I4xI")
    second = struct.Struct(f"{order}I")
    at = HEAD
    while at + 16 <= len(data):
        when, length = time_and_length.unpack_from(data, at)
        second.pack_into(data, at, when + seconds)
        at += 16 + length
    target.write_bytes(data)


def span(source: Path) -> int:
    """Seconds from the first packet of a capture to its last, rounded up."""
    from tlsinspect import read

    row = read(source, processes=2).captures.iloc[0]
    return int((row["time_end"] - row["time_start"]).total_seconds()) + 1


def ingest(captures: list[Path], store: Path, workers: int) -> dict[str, float]:
    """One ingestion, in a process of its own."""
    command = [sys.executable, "-P", "-c", PROGRAM, str(store), str(workers), *map(str, captures)]
    said: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return said


def run(copies: list[tuple[Path, int]], workload: Path, folder: Path, workers: int, at_a_time: int) -> dict[str, float]:
    """The ingestion of copies, each with its seconds to be moved by, into a new store; those already there stay."""
    store = folder / "store"
    shutil.rmtree(store, ignore_errors=True)
    sums: dict[str, float] = {}
    for first in range(0, len(copies), at_a_time):
        batch = copies[first : first + at_a_time]
        for path, seconds in batch:
            if not path.exists():
                with ProcessPoolExecutor(1) as pool:  # the peak of what is started here begins with this process's
                    pool.submit(move, workload, path, seconds).result()
        said = ingest([path for path, _ in batch], store, workers)
        for name, value in said.items():
            largest = name == "largest_process_mib"
            sums[name] = max(sums.get(name, 0), value) if largest else sums.get(name, 0) + value
        if at_a_time < len(copies):
            for path, _ in batch:
                path.unlink()
            print(f"{sums['octets'] / 1e9:.1f} GB, {sums['processor_seconds']:.1f} s", file=sys.stderr, flush=True)
    sums["store_octets"] = sum(path.stat().st_size for path in store.rglob("*.parquet"))
    return sums


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description="How ingestion scales.")
    parser.add_argument("workload", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--workers", type=int, nargs="+", default=[2])
    parser.add_argument("--at-a-time", type=int, default=1_000_000)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(1) as pool:
        step = pool.submit(span, options.workload).result() + 1
    copies = [(options.folder / f"copy-{number:04}.pcap", number * step) for number in range(max(options.copies))]
    print("| captures, GB | connections | workers | seconds | processor seconds | largest process, MiB | store, MB |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for count in options.copies:
        for workers in options.workers:
            made = run(copies[:count], options.workload, options.folder, workers, options.at_a_time)
            cells = (
                f"{made['octets'] / 1e9:.2f}", f"{made['connections']:,}", workers, f"{made['seconds']:.1f}",
                f"{made['processor_seconds']:.1f}", f"{made['largest_process_mib']:.0f}",
                f"{made['store_octets'] / 1e6:.1f}",
            )  # fmt: skip
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)


if __name__ == "__main__":
    main()
