"""What commands take of captures of several sizes: python benchmarks/commands.py CAPTURE... [--only report]

    python benchmarks/commands.py hs4k.pcap hs20k.pcap handshakes.pcap --only summary --only findings
    python benchmarks/commands.py handshakes.pcap --markdown docs/benchmarks.md

Each command is a process of its own with tlsinspect's defaults, so that workers read large captures. Seconds are those
that pass, and in brackets those of processors, the workers' too; memory is the peak of the largest process; the page is
what a report writes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from measure import KIBIBYTE, MEGABYTE, say, size_of
from programs import ENVIRONMENT
from results import put_between_markers

COMMANDS: dict[str, tuple[str, ...]] = {
    "summary": (),
    "answers": (),
    "findings": (),
    "validate": (),
    "hosts": (),
    "names": (),
    "certificates": (),
    "fingerprints": (),
    "beacons": (),
    "timeline": (),
    "quantum": (),
    "check": ("--policy", "bcp195", "--fail-on", "never"),
    "whatif": ("--policy", "mozilla-modern"),
    "export": ("--format", "eve"),
    "report": ("-o", "report"),
}
"""Commands, and their options."""


@dataclass(frozen=True)
class Took:
    """Seconds by the clock and of processors, megabytes of the largest process, octets of the page that was written."""

    elapsed: float
    seconds: float
    megabytes: float
    page: int


def run(name: str, capture: Path, folder: Path) -> Took:
    """Run a command once; raises CalledProcessError where it fails."""
    words = [sys.executable, "-P", "-m", "tlsinspect", name, str(capture), *COMMANDS[name]]
    begun = time.perf_counter()
    with subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, env=ENVIRONMENT
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    page = folder / "report" / "index.html"
    return Took(
        elapsed,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * KIBIBYTE / MEGABYTE,
        page.stat().st_size if name == "report" else 0,
    )


def render(sizes: Sequence[tuple[Path, int]], took: dict[str, list[Took]]) -> str:
    """A table in Markdown: a row for each command, two columns for each capture."""
    titles = [f"{capture.stem}, {count:,} connections" for capture, count in sizes]
    lines = ["| command | " + " | ".join(titles) + " |", "| --- |" + " ---: |" * len(titles)]
    for name, runs in took.items():
        lines.append(f"| `{name}` | " + " | ".join(map(told, runs)) + " |")
    return "\n".join(lines)


def told(took: Took) -> str:
    """Time, memory and page in a few words."""
    page = f", a page of {took.page / MEGABYTE:.1f} MB" if took.page else ""
    return f"{took.elapsed:.1f} s ({took.seconds:.1f}), {took.megabytes:,.0f} MB{page}"


def main() -> None:
    """Measure, print, and put the table into a document where one is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", type=Path, nargs="+")
    parser.add_argument("--only", action="append", choices=list(COMMANDS), help="one of the commands; several times")
    parser.add_argument("--markdown", type=Path, help="put the table between the markers of this document")
    options = parser.parse_args()
    sizes = [(path.resolve(strict=True), size_of(path, ENVIRONMENT).connections) for path in options.captures]
    took: dict[str, list[Took]] = {}
    for name in options.only or COMMANDS:
        with tempfile.TemporaryDirectory() as folder:
            took[name] = [run(name, capture, Path(folder)) for capture, _ in sizes]
        say(f"{name}: " + "; ".join(map(told, took[name])))
    table = render(sizes, took)
    print(table)
    if options.markdown:
        put_between_markers(options.markdown, "commands", table)


if __name__ == "__main__":
    main()
