"""What the commands share: the captures to read, options, progress, warnings and errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import INTERRUPTED, FilterError, StoreError, TlsInspectError
from . import endings

if TYPE_CHECKING:
    from rich.console import Console

    from ..anonymise import Pseudonyms
    from ..filters.compile import Filter
    from ..indicators import Indicators
    from ..inspection import Inspection, Overlap
    from ..reading import Progress
    from ..store import Store
    from ..totals import Totals
    from ..validation import AsOf, Trust
    from ..wire.limits import Limits

CAPTURES = """CAPTURE is a pcap or pcapng file, compressed or not, a folder of them, a glob, or - for
standard input; several are read as one, in the order of their first packets. Or it is a store that 'tlsinspect
ingest' made."""

OWN_TABLES = {"export": "connections", "certificates": "certificate_uses"}  # other commands list a table of their name
PROCESS_LIMIT = 64  # each of them walks the whole capture
TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]
FIRST_DAY, LAST_DAY = date(1677, 9, 22), date(2262, 4, 10)  # that 63 bits of nanoseconds from 1970 have whole

Command = TypeVar("Command", bound=Callable[..., Any])


def parse_ports(context: click.Context, option: click.Parameter, value: str) -> frozenset[int]:
    """Parse a list of ports and ranges, 443,8443,9000-9010; a mistake is told with the part that is wrong."""
    ports: set[int] = set()
    for part in value.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise click.BadParameter(f"{part!r} is no port and no range of ports", context, option)
        low, high = int(first), int(last or first)
        if not 0 <= low <= high <= 65535:
            raise click.BadParameter(f"{part!r} is not within 0-65535, low to high", context, option)
        ports.update(range(low, high + 1))
    return frozenset(ports)


def parse_limits(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> Limits:
    """Parse NAME=VALUE as often as it is given; a mistake is one line on standard error and exit status 2."""
    from ..export.text import escape_control
    from ..wire.limits import Limits, check_limit

    chosen: dict[str, int] = {}
    try:
        for text in values:
            name, _, value = text.partition("=")
            if not value.isdecimal():
                raise ValueError(f"limit {text!r} is no NAME=VALUE with a whole number")
            check_limit(name, int(value))
            chosen[name] = int(value)
    except ValueError as error:
        click.echo(f"tlsinspect: {escape_control(str(error))}; see 'tlsinspect limits'", err=True)
        context.exit(2)
    return Limits(**chosen)


def parse_day(context: click.Context, option: click.Parameter, text: str | None) -> date | None:
    """Parse a day, and remember it for `inspect`; one that is out of a time's range stands for its end, or is refused.

    A first day before all times bounds nothing, and a last day after them neither.
    """
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no day, such as 2026-03-31", context, option) from None
    within = max(day, FIRST_DAY) if option.name == "since" else min(day, LAST_DAY)
    if not FIRST_DAY <= within <= LAST_DAY:
        raise click.BadParameter(f"times are within {FIRST_DAY} and {LAST_DAY}, and not {text}", context, option)
    context.meta[f"{__name__}.{option.name}"] = within
    return within


def chosen_days() -> tuple[date | None, date | None]:
    """The days that --since and --until name."""
    meta = click.get_current_context().meta
    return meta.get(f"{__name__}.since"), meta.get(f"{__name__}.until")


DAYS = tuple(
    click.option(f"--{name}", callback=parse_day, expose_value=False, metavar="DAY", help=text)
    for name, text in (
        ("until", "Last day on which they may start."),
        ("since", "First day, in UTC, on which connections may start, such as 2026-03-01."),
    )
)


def days_options(command: Command) -> Command:
    """The options that choose days."""
    for option in DAYS:
        command = option(command)
    return command


def reading_options(command: Command) -> Command:
    """The arguments and options of every command that reads captures."""
    for option in (
        *DAYS,
        click.option("--strict", is_flag=True, help="Exit with status 1 when a capture is damaged."),
        click.option(
            "--ports", callback=parse_ports, metavar="PORTS", default="443,8443", show_default=True,
            help="Ports on which every connection is listed, TLS or not. TLS is found on any port.",
        ),
        click.option(
            "--processes", type=click.IntRange(1, PROCESS_LIMIT), metavar="NUMBER",
            default=min(os.cpu_count() or 1, PROCESS_LIMIT), show_default="one per core",
            help="Worker processes that share large captures.",
        ),
        click.option(
            "--overlap", type=click.Choice(["first", "last"]), default="first", show_default=True,
            help="Which copy of octets that were sent twice, with differences, counts. "
            "The last one only where it comes before its turn.",
        ),
        click.option(
            "--limit", "limits", multiple=True, callback=parse_limits, metavar="NAME=VALUE",
            help="Bound what is kept while reading; may be given several times. 'tlsinspect limits' lists them.",
        ),
        click.argument("captures", nargs=-1, required=True, metavar="CAPTURE..."),
    ):  # fmt: skip
        command = option(command)
    return command


def parse_where(context: click.Context, option: click.Parameter, text: str | None) -> str:
    """A filter of connections that has been checked; a mistake is pointed at, and the exit status is 2."""
    if text is None:
        return ""
    parse_filter(text)
    return text


def parse_filter(text: str, table: str = "connections", listed: str = "") -> Filter:
    """Make a filter; a mistake is pointed at on standard error, and the exit status is 2."""
    from ..filters.compile import Filter

    try:
        return Filter(text, table, listed)
    except FilterError as error:
        click.echo(f"tlsinspect: {error}", err=True)
        sys.exit(2)


def complete_columns(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """What the shell offers for a filter: the name that is being written, completed."""
    from ..filters.complete import complete

    own = context.params.get("table") or OWN_TABLES.get(str(context.info_name), str(context.info_name))
    return complete(incomplete, own if parameter.name == "rows_where" else "connections")


def where_option(command: Command) -> Command:
    """The option that selects connections."""
    option = click.option(
        "--where", callback=parse_where, metavar="EXPRESSION", shell_complete=complete_columns,
        help="Take only the connections of which this is true, such as \"version_name == 'TLS 1.2'\": docs/filter.md.",
    )  # fmt: skip
    return option(command)


def rows_option(command: Command) -> Command:
    """The option that selects rows of the table that is listed."""
    option = click.option(
        "--rows", "rows_where", metavar="EXPRESSION", shell_complete=complete_columns,
        help="List only the rows of which this is true, by the table's own columns: docs/filter.md.",
    )  # fmt: skip
    return option(command)


def trust_options(command: Command) -> Command:
    """The options that say whose certificates are trusted; see `chosen_trust`."""
    for option in (
        click.option(
            "--trust-as-of", type=click.Choice(["capture", "now"]), default="capture", show_default=True,
            help="Which of Mozilla's roots are trusted: those of the moment that is judged, or those of today.",
        ),
        click.option("--trust-only", is_flag=True, help="Trust only what --trust names, and not Mozilla's roots."),
        click.option(
            "--trust", "trusted", multiple=True, type=click.Path(), metavar="PATH",
            help="Trust the certificates of a file (PEM or DER) or folder too; may be given several times.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def chosen_trust(trusted: tuple[str, ...], trust_only: bool, trust_as_of: AsOf) -> Trust:
    """What the options name; raises TrustError for what cannot be read."""
    if trust_only and not trusted:
        raise click.UsageError("--trust-only leaves nothing to trust: name a file or folder with --trust")
    from ..validation import load_trust

    return load_trust(trusted, trust_only, trust_as_of)


def at_option(command: Command) -> Command:
    """The option that says as of when certificates are judged."""
    option = click.option(
        "--at", type=click.DateTime(TIMES), metavar="TIME",
        help="Judge certificates as of this time, YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS in UTC. By default at each "
        "connection's start.",
    )  # fmt: skip
    return option(command)


def indicators_option(command: Command) -> Command:
    """The option that names lists of indicators; see read_lists."""
    option = click.option(
        "--indicators", "lists", multiple=True, metavar="FILE", type=click.Path(dir_okay=False),
        help="List of names, addresses, certificates or fingerprints to look for: abuse.ch SSLBL, Zeek intel, STIX "
        "2.1, MISP, or a plain list. May be given several times.",
    )  # fmt: skip
    return option(command)


def read_lists(lists: tuple[str, ...]) -> Indicators:
    """Read lists of indicators, and say on standard error what of each is used and what is not."""
    from ..export.text import escape_control
    from ..indicators import read_indicators
    from ..statistics.wording import number_text

    indicators = read_indicators(lists)
    for each in indicators.lists:
        unused = "".join(f"; {count:,} not used: {reason}" for reason, count in each.unused.items())
        told = f"{each.name}: {number_text(each.used, 'indicator')} ({each.format}){unused}"
        click.echo(f"tlsinspect: {escape_control(told)}", err=True)
    return indicators


def anonymise_option(command: Command) -> Command:
    """The option that makes outputs safe to share."""
    option = click.option(
        "--anonymise", "key_file", type=click.Path(dir_okay=False), metavar="KEYFILE",
        help="Write pseudonyms, made with the key in this file, for addresses, names, certificates and keys: "
        "docs/anonymise.md. A file that does not exist is made.",
    )  # fmt: skip
    return option(command)


def open_pseudonyms(key_file: str) -> Pseudonyms:
    """The pseudonyms of a key file; says on standard error where a new key was made."""
    from ..anonymise import Pseudonyms, load_key
    from ..export.text import escape_control

    key, made = load_key(key_file)
    if made:
        told = f"{key_file}: a new key; who has it can find out what is behind the pseudonyms, so keep it to yourself"
        click.echo(f"tlsinspect: {escape_control(told)}", err=True)
    return Pseudonyms(key)


def shared(inspection: Inspection, key_file: str | None) -> Inspection:
    """What is shown of an inspection: all, or with a key file pseudonyms."""
    if key_file is None:
        return inspection
    from ..anonymise import anonymise

    return anonymise(inspection, open_pseudonyms(key_file))


@contextmanager
def errors_as_one_line() -> Iterator[None]:
    """A capture that cannot be read is one line on standard error and exit status 2."""
    try:
        from ..export.text import escape_control

        with endings():
            yield
    except FilterError as error:
        click.echo(f"tlsinspect: {error}", err=True)
        sys.exit(2)
    except TlsInspectError as error:
        click.echo(f"tlsinspect: {escape_control(str(error))}", err=True)
        sys.exit(2)


@contextmanager
def writing_to(output: str) -> Iterator[None]:
    """A file or folder that cannot be written is one line on standard error and exit status 2."""
    from ..export.text import escape_control

    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        told = f"{output}: cannot be written: {error.strerror or error}"
        click.echo(f"tlsinspect: {escape_control(told)}", err=True)
        sys.exit(2)


@contextmanager
def progress_bar(doing: str = "reading", octets: bool = True) -> Iterator[Progress | None]:
    """A bar with rate and time left, on standard error, on a terminal only; of octets, or of other things."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.progress import TransferSpeedColumn as Speed

    rate = (DownloadColumn(), Speed()) if octets else (MofNCompleteColumn(),)
    columns = (TextColumn(doing), BarColumn(), *rate, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def inspect(
    captures: tuple[str, ...],
    ports: frozenset[int],
    processes: int,
    overlap: Overlap,
    limits: Limits,
    where: str = "",
) -> Inspection:
    """Read the captures with a progress bar, warn of what went wrong, and say how many connections `where` selects."""
    store = named_store(captures)
    since, until = chosen_days()
    if store is not None:
        return inspect_store(store, since, until, where)
    from ..inspection import read

    where = within_days(where, since, until)
    with progress_bar() as progress:
        inspection = read(captures, ports, progress, processes, overlap, limits, where)
    warn(inspection.reading.totals)
    if where:
        tell_selection(inspection.reading.totals)
    return inspection


def within_days(where: str, since: date | None, until: date | None) -> str:
    """A filter that takes only what starts in some days."""
    parts = [f"({where})"] if where and (since or until) else [where] if where else []
    if since:
        parts.append(f"time_start >= '{since}'")
    if until:
        parts.append(f"time_start < '{until + timedelta(days=1)}'")
    return " and ".join(parts)


def named_store(captures: tuple[str, ...]) -> Store | None:
    """The store that is named instead of captures; raises StoreError where it is named beside others."""
    if not any(might_be_store(capture) for capture in captures):
        return None
    from ..store import is_store, open_store

    stores = [capture for capture in captures if might_be_store(capture) and is_store(capture)]
    if not stores:
        return None
    if len(captures) > 1:
        raise StoreError(stores[0], "is a store: name it alone, or ingest the other captures into it")
    return open_store(stores[0])


def might_be_store(capture: str) -> bool:
    """Whether it is worth asking what knows stores: importing that takes longer than a look."""
    return "://" in capture or os.path.isfile(os.path.join(capture, "store.json"))  # noqa: PTH113, PTH118


def inspect_store(store: Store, since: date | None, until: date | None, where: str) -> Inspection:
    """Open some days of a store, warn of what is not complete, and say how many connections `where` selects."""
    inspection = store.inspection(since, until, where)
    warn_of_store(store, len(inspection.reading.totals.damage))
    if where:
        inspection.on_demand("connections")  # which counts what it selects
        tell_selection(inspection.reading.totals)
    return inspection


def warn_of_store(store: Store, damaged: int) -> None:
    """Say on standard error that captures are missing from a store, and how many are damaged."""
    from ..export.text import escape_control

    missing = store.unfinished()
    if missing:
        those = "1 capture is" if missing == 1 else f"{missing:,} captures are"
        click.echo(
            f"tlsinspect: warning: {escape_control(store.url)}: {those} not ingested to the end, so that connections "
            "are missing; 'tlsinspect ingest' goes on with them",
            err=True,
        )
    if damaged:
        those = "1 capture is" if damaged == 1 else f"{damaged:,} captures are"
        click.echo(f"tlsinspect: warning: {those} damaged: tlsinspect export --table problems says how", err=True)


def print_rendered(shown: Any) -> None:
    """Print a text as it is, and anything else as rich lays it out for this terminal."""
    if isinstance(shown, str):
        click.echo(shown)
        return
    open_console().print(shown, crop=False)


def open_console() -> Console:
    """Standard output for rich, whose own console would end the process where nobody reads that any more."""
    from rich.console import Console

    class Output(Console):
        """Leaves that to errors_as_one_line."""

        def on_broken_pipe(self) -> None:
            """Raise it again."""
            raise BrokenPipeError

    return Output()


def warn(totals: Totals) -> None:
    """Say on standard error what is wrong with the files, and that Ctrl-C cut the reading short."""
    from ..export.text import escape_control

    for capture, error in totals.damage:
        damage = escape_control(f"{capture}: {error}")
        click.echo(f"tlsinspect: warning: {damage}; what comes before it was read", err=True)
    if totals.interrupted:
        if not any(row["packets"] for row in totals.captures):
            sys.exit(INTERRUPTED)
        tell_interruption()


def tell_interruption() -> None:
    """Say on standard error that Ctrl-C cut the reading short."""
    click.echo("tlsinspect: interrupted; this is what was read until then", err=True)


def tell_selection(totals: Totals) -> None:
    """Say on standard error how many connections were selected."""
    from ..statistics.wording import number_text

    click.echo(f"tlsinspect: {totals.selected:,} of {number_text(totals.listed, 'connection')} selected", err=True)


def exit_status(totals: Totals, strict: bool) -> int:
    """1 where --strict was given and a capture is damaged, else 0."""
    return 1 if strict and totals.damage else 0
