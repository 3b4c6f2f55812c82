"""What it costs to compare RSA moduli with each other: python benchmarks/common_primes.py [COUNT ...] [--bits 2048]

Makes so many random odd numbers, compares them in a process of its own, and prints processor seconds and the peak of
that process. What numbers have in common makes no difference to the time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from random import Random

COUNTS = (256, 1024, 4096, 16384)


def measure(arguments: tuple[int, int]) -> tuple[float, float]:
    """Processor seconds of a comparison, and the most memory of this process in MB."""
    from tlsinspect.findings.common_primes import shared_factors

    count, bits = arguments
    random = Random(1)
    moduli = [random.getrandbits(bits) | 1 | 1 << (bits - 1) for _ in range(count)]
    started = time.process_time()
    shared_factors(moduli)
    return time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts", type=int, nargs="*", default=COUNTS)
    parser.add_argument("--bits", type=int, default=2048)
    options = parser.parse_args()
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for count in options.counts:
            seconds, peak = pool.apply(measure, ((count, options.bits),))
            print(f"{count:8,} moduli of {options.bits} bits {seconds:8.2f} s {peak:8.0f} MB")


if __name__ == "__main__":
    main()
