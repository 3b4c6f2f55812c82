"""Stories for a page: every connection's, as `show` tells it, packed in blocks that the page opens one at a time.

In: an Inspection and the connections that the page holds. Out: one object of JSON types. A block is the JSON of
BLOCK stories, deflated, in base64. Neighbours resemble each other, so that a block has each text, and each list of
texts, once.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from ..export.text import short_text
from ..story import Fact, Step, Story, StoryCertificate, iter_stories
from ..story.build import MOST_COMPARED, frames_told

if TYPE_CHECKING:
    import pandas as pd

    from .inspected import Inspected

BLOCK = 1024  # stories that the page unpacks together
MOST_STEPS = 60  # of a story on the page; `tlsinspect show` tells all
LONGEST_TEXT = 1000  # characters
Part: TypeAlias = "str | int | list[Part]"


def story_parts(inspection: Inspected, connections: pd.DataFrame, processes: int) -> list[Callable[[], list[str]]]:
    """What tells the stories of connections, as a part for each of so many processes: it returns the part's blocks."""
    for name in (*frames_told(connections), "certificates") if processes > 1 else ():
        getattr(inspection, name)  # once, before others are forked
    return [partial(pack_part, inspection, connections, part) for part in divided(len(connections), processes)]


def pack_part(inspection: Inspected, connections: pd.DataFrame, part: range) -> list[str]:
    """The blocks of some of the connections."""
    compared = int(connections["failure"].iloc[: part.start].notna().sum())
    told = iter_stories(inspection, connections.iloc[part.start : part.stop], max(MOST_COMPARED - compared, 0))
    return [pack(plain_stories(block)) for block in iter(lambda: [*islice(told, BLOCK)], [])]


def pack_stories(inspection: Inspected, parts: Iterable[list[str]]) -> dict[str, Any]:
    """The stories as the page has them, from their parts: {"block": how many in each, "blocks": base64 texts, ...}.

    `fields` are the names of a story's parts. A block is a list of stories; a story is how many steps were left out,
    the steps, and the part of each of `fields`; a step is packet, seconds, and the part that is a list of sender,
    title, what it is for where that is new, and facts. What a part is see Parts.
    """
    return {
        "block": BLOCK,
        "blocks": [block for blocks in parts for block in blocks],
        "fields": list(FIELDS),
        "command": f"tlsinspect show {clean(inspection.arguments)}",
    }


def divided(count: int, processes: int) -> Iterator[range]:
    """So many rows as parts of whole blocks, one for each process."""
    length = -(-count // (processes * BLOCK)) * BLOCK
    for first in range(0, count, max(length, 1)):
        yield range(first, min(first + length, count))


def pack(value: Any) -> str:
    """JSON, deflated (zlib, RFC 1950), in base64: nothing in it can end a script element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return b64encode(zlib.compress(text.encode("ascii"))).decode("ascii")


class Parts:
    """The parts of a block, each once: where one comes again, its place among all of them stands for it.

    They are counted as they end: the parts of a list before it.
    """

    def __init__(self) -> None:
        self.count = 0
        self.places: dict[Hashable, int] = {}

    def part(self, key: Hashable, make: Callable[[], str | list[Part]]) -> Part:
        """What `make` gives, which is asked once for each key."""
        found = self.places.get(key)
        if found is not None:
            return found
        made = make()
        self.places[key] = self.count
        self.count += 1
        return made

    def text(self, text: str) -> Part:
        """A text as the page shows it."""
        return self.part(text, lambda: clean(text))

    def texts(self, texts: Sequence[str]) -> Part:
        """A list of texts."""
        return self.part(tuple(texts), lambda: [*map(self.text, texts)])

    def parts(self, parts: list[Part]) -> Part:
        """A list of parts; where one of them is new, so is the list."""
        if all(isinstance(part, int) for part in parts):
            return self.part(tuple(parts), lambda: parts)
        self.count += 1
        return parts

    def facts(self, facts: Sequence[Fact]) -> Part:
        """A list of facts: name, value and meaning of each."""
        return self.parts([self.texts(fact) for fact in facts])

    def step(self, step: Step, explanation: str) -> Part:
        """What a step says: sender, title, what it is for, and the values of its facts as one text."""
        facts = ", ".join(clean(fact.value) for fact in step.facts)
        said = (step.sender, step.title, explanation)
        return self.part((said, facts), lambda: [*map(self.text, said), self.part(("facts", facts, ()), lambda: facts)])

    def certificates(self, certificates: Sequence[StoryCertificate]) -> Part:
        """A list of certificates: side, position where it is not the first, subject, what speaks against it, facts."""
        return self.parts(
            [
                self.parts(
                    [
                        *map(self.text, (each.side, str(each.position or ""), each.subject)),
                        self.texts(each.remarks),
                        self.facts(each.facts),
                    ]
                )
                for each in certificates
            ]
        )


FIELDS: dict[str, Callable[[Parts, Story], Part]] = {
    "title": lambda parts, story: parts.text(story.title),
    "outcome": lambda parts, story: parts.text(story.outcome),
    "clues": lambda parts, story: parts.texts(story.clues),
    "facts": lambda parts, story: parts.facts(story.facts),
    "offered": lambda parts, story: parts.facts(story.offered),
    "chosen": lambda parts, story: parts.facts(story.chosen),
    "trust": lambda parts, story: parts.text(story.trust),
    "client_trust": lambda parts, story: parts.text(story.client_trust),
    "staples": lambda parts, story: parts.texts(story.staples),
    "certificates": lambda parts, story: parts.certificates(story.certificates),
    "unseen": lambda parts, story: parts.texts(story.unseen),
    "filter": lambda parts, story: parts.text(story.display_filter),
}


def plain_stories(stories: Sequence[Story]) -> list[list[Any]]:
    """The stories of a block as JSON types."""
    parts = Parts()
    return [plain_story(story, parts) for story in stories]


def plain_story(story: Story, parts: Parts) -> list[Any]:
    """One of them: see pack_stories."""
    return [
        max(len(story.steps) - MOST_STEPS, 0),
        [*plain_steps(story.steps[:MOST_STEPS], parts)],
        *(make(parts, story) for make in FIELDS.values()),
    ]


def plain_steps(steps: Sequence[Step], parts: Parts) -> Iterator[list[Any]]:
    """Packet, seconds, and the part that says the rest, of each."""
    explained: set[str] = set()
    for step in steps:
        explanation = "" if step.explanation in explained else step.explanation
        explained.add(step.explanation)
        yield [step.packet, round(step.seconds, 6), parts.step(step, explanation)]


@lru_cache(maxsize=1 << 14)
def clean(text: str) -> str:
    """A text as the page shows it: stories repeat each other."""
    return short_text(text, LONGEST_TEXT)
