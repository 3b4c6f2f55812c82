"""What reading a certificate costs beside the cryptography package, and whether both read the same.

    PYTHONPATH=tests python benchmarks/certificate_readers.py CAPTURE ...

Takes every distinct certificate of the captures; a file that is no capture is passed over. The package's reader is that
of the tests, with ours for what it refuses. Both read all certificates in turn, five times, and the best time counts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from hashlib import sha1, sha256
from typing import Any

from certificates.second_reader import REFUSALS, parse_strictly

import tlsinspect
from tlsinspect.certificates import CertificateFacts, parse_certificate

TURNS = 5


def read_with_package(der: bytes) -> CertificateFacts:
    """The facts as the package has them; ours where it refuses."""
    try:
        facts: dict[str, Any] = parse_strictly(der)
    except REFUSALS:
        return parse_certificate(der)
    return CertificateFacts(sha256(der).hexdigest(), sha1(der).hexdigest(), **facts)


def collect(paths: Iterable[str]) -> list[bytes]:
    """Every distinct certificate of the captures."""
    found: dict[str, bytes] = {}
    for path in paths:
        try:
            found.update(tlsinspect.read(path).reading.context.certificates)
        except tlsinspect.CaptureError:
            print(f"{path}: no capture", file=sys.stderr)
    return list(found.values())


def microseconds(read: Callable[[bytes], CertificateFacts], certificates: list[bytes]) -> float:
    """Processor time for each."""
    started = time.process_time()
    for der in certificates:
        read(der)
    return (time.process_time() - started) / len(certificates) * 1e6


def main() -> None:
    """Measure and print."""
    certificates = collect(sys.argv[1:])
    refused = different = 0
    for der in certificates:
        try:
            parse_strictly(der)
        except REFUSALS:
            refused += 1
        else:
            different += parse_certificate(der) != read_with_package(der)
    print(f"{len(certificates):,} certificates, {refused} that the package refuses, {different} read differently")
    turns = [(microseconds(parse_certificate, certificates), microseconds(read_with_package, certificates))
             for _ in range(TURNS)]  # fmt: skip
    ours, package = map(min, zip(*turns, strict=True))
    print(f"{ours:.0f} microseconds each, by the package {package:.0f}")


if __name__ == "__main__":
    main()
