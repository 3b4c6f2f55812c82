"""Answers and their cases as text and as JSON.

In: Answer records, a table of cases. Out: something that rich prints, or JSON text.
Texts from the network never reach a terminal as markup or as control characters.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from ..answers import Answer, Case
from ..export.text import escape_control, line_text, plain_values
from ..statistics.wording import REASONS, interval_text, number_text, share_text
from .paragraphs import Paragraphs, Part

if TYPE_CHECKING:
    import pandas as pd

INDENT = 2


def render_answers(answers: Sequence[Answer], several: bool = False) -> Paragraphs:
    """Every answer as a few lines; with `several` captures each packet is told with the one that it is in."""
    return Paragraphs([part for answer in answers for part in answer_parts(answer, several)])


def answer_parts(answer: Answer, several: bool) -> Iterator[Part]:
    """Question, answer, number, caveat, advice, leading cases, command."""
    from rich.text import Text

    yield 0, Text(answer.question, style="bold cyan"), 0
    yield INDENT, Text(line_text(answer.answer), style="bold"), 0
    yield INDENT, Text(basis_text(answer)), 0
    yield INDENT, Text(answer.caveat, style="dim"), 0
    for advice in answer.advice:
        yield INDENT, Text(f"Advice: {advice}"), 0
    for case in answer.details:
        yield INDENT, Text(f"- {case_text(case, several)}", style="yellow"), INDENT
    if answer.cases:
        yield INDENT, Text(escape_control(answer.command), style="green"), None
    yield 0, Text(""), 0


def basis_text(answer: Answer) -> str:
    """What the answer rests on: "240 of 462 connections, 52% (95% interval 47 to 56%)"."""
    if not answer.denominator or answer.low is None or answer.high is None:
        text = f"0 {answer.unit} that can tell"
    else:
        share = share_text(answer.count, answer.denominator)
        interval = interval_text(answer.low, answer.high, answer.denominator)
        text = f"{answer.count:,} of {answer.denominator:,} {answer.unit}, {share} (95% interval {interval})"
    if not answer.unknown:
        return text
    reasons = "; ".join(f"{REASONS[name]} {count:,}" for name, count in answer.unknown_reasons.items())
    return f"{text}; {answer.unknown:,} more unknown ({reasons})"


def case_text(case: Case, several: bool) -> str:
    """One line: "cashdesk.test: RC4 (7 connections, the first in packet 6)"; of `several` captures with that one."""
    number = number_text(case.connections, "connection")
    first = "" if case.connections == 1 else "the first "
    proof = f"{first}{case.connection_id}" if case.packet is None else f"{first}in packet {case.packet}"
    place = f" of {case.capture}" if several and case.capture and case.packet is not None else ""
    return line_text(f"{case.where}: {case.what} ({number}, {proof}{place})")


def answers_as_json(answers: Sequence[Answer]) -> str:
    """The records as a JSON list, ASCII only."""
    return json.dumps([asdict(answer) for answer in answers], indent=2)


def render_cases(cases: pd.DataFrame, format_name: str) -> str:
    """All cases of a question: a line each, with tabs between its parts, or a JSON object each."""
    import pyarrow as pa

    table = pa.Table.from_pandas(cases, preserve_index=False)
    columns = [plain_values(column.combine_chunks()) for column in table.columns]
    rows = [dict(zip(table.column_names, values, strict=True)) for values in zip(*columns, strict=True)]
    if format_name == "json":
        return "\n".join(json.dumps(row) for row in rows)
    head = "\t".join(table.column_names)
    lines = ["\t".join("" if value is None else escape_control(str(value)) for value in row.values()) for row in rows]
    return "\n".join([head, *lines])
