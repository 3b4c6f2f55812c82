"""What a story consists of. Texts are as on the wire: whoever shows them escapes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..capture import printable
from ..statistics.wording import number_text

if TYPE_CHECKING:
    import pandas as pd


class Inspected(Protocol):
    """What stories need of an Inspection: these frames."""

    @property
    def connections(self) -> pd.DataFrame: ...

    @property
    def messages(self) -> pd.DataFrame: ...

    @property
    def alerts(self) -> pd.DataFrame: ...

    @property
    def chains(self) -> pd.DataFrame: ...

    @property
    def certificates(self) -> pd.DataFrame: ...

    @property
    def problems(self) -> pd.DataFrame: ...

    @property
    def validation(self) -> pd.DataFrame: ...

    @property
    def client_validation(self) -> pd.DataFrame: ...

    @property
    def ocsp(self) -> pd.DataFrame: ...


class Fact(NamedTuple):
    """A value with its name, and in plain words what it means; `meaning` may be empty."""

    name: str
    value: str
    meaning: str = ""


class Step(NamedTuple):
    """One message: `packet` completes it, `seconds` after the connection's first packet; `sender` is client or server.

    `title` is the field's term for it, `explanation` says in plain words what it is for.
    """

    packet: int | None
    seconds: float
    sender: str
    title: str
    explanation: str
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class StoryCertificate:
    """One certificate of a chain; position 0 is the side's own. `remarks` is what speaks against it."""

    side: str
    position: int
    subject: str
    facts: tuple[Fact, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Story:
    """One connection: who, what happened in which order, what was offered and chosen, and how it ended.

    `trust` says whether the server's chain leads to a trusted root, `client_trust` the same of the client's, or that it
    sent none although it was asked; they are empty where nothing was sent in the clear. `staples` says what the server
    stapled to its chain.
    `unseen` says what the capture cannot show, and why. `display_filter` shows the connection in Wireshark, and
    nothing else; it is empty where the addresses are not known. `clues` say of a handshake that was not finished what
    other connections of the captures tell about it.
    """

    connection_id: str
    title: str
    facts: tuple[Fact, ...]
    steps: tuple[Step, ...]
    offered: tuple[Fact, ...]
    chosen: tuple[Fact, ...]
    certificates: tuple[StoryCertificate, ...]
    trust: str
    client_trust: str
    staples: tuple[str, ...]
    outcome: str
    clues: tuple[str, ...]
    unseen: tuple[str, ...]
    display_filter: str

    def __repr__(self) -> str:
        """Whose story it is, and how it ended, on one line."""
        steps = number_text(len(self.steps), "step")
        end = self.outcome.partition(". ")[0].removesuffix(".")
        return printable(f"<Story of {self.connection_id}, {self.title}: {steps}; {end}>")
