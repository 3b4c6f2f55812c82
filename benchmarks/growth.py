"""How cost grows: with packets, with connections, with cores, and without compiled modules.

    python benchmarks/growth.py --packets bulk.pcap --connections handshakes.pcap
    python benchmarks/growth.py --packets bulk.pcap --connections handshakes.pcap \\
        --markdown docs/benchmarks.md --picture docs/pictures/growth.svg

Captures are classic pcap files. Each is given in parts, from its first packets to all of it, in the page cache; whole
processes, in turn, the medians of several rounds. Long downloads are many packets in few connections, and say what a
packet costs; handshakes are few packets in many, and say what a connection costs. Without compiled modules only the
smallest parts are read.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from measure import measure, say, size_of, warm, write_part
from parts import Growth, Part
from programs import ROOT, Program, tlsinspect
from results import around_markers, machine, put_between_markers, rounds_of

PARTS = tuple(Fraction(1, 1 << power) for power in range(4, -1, -1))
AXES = ("packets", "connections")
WHOLE, SLOW_UP_TO = PARTS[-1], PARTS[1]  # the largest part that is read, and that without compiled modules


def variants(package: Path | None, cores: int) -> list[tuple[Program, Fraction]]:
    """tlsinspect with one process, with two, four, ... up to one per core, and without compiled modules.

    Beside each stands the largest part that it is given.
    """
    python = sys.executable
    counts = sorted({*(1 << power for power in range(cores.bit_length())), cores})
    compiled = [tlsinspect(named(count), python, package, more=("--processes", str(count))) for count in counts]
    slow = tlsinspect("one process, not compiled", python, ROOT, more=("--processes", "1"))
    return [*((program, WHOLE) for program in compiled), (slow, SLOW_UP_TO)]


def named(processes: int) -> str:
    """What a number of processes is called."""
    return "one process" if processes == 1 else f"{processes} processes"


def measure_growth(
    capture: Path, axis: str, chosen: Sequence[tuple[Program, Fraction]], rounds: int, folder: Path
) -> Growth:
    """Give a capture to all programs, a part at a time; at most one part lies in `folder`."""
    parts = []
    for share in PARTS:
        given = capture
        if share != WHOLE:
            given = folder / f"{capture.stem}-part.pcap"
            write_part(capture, given, int(capture.stat().st_size * share))
        warm(given)
        first, _ = chosen[0]
        part = Part(size_of(given, first.environment))
        for _ in range(rounds):
            for program, largest in chosen:
                if share <= largest:
                    say(f"{capture.stem}, {share} of it: {program.name}")
                    part.runs.setdefault(program.name, []).append(measure(program, given, folder / "connections"))
        parts.append(part)
    return Growth(capture.stem, axis, parts)


def write_growth(growths: Sequence[Growth], names: Sequence[str]) -> str:
    """A Markdown table: a row for each part of each capture and each program that read it."""
    lines = [
        "| capture | packets | connections | read by | seconds | packets/s | connections/s | MB |",
        "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for growth in growths:
        for part in growth.parts:
            packets, connections = part.size.packets, part.size.connections
            for name in names:
                if name in part.runs:
                    seconds = part.seconds(name)
                    lines.append(
                        f"| {growth.name} | {packets:,} | {connections:,} | {name} | {seconds:.2f} "
                        f"| {packets / seconds:,.0f} | {connections / seconds:,.0f} | {part.megabytes(name):,.0f} |"
                    )
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and put the table and the picture where they are wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    option = parser.add_argument
    for axis in AXES:
        option(f"--{axis}", type=Path, required=True, metavar="CAPTURE", help=f"whose {axis} grow")
    option("--rounds", type=int, default=3, help="how often each part is read")
    option("--processes", type=int, default=os.cpu_count() or 1, metavar="N", help="measure with up to so many")
    option("--package", type=Path, metavar="FOLDER", help="folder with the tlsinspect to measure")
    option("--markdown", type=Path, metavar="FILE", help="put the table between the markers of this file")
    option("--picture", type=Path, metavar="FILE", help="draw it as an SVG or PNG")
    options = parser.parse_args()
    if options.markdown:
        around_markers(options.markdown, "growth")  # fails now, and not after an hour of measuring
    chosen = variants(options.package, options.processes)
    try:
        with tempfile.TemporaryDirectory() as folder:
            growths = [
                measure_growth(getattr(options, axis).resolve(strict=True), axis, chosen, options.rounds, Path(folder))
                for axis in AXES
            ]
    except (OSError, ValueError) as error:  # no file, or none that can be divided
        parser.error(str(error))
    names = [program.name for program, _ in chosen]
    setting = f"{rounds_of(options.rounds)}, {machine()}."
    table = f"{setting}\n\n{write_growth(growths, names)}"
    print(table)
    if options.markdown:
        put_between_markers(options.markdown, "growth", table)
    if options.picture:
        from pictures import draw_growth

        from tlsinspect.charts.files import save_drawing

        save_drawing(draw_growth(growths, names, setting), options.picture)


if __name__ == "__main__":
    main()
