"""The arguments and options that commands share, and what they mean.

In: the words of a command line. Out: Captures, filters, days, ports, limits; a mistake is told with what is wrong.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from ..errors import FilterError
from .output import refuse_filter, tell

if TYPE_CHECKING:
    from ..filters.compile import Filter
    from ..opening import Overlap
    from ..wire.limits import Limits

CAPTURES = """CAPTURE is a pcap or pcapng file, compressed or not, a folder of them, a glob, or - for
standard input; several are read as one, in the order of their first packets. Or it is a store that 'tlsinspect
ingest' made."""

OWN_TABLES = {"export": "connections", "certificates": "certificate_uses"}  # other commands list a table of their name
PROCESS_LIMIT = 64  # each of them walks the whole capture
PORT = re.compile(r"\d{1,9}")  # of any more digits int() makes an error of its own
FIRST_DAY, LAST_DAY = date(1677, 9, 22), date(2262, 4, 10)  # that 63 bits of nanoseconds from 1970 have whole

Command = TypeVar("Command", bound=Callable[..., Any])


class Moment(click.DateTime):
    """A day, or with `times` a time too, in UTC; who gives something else is shown one, and no codes of strptime."""

    def __init__(self, times: bool) -> None:
        super().__init__(["%Y-%m-%d", *(("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S") if times else ())])
        self.asked = "time, such as 2026-03-31 or 2026-03-31T12:00:00" if times else "day, such as 2026-03-31"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read it. Raises BadParameter."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is no {self.asked}", param, ctx)


class Captures(NamedTuple):
    """The captures that a command is given, or the store, and the options that say how they are read.

    `where` is a filter of connections, empty for all; `since` and `until` are the first and the last day on which they
    may start. With `strict` damage is exit status 1.
    """

    names: tuple[str, ...]
    ports: frozenset[int]
    processes: int
    overlap: Overlap
    limits: Limits
    strict: bool
    where: str
    since: date | None
    until: date | None


def parse_ports(context: click.Context, option: click.Parameter, value: str) -> frozenset[int]:
    """Parse a list of ports and ranges, 443,8443,9000-9010; a mistake is told with the part that is wrong."""
    ports: set[int] = set()
    for part in value.split(","):
        first, dash, last = part.strip().partition("-")
        if not PORT.fullmatch(first) or (dash and not PORT.fullmatch(last)):
            raise click.BadParameter(f"{part!r} is no port and no range of ports", context, option)
        low, high = int(first), int(last or first)
        if not 0 <= low <= high <= 65535:
            raise click.BadParameter(f"{part!r} is not within 0-65535, low to high", context, option)
        ports.update(range(low, high + 1))
    return frozenset(ports)


def parse_limits(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> Limits:
    """Parse NAME=VALUE as often as it is given; a mistake is one line on standard error and exit status 2."""
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
        tell(f"{error}; see 'tlsinspect limits'")
        context.exit(2)
    return Limits(**chosen)


def parse_day(context: click.Context, option: click.Parameter, text: str | None) -> date | None:
    """Parse a day; one that is out of a time's range stands for its end, or is refused.

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
    since, until = (within if option.name == name else context.params.get(name) for name in ("since", "until"))
    if since is not None and until is not None and since > until:
        raise click.UsageError(f"--since {since} is later than --until {until}", context)
    return within


def days_options(command: Command) -> Command:
    """The options that choose days: parameters `since` and `until`."""
    for name, text in (
        ("until", "Last day on which they may start."),
        ("since", "First day, in UTC, on which connections may start, such as 2026-03-01."),
    ):
        command = click.option(f"--{name}", callback=parse_day, metavar="DAY", help=text)(command)
    return command


class CapturesArgument(click.Argument):
    """The captures. Where something else has to stand behind them, one word alone may be either, and both are named."""

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """The captures that were given; a MissingParameter or UsageError where there are none."""
        others = [each for each in ctx.command.params if isinstance(each, click.Argument) and each is not self]
        try:
            return super().process_value(ctx, value)
        except click.MissingParameter:
            if not others:
                raise
            names = " and ".join(str(each.metavar) for each in (self, *others))
            raise click.UsageError(f"Missing argument: {names} have to be given.", ctx) from None


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments and options of every command that reads captures, which it takes as one: Captures."""

    @wraps(command)
    def packed(
        captures: tuple[str, ...],
        ports: frozenset[int],
        processes: int,
        overlap: Overlap,
        limits: Limits,
        strict: bool,
        since: date | None,
        until: date | None,
        where: str = "",
        **others: Any,
    ) -> Any:
        asked = Captures(captures, ports, processes, overlap, limits, strict, where, since, until)
        return command(captures=asked, **others)

    packed = days_options(packed)
    for option in (
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
        click.argument("captures", cls=CapturesArgument, nargs=-1, required=True, metavar="CAPTURE..."),
    ):  # fmt: skip
        packed = option(packed)
    return packed


def parse_where(context: click.Context, option: click.Parameter, text: str | None) -> str:
    """A filter of connections that has been checked; a mistake is pointed at, and the exit status is 2."""
    if text is None:
        return ""
    parse_filter(text)
    return text


def parse_filter(text: str, table: str = "connections", listed: str = "") -> Filter:
    """Make a filter; a mistake is pointed at on standard error, and the exit status is 2."""
    from ..inspection import make_filter

    try:
        return make_filter(text, table, listed)
    except FilterError as error:
        refuse_filter(error)


def complete_columns(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """What the shell offers for a filter: the name that is being written, completed."""
    from ..filters.complete import complete

    own = context.params.get("table") or OWN_TABLES.get(str(context.info_name), str(context.info_name))
    return complete(incomplete, own if parameter.name == "rows_where" else "connections")


def format_option(formats: Sequence[str], says: str) -> Callable[[Command], Command]:
    """The option that says how a command writes; the first format is the default."""
    return click.option(
        "--format", "format_name", type=click.Choice(formats), default=formats[0], show_default=True, help=says
    )


def most_option(shown: int, says: str) -> Callable[[Command], Command]:
    """The option that says how many are listed."""
    return click.option("--most", type=click.IntRange(0), metavar="NUMBER", default=shown, show_default=True, help=says)


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
    """The options that say whose certificates are trusted; see captures.chosen_trust."""
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


def at_option(command: Command) -> Command:
    """The option that says as of when certificates are judged."""
    option = click.option(
        "--at", type=Moment(times=True), metavar="TIME",
        help="Judge certificates as of this time, YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS in UTC. By default at each "
        "connection's start.",
    )  # fmt: skip
    return option(command)


def indicators_option(command: Command) -> Command:
    """The option that names lists of indicators; see captures.read_lists."""
    option = click.option(
        "--indicators", "lists", multiple=True, metavar="FILE", type=click.Path(dir_okay=False),
        help="List of names, addresses, certificates or fingerprints to look for: abuse.ch SSLBL, Zeek intel, STIX "
        "2.1, MISP, or a plain list. May be given several times.",
    )  # fmt: skip
    return option(command)


def anonymise_option(command: Command) -> Command:
    """The option that makes outputs safe to share."""
    option = click.option(
        "--anonymise", "key_file", type=click.Path(dir_okay=False), metavar="KEYFILE",
        help="Write pseudonyms, made with the key in this file, for addresses, names, certificates and keys: "
        "docs/anonymise.md. A file that does not exist is made.",
    )  # fmt: skip
    return option(command)
