"""What judging costs beside reading: python benchmarks/judgement.py CAPTURE [--runs 3]

Reads the capture with one process, then makes the certificates, validation and findings tables, each once, and prints
the processor time of each step as a share of that of reading: the median of the runs, as reading and judging of one run
are done beside the same other programs.
"""

from __future__ import annotations

import argparse
import time
from statistics import median

import tlsinspect

STEPS = ("certificates", "validation", "findings")


def measure(capture: str) -> dict[str, float]:
    """Processor seconds of reading and of each step; connections, certificates and chains that were judged."""
    started = time.process_time()
    inspection = tlsinspect.read(capture)
    connections = inspection.arrow("connections")
    seconds = {"reading": time.process_time() - started}
    for step in STEPS:
        started = time.process_time()
        inspection.arrow(step)
        seconds[step] = time.process_time() - started
    chains = connections["certificate_sha256s"].combine_chunks()
    counts = {
        "connections": len(connections),
        "distinct certificates": len(inspection.arrow("certificates")),
        "distinct chains": len({tuple(chain) for chain in chains.to_pylist() if chain}),
    }
    return {**seconds, **counts}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    runs = [measure(options.capture) for _ in range(options.runs)]
    for name in ("connections", "distinct certificates", "distinct chains"):
        print(f"{name:24} {runs[0][name]:12,.0f}")
    print(f"{'reading':24} {median(run['reading'] for run in runs):12.2f} s")
    for step in STEPS:
        share = median(run[step] / run["reading"] for run in runs)
        print(f"{step:24} {median(run[step] for run in runs):12.2f} s {share:8.1%} of reading")
    total = median(sum(run[step] for step in STEPS) / run["reading"] for run in runs)
    print(f"{'all of judging':24} {'':14} {total:8.1%} of reading")


if __name__ == "__main__":
    main()
