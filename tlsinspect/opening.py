"""What a person names -> a reading of it, by one process or several; and the words of a command line for the same."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from .arguments import Path, check_kind, check_overlap, check_processes, list_paths
from .capture import STANDARD_INPUT, find_captures, order_captures
from .errors import CaptureError
from .reading import Progress, Reading, Request, total_size
from .wire.limits import DEFAULT_LIMITS, MEANINGS, Limits

if TYPE_CHECKING:
    from .filters.compile import Filter
    from .parallel import ParallelReading

TLS_PORTS = frozenset({443, 8443})
PARALLEL_MINIMUM = 32 << 20  # octets; below it starting processes costs more than they save

Overlap = Literal["first", "last"]

LIMITS_GIVEN = "limits are tlsinspect.Limits, such as tlsinspect.Limits(messages=99)"


def open_reading(
    captures: Path | Iterable[Path],
    ports: Iterable[int],
    wanted: Iterable[str],
    progress: Progress | None = None,
    processes: int = 1,
    overlap: Overlap = "first",
    limits: Limits = DEFAULT_LIMITS,
    where: Filter | None = None,
    streamed: bool = False,
    encoded: bool = False,
) -> Reading | ParallelReading:
    """Find the captures and prepare one pass over them, shared by processes where that pays.

    `streamed` and `encoded`: see Request. Raises ValueError for an `overlap` that is neither "first" nor "last", and
    for fewer than one of `processes`.
    """
    check_overlap(overlap)
    check_processes(processes)
    check_kind(limits, Limits, LIMITS_GIVEN)
    passed_over: list[CaptureError] = []
    sources = order_captures(find_captures(list_paths(captures), passed_over))
    request = Request(sources, frozenset(ports), tuple(wanted), overlap == "last", limits, where, streamed, encoded)
    reading: Reading | ParallelReading
    if processes > 1 and (total_size(sources) or 0) >= PARALLEL_MINIMUM:
        from .parallel import ParallelReading  # multiprocessing is dear to import, and small captures need none

        reading = ParallelReading(request, progress, processes)
    else:
        reading = Reading(request, progress)
    reading.totals.copies = [(copy, source.path) for source in sources for copy in source.copies]
    reading.totals.passed_over = [(error.path, error.reason) for error in passed_over]
    return reading


def command_arguments(names: Sequence[str], ports: Iterable[int], overlap: str, limits: Limits) -> str:
    """The captures and options of a reading as words of a command line, options only where they are not the default."""
    words = [f"./{name}" if name.startswith("-") and name != STANDARD_INPUT else name for name in names]
    if frozenset(ports) != TLS_PORTS:
        words += ["--ports", ",".join(map(str, sorted(ports)))]
    if overlap != "first":
        words += ["--overlap", overlap]
    for name in MEANINGS:
        if getattr(limits, name) != getattr(DEFAULT_LIMITS, name):
            words += ["--limit", f"{name}={getattr(limits, name)}"]
    return shlex.join(words)
