"""tlsinspect chart: one chart, or its numbers, as a file."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from .captures import exit_status, inspect
from .options import CAPTURES, Captures, reading_options, where_option
from .output import errors_as_one_line, quiet_matplotlib, writing_to

SIZE_NAMES = ("page", "slide", "narrow")


def list_charts(context: click.Context, option: click.Parameter, wanted: bool) -> None:
    """Print the name, question and units of every chart, and end."""
    if not wanted or context.resilient_parsing:
        return
    from ..charts import CHARTS

    widest = max(len(name) for name in CHARTS)
    for name, chart in CHARTS.items():
        click.echo(f"{name:{widest}}  {chart.asks}\n{'':{widest}}  by {', '.join(chart.units)}")
    context.exit()


def check_name(context: click.Context, argument: click.Parameter, name: str) -> str:
    """The name of a chart; one that does not exist is told with what comes close."""
    from ..arguments import nearest
    from ..charts import CHARTS

    if name in CHARTS:
        return name
    if any(each in CHARTS for each in context.params.get("captures", ())):
        raise click.BadParameter(f"there is no chart {name!r}. The chart's name comes last.", context, argument)
    close = nearest(name, CHARTS)
    hint = f"Did you mean {', '.join(close)}?" if close else "'tlsinspect chart --list' shows them."
    raise click.BadParameter(f"there is no chart {name!r}. {hint}", context, argument)


def check_output(context: click.Context, option: click.Parameter, output: Path | None) -> Path | None:
    """A file whose ending says what to write."""
    from ..charts.files import SUFFIXES

    if output is not None and output.suffix.lower() not in SUFFIXES:
        raise click.BadParameter(f"{output.name!r} does not end in {', '.join(SUFFIXES)}", context, option)
    return output


@click.command(epilog=CAPTURES)
@reading_options
@where_option
@click.argument("name", callback=check_name, metavar="NAME")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), callback=check_output,
    show_default="NAME.svg", help="File to write to; it ends in .svg, .png or, for the numbers, .csv.",
)  # fmt: skip
@click.option(
    "--unit", metavar="UNIT", default="", show_default="the chart's own", help="What to count: connections, bytes, ..."
)
@click.option("--size", type=click.Choice(SIZE_NAMES), default="page", show_default=True, help="What to draw it for.")
@click.option("--dark", is_flag=True, help="Draw for dark ground.")
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=list_charts,
    help="List all charts with their questions and units, and exit.",
)  # fmt: skip
def chart(
    captures: Captures,
    name: str,
    output: Path | None,
    unit: str,
    size: str,
    dark: bool,
) -> None:
    """Draw one chart as SVG or PNG, or write its numbers as CSV.

    What the chart says is printed too: its finding, what that rests on, how to read it,
    and the file. All charts: tlsinspect chart --list.

    \b
    Examples:
      tlsinspect chart capture.pcapng versions
      tlsinspect chart captures/ cipher-suites --unit servers -o suites.png --size slide
      tlsinspect chart capture.pcapng version-matrix -o matrix.csv
    """
    from ..charts import CHARTS, compose_chart, write_chart

    if unit and unit not in CHARTS[name].units:
        raise click.BadParameter(f"{name} is counted by {', '.join(CHARTS[name].units)}", param_hint="'--unit'")
    path = output or Path(f"{name}.svg")
    with errors_as_one_line():
        inspection = inspect(captures)
        content = compose_chart(name, inspection, unit)
        if captures.where:
            content = replace(content, note=f"{content.note} Only connections where {captures.where}".strip())
        quiet_matplotlib()
        with writing_to(str(path)):
            write_chart(content, path, size, dark)
        click.echo("\n".join(content.words()))
        click.echo(path)
        sys.exit(exit_status(inspection.reading.totals, captures.strict))
