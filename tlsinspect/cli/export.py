"""tlsinspect export: any frame in a format for rows, or all that was read in the format of another tool."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from ..columns import COLUMNS
from ..export import BINARY, DATABASES, FILES, FOLDERS, FORMATS, TIMED
from ..whole import open_whole
from .captures import (
    exit_status,
    inspect,
    named_store,
    shared,
    tell_interruption,
    tell_selection,
    warn,
    warn_of_store,
    within_days,
)
from .interruption import ending_the_reading
from .options import (
    CAPTURES,
    Captures,
    anonymise_option,
    format_option,
    parse_filter,
    reading_options,
    rows_option,
    where_option,
)
from .output import errors_as_one_line, progress_bar, writing_to

if TYPE_CHECKING:
    import pyarrow as pa

    from ..capture import CaptureSource
    from ..filters.compile import Filter
    from ..inspection import Inspection
    from ..store import Store
    from ..totals import Totals

STREAMED = ("connections", "messages", "alerts")
STREAMED_STORED = (*STREAMED, "offers", "chains")


@click.command(epilog=CAPTURES)
@reading_options
@where_option
@rows_option
@anonymise_option
@click.option(
    "--table",
    type=click.Choice(list(COLUMNS)),
    show_default="connections",
    help="Which frame; in formats for rows, and in databases, which otherwise hold all.",
)
@format_option(
    (*FORMATS, *DATABASES, *FOLDERS, *FILES),
    "Which format: the first four hold the rows of a frame, sqlite and duckdb all frames, the others are another "
    "tool's: docs/exports.md.",
)
@click.option(
    "-o",
    "--output",
    default="-",
    show_default=True,
    metavar="PATH",
    help="File to write to; - is standard output. Of zeek and zeek-json, the folder.",
)
def export(
    captures: Captures,
    rows_where: str | None,
    key_file: str | None,
    table: str | None,
    format_name: str,
    output: str,
) -> None:
    """Write a frame, or everything for another tool.

    Connections, messages and alerts are written while the captures are read, in bounded
    memory, in the order in which connections end (of large captures: in which the worker
    processes finish them); the other frames when all is read.

    \b
    Examples:
      tlsinspect export capture.pcap > connections.csv
      tlsinspect export capture.pcap --table offers --format jsonl | head
      tlsinspect export captures/ --format parquet -o connections.parquet
      tlsinspect export capture.pcap --format zeek -o logs/
      tlsinspect export capture.pcap --format sqlite -o capture.sqlite
      tlsinspect export capture.pcap --format eve | jq .tls.sni
      tlsinspect export capture.pcap --where "version_name == 'TLS 1.0' and client_ip in '10.0.0.0/8'"
      tlsinspect export capture.pcap --table certificates --rows "not_after - not_before > 398d"
      tlsinspect export capture.pcap --table findings --anonymise march.key -o findings.csv
    """
    if format_name in BINARY and output == "-" and sys.stdout.isatty():
        raise click.UsageError(f"{format_name} is binary: name a file with -o, or redirect standard output")
    if format_name in DATABASES:
        rows = check_database_options(format_name, output, table, rows_where)
        with errors_as_one_line():
            names = list(COLUMNS) if table is None else [table]
            inspection = inspect(captures, messages="messages" in names or key_file is not None)
            export_database(shared(inspection, key_file), inspection.reading.sources, names, rows, format_name, output)
            sys.exit(exit_status(inspection.reading.totals, captures.strict))
    if format_name not in FORMATS:
        check_tool_options(format_name, output, table, rows_where)
        with errors_as_one_line():
            inspection = inspect(captures, messages=format_name in TIMED or key_file is not None)
            export_for_tool(shared(inspection, key_file), inspection.reading.sources, format_name, output)
            sys.exit(exit_status(inspection.reading.totals, captures.strict))
    table = table or "connections"
    if captures.where and table != "connections":
        parse_filter(captures.where, listed=table)
    rows = None if rows_where is None else parse_filter(rows_where, table)
    with errors_as_one_line():
        store = named_store(captures.names) if key_file is None else None
        if store is not None and table in STREAMED_STORED:
            totals = export_stored(store, captures, rows, table, format_name, output)
            sys.exit(exit_status(totals, captures.strict))
        if table in STREAMED and key_file is None and store is None:
            totals = export_streamed(captures, rows, table, format_name, output)
        else:
            totals = export_whole(captures, rows, table, format_name, output, key_file)
        sys.exit(exit_status(totals, captures.strict))


def check_tool_options(format_name: str, output: str, table: str | None, rows_where: str | None) -> None:
    """Refuse what another tool's format has no place for."""
    if table is not None or rows_where is not None:
        others = ", ".join((*FORMATS, *DATABASES))
        raise click.UsageError(f"{format_name} has rows of its own: --table and --rows are for {others}")
    if format_name in FOLDERS and output == "-":
        raise click.UsageError(f"{format_name} is several files: name a folder with -o")


def check_database_options(format_name: str, output: str, table: str | None, rows_where: str | None) -> Filter | None:
    """Refuse what a database cannot be; the filter of its rows."""
    if output == "-":
        raise click.UsageError(f"{format_name} is a database: name its file with -o")
    if rows_where is not None and table is None:
        raise click.UsageError(f"{format_name} holds all frames: --rows needs --table")
    return None if rows_where is None or table is None else parse_filter(rows_where, table)


def export_database(
    inspection: Inspection,
    sources: Sequence[CaptureSource],
    names: Sequence[str],
    chosen: Filter | None,
    format_name: str,
    output: str,
) -> None:
    """Write frames to a database, never to one of the captures."""
    from ..export.database import write_database

    with writing_to(output):
        refuse_captures(output, sources)
    tables = {name: inspection.arrow(name) for name in names}
    if chosen is not None:
        tables = {name: chosen.apply(rows) for name, rows in tables.items()}
    with writing_to(output):
        write_database(tables, format_name, Path(output))


def export_for_tool(inspection: Inspection, sources: Sequence[CaptureSource], format_name: str, output: str) -> None:
    """Write all that was read in another tool's format, never to one of the captures."""
    from ..export.tools import write_file, write_folder

    if format_name in FOLDERS:
        with writing_to(output):
            written = write_folder(inspection, format_name, Path(output))
        for path in written:
            click.echo(path)
        return
    with open_output(output, sources) as out:
        write_file(inspection, format_name, out)


def export_streamed(captures: Captures, chosen: Filter | None, table: str, format_name: str, output: str) -> Totals:
    """Write rows as connections end."""
    from ..export import ENCODED, open_writer
    from ..opening import open_reading
    from ..reading import without_cyclic_collection
    from ..tables import arrow_schema

    names, ports, processes, overlap, limits, *_ = captures
    with progress_bar() as progress, without_cyclic_collection():
        where = within_days(captures)
        selected = parse_filter(where) if where else None
        encoded = format_name in ENCODED and chosen is None
        reading = open_reading(
            names, ports, [table], progress, processes, overlap, limits, selected, streamed=True, encoded=encoded
        )
        batches = iter(reading)
        with ending_the_reading(reading.sources):
            first = [*islice(batches, 1)]  # a pipe that holds no capture shows it before the output is touched
            with open_output(output, reading.sources) as out:
                writer = open_writer(format_name, out, arrow_schema(table))
                for batch in chain(first, batches):
                    writer.write(batch.rows if chosen is None else chosen.apply(batch.rows))
                writer.close()
    warn(reading.totals)
    if where:
        tell_selection(reading.totals)
    return reading.totals


def export_stored(
    store: Store, captures: Captures, chosen: Filter | None, table: str, format_name: str, output: str
) -> Totals:
    """Write rows as they come out of a store; of another table than connections those of the connections selected."""
    from ..export import open_writer
    from ..tables import arrow_schema

    inspection = store.inspection(captures.since, captures.until, captures.where)
    totals = inspection.reading.totals
    warn_of_store(store, len(totals.damage), captures.since, captures.until)
    with ending_the_reading(()) as interruption, open_output(output, inspection.reading.sources) as out:
        writer = open_writer(format_name, out, arrow_schema(table))
        for batch in inspection.batches(table):
            writer.write(batch if chosen is None else chosen.apply(batch))
            if interruption.asked:
                break
        writer.close()
    if interruption.asked:
        tell_interruption()
    if captures.where:
        tell_selection(totals)
    return totals


def export_whole(
    captures: Captures, chosen: Filter | None, table: str, format_name: str, output: str, key_file: str | None
) -> Totals:
    """Write a frame that is known only when all is read."""
    inspection = inspect(captures, messages=table == "messages" or key_file is not None)
    rows = shared(inspection, key_file).arrow(table)
    rows = rows if chosen is None else chosen.apply(rows)
    write_table(rows, format_name, output, inspection.reading.sources)
    return inspection.reading.totals


def write_table(
    rows: pa.Table, format_name: str = "csv", output: str = "-", sources: Sequence[CaptureSource] = ()
) -> None:
    """Write a whole table, to standard output unless a file is named; never to one of the captures."""
    from ..export import write_rows

    with open_output(output, sources) as out:
        write_rows(rows, format_name, out)


@contextmanager
def open_output(output: str, sources: Sequence[CaptureSource]) -> Iterator[BinaryIO]:
    """The file to write to, opened once the captures are found; never one of them."""
    with writing_to(output):
        if output == "-":
            yield from open_standard_output()
            return
        refuse_captures(output, sources)
        with open_whole(output) as file:
            yield file


def refuse_captures(output: str, sources: Sequence[CaptureSource]) -> None:
    """Refuse to write to one of the captures."""
    from ..export import is_capture

    if is_capture(Path(output), sources):
        raise click.UsageError(f"{output!r} is one of the captures: it would be overwritten")


def open_standard_output() -> Iterator[BinaryIO]:
    """Standard output, with a buffer of its own.

    That of the interpreter is missing with PYTHONUNBUFFERED, so that a write may stop half-way, and keeps
    what could not be written until the interpreter ends.
    """
    try:
        descriptor = sys.stdout.fileno()
    except io.UnsupportedOperation:  # something that stands in for it
        yield sys.stdout.buffer
    else:
        with open(descriptor, "wb", closefd=False) as file:
            yield file
