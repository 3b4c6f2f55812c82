"""What a filter on stored connections costs, with its hint and without: python benchmarks/store_filters.py FOLDER

FOLDER is one that benchmarks/adoption_time.py has made. Selects by some filters and reads three more columns of the
rows selected, each in a process of its own, once as a store does and once without passing over anything. Prints the
rows, processor seconds and the most memory held.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from pathlib import Path

FILTERS = {
    "18 hours": "time_start >= '2025-06-10T03:00:00' and time_start < '2025-06-10T21:00:00'",
    "a name nobody asked for": "server_name == 'zz.example'",
    "anywhere": "client_ip in '10.0.0.0/24' and version == 0x0301",
}
READ = ("connection_id", "server_name", "version_name")


def measure(arguments: tuple[str, str, bool]) -> tuple[int, float, float]:
    """Rows selected, processor seconds, and the most memory of this process in MB."""
    import pyarrow.dataset as ds
    from pyarrow.fs import LocalFileSystem

    from tlsinspect.filters.compile import Filter
    from tlsinspect.store.on_demand import ColumnsOnDemand
    from tlsinspect.store.store import dataset_schema, guarantee

    folder, text, hinted = arguments
    started = time.process_time()
    files = sorted(Path(folder, "connections").glob("day=*/*.parquet"))
    connections = ds.FileSystemDataset.from_paths(
        [str(file) for file in files],
        schema=dataset_schema("connections"),
        format=ds.ParquetFileFormat(),
        filesystem=LocalFileSystem(),
        partitions=[guarantee("connections", file.parent.name.removeprefix("day=")) for file in files],
    )
    where = Filter(text)
    if not hinted:
        where.hint = None
    rows = ColumnsOnDemand(connections, where).select(READ)
    return len(rows), time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    folder = parser.parse_args().folder
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for name, text in FILTERS.items():
            for hinted in (False, True):
                rows, seconds, peak = pool.apply(measure, ((folder, text, hinted),))
                how = "with its hint" if hinted else "without"
                print(f"{name:24} {how:14} {rows:10,} rows {seconds:8.2f} s {peak:8.0f} MB")


if __name__ == "__main__":
    main()
