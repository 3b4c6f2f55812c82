"""A second opinion as lines of text: what agrees, what differs without a known reason, what differs with one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..export.text import escape_control
from ..statistics.wording import number_text

if TYPE_CHECKING:
    from ..verification import Verification

LONGEST = 100  # characters of a value
EXAMPLES = 1  # differences of a known reason that are shown


def render_verification(found: Verification, most: int) -> Iterator[str]:
    """The lines; `most` differences without a reason are listed, 0 for all."""
    rows = found.difference_table.to_pylist()
    unexplained = [row for row in rows if row["reason"] is None]
    explained = [row for row in rows if row["reason"] is not None]
    yield (
        f"{found.source}: {number_text(found.facts, 'fact')} agree in {number_text(found.matched, found.thing)}; "
        f"{number_text(len(unexplained), 'difference')} without a known reason, {len(explained):,} with one"
    )
    shown = unexplained[: most or None]
    for row in shown:
        yield from render_difference(row)
    if len(shown) < len(unexplained):
        yield f"  ... and {len(unexplained) - len(shown):,} more: --most 0 lists all"
    for reason in dict.fromkeys(row["reason"] for row in explained):
        same = [row for row in explained if row["reason"] == reason]
        yield f"  explained, {len(same):,} of {', '.join(dict.fromkeys(row['field'] for row in same))}: {reason}"
        for row in same[:EXAMPLES]:
            yield from (f"  {line}" for line in render_difference(row))


def render_difference(row: dict[str, Any]) -> Iterator[str]:
    """One difference, in three lines."""
    place = f"packet {row['packet']:,}" if row["packet"] is not None else "no packet"
    yield f"  {place}: {row['field']} of {row['subject']}"
    yield f"    here:   {value_text(row['ours'])}"
    yield f"    theirs: {value_text(row['theirs'])}"


def value_text(text: str | None) -> str:
    """A value, cut where it is long."""
    if text is None:
        return "nothing"
    text = escape_control(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
