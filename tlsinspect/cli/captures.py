"""What the options of a command name -> an inspection: captures read with a bar, or days of a store; what went wrong.

What is odd about the captures, and how many connections a filter selects, is said on standard error.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from ..errors import INTERRUPTED, StoreError, TlsInspectError
from .output import progress_bar, tell

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd
    import pyarrow as pa

    from ..anonymise import Pseudonyms
    from ..indicators import Indicators
    from ..inspection import Inspection
    from ..store import Store
    from ..tables.starts import Start
    from ..totals import Totals
    from ..validation import AsOf, Trust
    from .options import Captures


def inspect(captures: Captures, messages: bool = False) -> Inspection:
    """Read the captures with a progress bar, warn of what went wrong, and say how many connections `where` selects.

    `messages` are read where the command tells of them, or of when they came.
    """
    store = named_store(captures.names)
    if store is not None:
        return inspect_store(store, captures)
    from ..inspection import read

    names, ports, processes, overlap, limits, *_ = captures
    where = within_days(captures)
    with progress_bar() as progress:
        inspection = read(names, ports, progress, processes, overlap, limits, where, messages)
    warn(inspection.reading.totals)
    if where:
        tell_selection(inspection.reading.totals)
    return inspection


def within_days(captures: Captures) -> str:
    """The filter of the connections that are asked for: those of `where` that start within the days."""
    where, since, until = captures.where, captures.since, captures.until
    parts = [f"({where})"] if where and (since or until) else [where] if where else []
    if since:
        parts.append(f"time_start >= '{since}'")
    if until:
        parts.append(f"time_start < '{until + timedelta(days=1)}'")
    return " and ".join(parts)


def named_store(names: tuple[str, ...]) -> Store | None:
    """The store that is named instead of captures; raises StoreError where it is named beside others."""
    if not any(might_be_store(name) for name in names):
        return None
    from ..store import is_store, open_store

    stores = [name for name in names if might_be_store(name) and is_store(name)]
    if not stores:
        return None
    if len(names) > 1:
        raise StoreError(stores[0], "is a store: name it alone, or ingest the other captures into it")
    return open_store(stores[0])


def might_be_store(capture: str) -> bool:
    """Whether it is worth asking what knows stores: importing that takes longer than a look."""
    from ..capture import STORE_FILE

    return "://" in capture or os.path.isfile(os.path.join(capture, STORE_FILE))  # noqa: PTH113, PTH118


def inspect_store(store: Store, captures: Captures) -> Inspection:
    """Open some days of a store, warn of what is not complete, and say how many connections `where` selects."""
    inspection = store.inspection(captures.since, captures.until, captures.where)
    inspection.processes = captures.processes
    warn_of_store(store, len(inspection.reading.totals.damage), captures.since, captures.until)
    if captures.where:
        inspection.on_demand("connections")  # which counts what it selects
        tell_selection(inspection.reading.totals)
    return inspection


def warn_of_store(store: Store, damaged: int, since: date | None, until: date | None) -> None:
    """Say on standard error that captures or connections of these days are missing, and how many are damaged."""
    missing = store.unfinished()
    if missing:
        those = "1 capture is" if missing == 1 else f"{missing:,} captures are"
        tell(
            f"warning: {store.url}: {those} not ingested to the end, so that connections are missing; "
            "'tlsinspect ingest' goes on with them"
        )
    if (since or until) and not store.rows("connections", since, until):
        days = store.days()
        last = f" to {days[-1]}" if len(days) > 1 else ""
        others = f"it has those of {days[0]}{last}" if days else "it has none"
        tell(f"warning: {store.url}: no connection starts on these days; {others}")
    if damaged:
        those = "1 capture is" if damaged == 1 else f"{damaged:,} captures are"
        tell(f"warning: {those} damaged: tlsinspect export --table problems says how")


def warn(totals: Totals) -> None:
    """Say on standard error what is wrong with the files, which are not read, and that Ctrl-C cut the reading short."""
    for capture, error in totals.damage:
        tell(f"warning: {capture}: {error}; what comes before it was read")
    for path, reason in totals.passed_over:
        tell_passed_over(f"{path}: {reason}")
    for copy, original in totals.copies:
        tell(f"{copy}: a copy of {original}, which is read once")
    if totals.interrupted:
        if not any(row["packets"] for row in totals.captures):
            sys.exit(INTERRUPTED)
        tell_interruption()


def are_several(inspection: Inspection) -> bool:
    """Whether several captures were read, so that the number of a packet alone leads nowhere."""
    return bool(inspection.on_demand("captures").num_rows > 1)


def starts_told(inspection: Inspection, ids: pa.ChunkedArray) -> dict[str, Start]:
    """Where each of these connections starts, to tell their packets with; none where there is but one capture."""
    from ..tables.starts import starts_of

    return starts_of(inspection.on_demand("connections"), ids) if are_several(inspection) else {}


def tell_passed_over(*files: object) -> None:
    """Say on standard error of files that they are passed over, and why."""
    for file in files:
        tell(f"warning: {file}; it is passed over")


def tell_interruption() -> None:
    """Say on standard error that Ctrl-C cut the reading short."""
    tell("interrupted; this is what was read until then")


def tell_selection(totals: Totals) -> None:
    """Say on standard error how many connections were selected."""
    from ..statistics.wording import number_text

    tell(f"{totals.selected:,} of {number_text(totals.listed, 'connection')} selected")


def exit_status(totals: Totals, strict: bool) -> int:
    """1 where --strict was given and a capture is damaged, else 0."""
    return 1 if strict and totals.damage else 0


def find_named(inspection: Inspection, text: str) -> pd.DataFrame:
    """The rows of the connections that a text names; raises TlsInspectError where it names none."""
    found = inspection.find_connections(text)
    if found.empty:
        raise TlsInspectError(
            f"{text!r} is no packet that completes a message, no id, server name or address in the captures; "
            f"{advice_on(inspection, text)}"
        )
    return found


def advice_on(inspection: Inspection, text: str) -> str:
    """What to name instead of a text that names no connection."""
    from ..story.find import nearest_packets, similar_names

    packets = [] if are_several(inspection) else nearest_packets(inspection, text)
    if packets:
        return f"the nearest that does is packet {' or '.join(map(str, packets))}"
    names = similar_names(inspection, text)
    if names:
        return f"did you mean {', '.join(names)}?"
    return "'tlsinspect names' and 'tlsinspect hosts' list what there is"


def chosen_trust(trusted: tuple[str, ...], trust_only: bool, trust_as_of: AsOf) -> Trust:
    """What the options name; raises TrustError for what cannot be read."""
    if trust_only and not trusted:
        raise click.UsageError("--trust-only leaves nothing to trust: name a file or folder with --trust")
    from ..validation import load_trust

    return load_trust(trusted, trust_only, trust_as_of)


def read_lists(lists: tuple[str, ...]) -> Indicators:
    """Read lists of indicators, and say on standard error what of each is used and what is not."""
    from ..indicators import read_indicators
    from ..statistics.wording import number_text

    indicators = read_indicators(lists)
    for each in indicators.lists:
        unused = "".join(f"; {count:,} not used: {reason}" for reason, count in each.unused.items())
        tell(f"{each.name}: {number_text(each.used, 'indicator')} ({each.format}){unused}")
    return indicators


def open_pseudonyms(key_file: str) -> Pseudonyms:
    """The pseudonyms of a key file; says on standard error where a new key was made."""
    from ..anonymise import Pseudonyms, load_key

    key, made = load_key(key_file)
    if made:
        tell(f"{key_file}: a new key; who has it can find out what is behind the pseudonyms, so keep it to yourself")
    return Pseudonyms(key)


def shared(inspection: Inspection, key_file: str | None) -> Inspection:
    """What is shown of an inspection: all, or with a key file pseudonyms."""
    if key_file is None:
        return inspection
    from ..anonymise import anonymise

    return anonymise(inspection, open_pseudonyms(key_file))
