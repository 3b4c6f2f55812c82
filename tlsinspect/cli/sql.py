"""tlsinspect sql: a query over a store."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from .options import days_options, format_option, most_option
from .output import errors_as_one_line

if TYPE_CHECKING:
    from ..store.sql import Answer

SHOWN = 100  # rows of text unless --most says otherwise
WIDEST = 60  # characters of a value in text


@click.command()
@days_options
@format_option(
    ("text", "csv", "jsonl", "parquet"),
    "Text for people, with values cut to 60 characters; the others with every row and value.",
)
@most_option(SHOWN, "Rows of text; 0 for all.")
@click.argument("store", metavar="STORE")
@click.argument("query", metavar="QUERY")
def sql(store: str, query: str, format_name: str, most: int, since: date | None, until: date | None) -> None:
    """Ask a store in SQL.

    QUERY is one SELECT in DuckDB's dialect, over the views connections, messages, alerts, problems, certificates,
    staples, ports, captures, chains and offers, with the columns of docs/columns.md and the column day. It can read
    these and nothing else. Needs the duckdb extra: pip install 'tlsinspect[duckdb]'.

    \b
    Examples:
      tlsinspect sql year "select version_name, count(*) from connections group by all order by 2 desc"
      tlsinspect sql year "select day, avg(post_quantum::int) from connections group by day order by day" --format csv
      tlsinspect sql year "from connections select distinct server_name where ja4 is null" --since 2026-03-01
    """
    if format_name == "parquet" and sys.stdout.isatty():
        raise click.UsageError("Parquet is binary: redirect standard output")
    with errors_as_one_line():
        from ..store import open_store
        from ..store.sql import query_store

        answer = query_store(open_store(store), query, since, until)
        if format_name == "text":
            for line in render(answer, most):
                click.echo(line)
            return
        from ..export import open_writer
        from .export import open_output

        with open_output("-", []) as out:
            writer = open_writer(format_name, out, answer.schema)
            for batch in answer:
                writer.write(batch)
            writer.close()


def render(answer: Answer, most: int) -> Iterator[str]:
    """Rows as lines of fixed columns; control characters are escaped, and long values cut."""
    from ..export.text import cut_text, escape_control, plain_values

    rows: list[tuple[str, ...]] = []
    left_out = 0
    for batch in answer:
        taken = batch if not most else batch.slice(0, most - len(rows))
        columns = [[say(value) for value in plain_values(column)] for column in taken.columns]
        rows += [tuple(cut_text(escape_control(each), WIDEST) for each in row) for row in zip(*columns, strict=True)]
        left_out += batch.num_rows - taken.num_rows
    heads = tuple(cut_text(escape_control(name), WIDEST) for name in answer.schema.names)
    numbers = [is_number(str(field.type)) for field in answer.schema]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        cells = zip(row, widths, numbers, strict=True)
        yield "  ".join(f"{text:>{width}}" if right else f"{text:{width}}" for text, width, right in cells).rstrip()
    if left_out:
        yield f"{left_out:,} more: --most 0 shows all"


def say(value: Any) -> str:
    """A value as text; nothing for what is missing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(map(say, value))
    return str(value)


def is_number(type_name: str) -> bool:
    """Whether values of an Arrow type are set to the right."""
    return type_name.startswith(("int", "uint", "double", "float"))
