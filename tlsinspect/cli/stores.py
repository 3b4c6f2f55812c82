"""What the commands that write stores share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .options import Command, parse_limits, parse_ports
from .output import tell

if TYPE_CHECKING:
    from ..store import Ingested

LISTED = 20  # captures that could not be read, or not whole, and are named


def store_options(command: Command) -> Command:
    """How all captures of a store are read, and by how many processes."""
    for option in (
        click.option(
            "--limit", "limits", multiple=True, callback=parse_limits, metavar="NAME=VALUE",
            help="Bound what is kept while reading; the same for all captures of a store. 'tlsinspect limits' lists "
            "them.",
        ),
        click.option(
            "--overlap", type=click.Choice(["first", "last"]), default="first", show_default=True,
            help="Which copy of octets that were sent twice, with differences, counts; the same for all captures of a "
            "store.",
        ),
        click.option(
            "--ports", callback=parse_ports, metavar="PORTS", default="443,8443", show_default=True,
            help="Ports on which every connection is listed, TLS or not; the same for all captures of a store.",
        ),
        click.option(
            "--workers", type=click.IntRange(1), metavar="NUMBER", show_default="one per core",
            help="Processes that read.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def rotation_option(command: Command) -> Command:
    """Which captures follow each other."""
    option = click.option(
        "--rotation", type=click.Choice(("names", "all", "none")), default="names", show_default=True,
        help="Which captures follow each other, so that connections go on from one to the next: those in a folder "
        "whose names differ in digits only, all, or none.",
    )  # fmt: skip
    return option(command)


def tell_done(done: Ingested, store: str) -> None:
    """Say what was done, and what could not be read."""
    from ..export.text import escape_control
    from ..statistics.wording import bytes_text, number_text
    from ..store import is_store
    from ..store.planning import SHARDS

    for name, reason in [*done.refused, *done.damaged][:LISTED]:
        tell(f"warning: {name}: {reason}")
    left = len(done.refused) + len(done.damaged) - LISTED
    if left > 0:
        tell(f"warning: and {left:,} more: export --table problems lists them")
    if done.bound is not None:
        wanted, used = done.bound
        told = f"{wanted:,} workers wanted, {used:,} used: a capture point is shared by {SHARDS} at most"
        tell(f"note: {told}, as each of them walks all of its packets")
    if done.removed.files:
        told = f"{number_text(done.removed.files, 'file')}, {bytes_text(done.removed.octets)}"
        tell(f"note: removed what runs that were killed had left behind: {told}")
    parts = [f"{number_text(done.captures, 'capture')} read, {number_text(done.connections, 'connection')} stored"]
    if done.resumed:
        parts.append(f"{number_text(done.resumed, 'capture')} of an earlier run that had not ended")
    if done.known:
        parts.append(f"{number_text(done.known, 'capture')} stored before")
    if done.copies:
        parts.append("1 copy of another" if done.copies == 1 else f"{done.copies:,} copies of others")
    if done.refused:
        parts.append(f"{number_text(len(done.refused), 'capture')} could not be read")
    if done.damaged:
        parts.append(f"{number_text(len(done.damaged), 'capture')} damaged, read up to the damage")
    if done.refused and not is_store(store):
        parts.append("no store was made")
    click.echo(f"{escape_control(store)}: {'; '.join(parts)}")
