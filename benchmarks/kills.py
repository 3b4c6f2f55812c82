"""Ingestion killed at random moments, for as long as is asked: is anything lost, doubled or left behind.

    python benchmarks/kills.py CAPTURE.pcap FOLDER --minutes 5

CAPTURE is a classic pcap file. It is cut into files as one capture point would have rotated them, and ingested by one
or two runs at once, of one or two processes each. Each is killed with SIGKILL at a random moment, one time in three
without its worker processes, which then go on as orphans; until a run is left alone and ends. After every kill the
connections of the store are compared with those before it, at the end every table with that of a store that nobody
disturbed, and the files with those that the records name. Exit status 1 where anything differs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import signal
import struct
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from tlsinspect import Store, ingest
from tlsinspect.store.sink import STORED

HEAD = 24
STEP_OCTETS = 1 << 18
CONTEXT = multiprocessing.get_context("forkserver")  # what is imported once starts quickly


def rotate(source: Path, folder: Path, count: int) -> list[Path]:
    """A capture in `count` files of about the same size."""
    data = source.read_bytes()
    length = struct.Struct("<8xI" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">8xI")
    folder.mkdir()
    paths, begin, at = [], HEAD, HEAD
    while at + 16 <= len(data):
        at += 16 + length.unpack_from(data, at)[0]
        if at - begin > len(data) // count or at + 16 > len(data):
            paths.append(folder / f"point-{len(paths):04}.pcap")
            paths[-1].write_bytes(data[:HEAD] + data[begin:at])
            begin = at
    return paths


def run(store: Path, workers: int, paths: list[Path]) -> None:
    """A run, in a process group of its own."""
    os.setsid()
    ingest(paths, store, workers=workers, step_octets=STEP_OCTETS)


def start(store: Path, workers: int, paths: list[Path]) -> Any:
    """A process that runs."""
    process = CONTEXT.Process(target=run, args=(store, workers, paths))
    process.start()
    return process


def tables(store: Path) -> dict[str, pa.Table]:
    """What the store has, in one order; certificates, staples and ports have rows by step, and are counted."""
    read = Store(store).inspection()
    found = {name: read.arrow(name) for name in ("connections", "messages", "alerts", "ports")}
    problems = read.arrow("problems").to_pylist()
    return found | {"problems": pa.table({"row": sorted(str(sorted(row.items(), key=str)) for row in problems)})}


def files(store: Path) -> set[str]:
    """The files of a store, but for claims of runs that were killed before they began."""
    return {path.relative_to(store).as_posix() for path in store.rglob("*") if path.is_file() and path.stat().st_size}


def disturb(store: Path, paths: list[Path], chance: random.Random, seconds: float) -> tuple[int, int]:
    """Kill runs until one or two may end; returns how many were killed, and how many of them without their workers."""
    killed = orphaned = 0
    before: set[str] = set()
    for _ in range(chance.randrange(3, 12)):
        runs = [start(store, chance.choice((1, 1, 1, 2)), paths) for _ in range(chance.randrange(1, 3))]
        for each in runs:
            time.sleep(chance.uniform(0, seconds / len(runs)))
            alone = chance.random() < 1 / 3
            if each.is_alive():
                with suppress(ProcessLookupError):
                    (os.kill if alone else os.killpg)(each.pid, signal.SIGKILL)
                    killed += 1
                    orphaned += alone
            each.join()
        if (store / "store.json").exists():
            rows = Store(store).dataset("connections").to_table(columns=["connection_id", "ja3", "time_start"])
            now = set(rows["connection_id"].to_pylist())
            if not before <= now or len(now) != len(rows):
                sys.exit(f"lost: {len(before - now)}, doubled: {len(rows) - len(now)}")
            before = now
    return killed, orphaned


def settle(store: Path, paths: list[Path]) -> None:
    """Let a run end, and another one remove what is left once orphans have ended too."""
    for _ in range(60):
        process = start(store, 1, paths)
        process.join()
        if process.exitcode:
            sys.exit(f"{store}: a run that nobody disturbed ended with {process.exitcode}")
        if files(store) == set(Store(store).catalogue.files()):
            return
        time.sleep(0.5)
    sys.exit(f"left behind: {sorted(files(store) - set(Store(store).catalogue.files()))}")


def main() -> None:
    """Go on for the minutes asked for, and print what was done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("capture", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--files", type=int, default=12, help="files that the capture is cut into")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)
    CONTEXT.set_forkserver_preload(["tlsinspect.store.strand", "pyarrow.dataset", "pandas"])
    paths = rotate(chosen.capture, chosen.folder / "captures", chosen.files)
    begin = time.monotonic()
    settle(chosen.folder / "whole", paths)  # which has everything in the page cache, too
    again = time.monotonic()
    start(chosen.folder / "again", 1, paths).join()
    seconds = time.monotonic() - again
    whole = tables(chosen.folder / "whole")
    assert STORED[0] in whole
    stores = kills = orphans = 0
    print(f"seed {chosen.seed}: a run that nobody disturbs takes {seconds:.1f} s", flush=True)
    while time.monotonic() - begin < chosen.minutes * 60:
        store = chosen.folder / f"store-{stores}"
        killed, orphaned = disturb(store, paths, chance, seconds)
        settle(store, paths)
        for name, table in tables(store).items():
            if not table.equals(whole[name]):
                sys.exit(f"{store}: {name} differs")
        shutil.rmtree(store)
        stores, kills, orphans = stores + 1, kills + killed, orphans + orphaned
        print(f"{stores} stores, {kills} runs killed, {orphans} of them without their workers: the same", flush=True)


if __name__ == "__main__":
    main()
