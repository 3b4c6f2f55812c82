"""A story, and a choice of connections, as text.

In: a Story, or rows of the connections frame. Out: something that rich prints. Texts from
the network never reach a terminal as markup or as control characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..export.text import line_text
from ..statistics.categories import describe_outcome
from ..statistics.rows import FrameColumns
from ..statistics.wording import endpoint
from ..story import Fact, Step, Story, StoryCertificate
from .paragraphs import Paragraphs, Part

if TYPE_CHECKING:
    import pandas as pd

INDENT = 2
STEP_INDENT = 30
MOST_CANDIDATES = 10


def render_story(story: Story) -> Paragraphs:
    """One connection as a page of text."""
    return Paragraphs([*story_parts(story)])


def story_parts(story: Story) -> Iterator[Part]:
    """Title, outcome, clues, steps, offer and choice, certificates, what is not seen, filter."""
    from rich.text import Text

    yield 0, Text(line_text(story.title), style="bold"), 0
    yield 0, Text(line_text(story.outcome), style="yellow"), 0
    clues = [(INDENT, Text(line_text(line)), 0) for line in story.clues]
    yield from section("What other connections tell about it", clues)
    yield from section("Where and when", fact_parts(story.facts))
    yield from section("What happened", list_steps(story.steps))
    yield from section("What the client offered", fact_parts(story.offered))
    yield from section("What the server chose", fact_parts(story.chosen))
    chains = [part for certificate in story.certificates for part in certificate_parts(certificate)]
    told = filter(None, (story.trust, story.client_trust, *story.staples))
    trust = [(INDENT, Text(line_text(line), style="yellow"), 0) for line in told]
    yield from section("Certificates", [*trust, *chains])
    yield from section("What cannot be seen here", [(INDENT, Text(line_text(line)), 0) for line in story.unseen])
    if story.display_filter:
        shown = Text(line_text(story.display_filter), style="green")
        yield from section("Wireshark display filter", [(INDENT, shown, None)])


def section(heading: str, parts: Sequence[Part] | Iterator[Part]) -> Iterator[Part]:
    """A heading and what stands below it; nothing where nothing does."""
    from rich.text import Text

    below = list(parts)
    if below:
        yield 0, Text(""), 0
        yield 0, Text(heading, style="bold cyan"), 0
        yield from below


def fact_parts(facts: Sequence[Fact], indent: int = INDENT) -> Iterator[Part]:
    """A line for each fact: name, value, meaning."""
    from rich.text import Text

    for fact in facts:
        meaning = f"  {line_text(fact.meaning)}" if fact.meaning else ""
        yield indent, Text.assemble((f"{fact.name}: ", "bold"), line_text(fact.value), (meaning, "dim")), INDENT


def list_steps(steps: Sequence[Step]) -> Iterator[Part]:
    """A line for each step with packet, time, sender and title; below it the explanation, where it is new."""
    from rich.text import Text

    explained: set[str] = set()
    for step in steps:
        packet = "packet ?" if step.packet is None else f"packet {step.packet}"
        arrow = "client ->" if step.sender == "client" else "<- server"
        facts = f"  {line_text(', '.join(fact.value for fact in step.facts))}" if step.facts else ""
        lead = f"{packet:<14}{step.seconds:>9.6f} s  {arrow}  "
        yield INDENT, Text.assemble((lead, "dim"), (line_text(step.title), "bold"), (facts, "dim")), len(lead)
        if step.explanation not in explained:
            explained.add(step.explanation)
            yield STEP_INDENT, Text(step.explanation), 0


def certificate_parts(certificate: StoryCertificate) -> Iterator[Part]:
    """Its subject, what speaks against it, and its facts."""
    from rich.text import Text

    place = "its own" if certificate.position == 0 else f"sent with it, number {certificate.position}"
    lead = f"{certificate.side}, {place}: "
    yield INDENT, Text.assemble((lead, "dim"), (line_text(certificate.subject), "bold")), 0
    for remark in certificate.remarks:
        yield 2 * INDENT, Text(line_text(f"! {remark}"), style="red"), 0
    yield from fact_parts(certificate.facts, 2 * INDENT)


def render_candidates(text: str, rows: pd.DataFrame) -> str:
    """That a text means several connections, and the first of these with the ids that tell them apart."""
    outcomes = dict(zip(rows["connection_id"], describe_outcome(FrameColumns(rows)).to_pylist(), strict=True))
    lines = [f"{text!r} means {len(rows):,} connections; name one by its id:"]
    first = rows.head(MOST_CANDIDATES).astype(object)
    for row in first.where(first.notna(), None).to_dict("records"):
        where = row["server_name"] or endpoint(row["server_ip"], row["server_port"])
        ended = outcomes[row["connection_id"]]
        parts = (
            row["connection_id"],
            f"{row['time_start']:%Y-%m-%d %H:%M:%S}",
            f"{endpoint(row['client_ip'], row['client_port'])} to {where}",
            row["version_name"] or row["protocol"],
            ended if isinstance(ended, str) else "",
            row["capture"] or "",
        )
        lines.append("  " + "  ".join(part for part in parts if part))
    rest = len(rows) - MOST_CANDIDATES
    lines += [f"  {rest:,} more; 'tlsinspect export' lists all"] if rest > 0 else []
    return "\n".join(line_text(line) for line in lines)
