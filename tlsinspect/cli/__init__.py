"""The command line: thin doors. Options -> one call of the library -> print -> exit status.

Exit status: 0; 1 where --strict meets damage, check a failure at or above --fail-on, verify a
difference without a known reason, or case verify something that does not hold; 2 for a mistake
in the command, a file that cannot be read or output that cannot be written; 130 after Ctrl-C with nothing to show;
141 where whoever read standard output has gone, as head does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from importlib import import_module
from itertools import chain
from typing import Any, TextIO, cast

import click

from .. import __version__
from ..errors import INTERRUPTED

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start a thread per core for what nothing here does
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # the others hold a sixth more

UNREAD = 141  # as a shell reports a program that SIGPIPE ended
ALONE = "alone"  # what a context has for an object where the process is the command's own

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
PIVOTS = ("hosts", "names", "certificates", "fingerprints", "beacons", "timeline")

SECTIONS: dict[str, tuple[str, ...]] = {
    "See": ("summary", "answers", "show", "report", "chart", "adoption"),
    "Judge": ("findings", "validate", "check", "whatif", "quantum"),
    "Pivot and compare": (*PIVOTS, "diff", "verify"),
    "Collect": ("ingest", "watch", "live", "sql"),
    "Hand over": ("export", "extract", "case"),
    "Set up": ("limits", "completion"),
}
NAMES = tuple(chain.from_iterable(SECTIONS.values()))


class Commands(Mapping[str, click.Command]):
    """The commands of SECTIONS by name, each imported when it is asked for: all together take longer than one works."""

    def __getitem__(self, name: str) -> click.Command:
        if name not in NAMES:
            raise KeyError(name)
        if name in PIVOTS:
            return cast("click.Command", import_module(".pivots", __name__).PIVOT_COMMANDS[name])
        return cast("click.Command", getattr(import_module(f".{name}", __name__), name))

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


@contextmanager
def endings() -> Iterator[None]:
    """Ctrl-C, and an output that nobody reads any more, end with their own exit status.

    click would give 1 for both, which says of some commands what they found.
    """
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        forget_output(sys.stdout)
        sys.exit(UNREAD)


def forget_output(stream: TextIO) -> None:
    """Let what is still buffered for standard output, or error, go nowhere: there it cannot go."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class SectionedGroup(click.Group):
    """Commands listed by what they are for, each list in the order in which they are usually wanted."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Understand the command line, as every group does."""
        with endings():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named, as every group does."""
        with endings():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a list of commands for each of SECTIONS."""
        width = formatter.width - 6 - max(map(len, self.commands))
        for title, names in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(width)) for name in names])


@click.group(cls=SectionedGroup, context_settings=CONTEXT)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def main() -> None:
    """What TLS is in a packet capture: versions, ciphers, names, certificates, and the proof.

    \b
    Examples:
      tlsinspect summary capture.pcapng
      tlsinspect answers capture.pcapng
      tlsinspect show capture.pcapng www.example
      tlsinspect report captures/ -o reports/march
      tlsinspect extract capture.pcapng --connection www.example -o one.pcapng
      tlsinspect export capture.pcap.gz --table certificates --format csv
    """


main.commands = cast("MutableMapping[str, click.Command]", Commands())
