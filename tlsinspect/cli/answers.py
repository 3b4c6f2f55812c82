"""tlsinspect answers: the questions that people bring to a capture."""

from __future__ import annotations

import sys

import click

from .captures import are_several, exit_status, inspect
from .options import CAPTURES, Captures, format_option, reading_options, where_option
from .output import errors_as_one_line, print_rendered


def complete_question(context: click.Context, option: click.Parameter, begun: str) -> list[str]:
    """The questions whose ids begin so, for a shell."""
    from ..answers import QUESTIONS

    return [name for name in QUESTIONS if name.startswith(begun)]


@click.command(epilog=CAPTURES)
@reading_options
@where_option
@format_option(("text", "json"), "For people, or for programs.")
@click.option(
    "--cases", metavar="QUESTION", shell_complete=complete_question,
    help="List every connection that is a case of one question, by its id.",
)  # fmt: skip
def answers(
    captures: Captures,
    format_name: str,
    cases: str | None,
) -> None:
    """Answer the questions that people bring to a capture.

    Each answer has its share with an interval, what is unknown, a caveat, the leading cases with packet
    numbers, and the command that lists all cases.

    \b
    Examples:
      tlsinspect answers capture.pcapng
      tlsinspect answers capture.pcapng --cases forward-secrecy
      tlsinspect answers captures/ --format json | jq '.[] | {id, share}'
    """
    from ..answers import QUESTIONS

    if cases is not None and cases not in QUESTIONS:
        raise click.BadParameter(f"{cases!r} is none of {', '.join(QUESTIONS)}", param_hint="'--cases'")
    with errors_as_one_line():
        inspection = inspect(captures)
        from ..report.answers import answers_as_json, render_answers, render_cases

        if cases is None:
            found = inspection.answers()
            several = are_several(inspection)
            shown = answers_as_json(found) if format_name == "json" else render_answers(found, several)
        else:
            shown = render_cases(inspection.cases(cases), format_name)
        print_rendered(shown)
        sys.exit(exit_status(inspection.reading.totals, captures.strict))
