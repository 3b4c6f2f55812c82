"""Where the time goes: the share of each stage in one export of the connections table.

    python benchmarks/stages.py mixed.pcap
    PYTHONPATH=. python benchmarks/stages.py mixed.pcap --markdown docs/benchmarks.md

Clocks are put around the calls from one stage into the next, in a process that shares its
work with no other. The clocks cost a little: what counts are the shares.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from results import put_between_markers

from tlsinspect.export import open_writer
from tlsinspect.opening import TLS_PORTS, open_reading
from tlsinspect.reading import without_cyclic_collection
from tlsinspect.tables import arrow_schema
from tlsinspect.wire import record

STAGES = {
    "read": "read the file, in blocks",
    "walk": "packets, TCP streams, TLS messages",
    "connections": "connections and fingerprints",
    "certificates": "certificates",
    "tables": "tables",
    "write": "write Parquet",
}

Result = TypeVar("Result")


class Clock:
    """Seconds by stage; the time of a stage inside another counts for the inner one only."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.stages = ["walk"]
        self.since = time.perf_counter()

    def switch(self) -> None:
        """Count the time since the last switch for the present stage."""
        now = time.perf_counter()
        self.seconds[self.stages[-1]] += now - self.since
        self.since = now

    def timed(self, stage: str, function: Callable[..., Result]) -> Callable[..., Result]:
        """The function, with its time counted for a stage."""

        def run(*arguments: Any) -> Result:
            self.switch()
            self.stages.append(stage)
            try:
                return function(*arguments)
            finally:
                self.switch()
                self.stages.pop()

        return run

    def timed_blocks(self, blocks: Callable[[], Iterator[bytes]]) -> Callable[[], Iterator[bytes]]:
        """A capture's blocks, with the time to read each counted."""
        following = self.timed("read", next)

        def run_blocks() -> Iterator[bytes]:
            open_blocks = blocks()
            while (block := following(open_blocks, None)) is not None:
                yield block

        return run_blocks


class TimedBuilder:
    """A ConnectionBuilder under the clock."""

    def __init__(self, builder: Any, clock: Clock) -> None:
        self.builder = builder
        self.build = clock.timed("connections", builder.build)

    def __getattr__(self, name: str) -> Any:
        """Everything but `build` is the builder's."""
        return getattr(self.builder, name)


def time_stages(capture: Path) -> dict[str, float]:
    """Seconds by stage of an export of the connections table to a temporary Parquet file."""
    one_pass: Any = open_reading(capture, TLS_PORTS, ["connections"], streamed=True, encoded=True)
    clock = Clock()
    for source in one_pass.sources:
        source.blocks = clock.timed_blocks(source.blocks)
    one_pass.builder = TimedBuilder(one_pass.builder, clock)
    one_pass.context.leaf = clock.timed("certificates", one_pass.context.leaf)
    one_pass.hold = clock.timed("tables", one_pass.hold)
    one_pass.build_connections = clock.timed("tables", one_pass.build_connections)
    with tempfile.TemporaryFile() as out, without_cyclic_collection():
        writer = open_writer("parquet", out, arrow_schema("connections"))
        write = clock.timed("write", writer.write)
        for batch in one_pass:
            write(batch.rows)
        clock.timed("write", writer.close)()
    clock.switch()
    return clock.seconds


def write_stages(capture: Path, seconds: dict[str, float]) -> str:
    """A Markdown table: each stage's share and seconds."""
    whole = sum(seconds.values())
    variant = "pure Python" if str(record.__file__).endswith(".py") else "compiled"
    lines = [
        f"`{capture.name}`, {capture.stat().st_size / 1e6:,.0f} MB, {variant}:",
        "",
        "| stage | share | seconds |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {name} | {seconds[stage] / whole:.0%} | {seconds[stage]:.2f} |" for stage, name in STAGES.items()]
    return "\n".join(lines)


def main() -> None:
    """Time, print, and put the table on a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", type=Path, nargs="+", metavar="CAPTURE")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="put the tables between the markers of this file")
    arguments = parser.parse_args()
    text = "\n\n".join(write_stages(capture, time_stages(capture)) for capture in arguments.captures)
    print(text)
    if arguments.markdown:
        put_between_markers(arguments.markdown, "stages", text)


if __name__ == "__main__":
    main()
