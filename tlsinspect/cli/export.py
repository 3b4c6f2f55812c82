"""tlsinspect export: any frame as CSV, JSON Lines or Parquet."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import click

from ..columns import COLUMNS
from .common import errors_as_one_line, exit_status, inspect, progress_bar, reading_options, warn

if TYPE_CHECKING:
    from ..inspection import Inspection, Reading

FORMATS = ("csv", "jsonl", "parquet")
STREAMED = ("connections", "messages", "alerts")


@click.command()
@reading_options
@click.option(
    "--table", type=click.Choice(list(COLUMNS)), default="connections", show_default=True, help="Which frame."
)
@click.option(
    "--format", "format_name", type=click.Choice(FORMATS), default="csv", show_default=True, help="Which format."
)
@click.option(
    "-o", "--output", default="-", show_default=True, metavar="FILE", help="File to write to; - is standard output."
)
def export(
    captures: tuple[str, ...], ports: frozenset[int], strict: bool, table: str, format_name: str, output: str
) -> None:
    """Write one of the frames to a file or to standard output.

    Connections, messages and alerts are written while the captures are read, in bounded
    memory, in the order in which connections end; the other frames when all is read.

    \b
    Examples:
      tlsinspect export capture.pcap > connections.csv
      tlsinspect export capture.pcap --table offers --format jsonl | head
      tlsinspect export captures/ --format parquet -o connections.parquet
    """
    with errors_as_one_line(), open_output(output, format_name) as out:
        result = export_streamed(captures, ports, table, format_name, out) if table in STREAMED else None
        if result is None:
            result = export_whole(captures, ports, table, format_name, out)
    sys.exit(exit_status(result, strict))


def export_streamed(
    captures: tuple[str, ...], ports: frozenset[int], table: str, format_name: str, out: BinaryIO
) -> Reading:
    """Write rows as connections end."""
    from ..export import open_writer
    from ..inspection import open_reading
    from ..tables import arrow_schema

    with progress_bar() as progress:
        reading = open_reading(captures, ports, [table], progress)
        writer = open_writer(format_name, out, arrow_schema(table))
        for batch in reading:
            writer.write(batch.rows)
        writer.close()
    warn(reading)
    return reading


def export_whole(
    captures: tuple[str, ...], ports: frozenset[int], table: str, format_name: str, out: BinaryIO
) -> Inspection:
    """Write a frame that is known only when all is read."""
    from ..export import open_writer

    inspection = inspect(captures, ports)
    rows = inspection.arrow(table)
    writer = open_writer(format_name, out, rows.schema)
    for batch in rows.combine_chunks().to_batches():
        writer.write(batch)
    writer.close()
    return inspection


@contextmanager
def open_output(output: str, format_name: str) -> Iterator[BinaryIO]:
    """The file to write to; a terminal is no place for Parquet."""
    if output != "-":
        try:
            file = open(output, "wb")  # noqa: PTH123, SIM115
        except OSError as error:
            click.echo(f"tlsinspect: {output}: cannot be written: {error.strerror}", err=True)
            sys.exit(2)
        with file:
            yield file
        return
    if format_name == "parquet" and sys.stdout.isatty():
        raise click.UsageError("Parquet is binary: name a file with -o, or redirect standard output")
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()
