"""What a small capture takes, beside the imports that it cannot do without: python benchmarks/start_up.py small.pcap

    python benchmarks/start_up.py small.pcap --rounds 21
    python benchmarks/start_up.py small.pcap --markdown docs/benchmarks.md

Whole processes, which take turns; medians by the clock, and of processor time. Ratios are what counts: seconds on
another machine, or at a busier moment, are other seconds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from programs import ENVIRONMENT, TSHARK_FIELDS
from results import put_between_markers

PANDAS, PARQUET = "import pandas", "import pyarrow.parquet"


@dataclass(frozen=True)
class Command:
    """What is run: `beside` is the import that it is compared with, `most` how many times that it may take."""

    name: str
    arguments: Sequence[str]
    beside: str = PANDAS
    most: float | None = None


@dataclass(frozen=True)
class Took:
    """Seconds of one process: by the clock, and of processors."""

    clock: float
    processor: float


def commands(capture: Path, output: Path) -> list[Command]:
    """What takes turns; tshark where there is one."""

    def own(*words: str) -> list[str]:
        return [sys.executable, "-P", "-m", "tlsinspect", *words]

    fields = [part for name in TSHARK_FIELDS for part in ("-e", name)]
    tshark = ["tshark", "-r", str(capture), "-Y", "tls.handshake", "-T", "fields", *fields]
    return [
        Command(PANDAS, [sys.executable, "-c", PANDAS]),
        Command(PARQUET, [sys.executable, "-c", PARQUET], PARQUET),
        Command("summary", own("summary", str(capture)), PANDAS, 1.4),
        Command("export", own("export", str(capture), "--format", "parquet", "-o", str(output)), PARQUET, 1.8),
        Command("findings", own("findings", str(capture))),
        Command("--help", own("--help")),
        Command("import tlsinspect", [sys.executable, "-P", "-c", "import tlsinspect"]),
        *([Command(f"tshark, {len(TSHARK_FIELDS)} fields", tshark)] if shutil.which("tshark") else []),
    ]


def run(command: Command, folder: Path) -> Took:
    """Run one once; raises CalledProcessError where it fails."""
    started = time.perf_counter()
    with subprocess.Popen(
        command.arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, env=ENVIRONMENT
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        clock = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command.arguments))
    return Took(clock, usage.ru_utime + usage.ru_stime)


def take_turns(asked: Sequence[Command], rounds: int, folder: Path) -> dict[str, Took]:
    """The medians of each after so many rounds, of which one more goes first, to fill the caches."""
    took: dict[str, list[Took]] = {command.name: [] for command in asked}
    for number in range(rounds + 1):
        for command in asked:
            each = run(command, folder)
            if number:
                took[command.name].append(each)
    return {
        name: Took(median(each.clock for each in runs), median(each.processor for each in runs))
        for name, runs in took.items()
    }


def render(asked: Sequence[Command], took: Mapping[str, Took]) -> str:
    """A table in Markdown."""
    lines = [
        "| process | milliseconds | by the clock | processor time | at most |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for command in asked:
        each, other = took[command.name], took[command.beside]
        most = "" if command.most is None else f"{command.most:g} x `{command.beside}`"
        lines.append(
            f"| `{command.name}` | {1000 * each.clock:,.0f} | {each.clock / other.clock:.2f} x `{command.beside}` "
            f"| {each.processor / other.processor:.2f} | {most} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and put the table into a document where one is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--markdown", type=Path, help="put the table between the markers of this document")
    options = parser.parse_args()
    capture = options.capture.resolve(strict=True)
    with tempfile.TemporaryDirectory() as folder:
        asked = commands(capture, Path(folder) / "connections.parquet")
        table = render(asked, take_turns(asked, options.rounds, Path(folder)))
    print(table)
    if options.markdown:
        size = f"`{capture.name}`, {capture.stat().st_size / 1e6:.1f} MB, {options.rounds} rounds:"
        put_between_markers(options.markdown, "start-up", f"{size}\n\n{table}")


if __name__ == "__main__":
    main()
