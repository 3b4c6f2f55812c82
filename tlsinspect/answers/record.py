"""What an answer consists of, and what a question has to say to get one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ..capture import printable
from ..statistics import Frames

if TYPE_CHECKING:
    import pandas as pd


class Inspected(Frames, Protocol):
    """What answers need of an Inspection: the frames of statistics, and these."""

    @property
    def captures(self) -> pd.DataFrame: ...

    @property
    def problems(self) -> pd.DataFrame: ...


@dataclass(frozen=True)
class Number:
    """The number behind an answer, and the sentence that says it.

    `count` of `denominator` `unit` (plural) are what the question is about; `unknown` more cannot tell, by
    reason in `unknown_reasons` (keys of tlsinspect.statistics.wording.REASONS). `advice` says what to do about it.
    """

    sentence: str
    count: int
    denominator: int
    unit: str
    unknown: int = 0
    unknown_reasons: dict[str, int] = field(default_factory=dict)
    advice: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """One question: `answer` counts, `cases` says what each row of the connections frame has to do with it.

    `cases` returns text on the index of the connections frame, null for rows that are no case; `packet` is the
    column of the packet that shows it.
    """

    id: str
    question: str
    caveat: str
    answer: Callable[[Inspected], Number]
    cases: Callable[[Inspected], pd.Series[str]]
    packet: str = "server_hello_packet"


@dataclass(frozen=True)
class Case:
    """Connections to one place that are the same case, and the first of them as an example.

    `where` is the server name, failing that the server's address and port; `packet` is counted from 1 in the
    file `capture`, as Wireshark does, None where no packet shows it. Texts are as on the wire: escape them.
    """

    what: str
    where: str
    connections: int
    capture: str
    packet: int | None
    connection_id: str


@dataclass(frozen=True)
class Answer:
    """A question, its answer in a sentence, and what the answer rests on.

    `share` is count / denominator as a fraction, `low` and `high` bound its 95 % Wilson interval; all three are
    None where nothing is known. `details` are the leading cases and `cases` says how many connections are cases
    in all; `command` is the command line that lists every one of them. Texts are as on the wire: escape them.
    """

    id: str
    question: str
    answer: str
    count: int
    denominator: int
    unit: str
    share: float | None
    low: float | None
    high: float | None
    unknown: int
    unknown_reasons: dict[str, int]
    caveat: str
    advice: tuple[str, ...]
    details: tuple[Case, ...]
    cases: int
    command: str

    def __repr__(self) -> str:
        """The question's id and the answer, on one line."""
        return printable(f"<Answer {self.id}: {self.answer}>")
