"""Questions and frames -> Answer records, and the table of all cases of one question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..arguments import pick
from ..statistics import wilson_interval
from ..statistics.memory import remember
from ..statistics.wording import endpoint
from ..tables.starts import PLACE_COLUMNS, start_of
from .catalogue import QUESTIONS
from .record import Answer, Case, Inspected, Question

if TYPE_CHECKING:
    import pandas as pd

MOST_DETAILS = 3
PACKETS = ("server_hello_packet", "client_hello_packet", "certificate_packet")
CASE_COLUMNS = ("connection_id", "capture", "time_start", "client_ip", "client_port", "server_ip", "server_port")


def build_answers(inspected: Inspected, arguments: str) -> list[Answer]:
    """Answer every question. `arguments` are the captures and options as on the command line, for the commands."""
    remembered = remember(inspected)
    return [build_answer(question, remembered, arguments) for question in QUESTIONS.values()]


def build_answer(question: Question, inspected: Inspected, arguments: str) -> Answer:
    """Answer one question."""
    number = question.answer(inspected)
    cases = build_cases(question.id, inspected)
    known = number.denominator > 0
    low, high = wilson_interval(number.count, number.denominator) if known else (None, None)
    return Answer(
        id=question.id,
        question=question.question,
        answer=number.sentence,
        count=number.count,
        denominator=number.denominator,
        unit=number.unit,
        share=number.count / number.denominator if known else None,
        low=low,
        high=high,
        unknown=number.unknown,
        unknown_reasons=number.unknown_reasons,
        caveat=question.caveat,
        advice=number.advice,
        details=leading_cases(cases),
        cases=len(cases),
        command=f"tlsinspect answers {arguments} --cases {question.id}",
    )


def build_cases(question_id: str, inspected: Inspected) -> pd.DataFrame:
    """Build a table of the connections that are cases of a question, in order of time.

    Columns: what, where, packet, and of the connections frame connection_id, capture (the one that the packet is in),
    time_start, client_ip, client_port, server_ip, server_port. Raises KeyError for a question that does not exist.
    """
    question = pick(QUESTIONS, question_id, "question")
    inspected = remember(inspected)
    found = question.cases(inspected)
    rows, what = inspected.connections[found.notna()], found.dropna()
    packet = rows[question.packet]
    for column in PACKETS:
        packet = packet.fillna(rows[column])
    named = rows["server_name"].where(rows["server_name"] != "", None).str.lower()
    places = [endpoint(*each) for each in zip(rows["server_ip"].fillna("?"), rows["server_port"], strict=True)]
    later = rows[rows["later_packets"].notna() & packet.notna()]
    starts = map(start_of, later[list(PLACE_COLUMNS)].to_dict("records"))
    placed = [start.place(int(number)) for start, number in zip(starts, packet[later.index], strict=True)]
    captures, packets = rows["capture"].copy(), packet.copy()
    captures[later.index] = [capture for capture, _ in placed]
    packets[later.index] = [number for _, number in placed]
    return rows[list(CASE_COLUMNS)].assign(
        what=what,
        where=named.fillna(dict(zip(rows.index, places, strict=True))),
        packet=packets,
        capture=captures,
    )[["what", "where", "packet", *CASE_COLUMNS]]


def leading_cases(cases: pd.DataFrame) -> tuple[Case, ...]:
    """The commonest cases, each with the first connection that shows it."""
    keys = ["what", "where"]
    sizes = cases.groupby(keys, sort=False).size().sort_values(ascending=False, kind="stable").head(MOST_DETAILS)
    first = cases.drop_duplicates(keys).astype(object)
    examples: dict[Any, dict[Any, Any]] = {
        (row["what"], row["where"]): row for row in first.where(first.notna(), None).to_dict("records")
    }
    return tuple(build_case(examples[key], int(number)) for key, number in sizes.items())


def build_case(example: dict[Any, Any], connections: int) -> Case:
    """The first connection of a case, and how many there are."""
    return Case(
        what=example["what"],
        where=example["where"],
        connections=connections,
        capture=example["capture"] or "",
        packet=example["packet"],
        connection_id=example["connection_id"],
    )
