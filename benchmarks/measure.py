"""Runs one program on one capture: seconds by the clock, and the most memory that it held."""

from __future__ import annotations

import os
import resource
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from programs import Program

WHOLE_UP_TO = 5_000_000  # octets; smaller captures are given to every program whole
BLOCK = 1 << 22
KIBIBYTE, MEGABYTE = 1024, 1_000_000


SIZE = """
import sys
from tlsinspect import read
found = read(sys.argv[1])
print(sum(found.arrow("captures")["packets"].to_pylist()), len(found.arrow("connections")))
"""


class ProgramError(Exception):
    """A program that ended with another status than 0."""


@dataclass(frozen=True)
class Measured:
    """`seconds` are scaled by `scale` where the program was given a part of the capture.

    `megabytes` are the largest process's. A process starts as a copy of this one, so that no less
    than `floor` megabytes can be told.
    """

    seconds: float
    megabytes: float
    floor: float
    scale: float


@dataclass(frozen=True)
class Size:
    """How many packets a capture has, and how many rows the connections table gets of it."""

    packets: int
    connections: int


def measure(program: Program, capture: Path, output: Path) -> Measured:
    """Run a program once.

    Raises ProgramError, with the end of what it said on standard error.
    """
    given, scale = part_of(capture, program.fraction, output.parent)
    floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    printed = Path(os.devnull) if program.silenced else beside(output, "stdout")
    complaints = beside(output, "stderr")
    with printed.open("wb") as out, complaints.open("wb") as err:
        started = time.perf_counter()
        process = subprocess.Popen(
            program.command(given, output), stdout=out, stderr=err, env=program.environment, cwd=output.parent
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = complaints.read_text(errors="replace").strip().splitlines() or ["nothing"]
        raise ProgramError(f"status {process.returncode}: {said[-1][:200]}")
    return Measured(seconds * scale, usage.ru_maxrss * KIBIBYTE / MEGABYTE, floor * KIBIBYTE / MEGABYTE, scale)


def size_of(capture: Path, environment: dict[str, str]) -> Size:
    """Count a capture, in a process of its own: what this one holds, those that it measures begin with."""
    command = [sys.executable, "-P", "-c", SIZE, str(capture)]
    counted = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    packets, connections = map(int, counted.stdout.split())
    return Size(packets, connections)


def beside(output: Path, stream: str) -> Path:
    """Where a program's standard output or standard error goes."""
    return output.with_name(f"{output.name}.{stream}")


def part_of(capture: Path, fraction: float, folder: Path) -> tuple[Path, float]:
    """The first `fraction` of a large pcap, as a file in `folder`, and how many times it fits into the whole."""
    size = capture.stat().st_size
    if fraction >= 1 or size <= WHOLE_UP_TO:
        return capture, 1.0
    part = folder / f"{capture.stem}-{round(fraction * 100)}-percent.pcap"
    if not part.exists():
        write_part(capture, part, int(size * fraction))
    return part, size / part.stat().st_size


def write_part(capture: Path, part: Path, octets: int) -> None:
    """Copy the packets that begin within the first `octets` of a little-endian pcap."""
    with capture.open("rb") as source, part.open("wb") as target:
        header = source.read(24)
        if header[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
            raise ValueError(f"{capture.name}: only a little-endian pcap file can be divided")
        target.write(header)
        while target.tell() < octets and len(head := source.read(16)) == 16:
            target.write(head + source.read(struct.unpack_from("<I", head, 8)[0]))


def warm(capture: Path) -> None:
    """Read a capture once, so that it is in the page cache for every program."""
    with capture.open("rb") as file:
        while file.read(BLOCK):
            pass


def say(line: str) -> None:
    """Tell what is going on, on standard error."""
    print(line, file=sys.stderr, flush=True)
