"""The command line: thin doors. Options -> one call of the library -> print -> exit status.

Exit status: 0; 1 where --strict meets damage, check a failure at or above --fail-on, verify a
difference without a known reason, or case verify something that does not hold; 2 for a mistake
in the command or a file that cannot be read; 130 after Ctrl-C with nothing to show.
"""

from __future__ import annotations

import gc
import os
from itertools import chain

import click

from .. import __version__
from .adoption import adoption
from .answers import answers
from .case import case
from .chart import chart
from .check import check
from .completion import completion
from .diff import diff
from .export import export
from .extract import extract
from .findings import findings
from .ingest import ingest
from .limits import limits
from .live import live
from .pivots import PIVOT_COMMANDS
from .quantum import quantum
from .report import report
from .show import show
from .sql import sql
from .summary import summary
from .validate import validate
from .verify import verify
from .watch import watch
from .whatif import whatif

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start a thread per core for what nothing here does

NEW_OBJECTS = 100_000  # between two looks for garbage, of which a command makes next to none

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


SECTIONS: dict[str, tuple[click.Command, ...]] = {
    "See": (summary, answers, show, report, chart, adoption),
    "Judge": (findings, validate, check, whatif, quantum),
    "Pivot and compare": (*PIVOT_COMMANDS, diff, verify),
    "Collect": (ingest, watch, live, sql),
    "Hand over": (export, extract, case),
    "Set up": (limits, completion),
}


class SectionedGroup(click.Group):
    """Commands listed by what they are for, each list in the order in which they are usually wanted."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a list of commands for each of SECTIONS."""
        width = formatter.width - 6 - max(map(len, self.commands))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(str(each.name), each.get_short_help_str(width)) for each in commands])


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
    gc.set_threshold(NEW_OBJECTS)


for command in chain.from_iterable(SECTIONS.values()):
    main.add_command(command)
