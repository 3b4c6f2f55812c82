"""Measures `tlsinspect adoption` on many stored connections: python benchmarks/adoption_time.py FOLDER [CONNECTIONS]

Makes, where it is not there yet, a year of connections in FOLDER, in files by day as a store has them: the rows of
the sample captures again and again, with other times, clients, servers and names. Then counts them by month and
draws the page, in a process of its own, and prints for both: seconds of the processor and of the clock, and the most
memory held. Other programs on the machine lengthen the clock's seconds, and the processor's a little.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from numpy.random import Generator, default_rng

import tlsinspect
from tlsinspect.export.parquet import ParquetWriter
from tlsinspect.looks import add_looks
from tlsinspect.looks.encode import Encoder

SAMPLES = Path(__file__).resolve().parent.parent / "captures"
CONNECTIONS = 10_000_000
DAYS, FIRST_DAY = 365, date(2025, 1, 1)
PROCESSES = os.cpu_count() or 1
CLIENTS, SERVERS, SEED = 5_000, 2_000, 1
DAY_NS = 86_400 * 10**9


def make_store(folder: Path, connections: int) -> None:
    """Write connections by day, and the certificates; days that are there already are kept."""
    inspection = tlsinspect.read([SAMPLES / "demo.pcapng", SAMPLES / "handshakes"])
    base, certificates = (inspection.arrow(name) for name in ("connections", "certificates"))
    (folder / "certificates").mkdir(parents=True, exist_ok=True)
    pq.write_table(certificates, folder / "certificates" / "part.parquet")
    chance = default_rng(SEED)
    rows = base
    for number in range(DAYS):
        if number % 30 == 0:  # the mix of a month
            rows = base.take(pa.array(chance.integers(0, base.num_rows, -(-connections // DAYS)))).combine_chunks()
        day = FIRST_DAY + timedelta(days=number)
        path = folder / "connections" / f"day={day}" / "part.parquet"
        if not path.exists():
            path.parent.mkdir(parents=True)
            write_day(path, rows, day, chance)


def write_day(path: Path, rows: pa.Table, day: date, chance: Generator) -> None:
    """Write the connections of a day: few clients and servers have most of them."""
    number = rows.num_rows
    times = (day - date(1970, 1, 1)).days * DAY_NS + np.sort(chance.integers(0, DAY_NS, number))
    client, server = (np.minimum(chance.zipf(1.2, number) - 1, most - 1) for most in (CLIENTS, SERVERS))
    changed = {
        "time_start": pa.array(times).cast(pa.timestamp("ns", "UTC")),
        "client_ip": pick("10.0.{}.{}", CLIENTS, client),
        "server_ip": pick("198.18.{}.{}", SERVERS, server),
        "server_name": pick("host-{}-{}.example", SERVERS, server),
    }
    for name, values in changed.items():
        rows = rows.set_column(rows.schema.get_field_index(name), name, values)
    with path.open("wb") as out:
        encoder = Encoder()
        parts = [add_looks(part, encoder) for part in rows.combine_chunks().to_batches(max_chunksize=16_384)]
        writer = ParquetWriter(out, parts[0].schema)
        for part in parts:
            writer.write(part)
        writer.close()


def pick(form: str, most: int, places: Any) -> pa.Array:
    """Texts by number."""
    names = pa.array([form.format(number // 250, number % 250 + 1) for number in range(most)])
    return names.take(pa.array(places))


def measure(told: str, work: Callable[[], Any]) -> Any:
    """Do something and print what it cost."""
    processor, clock = processor_seconds(), time.perf_counter()
    done = work()
    cost = processor_seconds() - processor, time.perf_counter() - clock
    own, worker = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(
        f"{told}: {cost[0]:.1f} s of processor, {cost[1]:.1f} s of clock; so far at most {own:,.0f} MB, "
        f"and {worker:,.0f} MB in one worker process",
        flush=True,
    )
    return done


def processor_seconds() -> float:
    """What this process, and its workers that ended, have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def run(folder: Path) -> None:
    """Count and draw."""
    from tlsinspect.adoption import count_adoption
    from tlsinspect.report.adoption import write_adoption

    days = ds.partitioning(pa.schema([("day", pa.date32())]), flavor="hive")
    connections = ds.dataset(folder / "connections", partitioning=days)
    certificates = ds.dataset(folder / "certificates")
    print(f"{connections.count_rows():,} connections")
    adoption = measure("counting", lambda: count_adoption(connections, certificates, "month", processes=PROCESSES))
    measure("page and charts", lambda: write_adoption(adoption, folder / "adoption", processes=PROCESSES))


def main() -> None:
    """Make what is missing, then measure in a fresh process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("connections", type=int, nargs="?", default=CONNECTIONS)
    asked = parser.parse_args()
    make_store(asked.folder, asked.connections)
    process = multiprocessing.get_context("spawn").Process(target=run, args=(asked.folder,))
    process.start()
    process.join()
    sys.exit(process.exitcode)


if __name__ == "__main__":
    main()
