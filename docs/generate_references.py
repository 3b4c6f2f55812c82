"""Write columns.md, cli.md and findings.md from the declarations in the code: python docs/generate_references.py

A test fails when one of these files is not what this writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import cleandoc
from pathlib import Path

import click

import tlsinspect.cli
from tlsinspect.columns import COLUMNS, UNKNOWN_REASONS
from tlsinspect.findings import RULES, SEVERITIES
from tlsinspect.inspection import Inspection
from tlsinspect.statistics.wording import REASONS
from tlsinspect.tables.reasons import PLACED

DOCS = Path(__file__).parent

NOTICE = "<!-- Written by docs/generate_references.py: change the declarations in the code, not this file. -->"

COLUMNS_INTRODUCTION = """\
`tlsinspect.read()` gives an object with these frames as attributes, and `tlsinspect export --table NAME`
writes any of them. All columns have Arrow-backed dtypes; the types below are Arrow's. Times are UTC in
nanoseconds. Numbers from the wire stay numbers, and the name stands in a column of its own; a number without
a name is written as `0x1A2B`. Client and server are the TLS roles, never source and destination.

In CSV, times are ISO 8601, lists and maps are JSON, a missing value is an empty cell, control characters are
escaped, and a text that a spreadsheet would take for a formula gets a `'` in front. JSON Lines and Parquet
keep every value as it is; so take one of these for the `pem` column."""

REASONS_INTRODUCTION = """\
A missing value of the connections frame has a reason: `unknown_reasons` maps the column to one of these.
Only {} need none: missing means that there was none."""

COMMANDS_INTRODUCTION = """\
Results go to standard output; warnings, errors and the progress bar to standard error. The progress bar is
drawn on a terminal only. `NO_COLOR=1` takes the colours out."""

FINDINGS_INTRODUCTION = """\
`tlsinspect findings CAPTURE` and `inspection.findings` judge what was captured by the rules below. A finding says
what was found, at which server, client, certificate or capture, in which connections and packets, and what to do.
What was negotiated and what was merely offered are different findings: the latter end in `-OFFER` and are one step
less severe. A rule never fires on what was not seen: TLS 1.3 encrypts the certificate, so the rules about
certificates are silent there. Certificates are judged by themselves, each side's own one only: whether a chain
leads to a trusted authority is not checked."""


def render_findings() -> str:
    """The reference of all rules, the worst first, as Markdown."""
    ranked = sorted(RULES, key=lambda rule: -SEVERITIES.index(rule.severity))
    rows = [
        (
            f"`{rule.id}`",
            rule.severity,
            rule.title,
            rule.subject.replace("_", " "),
            ", ".join(f"`{name}`" for name in rule.evidence),
            rule.advice,
            ", ".join(rule.references),
        )
        for rule in ranked
    ]
    head = ("id", "severity", "what", "about", "evidence", "advice", "references")
    return "\n\n".join([NOTICE, "# Findings", FINDINGS_INTRODUCTION, table_of(head, rows)]) + "\n"


def render_columns() -> str:
    """The reference of all frames, as Markdown."""
    parts = [NOTICE, "# Frames and their columns", COLUMNS_INTRODUCTION]
    for table, columns in COLUMNS.items():
        rows = [(f"`{column.name}`", f"`{column.type}`", column.unit, column.meaning) for column in columns]
        parts += [
            f"## {table}",
            str(vars(Inspection)[table].__doc__),
            table_of(("column", "type", "unit", "what"), rows),
        ]
    reasons = [(f"`{reason}`", REASONS[reason]) for reason in UNKNOWN_REASONS]
    without = ", ".join(f"`{name}`" for name in PLACED if name != "unknown_reasons")
    parts += ["## Why a value is missing", REASONS_INTRODUCTION.format(without), table_of(("reason", "why"), reasons)]
    return "\n\n".join(parts) + "\n"


def render_commands() -> str:
    """The reference of all commands, as Markdown."""
    main = tlsinspect.cli.main
    exit_status = str(tlsinspect.cli.__doc__).partition("\n\n")[2].strip()
    parts = [NOTICE, "# The command line", *render_help(main), COMMANDS_INTRODUCTION, exit_status]
    for name, command in main.commands.items():
        arguments = [value_of(argument) for argument in command.params if isinstance(argument, click.Argument)]
        usage = f"    tlsinspect {name} [OPTIONS] {' '.join(arguments)}"
        parts += [f"## tlsinspect {name}", usage, *render_help(command)]
        options = [option_row(option) for option in command.params if isinstance(option, click.Option)]
        if options:
            parts.append(table_of(("option", "what", "default"), options))
    return "\n\n".join(parts) + "\n"


def render_help(command: click.Command) -> list[str]:
    """A command's help text as paragraphs, its examples as code."""
    text, _, examples = cleandoc(command.help or "").replace("\b\n", "").partition("Examples:\n")
    code = "\n".join(line.strip() for line in examples.strip().splitlines())
    return [text.strip(), *([command.epilog] if command.epilog else []), f"```sh\n{code}\n```"]


def option_row(option: click.Option) -> tuple[str, str, str]:
    """An option's row: how it is written, what it does, its default."""
    value = "" if option.is_flag else f" {value_of(option)}"
    default = option.show_default if isinstance(option.show_default, str) else option.default
    shown = f"`{default}`" if option.show_default else ""
    return f"`{', '.join(option.opts)}{value}`", option.help or "", "required" if option.required else shown


def value_of(parameter: click.Parameter) -> str:
    """What stands for a parameter's value."""
    if isinstance(parameter.type, click.Choice):
        return "|".join(parameter.type.choices)
    return parameter.metavar or parameter.type.name.upper()


def table_of(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    (DOCS / "columns.md").write_text(render_columns(), encoding="utf-8")
    (DOCS / "cli.md").write_text(render_commands(), encoding="utf-8")
    (DOCS / "findings.md").write_text(render_findings(), encoding="utf-8")
